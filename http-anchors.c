/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Selects the trust anchors that are tried first for a server.  libtls
 * verifies, always by anchors from the file that the configuration names.  If
 * this is wrong, a connection is made twice, or one anchor less is tried.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "http.h"
#include "valid.h"
#include "x509.h"

#define NAME_LEN 17 /* The bytes of an anchor's name, with a blank behind it. */
#define FEW (ANCHOR_NAMES_MAX / NAME_LEN)
/* The most certificates of a server's chain that are read. */
#define CHAIN_MAX 10

struct http_anchors {
	char *all, *preferred; /* PEM */
	size_t all_len, preferred_len;
	char names[ANCHOR_NAMES_MAX]; /* The names of the preferred anchors. */
};

struct http_anchors *
http_anchors_new(char *pem, size_t len)
{
	struct http_anchors *a = calloc(1, sizeof(*a));

	if (a == NULL)
		err(1, NULL);
	a->all = pem;
	a->all_len = len;
	return a;
}

/*
 * Parses all anchors, which the caller frees.  NULL: there are so few that
 * there is nothing to select; or one is a TRUSTED CERTIFICATE, which may say
 * what it is not trusted for, and only libtls reads that.
 */
static struct roots *
load(const struct http_anchors *a)
{
	struct roots *roots;
	struct error ignored;
	size_t len;

	if (strstr(a->all, "-----BEGIN TRUSTED CERTIFICATE-----") != NULL ||
	    (roots = roots_load(a->all, a->all_len, &ignored)) == NULL)
		return NULL;
	if (roots_der(roots, FEW, &len) != NULL)
		return roots;
	roots_free(roots);
	return NULL;
}

/*
 * Makes an anchor's name: the beginning of its SHA-256 in hexadecimal, and a
 * blank.
 */
static void
name_anchor(const uint8_t *der, size_t len, char name[NAME_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[EVP_MAX_MD_SIZE];
	size_t i;

	if (!EVP_Digest(der, len, hash, NULL, EVP_sha256(), NULL))
		errx(1, "cannot hash");
	for (i = 0; i < NAME_LEN - 1; i++)
		name[i] =
		    digits[i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15];
	name[NAME_LEN - 1] = ' ';
	name[NAME_LEN] = '\0';
}

/* Prefers the anchors that have one of these names. */
static void
select_anchors(
    struct http_anchors *a, const struct roots *roots, const char *names)
{
	BIO *pem = BIO_new(BIO_s_mem());
	char name[NAME_LEN + 1], *text;
	const uint8_t *der;
	size_t i, len;
	long n;

	if (pem == NULL)
		err(1, NULL);
	free(a->preferred);
	a->preferred = NULL;
	a->names[0] = '\0';
	for (i = 0; (der = roots_der(roots, i, &len)) != NULL; i++) {
		name_anchor(der, len, name);
		if (strstr(names, name) == NULL ||
		    strstr(a->names, name) != NULL)
			continue;
		strlcat(a->names, name, sizeof(a->names));
		if (PEM_write_bio(pem, PEM_STRING_X509, "", der, (long)len) <=
		    0)
			err(1, NULL);
	}
	if ((n = BIO_get_mem_data(pem, &text)) > 0) {
		if ((a->preferred = malloc((size_t)n)) == NULL)
			err(1, NULL);
		memcpy(a->preferred, text, (size_t)n);
		a->preferred_len = (size_t)n;
	}
	BIO_free(pem);
}

void
http_anchors_prefer(struct http_anchors *a, const char *names)
{
	struct roots *roots;

	if (a->preferred != NULL || names == NULL ||
	    strlen(names) >= sizeof(a->names) || (roots = load(a)) == NULL)
		return;
	select_anchors(a, roots, names);
	roots_free(roots);
}

/*
 * Adds the names of the anchors that have issued cert or, in turn, one of
 * these.
 */
static void
add_issuers(char names[ANCHOR_NAMES_MAX], const struct roots *roots, X509 *cert)
{
	STACK_OF(X509) *issuers = roots_issuers(roots, cert);
	char name[NAME_LEN + 1];
	uint8_t *der;
	int i, len;

	for (i = 0; i < sk_X509_num(issuers); i++) {
		der = NULL;
		if ((len = i2d_X509(sk_X509_value(issuers, i), &der)) <= 0)
			err(1, NULL);
		name_anchor(der, (size_t)len, name);
		OPENSSL_free(der);
		if (strstr(names, name) == NULL &&
		    strlcat(names, name, ANCHOR_NAMES_MAX) < ANCHOR_NAMES_MAX)
			add_issuers(names, roots, sk_X509_value(issuers, i));
	}
	sk_X509_pop_free(issuers, X509_free);
}

void
http_anchors_served(struct http_anchors *a, const char *chain, size_t len)
{
	BIO *pem = BIO_new_mem_buf(chain, (int)len);
	struct roots *roots = load(a);
	char names[ANCHOR_NAMES_MAX] = "";
	X509 *cert;
	int i;

	if (pem == NULL)
		err(1, NULL);
	for (i = 0; roots != NULL && i < CHAIN_MAX; i++) {
		if ((cert = PEM_read_bio_X509(pem, NULL, NULL, NULL)) == NULL)
			break;
		add_issuers(names, roots, cert);
		X509_free(cert);
	}
	/*
	 * Another server of the authority, or of the same name, may have other
	 * anchors.
	 */
	if (strlen(names) + strlen(a->names) < sizeof(names))
		strlcat(names, a->names, sizeof(names));
	if (roots != NULL)
		select_anchors(a, roots, names);
	roots_free(roots);
	BIO_free(pem);
	/* These errors must not stay in the queue, which libtls reads. */
	ERR_clear_error();
}

const char *
http_anchors_names(const struct http_anchors *a)
{
	return a->names;
}

const char *
http_anchors_all(const struct http_anchors *a, size_t *len)
{
	*len = a->all_len;
	return a->all;
}

const char *
http_anchors_preferred(const struct http_anchors *a, size_t *len)
{
	*len = a->preferred_len;
	return a->preferred;
}
