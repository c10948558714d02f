/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Sets the user, capabilities, root directory and resource limits of the
 * sandbox on Linux; sandbox-landlock.c sets files and ports, sandbox-seccomp.c
 * system calls.  An error here lets an attacker in one process reach what
 * belongs to another.
 */
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "sandbox-linux.h"

/* The seconds until the kernel ends a process: more than a run takes. */
#define LAST_RESORT_SECONDS 86400

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

static int was_root;

const char *
sandbox_lacks(int uses_group)
{
	static const struct {
		const char *name;
		int cap;
		int needed;
	} caps[] = { { "CAP_SETUID", CAP_SETUID, 1 },
		{ "CAP_SETGID", CAP_SETGID, 1 },
		{ "CAP_SYS_CHROOT", CAP_SYS_CHROOT, 1 },
		{ "CAP_KILL", CAP_KILL, 0 },
		{ "CAP_CHOWN (for 'group')", CAP_CHOWN, 0 } };
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	static char names[120];
	int needed = 0;
	size_t i;

	if (syscall(SYS_capget, &head, data) == -1)
		err(1, "capget");
	names[0] = '\0';
	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		if ((data[0].effective >> caps[i].cap & 1) ||
		    (caps[i].cap == CAP_CHOWN && !uses_group))
			continue;
		needed |= caps[i].needed;
		say_add(names, sizeof(names), "%s%s",
		    names[0] == '\0' ? "" : ", ", caps[i].name);
	}
	return needed ? names : NULL;
}

/*
 * Ends the process where a container or a user namespace limits root's rights.
 */
__attribute__((noreturn)) static void
refused(const char *what)
{
	err(1,
	    "%s is refused (allow it in the container, the user namespace or "
	    "the system call filter around this program, or run it as an "
	    "ordinary user)",
	    what);
}

/* Changes root to a removed directory: no file can be created in it. */
static void
empty_root(void)
{
	char path[] = "/tmp/acme-client.XXXXXXXX",
	     other[] = "/run/acme-client.XXXXXXXX";
	const char *made = mkdtemp(path);
	int fd;

	if (made == NULL)
		made = mkdtemp(other);
	if (made == NULL)
		err(1,
		    "a directory to become an empty root directory can be made "
		    "neither in /tmp nor in /run");
	if ((fd = open(made,
		 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1 ||
	    rmdir(made) == -1 || fchdir(fd) == -1 || chroot(".") == -1)
		refused("chroot() to an empty directory");
	close(fd);
}

/* Keeps these capabilities, except those that the process does not have. */
static void
drop_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2];
	int i;

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &head, data) == -1)
		err(1, "capget");
	for (i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, data) == -1)
		refused("capset(), to give up capabilities,");
}

