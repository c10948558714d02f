/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Takes the place of what valgrind cannot live in, since its own system calls
 * are the process's: there is no filter and no Landlock, nor are descriptors,
 * processes and the sizes of files limited, as valgrind opens files and writes
 * a log.  User, capabilities, root directory and the limit of core files stay.
 * Valgrind knows no pidfd_open(2): the parent ends its children by their
 * numbers, as on OpenBSD.
 */
#include <errno.h>
#include <signal.h>

#include "sandbox-linux.h"

void __wrap_sandbox_limit(int resource, uint64_t most);
int __wrap_sandbox_hold(pid_t pid);
int __wrap_sandbox_end(int handle, pid_t pid);

void
__wrap_sandbox_limit(int resource, uint64_t most)
{
	(void)resource;
	(void)most;
}

int
__wrap_sandbox_hold(pid_t pid)
{
	(void)pid;
	return -1;
}

int
__wrap_sandbox_end(int handle, pid_t pid)
{
	(void)handle;
	return kill(pid, SIGKILL);
}

int
landlock_abi(void)
{
	return -ENOSYS;
}

void
landlock_enter(const struct sandbox *s, int abi)
{
	(void)s;
	(void)abi;
}

void
seccomp_enter(const struct sandbox *s)
{
	(void)s;
}
