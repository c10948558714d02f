/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Revocation lists (RFC 5280 5).  A public CA's list has some MiB, and an
 * attacker on the way can send one of STATUS_BYTES_MAX.  So its signature is
 * verified first, and its entries are read in place: libcrypto would need fifty
 * times the memory.
 */
#include <string.h>

#include <openssl/err.h>

#include "cert.h"

#define EXTENSION_BYTES_MAX 65536

/*
 * The last number n of the object identifiers 2.5.29.n of extensions in RFC
 * 5280 5.2 and 5.3.
 */
enum {
	CRL_NUMBER = 20,
	REASON_CODE = 21,
	INVALIDITY_DATE = 24,
	DELTA_LIST = 27,
	DISTRIBUTION_POINT = 28,
	CERTIFICATE_ISSUER = 29,
	AUTHORITY_KEY = 35
};
#define REMOVE_FROM_LIST 8

struct list {
	struct status_signed sig;
	struct der issuer; /* The issuer's name, with tag and length. */
	/* The rest of what is signed, behind the issuer's name. */
	struct der rest;
	time_t this, next;
	/* The list's entries; empty: no certificate is revoked. */
	struct der entries;
	struct der extensions;
};

/*
 * Reads the outer structure up to the issuer's name: only a few bytes, which
 * are not trusted yet.  0 or -1.
 */
static int
read_head(struct list *l, struct der response)
{
	struct der all, tbs, version, algorithm;
	int n;

	if (der_get(&response, DER_SEQUENCE, NULL, &all) != 1 ||
	    der_len(&response) != 0 ||
	    status_signed_read(&all, &l->sig) == -1 || der_len(&all) != 0)
		return -1;
	tbs = l->sig.tbs;
	if (der_next(&tbs, NULL, &l->rest) == -1 ||
	    (n = der_get(&l->rest, DER_INTEGER, NULL, &version)) == -1 ||
	    (n == 1 && (der_len(&version) != 1 || *version.p != 1)))
		return -1;
	/* Both algorithm fields must be equal (5.1.2.2). */
	return der_get(&l->rest, DER_SEQUENCE, &algorithm, NULL) == 1 &&
		der_equal(&algorithm, &l->sig.algorithm) &&
		der_get(&l->rest, DER_SEQUENCE, &l->issuer, NULL) == 1 ?
	    0 :
	    -1;
}

/* Reads what comes after the issuer's name.  0 or -1. */
static int
read_rest(struct list *l)
{
	struct der *in = &l->rest, explicit;
	int n;

	memset(&l->entries, 0, sizeof(l->entries));
	memset(&l->extensions, 0, sizeof(l->extensions));
	l->next = (time_t)-1;
	if (status_time(in, &l->this) != 1 || status_time(in, &l->next) == -1 ||
	    der_get(in, DER_SEQUENCE, NULL, &l->entries) == -1 ||
	    (n = der_get(in, DER_CONTEXT_CONSTRUCTED, NULL, &explicit)) == -1)
		return -1;
	if (n == 1 &&
	    (der_get(&explicit, DER_SEQUENCE, NULL, &l->extensions) != 1 ||
		der_len(&explicit) != 0))
		return -1;
	return der_len(in) == 0 ? 0 : -1;
}

static int
is_by(const struct list *l, X509 *issuer)
{
	const uint8_t *p = l->issuer.p;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der_len(&l->issuer));
	int equal = name != NULL &&
	    X509_NAME_cmp(name, X509_get_subject_name(issuer)) == 0;

	X509_NAME_free(name);
	ERR_clear_error();
	return equal && status_signed_by(&l->sig, X509_get0_pubkey(issuer));
}

/*
 * RFC 5280 5.2.5: does the list hold all certificates of the part that the leaf
 * names?
 */
static int
is_right_part(const struct der *value, X509 *leaf)
{
	const uint8_t *p = value->p;
	ISSUING_DIST_POINT *idp = d2i_ISSUING_DIST_POINT(
	    NULL, &p, (long)der_len(value));
	char *wanted = status_list_url(leaf), *name;
	const GENERAL_NAMES *names;
	int i, right;

	right = idp != NULL && p == value->end && idp->onlyCA <= 0 &&
	    idp->onlyattr <= 0 && idp->indirectCRL <= 0 &&
	    idp->onlysomereasons == NULL;
	if (right && idp->distpoint != NULL) {
		names = idp->distpoint->type == 0 ?
		    idp->distpoint->name.fullname :
		    NULL;
		for (right = 0, i = 0;
		     wanted != NULL && i < sk_GENERAL_NAME_num(names); i++) {
			name = status_http_name(
			    sk_GENERAL_NAME_value(names, i));
			right |= name != NULL && strcmp(name, wanted) == 0;
			free(name);
		}
	}
	free(wanted);
	ISSUING_DIST_POINT_free(idp);
	ERR_clear_error();
	return right;
}

