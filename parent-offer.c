/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * -i: reads a chain that another machine has obtained.  Its bytes are passed on
 * to certproc, and nothing looks at them here.  The place that they come from
 * may be an attacker's, who can make this process wait for OFFER_SECONDS and
 * read PART_SET_BYTES_MAX bytes, and no more.
 */
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "parent.h"
#include "part.h"

/* Waits until there is something to read. */
static void
wait_for_bytes(int fd, const char *name, int64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int n;

	while ((n = poll(&pfd, 1, clock_left_ms(deadline))) == -1)
		if (errno != EINTR)
			err(1, "poll");
	if (n == 0)
		errx(1, "%s: its end has not come within %d seconds", name,
		    OFFER_SECONDS);
}

/*
 * Only of these is it certain that reading them has no other effect.  1: it is
 * a FIFO.
 */
static int
check_kind(int fd, const char *name)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		err(1, "%s", name);
	if (S_ISDIR(st.st_mode))
		errx(
		    1, "%s: is a directory; name the chain's file in it", name);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) &&
	    !S_ISSOCK(st.st_mode))
		errx(1, "%s: is neither a regular file nor a pipe", name);
	return S_ISFIFO(st.st_mode);
}

/* A FIFO is at its end as long as nobody has opened it for writing. */
static void
wait_for_writer(const char *name, int64_t deadline)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000000 };

	if (clock_left_ms(deadline) == 0)
		errx(1, "%s: nothing has come within %d seconds", name,
		    OFFER_SECONDS);
	nanosleep(&pause, NULL);
}

static size_t
read_all(int fd, const char *name, char *buf, size_t size)
{
	int64_t deadline = clock_ms() + OFFER_SECONDS * (int64_t)1000;
	size_t len = 0;
	ssize_t n = 1;
	int is_fifo = check_kind(fd, name) && fd != STDIN_FILENO;

	while (n != 0) {
		/* Standard input blocks; what was opened here does not. */
		if (fd == STDIN_FILENO)
			wait_for_bytes(fd, name, deadline);
		if ((n = read(fd, buf + len, size - len)) > 0)
			len += (size_t)n;
		else if (n == -1 && errno == EAGAIN)
			wait_for_bytes(fd, name, deadline);
		else if (n == -1 && errno != EINTR)
			err(1, "%s", name);
		else if (n == 0 && len == 0 && is_fifo) {
			wait_for_writer(name, deadline);
			n = 1;
		}
		if (len == size)
			errx(1,
			    "%s: has more than %d bytes, too many for a chain",
			    name, PART_SET_BYTES_MAX);
	}
	return len;
}

const void *
parent_offer(const char *path, size_t *len)
{
	const char *name = path;
	char *buf;
	int fd = STDIN_FILENO;

	if (strcmp(path, "-") == 0)
		name = "standard input";
	/* O_NONBLOCK: open() does not wait on a FIFO. */
	else if ((fd = open(path,
		      O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) == -1)
		err(1, "%s", path);
	if ((buf = malloc(PART_SET_BYTES_MAX + 1)) == NULL)
		err(1, NULL);
	*len = read_all(fd, name, buf, PART_SET_BYTES_MAX + 1);
	if (fd != STDIN_FILENO)
		close(fd);
	if (*len == 0)
		errx(1, "%s: is empty", name);
	return buf;
}
