/*
 * 'challenge hook': the programs that publish records in the DNS.  Used by
 * hookproc only.
 */
#ifndef HOOK_CHALLENGE_H
#define HOOK_CHALLENGE_H

#include "msg-bodies.h"

/* Each job's program and names, in order. */
void	challenge_domain(const struct slice_domain *);

/* Handlers of hookproc's dispatch table. */
void	hook_put(struct msg *);
void	hook_drop(struct msg *);

/* At the end of the process: ends all that was begun, and waits for that. */
void	challenge_end_all(void);

#endif
