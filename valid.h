/*
 * One validator for each grammar that text from outside must match.
 * All return 1 if it does, 0 if not, and print nothing.
 */
#ifndef VALID_H
#define VALID_H

#include <stddef.h>

/* RFC 4648 5, no '=' */
int valid_base64url(const char *, size_t min, size_t max);
/* RFC 8555 8.3, 11.3: base64url, 22 to 200 characters */
int valid_token(const char *);
/* RFC 8555 6.5.1: base64url, 1 to 1024 characters */
int valid_nonce(const char *);
/* RFC 1123 host name in lower case, '_' allowed; not an address */
int valid_dns_name(const char *);
/* RFC 8555 7.1.3: "*." and such a name */
int valid_wildcard(const char *);
/* of an IPv4 (4) or IPv6 (16) address; else 0 */
size_t address_bytes(const char *, unsigned char out[16]);
/* One that stands for many hosts: IPv4's or IPv6's multicast, broadcast? */
int address_is_group(const unsigned char *, size_t);
#define ANCHOR_NAMES_MAX 104
/* hexadecimal and blanks, shorter than that */
int valid_anchor_names(const char *);
#define ACCOUNT_LABEL_LEN 17 /* "_" and 16 characters */
/* draft-ietf-acme-dns-account-label: "_" and 16 characters of base32 */
int valid_account_label(const char *);
/*
 * visible UTF-8, in a file name at most 200 bytes: handles and authority names
 */
int valid_handle(const char *);

/* A URL taken apart; parsed by the functions below only. */
struct url {
	int plain;      /* http, not https */
	char host[254]; /* lower case; an IPv6 address without [] */
	/* "443", or "80" if plain, where none is given */
	char port[6];
	char path[2049]; /* with the query; at least "/" */
};

/* RFC 3986, https only; no user@, no fragment, no byte outside 0x21-0x7e. */
int url_parse(struct url *, const char *text);
/* The same for http: for what is signed by itself. */
int url_parse_plain(struct url *, const char *text);
/* Same scheme, host and port (RFC 6454 5). */
int url_same_origin(const struct url *, const struct url *);

#endif
