/* SPDX-License-Identifier: ISC */
/*
 * Each role in its sandbox tries what it must not do: every attempt in a
 * process of its own, by plain system calls, as code of an attacker would.
 * Usage: sandbox DIRECTORY (fresh, writable).
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dir.h"
#include "keyfile.h"
#include "sandbox.h"
#include "test.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open	434
#endif
#ifndef SYS_openat2
#define SYS_openat2	437
#endif

#define N(a)	(sizeof(a) / sizeof((a)[0]))

static const char *base;	/* the directory given; ssl, ssl/private and other below */
static char ssl[256], private[256], www[256];
static char cert[300], key[300], foreign[300], link_out[300], fresh_file[300];
static int open_port, closed_port, listener;
static pid_t sibling;

/* Attempts: 0 or more is success, -1 with errno is refusal. */
#define TRY(name, expr)	static long try_##name(void) { return (long)(expr); }

static long
inet_connect(int type, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type, 0);

	return fd == -1 ? -1 : connect(fd, (struct sockaddr *)&sin, sizeof(sin));
}

static long
fast_open(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)closed_port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 ? -1 : sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&sin, sizeof(sin));
}

static long
bind_listen(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ? -1 : listen(fd, 1);
}

static long
unix_connect(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/private" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd == -1 ? -1 : connect(fd, (struct sockaddr *)&sun, sizeof(sun));
}

static long
read_file(const char *path)
{
	char c;
	int fd = open(path, O_RDONLY);

	return fd == -1 ? -1 : read(fd, &c, 1);
}

static long
exec_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static long
protect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

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
	char *argv[] = { (char *)(uintptr_t)"true", NULL };

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

	return getaddrinfo("localhost", "443", NULL, &ai) == 0 ? 0 : -1;
}

