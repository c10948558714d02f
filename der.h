/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * A strict reader of DER (X.690).  It allocates and copies nothing, so that a
 * large object costs no more memory than its own bytes.
 */
#ifndef DER_H
#define DER_H

#include <stddef.h>
#include <stdint.h>

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	/* The tag of [n] IMPLICIT of a primitive type is DER_CONTEXT + n. */
	DER_CONTEXT = 0x80,
	/*
	 * As DER_CONTEXT, for [n] EXPLICIT, or IMPLICIT of a constructed type.
	 */
	DER_CONTEXT_CONSTRUCTED = 0xa0
};

/* The bytes that are left to read, from p up to end. */
struct der {
	const uint8_t *p, *end;
};

/*
 * Reads the next element of in, and moves in behind it.  whole gets all bytes
 * of the element, content those after tag and length; either may be NULL.
 * Returns the tag, or -1: there is no element, or it is not DER (a tag of
 * several bytes; a length that is indefinite, too long or leads beyond the
 * end).
 */
int der_next(struct der *in, struct der *whole, struct der *content);

/*
 * Reads the next element if it has this tag.  1; 0: there is none, or it has
 * another tag and was not read; -1: it is not DER.
 */
int der_get(struct der *in, int tag, struct der *whole, struct der *content);

/* Returns how many bytes are left. */
size_t der_len(const struct der *);
/* Do both hold the same bytes? */
int der_equal(const struct der *, const struct der *);

#endif
