/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What respproc reads of its clients: requests and ClientHellos, cut at every
 * byte; and the names by which clients call the server of an address.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "resp.h"
#include "test.h"

#define TOKEN "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
#define PATH "/.well-known/acme-challenge/"
#define END " HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define GET "GET " PATH TOKEN " HTTP/1.1\r\n"

static const struct {
	const char *name, *text;
	enum request_result result;
	int head;
} requests[] = {
	{ "GET", GET "Host: a.example\r\n\r\n", REQUEST_TOKEN, 0 },
	{ "HEAD", "HEAD " PATH TOKEN END, REQUEST_TOKEN, 1 },
	{ "1.0, no field", "GET " PATH TOKEN " HTTP/1.0\r\n\r\n", REQUEST_TOKEN,
	    0 },
	{ "another host", GET "Host: evil.example:99\r\nX: y\r\n\r\n",
	    REQUEST_TOKEN, 0 },
	{ "a field in UTF-8", GET "User-Agent: \303\251\t x\r\n\r\n",
	    REQUEST_TOKEN, 0 },
	{ "an empty body", GET "content-length: \t0\r\n\r\n", REQUEST_TOKEN,
	    0 },
	{ "an empty field", GET "X:\r\n\r\n", REQUEST_TOKEN, 0 },
	{ "POST", "POST " PATH TOKEN END, REQUEST_OTHER, 0 },
	{ "get in lower case", "get " PATH TOKEN END, REQUEST_OTHER, 0 },
	{ "GETS", "GETS " PATH TOKEN END, REQUEST_OTHER, 0 },
	{ "the root", "GET /" END, REQUEST_OTHER, 0 },
	{ "no token", "GET " PATH END, REQUEST_OTHER, 0 },
	{ "too short a token", "GET " PATH "abc" END, REQUEST_OTHER, 0 },
	{ "a query", "GET " PATH TOKEN "?x" END, REQUEST_OTHER, 0 },
	{ "a slash behind", "GET " PATH TOKEN "/" END, REQUEST_OTHER, 0 },
	{ "encoded", "GET " PATH "%65" TOKEN END, REQUEST_OTHER, 0 },
	{ "dots", "GET " PATH "../acme-challenge/" TOKEN END, REQUEST_OTHER,
	    0 },
	{ "another letter case", "GET /.Well-known/acme-challenge/" TOKEN END,
	    REQUEST_OTHER, 0 },
	{ "a URL", "GET http://a.example" PATH TOKEN END, REQUEST_OTHER, 0 },
	{ "OPTIONS *", "OPTIONS *" END, REQUEST_OTHER, 0 },
	{ "nothing", "\r\n\r\n", REQUEST_BAD, 0 },
	{ "no version", "GET " PATH TOKEN "\r\n\r\n", REQUEST_BAD, 0 },
	{ "version 2", "GET " PATH TOKEN " HTTP/2.0\r\n\r\n", REQUEST_BAD, 0 },
	{ "version 1.x", "GET " PATH TOKEN " HTTP/1.x\r\n\r\n", REQUEST_BAD,
	    0 },
	{ "version 1.10", "GET " PATH TOKEN " HTTP/1.10\r\n\r\n", REQUEST_BAD,
	    0 },
	{ "two blanks", "GET  " PATH TOKEN END, REQUEST_BAD, 0 },
	{ "a blank behind the version", "GET " PATH TOKEN " HTTP/1.1 \r\n\r\n",
	    REQUEST_BAD, 0 },
	{ "a blank in the path", "GET " PATH TOKEN " x" END, REQUEST_BAD, 0 },
	{ "a tab in the path", "GET " PATH TOKEN "\t" END, REQUEST_BAD, 0 },
	{ "beyond ASCII in the path", "GET " PATH TOKEN "\377" END, REQUEST_BAD,
	    0 },
	{ "a method with a colon", "G:T " PATH TOKEN END, REQUEST_BAD, 0 },
	{ "a folded field", GET "X: y\r\n z\r\n\r\n", REQUEST_BAD, 0 },
	{ "a blank before the colon", GET "X : y\r\n\r\n", REQUEST_BAD, 0 },
	{ "a field without colon", GET "X\r\n\r\n", REQUEST_BAD, 0 },
	{ "a field without name", GET ": x\r\n\r\n", REQUEST_BAD, 0 },
	{ "a bare line feed in a field", GET "X: y\nZ: z\r\n\r\n", REQUEST_BAD,
	    0 },
	{ "a bare carriage return", GET "X: y\rZ: z\r\n\r\n", REQUEST_BAD, 0 },
	{ "a body", GET "Content-Length: 4\r\n\r\n", REQUEST_BAD, 0 },
	{ "a body of no length", GET "Content-Length:\r\n\r\n", REQUEST_BAD,
	    0 },
	{ "a body of length 00", GET "Content-Length: 00\r\n\r\n", REQUEST_BAD,
	    0 },
	{ "a body of length +0", GET "Content-Length: +0\r\n\r\n", REQUEST_BAD,
	    0 },
	{ "one of two lengths",
	    GET "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", REQUEST_BAD,
	    0 },
	{ "chunks", GET "Transfer-Encoding: chunked\r\n\r\n", REQUEST_BAD, 0 },
	{ "chunks, oddly", GET "transfer-encoding:\tx\r\n\r\n", REQUEST_BAD,
	    0 },
	{ "a second request", GET "\r\n" GET "\r\n", REQUEST_BAD, 0 },
	{ "bytes behind", GET "\r\nx", REQUEST_BAD, 0 },
	{ "bare line feeds", "GET " PATH TOKEN " HTTP/1.1\n\n", REQUEST_MORE,
	    0 },
};

