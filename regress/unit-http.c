/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* The parser of answers, each of them cut at every byte. */
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "test.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define B "https://a/b/c/d;p?q"

static const struct {
	const char *name, *text, *body;
	int status, keep;
} good[] = {
	{ "length", OK "Content-Length: 5\r\n\r\nhello", "hello", 200, 1 },
	{ "no body", OK "Content-Length: 0\r\n\r\n", "", 200, 1 },
	{ "lower case, bare line ends",
	    "HTTP/1.1 200 OK\ncontent-length:2\n\nab", "ab", 200, 1 },
	{ "no reason", "HTTP/1.1 404\r\nContent-Length: 1\r\n\r\nx", "x", 404,
	    1 },
	{ "chunks",
	    OK "Transfer-Encoding: "
	       "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
	    "abcde", 200, 1 },
	{ "chunks, extension, trailer",
	    OK "Transfer-Encoding: Chunked\r\n\r\n03;x=y\r\nabc\r\n0\r\nT: "
	       "u\r\n\r\n",
	    "abc", 200, 1 },
	{ "interim",
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: "
	    "<x>\r\n\r\n" OK "Content-Length: 1\r\n\r\nx",
	    "x", 200, 1 },
	{ "close",
	    OK "Connection: Keep-Alive, close\r\nContent-Length: 1\r\n\r\nx",
	    "x", 200, 0 },
	{ "1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", 200, 0 },
	{ "204", "HTTP/1.1 204 No Content\r\n\r\n", "", 204, 1 },
	{ "lengths that agree",
	    OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "x", 200, 1 },
	{ "bare line end in chunks",
	    OK "Transfer-Encoding: chunked\n\n1\nx\n0\n\n", "x", 200, 1 },
	{ "empty field", OK "X:\r\nContent-Length: 1\r\n\r\nx", "x", 200, 1 },
	{ "304 with a length", "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n",
	    "", 304, 1 },
	{ "body with NUL-like text", OK "Content-Length: 4\r\n\r\n\r\n\r\n",
	    "\r\n\r\n", 200, 1 },
	{ "identity",
	    OK "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", "x",
	    200, 1 },
};

