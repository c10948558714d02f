/* SPDX-License-Identifier: ISC */
/*
 * Revocation (RFC 8555 7.6), by net.  Which certificate, for what reason: key
 * and csr know from file and from the command line, not from here.
 */
#include <err.h>
#include <string.h>

#include "net-revoke.h"

/* 1: done, 0: not by this key, -1: not at all. */
static int
revoke_by(enum msgtype sign, const struct directory *d, uint32_t job, struct trouble *t)
{
	static const char *const not_this_key[] = {
		"accountDoesNotExist", "unauthorized", "badPublicKey", "badSignatureAlgorithm",
	};
	struct http_answer a;
	size_t i;

	if (request_post(sign, job, d->revoke_cert, "application/json", &a, t) == 0) {
		http_answer_free(&a);
		return 1;
	}
	if (strcmp(t->problem.type, "alreadyRevoked") == 0) {
		say(1, "the CA had already revoked it");
		return 1;
	}
	for (i = 0; i < sizeof(not_this_key) / sizeof(not_this_key[0]); i++)
		if (strcmp(t->problem.type, not_this_key[i]) == 0)
			return 0;
	return -1;
}

int
revoke(const struct directory *d, uint32_t job, const char *handle, int account,
    struct trouble *t)
{
	int rc = 0;

	if (d->revoke_cert == NULL)
		return trouble(t, FAILURE_LOCAL, "the CA offers no revocation (revokeCert)");
	if (request_origin("revokeCert", d->revoke_cert, t) == -1)
		return -1;
	if (account && (rc = revoke_by(KEY_SIGN_REVOKE, d, job, t)) == 1)
		return 0;
	if (rc == -1)
		return -1;
	say(0, "%s: the account's key cannot revoke it (%s); trying the certificate's own", handle,
	    account ? t->why.text : "there is no account");
	return revoke_by(CSR_SIGN_REVOKE, d, job, t) == 1 ? 0 : -1;
}
