/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Revocation lists and OCSP responses: what counts, what does not, and what a
 * large one costs.
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ocsp.h>

#include "der.h"
#include "cert.h"
#include "test.h"
#include "x509-make.h"

#define DAY 86400L

static const struct recipe ca = { .subject = "ca",
	.basic = "critical,CA:TRUE",
	.usage = "critical,keyCertSign,cRLSign",
	.from = -DAY,
	.to = 3650 * DAY };
static EVP_PKEY *ca_key, *leaf_key, *other_key;
static X509 *ca_cert, *no_sign; /* the same CA, without cRLSign */
static struct chain *by_list, *by_list_no_sign, *by_ocsp;

static struct chain *
make_chain(const char *extension, X509 *issuer)
{
	struct recipe r = { .subject = "a.example",
		.san = "DNS:a.example",
		.basic = "critical,CA:FALSE",
		.eku = "serverAuth",
		.other = extension,
		.from = -60,
		.to = 90 * DAY };
	X509 *certs[2] = { make_cert(leaf_key, &r, issuer, ca_key), issuer };
	char *pem = make_pem(certs, 2);
	struct error e;
	struct chain *c = chain_parse(pem, strlen(pem), &e);

	free(pem);
	X509_free(certs[0]);
	return c;
}

static X509 *
leaf_of(const struct chain *c)
{
	return sk_X509_value(c->certs, 0);
}

static void
setup(void)
{
	struct recipe r = ca;

	ca_key = make_key(0);
	leaf_key = make_key(0);
	other_key = make_key(0);
	ca_cert = make_cert(ca_key, &r, NULL, NULL);
	r.usage = "critical,keyCertSign";
	no_sign = make_cert(ca_key, &r, NULL, NULL);
	by_list = make_chain(
	    "crlDistributionPoints=URI:http://x.example/l", ca_cert);
	by_list_no_sign = make_chain(
	    "crlDistributionPoints=URI:http://x.example/l", no_sign);
	by_ocsp = make_chain(
	    "authorityInfoAccess=OCSP;URI:http://x.example/", ca_cert);
}

/* A list with leaf on it, and what may be wrong. */
struct list_recipe {
	/* error NULL: it counts, and says "revoked" */
	const char *name, *error;
	long from, to;         /* to 0: no nextUpdate */
	const EVP_MD *md;      /* NULL: SHA-256 */
	const char *list_ext;  /* OID=[critical,]value */
	const char *entry_ext; /* of another entry than the leaf's */
	int foreign;           /* signed by another key */
	int number;            /* version */
};

static X509_EXTENSION *
text_ext(const char *text)
{
	char oid[64];

	snprintf(oid, sizeof(oid), "%.*s", (int)strcspn(text, "="), text);
	return X509V3_EXT_conf(
	    NULL, NULL, oid, (char *)(uintptr_t)(strchr(text, '=') + 1));
}

static void
add_text(X509_CRL *crl, X509_REVOKED *entry, const char *text)
{
	X509_EXTENSION *x;

	if (text == NULL)
		return;
	x = text_ext(text);
	if (crl != NULL)
		X509_CRL_add_ext(crl, x, -1);
	else
		X509_REVOKED_add_ext(entry, x, -1);
	X509_EXTENSION_free(x);
}

static void
add_entry(X509_CRL *crl, const ASN1_INTEGER *serial, const char *ext)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *t = ASN1_TIME_new();

	X509_gmtime_adj(t, -60);
	X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)(uintptr_t)serial);
	X509_REVOKED_set_revocationDate(entry, t);
	add_text(NULL, entry, ext);
	X509_CRL_add0_revoked(crl, entry);
	ASN1_TIME_free(t);
}

