/*
 * Key authorizations (RFC 8555 8.1): what shows that a challenge is answered
 * by the account.
 */
#ifndef KEY_AUTHORIZATION_H
#define KEY_AUTHORIZATION_H

#include "challenge.h"

/* token "." thumbprint; the caller frees. */
char	*key_authorization(const char *token, const char *thumbprint);
/* Its SHA-256 in base64url, without padding: RFC 8555 8.4. */
void	 key_authorization_digest(char out[DIGEST_LEN + 1], const char *authorization);

#endif
