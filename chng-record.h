/*
 * Responses that are records in the DNS, by chng: hookproc publishes them,
 * zoneproc says when they can be seen.
 */
#ifndef CHNG_RECORD_H
#define CHNG_RECORD_H

#include "msg-bodies.h"

struct records;		/* of one job */

/* waits: zoneproc is there for records that are put. */
void	record_conf(int waits);
struct records *record_job(const struct slice_domain *);
/* CHNG_ACCOUNT: the URL by which the CA knows the account. */
void	record_account(struct msg *);

/* Has the record of this identifier published; CHNG_PUBLISHED follows. */
void	record_put(struct records *, uint32_t job, uint32_t number, const char *authorization);
/* It is published.  1: CHNG_SEEN follows; 0: nobody waits for it. */
int	record_await(const struct records *, uint32_t job, uint32_t number);
/* Asks for the record that stands there; CHNG_SEEN follows. */
void	record_ask(uint32_t job, const struct body_issuers *);
/* They go; what was asked is answered all the same. */
void	record_drop(const struct records *, uint32_t job);

#endif
