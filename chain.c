/* SPDX-License-Identifier: ISC */
/*
 * Certificate chains: parsing, the verdict, writing.  If this is wrong, a CA
 * or whoever sits between installs what nobody asked for.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "clock.h"
#include "x509.h"

#define SKEW		3600			/* of a CA's clock against ours, seconds */
#define LIFE_MAX	(20 * 366 * 86400L)	/* nobody means more than that */
#define BEGIN_CERT	"-----BEGIN CERTIFICATE-----"
#define END_CERT	"-----END CERTIFICATE-----"

static time_t
asn1_time(const ASN1_TIME *t)
{
	struct tm tm;

	/* ASN1_TIME_to_tm() is in both libraries; timegm() makes it UTC. */
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return (time_t)-1;
	return timegm(&tm);
}

void
chain_free(struct chain *c)
{
	if (c == NULL)
		return;
	sk_X509_pop_free(c->certs, X509_free);
	free(c);
}

/* The block that starts at p; *end is behind it.  NULL: it is no certificate. */
static X509 *
parse_block(const char *p, const char **end)
{
	X509 *cert;
	BIO *bio;

	if (strncmp(p, BEGIN_CERT, strlen(BEGIN_CERT)) != 0 ||
	    (*end = strstr(p, END_CERT)) == NULL)
		return NULL;
	*end += strlen(END_CERT);
	/* Neither headers (RFC 7468 2) nor another block inside. */
	if (memchr(p, ':', (size_t)(*end - p)) != NULL ||
	    memmem(p + 5, (size_t)(*end - p) - 5, "-----BEGIN", 10) != NULL)
		return NULL;
	if ((bio = BIO_new_mem_buf(p, (int)(*end - p))) == NULL)
		err(1, NULL);
	cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return cert;
}

static int
parse_all(struct chain *c, const char *pem, struct why *w)
{
	const char *p = pem;
	X509 *cert;

	for (;;) {
		p += strspn(p, " \t\r\n");
		if (*p == '\0')
			break;
		if ((cert = parse_block(p, &p)) == NULL)
			return why(w, "not only whole certificates in PEM");
		if (sk_X509_num(c->certs) == CHAIN_CERTS_MAX) {
			X509_free(cert);
			return why(w, "more than %d certificates", CHAIN_CERTS_MAX);
		}
		if (!sk_X509_push(c->certs, cert))
			err(1, NULL);
	}
	return sk_X509_num(c->certs) > 0 ? 0 : why(w, "no certificate in it");
}

struct chain *
chain_parse(const char *pem, size_t len, struct why *w)
{
	struct chain *c;
	EVP_PKEY *key;
	char *text;
	X509 *leaf;
	int rc;

	if (len > CHAIN_BYTES_MAX || memchr(pem, '\0', len) != NULL) {
		why(w, len > CHAIN_BYTES_MAX ? "more than %d bytes" : "NUL in it", CHAIN_BYTES_MAX);
		return NULL;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL || (c->certs = sk_X509_new_null()) == NULL ||
	    (text = strndup(pem, len)) == NULL)
		err(1, NULL);
	rc = parse_all(c, text, w);
	free(text);
	if (rc == 0) {
		leaf = sk_X509_value(c->certs, 0);
		c->not_before = asn1_time(X509_get0_notBefore(leaf));
		c->not_after = asn1_time(X509_get0_notAfter(leaf));
		key = X509_get_pubkey(leaf);
		if (key == NULL || spki_hash(key, c->spki) == -1)
			rc = why(w, "certificate with a public key that cannot be used");
		EVP_PKEY_free(key);
	}
	ERR_clear_error();
	if (rc == 0)
		return c;
	chain_free(c);
	return NULL;
}

int
chain_names_equal(const struct chain *c, const struct strings *names)
{
	GENERAL_NAMES *san;
	int equal;

	san = X509_get_ext_d2i(sk_X509_value(c->certs, 0), NID_subject_alt_name, NULL, NULL);
	equal = names_equal(san, names);
	GENERAL_NAMES_free(san);
	return equal;
}

