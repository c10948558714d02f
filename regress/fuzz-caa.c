/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as CAA records, a line for each: "TAG VALUE".  What permits this CA
 * has its name, and what is printed is harmless.
 */
#include <string.h>

#include "fuzz.h"
#include "zone.h"

#define RECORDS 8

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static size_t
take(const uint8_t *data, size_t size, struct caa out[RECORDS])
{
	const uint8_t *end, *blank;
	size_t n = 0, line, tag;

	while (size > 0 && n < RECORDS) {
		end = memchr(data, '\n', size);
		line = end == NULL ? size : (size_t)(end - data);
		blank = memchr(data, ' ', line);
		tag = blank == NULL ? line : (size_t)(blank - data);
		n += caa_take(&out[n], (uint8_t)line, data, tag, data + tag,
			 line - tag) == 0;
		line += end != NULL;
		data += line;
		size -= line;
	}
	return n;
}

/* Has any of these properties this name? */
static int
has(const struct caa *records, size_t n, const char *tag, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcasecmp(records[i].tag, tag) == 0 &&
		    (name == NULL ||
			strcasestr(records[i].value, name) != NULL))
			return 1;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "ca.example", *names[] = { name };
	struct caa_question q = { .issuers = { .v = names, .n = 1 },
		.account = "https://ca.example/1",
		.method = "http-01" };
	struct caa records[RECORDS];
	char text[CAA_TEXT_MAX];
	enum caa_verdict v;
	size_t n = take(data, size, records), i;

	for (q.wildcard = 0; q.wildcard < 2; q.wildcard++) {
		v = caa_judge(&q, records, n, text);
		must(strlen(text) < sizeof(text));
		for (i = 0; text[i] != '\0'; i++)
			must(text[i] >= ' ' && text[i] <= '~');
		if (v >= CAA_METHOD && v <= CAA_PERMITTED &&
		    has(records, n, "issue", NULL) && !q.wildcard)
			must(has(records, n, "issue", name));
	}
	return 0;
}
