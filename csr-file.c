/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Parses the administrator's certificate signing request as untrusted text. */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "acme-client.h"
#include "x509.h"

#define NAME_BYTES_MAX 255 /* This is longer than any host name. */

static X509_REQ *
parse(const char *buf, size_t len, struct error *e)
{
	const uint8_t *der = (const uint8_t *)buf;
	X509_REQ *req;
	BIO *bio;

	if ((bio = BIO_new_mem_buf(buf, (int)len)) == NULL)
		err(1, NULL);
	req = PEM_read_bio_X509_REQ(bio, NULL, NULL, (void *)(uintptr_t) "");
	if (req == NULL)
		req = d2i_X509_REQ(NULL, &der, (long)len);
	BIO_free(bio);
	ERR_clear_error();
	if (req == NULL)
		error_set(
		    e, "is not a certificate signing request in PEM or DER");
	else if (i2d_X509_REQ(req, NULL) > CSR_BYTES_MAX) {
		error_set(e, "larger than %d bytes in DER", CSR_BYTES_MAX);
		X509_REQ_free(req);
		req = NULL;
	}
	return req;
}

int
csr_parse(const char *text, size_t textlen, uint8_t **der, size_t *len,
    struct error *e)
{
	X509_REQ *req = parse(text, textlen, e);
	uint8_t *buf = NULL;
	int n;

	if (req == NULL)
		return -1;
	if ((n = i2d_X509_REQ(req, &buf)) <= 0 ||
	    (*der = malloc((size_t)n)) == NULL)
		err(1, NULL);
	memcpy(*der, buf, (size_t)n);
	*len = (size_t)n;
	OPENSSL_free(buf);
	X509_REQ_free(req);
	return 0;
}

/*
 * Returns the name as text, which the caller frees; NULL: ACME does not certify
 * such a name.
 */
static char *
name_text(const GENERAL_NAME *g)
{
	char text[INET6_ADDRSTRLEN], *name;
	const uint8_t *data;
	int len;

	if (g->type == GEN_DNS) {
		data = ASN1_STRING_get0_data(g->d.dNSName);
		len = ASN1_STRING_length(g->d.dNSName);
		if (len <= 0 || len > NAME_BYTES_MAX ||
		    memchr(data, '\0', (size_t)len) != NULL)
			return NULL;
		name = strndup((const char *)data, (size_t)len);
	} else if (g->type == GEN_IPADD &&
	    (ASN1_STRING_length(g->d.iPAddress) == 4 ||
		ASN1_STRING_length(g->d.iPAddress) == 16)) {
		inet_ntop(ASN1_STRING_length(g->d.iPAddress) == 4 ? AF_INET :
								    AF_INET6,
		    ASN1_STRING_get0_data(g->d.iPAddress), text, sizeof(text));
		name = strdup(text);
	} else
		return NULL;
	if (name == NULL)
		err(1, NULL);
	return name;
}

/* Refuses a CSR that no run could use. */
static int
check_key(X509_REQ *req, struct error *e)
{
	EVP_PKEY *key = X509_REQ_get_pubkey(req);
	int rc;

	if (key == NULL || X509_REQ_verify(req, key) != 1)
		rc = error_set(e, "is not signed by its own key");
	else
		rc = csr_check_key(key, e);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return rc;
}

int
csr_parse_names(
    const char *text, size_t len, struct strings *names, struct error *e)
{
	X509_REQ *req = parse(text, len, e);
	STACK_OF(X509_EXTENSION) * exts;
	GENERAL_NAMES *san;
	int i, n, rc = 0;

	names->v = NULL;
	names->n = 0;
	if (req == NULL)
		return -1;
	if (check_key(req, e) == -1) {
		X509_REQ_free(req);
		return -1;
	}
	exts = X509_REQ_get_extensions(req);
	san = exts == NULL ?
	    NULL :
	    X509V3_get_d2i(exts, NID_subject_alt_name, NULL, NULL);
	n = san == NULL ? 0 : sk_GENERAL_NAME_num(san);
	if (n == 0 || n > CONF_NAMES_MAX) {
		error_set(e, "has not 1 to %d names in subjectAltName",
		    CONF_NAMES_MAX);
		rc = -1;
	} else if ((names->v = calloc((size_t)n, sizeof(*names->v))) == NULL)
		err(1, NULL);
	for (i = 0; i < n && rc == 0; i++) {
		if ((names->v[i] = name_text(sk_GENERAL_NAME_value(san, i))) ==
		    NULL)
			rc = error_set(e,
			    "has a name that is neither a host's nor an "
			    "address");
		else
			names->n++;
	}
	GENERAL_NAMES_free(san);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
	return rc;
}

EVP_PKEY *
csr_key(const uint8_t *der, size_t len)
{
	X509_REQ *req = d2i_X509_REQ(NULL, &der, (long)len);
	EVP_PKEY *key = req == NULL ? NULL : X509_REQ_get_pubkey(req);

	X509_REQ_free(req);
	return key;
}
