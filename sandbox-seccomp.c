/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Loads the program's system call filter, which filter-rules.h describes.
 */
#include <sys/syscall.h>
#include <err.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "sandbox-linux.h"

static const char *self_name;

static const char *
name_of(int nr)
{
	const struct filter_fatal *f;

	if (nr == SYS_tgkill)
		return "tgkill, as by abort(),";
	for (f = filter_fatal; f->name[0] != '\0'; f++)
		if (f->nr == nr)
			return f->name;
	return "of another kind";
}

/*
 * Handles SIGSYS: ends the process because of a system call, which the kernel
 * has not carried out.  A signal handler may only call write(2) and the like.
 */
static void
on_sigsys(int sig, siginfo_t *info, void *context)
{
	static const char *const text[] = { ": system call ",
		" refused: the sandbox forbids it\n" };
	const char *name = name_of(info->si_syscall);
	ssize_t ignored;

	(void)sig;
	(void)context;
	/* NOLINTBEGIN(clang-analyzer-deadcode.DeadStores): so gcc is silent. */
	ignored = write(2, self_name, strlen(self_name));
	ignored = write(2, text[0], strlen(text[0]));
	ignored = write(2, name, strlen(name));
	ignored = write(2, text[1], strlen(text[1]));
	/* NOLINTEND(clang-analyzer-deadcode.DeadStores) */
	(void)ignored;
	_exit(1);
}

void
seccomp_enter(const struct sandbox *s)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys,
		.sa_flags = SA_SIGINFO };
	const struct filter *f = &filters[s->role];
	struct sock_fprog program = { f->n,
		(struct sock_filter *)(uintptr_t)f->rows };

	self_name = role_names[s->role];
	if (f->n == 0)
		errx(
		    1, "seccomp: this program has no filter for %s", self_name);
	if (sigaction(SIGSYS, &sa, NULL) == -1)
		err(1, "sigaction");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == -1)
		err(1,
		    "seccomp: the filter is refused; a system call filter "
		    "around this program (SystemCallFilter in systemd's unit, "
		    "a container's profile) must allow seccomp(2)");
}
