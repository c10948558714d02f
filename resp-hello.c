/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads a ClientHello's server name and protocols.  Only what a CA sends to
 * validate tls-alpn-01 goes on to libtls; the bytes of all other clients reach
 * no code but this file.  If a bound is wrong here, an attacker reads or writes
 * beyond a buffer in a process that holds challenge certificates.
 */
#include <ctype.h>
#include <string.h>

#include "resp.h"

#define RECORD_HANDSHAKE 22
#define RECORD_HEAD 5
#define RECORD_MAX 16384 /* RFC 8446 5.1: the most bytes of a record. */
#define HELLO_HEAD 4
/* A ClientHello with post-quantum keys has some 2 KiB. */
#define HELLO_MAX 8192
#define CLIENT_HELLO 1
/* RFC 6066 3: the number of the extension server_name. */
#define EXTENSION_SERVER_NAME 0
/* RFC 7301 3.1: the number of the extension for application protocols. */
#define EXTENSION_ALPN 16

/* The bytes that are left to read. */
struct bytes {
	const uint8_t *p;
	size_t len;
};

/* Takes the next n bytes as part; 0: fewer than n are left. */
static int
take(struct bytes *from, size_t n, struct bytes *part)
{
	if (n > from->len)
		return 0;
	part->p = from->p;
	part->len = n;
	from->p += n;
	from->len -= n;
	return 1;
}

/* Reads a number of size bytes, most significant byte first. */
static int
take_number(struct bytes *from, size_t size, size_t *n)
{
	struct bytes digits;

	if (!take(from, size, &digits))
		return 0;
	for (*n = 0; digits.len > 0; digits.len--)
		*n = *n << 8 | *digits.p++;
	return 1;
}

/* Reads a vector (RFC 8446 3.4) whose length field takes size bytes. */
static int
take_vector(struct bytes *from, size_t size, struct bytes *vector)
{
	size_t n;

	return take_number(from, size, &n) && take(from, n, vector);
}

/*
 * Joins the handshake bytes of the records in out, until the message is whole:
 * joined has fewer bytes than needed while some are still to come.  0: these
 * are not records of a ClientHello.
 */
static int
join_records(struct bytes from, uint8_t out[HELLO_HEAD + HELLO_MAX],
    struct bytes *joined, size_t *needed)
{
	struct bytes head;
	size_t n;

	joined->p = out;
	joined->len = 0;
	*needed = HELLO_HEAD;
	while (joined->len < *needed && take(&from, RECORD_HEAD, &head)) {
		n = (size_t)head.p[3] << 8 | head.p[4];
		if (head.p[0] != RECORD_HANDSHAKE || head.p[1] != 3 || n == 0 ||
		    n > RECORD_MAX)
			return 0;
		if (n > HELLO_HEAD + HELLO_MAX - joined->len)
			return 0;
		if (n > from.len)
			n = from.len;
		memcpy(out + joined->len, from.p, n);
		joined->len += n;
		from.p += n;
		from.len -= n;
		if (joined->len >= HELLO_HEAD)
			*needed = HELLO_HEAD +
			    ((size_t)out[1] << 16 | (size_t)out[2] << 8 |
				out[3]);
		if (*needed > HELLO_HEAD + HELLO_MAX)
			return 0;
	}
	return joined->len == 0 || out[0] == CLIENT_HELLO;
}

/* Reads the extension's one host name; 0: it has anything else. */
static int
read_server_name(struct bytes body, char name[SERVER_NAME_SIZE])
{
	struct bytes list, host;
	size_t type, i;

	if (!take_vector(&body, 2, &list) || body.len != 0 ||
	    !take_number(&list, 1, &type) || type != 0 ||
	    !take_vector(&list, 2, &host) || list.len != 0 || host.len == 0 ||
	    host.len >= SERVER_NAME_SIZE)
		return 0;
	for (i = 0; i < host.len; i++) {
		if (host.p[i] <= ' ' || host.p[i] > '~')
			return 0;
		name[i] = (char)tolower(host.p[i]);
	}
	name[i] = '\0';
	return 1;
}

/* Does the list have this one protocol alone (RFC 8737 3)? */
static int
read_alpn(struct bytes body)
{
	struct bytes list, protocol;

	return take_vector(&body, 2, &list) && body.len == 0 &&
	    take_vector(&list, 1, &protocol) && list.len == 0 &&
	    protocol.len == strlen(ACME_ALPN) &&
	    memcmp(protocol.p, ACME_ALPN, protocol.len) == 0;
}

/*
 * Reads the extensions, of which server_name and ALPN must both be there, each
 * once.
 */
static int
read_extensions(struct bytes all, char name[SERVER_NAME_SIZE])
{
	struct bytes body;
	int named = 0, alpn = 0;
	size_t type;

	while (all.len > 0) {
		if (!take_number(&all, 2, &type) ||
		    !take_vector(&all, 2, &body))
			return 0;
		if (type == EXTENSION_SERVER_NAME &&
		    (named++ || !read_server_name(body, name)))
			return 0;
		if (type == EXTENSION_ALPN && (alpn++ || !read_alpn(body)))
			return 0;
	}
	return named && alpn;
}

enum hello_result
hello_read(const uint8_t *buf, size_t len, char name[SERVER_NAME_SIZE])
{
	uint8_t message[HELLO_HEAD + HELLO_MAX];
	struct bytes from = { buf, len }, m, part, extensions;
	size_t needed;

	if (!join_records(from, message, &m, &needed))
		return HELLO_BAD;
	if (m.len < needed)
		return HELLO_MORE;
	/*
	 * Nothing may follow the message in its records: the client waits for a
	 * reply.
	 */
	if (m.len != needed || !take(&m, HELLO_HEAD, &part))
		return HELLO_BAD;
	if (!take(&m, 2 + 32, &part) ||   /* The version and random bytes. */
	    !take_vector(&m, 1, &part) || /* The session ID. */
	    !take_vector(&m, 2, &part) || /* The cipher suites. */
	    !take_vector(&m, 1, &part) || /* The compression methods. */
	    !take_vector(&m, 2, &extensions) || m.len != 0)
		return HELLO_BAD;
	return read_extensions(extensions, name) ? HELLO_NAMED : HELLO_BAD;
}
