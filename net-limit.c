/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Finds out from the CA's text what a rate limit is about: a problem document
 * has no member for it (RFC 8555 6.6).
 */
#include <ctype.h>
#include <string.h>

#include "net.h"
#include "valid.h"

/* Is the name in the text, and not only a part of a longer name? */
static int
has_name(const char *text, const char *name)
{
	size_t len = strlen(name);
	const char *at;

	for (at = strcasestr(text, name); at != NULL;
	     at = strcasestr(at + 1, name))
		if ((at == text ||
			(!isalnum((unsigned char)at[-1]) && at[-1] != '-')) &&
		    !isalnum((unsigned char)at[len]) && at[len] != '-')
			return 1;
	return 0;
}

/* Is the name in the text, or a domain above it? */
static int
names_one(const char *text, const char *name)
{
	unsigned char addr[16];
	int is_address = address_bytes(name, addr) > 0;

	while (!has_name(text, name)) {
		if (is_address || (name = strchr(name, '.')) == NULL ||
		    strchr(++name, '.') == NULL)
			return 0;
	}
	return 1;
}

static int
says_one(const char *text, const char *const *words, size_t n)
{
	while (n > 0)
		if (strcasestr(text, words[--n]) != NULL)
			return 1;
	return 0;
}

int
limit_is_of_names(const char *text, const struct strings *names)
{
	static const char *const words[] = { "identifier", "domain",
		"exact set", "paused" };
	size_t i;

	if (says_one(text, words, sizeof(words) / sizeof(words[0])))
		return 1;
	for (i = 0; i < names->n; i++)
		if (names_one(text, names->v[i]))
			return 1;
	return 0;
}

int
limit_is_of_account(const char *text)
{
	static const char *const words[] = { "account", "new orders", "address",
		"registration" };

	return says_one(text, words, sizeof(words) / sizeof(words[0]));
}
