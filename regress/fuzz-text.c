/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as each small grammar, which the first byte chooses: what is
 * written is read as the same, what is accepted is harmless where it is used,
 * what is cut stays within its bounds.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "base64url.h"
#include "clock.h"
#include "disk.h"
#include "fuzz.h"
#include "http.h"
#include "log.h"
#include "persist.h"
#include "valid.h"
#include "zone.h"

#define NOW 1795450000

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
is_visible(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			return 0;
	return 1;
}

/* Bytes, and text: what is decoded has one text only. */
static void
fuzz_base64url(const char *text, size_t len)
{
	char *encoded = b64url_encode(text, len);
	uint8_t *decoded;
	size_t n;

	must(strlen(encoded) == (len * 4 + 2) / 3);
	must(valid_base64url(encoded, 0, SIZE_MAX));
	must((decoded = b64url_decode(encoded, &n)) != NULL);
	must(n == len && memcmp(decoded, text, n) == 0);
	free(decoded);
	free(encoded);
	if ((decoded = b64url_decode(text, &n)) != NULL) {
		must(valid_base64url(text, 0, SIZE_MAX));
		encoded = b64url_encode(decoded, n);
		must(strcmp(encoded, text) == 0);
		free(encoded);
	}
	free(decoded);
}

/* The log's escaper, into a buffer whose size the first byte says. */
static void
fuzz_log(const char *text, size_t len)
{
	size_t size = len == 0 ? 64 : 64 + (uint8_t)text[0], i, n;
	struct error e;
	char *out = malloc(size);

	must(out != NULL);
	must(say_safe(out, size, text, len) == out);
	n = strlen(out);
	must(n < size && is_visible(out));
	/* Text that is visible already, and fits, stays as it is. */
	for (i = 0; i < len && text[i] >= 0x20 && text[i] < 0x7f; i++)
		;
	must(i < len || len + 8 > size ||
	    (n == len && memcmp(out, text, n) == 0));
	say_add(out, size, "%s", text);
	must(strlen(out) >= n && strlen(out) < size);
	must(strlen(say_shorten(out, size, text)) < size);
	must(strlen(text) >= size || strcmp(out, text) == 0);
	must(
	    error_set(&e, "%s", text) == -1 && strlen(e.text) < sizeof(e.text));
	free(out);
}

static void
fuzz_date(const char *text)
{
	static const char *const forms[] = { "Retry-After:%s\n",
		"Date:%s\nRetry-After:Fri, 31 Dec 2027 23:59:59 GMT\n" };
	struct http_response a = { .status = 429 };
	size_t i;
	long seconds;

	for (i = 0; i < 2; i++) {
		if (asprintf(&a.head, forms[i], text) == -1)
			abort();
		seconds = http_retry_after(&a, NOW);
		must(seconds >= -1 && seconds <= 366 * 86400L);
		free(a.head);
	}
}

/* The text of any time is one line; two times have two texts. */
static void
fuzz_clock(const uint8_t *bytes, size_t len)
{
	int64_t t = 0;
	const char *one, *two;

	memcpy(&t, bytes, len < sizeof(t) ? len : sizeof(t));
	one = clock_text((time_t)t);
	two = clock_text((time_t)(t ^ 1));
	must(one != two && strcmp(one, two) != 0);
	must(is_visible(one) && strlen(one) < 32 && *one != '\0');
	must(clock_left_ms(t) >= 0);
	must(is_visible(clock_since(t < 0 ? 0 : t)));
	clock_sleep_ms(t < 2 ? t : 0);
}

static void
must_be_good(const struct url *url)
{
	unsigned char addr[16];

	must(url->path[0] == '/' && is_visible(url->path) &&
	    strpbrk(url->path, " #\"<>") == NULL);
	must(valid_dns_name(url->host) || address_bytes(url->host, addr) > 0);
	must(strspn(url->port, "0123456789") == strlen(url->port) &&
	    atoi(url->port) >= 1 && atoi(url->port) <= 65535);
}

