/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as a chain, and as a CSR: no crash; what is written of a chain is
 * read again as the same.  The first byte says what the rest is: 'p' PEM, 'c' a
 * CSR, 'r' trust anchors, else the DER of certificates one behind the other.
 *
 * clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE $(pkg-config --cflags
 * --libs libbsd-overlay) \
 * 	    -I. regress/fuzz-chain.c cert-chain.c cert-verdict.c x509.c \
 *          log.c clock.c -lcrypto
 * ./a.out -max_len=16384 corpus
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "fuzz.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char *name_list[] = { (char *)(uintptr_t) "a.example",
	(char *)(uintptr_t) "www.a.example" };
static const struct strings names = { .v = name_list, .n = 2 };

static void
must_be_visible(const struct error *e)
{
	size_t i;

	for (i = 0; e->text[i] != '\0'; i++)
		must(e->text[i] >= 0x20 && e->text[i] < 0x7f);
}

static void
fuzz_pem(const char *pem, size_t len)
{
	struct chain *c, *again;
	struct roots *roots;
	struct error e = { "" };
	size_t n;
	char *text;

	if ((c = chain_parse(pem, len, &e)) == NULL) {
		must(e.text[0] != '\0');
		must_be_visible(&e);
		return;
	}
	/* Without and with an anchor: the last one of it. */
	if (chain_verify(c, &names, c->spki, NULL, time(NULL), &e) == 0)
		must(chain_names_equal(c, &names));
	must_be_visible(&e);
	text = chain_pem(c, (size_t)sk_X509_num(c->certs) - 1, SIZE_MAX, &n);
	must((roots = roots_load(text, n, &e)) != NULL);
	free(text);
	if (chain_verify(c, &names, c->spki, roots, time(NULL), &e) == 0)
		must(chain_names_equal(c, &names));
	must_be_visible(&e);
	roots_free(roots);
	text = chain_pem(c, 0, SIZE_MAX, &n);
	/* It may only have grown too long. */
	if ((again = chain_parse(text, n, &e)) == NULL)
		must(n > CHAIN_BYTES_MAX);
	else
		must(sk_X509_num(again->certs) == sk_X509_num(c->certs) &&
		    memcmp(again->spki, c->spki, sizeof(c->spki)) == 0);
	chain_free(again);
	chain_free(c);
	free(text);
}

/* So that the fuzzer need not learn base64. */
static void
fuzz_der(const uint8_t *der, size_t len)
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
	fuzz_pem(n > 0 ? pem : "", (size_t)n);
	BIO_free(bio);
}

static void
fuzz_csr(const uint8_t *der, size_t len)
{
	static EVP_PKEY *account;
	uint8_t hash[SPKI_HASH_LEN];
	struct error e = { "" };

	if (account == NULL) {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, NULL);

		EVP_PKEY_keygen_init(ctx);
		EVP_PKEY_keygen(ctx, &account);
		EVP_PKEY_CTX_free(ctx);
	}
	if (csr_check(der, len, &names, account, 0, hash, &e) == -1)
		must(e.text[0] != '\0');
	must_be_visible(&e);
	/* One of the administrator's may have more in it. */
	if (csr_check(der, len, &names, account, 1, hash, &e) == -1)
		must(e.text[0] != '\0');
	must_be_visible(&e);
	EVP_PKEY_free(csr_key(der, len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error e = { "" };

	if (size == 0)
		return 0;
	switch (*data) {
	case 'p':
		fuzz_pem((const char *)data + 1, size - 1);
		break;
	case 'c':
		fuzz_csr(data + 1, size - 1);
		break;
	case 'r':
		roots_free(roots_load((const char *)data + 1, size - 1, &e));
		break;
	default:
		fuzz_der(data + 1, size - 1);
	}
	return 0;
}
