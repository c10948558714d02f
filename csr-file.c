/* SPDX-License-Identifier: ISC */
/*
 * A certificate signing request that the administrator brings along.
 */
#include <arpa/inet.h>
#include <sys/stat.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "dir.h"
#include "x509.h"

#define FILE_BYTES_MAX	65536	/* CSR_BYTES_MAX in PEM */

/* The file's bytes; the caller frees.  Whoever may write it chooses the key that is certified. */
static char *
read_file(const char *path, size_t *len, struct why *w)
{
	struct stat st;
	char *buf;
	ssize_t n;
	int fd;

	if ((fd = dir_open_trusted(path, w)) == -1)
		return NULL;
	if ((buf = malloc(FILE_BYTES_MAX)) == NULL)
		err(1, NULL);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX ||
	    (n = read(fd, buf, FILE_BYTES_MAX)) != st.st_size) {
		why(w, "%s: not a file of at most %d bytes", path, FILE_BYTES_MAX);
		free(buf);
		buf = NULL;
	} else
		*len = (size_t)n;
	close(fd);
	return buf;
}

static X509_REQ *
load(const char *path, struct why *w)
{
	size_t len;
	char *buf = read_file(path, &len, w);
	const uint8_t *der = (const uint8_t *)buf;
	X509_REQ *req;
	BIO *bio;

	if (buf == NULL)
		return NULL;
	if ((bio = BIO_new_mem_buf(buf, (int)len)) == NULL)
		err(1, NULL);
	req = PEM_read_bio_X509_REQ(bio, NULL, NULL, (void *)(uintptr_t)"");
	if (req == NULL)
		req = d2i_X509_REQ(NULL, &der, (long)len);
	BIO_free(bio);
	free(buf);
	ERR_clear_error();
	if (req == NULL)
		why(w, "%s: is no certificate signing request in PEM or DER", path);
	else if (i2d_X509_REQ(req, NULL) > CSR_BYTES_MAX) {
		why(w, "%s: larger than %d bytes in DER", path, CSR_BYTES_MAX);
		X509_REQ_free(req);
		req = NULL;
	}
	return req;
}

int
csr_file_load(const char *path, uint8_t **der, size_t *len, struct why *w)
{
	X509_REQ *req = load(path, w);
	uint8_t *buf = NULL;
	int n;

	if (req == NULL)
		return -1;
	if ((n = i2d_X509_REQ(req, &buf)) > CSR_DER_MAX) {
		OPENSSL_free(buf);
		X509_REQ_free(req);
		return why(w, "%s: a CSR of %d bytes; at most %d can be sent to a CA", path, n, CSR_DER_MAX);
	}
	if (n <= 0 || (*der = malloc((size_t)n)) == NULL)
		err(1, NULL);
	memcpy(*der, buf, (size_t)n);
	*len = (size_t)n;
	OPENSSL_free(buf);
	X509_REQ_free(req);
	return 0;
}

/* NULL: not a name that ACME certifies. */
static char *
name_text(const GENERAL_NAME *g)
{
	char text[INET6_ADDRSTRLEN], *name;
	const uint8_t *data;
	int len;

	if (g->type == GEN_DNS) {
		data = ASN1_STRING_get0_data(g->d.dNSName);
		len = ASN1_STRING_length(g->d.dNSName);
		if (len <= 0 || memchr(data, '\0', (size_t)len) != NULL)
			return NULL;
		name = strndup((const char *)data, (size_t)len);
	} else if (g->type == GEN_IPADD && (ASN1_STRING_length(g->d.iPAddress) == 4 ||
	    ASN1_STRING_length(g->d.iPAddress) == 16)) {
		inet_ntop(ASN1_STRING_length(g->d.iPAddress) == 4 ? AF_INET : AF_INET6,
		    ASN1_STRING_get0_data(g->d.iPAddress), text, sizeof(text));
		name = strdup(text);
	} else
		return NULL;
	if (name == NULL)
		err(1, NULL);
	return name;
}

int
csr_file_names(const char *path, struct strings *names, struct why *w)
{
	X509_REQ *req = load(path, w);
	STACK_OF(X509_EXTENSION) *exts;
	GENERAL_NAMES *san;
	int i, n, rc = 0;

	names->v = NULL;
	names->n = 0;
	if (req == NULL)
		return -1;
	exts = X509_REQ_get_extensions(req);
	san = exts == NULL ? NULL : X509V3_get_d2i(exts, NID_subject_alt_name, NULL, NULL);
	n = san == NULL ? 0 : sk_GENERAL_NAME_num(san);
	if (n == 0 || n > CONF_NAMES_MAX)
		rc = why(w, "%s: has not 1 to %d names in subjectAltName", path, CONF_NAMES_MAX);
	else if ((names->v = calloc((size_t)n, sizeof(*names->v))) == NULL)
		err(1, NULL);
	for (i = 0; i < n && rc == 0; i++) {
		if ((names->v[i] = name_text(sk_GENERAL_NAME_value(san, i))) == NULL)
			rc = why(w, "%s: has a name that is neither a host's nor an address", path);
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
