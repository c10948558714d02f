/*
 * Files of the state directory by name, and locks.  Used by fileproc only.
 */
#ifndef FILE_H
#define FILE_H

#include <stdint.h>

#include "disk.h"
#include "part.h"

/*
 * A place in the state directory, as state_path() names it.
 */
void state_place(struct place *, struct dir *, const char *prefix,
    const char *name, const char *suffix);

/*
 * Takes a lock (LOCK_EX or LOCK_SH), waiting until the monotonic deadline;
 * *fd holds it until lock_give().  -1: see why, which says who holds it.
 */
int lock_take(
    const struct place *, int how, int64_t deadline, int *fd, struct error *);
/* Another kind of the lock that is held already; does not wait.  0 or -1. */
int lock_change(const struct place *, int fd, int how, struct error *);
/* Gives it back; *fd becomes -1.  Nothing happens where it is -1. */
void lock_give(int *fd);
/* Does another process hold this lock alone?  Nothing is made or waited for. */
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


/*
 * The files of one certificate, replaced together.  Used by fileproc only.
 */

struct fileset {
	char *path[PART_SET__MAX]; /* NULL: not configured */
	struct place place[PART_SET__MAX];
	/* when it was read; all zero: absent */
	struct stat seen[PART_SET__MAX];
	/* then; for the files that replace them */
	struct attrs attrs[PART_SET__MAX];
	int staged[PART_SET__MAX];
	struct error failed; /* why staging failed, or "" */
};

/* Opens the directories; 0 or -1. */
int fileset_open(struct fileset *, struct error *);
/*
 * Sets *chown where a file has another owner than this user, *dac where that
 * keeps us from reading it.
 */
void fileset_foreign(
    const struct fileset *, uid_t, gid_t, int *chown, int *dac);
/*
 * Remembers the extended attributes of what is installed, while it can be read;
 * and their end.
 */
void fileset_attrs(struct fileset *);
void fileset_close(struct fileset *);
/*
 * Removes what an interrupted run left; checks that there is room for a new
 * set.
 */
int fileset_clean(const struct fileset *, struct error *);
int fileset_probe(const struct fileset *, struct error *);

/*
 * Puts the new version of one file on the disk beside the old one, with mode,
 * owner and extended attributes of the old one, or 0644.  A failure is told
 * by the commit.
 */
void fileset_stage(struct fileset *, enum part, const void *, size_t);
/* Can they be committed?  0; or -1 and what was staged is gone. */
int fileset_check(struct fileset *, struct error *);
/*
 * Replaces all files that were staged, which must be all that are configured;
 * keeps those that are replaced as .NAME.acme-old, one generation of them.
 * -1 with nothing replaced: one could not be staged, or was changed by
 * somebody else since it was read.  -1 with some of them replaced, in the order
 * of enum part, where the disk fails in between.
 */
int fileset_commit(struct fileset *, struct error *);
/* Where the version before this file's is; place_hidden_free() frees. */
void fileset_kept(const struct fileset *, enum part, struct place *);
/* Removes all files of the set, for good. */
int fileset_remove(const struct fileset *, struct error *);


/*
 * The mark of a job whose files have changed: a file in the state directory.
 * Used by fileproc only.
 */

/*
 * Before the first file is replaced or removed: marks the job, anew if it is
 * marked already.  Nothing is to be done where the place is NULL.  0, or -1.
 */
int change_mark(const struct place *, struct error *);
/* Is there a mark?  Then st is what it looks like, else all zero. */
int change_find(const struct place *, struct stat *st);
/*
 * Removes this mark, unless there is another one by now.  0; or -1: it could
 * not be removed, which is said.  Another run that has the job's lock sees to
 * it by itself.
 */
int change_forget(
    const struct place *, const struct stat *st, const struct place *lock);


/*
 * Forgetting what a run has changed, once that was reported.  Used by
 * fileproc only.
 */

/*
 * Removes a record, which is written again at exit unless ROLE_STOP has come
 * by then.  0, or -1: it is still there, and the next run reports the change
 * once more.  The place must stay.
 */
int report_forget(const struct place *, struct error *);
/* Makes that last; how many records it was. */
uint64_t report_forgotten(void);

#endif