static const struct {
	const char *name, *text;
} bad[] = {
	{ "not HTTP", "SSH-2.0-OpenSSH\r\n" },
	{ "HTTP/2", "HTTP/2 200\r\n\r\n" },
	{ "HTTP/1.2", "HTTP/1.2 200 OK\r\n" },
	{ "status of two digits", "HTTP/1.1 20 OK\r\n" },
	{ "status below 100", "HTTP/1.1 099 OK\r\n" },
	{ "switching protocols", "HTTP/1.1 101 Switching\r\n" },
	{ "chunk with a line end of another kind",
	    OK "Transfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n" },
	{ "field without name", OK ": x\r\n" },
	{ "field without colon", OK "Content-Length 5\r\n" },
	{ "space before the colon", OK "Content-Length : 5\r\n" },
	{ "folded field", OK "X: a\r\n b\r\n" },
	{ "control character", OK "X: a\001b\r\n" },
	{ "carriage return in a field", OK "X: a\rb\r\n" },
	{ "field name with a bracket", OK "X(y): a\r\n" },
	{ "empty length", OK "Content-Length:\r\n\r\n" },
	{ "list of lengths", OK "Content-Length: 1, 1\r\n\r\n" },
	{ "hexadecimal length", OK "Content-Length: 0x1\r\n\r\n" },
	{ "second content coding",
	    OK "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"
	       "Content-Length: 1\r\n\r\n" },
	{ "no status", "HTTP/1.1\r\n" },
	{ "interim answer with a fold", "HTTP/1.1 103 x\r\n a: b\r\n" },
	{ "lengths that differ",
	    OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n" },
	{ "negative length", OK "Content-Length: -1\r\n\r\n" },
	{ "length with text", OK "Content-Length: 1x\r\n\r\n" },
	{ "huge length", OK "Content-Length: 1073741824\r\n\r\n" },
	{ "length above the cap", OK "Content-Length: 262145\r\n\r\n" },
	{ "length and chunks",
	    OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ "gzip", OK "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\n" },
	{ "other transfer coding",
	    OK "Transfer-Encoding: gzip, chunked\r\n\r\n" },
	{ "two transfer codings",
	    OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
	       "chunked\r\n\r\n" },
	{ "chunk size without digits",
	    OK "Transfer-Encoding: chunked\r\n\r\nx\r\n" },
	{ "chunk size with junk",
	    OK "Transfer-Encoding: chunked\r\n\r\n1x\r\n" },
	{ "chunk size of two numbers",
	    OK "Transfer-Encoding: chunked\r\n\r\n1 1\r\n" },
	{ "negative chunk size",
	    OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n" },
	{ "huge chunk size",
	    OK "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" },
	{ "chunk above the cap",
	    OK "Transfer-Encoding: chunked\r\n\r\n40001\r\n" },
	{ "chunk longer than its size",
	    OK "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n" },
};

/* Fed in pieces of two sizes; 0 whole, 1 not yet, -1 refused. */
static int
feed(struct http_parser *p, const char *text, size_t len, size_t first,
    size_t step)
{
	struct error e;
	size_t at = 0, n = first;
	ssize_t used;

	http_parse_start(p, 0, HTTP_BODY_BYTES_MAX);
	while (at < len && p->state != HTTP_DONE) {
		if (n > len - at)
			n = len - at;
		if ((used = http_parse(p, text + at, n, &e)) == -1)
			return -1;
		at += (size_t)used;
		n = step;
	}
	return p->state == HTTP_DONE && at == len ? 0 : 1;
}

static void
test_good(void)
{
	static struct http_parser p;
	size_t i, cut, len, wrong;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		len = strlen(good[i].text);
		for (wrong = 0, cut = 1; cut <= len; cut++) {
			if (feed(&p, good[i].text, len, cut, len) != 0 ||
			    p.response.status != good[i].status ||
			    p.keep_alive != good[i].keep ||
			    strcmp(p.response.body, good[i].body) != 0)
				wrong++;
			http_parse_free(&p);
			/* Cut off here it is not whole. */
			if (cut < len &&
			    feed(&p, good[i].text, cut, cut, 1) != 1)
				wrong++;
			http_parse_free(&p);
		}
		if (feed(&p, good[i].text, len, 1, 1) != 0)
			wrong++;
		http_parse_free(&p);
		check(wrong == 0, "http: %s", good[i].name);
	}
}

static void
test_bad(void)
{
	static struct http_parser p;
	size_t i, step, wrong;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (wrong = 0, step = 1; step < 40; step++) {
			wrong += feed(&p, bad[i].text, strlen(bad[i].text),
				     step, step) != -1;
			http_parse_free(&p);
		}
		check(wrong == 0, "http: refused: %s", bad[i].name);
	}
}

/* Ended by the end of the connection, and by nothing else (RFC 9112 6.3). */
static void
test_unframed(void)
{
	static const char *const heads[] = { OK "\r\n",
		OK "Connection: close\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n",
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n" };
	static char big[HTTP_BODY_BYTES_MAX + 1];
	static struct http_parser p;
	char text[100];
	struct error e;
	size_t i, cut, len, wrong;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		len = (size_t)snprintf(
		    text, sizeof(text), "%shello\r\n\r\n", heads[i]);
		for (wrong = 0, cut = 1; cut <= len; cut++) {
			wrong += feed(&p, text, len, cut, 1) != 1 ||
			    http_parse_end(&p) == -1 || p.state != HTTP_DONE ||
			    p.keep_alive || !p.response.unframed ||
			    strcmp(p.response.body, "hello\r\n\r\n") != 0;
			http_parse_free(&p);
			feed(&p, text, cut, cut, 1);
			wrong += (http_parse_end(&p) == 0) !=
			    (cut >= strlen(heads[i]));
			http_parse_free(&p);
		}
		check(wrong == 0, "http: ended by the connection, %zu", i + 1);
	}
	http_parse_start(&p, 0, HTTP_BODY_BYTES_MAX);
	check(http_parse(&p, heads[0], strlen(heads[0]), &e) > 0 &&
		http_parse(&p, big, sizeof(big), &e) == -1,
	    "http: refused: ended by the connection, above the cap");
	http_parse_free(&p);
	for (wrong = 0, i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		wrong += feed(&p, good[i].text, strlen(good[i].text), 1000,
			     1) != 0 ||
		    p.response.unframed;
		http_parse_free(&p);
		wrong += feed(&p, good[i].text, strlen(good[i].text) - 1, 1000,
			     1) == 1 &&
		    http_parse_end(&p) != -1;
		http_parse_free(&p);
	}
	check(wrong == 0, "http: what is framed is not whole without its end");
}

