/*
 * Addresses by who can be reached there.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <sys/socket.h>

/* May a certificate name a host on loopback?  The tests build with 1. */
#ifndef STATUS_LOOPBACK
#define STATUS_LOOPBACK 0
#endif

enum reach {
	/* this machine or its link; no single host; of no known kind */
	REACH_LOCAL,
	/* a site's own network (RFC 1918, RFC 4193, RFC 6598) */
	REACH_PRIVATE,
	REACH_PUBLIC
};

/* An IPv6 address that stands for an IPv4 address counts as that one. */
enum reach address_reach(const struct sockaddr *);
/* Gives it this port (decimal), whatever it had. */
void address_set_port(struct sockaddr_storage *, const char *port);
/* Its text; "" if it has none. */
const char *address_text(const struct sockaddr *, char *, socklen_t);

#endif
