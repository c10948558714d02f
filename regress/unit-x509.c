/* SPDX-License-Identifier: ISC */
/* CSRs and the verdict on chains: each way in which one must be refused. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test.h"
#include "x509.h"
#include "x509-make.h"

#define DAY	86400L
#define LEAF(...) { .subject = "a.example", .san = "DNS:a.example,DNS:www.a.example", \
	.basic = "critical,CA:FALSE", .eku = "serverAuth", .usage = "critical,digitalSignature", \
	.from = -60, .to = 90 * DAY, __VA_ARGS__ }

static char *name_list[] = { (char *)(uintptr_t)"a.example", (char *)(uintptr_t)"www.a.example" };
static const struct strings names = { name_list, 2 };
static const struct recipe ca = { .subject = "root", .basic = "critical,CA:TRUE",
	.usage = "critical,keyCertSign,cRLSign", .from = -DAY, .to = 3650 * DAY };
static EVP_PKEY *root_key, *inter_key, *leaf_key, *other_key;
static X509 *root, *inter;
static X509_STORE *roots;
static uint8_t spki[SPKI_HASH_LEN];

/* The verdict on these certificates: "" or why not. */
static const char *
verdict(X509 **certs, int n, X509_STORE *store)
{
	static struct why w;
	char *pem = make_pem(certs, n);
	struct chain *c = chain_parse(pem, strlen(pem), &w);

	free(pem);
	if (c != NULL && chain_verify(c, &names, spki, store, time(NULL), &w) == 0)
		w.text[0] = '\0';
	chain_free(c);
	return w.text;
}

static const char *
leaf_verdict(const struct recipe *r, EVP_PKEY *key)
{
	X509 *certs[2] = { make_cert(key, r, inter, inter_key), inter };
	const char *text = verdict(certs, 2, roots);

	X509_free(certs[0]);
	return text;
}

static void
setup(void)
{
	struct recipe r = ca;
	struct why w;
	char *pem;

	root_key = make_key(0);
	inter_key = make_key(2048);
	leaf_key = make_key(0);
	other_key = make_key(0);
	/* A root's own signature does not matter. */
	r.md = EVP_sha1();
	root = make_cert(root_key, &r, NULL, NULL);
	r = ca;
	r.subject = "intermediate";
	r.basic = "critical,CA:TRUE,pathlen:0";
	inter = make_cert(inter_key, &r, root, root_key);
	pem = make_pem(&root, 1);
	roots = roots_load(pem, strlen(pem), &w);
	free(pem);
	spki_hash(leaf_key, spki);
}

static void
test_leaves(void)
{
	static const struct {
		const char *name, *why;
		struct recipe r;
	} bad[] = {
		{ "other name", "www.b.example", LEAF(.san = "DNS:a.example,DNS:www.b.example") },
		{ "name missing", "names", LEAF(.san = "DNS:a.example") },
		{ "name too many", "names", LEAF(.san = "DNS:a.example,DNS:www.a.example,DNS:x.example") },
		{ "name twice", "names", LEAF(.san = "DNS:a.example,DNS:a.example") },
		{ "no names", "names", LEAF(.san = NULL) },
		{ "address instead of name", "names", LEAF(.san = "DNS:a.example,IP:192.0.2.1") },
		{ "mail address instead of name", "names", LEAF(.san = "DNS:a.example,email:x@a.example") },
		{ "a CA's own", "CA's own", LEAF(.basic = "critical,CA:TRUE") },
		{ "no extended key usage", "serverAuth", LEAF(.eku = NULL) },
		{ "for clients", "serverAuth", LEAF(.eku = "clientAuth") },
		{ "begins tomorrow", "begins only", LEAF(.from = DAY) },
		{ "ended", "ends on", LEAF(.from = -90 * DAY, .to = -60) },
		{ "ends at once", "ends on", LEAF(.to = 60) },
		{ "ends in 1900", "ends on 19", LEAF(.from = -120 * 366 * DAY, .to = -119 * 366 * DAY) },
		{ "ends in a thousand years", "no CA means", LEAF(.to = 1000 * 365 * DAY) },
		{ "must-staple", "stapling", LEAF(.other = "1.3.6.1.5.5.7.1.24=DER:30:03:02:01:05") },
		{ "unknown critical extension", "critical", LEAF(.other = "1.2.3.4.5=critical,DER:05:00") },
	};
	struct recipe good = LEAF(.from = -60), skewed = LEAF(.from = 1800), sha1 = LEAF(.from = -60),
	    letters = LEAF(.san = "DNS:WWW.a.example,DNS:A.Example");
	EVP_PKEY *weak;
	size_t i;

	check(strcmp(leaf_verdict(&good, leaf_key), "") == 0, "x509: good chain %s", leaf_verdict(&good, leaf_key));
	check(strcmp(leaf_verdict(&letters, leaf_key), "") == 0, "x509: names in another order and letter case");
	check(strcmp(leaf_verdict(&skewed, leaf_key), "") == 0, "x509: the CA's clock is half an hour ahead %s",
	    leaf_verdict(&skewed, leaf_key));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(strstr(leaf_verdict(&bad[i].r, leaf_key), bad[i].why) != NULL, "x509: refused: %s: %s",
		    bad[i].name, leaf_verdict(&bad[i].r, leaf_key));
	check(strstr(leaf_verdict(&good, other_key), "another key") != NULL, "x509: refused: another key");
	sha1.md = EVP_sha1();
	check(strstr(leaf_verdict(&sha1, leaf_key), "too weak") != NULL, "x509: refused: SHA-1");
	weak = make_key(1024);
	spki_hash(weak, spki);
	check(strstr(leaf_verdict(&good, weak), "1024 bits") != NULL, "x509: refused: RSA of 1024 bits");
	spki_hash(leaf_key, spki);
	EVP_PKEY_free(weak);
}