TRY(open_passwd, read_file("/etc/passwd"))
TRY(open_shadow, read_file("/etc/shadow"))
TRY(open_hosts, read_file("/etc/hosts"))
TRY(open_key, read_file(key))
TRY(open_cert, read_file(cert))
TRY(open_link, read_file(link_out))
TRY(open_foreign, read_file(foreign))
TRY(open2, syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", (uint64_t[3]){ 0 }, 24))
TRY(proc_self, read_file("/proc/self/maps"))
TRY(proc_mem, open("/proc/self/mem", O_RDWR))
TRY(proc_sibling, ({ char p[64]; snprintf(p, sizeof(p), "/proc/%d/mem", (int)sibling); open(p, O_RDWR); }))
TRY(create_own, open(fresh_file, O_WRONLY | O_CREAT | O_EXCL, 0600))
TRY(create_foreign, ({ char p[300]; snprintf(p, sizeof(p), "%s.%d", foreign, (int)getpid()); open(p, O_WRONLY | O_CREAT | O_EXCL, 0600); }))
TRY(create_tmp, ({ char p[64]; snprintf(p, sizeof(p), "/tmp/acme-sandbox-test.%d", (int)getpid()); open(p, O_WRONLY | O_CREAT | O_EXCL, 0600); }))
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
TRY(socketpair, ({ int sv[2]; socketpair(AF_UNIX, SOCK_STREAM, 0, sv); }))
TRY(fastopen, fast_open())
TRY(listen, bind_listen())
TRY(kill_sibling, kill(sibling, SIGTERM))
TRY(kill_parent, kill(getppid(), 0))
TRY(kill_all, kill(-1, 0))
TRY(tgkill, syscall(SYS_tgkill, getppid(), getppid(), 0))
TRY(ptrace, syscall(SYS_ptrace, 16, sibling, 0, 0))
TRY(vm_read, syscall(SYS_process_vm_readv, sibling, 0, 0, 0, 0, 0))
TRY(vm_write, syscall(SYS_process_vm_writev, sibling, 0, 0, 0, 0, 0))
TRY(pidfd, syscall(SYS_pidfd_open, sibling, 0))
TRY(setuid, setuid(0))
TRY(setgid, syscall(SYS_setgid, 0))
TRY(setgroups, syscall(SYS_setgroups, 0, NULL))
TRY(capset, syscall(SYS_capset, (uint32_t[2]){ 0x20080522, 0 }, (uint32_t[6]){ ~0u, ~0u }))
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
TRY(setitimer, syscall(SYS_alarm, 1000))
TRY(limit, raise_limit())
TRY(tiocsti, syscall(SYS_ioctl, 2, 0x5412, "x"))
TRY(seccomp, syscall(SYS_seccomp, 2, 0, (uint32_t[1]){ 0 }))
TRY(unknown, syscall(1000))
TRY(getdents, ({ char b[1024]; int fd = open("/", O_RDONLY); syscall(SYS_getdents64, fd, b, sizeof(b)); }))
TRY(dup, dup(2))
TRY(resolve, resolver_lookup())

#define R(r)	(1u << ROLE_##r)
#define T(name)	#name, try_##name

/* What is tried, and who may: all others must be refused. */
static const struct attempt {
	const char	*name;
	long		(*try)(void);
	unsigned	 may;
} attempts[] = {
	{ T(open_passwd), 0 }, { T(open_shadow), 0 }, { T(open_hosts), R(DNS) },
	{ T(open_key), R(CSR) }, { T(open_cert), 0 }, { T(open_link), 0 }, { T(open_foreign), 0 },
	{ T(open2), 0 }, { T(proc_self), 0 }, { T(proc_mem), 0 }, { T(proc_sibling), 0 },
	{ T(create_own), R(CSR) | R(CHNG) | R(FILE) }, { T(create_foreign), 0 }, { T(create_tmp), 0 },
	{ T(rename_key), 0 }, { T(link_key), R(CSR) }, { T(unlink_foreign), 0 }, { T(symlink), 0 }, { T(mknod), 0 },
	{ T(mkdir), 0 }, { T(chmod), 0 }, { T(chown), 0 }, { T(truncate), 0 }, { T(chdir), 0 }, { T(chroot), 0 },
	{ T(exec), 0 }, { T(fork), 0 }, { T(vfork), 0 },
	{ T(connect_open), R(NET) }, { T(connect_closed), 0 }, { T(tcp_socket), R(NET) | R(DNS) },
	{ T(udp), R(DNS) }, { T(raw), 0 }, { T(packet), 0 }, { T(netlink), R(DNS) }, { T(vsock), 0 }, { T(alg), 0 },
	{ T(unix), 0 }, { T(socketpair), 0 }, { T(fastopen), 0 }, { T(listen), 0 },
	{ T(kill_sibling), 0 }, { T(kill_parent), 0 }, { T(kill_all), 0 }, { T(tgkill), 0 }, { T(ptrace), 0 },
	{ T(vm_read), 0 }, { T(vm_write), 0 }, { T(pidfd), 0 },
	{ T(setuid), 0 }, { T(setgid), 0 }, { T(setgroups), 0 }, { T(capset), 0 }, { T(prctl), 0 },
	{ T(mount), 0 }, { T(umount), 0 }, { T(unshare), 0 }, { T(setns), 0 },
	{ T(bpf), 0 }, { T(perf), 0 }, { T(uring), 0 }, { T(userfaultfd), 0 }, { T(keyctl), 0 }, { T(add_key), 0 },
	{ T(module), 0 }, { T(kexec), 0 }, { T(reboot), 0 }, { T(swapon), 0 }, { T(syslog), 0 }, { T(settime), 0 },
	{ T(hostname), 0 }, { T(personality), 0 },
	{ T(exec_memory), 0 }, { T(protect_exec), 0 }, { T(memfd), 0 }, { T(shm), 0 }, { T(sigsys), 0 },
	{ T(setitimer), 0 }, { T(limit), 0 }, { T(tiocsti), 0 }, { T(seccomp), 0 }, { T(unknown), 0 },
	{ T(getdents), 0 }, { T(dup), 0 }, { T(resolve), R(DNS) },
};

/* As the roles do it, with directories of the test. */
static void
enter(enum role role)
{
	static uint16_t ports[1];
	static pid_t children[1];
	struct sandbox s = { .role = role };
	struct addrinfo *ai;
	struct place p;
	struct why w;

	sandbox_prepare(role);
	s.uid = s.gid = 65534;
	if (role == ROLE_CSR)
		place_open(&p, key, &w);
	else if (role == ROLE_FILE)
		place_open(&p, cert, &w);
	else if (role == ROLE_CHNG)
		dir_open(www, &w);
	snprintf(fresh_file, sizeof(fresh_file), "%s/fresh.%d", role == ROLE_CHNG ? www :
	    role == ROLE_CSR ? private : ssl, (int)getpid());
	if (dirs != NULL) {
		dir_owner(&s);
		s.dirs = dir_rights(DIR_READ | DIR_WRITE, &s.ndirs);
	}
	ports[0] = (uint16_t)open_port;
	children[0] = getpid();
	if (role == ROLE_NET) {
		s.ports = ports;
		s.nports = 1;
	}
	if (role == ROLE_PARENT) {
		s.children = children;
		s.nchildren = 1;
	}
	if (role == ROLE_DNS && getaddrinfo("localhost", "443", NULL, &ai) == 0)
		freeaddrinfo(ai);
	sandbox_enter(&s);
	if (role == ROLE_FILE) {
		s.dirs[0].rights = DIR_WRITE;
		sandbox_narrow(&s);
	}
}

/* In a process of its own: 0 succeeded, 1 refused, 2 killed or ended. */
static int
attempt(enum role role, const struct attempt *a)
{
	int sv[2], status, null;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) == -1)
			_exit(99);
		dup2(sv[0], ROLE_FD);
		if ((null = open("/dev/null", O_RDWR)) != -1)
			dup2(null, 2);
		enter(role);
		_exit(a->try() >= 0 ? 40 : 41);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 40)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 41)
		return 1;
	/* The exit status 1 is the SIGSYS handler's; anything else is no refusal. */
	return (WIFEXITED(status) && WEXITSTATUS(status) == 1) ||
	    (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) ? 2 : 3;
}

