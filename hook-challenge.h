/*
 * 'challenge hook': the programs that publish records in the DNS.  Used by
 * hookproc only.
 */
#ifndef HOOK_CHALLENGE_H
#define HOOK_CHALLENGE_H

#include "msg-bodies.h"

/* First: where it is remembered what was begun. */
void	challenge_conf(const struct slice_conf *);
/* Each job's program and names, in order. */
void	challenge_domain(const struct slice_domain *);

/* Ends what a run has left that was killed. */
void	challenge_tidy_up(void);

/* Handlers of hookproc's dispatch table. */
void	hook_put(struct msg *);
void	hook_drop(struct msg *);

/* At the end of the process: ends all that was begun, and waits for that. */
void	challenge_end_all(void);

#endif
