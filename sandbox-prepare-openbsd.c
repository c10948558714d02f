/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Prepares a process on OpenBSD before its sandbox. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <err.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

static void
limit_core(void)
{
	struct rlimit r = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &r) == -1)
		err(1, "setrlimit");
}

int
sandbox_elevated(void)
{
	return issetugid();
}

void
sandbox_prepare(enum role role)
{
	static const int terminal[] = { TERMINAL_SIGNALS };
	sigset_t none;
	size_t i;

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
