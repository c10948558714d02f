/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * acme-client.conf(5): the statements in the block of an authority.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf-parse.h"

/* Reads a URL.  A second statement adds to the first. */
static void
parse_api_origin(void *at, const struct statement *s)
{
	char *text = take_string("a URL");

	(void)s;
	if (text != NULL)
		add_string(at, text);
}

static void
print_api_origin(const char *start, const void *at)
{
	const struct strings *origins = at;
	size_t i;

	for (i = 0; i < origins->n; i++)
		print_string(start, &origins->v[i]);
}

/* Reads PATH [KEYTYPE]. */
static void
parse_account_key(void *at, const struct statement *s)
{
	struct authority *a = at;

	set_string(&a->account_key, s);
	parse_keyspec(&a->account_spec);
}

static void
print_account_key(const char *start, const void *at)
{
	const struct authority *a = at;

	printf("%s ", start);
	put_quoted(a->account_key);
	put_keyspec(&a->account_spec);
	putchar('\n');
}

/* Reads ID hmac file PATH [hs256|hs384|hs512]. */
static void
parse_eab(void *at, const struct statement *s)
{
	static const char *const algorithms[][2] = {
		{ "hs256", "HS256" },
		{ "hs384", "HS384" },
		{ "hs512", "HS512" },
	};
	struct authority *a = at;
	size_t i;

	set_string(&a->eab_kid, s);
	a->eab_alg = algorithms[0][1];
	if (!take_word("hmac") || !take_word("file"))
		return;
	set_string(&a->eab_file, s);
	for (i = 0; i < 3; i++)
		if (is_word(algorithms[i][0])) {
			a->eab_alg = algorithms[i][1];
			lex_next();
			return;
		}
}

static void
print_eab(const char *start, const void *at)
{
	const struct authority *a = at;

	if (a->eab_kid == NULL)
		return;
	printf("%s ", start);
	put_quoted(a->eab_kid);
	printf(" hmac file ");
	put_quoted(a->eab_file);
	printf(" hs%s\n", a->eab_alg + 2);
}

/* Reads URL [auth file PATH]. */
static void
parse_proxy(void *at, const struct statement *s)
{
	struct authority *a = at;

	set_string(&a->proxy, s);
	if (!is_word("auth"))
		return;
	lex_next();
	if (take_word("file"))
		set_string(&a->proxy_auth, s);
}

static void
print_proxy(const char *start, const void *at)
{
	const struct authority *a = at;

	if (a->proxy == NULL)
		return;
	printf("%s ", start);
	put_quoted(a->proxy);
	if (a->proxy_auth != NULL) {
		printf(" auth file ");
		put_quoted(a->proxy_auth);
	}
	putchar('\n');
}

/*
 * Returns the last second of a day (YYYY-MM-DD, in UTC) in seconds since 1970;
 * 0: the text is no date.
 */
static uint64_t
end_of_day(const char *text)
{
	struct tm tm = { .tm_hour = 23, .tm_min = 59, .tm_sec = 59 }, day;
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	time_t t;

	if (end == NULL || *end != '\0' || strlen(text) != strlen("YYYY-MM-DD"))
		return 0;
	day = tm;
	t = timegm(&tm);
	/* timegm() turns February 30 into another day. */
	return t > 0 && tm.tm_mday == day.tm_mday ? (uint64_t)t : 0;
}

/* Reads NAME [until YYYY-MM-DD]. */
static void
parse_issuer(void *at, const struct statement *s)
{
	struct authority *a = at;
	char *date;

	set_string(&a->issuer, s);
	if (!is_word("until"))
		return;
	lex_next();
	if ((date = take_string("a date (YYYY-MM-DD)")) == NULL)
		return;
	if ((a->until = end_of_day(date)) == 0)
		lex_error(
		    "issuer: until %s: expected a date (YYYY-MM-DD)", date);
	free(date);
}

static void
print_issuer(const char *start, const void *at)
{
	const struct authority *a = at;
	time_t until = (time_t)a->until;
	struct tm tm;
	char date[20];

	if (a->issuer == NULL)
		return;
	printf("%s ", start);
	put_quoted(a->issuer);
	if (until != 0 && gmtime_r(&until, &tm) != NULL &&
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm) > 0)
		printf(" until %s", date);
	putchar('\n');
}

/* Reads "ipv4" or "ipv6". */
static void
parse_prefer(void *at, const struct statement *s)
{
	enum prefer *prefer = at;

	if (*prefer != PREFER_NONE)
		lex_error("'%s' is given twice in this block", s->words);
	*prefer = is_word("ipv4") ? PREFER_IPV4 :
	    is_word("ipv6")       ? PREFER_IPV6 :
				    PREFER_NONE;
	if (*prefer == PREFER_NONE) {
		lex_error("expected ipv4 or ipv6 instead of %s", token_text());
		skip_line();
	} else
		lex_next();
}

static void
print_prefer(const char *start, const void *at)
{
	enum prefer prefer = *(const enum prefer *)at;

	if (prefer != PREFER_NONE)
		printf(
		    "%s %s\n", start, prefer == PREFER_IPV4 ? "ipv4" : "ipv6");
}

/*
 * The statements of an authority's block, in the order in which they are
 * printed.
 */
static const struct statement statements[] = {
#define MEMBER(m) offsetof(struct authority, m)
	{ "api url", parse_string, print_string, MEMBER(api_url) },
	{ "api origin", parse_api_origin, print_api_origin, MEMBER(origins) },
	{ "staging", parse_string, print_string, MEMBER(staging) },
	{ "account key", parse_account_key, print_account_key, 0 },
	{ "eab key id", parse_eab, print_eab, 0 },
	{ "contact", parse_string, print_string, MEMBER(contact) },
	{ "proxy", parse_proxy, print_proxy, 0 },
	{ "issuer", parse_issuer, print_issuer, 0 },
	{ "prefer", parse_prefer, print_prefer, MEMBER(prefer) },
	{ "ca file", parse_string, print_string, MEMBER(ca_file) },
	{ "root file", parse_string, print_string, MEMBER(root_file) },
	{ "root any", parse_flag, print_flag, MEMBER(root_any) },
	{ "insecure", parse_flag, print_flag, MEMBER(insecure) },
#undef MEMBER
};
#define COUNT (sizeof(statements) / sizeof(statements[0]))

void
parse_authority(void *at, const struct statement *s)
{
	struct conf *conf = at;
	struct authority *a;

	(void)s;
	conf->authorities = recallocarray(conf->authorities, conf->nauthorities,
	    conf->nauthorities + 1, sizeof(*conf->authorities));
	if (conf->authorities == NULL)
		err(1, NULL);
	a = &conf->authorities[conf->nauthorities++];
	a->line = lex_line();
	a->file = lex_file();
	a->name = take_block_name("the authority's name");
	parse_block(a, statements, COUNT);
}

void
print_authorities(const char *start, const void *at)
{
	const struct conf *conf = at;
	size_t i;

	for (i = 0; i < conf->nauthorities; i++) {
		printf("\n%s ", start);
		put_quoted(conf->authorities[i].name);
		printf(" {\n");
		print_block("\t", &conf->authorities[i], statements, COUNT);
		printf("}\n");
	}
}
