/* SPDX-License-Identifier: ISC */
/*
 * What a process gives up on OpenBSD: pledge(2) and unveil(2).  Compiled
 * against a stub header by the tests, but never run there so far.
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

#include <openssl/crypto.h>

#include "sandbox.h"
#include "say.h"

#define EMPTY_ROOT	"/var/empty"

static const char *const promises[ROLE__MAX] = {
	[ROLE_PARENT] = "stdio proc",
	[ROLE_NET] = "stdio inet",
	[ROLE_DNS] = "stdio dns",
	[ROLE_KEY] = "stdio",
	[ROLE_CSR] = "stdio rpath wpath cpath fattr",
	[ROLE_CHNG] = "stdio rpath wpath cpath fattr",
	[ROLE_CERT] = "stdio",
	[ROLE_FILE] = "stdio rpath wpath cpath fattr chown flock unveil",
};

static void
limit_core(void)
{
	struct rlimit r = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &r) == -1)
		err(1, "setrlimit");
}

const char *
sandbox_lacks(int uses_group)
{
	(void)uses_group;
	return NULL;
}

int
sandbox_elevated(void)
{
	return issetugid();
}

void
sandbox_prepare(enum role role)
{
	static const int terminal[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t none;
	size_t i;

	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
	    OPENSSL_INIT_NO_ADD_ALL_CIPHERS, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	for (i = 0; i < sizeof(terminal) / sizeof(terminal[0]); i++)
		signal(terminal[i], role == ROLE_PARENT ? SIG_DFL : SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	closefrom(role == ROLE_PARENT ? ROLE_FD : ROLE_FD + 1);
	umask(077);
	limit_core();
	tzset();
}

static int
on_disk(enum role role)
{
	return role == ROLE_CSR || role == ROLE_CHNG || role == ROLE_FILE;
}

/* There are no capabilities: several owners, or another owner, mean staying root. */
static void
become(const struct sandbox *s)
{
	uid_t uid = s->keep_chown || s->keep_dac ? 0 : s->uid;

	if (!on_disk(s->role) && s->role != ROLE_DNS &&
	    (chroot(EMPTY_ROOT) == -1 || chdir("/") == -1))
		err(1, "%s", EMPTY_ROOT);
	if (setgroups(1, &s->gid) == -1 || setresgid(s->gid, s->gid, s->gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		err(1, "cannot become user %u", (unsigned)uid);
}

static void
unveil_dirs(const struct sandbox *s)
{
	const char *rights;
	size_t i;

	for (i = 0; i < s->ndirs; i++) {
		rights = s->dirs[i].rights & DIR_READ ? "rwc" : "wc";
		if (unveil(s->dirs[i].path, rights) == -1)
			err(1, "unveil %s", s->dirs[i].path);
	}
}

void
sandbox_enter(const struct sandbox *s)
{
	int root = geteuid() == 0;

	if (on_disk(s->role))
		unveil_dirs(s);
	if (root)
		become(s);
	if (pledge(promises[s->role], NULL) == -1)
		err(1, "pledge");
	say(1, "sandbox: pledge \"%s\"%s%s", promises[s->role],
	    on_disk(s->role) ? ", unveil" : "", root ? ", user and root directory" : "");
}

/* A path that is unveiled again has the new rights only. */
void
sandbox_narrow(const struct sandbox *s)
{
	unveil_dirs(s);
	if (unveil(NULL, NULL) == -1)
		err(1, "unveil");
}

const char *
sandbox_self(const char *argv0)
{
	static const char *const dirs[] = { "/usr/local/sbin", "/usr/sbin", "/usr/local/bin",
	    "/usr/bin" };
	static char path[PATH_MAX];
	size_t i;

	if (strchr(argv0, '/') != NULL) {
		if (realpath(argv0, path) == NULL)
			err(1, "%s", argv0);
		return path;
	}
	/* The environment is empty by now: where programs are installed. */
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (snprintf(path, sizeof(path), "%s/%s", dirs[i], argv0) < (int)sizeof(path) &&
		    access(path, X_OK) == 0)
			return path;
	errx(1, "%s: start it by its full path", argv0);
}
