/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The types of challenges, and the ways to respond to them.
 */
#ifndef CHALLENGE_H
#define CHALLENGE_H

#include "valid.h"

/* How the account proves that it controls an identifier. */
enum challenge_type {
	CHALLENGE_HTTP01,    /* By a file of a web server (RFC 8555 8.3). */
	CHALLENGE_TLSALPN01, /* By a certificate over TLS (RFC 8737). */
	CHALLENGE_DNS01,     /* By a TXT record (RFC 8555 8.4). */
	/* The same, with a label of the account in the record's name. */
	CHALLENGE_DNSACCOUNT01, /* draft-ietf-acme-dns-account-label */
	/* By a TXT record that stays, and names the account. */
	CHALLENGE_DNSPERSIST01, /* draft-ietf-acme-dns-persist */
	CHALLENGE__MAX
};

/* "http-01", ... */
extern const char *const challenge_names[CHALLENGE__MAX];

/*
 * Is the response a record in the DNS?  Wildcards need such a type, and IP
 * addresses cannot have one.
 */
int challenge_by_dns(enum challenge_type);

/*
 * Returns the identifier without the "*." of a wildcard (RFC 8555 7.1.4); the
 * result points into the argument.
 */
const char *challenge_base(const char *identifier);

/*
 * Makes the name of the record for an identifier (RFC 8555 8.4).  It begins
 * with the account's label (dns-account-01), unless that is NULL.  The caller
 * frees it.
 */
char *challenge_record(const char *label, const char *identifier);

/* How the response is published. */
enum way {
	WAY_WEBROOT,   /* A web server serves files that chngproc writes. */
	WAY_STATELESS, /* A web server is configured with the thumbprint. */
	WAY_LISTEN,    /* respproc serves it. */
	WAY_HOOK,      /* 'challenge hook' publishes a record in the DNS. */
	WAY_PERSIST,   /* A record stays in the DNS (dns-persist-01). */
	WAY__MAX
};

/* The length of a digest: a key authorization's SHA-256 in base64url. */
#define DIGEST_LEN 43


/*
 * Key authorizations (RFC 8555 8.1) bind a token to the account key.
 */

/* Makes TOKEN.THUMBPRINT; the caller frees it. */
char *key_authorization(const char *token, const char *thumbprint);
/* Makes its SHA-256 in base64url without padding (RFC 8555 8.4). */
void key_authorization_digest(
    char out[DIGEST_LEN + 1], const char *authorization);

/*
 * Makes the label of an account, which comes before "_acme-challenge": "_" and
 * the first 10 bytes of the SHA-256 of the account URL, in lower-case base32
 * (draft-ietf-acme-dns-account-label 3.2).
 */
void account_label(char out[ACCOUNT_LABEL_LEN + 1], const char *url);

#endif
