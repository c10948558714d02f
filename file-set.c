/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Replaces the files of one certificate together.  If this is wrong, a crash
 * leaves a certificate without its chain, or none at all.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

#define KEPT_SUFFIX ".acme-old"

int
fileset_open(struct fileset *set, struct error *e)
{
	int i;

	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL &&
		    place_open(&set->place[i], set->path[i], e) == -1)
			return -1;
	return 0;
}

void
fileset_foreign(
    const struct fileset *set, uid_t uid, gid_t gid, int *chown, int *dac)
{
	struct stat st;
	int i;

	for (i = 0; i < PART_SET__MAX; i++) {
		if (set->path[i] == NULL || set->place[i].dir == NULL ||
		    fstatat(set->place[i].dir->fd, set->place[i].name, &st,
			AT_SYMLINK_NOFOLLOW) == -1 ||
		    (st.st_uid == uid && st.st_gid == gid))
			continue;
		*chown = 1;
		if (st.st_uid != uid && !(st.st_mode & S_IROTH))
			*dac = 1;
	}
}

void
fileset_attrs(struct fileset *set)
{
	int i;

	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL)
			place_attrs(&set->place[i], &set->attrs[i]);
}

void
fileset_close(struct fileset *set)
{
	int i;

	for (i = 0; i < PART_SET__MAX; i++)
		attrs_free(&set->attrs[i]);
}

int
fileset_clean(const struct fileset *set, struct error *e)
{
	int i;

	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL &&
		    place_clean(&set->place[i], e) == -1)
			return -1;
	return 0;
}

int
fileset_probe(const struct fileset *set, struct error *e)
{
	int i;

	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL &&
		    place_probe(&set->place[i], PART_SET_BYTES_MAX, e) == -1)
			return -1;
	return 0;
}

/* Is each file as it was when it was read? */
static int
is_untouched(const struct fileset *set)
{
	struct stat st;
	int i;

	for (i = 0; i < PART_SET__MAX; i++) {
		if (set->path[i] == NULL)
			continue;
		if (fstatat(set->place[i].dir->fd, set->place[i].name, &st,
			AT_SYMLINK_NOFOLLOW) == -1)
			memset(&st, 0, sizeof(st));
		if (st.st_ino != set->seen[i].st_ino ||
		    st.st_dev != set->seen[i].st_dev ||
		    st.st_size != set->seen[i].st_size ||
		    st.st_mtim.tv_sec != set->seen[i].st_mtim.tv_sec ||
		    st.st_mtim.tv_nsec != set->seen[i].st_mtim.tv_nsec)
			return 0;
	}
	return 1;
}

static int
stage(const struct place *p, const struct attrs *attrs, const void *bytes,
    size_t len, struct error *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	mode_t mode = 0644;
	struct stat st;

	if (fstatat(p->dir->fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!S_ISREG(st.st_mode))
			return error_set(e, "%s: not a regular file", p->path);
		uid = st.st_uid;
		gid = st.st_gid;
		mode = st.st_mode & 0777;
	}
	return place_stage(p, bytes, len, mode, uid, gid, attrs, e);
}

void
fileset_stage(
    struct fileset *set, enum part part, const void *bytes, size_t len)
{
	struct error *e = &set->failed;

	if (e->text[0] != '\0')
		return;
	if (set->path[part] == NULL)
		error_set(e, "part %d is not configured", (int)part);
	else if (len > PART_SET_BYTES_MAX)
		error_set(e, "%s: more than %d bytes", set->path[part],
		    PART_SET_BYTES_MAX);
	else
		set->staged[part] = stage(&set->place[part], &set->attrs[part],
					bytes, len, e) == 0;
}

/* Leaves files and directories as if nothing had been staged. */
static int
give_up(struct fileset *set)
{
	struct error ignored;

	fileset_clean(set, &ignored);
	memset(set->staged, 0, sizeof(set->staged));
	set->failed.text[0] = '\0';
	return -1;
}

/* Can the set be committed? */
static int
check(const struct fileset *set, struct error *e)
{
	int i;

	if (set->failed.text[0] != '\0')
		return error_set(e, "%s", set->failed.text);
	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL && !set->staged[i])
			return error_set(e,
			    "%s: no new version of it was staged",
			    set->path[i]);
	if (!is_untouched(set))
		return error_set(e,
		    "its files were changed by someone else during this run "
		    "and are left as they are; the next run takes the newest "
		    "certificate");
	return 0;
}

void
fileset_kept(const struct fileset *set, enum part part, struct place *kept)
{
	place_hidden(kept, &set->place[part], KEPT_SUFFIX);
}

/* Keeps the file that is replaced under another name, for -B. */
static void
keep(const struct place *p)
{
	struct place old;
	struct error e;

	place_hidden(&old, p, KEPT_SUFFIX);
	if (place_exists(p) && place_link(p, &old, &e) == -1)
		say(0, "%s; the replaced file is not kept", e.text);
	place_hidden_free(&old);
}

/*
 * Has an interrupted run kept all files, and replaced some at most?  The last
 * file is kept last and replaced last, and has two names in between.  Then the
 * file that is now in place of the first one must not be kept.
 */
static int
is_kept(const struct fileset *set)
{
	struct stat now, kept;
	struct place old;
	int i, n = -1, same;

	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL && place_exists(&set->place[i]))
			n = i;
	if (n == -1)
		return 0;
	place_hidden(&old, &set->place[n], KEPT_SUFFIX);
	same = fstatat(old.dir->fd, set->place[n].name, &now,
		   AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstatat(old.dir->fd, old.name, &kept, AT_SYMLINK_NOFOLLOW) == 0 &&
	    now.st_ino == kept.st_ino && now.st_dev == kept.st_dev;
	place_hidden_free(&old);
	return same;
}

static int
remove_kept(const struct place *p, struct error *e)
{
	struct place old;
	int rc;

	place_hidden(&old, p, KEPT_SUFFIX);
	rc = place_remove(&old, e);
	place_hidden_free(&old);
	return rc;
}

/* Makes renamed and removed files durable. */
static int
sync_dirs(const struct fileset *set, struct error *e)
{
	int i;

	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL &&
		    dir_sync(set->place[i].dir, e) == -1)
			return -1;
	return 0;
}

int
fileset_check(struct fileset *set, struct error *e)
{
	return check(set, e) == -1 ? give_up(set) : 0;
}

int
fileset_commit(struct fileset *set, struct error *e)
{
	int i, kept;

	if (fileset_check(set, e) == -1)
		return -1;
	kept = is_kept(set);
	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL && !kept)
			keep(&set->place[i]);
	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL &&
		    place_rename(&set->place[i], e) == -1)
			return give_up(set);
	memset(set->staged, 0, sizeof(set->staged));
	return sync_dirs(set, e);
}

int
fileset_remove(const struct fileset *set, struct error *e)
{
	int i;

	for (i = 0; i < PART_SET__MAX; i++)
		if (set->path[i] != NULL &&
		    (place_remove(&set->place[i], e) == -1 ||
			remove_kept(&set->place[i], e) == -1))
			return -1;
	return sync_dirs(set, e);
}