/* A NUL in a name must not cut it short. */
static void
test_nul(void)
{
	struct recipe r = LEAF(.san = NULL);
	GENERAL_NAMES *san = sk_GENERAL_NAME_new_null();
	static const char *const texts[] = { "a.example", "www.a.example\0.evil.example" };
	static const int lens[] = { 9, 27 };
	X509 *certs[2] = { make_cert(leaf_key, &r, inter, inter_key), inter };
	int i;

	for (i = 0; i < 2; i++) {
		GENERAL_NAME *g = GENERAL_NAME_new();
		ASN1_IA5STRING *s = ASN1_IA5STRING_new();

		ASN1_STRING_set(s, texts[i], lens[i]);
		GENERAL_NAME_set0_value(g, GEN_DNS, s);
		sk_GENERAL_NAME_push(san, g);
	}
	X509_add1_ext_i2d(certs[0], NID_subject_alt_name, san, 0, X509V3_ADD_DEFAULT);
	X509_sign(certs[0], inter_key, EVP_sha256());
	check(strstr(verdict(certs, 2, roots), "\\x00") != NULL, "x509: refused: NUL in a name: %s",
	    verdict(certs, 2, roots));
	sk_GENERAL_NAME_pop_free(san, GENERAL_NAME_free);
	X509_free(certs[0]);
}

static void
test_chains(void)
{
	struct recipe good = LEAF(.from = -60), weird = ca, noca = LEAF(.subject = "noca", .usage = NULL);
	X509 *leaf = make_cert(leaf_key, &good, inter, inter_key), *self, *stranger, *below, *forged;
	X509 *chain[12];
	int i;

	chain[0] = leaf; chain[1] = root;
	check(strstr(verdict(chain, 1, roots), "trusted root") != NULL, "x509: refused: intermediate missing");
	check(strstr(verdict(chain, 2, roots), "not issued by") != NULL, "x509: refused: a hole in the chain");
	chain[1] = inter; chain[2] = root;
	check(strcmp(verdict(chain, 3, roots), "") == 0, "x509: with the root %s", verdict(chain, 3, roots));
	check(strcmp(verdict(chain, 2, NULL), "") == 0, "x509: root any: links are enough");
	chain[1] = root; chain[2] = inter;
	check(strstr(verdict(chain, 3, roots), "not issued by") != NULL, "x509: refused: unordered");
	chain[0] = inter; chain[1] = leaf;
	check(strstr(verdict(chain, 2, roots), "another key") != NULL, "x509: refused: leaf not first");
	chain[0] = leaf; chain[1] = inter; chain[2] = leaf;
	check(strstr(verdict(chain, 3, roots), "not issued by") != NULL, "x509: refused: something behind the chain");
	self = make_cert(leaf_key, &good, NULL, NULL);
	chain[0] = self;
	check(strstr(verdict(chain, 1, roots), "self-signed") != NULL &&
	    strstr(verdict(chain, 1, NULL), "self-signed") != NULL, "x509: refused: self-signed over our key and names");
	weird.subject = "root";
	stranger = make_cert(other_key, &weird, NULL, NULL);
	forged = make_cert(leaf_key, &good, stranger, other_key);
	chain[0] = forged; chain[1] = stranger;
	check(strstr(verdict(chain, 2, roots), "trusted root") != NULL, "x509: refused: another root of the same name");
	weird.subject = "second";
	below = make_cert(other_key, &weird, inter, inter_key);
	X509_free(forged);
	forged = make_cert(leaf_key, &good, below, other_key);
	chain[0] = forged; chain[1] = below; chain[2] = inter;
	check(strstr(verdict(chain, 3, NULL), "pathlen") != NULL, "x509: refused: pathlen");
	X509_free(below);
	X509_free(forged);
	below = make_cert(other_key, &noca, inter, inter_key);
	forged = make_cert(leaf_key, &good, below, other_key);
	chain[0] = forged; chain[1] = below; chain[2] = inter;
	check(strstr(verdict(chain, 3, NULL), "not a CA's") != NULL, "x509: refused: issued by a leaf");
	for (i = 0; i < 11; i++)
		chain[i] = inter;
	check(strstr(verdict(chain, 11, roots), "more than 10") != NULL, "x509: refused: 11 certificates");
	X509_free(below);
	X509_free(forged);
	X509_free(self);
	X509_free(stranger);
	X509_free(leaf);
}

