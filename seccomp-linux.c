/* SPDX-License-Identifier: ISC */
/*
 * The system call filter.  Three answers to what a role may not do: what is
 * never legitimate ends the process and is named; what is known and
 * unwanted fails with EACCES (one call of dns only seems to be done); everything else fails with ENOSYS, so that a
 * libc that tries something new falls back to what it did before.  ENOSYS
 * is also the answer where a call is allowed, but not with these arguments.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "sandbox-linux.h"

#define R(role)	(1u << ROLE_##role)
#define ALL	(~0u)
#define DISK	(R(CSR) | R(CHNG) | R(FILE))

/* Conditions on arguments, counted from 0.  Both halves of each are compared. */
#define ANY			{ { 0, 0, 0, 0 } }
#define IS(arg, value)		{ arg, SCMP_CMP_EQ, value, 0 }
#define AT_MOST(arg, value)	{ arg, SCMP_CMP_LE, value, 0 }
#define BITS(arg, mask, value)	{ arg, SCMP_CMP_MASKED_EQ, mask, value }
#define NOT_BITS(arg, mask)	BITS(arg, mask, 0)
#define SOCKET_TYPE(type)	BITS(1, ~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), type)
#define READ_ONLY(arg)		NOT_BITS(arg, O_ACCMODE | O_CREAT | O_TRUNC)
#define SPECIAL_MODES		(S_ISUID | S_ISGID | S_ISVTX)

/*
 * Who may call what, with which arguments; 32-bit variants are listed beside.
 * abort()'s tgkill() knows the process number only later: add_abort().
 */
