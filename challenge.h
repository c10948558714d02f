/*
 * The types of challenges, and who answers them.
 */
#ifndef CHALLENGE_H
#define CHALLENGE_H

#include "valid.h"

/* How the control of a name is proved. */
enum challenge_type {
	CHALLENGE_HTTP01,       /* RFC 8555 8.3 */
	CHALLENGE_TLSALPN01,    /* RFC 8737 */
	CHALLENGE_DNS01,        /* RFC 8555 8.4 */
	CHALLENGE_DNSACCOUNT01, /* draft-ietf-acme-dns-account-label */
	CHALLENGE_DNSPERSIST01, /* draft-ietf-acme-dns-persist */
	CHALLENGE__MAX
};

/* "http-01", ... */
extern const char *const challenge_names[CHALLENGE__MAX];

/*
 * Is it answered in the DNS?  Only so wildcards can be proved, and no address.
 */
int challenge_by_dns(enum challenge_type);

/*
 * An identifier without the "*." of a wildcard (RFC 8555 7.1.4); points into
 * it.
 */
const char *challenge_base(const char *identifier);

/*
 * The name of the record that proves an identifier (RFC 8555 8.4); behind the
 * label of an account (dns-account-01), or NULL.  The caller frees.
 */
char *challenge_record(const char *label, const char *identifier);

/* Who answers. */
enum way {
	WAY_WEBROOT,   /* a web server, with files of ours */
	WAY_STATELESS, /* a web server that knows the thumbprint */
	WAY_LISTEN,    /* respproc, on ports of its own */
	/* a program of the administrator's, in the DNS */
	WAY_HOOK,
	WAY_STANDING, /* a record that stays in the DNS */
	WAY__MAX
};

/* of a key authorization: SHA-256 in base64url */
#define DIGEST_LEN 43


/*
 * Key authorizations (RFC 8555 8.1): what shows that a challenge is answered
 * by the account.
 */

/* token "." thumbprint; the caller frees. */
char *key_authorization(const char *token, const char *thumbprint);
/* Its SHA-256 in base64url, without padding: RFC 8555 8.4. */
void key_authorization_digest(
    char out[DIGEST_LEN + 1], const char *authorization);

/*
 * The label that stands for an account before "_acme-challenge": "_" and the
 * first 10 bytes of the SHA-256 of its URL in base32, lower case.
 * draft-ietf-acme-dns-account-label 3.2.
 */
void account_label(char out[ACCOUNT_LABEL_LEN + 1], const char *url);

#endif
