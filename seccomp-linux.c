/* SPDX-License-Identifier: ISC */
/*
 * The system call filter.  Three answers to what a role may not do: what is
 * never legitimate ends the process and is named; what is known and
 * unwanted fails with EACCES; everything else fails with ENOSYS, so that a
 * libc that tries something new falls back to what it did before.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "sandbox-linux.h"

#define R(role)	(1u << ROLE_##role)
#define ALL	(~0u)
#define DISK	(R(CSR) | R(CHNG) | R(FILE))

/* Who may call what, whatever the arguments.  32-bit variants are listed beside. */
static const struct {
	const char	*names;
	unsigned	 roles;
} allowed[] = {
	{ "exit exit_group rt_sigreturn restart_syscall", ALL },
	{ "brk munmap mremap madvise futex futex_time64 rseq getrandom", ALL },
	{ "clock_gettime clock_gettime64 gettimeofday time", ALL },
	{ "getpid getppid gettid getuid geteuid getgid getegid", ALL },
	{ "poll ppoll ppoll_time64 recvfrom recv write close", ALL },
	{ "nanosleep clock_nanosleep clock_nanosleep_time64", R(NET) | R(FILE) },
	{ "read", R(PARENT) | R(NET) | R(DNS) | DISK },
	{ "wait4 waitpid shutdown", R(PARENT) },
	{ "connect", R(NET) | R(DNS) },
	{ "bind getsockname getpeername recvmsg uname sysinfo", R(DNS) },
	{ "lseek _llseek fstat fstat64 newfstatat fstatat64", R(DNS) | DISK },
	{ "openat unlinkat fchmod", DISK },
	{ "fsync", R(CSR) | R(FILE) },
	{ "linkat", R(CSR) },
	{ "fallocate", R(CHNG) | R(FILE) },
	{ "renameat renameat2 fchown fchown32 flock pread64 pwrite64", R(FILE) },
	{ "landlock_create_ruleset landlock_add_rule landlock_restrict_self", R(FILE) },
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

/* Known, and unwanted where it is not allowed above or by its arguments. */
static const char refused_names[] =
    "open openat openat2 creat stat lstat stat64 lstat64 newfstatat fstatat64 access "
    "faccessat faccessat2 readlink readlinkat getcwd chdir fchdir chroot statfs fstatfs "
    "mkdir mkdirat rmdir mknod mknodat link linkat fsync flock fallocate symlink symlinkat unlink unlinkat rename "
    "renameat renameat2 chmod fchmod fchmodat chown fchown lchown fchownat truncate "
    "ftruncate utime utimes utimensat setxattr lsetxattr fsetxattr getdents getdents64 "
    "bind listen accept accept4 connect socketpair sendmsg sendmmsg recvmsg recvmmsg "
    "shmget shmat shmctl msgget msgctl semget semctl mq_open memfd_create memfd_secret "
    "fork vfork clone tkill rt_sigqueueinfo setuid setgid setreuid setregid setresuid "
    "setresgid setgroups setfsuid setfsgid capset setpgid setsid setpriority "
    "sched_setaffinity sched_setscheduler sched_setparam ioprio_set prctl arch_prctl "
    "setrlimit prlimit64 setitimer alarm timer_create timerfd_create rt_sigaction "
    "rt_sigprocmask sigaltstack dup dup2 dup3 pipe pipe2 eventfd2 inotify_init1 "
    "epoll_create1 signalfd4 chown32 fchown32 clock_settime clock_adjtime adjtimex "
    "settimeofday stime sethostname setdomainname seccomp splice tee vmsplice sendfile "
    "copy_file_range read fcntl getsockname landlock_create_ruleset landlock_add_rule "
    "landlock_restrict_self";

static scmp_filter_ctx ctx;

/* For the handler: numbers and names of what ends the process. */
static struct {
	int		 nr;
	char		 name[24];
} fatal[80];
static size_t nfatal;
static const char *self_name;

/* Only what a signal handler may do; the system call itself was not carried out. */
static void
on_sigsys(int sig, siginfo_t *info, void *context)
{
	static const char text[] = ": refused by its sandbox: system call ";
	const char *name = "that nobody knows";
	size_t i;
	ssize_t ignored;

	(void)sig;
	(void)context;
	for (i = 0; i < nfatal; i++)
		if (fatal[i].nr == info->si_syscall)
			name = fatal[i].name;
	ignored = write(2, self_name, strlen(self_name));
	ignored = write(2, text, sizeof(text) - 1);
	ignored = write(2, name, strlen(name));
	ignored = write(2, "\n", 1);
	(void)ignored;
	_exit(1);
}

static void
add(uint32_t action, int nr, unsigned n, const struct scmp_arg_cmp *args)
{
	int rc = seccomp_rule_add_array(ctx, action, nr, n, args);

	/* A call that this architecture has not got needs no rule. */
	if (rc != 0 && rc != -EDOM)
		errx(1, "seccomp: rule for system call %d: %s", nr, strerror(-rc));
}

/* Allows it if these arguments are as they should be; both halves of each count. */
static void
allow_if(const char *name, unsigned n, ...)
{
	struct scmp_arg_cmp args[3];
	int nr = seccomp_syscall_resolve_name(name);
	va_list ap;
	unsigned i;

	va_start(ap, n);
	for (i = 0; i < n; i++)
		args[i] = va_arg(ap, struct scmp_arg_cmp);
	va_end(ap);
	if (nr != __NR_SCMP_ERROR)
		add(SCMP_ACT_ALLOW, nr, n, args);
}

/* Calls fn for each of the names; they are few, so a scan will do. */
static void
each_name(const char *names, void (*fn)(const char *name, int nr))
{
	char *copy, *rest, *name;
	int nr;

	if ((copy = rest = strdup(names)) == NULL)
		err(1, NULL);
	while ((name = strsep(&rest, " ")) != NULL)
		if ((nr = seccomp_syscall_resolve_name(name)) != __NR_SCMP_ERROR)
			fn(name, nr);
	free(copy);
}

static unsigned char decided[1024];	/* by number: has a rule already */

static int
decide(int nr)
{
	if (nr < 0 || (size_t)nr >= sizeof(decided))
		return nr >= 0;		/* not on this architecture: no rule */
	return decided[nr]++ == 0;
}

static void
allow(const char *name, int nr)
{
	(void)name;
	if (decide(nr))
		add(SCMP_ACT_ALLOW, nr, 0, NULL);
}

static void
refuse(const char *name, int nr)
{
	(void)name;
	if (decide(nr))
		add(SCMP_ACT_ERRNO(EACCES), nr, 0, NULL);
}

static void
make_fatal(const char *name, int nr)
{
	if (!decide(nr) || nfatal == sizeof(fatal) / sizeof(fatal[0]))
		return;
	fatal[nfatal].nr = nr;
	strlcpy(fatal[nfatal++].name, name, sizeof(fatal[0].name));
	add(SCMP_ACT_TRAP, nr, 0, NULL);
}

static void
by_arguments(const char *name, int nr)
{
	(void)name;
	decide(nr);
}

/* A stream over IPv4 or IPv6 and what goes with it. */
static void
allow_tcp(void)
{
	const scmp_datum_t type = ~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK);
	static const int families[] = { AF_INET, AF_INET6 };
	size_t i;

	for (i = 0; i < 2; i++)
		allow_if("socket", 3, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]),
		    SCMP_A1(SCMP_CMP_MASKED_EQ, type, SOCK_STREAM),
		    SCMP_A2(SCMP_CMP_LE, IPPROTO_TCP));
	allow_if("setsockopt", 2, SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP),
	    SCMP_A2(SCMP_CMP_EQ, TCP_NODELAY));
	allow_if("getsockopt", 2, SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET),
	    SCMP_A2(SCMP_CMP_EQ, SO_ERROR));
}