static uint8_t *
make_list(const struct list_recipe *r, const struct chain *c, int entries,
    size_t *len)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *t = ASN1_TIME_new();
	uint8_t *der = NULL;
	int i;

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca_cert));
	X509_CRL_set1_lastUpdate(crl, X509_gmtime_adj(t, r->from));
	if (r->to != 0)
		X509_CRL_set1_nextUpdate(crl, X509_gmtime_adj(t, r->to));
	for (i = 0; i < entries; i++) {
		ASN1_INTEGER_set_uint64(serial, 0x7000000000 + (uint64_t)i);
		add_entry(crl, serial, i == 0 ? r->entry_ext : NULL);
	}
	add_entry(crl, X509_get0_serialNumber(leaf_of(c)), NULL);
	add_text(crl, NULL, r->list_ext);
	X509_CRL_sign(crl, r->foreign ? other_key : ca_key,
	    r->md == NULL ? EVP_sha256() : r->md);
	*len = (size_t)i2d_X509_CRL(crl, &der);
	X509_CRL_free(crl);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(t);
	return der;
}

static int
ask(const struct chain *c, const uint8_t *response, size_t len,
    const char **text)
{
	static struct error e;

	e.text[0] = '\0';
	*text = e.text;
	return status_judge(c, response, len, time(NULL), &e);
}

static void
test_lists(void)
{
	static const struct list_recipe lists[] = {
		{ .name = "good", .from = -60, .to = DAY },
		{ .name = "clocks that differ by a minute",
		    .from = 60,
		    .to = DAY },
		{ .name = "number and key identifier",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "2.5.29.20=DER:020105" },
		{ .name = "an extension that need not be known",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "1.2.3.4=DER:0500" },
		{ .name = "a reason",
		    .from = -60,
		    .to = DAY,
		    .entry_ext = "2.5.29.21=DER:0a0101" },
		{ .name = "its part",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "2.5.29.28=critical,DER:"
				"3018a016a0148612687474703a2f2f782e6578616d706c"
				"652f6c" },
		{ .name = "another part",
		    .error = "for other certificates",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "2.5.29.28=critical,DER:"
				"3018a016a0148612687474703a2f2f782e6578616d706c"
				"652f6d" },
		{ .name = "indirect",
		    .error = "for other certificates",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "2.5.29.28=critical,DER:30038401ff" },
		{ .name = "attribute certificates only",
		    .error = "for other certificates",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "2.5.29.28=critical,DER:30038501ff" },
		{ .name = "some reasons only",
		    .error = "for other certificates",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "2.5.29.28=critical,DER:300483020780" },
		{ .name = "part that cannot be read",
		    .error = "for other certificates",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "2.5.29.28=critical,DER:3002ffff" },
		{ .name = "changes only",
		    .error = "for other certificates",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "2.5.29.27=critical,DER:020101" },
		{ .name = "changes only, not critical",
		    .error = "for other certificates",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "2.5.29.27=DER:020101" },
		{ .name = "unknown critical extension",
		    .error = "critical extension",
		    .from = -60,
		    .to = DAY,
		    .list_ext = "1.2.3.4=critical,DER:0500" },
		{ .name = "unknown critical extension of an entry",
		    .error = "entry with a critical",
		    .from = -60,
		    .to = DAY,
		    .entry_ext = "1.2.3.4=critical,DER:0500" },
		{ .name = "entry of another issuer",
		    .error = "of other issuers",
		    .from = -60,
		    .to = DAY,
		    .entry_ext = "2.5.29.29=critical,DER:3000" },
		{ .name = "SHA-1",
		    .error = "too weak",
		    .from = -60,
		    .to = DAY },
		{ .name = "another key",
		    .error = "not by the certificate's issuer",
		    .from = -60,
		    .to = DAY,
		    .foreign = 1 },
		{ .name = "out of date",
		    .error = "out of date",
		    .from = -10 * DAY,
		    .to = -DAY },
		{ .name = "of tomorrow",
		    .error = "out of date",
		    .from = DAY,
		    .to = 2 * DAY },
		{ .name = "without nextUpdate",
		    .error = "out of date",
		    .from = -60,
		    .to = 0 },
	};
	struct list_recipe r;
	const char *text;
	uint8_t *der;
	size_t i, len;
	int rc;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		r = lists[i];
		if (strcmp(r.name, "SHA-1") == 0)
			r.md = EVP_sha1();
		der = make_list(&r, by_list, 3, &len);
		rc = ask(by_list, der, len, &text);
		check(r.error == NULL ?
			rc == 1 :
			rc == -1 && strstr(text, r.error) != NULL,
		    "status: list: %s: %d %s", r.name, rc, text);
		OPENSSL_free(der);
	}
	der = make_list(&lists[0], by_ocsp, 3, &len);
	check(ask(by_list, der, len, &text) == 0, "status: list: not on it %s",
	    text);
	check(ask(by_list_no_sign, der, len, &text) == -1 &&
		strstr(text, "no cRLSign") != NULL,
	    "status: list: an issuer without cRLSign: %s", text);
	check(ask(by_list, der, len - 1, &text) == -1 &&
		strstr(text, "no revocation list") != NULL,
	    "status: list: cut: %s", text);
	OPENSSL_free(der);
	check(
	    ask(by_list, (const uint8_t *)"<html>x</html>", 14, &text) == -1 &&
		strstr(text, "no revocation list") != NULL,
	    "status: list: HTML: %s", text);
	check(ask(by_list, (const uint8_t *)"", 0, &text) == -1,
	    "status: list: nothing: %s", text);
}

