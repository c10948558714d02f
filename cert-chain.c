/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads and writes certificate chains.  Each chain is encoded anew, so that no
 * other bytes reach a file.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "x509.h"

#define BEGIN_CERT "-----BEGIN CERTIFICATE-----"
#define END_CERT "-----END CERTIFICATE-----"

time_t
asn1_time(const ASN1_TIME *t)
{
	struct tm tm;

	/*
	 * ASN1_TIME_to_tm() is in OpenSSL and LibreSSL; timegm() takes its
	 * result as UTC.
	 */
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return (time_t)-1;
	return timegm(&tm);
}

void
chain_free(struct chain *c)
{
	if (c == NULL)
		return;
	sk_X509_pop_free(c->certs, X509_free);
	free(c);
}

/*
 * Hashes the key's bytes in the certificate: OpenSSL 3 takes longer to encode a
 * key anew than for all other work here.
 */
static int
hash_spki(X509 *cert, uint8_t out[SPKI_HASH_LEN])
{
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der), ok;

	ok = len > 0 &&
	    EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	return ok ? 0 : -1;
}

/*
 * Reads a certificate from the first block, which must be the whole text,
 * without headers (RFC 7468 2).
 */
static X509 *
read_cert(BIO *bio)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	const unsigned char *p;
	X509 *cert = NULL;
	long len;

	if (PEM_read_bio(bio, &name, &header, &der, &len) == 1 &&
	    strcmp(name, PEM_STRING_X509) == 0 && *header == '\0') {
		p = der;
		cert = d2i_X509(NULL, &p, len);
		if (cert != NULL && p != der + len) {
			X509_free(cert);
			cert = NULL;
		}
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return cert;
}

/*
 * Parses the block that starts at p; *end is set to the byte behind it.  NULL:
 * it is no certificate.
 */
static X509 *
parse_block(const char *p, const char **end)
{
	X509 *cert;
	BIO *bio;

	if (strncmp(p, BEGIN_CERT, strlen(BEGIN_CERT)) != 0 ||
	    (*end = strstr(p, END_CERT)) == NULL)
		return NULL;
	*end += strlen(END_CERT);
	/* libcrypto would skip a malformed block and parse the next one. */
	if (memmem(p + 5, (size_t)(*end - p) - 5, "-----BEGIN", 10) != NULL)
		return NULL;
	if ((bio = BIO_new_mem_buf(p, (int)(*end - p))) == NULL)
		err(1, NULL);
	cert = read_cert(bio);
	BIO_free(bio);
	return cert;
}

static int
parse_all(struct chain *c, const char *pem, struct error *e)
{
	const char *p = pem;
	X509 *cert;

	for (;;) {
		p += strspn(p, " \t\r\n");
		if (*p == '\0')
			break;
		if ((cert = parse_block(p, &p)) == NULL)
			return error_set(e,
			    "not only whole certificates in PEM: there is "
			    "something else where certificate %d should begin, "
			    "or it is not whole",
			    sk_X509_num(c->certs) + 1);
		if (sk_X509_num(c->certs) == CHAIN_CERTS_MAX) {
			X509_free(cert);
			return error_set(
			    e, "more than %d certificates", CHAIN_CERTS_MAX);
		}
		if (!sk_X509_push(c->certs, cert))
			err(1, NULL);
	}
	return sk_X509_num(c->certs) > 0 ? 0 :
					   error_set(e, "no certificate in it");
}

/*
 * A chain that was read must be readable again after it was written, so the
 * same limit holds for both.
 */
static int
check_size(const struct chain *c, size_t len, struct error *e)
{
	size_t written;

	/*
	 * Encoding again never doubles the length: base64 and line length stay
	 * the same.
	 */
	if (len <= CHAIN_BYTES_MAX / 2)
		return 0;
	free(chain_pem(c, 0, SIZE_MAX, &written));
	return written <= CHAIN_BYTES_MAX ?
	    0 :
	    error_set(e, "more than %d bytes in lines of 64 characters",
		CHAIN_BYTES_MAX);
}

