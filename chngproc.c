/* SPDX-License-Identifier: ISC */
/*
 * Holds the account key's thumbprint, which key tells it and net never sees,
 * and the right to create files in the challenge directories.  From net it
 * reads tokens.  Who owns it can publish and remove files there.  Whoever
 * owns net can only have it publish TOKEN.THUMBPRINT of our own account, as
 * many of them as the job has names.  It removes what it created, always; and
 * of what it lists (CHNG_LIST) what a run that was killed has left, if it reads
 * TOKEN.THUMBPRINT and is ours.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "proc.h"
#include "valid.h"

#define LIST_BYTES_MAX	(1 << 20)

struct response {
	char		*path;
	struct place	 place;
	uint32_t	 job;
	struct response	*next;
};

struct chng_job {
	char		*handle;
	char		*path;
	struct dir	*dir;		/* NULL: see broken */
	uint64_t	 nnames;
	uint64_t	 nput;
	struct why	 broken;
};

static struct chng_job *jobs;
static uint32_t njobs;
static struct response *responses;
/*
 * What is put is listed in a file beside it, which every run that has put
 * something holds by a shared lock: who can lock it alone knows that all
 * that is listed was left by runs that were killed.
 */
struct list {
	struct dir	*dir;
	struct place	 place;
	int		 fd;		/* -1: not begun */
	struct list	*next;
};

static struct list *lists;
static char thumbprint[THUMBPRINT_LEN + 1];
static struct msg out;

static void
add_job(const struct slice_domain *d)
{
	struct chng_job *j;

	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	j = &jobs[njobs++];
	j->handle = d->handle;
	j->path = d->challengedir;
	j->nnames = d->nnames;
	j->dir = dir_open(j->path, &j->broken);
}

static struct list *
list_of(struct dir *dir)
{
	struct list *l;
	char *path;

	for (l = lists; l != NULL && l->dir != dir; l = l->next)
		;
	if (l != NULL)
		return l;
	if ((l = calloc(1, sizeof(*l))) == NULL || asprintf(&path, "%s/" CHNG_LIST, dir->path) == -1)
		err(1, NULL);
	l->dir = l->place.dir = dir;
	l->place.path = path;
	l->place.name = strrchr(path, '/') + 1;
	l->fd = -1;
	l->next = lists;
	return lists = l;
}

