/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads the parts that revocation lists and OCSP responses have in common:
 * signatures, times, extensions.
 */
#include <err.h>
#include <string.h>

#include <openssl/err.h>

#include "cert.h"

X509 *
status_issuer(const struct chain *chain)
{
	return sk_X509_num(chain->certs) > 1 ? sk_X509_value(chain->certs, 1) :
					       NULL;
}

int
status_signed_read(struct der *in, struct status_signed *s)
{
	/*
	 * A signature has whole bytes, so that the number of unused bits, its
	 * first byte, is 0.
	 */
	if (der_get(in, DER_SEQUENCE, &s->tbs, NULL) != 1 ||
	    der_get(in, DER_SEQUENCE, &s->algorithm, NULL) != 1 ||
	    der_get(in, DER_BIT_STRING, NULL, &s->signature) != 1 ||
	    der_len(&s->signature) < 2 || *s->signature.p++ != 0)
		return -1;
	return 0;
}

/*
 * Parses an AlgorithmIdentifier; the caller frees it.  NULL: it is malformed.
 */
static X509_ALGOR *
read_algorithm(const struct der *algorithm)
{
	const uint8_t *p = algorithm->p;
	X509_ALGOR *a = d2i_X509_ALGOR(NULL, &p, (long)der_len(algorithm));

	if (a == NULL)
		ERR_clear_error();
	return a;
}

int
status_algorithm(const struct der *algorithm)
{
	X509_ALGOR *a = read_algorithm(algorithm);
	const ASN1_OBJECT *oid;
	int nid = NID_undef;

	if (a != NULL) {
		X509_ALGOR_get0(&oid, NULL, NULL, a);
		nid = OBJ_obj2nid(oid);
	}
	X509_ALGOR_free(a);
	return nid;
}

int
status_signed_strong(
    const struct status_signed *s, const char *what, struct error *e)
{
	X509_ALGOR *a = read_algorithm(&s->algorithm);
	int type, nid = status_algorithm(&s->algorithm);
	int strong = a != NULL && signature_digest(a, &type) != NULL;

	X509_ALGOR_free(a);
	return strong ?
	    0 :
	    error_set(e,
		"%s is signed with %s, which is too weak, or unknown here",
		what, nid == NID_undef ? "another algorithm" : OBJ_nid2ln(nid));
}

int
status_signed_by(const struct status_signed *s, EVP_PKEY *key)
{
	X509_ALGOR *a = read_algorithm(&s->algorithm);
	int ok = a != NULL &&
	    signature_verify(a, s->tbs.p, der_len(&s->tbs), s->signature.p,
		der_len(&s->signature), key);

	X509_ALGOR_free(a);
	return ok;
}

int
status_time(struct der *in, time_t *t)
{
	const uint8_t *p;
	ASN1_TIME *time;
	struct der whole;

	if (der_len(in) == 0 ||
	    (*in->p != DER_UTC_TIME && *in->p != DER_GENERALIZED_TIME))
		return 0;
	if (der_next(in, &whole, NULL) == -1)
		return -1;
	p = whole.p;
	time = d2i_ASN1_TIME(NULL, &p, (long)der_len(&whole));
	*t = time == NULL ? (time_t)-1 : asn1_time(time);
	ASN1_TIME_free(time);
	ERR_clear_error();
	return *t == (time_t)-1 ? -1 : 1;
}

int
status_extension(struct der *in, struct status_extension *x)
{
	struct der one, oid, flag;
	int n;

	if (der_len(in) == 0)
		return 0;
	if (der_get(in, DER_SEQUENCE, NULL, &one) != 1 ||
	    der_get(&one, DER_OID, NULL, &oid) != 1 ||
	    (n = der_get(&one, DER_BOOLEAN, NULL, &flag)) == -1 ||
	    (n == 1 &&
		(der_len(&flag) != 1 || (*flag.p != 0 && *flag.p != 0xff))) ||
	    der_get(&one, DER_OCTET_STRING, NULL, &x->value) != 1 ||
	    der_len(&one) != 0)
		return -1;
	x->critical = n == 1 && *flag.p != 0;
	x->id = der_len(&oid) == 3 && memcmp(oid.p, "\x55\x1d", 2) == 0 &&
		oid.p[2] < 0x80 ?
	    oid.p[2] :
	    -1;
	return 1;
}

uint8_t *
status_serial(const X509 *cert, struct der *serial)
{
	uint8_t *der = NULL;
	int n = i2d_ASN1_INTEGER(
	    (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(cert), &der);
	struct der whole = { der, der + (n > 0 ? n : 0) };

	if (der_next(&whole, NULL, serial) != DER_INTEGER)
		err(1, NULL);
	return der;
}