static int
check_extensions(const struct list *l, X509 *leaf, struct error *e)
{
	struct der in = l->extensions;
	struct status_extension x;
	int n, parts = 0;

	if (der_len(&in) > EXTENSION_BYTES_MAX)
		return error_set(e,
		    "the revocation list has more than %d bytes of extensions",
		    EXTENSION_BYTES_MAX);
	while ((n = status_extension(&in, &x)) == 1)
		if (x.id == DELTA_LIST ||
		    (x.id == DISTRIBUTION_POINT &&
			(parts++ > 0 || !is_right_part(&x.value, leaf))))
			return error_set(
			    e, "the revocation list is for other certificates");
		else if (x.critical && x.id != DISTRIBUTION_POINT &&
		    x.id != CRL_NUMBER && x.id != AUTHORITY_KEY)
			return error_set(e,
			    "the revocation list has a critical extension that "
			    "is unknown here");
	return n == 0 ? 0 : error_set(e, "the revocation list cannot be read");
}

/*
 * Reads an entry's extensions (5.3).  1: the certificate is revoked; 0: the
 * entry takes a revocation back; -1, with the reason.
 */
static int
read_entry_extensions(struct der in, struct error *e)
{
	struct status_extension x;
	int n, removed = 0;

	while ((n = status_extension(&in, &x)) == 1)
		if (x.id == CERTIFICATE_ISSUER)
			return error_set(e,
			    "the revocation list has certificates of other "
			    "issuers in it");
		else if (x.critical && x.id != REASON_CODE &&
		    x.id != INVALIDITY_DATE)
			return error_set(e,
			    "the revocation list has an entry with a critical "
			    "extension that is unknown here");
		else if (x.id == REASON_CODE)
			removed = der_len(&x.value) == 3 &&
			    x.value.p[2] == REMOVE_FROM_LIST;
	return n == -1 ? error_set(e, "the revocation list cannot be read") :
			 !removed;
}

/*
 * Reads all entries: a critical extension in any of them makes the list useless
 * (5.3).  1: the wanted certificate is revoked; 0: it is not; or -1.
 */
static int
search(const struct list *l, const struct der *wanted, struct error *e)
{
	struct der in = l->entries, entry, serial, extensions = { NULL, NULL };
	int n, counts, revoked = 0;

	while (der_len(&in) > 0) {
		if (der_get(&in, DER_SEQUENCE, NULL, &entry) != 1 ||
		    der_get(&entry, DER_INTEGER, NULL, &serial) != 1 ||
		    (der_get(&entry, DER_UTC_TIME, NULL, NULL) != 1 &&
			der_get(&entry, DER_GENERALIZED_TIME, NULL, NULL) !=
			    1) ||
		    (n = der_get(&entry, DER_SEQUENCE, NULL, &extensions)) ==
			-1 ||
		    der_len(&entry) != 0)
			return error_set(
			    e, "the revocation list cannot be read");
		if ((counts = n == 0 ?
			    1 :
			    read_entry_extensions(extensions, e)) == -1)
			return -1;
		revoked |= counts && der_equal(&serial, wanted);
	}
	return revoked;
}

int
status_list_judge(
    const struct chain *chain, struct der response, time_t now, struct error *e)
{
	X509 *leaf = sk_X509_value(chain->certs, 0),
	     *issuer = status_issuer(chain);
	struct der serial;
	struct list l;
	uint8_t *own;
	int rc;

	if (read_head(&l, response) == -1)
		return error_set(e, "the response is no revocation list");
	if (status_signed_strong(&l.sig, "the revocation list", e) == -1)
		return -1;
	if (!is_by(&l, issuer))
		return error_set(e,
		    "the revocation list is not by the certificate's issuer");
	/* RFC 5280 4.2.1.3: a key without keyUsage may be used for anything. */
	if (!(X509_get_key_usage(issuer) & KU_CRL_SIGN))
		return error_set(e,
		    "the certificate's issuer may not sign revocation lists "
		    "(no cRLSign)");
	if (read_rest(&l) == -1)
		return error_set(e, "the revocation list cannot be read");
	if (l.this > now + STATUS_SKEW || l.next == (time_t)-1 ||
	    l.next < now - STATUS_SKEW)
		return error_set(e, "the revocation list is out of date");
	if (check_extensions(&l, leaf, e) == -1)
		return -1;
	own = status_serial(leaf, &serial);
	rc = search(&l, &serial, e);
	OPENSSL_free(own);
	return rc;
}
