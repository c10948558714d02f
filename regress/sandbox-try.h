/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What the sandbox test tries in each role, and where.
 */
#ifndef SANDBOX_TRY_H
#define SANDBOX_TRY_H

#include <stddef.h>
#include <sys/types.h>

#include "acme-client.h"

/*
 * Who may; how all others are refused; the Landlock version without which files
 * or ports stay open.
 */
struct attempt {
	const char *name;
	/* 0 or more is success, -1 with errno is refusal */
	long (*try)(void);
	unsigned may; /* 1 << role */
	/* dnsproc survives system calls that modules of nsswitch.conf try */
	enum { FAILS, ENDS, ENDS_BUT_DNS } response;
	int landlock;
};

extern const struct attempt attempts[];
extern const size_t nattempts;

/*
 * Files below the directory of the test; fresh_file is in the role's own
 * directory.
 */
extern char cert[300], key[300], foreign[300], link_out[300], fresh_file[300];
extern int open_port, closed_port, listening;
extern pid_t sibling;

/*
 * The directory of the test; "root" or "user"; what lies below; whom the parent
 * may end.
 */
extern const char *base, *who;
extern char ssl[256], private[256], www[256];
extern pid_t child;
extern int child_handle; /* the parent's, on it */

#define TEST_FD 0 /* in a process that spawn() made */

/*
 * As the role does it, with directories of the test; narrow: file as it is
 * after its start.
 */
void enter_role(enum role, int narrow);
/*
 * fork() into a role's descriptors; the tester's ends of its socket and of
 * stderr.
 */
pid_t spawn(int *sock, int *text);
/* Its wait status, and what it said. */
int finish_try(pid_t, int sock, int text, char *said, size_t size);
/* sandbox-work.c; not 0: something failed */
int test_outside(void), test_works(void), test_last_words(void);
/* Reads one byte: 1, or -1. */
long read_file(const char *path);

#endif
