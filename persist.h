/*
 * Standing records of dns-persist-01 (draft-ietf-acme-dns-persist-01 3.1).
 */
#ifndef PERSIST_H
#define PERSIST_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

#define STANDING_LABEL "_validation-persist"

/* What a record must say to be of use. */
struct standing {
	/* names in lower case, without a dot at the end: one of them */
	struct strings issuers;
	const char *account; /* URL */
	int wildcard;        /* also for names below */
	int64_t now;         /* seconds, as of time(2) */
};

/* How near a record comes to that, from nothing to all. */
enum standing_fit {
	STANDING_OTHER,   /* it is another CA's, or malformed */
	STANDING_ACCOUNT, /* for another account */
	STANDING_EXPIRED, /* persistUntil is past */
	STANDING_POLICY,  /* not for wildcards */
	STANDING_GOOD
};

/* Of the whole text of one TXT record, any bytes. */
enum standing_fit standing_fit(
    const struct standing *, const char *text, size_t len);

/*
 * The record to publish for a name (without "*."), as a line of a zone file;
 * the caller frees.  Values longer than 255 bytes are in several strings.
 * until: when it ends, in seconds since 1970; 0: never.
 */
char *standing_record(const char *name, const char *issuer, const char *account,
    int wildcard, uint64_t until);

#endif
