/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Mutations of inputs that have a structure: an element of DER gets another
 * tag, is left out, doubled, moved or nested, and all lengths around it stay
 * right; a value of JSON becomes another one.  A target's
 * LLVMFuzzerCustomMutator() calls one of these in half of the cases, and
 * LLVMFuzzerMutate() in the others.
 */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stdint.h>
#include <string.h>

#include "der.h"

size_t LLVMFuzzerMutate(uint8_t *, size_t, size_t);
size_t LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned);

/* A number below n, from the seed. */
static inline uint32_t
draw(unsigned *seed, uint32_t n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 8) % n;
}

#define ELEMENTS_MAX 1024
#define NESTED_MAX 24
#define DER_MAX 32768

enum change {
	NO_CHANGE,
	OTHER_TAG,
	LEFT_OUT,
	TWICE,
	EMPTY,
	NESTED,
	OTHER_CONTENT,
	REPLACED, /* By another element. */
	BEHIND,   /* Another element follows it. */
	CHANGES
};

/* One change of one element, while all are written anew. */
struct der_change {
	unsigned *seed;
	enum change change;
	size_t element; /* The number of the element to be changed. */
	size_t number;  /* The number of the next element. */
	struct der other;
	uint8_t *out;
	size_t len;
	int full;
};

static inline void
der_put(struct der_change *x, const uint8_t *p, size_t n)
{
	if (n > DER_MAX - x->len)
		x->full = 1;
	else {
		memcpy(x->out + x->len, p, n);
		x->len += n;
	}
}

/* Puts tag and length before what was written since start. */
static inline void
der_enclose(struct der_change *x, size_t start, uint8_t tag)
{
	size_t n = x->len - start;
	uint8_t head[4] = { tag, (uint8_t)n };
	size_t nhead = 2;

	if (n >= 0x100) {
		head[1] = 0x82;
		head[2] = (uint8_t)(n >> 8);
		head[3] = (uint8_t)n;
		nhead = 4;
	} else if (n >= 0x80) {
		head[1] = 0x81;
		head[2] = (uint8_t)n;
		nhead = 3;
	}
	if (nhead > DER_MAX - x->len) {
		x->full = 1;
		return;
	}
	memmove(x->out + start + nhead, x->out + start, n);
	memcpy(x->out + start, head, nhead);
	x->len += nhead;
}

/*
 * Are these bytes elements, one behind the other?  A string may have an element
 * in it, too; a bit string begins with a byte of its own.
 */
static inline int
der_is_nested(int tag, struct der content, size_t *skip)
{
	struct der in = content;

	*skip = 0;
	if (tag == DER_BIT_STRING && der_len(&in) > 0) {
		in.p++;
		*skip = 1;
	}
	if (!(tag & 0x20) && tag != DER_BIT_STRING && tag != DER_OCTET_STRING)
		return 0;
	if (der_len(&in) < 2)
		return 0;
	while (der_len(&in) > 0)
		if (der_next(&in, NULL, NULL) == -1)
			return 0;
	return 1;
}

static inline uint8_t
der_draw_tag(unsigned *seed, uint8_t tag)
{
	static const uint8_t tags[] = { 1, 2, 3, 4, 5, 6, 0x0a, 0x0c, 0x13,
		0x16, 0x17, 0x18, 0x1e, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86,
		0x87, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4 };

	return draw(seed, 4) == 0 ? (uint8_t)(tag ^ (1 << draw(seed, 6))) :
				    tags[draw(seed, sizeof(tags))];
}

static inline void der_write(struct der_change *x, struct der in, int depth);

/* Writes one element's content, and so what is in it. */
static inline void
der_write_content(struct der_change *x, int tag, struct der content, int depth)
{
	size_t skip;

	if (depth < NESTED_MAX && der_is_nested(tag, content, &skip)) {
		der_put(x, content.p, skip);
		content.p += skip;
		der_write(x, content, depth + 1);
	} else
		der_put(x, content.p, der_len(&content));
}

/* Mutates the bytes since start. */
static inline void
der_other_content(struct der_change *x, size_t start)
{
	size_t room = DER_MAX - start, n = x->len - start;

	if (room > n + 16)
		room = n + 16;
	if (n == 0)
		x->out[x->len] = 0;
	x->len = start + LLVMFuzzerMutate(x->out + start, n == 0 ? 1 : n, room);
}

static inline void
der_write_one(struct der_change *x, int tag, struct der content, int depth)
{
	enum change change = x->number++ == x->element ? x->change : NO_CHANGE;
	size_t start = x->len;
	struct der other = x->other;

	if (change == LEFT_OUT)
		return;
	if (change == REPLACED) {
		der_put(x, other.p, der_len(&other));
		return;
	}
	if (change != EMPTY)
		der_write_content(x, tag, content, depth);
	if (change == OTHER_CONTENT)
		der_other_content(x, start);
	if (change == OTHER_TAG)
		tag = der_draw_tag(x->seed, (uint8_t)tag);
	der_enclose(x, start, (uint8_t)tag);
	if (change == NESTED)
		der_enclose(x, start, der_draw_tag(x->seed, 0x30));
	if (change == TWICE && !x->full)
		der_put(x, x->out + start, x->len - start);
	if (change == BEHIND)
		der_put(x, other.p, der_len(&other));
}

