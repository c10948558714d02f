/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Makes sockets that do not block, and waits that have a deadline. */
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"

int
socket_wait(int fd, int hup_fd, short events, int64_t deadline)
{
	struct pollfd pfd[2] = { { .fd = fd, .events = events },
		{ .fd = hup_fd } };
	int n;

	do {
		n = poll(pfd, 2, clock_left_ms(deadline));
		if (n == -1 && errno != EINTR)
			err(1, "poll");
		if (n > 0 && (pfd[1].revents & (POLLHUP | POLLERR)))
			errx(1, "interrupted");
		if (clock_left_ms(deadline) == 0)
			return 0;
	} while (n <= 0 || pfd[0].revents == 0);
	return 1;
}

/*
 * As connect(2), but waits until the socket is connected; *late: the deadline
 * has passed.
 */
static int
connect_by(
    int fd, const struct address *a, int hup_fd, int64_t deadline, int *late)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (connect(fd, (const struct sockaddr *)&a->ss, a->len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	*late = !socket_wait(fd, hup_fd, POLLOUT, deadline);
	if (*late)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	errno = error;
	return error == 0 ? 0 : -1;
}

int
socket_connect(const struct address *a, int hup_fd, int64_t deadline, int *late,
    struct error *e)
{
	int fd = socket(
	    a->ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*late = 0;
	if (fd == -1)
		return error_set(e, "socket: %s", strerror(errno));
	if (connect_by(fd, a, hup_fd, deadline, late) == 0)
		return fd;
	error_set(e, "%s", strerror(errno));
	close(fd);
	return -1;
}
