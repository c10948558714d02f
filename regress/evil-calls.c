/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What a stand-in tries without its socket: files by every descriptor and
 * path, and system calls that get at other processes, the network or code.
 * What it could read it tells on stderr, where evil.py finds it; what it
 * could change evil.py sees on the disk.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evil.h"

#define FDS 24 /* a role's directories are among these */
#define GARBAGE "owned by somebody else\n"

static void
read_it(int dir, const char *path)
{
	char buf[4096];
	int fd = openat(dir, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return;
	if ((n = read(fd, buf, sizeof(buf))) > 0)
		evil_tell("read", buf, (size_t)n);
	close(fd);
}

/*
 * A file of ours in this directory, with every mode that could be of use to us.
 */
static void
plant(int dir, const char *name)
{
	static const mode_t modes[] = { 04777, 02777, 01777, 0666 };
	size_t i;
	int fd;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    modes[i]);
		if (fd == -1)
			continue;
		if (write(fd, GARBAGE, strlen(GARBAGE)) == -1)
			warn("EVIL write");
		syscall(SYS_fchmod, fd, modes[i]);
		syscall(SYS_fchown, fd, 0, 0);
		close(fd);
	}
}

static void
change(int dir, const char *path)
{
	struct stat st;
	int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);

	if (fd != -1) {
		if (write(fd, GARBAGE, strlen(GARBAGE)) == -1)
			warn("EVIL write");
		syscall(SYS_fchmod, fd, 0777);
		syscall(SYS_ftruncate, fd, 0);
		close(fd);
	}
	syscall(SYS_fchmodat, dir, path, 04777);
	syscall(SYS_fchownat, dir, path, 12345, 12345, 0);
	syscall(SYS_truncate, path, 0);
	if (fstatat(dir, path, &st, 0) == 0 && S_ISDIR(st.st_mode)) {
		syscall(SYS_mkdirat, dir, path, 0777);
		syscall(SYS_unlinkat, dir, path, AT_REMOVEDIR);
	}
}

/* The target under a name of ours, and a file of ours under the target's. */
static void
move(int dir, const char *path, int own)
{
	linkat(dir, path, own, "evil-link", 0);
	linkat(dir, path, own, "evil-link", AT_SYMLINK_FOLLOW);
	read_it(own, "evil-link");
	syscall(SYS_symlinkat, path, own, "evil-symlink");
	read_it(own, "evil-symlink");
	change(own, "evil-symlink");
	linkat(own, "evil", dir, path, 0);
	renameat(dir, path, own, "evil-moved");
	read_it(own, "evil-moved");
	renameat(own, "evil", dir, path);
	syscall(SYS_renameat2, dir, path, own, "evil", 2);
	unlinkat(dir, path, 0);
}

static void
every_way(int dir, const char *path)
{
	int own;

	read_it(dir, path);
	change(dir, path);
	for (own = ROLE_FD + 1; own < FDS; own++)
		if (own == dir || dir == AT_FDCWD) {
			plant(own, "evil");
			move(dir, path, own);
		}
	plant(dir, path);
}

void
evil_files(void)
{
	char path[1024], *p;
	size_t i;
	int dir;

	for (i = 0; (p = evil_line("target", i)) != NULL; i++) {
		snprintf(path, sizeof(path), "%.*s", (int)strcspn(p, "\n"), p);
		if (path[0] == '/')
			every_way(AT_FDCWD, path);
		else
			for (dir = ROLE_FD + 1; dir < FDS; dir++)
				every_way(dir, path);
	}
}