/* What this field means in a response from base; NULL: nothing. */
static char *
location(const char *base, const char *text)
{
	struct http_response a = { .head = NULL };
	char *url;

	if (asprintf(&a.head, "Location: %s\n", text) == -1)
		abort();
	url = http_location(&a, base);
	free(a.head);
	return url;
}

/* A URL; and a reference, resolved against a URL. */
static void
fuzz_url(const char *text)
{
	static const char *const bases[] = {
		"https://ca.example:14000/a/b?x=/y", "https://[2001:db8::1]",
		"http://ca.example/", "ftp://x/"
	};
	struct url url, again;
	char *resolved, *twice, *made;
	int ok = url_parse(&url, text), plain;
	size_t i;

	for (plain = 0; plain < 2; plain++) {
		ok = plain ? url_parse_plain(&url, text) :
			     url_parse(&url, text);
		if (!ok)
			continue;
		must_be_good(&url);
		if (asprintf(&made,
			strchr(url.host, ':') ? "%s[%s]:%s%s" : "%s%s:%s%s",
			plain ? "http://" : "https://", url.host, url.port,
			url.path) == -1)
			abort();
		must(plain ? url_parse_plain(&again, made) :
			     url_parse(&again, made));
		must(url_same_origin(&url, &again) &&
		    strcmp(url.path, again.path) == 0);
		must(url_parse(&again, "https://other.example/") &&
		    url_same_origin(&again, &again));
		must(url_same_origin(&again, &url) ==
		    (!plain && strcmp(url.host, "other.example") == 0 &&
			strcmp(url.port, "443") == 0));
		free(made);
	}
	for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		if ((resolved = location(bases[i], text)) == NULL)
			continue;
		twice = location(bases[i], resolved);
		/* What is resolved is whole, unless the base was not. */
		must(i == 3 || (twice != NULL && strcmp(resolved, twice) == 0));
		free(resolved);
		free(twice);
	}
}

/* What a validator lets through is harmless as a part of a path. */
static void
fuzz_names(const char *text)
{
	unsigned char addr[16];
	char *path;
	const char *p;

	must(!valid_token(text) || strlen(text) >= 22);
	must(!valid_nonce(text) || strpbrk(text, "\r\n\"\\ ") == NULL);
	if (valid_dns_name(text)) {
		must(address_bytes(text, addr) == 0);
		for (p = text; *p != '\0'; p++)
			must(*p == tolower((unsigned char)*p) && *p != '/' &&
			    *p != '%');
		must(strstr(text, "..") == NULL && text[0] != '.');
	}
	must(!valid_wildcard(text) || valid_dns_name(text + 2));
	must(!valid_account_label(text) || valid_dns_name(text));
	must(!valid_anchor_names(text) || is_visible(text));
	if (!valid_handle(text))
		return;
	path = state_path("/x", "domain", text, "state");
	must(strncmp(path, "/x/domain-", 10) == 0 && is_visible(path));
	must(strchr(path + 3, '/') == NULL && strlen(path + 3) < 250);
	free(path);
}

/*
 * The text of any persist record: what fits is for our account, and what is
 * added to it changes that only as it says.
 */
static void
fuzz_fit(char *text, size_t len)
{
	static char *issuers[] = { "ca.example", "b.example" };
	struct persist s = { .issuers = { .v = issuers, .n = 2 },
		.account = "https://ca.example/1",
		.now = 2000000000 };
	enum persist_fit plain, wildcard;

	plain = persist_fit(&s, text, len);
	s.wildcard = 1;
	wildcard = persist_fit(&s, text, len);
	must(wildcard == plain ||
	    (plain == PERSIST_GOOD && wildcard == PERSIST_POLICY));
	if (plain >= PERSIST_EXPIRED)
		must(memmem(text, len, s.account, strlen(s.account)) != NULL);
	/* Nothing where a parameter must be. */
	text[len] = ';';
	must(persist_fit(&s, text, len + 1) == PERSIST_OTHER);
}

