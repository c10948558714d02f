/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as a chain, as trust anchors, as a CSR, as a key file: no crash;
 * what is written of a chain is read again as the same.  The first byte says
 * what the rest is: 'p' PEM of a chain, 'd' the DER of its certificates one
 * behind the other, 's' the same, and they are signed here; 'P' PEM, as often
 * as the next byte says; 'r' trust anchors in PEM, 'R' in DER; 'c' a CSR, 'C'
 * one that is signed here, 'n' one in a file; 'm' the names of one that is
 * made; 'k' what is installed behind a key; 'K' a key file.  The keys are files
 * of the directory FUZZ_FILES.
 *
 * Its coverage leaves out csr_make() and make_names(), which write the CSR of
 * 'm' and read nothing (fuzz_table.py).
 */
#include "fuzz-sign.h"

#include <time.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>

#include "disk.h"
#include "fuzz-mutate.h"
#include "valid.h"
#include "x509.h"

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct signer signer;
static EVP_PKEY *p384;
static struct roots *anchor;
static struct chain *root; /* The anchor's certificate. */
static time_t now;

static char *name_list[] = { (char *)(uintptr_t) "a.example",
	(char *)(uintptr_t) "www.a.example" };
static const struct strings names = { .v = name_list, .n = 2 };

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct error e = { "" };
	size_t len;
	char *pem;

	(void)argc;
	(void)argv;
	now = fuzz_now();
	signer.ecdsa = fuzz_key("key.pem");
	signer.rsa = fuzz_key("rsa.pem");
	p384 = fuzz_key("p384.pem");
	pem = fuzz_file("ca.pem", &len);
	must((root = chain_parse(pem, len, &e)) != NULL);
	/* The anchor is there twice, as two certificates of one CA may be. */
	must(2 * len < FUZZ_FILE_MAX);
	memcpy(pem + len, pem, len);
	must((anchor = roots_load(pem, 2 * len, &e)) != NULL);
	fuzz_random_begin();
	return 0;
}

static void
must_be_visible(const struct error *e)
{
	size_t i;

	for (i = 0; e->text[i] != '\0'; i++)
		must(e->text[i] >= 0x20 && e->text[i] < 0x7f);
}

/* Names as they are configured, and a certificate's as CAs make them. */
static char *address_list[] = { (char *)(uintptr_t) "192.0.2.1",
	(char *)(uintptr_t) "2001:db8::1" };
static const struct strings sets[] = {
	{ .v = name_list, .n = 2 },
	{ .v = name_list, .n = 2, .more = 1 },
	{ .v = name_list, .n = 1, .more = 1 },
	{ .v = name_list + 1, .n = 1, .more = 1 },
	{ .v = address_list, .n = 2 },
	{ .v = NULL, .n = 0 },
};
#define NSETS (sizeof(sets) / sizeof(sets[0]))

static void
compare_names(const struct chain *c)
{
	size_t i;
	int added;

	for (i = 0; i < NSETS; i++) {
		added = chain_names_added(c, &sets[i]);
		must(added || !chain_names_equal(c, &sets[i]));
		must(sets[i].n > 0 || !added);
	}
}

/* A key that fits a specification fits a wider one, too. */
static void
compare_keys(const struct chain *c)
{
	static const struct keyspec any = { KEYTYPE_ANY, 0 },
				    rsa = { KEYTYPE_RSA, 0 },
				    rsa_2048 = { KEYTYPE_RSA, 2048 },
				    ecdsa = { KEYTYPE_ECDSA, 0 },
				    p256 = { KEYTYPE_ECDSA, 256 };

	must(chain_key_fits(c, &any));
	must(chain_key_fits(c, &rsa) != chain_key_fits(c, &ecdsa));
	must(!chain_key_fits(c, &rsa_2048) || chain_key_fits(c, &rsa));
	must(!chain_key_fits(c, &p256) || chain_key_fits(c, &ecdsa));
}

