/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What CAA records say about an issuance (RFC 8659, RFC 8657), by zoneproc.
 * The result is only printed: an attacker who forges records can have a wrong
 * warning printed, or none.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "zone.h"

/* Values and parameters that are longer permit nothing. */
#define VALUE_MAX 512
#define TEXT_MAX 200 /* The part of foreign text that a message shows. */

/* What a record's value says: the CA's name and its parameters. */
struct grant {
	char issuer[VALUE_MAX];   /* "": no CA. */
	char accounts[VALUE_MAX]; /* "accounturi", or "". */
	char methods[VALUE_MAX];  /* "validationmethods", or "". */
	int has_accounts, has_methods;
};

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* Copies the text without blanks at its end. */
static void
copy_trimmed(char out[VALUE_MAX], const char *s, size_t len)
{
	while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	snprintf(out, VALUE_MAX, "%.*s", (int)len, s);
}

/* A parameter's value; -1 if it is given twice, which permits nothing. */
static int
keep(char out[VALUE_MAX], int *has, const char *s, size_t len)
{
	if (*has)
		return -1;
	*has = 1;
	copy_trimmed(out, s, len);
	return 0;
}

/* "tag=value" (RFC 8659 4.2); -1: it is malformed. */
static int
take_parameter(struct grant *g, const char *s, size_t len)
{
	static const char account[] = "accounturi";
	static const char method[] = "validationmethods";
	const char *equals = memchr(s, '=', len), *value;
	size_t n, i;

	if (equals == NULL)
		return -1;
	for (n = (size_t)(equals - s);
	     n > 0 && isblank((unsigned char)s[n - 1]); n--)
		;
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-')
			return -1;
	value = skip_blanks(equals + 1);
	if (value > s + len)
		value = s + len;
	len -= (size_t)(value - s);
	if (n == strlen(account) && strncasecmp(s, account, n) == 0)
		return keep(g->accounts, &g->has_accounts, value, len);
	if (n == strlen(method) && strncasecmp(s, method, n) == 0)
		return keep(g->methods, &g->has_methods, value, len);
	return n == 0 ? -1 : 0;
}

/* The value of "issue" or "issuewild"; -1: it is malformed. */
static int
parse(struct grant *g, const char *value)
{
	size_t n;

	memset(g, 0, sizeof(*g));
	value = skip_blanks(value);
	n = strcspn(value, ";");
	copy_trimmed(g->issuer, value, n);
	if (strpbrk(g->issuer, " \t=") != NULL)
		return -1;
	for (value += n; *value == ';'; value += n) {
		value = skip_blanks(value + 1);
		n = strcspn(value, ";");
		/* Nothing may follow the last ";". */
		if (n > 0 && take_parameter(g, value, n) == -1)
			return -1;
	}
	return 0;
}

static int
is_ours(const struct caa_question *q, const char *issuer)
{
	size_t i;

	for (i = 0; i < q->issuers.n; i++)
		if (strcasecmp(q->issuers.v[i], issuer) == 0)
			return 1;
	return 0;
}

/* Is the method one of this list, which has commas between? */
static int
is_listed(const char *list, const char *method)
{
	size_t n, len = strlen(method);

	for (; *list != '\0'; list += n + (list[n] == ',')) {
		list = skip_blanks(list);
		n = strcspn(list, ",");
		if (strncmp(list, method, len) == 0 && n >= len &&
		    strspn(list + len, " \t") == n - len)
			return 1;
	}
	return 0;
}

/* How far a record permits the issuance: the higher, the further. */
static enum caa_verdict
judge(const struct caa_question *q, const struct grant *g)
{
	if (g->issuer[0] == '\0')
		return CAA_NOBODY;
	if (!is_ours(q, g->issuer))
		return CAA_OTHERS;
	if (g->has_methods && !is_listed(g->methods, q->method))
		return CAA_METHOD;
	if (g->has_accounts && q->account == NULL)
		return CAA_ACCOUNT_UNKNOWN;
	if (g->has_accounts && strcmp(g->accounts, q->account) != 0)
		return CAA_ACCOUNT;
	return CAA_PERMITTED;
}

/* Adds to the text, with a comma, what the record has that does not suit. */
static void
add(char text[CAA_TEXT_MAX], enum caa_verdict v, const struct grant *g)
{
	char safe[TEXT_MAX];
	const char *part = v == CAA_METHOD        ? g->methods :
	    v == CAA_OTHERS                       ? g->issuer :
	    v == CAA_NOBODY || v == CAA_PERMITTED ? "" :
						    g->accounts;

	if (part[0] != '\0')
		say_add(text, CAA_TEXT_MAX, "%s%s", *text != '\0' ? ", " : "",
		    say_safe(safe, sizeof(safe), part, strlen(part)));
}

/* Are there records of this property? */
static int
has_property(const struct caa *records, size_t n, const char *tag)
{
	size_t i;

	for (i = 0; i < n && strcasecmp(records[i].tag, tag) != 0; i++)
		;
	return i < n;
}

/* A critical property that a CA may not know forbids (RFC 8659 4.1). */
static int
has_unknown(const struct caa *records, size_t n, char text[CAA_TEXT_MAX])
{
	static const char *const known[] = { "issue", "issuewild", "iodef",
		"issuemail", "issuevmc", "contactemail", "contactphone" };
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < sizeof(known) / sizeof(known[0]) &&
		     strcasecmp(records[i].tag, known[k]) != 0;
		     k++)
			;
		if (k == sizeof(known) / sizeof(known[0]) &&
		    records[i].critical) {
			say_safe(text, CAA_TEXT_MAX, records[i].tag,
			    strlen(records[i].tag));
			return 1;
		}
	}
	return 0;
}

enum caa_verdict
caa_judge(const struct caa_question *q, const struct caa *records, size_t n,
    char text[CAA_TEXT_MAX])
{
	const char *tag = q->wildcard && has_property(records, n, "issuewild") ?
	    "issuewild" :
	    "issue";
	enum caa_verdict best = CAA_NOBODY, v;
	struct grant g;
	size_t i;

	*text = '\0';
	if (has_unknown(records, n, text))
		return CAA_CRITICAL;
	/* Other properties alone restrict nothing (RFC 8659 4.2). */
	if (!has_property(records, n, tag))
		return CAA_PERMITTED;
	for (i = 0; i < n; i++) {
		if (strcasecmp(records[i].tag, tag) != 0 ||
		    parse(&g, records[i].value) == -1)
			continue;
		v = judge(q, &g);
		if (v > best)
			*text = '\0';
		if (v >= best) {
			best = v;
			add(text, v, &g);
		}
	}
	return best;
}

int
caa_take(struct caa *c, uint8_t flags, const uint8_t *tag, size_t taglen,
    const uint8_t *value, size_t len)
{
	/* A value that is too long or has a NUL permits nothing. */
	static const char forbids[] = ";";
	size_t i;

	memset(c, 0, sizeof(*c));
	if (taglen == 0 || taglen >= sizeof(c->tag))
		return -1;
	c->critical = (flags & 0x80) != 0;
	memcpy(c->tag, tag, taglen);
	for (i = 0; i < taglen; i++)
		if (!isalnum((unsigned char)c->tag[i]))
			return -1;
	if (len >= sizeof(c->value) || memchr(value, '\0', len) != NULL) {
		memcpy(c->value, forbids, sizeof(forbids));
		return 0;
	}
	memcpy(c->value, value, len);
	return 0;
}
