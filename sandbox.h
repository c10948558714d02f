/*
 * What a process gives up.  sandbox-linux.c or sandbox-openbsd.c; the build
 * picks one.  Whatever fails here ends the process: there is no way back to
 * running without.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#include "acme-client.h"

/* Rights below a directory; on Linux enforced by Landlock, by directory. */
#define DIR_READ 1 /* files; to list what there is, nobody may */
/* create, write, rename within, remove; not read */
#define DIR_WRITE 2

struct sandbox_dir {
	const char *path; /* for unveil and messages */
	int fd;           /* opened before */
	int rights;
};

struct sandbox {
	enum role role;
	/* who to become; only looked at as root */
	uid_t uid;
	gid_t gid;
	int keep_chown; /* CAP_CHOWN (files of other owners) */
	int keep_dac;   /* CAP_DAC_OVERRIDE, CAP_FOWNER */
	/* on stdout, which may be a file (certproc with -l) */
	int prints;
	struct sandbox_dir *dirs; /* csr, chng, fileproc */
	size_t ndirs;
	uint16_t *ports; /* net: TCP ports to connect to */
	size_t nports;
};

/*
 * Does the program's file, by its mode or its capabilities, give more rights
 * than who started it has?
 */
int sandbox_elevated(void);
/*
 * A terminal, or who ends a session, sends them to all processes: the parent
 * deals with them, the roles ignore them.
 */
#define TERMINAL_SIGNALS SIGINT, SIGTERM, SIGHUP, SIGQUIT
/*
 * Early in each process, parent too: not dumpable, no_new_privs (roles only),
 * rlimits, signals; warms up what libc loads lazily.
 */
void sandbox_prepare(enum role);
/*
 * In a process of root's: the names of the capabilities that are missing
 * (Linux), without which no run is possible; further ones that are missing,
 * too, are named with them.  NULL: none is missing that is needed.
 */
const char *sandbox_lacks(int uses_group);
/*
 * The part of sandbox_enter() that is about who the process is: for one that
 * has something to do before the rest which is not root's.
 */
void sandbox_become(const struct sandbox *);
/*
 * Gives up everything that the role does not need; with -v says which layers
 * are active.
 */
void sandbox_enter(const struct sandbox *);
/*
 * fileproc only, after it has read what is installed: no reading below any
 * directory whose rights lack DIR_READ now.
 */
void sandbox_narrow(const struct sandbox *);
/* The path of this very program, absolute and without links. */
const char *sandbox_self(const char *argv0);

/*
 * The parent's handle on its child, by which sandbox_end() ends just that one
 * even after the number has gone to another process; -1: this system has none.
 */
int sandbox_hold(pid_t);
/* SIGKILL; 0 or -1 with errno. */
int sandbox_end(int handle, pid_t);

#endif
