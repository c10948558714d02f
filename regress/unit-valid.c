/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* valid.c, address.c, log.c. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "log.h"
#include "net.h"
#include "test.h"
#include "valid.h"

static const char *const good_tokens[] = {
	"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA",
	"0123456789abcdefghij-_",
};
static const char *const bad_tokens[] = {
	"",
	".",
	"..",
	"../x",
	"/x",
	"short",
	"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-o=",
	"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ+PCt92wr/oA",
	"$(id)aaaaaaaaaaaaaaaaaaaaaaaa",
	"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ PCt92wr-oA",
	("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
	"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ\n",
};
static const char *const good_nonces[] = { "a", "oFvnlFP1wIhRlYS2jTaXbA",
	"-_-" };
static const char *const bad_nonces[] = { "", "a\"b", "a\r\nb", "a b",
	"a=", "a+b" };
static const char *const good_names[] = {
	"example.com",
	"a.b",
	"xn--bcher-kva.example",
	"1.example",
	"localhost",
	"a_b.example",
};
static const char *const bad_names[] = {
	"",
	".",
	"example.com.",
	".example.com",
	"a..b",
	"-a.example",
	"a-.example",
	"Example.com",
	"192.0.2.1",
	"a b.example",
	"*.example.com",
	"example.123",
	("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	 "example"),
	"a/b.example",
};
static const char *const good_handles[] = {
	"example.com",
	"my \"site\" 8/%",
	("b\xc3\xbc"
	 "cher"),
	"\xe2\x82\xac\xf0\x9f\x94\x91",
};
static const char *const bad_handles[] = {
	"",
	"a\nb",
	"a\x7f",
	"b\xfc"
	"cher",
	"\xc3",
	"\xc0\xaf",
	"\xe0\x80\xaf",
	"\xed\xa0\x80",
	"\xf4\x90\x80\x80",
	"\xff",
	"a\xc3"
	"b",
};
static const struct {
	const char *text, *host, *port, *path;
} good_urls[] = {
	{ "https://example.com", "example.com", "443", "/" },
	{ "https://Example.COM/dir", "example.com", "443", "/dir" },
	{ "https://localhost:14000/dir?a=b", "localhost", "14000", "/dir?a=b" },
	{ "https://example.com?x", "example.com", "443", "/?x" },
	{ "https://[::1]:8443/x", "::1", "8443", "/x" },
	{ "https://[2001:DB8::A]/X", "2001:db8::a", "443", "/X" },
	{ "https://[2001:db8::1]", "2001:db8::1", "443", "/" },
	{ "HTTPS://192.0.2.1/a//b/../c", "192.0.2.1", "443", "/a//b/../c" },
};
static const char *const bad_urls[] = {
	"",
	"http://example.com/",
	"https://",
	"https:///x",
	"https://user@example.com/",
	"ftp://x/",
	"https://example.com:0/",
	"https://example.com:0443/",
	"https://example.com:65536/",
	"https://example.com:/",
	"example.com",
	"https://example.com:80x/",
	"https://exa mple.com/",
	"https://example.com/\r\nX: y",
	"https://example.com/#frag",
	"https://[::1/",
	"https://[x]/",
	"https://a..b/",
	"https://example.com/\"",
	"https://127.1/",
	"https://1/",
	"https://192.0.2.256/",
	"https://example.com./",
	"https://%65xample.com/",
	"https://[::1%25lo]/",
	"https://[]/",
	"https://example.com\xc3\xa9/",
	"https:/x",
	"https",
	"https://x/a b",
	"https://example.com\\@evil.example/",
	"https://example.com:443@evil.example/",
	"https://[::1]x/",
	"https://example.com/\\",
};

#define EACH(i, a) for (i = 0; i < sizeof(a) / sizeof((a)[0]); i++)

static void
test_urls(void)
{
	char longurl[3000];
	struct url a, b;
	size_t i;

	EACH(i, good_urls)
	check(url_parse(&a, good_urls[i].text) &&
		strcmp(a.host, good_urls[i].host) == 0 &&
		strcmp(a.port, good_urls[i].port) == 0 &&
		strcmp(a.path, good_urls[i].path) == 0,
	    "valid: URL %s", good_urls[i].text);
	EACH(i, bad_urls)
	check(!url_parse(&a, bad_urls[i]), "valid: no URL number %zu", i);
	memset(longurl, 'a', sizeof(longurl));
	memcpy(longurl, "https://example.com/", 20);
	longurl[sizeof(longurl) - 1] = '\0';
	check(!url_parse(&a, longurl), "valid: a URL too long");
	url_parse(&a, "https://EXAMPLE.com/a");
	url_parse(&b, "https://example.com:443/b");
	check(url_same_origin(&a, &b), "valid: same origin");
	url_parse(&b, "https://example.com:444/a");
	check(
	    !url_same_origin(&a, &b), "valid: another port is another origin");
	url_parse(&b, "https://example.com.evil.example/a");
	check(
	    !url_same_origin(&a, &b), "valid: another host is another origin");
	url_parse_plain(&b, "http://example.com:443/a");
	check(!url_same_origin(&a, &b), "valid: http is another origin");
}

/* An account's label is what it is, and no more: a name follows it. */
static void
test_words(void)
{
	char names[ANCHOR_NAMES_MAX + 1];

	check(valid_account_label("_abcdefghijklmnop") &&
		!valid_account_label("_abcdefghijklmno") &&
		!valid_account_label("_abcdefghijklmnopq") &&
		!valid_account_label("_abcdefghijklmnop.x"),
	    "valid: an account's label");
	memset(names, 'a', sizeof(names));
	names[ANCHOR_NAMES_MAX] = '\0';
	check(!valid_anchor_names(names) && valid_anchor_names(names + 1) &&
		!valid_anchor_names("a\n") && !valid_anchor_names("g"),
	    "valid: names of trust anchors");
}

/* Only where certificates say that they can be asked about: http, no TLS. */
static void
test_plain_urls(void)
{
	static const char *const bad[] = { "https://example.com/",
		"ftp://example.com/", "", "http://", "http://u@example.com/",
		"http:/x" };
	struct url u;
	size_t i;

	check(url_parse_plain(&u, "http://CRL.example/x.crl?y") &&
		strcmp(u.host, "crl.example") == 0 &&
		strcmp(u.port, "80") == 0 && strcmp(u.path, "/x.crl?y") == 0 &&
		u.plain,
	    "valid: http URL");
	check(url_parse_plain(&u, "http://[::1]:8080") &&
		strcmp(u.port, "8080") == 0,
	    "valid: http URL with address and port");
	EACH(i, bad)
	check(!url_parse_plain(&u, bad[i]), "valid: no http URL number %zu", i);
	check(
	    !url_parse(&u, "http://example.com/"), "valid: http is not https");
	check(url_parse(&u, "https://example.com/") && !u.plain,
	    "valid: https is not plain");
}

static void
test_say_safe(void)
{
	char out[64], tiny[8];

	check(strcmp(say_safe(out, sizeof(out), "a\033[31mb\nc\177\377", 11),
		  "a\\x1b[31mb c\\x7f\\xff") == 0,
	    "valid: text from outside is made visible");
	check(strlen(say_safe(out, sizeof(out),
		  "0123456789012345678901234567890123456789"
		  "0123456789012345678901234567890123456789",
		  80)) < sizeof(out) &&
		strcmp(out + strlen(out) - 3, "...") == 0,
	    "valid: text from outside is cut visibly");
	check(strlen(say_safe(tiny, sizeof(tiny), "\001\001\001\001", 4)) <
		sizeof(tiny),
	    "valid: even in a tiny buffer");
}

/* Each byte that is not plain takes three in the name of a state file. */
static void
test_handles(void)
{
	char handle[300] = "";
	size_t i;

	EACH(i, good_handles)
	check(
	    valid_handle(good_handles[i]), "valid: handle %s", good_handles[i]);
	EACH(i, bad_handles)
	check(!valid_handle(bad_handles[i]), "valid: no handle: number %zu", i);
	for (i = 0; i < 33; i++)
		strlcat(handle, "\xc3\xbc", sizeof(handle));
	check(valid_handle(handle), "valid: 33 umlauts");
	strlcat(handle, "\xc3\xbc", sizeof(handle));
	check(!valid_handle(handle), "valid: no handle: 34 umlauts");
	memset(handle, 'a', 200);
	handle[200] = '\0';
	check(valid_handle(handle), "valid: 200 letters");
	strlcat(handle, "a", sizeof(handle));
	check(!valid_handle(handle), "valid: no handle: 201 letters");
}

/* Who can be reached at an address, by its first and last one of each kind. */
static void
test_addresses(void)
{
	static const char *const local[] = {
		"0.0.0.0",
		"0.255.255.255",
		"127.0.0.1",
		"127.255.255.254",
		"169.254.0.1",
		"169.254.169.254",
		"224.0.0.1",
		"239.255.255.255",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"fe80::1",
		"febf:ffff::1",
		"ff02::1",
		"::ffff:127.0.0.1",
		"::ffff:0.0.0.0",
		"::ffff:169.254.169.254",
		"::127.0.0.1",
		"64:ff9b::7f00:1",
		"64:ff9b::a9fe:a9fe",
		"2002:7f00:1::1",
		"2002:a9fe:a9fe::",
	};
	static const char *const private[] = {
		"10.0.0.1",
		"10.255.255.255",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.0.1",
		"192.168.255.255",
		"100.64.0.1",
		"100.127.255.255",
		"fc00::1",
		"fdff::1",
		"fec0::1",
		"::ffff:10.0.0.1",
		"64:ff9b::a00:1",
		"2002:c0a8:101::1",
	};
	static const char *const public[] = {
		"1.0.0.1",
		"9.255.255.255",
		"11.0.0.0",
		"126.255.255.255",
		"128.0.0.0",
		"100.63.255.255",
		"100.128.0.0",
		"169.253.255.255",
		"169.255.0.0",
		"172.15.255.255",
		"172.32.0.0",
		"192.167.255.255",
		"192.169.0.0",
		"223.255.255.255",
		"2001:db8::1",
		"2606:4700::1",
		"fbff::1",
		"::ffff:192.0.2.1",
		"64:ff9b::c000:201",
		"2002:c000:201::1",
	};
	static const struct {
		const char *const *list;
		size_t n;
		enum reach reach;
		const char *name;
	} all[] = {
		{ local, sizeof(local) / sizeof(local[0]), REACH_LOCAL,
		    "local" },
		{ private, sizeof(private) / sizeof(private[0]), REACH_PRIVATE,
		    "private" },
		{ public, sizeof(public) / sizeof(public[0]), REACH_PUBLIC,
		    "public" },
	};
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr other = { .sa_family = AF_UNIX };
	const struct sockaddr *sa;
	char text[64];
	size_t i, j;

	EACH(i, all)
	for (j = 0; j < all[i].n; j++) {
		/* musl's writes also where it fails. */
		sa = strchr(all[i].list[j], ':') == NULL ?
		    (const struct sockaddr *)&in :
		    (const struct sockaddr *)&in6;
		inet_pton(sa->sa_family, all[i].list[j],
		    sa->sa_family == AF_INET ? (void *)&in.sin_addr :
					       (void *)&in6.sin6_addr);
		check(address_reach(sa) == all[i].reach, "address: %s is %s",
		    all[i].list[j], all[i].name);
	}
	check(strcmp(address_text(
			 (const struct sockaddr *)&in, text, sizeof(text)),
		  "223.255.255.255") == 0,
	    "address: text");
	check(address_reach(&other) == REACH_LOCAL &&
		address_text(&other, text, sizeof(text))[0] == '\0',
	    "address: of another kind");
}

/* As Boulder words them (ratelimits/utilities of 2026), and others. */
static void
limits(void)
{
	static char *v[] = { "www.example.com", "192.0.2.1" };
	static const struct strings names = { .v = v, .n = 2 };
	static const struct {
		const char *text;
		int of_names, of_account;
	} texts[] = {
		{ "rateLimited too many certificates (50) already issued for "
		  "\"example.com\" in the last 168h0m0s, retry after "
		  "2026-01-01",
		    1, 0 },
		{ "rateLimited too many certificates (5) already issued for "
		  "this exact set of identifiers in the last 168h0m0s",
		    1, 0 },
		{ "rateLimited too many failed authorizations (5) for "
		  "\"www.example.com\" in the last 1h0m0s",
		    1, 0 },
		{ "rateLimited too many new orders (300) from this account in "
		  "the last 3h0m0s",
		    0, 1 },
		{ "rateLimited too many new registrations (10) from this IP "
		  "address in the last 3h0m0s",
		    0, 1 },
		{ "rateLimited Your account is paused for WWW.EXAMPLE.COM", 1,
		    1 },
		{ "rateLimited too many for \"ww.example.comx\"", 0, 0 },
		{ "rateLimited too many for \"notexample.com\"", 0, 0 },
		{ "rateLimited too many for 192.0.2.1", 1, 0 },
		{ "rateLimited version 2.1 says no", 0, 0 },
		{ "rateLimited | www.example.com rateLimited enough", 1, 0 },
		{ "rateLimited service busy", 0, 0 },
		{ "", 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check(limit_is_of_names(texts[i].text, &names) ==
			    texts[i].of_names &&
			limit_is_of_account(texts[i].text) ==
			    texts[i].of_account,
		    "limit: %s", texts[i].text);
}

/* The first three are such. */
static const char *const wildcards[] = {
	"*.example.com",
	"*.com",
	"*.xn--bcher-kva.example",
	"*",
	"*.",
	"*example.com",
	"**.example.com",
	"*.*.example.com",
	"a.*.example.com",
	"*.192.0.2.1",
	"example.com",
	"*..example.com",
	"*.example.com.",
	"*.Example.com",
};

/* Below "*.", a name of 252. */
static const char *
long_wildcard(void)
{
	static char name[255];
	size_t i;

	memcpy(name, "*.", 2);
	for (i = 2; i < 254; i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	return name;
}

int
main(void)
{
	char many[300];
	size_t i;

	EACH(i, good_tokens)
	check(valid_token(good_tokens[i]), "valid: token %s", good_tokens[i]);
	EACH(i, bad_tokens)
	check(!valid_token(bad_tokens[i]), "valid: no token number %zu", i);
	memset(many, 'a', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	check(!valid_token(many), "valid: no token of 299 bytes");
	EACH(i, good_nonces)
	check(valid_nonce(good_nonces[i]), "valid: nonce %s", good_nonces[i]);
	EACH(i, bad_nonces)
	check(!valid_nonce(bad_nonces[i]), "valid: no nonce number %zu", i);
	check(valid_nonce(many), "valid: nonce of 299 bytes");
	EACH(i, good_names)
	check(valid_dns_name(good_names[i]), "valid: name %s", good_names[i]);
	EACH(i, bad_names)
	check(!valid_dns_name(bad_names[i]), "valid: no name number %zu", i);
	EACH(i, wildcards)
	check(valid_wildcard(wildcards[i]) == (i < 3), "valid: wildcard %s",
	    wildcards[i]);
	check(
	    !valid_wildcard(long_wildcard()), "valid: a wildcard of 254 bytes");
	test_handles();
	test_urls();
	test_plain_urls();
	test_words();
	test_say_safe();
	test_addresses();
	limits();
	return test_end();
}
