/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Makes and reads persist records of dns-persist-01, for zoneproc; their syntax
 * is that of issue-value in RFC 8659 4.2.  If this is wrong, a run asks the CA
 * in vain, or asks for a record that exists already; the CA decides.
 */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "persist.h"

#define PARAMETERS_MAX 32
/* The longest string in a TXT record (RFC 1035 3.3). */
#define STRING_MAX 255

struct piece {
	const char *p;
	size_t n;
};

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Returns the text before the next ';', without blanks around it; *text moves
 * behind the ';', or becomes NULL.
 */
static struct piece
next_piece(const char **text, const char *end)
{
	const char *p = *text, *semicolon = memchr(p, ';', (size_t)(end - p));
	const char *q = semicolon == NULL ? end : semicolon;

	*text = semicolon == NULL ? NULL : semicolon + 1;
	while (p < q && is_blank(*p))
		p++;
	while (p < q && is_blank(q[-1]))
		q--;
	return (struct piece){ p, (size_t)(q - p) };
}

static int
is(const struct piece *a, const char *text)
{
	return a->n == strlen(text) && memcmp(a->p, text, a->n) == 0;
}

static int
is_any_case(const struct piece *a, const char *text)
{
	return a->n == strlen(text) && strncasecmp(a->p, text, a->n) == 0;
}

/* Splits tag "=" value (RFC 8659 4.2).  0: it has another form. */
static int
split(const struct piece *whole, struct piece *tag, struct piece *value)
{
	const char *equals = whole->n == 0 ? NULL :
					     memchr(whole->p, '=', whole->n);
	size_t i;

	if (equals == NULL)
		return 0;
	*tag = (struct piece){ whole->p, (size_t)(equals - whole->p) };
	*value = (struct piece){ equals + 1, whole->n - tag->n - 1 };
	while (tag->n > 0 && is_blank(tag->p[tag->n - 1]))
		tag->n--;
	while (value->n > 0 && is_blank(*value->p))
		value->p++, value->n--;
	for (i = 0; i < tag->n; i++)
		if (!isalnum((unsigned char)tag->p[i]))
			return 0;
	for (i = 0; i < value->n; i++)
		if (value->p[i] < 0x21 || value->p[i] > 0x7e)
			return 0;
	return tag->n > 0;
}

/* Are these decimal digits of a time, in seconds, that is still to come? */
static int
is_to_come(const struct piece *value, int64_t now)
{
	int64_t seconds = 0;
	size_t i;

	if (value->n == 0 || value->n > 15)
		return 0;
	for (i = 0; i < value->n; i++) {
		if (!isdigit((unsigned char)value->p[i]))
			return 0;
		seconds = 10 * seconds + (value->p[i] - '0');
	}
	return seconds > now;
}

/* Is this name one of the CA's? */
static int
is_issuer(const struct persist *s, const struct piece *name)
{
	size_t i;

	for (i = 0; i < s->issuers.n; i++)
		if (is_any_case(name, s->issuers.v[i]))
			return 1;
	return 0;
}

enum persist_fit
persist_fit(const struct persist *s, const char *text, size_t len)
{
	struct piece tags[PARAMETERS_MAX], piece, value;
	int account = 0, wildcard = 0, expired = 0;
	const char *end = text + len;
	size_t n = 0, i;

	piece = next_piece(&text, end);
	if (!is_issuer(s, &piece))
		return PERSIST_OTHER;
	for (; text != NULL; n++) {
		piece = next_piece(&text, end);
		if (n == PARAMETERS_MAX || !split(&piece, &tags[n], &value))
			return PERSIST_OTHER;
		for (i = 0; i < n; i++)
			if (tags[i].n == tags[n].n &&
			    strncasecmp(tags[i].p, tags[n].p, tags[n].n) == 0)
				return PERSIST_OTHER;
		if (is_any_case(&tags[n], "accounturi"))
			account = is(&value, s->account);
		else if (is_any_case(&tags[n], "policy"))
			wildcard = is_any_case(&value, "wildcard");
		else if (is_any_case(&tags[n], "persistUntil"))
			expired = !is_to_come(&value, s->now);
	}
	return !account              ? PERSIST_ACCOUNT :
	    expired                  ? PERSIST_EXPIRED :
	    s->wildcard && !wildcard ? PERSIST_POLICY :
				       PERSIST_GOOD;
}

char *
persist_record(const char *name, const char *issuer, const char *account,
    int wildcard, uint64_t until)
{
	char *value, *line, *p, end[48] = "";
	size_t len, i;

	if (until != 0)
		snprintf(end, sizeof(end), "; persistUntil=%llu",
		    (unsigned long long)until);
	if (asprintf(&value, "%s; accounturi=%s%s%s", issuer, account,
		wildcard ? "; policy=wildcard" : "", end) == -1)
		err(1, NULL);
	len = strlen(value);
	/* Each string takes two quotes and a blank besides. */
	if (asprintf(&line, "%s.%s. IN TXT%*s", PERSIST_LABEL, name,
		(int)(len + 3 * (len / STRING_MAX + 1)), "") == -1)
		err(1, NULL);
	p = strrchr(line, 'T') + 1;
	for (i = 0; i < len; i++) {
		if (i % STRING_MAX == 0) {
			memcpy(p, i == 0 ? " \"" : "\" \"", i == 0 ? 2 : 3);
			p += i == 0 ? 2 : 3;
		}
		*p++ = value[i];
	}
	memcpy(p, "\"", 2);
	free(value);
	return line;
}
