/*
 * CSRs, public key hashes, chains: the verdict on one, and what is said of it.
 */
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
#define CHAIN_BYTES_MAX 65536 /* in PEM; read and written */

/*
 * The DER SubjectPublicKeyInfo, until that of two other keys was asked for;
 * NULL: there is none.  OpenSSL 3 takes several times as long to write one as
 * to sign: it is kept with the key.
 */
const uint8_t *spki_der(EVP_PKEY *, size_t *len);
/* SHA-256 of that. */
int spki_hash(EVP_PKEY *, uint8_t out[SPKI_HASH_LEN]);

/*
 * Is each of the names there, as dNSName (letter case ignored) or iPAddress,
 * and are these the only ones?  In any order; a name that is repeated counts
 * once.  Where names->more is set, names below them, and one of them without
 * its www, may be added.
 */
int names_equal(const GENERAL_NAMES *, const struct strings *);

/*
 * RFC 2986, RFC 8555 7.4: empty subject, the names in subjectAltName,
 * SHA-256 (SHA-384 for P-384), self-signed.  DER, the caller frees with free().
 */
int csr_make(EVP_PKEY *, const struct strings *names, uint8_t **der,
    size_t *len, struct error *);
/*
 * The CSR is one whole DER object, correctly self-signed, for exactly these
 * names, by a key other than account (RFC 8555 11.1; NULL: not looked at).
 * own: one of the administrator's, that may have a subject and ask for more
 * than names.  spki gets its key's hash.
 */
int csr_check(const uint8_t *der, size_t len, const struct strings *names,
    EVP_PKEY *account, int own, uint8_t spki[SPKI_HASH_LEN], struct error *);
/* Is it as strong as one must be that is certified, or certifies? */
int key_is_strong(EVP_PKEY *);
/* Is a CSR's key?  0, or -1 with the reason. */
int csr_check_key(EVP_PKEY *, struct error *);
/*
 * The administrator's CSR from the text of its file, PEM or DER: in DER, the
 * caller frees; and its names, which the caller owns.
 */
int csr_parse(const char *text, size_t textlen, uint8_t **der, size_t *len,
    struct error *);
int csr_parse_names(
    const char *text, size_t len, struct strings *names, struct error *);
/* The public key of a CSR; NULL if it cannot be read. */
EVP_PKEY *csr_key(const uint8_t *der, size_t len);

/* Seconds since 1970, -1 if it is no time. */
time_t asn1_time(const ASN1_TIME *);

struct roots; /* trust anchors */

/* Certificates, leaf first. */
struct chain {
	STACK_OF(X509) * certs; /* at least one */
	time_t not_before;      /* of the leaf */
	time_t not_after;
	uint8_t spki[SPKI_HASH_LEN];
};

/*
 * RFC 8555 9.1 and 11.4: CERTIFICATE blocks only, nothing but white space
 * around them, at most CHAIN_CERTS_MAX and CHAIN_BYTES_MAX.  NULL: see why.
 */
struct chain *chain_parse(const char *pem, size_t len, struct error *);
void chain_free(struct chain *); /* NULL is fine */

/* 1 if the leaf's names equal these as a set, as names_equal() says. */
int chain_names_equal(const struct chain *, const struct strings *names);
/* Would it do if names->more were set? */
int chain_names_added(const struct chain *, const struct strings *names);

/*
 * May this chain be installed?  Leaf: key hash, exactly the names, not a CA,
 * serverAuth, signature SHA-256 or better (also RSASSA-PSS), key strong enough,
 * no must-staple (RFC 7633), notBefore not after now + CLOCK_SKEW, at least
 * CHAIN_LEFT_MIN seconds left at now, notAfter sane (not 9999).  Chain: each
 * certifies the one before it, as strongly; it ends at (or below) a certificate
 * of roots, or anywhere where roots is NULL.  0, or -1 with the reason.
 */
/* one of the reasons */
#define NO_TRUSTED_ROOT "the chain does not lead to a trusted root"
#define CLOCK_SKEW 3600 /* seconds that a CA's clock may be ahead */
#define CHAIN_LEFT_MIN 3600
int chain_verify(const struct chain *, const struct strings *names,
    const uint8_t spki[SPKI_HASH_LEN], const struct roots *roots, time_t now,
    struct error *);

/*
 * The digest of a signature algorithm; NULL: it is too weak, or unknown.
 * type: by which of these it is made.
 */
enum { SIGNATURE_RSA, SIGNATURE_ECDSA, SIGNATURE_PSS };
const EVP_MD *signature_digest(const X509_ALGOR *, int *type);
/* Are these bytes signed by this key, with a digest that counts?  1 or 0. */
int signature_verify(const X509_ALGOR *, const uint8_t *data, size_t len,
    const uint8_t *signature, size_t siglen, EVP_PKEY *key);

/* Is the leaf's key of this type and size? */
int chain_key_fits(const struct chain *, const struct keyspec *);
/* Is it for this key (have: there is one)? */
int chain_is_for(
    const struct chain *, int have, const uint8_t spki[SPKI_HASH_LEN]);

/*
 * The CN of the issuer of the nth certificate, made visible; "" if it has none.
 */
void chain_issuer(const struct chain *, int nth, char *out, size_t size);
/*
 * The leaf's names, of which the first few, its issuer, end and serial number:
 * a text that is visible.
 */
void chain_describe(const struct chain *, char *out, size_t size);
/* Have they the same leaf?  The second may be NULL, and has none then. */
int chain_same_leaf(const struct chain *, const struct chain *);
/* SHA-256 of the leaf, in hexadecimal. */
void chain_fingerprint(const struct chain *, char out[65]);
/* The leaf in DER; the caller frees. */
uint8_t *chain_leaf_der(const struct chain *, size_t *len);

/*
 * Re-serialised PEM; from..to are indices (to = SIZE_MAX: to the end).  The
 * caller frees.
 */
char *chain_pem(const struct chain *, size_t from, size_t to, size_t *len);

/*
 * Is the chain, as it is and in its order, valid for a server at now (RFC 5280
 * 6), and does it end at or below an anchor of roots, or, where roots is NULL,
 * anywhere?  Behind the last certificate that an anchor has issued only that
 * CA's other certificates may follow.  anchor gets the number of the
 * certificate that is an anchor itself, or -1.  0, or -1 with the reason.
 */
int path_verify(const struct chain *, const struct roots *, time_t now,
    int *anchor, struct error *);

/* Trust anchors from PEM text; NULL: none in it, or one is broken. */
struct roots *roots_load(const char *pem, size_t len, struct error *);
void roots_free(struct roots *); /* NULL is fine */
/* The nth one in DER; NULL: there are not so many. */
const uint8_t *roots_der(const struct roots *, size_t n, size_t *len);
/* Is this certificate, byte by byte, one of them?  1 or 0. */
int roots_have(const struct roots *, X509 *);
/*
 * Those that have the name of the certificate's issuer, maybe none; the caller
 * frees, and them.
 */
STACK_OF(X509) * roots_issuers(const struct roots *, X509 *);

#endif
