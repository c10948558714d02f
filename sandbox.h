/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The sandbox: the rights that a process gives up.  The build picks
 * sandbox-linux.c or sandbox-openbsd.c.  Any error here ends the process, so
 * that it never runs without its sandbox.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#include "acme-client.h"

/* Rights below a directory; on Linux, Landlock enforces them. */
#define DIR_READ 1 /* read files; no role may list a directory */
/* Create, write, rename and remove files; but not read them. */
#define DIR_WRITE 2

struct sandbox_dir {
	const char *path; /* The path for unveil(2) and messages. */
	int fd;           /* The descriptor of the open directory. */
	int rights;
};

struct sandbox {
	enum role role;
	/* If the process runs as root, it becomes this user. */
	uid_t uid;
	gid_t gid;
	int keep_chown; /* keep CAP_CHOWN, for files of other owners */
	int keep_dac;   /* keep CAP_DAC_OVERRIDE and CAP_FOWNER */
	/* It writes to stdout, which may be a file (certproc with -l). */
	int prints;
	struct sandbox_dir *dirs; /* csrproc, chngproc, fileproc */
	size_t ndirs;
	uint16_t *ports; /* netproc: TCP ports to connect to */
	size_t nports;
};

/*
 * Does the program's file, by set-user-ID, set-group-ID or capabilities, give
 * the process more rights than its caller has?
 */
int sandbox_elevated(void);
/*
 * A terminal sends these to all processes at once, and so does the end of a
 * session.  The parent handles them; the roles ignore them.
 */
#define TERMINAL_SIGNALS SIGINT, SIGTERM, SIGHUP, SIGQUIT
/*
 * Called early in each process, also in the parent: sets signals, limits, not
 * dumpable and (roles only) no_new_privs, closes inherited descriptors, and has
 * libc load its time zone.
 */
void sandbox_prepare(enum role);
/*
 * In a process of root: the names of missing capabilities (Linux).  NULL if the
 * run can do without all that are missing.
 */
const char *sandbox_lacks(int uses_group);
/*
 * The part of sandbox_enter() that changes the user, for a process that has
 * work to do as that user before it enters the rest of its sandbox.
 */
void sandbox_become(const struct sandbox *);
/*
 * Gives up every right that the role does not need; with -v, reports which
 * layers are active.
 */
void sandbox_enter(const struct sandbox *);
/*
 * For fileproc, after it has read the installed files: from now on it cannot
 * read below a directory whose rights lack DIR_READ.
 */
void sandbox_narrow(const struct sandbox *);
/* The absolute path of this program, without symbolic links. */
const char *sandbox_self(const char *argv0);

/*
 * The parent's handle on a child.  It stays that child's when another process
 * gets the same process ID.  -1: this system has no such handles.
 */
int sandbox_hold(pid_t);
/* Kills the child; 0, or -1 with errno. */
int sandbox_end(int handle, pid_t);

#endif
