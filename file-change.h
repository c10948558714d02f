/*
 * The mark of a job whose files have changed: a file in the state directory.
 * Used by fileproc only.
 */
#ifndef FILE_CHANGE_H
#define FILE_CHANGE_H

#include "dir.h"

/*
 * Before the first file is replaced or removed: marks the job, anew if it is
 * marked already.  Nothing is to be done where the place is NULL.  0, or -1.
 */
int	change_mark(const struct place *, struct why *);
/* Is there a mark?  Then st is what it looks like, else all zero. */
int	change_find(const struct place *, struct stat *st);
/*
 * Removes this mark, unless there is another one by now.  0; or -1: it could
 * not be removed, which is said.  Another run that has the job's lock sees to
 * it by itself.
 */
int	change_forget(const struct place *, const struct stat *st, const struct place *lock);

#endif