struct chain *
chain_parse(const char *pem, size_t len, struct error *e)
{
	struct chain *c;
	char *text;
	X509 *leaf;
	int rc;

	if (len > CHAIN_BYTES_MAX || memchr(pem, '\0', len) != NULL) {
		error_set(e,
		    len > CHAIN_BYTES_MAX ? "more than %d bytes" : "NUL in it",
		    CHAIN_BYTES_MAX);
		return NULL;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->certs = sk_X509_new_null()) == NULL ||
	    (text = strndup(pem, len)) == NULL)
		err(1, NULL);
	rc = parse_all(c, text, e);
	free(text);
	if (rc == 0) {
		leaf = sk_X509_value(c->certs, 0);
		c->not_before = asn1_time(X509_get0_notBefore(leaf));
		c->not_after = asn1_time(X509_get0_notAfter(leaf));
		if (X509_get0_pubkey(leaf) == NULL ||
		    hash_spki(leaf, c->spki) == -1)
			rc = error_set(e,
			    "certificate with a public key that cannot be "
			    "used");
	}
	if (rc == 0)
		rc = check_size(c, len, e);
	ERR_clear_error();
	if (rc == 0)
		return c;
	chain_free(c);
	return NULL;
}

int
chain_names_equal(const struct chain *c, const struct strings *names)
{
	GENERAL_NAMES *san;
	int equal;

	san = X509_get_ext_d2i(
	    sk_X509_value(c->certs, 0), NID_subject_alt_name, NULL, NULL);
	equal = names_equal(san, names);
	GENERAL_NAMES_free(san);
	return equal;
}

int
chain_names_added(const struct chain *c, const struct strings *names)
{
	struct strings open = *names;

	open.more = 1;
	return chain_names_equal(c, &open);
}

int
chain_key_fits(const struct chain *c, const struct keyspec *spec)
{
	EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(c->certs, 0));

	return spec->type == KEYTYPE_ANY ||
	    ((EVP_PKEY_base_id(key) == EVP_PKEY_RSA) ==
		    (spec->type == KEYTYPE_RSA) &&
		(spec->bits == 0 || spec->bits == EVP_PKEY_bits(key)));
}

int
chain_is_for(const struct chain *c, int have, const uint8_t spki[SPKI_HASH_LEN])
{
	return have && memcmp(c->spki, spki, SPKI_HASH_LEN) == 0;
}

void
chain_issuer(const struct chain *c, int nth, char *out, size_t size)
{
	X509_NAME *issuer = X509_get_issuer_name(sk_X509_value(c->certs, nth));
	int i = X509_NAME_get_index_by_NID(issuer, NID_commonName, -1);
	const ASN1_STRING *cn;

	out[0] = '\0';
	if (i < 0)
		return;
	cn = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, i));
	say_safe(out, size, (const char *)ASN1_STRING_get0_data(cn),
	    (size_t)ASN1_STRING_length(cn));
}

int
chain_same_leaf(const struct chain *a, const struct chain *b)
{
	return b != NULL &&
	    X509_cmp(sk_X509_value(a->certs, 0), sk_X509_value(b->certs, 0)) ==
	    0;
}

void
hash_hex(const uint8_t hash[SPKI_HASH_LEN], char out[FINGERPRINT_LEN])
{
	size_t i;

	for (i = 0; i < SPKI_HASH_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

void
chain_fingerprint(const struct chain *c, char out[FINGERPRINT_LEN])
{
	uint8_t hash[SPKI_HASH_LEN];
	unsigned len = sizeof(hash);

	if (!X509_digest(sk_X509_value(c->certs, 0), EVP_sha256(), hash, &len))
		errx(1, "SHA-256 failed");
	hash_hex(hash, out);
}

uint8_t *
chain_leaf_der(const struct chain *c, size_t *len)
{
	uint8_t *der = NULL, *out;
	int n = i2d_X509(sk_X509_value(c->certs, 0), &der);

	if (n <= 0 || (out = malloc((size_t)n)) == NULL)
		err(1, NULL);
	memcpy(out, der, (size_t)n);
	OPENSSL_free(der);
	*len = (size_t)n;
	return out;
}

char *
chain_pem(const struct chain *c, size_t from, size_t to, size_t *len)
{
	size_t i, n = (size_t)sk_X509_num(c->certs);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *out;

	if (bio == NULL)
		err(1, NULL);
	for (i = from; i < n && i < to; i++)
		if (!PEM_write_bio_X509(bio, sk_X509_value(c->certs, (int)i)))
			err(1, NULL);
	*len = (size_t)BIO_get_mem_data(bio, &data);
	if ((out = malloc(*len + 1)) == NULL)
		err(1, NULL);
	if (*len > 0)
		memcpy(out, data, *len);
	out[*len] = '\0';
	BIO_free(bio);
	return out;
}
