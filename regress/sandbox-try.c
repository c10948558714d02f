/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Attempts of a process that somebody else owns, by plain system calls; the
 * table at the end says who may, and what happens to all others.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acme-client.h"
#include "sandbox-try.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define IPPROTO_OF_MPTCP 262

char cert[300], key[300], foreign[300], link_out[300], fresh_file[300];
int open_port, closed_port, listening;
pid_t sibling;

#define TRY(name, expr) \
	static long try_##name(void) \
	{ \
		return (long)(expr); \
	}

static long
inet_connect(int type, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type, 0);

	return fd == -1 ? -1 :
			  connect(fd, (struct sockaddr *)&sin, sizeof(sin));
}

static long
fast_open(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)closed_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 ? -1 :
			  sendto(fd, "x", 1, MSG_FASTOPEN,
			      (struct sockaddr *)&sin, sizeof(sin));
}

static long
do_bind(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 ? -1 : bind(fd, (struct sockaddr *)&sin, sizeof(sin));
}

static long
do_listen(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 ? -1 : listen(fd, 1);
}

static long
set_mode(void)
{
	int fd = open(fresh_file, O_WRONLY | O_CREAT | O_EXCL, 0600);

	return fd == -1 ? -1 : fchmod(fd, 04755);
}

static long
set_timer(void)
{
	struct itimerval t = { .it_value = { .tv_sec = 1000 } };

	return setitimer(ITIMER_REAL, &t, NULL);
}

static long
block_signals(void)
{
	sigset_t all, before, untouched;

	sigfillset(&all);
	memset(&before, 0x5a, sizeof(before));
	untouched = before;
	if (sigprocmask(SIG_SETMASK, &all, &before) == -1)
		return -1;
	/*
	 * dns is told that it was done; the kernel would have said what was
	 * blocked before.
	 */
	errno = EACCES;
	return memcmp(&before, &untouched, sizeof(before)) == 0 ? -1 : 0;
}

/* The table of system calls of another architecture. */
static long
foreign_call(void)
{
#ifdef __x86_64__
	return syscall(0x40000000 | SYS_getpid);
#else
	raise(SIGSYS);
	return 0;
#endif
}

static long
unix_connect(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX,
		.sun_path = "/run/systemd/private" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd == -1 ? -1 :
			  connect(fd, (struct sockaddr *)&sun, sizeof(sun));
}

long
read_file(const char *path)
{
	char c;
	int fd = open(path, O_RDONLY);

	return fd == -1 ? -1 : read(fd, &c, 1);
}

static long
exec_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ?
	    -1 :
	    0;
}

static long
protect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long
do_fork(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
do_exec(void)
{
	char *argv[] = { (char *)(uintptr_t) "true", NULL };

	return execv("/bin/true", argv);
}

static long
set_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long
handle_sigsys(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };

	return sigaction(SIGSYS, &sa, NULL);
}

static long
raise_limit(void)
{
	struct rlimit r = { 100, 100 };

	return setrlimit(RLIMIT_NOFILE, &r);
}

static long
resolver_lookup(void)
{
	struct addrinfo *ai;

	if (getaddrinfo("localhost", "443", NULL, &ai) == 0)
		return 0;
	errno = EACCES;
	return -1;
}

