/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Each role in its sandbox: what it must not do, every attempt in a process of
 * its own; what can be seen of it from outside; what must still work.
 * Usage: sandbox DIRECTORY (fresh, writable).
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "sandbox-linux.h"
#include "sandbox-try.h"
#include "test.h"

#define R(r) (1u << ROLE_##r)
#define DISK (R(CSR) | R(CHNG) | R(FILE))
#define NOBODY 65534

const char *base, *who;
char ssl[256], private[256], www[256];
pid_t child;
int child_handle = -1;

/* As respproc has it: bound before, with a client that waits. */
static int
waiting_client(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0),
	    client = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 1) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1 ||
	    connect(client, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		perror("waiting_client");
	return fd;
}

void
enter_role(enum role role, int narrow)
{
	static uint16_t ports[1];
	struct sandbox s = { .role = role, .uid = NOBODY, .gid = NOBODY };
	struct addrinfo *ai;
	struct place p;
	struct error e;

	sandbox_prepare(role);
	if (role == ROLE_CSR)
		place_open(&p, key, &e);
	else if (role == ROLE_FILE)
		place_open(&p, cert, &e);
	else if (role == ROLE_CHNG)
		dir_open(www, &e);
	snprintf(fresh_file, sizeof(fresh_file), "%s/fresh.%d",
	    role == ROLE_CHNG    ? www :
		role == ROLE_CSR ? private :
				   ssl,
	    (int)getpid());
	if (dirs != NULL) {
		dir_owner(&s);
		s.dirs = dir_rights(DIR_READ | DIR_WRITE, &s.ndirs);
	}
	ports[0] = (uint16_t)open_port;
	if (role == ROLE_NET) {
		s.ports = ports;
		s.nports = 1;
	}
	listening = role == ROLE_RESP ? waiting_client() : -1;
	if (role == ROLE_PARENT && child != 0)
		child_handle = sandbox_hold(child);
	if (role == ROLE_DNS && getaddrinfo("localhost", "443", NULL, &ai) == 0)
		freeaddrinfo(ai);
	sandbox_enter(&s);
	if (role == ROLE_FILE && narrow) {
		s.dirs[0].rights = DIR_WRITE;
		sandbox_narrow(&s);
	}
}

pid_t
spawn(int *sock, int *text)
{
	int sv[2], tv[2];
	pid_t pid;

	fflush(stdout);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1 ||
	    pipe2(tv, O_CLOEXEC) == -1) {
		perror("spawn");
		exit(1);
	}
	if ((pid = fork()) == 0) {
		if (sv[0] == ROLE_FD)
			sv[0] = dup(sv[0]);
		if (tv[1] == ROLE_FD)
			tv[1] = dup(tv[1]);
		if (dup2(sv[0], TEST_FD) == -1 || dup2(sv[0], ROLE_FD) == -1 ||
		    dup2(tv[1], 2) == -1)
			_exit(99);
		return 0;
	}
	close(sv[0]);
	close(tv[1]);
	*sock = sv[1];
	*text = tv[0];
	return pid;
}

int
finish_try(pid_t pid, int sock, int text, char *said, size_t size)
{
	int status;
	size_t n = 0;
	ssize_t got;

	close(sock);
	while (n < size - 1 && (got = read(text, said + n, size - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	close(text);
	waitpid(pid, &status, 0);
	return status;
}

enum result { DONE, FAILED, ENDED, BROKEN };

/*
 * BROKEN: refused for a reason that is none of the sandbox's, or it could not
 * be entered.
 */
static enum result
attempt(enum role role, const struct attempt *a)
{
	static const char refused[] = " refused: the sandbox forbids it\n";
	char said[512];
	int sock, text, status;
	pid_t pid;

	if ((pid = spawn(&sock, &text)) == 0) {
		enter_role(role, 1);
		if (a->try() >= 0)
			_exit(40);
		/* EXDEV: Landlock, of a link to another directory. */
		_exit(errno == EACCES || errno == EPERM || errno == ENOSYS ||
			    errno == EXDEV ?
			41 :
			42);
	}
	status = finish_try(pid, sock, text, said, sizeof(said));
	if (WIFEXITED(status) &&
	    (WEXITSTATUS(status) == 40 || WEXITSTATUS(status) == 41))
		return WEXITSTATUS(status) == 40 ? DONE : FAILED;
	if ((WIFEXITED(status) && WEXITSTATUS(status) == 1 &&
		strstr(said, refused) != NULL) ||
	    (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS))
		return ENDED;
	printf("# %s: %s, status 0x%x: %s\n", role_names[role], a->name,
	    (unsigned)status, said);
	return BROKEN;
}

static void
write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, "x\n", 2) != 2)
		perror(path);
	close(fd);
}

