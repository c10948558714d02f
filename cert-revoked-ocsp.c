/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Judges OCSP responses (RFC 6960 4.2).  A response counts only if it is signed
 * by the certificate's issuer, or by a responder with a certificate of that
 * issuer for OCSP signing alone.
 */
#include <err.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "cert.h"

#define RESPONDERS_MAX 10 /* The most certificates in one response. */
/*
 * The greatest age in seconds of a response without nextUpdate, which means
 * that the responder makes a new one for each request.
 */
#define AGE_MAX 86400

/* The context tags [0] to [2] of CertStatus. */
enum { GOOD, REVOKED, UNKNOWN };

struct response {
	struct status_signed sig;
	/* The certificates of responders, or empty. */
	struct der certs;
	struct der singles; /* The SingleResponses, one for each certificate. */
	struct der extensions;
};

struct single {
	struct der algorithm, name, key, serial; /* The members of CertID. */
	int status;
	time_t this, next;
	struct der extensions;
};

/*
 * Reads [n] EXPLICIT SEQUENCE, if it comes next, and gives its content.  1, 0
 * or -1.
 */
static int
get_explicit(struct der *in, int n, struct der *content)
{
	struct der outer;
	int found = der_get(in, DER_CONTEXT_CONSTRUCTED + n, NULL, &outer);

	memset(content, 0, sizeof(*content));
	if (found != 1)
		return found;
	return der_get(&outer, DER_SEQUENCE, NULL, content) == 1 &&
		der_len(&outer) == 0 ?
	    1 :
	    -1;
}

/* Gives the BasicOCSPResponse in an OCSPResponse.  0, or -1 with the reason. */
static int
open_response(struct der response, struct der *basic, struct error *e)
{
	static const uint8_t basic_oid[] = { 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1 };
	const struct der wanted = { basic_oid, basic_oid + sizeof(basic_oid) };
	struct der all, status, bytes, oid, octets;

	if (der_get(&response, DER_SEQUENCE, NULL, &all) != 1 ||
	    der_len(&response) != 0 ||
	    der_get(&all, DER_ENUMERATED, NULL, &status) != 1 ||
	    der_len(&status) != 1)
		return error_set(e, "the response is no OCSP response");
	if (*status.p != 0)
		return error_set(e,
		    "the OCSP responder sends an error (status %d)", *status.p);
	if (get_explicit(&all, 0, &bytes) != 1 || der_len(&all) != 0 ||
	    der_get(&bytes, DER_OID, NULL, &oid) != 1 ||
	    !der_equal(&oid, &wanted) ||
	    der_get(&bytes, DER_OCTET_STRING, NULL, &octets) != 1 ||
	    der_len(&bytes) != 0 ||
	    der_get(&octets, DER_SEQUENCE, NULL, basic) != 1 ||
	    der_len(&octets) != 0)
		return error_set(e, "the response is no OCSP response");
	return 0;
}

/* Reads the elements of a BasicOCSPResponse and its ResponseData.  0 or -1. */
static int
read_response(struct der basic, struct response *r)
{
	struct der tbs, data, version, ignored;
	time_t produced;

	if (status_signed_read(&basic, &r->sig) == -1 ||
	    get_explicit(&basic, 0, &r->certs) == -1 || der_len(&basic) != 0)
		return -1;
	tbs = r->sig.tbs;
	if (der_next(&tbs, NULL, &data) == -1 ||
	    der_get(&data, DER_CONTEXT_CONSTRUCTED, NULL, &version) == -1)
		return -1;
	/*
	 * The responder's ID is ignored: the signature shows which responder it
	 * is.
	 */
	if (der_get(&data, DER_CONTEXT_CONSTRUCTED + 1, NULL, &ignored) != 1 &&
	    der_get(&data, DER_CONTEXT_CONSTRUCTED + 2, NULL, &ignored) != 1)
		return -1;
	return status_time(&data, &produced) == 1 &&
		der_get(&data, DER_SEQUENCE, NULL, &r->singles) == 1 &&
		get_explicit(&data, 1, &r->extensions) != -1 &&
		der_len(&data) == 0 ?
	    0 :
	    -1;
}

