/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Prepares a process on Linux before its sandbox.  This is a file of its own,
 * so that hookproc, which has no sandbox, is linked without a filter.
 */
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <err.h>
#include <linux/capability.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "sandbox-linux.h"

pid_t sandbox_parent;

/*
 * Has the program's file given this process capabilities?  Unlike inherited
 * ones, they are not ambient.
 */
static int
has_capabilities_of_file(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	int cap;

	if (syscall(SYS_capget, &head, data) == -1)
		return 1;
	for (cap = 0; cap < 64; cap++)
		if ((data[cap / 32].permitted >> cap % 32 & 1) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) !=
			1)
			return 1;
	return 0;
}

/*
 * Has execve(2) given the program rights that its caller lacks?  AT_SECURE
 * alone does not prove it: SELinux and AppArmor set it for programs with a
 * profile.
 */
int
sandbox_elevated(void)
{
	return getuid() != geteuid() || getgid() != getegid() ||
	    (getauxval(AT_SECURE) != 0 && geteuid() != 0 &&
		has_capabilities_of_file());
}

static void
set_signals(enum role role)
{
	static const int terminal[] = { TERMINAL_SIGNALS };
	sigset_t none;
	size_t i;
	int sig;

	for (sig = 1; sig < SIGSYS + 1; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	/*
	 * Ignore SIGXFSZ and SIGPIPE: write(2) fails instead, and its caller
	 * reports the error.
	 */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	for (i = 0;
	     role != ROLE_PARENT && i < sizeof(terminal) / sizeof(terminal[0]);
	     i++)
		signal(terminal[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Lowers a limit, and never raises it.  It uses the system call, since C
 * libraries differ in the type of the resource.
 */
void
sandbox_limit(int resource, uint64_t most)
{
	struct {
		uint64_t soft, hard;
	} r;

	if (syscall(SYS_prlimit64, 0, resource, NULL, &r) == -1)
		err(1, "prlimit");
	if (r.hard > most)
		r.hard = most;
	if (r.soft > r.hard)
		r.soft = r.hard;
	if (syscall(SYS_prlimit64, 0, resource, &r, NULL) == -1)
		err(1, "prlimit");
}

void
sandbox_prepare(enum role role)
{
	set_signals(role);
	closefrom(role == ROLE_PARENT ? ROLE_FD : ROLE_FD + 1);
	umask(077);
	sandbox_limit(RLIMIT_CORE, 0);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		err(1, "PR_SET_DUMPABLE");
	if (role != ROLE_PARENT) {
		/*
		 * A command that hookproc runs may be sudo(8), which needs more
		 * rights.
		 */
		if (role != ROLE_HOOK &&
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
			err(1, "PR_SET_NO_NEW_PRIVS");
		prctl(PR_SET_NAME, role_names[role], 0, 0, 0);
	}
	sandbox_parent = getppid();
	tzset();
}
