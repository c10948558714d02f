/*
 * Key authorizations (RFC 8555 8.1): what shows that a challenge is answered
 * by the account.
 */
#ifndef KEY_AUTHORIZATION_H
#define KEY_AUTHORIZATION_H

#include "challenge.h"
#include "valid.h"

/* token "." thumbprint; the caller frees. */
char	*key_authorization(const char *token, const char *thumbprint);
/* Its SHA-256 in base64url, without padding: RFC 8555 8.4. */
void	 key_authorization_digest(char out[DIGEST_LEN + 1], const char *authorization);

/*
 * The label that stands for an account before "_acme-challenge": "_" and the first 10
 * bytes of the SHA-256 of its URL in base32, lower case.
 * draft-ietf-acme-dns-account-label 3.2.
 */
void	 account_label(char out[ACCOUNT_LABEL_LEN + 1], const char *url);

#endif
