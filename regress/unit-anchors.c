/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Which trust anchors are tried first: always some of the file's, and those
 * that serve.
 */
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "test.h"
#include "valid.h"
#include "x509-make.h"

#define N 12
#define YEAR (365 * 24 * 3600L)

static EVP_PKEY *key;
static X509 *anchor[N], *stranger;

/* All live until exit. */
static void *
keep(void *p)
{
	static void *kept[100];
	static size_t n;

	return kept[n++] = p;
}

static X509 *
make(const char *subject, X509 *issuer)
{
	struct recipe r = { .subject = subject,
		.basic = "critical,CA:TRUE",
		.from = -60,
		.to = YEAR };

	return keep(make_cert(key, &r, issuer, key));
}

/* Of the first n anchors. */
static struct http_anchors *
bundle(int n)
{
	char *pem = make_pem(anchor, n);

	return keep(http_anchors_new(pem, strlen(pem)));
}

static void
served(struct http_anchors *a, X509 **chain, int n)
{
	char *pem = make_pem(chain, n);

	http_anchors_served(a, pem, strlen(pem));
	free(pem);
}

/* Are these n the ones that are preferred, and no other? */
static int
prefers(const struct http_anchors *a, X509 **certs, int n)
{
	size_t len;
	const char *preferred = http_anchors_preferred(a, &len);
	char *pem;
	int same;

	if (n == 0 || preferred == NULL)
		return n == 0 && preferred == NULL &&
		    http_anchors_names(a)[0] == '\0';
	pem = make_pem(certs, n);
	same = len == strlen(pem) && memcmp(preferred, pem, len) == 0;
	free(pem);
	return same && strlen(http_anchors_names(a)) == 17 * (size_t)n &&
	    valid_anchor_names(http_anchors_names(a));
}

/* All of them are there whatever is preferred. */
static int
has_all(const struct http_anchors *a, int n)
{
	char *pem = make_pem(anchor, n);
	size_t len;
	const char *all = http_anchors_all(a, &len);
	int same = len == strlen(pem) && memcmp(all, pem, len) == 0;

	free(pem);
	return same;
}

static void
test_learning(void)
{
	struct http_anchors *a = bundle(N), *next, *other;
	X509 *inter = make("intermediate", anchor[3]), *chain[2],
	     *both[2] = { anchor[3], anchor[5] };

	check(prefers(a, NULL, 0), "anchors: none is preferred at first");
	chain[0] = make("leaf", inter);
	chain[1] = inter;
	served(a, chain, 2);
	check(prefers(a, &anchor[3], 1), "anchors: the chain's issuer: %s",
	    http_anchors_names(a));
	check(has_all(a, N), "anchors: all are there all the same");
	next = bundle(N);
	http_anchors_prefer(next, http_anchors_names(a));
	check(prefers(next, &anchor[3], 1), "anchors: the next run prefers it");
	served(next, &anchor[5], 1);
	check(
	    prefers(next, both, 2), "anchors: and that of another server, too");
	http_anchors_prefer(next, http_anchors_names(a));
	check(prefers(next, both, 2),
	    "anchors: what is known by now is not forgotten");
	other = bundle(N);
	http_anchors_prefer(other, http_anchors_names(next));
	check(prefers(other, both, 2), "anchors: both in the run after that");
	/* The bundle has changed. */
	other = bundle(8);
	http_anchors_prefer(other, http_anchors_names(next));
	check(
	    prefers(other, both, 2), "anchors: as long as the bundle has them");
	anchor[3] = make("anchor 3", NULL);
	other = bundle(N);
	http_anchors_prefer(other, http_anchors_names(next));
	check(prefers(other, &anchor[5], 1),
	    "anchors: not what is in the bundle no more");
}

static void
test_many(void)
{
	struct http_anchors *a = bundle(N), *few = bundle(6);
	X509 *chain[N];
	size_t len;
	int i;

	for (i = 0; i < 10; i++)
		chain[i] = make("below", anchor[i]);
	served(a, chain, 5);
	check(prefers(a, anchor, 5), "anchors: five issuers");
	served(a, chain + 5, 4);
	check(prefers(a, anchor + 5, 4),
	    "anchors: those that served last, where not all have room");
	served(a, chain, 10);
	check(prefers(a, anchor, 6), "anchors: six of ten issuers");
	served(few, chain, 1);
	check(http_anchors_preferred(few, &len) == NULL,
	    "anchors: a file of six is not worth it");
	/* An anchor below another one. */
	anchor[0] = make("anchor 0", anchor[7]);
	a = bundle(N);
	served(a, chain, 1);
	chain[0] = anchor[0];
	chain[1] = anchor[7];
	check(prefers(a, chain, 2), "anchors: the issuer of an issuer");
}

static void
test_hints(void)
{
	static const char *const bad[] = { "", " ", "0123456789abcdef ", "x",
		"0", "\xff\n",
		"0123456789abcdef 0123456789abcdef 0123456789abcdef "
		"0123456789abcdef "
		"0123456789abcdef 0123456789abcdef 0123456789abcdef "
		"0123456789abcdef " };
	struct http_anchors *a = bundle(N), *foreign;
	char *pem, *trusted;
	size_t i;

	http_anchors_prefer(a, NULL);
	check(prefers(a, NULL, 0), "anchors: no hint");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		http_anchors_prefer(a, bad[i]);
		check(prefers(a, NULL, 0),
		    "anchors: a hint that names none: %zu", i);
	}
	served(a, &stranger, 1);
	check(prefers(a, NULL, 0),
	    "anchors: a server's own root does not become one");
	http_anchors_served(a, "garbage", 7);
	check(prefers(a, NULL, 0), "anchors: no chain");

	/* The name of a certificate that is an anchor elsewhere. */
	anchor[1] = stranger;
	foreign = bundle(N);
	served(foreign, &stranger, 1);
	check(prefers(foreign, &stranger, 1), "anchors: an anchor elsewhere");
	http_anchors_prefer(a, http_anchors_names(foreign));
	check(prefers(a, NULL, 0), "anchors: is none by its name");

	pem = make_pem(anchor, N);
	if (asprintf(
		&trusted, "%s-----BEGIN TRUSTED CERTIFICATE-----\n", pem) == -1)
		return;
	a = keep(http_anchors_new(trusted, strlen(trusted)));
	served(a, &stranger, 1);
	check(prefers(a, NULL, 0),
	    "anchors: what is trusted with conditions is for libtls to read");
	free(pem);
}

int
main(void)
{
	char name[16];
	int i;

	key = keep(make_key(0));
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "anchor %d", i);
		anchor[i] = make(name, NULL);
	}
	stranger = make("stranger", NULL);
	test_hints();
	test_learning();
	test_many();
	return test_end();
}
