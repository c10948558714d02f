/* SPDX-License-Identifier: ISC */
/*
 * Has the CA revoked a certificate?  What came over the network counts only
 * if the certificate's issuer has signed it, and lately.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "status.h"
#include "valid.h"

#define SKEW	300	/* seconds that clocks may differ by */

/* NULL: only the leaf is installed. */
static X509 *
issuer_of(const struct chain *chain)
{
	return sk_X509_num(chain->certs) > 1 ? sk_X509_value(chain->certs, 1) : NULL;
}

/* The name, if it is an http URL. */
static char *
http_name(const GENERAL_NAME *g)
{
	struct url url;
	char *text;

	if (g->type != GEN_URI)
		return NULL;
	text = strndup((const char *)ASN1_STRING_get0_data(g->d.uniformResourceIdentifier),
	    (size_t)ASN1_STRING_length(g->d.uniformResourceIdentifier));
	if (text == NULL)
		err(1, NULL);
	if (url_parse_plain(&url, text))
		return text;
	free(text);
	return NULL;
}

static char *
first_http_name(const GENERAL_NAMES *names)
{
	char *url = NULL;
	int i;

	for (i = 0; url == NULL && i < sk_GENERAL_NAME_num(names); i++)
		url = http_name(sk_GENERAL_NAME_value(names, i));
	return url;
}

/* RFC 5280 4.2.1.13. */
static char *
list_url(X509 *leaf)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(leaf, NID_crl_distribution_points, NULL, NULL);
	DIST_POINT *p;
	char *url = NULL;
	int i;

	for (i = 0; url == NULL && points != NULL && i < sk_DIST_POINT_num(points); i++) {
		p = sk_DIST_POINT_value(points, i);
		/* Lists by another issuer, or for some reasons only, are no answer. */
		if (p->distpoint != NULL && p->distpoint->type == 0 && p->reasons == NULL &&
		    p->CRLissuer == NULL)
			url = first_http_name(p->distpoint->name.fullname);
	}
	CRL_DIST_POINTS_free(points);
	return url;
}

static OCSP_REQUEST *
ocsp_request(const struct chain *chain)
{
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, sk_X509_value(chain->certs, 0), issuer_of(chain));
	OCSP_REQUEST *request = OCSP_REQUEST_new();

	if (id == NULL || request == NULL || OCSP_request_add0_id(request, id) == NULL)
		errx(1, "cannot make an OCSP request");
	return request;
}

/* RFC 6960 A.1: base64, of which '+', '/' and '=' must be escaped. */
static char *
escape(const char *base64)
{
	char *out, *o;

	if ((out = o = malloc(3 * strlen(base64) + 1)) == NULL)
		err(1, NULL);
	for (; *base64 != '\0'; base64++)
		if (strchr("+/=", *base64) != NULL) {
			memcpy(o, *base64 == '+' ? "%2B" : *base64 == '/' ? "%2F" : "%3D", 3);
			o += 3;
		} else
			*o++ = *base64;
	*o = '\0';
	return out;
}

static char *
ocsp_query(const struct chain *chain)
{
	OCSP_REQUEST *request = ocsp_request(chain);
	uint8_t *der = NULL, *base64;
	char *escaped;
	int len = i2d_OCSP_REQUEST(request, &der);

	if (len <= 0 || (base64 = malloc(4 * ((size_t)len + 2) / 3 + 2)) == NULL)
		errx(1, "cannot make an OCSP request");
	EVP_EncodeBlock(base64, der, len);
	escaped = escape((char *)base64);
	free(base64);
	OPENSSL_free(der);
	OCSP_REQUEST_free(request);
	return escaped;
}

/* RFC 5280 4.2.2.1. */
static char *
responder_url(const struct chain *chain)
{
	AUTHORITY_INFO_ACCESS *aia = X509_get_ext_d2i(sk_X509_value(chain->certs, 0),
	    NID_info_access, NULL, NULL);
	ACCESS_DESCRIPTION *ad;
	char *base = NULL, *query, *url = NULL;
	int i;

	for (i = 0; base == NULL && aia != NULL && i < sk_ACCESS_DESCRIPTION_num(aia); i++) {
		ad = sk_ACCESS_DESCRIPTION_value(aia, i);
		if (OBJ_obj2nid(ad->method) == NID_ad_OCSP)
			base = http_name(ad->location);
	}
	AUTHORITY_INFO_ACCESS_free(aia);
	if (base == NULL)
		return NULL;
	query = ocsp_query(chain);
	if (asprintf(&url, "%s%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/", query) == -1)
		err(1, NULL);
	free(query);
	free(base);
	return url;
}

char *
status_url(const struct chain *chain, struct why *w)
{
	struct url parsed;
	char *url;

	if (issuer_of(chain) == NULL) {
		why(w, "the issuer's certificate is not installed; configure a full chain certificate");
		return NULL;
	}
	url = list_url(sk_X509_value(chain->certs, 0));
	if (url == NULL)
		url = responder_url(chain);
	if (url == NULL)
		why(w, "the certificate names neither a revocation list nor an OCSP responder by http");
	else if (!url_parse_plain(&parsed, url)) {
		why(w, "%s: not an http URL", url);
		free(url);
		url = NULL;
	}
	return url;
}

