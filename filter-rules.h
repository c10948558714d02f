/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The one table of the system calls that each role may use.  filter-make.c
 * includes it, and makes the filters from it when acme-client is built.  An
 * error here lets an attacker in one process reach what belongs to another.
 *
 * A call that no role ever needs ends the process, with a message.  A call that
 * a library may try by itself fails with EACCES (and one of dnsproc's returns 0
 * without being done).  Any other call fails with ENOSYS, so that a newer libc
 * falls back to an older call; so does an allowed call with other arguments.
 */
#ifndef FILTER_RULES_H
#define FILTER_RULES_H

#define R(role) (1u << ROLE_##role)
#define ALL (~0u)
#define DISK (R(CSR) | R(CHNG) | R(FILE))

enum comparison { NO_MORE, EQUAL, LESS_OR_EQUAL, MASKED };

/*
 * A condition on an argument, whose number counts from 0; all 64 bits are
 * compared.
 */
struct condition {
	unsigned arg;
	enum comparison comparison;
	uint64_t value;
	uint64_t mask;
};

/* clang-format off */
#define ANY			{ { 0, NO_MORE, 0, 0 } }
#define IS(arg, value)		{ arg, EQUAL, value, 0 }
#define AT_MOST(arg, value)	{ arg, LESS_OR_EQUAL, value, 0 }
#define BITS(arg, mask, value)	{ arg, MASKED, value, mask }
#define NOT_BITS(arg, mask)	BITS(arg, mask, 0)
/* clang-format on */
#define SOCKET_TYPE(type) \
	BITS(1, ~(uint64_t)(abi->sock_cloexec | abi->sock_nonblock), type)
#define READ_ONLY(arg) NOT_BITS(arg, O_ACCMODE | abi->o_creat | abi->o_trunc)
#define SPECIAL_MODES (S_ISUID | S_ISGID | S_ISVTX)

#define RULES_MAX 80

struct rule {
	const char *names;
	unsigned roles;
	struct condition conditions[3];
};

/*
 * The table: system calls with their 32-bit variants, roles, and conditions
 * that must all hold.  names is NULL in the rows behind the last one.
 */
static void
rules_of(const struct abi *abi, struct rule rules[RULES_MAX])
{
	const struct rule table[RULES_MAX] = {
		{ "exit exit_group sigreturn rt_sigreturn restart_syscall", ALL,
		    ANY },
		{ "brk munmap mremap madvise futex futex_time64 rseq getrandom",
		    ALL, ANY },
		{ "clock_gettime clock_gettime64 gettimeofday time", ALL, ANY },
		{ "getpid getppid gettid getuid getuid32 geteuid geteuid32 "
		  "getgid getgid32 getegid getegid32",
		    ALL, ANY },
		{ "poll ppoll ppoll_time64 recvfrom recv write writev close",
		    ALL, ANY },
		{ "nanosleep clock_nanosleep clock_nanosleep_time64", R(NET),
		    ANY },

		/* No memory may be executable. */
		{ "mmap mmap2 mprotect", ALL, { NOT_BITS(2, PROT_EXEC) } },

		/* respproc's sockets are bound before its sandbox. */
		{ "accept4", R(RESP), ANY },

		/*
		 * With an address a process could send to any host: it may send
		 * only on connected sockets.
		 */
		{ "sendto", ALL & ~R(DNS), { IS(4, 0) } },
		{ "send", ALL & ~R(DNS), ANY },

		{ "read readv", R(PARENT) | R(NET) | R(DNS) | R(CERT) | DISK,
		    ANY },
		{ "wait4 waitpid", R(PARENT), ANY },
		{ "shutdown", R(PARENT) | R(RESP), ANY },
		/*
		 * The parent has descriptors of its children, and cannot open
		 * those of other processes.
		 */
		{ "pidfd_send_signal", R(PARENT),
		    { IS(1, SIGKILL), IS(2, 0), IS(3, 0) } },

		/*
		 * TCP over IPv4 or IPv6.  MPTCP is refused: Landlock would not
		 * see its connections.
		 */
		{ "socket", R(NET) | R(DNS) | R(ZONE),
		    { IS(0, AF_INET), SOCKET_TYPE(abi->sock_stream),
			AT_MOST(2, IPPROTO_TCP) } },
		{ "socket", R(NET) | R(DNS) | R(ZONE),
		    { IS(0, AF_INET6), SOCKET_TYPE(abi->sock_stream),
			AT_MOST(2, IPPROTO_TCP) } },
		{ "connect", R(NET) | R(DNS) | R(ZONE), ANY },
		{ "fcntl fcntl64", R(NET) | R(DNS), { IS(1, F_GETFD) } },
		{ "fcntl fcntl64", R(NET) | R(DNS), { IS(1, F_SETFD) } },
		{ "fcntl fcntl64", R(NET) | R(DNS) | R(CHNG) | R(FILE),
		    { IS(1, F_GETFL) } },
		{ "fcntl fcntl64", R(NET) | R(DNS), { IS(1, F_SETFL) } },
		{ "setsockopt", R(NET),
		    { IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY) } },
		{ "getsockopt", R(NET) | R(ZONE),
		    { IS(1, abi->sol_socket), IS(2, abi->so_error) } },

		/*
		 * UDP is allowed, and netlink, since getaddrinfo() sorts by
		 * this machine's addresses.
		 */
		{ "socket", R(DNS) | R(ZONE),
		    { IS(0, AF_INET), SOCKET_TYPE(abi->sock_dgram),
			IS(2, 0) } },
		{ "socket", R(DNS),
		    { IS(0, AF_INET), SOCKET_TYPE(abi->sock_dgram),
			IS(2, IPPROTO_UDP) } },
		{ "socket", R(DNS) | R(ZONE),
		    { IS(0, AF_INET6), SOCKET_TYPE(abi->sock_dgram),
			IS(2, 0) } },
		{ "socket", R(DNS),
		    { IS(0, AF_INET6), SOCKET_TYPE(abi->sock_dgram),
			IS(2, IPPROTO_UDP) } },
		{ "socket", R(DNS),
		    { IS(0, AF_NETLINK), SOCKET_TYPE(SOCK_RAW),
			IS(2, NETLINK_ROUTE) } },
		{ "bind getsockname getpeername recvmsg uname sysinfo", R(DNS),
		    ANY },
		{ "setsockopt", R(DNS),
		    { IS(1, IPPROTO_IP), IS(2, IP_RECVERR) } },
		{ "setsockopt", R(DNS),
		    { IS(1, IPPROTO_IP), IS(2, IP_MTU_DISCOVER) } },
		{ "setsockopt", R(DNS),
		    { IS(1, IPPROTO_IPV6), IS(2, IPV6_RECVERR) } },
		{ "setsockopt", R(DNS),
		    { IS(1, IPPROTO_IPV6), IS(2, IPV6_V6ONLY) } },
		{ "ioctl", R(DNS), { IS(1, abi->fionread) } },
		/* Landlock would not see a connection by MSG_FASTOPEN. */
		{ "send sendto sendmmsg", R(DNS),
		    { NOT_BITS(3, MSG_FASTOPEN) } },
		{ "sendmsg", R(DNS), { NOT_BITS(2, MSG_FASTOPEN) } },
		{ "open", R(DNS), { READ_ONLY(1) } },
		{ "openat", R(DNS), { READ_ONLY(2) } },

		{ "lseek _llseek fstat fstat64 newfstatat fstatat64 statx",
		    R(DNS) | DISK, ANY },
		/*
		 * An attacker could use a set-user-ID file of the directory's
		 * owner outside the sandbox.
		 */
		{ "openat", DISK, { NOT_BITS(3, SPECIAL_MODES) } },
		{ "fchmod", DISK, { NOT_BITS(1, SPECIAL_MODES) } },
		{ "unlinkat", DISK, ANY },
		{ "fsync", R(CSR) | R(FILE), ANY },
		/* A new file gets the ACLs and labels of the old one. */
		{ "flistxattr fgetxattr fsetxattr fremovexattr",
		    R(CSR) | R(FILE), ANY },
		{ "linkat", R(CSR) | R(FILE), ANY },
		{ "pread64 pwrite64", R(CHNG) | R(FILE), ANY },
		{ "renameat renameat2 fchown fchown32", R(CSR) | R(FILE), ANY },
		{ "flock", R(FILE) | R(CHNG), ANY },
		/* More Landlock rules can only take rights away. */
		{ "landlock_create_ruleset landlock_add_rule "
		  "landlock_restrict_self",
		    R(FILE), ANY },
	};

	memcpy(rules, table, sizeof(table));
}