/* The leaf's names as text, for the message. */
static void
list_names(X509 *leaf, char *out, size_t outsz)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	char name[80];
	ASN1_STRING *s;
	int i;

	out[0] = '\0';
	for (i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);

		if (g->type == GEN_DNS) {
			s = g->d.dNSName;
			say_safe(name, sizeof(name), (const char *)ASN1_STRING_get0_data(s),
			    (size_t)ASN1_STRING_length(s));
		} else
			strlcpy(name, "(not a host name)", sizeof(name));
		strlcat(out, i > 0 ? " " : "", outsz);
		strlcat(out, name, outsz);
	}
	if (i == 0)
		strlcpy(out, "none", outsz);
	GENERAL_NAMES_free(san);
}

static int
check_times(const struct chain *c, time_t now, struct why *w)
{
	if (c->not_before == (time_t)-1 || c->not_after == (time_t)-1)
		return why(w, "the certificate's dates make no sense");
	if (c->not_before > now + SKEW)
		return why(w, "the certificate begins only on %s", clock_text(c->not_before));
	if (c->not_after < now + CHAIN_LEFT_MIN)
		return why(w, "the certificate ends on %s, too soon to be of use",
		    clock_text(c->not_after));
	if (c->not_after - now > LIFE_MAX)
		return why(w, "the certificate ends on %s, which no CA means",
		    clock_text(c->not_after));
	return 0;
}

/* SHA-256 or better, RSA or ECDSA; the anchor's own signature does not matter. */
static int
check_signature_type(X509 *cert, struct why *w)
{
	switch (X509_get_signature_nid(cert)) {
	case NID_sha256WithRSAEncryption:
	case NID_sha384WithRSAEncryption:
	case NID_sha512WithRSAEncryption:
	case NID_rsassaPss:
	case NID_ecdsa_with_SHA256:
	case NID_ecdsa_with_SHA384:
	case NID_ecdsa_with_SHA512:
		return 0;
	default:
		return why(w, "a certificate of the chain is signed with %s, which is too weak",
		    OBJ_nid2ln(X509_get_signature_nid(cert)));
	}
}

static int
check_key_strength(X509 *cert, struct why *w)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int bits = key == NULL ? 0 : EVP_PKEY_bits(key);

	if (key != NULL && bits >= (EVP_PKEY_base_id(key) == EVP_PKEY_RSA ? 2048 : 256))
		return 0;
	return why(w, "a certificate of the chain has a key of %d bits, which is too weak", bits);
}

/* id-pe-tlsfeature by number: not every libcrypto has a name for it. */
static int
must_staple(X509 *leaf)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.5.5.7.1.24", 1);
	int found;

	if (oid == NULL)
		err(1, NULL);
	found = X509_get_ext_by_OBJ(leaf, oid, -1) >= 0;
	ASN1_OBJECT_free(oid);
	return found;
}

/* How many CAs may stand between this one and the leaf; -1: any number. */
static long
pathlen(X509 *ca)
{
	BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(ca, NID_basic_constraints, NULL, NULL);
	long n = bc == NULL || bc->pathlen == NULL ? -1 : ASN1_INTEGER_get(bc->pathlen);

	BASIC_CONSTRAINTS_free(bc);
	return n;
}

/* What the leaf must and must not be; key and names are compared elsewhere. */
static int
check_leaf(X509 *leaf, struct why *w)
{
	uint32_t flags = X509_get_extension_flags(leaf);

	if (flags & (EXFLAG_INVALID | EXFLAG_CRITICAL))
		return why(w, "the certificate has extensions that are broken, or critical and unknown");
	if (flags & EXFLAG_CA)
		return why(w, "the certificate is a CA's own");
	if (!(flags & EXFLAG_XKUSAGE) || !(X509_get_extended_key_usage(leaf) & XKU_SSL_SERVER))
		return why(w, "the certificate is not for servers (no serverAuth)");
	if (flags & EXFLAG_SS)
		return why(w, "the certificate is self-signed: no path to a root");
	if (must_staple(leaf))
		return why(w, "the certificate demands OCSP stapling (RFC 7633), which nobody "
		    "asked for");
	return 0;
}

