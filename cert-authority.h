/*
 * The authority, in certproc.
 */
#ifndef CERT_AUTHORITY_H
#define CERT_AUTHORITY_H

#include "msg-bodies.h"
#include "say.h"

/* Keeps what it points to. */
void	authority_conf(const struct slice_conf *);
/* What is remembered of its failures. */
void	authority_load(void);

/* The stored account, under a lock; a failure ends the process. */
void	authority_load_account(int64_t lock_deadline);
/* KEY_ACCOUNT: key waits for it. */
void	authority_tell_key(void);
void	cert_account(struct msg *);	/* a handler */

/*
 * -t: prints the account URL, as it is stored, this thumbprint, which is key's,
 * and the standing records of dns-persist-01.  0, or -1 if there is no key.
 */
int	authority_show(const struct body_shown *);

/* Could it not be reached lately?  Then see why. */
int	authority_holds(struct why *);
/* It could not be reached; it asks for so many seconds of patience, or 0. */
void	authority_failed(const char *text, uint64_t seconds);
/* It has answered: failures are forgotten. */
void	authority_works(void);

/*
 * The trust anchors of its servers, by name: NULL, or those that net has named
 * in an earlier run, for net to try first.
 */
const char *authority_anchors(void);
void	authority_learned(const char *names);

/* What it has refused, it would refuse for every order: no further one in this run. */
void	authority_ends(const char *text);
/* Is that so?  Then see why. */
int	authority_ended(struct why *);

/* Until when it is left alone, or 0. */
time_t	authority_not_before(void);
/* What it has refused for every order, or how it failed last. */
const char *authority_cause(void);

#endif