static void
test_requests(void)
{
	struct request r;
	size_t i, len, whole, early;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		len = strlen(requests[i].text);
		whole = (size_t)request_read(requests[i].text, len, &r);
		check(whole == requests[i].result &&
			r.head == requests[i].head &&
			(whole != REQUEST_TOKEN || strcmp(r.token, TOKEN) == 0),
		    "responder: request: %s", requests[i].name);
		/*
		 * Before its end nothing is known, but where bytes behind it
		 * are what is wrong.
		 */
		for (early = 0; len-- > 0;)
			early += request_read(requests[i].text, len, &r) !=
			    REQUEST_MORE;
		check(early == 0 ||
			strcmp(requests[i].name, "a second request") == 0 ||
			strcmp(requests[i].name, "bytes behind") == 0,
		    "responder: request: %s: not before its end",
		    requests[i].name);
	}
	len = strlen(GET "X: y\r\n\r\n");
	check(request_read(GET "X: \0\r\n\r\n", len, &r) == REQUEST_BAD,
	    "responder: request: NUL in a field");
	check(request_read("GET " PATH "abc\0" TOKEN END,
		  strlen("GET " PATH "abcx" TOKEN END), &r) == REQUEST_BAD,
	    "responder: request: NUL in the path");
}

/* A ClientHello in the making. */
static struct {
	uint8_t p[20000];
	size_t len;
} hello, extensions;

static void
put(void *to, const void *p, size_t n)
{
	memcpy(hello.p + hello.len, p, to == &hello ? n : 0);
	hello.len += to == &hello ? n : 0;
	memcpy(extensions.p + extensions.len, p, to == &extensions ? n : 0);
	extensions.len += to == &extensions ? n : 0;
}

static void
put_number(void *to, size_t n, int size)
{
	uint8_t b[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16),
		(uint8_t)(n >> 8), (uint8_t)n };

	put(to, b + 4 - size, (size_t)size);
}

static void
extend(size_t type, const void *body, size_t len)
{
	put_number(&extensions, type, 2);
	put_number(&extensions, len, 2);
	put(&extensions, body, len);
}

/* server_name with these bytes as the one name. */
static void
extend_name(const char *name, size_t len)
{
	uint8_t body[400] = { (uint8_t)((len + 3) >> 8), (uint8_t)(len + 3), 0,
		(uint8_t)(len >> 8), (uint8_t)len };

	memcpy(body + 5, name, len);
	extend(0, body, len + 5);
}

#define NAME extend_name("a.example", 9)
#define ALPN extend(16, "\0\13\12acme-tls/1", 13)
#define OTHER extend(10, "\0\2\0\35", 4)

/*
 * Of the extensions, in records of at most so many bytes; they are forgotten.
 */
