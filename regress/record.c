/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Stands in place of a role's program, starts the real one (the same path with
 * ".real" behind it) and passes each message on between it and the parent.
 * What the role receives is written to RECORD_DIR/NAME.PID, one message behind
 * the other: seeds for fuzz-role.c.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

static struct msg m;

/* Passes one message on; 0 at the end of the file. */
static int
pass(int from, int to, int record)
{
	ssize_t n = recv(from, &m, MSG_HEAD_LEN + MSG_BODY_MAX, 0);

	if (n <= 0)
		return 0;
	if (record != -1 && write(record, &m, (size_t)n) != n)
		err(1, "write");
	return send(to, &m, (size_t)n, MSG_NOSIGNAL) == n;
}

static pid_t
start(const char *program, char *argv[], int sv[2])
{
	char real[4096];
	pid_t pid;

	snprintf(real, sizeof(real), "%s.real", program);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1 ||
	    (pid = fork()) == -1)
		err(1, "%s", real);
	if (pid != 0) {
		close(sv[1]);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(sv[1], ROLE_FD) == -1)
		err(1, "dup2");
	execv(real, argv);
	err(1, "%s", real);
}

int
main(int argc, char *argv[])
{
	char program[4000], path[4096];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	int record, sv[2], status;
	pid_t pid;

	(void)argc;
	if (n == -1)
		err(1, "/proc/self/exe");
	program[n] = '\0';
	snprintf(path, sizeof(path), "%s/%s.%d", RECORD_DIR,
	    strrchr(program, '/') + 1, (int)getpid());
	if ((record = open(
		 path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) == -1)
		err(1, "%s", path);
	pid = start(program, argv, sv);
	struct pollfd fds[2] = { { .fd = ROLE_FD, .events = POLLIN },
		{ .fd = sv[0], .events = POLLIN } };

	while (poll(fds, 2, -1) != -1) {
		if (fds[1].revents != 0 && !pass(sv[0], ROLE_FD, -1))
			break;
		if (fds[0].revents != 0 && !pass(ROLE_FD, sv[0], record)) {
			shutdown(sv[0], SHUT_WR);
			fds[0].fd = -1;
		}
	}
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