/* Text around and between certificates. */
static void
test_pem(void)
{
	struct recipe good = LEAF(.from = -60);
	X509 *certs[2] = { make_cert(leaf_key, &good, inter, inter_key), inter };
	char *pem = make_pem(certs, 2), *text, *copy;
	static const char *const around[][2] = {
		{ "text before\n", "" }, { "", "text behind\n" }, { "", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
		{ "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n", "" },
		{ "", "-----BEGIN CERTIFICATE-----\n" }, { "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" },
		{ "", "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END CERTIFICATE-----\n" },
	};
	struct chain *c;
	struct why w;
	size_t i, len, cut, wrong = 0;

	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		if (asprintf(&text, "%s%s%s", around[i][0], pem, around[i][1]) == -1)
			return;
		check(chain_parse(text, strlen(text), &w) == NULL, "x509: refused: PEM number %zu: %s", i, w.text);
		free(text);
	}
	text = calloc(1, strlen(pem) * 2 + 1);
	for (i = 0, len = 0; pem[i] != '\0'; i++) {
		if (pem[i] == '\n')
			text[len++] = '\r';
		text[len++] = pem[i];
	}
	c = chain_parse(text, len, &w);
	check(c != NULL, "x509: CRLF line ends %s", c == NULL ? w.text : "");
	copy = chain_pem(c, 0, SIZE_MAX, &len);
	check(strcmp(copy, pem) == 0, "x509: written again in the usual form");
	free(copy);
	copy = chain_pem(c, 1, SIZE_MAX, &len);
	check(strstr(pem, copy) != NULL && strlen(copy) == len && len < strlen(pem), "x509: the chain alone");
	free(copy);
	chain_free(c);
	/* Cut anywhere it is refused, or is the leaf alone. */
	for (cut = 1; cut + 1 < strlen(pem); cut++) {
		if ((c = chain_parse(pem, cut, &w)) != NULL && sk_X509_num(c->certs) != 1)
			wrong++;
		chain_free(c);
	}
	check(wrong == 0, "x509: cut at each byte");
	memcpy(text, pem, 30);
	check(chain_parse(text, CHAIN_BYTES_MAX + 1, &w) == NULL, "x509: refused: too many bytes");
	check(chain_parse("a\0b", 3, &w) == NULL, "x509: refused: NUL");
	free(text);
	free(pem);
	X509_free(certs[0]);
}

static void
test_csr(void)
{
	char *fewer_list[] = { (char *)(uintptr_t)"a.example" };
	const struct strings fewer = { fewer_list, 1 };
	uint8_t *der, hash[SPKI_HASH_LEN], *longer;
	EVP_PKEY *rsa = make_key(2048);
	struct why w;
	size_t len;

	check(csr_make(leaf_key, &names, &der, &len, &w) == 0 &&
	    csr_check(der, len, &names, other_key, hash, &w) == 0 && memcmp(hash, spki, sizeof(hash)) == 0,
	    "x509: CSR of a P-256 key");
	check(csr_check(der, len, &fewer, other_key, hash, &w) == -1, "x509: CSR refused: other names");
	check(csr_check(der, len, &names, leaf_key, hash, &w) == -1 && strstr(w.text, "account") != NULL,
	    "x509: CSR refused: the account's key");
	check(csr_check(der, len - 1, &names, other_key, hash, &w) == -1, "x509: CSR refused: cut");
	longer = calloc(1, len + 1);
	memcpy(longer, der, len);
	check(csr_check(longer, len + 1, &names, other_key, hash, &w) == -1, "x509: CSR refused: one byte more");
	longer[len - 3] ^= 1;
	check(csr_check(longer, len, &names, other_key, hash, &w) == -1, "x509: CSR refused: bad signature");
	check(csr_check(der, 0, &names, other_key, hash, &w) == -1, "x509: CSR refused: nothing");
	free(longer);
	free(der);
	check(csr_make(rsa, &names, &der, &len, &w) == 0 &&
	    csr_check(der, len, &names, other_key, hash, &w) == 0, "x509: CSR of an RSA key");
	free(der);
	EVP_PKEY_free(rsa);
}

int
main(void)
{
	struct why w;

	setup();
	test_leaves();
	test_nul();
	test_chains();
	test_pem();
	test_csr();
	check(roots_load("", 0, &w) == NULL, "x509: no roots in an empty file");
	return test_end();
}
