/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Publishes chngproc's responses.  chng-record.c: records in the DNS, which
 * hookproc publishes; zoneproc says when name servers have them.
 */
#ifndef CHNG_H
#define CHNG_H

#include <stdint.h>

#include "log.h"
#include "msg-bodies.h"

struct records; /* The records of one job. */

/* Takes whether zoneproc waits until records can be seen. */
void record_conf(int waits);
struct records *record_job(const struct slice_domain *);
/* Handles CHNG_ACCOUNT: the URL by which the CA knows the account. */
void record_account(struct msg *);

/* Has the record of this identifier published; CHNG_PUBLISHED follows. */
void record_put(
    struct records *, uint32_t job, uint32_t number, const char *authorization);
/*
 * After publication, has zoneproc wait for the record.  1: CHNG_SEEN follows;
 * 0: zoneproc does not wait for it.
 */
int record_await(const struct records *, uint32_t job, uint32_t number);
/* Has the record of dns-persist-01 looked for; CHNG_SEEN follows. */
void record_ask(uint32_t job, const struct body_issuers *);
/* Drops the job's records.  Replies to earlier requests follow nevertheless. */
void record_drop(const struct records *, uint32_t job);


/*
 * chng-webroot.c: files, which a web server serves (RFC 8555 8.3).
 */

struct webroot; /* The challenge directory of one job. */

/*
 * Opens the directory, before chngproc enters the sandbox.  An error is
 * returned by the functions below.  Keeps path; the result is never freed.
 */
struct webroot *webroot_open(const char *path);
/* Removes the responses that killed runs have left in all directories. */
void webroot_tidy_up(void);
/*
 * Could a response be put there?  0, or -1 with the reason.  No file is left.
 */
int webroot_probe(const struct webroot *, struct error *);
/*
 * Puts a response of this job: text, under the token's name.  0, or -1 with the
 * reason.
 */
int webroot_put(const struct webroot *, uint32_t job, const char *token,
    const char *text, struct error *);
/*
 * Removes a job's responses; or, at exit, all responses and the lists of them.
 */
void webroot_drop(uint32_t job);
void webroot_drop_all(void);

#endif
