/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Makes certificates for tls-alpn-01 (RFC 8737 3).  CAs compare more than the
 * RFC demands: Boulder compares the bytes of subjectAltName, issuer and
 * subject, and verifies the signature.  The key proves nothing by itself, since
 * only the extension counts; an attacker who has it gains nothing.
 */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "resp.h"
#include "valid.h"

#define DAY 86400
#define OID_SAN "2.5.29.17"
/* The extension acmeIdentifier (RFC 8737 6.1). */
#define OID_ACME "1.3.6.1.5.5.7.1.31"
#define TAG_OCTETS 0x04
#define TAG_SEQUENCE 0x30
/* The tags of GeneralName [2] and [7] (RFC 5280 4.2.1.6). */
#define TAG_DNS_NAME 0x82
#define TAG_IP_ADDRESS 0x87

static EVP_PKEY *key;
static BIO *key_pem;

void
selfsigned_begin(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0 ||
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1) <=
		0 ||
	    EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) <= 0 ||
	    EVP_PKEY_keygen(ctx, &key) <= 0)
		errx(1, "cannot make a key");
	EVP_PKEY_CTX_free(ctx);
	if ((key_pem = BIO_new(BIO_s_mem())) == NULL ||
	    !PEM_write_bio_PKCS8PrivateKey(
		key_pem, key, NULL, NULL, 0, NULL, NULL))
		errx(1, "cannot encode the key");
}

static const uint8_t *
memory_of(BIO *bio, size_t *len)
{
	char *text;
	long n = BIO_get_mem_data(bio, &text);

	*len = n < 0 ? 0 : (size_t)n;
	return (const uint8_t *)text;
}

const uint8_t *
selfsigned_key(size_t *len)
{
	return memory_of(key_pem, len);
}

void
selfsigned_server_name(const char *identifier, char name[SERVER_NAME_SIZE])
{
	unsigned char addr[16];
	size_t i, n = address_bytes(identifier, addr);
	char *out = name;

	if (n == 4)
		snprintf(name, SERVER_NAME_SIZE, "%u.%u.%u.%u.in-addr.arpa",
		    addr[3], addr[2], addr[1], addr[0]);
	else if (n == 16) {
		for (i = 16; i-- > 0; out += 4)
			snprintf(out, 5, "%x.%x.", addr[i] & 15u, addr[i] >> 4);
		snprintf(out, 9, "ip6.arpa");
	} else
		strlcpy(name, identifier, SERVER_NAME_SIZE);
}

/*
 * Writes the tag and length of so many bytes (X.690 8.1), at most 65535;
 * returns how many bytes that takes.
 */
static size_t
put_head(uint8_t *out, uint8_t tag, size_t len)
{
	size_t n = 0;

	out[n++] = tag;
	if (len > 255) {
		out[n++] = 0x82;
		out[n++] = (uint8_t)(len >> 8);
	} else if (len > 127)
		out[n++] = 0x81;
	out[n++] = (uint8_t)len;
	return n;
}

/* Adds the extension with this value; 0: no memory. */
static int
add_extension(
    X509 *x, const char *oid, int critical, const uint8_t *value, size_t len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = NULL;
	int ok;

	ok = object != NULL && octets != NULL &&
	    ASN1_OCTET_STRING_set(octets, value, (int)len) &&
	    (e = X509_EXTENSION_create_by_OBJ(
		 NULL, object, critical, octets)) != NULL &&
	    X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(octets);
	ASN1_OBJECT_free(object);
	return ok;
}

/* Adds the subjectAltName with one GeneralName. */
static int
add_name(X509 *x, const char *identifier)
{
	uint8_t name[16 + SERVER_NAME_SIZE], value[8 + sizeof(name)];
	unsigned char addr[16];
	const uint8_t *bytes = addr;
	size_t n, len = address_bytes(identifier, addr);
	uint8_t tag = len > 0 ? TAG_IP_ADDRESS : TAG_DNS_NAME;

	if (len == 0) {
		bytes = (const uint8_t *)identifier;
		len = strlen(identifier);
	}
	if (len >= SERVER_NAME_SIZE)
		return 0;
	n = put_head(name, tag, len);
	memcpy(name + n, bytes, len);
	len += n;
	n = put_head(value, TAG_SEQUENCE, len);
	memcpy(value + n, name, len);
	return add_extension(x, OID_SAN, 0, value, n + len);
}

static int
add_digest(X509 *x, const uint8_t digest[SELFSIGNED_DIGEST_LEN])
{
	uint8_t value[8 + SELFSIGNED_DIGEST_LEN];
	size_t n = put_head(value, TAG_OCTETS, SELFSIGNED_DIGEST_LEN);

	memcpy(value + n, digest, SELFSIGNED_DIGEST_LEN);
	return add_extension(x, OID_ACME, 1, value, n + SELFSIGNED_DIGEST_LEN);
}

/* Sets subject and issuer to the same bytes. */
static int
set_subject(X509 *x)
{
	static const unsigned char text[] = "ACME challenge";
	X509_NAME *name = X509_NAME_new();
	int ok;

	ok = name != NULL &&
	    X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
		text, sizeof(text) - 1, -1, 0) &&
	    X509_set_subject_name(x, name) && X509_set_issuer_name(x, name);
	X509_NAME_free(name);
	return ok;
}

/*
 * Sets a random positive serial number, as a client may remember issuer and
 * number.
 */
static int
set_serial(X509 *x)
{
	long n;

	arc4random_buf(&n, sizeof(n));
	return ASN1_INTEGER_set(X509_get_serialNumber(x), (n & LONG_MAX) | 1);
}

static X509 *
build(const char *identifier, const uint8_t digest[SELFSIGNED_DIGEST_LEN])
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, 2) && set_serial(x) &&
	    set_subject(x) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -DAY) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), DAY) != NULL &&
	    X509_set_pubkey(x, key) && add_name(x, identifier) &&
	    add_digest(x, digest) && X509_sign(x, key, EVP_sha256()))
		return x;
	X509_free(x);
	return NULL;
}

uint8_t *
selfsigned_cert(const char *identifier,
    const uint8_t digest[SELFSIGNED_DIGEST_LEN], size_t *len)
{
	X509 *x = build(identifier, digest);
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *pem = NULL;
	const uint8_t *text;

	if (x != NULL && bio != NULL && PEM_write_bio_X509(bio, x)) {
		text = memory_of(bio, len);
		if ((pem = malloc(*len)) == NULL)
			err(1, NULL);
		memcpy(pem, text, *len);
	}
	BIO_free(bio);
	X509_free(x);
	ERR_clear_error();
	return pem;
}
