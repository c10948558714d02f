/*
 * Revocation, by net.
 */
#ifndef NET_REVOKE_H
#define NET_REVOKE_H

#include "net-request.h"

/*
 * Has the certificate of a job revoked (RFC 8555 7.6), by the account's key or
 * by the certificate's own: the latter first if key_compromised, else last.
 * no_account: why there is none, or NULL.  0: the CA says that it is revoked;
 * -1 with trouble.
 */
int	revoke(const struct directory *, uint32_t job, const char *handle,
	    const struct trouble *no_account, int key_compromised,
	    struct trouble *);

#endif
