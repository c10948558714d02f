/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as the answer to "is it revoked?": no crash, and no revocation
 * but by a list or an answer that the issuer has signed.  The first byte says
 * what the rest is: 'l' a revocation list, else an OCSP answer.  The two
 * chains, and the signed originals, are files in the current directory.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert.h"

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct question {
	struct chain *chain;
	char *response; /* the original: it is revoked */
	size_t len;
};
static struct question list, ocsp;

static char *
read_all(const char *path, size_t *len)
{
	static char buf[100000];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		err(1, "%s", path);
	*len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return buf;
}

static void
ask(struct question *q, const char *chain, const char *response)
{
	struct error e = { "" };
	size_t len;
	char *text = read_all(chain, &len), *url;

	if ((q->chain = chain_parse(text, len, &e)) == NULL ||
	    (url = status_url(q->chain, &e)) == NULL)
		errx(1, "%s: %s", chain, e.text);
	free(url);
	text = read_all(response, &q->len);
	if ((q->response = malloc(q->len + 1)) == NULL)
		err(1, NULL);
	memcpy(q->response, text, q->len);
	if (status_judge(
		q->chain, (uint8_t *)q->response, q->len, time(NULL), &e) != 1)
		errx(1, "%s: %s", response, e.text);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	ask(&list, "status-list.pem", "status-list.der");
	ask(&ocsp, "status-ocsp.pem", "status-ocsp.der");
	return 0;
}

/*
 * A list that counts has in it what was signed; OCSP answers may be written in
 * other ways.
 */
static int
is_signed(const struct question *q, const uint8_t *buf, size_t len)
{
	return q == &ocsp ||
	    memmem(buf, len, q->response + 4, q->len - 100) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error e = { "" };
	size_t i;
	const struct question *q;

	if (size == 0)
		return 0;
	q = *data == 'l' ? &list : &ocsp;
	switch (status_judge(q->chain, data + 1, size - 1, time(NULL), &e)) {
	case 1:
		if (!is_signed(q, data + 1, size - 1))
			abort();
		break;
	case 0:
		abort();
	default:
		if (e.text[0] == '\0')
			abort();
	}
	for (i = 0; e.text[i] != '\0'; i++)
		if (e.text[i] < 0x20 || e.text[i] >= 0x7f)
			abort();
	return 0;
}