/*
 * NUL in each kind of line, and HEAD, whose answer has no body whatever its
 * length says.
 */
static void
test_odd(void)
{
	static const char nuls[] = "HTTP/1.1 200 OK\0\r\nX: y\0z\r\n";
	static const char head[] = OK
	    "Content-Length: 1073741\r\nReplay-Nonce: \t n \t\r\n\r\n";
	static struct http_parser p;
	struct error e;
	char *nonce;

	http_parse_start(&p, 0, HTTP_BODY_BYTES_MAX);
	check(http_parse(&p, nuls, 18, &e) == -1,
	    "http: refused: NUL in the status line");
	http_parse_free(&p);
	http_parse_start(&p, 0, HTTP_BODY_BYTES_MAX);
	check(http_parse(&p, OK, strlen(OK), &e) != -1 &&
		http_parse(&p, nuls + 18, sizeof(nuls) - 19, &e) == -1,
	    "http: refused: NUL in a field");
	http_parse_free(&p);
	http_parse_start(&p, 1, HTTP_BODY_BYTES_MAX);
	check(http_parse(&p, head, strlen(head), &e) == (ssize_t)strlen(head) &&
		p.state == HTTP_DONE && p.response.bodylen == 0 && p.keep_alive,
	    "http: HEAD");
	nonce = http_header(&p.response, "replay-nonce", 0);
	check(nonce != NULL && strcmp(nonce, "n") == 0, "http: field of HEAD");
	free(nonce);
	check(http_header(&p.response, "replay", 0) == NULL &&
		http_header(&p.response, "Replay-Nonce", 1) == NULL,
	    "http: no such field");
	http_parse_free(&p);
}

/* The next answer on the connection is left alone. */
static void
test_surplus(void)
{
	static const char two[] = OK
	    "Content-Length: 1\r\n\r\nxHTTP/1.1 404 No\r\n";
	static struct http_parser p;
	struct error e;

	http_parse_start(&p, 0, HTTP_BODY_BYTES_MAX);
	check(
	    http_parse(&p, two, strlen(two), &e) == (ssize_t)strlen(two) - 17 &&
		p.state == HTTP_DONE && strcmp(p.response.body, "x") == 0,
	    "http: bytes behind the end");
	http_parse_free(&p);
}

