/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * -T: derives the configuration of a rehearsal, in which the CA is the
 * authority's staging, and every file that a run writes is below the state
 * directory; then carries out runs with it.  The roles of a rehearsal are those
 * of a renewal: they have the same code and sandboxes, and know no path of an
 * installed file.  An error here lets a rehearsal replace what is installed.
 *
 * What -T prints comes from three places.  zone-check.c prints warnings of the
 * DNS while the runs go on, among the errors of other roles.  On standard
 * output, certproc first prints what the CA has issued, in a run of MODE_LIST
 * (cert-list.c); then parent-try-report.c prints the rest.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "parent.h"
#include "valid.h"

#define LETSENCRYPT "https://acme-v02.api.letsencrypt.org/directory"
#define LETSENCRYPT_STAGING \
	"https://acme-staging-v02.api.letsencrypt.org/directory"

#define ACCOUNT_BYTES_MAX 8192 /* Of the state of an authority. */
#define ACCOUNT_URL_MAX 1024

/* The configuration of one domain's rehearsal. */
struct rehearsal {
	struct conf conf;
	struct authority authorities[2]; /* staging, then the domain's */
	struct domain domain;
};

/* The directories of rehearsals, below TRY_DIR in the state directory. */
#define TRY_DIR "try"
#define TRY_STATE "state"
#define TRY_ACCOUNT "account"
#define TRY_KEYS "keys"
#define TRY_CERTS "certs"

/* The path of a directory of rehearsals; the caller frees. */
static char *
below(const struct conf *c, const char *dir)
{
	char *path;

	if (asprintf(&path, "%s/" TRY_DIR "/%s", c->state_dir, dir) == -1)
		err(1, NULL);
	return path;
}

/* The path of a rehearsal's file, which is never freed. */
static char *
place_in(const struct conf *c, const char *dir, const char *prefix,
    const char *name, const char *suffix)
{
	char *at = below(c, dir), *path;

	path = state_path(at, prefix, name, suffix);
	free(at);
	return path;
}

/* The authority whose name is this one's "staging", or NULL. */
static const struct authority *
staging_block(const struct conf *c, const struct authority *a)
{
	size_t i;

	for (i = 0; i < c->nauthorities && a->staging != NULL; i++)
		if (strcmp(c->authorities[i].name, a->staging) == 0)
			return &c->authorities[i];
	return NULL;
}

/*
 * The staging of an authority: another block, or the same one with another URL.
 * Its certificates need not lead to a root that is trusted here.
 */
static struct authority
staging_of(const struct conf *c, const struct domain *d)
{
	static char letsencrypt[] = "letsencrypt.org";
	const struct authority *a = d->authority, *block = staging_block(c, a);
	struct authority staging = block != NULL ? *block : *a;

	if (block == NULL) {
		staging.api_url = a->staging != NULL ? a->staging :
						       LETSENCRYPT_STAGING;
		staging.origins.n = 0;
		if (asprintf(&staging.name, "%s-staging", a->name) == -1)
			err(1, NULL);
		staging.root_file = NULL;
	}
	if (a->issuer != NULL)
		staging.issuer = a->issuer;
	else if (staging.issuer == NULL && strcmp(a->api_url, LETSENCRYPT) == 0)
		staging.issuer = letsencrypt;
	staging.root_any = staging.root_file == NULL;
	/* The web server responds with the thumbprint of the account's key. */
	staging.account_key = d->way == WAY_STATELESS ?
	    a->account_key :
	    place_in(c, TRY_ACCOUNT, "authority", staging.name, "key");
	if (d->way == WAY_STATELESS)
		staging.account_spec = a->account_spec;
	return staging;
}

/*
 * A copy of the domain, with the files of its rehearsal.  'preferred chain'
 * names a root of the CA, and staging has other roots.
 */
static struct domain
domain_of(const struct conf *c, const struct domain *d)
{
	struct domain t = *d;
	struct {
		char **path;
		const char *dir, *suffix;
	} files[] = { { &t.key, TRY_KEYS, "key" },
		{ &t.combined, TRY_KEYS, "both" },
		{ &t.cert, TRY_CERTS, "pem" },
		{ &t.chain, TRY_CERTS, "chain.pem" },
		{ &t.fullchain, TRY_CERTS, "full.pem" } };
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (*files[i].path != NULL)
			*files[i].path = place_in(c, files[i].dir, "domain",
			    d->handle, files[i].suffix);
	t.preferred_chain = NULL;
	t.check_revocation = 0;
	t.on_change = (struct commands){ 0 };
	t.verify = (struct strings){ 0 };
	return t;
}

/*
 * Fills in the rehearsal, which must stay where it is; what it points to is
 * never freed.
 */