/* Has the chain described, and asks what certproc asks about a chain. */
static void
describe(const struct chain *c)
{
	struct error e = { "" };
	char hex[FINGERPRINT_LEN];
	uint8_t *der;
	size_t len;
	int i;

	chain_describe(c, e.text, sizeof(e.text));
	must_be_visible(&e);
	for (i = 0; i < sk_X509_num(c->certs); i++) {
		chain_issuer(c, i, e.text, 64);
		must_be_visible(&e);
	}
	compare_keys(c);
	must(chain_same_leaf(c, c) && !chain_same_leaf(c, NULL));
	must(!chain_same_leaf(c, root) ||
	    memcmp(c->spki, root->spki, sizeof(c->spki)) == 0);
	must(chain_is_for(c, 1, c->spki) && !chain_is_for(c, 0, c->spki));
	chain_fingerprint(c, hex);
	must(strspn(hex, "0123456789abcdef") == 64);
	der = chain_leaf_der(c, &len);
	must(len > 0);
	free(der);
	compare_names(c);
}

/* A chain that may be installed has these names, and is valid now. */
static void
judge_names(
    const struct chain *c, const struct strings *set, const struct roots *roots)
{
	struct error e = { "" };

	if (chain_verify(c, set, c->spki, roots, now, &e) == 0) {
		must(chain_names_equal(c, set));
		must(c->not_after > now && c->not_before <= now + CLOCK_SKEW);
	} else
		must(e.text[0] != '\0');
	must_be_visible(&e);
}

static void
judge(const struct chain *c, const struct roots *roots)
{
	uint8_t other[SPKI_HASH_LEN] = { 0 };
	struct error e = { "" };
	size_t i;

	must(chain_verify(c, &names, other, roots, now, &e) == -1);
	must(!chain_is_for(c, 1, other));
	judge_names(c, &sets[0], roots);
	for (i = 1; roots == anchor && i < NSETS; i++)
		judge_names(c, &sets[i], roots);
}

/*
 * Judges the chain by one of its certificates as the anchor; then what comes
 * before that certificate.
 */
static void
judge_below(const struct chain *c, size_t number)
{
	struct error e = { "" };
	struct chain *cut;
	struct roots *roots;
	size_t n;
	char *text = chain_pem(c, number, number + 1, &n);

	/*
	 * libcrypto takes what is not DER in a certificate, such as a name
	 * that is a SEQUENCE but not constructed, and keeps its bytes;
	 * roots_load() refuses such an anchor.
	 */
	if ((roots = roots_load(text, n, &e)) == NULL) {
		must(strstr(e.text, "anchor 1 of the root file cannot be") !=
		    NULL);
		free(text);
		return;
	}
	must(roots_have(roots, sk_X509_value(c->certs, (int)number)));
	must(
	    roots_der(roots, 0, &n) != NULL && roots_der(roots, 1, &n) == NULL);
	free(text);
	judge(c, roots);
	text = chain_pem(c, 0, number, &n);
	if (n > 0 && (cut = chain_parse(text, n, &e)) != NULL) {
		must(chain_same_leaf(c, cut));
		judge(cut, roots);
		chain_free(cut);
	}
	free(text);
	roots_free(roots);
}

static void
fuzz_pem(const char *pem, size_t len)
{
	struct chain *c, *again;
	struct error e = { "" };
	size_t n;
	char *text;

	if ((c = chain_parse(pem, len, &e)) == NULL) {
		must(e.text[0] != '\0');
		must_be_visible(&e);
		return;
	}
	describe(c);
	judge(c, NULL);
	judge(c, anchor);
	judge_below(c, (size_t)sk_X509_num(c->certs) - 1);
	judge_below(c, 0);
	text = chain_pem(c, 0, SIZE_MAX, &n);
	must(keyfile_only_certificates(text, n));
	/* chain_parse() may refuse the new text only for its length. */
	if ((again = chain_parse(text, n, &e)) == NULL)
		must(n > CHAIN_BYTES_MAX);
	else
		must(sk_X509_num(again->certs) == sk_X509_num(c->certs) &&
		    memcmp(again->spki, c->spki, sizeof(c->spki)) == 0);
	chain_free(again);
	chain_free(c);
	free(text);
}

