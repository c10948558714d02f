/*
 * "check webroot": does the web server of a job's names serve what chng puts?
 */
#ifndef NET_WEBROOT_H
#define NET_WEBROOT_H

#include "net-order.h"

/* RFC 8555 8.3, and where servers redirect that to; the tests build with others. */
#ifndef WEBROOT_PORT
#define WEBROOT_PORT		"80"
#define WEBROOT_TLS_PORT	"443"
#endif

/*
 * Has chng put a probe, and fetches it by each name as the CA will fetch the
 * responses.  Before an order is placed.  0, or -1 with trouble that names the
 * directory.
 */
int	webroot_check(uint32_t job, const struct net_job *, struct trouble *);

#endif