static void
derive(const struct conf *c, const struct domain *d, struct rehearsal *r)
{
	r->conf = *c;
	r->authorities[0] = staging_of(c, d);
	/* So both share an account key: keyproc leaves the spares alone. */
	r->authorities[1] = *d->authority;
	r->domain = domain_of(c, d);
	r->domain.authority = &r->authorities[0];
	r->domain.sign_with = r->authorities[0].name;
	r->conf.state_dir = below(c, TRY_STATE);
	r->conf.metrics = r->conf.status = NULL;
	r->conf.on_change = (struct commands){ 0 };
	r->conf.authorities = r->authorities;
	r->conf.nauthorities = 2;
	r->conf.domains = &r->domain;
	r->conf.ndomains = 1;
}

/*
 * A run could change the account's key, if a rollover of it has not ended; or
 * make it.
 */
static const char *
key_unfit(const char *key)
{
	struct stat st;
	char *next;
	int rolls;

	if (asprintf(&next, "%s.new", key) == -1)
		err(1, NULL);
	rolls = lstat(next, &st) == 0;
	free(next);
	return rolls ? "its account has a new key that is not in use yet; "
		       "obtain a certificate or finish -K first" :
	    lstat(key, &st) == -1 && errno == ENOENT ?
		       "there is no account key yet, whose thumbprint the web "
		       "server must have; make it: acme-client -t -F" :
		       NULL;
}

/* Ends the process, with what to do, if the domain cannot be rehearsed. */
static void
refuse(const struct domain *d)
{
	const struct authority *a = d->authority;
	const char *wrong;

	if (a->staging == NULL && strcmp(a->api_url, LETSENCRYPT) != 0)
		errx(1,
		    "-T %s: there is no 'staging' in authority %s: write "
		    "'staging URL' there, with the URL of the directory that "
		    "the CA has for tests, or 'staging NAME', with the name of "
		    "another authority",
		    d->handle, a->name);
	if (d->way == WAY_STATELESS &&
	    (wrong = key_unfit(a->account_key)) != NULL)
		errx(1, "-T %s: stateless, authority %s: %s", d->handle,
		    a->name, wrong);
}

/*
 * Makes a directory, path for messages, and opens it.  If others can write
 * there, they could put a key or a certificate of theirs into it.
 */
static int
make_in(int at, const char *name, const char *path)
{
	struct stat st;
	int fd;

	if (mkdirat(at, name, 0700) == -1 && errno != EEXIST)
		err(1, "%s: cannot make this directory for rehearsals", path);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		err(1, "%s: directory for rehearsals", path);
	if (st.st_uid != geteuid())
		errx(1,
		    "%s: belongs to user %u, and the state directory to user "
		    "%u; remove it or chown it",
		    path, (unsigned)st.st_uid, (unsigned)geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		errx(1,
		    "%s: others may write there (mode %04o); remove it or "
		    "chmod go-w it",
		    path, (unsigned)st.st_mode & 07777);
	return fd;
}

/*
 * Writes the URL of the account of real runs to fd, if the authority's state
 * has one; certproc writes that as account_encode() has it.
 */
static void
find_account(const struct conf *c, const struct authority *a, int fd)
{
	static const char member[] = "\"account\": \"";
	char *path = state_path(c->state_dir, "authority", a->name, "json");
	char text[ACCOUNT_BYTES_MAX + 1], *url;
	int in = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = in == -1 ? -1 : read(in, text, sizeof(text) - 1);

	free(path);
	if (n <= 0)
		return;
	text[n] = '\0';
	if ((url = strstr(text, member)) == NULL)
		return;
	url += strlen(member);
	url[strcspn(url, "\"")] = '\0';
	if (strlen(url) < ACCOUNT_URL_MAX && write(fd, url, strlen(url)) == -1)
		err(1, "write");
}

/*
 * In a process of its own: takes the rights of the state directory's owner, who
 * may have put anything there, makes the directories, and looks for the
 * account's URL; with fresh, removes the account's key.
 */
__attribute__((noreturn)) static void
make_all(const struct dir *state, const struct conf *c,
    const struct authority *a, const char *fresh, int account)
{
	static const char *const names[] = { TRY_STATE, TRY_ACCOUNT, TRY_KEYS,
		TRY_CERTS };
	gid_t gid = state->st.st_gid;
	uid_t uid = state->st.st_uid;
	char *path;
	size_t i;
	int at;

	if (geteuid() == 0 &&
	    (setgroups(1, &gid) == -1 || setresgid(gid, gid, gid) == -1 ||
		setresuid(uid, uid, uid) == -1))
		err(1, "%s: cannot become its owner", state->path);
	if (asprintf(&path, "%s/" TRY_DIR, state->path) == -1)
		err(1, NULL);
	at = make_in(state->fd, TRY_DIR, path);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (asprintf(&path, "%s/" TRY_DIR "/%s", state->path,
			names[i]) == -1)
			err(1, NULL);
		make_in(at, names[i], path);
	}
	if (fresh != NULL && unlink(fresh) == -1 && errno != ENOENT)
		err(1, "%s: cannot remove", fresh);
	find_account(c, a, account);
	exit(0);
}