static unsigned long
address_space(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	if (f != NULL)
		fclose(f);
	return pages * (unsigned long)sysconf(_SC_PAGESIZE);
}

/*
 * The verdict in a process that gets hardly any memory besides the list's own;
 * 99: it was not enough.
 */
static int
ask_with_little(const uint8_t *der, size_t len)
{
	unsigned long now = address_space();
	struct rlimit limit = { now + (4UL << 20), now + (4UL << 20) };
	const char *text;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (now > 0)
			setrlimit(RLIMIT_AS, &limit);
		_exit(1 + ask(by_list, der, len, &text));
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || !WIFEXITED(status))
		return 99;
	return WEXITSTATUS(status) - 1;
}

/* As large as net takes them. */
static void
test_large(void)
{
	static const struct list_recipe good = { .from = -60, .to = DAY },
					foreign = { .from = -60,
						.to = DAY,
						.foreign = 1 };
	uint8_t *der;
	size_t len;

#ifdef __SANITIZE_ADDRESS__
	printf("skip status: a list of 16 MiB: not with a sanitizer\n");
	return;
#endif
	der = make_list(&good, by_list, 690000, &len);
	check(len > 15UL << 20 && len <= STATUS_BYTES_MAX,
	    "status: a list of nearly 16 MiB: %zu bytes", len);
	check(ask_with_little(der, len) == 1,
	    "status: a list of 16 MiB: read with 4 MiB of memory");
	OPENSSL_free(der);
	der = make_list(&foreign, by_list, 690000, &len);
	check(ask_with_little(der, len) == -1,
	    "status: a list of 16 MiB by a stranger: refused with 4 MiB of "
	    "memory");
	OPENSSL_free(der);
}

/* A response about the leaf, and what may be wrong. */
struct ocsp_recipe {
	const char *name, *error; /* error NULL: it counts */
	int status;
	long from, to; /* to 0: no nextUpdate */
	/*
	 * 0: the CA, 1: a responder with the recipe below, 2: a stranger, 3:
	 * unsigned by whom it says
	 */
	int signer;
	const char *eku, *responder_other;
	long responder_to;
	const char *single_ext, *ext;
	/* further ones; a second one about the leaf: revoked */
	int others, second;
	int weak, sha256_id, responder_weak, other_issuer;
};