static inline void
der_write(struct der_change *x, struct der in, int depth)
{
	struct der content;
	int tag;

	while (!x->full && der_len(&in) > 0) {
		if ((tag = der_next(&in, NULL, &content)) == -1) {
			/* What is not DER stays as it is. */
			der_put(x, in.p, der_len(&in));
			return;
		}
		der_write_one(x, tag, content, depth);
	}
}

/* Lists the elements, each with tag and length, as der_write() counts them. */
static inline size_t
der_list(struct der in, struct der all[ELEMENTS_MAX], size_t n, int depth)
{
	struct der whole, content;
	size_t skip;
	int tag;

	while (n < ELEMENTS_MAX && der_len(&in) > 0 &&
	    (tag = der_next(&in, &whole, &content)) != -1) {
		all[n++] = whole;
		if (depth < NESTED_MAX && der_is_nested(tag, content, &skip)) {
			content.p += skip;
			n = der_list(content, all, n, depth + 1);
		}
	}
	return n;
}

/*
 * Changes one element of the DER in data, behind its first keep bytes.  Returns
 * the new size.
 */
static inline size_t
mutate_der(uint8_t *data, size_t size, size_t max, size_t keep, unsigned seed)
{
	static uint8_t out[DER_MAX];
	static struct der all[ELEMENTS_MAX];
	struct der in = { data + keep, data + size };
	struct der_change x = { .seed = &seed, .out = out };
	size_t n;

	if (size <= keep || (n = der_list(in, all, 0, 0)) == 0)
		return LLVMFuzzerMutate(data, size, max);
	x.element = draw(&seed, (uint32_t)n);
	x.other = all[draw(&seed, (uint32_t)n)];
	x.change = (enum change)(1 + draw(&seed, CHANGES - 1));
	der_write(&x, in, 0);
	if (x.full || x.len > max - keep)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(data + keep, out, x.len);
	return keep + x.len;
}

#ifdef FUZZ_JSON
#include <jansson.h>

/* Any value, of any type. */
static inline json_t *
json_draw(unsigned *seed)
{
	static const char *const texts[] = { "", "valid", "pending", "dns",
		"https://ca.example/1", "http-01", "2027-01-01T00:00:00Z",
		"\x1b[1m", "x", "A", "a.example", "\xc3\xa4", "\n", "*.x" };
	static const json_int_t numbers[] = { 0, 1, -1, 2147483647, 4294967296,
		9007199254740993, 9223372036854775807 };
	char text[3000];
	json_t *o;

	switch (draw(seed, 9)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(draw(seed, 2));
	case 2:
		return json_integer(numbers[draw(seed, 7)]);
	case 3:
		return json_real(0.5);
	case 4:
		return json_array();
	case 5:
		return json_object();
	case 6:
		/* A long text, whose characters may have two bytes. */
		memset(text, 'x', sizeof(text));
		text[draw(seed, sizeof(text))] = '\0';
		o = json_pack("s+", text, draw(seed, 2) ? "\xc3\xa4" : "z");
		return o == NULL ? json_null() : o;
	default:
		return json_string(texts[draw(seed, 14)]);
	}
}

/* Changes one value below o, which is an array or object. */
static inline void
json_change(json_t *o, unsigned *seed)
{
	const char *key;
	size_t n = json_is_object(o) ? json_object_size(o) : json_array_size(o);
	size_t i = n == 0 ? 0 : draw(seed, (uint32_t)n), k;
	json_t *v = NULL;
	void *at;

	if (json_is_array(o)) {
		v = json_array_get(o, i);
		if (v != NULL && json_is_object(v) && draw(seed, 2))
			json_change(v, seed);
		else if (n == 0 || draw(seed, 3) == 0)
			json_array_append_new(o, json_draw(seed));
		else if (draw(seed, 3) == 0)
			json_array_remove(o, i);
		else if (draw(seed, 3) == 0)
			json_array_append_new(o, json_deep_copy(v));
		else
			json_array_set_new(o, i, json_draw(seed));
		return;
	}
	if ((at = json_object_iter(o)) == NULL)
		return;
	for (k = 0; k < i; k++)
		at = json_object_iter_next(o, at);
	key = json_object_iter_key(at);
	v = json_object_iter_value(at);
	if ((json_is_object(v) || json_is_array(v)) && draw(seed, 3) > 0)
		json_change(v, seed);
	else if (draw(seed, 4) == 0)
		json_object_del(o, key);
	else
		json_object_set_new(o, key, json_draw(seed));
}

/*
 * Changes one value of the JSON in data, behind its first keep bytes.  Returns
 * the new size.
 */
static inline size_t
mutate_json(uint8_t *data, size_t size, size_t max, size_t keep, unsigned seed)
{
	json_t *o = size <= keep ?
	    NULL :
	    json_loadb((char *)data + keep, size - keep, 0, NULL);
	char *text = NULL;
	size_t n;

	if (o != NULL)
		json_change(o, &seed);
	if (o != NULL)
		text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
	n = text == NULL ? 0 : strlen(text);
	if (text == NULL || n > max - keep)
		n = LLVMFuzzerMutate(data, size, max) - keep;
	else
		memcpy(data + keep, text, n);
	free(text);
	return keep + n;
}
#endif

#endif
