/* SPDX-License-Identifier: ISC */
/*
 * Key authorizations (RFC 8555 8.1), by chng, which is linked without libcrypto.
 */
#include <sys/types.h>
#include <err.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"
#include "key-authorization.h"

char *
key_authorization(const char *token, const char *thumbprint)
{
	char *text;

	if (asprintf(&text, "%s.%s", token, thumbprint) == -1)
		err(1, NULL);
	return text;
}

void
key_authorization_digest(char out[DIGEST_LEN + 1], const char *authorization)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA2_CTX ctx;
	char *text;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)authorization, strlen(authorization));
	SHA256Final(hash, &ctx);
	text = b64url_encode(hash, sizeof(hash));
	memcpy(out, text, DIGEST_LEN + 1);
	free(text);
}
