/*
 * Has the CA revoked a certificate?  Asked where the certificate itself says:
 * at a revocation list (RFC 5280 5), else at an OCSP responder (RFC 6960).
 * Both answers are signed, so it does not matter who carries them.
 */
#ifndef STATUS_H
#define STATUS_H

#include "x509.h"

#define STATUS_BYTES_MAX	(16 * 1024 * 1024)

/* An http URL to GET; the caller frees.  NULL: see why. */
char	*status_url(const struct chain *, struct why *);

/* What came from there.  1: revoked, 0: not, -1: it does not tell, see why. */
int	 status_judge(const struct chain *, const uint8_t *answer, size_t len, time_t now,
	    struct why *);

#endif
