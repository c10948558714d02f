/*
 * Files of the state directory by name, and locks.  Used by fileproc only.
 */
#ifndef FILE_LOCK_H
#define FILE_LOCK_H

#include <stdint.h>

#include "dir.h"

/*
 * A place in the state directory, as state_path() names it.
 */
void	state_place(struct place *, struct dir *, const char *prefix, const char *name,
	    const char *suffix);

/*
 * Takes a lock (LOCK_EX or LOCK_SH), waiting until the monotonic deadline;
 * *fd holds it until lock_give().  -1: see why, which says who holds it.
 */
int	lock_take(const struct place *, int how, int64_t deadline, int *fd, struct why *);
/* Another kind of the lock that is held already; does not wait.  0 or -1. */
int	lock_change(const struct place *, int fd, int how, struct why *);
/* Gives it back; *fd becomes -1.  Nothing happens where it is -1. */
void	lock_give(int *fd);
/* Does another process hold this lock alone?  Nothing is made or waited for. */
int	lock_is_held(const struct place *);

#endif
