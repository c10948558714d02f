/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Handles CSRs, public key hashes, certificate chains and trust anchors. */
#ifndef X509_H
#define X509_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <time.h>

#include "acme-client.h"
#include "conf.h"
#include "log.h"

#define CHAIN_CERTS_MAX 10
/* The most bytes of a chain in PEM, both read and written. */
#define CHAIN_BYTES_MAX 65536

/* The bytes of a SHA-256 in hexadecimal, with its NUL. */
#define FINGERPRINT_LEN 65

/*
 * Returns the key's SubjectPublicKeyInfo in DER; NULL: it has none.  OpenSSL 3
 * takes longer to encode one than to sign, so those of the last two keys are
 * kept: the result is valid until the function was called for two other keys.
 */
const uint8_t *spki_der(EVP_PKEY *, size_t *len);
/* Makes the SHA-256 of spki_der(). */
int spki_hash(EVP_PKEY *, uint8_t out[SPKI_HASH_LEN]);

/*
 * Do the dNSNames (letter case ignored) and iPAddresses equal the names as a
 * set, in any order and with repetitions?  With names->more, further names are
 * accepted: host names below one of the names, and a name without its "www.".
 */
int names_equal(const GENERAL_NAMES *, const struct strings *);

/*
 * Makes a CSR (RFC 2986, RFC 8555 7.4) with an empty subject and the names in
 * subjectAltName, signed with SHA-256 (SHA-384 for P-384).  The result is DER;
 * the caller frees it with free().
 */
int csr_make(EVP_PKEY *, const struct strings *names, uint8_t **der,
    size_t *len, struct error *);
/*
 * Checks that the CSR is one DER object with a valid signature, for exactly
 * these names, by a key other than account (RFC 8555 11.1; NULL: not checked).
 * own: the administrator has made it; it may have a subject and extensions
 * other than names.  spki gets the hash of its key.
 */
int csr_check(const uint8_t *der, size_t len, const struct strings *names,
    EVP_PKEY *account, int own, uint8_t spki[SPKI_HASH_LEN], struct error *);
/* Is the key strong enough for a certificate or its issuer? */
int key_is_strong(EVP_PKEY *);
/* Is the key strong enough for a CSR?  0, or -1 with the reason. */
int csr_check_key(EVP_PKEY *, struct error *);
/*
 * Reads the administrator's CSR from the text of its file, PEM or DER.  The
 * result is DER; the caller frees it, and the names.
 */
int csr_parse(const char *text, size_t textlen, uint8_t **der, size_t *len,
    struct error *);
int csr_parse_names(
    const char *text, size_t len, struct strings *names, struct error *);
/* The public key of a CSR; NULL if it cannot be read. */
EVP_PKEY *csr_key(const uint8_t *der, size_t len);

/* Returns seconds since 1970, or -1 if the time is invalid. */
time_t asn1_time(const ASN1_TIME *);

struct roots; /* A set of trust anchors. */

/* A chain of certificates, the leaf first. */
struct chain {
	/* The certificates, of which there is at least one. */
	STACK_OF(X509) * certs;
	time_t not_before; /* The validity of the leaf. */
	time_t not_after;
	uint8_t spki[SPKI_HASH_LEN];
};

/*
 * Reads a chain: CERTIFICATE blocks with nothing but white space around them
 * (RFC 8555 9.1 and 11.4), at most CHAIN_CERTS_MAX and CHAIN_BYTES_MAX.  NULL,
 * with the reason.
 */
struct chain *chain_parse(const char *pem, size_t len, struct error *);
void chain_free(struct chain *); /* Frees the chain, which may be NULL. */

/* Do the leaf's names equal these as a set?  See names_equal(). */
int chain_names_equal(const struct chain *, const struct strings *names);
/* Would chain_names_equal() be 1 if names->more were set? */
int chain_names_added(const struct chain *, const struct strings *names);

