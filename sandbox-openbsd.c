/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Enters the sandbox on OpenBSD: pledge(2) and unveil(2).  The tests compile
 * this file against headers like OpenBSD's and check its calls; it has not been
 * run on OpenBSD so far.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <err.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "sandbox.h"

#define EMPTY_ROOT "/var/empty"
#define UNVEIL_DIRS_MAX 100

static const char *const promises[ROLE__MAX] = {
	[ROLE_PARENT] = "stdio proc",
	[ROLE_NET] = "stdio inet",
	[ROLE_DNS] = "stdio dns",
	[ROLE_KEY] = "stdio",
	[ROLE_CSR] = "stdio rpath wpath cpath fattr chown",
	[ROLE_CHNG] = "stdio rpath wpath cpath fattr flock",
	[ROLE_CERT] = "stdio",
	[ROLE_ZONE] = "stdio inet",
	[ROLE_FILE] = "stdio rpath wpath cpath fattr chown flock unveil",
	[ROLE_RESP] = "stdio inet",
};

static int was_root;

const char *
sandbox_lacks(int uses_group)
{
	(void)uses_group;
	return NULL;
}

static int
on_disk(enum role role)
{
	return role == ROLE_CSR || role == ROLE_CHNG || role == ROLE_FILE;
}

/*
 * OpenBSD has no capabilities, so that a role whose directories have several
 * owners stays root.  So does the parent, since kill(2) would not let another
 * user end children that run as other users.  An attacker in the parent gains
 * the right to end any process: pledge(2) lets it open no file and set no user.
 */
static void
become(const struct sandbox *s)
{
	int root = s->role == ROLE_PARENT || s->keep_chown || s->keep_dac;
	uid_t uid = root ? 0 : s->uid;

	if (!on_disk(s->role) && s->role != ROLE_DNS &&
	    (chroot(EMPTY_ROOT) == -1 || chdir("/") == -1))
		err(1, "%s", EMPTY_ROOT);
	if (setgroups(1, &s->gid) == -1 ||
	    setresgid(s->gid, s->gid, s->gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		err(1, "cannot become user %u", (unsigned)uid);
}

void
sandbox_become(const struct sandbox *s)
{
	if (geteuid() != 0)
		return;
	was_root = 1;
	become(s);
}

/* Replaces the longest path by its parent; 0: all paths are "/". */
static int
shorten(char *paths[], size_t n)
{
	size_t i, longest = 0;
	char *slash;

	for (i = 1; i < n; i++)
		if (strlen(paths[i]) > strlen(paths[longest]))
			longest = i;
	if (strcmp(paths[longest], "/") == 0)
		return 0;
	slash = strrchr(paths[longest], '/');
	slash[slash == paths[longest]] = '\0';
	return 1;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the paths and drops duplicates; returns how many are left. */
static size_t
unique(char *paths[], size_t n)
{
	size_t i, left = 0;

	qsort(paths, n, sizeof(*paths), by_text);
	for (i = 0; i < n; i++)
		if (left == 0 || strcmp(paths[left - 1], paths[i]) != 0)
			paths[left++] = paths[i];
	return left;
}

/*
 * Unveils the directories.  The kernel keeps at most 128 paths: of more than
 * UNVEIL_DIRS_MAX, the longest are replaced by their parents.  fstatat(2) and
 * renameat(2) need "r", so that a role that replaces files can read them.  All
 * paths have the same rights, since two may have the same parent.
 */
static void
unveil_dirs(const struct sandbox *s)
{
	char **paths;
	const char *how = "r";
	size_t i, n = s->ndirs;

	for (i = 0; i < n; i++)
		if (s->dirs[i].rights & DIR_WRITE)
			how = "rwc";
	if ((paths = calloc(n + 1, sizeof(*paths))) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++)
		if ((paths[i] = strdup(s->dirs[i].path)) == NULL)
			err(1, NULL);
	while ((n = unique(paths, n)) > UNVEIL_DIRS_MAX && shorten(paths, n))
		;
	for (i = 0; i < n; i++)
		if (unveil(paths[i], how) == -1)
			err(1, "unveil %s", paths[i]);
}

void
sandbox_enter(const struct sandbox *s)
{
	if (on_disk(s->role))
		unveil_dirs(s);
	sandbox_become(s);
	if (pledge(promises[s->role], NULL) == -1)
		err(1, "pledge");
	say(2, "sandbox: pledge \"%s\"%s%s", promises[s->role],
	    on_disk(s->role) ? ", unveil" : "",
	    was_root ? ", user and root directory" : "");
}

void
sandbox_layers(char *out, size_t outsz)
{
	strlcpy(out, "pledge, unveil", outsz);
}

/* Gives up only the right to call unveil(2): see unveil_dirs(). */
void
sandbox_narrow(const struct sandbox *s)
{
	(void)s;
	if (unveil(NULL, NULL) == -1)
		err(1, "unveil");
}

/*
 * OpenBSD has no descriptors of processes.  A child's process ID stays its own
 * until the parent reaps it.
 */
int
sandbox_hold(pid_t pid)
{
	(void)pid;
	return -1;
}

int
sandbox_end(int handle, pid_t pid)
{
	(void)handle;
	return kill(pid, SIGKILL);
}

const char *
sandbox_self(const char *argv0)
{
	static const char *const dirs[] = { "/usr/local/sbin", "/usr/sbin",
		"/usr/local/bin", "/usr/bin" };
	static char path[PATH_MAX];
	size_t i;

	if (strchr(argv0, '/') != NULL) {
		if (realpath(argv0, path) == NULL)
			err(1, "%s", argv0);
		return path;
	}
	/*
	 * Look where programs are installed: PATH is not in the environment any
	 * more.
	 */
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (snprintf(path, sizeof(path), "%s/%s", dirs[i], argv0) <
			(int)sizeof(path) &&
		    access(path, X_OK) == 0)
			return path;
	errx(1, "%s: start it by its full path", argv0);
}