/* Each certifies the one before it, and may do so. */
static int
check_links(const struct chain *c, struct why *w)
{
	X509 *cert, *issuer;
	int i;

	for (i = 0; i + 1 < sk_X509_num(c->certs); i++) {
		cert = sk_X509_value(c->certs, i);
		issuer = sk_X509_value(c->certs, i + 1);
		if (X509_check_issued(issuer, cert) != X509_V_OK ||
		    X509_verify(cert, X509_get0_pubkey(issuer)) != 1)
			return why(w, "certificate %d of the chain was not issued by the one "
			    "after it", i + 1);
		if (X509_check_ca(issuer) != 1)
			return why(w, "certificate %d of the chain is not a CA's", i + 2);
		if (pathlen(issuer) >= 0 && pathlen(issuer) < i)
			return why(w, "certificate %d of the chain may not have %d below it "
			    "(pathlen)", i + 2, i);
	}
	return 0;
}

/* X.509 path validation (RFC 5280 6) by libcrypto, at our time. */
static int
check_path(const struct chain *c, X509_STORE *roots, time_t now, struct why *w)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int rc = 0;

	if (ctx == NULL || !X509_STORE_CTX_init(ctx, roots, sk_X509_value(c->certs, 0), c->certs))
		err(1, NULL);
	/* The leaf's own notBefore may lie ahead by the skew. */
	X509_STORE_CTX_set_time(ctx, 0, c->not_before > now ? c->not_before : now);
	X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
	if (X509_verify_cert(ctx) != 1)
		rc = why(w, "the chain does not lead to a trusted root: %s (certificate %d)",
		    X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)),
		    X509_STORE_CTX_get_error_depth(ctx) + 1);
	X509_STORE_CTX_free(ctx);
	return rc;
}

int
chain_verify(const struct chain *c, const struct strings *names,
    const uint8_t spki[SPKI_HASH_LEN], X509_STORE *roots, time_t now, struct why *w)
{
	X509 *leaf = sk_X509_value(c->certs, 0);
	char found[300];
	int i, rc;

	if (memcmp(c->spki, spki, SPKI_HASH_LEN) != 0)
		return why(w, "the certificate is for another key than ours");
	if (!chain_names_equal(c, names)) {
		list_names(leaf, found, sizeof(found));
		return why(w, "the certificate is for other names than ours: %s", found);
	}
	if (check_times(c, now, w) == -1 || check_leaf(leaf, w) == -1)
		return -1;
	for (i = 0; i < sk_X509_num(c->certs); i++) {
		X509 *cert = sk_X509_value(c->certs, i);

		if (check_key_strength(cert, w) == -1)
			return -1;
		/* A root's signature over itself proves nothing. */
		if (!(X509_get_extension_flags(cert) & EXFLAG_SS) &&
		    check_signature_type(cert, w) == -1)
			return -1;
	}
	rc = check_links(c, w);
	if (rc == 0 && roots != NULL)
		rc = check_path(c, roots, now, w);
	ERR_clear_error();
	return rc;
}

char *
chain_pem(const struct chain *c, size_t from, size_t to, size_t *len)
{
	size_t i, n = (size_t)sk_X509_num(c->certs);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *out;

	if (bio == NULL)
		err(1, NULL);
	for (i = from; i < n && i < to; i++)
		if (!PEM_write_bio_X509(bio, sk_X509_value(c->certs, (int)i)))
			err(1, NULL);
	*len = (size_t)BIO_get_mem_data(bio, &data);
	if ((out = malloc(*len + 1)) == NULL)
		err(1, NULL);
	if (*len > 0)
		memcpy(out, data, *len);
	out[*len] = '\0';
	BIO_free(bio);
	return out;
}

X509_STORE *
roots_load(const char *pem, size_t len, struct why *w)
{
	X509_STORE *store = X509_STORE_new();
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	X509 *cert;
	int n = 0;

	if (store == NULL || bio == NULL)
		err(1, NULL);
	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		n += X509_STORE_add_cert(store, cert);
		X509_free(cert);
	}
	ERR_clear_error();
	BIO_free(bio);
	if (n > 0)
		return store;
	X509_STORE_free(store);
	why(w, "no trust anchor in the root file");
	return NULL;
}