/*
 * Calls that no role ever needs: they end the process.  abort() calls tgkill(),
 * and ends the process in this way.
 */
static const char fatal_names[] =
    "tgkill tkill ptrace process_vm_readv process_vm_writev pidfd_getfd "
    "pidfd_open pidfd_send_signal "
    "process_madvise io_uring_setup io_uring_enter io_uring_register bpf "
    "userfaultfd "
    "keyctl add_key request_key mount umount umount2 move_mount fsopen "
    "fsconfig fsmount fspick "
    "open_tree mount_setattr pivot_root unshare setns execve execveat "
    "kexec_load "
    "kexec_file_load init_module finit_module delete_module perf_event_open "
    "personality "
    "reboot swapon swapoff acct quotactl syslog kcmp lookup_dcookie "
    "fanotify_init name_to_handle_at open_by_handle_at iopl ioperm modify_ldt";

/*
 * Calls that a library may try by itself: they fail with EACCES in roles that
 * have no rule for them above.
 */
static const char refused_names[] =
    "open openat openat2 creat stat lstat stat64 lstat64 newfstatat fstatat64 "
    "statx access "
    "faccessat faccessat2 readlink readlinkat statfs fstatfs mkdir mkdirat "
    "rmdir link linkat "
    "symlink symlinkat unlink unlinkat rename renameat renameat2 chmod fchmod "
    "fchmodat chown "
    "fchown lchown fchownat truncate ftruncate fsync flock read getdents64 "
    "fcntl fcntl64 ioctl "
    "socket socketpair bind listen accept accept4 connect sendto sendmsg "
    "recvmsg getsockname "
    "setsockopt getsockopt shmget shmat shmctl fork vfork clone kill setuid "
    "setgid setresuid setresgid "
    "setgroups prctl seccomp";

/*
 * Calls by modules that the hosts line of nsswitch.conf has dnsproc load.
 * systemd's modules block signals around each look-up, and abort where that
 * fails: the pretended call returns 0.  The survived ones fail with EACCES,
 * instead of ending the process.
 */
static const char pretended_names[] = "rt_sigprocmask";
static const char survived_names[] = "name_to_handle_at pidfd_open";

#endif
