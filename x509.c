/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Makes and checks certificate signing requests, and hashes public keys. */
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "valid.h"
#include "x509.h"

const uint8_t *
spki_der(EVP_PKEY *key, size_t *len)
{
	/* The last two results; the latest is first. */
	static struct {
		EVP_PKEY *key;
		uint8_t *der;
		size_t len;
	} kept[2], found;
	int n;

	if (key == kept[1].key) {
		found = kept[1];
		kept[1] = kept[0];
		kept[0] = found;
	} else if (key != kept[0].key) {
		found.der = NULL;
		if ((n = i2d_PUBKEY(key, &found.der)) <= 0)
			return NULL;
		found.len = (size_t)n;
		EVP_PKEY_up_ref(found.key = key);
		EVP_PKEY_free(kept[1].key);
		OPENSSL_free(kept[1].der);
		kept[1] = kept[0];
		kept[0] = found;
	}
	*len = kept[0].len;
	return kept[0].der;
}

int
spki_hash(EVP_PKEY *key, uint8_t out[SPKI_HASH_LEN])
{
	size_t len;
	const uint8_t *der = spki_der(key, &len);

	return der != NULL &&
		EVP_Digest(der, len, out, NULL, EVP_sha256(), NULL) ?
	    0 :
	    -1;
}

/*
 * Is g this name?  An address is an iPAddress only, compared by its bytes (RFC
 * 8738 3); a NUL in a dNSName makes it longer than any of our names.
 */
static int
is_name(const GENERAL_NAME *g, const char *name)
{
	unsigned char addr[16];
	size_t n = address_bytes(name, addr);
	const ASN1_STRING *s;

	if (g->type != (n > 0 ? GEN_IPADD : GEN_DNS))
		return 0;
	s = n > 0 ? g->d.iPAddress : g->d.dNSName;
	if (n > 0)
		return (size_t)ASN1_STRING_length(s) == n &&
		    memcmp(ASN1_STRING_get0_data(s), addr, n) == 0;
	n = strlen(name);
	return (size_t)ASN1_STRING_length(s) == n &&
	    strncasecmp((const char *)ASN1_STRING_get0_data(s), name, n) == 0;
}

static int
is_among(const GENERAL_NAME *g, const struct strings *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (is_name(g, names->v[i]))
			return 1;
	return 0;
}

/*
 * Is this a host name below one of the names, or one of them without its
 * "www."?  CAs add the latter, as both belong to a host whose control was
 * proved.  Names with wildcards never are.
 */
