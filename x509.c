/* SPDX-License-Identifier: ISC */
/*
 * Certificate signing requests and public key hashes.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "x509.h"

int
spki_hash(EVP_PKEY *key, uint8_t out[SPKI_HASH_LEN])
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der), ok;

	if (len <= 0)
		return -1;
	ok = EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	return ok ? 0 : -1;
}

int
names_contain(const struct strings *names, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (strlen(names->v[i]) == len && strncasecmp(names->v[i], name, len) == 0)
			return 1;
	return 0;
}

/* Is one of san this dNSName?  A NUL inside makes it longer than any name of ours. */
static int
san_contains(const GENERAL_NAMES *san, char *name)
{
	struct strings one = { &name, 1 };
	const ASN1_IA5STRING *s;
	const GENERAL_NAME *g;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		g = sk_GENERAL_NAME_value(san, i);
		s = g->type == GEN_DNS ? g->d.dNSName : NULL;
		if (s != NULL && names_contain(&one, (const char *)ASN1_STRING_get0_data(s),
		    (size_t)ASN1_STRING_length(s)))
			return 1;
	}
	return 0;
}

/* Counts alone would take one name twice, in another letter case, for another one. */
int
names_equal(const GENERAL_NAMES *san, const struct strings *names)
{
	const GENERAL_NAME *g;
	size_t i;

	if (san == NULL || (size_t)sk_GENERAL_NAME_num(san) != names->n)
		return 0;
	for (i = 0; i < names->n; i++) {
		g = sk_GENERAL_NAME_value(san, (int)i);
		if (g->type != GEN_DNS || !names_contain(names,
		    (const char *)ASN1_STRING_get0_data(g->d.dNSName),
		    (size_t)ASN1_STRING_length(g->d.dNSName)) ||
		    !san_contains(san, names->v[i]))
			return 0;
	}
	return names->n > 0;
}

/* One dNSName for each name; the caller frees. */
static GENERAL_NAMES *
make_names(const struct strings *names)
{
	GENERAL_NAMES *san = sk_GENERAL_NAME_new_null();
	ASN1_IA5STRING *s;
	GENERAL_NAME *g;
	size_t i;

	if (san == NULL)
		err(1, NULL);
	for (i = 0; i < names->n; i++) {
		g = GENERAL_NAME_new();
		s = ASN1_IA5STRING_new();
		if (g == NULL || s == NULL || !ASN1_STRING_set(s, names->v[i], -1) ||
		    !sk_GENERAL_NAME_push(san, g))
			err(1, NULL);
		GENERAL_NAME_set0_value(g, GEN_DNS, s);
	}
	return san;
}

int
csr_make(EVP_PKEY *key, const struct strings *names, uint8_t **der, size_t *len, struct why *w)
{
	STACK_OF(X509_EXTENSION) *exts = NULL;
	GENERAL_NAMES *san = make_names(names);
	X509_REQ *req = X509_REQ_new();
	uint8_t *buf = NULL;
	int n = -1;

	*der = NULL;
	if (req != NULL && X509_REQ_set_version(req, 0) && X509_REQ_set_pubkey(req, key) &&
	    X509V3_add1_i2d(&exts, NID_subject_alt_name, san, 0, X509V3_ADD_DEFAULT) == 1 &&
	    X509_REQ_add_extensions(req, exts) &&
	    X509_REQ_sign(req, key, EVP_PKEY_bits(key) == 384 ? EVP_sha384() : EVP_sha256()))
		n = i2d_X509_REQ(req, &buf);
	if (n > 0) {
		if ((*der = malloc((size_t)n)) == NULL)
			err(1, NULL);
		memcpy(*der, buf, (size_t)n);
		*len = (size_t)n;
	}
	OPENSSL_free(buf);
	X509_REQ_free(req);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	sk_GENERAL_NAME_pop_free(san, GENERAL_NAME_free);
	return n > 0 ? 0 : why(w, "cannot make the CSR: %s",
	    ERR_reason_error_string(ERR_get_error()));
}

/* The names are in one subjectAltName extension, and nothing else is asked for. */
static int
csr_check_names(X509_REQ *req, const struct strings *names, struct why *w)
{
	STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(req);
	GENERAL_NAMES *san = NULL;
	int rc = 0;

	/* An attribute is a set; a second value would escape our eyes, not the CA's. */
	if (X509_REQ_get_attr_count(req) != 1 ||
	    X509_ATTRIBUTE_count(X509_REQ_get_attr(req, 0)) != 1 ||
	    sk_X509_EXTENSION_num(exts) != 1)
		rc = why(w, "CSR with other extensions than subjectAltName");
	else {
		san = X509V3_get_d2i(exts, NID_subject_alt_name, NULL, NULL);
		if (!names_equal(san, names))
			rc = why(w, "CSR for other names than the configured ones");
	}
	if (X509_REQ_get_version(req) != 0)
		rc = why(w, "CSR of another version than RFC 2986's");
	if (X509_NAME_entry_count(X509_REQ_get_subject_name(req)) != 0)
		rc = why(w, "CSR with a subject");
	GENERAL_NAMES_free(san);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return rc;
}

int
csr_check(const uint8_t *der, size_t len, const struct strings *names, EVP_PKEY *account,
    uint8_t spki[SPKI_HASH_LEN], struct why *w)
{
	const uint8_t *p = der;
	X509_REQ *req = NULL;
	EVP_PKEY *key = NULL;
	uint8_t hash[SPKI_HASH_LEN];
	int rc = 0;

	if (len > 0 && len <= 65536)
		req = d2i_X509_REQ(NULL, &p, (long)len);
	if (req == NULL || p != der + len)
		rc = why(w, "CSR is not one whole DER object");
	else if ((key = X509_REQ_get_pubkey(req)) == NULL || X509_REQ_verify(req, key) != 1)
		rc = why(w, "CSR is not signed by its own key");
	else if (spki_hash(key, spki) == -1 || spki_hash(account, hash) == -1)
		rc = why(w, "cannot hash a public key");
	else if (memcmp(spki, hash, sizeof(hash)) == 0)
		rc = why(w, "CSR is for the account's own key, which RFC 8555 11.1 forbids");
	else
		rc = csr_check_names(req, names, w);
	EVP_PKEY_free(key);
	X509_REQ_free(req);
	ERR_clear_error();
	return rc;
}
