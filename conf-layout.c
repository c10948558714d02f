/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * -n warns if a process could write to more than it is for.  A process has its
 * rights by hierarchy: if it may write to a directory, it may write to all that
 * is below.  So directories should be beside each other.  Other layouts work,
 * and the warnings say what each costs.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <err.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf-parse.h"
#include "log.h"
#include "trust.h"

#define WARNINGS_MAX 20 /* Further warnings are only counted. */

enum kind {
	ACCOUNT, /* Account keys and other secrets of accounts. */
	KEYS,    /* The keys of certificates. */
	CERTS,
	STATE,
	METRICS,
	STATUS,
	CHALLENGES,
	TRUST,  /* A file that decides what is certified or trusted. */
	SYSTEM, /* A file that decides what the system does. */
	KIND__MAX
};

static const struct {
	const char *name;   /* The kind in "move the NAME". */
	const char *home;   /* The recommended directory, or NULL. */
	const char *writer; /* The role that writes there, or NULL. */
	const char *doing;  /* What that role does there. */
} kinds[KIND__MAX] = {
	[ACCOUNT] = { "account keys", CONF_DIR "/account", NULL, NULL },
	[KEYS] = { "domain keys", CONF_DIR "/keys", "csrproc",
	    "reads and writes domain keys" },
	[CERTS] = { "certificates", CONF_DIR "/certs", "fileproc",
	    "writes certificates" },
	[STATE] = { "state", STATE_DIR, "fileproc", "writes the state" },
	[METRICS] = { "metrics", NULL, "fileproc", "writes metrics" },
	[STATUS] = { "status file", NULL, "fileproc", "writes the status" },
	[CHALLENGES] = { "challenge responses", CHALLENGE_DIR, "chngproc",
	    "writes challenge responses" },
	[TRUST] = { "file", NULL, NULL, NULL },
	[SYSTEM] = { "file", NULL, NULL, NULL },
};
_Static_assert(
    sizeof(kinds) / sizeof(kinds[0]) == KIND__MAX, "a kind without its row");

/*
 * A directory that the configuration names, or a file that decides something.
 */
struct thing {
	enum kind kind;
	const char *what; /* The name of the statement. */
	/*
	 * The path of the file or directory; for keys and certificates, that of
	 * their directory.
	 */
	char *path;
	char *dir; /* The path without symbolic links, as far as it exists. */
	/* The device of dir; dev and ino are 0 if dir does not exist. */
	dev_t dev;
	ino_t ino;
	struct stat st; /* The attributes of dir, unless it is missing. */
	int shared;     /* Another thing is in this directory or below it. */
	int said;       /* A system file in or below it was warned of. */
};

static struct thing *things;
static size_t nthings;
static unsigned warnings, unsaid;

__attribute__((format(printf, 1, 2))) static void
warn_of(const char *fmt, ...)
{
	va_list ap;

	if (warnings >= WARNINGS_MAX) {
		unsaid++;
		return;
	}
	va_start(ap, fmt);
	say_vwarning(fmt, ap);
	va_end(ap);
	warnings++;
}

static char *
copy(const char *text, size_t len)
{
	char *s = strndup(text, len);

	if (s == NULL)
		err(1, NULL);
	return s;
}

/*
 * Returns the path without symbolic links, as far as it exists, and the rest
 * unchanged; the caller frees it.
 */
static char *
resolve(const char *path)
{
	char real[PATH_MAX], *parent, *base, *s;

	if (realpath(path, real) != NULL)
		return copy(real, strlen(real));
	if (strcmp(path, "/") == 0)
		return copy(path, 1);
	parent = conf_directory(path);
	base = resolve(parent);
	free(parent);
	if (asprintf(&s, "%s%s", strcmp(base, "/") == 0 ? "" : base,
		strrchr(path, '/')) == -1)
		err(1, NULL);
	free(base);
	return s;
}

