/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * chngproc's responses that are files, which a web server serves (RFC 8555
 * 8.3).  chngproc always removes the files that it has put.  It also removes
 * files that a killed run has left, if they are listed in CHNG_LIST, belong to
 * its user and have the listed text.
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

#include "acme-client.h"
#include "chng.h"
#include "clock.h"
#include "disk.h"
#include "valid.h"

#define LIST_BYTES_MAX (1 << 20)

struct response {
	char *path;
	struct place place;
	uint32_t job;
	struct response *next;
};

struct webroot {
	const char *path;
	struct dir *dir; /* The open directory; NULL: broken has the reason. */
	struct error broken;
};

/*
 * Responses are listed in a file beside them.  Each run with responses has a
 * shared lock on the list.  So a run that gets the exclusive lock knows that
 * the listed files are left from killed runs.
 */
struct list {
	struct dir *dir;
	struct place place;
	/*
	 * The list's descriptor; -1: this run has no responses in this
	 * directory.
	 */
	int fd;
	struct list *next;
};

static struct list *lists;
static struct response *responses;

static struct list *
list_of(struct dir *dir)
{
	struct list *l;
	char *path;

	for (l = lists; l != NULL && l->dir != dir; l = l->next)
		;
	if (l != NULL)
		return l;
	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    asprintf(&path, "%s/" CHNG_LIST, dir->path) == -1)
		err(1, NULL);
	l->dir = l->place.dir = dir;
	l->place.path = path;
	l->place.name = strrchr(path, '/') + 1;
	l->fd = -1;
	l->next = lists;
	return lists = l;
}

/*
 * Is the open file still the one of the list's name, and does it belong to our
 * user?
 */
static int
is_list(const struct list *l, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && S_ISREG(a.st_mode) &&
	    a.st_uid == geteuid() && a.st_nlink == 1 &&
	    fstatat(l->dir->fd, CHNG_LIST, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Opens the list, and takes the shared lock; 0 or -1. */
static int
list_begin(struct list *l, struct error *e)
{
	int tries;

	for (tries = 0; tries < 10 && l->fd == -1; tries++) {
		l->fd = openat(l->dir->fd, CHNG_LIST,
		    O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
			O_CLOEXEC,
		    0600);
		if (l->fd == -1)
			return error_set(e, "%s: cannot create: %s",
			    l->place.path, strerror(errno));
		if (flock(l->fd, LOCK_SH | LOCK_NB) == 0 && is_list(l, l->fd))
			return 0;
		close(l->fd);
		l->fd = -1;
		/*
		 * Another run that has the lock removes what killed runs have
		 * left, which takes little time.
		 */
		poll(NULL, 0, 20);
	}
	return l->fd != -1 ?
	    0 :
	    error_set(
		e, "%s: is in the way and not ours; remove it", l->place.path);
}

/*
 * Adds a response to the list.  text is the whole response: the next run
 * removes a listed file only if it has this text.
 */
static int
list_add(struct list *l, const char *text, struct error *e)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%s\n", text);

	if (n < 0 || (size_t)n >= sizeof(line) ||
	    write(l->fd, line, (size_t)n) != n)
		return error_set(
		    e, "%s: cannot write: %s", l->place.path, strerror(errno));
	return 0;
}

/*
 * Removes a response that a killed run has left: a file with the listed text,
 * or its beginning.
 */
static void
remove_left(const struct list *l, const char *listed)
{
	struct place p = { .path = l->dir->path, .dir = l->dir };
	size_t len, ntoken = strcspn(listed, ".");
	struct stat st;
	struct error e;
	char *text, *token;

	if ((token = strndup(listed, ntoken)) == NULL)
		err(1, NULL);
	p.name = token;
	if (listed[ntoken] == '.' && valid_token(token) &&
	    place_read(&p, &text, &len, 1024, &st, &e) == 1) {
		if (st.st_uid == geteuid() && st.st_nlink == 1 &&
		    strncmp(text, listed, len) == 0) {
			say(1, "%s/%s: removed what an interrupted run left",
			    l->dir->path, token);
			if (place_remove(&p, &e) == -1)
				warnx("%s", e.text);
		}
		free(text);
	}
	free(token);
}

/*
 * Removes the list, and the files that are left, if no other run uses the list.
 */
static void
list_end(struct list *l)
{
	char *text, *line, *rest;
	struct stat st;
	struct error e;
	size_t len;

	if (l->fd != -1 && flock(l->fd, LOCK_EX | LOCK_NB) == 0 &&
	    is_list(l, l->fd)) {
		if (place_read(
			&l->place, &text, &len, LIST_BYTES_MAX, &st, &e) == 1) {
			for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
				if (*line != '\0')
					remove_left(l, line);
			free(text);
		}
		if (place_remove(&l->place, &e) == -1)
			warnx("%s", e.text);
	}
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
}

struct webroot *
webroot_open(const char *path)
{
	struct webroot *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		err(1, NULL);
	w->path = path;
	if ((w->dir = dir_open(path, &w->broken)) != NULL)
		list_of(w->dir);
	return w;
}

void
webroot_tidy_up(void)
{
	struct list *l;
	struct error e;

	for (l = lists; l != NULL; l = l->next)
		if (place_exists(&l->place)) {
			if (list_begin(l, &e) == -1)
				warnx("%s", e.text);
			list_end(l);
		}
}

static void
remove_response(struct response *r)
{
	struct error e;

	if (place_remove(&r->place, &e) == -1)
		warnx("%s", e.text);
	else
		say(2, "%s: removed", r->path);
}

static void
response_free(struct response *r)
{
	free(r->path);
	free(r);
}

static void
drop(uint32_t job, int all)
{
	struct response **rp = &responses, *r;

	while ((r = *rp) != NULL) {
		if (!all && r->job != job) {
			rp = &r->next;
			continue;
		}
		*rp = r->next;
		remove_response(r);
		response_free(r);
	}
}

void
webroot_drop(uint32_t job)
{
	drop(job, 0);
}

void
webroot_drop_all(void)
{
	struct list *l;

	drop(0, 1);
	for (l = lists; l != NULL; l = l->next)
		list_end(l);
}

static struct response *
response_new(const struct webroot *root, uint32_t job, const char *token)
{
	struct response *r;

	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    asprintf(&r->path, "%s/%s", root->path, token) == -1)
		err(1, NULL);
	r->job = job;
	r->place.path = r->path;
	r->place.dir = root->dir;
	r->place.name = strrchr(r->path, '/') + 1;
	return r;
}

