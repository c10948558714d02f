/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Marks a job whose files have changed, until the commands of 'on change' have
 * succeeded.  If this is wrong, a server keeps a certificate that has been
 * replaced, and nobody is told.
 */
#include <sys/file.h>
#include <err.h>
#include <fcntl.h>
#include <string.h>

#include "clock.h"
#include "file.h"

#define LOCK_MS 2000

int
change_mark(const struct place *p, struct error *e)
{
	static const char text[] =
	    "The commands of 'on change' have not run yet, or failed.\n";

	return p == NULL ? 0 : place_write(p, text, sizeof(text) - 1, e);
}

int
change_find(const struct place *p, struct stat *st)
{
	if (p != NULL &&
	    fstatat(p->dir->fd, p->name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	memset(st, 0, sizeof(*st));
	return 0;
}

static int
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int
change_forget(
    const struct place *p, const struct stat *st, const struct place *lock)
{
	struct stat now;
	struct error e;
	int fd = -1, rc = 0;

	if (lock_take(lock, LOCK_EX, clock_ms() + LOCK_MS, &fd, &e) == -1) {
		say(1,
		    "%s: its commands are run again by the run that has the "
		    "lock",
		    p->path);
		return 0;
	}
	if (change_find(p, &now) && is_same(&now, st) &&
	    (rc = place_remove_now(p, &e)) == -1)
		warnx("%s", e.text);
	lock_give(&fd);
	return rc;
}
