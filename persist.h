/*
 * Persist records of dns-persist-01 (draft-ietf-acme-dns-persist-01 3.1).
 */
#ifndef PERSIST_H
#define PERSIST_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

#define PERSIST_LABEL "_validation-persist"

/* What a record must say to be of use. */
struct persist {
	/* names in lower case, without a dot at the end: one of them */
	struct strings issuers;
	const char *account; /* URL */
	int wildcard;        /* also for names below */
	int64_t now;         /* seconds, as of time(2) */
};

/* How near a record comes to that, from nothing to all. */
enum persist_fit {
	PERSIST_OTHER,   /* it is another CA's, or malformed */
	PERSIST_ACCOUNT, /* for another account */
	PERSIST_EXPIRED, /* persistUntil is past */
	PERSIST_POLICY,  /* not for wildcards */
	PERSIST_GOOD
};

/* Of the whole text of one TXT record, any bytes. */
enum persist_fit persist_fit(
    const struct persist *, const char *text, size_t len);

/*
 * The record to publish for a name (without "*."), as a line of a zone file;
 * the caller frees.  Values longer than 255 bytes are in several strings.
 * until: when it ends, in seconds since 1970; 0: never.
 */
char *persist_record(const char *name, const char *issuer, const char *account,
    int wildcard, uint64_t until);

#endif
