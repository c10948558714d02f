/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * A validator for each grammar.  An error in one lets text from the network
 * become a file name, a header or part of a signed request.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "valid.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

int
valid_base64url(const char *s, size_t min, size_t max)
{
	size_t len = strlen(s);

	return len >= min && len <= max && strspn(s, ALNUM "-_") == len;
}

int
valid_token(const char *s)
{
	return valid_base64url(s, 22, 200);
}

int
valid_nonce(const char *s)
{
	return valid_base64url(s, 1, 1024);
}

/*
 * Is this a label: lower-case letters, digits, and hyphens except at the ends
 * (RFC 1123 2.1); and underscores, which some zones use?
 */
static int
valid_label(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || len > 63 || s[0] == '-' || s[len - 1] == '-')
		return 0;
	for (i = 0; i < len; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= '0' && s[i] <= '9') && s[i] != '-' && s[i] != '_')
			return 0;
	return 1;
}

/* The most characters of a name as text (RFC 1035 2.3.4). */
#define DNS_NAME_MAX 253

/* Counts the labels, which dots separate; 0: the name is not valid. */
static int
count_labels(const char *s)
{
	size_t len;
	int n = 0;

	if (strlen(s) > DNS_NAME_MAX)
		return 0;
	for (;; s += len + 1) {
		len = strcspn(s, ".");
		if (!valid_label(s, len))
			return 0;
		n++;
		if (s[len] == '\0')
			return n;
	}
}

int
valid_dns_name(const char *s)
{
	const char *dot = strrchr(s, '.'), *last = dot == NULL ? s : dot + 1;

	/* A name whose last label is digits is an address (RFC 3696 2). */
	return strspn(last, "0123456789") < strlen(last) && count_labels(s) > 0;
}

/*
 * Is this an account's label: "_" and 10 bytes in lower-case base32 (RFC 4648
 * 6)?
 */
int
valid_account_label(const char *s)
{
	return s[0] == '_' && strlen(s) == 17 &&
	    strspn(s + 1, "abcdefghijklmnopqrstuvwxyz234567") == 16;
}

int
valid_wildcard(const char *s)
{
	return strncmp(s, "*.", 2) == 0 && strlen(s) <= DNS_NAME_MAX &&
	    valid_dns_name(s + 2);
}

size_t
address_bytes(const char *s, unsigned char out[16])
{
	if (inet_pton(AF_INET, s, out) == 1)
		return 4;
	return inet_pton(AF_INET6, s, out) == 1 ? 16 : 0;
}

/*
 * Is it a group of machines (RFC 5771, RFC 919 7, RFC 4291 2.5.5.2 and 2.7)?
 * The broadcast address of a subnet cannot be told from a host's.
 */
int
address_is_group(const unsigned char *addr, size_t len)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char all[4] = { 0xff, 0xff, 0xff, 0xff };

	if (len == 16 && memcmp(addr, mapped, sizeof(mapped)) == 0)
		return address_is_group(addr + sizeof(mapped), 4);
	if (len == 16)
		return addr[0] == 0xff;
	return len == 4 &&
	    ((addr[0] & 0xf0) == 0xe0 || memcmp(addr, all, sizeof(all)) == 0);
}

/* Returns the length of a UTF-8 character beyond ASCII (RFC 3629 4), or 0. */
static size_t
utf8_bytes(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2, i;

	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Refuse overlong forms, surrogates, and characters beyond U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

int
valid_anchor_names(const char *s)
{
	size_t len = strlen(s);

	return len < ANCHOR_NAMES_MAX && strspn(s, "0123456789abcdef ") == len;
}

int
valid_handle(const char *s)
{
	/*
	 * length counts the bytes of a file name, in which other bytes than
	 * these are %xx.
	 */
	size_t n, length = 0;

	if (*s == '\0')
		return 0;
	for (; *s != '\0'; s += n) {
		n = (unsigned char)*s < 0x80 ? 1 : utf8_bytes(s);
		if (n == 0 || (unsigned char)*s < 0x20 || *s == 0x7f)
			return 0;
		length += strchr(ALNUM "._-", *s) != NULL ? 1 : 3 * n;
	}
	return length <= 200;
}

/*
 * Parses the host of a URL: a name, an IPv4 address, or an IPv6 address in [].
 */
static int
parse_host(struct url *u, const char *s, size_t len)
{
	unsigned char addr[16];
	size_t i;
	int v6 = len > 2 && s[0] == '[' && s[len - 1] == ']';

	if (v6) {
		s++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(u->host))
		return 0;
	for (i = 0; i < len; i++)
		u->host[i] = (char)tolower((unsigned char)s[i]);
	u->host[len] = '\0';
	if (v6)
		return address_bytes(u->host, addr) == 16;
	/* inet_pton() refuses short forms of IPv4 addresses, as "127.1". */
	return valid_dns_name(u->host) || address_bytes(u->host, addr) == 4;
}

static int
parse_port(struct url *u, const char *s, size_t len)
{
	size_t i;
	long port;

	if (len == 0 || len > 5 || s[0] == '0')
		return 0;
	for (i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return 0;
	memcpy(u->port, s, len);
	u->port[len] = '\0';
	port = strtol(u->port, NULL, 10);
	return port >= 1 && port <= 65535;
}

static int
parse(struct url *u, const char *text, const char *scheme,
    const char *default_port)
{
	const char *authority, *path, *port;
	size_t i, len;

	memset(u, 0, sizeof(*u));
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] < 0x21 || text[i] > 0x7e ||
		    strchr("#\\\"<>^`{|}", text[i]) != NULL)
			return 0;
	if (strncasecmp(text, scheme, strlen(scheme)) != 0)
		return 0;
	authority = text + strlen(scheme);
	len = strcspn(authority, "/?");
	path = authority + len;
	if (memchr(authority, '@', len) != NULL ||
	    strlen(path) + 1 >= sizeof(u->path))
		return 0;
	/* Colons inside [] do not introduce a port. */
	port = authority[0] == '[' ? memchr(authority, ']', len) : authority;
	if (port != NULL)
		port = memchr(port, ':', len - (size_t)(port - authority));
	if (port == NULL)
		strlcpy(u->port, default_port, sizeof(u->port));
	else if (!parse_port(u, port + 1, len - (size_t)(port + 1 - authority)))
		return 0;
	if (*path != '/')
		u->path[0] = '/';
	strlcat(u->path, path, sizeof(u->path));
	return parse_host(
	    u, authority, port == NULL ? len : (size_t)(port - authority));
}

int
url_parse(struct url *u, const char *text)
{
	return parse(u, text, "https://", "443");
}

int
url_parse_plain(struct url *u, const char *text)
{
	int ok = parse(u, text, "http://", "80");

	u->plain = 1;
	return ok;
}

int
url_same_origin(const struct url *a, const struct url *b)
{
	return a->plain == b->plain && strcmp(a->host, b->host) == 0 &&
	    strcmp(a->port, b->port) == 0;
}