static void
add_single(
    OCSP_BASICRESP *basic, const struct ocsp_recipe *r, int status, X509 *about)
{
	OCSP_CERTID *id = OCSP_cert_to_id(
	    r->sha256_id ? EVP_sha256() : EVP_sha1(), about, ca_cert);
	ASN1_TIME *this = X509_gmtime_adj(NULL, r->from),
		  *next = r->to == 0 ? NULL : X509_gmtime_adj(NULL, r->to);
	ASN1_TIME *when = X509_gmtime_adj(NULL, -60);
	OCSP_SINGLERESP *single;
	ASN1_GENERALIZEDTIME *g[3];
	X509_EXTENSION *x;

	g[0] = ASN1_TIME_to_generalizedtime(this, NULL);
	g[1] = next == NULL ? NULL : ASN1_TIME_to_generalizedtime(next, NULL);
	g[2] = ASN1_TIME_to_generalizedtime(when, NULL);
	single = OCSP_basic_add1_status(basic, id, status, 1, g[2], g[0], g[1]);
	if (r->single_ext != NULL) {
		x = text_ext(r->single_ext);
		OCSP_SINGLERESP_add_ext(single, x, -1);
		X509_EXTENSION_free(x);
	}
	OCSP_CERTID_free(id);
	ASN1_TIME_free(this);
	ASN1_TIME_free(next);
	ASN1_TIME_free(when);
	ASN1_GENERALIZEDTIME_free(g[0]);
	ASN1_GENERALIZEDTIME_free(g[1]);
	ASN1_GENERALIZEDTIME_free(g[2]);
}