/* RFC 5280 5.2.5: is a list that is only part of one the part that the certificate names? */
static int
is_right_part(X509_CRL *crl, X509 *leaf)
{
	ISSUING_DIST_POINT *idp = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, NULL, NULL);
	char *wanted, *name = NULL;
	int i, right;

	/* Only what has changed since another list. */
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) != -1)
		right = 0;
	else if (idp == NULL)
		right = X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) == -1;
	else
		right = idp->onlyCA <= 0 && idp->onlyattr <= 0 && idp->indirectCRL <= 0 &&
		    idp->onlysomereasons == NULL;
	if (right && idp != NULL && idp->distpoint != NULL) {
		wanted = list_url(leaf);
		right = 0;
		for (i = 0; wanted != NULL && idp->distpoint->type == 0 && !right &&
		    i < sk_GENERAL_NAME_num(idp->distpoint->name.fullname); i++) {
			name = http_name(sk_GENERAL_NAME_value(idp->distpoint->name.fullname, i));
			right = name != NULL && strcmp(name, wanted) == 0;
			free(name);
		}
		free(wanted);
	}
	ISSUING_DIST_POINT_free(idp);
	return right;
}

static int
judge_list(X509_CRL *crl, const struct chain *chain, time_t now, struct why *w)
{
	X509 *leaf = sk_X509_value(chain->certs, 0), *issuer = issuer_of(chain);
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	X509_REVOKED *entry;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0 ||
	    key == NULL || X509_CRL_verify(crl, key) != 1)
		return why(w, "the revocation list is not by the certificate's issuer");
	if (asn1_time(X509_CRL_get0_lastUpdate(crl)) > now + SKEW || next == NULL ||
	    asn1_time(next) < now - SKEW)
		return why(w, "the revocation list is out of date");
	if (!is_right_part(crl, leaf))
		return why(w, "the revocation list is for other certificates");
	return X509_CRL_get0_by_cert(crl, &entry, leaf) == 1;
}

static int
judge_response(OCSP_RESPONSE *response, const struct chain *chain, struct why *w)
{
	ASN1_GENERALIZEDTIME *revoked, *this, *next;
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	STACK_OF(X509) *issuers = sk_X509_new_null();
	X509_STORE *store = X509_STORE_new();
	OCSP_CERTID *id = OCSP_cert_to_id(NULL, sk_X509_value(chain->certs, 0), issuer_of(chain));
	int status = V_OCSP_CERTSTATUS_UNKNOWN, rc;

	if (store == NULL || issuers == NULL || id == NULL ||
	    !X509_STORE_add_cert(store, issuer_of(chain)) || !sk_X509_push(issuers, issuer_of(chain)) ||
	    !X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN))
		err(1, NULL);
	if (basic == NULL || OCSP_basic_verify(basic, issuers, store, OCSP_TRUSTOTHER) != 1)
		rc = why(w, "the OCSP answer is not signed by the certificate's issuer");
	else if (OCSP_resp_find_status(basic, id, &status, NULL, &revoked, &this, &next) != 1)
		rc = why(w, "the OCSP answer is for other certificates");
	else if (OCSP_check_validity(this, next, SKEW, -1) != 1)
		rc = why(w, "the OCSP answer is out of date");
	else if (status == V_OCSP_CERTSTATUS_UNKNOWN)
		rc = why(w, "the OCSP responder does not know the certificate");
	else
		rc = status == V_OCSP_CERTSTATUS_REVOKED;
	OCSP_CERTID_free(id);
	OCSP_BASICRESP_free(basic);
	X509_STORE_free(store);
	sk_X509_free(issuers);
	ERR_clear_error();
	return rc;
}

int
status_judge(const struct chain *chain, const uint8_t *answer, size_t len, time_t now,
    struct why *w)
{
	const uint8_t *p = answer;
	OCSP_RESPONSE *response;
	X509_CRL *crl;
	char *list = list_url(sk_X509_value(chain->certs, 0));
	int is_list = list != NULL, rc;

	free(list);
	if (is_list) {
		if ((crl = d2i_X509_CRL(NULL, &p, (long)len)) == NULL) {
			ERR_clear_error();
			return why(w, "what came is no revocation list");
		}
		rc = judge_list(crl, chain, now, w);
		X509_CRL_free(crl);
		ERR_clear_error();
		return rc;
	}
	if ((response = d2i_OCSP_RESPONSE(NULL, &p, (long)len)) == NULL) {
		ERR_clear_error();
		return why(w, "what came is no OCSP answer");
	}
	rc = judge_response(response, chain, w);
	OCSP_RESPONSE_free(response);
	return rc;
}
