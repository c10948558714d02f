/*
 * A strict reader of DER (X.690) in place: nothing is copied or allocated, so
 * that what a large object costs is its own bytes.
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
	/* [n] IMPLICIT of a primitive type: DER_CONTEXT + n */
	DER_CONTEXT = 0x80,
	/* [n] EXPLICIT, or IMPLICIT of a constructed type */
	DER_CONTEXT_CONSTRUCTED = 0xa0
};

/* Bytes that are left to read: from p up to end. */
struct der {
	const uint8_t *p, *end;
};

/*
 * Reads the next element of in, which moves behind it.  whole gets its bytes,
 * content those without tag and length; either may be NULL.  Its tag, or -1:
 * there is none, or it is not DER (a length that is indefinite, longer than
 * needed or leads beyond the end; a tag of several bytes).
 */
int der_next(struct der *in, struct der *whole, struct der *content);

/*
 * The same for an element of this tag.  1; 0: the next one, if any, has another
 * tag and was not read; -1: not DER.
 */
int der_get(struct der *in, int tag, struct der *whole, struct der *content);

/* How many bytes are left. */
size_t der_len(const struct der *);
/* Are both the same bytes? */
int der_equal(const struct der *, const struct der *);

#endif
