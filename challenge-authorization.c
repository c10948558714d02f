/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Makes key authorizations (RFC 8555 8.1).  chngproc, which uses them, is
 * linked without libcrypto: libc or libmd computes the SHA-256.
 */
#include <sys/types.h>
#include <err.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"
#include "challenge.h"

char *
key_authorization(const char *token, const char *thumbprint)
{
	char *text;

	if (asprintf(&text, "%s.%s", token, thumbprint) == -1)
		err(1, NULL);
	return text;
}

static void
hash_text(uint8_t hash[SHA256_DIGEST_LENGTH], const char *text)
{
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)text, strlen(text));
	SHA256Final(hash, &ctx);
}

void
key_authorization_digest(char out[DIGEST_LEN + 1], const char *authorization)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	char *text;

	hash_text(hash, authorization);
	text = b64url_encode(hash, sizeof(hash));
	memcpy(out, text, DIGEST_LEN + 1);
	free(text);
}

/*
 * Makes an account's label: base32 (RFC 4648 6) of 10 bytes, which is 16
 * characters of 5 bits without padding.
 */
void
account_label(char out[ACCOUNT_LABEL_LEN + 1], const char *url)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t hash[SHA256_DIGEST_LENGTH];
	unsigned bits = 0, value = 0, i;
	char *p = out;

	hash_text(hash, url);
	*p++ = '_';
	for (i = 0; i < 10; i++) {
		value = value << 8 | hash[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*p++ = digits[value >> (bits - 5) & 31];
	}
	*p = '\0';
}
