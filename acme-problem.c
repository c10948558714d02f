/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Problem documents of a CA (RFC 9457, RFC 8555 6.7).  The administrator sees
 * them, so all text is made visible and capped.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme.h"

#define ERROR_PREFIX "urn:ietf:params:acme:error:"
#define SUBPROBLEMS_MAX 200 /* The most subproblems that are printed. */

/* The text of a member; NULL: it is absent, empty or no string. */
static const char *
text_member(json_t *o, const char *member)
{
	const char *s = json_string_value(json_object_get(o, member));

	return s == NULL || *s == '\0' ? NULL : s;
}

/*
 * The type; an ACME error type is cut to the part behind the prefix that all
 * have.  NULL: there is no type.
 */
static const char *
short_type(json_t *o)
{
	const char *type = text_member(o, "type");

	if (type != NULL &&
	    strncmp(type, ERROR_PREFIX, strlen(ERROR_PREFIX)) == 0)
		type += strlen(ERROR_PREFIX);
	return type == NULL || *type == '\0' ? NULL : type;
}

/*
 * The detail, or else the title (RFC 9457 3.1.3), which only says what kind of
 * problem it is.
 */
static const char *
words(json_t *o)
{
	const char *detail = text_member(o, "detail");

	return detail != NULL ? detail : text_member(o, "title");
}

static int
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * Have two subproblems the same type and words?  Their identifiers may differ.
 */
static int
same_problem(json_t *a, json_t *b)
{
	return same_text(short_type(a), short_type(b)) &&
	    same_text(words(a), words(b));
}

static void
put_text(FILE *f, const char *text)
{
	if (text != NULL)
		fprintf(f, " %s", text);
}

/* Writes subproblem i, and the identifiers of all later ones like it. */
static void
put_group(FILE *f, json_t *list, size_t i, size_t n)
{
	json_t *first = json_array_get(list, i);
	const char *name, *separator = ": ";

	fputs(" |", f);
	put_text(f, short_type(first));
	put_text(f, words(first));
	for (; i < n; i++) {
		name = text_member(
		    json_object_get(json_array_get(list, i), "identifier"),
		    "value");
		if (name == NULL ||
		    !same_problem(first, json_array_get(list, i)))
			continue;
		fprintf(f, "%s%s", separator, name);
		separator = ", ";
	}
}

/*
 * RFC 8555 6.7.1: writes the subproblems with their identifiers; equal ones
 * together.
 */
static void
put_subproblems(FILE *f, json_t *list)
{
	size_t n = json_array_size(list),
	       shown = n < SUBPROBLEMS_MAX ? n : SUBPROBLEMS_MAX, i, j;

	for (i = 0; i < shown; i++) {
		for (j = 0; j < i; j++)
			if (same_problem(json_array_get(list, j),
				json_array_get(list, i)))
				break;
		if (j == i)
			put_group(f, list, i, shown);
	}
	if (shown < n)
		fputs(" ...", f);
}

/* Reads the problem document (RFC 9457 3); o may be NULL or of any type. */
void
problem_read(struct problem *p, json_t *o)
{
	const char *type = short_type(o);
	char *text;
	size_t len;
	FILE *f;

	memset(p, 0, sizeof(*p));
	if (!json_is_object(o))
		return;
	if (type == NULL)
		type = "about:blank";
	if ((f = open_memstream(&text, &len)) == NULL)
		err(1, NULL);
	fputs(type, f);
	put_text(f, words(o));
	put_text(f, text_member(o, "instance"));
	put_subproblems(f, json_object_get(o, "subproblems"));
	if (fclose(f) == EOF)
		err(1, NULL);
	say_safe(p->type, sizeof(p->type), type, strlen(type));
	say_safe(p->text, sizeof(p->text), text, len);
	free(text);
}

void
problem_parse(struct problem *p, int http_status, const char *buf, size_t len)
{
	struct error ignored;
	json_t *o = json_read(buf, len, &ignored);
	char first[200];

	problem_read(p, o);
	if (o == NULL || short_type(o) == NULL) {
		p->type[0] = '\0';
		if (p->text[0] == '\0' && len > 0) {
			say_safe(
			    first, sizeof(first), buf, len > 400 ? 400 : len);
			snprintf(p->text, sizeof(p->text),
			    "(no problem document) %s", first);
		} else if (p->text[0] == '\0')
			snprintf(p->text, sizeof(p->text),
			    "(HTTP status %d, nothing else said)", http_status);
	}
	json_decref(o);
}
