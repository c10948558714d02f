/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as the text of a persist record: what fits is for our account, and
 * what is added to it changes that only as it says.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "persist.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *issuers[] = { "ca.example", "b.example" };
	struct persist s = { .issuers = { .v = issuers, .n = 2 },
		.account = "https://ca.example/1",
		.now = 2000000000 };
	enum persist_fit plain, wildcard;
	char *text = malloc(size + 1);

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	plain = persist_fit(&s, text, size);
	s.wildcard = 1;
	wildcard = persist_fit(&s, text, size);
	must(wildcard == plain ||
	    (plain == PERSIST_GOOD && wildcard == PERSIST_POLICY));
	if (plain >= PERSIST_EXPIRED)
		must(memmem(text, size, s.account, strlen(s.account)) != NULL);
	/* Nothing where a parameter must be. */
	memcpy(text + size, ";", 1);
	must(persist_fit(&s, text, size + 1) == PERSIST_OTHER);
	free(text);
	return 0;
}