static void
finish(size_t record)
{
	static uint8_t message[20000];
	size_t n, i, len;

	hello.len = 0;
	put_number(&hello, 1, 1);
	put_number(&hello, 2 + 32 + 1 + 2 + 2 + 1 + 1 + 2 + extensions.len, 3);
	put_number(&hello, 0x0303, 2);
	put(&hello, "random random random random rand", 32);
	put(&hello, "\0\0\2\23\1\1\0", 7);
	put_number(&hello, extensions.len, 2);
	memcpy(hello.p + hello.len, extensions.p, extensions.len);
	hello.len += extensions.len;
	extensions.len = 0;
	memcpy(message, hello.p, len = hello.len);
	for (hello.len = i = 0; i < len; i += n) {
		n = len - i < record ? len - i : record;
		put(&hello, "\26\3\1", 3);
		put_number(&hello, n, 2);
		put(&hello, message + i, n);
	}
}

static enum hello_result
read_hello(char name[254])
{
	/* A copy of just this size, so that reading beyond it is found. */
	uint8_t *copy = malloc(hello.len + 1);
	enum hello_result result;

	memcpy(copy, hello.p, hello.len);
	copy = realloc(copy, hello.len == 0 ? 1 : hello.len);
	result = hello_read(copy, hello.len, name);
	free(copy);
	return result;
}

static void
hello_is(enum hello_result expected, const char *what)
{
	char name[254] = "";
	size_t len, early = 0;

	finish(16384);
	check(read_hello(name) == expected &&
		(expected != HELLO_NAMED || strcmp(name, "a.example") == 0),
	    "responder: ClientHello: %s", what);
	for (len = hello.len; expected == HELLO_NAMED && hello.len-- > 0;)
		early += read_hello(name) != HELLO_MORE;
	hello.len = len;
	check(
	    early == 0, "responder: ClientHello: %s: not before its end", what);
}

static void
test_hellos(void)
{
	static char longest[300];
	char name[254];
	size_t record;

	NAME;
	ALPN;
	hello_is(HELLO_NAMED, "name and acme-tls/1");
	OTHER;
	ALPN;
	OTHER;
	extend_name("A.ExAmple", 9);
	OTHER;
	hello_is(HELLO_NAMED, "upper case, other order, other extensions");
	NAME;
	ALPN;
	finish(1);
	check(read_hello(name) == HELLO_NAMED,
	    "responder: ClientHello: in records of one byte");
	for (record = 2; record < 60; record += 19) {
		NAME;
		ALPN;
		finish(record);
		check(read_hello(name) == HELLO_NAMED,
		    "responder: ClientHello: in records of %zu bytes", record);
	}
	memset(longest, 'a', sizeof(longest));
	extend_name(longest, 253);
	ALPN;
	finish(16384);
	check(read_hello(name) == HELLO_NAMED && strlen(name) == 253,
	    "responder: ClientHello: the longest name");
	extend_name(longest, 254);
	ALPN;
	hello_is(HELLO_BAD, "too long a name");
	NAME;
	hello_is(HELLO_BAD, "no ALPN");
	ALPN;
	hello_is(HELLO_BAD, "no name");
	hello_is(HELLO_BAD, "no extensions");
	NAME;
	ALPN;
	ALPN;
	hello_is(HELLO_BAD, "ALPN twice");
	NAME;
	NAME;
	ALPN;
	hello_is(HELLO_BAD, "a name twice");
	NAME;
	extend(16, "\0\3\2h2", 5);
	hello_is(HELLO_BAD, "another protocol");
	NAME;
	extend(16, "\0\16\12acme-tls/1\2h2", 16);
	hello_is(HELLO_BAD, "a second protocol");
	NAME;
	extend(16, "\0\12\11acme-tls/", 12);
	hello_is(HELLO_BAD, "a shorter protocol");
	NAME;
	extend(16, "\0\13\13acme-tls/1", 13);
	hello_is(HELLO_BAD, "a protocol beyond its list");
	NAME;
	extend(16, "\0\20\12acme-tls/1", 13);
	hello_is(HELLO_BAD, "a list beyond its extension");
	NAME;
	extend(16, "", 0);
	hello_is(HELLO_BAD, "an empty ALPN");
	extend(0, "\0\6\0\0\1a\0\0\1b", 10);
	ALPN;
	hello_is(HELLO_BAD, "bytes behind the list of names");
	extend(0, "\0\10\0\0\1a\0\0\1b", 10);
	ALPN;
	hello_is(HELLO_BAD, "two names");
	extend(0, "\0\4\1\0\1a", 6);
	ALPN;
	hello_is(HELLO_BAD, "a name of another type");
	extend(0, "\0\3\0\0\0", 5);
	ALPN;
	hello_is(HELLO_BAD, "an empty name");
	extend_name("a\0example", 9);
	ALPN;
	hello_is(HELLO_BAD, "NUL in the name");
	extend_name("a example", 9);
	ALPN;
	hello_is(HELLO_BAD, "a blank in the name");
	NAME;
	ALPN;
	put_number(&extensions, 10, 2);
	put_number(&extensions, 9, 2);
	hello_is(HELLO_BAD, "an extension beyond the end");
	NAME;
	ALPN;
	put_number(&extensions, 10, 1);
	hello_is(HELLO_BAD, "a byte behind the extensions");
	NAME;
	ALPN;
	extend(10, longest, 300);
	finish(16384);
	hello.p[6] = 1; /* the message's length: 64 KiB */
	check(read_hello(name) == HELLO_BAD,
	    "responder: ClientHello: too long a message");
	NAME;
	ALPN;
	for (record = 0; record < 40; record++)
		extend(10, longest, 280);
	finish(16384);
	check(
	    read_hello(name) == HELLO_BAD, "responder: ClientHello: of 11 KiB");
	NAME;
	ALPN;
	finish(16384);
	hello.p[0] = 23;
	check(read_hello(name) == HELLO_BAD,
	    "responder: ClientHello: a record of another type");
	hello.p[0] = 22;
	hello.p[1] = 2;
	check(read_hello(name) == HELLO_BAD,
	    "responder: ClientHello: a record of SSL 2");
	hello.p[1] = 3;
	hello.p[5] = 2;
	check(read_hello(name) == HELLO_BAD,
	    "responder: ClientHello: a message of another type");
	hello.p[5] = 1;
	hello.p[3] = hello.p[4] = 0;
	check(read_hello(name) == HELLO_BAD,
	    "responder: ClientHello: an empty record");
	NAME;
	ALPN;
	finish(16384);
	hello.p[4]++;
	put(&hello, "", 1);
	check(read_hello(name) == HELLO_BAD,
	    "responder: ClientHello: a byte behind it in its record");
	NAME;
	ALPN;
	finish(16384);
	put(&hello, "\24\3\3\0\1\1", 6);
	check(read_hello(name) == HELLO_NAMED,
	    "responder: ClientHello: a record behind it");
}

