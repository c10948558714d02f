/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The parts of the Linux sandbox, used by sandbox-linux.c only.
 */
#ifndef SANDBOX_LINUX_H
#define SANDBOX_LINUX_H

#include "sandbox.h"

/* The parent's process ID when this process started. */
extern pid_t sandbox_parent;

/* Lowers a resource's (RLIMIT_*) soft and hard limit to so much at most. */
void sandbox_limit(int resource, uint64_t most);

/*
 * Returns the version of Landlock's interface; a negative errno: there is none.
 */
int landlock_abi(void);
/* Adds a layer of Landlock rules; only where landlock_abi() > 0. */
void landlock_enter(const struct sandbox *, int abi);
/* Loads the system call filter. */
void seccomp_enter(const struct sandbox *);

#endif
