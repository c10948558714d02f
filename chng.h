/*
 * Responses that are records in the DNS, by chng: hookproc publishes them,
 * zoneproc says when they can be seen.
 */
#ifndef CHNG_H
#define CHNG_H

#include <stdint.h>

#include "log.h"
#include "msg-bodies.h"

struct records; /* of one job */

/* waits: zoneproc is there for records that are put. */
void record_conf(int waits);
struct records *record_job(const struct slice_domain *);
/* CHNG_ACCOUNT: the URL by which the CA knows the account. */
void record_account(struct msg *);

/* Has the record of this identifier published; CHNG_PUBLISHED follows. */
void record_put(
    struct records *, uint32_t job, uint32_t number, const char *authorization);
/* It is published.  1: CHNG_SEEN follows; 0: nobody waits for it. */
int record_await(const struct records *, uint32_t job, uint32_t number);
/* Asks for the record that stands there; CHNG_SEEN follows. */
void record_ask(uint32_t job, const struct body_issuers *);
/* They go; what was asked is answered all the same. */
void record_drop(const struct records *, uint32_t job);


/*
 * Challenge responses as files, which a web server serves (RFC 8555 8.3).
 */

struct webroot; /* one job's challenge directory */

/*
 * Before the sandbox.  Where it cannot be used, those below say why.  Keeps
 * path; lives until exit.
 */
struct webroot *webroot_open(const char *path);
/* Removes what runs have left that were killed, from all directories. */
void webroot_tidy_up(void);
/* Could a response be put there?  0, or -1 and why; leaves nothing. */
int webroot_probe(const struct webroot *, struct error *);
/*
 * Puts a response of this job: text, under the token's name.  0, or -1 and why.
 */
int webroot_put(const struct webroot *, uint32_t job, const char *token,
    const char *text, struct error *);
/* Removes a job's responses; or all, and the lists of them, at exit. */
void webroot_drop(uint32_t job);
void webroot_drop_all(void);

#endif
