/*
 * When the CA would have a certificate renewed (RFC 9773), by net.
 */
#ifndef NET_RENEWAL_H
#define NET_RENEWAL_H

#include "net-request.h"

/*
 * Asks about this certificate and tells certproc the answer, or that there is
 * none.
 */
void	renewal_info_ask(const struct directory *, uint32_t job, const char *handle,
	    const char *certid);
/* Tells certproc that the CA could not be asked. */
void	renewal_info_none(uint32_t job);

#endif
