/*
 * Forgetting what a run has changed, once that was reported.  Used by
 * fileproc only.
 */
#ifndef FILE_REPORT_H
#define FILE_REPORT_H

#include "dir.h"

/*
 * Removes a record, which is written again at exit unless ROLE_STOP has come
 * by then.  0, or -1: it is still there, and the next run reports the change
 * once more.  The place must stay.
 */
int	report_forget(const struct place *, struct why *);
/* Makes that last; how many records it was. */
uint64_t report_forgotten(void);

#endif
