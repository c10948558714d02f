/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * A validator for each grammar that text from outside must match.  Each returns
 * 1 if the text matches, else 0, and prints nothing.
 */
#ifndef VALID_H
#define VALID_H

#include <stddef.h>

/* Is it base64url (RFC 4648 5) without padding, of min to max characters? */
int valid_base64url(const char *, size_t min, size_t max);
/* Is it a token (RFC 8555 8.3, 11.3): base64url of 22 to 200 characters? */
int valid_token(const char *);
/* Is it a nonce (RFC 8555 6.5.1): base64url of 1 to 1024 characters? */
int valid_nonce(const char *);
/*
 * Is it a host name (RFC 1123) in lower case, which may have '_', and no
 * address?
 */
int valid_dns_name(const char *);
/* Is it "*." and a valid_dns_name() (RFC 8555 7.1.3)? */
int valid_wildcard(const char *);
/* Parses an address: 4 bytes of IPv4 or 16 of IPv6; 0: it is not valid. */
size_t address_bytes(const char *, unsigned char out[16]);
/* Is this a multicast address, or IPv4's broadcast address? */
int address_is_group(const unsigned char *, size_t);
#define ANCHOR_NAMES_MAX 104
/*
 * Is it names of trust anchors: hexadecimal and blanks, shorter than
 * ANCHOR_NAMES_MAX?
 */
int valid_anchor_names(const char *);
#define ACCOUNT_LABEL_LEN 17 /* The length of "_" and 16 characters. */
/* Is it "_" and 16 characters of base32 (draft-ietf-acme-dns-account-label)? */
int valid_account_label(const char *);
/*
 * Is it a handle or authority name: UTF-8 without control characters, at most
 * 200 bytes when encoded as a file name?
 */
int valid_handle(const char *);

/* The parts of a URL; only the functions below fill it in. */
struct url {
	int plain; /* The scheme is http, not https. */
	/* The host in lower case; an IPv6 address is without []. */
	char host[254];
	/* The port; without one in the URL, "443", or "80" if plain. */
	char port[6];
	char path[2049]; /* The path and the query; at least "/". */
};

/*
 * Parses an https URL (RFC 3986): no user@, no fragment, no byte outside
 * 0x21-0x7e.
 */
int url_parse(struct url *, const char *text);
/* As url_parse(), for http: a proxy, a CRL, an OCSP responder. */
int url_parse_plain(struct url *, const char *text);
/* Have both URLs the same scheme, host and port (RFC 6454 5)? */
int url_same_origin(const struct url *, const struct url *);

#endif
