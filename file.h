/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * fileproc: files of the state directory, locks, and the files of a
 * certificate.
 */
#ifndef FILE_H
#define FILE_H

#include <stdint.h>

#include "disk.h"
#include "part.h"

/*
 * Sets the place of a file in the state directory; state_path() makes its name.
 */
void state_place(struct place *, struct dir *, const char *prefix,
    const char *name, const char *suffix);

/*
 * Takes a lock (LOCK_EX or LOCK_SH), waiting until the monotonic deadline; *fd
 * holds it until lock_give().  -1, with a reason that names the holder.
 * While it waits, it takes messages by role_pause().
 */
int lock_take(
    const struct place *, int how, int64_t deadline, int *fd, struct error *);
/* Changes a held lock to another kind, without waiting.  0 or -1. */
int lock_change(const struct place *, int fd, int how, struct error *);
/* Releases the lock; *fd becomes -1.  If it is -1, this does nothing. */
void lock_give(int *fd);
/*
 * Does another process hold this lock exclusively?  This makes no file, and
 * does not wait.
 */
int lock_is_held(const struct place *);


/*
 * The states of a job in fileproc.  enter() in fileproc.c takes these steps and
 * ends the process at any other one:
 *
 *   SET_UNLOCKED ---> SET_OPEN ---> SET_STAGED ---> SET_COMMITTED
 *        |             |    |          |                  |
 *        |             |    v          |                  |
 *        |             | SET_REMOVED   |                  |
 *        v             v    v          v                  v
 *      SET_CLOSED <----+----+----------+------------------+
 */
enum set_state {
	SET_UNLOCKED = 1,  /* The job's lock was not taken. */
	SET_OPEN = 2,      /* fileproc holds the lock and has sent all parts. */
	SET_STAGED = 4,    /* A new file lies beside the one it replaces. */
	SET_COMMITTED = 8, /* The files were replaced, or that has failed. */
	SET_REMOVED = 16,  /* With -r: the files were removed. */
	SET_CLOSED = 32    /* certproc is done with the job. */
};
#define SET_LOCKED (SET_OPEN | SET_STAGED | SET_COMMITTED | SET_REMOVED)


/* The files of one certificate, which fileproc replaces together. */

struct fileset {
	char *path[PART_SET__MAX]; /* The files' paths; NULL: not configured. */
	struct place place[PART_SET__MAX];
	/* The file's status when it was read; all zero: there was none. */
	struct stat seen[PART_SET__MAX];
	/* The extended attributes then, which the new file gets. */
	struct attrs attrs[PART_SET__MAX];
	int staged[PART_SET__MAX];
	struct error failed; /* Why a file could not be staged, or "". */
};

/* Opens the directories; 0 or -1. */
int fileset_open(struct fileset *, struct error *);
/*
 * Sets *chown if a file has another owner than this user and group, *dac if
 * this user may not read it then.
 */
void fileset_foreign(
    const struct fileset *, uid_t, gid_t, int *chown, int *dac);
/*
 * fileset_attrs() remembers the extended attributes of the installed files
 * while fileproc can read them.
 */
void fileset_attrs(struct fileset *);
void fileset_close(struct fileset *);
/*
 * fileset_clean() removes what an interrupted run has left; fileset_probe()
 * checks that there is room for a new set.
 */
int fileset_clean(const struct fileset *, struct error *);
int fileset_probe(const struct fileset *, struct error *);

/*
 * Writes the new version of one file beside the old one, with the mode, owner
 * and extended attributes of the old one, or with mode 0644.  fileset_commit()
 * reports a failure.
 */
void fileset_stage(struct fileset *, enum part, const void *, size_t);
/* Can the files be committed?  0; or -1, and the staged files are removed. */
int fileset_check(struct fileset *, struct error *);
/*
 * Replaces all files that are configured, which must all be staged; keeps one
 * earlier generation of them as .NAME.acme-old.  -1 with nothing replaced: a
 * file could not be staged, or somebody else has changed one since it was read.
 * -1 with some files replaced, in the order of enum part: the disk failed.
 */
int fileset_commit(struct fileset *, struct error *);
/*
 * Fills in the place of the replaced version of this file; place_hidden_free()
 * frees it.
 */
void fileset_kept(const struct fileset *, enum part, struct place *);
/* Removes all files of the set; that is on the disk when this returns. */
int fileset_remove(const struct fileset *, struct error *);


/*
 * Marks a job whose files have changed by a file in the state directory, in
 * fileproc.
 */

/*
 * Marks the job before the first file is replaced or removed, anew if it is
 * marked already.  With a NULL place, this does nothing.  0 or -1.
 */
int change_mark(const struct place *, struct error *);
/* Is there a mark?  *st becomes its status, or all zero. */
int change_find(const struct place *, struct stat *st);
/*
 * Removes the mark, unless it is another one than st.  0; or -1, with a
 * warning: it could not be removed.  If another run holds the job's lock, the
 * mark stays for that run, which runs the commands; 0.
 */
int change_forget(
    const struct place *, const struct stat *st, const struct place *lock);


/* Forgets what a run has changed, once that is reported; in fileproc. */

/*
 * Removes a record, but writes it again at exit unless ROLE_STOP has arrived.
 * 0, or -1: the record is still there, and the next run reports the change once
 * more.  The place must stay valid.
 */
int report_forget(const struct place *, struct error *);
/* Syncs the removal of the records to the disk.  Returns how many there are. */
uint64_t report_forgotten(void);

#endif
