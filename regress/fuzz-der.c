/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as DER: elements lie within what was given, one behind the other,
 * and libcrypto finds the same ones there.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>

#include "fuzz.h"
#include "der.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is no element is no element of the tag that it begins with, either. */
static void
must_end(struct der in)
{
	struct der rest = in;

	must(der_get(&rest, in.p < in.end ? *in.p : DER_SEQUENCE, NULL, NULL) ==
	    (in.p < in.end ? -1 : 0));
	must(rest.p == in.p && rest.end == in.end);
}

static void
walk(struct der in, int depth)
{
	struct der whole = { in.p, in.p }, content, before, last;
	const unsigned char *p;
	int tag, found, class, flags;
	long len;

	for (;;) {
		before = in;
		last = whole;
		if ((tag = der_next(&in, &whole, &content)) == -1)
			break;
		must(whole.p == before.p && whole.end == in.p &&
		    content.p > whole.p && content.p <= content.end &&
		    content.end == whole.end && in.p <= in.end);
		p = before.p;
		flags = ASN1_get_object(
		    &p, &len, &found, &class, (long)der_len(&before));
		must((flags & 0x80) == 0 && p == content.p &&
		    len == (long)der_len(&content) && found == (tag & 0x1f) &&
		    class == (tag & 0xc0));
		must(der_get(&before, tag ^ 1, NULL, NULL) == 0 &&
		    der_get(&before, tag, NULL, NULL) == 1);
		must(der_equal(&whole, &whole) && !der_equal(&whole, &content));
		must(der_equal(&whole, &last) ==
		    (der_len(&whole) == der_len(&last) &&
			memcmp(whole.p, last.p, der_len(&last)) == 0));
		if ((tag & 0x20) && depth < 20)
			walk(content, depth + 1);
	}
	must(in.p == before.p);
	must_end(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct der all = { data, data + size };

	walk(all, 0);
	return 0;
}