static int
is_of_same_host(const GENERAL_NAME *g, const struct strings *names)
{
	char *name, *p;
	size_t i, n;
	int same = 0;

	if (g->type != GEN_DNS)
		return 0;
	n = (size_t)ASN1_STRING_length(g->d.dNSName);
	if ((name = strndup(
		 (const char *)ASN1_STRING_get0_data(g->d.dNSName), n)) == NULL)
		err(1, NULL);
	for (p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (strlen(name) == n && valid_dns_name(name))
		for (i = 0; i < names->n && !same; i++) {
			p = strlen(names->v[i]) < n ?
			    name + n - strlen(names->v[i]) :
			    name;
			same = (p > name && p[-1] == '.' &&
				   strcmp(p, names->v[i]) == 0) ||
			    (strncmp(names->v[i], "www.", 4) == 0 &&
				strcmp(names->v[i] + 4, name) == 0);
		}
	free(name);
	return same;
}

static int
names_include(const GENERAL_NAMES *san, const struct strings *names)
{
	size_t i;
	int j, n = san == NULL ? 0 : sk_GENERAL_NAME_num(san);

	for (i = 0; i < names->n; i++) {
		for (j = 0; j < n &&
		     !is_name(sk_GENERAL_NAME_value(san, j), names->v[i]);
		     j++)
			;
		if (j == n)
			return 0;
	}
	return names->n > 0;
}

/*
 * Comparing counts is not enough: a.example and A.EXAMPLE would count as two
 * names.
 */
int
names_equal(const GENERAL_NAMES *san, const struct strings *names)
{
	int i;

	if (!names_include(san, names))
		return 0;
	for (i = 0; i < sk_GENERAL_NAME_num(san); i++)
		if (!is_among(sk_GENERAL_NAME_value(san, i), names) &&
		    !(names->more &&
			is_of_same_host(sk_GENERAL_NAME_value(san, i), names)))
			return 0;
	return 1;
}

/* Makes a dNSName or iPAddress for each name; the caller frees. */
static GENERAL_NAMES *
make_names(const struct strings *names)
{
	GENERAL_NAMES *san = sk_GENERAL_NAME_new_null();
	unsigned char addr[16];
	ASN1_STRING *s;
	GENERAL_NAME *g;
	size_t i, n;

	if (san == NULL)
		err(1, NULL);
	for (i = 0; i < names->n; i++) {
		n = address_bytes(names->v[i], addr);
		g = GENERAL_NAME_new();
		s = ASN1_STRING_type_new(
		    n > 0 ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
		if (g == NULL || s == NULL ||
		    !(n > 0 ? ASN1_STRING_set(s, addr, (int)n) :
			      ASN1_STRING_set(s, names->v[i], -1)) ||
		    !sk_GENERAL_NAME_push(san, g))
			err(1, NULL);
		GENERAL_NAME_set0_value(g, n > 0 ? GEN_IPADD : GEN_DNS, s);
	}
	return san;
}

int
csr_make(EVP_PKEY *key, const struct strings *names, uint8_t **der, size_t *len,
    struct error *e)
{
	STACK_OF(X509_EXTENSION) *exts = NULL;
	GENERAL_NAMES *san = make_names(names);
	X509_REQ *req = X509_REQ_new();
	uint8_t *buf = NULL;
	int n = -1;

	*der = NULL;
	if (req != NULL && X509_REQ_set_version(req, 0) &&
	    X509_REQ_set_pubkey(req, key) &&
	    X509V3_add1_i2d(
		&exts, NID_subject_alt_name, san, 0, X509V3_ADD_DEFAULT) == 1 &&
	    X509_REQ_add_extensions(req, exts) &&
	    X509_REQ_sign(req, key,
		EVP_PKEY_bits(key) == 384 ? EVP_sha384() : EVP_sha256()))
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
	return n > 0 ? 0 : error_set(e, "cannot make the CSR");
}

/*
 * Checks that the names are in one subjectAltName extension and, unless own is
 * set, that the CSR asks for nothing else.
 */
static int
csr_check_names(
    X509_REQ *req, const struct strings *names, int own, struct error *e)
{
	STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(req);
	GENERAL_NAMES *san = NULL;
	int rc = 0;

	/*
	 * An attribute is a set: only its first value is checked here, but the
	 * CA may read another one.
	 */
	if (X509_REQ_get_attr_count(req) != 1 ||
	    X509_ATTRIBUTE_count(X509_REQ_get_attr(req, 0)) != 1)
		rc = error_set(e,
		    "CSR with other attributes than one request for "
		    "extensions");
	else if (exts == NULL || (!own && sk_X509_EXTENSION_num(exts) != 1))
		rc = error_set(
		    e, "CSR with other extensions than subjectAltName");
	else {
		san = X509V3_get_d2i(exts, NID_subject_alt_name, NULL, NULL);
		if (!names_equal(san, names))
			rc = error_set(
			    e, "CSR for other names than the configured ones");
	}
	if (X509_REQ_get_version(req) != 0)
		rc = error_set(e, "CSR of another version than RFC 2986's");
	if (!own && X509_NAME_entry_count(X509_REQ_get_subject_name(req)) != 0)
		rc = error_set(e, "CSR with a subject");
	GENERAL_NAMES_free(san);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return rc;
}

int
key_is_strong(EVP_PKEY *key)
{
	return EVP_PKEY_bits(key) >=
	    (EVP_PKEY_base_id(key) == EVP_PKEY_EC ? 256 : 2048);
}

int
csr_check_key(EVP_PKEY *key, struct error *e)
{
	if (key_is_strong(key))
		return 0;
	return error_set(e,
	    "CSR for a key of %d bits, too weak or of another type than RSA or "
	    "ECDSA",
	    EVP_PKEY_bits(key));
}

int
csr_check(const uint8_t *der, size_t len, const struct strings *names,
    EVP_PKEY *account, int own, uint8_t spki[SPKI_HASH_LEN], struct error *e)
{
	const uint8_t *p = der;
	X509_REQ *req = NULL;
	EVP_PKEY *key = NULL;
	uint8_t hash[SPKI_HASH_LEN];
	int rc = 0;

	if (len > 0 && len <= 65536)
		req = d2i_X509_REQ(NULL, &p, (long)len);
	if (req == NULL || p != der + len)
		rc = error_set(e, "CSR is not one whole DER object");
	else if ((key = X509_REQ_get_pubkey(req)) == NULL ||
	    X509_REQ_verify(req, key) != 1)
		rc = error_set(e, "CSR is not signed by its own key");
	else if (spki_hash(key, spki) == -1 ||
	    (account != NULL && spki_hash(account, hash) == -1))
		rc = error_set(e, "cannot hash a public key");
	else if (account != NULL && memcmp(spki, hash, sizeof(hash)) == 0)
		rc = error_set(e,
		    "CSR is for the account's own key, which RFC 8555 11.1 "
		    "forbids");
	else if (csr_check_key(key, e) == -1)
		rc = -1;
	else
		rc = csr_check_names(req, names, own, e);
	EVP_PKEY_free(key);
	X509_REQ_free(req);
	ERR_clear_error();
	return rc;
}
