/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads trust anchors.  A system's bundle has 140 of them, and if libcrypto
 * parsed all, that would take half the time of an issuance.  So only their
 * names are read, and an anchor is parsed when a chain ends at its name.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "der.h"
#include "x509.h"

struct root {
	uint8_t *bytes; /* DER */
	size_t len;
	struct der subject; /* The subject's name, whole, in bytes. */
};

struct roots {
	struct root *v;
	size_t n;
};

void
roots_free(struct roots *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++)
		free(r->v[i].bytes);
	free(r->v);
	free(r);
}

static X509 *
parse(const struct root *root)
{
	const uint8_t *p = root->bytes;
	X509 *cert = d2i_X509(NULL, &p, (long)root->len);

	if (cert == NULL)
		ERR_clear_error();
	return cert;
}

/* Finds the subject's name (RFC 5280 4.1).  0 or -1. */
static int
find_subject(struct root *root)
{
	struct der all = { root->bytes, root->bytes + root->len }, cert, tbs;

	if (der_get(&all, DER_SEQUENCE, NULL, &cert) != 1 ||
	    der_len(&all) != 0 ||
	    der_get(&cert, DER_SEQUENCE, NULL, &tbs) != 1 ||
	    /* The version. */
	    der_get(&tbs, DER_CONTEXT_CONSTRUCTED, NULL, NULL) == -1 ||
	    /* The serial number. */
	    der_get(&tbs, DER_INTEGER, NULL, NULL) != 1 ||
	    /* The signature's algorithm. */
	    der_get(&tbs, DER_SEQUENCE, NULL, NULL) != 1 ||
	    /* The issuer's name. */
	    der_get(&tbs, DER_SEQUENCE, NULL, NULL) != 1 ||
	    /* The validity. */
	    der_get(&tbs, DER_SEQUENCE, NULL, NULL) != 1)
		return -1;
	return der_get(&tbs, DER_SEQUENCE, &root->subject, NULL) == 1 ? 0 : -1;
}

/*
 * Parses and encodes an anchor with lengths that are not DER, which libcrypto
 * accepts.  0 or -1.
 */
static int
encode_anew(struct root *root)
{
	X509 *cert = parse(root);
	uint8_t *der = NULL;
	int len = cert == NULL ? -1 : i2d_X509(cert, &der);

	X509_free(cert);
	if (len <= 0)
		return -1;
	free(root->bytes);
	if ((root->bytes = malloc((size_t)len)) == NULL)
		err(1, NULL);
	memcpy(root->bytes, der, (size_t)len);
	root->len = (size_t)len;
	OPENSSL_free(der);
	return find_subject(root);
}

/* Decodes the base64 between two marks (RFC 7468 2).  0 or -1. */
static int
decode(struct root *root, const char *text, size_t len)
{
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	int n, last = 0, ok;

	if (ctx == NULL || (root->bytes = malloc(len + 1)) == NULL)
		err(1, NULL);
	EVP_DecodeInit(ctx);
	ok = EVP_DecodeUpdate(
		 ctx, root->bytes, &n, (const uint8_t *)text, (int)len) != -1 &&
	    EVP_DecodeFinal(ctx, root->bytes + n, &last) != -1;
	EVP_ENCODE_CTX_free(ctx);
	root->len = ok ? (size_t)(n + last) : 0;
	return ok && (find_subject(root) == 0 || encode_anew(root) == 0) ? 0 :
									   -1;
}

/*
 * Returns the first line at p or behind it that begins with this mark, or NULL.
 */
static const char *
find_line(const char *text, const char *p, const char *mark)
{
	while ((p = strstr(p, mark)) != NULL && p != text && p[-1] != '\n')
		p++;
	return p;
}

/*
 * Reads the next certificate block.  1; 0: there is none; -1: it is malformed.
 */
static int
next_block(const char *text, const char **p, struct root *root)
{
	static const char *const labels[] = { "CERTIFICATE-----",
		"X509 CERTIFICATE-----" };
	const char *begin, *end;
	size_t i;

	while ((begin = find_line(text, *p, "-----BEGIN ")) != NULL) {
		*p = begin += strlen("-----BEGIN ");
		for (i = 0; i < 2; i++)
			if (strncmp(begin, labels[i], strlen(labels[i])) == 0)
				break;
		if (i == 2)
			continue;
		begin += strlen(labels[i]);
		if ((end = strstr(begin, "-----END ")) == NULL ||
		    strncmp(end + strlen("-----END "), labels[i],
			strlen(labels[i])) != 0)
			return -1;
		*p = end;
		return decode(root, begin, (size_t)(end - begin)) == 0 ? 1 : -1;
	}
	return 0;
}

struct roots *
roots_load(const char *pem, size_t len, struct error *e)
{
	struct roots *r = calloc(1, sizeof(*r));
	char *text = strndup(pem, len);
	const char *p = text;
	struct root root;
	int found;

	if (r == NULL || text == NULL)
		err(1, NULL);
	while (memset(&root, 0, sizeof(root)),
	    (found = next_block(text, &p, &root)) == 1) {
		if ((r->v = recallocarray(
			 r->v, r->n, r->n + 1, sizeof(*r->v))) == NULL)
			err(1, NULL);
		r->v[r->n++] = root;
	}
	free(root.bytes);
	free(text);
	if (found == 0 && r->n > 0)
		return r;
	if (found == 0)
		error_set(e, "no trust anchor in the root file");
	else
		error_set(e, "trust anchor %zu of the root file cannot be read",
		    r->n + 1);
	roots_free(r);
	return NULL;
}

const uint8_t *
roots_der(const struct roots *r, size_t n, size_t *len)
{
	if (n >= r->n)
		return NULL;
	*len = r->v[n].len;
	return r->v[n].bytes;
}

int
roots_have(const struct roots *r, X509 *cert)
{
	uint8_t *der = NULL;
	int len = i2d_X509(cert, &der);
	size_t i;

	if (len <= 0)
		err(1, NULL);
	for (i = 0; i < r->n; i++)
		if (r->v[i].len == (size_t)len &&
		    memcmp(r->v[i].bytes, der, (size_t)len) == 0)
			break;
	OPENSSL_free(der);
	return i < r->n;
}

/*
 * Is this the root's subject?  Letter case and type of string do not count (RFC
 * 5280 7.1).
 */
static int
is_named(const struct root *root, const X509_NAME *name)
{
	const uint8_t *p = root->subject.p;
	X509_NAME *subject = d2i_X509_NAME(
	    NULL, &p, (long)der_len(&root->subject));
	int equal = subject != NULL && X509_NAME_cmp(subject, name) == 0;

	X509_NAME_free(subject);
	return equal;
}

STACK_OF(X509) * roots_issuers(const struct roots *r, X509 *cert)
{
	STACK_OF(X509) *found = sk_X509_new_null();
	X509 *anchor;
	size_t i;

	if (found == NULL)
		err(1, NULL);
	for (i = 0; i < r->n; i++)
		if (is_named(&r->v[i], X509_get_issuer_name(cert)) &&
		    (anchor = parse(&r->v[i])) != NULL &&
		    !sk_X509_push(found, anchor))
			err(1, NULL);
	ERR_clear_error();
	return found;
}
