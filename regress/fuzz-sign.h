/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Signs what a mutation has changed, so that it gets beyond the check of its
 * signature.  The keys are files of the directory FUZZ_FILES, and sign nothing
 * but inputs of these tests.  This comes before all other headers, since it
 * says how those of libcrypto are read.
 */
#ifndef FUZZ_SIGN_H
#define FUZZ_SIGN_H

/* RAND_set_rand_method(), which OpenSSL 3 would do otherwise. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "der.h"
#include "fuzz.h"

#define FUZZ_FILE_MAX 100000

/* A file of FUZZ_FILES, whole; the result lives until the next call. */
static inline char *
fuzz_file(const char *name, size_t *len)
{
	static char buf[FUZZ_FILE_MAX];
	const char *dir = getenv("FUZZ_FILES");
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir == NULL ? "." : dir, name);
	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	*len = fread(buf, 1, sizeof(buf) - 1, f);
	buf[*len] = '\0';
	fclose(f);
	return buf;
}

/* When those files were made: the time that the targets take for now. */
static inline time_t
fuzz_now(void)
{
	size_t len;

	return (time_t)strtoll(fuzz_file("now", &len), NULL, 10);
}

static inline EVP_PKEY *
fuzz_key(const char *name)
{
	size_t len;
	char *pem = fuzz_file(name, &len);
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	if (key == NULL)
		errx(1, "%s: no key", name);
	return key;
}

/*
 * The longest input, and the most bytes that one is with new signatures: they
 * are in SEQUENCEs of at least 8 bytes, or 24 where the signature is RSA's.
 */
#define INPUT_MAX 16384
#define SIGNED_MAX (1024 * 1024)

/* libcrypto's random numbers, the same for each input. */
static uint64_t fuzz_random_state;

static inline int
fuzz_random(unsigned char *p, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		fuzz_random_state = fuzz_random_state * 6364136223846793005U +
		    1442695040888963407U;
		p[i] = (unsigned char)(fuzz_random_state >> 56);
	}
	return 1;
}

static inline int
fuzz_random_status(void)
{
	return 1;
}

/*
 * Signatures have random numbers in them: an input that fails must fail again,
 * whatever was run before it.
 */
static inline void
fuzz_random_begin(void)
{
	static const RAND_METHOD method = { .bytes = fuzz_random,
		.pseudorand = fuzz_random,
		.status = fuzz_random_status };

	if (fuzz_random_state == 0)
		must(RAND_set_rand_method(&method) == 1);
	fuzz_random_state = 1;
}

/* The keys of a signer; the algorithm says which of the two it takes. */
struct signer {
	EVP_PKEY *ecdsa, *rsa;
};

/* The bytes that are being written. */
struct der_out {
	uint8_t *p;
	size_t len, max;
};

static inline void
out_put(struct der_out *o, const uint8_t *p, size_t n)
{
	must(n <= o->max - o->len);
	if (n > 0)
		memcpy(o->p + o->len, p, n);
	o->len += n;
}

/* Puts tag and length before what was written since start. */
static inline void
out_enclose(struct der_out *o, size_t start, uint8_t tag)
{
	size_t n = o->len - start, nhead = n < 0x80 ? 2 : n < 0x10000 ? 4 : 5;
	uint8_t head[5] = { tag };

	must(nhead <= o->max - o->len);
	if (nhead == 2)
		head[1] = (uint8_t)n;
	else {
		head[1] = (uint8_t)(0x80 + nhead - 2);
		head[nhead - 3] |= (uint8_t)(nhead == 5 ? n >> 16 : 0);
		head[nhead - 2] = (uint8_t)(n >> 8);
		head[nhead - 1] = (uint8_t)n;
	}
	memmove(o->p + start + nhead, o->p + start, n);
	memcpy(o->p + start, head, nhead);
	o->len += nhead;
}

/* Puts the signature of this algorithm (DER); an unknown one is ECDSA. */
static inline void
put_signature(struct der_out *o, const struct signer *s,
    const struct der *algorithm, const struct der *data)
{
	const uint8_t *p = algorithm->p, zero = 0;
	X509_ALGOR *a = d2i_X509_ALGOR(NULL, &p, (long)der_len(algorithm));
	int nid = a == NULL ? NID_undef : OBJ_obj2nid(a->algorithm), md, type;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *digest = EVP_sha256();
	EVP_PKEY_CTX *pctx;
	EVP_PKEY *key = s->ecdsa;
	uint8_t signature[512];
	size_t n = sizeof(signature), start = o->len;

	X509_ALGOR_free(a);
	if (OBJ_find_sigid_algs(nid, &md, &type)) {
		if (md == NID_sha384 || md == NID_sha512 || md == NID_sha1)
			digest = EVP_get_digestbynid(md);
		if (type == NID_rsaEncryption || nid == NID_rsassaPss)
			key = s->rsa;
	}
	must(EVP_DigestSignInit(ctx, &pctx, digest, NULL, key) == 1);
	if (nid == NID_rsassaPss)
		must(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) >
		    0);
	must(EVP_DigestSign(ctx, signature, &n, data->p, der_len(data)) == 1);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	out_put(o, &zero, 1);
	out_put(o, signature, n);
	out_enclose(o, start, DER_BIT_STRING);
}

/*
 * Takes the next SEQUENCE { signed, algorithm, signature, rest } and writes it
 * with another signature; what is not of this shape is written as it is.  rest:
 * writes what comes behind the signature, or NULL.
 */
static inline int
put_signed(struct der_out *o, struct der *in, const struct signer *s,
    void (*rest)(struct der_out *, struct der))
{
	struct der whole, all, tbs, algorithm;
	size_t start = o->len;

	if (der_next(in, &whole, &all) == -1) {
		out_put(o, in->p, der_len(in));
		in->p = in->end;
		return 0;
	}
	if (*whole.p != DER_SEQUENCE || der_next(&all, &tbs, NULL) == -1 ||
	    der_next(&all, &algorithm, NULL) == -1 ||
	    der_next(&all, NULL, NULL) == -1) {
		out_put(o, whole.p, der_len(&whole));
		return 0;
	}
	out_put(o, tbs.p, der_len(&tbs));
	out_put(o, algorithm.p, der_len(&algorithm));
	put_signature(o, s, &algorithm, &tbs);
	if (rest != NULL)
		rest(o, all);
	else
		out_put(o, all.p, der_len(&all));
	out_enclose(o, start, DER_SEQUENCE);
	return 1;
}

#endif