static void
write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, "x\n", 2) != 2)
		perror(path);
	close(fd);
}

static int
listen_on(int *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	bind(fd, (struct sockaddr *)&sin, sizeof(sin));
	listen(fd, 128);
	getsockname(fd, (struct sockaddr *)&sin, &len);
	*port = ntohs(sin.sin_port);
	return fd;
}

static void
setup(const char *dir)
{
	char other[256];

	base = dir;
	snprintf(ssl, sizeof(ssl), "%s/ssl", base);
	snprintf(private, sizeof(private), "%s/ssl/private", base);
	snprintf(www, sizeof(www), "%s/www", base);
	snprintf(other, sizeof(other), "%s/other", base);
	if (mkdir(ssl, 0755) == -1 || mkdir(private, 0700) == -1 || mkdir(www, 0755) == -1 ||
	    mkdir(other, 0755) == -1)
		perror(base);
	snprintf(cert, sizeof(cert), "%s/ssl/cert.pem", base); write_file(cert);
	snprintf(key, sizeof(key), "%s/ssl/private/key.pem", base); write_file(key);
	snprintf(foreign, sizeof(foreign), "%s/other/file", base); write_file(foreign);
	snprintf(link_out, sizeof(link_out), "%s/ssl/link", base);
	if (symlink(foreign, link_out) == -1)
		perror(link_out);
	listener = listen_on(&open_port);
	listen_on(&closed_port);
	if ((sibling = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
}

/* One row for each attempt, one column for each role. */
static void
test_table(void)
{
	static const char *const words[] = { "DONE", "refused", "ended", "BROKEN" };
	const char *who = geteuid() == 0 ? "root" : "user";
	size_t i;
	int r, got, wrong;

	printf("# as %s: %-16s", who, "");
	for (r = 0; r < ROLE__MAX; r++)
		printf(" %-8s", role_names[r]);
	printf("\n");
	for (i = 0; i < N(attempts); i++) {
		printf("# as %s: %-16s", who, attempts[i].name);
		for (wrong = 0, r = 0; r < ROLE__MAX; r++) {
			got = attempt((enum role)r, &attempts[i]);
			printf(" %-8s", words[got]);
			wrong += got == 3 || (got == 0) != ((attempts[i].may >> r & 1) != 0);
		}
		printf("\n");
		check(wrong == 0, "sandbox: %s: %s", who, attempts[i].name);
	}
}

/* What the roles need works: keys made and used, files replaced. */
static int
work_csr(void)
{
	static const struct keyspec specs[] = { { KEYTYPE_ECDSA, 256 }, { KEYTYPE_ECDSA, 384 }, { KEYTYPE_RSA, 2048 } };
	char path[300];
	struct place p;
	struct why w;
	EVP_PKEY *k;
	size_t i;

	snprintf(path, sizeof(path), "%s/ssl/private/new.key", base);
	enter(ROLE_CSR);
	if (place_open(&p, path, &w) == -1)
		return 1;
	for (i = 0; i < N(specs); i++) {
		if (keyfile_load(&p, &specs[i], &k, &w) != 0 || keyfile_create(&p, &specs[i], &k, &w) != 0 ||
		    keyfile_load(&p, &specs[i], &k, &w) != 1 || place_remove(&p, &w) != 0) {
			fprintf(stderr, "%s\n", w.text);
			return 1;
		}
	}
	return 0;
}

static int
work_file(void)
{
	struct place p;
	struct why w;

	enter(ROLE_FILE);
	if (place_open(&p, cert, &w) == -1 || place_probe(&p, 65536, &w) == -1 || place_write(&p, "new\n", 4, &w) == -1) {
		fprintf(stderr, "%s\n", w.text);
		return 1;
	}
	return 0;
}

static void
test_work(int (*work)(void), const char *name)
{
	const char *who = geteuid() == 0 ? "root" : "user";
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		_exit(work());
	waitpid(pid, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "sandbox: %s: %s", who, name);
}

int
main(int argc, char *argv[])
{
	if (argc != 2)
		return 1;
	setup(argv[1]);
	test_table();
	test_work(work_csr, "csr makes and reads keys of all types");
	test_work(work_file, "file replaces a certificate without reading");
	kill(sibling, SIGKILL);
	close(listener);
	return test_end();
}
