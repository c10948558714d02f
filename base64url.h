/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Encodes and decodes base64url (RFC 4648 5) without padding, as RFC 7515 2 has
 * it.
 */
#ifndef BASE64URL_H
#define BASE64URL_H

#include <stddef.h>
#include <stdint.h>

/* Encodes, with a NUL at the end; the caller frees it. */
char *b64url_encode(const void *buf, size_t len);
/*
 * Decodes strictly: no padding, blank, '+' or '/'.  NULL: it is malformed; the
 * caller frees the result.
 */
uint8_t *b64url_decode(const char *text, size_t *len);

#endif