/* Adds a thing; path and dir are freed with it. */
static void
add(enum kind kind, const char *what, char *path, char *dir)
{
	struct thing *t;

	if ((nthings & (nthings - 1)) == 0 &&
	    (things = reallocarray(things, nthings == 0 ? 1 : 2 * nthings,
		 sizeof(*things))) == NULL)
		err(1, NULL);
	t = &things[nthings++];
	memset(t, 0, sizeof(*t));
	t->kind = kind;
	t->what = what;
	t->path = path;
	t->dir = dir;
	if (stat(dir, &t->st) == 0) {
		t->dev = t->st.st_dev;
		t->ino = t->st.st_ino;
	}
}

static void
add_dir(enum kind kind, const char *what, const char *path)
{
	if (path != NULL)
		add(kind, what, copy(path, strlen(path)), resolve(path));
}

/* Adds the directory of a file that a process makes. */
static void
add_place(enum kind kind, const char *what, const char *path)
{
	char *dir;

	if (path == NULL)
		return;
	dir = conf_directory(path);
	add(kind, what, dir, resolve(dir));
}

/*
 * Adds a file that a process reads: the directory of its name and, if it is a
 * link, the directory of its target.
 */
static void
add_file(enum kind kind, const char *what, const char *path)
{
	char *dir, *named, *real, whole[PATH_MAX];

	if (path == NULL)
		return;
	if (path[0] != '/' && (path = realpath(path, whole)) == NULL)
		return;
	dir = conf_directory(path);
	named = resolve(dir);
	free(dir);
	dir = resolve(path);
	real = conf_directory(dir);
	free(dir);
	add(kind, what, copy(path, strlen(path)), named);
	if (strcmp(real, named) != 0)
		add(kind, what, copy(path, strlen(path)), real);
	else
		free(real);
}

/*
 * Compares by device and inode, so that two names of one directory are equal.
 */
static int
by_dir(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->ino != 0 ? 0 : strcmp(x->dir, y->dir);
}

