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

/* Rights in a directory and below; on Linux, Landlock enforces them. */
#define DIR_READ 1 /* The role may read files; no role may list a directory. */
/* The role may create, write, rename and remove files; but not read them. */
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
	int keep_chown; /* It keeps CAP_CHOWN, for files of other owners. */
	int keep_dac;   /* It keeps CAP_DAC_OVERRIDE and CAP_FOWNER. */
	/* It writes to stdout, which may be a file (certproc with -l). */
	int prints;
	/* The directories of csrproc, chngproc and fileproc. */
	struct sandbox_dir *dirs;
	size_t ndirs;
	uint16_t *ports; /* The TCP ports that netproc may connect to. */
	size_t nports;
};

/*
 * Does the program's file, by set-user-ID, set-group-ID or capabilities, give
 * the process more rights than its caller has?
 */
int sandbox_elevated(void);
/*
 * The signals that a terminal sends to all processes at once, as does the end
 * of a session.  The parent handles them; the roles ignore them.
 */
#define TERMINAL_SIGNALS SIGINT, SIGTERM, SIGHUP, SIGQUIT
/*
 * Prepares each process, also the parent, early: sets signals and limits, makes
 * it not dumpable and (roles only) sets no_new_privs, closes inherited
 * descriptors, and has libc load its time zone.
 */
void sandbox_prepare(enum role);
/*
 * Returns the names of the capabilities that a process of root lacks (Linux).
 * NULL: the run can do without all that are missing.
 */
const char *sandbox_lacks(int uses_group);
/*
 * Changes the user, as sandbox_enter() would, for a process that has work to do
 * as that user before it enters the rest of its sandbox.
 */
void sandbox_become(const struct sandbox *);
/*
 * Gives up every right that the role does not need; with -vv, reports which
 * layers are active, and with -v if one is missing.
 */
void sandbox_enter(const struct sandbox *);
/* Names the layers that a sandbox has on this system, for a message. */
void sandbox_layers(char *out, size_t outsz);
/*
 * Takes from fileproc, after it has read the installed files, the right to read
 * below directories whose rights lack DIR_READ.
 */
void sandbox_narrow(const struct sandbox *);
/* Returns the absolute path of this program, without symbolic links. */
const char *sandbox_self(const char *argv0);

/*
 * Returns the parent's handle on a child.  It stays that child's when another
 * process gets the same process ID.  -1: this system has no such handles.
 */
int sandbox_hold(pid_t);
/* Kills the child; 0, or -1 with errno. */
int sandbox_end(int handle, pid_t);

#endif