char *
try_directory_of(const char *path)
{
	char *dir = strndup(path, (size_t)(strrchr(path, '/') - path) + 1);

	if (dir == NULL)
		err(1, NULL);
	return dir;
}

/*
 * The state directory; where there is none yet, it is made as a run would make
 * it, for the owner of the certificate's directory.
 */
static const struct dir *
state_directory(const struct conf *c, const struct domain *d)
{
	char *beside = try_directory_of(
	    d->cert != NULL ? d->cert : d->fullchain);
	struct stat st;
	struct dir *state;
	struct error e;
	int made;

	if (!(made = mkdir(c->state_dir, 0700) == 0) && errno != EEXIST)
		err(1, "state directory %s", c->state_dir);
	if ((state = dir_open(c->state_dir, &e)) == NULL)
		errx(1, "state directory %s", e.text);
	if (made && geteuid() == 0 && stat(beside, &st) == 0 &&
	    (fchown(state->fd, st.st_uid, st.st_gid) == -1 ||
		fstat(state->fd, &state->st) == -1))
		err(1, "state directory %s", c->state_dir);
	free(beside);
	return state;
}

/* The URL that find_account() has written, or NULL. */
static char *
take_account(int fd)
{
	char text[ACCOUNT_URL_MAX + 1], *url;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	struct url parsed;

	close(fd);
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	if (!url_parse(&parsed, text))
		return NULL;
	if ((url = strdup(text)) == NULL)
		err(1, NULL);
	return url;
}

/*
 * Makes the rehearsal's directories; fresh: has the next run make a new
 * account.  Returns the URL of the account of real runs, or NULL.  An error
 * ends the process.
 */
static char *
prepare(const struct conf *c, const struct domain *d, const struct rehearsal *r,
    int fresh)
{
	const struct dir *state = state_directory(c, d);
	const char *key = r->authorities[0].account_key;
	int status, account[2];
	pid_t pid;

	if (pipe2(account, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		err(1, "cannot start a process for %s", state->path);
	if (pid == 0)
		make_all(state, c, d->authority,
		    fresh && d->way != WAY_STATELESS ? key : NULL, account[1]);
	close(account[1]);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			err(1, "waitpid");
	dir_close_all();
	/* The child has reported its error itself. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		exit(1);
	return take_account(account[0]);
}

/*
 * The runs of one rehearsal, and what they print; 0, or -1: one has failed.  A
 * role has said why.
 */
static int
rehearse(const struct run *all, const struct domain *d, struct tally *tally)
{
	static struct rehearsal r;
	struct domain *job = &r.domain;
	struct run run = *all;
	struct tally listed = { 0 };
	int tries;

	derive(all->conf, d, &r);
	run.account = prepare(all->conf, d, &r, all->force);
	run.conf = &r.conf;
	run.authority = &r.authorities[0];
	run.jobs = &job;
	run.njobs = 1;
	run.force = run.checks = 1;
	run.progress = run.tells = 0;
	/* A first run may only complete what an interrupted one has left. */
	for (tries = 0; tries < 2 && tally->ordered == 0 &&
	     tally->failed == 0 && broker_signal == 0;
	     tries++)
		apart_run(&run, 0, tally);
	if (tally->failed > 0 || tally->ordered == 0) {
		warnx("-T %s: the rehearsal has failed; nothing that is "
		      "installed was touched",
		    d->handle);
		return -1;
	}
	run.account = NULL;
	run.mode = MODE_LIST;
	run.list = LIST_ISSUED;
	apart_run(&run, 0, &listed);
	if (!listed.broken)
		return 0;
	warnx("-T %s: a certificate was issued, but cannot be reported",
	    d->handle);
	return -1;
}

int
try_run(const struct conf *conf, const struct run *all)
{
	uint32_t i, failed = all->nbroken;
	struct tally tally;
	struct domain *d;

	for (i = 0; i < all->njobs; i++)
		refuse(all->jobs[i]);
	for (i = 0; i < all->njobs && broker_signal == 0; i++) {
		d = all->jobs[i];
		memset(&tally, 0, sizeof(tally));
		if (rehearse(all, d, &tally) == 0)
			try_report(conf, d, tally.responded);
		else
			failed++;
	}
	/* What a rehearsal has installed is nothing to be reported later. */
	apart_end(0);
	return failed > 0 || broker_signal != 0 ? 1 : 0;
}