/* Changes from root to the role's user, for good. */
static void
become(const struct sandbox *s)
{
	uint64_t keep = 0;
	char user[60];
	int cap;

	if (s->keep_chown)
		keep |= 1ULL << CAP_CHOWN;
	if (s->keep_dac)
		keep |= 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER;
	/*
	 * Children run as other users, and the filter lets the parent kill only
	 * them.
	 */
	if (s->role == ROLE_PARENT)
		keep |= 1ULL << CAP_KILL;
	/*
	 * The bounding set limits what execve(2) can add, and the filter
	 * forbids execve(2): an error here is ignored.
	 */
	for (cap = 0; cap < 64; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (setgroups(0, NULL) == -1)
		refused("setgroups()");
	if (keep != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		err(1, "PR_SET_KEEPCAPS");
	snprintf(user, sizeof(user), "to become user %u, group %u",
	    (unsigned)s->uid, (unsigned)s->gid);
	if (setresgid(s->gid, s->gid, s->gid) == -1 ||
	    setresuid(s->uid, s->uid, s->uid) == -1)
		refused(user);
	drop_capabilities(keep);
	if (s->uid != 0 && (setresuid(0, 0, 0) != -1 || geteuid() == 0))
		errx(1, "could become root again");
	/* Changing the user has made the process dumpable. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		err(1, "PR_SET_DUMPABLE");
}

void
sandbox_become(const struct sandbox *s)
{
	if (geteuid() != 0)
		return;
	was_root = 1;
	become(s);
}

/*
 * Gives up CAP_NET_BIND_SERVICE, which an ordinary user may have as an ambient
 * capability for respproc.  respproc has bound its ports by now, and needs no
 * capability.
 */
static void
forget_ports(enum role role)
{
	drop_capabilities(
	    role == ROLE_RESP ? 0 : ~(1ULL << CAP_NET_BIND_SERVICE));
}

static int
on_disk(enum role role)
{
	return role == ROLE_CSR || role == ROLE_CHNG || role == ROLE_FILE;
}

static void
set_limits(const struct sandbox *s)
{
	enum role role = s->role;

	sandbox_limit(RLIMIT_NPROC, 0);
	/* These roles write to no file; but the parent's stderr may be one. */
	if (!on_disk(role) && role != ROLE_PARENT && !s->prints)
		sandbox_limit(RLIMIT_FSIZE, 0);
	/*
	 * Limit descriptors: roles on disk have several for each job, without
	 * limit; the parent has three for each child; respproc has one for each
	 * client.
	 */
	if (!on_disk(role))
		sandbox_limit(RLIMIT_NOFILE,
		    role == ROLE_PARENT   ? 128 :
			role == ROLE_RESP ? 384 :
					    64);
}

static void
add_landlock(char *out, size_t outsz, int abi)
{
	if (abi <= 0)
		say_add(out, outsz, "NO Landlock (%s)",
		    abi == -ENOSYS         ? "not in this kernel" :
			abi == -EOPNOTSUPP ? "switched off at boot" :
					     strerror(-abi));
	else
		say_add(out, outsz, "Landlock %d (files%s%s)", abi,
		    abi >= 4 ? ", TCP ports" : "", abi >= 6 ? ", scope" : "");
}

/* landlock_abi(), which the parent's filter forbids later. */
static int
known_abi(void)
{
	static int abi, is_known;

	if (!is_known)
		abi = landlock_abi();
	is_known = 1;
	return abi;
}

void
sandbox_layers(char *out, size_t outsz)
{
	strlcpy(out, "seccomp, no_new_privs, limits, ", outsz);
	add_landlock(out, outsz, known_abi());
}

/* A layer that is missing is reported whatever is said of the others. */
static void
say_layers(const struct sandbox *s, int root, int chrooted, int abi)
{
	char user[120] = "", landlock[120] = "";

	if (root)
		snprintf(user, sizeof(user), "user %u%s%s%s, %s",
		    (unsigned)s->uid,
		    s->role == ROLE_PARENT ? " with CAP_KILL" : "",
		    s->keep_chown ? " with CAP_CHOWN" : "",
		    s->keep_dac ? " with CAP_DAC_OVERRIDE, CAP_FOWNER" : "",
		    chrooted ? "empty root directory, " : "");
	add_landlock(landlock, sizeof(landlock), abi);
	say(abi <= 0 ? 1 : 2, "sandbox: %s%s, seccomp, no_new_privs, limits",
	    user, landlock);
}

void
sandbox_enter(const struct sandbox *s)
{
	int root = geteuid() == 0 || was_root, abi, chrooted;

	/*
	 * The other roles need files: the resolver's configuration, or their
	 * directories.
	 */
	chrooted = root && !on_disk(s->role) && s->role != ROLE_DNS;
	if (chrooted)
		empty_root();
	set_limits(s);
	sandbox_become(s);
	if (!root)
		forget_ports(s->role);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(1, "PR_SET_NO_NEW_PRIVS");
	/*
	 * When the parent ends, chngproc and fileproc see end of file, tidy up
	 * and end by themselves; the kernel kills the others.
	 */
	if (s->role != ROLE_PARENT && s->role != ROLE_CHNG &&
	    s->role != ROLE_FILE &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		err(1, "PR_SET_PDEATHSIG");
	/* The parent may have ended before PR_SET_PDEATHSIG. */
	if (s->role != ROLE_PARENT && getppid() != sandbox_parent)
		errx(1, "the parent has ended");
	/* An attacker cannot ignore SIGALRM: the filter forbids that. */
	if (s->role != ROLE_PARENT)
		alarm(LAST_RESORT_SECONDS);
	if ((abi = known_abi()) > 0)
		landlock_enter(s, abi);
	/*
	 * This reports before the filter is loaded, so that the report needs no
	 * rule.
	 */
	say_layers(s, root, chrooted, abi);
	seccomp_enter(s);
}

void
sandbox_narrow(const struct sandbox *s)
{
	int abi = landlock_abi();

	if (abi > 0)
		landlock_enter(s, abi);
}

const char *
sandbox_self(const char *argv0)
{
	static char path[PATH_MAX];
	const char *execfn = (const char *)getauxval(AT_EXECFN);
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	(void)argv0;
	if (n > 0)
		path[n] = '\0';
	/* There is no /proc: take the path that execve(2) was called with. */
	else if (execfn == NULL || realpath(execfn, path) == NULL)
		errx(1,
		    "cannot find out where this program is; is /proc mounted?");
	return path;
}

int
sandbox_hold(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd == -1)
		err(1, "pidfd_open%s",
		    errno == ENOSYS ?
			", which Linux has since 5.3, to end a process" :
			"");
	return fd;
}

int
sandbox_end(int handle, pid_t pid)
{
	(void)pid;
	return (int)syscall(SYS_pidfd_send_signal, handle, SIGKILL, NULL, 0);
}