TRY(open_passwd, read_file("/etc/passwd"))
TRY(open_shadow, read_file("/etc/shadow"))
TRY(open_hosts, read_file("/etc/hosts"))
TRY(open_key, read_file(key))
TRY(open_cert, read_file(cert))
TRY(open_link, read_file(link_out))
TRY(open_foreign, read_file(foreign))
TRY(open2,
    syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", (uint64_t[3]){ 0 }, 24))
TRY(proc_self, read_file("/proc/self/maps"))
TRY(proc_mem, open("/proc/self/mem", O_RDWR))
TRY(proc_sibling, ({
	char p[64];
	snprintf(p, sizeof(p), "/proc/%d/mem", (int)sibling);
	open(p, O_RDWR);
}))
TRY(create_own, open(fresh_file, O_WRONLY | O_CREAT | O_EXCL, 0600))
TRY(create_foreign, ({
	char p[320];
	snprintf(p, sizeof(p), "%s.%d", foreign, (int)getpid());
	open(p, O_WRONLY | O_CREAT | O_EXCL, 0600);
}))
TRY(create_tmp, ({
	char p[64];
	snprintf(p, sizeof(p), "/tmp/acme-sandbox-test.%d", (int)getpid());
	open(p, O_WRONLY | O_CREAT | O_EXCL, 0600);
}))
TRY(rename_key, rename(key, foreign))
TRY(link_key, syscall(SYS_linkat, AT_FDCWD, key, AT_FDCWD, fresh_file, 0))
TRY(unlink_foreign, unlink(foreign))
TRY(symlink, symlink("/etc/passwd", fresh_file))
TRY(mknod, mknod(fresh_file, S_IFIFO | 0600, 0))
TRY(mkdir, mkdir(fresh_file, 0700))
TRY(chmod, chmod(cert, 0666))
TRY(chown, chown(cert, 1, 1))
TRY(truncate, truncate(foreign, 0))
TRY(chdir, chdir("/"))
TRY(chroot, chroot("/"))
TRY(exec, do_exec())
TRY(fork, do_fork())
TRY(vfork, syscall(SYS_clone3, (uint64_t[11]){ 0 }, 88))
TRY(connect_open, inet_connect(SOCK_STREAM, open_port))
TRY(connect_closed, inet_connect(SOCK_STREAM, closed_port))
TRY(tcp_socket, socket(AF_INET, SOCK_STREAM, 0))
TRY(udp, inet_connect(SOCK_DGRAM, 53))
TRY(raw, socket(AF_INET, SOCK_RAW, 1))
TRY(packet, socket(AF_PACKET, SOCK_RAW, 0))
TRY(netlink, socket(AF_NETLINK, SOCK_RAW, 0))
TRY(vsock, socket(AF_VSOCK, SOCK_STREAM, 0))
TRY(alg, socket(AF_ALG, SOCK_SEQPACKET, 0))
TRY(unix, unix_connect())
TRY(socketpair, ({
	int sv[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
}))
TRY(fastopen, fast_open())
TRY(bind, do_bind())
TRY(listen, do_listen())
TRY(accept, accept4(listening, NULL, NULL, SOCK_CLOEXEC))
TRY(kill_sibling, kill(sibling, SIGTERM))
TRY(kill_parent, kill(getppid(), 0))
TRY(kill_all, kill(-1, 0))
TRY(tgkill, syscall(SYS_tgkill, getppid(), getppid(), 0))
TRY(ptrace, syscall(SYS_ptrace, 16, sibling, 0, 0))
TRY(vm_read, syscall(SYS_process_vm_readv, sibling, 0, 0, 0, 0, 0))
TRY(vm_write, syscall(SYS_process_vm_writev, sibling, 0, 0, 0, 0, 0))
TRY(pidfd, syscall(SYS_pidfd_open, sibling, 0))
TRY(file_handle,
    syscall(SYS_name_to_handle_at, -100, "/", (unsigned[33]){ 128, 0 },
	(int[1]){ 0 }, 0))
TRY(setuid, setuid(0))
TRY(setgid, syscall(SYS_setgid, 0))
TRY(setgroups, syscall(SYS_setgroups, 0, NULL))
TRY(capset,
    syscall(
	SYS_capset, (uint32_t[2]){ 0x20080522, 0 }, (uint32_t[6]){ ~0u, ~0u }))
TRY(prctl, set_dumpable())
TRY(mount, syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0))
TRY(umount, syscall(SYS_umount2, "/proc", 2))
TRY(unshare, syscall(SYS_unshare, 0x10000000))
TRY(setns, syscall(SYS_setns, 0, 0))
TRY(bpf, syscall(SYS_bpf, 0, 0, 0))
TRY(perf, syscall(SYS_perf_event_open, 0, 0, 0, 0, 0))
TRY(uring, syscall(425, 8, (uint8_t[128]){ 0 }))
TRY(userfaultfd, syscall(SYS_userfaultfd, 0))
TRY(keyctl, syscall(SYS_keyctl, 0, -3, 1))
TRY(add_key, syscall(SYS_add_key, "user", "x", "y", 1, -3))
TRY(module, syscall(SYS_init_module, 0, 0, ""))
TRY(kexec, syscall(SYS_kexec_load, 0, 0, 0, 0))
TRY(reboot, syscall(SYS_reboot, 0, 0, 0, 0))
TRY(swapon, syscall(SYS_swapon, "/nonexistent", 0))
TRY(syslog, syscall(SYS_syslog, 10, 0, 0))
TRY(settime, syscall(SYS_clock_settime, 0, (long[2]){ 0 }))
TRY(hostname, syscall(SYS_sethostname, "x", 1))
TRY(personality, syscall(SYS_personality, 0x0008))
TRY(exec_memory, exec_memory())
TRY(protect_exec, protect_exec())
TRY(memfd, syscall(SYS_memfd_create, "x", 0))
TRY(shm, syscall(SYS_shmget, 0, 4096, 01600))
TRY(sigsys, handle_sigsys())
TRY(setitimer, set_timer())
TRY(limit, raise_limit())
TRY(tiocsti, syscall(SYS_ioctl, 2, 0x5412, "x"))
TRY(seccomp, syscall(SYS_seccomp, 2, 0, (uint32_t[1]){ 0 }))
TRY(unknown, syscall(1000))
TRY(open_dir,
    open(ssl, O_RDONLY | O_DIRECTORY) >= 0 ||
	    open(private, O_RDONLY | O_DIRECTORY) >= 0 ||
	    open(www, O_RDONLY | O_DIRECTORY) >= 0 ?
	0 :
	-1)
TRY(getdents, ({
	char b[1024];
	int fd = open("/", O_RDONLY);
	syscall(SYS_getdents64, fd, b, sizeof(b));
}))
TRY(dup, dup(2))
TRY(setuid_file, open(fresh_file, O_WRONLY | O_CREAT | O_EXCL, 04755))
TRY(setuid_mode, set_mode())
TRY(mptcp, socket(AF_INET, SOCK_STREAM, IPPROTO_OF_MPTCP))
TRY(icmp, socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP))
TRY(adjtimex, syscall(SYS_adjtimex, (long[64]){ 0 }))
TRY(msgget, syscall(SYS_msgget, 0, 01600))
TRY(semget, syscall(SYS_semget, 0, 1, 01600))
TRY(tkill, syscall(SYS_tkill, getppid(), 0))
TRY(sigmask, block_signals())
TRY(deathsig, prctl(PR_SET_PDEATHSIG, 0))
TRY(foreign_call, foreign_call())
TRY(resolve, resolver_lookup())

