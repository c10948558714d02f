/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Finds places in the state directory, and locks by flock(2) on files there.
 * If this is wrong, two runs change one certificate at the same time.
 */
#include <sys/file.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "disk.h"
#include "file.h"
#include "role.h"

void
state_place(struct place *p, struct dir *d, const char *prefix,
    const char *name, const char *suffix)
{
	p->path = state_path(d->path, prefix, name, suffix);
	p->dir = d;
	p->name = strrchr(p->path, '/') + 1;
}

static int
locked_by_other(const struct place *p, int fd, struct error *e)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	if (n > 0)
		pid[strcspn(pid, " \n")] = '\0';
	return error_set(e,
	    "another acme-client%s%s is at work on it (lock %s); try again "
	    "when it is done",
	    n > 0 ? ", process " : "", pid, p->path);
}

void
lock_give(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

int
lock_change(const struct place *p, int fd, int how, struct error *e)
{
	if (flock(fd, how | LOCK_NB) == -1)
		return error_set(e, "%s: %s", p->path, strerror(errno));
	return 0;
}

int
lock_is_held(const struct place *p)
{
	int fd, held;

	if ((fd = openat(
		 p->dir->fd, p->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return 0;
	held = flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	close(fd);
	return held;
}

int
lock_take(
    const struct place *p, int how, int64_t deadline, int *fd, struct error *e)
{
	char pid[16];
	int error;

	*fd = openat(p->dir->fd, p->name,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd == -1) {
		error = errno;
		error_set(e, "%s: %s", p->path, strerror(error));
		return error_owner(p->dir->fd, p->name, error, e);
	}
	while (flock(*fd, how | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			error_set(e, "%s: %s", p->path, strerror(errno));
			lock_give(fd);
			return -1;
		}
		if (clock_left_ms(deadline) == 0) {
			locked_by_other(p, *fd, e);
			lock_give(fd);
			return -1;
		}
		role_pause(50);
	}
	if (how == LOCK_SH)
		return 0;
	/*
	 * The number is only for the message above: a full disk does not
	 * matter.
	 */
	snprintf(pid, sizeof(pid), "%-10d\n", (int)getppid());
	if (pwrite(*fd, pid, strlen(pid), 0) == -1)
		say(2, "%s: %s", p->path, strerror(errno));
	return 0;
}