static void
test_names(void)
{
	char name[254];

	selfsigned_server_name("192.0.2.10", name);
	check(strcmp(name, "10.2.0.192.in-addr.arpa") == 0,
	    "responder: server name of an IPv4 address");
	selfsigned_server_name("2001:db8::1", name);
	check(strcmp(name,
		  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0."
		  "0.2.ip6.arpa") == 0,
	    "responder: server name of an IPv6 address");
	selfsigned_server_name("a.example", name);
	check(
	    strcmp(name, "a.example") == 0, "responder: server name of a host");
}

static struct sockaddr_storage ss;

static unsigned
source(void)
{
	return client_source((const struct sockaddr *)&ss);
}

/*
 * Of neighbours, one byte of whose addresses counts up, each has another number
 * than the one before, but by chance.
 */
static void
test_neighbours(sa_family_t family, unsigned char *byte, const char *name)
{
	unsigned before, differ = 0, i;

	memset(&ss, 0, sizeof(ss));
	ss.ss_family = family;
	for (i = 1; i < 256; i++) {
		before = source();
		*byte = (unsigned char)i;
		differ += source() != before && source() < CLIENT_SOURCES;
	}
	check(differ > 240, "%s", name);
}

static void
test_sources(void)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
	unsigned before;

	test_neighbours(AF_INET, (unsigned char *)&v4->sin_addr + 3,
	    "responder: sources: neighbours, IPv4");
	before = source();
	v4->sin_port = 4711;
	check(source() == before, "responder: sources: any port of an address");
	test_neighbours(AF_INET6, v6->sin6_addr.s6_addr + 7,
	    "responder: sources: neighbours, IPv6");
	before = source();
	v6->sin6_port = 4711;
	memset(v6->sin6_addr.s6_addr + 8, 0xa5, 8);
	check(source() == before, "responder: sources: 64 bits of an address");
	ss.ss_family = AF_UNSPEC;
	check(source() < CLIENT_SOURCES, "responder: sources: another family");
}

int
main(void)
{
	test_requests();
	test_hellos();
	test_names();
	clients_begin();
	test_sources();
	return test_end();
}
