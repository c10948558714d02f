/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as answers of a server: no crash, and the same verdict however
 * they are cut into pieces.  The first byte chooses the method and the cut.
 *
 *	clang -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE \
 *	    $(pkg-config --cflags --libs libbsd-overlay) \
 *	    -I. regress/fuzz-http.c http-parse.c http-fields.c valid.c log.c
 *	./a.out -max_len=4096 corpus
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http.h"

int fuzz_http(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* 1 a whole response, 0 not yet, -1 refused; *used: bytes until then. */
static int
feed(struct http_parser *p, int bodiless, const char *text, size_t len,
    size_t step, size_t *used)
{
	struct error e;
	size_t n;
	ssize_t rc;

	http_parse_start(p, bodiless, HTTP_BODY_BYTES_MAX);
	for (*used = 0; *used < len && p->state != HTTP_DONE;
	     *used += (size_t)rc) {
		n = len - *used < step ? len - *used : step;
		if ((rc = http_parse(p, text + *used, n, &e)) == -1)
			return -1;
		must((size_t)rc <= n && (rc > 0 || n == 0));
	}
	/* Then the connection ends, which may be the end of the body. */
	if (p->state != HTTP_DONE && http_parse_end(p) == 0)
		must(p->response.unframed && !p->keep_alive);
	return p->state == HTTP_DONE;
}

/* Everything that the client asks an answer. */
static void
ask(const struct http_response *a)
{
	static const char base[] = "https://ca.example:14000/acme/order/1?x=/y";
	struct url url;
	char *value;
	size_t n;
	long seconds = http_retry_after(a, 1795450000);

	must(seconds >= -1 && seconds <= 366 * 86400L);
	if ((value = http_location(a, base)) != NULL)
		url_parse(&url, value);
	free(value);
	for (n = 0;
	     n < 1000 && (value = http_link(a, "alternate", n, base)) != NULL;
	     n++) {
		/* What passes is printable and small enough for its fields. */
		if (url_parse(&url, value)) {
			must(url.path[0] == '/' &&
			    strpbrk(url.path, " \r\n\"") == NULL);
			must(strlen(url.host) > 0);
		}
		free(value);
	}
	free(http_header(a, "Replay-Nonce", 0));
	must(strlen(a->body) <= a->bodylen);
	must(a->bodylen <= HTTP_BODY_BYTES_MAX);
}

int
fuzz_http(const uint8_t *buf, size_t len)
{
	static struct http_parser one, two;
	const char *text = (const char *)buf + 1;
	size_t used1, used2;
	int rc;

	if (len == 0)
		return 0;
	rc = feed(&one, buf[0] & 1, text, len - 1, len, &used1);
	must(feed(&two, buf[0] & 1, text, len - 1, 1 + (buf[0] >> 1) % 32,
		 &used2) == rc);
	if (rc == 1) {
		must(used1 == used2 && one.keep_alive == two.keep_alive);
		must(one.response.status == two.response.status);
		must(one.response.bodylen == two.response.bodylen &&
		    memcmp(one.response.body, two.response.body,
			one.response.bodylen) == 0);
		must(
		    (one.response.head == NULL) == (two.response.head == NULL));
		must(one.response.head == NULL ||
		    strcmp(one.response.head, two.response.head) == 0);
		ask(&one.response);
	}
	http_parse_free(&one);
	http_parse_free(&two);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	return fuzz_http(buf, len);
}