/* More than any server means: each ends in an error, not in memory. */
static void
test_floods(void)
{
	static struct http_parser p;
	static const struct {
		const char *name, *start, *again;
	} floods[] = {
		{ "endless fields", OK, "X-Field: some value\r\n" },
		{ "endless line",
		    OK "X: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ "endless interim answers", "",
		    "HTTP/1.1 100 Continue\r\n\r\n" },
		{ "endless trailers",
		    OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n" },
		{ "endless chunks", OK "Transfer-Encoding: chunked\r\n\r\n",
		    "1000\r\n" },
	};
	static char chunk[4096 + 3];
	struct error e;
	size_t i, n;
	ssize_t rc;

	memset(chunk, 'x', sizeof(chunk));
	for (i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
		http_parse_start(&p, 0, HTTP_BODY_BYTES_MAX);
		rc = http_parse(
		    &p, floods[i].start, strlen(floods[i].start), &e);
		for (n = 0; rc != -1 && n < 1000000; n++) {
			rc = http_parse(
			    &p, floods[i].again, strlen(floods[i].again), &e);
			if (rc != -1 && p.state == HTTP_CHUNK_DATA) {
				memcpy(chunk + 4096, "\r\n", 2);
				rc = http_parse(&p, chunk, 4098, &e);
			}
		}
		check(rc == -1, "http: refused: %s, after %zu", floods[i].name,
		    n);
		http_parse_free(&p);
	}
}

/* Fields count by their number and by their bytes. */
static void
test_limits(void)
{
	static const struct {
		const char *name;
		size_t fields, len;
		int fit;
	} t[] = {
		{ "100 fields", 100, 2, 1 },
		{ "101 fields", 101, 2, 0 },
		{ "fields of 32,000 bytes", 2, 16000, 1 },
		{ "fields of 33,000 bytes", 3, 11000, 0 },
	};
	static char line[16000];
	static struct http_parser p;
	struct error e;
	size_t i, n;
	ssize_t rc;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(line, 'x', t[i].len);
		line[1] = ':';
		http_parse_start(&p, 0, HTTP_BODY_BYTES_MAX);
		rc = http_parse(&p, OK, strlen(OK), &e);
		for (n = 0; rc != -1 && n < t[i].fields; n++) {
			rc = http_parse(&p, line, t[i].len, &e);
			if (rc != -1)
				rc = http_parse(&p, "\r\n", 2, &e);
		}
		check((rc != -1) == t[i].fit, "http: %s: %s",
		    t[i].fit ? "taken" : "refused", t[i].name);
		http_parse_free(&p);
	}
}

static void
test_links(void)
{
	struct http_response a = {
		.head =
		    (char *)(uintptr_t) "Link: <https://x/dir>;rel=\"index\", "
					"</alt/1>; rel=alternate ; title=\"a, "
					"b\"\n"
					"link: <alt/2>;REL=\"up Alternate\"\n"
					"Link: "
					"<https://other.example/"
					"3?q=1>;foo=bar;rel=\"alternate\"\n"
					"Link: <https://x/t>; title=\"\\\", "
					"<https://x/u>; rel=alternate; "
					"y=\\\"\"; rel=up\n"
					"Link: <https://x/v>; rel=up; "
					"rel=alternate, <https://x/w>; "
					"title*=UTF-8''x; rel = alternate\n"
					"Link: broken <\n"
	};
	static const char *const want[] = {
		"https://ca.example/alt/1",
		"https://ca.example/acme/cert/alt/2",
		"https://other.example/3?q=1",
		"https://x/w",
	};
	char *got;
	size_t i;

	for (i = 0; i < 4; i++) {
		got = http_link(
		    &a, "alternate", i, "https://ca.example/acme/cert/7?x=/y");
		check(got != NULL && strcmp(got, want[i]) == 0, "http: link %s",
		    want[i]);
		free(got);
	}
	check(http_link(&a, "alternate", 4, "https://ca.example/") == NULL,
	    "http: no more links");
	check(http_link(&a, "next", 0, "https://ca.example/") == NULL,
	    "http: no such link");
}