/* Parses the text many times over, as one chain. */
static void
fuzz_repeated(const uint8_t *data, size_t size)
{
	struct error e = { "" };
	size_t i, n = size == 0 ? 0 : data[0], len = size == 0 ? 0 : size - 1;
	char *text = malloc(n * len + 1);
	struct chain *c;

	must(text != NULL);
	for (i = 0; i < n; i++)
		memcpy(text + i * len, data + 1, len);
	text[n * len] = '\0';
	if ((c = chain_parse(text, n * len, &e)) != NULL)
		must(n * len <= CHAIN_BYTES_MAX &&
		    sk_X509_num(c->certs) <= CHAIN_CERTS_MAX);
	must_be_visible(&e);
	chain_free(c);
	free(text);
}

static void
fuzz_roots(const char *pem, size_t len)
{
	struct error e = { "" };
	struct roots *r = roots_load(pem, len, &e);
	STACK_OF(X509) * issuers;
	const uint8_t *der;
	X509 *cert;
	size_t n, i;

	if (r == NULL)
		must(e.text[0] != '\0');
	for (i = 0; r != NULL && (der = roots_der(r, i, &n)) != NULL; i++)
		must(n > 0 && der[0] == DER_SEQUENCE);
	must_be_visible(&e);
	if (r != NULL) {
		cert = sk_X509_value(root->certs, 0);
		issuers = roots_issuers(r, cert);
		must(!roots_have(r, cert) || sk_X509_num(issuers) > 0);
		sk_X509_pop_free(issuers, X509_free);
	}
	roots_free(r);
}

/* Passes DER on as PEM, so that the fuzzer need not learn base64. */
static void
fuzz_der(const uint8_t *der, size_t len, void (*take)(const char *, size_t))
{
	const unsigned char *p = der, *end = der + len;
	BIO *bio = BIO_new(BIO_s_mem());
	int tag, class, head;
	long n, left;
	char *pem;

	while (p < end) {
		const unsigned char *start = p;

		left = end - p;
		if (ASN1_get_object(&p, &n, &tag, &class, left) & 0x81)
			n = left;
		else
			n += p - start;
		head = PEM_write_bio(bio, PEM_STRING_X509, "", start, n);
		must(head > 0);
		p = start + n;
	}
	n = BIO_get_mem_data(bio, &pem);
	take(n > 0 ? pem : "", (size_t)n);
	BIO_free(bio);
}

/* Signs each certificate by the key that all of them have, then parses them. */
static void
fuzz_signed(const uint8_t *der, size_t len)
{
	static uint8_t made[SIGNED_MAX];
	struct der_out o = { .p = made, .max = sizeof(made) };
	struct der in = { der, der + len };

	while (der_len(&in) > 0)
		put_signed(&o, &in, &signer, NULL);
	fuzz_der(made, o.len, fuzz_pem);
}

static void
check_csr(const uint8_t *der, size_t len, EVP_PKEY *account, int own)
{
	uint8_t hash[SPKI_HASH_LEN];
	struct error e = { "" };
	EVP_PKEY *key;

	if (csr_check(der, len, &names, account, own, hash, &e) == -1)
		must(e.text[0] != '\0');
	else {
		must((key = csr_key(der, len)) != NULL);
		must(csr_check_key(key, &e) == 0);
		EVP_PKEY_free(key);
	}
	must_be_visible(&e);
}

static void
fuzz_csr(const uint8_t *der, size_t len)
{
	check_csr(der, len, signer.rsa, 0);
	/* One of the administrator's may have more in it. */
	check_csr(der, len, signer.rsa, 1);
	/* RFC 8555 11.1: nothing is certified for the account's own key. */
	check_csr(der, len, signer.ecdsa, 1);
	EVP_PKEY_free(csr_key(der, len));
}

/* The administrator's file: what it is in DER has the same names. */
static void
fuzz_csr_file(const char *text, size_t len)
{
	struct strings found = { .v = NULL };
	struct error e = { "" };
	uint8_t *der;
	size_t n, i;

	if (csr_parse_names(text, len, &found, &e) == -1)
		must(e.text[0] != '\0');
	for (i = 0; i < found.n; i++)
		free(found.v[i]);
	free(found.v);
	must_be_visible(&e);
	if (csr_parse(text, len, &der, &n, &e) == 0) {
		must(n > 0 && n <= CSR_BYTES_MAX);
		free(der);
	}
	must_be_visible(&e);
}