/* Is the open file still the one of that name, and ours? */
static int
is_list(const struct list *l, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && S_ISREG(a.st_mode) && a.st_uid == geteuid() && a.st_nlink == 1 &&
	    fstatat(l->dir->fd, CHNG_LIST, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Opens the list, and locks it with the others that have something there; 0 or -1. */
static int
list_begin(struct list *l, struct why *w)
{
	int tries;

	for (tries = 0; tries < 10 && l->fd == -1; tries++) {
		l->fd = openat(l->dir->fd, CHNG_LIST, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW |
		    O_NONBLOCK | O_CLOEXEC, 0600);
		if (l->fd == -1)
			return why(w, "%s: cannot create: %s", l->place.path, strerror(errno));
		if (flock(l->fd, LOCK_SH | LOCK_NB) == 0 && is_list(l, l->fd))
			return 0;
		close(l->fd);
		l->fd = -1;
		/* Someone tidies up: that takes no time. */
		poll(NULL, 0, 20);
	}
	return l->fd != -1 ? 0 : why(w, "%s: is in the way and not ours; remove it", l->place.path);
}

/* text: the whole response, so that nobody else's is taken for it later. */
static int
list_add(struct list *l, const char *text, struct why *w)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%s\n", text);

	if (n < 0 || (size_t)n >= sizeof(line) || write(l->fd, line, (size_t)n) != n)
		return why(w, "%s: cannot write: %s", l->place.path, strerror(errno));
	return 0;
}

/*
 * What a run left that was killed: a response with the text that is listed, or
 * as much of it as was written.
 */
static void
remove_left(const struct list *l, const char *listed)
{
	struct place p = { .path = l->dir->path, .dir = l->dir };
	size_t len, ntoken = strcspn(listed, ".");
	struct stat st;
	struct why w;
	char *text, *token;

	if ((token = strndup(listed, ntoken)) == NULL)
		err(1, NULL);
	p.name = token;
	if (listed[ntoken] == '.' && valid_token(token) &&
	    place_read(&p, &text, &len, 1024, &st, &w) == 1) {
		if (st.st_uid == geteuid() && st.st_nlink == 1 &&
		    strncmp(text, listed, len) == 0) {
			say(1, "%s/%s: removed what an interrupted run left",
			    l->dir->path, token);
			if (place_remove(&p, &w) == -1)
				warnx("%s", w.text);
		}
		free(text);
	}
	free(token);
}

/* The last one that has something there removes the list, and what others have left. */
static void
list_end(struct list *l)
{
	char *text, *line, *rest;
	struct stat st;
	struct why w;
	size_t len;

	if (l->fd != -1 && flock(l->fd, LOCK_EX | LOCK_NB) == 0 && is_list(l, l->fd)) {
		if (place_read(&l->place, &text, &len, LIST_BYTES_MAX, &st, &w) == 1) {
			for (rest = text; (line = strsep(&rest, "\n")) != NULL; )
				if (*line != '\0')
					remove_left(l, line);
			free(text);
		}
		if (place_remove(&l->place, &w) == -1)
			warnx("%s", w.text);
	}
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
}

/* What runs have left that were killed. */
static void
tidy_up(void)
{
	struct list *l;
	struct why w;
	uint32_t i;

	for (i = 0; i < njobs; i++)
		if (jobs[i].dir != NULL)
			list_of(jobs[i].dir);
	for (l = lists; l != NULL; l = l->next)
		if (place_exists(&l->place)) {
			if (list_begin(l, &w) == -1)
				warnx("%s", w.text);
			list_end(l);
		}
}

static void
remove_response(struct response *r)
{
	struct why w;

	if (place_remove(&r->place, &w) == -1)
		warnx("%s", w.text);
	else
		say(2, "%s: removed", r->path);
}

/* Removes the responses of a job; runs for all jobs at exit. */
static void
drop(uint32_t job, int all)
{
	struct response **rp = &responses, *r;

	if (!all)
		jobs[job].nput = 0;
	while ((r = *rp) != NULL) {
		if (!all && r->job != job) {
			rp = &r->next;
			continue;
		}
		*rp = r->next;
		remove_response(r);
		free(r->path);
		free(r);
	}
}

static void
drop_all(void)
{
	struct list *l;

	drop(0, 1);
	for (l = lists; l != NULL; l = l->next)
		list_end(l);
}

static struct response *
response_new(uint32_t job, const char *token)
{
	struct response *r;

	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    asprintf(&r->path, "%s/%s", jobs[job].path, token) == -1)
		err(1, NULL);
	r->job = job;
	r->place.path = r->path;
	r->place.dir = jobs[job].dir;
	r->place.name = strrchr(r->path, '/') + 1;
	return r;
}

/*
 * A file of this name may be left from a run that was killed, since CAs hand
 * out a pending order again with the same tokens.  It is ours if it says just
 * what we would write.
 */
static int
adopt(const struct response *r, const char *text)
{
	struct stat st;
	struct why w;
	char *buf;
	size_t len;
	int ours;

	if (place_read(&r->place, &buf, &len, 1024, &st, &w) != 1)
		return 0;
	ours = st.st_uid == geteuid() && st.st_nlink == 1 && strcmp(buf, text) == 0;
	free(buf);
	return ours;
}

/* Lists the token, and puts TOKEN.PRINT under its name; or NULL: see why. */
static struct response *
publish(uint32_t job, const char *token, const char *print, struct why *w)
{
	struct response *r;
	struct list *l;
	char *text;
	int exists, ok;

	if (jobs[job].dir == NULL) {
		*w = jobs[job].broken;
		return NULL;
	}
	l = list_of(jobs[job].dir);
	if (asprintf(&text, "%s.%s", token, print) == -1)
		err(1, NULL);
	if (list_begin(l, w) == -1 || list_add(l, text, w) == -1) {
		free(text);
		return NULL;
	}
	r = response_new(job, token);
	ok = place_publish(&r->place, text, strlen(text), &exists, w) == 0 ||
	    (exists && adopt(r, text));
	free(text);
	if (!ok) {
		free(r->path);
		free(r);
		return NULL;
	}
	say(2, "%s: put", r->path);
	return r;
}

