/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Certificates for tests: good ones, and each way of being bad.
 */
#ifndef X509_MAKE_H
#define X509_MAKE_H

#include <string.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

struct recipe {
	const char *subject; /* CN, or NULL */
	const char *san;     /* "DNS:a,DNS:b", or NULL */
	const char *basic;   /* basicConstraints, or NULL */
	const char *eku;     /* extendedKeyUsage, or NULL */
	const char *usage;   /* keyUsage, or NULL */
	const char *other;   /* OID=value of one more, or NULL */
	time_t from, to;     /* seconds from now */
	const EVP_MD *md;    /* NULL: SHA-256 */
};

static EVP_PKEY *
make_curve_key(int nid)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY *key = NULL;

	EVP_PKEY_keygen_init(ctx);
	EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, nid);
	EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE);
	EVP_PKEY_keygen(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* 0 bits: P-256. */
static EVP_PKEY *
make_key(int rsa_bits)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	if (rsa_bits == 0)
		return make_curve_key(NID_X9_62_prime256v1);
	ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
	EVP_PKEY_keygen_init(ctx);
	EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, rsa_bits);
	EVP_PKEY_keygen(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void
add_ext(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, (char *)(uintptr_t)value);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* Issued by issuer with its key, or self-signed where issuer is NULL. */
static X509 *
make_cert(
    EVP_PKEY *key, const struct recipe *r, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *cert = X509_new();
	unsigned char serial[8];
	X509_NAME *name;

	X509_set_version(cert, 2);
	RAND_bytes(serial, sizeof(serial));
	serial[0] &= 0x7f;
	ASN1_INTEGER_set(X509_get_serialNumber(cert),
	    (long)(serial[0] << 16 | serial[1] << 8 | serial[2]) + 1);
	X509_time_adj_ex(X509_getm_notBefore(cert), (int)(r->from / 86400),
	    (long)(r->from % 86400), NULL);
	X509_time_adj_ex(X509_getm_notAfter(cert), (int)(r->to / 86400),
	    (long)(r->to % 86400), NULL);
	X509_set_pubkey(cert, key);
	name = X509_get_subject_name(cert);
	if (r->subject != NULL)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		    (const unsigned char *)r->subject, -1, -1, 0);
	X509_set_issuer_name(
	    cert, issuer == NULL ? name : X509_get_subject_name(issuer));
	add_ext(cert, NID_basic_constraints, r->basic);
	add_ext(cert, NID_key_usage, r->usage);
	add_ext(cert, NID_ext_key_usage, r->eku);
	add_ext(cert, NID_subject_alt_name, r->san);
	if (r->other != NULL) {
		char oid[64];
		X509_EXTENSION *ext;

		snprintf(oid, sizeof(oid), "%.*s", (int)strcspn(r->other, "="),
		    r->other);
		ext = X509V3_EXT_conf(NULL, NULL, oid,
		    (char *)(uintptr_t)(strchr(r->other, '=') + 1));
		X509_add_ext(cert, ext, -1);
		X509_EXTENSION_free(ext);
	}
	X509_sign(cert, issuer == NULL ? key : issuer_key,
	    r->md == NULL ? EVP_sha256() : r->md);
	return cert;
}

/* PEM of n certificates; the caller frees. */
static inline char *
make_pem(X509 **certs, int n)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *out;
	long len;
	int i;

	for (i = 0; i < n; i++)
		PEM_write_bio_X509(bio, certs[i]);
	len = BIO_get_mem_data(bio, &data);
	out = strndup(data, (size_t)len);
	BIO_free(bio);
	return out;
}

#endif
