/* SPDX-License-Identifier: ISC */
/*
 * Revocation (RFC 8555 7.6), by net.  Which certificate, for what reason: key
 * and csr know from certproc and from the command line, not from here.
 */
#include <string.h>

#include "net-revoke.h"

/* Would the certificate's other possible signer be refused just so? */
static int
is_final(const struct trouble *t)
{
	return t->lost || t->status / 100 == 5 || t->status == 429 ||
	    strcmp(t->problem.type, "badRevocationReason") == 0;
}

/* 1: done, 0: not by this key, -1: not at all. */
static int
revoke_by(enum msgtype sign, const struct directory *d, uint32_t job, const char *handle,
    struct trouble *t)
{
	struct http_answer a;

	if (request_post(sign, job, d->revoke_cert, JSON, &a, t) == 0) {
		http_answer_free(&a);
		return 1;
	}
	if (strcmp(t->problem.type, "alreadyRevoked") == 0) {
		say(1, "%s: the CA had already revoked it", handle);
		return 1;
	}
	return is_final(t) ? -1 : 0;
}

/* Signed by one key and, if the CA refuses that one, by the other. */
static int
revoke_by_own_key_first(const struct directory *d, uint32_t job, const char *handle, int account,
    struct trouble *t)
{
	int rc = revoke_by(CSR_SIGN_REVOKE, d, job, handle, t);

	if (rc == 0 && account) {
		say(0, "%s: the certificate's own key cannot revoke it (%s); trying the account's, "
		    "by which the CA may neither block the compromised key nor revoke other "
		    "certificates with it", handle, t->why.text);
		rc = revoke_by(KEY_SIGN_REVOKE, d, job, handle, t);
	}
	return rc == 1 ? 0 : -1;
}

static int
revoke_by_account_first(const struct directory *d, uint32_t job, const char *handle, int account,
    struct trouble *t)
{
	int rc = account ? revoke_by(KEY_SIGN_REVOKE, d, job, handle, t) : 0;

	if (rc == 0) {
		say(0, "%s: the account's key cannot revoke it (%s); trying the certificate's own, "
		    "which the CA may block for good by that, and revoke other certificates with "
		    "it", handle, account ? t->why.text : "there is no account");
		rc = revoke_by(CSR_SIGN_REVOKE, d, job, handle, t);
	}
	return rc == 1 ? 0 : -1;
}

/*
 * Let's Encrypt's server blocks a key by which a certificate was revoked,
 * whatever the reason, and revokes every other certificate with that key.  A
 * revocation by the account does neither, even for keyCompromise.  So the
 * certificate's own key signs first if it is compromised, and last otherwise.
 */
int
revoke(const struct directory *d, uint32_t job, const char *handle, int account,
    int key_compromised, struct trouble *t)
{
	if (d->revoke_cert == NULL)
		return trouble(t, FAILURE_LOCAL, "the CA offers no revocation (revokeCert)");
	if (request_origin("revokeCert", d->revoke_cert, t) == -1)
		return -1;
	return key_compromised ? revoke_by_own_key_first(d, job, handle, account, t) :
	    revoke_by_account_first(d, job, handle, account, t);
}