/*
 * A file of this name may be left from a killed run, as CAs return a pending
 * order again with the same tokens.  It is taken if it belongs to our user and
 * has the same text.
 */
static int
adopt(const struct response *r, const char *text)
{
	struct stat st;
	struct error e;
	char *buf;
	size_t len;
	int ours;

	if (place_read(&r->place, &buf, &len, 1024, &st, &e) != 1)
		return 0;
	ours = st.st_uid == geteuid() && st.st_nlink == 1 &&
	    strcmp(buf, text) == 0;
	free(buf);
	return ours;
}

/*
 * Lists the response, and puts it under the token's name; NULL after an error.
 */
static struct response *
publish(const struct webroot *root, uint32_t job, const char *token,
    const char *text, struct error *e)
{
	struct response *r;
	struct list *l;
	int exists;

	if (root->dir == NULL) {
		*e = root->broken;
		return NULL;
	}
	l = list_of(root->dir);
	if (list_begin(l, e) == -1 || list_add(l, text, e) == -1)
		return NULL;
	r = response_new(root, job, token);
	if (place_publish(&r->place, text, strlen(text), &exists, e) == -1 &&
	    !(exists && adopt(r, text))) {
		response_free(r);
		return NULL;
	}
	say(2, "%s: put", r->path);
	return r;
}

int
webroot_put(const struct webroot *root, uint32_t job, const char *token,
    const char *text, struct error *e)
{
	struct response *r = publish(root, job, token, text, e);

	if (r == NULL)
		return -1;
	r->next = responses;
	responses = r;
	return 0;
}

/*
 * Puts a response and removes it.  The name has the process number, as other
 * runs may do the same in this directory.
 */
int
webroot_probe(const struct webroot *root, struct error *e)
{
	char token[64], text[64 + 1 + THUMBPRINT_LEN + 1];
	struct response *r;

	snprintf(token, sizeof(token), "probe-for-room-%ld-%013lld",
	    (long)getpid(), (long long)clock_ms());
	/* The text is as long as a real response. */
	snprintf(text, sizeof(text), "%s.%0*d", token, THUMBPRINT_LEN, 0);
	if ((r = publish(root, NO_JOB, token, text, e)) == NULL)
		return -1;
	remove_response(r);
	response_free(r);
	return 0;
}
