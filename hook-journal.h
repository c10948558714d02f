/*
 * Which records of a job were begun: a file in the state directory, for the
 * next run, should this process be killed.  Used by hookproc only.
 */
#ifndef HOOK_JOURNAL_H
#define HOOK_JOURNAL_H

#include "say.h"

struct journal;

/* Of the job with this handle.  Nothing is opened yet. */
struct journal *journal_of(const char *state_dir, const char *handle);
/*
 * What a run has left that was killed: left() is called with each record's
 * name and value, any texts, unless another run is at it.
 */
void	journal_left(struct journal *, void (*left)(void *context, const char *name, const char *value),
	    void *context);
/* Before a record is begun.  0, or -1 and why. */
int	journal_note(struct journal *, const char *name, const char *value, struct why *);
/* Its records are noted anew.  0, or -1: it is not open. */
int	journal_clear(struct journal *);
/* It stays for the next run, which ends what is in it. */
void	journal_close(struct journal *);
/* All of them have been ended. */
void	journal_done(struct journal *);

#endif