/*
 * May this chain be installed?  The leaf has the key hash, exactly the names,
 * serverAuth, a strong key and signature (SHA-256 or better), no must-staple
 * (RFC 7633), and is no CA.  Its notBefore is not after now + CLOCK_SKEW; it is
 * valid for CHAIN_LEFT_MIN seconds more, and its notAfter is plausible (not
 * 9999).  Each further certificate issued the one before it and is as strong;
 * the last is one of roots or was issued by one (roots NULL: not checked).  0,
 * or -1 with the reason.
 */
/* The text of one of the reasons. */
#define NO_TRUSTED_ROOT "the chain does not lead to a trusted root"
#define CLOCK_SKEW 3600 /* The most seconds that a CA's clock may be ahead. */
#define CHAIN_LEFT_MIN 3600
int chain_verify(const struct chain *, const struct strings *names,
    const uint8_t spki[SPKI_HASH_LEN], const struct roots *roots, time_t now,
    struct error *);

/*
 * Returns the digest of a signature algorithm; NULL: it is too weak or unknown.
 * *type: the kind of signature.
 */
enum { SIGNATURE_RSA, SIGNATURE_ECDSA, SIGNATURE_PSS };
const EVP_MD *signature_digest(const X509_ALGOR *, int *type);
/* Has the key signed these bytes, with an accepted algorithm?  1 or 0. */
int signature_verify(const X509_ALGOR *, const uint8_t *data, size_t len,
    const uint8_t *signature, size_t siglen, EVP_PKEY *key);

/* Is the leaf's key of this type and size? */
int chain_key_fits(const struct chain *, const struct keyspec *);
/* Is the leaf for the key with this hash?  have: there is such a key. */
int chain_is_for(
    const struct chain *, int have, const uint8_t spki[SPKI_HASH_LEN]);

/*
 * Writes the CN of the issuer of certificate nth, made visible; "" if it has
 * none.
 */
void chain_issuer(const struct chain *, int nth, char *out, size_t size);
/* Appends the leaf's serial number in hexadecimal. */
void chain_add_serial(const struct chain *, char *out, size_t size);
/*
 * Describes the leaf, made visible: its first names, issuer, notAfter and
 * serial number.
 */
void chain_describe(const struct chain *, char *out, size_t size);
/* Do both chains have the same leaf?  The second chain may be NULL: 0. */
int chain_same_leaf(const struct chain *, const struct chain *);
/* Writes the SHA-256 of the leaf in hexadecimal. */
void chain_fingerprint(const struct chain *, char out[FINGERPRINT_LEN]);
/* Writes a SHA-256, such as the hash of a key, in hexadecimal. */
void hash_hex(const uint8_t hash[SPKI_HASH_LEN], char out[FINGERPRINT_LEN]);
/* Encodes the leaf in DER; the caller frees it. */
uint8_t *chain_leaf_der(const struct chain *, size_t *len);

/*
 * Encodes the certificates from..to in PEM (to = SIZE_MAX: up to the last).
 * The caller frees the text.
 */
char *chain_pem(const struct chain *, size_t from, size_t to, size_t *len);

/*
 * Validates the path (RFC 5280 6) for a server at now, with the certificates in
 * their order.  It must end at or below an anchor of roots (NULL: anywhere).
 * After the last certificate that an anchor has issued, only other certificates
 * of that CA may follow.  *anchor: the number of the certificate that is itself
 * an anchor, or -1.  0, or -1 with the reason.
 */
int path_verify(const struct chain *, const struct roots *, time_t now,
    int *anchor, struct error *);

/*
 * Reads trust anchors from PEM text.  NULL: there are none, or one is
 * malformed.
 */
struct roots *roots_load(const char *pem, size_t len, struct error *);
void roots_free(struct roots *); /* Frees the anchors, which may be NULL. */
/* Returns anchor n in DER; NULL: there are not so many. */
const uint8_t *roots_der(const struct roots *, size_t n, size_t *len);
/* Is this certificate, byte by byte, one of the anchors?  1 or 0. */
int roots_have(const struct roots *, X509 *);
/*
 * Returns the anchors whose subject is the certificate's issuer, maybe none;
 * the caller frees the stack and its certificates.
 */
STACK_OF(X509) * roots_issuers(const struct roots *, X509 *);

#endif
