/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as the response to "is it revoked?": no crash, and no revocation
 * but by a list or a response that the issuer has signed.  The first byte says
 * what the rest is: 'l' a revocation list, 'o' an OCSP response.  In 'L' the
 * list is signed here; 'O' is a BasicOCSPResponse that the issuer signs here,
 * 'D' one that a responder signs.  'u' is a certificate that is signed here: it
 * is asked where to ask about it.  The chains, the signed originals and the
 * keys are files of the directory FUZZ_FILES.
 */
#include "fuzz-sign.h"

#include <time.h>

#include "cert.h"
#include "fuzz-mutate.h"

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct question {
	struct chain *chain;
	char *response; /* the original: it is revoked */
	size_t len;
};
static struct question list, ocsp;
static struct signer issuer, responder;
static time_t now;

static struct chain *
read_chain(const char *name)
{
	struct error e = { "" };
	struct chain *chain;
	size_t len;
	char *text = fuzz_file(name, &len), *url;

	if ((chain = chain_parse(text, len, &e)) == NULL ||
	    (url = status_url(chain, &e)) == NULL)
		errx(1, "%s: %s", name, e.text);
	free(url);
	return chain;
}

static void
ask(struct question *q, const char *chain, const char *response)
{
	struct error e = { "" };
	char *text;

	q->chain = read_chain(chain);
	text = fuzz_file(response, &q->len);
	if ((q->response = malloc(q->len + 1)) == NULL)
		err(1, NULL);
	memcpy(q->response, text, q->len);
	if (status_judge(q->chain, (uint8_t *)q->response, q->len, now, &e) !=
	    1)
		errx(1, "%s: %s", response, e.text);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	now = fuzz_now();
	issuer.ecdsa = fuzz_key("key.pem");
	responder.ecdsa = fuzz_key("responder.pem");
	issuer.rsa = responder.rsa = fuzz_key("rsa.pem");
	ask(&ocsp, "status-ocsp.pem", "status-responder.der");
	chain_free(ocsp.chain);
	free(ocsp.response);
	ask(&list, "status-list.pem", "status-list.der");
	ask(&ocsp, "status-ocsp.pem", "status-ocsp.der");
	return 0;
}

/* The certificates of responders, in [0], which the issuer has signed. */
static void
put_responders(struct der_out *o, struct der in)
{
	struct der rest = in, content, certs;
	size_t start = o->len;

	if (der_get(&rest, DER_CONTEXT_CONSTRUCTED, NULL, &content) != 1 ||
	    der_get(&content, DER_SEQUENCE, NULL, &certs) != 1) {
		out_put(o, in.p, der_len(&in));
		return;
	}
	while (der_len(&certs) > 0)
		put_signed(o, &certs, &issuer, NULL);
	out_enclose(o, start, DER_SEQUENCE);
	out_enclose(o, start, DER_CONTEXT_CONSTRUCTED);
	out_put(o, rest.p, der_len(&rest));
}

/* Makes an OCSPResponse of a BasicOCSPResponse. */
static void
put_response(struct der_out *o, struct der in, const struct signer *s)
{
	static const uint8_t status[] = { DER_ENUMERATED, 1, 0 };
	static const uint8_t basic[] = { DER_OID, 9, 0x2b, 6, 1, 5, 5, 7, 0x30,
		1, 1 };
	size_t start = o->len, bytes, octets;

	out_put(o, status, sizeof(status));
	bytes = o->len;
	out_put(o, basic, sizeof(basic));
	octets = o->len;
	put_signed(o, &in, s, put_responders);
	out_enclose(o, octets, DER_OCTET_STRING);
	out_enclose(o, bytes, DER_SEQUENCE);
	out_enclose(o, bytes, DER_CONTEXT_CONSTRUCTED);
	out_enclose(o, start, DER_SEQUENCE);
}

/*
 * A list that counts has in it what was signed; OCSP responses may be written
 * in other ways.
 */
static int
is_signed(const struct question *q, const uint8_t *buf, size_t len)
{
	return q == &ocsp ||
	    memmem(buf, len, q->response + 4, q->len - 100) != NULL;
}

static void
must_be_visible(const struct error *e)
{
	size_t i;

	for (i = 0; e->text[i] != '\0'; i++)
		must(e->text[i] >= 0x20 && e->text[i] < 0x7f);
}

/* Returns the verdict. */
static int
judge(const struct question *q, const uint8_t *buf, size_t len)
{
	struct error e = { "" };
	uint8_t *copy = malloc(len + 1);
	int verdict;

	/* Of just this size, so that the sanitizer sees what is read beyond. */
	must(copy != NULL);
	memcpy(copy, buf, len);
	verdict = status_judge(q->chain, copy, len, now, &e);
	must(verdict != -1 || e.text[0] != '\0');
	must_be_visible(&e);
	free(copy);
	return verdict;
}

/* A certificate behind its issuer: where is it to be asked about? */
static void
find_url(const uint8_t *der, size_t len)
{
	const unsigned char *p = der;
	X509 *cert = d2i_X509(NULL, &p, (long)len);
	struct error e = { "" };
	struct chain c = { .certs = sk_X509_new_null() };
	struct url url;
	char *text;

	must(c.certs != NULL);
	if (cert != NULL) {
		sk_X509_push(c.certs, cert);
		if (len % 8 != 0)
			sk_X509_push(
			    c.certs, sk_X509_value(list.chain->certs, 1));
		if ((text = status_url(&c, &e)) == NULL)
			must(e.text[0] != '\0');
		else
			must(url_parse_plain(&url, text));
		free(text);
		must_be_visible(&e);
		X509_free(cert);
	}
	ERR_clear_error();
	sk_X509_free(c.certs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t made[SIGNED_MAX];
	struct der_out o = { .p = made, .max = sizeof(made) };
	struct der in = { data + 1, data + size };

	if (size == 0 || size > INPUT_MAX)
		return 0;
	fuzz_random_begin();
	switch (*data) {
	case 'L':
		put_signed(&o, &in, &issuer, NULL);
		judge(&list, made, o.len);
		break;
	case 'O':
	case 'D':
		put_response(&o, in, *data == 'O' ? &issuer : &responder);
		judge(&ocsp, made, o.len);
		break;
	case 'u':
		put_signed(&o, &in, &issuer, NULL);
		find_url(made, o.len);
		break;
	case 'l':
		switch (judge(&list, data + 1, size - 1)) {
		case 0:
			abort();
		case 1:
			must(is_signed(&list, data + 1, size - 1));
		}
		break;
	default:
		/* Nobody has signed that it is good. */
		must(judge(&ocsp, data + 1, size - 1) != 0);
	}
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return size < 2 || draw(&seed, 4) == 0 ?
	    LLVMFuzzerMutate(data, size, max) :
	    mutate_der(data, size, max, 1, seed);
}