/* Connects to the port, and sends what it has; 0: a datagram. */
static void
reach(int type, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, type, 0);

	to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1)
		return;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    send(fd, GARBAGE, strlen(GARBAGE), MSG_NOSIGNAL) == -1)
		warn("EVIL send");
	sendto(fd, GARBAGE, strlen(GARBAGE), MSG_NOSIGNAL | MSG_FASTOPEN,
	    (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

/* An abstract name: no file system stands in between. */
static void
reach_unix(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t n = strcspn(name, "\n");

	if (fd == -1)
		return;
	memcpy(to.sun_path + 1, name, n);
	connect(fd, (struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
	close(fd);
}

/* Descriptors to whoever reads: all that there are. */
static void
send_descriptors(void)
{
	static const uint32_t head[4] = { ROLE_STOP, 0, 0, 0 };
	struct iovec iov = { (void *)(uintptr_t)head, sizeof(head) };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(200 * sizeof(int))];
	} c = { { 0 } };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.bytes,
		.msg_controllen = sizeof(c.bytes) };
	int i, *fds = (int *)(void *)CMSG_DATA(&c.head);

	c.head.cmsg_level = SOL_SOCKET;
	c.head.cmsg_type = SCM_RIGHTS;
	c.head.cmsg_len = CMSG_LEN(200 * sizeof(int));
	for (i = 0; i < 200; i++)
		fds[i] = ROLE_FD;
	syscall(SYS_sendmsg, ROLE_FD, &m, MSG_NOSIGNAL);
}

static void
run_program(const char *marker)
{
	static char path[1024];
	char *argv[] = { (char *)(uintptr_t) "touch", path, NULL },
	     *envp[] = { NULL };

	snprintf(
	    path, sizeof(path), "%.*s", (int)strcspn(marker, "\n"), marker);
	syscall(SYS_execve, "/usr/bin/touch", argv, envp);
	syscall(SYS_execve, "/bin/touch", argv, envp);
}

/*
 * Never by a number that could be another program's: the parent is of this run.
 */
static void
at_parent(const char *how)
{
	static char buf[256];
	struct iovec mine = { buf, sizeof(buf) },
		     its = { (void *)(uintptr_t)&environ, sizeof(buf) };
	pid_t parent = getppid();
	char path[64];

	if (strncmp(how, "ptrace", 6) == 0)
		syscall(SYS_ptrace, PTRACE_SEIZE, parent, NULL, NULL);
	else if (strncmp(how, "readv", 5) == 0 &&
	    syscall(SYS_process_vm_readv, parent, &mine, 1, &its, 1, 0) > 0)
		evil_tell("read", buf, sizeof(buf));
	else if (strncmp(how, "kill", 4) == 0)
		syscall(SYS_kill, parent, SIGTERM);
	else if (strncmp(how, "pidfd", 5) == 0)
		syscall(SYS_pidfd_open, parent, 0);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)parent);
	read_it(AT_FDCWD, path);
	read_it(AT_FDCWD, "/proc/self/environ");
}

static void
more_rights(void)
{
	if (syscall(SYS_setresuid, 0, 0, 0) == 0 && geteuid() == 0)
		evil_tell("root", "", 0);
	syscall(SYS_setgroups, 0, NULL);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	syscall(SYS_chroot, ".");
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0) != MAP_FAILED)
		evil_tell("executable", "", 0);
	if (syscall(SYS_memfd_create, "evil", 0) >= 0)
		evil_tell("memfd", "", 0);
}

/* A child that outlives the run would be found by its session. */
static void
multiply(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		poll(NULL, 0, 20000);
		_exit(0);
	}
	if (pid > 0)
		evil_tell("child", "", 0);
}

void
evil_call(const char *p)
{
	const char *arg = p + strcspn(p, " \n");

	arg += *arg == ' ';
	if (strncmp(p, "tcp", 3) == 0)
		reach(SOCK_STREAM, arg);
	else if (strncmp(p, "udp", 3) == 0)
		reach(SOCK_DGRAM, arg);
	else if (strncmp(p, "unix", 4) == 0)
		reach_unix(arg);
	else if (strncmp(p, "rights", 6) == 0)
		send_descriptors();
	else if (strncmp(p, "execute", 7) == 0)
		run_program(arg);
	else if (strncmp(p, "parent", 6) == 0)
		at_parent(arg);
	else if (strncmp(p, "more", 4) == 0)
		more_rights();
	else if (strncmp(p, "child", 5) == 0)
		multiply();
	else if (strncmp(p, "unshare", 7) == 0)
		syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNS);
	else if (strncmp(p, "uring", 5) == 0)
		syscall(SYS_io_uring_setup, 8, NULL);
	else
		warnx("EVIL: no such call: %.20s", p);
}
