/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes of a client of respproc: as a request (first byte h) or a
 * ClientHello (t).  Reading never goes beyond them; what is whole stays so; and
 * what is found is fit for what it is looked up by.
 *
 *	clang -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE \
 *	    $(pkg-config --cflags --libs libbsd-overlay) \
 *	    -I. regress/fuzz-responder.c resp-http.c resp-hello.c valid.c
 *	./a.out -max_len=16384 corpus
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "resp.h"
#include "valid.h"

int fuzz_responder(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * A copy of just this size, so that the sanitizer sees what is read beyond it.
 */
static uint8_t *
copy_of(const uint8_t *buf, size_t len)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);

	must(copy != NULL);
	memcpy(copy, buf, len);
	return copy;
}

static enum request_result
read_request(const uint8_t *buf, size_t len)
{
	uint8_t *copy = copy_of(buf, len);
	struct request r;
	enum request_result result = request_read((const char *)copy, len, &r);

	free(copy);
	must(result != REQUEST_TOKEN || valid_token(r.token));
	return result;
}

/*
 * Before the end of the header section nothing is known; with a byte more
 * nothing is right.
 */
static void
fuzz_request(const uint8_t *buf, size_t len)
{
	enum request_result result = read_request(buf, len);
	uint8_t *longer;

	if (result == REQUEST_MORE || result == REQUEST_BAD)
		return;
	must(len >= 4 && read_request(buf, len - 1) == REQUEST_MORE);
	must((longer = malloc(len + 1)) != NULL);
	memcpy(longer, buf, len);
	longer[len] = 'x';
	must(read_request(longer, len + 1) == REQUEST_BAD);
	free(longer);
}

static enum hello_result
read_hello(const uint8_t *buf, size_t len)
{
	uint8_t *copy = copy_of(buf, len);
	char name[254];
	enum hello_result result = hello_read(copy, len, name);
	size_t i;

	free(copy);
	if (result != HELLO_NAMED)
		return result;
	for (i = 0; name[i] != '\0'; i++)
		must(i < 253 && isgraph((unsigned char)name[i]) &&
		    !isupper((unsigned char)name[i]));
	must(i > 0);
	return result;
}

/*
 * What is whole is so from one of its bytes on; before that it is not refused.
 */
static void
fuzz_hello(const uint8_t *buf, size_t len)
{
	enum hello_result result = read_hello(buf, len), before;
	size_t n;
	int whole = 0;

	if (result != HELLO_NAMED)
		return;
	for (n = 0; n < len && !whole; n++) {
		before = read_hello(buf, n);
		must(before != HELLO_BAD);
		whole = before == HELLO_NAMED;
	}
}

int
fuzz_responder(const uint8_t *buf, size_t len)
{
	if (len == 0)
		return 0;
	if (buf[0] == 'h')
		fuzz_request(buf + 1, len - 1);
	if (buf[0] == 't')
		fuzz_hello(buf + 1, len - 1);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	return fuzz_responder(buf, len);
}
