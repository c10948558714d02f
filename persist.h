/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Makes and reads persist records of dns-persist-01
 * (draft-ietf-acme-dns-persist-01 3.1).
 */
#ifndef PERSIST_H
#define PERSIST_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

#define PERSIST_LABEL "_validation-persist"

/* What a record must say. */
struct persist {
	/* Names of the CA in lower case, without a final dot; one is enough. */
	struct strings issuers;
	const char *account; /* The account URL. */
	int wildcard; /* The record must be valid for names below, too. */
	int64_t now;  /* The time as of time(2). */
};

/* How well a record fits; the later ones fit better. */
enum persist_fit {
	PERSIST_OTHER,   /* The record is another CA's, or malformed. */
	PERSIST_ACCOUNT, /* The record is for another account. */
	PERSIST_EXPIRED, /* Its persistUntil is in the past. */
	PERSIST_POLICY,  /* The record does not allow wildcards. */
	PERSIST_GOOD
};

/* Judges a record; text is all of one TXT record, and may hold any bytes. */
enum persist_fit persist_fit(
    const struct persist *, const char *text, size_t len);

/*
 * Makes the record to publish for a name (without "*."), as a line of a zone
 * file, in strings of at most 255 bytes; the caller frees it.  until: when it
 * expires, in seconds since 1970; 0: never.
 */
char *persist_record(const char *name, const char *issuer, const char *account,
    int wildcard, uint64_t until);

#endif
