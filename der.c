/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads DER in place.  If this is wrong, certproc reads something else in a
 * revocation list than its issuer wrote, or reads beyond its end.
 */
#include <string.h>

#include "der.h"

#define LENGTH_BYTES_MAX 4

size_t
der_len(const struct der *d)
{
	return (size_t)(d->end - d->p);
}

int
der_equal(const struct der *a, const struct der *b)
{
	return der_len(a) == der_len(b) && memcmp(a->p, b->p, der_len(a)) == 0;
}

/* Reads a length in its shortest form (X.690 8.1.3 and 10.1).  0 or -1. */
static int
read_length(struct der *in, size_t *len)
{
	size_t n, i;

	if (der_len(in) == 0)
		return -1;
	*len = *in->p++;
	if (*len < 0x80)
		return 0;
	n = *len & 0x7f;
	if (n == 0 || n > LENGTH_BYTES_MAX || n > der_len(in) || *in->p == 0)
		return -1;
	for (*len = 0, i = 0; i < n; i++)
		*len = *len << 8 | *in->p++;
	return *len < 0x80 ? -1 : 0;
}

int
der_next(struct der *in, struct der *whole, struct der *content)
{
	struct der rest = *in;
	size_t len;
	int tag;

	if (der_len(&rest) == 0)
		return -1;
	tag = *rest.p++;
	if ((tag & 0x1f) == 0x1f || read_length(&rest, &len) == -1 ||
	    len > der_len(&rest))
		return -1;
	rest.end = rest.p + len;
	if (content != NULL)
		*content = rest;
	if (whole != NULL) {
		whole->p = in->p;
		whole->end = rest.end;
	}
	in->p = rest.end;
	return tag;
}

int
der_get(struct der *in, int tag, struct der *whole, struct der *content)
{
	if (der_len(in) == 0 || *in->p != tag)
		return 0;
	return der_next(in, whole, content) == -1 ? -1 : 1;
}