/* A record, as it is proposed, fits; whatever the texts are. */
static void
fuzz_persist(const char *text, size_t len)
{
	char *account = strdup(text), *line, *p, *q, *issuer;
	static char name[] = "ca.example";
	struct persist s = { .now = NOW };
	uint64_t until = len % 3 == 0 ? 0 : NOW + 1;
	size_t n = 0;

	must(account != NULL);
	s.issuers.v = &issuer;
	s.issuers.n = 1;
	issuer = name;
	for (p = account; *p != '\0'; p++)
		if (*p < 0x21 || *p > 0x7e || *p == ';' || *p == '"')
			*p = 'x';
	s.account = account;
	s.wildcard = len & 1;
	line = persist_record("a.example", name, account, s.wildcard, until);
	/* Joins the strings, as a name server does. */
	must((p = strchr(line, '"')) != NULL);
	for (q = p; *q != '\0'; n++) {
		must(*q++ == '"');
		while (*q != '"') {
			must(*q != '\0');
			*p++ = *q++;
		}
		q++;
		if (*q == ' ')
			q++;
	}
	q = strchr(line, 'T') + 4;
	must(persist_fit(&s, q, (size_t)(p - q)) == PERSIST_GOOD);
	must(n == (size_t)(p - q) / 255 + ((p - q) % 255 != 0));
	free(line);
	free(account);
}

static void
fuzz_resolvers(char *text, size_t len)
{
	struct address out[RESOLVERS_MAX], again;
	struct sockaddr_in6 *six;
	char address[64];
	size_t n, i;
	FILE *f = fmemopen(text, len + 1, "r");

	must(f != NULL);
	n = resolvers_read(f, out);
	must(n >= 1 && n <= RESOLVERS_MAX);
	for (i = 0; i < n; i++) {
		address_set_port(&out[i].ss, "853");
		must(*address_text((const struct sockaddr *)&out[i].ss, address,
			 sizeof(address)) != '\0');
		must(server_of(&again, address, "853") == 0);
		/* The text is without the interface: fe80::1, not fe80::1%2. */
		six = (struct sockaddr_in6 *)(void *)&out[i].ss;
		if (six->sin6_family == AF_INET6)
			six->sin6_scope_id = 0;
		must(memcmp(&again.ss, &out[i].ss, again.len) == 0);
	}
	fclose(f);
}

/* An address is as far away as the one that is inside of it. */
static void
fuzz_address(const uint8_t *bytes, size_t len)
{
	struct sockaddr_in six_four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	uint8_t in[16] = { 0 };

	memcpy(in, bytes, len < 16 ? len : 16);
	memcpy(&six.sin6_addr, in, 16);
	address_reach((const struct sockaddr *)(const void *)&six);
	must(address_is_group(in, 16) == 0 ||
	    address_reach((const struct sockaddr *)(const void *)&six) ==
		REACH_LOCAL);
	memset(in, 0, 10);
	in[10] = in[11] = 0xff;
	memcpy(&six.sin6_addr, in, 16);
	memcpy(&six_four.sin_addr, in + 12, 4);
	must(address_reach((const struct sockaddr *)(const void *)&six) ==
	    address_reach((const struct sockaddr *)(const void *)&six_four));
	must(address_is_group(in, 16) == address_is_group(in + 12, 4));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;
	size_t len = size - 1;

	if (size == 0)
		return 0;
	/* Of just this size, so that the sanitizer sees what is read beyond. */
	must((text = malloc(size)) != NULL);
	memcpy(text, data + 1, len);
	text[len] = '\0';
	switch (*data) {
	case 'b':
		fuzz_base64url(text, len);
		break;
	case 'l':
		fuzz_log(text, len);
		break;
	case 'd':
		fuzz_date(text);
		break;
	case 'c':
		fuzz_clock((const uint8_t *)text, len);
		break;
	case 'u':
		fuzz_url(text);
		break;
	case 'n':
		fuzz_names(text);
		break;
	case 'p':
		fuzz_persist(text, len);
		break;
	case 'f':
		fuzz_fit(text, len);
		break;
	case 'r':
		fuzz_resolvers(text, len);
		break;
	case 'a':
		fuzz_address((const uint8_t *)text, len);
		break;
	}
	free(text);
	return 0;
}