static void
fuzz_signed_csr(const uint8_t *der, size_t len)
{
	static uint8_t made[SIGNED_MAX];
	struct der_out o = { .p = made, .max = sizeof(made) };
	struct der in = { der, der + len };

	put_signed(&o, &in, &signer, NULL);
	fuzz_csr(made, o.len);
	fuzz_csr_file((const char *)made, o.len);
}

/* A CSR that is made for these names, a line for each, passes the check. */
static void
fuzz_make_csr(const char *text, size_t len)
{
	struct strings made = { .n = 0 }, found = { .v = NULL };
	char *copy = strndup(text, len), *rest = copy, *name;
	unsigned char addr[16];
	EVP_PKEY *keys[] = { signer.rsa, signer.ecdsa, p384 };
	EVP_PKEY *key = keys[len % 3];
	uint8_t hash[SPKI_HASH_LEN], again[SPKI_HASH_LEN], *der;
	struct error e = { "" };
	char *lines[CONF_NAMES_MAX];
	size_t n, i;

	made.v = lines;
	while ((name = strsep(&rest, "\n")) != NULL && made.n < CONF_NAMES_MAX)
		if (valid_dns_name(name) || valid_wildcard(name) ||
		    address_bytes(name, addr) > 0)
			lines[made.n++] = name;
	if (made.n > 0) {
		must(csr_make(key, &made, &der, &n, &e) == 0);
		must(csr_check(der, n, &made, NULL, 0, hash, &e) == 0);
		must(csr_parse_names((char *)der, n, &found, &e) == 0);
		must(found.n == made.n);
		for (i = 0; i < found.n; i++)
			free(found.v[i]);
		free(found.v);
		free(der);
	}
	free(copy);
	must(spki_hash(key, hash) == 0 && spki_hash(key, again) == 0 &&
	    memcmp(hash, again, sizeof(hash)) == 0);
}

/* What passes as certificates only has no other block in it. */
static void
fuzz_only(const char *text, size_t len)
{
	char *name, *header;
	unsigned char *der;
	long n;
	BIO *bio;

	if (!keyfile_only_certificates(text, len))
		return;
	must(memchr(text, '\0', len) == NULL);
	must((bio = BIO_new_mem_buf(text, (int)len)) != NULL);
	while (PEM_read_bio(bio, &name, &header, &der, &n) == 1) {
		must(strcmp(name, PEM_STRING_X509) == 0 && *header == '\0');
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	ERR_clear_error();
	BIO_free(bio);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > INPUT_MAX)
		return 0;
	fuzz_random_begin();
	switch (*data) {
	case 'p':
		fuzz_pem((const char *)data + 1, size - 1);
		break;
	case 's':
		fuzz_signed(data + 1, size - 1);
		break;
	case 'c':
		fuzz_csr(data + 1, size - 1);
		break;
	case 'C':
		fuzz_signed_csr(data + 1, size - 1);
		break;
	case 'n':
		fuzz_csr_file((const char *)data + 1, size - 1);
		break;
	case 'm':
		fuzz_make_csr((const char *)data + 1, size - 1);
		break;
	case 'k':
		fuzz_only((const char *)data + 1, size - 1);
		break;
	case 'K':
		EVP_PKEY_free(keyfile_parse((const char *)data + 1, size - 1));
		break;
	case 'P':
		fuzz_repeated(data + 1, size - 1);
		break;
	case 'r':
		fuzz_roots((const char *)data + 1, size - 1);
		break;
	case 'R':
		fuzz_der(data + 1, size - 1, fuzz_roots);
		break;
	default:
		fuzz_der(data + 1, size - 1, fuzz_pem);
	}
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	if (size < 2 || strchr("pPrmnkK", data[0]) != NULL ||
	    draw(&seed, 4) == 0)
		return LLVMFuzzerMutate(data, size, max);
	return mutate_der(data, size, max, 1, seed);
}
