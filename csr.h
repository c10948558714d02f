/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* csrproc: its jobs, and what csr-revoke.c does with them. */
#ifndef CSR_H
#define CSR_H

#include <sys/types.h>
#include <openssl/evp.h>
#include <stdint.h>

#include "disk.h"
#include "role.h"
#include "sign.h"

struct csr_job {
	/* The key's path; NULL if the administrator has made the CSR. */
	char *path;
	struct place key;
	struct place next; /* The key that goes live next. */
	struct place old;  /* The key before the live one. */
	/* The combined file; path is NULL without one. */
	struct place combined;
	struct keyspec spec;
	int rotate;  /* Each order of a certificate is for a new key. */
	int new_key; /* The next order of a certificate is for a new key. */
	int fresh; /* The new key must not be a next key that exists already. */
	int grouped; /* The files have the configured group. */
	gid_t group;
	uint8_t *own_csr; /* DER */
	size_t own_csr_len;
	struct strings names;
	/* The files in one of which the certificate to revoke must be. */
	struct revocable revocable;
	/* The certificate to revoke, DER in base64url, or NULL. */
	char *revoke;
	int revokes; /* The certificate to revoke is for the live key. */
	/* The key has signed the revocation: the CA may block it for good. */
	int has_revoked;
	struct error broken; /* Why there can be no CSR, or "". */
};

/*
 * Makes a job from a domain section and opens the directories of its files;
 * prints why there can be no CSR.  Where the job has a group, the sandbox is to
 * keep the capability to change groups.
 */
void csr_job_add(const struct slice_domain *, struct sandbox *);
uint32_t csr_njobs(void);
struct csr_job *csr_job(uint32_t);
/* certproc stores the error as the cause of the failure. */
void csr_tell_error(uint32_t job, const struct error *);
/*
 * keyfile_load() for a key of any type; make_key() in csrproc.c decides if one
 * of another type than the configured one is replaced.
 */
int csr_load(const struct place *, EVP_PKEY **, struct error *);
/* Is there a key at this place, and is the certificate (DER) for it? */
int csr_is_for(const struct place *, const uint8_t *der, size_t);
/* Replies to certproc's request; an error is also printed. */
void csr_reply(uint32_t job, enum csr_done, const struct error *);

/* Takes the reason for revocations (RFC 5280 5.3.1), or -1. */
void csr_revoke_begin(int reason);
/* Handlers of messages, in a run for -r only. */
void csr_revocable(struct msg *);
void csr_revoke(struct msg *);
void csr_sign_revoke(struct msg *);
void csr_discard(struct msg *);

#endif
