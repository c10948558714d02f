/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Tells which addresses are of this machine, of a private network, or public.
 * An error here lets a certificate have netproc send a request to a service
 * that trusts this machine.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"

struct prefix {
	uint8_t bytes[16];
	unsigned bits;
	enum reach reach;
};

/* The first prefix that matches decides. */
static const struct prefix v4[] = {
	{ { 0 }, 8, REACH_LOCAL },
	{ { 127 }, 8, REACH_LOCAL },
	{ { 169, 254 }, 16, REACH_LOCAL },
	/* Multicast, reserved and broadcast addresses. */
	{ { 224 }, 3, REACH_LOCAL },
	{ { 10 }, 8, REACH_PRIVATE },
	{ { 172, 16 }, 12, REACH_PRIVATE },
	{ { 192, 168 }, 16, REACH_PRIVATE },
	{ { 100, 64 }, 10, REACH_PRIVATE },
	{ { 0 }, 0, REACH_PUBLIC },
};

static const struct prefix v6[] = {
	{ { 0 }, 127, REACH_LOCAL }, /* :: and ::1 */
	{ { 0xfe, 0x80 }, 10, REACH_LOCAL },
	{ { 0xff }, 8, REACH_LOCAL },
	{ { 0xfc }, 7, REACH_PRIVATE },
	{ { 0xfe, 0xc0 }, 10, REACH_PRIVATE },
	{ { 0 }, 0, REACH_PUBLIC },
};

/*
 * The prefixes of IPv6 addresses that contain an IPv4 address, which begins at
 * byte 'at'.
 */
static const struct {
	uint8_t bytes[12];
	unsigned bits, at;
} embedded[] = {
	/* IPv4-mapped (RFC 4291 2.5.5.2) */
	{ { [10] = 0xff, [11] = 0xff }, 96, 12 },
	/* IPv4-compatible (RFC 4291 2.5.5.1) */
	{ { 0 }, 96, 12 },
	/* NAT64 (RFC 6052) */
	{ { 0, 0x64, 0xff, 0x9b }, 96, 12 },
	/* 6to4 (RFC 3056) */
	{ { 0x20, 0x02 }, 16, 2 },
};

static int
begins_with(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
	unsigned rest = bits % 8;

	return memcmp(address, prefix, bits / 8) == 0 &&
	    (rest == 0 ||
		(address[bits / 8] ^ prefix[bits / 8]) >> (8 - rest) == 0);
}

static enum reach
find(const struct prefix *p, const uint8_t *address)
{
	while (!begins_with(address, p->bytes, p->bits))
		p++;
	return p->reach;
}

static enum reach
reach6(const uint8_t *address)
{
	size_t i;

	if (find(v6, address) == REACH_LOCAL)
		return REACH_LOCAL;
	for (i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++)
		if (begins_with(address, embedded[i].bytes, embedded[i].bits))
			return find(v4, address + embedded[i].at);
	return find(v6, address);
}

enum reach
address_reach(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return find(v4,
		    (const uint8_t *)&(
			(const struct sockaddr_in *)(const void *)sa)
			->sin_addr);
	if (sa->sa_family == AF_INET6)
		return reach6((const uint8_t *)&(
		    (const struct sockaddr_in6 *)(const void *)sa)
				  ->sin6_addr);
	return REACH_LOCAL;
}

const char *
address_text(const struct sockaddr *sa, char *text, socklen_t size)
{
	const void *in = sa->sa_family == AF_INET6 ?
	    (const void *)&((const struct sockaddr_in6 *)(const void *)sa)
		->sin6_addr :
	    (const void *)&((const struct sockaddr_in *)(const void *)sa)
		->sin_addr;

	if ((sa->sa_family != AF_INET && sa->sa_family != AF_INET6) ||
	    inet_ntop(sa->sa_family, in, text, size) == NULL)
		text[0] = '\0';
	return text;
}

void
address_set_port(struct sockaddr_storage *ss, const char *port)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)ss;
	struct sockaddr_in *four = (struct sockaddr_in *)(void *)ss;
	in_port_t n = htons((uint16_t)strtonum(port, 0, UINT16_MAX, NULL));

	if (ss->ss_family == AF_INET6)
		six->sin6_port = n;
	else if (ss->ss_family == AF_INET)
		four->sin_port = n;
}