#define R(r) (1u << ROLE_##r)
#define T(name) #name, try_##name

const struct attempt attempts[] = {
	{ T(open_passwd), 0, FAILS, 1 },
	{ T(open_shadow), 0, FAILS, 1 },
	{ T(open_hosts), R(DNS), FAILS, 0 },
	{ T(open_key), R(CSR), FAILS, 1 },
	{ T(open_cert), 0, FAILS, 1 },
	{ T(open_link), 0, FAILS, 1 },
	{ T(open_foreign), 0, FAILS, 1 },
	{ T(open2), 0, FAILS, 0 },
	{ T(proc_self), 0, FAILS, 1 },
	{ T(proc_mem), 0, FAILS, 1 },
	{ T(proc_sibling), 0, FAILS, 1 },
	{ T(create_own), R(CSR) | R(CHNG) | R(FILE), FAILS, 0 },
	{ T(create_foreign), 0, FAILS, 1 },
	{ T(create_tmp), 0, FAILS, 1 },
	{ T(rename_key), 0, FAILS, 1 },
	{ T(link_key), R(CSR), FAILS, 1 },
	{ T(unlink_foreign), 0, FAILS, 1 },
	{ T(symlink), 0, FAILS, 0 },
	{ T(mknod), 0, FAILS, 0 },
	{ T(mkdir), 0, FAILS, 0 },
	{ T(chmod), 0, FAILS, 0 },
	{ T(chown), 0, FAILS, 0 },
	{ T(truncate), 0, FAILS, 0 },
	{ T(setuid_file), 0, FAILS, 0 },
	{ T(setuid_mode), 0, FAILS, 0 },
	{ T(chdir), 0, FAILS, 0 },
	{ T(chroot), 0, FAILS, 0 },
	{ T(exec), 0, ENDS, 0 },
	{ T(fork), 0, FAILS, 0 },
	{ T(vfork), 0, FAILS, 0 },
	{ T(connect_open), R(NET), FAILS, 0 },
	{ T(connect_closed), 0, FAILS, 4 },
	{ T(tcp_socket), R(NET) | R(DNS) | R(ZONE), FAILS, 0 },
	{ T(udp), R(DNS) | R(ZONE), FAILS, 0 },
	{ T(raw), 0, FAILS, 0 },
	{ T(packet), 0, FAILS, 0 },
	{ T(netlink), R(DNS), FAILS, 0 },
	{ T(vsock), 0, FAILS, 0 },
	{ T(mptcp), 0, FAILS, 0 },
	{ T(icmp), 0, FAILS, 0 },
	{ T(alg), 0, FAILS, 0 },
	{ T(unix), 0, FAILS, 0 },
	{ T(socketpair), 0, FAILS, 0 },
	{ T(fastopen), 0, FAILS, 0 },
	{ T(bind), 0, FAILS, 4 },
	{ T(listen), 0, FAILS, 0 },
	{ T(accept), R(RESP), FAILS, 0 },
	{ T(kill_sibling), 0, FAILS, 0 },
	{ T(kill_parent), 0, FAILS, 0 },
	{ T(kill_all), 0, FAILS, 0 },
	{ T(tgkill), 0, ENDS, 0 },
	{ T(tkill), 0, ENDS, 0 },
	{ T(ptrace), 0, ENDS, 0 },
	{ T(vm_read), 0, ENDS, 0 },
	{ T(vm_write), 0, ENDS, 0 },
	{ T(pidfd), 0, ENDS_BUT_DNS, 0 },
	{ T(file_handle), 0, ENDS_BUT_DNS, 0 },
	{ T(setuid), 0, FAILS, 0 },
	{ T(setgid), 0, FAILS, 0 },
	{ T(setgroups), 0, FAILS, 0 },
	{ T(capset), 0, FAILS, 0 },
	{ T(prctl), 0, FAILS, 0 },
	{ T(deathsig), 0, FAILS, 0 },
	{ T(mount), 0, ENDS, 0 },
	{ T(umount), 0, ENDS, 0 },
	{ T(unshare), 0, ENDS, 0 },
	{ T(setns), 0, ENDS, 0 },
	{ T(bpf), 0, ENDS, 0 },
	{ T(perf), 0, ENDS, 0 },
	{ T(uring), 0, ENDS, 0 },
	{ T(userfaultfd), 0, ENDS, 0 },
	{ T(keyctl), 0, ENDS, 0 },
	{ T(add_key), 0, ENDS, 0 },
	{ T(module), 0, ENDS, 0 },
	{ T(kexec), 0, ENDS, 0 },
	{ T(reboot), 0, ENDS, 0 },
	{ T(swapon), 0, ENDS, 0 },
	{ T(syslog), 0, ENDS, 0 },
	{ T(settime), 0, FAILS, 0 },
	{ T(adjtimex), 0, FAILS, 0 },
	{ T(hostname), 0, FAILS, 0 },
	{ T(personality), 0, ENDS, 0 },
	{ T(exec_memory), 0, FAILS, 0 },
	{ T(protect_exec), 0, FAILS, 0 },
	{ T(memfd), 0, FAILS, 0 },
	{ T(shm), 0, FAILS, 0 },
	{ T(msgget), 0, FAILS, 0 },
	{ T(semget), 0, FAILS, 0 },
	{ T(sigsys), 0, FAILS, 0 },
	{ T(sigmask), 0, FAILS, 0 },
	{ T(setitimer), 0, FAILS, 0 },
	{ T(limit), 0, FAILS, 0 },
	{ T(tiocsti), 0, FAILS, 0 },
	{ T(seccomp), 0, FAILS, 0 },
	{ T(unknown), 0, FAILS, 0 },
	{ T(foreign_call), 0, ENDS, 0 },
	{ T(getdents), 0, FAILS, 0 },
	{ T(open_dir), 0, FAILS, 1 },
	{ T(dup), 0, FAILS, 0 },
	{ T(resolve), R(DNS), FAILS, 0 },
};
const size_t nattempts = sizeof(attempts) / sizeof(attempts[0]);
