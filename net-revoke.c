/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Revokes a certificate (RFC 8555 7.6), by net.  Which certificate is revoked,
 * and for what reason, key and csr know from certproc and from the command
 * line, not from net.
 */
#include <string.h>

#include "net.h"

/*
 * Would the CA refuse the other key that may sign, too, or accept this one the
 * next time?  Then the other key must not be tried: revoking by the wrong key
 * has a good key blocked.
 */
static int
is_final(const struct net_error *t)
{
	static const char *const types[] = { "badRevocationReason",
		"userActionRequired", "agreementRequired" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(t->problem.type, types[i]) == 0)
			return 1;
	/* A local failure concerns only the key that was to sign. */
	return request_limited(t) ||
	    (t->class != FAILURE_LOCAL && t->status / 100 != 4);
}

/*
 * Revokes by one key.  1: revoked; 0: this key is refused; -1: so is the other.
 */
static int
revoke_by(enum msgtype sign, struct session *s, struct net_error *t)
{
	struct http_response a;
	int rc;

	do
		rc = request_post(
		    s, sign, s->directory.revoke_cert, JSON, &a, t);
	while (rc == -1 && sign == KEY_SIGN_REVOKE && account_rolls(t));
	if (rc == 0) {
		http_response_free(&a);
		return 1;
	}
	if (strcmp(t->problem.type, "alreadyRevoked") == 0) {
		say(1, "%s: the CA had already revoked it", s->conf->handle);
		return 1;
	}
	return is_final(t) ? -1 : 0;
}

/*
 * Revokes by the certificate's key and, if the CA refuses that, by the
 * account's.
 */
static int
revoke_by_own_key_first(struct session *s, int account, struct net_error *t)
{
	int rc = revoke_by(CSR_SIGN_REVOKE, s, t);

	if (rc == 0 && account) {
		say(0,
		    "%s: the certificate's own key cannot revoke it (%s); "
		    "trying the account's, by which the CA may neither block "
		    "the compromised key nor revoke other certificates with it",
		    s->conf->handle, t->error.text);
		rc = revoke_by(KEY_SIGN_REVOKE, s, t);
	}
	return rc == 1 ? 0 : -1;
}

static int
revoke_by_account_first(struct session *s, int account, struct net_error *t)
{
	int rc = account ? revoke_by(KEY_SIGN_REVOKE, s, t) : 0;

	if (rc == 0) {
		say(0,
		    "%s: the account's key cannot revoke it (%s); trying the "
		    "certificate's own, which the CA may block for good by "
		    "that, and revoke other certificates with it",
		    s->conf->handle,
		    account ? t->error.text : "there is no account");
		rc = revoke_by(CSR_SIGN_REVOKE, s, t);
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
revoke_certificate(struct session *s, const struct net_error *no_account,
    int key_compromised, struct net_error *t)
{
	int account = no_account == NULL;

	if (s->directory.revoke_cert == NULL)
		return net_error_set(t, FAILURE_LOCAL,
		    "the CA offers no revocation (revokeCert)");
	if (request_origin(s, "revokeCert", s->directory.revoke_cert, t) == -1)
		return -1;
	/* There may be an account that could not be found in this run. */
	if (no_account != NULL && !key_compromised && is_final(no_account)) {
		*t = *no_account;
		return -1;
	}
	return key_compromised ? revoke_by_own_key_first(s, account, t) :
				 revoke_by_account_first(s, account, t);
}