/* Datagrams too, and the kernel's list of addresses, by which getaddrinfo() sorts. */
static void
allow_resolver(void)
{
	static const int families[] = { AF_INET, AF_INET6 };
	const scmp_datum_t type = ~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i;

	for (i = 0; i < 2; i++) {
		allow_if("socket", 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]),
		    SCMP_A1(SCMP_CMP_MASKED_EQ, type, SOCK_DGRAM));
		allow_if("socket", 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]),
		    SCMP_A1(SCMP_CMP_MASKED_EQ, type, SOCK_STREAM));
	}
	allow_if("socket", 3, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
	    SCMP_A1(SCMP_CMP_MASKED_EQ, type, SOCK_RAW), SCMP_A2(SCMP_CMP_EQ, 0));
	allow_if("setsockopt", 1, SCMP_A1(SCMP_CMP_EQ, IPPROTO_IP));
	allow_if("setsockopt", 1, SCMP_A1(SCMP_CMP_EQ, IPPROTO_IPV6));
	allow_if("ioctl", 1, SCMP_A1(SCMP_CMP_EQ, FIONREAD));
	allow_if("openat", 1, SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
	allow_if("open", 1, SCMP_A1(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
}

/* Rules that look at arguments; what does not match gets the default answer. */
static void
add_conditional(const struct sandbox *s)
{
	static const int fcntls[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL };
	size_t i;

	/* No executable memory. */
	allow_if("mmap", 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	allow_if("mmap2", 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	allow_if("mprotect", 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* abort() */
	allow_if("tgkill", 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()),
	    SCMP_A2(SCMP_CMP_EQ, SIGABRT));
	each_name("mmap mmap2 mprotect tgkill", by_arguments);
	/* MSG_FASTOPEN would connect behind Landlock's back. */
	if (s->role == ROLE_DNS) {
		allow_if("sendto", 1, SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
		allow_if("sendmsg", 1, SCMP_A2(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
		allow_if("sendmmsg", 1, SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
		each_name("sendmsg sendmmsg", by_arguments);
	} else	/* no address: nothing is sent but on connected sockets */
		allow_if("sendto", 1, SCMP_A4(SCMP_CMP_EQ, 0));
	each_name("sendto send", by_arguments);
	if (s->role == ROLE_NET || s->role == ROLE_DNS) {
		for (i = 0; i < sizeof(fcntls) / sizeof(fcntls[0]); i++) {
			allow_if("fcntl", 1, SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntls[i]));
			allow_if("fcntl64", 1, SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntls[i]));
		}
		if (s->role == ROLE_NET)
			allow_tcp();
		else
			allow_resolver();
		each_name("fcntl fcntl64 socket setsockopt getsockopt", by_arguments);
		if (s->role == ROLE_DNS)
			each_name("ioctl openat open", by_arguments);
	}
	for (i = 0; i < s->nchildren; i++)
		allow_if("kill", 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)s->children[i]),
		    SCMP_A1(SCMP_CMP_EQ, SIGKILL));
	if (s->nchildren > 0)
		each_name("kill", by_arguments);
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
	add_conditional(s);
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (allowed[i].roles & (1u << s->role))
			each_name(allowed[i].names, allow);
	each_name(fatal_names, make_fatal);
	each_name(refused_names, refuse);
	each_name("socket setsockopt getsockopt ioctl kill fcntl64", refuse);
	if ((rc = seccomp_load(ctx)) != 0)
		errx(1, "seccomp: the filter is refused: %s", strerror(-rc));
	seccomp_release(ctx);
}
