/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Addresses: are they of this machine, of a private network, or public?
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
	/* This machine, its link, a multicast group, or of no known kind. */
	REACH_LOCAL,
	/* A private network (RFC 1918, RFC 4193, RFC 6598). */
	REACH_PRIVATE,
	REACH_PUBLIC
};

/* An IPv6 address with an IPv4 address in it counts as that one. */
enum reach address_reach(const struct sockaddr *);
/* Sets the port (decimal). */
void address_set_port(struct sockaddr_storage *, const char *port);
/* Its text, in this buffer; "" if it is neither IPv4 nor IPv6. */
const char *address_text(const struct sockaddr *, char *, socklen_t);

#endif
