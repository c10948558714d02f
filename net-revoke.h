/*
 * Revocation, by net.
 */
#ifndef NET_REVOKE_H
#define NET_REVOKE_H

#include "net-request.h"

/*
 * Has the certificate of a job revoked, by the account's key, or where the
 * CA does not let that do it, by the certificate's own.  account: there is one.
 * 0: it is revoked now; -1 with trouble.
 */
int	revoke(const struct directory *, uint32_t job, const char *handle, int account,
	    struct trouble *);

#endif