static int
by_all(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;
	int order = by_dir(a, b);

	if (order != 0)
		return order;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Sorts the things, and drops those that are repeated. */
static void
unique(void)
{
	size_t i, n = 0;

	qsort(things, nthings, sizeof(*things), by_all);
	for (i = 0; i < nthings; i++) {
		if (n > 0 && by_all(&things[n - 1], &things[i]) == 0) {
			free(things[i].path);
			free(things[i].dir);
			continue;
		}
		things[n++] = things[i];
	}
	nthings = n;
}

/*
 * Says what the role that writes to the holder's directory could do to the prey
 * in it or below it; NULL: nothing that it cannot do anyway.
 */
static const char *
cost(enum kind holder, enum kind prey)
{
	int published = holder == CHALLENGES;

	switch (prey) {
	case ACCOUNT:
	case KEYS:
		if (published)
			return "read and replace them, and the web server may "
			       "hand them out";
		return holder == prey ? NULL : "read and replace them";
	case CERTS:
		return published || holder == KEYS ? "replace them" : NULL;
	case STATE:
		if (published)
			return "change it, and the web server may hand it out";
		return holder == KEYS ? "change it" : NULL;
	case CHALLENGES:
		return published ?
		    NULL :
		    "respond to any CA's challenge there, and so get a "
		    "certificate for these names from it";
	case TRUST:
	case SYSTEM:
		return "replace it";
	default:
		return NULL;
	}
}

/* Writes "lies below /etc/ssl," and the like into a static buffer. */
static const char *
position(const struct thing *holder, const struct thing *prey)
{
	static char text[PATH_MAX + 40];
	int is_file = prey->kind == TRUST || prey->kind == SYSTEM;

	if (by_dir(holder, prey) != 0)
		snprintf(text, sizeof(text), "lies below %s,", holder->path);
	else if (is_file)
		snprintf(text, sizeof(text), "lies in %s,", holder->path);
	else if (strcmp(holder->path, prey->path) != 0)
		snprintf(text, sizeof(text), "is the same directory as %s,",
		    holder->path);
	else
		strlcpy(text, "is also", sizeof(text));
	return text;
}

/* Warns that the prey is in or below the holder, which has another use. */
static void
judge(struct thing *holder, const struct thing *prey)
{
	const char *could = cost(holder->kind, prey->kind);
	const char *home = kinds[prey->kind].home;
	const char *moved = kinds[prey->kind].name;

	if (could == NULL || (prey->kind == SYSTEM && holder->said))
		return;
	holder->shared = 1;
	holder->said |= prey->kind == SYSTEM;
	/* The prey is in its recommended directory: the holder should move. */
	if (home == NULL || strcmp(prey->path, home) == 0) {
		home = kinds[holder->kind].home;
		moved = kinds[holder->kind].name;
	}
	warn_of(
	    "%s %s: %s where %s %s: an attacker in that process could %s, too; "
	    "move the %s to a directory with nothing else in it or below "
	    "it%s%s",
	    prey->what, prey->path, position(holder, prey),
	    kinds[holder->kind].writer, kinds[holder->kind].doing, could, moved,
	    home != NULL ? ", such as " : "", home != NULL ? home : "");
}

/* Returns the first thing that is the same directory as this one, or NULL. */
static struct thing *
find(const struct thing *wanted)
{
	struct thing *t = bsearch(
	    wanted, things, nthings, sizeof(*things), by_dir);

	while (t != NULL && t > things && by_dir(t - 1, wanted) == 0)
		t--;
	return t;
}

/*
 * Judges the prey's directory and those above it; of each kind, only the
 * nearest.
 */
static void
judge_above(const struct thing *prey)
{
	struct thing at = *prey, *t;
	char *dir = copy(prey->dir, strlen(prey->dir)), *next;
	unsigned seen = 0;
	struct stat st;

	for (;;) {
		at.dir = dir;
		memset(&st, 0, sizeof(st));
		if (stat(dir, &st) == -1)
			st.st_dev = 0;
		at.dev = st.st_dev;
		at.ino = st.st_ino;
		for (t = find(&at);
		     t != NULL && t < things + nthings && by_dir(t, &at) == 0;
		     t++)
			if (kinds[t->kind].writer != NULL && t != prey &&
			    (seen >> t->kind & 1) == 0) {
				seen |= 1u << t->kind;
				judge(t, prey);
			}
		if (strcmp(dir, "/") == 0)
			break;
		next = conf_directory(dir);
		free(dir);
		dir = next;
	}
	free(dir);
}

/* Returns the name of a user, or else its number, in a static buffer. */
static const char *
name_of(uid_t uid)
{
	static char name[64];
	struct passwd *pw = getpwuid(uid);

	if (pw != NULL)
		strlcpy(name, pw->pw_name, sizeof(name));
	else
		snprintf(name, sizeof(name), "%u", (unsigned)uid);
	return name;
}

/* Does the role write to this directory, and does the directory exist? */
static int
is_of(const struct thing *t, const char *role)
{
	return kinds[t->kind].writer != NULL && t->ino != 0 &&
	    strcmp(kinds[t->kind].writer, role) == 0;
}

/*
 * Warns where a role stays root: started by root, it becomes the owner of its
 * directories, which should be one ordinary user.
 */
static void
judge_owners(const char *role, const char *user)
{
	const struct thing *t, *owned = NULL;
	int nwrong = 0, shared = 0;
	char wrong[600] = "";

	for (t = things; t < things + nthings && owned == NULL; t++)
		if (is_of(t, role) && t->st.st_uid != 0)
			owned = t;
	for (t = things; t < things + nthings; t++) {
		if (!is_of(t, role) ||
		    (owned != NULL && t->st.st_uid == owned->st.st_uid))
			continue;
		shared |= t->shared;
		if (nwrong++ < 3)
			say_add(wrong, sizeof(wrong), " %s", t->path);
	}
	if (nwrong == 0)
		return;
	if (nwrong > 3)
		say_add(wrong, sizeof(wrong), " and %d more", nwrong - 3);
	if (owned != NULL)
		user = name_of(owned->st.st_uid);
	warn_of("%s runs as root%s, as not all its directories belong to one "
		"other user:%s; %s%s%s%s",
	    role, owned != NULL ? " with all rights on files" : "", wrong,
	    shared ? "move what it writes to directories of its own, that "
		     "belong to " :
		     "chown -R ",
	    user, shared ? "" : ":", shared || nwrong > 3 ? "" : wrong);
	if (owned == NULL && getpwnam(user) == NULL)
		warn_of("user %s: there is no such user; make it, see "
			"acme-client.conf(5)",
		    user);
}

/*
 * Looks at a file whose owner differs from its directory's: a process that
 * keeps this owner needs a capability that works for all files.
 */
static void
judge_file(const char *path, const char **first, unsigned *n)
{
	struct stat file, st;
	char *dir;

	if (path == NULL || lstat(path, &file) == -1)
		return;
	dir = conf_directory(path);
	if (stat(dir, &st) == 0 && st.st_uid != 0 &&
	    (file.st_uid != st.st_uid || file.st_gid != st.st_gid) &&
	    (*n)++ == 0)
		*first = path;
	free(dir);
}

static void
judge_files(struct domain *const *domains, size_t n)
{
	const char *first = NULL;
	unsigned others = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		judge_file(domains[i]->cert, &first, &others);
		judge_file(domains[i]->chain, &first, &others);
		judge_file(domains[i]->fullchain, &first, &others);
	}
	if (others > 1)
		warn_of("%s and %u other files: belong to others than their "
			"directories, so that fileproc keeps the capability "
			"CAP_CHOWN; chown them",
		    first, others - 1);
	else if (others == 1)
		warn_of(
		    "%s: belongs to another user or group than its directory, "
		    "so that fileproc keeps the capability CAP_CHOWN; chown it",
		    first);
}

