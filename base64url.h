/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * base64url: RFC 4648 5, as RFC 7515 2 has it, without padding.
 */
#ifndef BASE64URL_H
#define BASE64URL_H

#include <stddef.h>
#include <stdint.h>

/* Unpadded; NUL-terminated; the caller frees. */
char *b64url_encode(const void *buf, size_t len);
/* Strict: no padding, space or '+' '/'.  NULL if bad; the caller frees. */
uint8_t *b64url_decode(const char *text, size_t *len);

#endif
