/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The installed files of one certificate: do they belong together, and what
 * is to be in each of them?
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"

_Static_assert(CHAIN_BYTES_MAX == PART_SET_BYTES_MAX,
    "what certproc judges, fileproc stores");

struct chain *
stored_chain(const struct stored *stored)
{
	struct error ignored;

	return stored->presence != PRESENCE_BYTES ?
	    NULL :
	    chain_parse(stored->bytes, stored->len, &ignored);
}

/*
 * Does chain a hold the certificates of chain b in the same order, from its
 * certificate 'from' on?
 */
static int
same_certs(const struct chain *a, int from, const struct chain *b)
{
	int i, n = b == NULL ? 0 : sk_X509_num(b->certs);

	if (sk_X509_num(a->certs) - from != n)
		return 0;
	for (i = 0; i < n; i++)
		if (X509_cmp(sk_X509_value(a->certs, from + i),
			sk_X509_value(b->certs, i)) != 0)
			return 0;
	return 1;
}

/* Is the first certificate of rest the issuer of cert? */
static int
belong_together(const struct chain *cert, const struct chain *rest)
{
	return cert != NULL && rest != NULL &&
	    X509_check_issued(sk_X509_value(rest->certs, 0),
		sk_X509_value(cert->certs, 0)) == X509_V_OK;
}

/*
 * Without a full chain file: joins the certificate and the chain file, if its
 * first certificate is the issuer.
 */
static void
join(struct installed *in, char *const path[PART_SET__MAX],
    struct chain *part[PART_SET__MAX])
{
	struct chain *cert = part[PART_CERT], *rest = part[PART_CHAIN];
	int together = belong_together(cert, rest);
	X509 *next;

	in->mixed = path[PART_FULLCHAIN] != NULL ||
	    (path[PART_CHAIN] != NULL && cert != NULL && !together);
	if (!together || sk_X509_num(cert->certs) != 1 ||
	    sk_X509_num(rest->certs) >= CHAIN_CERTS_MAX)
		return;
	while ((next = sk_X509_shift(rest->certs)) != NULL)
		if (!sk_X509_push(cert->certs, next))
			err(1, NULL);
	in->complete = 1;
	in->repairable = in->mixed;
}

/*
 * Compares the files with the full chain, unless the certificate file is newer.
 */
static void
compare(struct installed *in, char *const path[PART_SET__MAX],
    struct chain *part[PART_SET__MAX])
{
	struct chain *full = part[PART_FULLCHAIN], *cert = part[PART_CERT];

	if (full == NULL) {
		join(in, path, part);
		return;
	}
	in->complete = 1;
	in->mixed = (path[PART_CERT] != NULL &&
			(cert == NULL || !chain_same_leaf(full, cert) ||
			    sk_X509_num(cert->certs) != 1)) ||
	    (path[PART_CHAIN] != NULL &&
		!same_certs(full, 1, part[PART_CHAIN]));
	in->repairable = in->mixed &&
	    (cert == NULL || cert->not_after <= full->not_after);
}

/* Reads one file as a chain; NULL: there is none. */
static int
read_part(const char *path, const struct stored *stored, struct chain **chain,
    struct error *e)
{
	struct error reason;

	*chain = NULL;
	if (path == NULL || stored->presence == PRESENCE_ABSENT)
		return 0;
	if (stored->presence == PRESENCE_BROKEN)
		return error_set(e, "%s", stored->bytes);
	/* For a chain of one certificate, the chain file is empty. */
	if (stored->len > 0 &&
	    (*chain = chain_parse(stored->bytes, stored->len, &reason)) == NULL)
		say(1, "%s: %s", path, reason.text);
	return 0;
}

int
installed_read(struct installed *in, char *const path[PART_SET__MAX],
    struct stored parts[PART_SET__MAX], struct error *e)
{
	struct chain *part[PART_SET__MAX] = { NULL };
	int i, main_part, rc = 0;

	memset(in, 0, sizeof(*in));
	for (i = 0; i < PART_SET__MAX && rc == 0; i++)
		rc = read_part(path[i], &parts[i], &part[i], e);
	if (rc == 0) {
		compare(in, path, part);
		main_part = part[PART_FULLCHAIN] != NULL ? PART_FULLCHAIN :
							   PART_CERT;
		in->chain = part[main_part];
		in->part = (enum part)main_part;
		part[main_part] = NULL;
	}
	for (i = 0; i < PART_SET__MAX; i++) {
		chain_free(part[i]);
		in->file[i] = parts[i];
		memset(&parts[i], 0, sizeof(parts[i]));
	}
	return rc;
}

void
installed_free(struct installed *in)
{
	int i;

	for (i = 0; i < PART_SET__MAX; i++)
		stored_free(&in->file[i]);
	chain_free(in->chain);
	memset(in, 0, sizeof(*in));
}

/* Makes the text of this file of the set; the caller frees it. */
static char *
part_pem(const struct chain *chain, int part, size_t *len)
{
	return chain_pem(chain, part == PART_CHAIN ? 1 : 0,
	    part == PART_CERT ? 1 : SIZE_MAX, len);
}

int
installed_holds(const struct installed *in, char *const path[PART_SET__MAX],
    const struct chain *chain)
{
	const struct stored *is;
	int i, same = 1;
	char *should;
	size_t len;

	for (i = 0; i < PART_SET__MAX && same; i++) {
		if (path[i] == NULL)
			continue;
		is = &in->file[i];
		should = part_pem(chain, i, &len);
		same = is->presence == PRESENCE_BYTES && is->len == len &&
		    memcmp(is->bytes, should, len) == 0;
		free(should);
	}
	return same;
}

int
installed_replace(uint32_t job, char *const path[PART_SET__MAX],
    const struct chain *chain, struct error *e)
{
	char *pem;
	size_t len;
	int i;

	for (i = 0; i < PART_SET__MAX; i++) {
		if (path[i] == NULL)
			continue;
		pem = part_pem(chain, i, &len);
		store_stage(job, (enum part)i, pem, len);
		free(pem);
	}
	return store_commit(job, e);
}