static void
add_authority(const struct authority *a)
{
	size_t i;

	add_place(ACCOUNT, "account key: directory", a->account_key);
	add_place(ACCOUNT, "eab hmac file: directory", a->eab_file);
	add_place(ACCOUNT, "proxy auth file: directory", a->proxy_auth);
	add_file(TRUST, "ca file", a->ca_file);
	add_file(TRUST, "root file", a->root_file);
	if (a->ca_file != NULL && a->root_file != NULL)
		return;
	for (i = 0; i < TRUST_SYSTEM_FILES; i++)
		if (access(trust_system_files[i], F_OK) == 0)
			add_file(SYSTEM, "the system's trust anchors",
			    trust_system_files[i]);
}

static void
add_domain(const struct domain *d)
{
	add_place(KEYS, "domain key: directory", d->key);
	add_place(KEYS, "domain combined: directory", d->combined);
	add_place(CERTS, "domain certificate: directory", d->cert);
	add_place(CERTS, "domain chain certificate: directory", d->chain);
	add_place(
	    CERTS, "domain full chain certificate: directory", d->fullchain);
	add_dir(CHALLENGES, "challengedir", d->challengedir);
	add_file(TRUST, "csr file", d->csr_file);
	add_file(TRUST, "configuration", d->file);
}

unsigned
conf_layout(const struct conf *c, struct domain *const *domains, size_t n)
{
	static const char *const system_files[] = { "/etc/passwd",
		"/etc/ssl/openssl.cnf" };
	const char *user = c->user != NULL ? c->user : DEFAULT_USER;
	size_t i;

	for (i = 0; i < c->nauthorities; i++) {
		add_file(TRUST, "configuration", c->authorities[i].file);
		add_authority(&c->authorities[i]);
	}
	for (i = 0; i < n; i++)
		add_domain(domains[i]);
	for (i = 0; i < sizeof(system_files) / sizeof(system_files[0]); i++)
		if (access(system_files[i], F_OK) == 0)
			add_file(SYSTEM, "the system's", system_files[i]);
	add_dir(STATE, "state directory", c->state_dir);
	add_place(METRICS, "metrics file: directory", c->metrics);
	add_place(STATUS, "status file: directory", c->status);
	unique();
	for (i = 0; i < nthings; i++)
		judge_above(&things[i]);
	if (geteuid() == 0) {
		judge_owners("fileproc", user);
		judge_owners("chngproc", user);
		judge_files(domains, n);
	}
	if (unsaid > 0) {
		say_warning("%u more warnings about directories", unsaid);
		warnings++;
	}
	return warnings;
}