static void
test_resolve(void)
{
	static const struct {
		const char *base, *ref, *want;
	} t[] = {
		{ "https://h:1/a/b?q", "c", "https://h:1/a/c" },
		{ "https://h/a/b", "../c", "https://h/c" },
		{ "https://h/a/b/", "./c/./d", "https://h/a/b/c/d" },
		{ "https://h", "c", "https://h/c" },
		{ "https://h/a", "//o/x", "https://o/x" },
		{ "https://h/a?b", "?c", "https://h/a?c" },
		{ "https://h/a/b", "/../../x", "https://h/x" },
		{ "https://h/a/b", "..", "https://h/" },
		{ "https://h/a", "http://e/", "http://e/" },
		{ "https://h/a", "ftp:x", "ftp:x" },
		{ "https://h/a?b", "", "https://h/a?b" },
		{ "https://h/a/b", "c:d/e", "c:d/e" },
		{ "https://h/a/b", "./c:d", "https://h/a/c:d" },
		{ "https://h?q", "c", "https://h/c" },
		/* RFC 3986 5.4 */
		{ B, "g", "https://a/b/c/g" },
		{ "http://a/b/c", "g", "http://a/b/g" },
		{ "http://a/b", "/g?x", "http://a/g?x" },
		{ "http://a", "//g/h", "http://g/h" },
		{ "http://a/b", "?y", "http://a/b?y" },
		{ "http://a/b", "https://c/", "https://c/" },
		{ "ftp://a/b", "g", "g" },
		{ B, "./g", "https://a/b/c/g" },
		{ B, "g/", "https://a/b/c/g/" },
		{ B, "/g", "https://a/g" },
		{ B, "//g", "https://g" },
		{ B, "?y", "https://a/b/c/d;p?y" },
		{ B, "g?y", "https://a/b/c/g?y" },
		{ B, ";x", "https://a/b/c/;x" },
		{ B, ".", "https://a/b/c/" },
		{ B, "./", "https://a/b/c/" },
		{ B, "..", "https://a/b/" },
		{ B, "../g", "https://a/b/g" },
		{ B, "../..", "https://a/" },
		{ B, "../../../g", "https://a/g" },
		{ B, "/./g", "https://a/g" },
		{ B, "g.", "https://a/b/c/g." },
		{ B, "..g", "https://a/b/c/..g" },
		{ B, "./g/.", "https://a/b/c/g/" },
		{ B, "g/../h", "https://a/b/c/h" },
		{ B, "g;x=1/../y", "https://a/b/c/y" },
		{ B, "g?y/../x", "https://a/b/c/g?y/../x" },
	};
	char head[200], *got;
	struct http_response a = { .head = head };
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(head, sizeof(head),
		    "Link: <%s>; rel=up\n"
		    "Location: %s\n",
		    t[i].ref, t[i].ref);
		got = http_link(&a, "up", 0, t[i].base);
		check(got != NULL && strcmp(got, t[i].want) == 0,
		    "http: %s from %s is %s, got %s", t[i].ref, t[i].base,
		    t[i].want, got == NULL ? "none" : got);
		free(got);
		got = http_location(&a, t[i].base);
		check(t[i].ref[0] == '\0' ?
			got == NULL :
			got != NULL && strcmp(got, t[i].want) == 0,
		    "http: location %s from %s", t[i].ref, t[i].base);
		free(got);
	}
}

static void
test_retry_after(void)
{
	static const struct {
		const char *value, *date;
		long want;
	} t[] = {
		{ "120", NULL, 120 },
		{ "0", NULL, 0 },
		{ "1000000000", NULL, 366 * 86400L },
		{ "99999999999999999999", NULL, 366 * 86400L },
		{ "-1", NULL, -1 },
		{ "soon", NULL, -1 },
		{ "", NULL, -1 },
		{ "1.5", NULL, -1 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT",
		    "Sun, 06 Nov 1994 08:49:07 GMT", 30 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT",
		    "Sun, 06 Nov 1994 08:49:07 GMT", 30 },
		{ "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:07 GMT",
		    30 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", NULL, 0 },
		{ "Sun, 06 Nov 1994 08:49:37", NULL, -1 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", NULL, 366 * 86400L },
	};
	char head[300];
	struct http_response a = { .head = head };
	size_t i;
	long got;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(head, sizeof(head), "Retry-After: %s\n%s%s\n",
		    t[i].value, t[i].date == NULL ? "X: y" : "Date: ",
		    t[i].date == NULL ? "" : t[i].date);
		got = http_retry_after(&a, 1795450000);
		check(got == t[i].want,
		    "http: Retry-After '%s' is %ld, got %ld", t[i].value,
		    t[i].want, got);
	}
	snprintf(head, sizeof(head), "X: y\n");
	check(http_retry_after(&a, 0) == -1, "http: no Retry-After");
}

int
main(void)
{
	test_good();
	test_bad();
	test_unframed();
	test_odd();
	test_surplus();
	test_floods();
	test_limits();
	test_links();
	test_resolve();
	test_retry_after();
	return test_end();
}