static void
listen_on(int *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 128) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		perror("listen");
	*port = ntohs(sin.sin_port);
}

static pid_t
sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static void
setup(const char *dir)
{
	char other[256];

	base = dir;
	who = geteuid() == 0 ? "root" : "user";
	snprintf(ssl, sizeof(ssl), "%s/ssl", base);
	snprintf(private, sizeof(private), "%s/ssl/private", base);
	snprintf(www, sizeof(www), "%s/www", base);
	snprintf(other, sizeof(other), "%s/other", base);
	if (mkdir(ssl, 0755) == -1 || mkdir(private, 0700) == -1 ||
	    mkdir(www, 0755) == -1 || mkdir(other, 0755) == -1)
		perror(base);
	snprintf(cert, sizeof(cert), "%s/ssl/cert.pem", base);
	snprintf(key, sizeof(key), "%s/ssl/private/key.pem", base);
	snprintf(foreign, sizeof(foreign), "%s/other/file", base);
	snprintf(link_out, sizeof(link_out), "%s/ssl/link", base);
	write_file(cert);
	write_file(key);
	write_file(foreign);
	if (symlink(foreign, link_out) == -1)
		perror(link_out);
	listen_on(&open_port);
	listen_on(&closed_port);
	sibling = sleeper();
}

/* One row for each attempt, one column for each role. */
static void
test_table(void)
{
	static const char *const words[] = { "DONE", "refused", "ended",
		"BROKEN" };
	int r, wrong, abi = landlock_abi();
	enum result row[ROLE_HOOK], expected;
	unsigned exempt;
	size_t i;

	printf("# as %s: %-16s", who, "");
	for (r = 0; r < ROLE_HOOK; r++)
		printf(" %-8s", role_names[r]);
	printf("\n");
	for (i = 0; i < nattempts; i++) {
		/* There the other layers do what they can. */
		exempt = abi < attempts[i].landlock ?
		    R(NET) | R(DNS) | R(RESP) | DISK :
		    0;
		if (exempt != 0)
			printf("skip sandbox: %s: %s by roles with files or "
			       "sockets: needs Landlock %d\n",
			    who, attempts[i].name, attempts[i].landlock);
		for (wrong = 0, r = 0; r < ROLE_HOOK; r++) {
			row[r] = attempt((enum role)r, &attempts[i]);
			expected = attempts[i].may >> r & 1 ? DONE :
			    attempts[i].response == FAILS ||
				(attempts[i].response == ENDS_BUT_DNS &&
				    r == ROLE_DNS) ?
							      FAILED :
							      ENDED;
			wrong += row[r] != expected && (exempt >> r & 1) == 0;
		}
		printf("# as %s: %-16s", who, attempts[i].name);
		for (r = 0; r < ROLE_HOOK; r++)
			printf(" %-8s", words[row[r]]);
		printf("\n");
		check(wrong == 0, "sandbox: %s: %s", who, attempts[i].name);
	}
}

int
main(int argc, char *argv[])
{
	int status, failures;

	/* One to be lost. */
	if (argc != 2 ||
	    (geteuid() == 0 && setgroups(1, (gid_t[]){ NOBODY }) == -1))
		return 1;
	setup(argv[1]);
	test_table();
	failures = test_outside();
	child = sleeper();
	failures += test_works();
	check(waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
		WTERMSIG(status) == SIGKILL,
	    "sandbox: %s: the parent's child is gone", who);
	child = 0;
	failures += test_last_words();
	check(kill(sibling, SIGKILL) == 0 &&
		waitpid(sibling, &status, 0) == sibling &&
		WTERMSIG(status) == SIGKILL,
	    "sandbox: %s: the sibling has survived all this", who);
	return test_end() | (failures != 0);
}
