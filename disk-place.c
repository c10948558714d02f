/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Accesses files by the descriptor of their directory and one name, and
 * replaces them atomically.  If this is wrong, a crash loses a key or
 * certificate, or a user who can write to a directory on the way has the
 * process write elsewhere.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

#define TEMP_PREFIX "."
#define TEMP_SUFFIX ".acme-new"

struct dir *dirs;

/*
 * Can only root and this user change the open file or directory, which is the
 * first len bytes of path?  In a sticky directory, others cannot rename the
 * files of this user.
 */
static int
check_writers(int fd, const char *path, size_t len, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_set(e, "%s: %s", path, strerror(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(e,
		    "%s: %.*s belongs to user %u, neither to root nor to you; "
		    "chown it",
		    path, (int)len, path, (unsigned)st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) &&
	    !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX)))
		return error_set(e,
		    "%s: others may write %.*s (mode %04o); chmod go-w it",
		    path, (int)len, path, (unsigned)st.st_mode & 07777);
	return 0;
}

int
error_owner(int dirfd, const char *name, int error, struct error *e)
{
	struct stat st;

	/*
	 * csrproc and others of root's have no capability, so that files of
	 * other users are closed to them; EPERM has other causes there.
	 */
	if (error != EACCES && (error != EPERM || geteuid() == 0))
		return -1;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (fstat(dirfd, &st) == -1)
			return -1;
		name = "its directory";
	}
	if (st.st_uid != geteuid())
		say_add(e->text, sizeof(e->text),
		    "; %s belongs to user %u, and this is user %u: chown it",
		    name, (unsigned)st.st_uid, (unsigned)geteuid());
	return -1;
}

static int
not_opened(const char *path, int parent, const char *name, struct error *e)
{
	struct stat st;
	int error = errno;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode))
		return error_set(e,
		    "%s: '%s' is a symbolic link; name what it leads to", path,
		    name);
	error_set(e, "%s: %s", path, strerror(error));
	return error_owner(parent, name, error, e);
}

/*
 * Opens each component below the one before it, and the last one with these
 * flags.  A symbolic link is an error.
 */
