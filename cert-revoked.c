/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Has the CA revoked a certificate?  Finds out where to ask, and passes the
 * response to the judge for revocation lists or the one for OCSP.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "cert.h"
#include "valid.h"

char *
status_http_name(const GENERAL_NAME *g)
{
	struct url url;
	char *text;

	if (g->type != GEN_URI)
		return NULL;
	text = strndup(
	    (const char *)ASN1_STRING_get0_data(g->d.uniformResourceIdentifier),
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
		url = status_http_name(sk_GENERAL_NAME_value(names, i));
	return url;
}

/* The CRL distribution points are described in RFC 5280 4.2.1.13. */
char *
status_list_url(X509 *leaf)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(
	    leaf, NID_crl_distribution_points, NULL, NULL);
	DIST_POINT *p;
	char *url = NULL;
	int i;

	for (i = 0;
	     url == NULL && points != NULL && i < sk_DIST_POINT_num(points);
	     i++) {
		p = sk_DIST_POINT_value(points, i);
		/*
		 * A list by another issuer, or for some reasons only, does not
		 * tell whether the certificate is revoked.
		 */
		if (p->distpoint != NULL && p->distpoint->type == 0 &&
		    p->reasons == NULL && p->CRLissuer == NULL)
			url = first_http_name(p->distpoint->name.fullname);
	}
	CRL_DIST_POINTS_free(points);
	return url;
}

static OCSP_REQUEST *
ocsp_request(const struct chain *chain)
{
	OCSP_CERTID *id = OCSP_cert_to_id(
	    NULL, sk_X509_value(chain->certs, 0), status_issuer(chain));
	OCSP_REQUEST *request = OCSP_REQUEST_new();

	if (id == NULL || request == NULL ||
	    OCSP_request_add0_id(request, id) == NULL)
		errx(1, "cannot make an OCSP request");
	return request;
}

/*
 * Makes the URL of a GET request (RFC 6960 A.1), which has base64 with '+', '/'
 * and '=' escaped.
 */
static char *
escape(const char *base64)
{
	char *out, *o;

	if ((out = o = malloc(3 * strlen(base64) + 1)) == NULL)
		err(1, NULL);
	for (; *base64 != '\0'; base64++)
		if (strchr("+/=", *base64) != NULL) {
			memcpy(o,
			    *base64 == '+'     ? "%2B" :
				*base64 == '/' ? "%2F" :
						 "%3D",
			    3);
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

	if (len <= 0 ||
	    (base64 = malloc(4 * ((size_t)len + 2) / 3 + 2)) == NULL)
		errx(1, "cannot make an OCSP request");
	EVP_EncodeBlock(base64, der, len);
	escaped = escape((char *)base64);
	free(base64);
	OPENSSL_free(der);
	OCSP_REQUEST_free(request);
	return escaped;
}

/* Authority information access is described in RFC 5280 4.2.2.1. */
static char *
responder_url(const struct chain *chain)
{
	AUTHORITY_INFO_ACCESS *aia = X509_get_ext_d2i(
	    sk_X509_value(chain->certs, 0), NID_info_access, NULL, NULL);
	ACCESS_DESCRIPTION *ad;
	char *base = NULL, *query, *url = NULL;
	int i;

	for (i = 0;
	     base == NULL && aia != NULL && i < sk_ACCESS_DESCRIPTION_num(aia);
	     i++) {
		ad = sk_ACCESS_DESCRIPTION_value(aia, i);
		if (OBJ_obj2nid(ad->method) == NID_ad_OCSP)
			base = status_http_name(ad->location);
	}
	AUTHORITY_INFO_ACCESS_free(aia);
	if (base == NULL)
		return NULL;
	query = ocsp_query(chain);
	if (asprintf(&url, "%s%s%s", base,
		base[strlen(base) - 1] == '/' ? "" : "/", query) == -1)
		err(1, NULL);
	free(query);
	free(base);
	return url;
}

/*
 * Does the second certificate sign the leaf?  Installed files may have any
 * certificate after the leaf, and only its issuer may sign a response.
 */
static int
check_issuer(const struct chain *chain, struct error *e)
{
	X509 *leaf = sk_X509_value(chain->certs, 0),
	     *issuer = status_issuer(chain);

	if (issuer == NULL)
		return error_set(e,
		    "the issuer's certificate is not installed; configure a "
		    "full chain certificate");
	if (X509_check_issued(issuer, leaf) == X509_V_OK &&
	    X509_verify(leaf, X509_get0_pubkey(issuer)) == 1)
		return 0;
	ERR_clear_error();
	return error_set(e,
	    "the second installed certificate is not the issuer of the first");
}

char *
status_url(const struct chain *chain, struct error *e)
{
	struct url parsed;
	char *url;

	if (check_issuer(chain, e) == -1)
		return NULL;
	url = status_list_url(sk_X509_value(chain->certs, 0));
	if (url == NULL)
		url = responder_url(chain);
	if (url == NULL)
		error_set(e,
		    "the certificate names neither a revocation list nor an "
		    "OCSP responder by http");
	else if (!url_parse_plain(&parsed, url)) {
		error_set(e, "%s: not an http URL", url);
		free(url);
		url = NULL;
	}
	return url;
}

int
status_judge(const struct chain *chain, const uint8_t *response, size_t len,
    time_t now, struct error *e)
{
	const struct der bytes = { response, response + len };
	char *list = status_list_url(sk_X509_value(chain->certs, 0));
	int is_list = list != NULL;

	free(list);
	return is_list ? status_list_judge(chain, bytes, now, e) :
			 status_ocsp_judge(chain, bytes, now, e);
}
