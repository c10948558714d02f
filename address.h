/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Tells which addresses are of this machine, of a private network, or public.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <sys/socket.h>

/* 1: revocation may be asked about on loopback.  The tests build with 1. */
#ifndef STATUS_LOOPBACK
#define STATUS_LOOPBACK 0
#endif

/* An address with its port. */
struct address {
	struct sockaddr_storage ss;
	socklen_t len;
};

enum reach {
	/*
	 * It is of this machine, its link, a multicast group, or no known kind.
	 */
	REACH_LOCAL,
	/* It is of a private network (RFC 1918, RFC 4193, RFC 6598). */
	REACH_PRIVATE,
	REACH_PUBLIC
};

/*
 * Says where an address can be reached.  An IPv6 address that contains an IPv4
 * address counts as that one.
 */
enum reach address_reach(const struct sockaddr *);
/* Sets the port, a decimal number as text. */
void address_set_port(struct sockaddr_storage *, const char *port);
/* Writes the address as text; "" if it is neither IPv4 nor IPv6. */
const char *address_text(const struct sockaddr *, char *, socklen_t);

#endif
