/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The journal of begun records, by hookproc.  An attacker who can write into
 * the state directory can have the configured program end a value of 43
 * characters at a configured name, and nothing else: hook-challenge.c checks
 * the rest again.  A lock on the file says that its run lives.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "hook.h"

/* The most bytes of a journal: 100 records take at most half of them. */
#define JOURNAL_BYTES_MAX (64 * 1024)
#define LOCK_TRIES 50 /* The attempts to lock a journal, one every 20 ms. */

struct journal {
	char *path;
	int fd; /* The descriptor of the file; -1: it is not open. */
};

struct journal *
journal_of(const char *state_dir, const char *handle)
{
	struct journal *j;

	if ((j = calloc(1, sizeof(*j))) == NULL)
		err(1, NULL);
	j->path = state_path(state_dir, "domain", handle, STATE_RECORDS);
	j->fd = -1;
	return j;
}

/*
 * Opens and locks the journal, with these flags; 0 with j->fd, or -1 with errno
 * (EWOULDBLOCK: another run has it).
 */
static int
begin(struct journal *j, int flags)
{
	struct stat open_one, named;
	int fd, error;

	fd = open(j->path,
	    flags | O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return -1;
	error = EINVAL;
	if (fstat(fd, &open_one) == 0 && S_ISREG(open_one.st_mode) &&
	    open_one.st_nlink <= 1) {
		error = EWOULDBLOCK;
		/*
		 * Until it released the lock, another run may have removed the
		 * journal: is this descriptor still the file of that name?
		 */
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 &&
		    lstat(j->path, &named) == 0 &&
		    named.st_ino == open_one.st_ino &&
		    named.st_dev == open_one.st_dev) {
			j->fd = fd;
			return 0;
		}
	}
	close(fd);
	errno = error;
	return -1;
}

static void
take_line(
    char *line, void (*left)(void *, const char *, const char *), void *context)
{
	char *value = strchr(line, ' ');

	if (value == NULL)
		return;
	*value++ = '\0';
	left(context, line, value);
}

void
journal_left(struct journal *j,
    void (*left)(void *, const char *, const char *), void *context)
{
	char *text, *line, *rest;
	ssize_t n;

	if (begin(j, 0) == -1) {
		if (errno != ENOENT && errno != EWOULDBLOCK)
			warn("%s", j->path);
		return;
	}
	if ((text = calloc(1, JOURNAL_BYTES_MAX + 1)) == NULL)
		err(1, NULL);
	n = read(j->fd, text, JOURNAL_BYTES_MAX);
	for (rest = n > 0 ? text : NULL; (line = strsep(&rest, "\n")) != NULL;)
		take_line(line, left, context);
	free(text);
}

int
journal_note(
    struct journal *j, const char *name, const char *value, struct error *e)
{
	char line[512];
	off_t before;
	int n, tries;

	for (tries = 0; j->fd == -1 && begin(j, O_CREAT) == -1; tries++) {
		if (errno != EWOULDBLOCK || tries == LOCK_TRIES)
			return error_set(e, "%s: %s", j->path,
			    errno == EWOULDBLOCK ?
				"a run that has not ended yet ends the records "
				"in it; try again when it has ended" :
				strerror(errno));
		poll(NULL, 0, 20);
	}
	n = snprintf(line, sizeof(line), "%s %s\n", name, value);
	if (n < 0 || (size_t)n >= sizeof(line))
		return error_set(
		    e, "%s: the name %.253s is too long", j->path, name);
	before = lseek(j->fd, 0, SEEK_END);
	/* A write of some of the bytes sets no errno. */
	errno = ENOSPC;
	if (write(j->fd, line, (size_t)n) == n)
		return 0;
	error_set(e, "%s: cannot write: %s", j->path, strerror(errno));
	/* Remove a partial line: the next record would be appended to it. */
	if (before == -1 || ftruncate(j->fd, before) == -1)
		warn("%s", j->path);
	return -1;
}

int
journal_clear(struct journal *j)
{
	if (j->fd == -1)
		return -1;
	/* If this fails, the next run ends these records again. */
	if (ftruncate(j->fd, 0) == -1)
		warn("%s", j->path);
	return 0;
}

void
journal_close(struct journal *j)
{
	close(j->fd);
	j->fd = -1;
}

void
journal_done(struct journal *j)
{
	if (j->fd == -1)
		return;
	if (unlink(j->path) == -1)
		warn("%s", j->path);
	journal_close(j);
}