static const struct rule {
	const char		*names;
	unsigned		 roles;
	struct scmp_arg_cmp	 args[3];
} rules[] = {
	{ "exit exit_group rt_sigreturn restart_syscall", ALL, ANY },
	{ "brk munmap mremap madvise futex futex_time64 rseq getrandom", ALL, ANY },
	{ "clock_gettime clock_gettime64 gettimeofday time", ALL, ANY },
	{ "getpid getppid gettid getuid geteuid getgid getegid", ALL, ANY },
	{ "poll ppoll ppoll_time64 recvfrom recv write close", ALL, ANY },
	{ "nanosleep clock_nanosleep clock_nanosleep_time64", R(NET) | R(FILE), ANY },

	/* No executable memory. */
	{ "mmap mmap2 mprotect", ALL, { NOT_BITS(2, PROT_EXEC) } },

	/* Without an address: nothing is sent but on connected sockets. */
	{ "sendto", ALL & ~R(DNS), { IS(4, 0) } },
	{ "send", ALL & ~R(DNS), ANY },

	{ "read", R(PARENT) | R(NET) | R(DNS) | DISK, ANY },
	{ "wait4 waitpid shutdown", R(PARENT), ANY },
	/* Its children, which it has descriptors of; it can open no other's. */
	{ "pidfd_send_signal", R(PARENT), { IS(1, SIGKILL), IS(2, 0), IS(3, 0) } },

	/* A stream over IPv4 or IPv6; not MPTCP, of which Landlock knows nothing. */
	{ "socket", R(NET) | R(DNS), { IS(0, AF_INET), SOCKET_TYPE(SOCK_STREAM), AT_MOST(2, IPPROTO_TCP) } },
	{ "socket", R(NET) | R(DNS), { IS(0, AF_INET6), SOCKET_TYPE(SOCK_STREAM), AT_MOST(2, IPPROTO_TCP) } },
	{ "connect", R(NET) | R(DNS), ANY },
	{ "fcntl fcntl64", R(NET) | R(DNS), { IS(1, F_GETFD) } },
	{ "fcntl fcntl64", R(NET) | R(DNS), { IS(1, F_SETFD) } },
	{ "fcntl fcntl64", R(NET) | R(DNS) | R(CHNG) | R(FILE), { IS(1, F_GETFL) } },
	{ "fcntl fcntl64", R(NET) | R(DNS), { IS(1, F_SETFL) } },
	{ "setsockopt", R(NET), { IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY) } },
	{ "getsockopt", R(NET), { IS(1, SOL_SOCKET), IS(2, SO_ERROR) } },

	/* Datagrams too, and the kernel's list of addresses, by which getaddrinfo() sorts. */
	{ "socket", R(DNS), { IS(0, AF_INET), SOCKET_TYPE(SOCK_DGRAM), IS(2, 0) } },
	{ "socket", R(DNS), { IS(0, AF_INET), SOCKET_TYPE(SOCK_DGRAM), IS(2, IPPROTO_UDP) } },
	{ "socket", R(DNS), { IS(0, AF_INET6), SOCKET_TYPE(SOCK_DGRAM), IS(2, 0) } },
	{ "socket", R(DNS), { IS(0, AF_INET6), SOCKET_TYPE(SOCK_DGRAM), IS(2, IPPROTO_UDP) } },
	{ "socket", R(DNS), { IS(0, AF_NETLINK), SOCKET_TYPE(SOCK_RAW), IS(2, NETLINK_ROUTE) } },
	{ "bind getsockname getpeername recvmsg uname sysinfo", R(DNS), ANY },
	{ "setsockopt", R(DNS), { IS(1, IPPROTO_IP), IS(2, IP_RECVERR) } },
	{ "setsockopt", R(DNS), { IS(1, IPPROTO_IP), IS(2, IP_MTU_DISCOVER) } },
	{ "setsockopt", R(DNS), { IS(1, IPPROTO_IPV6), IS(2, IPV6_RECVERR) } },
	{ "setsockopt", R(DNS), { IS(1, IPPROTO_IPV6), IS(2, IPV6_V6ONLY) } },
	{ "ioctl", R(DNS), { IS(1, FIONREAD) } },
	/* A question by TCP, where the answer did not fit into a datagram. */
	{ "writev", R(DNS), ANY },
	/* MSG_FASTOPEN would connect behind Landlock's back. */
	{ "sendto sendmmsg", R(DNS), { NOT_BITS(3, MSG_FASTOPEN) } },
	{ "sendmsg", R(DNS), { NOT_BITS(2, MSG_FASTOPEN) } },
	{ "open", R(DNS), { READ_ONLY(1) } },
	{ "openat", R(DNS), { READ_ONLY(2) } },

	{ "lseek _llseek fstat fstat64 newfstatat fstatat64 statx", R(DNS) | DISK, ANY },
	/* A set-user-ID file of the directory's owner would outlast the sandbox. */
	{ "openat", DISK, { NOT_BITS(3, SPECIAL_MODES) } },
	{ "fchmod", DISK, { NOT_BITS(1, SPECIAL_MODES) } },
	{ "unlinkat", DISK, ANY },
	{ "fsync", R(CSR) | R(FILE), ANY },
	/* ACLs and labels of the file that is replaced. */
	{ "flistxattr fgetxattr fsetxattr fremovexattr", R(CSR) | R(FILE), ANY },
	{ "linkat", R(CSR), ANY },
	/* fallocate(), and what libc does where a file system has none. */
	{ "fallocate fstatfs fstatfs64 pread64 pwrite64", R(CHNG) | R(FILE), ANY },
	{ "renameat renameat2 fchown fchown32", R(CSR) | R(FILE), ANY },
	{ "flock", R(FILE) | R(CHNG), ANY },
	/* These can only tighten. */
	{ "landlock_create_ruleset landlock_add_rule landlock_restrict_self", R(FILE), ANY },
};

/* Never legitimate in any role. */
static const char fatal_names[] =
    "ptrace process_vm_readv process_vm_writev pidfd_getfd pidfd_open pidfd_send_signal "
    "process_madvise io_uring_setup io_uring_enter io_uring_register bpf userfaultfd "
    "keyctl add_key request_key mount umount umount2 move_mount fsopen fsconfig fsmount fspick "
    "open_tree mount_setattr pivot_root unshare setns execve execveat kexec_load "
    "kexec_file_load init_module finit_module delete_module perf_event_open personality "
    "reboot swapon swapoff acct quotactl syslog kcmp lookup_dcookie "
    "fanotify_init name_to_handle_at open_by_handle_at iopl ioperm modify_ldt";

/* What a library may try by itself, where it is not allowed above or by its arguments; each costs 3 us. */
static const char refused_names[] =
    "open openat openat2 creat stat lstat stat64 lstat64 newfstatat fstatat64 statx access "
    "faccessat faccessat2 readlink readlinkat statfs fstatfs mkdir mkdirat rmdir link linkat "
    "symlink symlinkat unlink unlinkat rename renameat renameat2 chmod fchmod fchmodat chown "
    "fchown lchown fchownat truncate ftruncate fsync flock read getdents64 fcntl fcntl64 ioctl "
    "socket socketpair bind listen accept accept4 connect sendto sendmsg recvmsg getsockname "
    "setsockopt getsockopt shmget shmat shmctl fork vfork clone kill setuid setgid setresuid setresgid "
    "setgroups prctl seccomp";