/*
 * May this certificate sign for the issuer (4.2.2.2)?  0, or -1 with the
 * reason.
 */
static int
check_responder(X509 *cert, X509 *issuer, time_t now, struct error *e)
{
	time_t from = asn1_time(X509_get0_notBefore(cert)),
	       to = asn1_time(X509_get0_notAfter(cert));
	uint32_t flags = X509_get_extension_flags(cert);
	const X509_ALGOR *algorithm;
	int type;

	if (X509_check_issued(issuer, cert) != X509_V_OK ||
	    X509_verify(cert, X509_get0_pubkey(issuer)) != 1)
		return error_set(e,
		    "the OCSP response is not signed by the certificate's "
		    "issuer");
	X509_get0_signature(NULL, &algorithm, cert);
	if (signature_digest(algorithm, &type) == NULL)
		return error_set(e,
		    "the OCSP responder's certificate is signed with %s, which "
		    "is too weak",
		    OBJ_nid2ln(X509_get_signature_nid(cert)));
	if ((flags & (EXFLAG_INVALID | EXFLAG_CRITICAL)) ||
	    !(flags & EXFLAG_XKUSAGE) ||
	    !(X509_get_extended_key_usage(cert) & XKU_OCSP_SIGN) ||
	    !(X509_get_key_usage(cert) &
		(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return error_set(e,
		    "the OCSP responder's certificate is not for OCSP (no "
		    "id-kp-OCSPSigning)");
	if (from == (time_t)-1 || to == (time_t)-1 ||
	    from > now + STATUS_SKEW || to < now - STATUS_SKEW)
		return error_set(e,
		    "the OCSP responder's certificate has expired, or is not "
		    "valid yet");
	return 0;
}

/* Has the issuer or its responder signed this?  0, or -1 with the reason. */
static int
check_signer(
    const struct response *r, X509 *issuer, time_t now, struct error *e)
{
	struct der certs = r->certs, whole;
	const uint8_t *p;
	X509 *cert;
	int n, rc = -1;

	if (status_signed_strong(&r->sig, "the OCSP response", e) == -1)
		return -1;
	if (status_signed_by(&r->sig, X509_get0_pubkey(issuer)))
		return 0;
	error_set(
	    e, "the OCSP response is not signed by the certificate's issuer");
	for (n = 0; rc == -1 && n < RESPONDERS_MAX &&
	     der_get(&certs, DER_SEQUENCE, &whole, NULL) == 1;
	     n++) {
		p = whole.p;
		cert = d2i_X509(NULL, &p, (long)der_len(&whole));
		if (cert != NULL && p == whole.end &&
		    status_signed_by(&r->sig, X509_get0_pubkey(cert)))
			rc = check_responder(cert, issuer, now, e);
		X509_free(cert);
	}
	ERR_clear_error();
	return rc;
}

/* Reads the elements of a SingleResponse.  0 or -1. */
static int
read_single(struct der in, struct single *s)
{
	struct der id, ignored, next;
	int tag, n;

	if (der_get(&in, DER_SEQUENCE, NULL, &id) != 1 ||
	    der_get(&id, DER_SEQUENCE, &s->algorithm, NULL) != 1 ||
	    der_get(&id, DER_OCTET_STRING, NULL, &s->name) != 1 ||
	    der_get(&id, DER_OCTET_STRING, NULL, &s->key) != 1 ||
	    der_get(&id, DER_INTEGER, NULL, &s->serial) != 1 ||
	    der_len(&id) != 0)
		return -1;
	tag = der_next(&in, NULL, &ignored);
	if (tag != DER_CONTEXT + GOOD &&
	    tag != DER_CONTEXT_CONSTRUCTED + REVOKED &&
	    tag != DER_CONTEXT + UNKNOWN)
		return -1;
	s->status = tag & 0x1f;
	s->next = (time_t)-1;
	if (status_time(&in, &s->this) != 1 ||
	    (n = der_get(&in, DER_CONTEXT_CONSTRUCTED, NULL, &next)) == -1 ||
	    (n == 1 &&
		(status_time(&next, &s->next) != 1 || der_len(&next) != 0)))
		return -1;
	return get_explicit(&in, 1, &s->extensions) != -1 && der_len(&in) == 0 ?
	    0 :
	    -1;
}

/*
 * Returns the digest by which the response names the issuer (4.1.1); SHA-1 is
 * good enough for that.  NULL: it is another digest.
 */
static const EVP_MD *
id_digest(const struct der *algorithm)
{
	int nid = status_algorithm(algorithm);

	return nid == NID_sha1 ? EVP_sha1() :
	    nid == NID_sha256  ? EVP_sha256() :
				 NULL;
}

static int
is_digest(const struct der *d, const uint8_t *digest, unsigned len)
{
	return der_len(d) == len && memcmp(d->p, digest, len) == 0;
}

/* Is the SingleResponse about this certificate? */
static int
is_about(const struct single *s, const X509 *leaf, const X509 *issuer)
{
	const EVP_MD *md = id_digest(&s->algorithm);
	uint8_t name[EVP_MAX_MD_SIZE], key[EVP_MAX_MD_SIZE];
	unsigned namelen, keylen;
	struct der serial;
	uint8_t *own;
	int equal;

	own = status_serial(leaf, &serial);
	equal = der_equal(&s->serial, &serial);
	OPENSSL_free(own);
	if (md == NULL || !equal)
		return 0;
	if (!X509_NAME_digest(X509_get_issuer_name(leaf), md, name, &namelen) ||
	    !X509_pubkey_digest(issuer, md, key, &keylen))
		err(1, NULL);
	return is_digest(&s->name, name, namelen) &&
	    is_digest(&s->key, key, keylen);
}

static int
has_critical(struct der extensions)
{
	struct status_extension x;
	int n;

	while ((n = status_extension(&extensions, &x)) == 1)
		if (x.critical)
			return 1;
	return n == -1;
}

static int
judge_single(const struct single *s, time_t now, struct error *e)
{
	if (s->this > now + STATUS_SKEW ||
	    (s->next == (time_t)-1 ?
		    s->this < now - AGE_MAX :
		    s->next < now - STATUS_SKEW || s->next < s->this))
		return error_set(e, "the OCSP response is out of date");
	if (has_critical(s->extensions))
		return error_set(e,
		    "the OCSP response has a critical extension that is "
		    "unknown here");
	if (s->status == UNKNOWN)
		return error_set(
		    e, "the OCSP responder does not know the certificate");
	return s->status == REVOKED;
}

int
status_ocsp_judge(
    const struct chain *chain, struct der response, time_t now, struct error *e)
{
	X509 *leaf = sk_X509_value(chain->certs, 0),
	     *issuer = status_issuer(chain);
	struct der basic, one;
	struct response r;
	struct single s;
	int rc, verdict = -1;

	if (open_response(response, &basic, e) == -1)
		return -1;
	if (read_response(basic, &r) == -1)
		return error_set(e, "the response is no OCSP response");
	if (check_signer(&r, issuer, now, e) == -1)
		return -1;
	if (has_critical(r.extensions))
		return error_set(e,
		    "the OCSP response has a critical extension that is "
		    "unknown here");
	error_set(e, "the OCSP response is for other certificates");
	/*
	 * If several SingleResponses are about the certificate, "revoked"
	 * counts.
	 */
	while (der_len(&r.singles) > 0) {
		if (der_get(&r.singles, DER_SEQUENCE, NULL, &one) != 1 ||
		    read_single(one, &s) == -1)
			return error_set(e, "the OCSP response cannot be read");
		if (is_about(&s, leaf, issuer) &&
		    (rc = judge_single(&s, now, e)) > verdict)
			verdict = rc;
	}
	return verdict;
}