/* The key authorization (RFC 8555 8.1) as a file: 8.3. */
static int
put(uint32_t job, const char *token, struct why *w)
{
	struct response *r;

	if (jobs[job].nput >= jobs[job].nnames)
		return why(w, "%s: more responses than names", jobs[job].path);
	if ((r = publish(job, token, thumbprint, w)) == NULL)
		return -1;
	jobs[job].nput++;
	r->next = responses;
	responses = r;
	return 0;
}

/*
 * Puts a response for nobody and removes it.  Runs that share the directory
 * may do so at the same moment, hence the process number.
 */
static int
probe(uint32_t job, struct why *w)
{
	char token[64], print[THUMBPRINT_LEN + 1];
	struct response *r;

	snprintf(token, sizeof(token), "probe-for-room-%ld-%013lld",
	    (long)getpid(), (long long)clock_ms());
	memset(print, 'A', THUMBPRINT_LEN);
	print[THUMBPRINT_LEN] = '\0';
	if ((r = publish(job, token, print, w)) == NULL)
		return -1;
	remove_response(r);
	free(r->path);
	free(r);
	return 0;
}

static void
answer(const struct msg *m, int ok, const struct why *w)
{
	if (!ok) {
		warnx("%s", w->text);
		/* certproc remembers it as the cause of what follows. */
		msg_new(&out, CERT_TROUBLE, m->head.job);
		msg_put_str(&out, w->text);
		msg_send(&out);
	}
	msg_answer(&out, NET_CHNG_DONE, m);
	body_flag(&out, &ok);
	msg_send(&out);
}

static void
chng_thumbprint(struct msg *m)
{
	const char *s = msg_need_str(m);

	msg_end(m);
	if (!valid_base64url(s, THUMBPRINT_LEN, THUMBPRINT_LEN))
		errx(1, "CHNG_THUMBPRINT: not a thumbprint");
	strlcpy(thumbprint, s, sizeof(thumbprint));
}

/* Before an order is placed: could a response be put there at all? */
static void
chng_check(struct msg *m)
{
	struct why w;
	int rc;

	msg_end(m);
	rc = probe(m->head.job, &w);
	answer(m, rc == 0, &w);
}

static void
chng_put(struct msg *m)
{
	const char *token = msg_need_str(m);
	struct why w;
	int rc;

	msg_end(m);
	if (!valid_token(token))
		errx(1, "CHNG_PUT: not a token");
	rc = put(m->head.job, token, &w);
	answer(m, rc == 0, &w);
}

static void
chng_drop(struct msg *m)
{
	int doubtful;

	body_flag(m, &doubtful);
	if (doubtful)
		warnx("%s: the responses were in %s: does the web server of these names serve that "
		    "directory as /.well-known/acme-challenge/, on port 80?", jobs[m->head.job].handle,
		    jobs[m->head.job].path);
	drop(m->head.job, 0);
	answer(m, 1, NULL);
}

/* Nothing is put before the thumbprint is known. */
enum { MUTE = 1, READY = 2 };

static unsigned
state(uint32_t job)
{
	(void)job;
	return thumbprint[0] == '\0' ? MUTE : READY;
}

static const struct handler table[] = {
	/* A second one where the CA knows the account by another key than the one in place. */
	{ CHNG_THUMBPRINT, chng_thumbprint, MUTE | READY, 2 },
	{ CHNG_CHECK, chng_check, MUTE | READY, 2 },
	{ CHNG_PUT, chng_put, READY, ORDERS_MAX * CONF_NAMES_MAX },
	{ CHNG_DROP, chng_drop, READY, ORDERS_MAX },
};

int
main(int argc, char *argv[])
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_CHNG };
	struct slice_domain d;
	struct slice_conf c;

	role_begin(ROLE_CHNG, argc, argv);
	role_conf(&m, &c);
	while (role_domain(&m, njobs, &d))
		add_job(&d);
	dir_owner(&s);
	s.dirs = dir_rights(DIR_READ | DIR_WRITE, &s.ndirs);
	sandbox_enter(&s);
	/* The end of the parent, of net or of the run: all come to exit(). */
	atexit(drop_all);
	tidy_up();
	serve(table, sizeof(table) / sizeof(table[0]), njobs, state);
}
