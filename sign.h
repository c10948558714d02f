/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Signs requests, by key and csr.  sign-limits.c: the origins (RFC 6454) of the
 * authority, for whose URLs they sign.
 */
#ifndef SIGN_H
#define SIGN_H

#include <jansson.h>
#include <openssl/evp.h>
#include <stdint.h>

#include "acme-client.h"
#include "conf.h"
#include "msg.h"

/* Takes the origins of the authority from the role's slice. */
void origins_take(const struct strings *urls);
/* Is this an https URL of one of these origins? */
int origin_known(const char *url);


/*
 * What may be revoked in a run (sign-limits.c): the certificates in the files
 * that fileproc read when the run began.  certproc tells key and csr which of
 * these is to be revoked, and they need not trust it.
 */

#define REVOCABLE_MAX 4 /* The most such files of one job (part.h). */

/* The text of these files; all zero before the first. */
struct revocable {
	char *text[REVOCABLE_MAX];
	size_t len[REVOCABLE_MAX];
	size_t n;
};

/*
 * Takes one more file from a message, which has nothing else.  A fifth file
 * ends the process.
 */
void revocable_add(struct revocable *, struct msg *);
/*
 * Is this certificate (DER) the first one in one of the files?  They are
 * compared as base64, and not parsed.
 */
int revocable_has(const struct revocable *, const uint8_t *der, size_t len);
/*
 * Is at least one of the names in this certificate (DER), as dNSName or
 * iPAddress?  The certificate is searched for bytes, and not parsed.
 */
int revocable_names(const struct strings *, const uint8_t *der, size_t len);


/*
 * Makes JWK, thumbprint and JWS (RFC 7515, 7517, 7518, 7638), in sign-jws.c.
 * Keys are RSA of 2048 to 4096 bits, P-256 or P-384.
 */

/*
 * Makes the public JWK (RFC 7517 4, RFC 7518 6), with members in lexicographic
 * order. NULL: there is none for this type of key.
 */
json_t *jwk_public(EVP_PKEY *);
/* Makes the thumbprint (RFC 7638).  0, or -1 if the key has no JWK. */
int jwk_thumbprint(EVP_PKEY *, char out[THUMBPRINT_LEN + 1]);
/* Returns the algorithm, "RS256", "ES256" or "ES384"; or NULL. */
const char *jws_alg(EVP_PKEY *);
/*
 * Signs a JWS Signing Input (RFC 7515 5.1), in base64url.  NULL on failure; the
 * caller frees.  Other files call only those that make a whole JWS; the tests
 * sign the inputs of the RFCs' examples by this.
 */
char *jws_signature(EVP_PKEY *, const char *input);

/*
 * Makes the flattened JWS (RFC 7515 7.2.2) with the header of RFC 8555 6.2:
 * kid, or the public key if kid is NULL.  With a NULL payload it is a
 * POST-as-GET.  The caller frees it.  NULL on failure.
 */
char *jws_sign(EVP_PKEY *, const char *kid, const char *nonce, const char *url,
    json_t *payload);
/*
 * Makes the inner JWS of a key rollover (RFC 8555 7.3.5): by the new key,
 * without nonce.  NULL on failure.
 */
json_t *jws_inner(EVP_PKEY *, const char *url, json_t *payload);

/*
 * Makes the payload of a revocation (RFC 8555 7.6); reason -1: it gives no
 * reason.
 */
json_t *revocation(const char *certificate64, int reason);

/* The key that the CA issues for external account binding (RFC 8555 7.3.4). */
struct mac_key {
	const char *alg; /* "HS256", "HS384" or "HS512". */
	const char *kid;
	uint8_t *key;
	size_t len;
};
/*
 * Decodes a MAC key in any form that CAs use: base64 or base64url, padded or
 * not, with blanks.  NULL: it is none of these; the caller frees.
 */
uint8_t *mac_key_decode(const char *text, size_t *len);
/*
 * Makes the externalAccountBinding (RFC 8555 7.3.4); payload is the account's
 * public JWK. NULL on failure.
 */
json_t *jws_mac(const struct mac_key *, const char *url, json_t *payload);

#endif
