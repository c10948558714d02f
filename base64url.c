/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Encodes and decodes base64url (RFC 4648 5). */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *
b64url_encode(const void *buf, size_t len)
{
	const uint8_t *p = buf;
	char *out, *o;
	uint32_t acc = 0;
	unsigned bits = 0;

	if ((out = o = malloc(len / 3 * 4 + 5)) == NULL)
		err(1, NULL);
	for (; len > 0; len--) {
		acc = acc << 8 | *p++;
		for (bits += 8; bits >= 6; bits -= 6)
			*o++ = alphabet[acc >> (bits - 6) & 63];
	}
	if (bits > 0)
		*o++ = alphabet[acc << (6 - bits) & 63];
	*o = '\0';
	return out;
}

uint8_t *
b64url_decode(const char *text, size_t *len)
{
	size_t n = strlen(text);
	uint32_t acc = 0;
	unsigned bits = 0;
	const char *p;
	uint8_t *out;

	if (n % 4 == 1 || (out = malloc(n / 4 * 3 + 3)) == NULL)
		return NULL;
	for (*len = 0; *text != '\0'; text++) {
		if ((p = strchr(alphabet, *text)) == NULL) {
			free(out);
			return NULL;
		}
		acc = acc << 6 | (uint32_t)(p - alphabet);
		if ((bits += 6) >= 8) {
			bits -= 8;
			out[(*len)++] = (uint8_t)(acc >> bits);
		}
	}
	/*
	 * The bits that belong to no byte must be zero, so that each value has
	 * one text.
	 */
	if ((acc & ((1u << bits) - 1)) != 0) {
		free(out);
		return NULL;
	}
	return out;
}