/*
 * For dns: what modules of the hosts line of nsswitch.conf try.  systemd's
 * block signals around each look-up, and abort where that fails: they are told
 * that it was done.  What they only ask for may fail, and ends nothing.
 */
static const char pretended_names[] = "rt_sigprocmask";
static const char survived_names[] = "name_to_handle_at pidfd_open";

#define NUMBERS	1024	/* system calls are numbered below this */

static scmp_filter_ctx ctx;
static unsigned char has_rule[NUMBERS];
static char fatal[NUMBERS][24];		/* for the handler: names of what ends the process */
static const char *self_name;

/* Only what a signal handler may do; the system call itself was not carried out. */
static void
on_sigsys(int sig, siginfo_t *info, void *context)
{
	static const char *const text[] = { ": system call ",
	    " refused: this process does only what it is for\n" };
	const char *name = "of another kind";
	ssize_t ignored;

	(void)sig;
	(void)context;
	if (info->si_syscall >= 0 && info->si_syscall < NUMBERS && fatal[info->si_syscall][0] != '\0')
		name = fatal[info->si_syscall];
	ignored = write(2, self_name, strlen(self_name));
	ignored = write(2, text[0], strlen(text[0]));
	ignored = write(2, name, strlen(name));
	ignored = write(2, text[1], strlen(text[1]));
	(void)ignored;
	_exit(1);
}

static void
add(uint32_t action, int nr, const struct scmp_arg_cmp *args)
{
	unsigned n = 0;
	int rc;

	while (args != NULL && n < 3 && args[n].op != 0)
		n++;
	rc = seccomp_rule_add_array(ctx, action, nr, n, args);
	/* A call that this architecture has not got needs no rule. */
	if (rc != 0 && rc != -EDOM)
		errx(1, "seccomp: rule for system call %d: %s", nr, strerror(-rc));
}

/* The next of the names that this architecture has; -1 after the last. */
static int
next_number(char **rest, const char **name)
{
	int nr;

	while ((*name = strsep(rest, " ")) != NULL)
		if ((nr = seccomp_syscall_resolve_name(*name)) >= 0 &&
		    nr < NUMBERS)
			return nr;
	return -1;
}

/*
 * The same answer for all of the names, except those that have a rule of an
 * earlier kind: a role's permissions come first.
 */
static void
answer(const char *names, uint32_t action, const struct scmp_arg_cmp *args)
{
	char *copy, *rest;
	const char *name;
	int nr;

	if ((copy = rest = strdup(names)) == NULL)
		err(1, NULL);
	while ((nr = next_number(&rest, &name)) != -1) {
		if (action != SCMP_ACT_ALLOW && has_rule[nr])
			continue;
		has_rule[nr] = 1;
		if (action == SCMP_ACT_TRAP)
			strlcpy(fatal[nr], name, sizeof(fatal[nr]));
		add(action, nr, args);
	}
	free(copy);
}

/* abort() */
static void
add_abort(void)
{
	struct scmp_arg_cmp self[3] = { IS(0, (scmp_datum_t)getpid()), IS(2, SIGABRT) };

	answer("tgkill", SCMP_ACT_ALLOW, self);
}

void
seccomp_enter(const struct sandbox *s)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	size_t i;
	int rc;

	self_name = role_names[s->role];
	if (sigaction(SIGSYS, &sa, NULL) == -1)
		err(1, "sigaction");
	if ((ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) == NULL)
		errx(1, "seccomp: cannot begin a filter");
	seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	add_abort();
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].roles & (1u << s->role))
			answer(rules[i].names, SCMP_ACT_ALLOW, rules[i].args);
	if (s->role == ROLE_DNS) {
		answer(pretended_names, SCMP_ACT_ERRNO(0), NULL);
		answer(survived_names, SCMP_ACT_ERRNO(EACCES), NULL);
	}
	answer(fatal_names, SCMP_ACT_TRAP, NULL);
	answer(refused_names, SCMP_ACT_ERRNO(EACCES), NULL);
	if ((rc = seccomp_load(ctx)) != 0)
		errx(1, "seccomp: the filter is refused: %s", strerror(-rc));
	seccomp_release(ctx);
#ifdef __GLIBC__
	malloc_trim(0);		/* libseccomp's 200 KiB; others give them back by themselves */
#endif
}