static uint8_t *
make_response(const struct ocsp_recipe *r, size_t *len)
{
	struct recipe responder = { .subject = "responder",
		.basic = "critical,CA:FALSE",
		.eku = r->eku,
		.other = r->responder_other,
		.from = -2 * DAY,
		.to = r->responder_to == 0 ? DAY : r->responder_to,
		.md = r->responder_weak ? EVP_sha1() : NULL };
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_RESPONSE *response;
	X509 *signer, *other_ca;
	X509_EXTENSION *x;
	uint8_t *der = NULL;
	struct recipe r2 = ca;
	int i;

	other_ca = make_cert(leaf_key, &r2, NULL, NULL);
	signer = r->signer == 0 ? ca_cert :
				  make_cert(other_key, &responder,
				      r->other_issuer ? other_ca : ca_cert,
				      r->signer == 2 ? leaf_key : ca_key);
	for (i = 0; i < r->others; i++)
		add_single(basic, r, V_OCSP_CERTSTATUS_REVOKED,
		    i % 2 ? leaf_of(by_list) : leaf_of(by_list_no_sign));
	add_single(basic, r, r->status, leaf_of(by_ocsp));
	if (r->second)
		add_single(
		    basic, r, V_OCSP_CERTSTATUS_REVOKED, leaf_of(by_ocsp));
	if (r->ext != NULL) {
		x = text_ext(r->ext);
		OCSP_BASICRESP_add_ext(basic, x, -1);
		X509_EXTENSION_free(x);
	}
	OCSP_basic_sign(basic, signer, r->signer == 0 ? ca_key : other_key,
	    r->weak ? EVP_sha1() : EVP_sha256(), NULL, 0);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	*len = (size_t)i2d_OCSP_RESPONSE(response, &der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	if (signer != ca_cert)
		X509_free(signer);
	X509_free(other_ca);
	return der;
}

static void
test_ocsp(void)
{
#define REVOKED_NOW .status = V_OCSP_CERTSTATUS_REVOKED, .from = -60, .to = DAY
	static const struct ocsp_recipe responses[] = {
		{ .name = "by the issuer", REVOKED_NOW },
		{ .name = "named by SHA-256", REVOKED_NOW, .sha256_id = 1 },
		{ .name = "by its responder",
		    REVOKED_NOW,
		    .signer = 1,
		    .eku = "OCSPSigning" },
		{ .name = "among others", REVOKED_NOW, .others = 5 },
		{ .name = "good, and revoked",
		    .status = V_OCSP_CERTSTATUS_GOOD,
		    .from = -60,
		    .to = DAY,
		    .second = 1 },
		{ .name = "an extension that need not be known",
		    REVOKED_NOW,
		    .ext = "1.2.3.4=DER:0500",
		    .single_ext = "1.2.3.4=DER:0500" },
		{ .name = "without nextUpdate, of now",
		    .status = V_OCSP_CERTSTATUS_REVOKED,
		    .from = -3600 },
		{ .name = "without nextUpdate, 2 days old",
		    .error = "out of date",
		    .status = V_OCSP_CERTSTATUS_REVOKED,
		    .from = -2 * DAY },
		{ .name = "without nextUpdate, 400 days old",
		    .error = "out of date",
		    .status = V_OCSP_CERTSTATUS_GOOD,
		    .from = -400 * DAY },
		{ .name = "out of date",
		    .error = "out of date",
		    .status = V_OCSP_CERTSTATUS_GOOD,
		    .from = -2 * DAY,
		    .to = -DAY },
		{ .name = "of tomorrow",
		    .error = "out of date",
		    .status = V_OCSP_CERTSTATUS_GOOD,
		    .from = DAY,
		    .to = 2 * DAY },
		{ .name = "unknown",
		    .error = "does not know",
		    .status = V_OCSP_CERTSTATUS_UNKNOWN,
		    .from = -60,
		    .to = DAY },
		{ .name = "SHA-1",
		    .error = "too weak",
		    REVOKED_NOW,
		    .weak = 1 },
		{ .name = "by a responder with SHA-1",
		    .error = "too weak",
		    REVOKED_NOW,
		    .signer = 1,
		    .eku = "OCSPSigning",
		    .responder_weak = 1 },
		{ .name = "by a responder without OCSPSigning",
		    .error = "OCSPSigning",
		    REVOKED_NOW,
		    .signer = 1,
		    .eku = "serverAuth" },
		{ .name = "by a responder without any purpose",
		    .error = "OCSPSigning",
		    REVOKED_NOW,
		    .signer = 1 },
		{ .name = "by an expired responder",
		    .error = "expired",
		    REVOKED_NOW,
		    .signer = 1,
		    .eku = "OCSPSigning",
		    .responder_to = -DAY },
		{ .name = "by a responder with an unknown critical extension",
		    .error = "not for OCSP",
		    REVOKED_NOW,
		    .signer = 1,
		    .eku = "OCSPSigning",
		    .responder_other = "1.2.3.4.5=critical,DER:0500" },
		{ .name = "by a responder that the issuer has not signed",
		    .error = "not signed by",
		    REVOKED_NOW,
		    .signer = 2,
		    .eku = "OCSPSigning" },
		{ .name = "by another CA's responder",
		    .error = "not signed by",
		    REVOKED_NOW,
		    .signer = 2,
		    .eku = "OCSPSigning",
		    .other_issuer = 1 },
		{ .name = "unknown critical extension",
		    .error = "critical extension",
		    REVOKED_NOW,
		    .ext = "1.2.3.4=critical,DER:0500" },
		{ .name = "unknown critical extension of one",
		    .error = "critical extension",
		    REVOKED_NOW,
		    .single_ext = "1.2.3.4=critical,DER:0500" },
	};
	struct ocsp_recipe others = { REVOKED_NOW, .others = 2 };
	static const uint8_t try_later[] = { 0x30, 3, 0x0a, 1, 3 };
	const char *text;
	uint8_t *der;
	size_t i, len;
	int rc;

	for (i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		der = make_response(&responses[i], &len);
		rc = ask(by_ocsp, der, len, &text);
		check(responses[i].error == NULL ?
			rc == 1 :
			rc == -1 && strstr(text, responses[i].error) != NULL,
		    "status: OCSP: %s: %d %s", responses[i].name, rc, text);
		OPENSSL_free(der);
	}
	others.status = V_OCSP_CERTSTATUS_GOOD;
	der = make_response(&others, &len);
	rc = ask(by_ocsp, der, len, &text);
	check(rc == 0, "status: OCSP: good, where others are revoked %s", text);
	for (i = 0; i < len && ask(by_ocsp, der, i, &text) == -1; i++)
		;
	check(i == len, "status: OCSP: cut at each byte");
	OPENSSL_free(der);
	check(
	    ask(by_ocsp, (const uint8_t *)"<html>x</html>", 14, &text) == -1 &&
		strstr(text, "no OCSP response") != NULL,
	    "status: OCSP: HTML: %s", text);
	check(ask(by_ocsp, try_later, sizeof(try_later), &text) == -1 &&
		strstr(text, "status 3") != NULL,
	    "status: OCSP: try later: %s", text);
}

/* Nobody is asked on the word of a certificate that is not the issuer's. */
static void
test_issuer(void)
{
	struct recipe r = ca;
	X509 *namesake = make_cert(other_key, &r, NULL, NULL);
	X509 *certs[2] = { leaf_of(by_list), namesake };
	char *pem = make_pem(certs, 2), *url;
	struct error e;
	struct chain *c = chain_parse(pem, strlen(pem), &e), *alone;

	check((url = status_url(by_list, &e)) != NULL &&
		strcmp(url, "http://x.example/l") == 0,
	    "status: where to ask");
	free(url);
	check(status_url(c, &e) == NULL &&
		strstr(e.text, "not the issuer of the first") != NULL,
	    "status: not where another CA of that name is installed: %s",
	    e.text);
	free(pem);
	pem = make_pem(certs, 1);
	alone = chain_parse(pem, strlen(pem), &e);
	check(status_url(alone, &e) == NULL &&
		strstr(e.text, "full chain") != NULL,
	    "status: not with the leaf alone: %s", e.text);
	free(pem);
	chain_free(alone);
	chain_free(c);
	X509_free(namesake);
}

/* X.690 8.1 and 10.1. */
static void
test_der(void)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		int tag; /* -1: refused */
		size_t content;
	} table[] = {
		{ "short", "\x04\x02\x01\x02", 4, 0x04, 2 },
		{ "empty", "\x05\x00", 2, 0x05, 0 },
		{ "more behind it", "\x04\x01\x01\xff\xff", 5, 0x04, 1 },
		{ "nothing", "", 0, -1, 0 },
		{ "a tag alone", "\x04", 1, -1, 0 },
		{ "beyond the end", "\x04\x03\x01\x02", 4, -1, 0 },
		{ "indefinite", "\x30\x80\x00\x00", 4, -1, 0 },
		{ "long form of a short length", "\x04\x81\x01\x01", 4, -1, 0 },
		{ "leading zero in the length", "\x04\x82\x00\x80", 4, -1, 0 },
		{ "length of 5 bytes", "\x04\x85\x01\x00\x00\x00\x00", 7, -1,
		    0 },
		{ "4 GiB", "\x04\x84\xff\xff\xff\xff", 6, -1, 0 },
		{ "length cut", "\x04\x82\x01", 3, -1, 0 },
		{ "tag of several bytes", "\x1f\x81\x01\x00", 4, -1, 0 },
	};
	struct der in, whole, content;
	uint8_t long_form[3 + 0x80] = { 0x04, 0x81, 0x80 };
	size_t i;
	int tag;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		in.p = (const uint8_t *)table[i].bytes;
		in.end = in.p + table[i].len;
		tag = der_next(&in, &whole, &content);
		check(tag == table[i].tag &&
			(tag == -1 ? in.p == (const uint8_t *)table[i].bytes :
				     der_len(&content) == table[i].content &&
				    in.p == content.end && whole.end == in.p),
		    "der: %s", table[i].name);
	}
	in.p = long_form;
	in.end = long_form + sizeof(long_form);
	check(der_get(&in, 0x05, NULL, NULL) == 0 &&
		der_get(&in, 0x04, &whole, &content) == 1 &&
		der_len(&content) == 0x80 && der_len(&in) == 0 &&
		der_get(&in, 0x04, NULL, NULL) == 0,
	    "der: long form");
}

int
main(void)
{
	setup();
	test_der();
	test_lists();
	test_large();
	test_issuer();
	test_ocsp();
	chain_free(by_list);
	chain_free(by_list_no_sign);
	chain_free(by_ocsp);
	X509_free(ca_cert);
	X509_free(no_sign);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(leaf_key);
	EVP_PKEY_free(other_key);
	return test_end();
}