static int
walk(const char *path, int flags, int trusted, struct error *e)
{
	char *copy, *rest, *name;
	int fd, next, last;

	if ((copy = rest = strdup(path)) == NULL)
		err(1, NULL);
	if ((fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		err(1, "/");
	while (fd != -1 && (name = strsep(&rest, "/")) != NULL) {
		if (*name == '\0')
			continue;
		last = rest == NULL || rest[strspn(rest, "/")] == '\0';
		next = openat(fd, name,
		    (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW |
			O_CLOEXEC);
		if (next == -1)
			not_opened(path, fd, name, e);
		else if (trusted &&
		    check_writers(next, path,
			(size_t)(name - copy) + strlen(name), e) == -1) {
			close(next);
			next = -1;
		}
		close(fd);
		fd = next;
	}
	free(copy);
	return fd;
}

struct dir *
dir_open(const char *path, struct error *e)
{
	struct dir *d;
	int fd;

	for (d = dirs; d != NULL; d = d->next)
		if (strcmp(d->path, path) == 0)
			return d;
	if ((fd = walk(path, O_RDONLY | O_DIRECTORY, 0, e)) == -1)
		return NULL;
	if ((d = calloc(1, sizeof(*d))) == NULL ||
	    (d->path = strdup(path)) == NULL)
		err(1, NULL);
	if (fstat(fd, &d->st) == -1)
		err(1, "%s", path);
	d->fd = fd;
	d->next = dirs;
	return dirs = d;
}

int
dir_open_trusted(const char *path, struct error *e)
{
	return walk(path, O_RDONLY | O_NONBLOCK, 1, e);
}

void
dir_close_all(void)
{
	struct dir *d;

	for (; (d = dirs) != NULL; free(d)) {
		dirs = d->next;
		close(d->fd);
		free(d->path);
	}
}

int
place_open(struct place *p, const char *path, struct error *e)
{
	const char *slash = strrchr(path, '/');
	char *parent;

	p->path = path;
	p->name = slash + 1;
	if ((parent = strndup(
		 path, slash == path ? 1 : (size_t)(slash - path))) == NULL)
		err(1, NULL);
	p->dir = dir_open(parent, e);
	free(parent);
	return p->dir == NULL ? -1 : 0;
}

struct sandbox_dir *
dir_rights(int rights, size_t *n)
{
	struct sandbox_dir *v;
	struct dir *d;
	size_t i = 0;

	for (*n = 0, d = dirs; d != NULL; d = d->next)
		(*n)++;
	if ((v = calloc(*n + 1, sizeof(*v))) == NULL)
		err(1, NULL);
	for (d = dirs; d != NULL; d = d->next, i++) {
		v[i].path = d->path;
		v[i].fd = d->fd;
		v[i].rights = rights;
	}
	return v;
}

void
dir_owner(struct sandbox *s)
{
	struct dir *d;

	s->uid = geteuid();
	s->gid = getegid();
	if (s->uid != 0 || dirs == NULL)
		return;
	for (d = dirs->next; d != NULL && d->st.st_uid == dirs->st.st_uid;
	     d = d->next)
		;
	if (d != NULL) {
		s->keep_dac = s->keep_chown = 1;
		return;
	}
	s->uid = dirs->st.st_uid;
	s->gid = dirs->st.st_gid;
}

/* The error of a file that cannot be opened; 0: there is none. */
static int
not_readable(const struct place *p, struct error *e)
{
	struct stat st;
	int error = errno;

	if (error == ENOENT)
		return 0;
	if (error == ELOOP)
		return error_set(
		    e, "%s: is a symbolic link, not followed", p->path);
	/* The sandbox refuses a directory with EACCES. */
	if (fstatat(p->dir->fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode))
		return error_set(e, "%s: not a regular file", p->path);
	error_set(e, "%s: %s", p->path, strerror(error));
	return error_owner(p->dir->fd, p->name, error, e);
}

/* Reads size bytes, or to an earlier end of file.  1; or -1, with errno. */
static int
read_whole(int fd, char **buf, size_t *len, size_t size)
{
	ssize_t n = 0;
	int error;

	if ((*buf = malloc(size + 1)) == NULL)
		err(1, NULL);
	for (; *len < size; *len += (size_t)n)
		if ((n = read(fd, *buf + *len, size - *len)) <= 0)
			break;
	if (n == -1) {
		error = errno;
		freezero(*buf, size + 1);
		*buf = NULL;
		*len = 0;
		errno = error;
		return -1;
	}
	(*buf)[*len] = '\0';
	return 1;
}

int
place_read(const struct place *p, char **buf, size_t *len, size_t max,
    struct stat *st, struct error *e)
{
	int fd, rc;

	*buf = NULL;
	*len = 0;
	memset(st, 0, sizeof(*st));
	/* With O_NONBLOCK, opening a fifo does not block. */
	fd = openat(p->dir->fd, p->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return not_readable(p, e);
	if (fstat(fd, st) == -1)
		err(1, "%s", p->path);
	if (!S_ISREG(st->st_mode))
		rc = error_set(e, "%s: not a regular file", p->path);
	else if (st->st_size > (off_t)max)
		rc = error_set(e, "%s: larger than %zu bytes", p->path, max);
	else if ((rc = read_whole(fd, buf, len, (size_t)st->st_size)) == -1)
		error_set(e, "%s: %s", p->path, strerror(errno));
	close(fd);
	return rc;
}

static int
temp_name(const struct place *p, char name[NAME_MAX + 1], struct error *e)
{
	int n = snprintf(
	    name, NAME_MAX + 1, TEMP_PREFIX "%s" TEMP_SUFFIX, p->name);

	return n > NAME_MAX ? error_set(e, "%s: file name too long", p->path) :
			      0;
}

/* Writes all bytes, whatever write(2) takes at a time. */
static int
write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, p, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
open_temp(const struct place *p, const char *temp, struct error *e)
{
	int fd, error;

	if (place_clean(p, e) == -1)
		return -1;
	fd = openat(p->dir->fd, temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1) {
		error = errno;
		error_set(e, "%s: cannot create %s beside it: %s", p->path,
		    temp, strerror(error));
		return error_owner(p->dir->fd, temp, error, e);
	}
	return fd;
}

int
place_stage(const struct place *p, const void *buf, size_t len, mode_t mode,
    uid_t uid, gid_t gid, const struct attrs *attrs, struct error *e)
{
	char temp[NAME_MAX + 1];
	struct stat st;
	int fd, error, chowned = 1;

	if (temp_name(p, temp, e) == -1 || (fd = open_temp(p, temp, e)) == -1)
		return -1;
	if (write_all(fd, buf, len) == -1 || fstat(fd, &st) == -1 ||
	    fchmod(fd, mode) == -1)
		error = errno;
	else {
		/* The ACL includes the mode, and only the owner can set it. */
		attrs_write(attrs, fd, p->path);
		chowned = (st.st_uid == uid && st.st_gid == gid) ||
		    fchown(fd, uid, gid) == 0;
		error = !chowned || fsync(fd) == -1 ? errno : 0;
	}
	if (close(fd) == -1 && error == 0)
		error = errno;
	if (error == 0)
		return 0;
	unlinkat(p->dir->fd, temp, 0);
	if (!chowned)
		return error_set(e,
		    "%s: cannot be given to user %u, group %u: %s; root needs "
		    "CAP_CHOWN for that, others must be in the group",
		    p->path, (unsigned)uid, (unsigned)gid, strerror(error));
	return error_set(e, "%s: cannot write: %s", p->path, strerror(error));
}

static int
open_regular(const struct place *p)
{
	struct stat st;
	int fd = openat(p->dir->fd, p->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void
place_attrs(const struct place *p, struct attrs *attrs)
{
	int fd;

	memset(attrs, 0, sizeof(*attrs));
	if ((fd = open_regular(p)) == -1)
		return;
	attrs_read(attrs, fd, p->path);
	close(fd);
}

int
place_rename(const struct place *p, struct error *e)
{
	char temp[NAME_MAX + 1];
	struct stat st;
	int error;

	if (temp_name(p, temp, e) == -1)
		return -1;
	if (renameat(p->dir->fd, temp, p->dir->fd, p->name) == 0)
		return 0;
	error = errno;
	unlinkat(p->dir->fd, temp, 0);
	if (fstatat(p->dir->fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode))
		return error_set(e,
		    "%s: is a directory; remove it, or name a file in it",
		    p->path);
	return error_set(e, "%s: cannot replace: %s", p->path, strerror(error));
}

int
dir_sync(const struct dir *d, struct error *e)
{
	if (fsync(d->fd) == -1)
		return error_set(e, "%s: fsync: %s", d->path, strerror(errno));
	return 0;
}

int
place_write(const struct place *p, const void *buf, size_t len, struct error *e)
{
	if (place_stage(p, buf, len, 0600, geteuid(), getegid(), NULL, e) ==
		-1 ||
	    place_rename(p, e) == -1)
		return -1;
	return dir_sync(p->dir, e);
}

int
place_create(const struct place *p, const void *buf, size_t len, mode_t mode,
    uid_t uid, gid_t gid, int *exists, struct error *e)
{
	char temp[NAME_MAX + 1];
	int error = 0;

	*exists = 0;
	if (temp_name(p, temp, e) == -1 ||
	    place_stage(p, buf, len, mode, uid, gid, NULL, e) == -1)
		return -1;
	/* Unlike rename(2), link(2) never replaces a file. */
	if (linkat(p->dir->fd, temp, p->dir->fd, p->name, 0) == -1)
		error = errno;
	if (unlinkat(p->dir->fd, temp, 0) == -1 && error == 0)
		error = errno;
	if (error != 0) {
		*exists = error == EEXIST;
		return error_set(
		    e, "%s: cannot create: %s", p->path, strerror(error));
	}
	return dir_sync(p->dir, e);
}

int
place_publish(const struct place *p, const void *buf, size_t len, int *exists,
    struct error *e)
{
	int fd, error = 0;

	*exists = 0;
	fd = openat(p->dir->fd, p->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1) {
		*exists = errno == EEXIST;
		return error_set(
		    e, "%s: cannot create: %s", p->path, strerror(errno));
	}
	/* The web server must be able to read it, whatever the umask. */
	if (write_all(fd, buf, len) == -1 || fchmod(fd, 0644) == -1)
		error = errno;
	if (close(fd) == -1 && error == 0)
		error = errno;
	if (error == 0)
		return 0;
	unlinkat(p->dir->fd, p->name, 0);
	return error_set(e, "%s: cannot write: %s", p->path, strerror(error));
}

/*
 * Writes zeros, since OpenBSD and some file systems lack posix_fallocate(3).
 * Returns 0 or an errno.
 */
static int
fill(int fd, size_t len)
{
	static const char zeros[4096];
	size_t n;

	for (; len > 0; len -= n) {
		n = len < sizeof(zeros) ? len : sizeof(zeros);
		if (write_all(fd, zeros, n) == -1)
			return errno;
	}
	return 0;
}

int
place_probe(const struct place *p, size_t len, struct error *e)
{
	char temp[NAME_MAX + 1];
	int fd, error;

	if (temp_name(p, temp, e) == -1 || (fd = open_temp(p, temp, e)) == -1)
		return -1;
	error = fill(fd, len);
	/* Some file systems report here that there is no room (NFS, quotas). */
	if (close(fd) == -1 && error == 0)
		error = errno;
	unlinkat(p->dir->fd, temp, 0);
	if (error != 0)
		return error_set(
		    e, "%s: no room for it: %s", p->path, strerror(error));
	return 0;
}

int
place_clean(const struct place *p, struct error *e)
{
	char temp[NAME_MAX + 1];
	struct stat st;

	if (temp_name(p, temp, e) == -1)
		return -1;
	if (fstatat(p->dir->fd, temp, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			return 0;
		return error_set(
		    e, "%s: %s: %s", p->path, temp, strerror(errno));
	}
	if (!S_ISREG(st.st_mode) ||
	    (st.st_uid != geteuid() && st.st_uid != p->dir->st.st_uid))
		return error_set(e,
		    "%s: '%s' is in the way and not ours; remove it", p->path,
		    temp);
	say(1, "%s: removed what an interrupted run left", p->path);
	if (unlinkat(p->dir->fd, temp, 0) == -1)
		return error_set(e, "%s: cannot remove %s: %s", p->path, temp,
		    strerror(errno));
	return 0;
}

int
place_exists(const struct place *p)
{
	struct stat st;

	return fstatat(p->dir->fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int
place_remove(const struct place *p, struct error *e)
{
	if (unlinkat(p->dir->fd, p->name, 0) == -1 && errno != ENOENT)
		return error_set(
		    e, "%s: cannot remove: %s", p->path, strerror(errno));
	return 0;
}

int
place_remove_now(const struct place *p, struct error *e)
{
	return place_remove(p, e) == -1 ? -1 : dir_sync(p->dir, e);
}

void
place_beside(struct place *p, const struct place *of, const char *suffix)
{
	char *path;

	if (asprintf(&path, "%s%s", of->path, suffix) == -1)
		err(1, NULL);
	p->path = path;
	p->dir = of->dir;
	p->name = strrchr(path, '/') + 1;
}

void
place_hidden(struct place *p, const struct place *of, const char *suffix)
{
	char *path;

	if (asprintf(&path, "%.*s.%s%s", (int)(of->name - of->path), of->path,
		of->name, suffix) == -1)
		err(1, NULL);
	p->path = path;
	p->dir = of->dir;
	p->name = strrchr(path, '/') + 1;
}

void
place_hidden_free(struct place *p)
{
	free((char *)(uintptr_t)p->path);
}

int
place_move(const struct place *from, const struct place *to, struct error *e)
{
	struct attrs attrs;
	int fd;

	place_attrs(to, &attrs);
	if (attrs.known && (fd = open_regular(from)) != -1) {
		attrs_write(&attrs, fd, to->path);
		close(fd);
	}
	attrs_free(&attrs);
	if (renameat(from->dir->fd, from->name, to->dir->fd, to->name) == -1)
		return error_set(e, "%s: cannot rename to %s: %s", from->path,
		    to->name, strerror(errno));
	return dir_sync(to->dir, e);
}

int
place_link(const struct place *from, const struct place *as, struct error *e)
{
	if (place_remove(as, e) == -1)
		return -1;
	if (linkat(from->dir->fd, from->name, as->dir->fd, as->name, 0) == -1)
		return error_set(e, "%s: cannot link as %s: %s", from->path,
		    as->name, strerror(errno));
	return 0;
}

int
place_keep(const struct place *from, const struct place *as, struct error *e)
{
	return place_link(from, as, e) == -1 ? -1 : dir_sync(as->dir, e);
}
