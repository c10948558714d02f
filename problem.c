/* SPDX-License-Identifier: ISC */
/*
 * What a CA says went wrong: RFC 9457, RFC 8555 6.7.  All of it ends up in
 * front of the administrator, so all of it is made visible and capped.
 */
#include <stdio.h>
#include <string.h>

#include "json-read.h"

#define ERROR_PREFIX	"urn:ietf:params:acme:error:"

/* Adds text to a bounded string, with a blank between. */
void
json_append(char *out, size_t outsz, const char *text)
{
	size_t len = strlen(out);

	if (len > 0 && len + 1 < outsz) {
		out[len++] = ' ';
		out[len] = '\0';
	}
	say_safe(out + len, outsz - len, text, strlen(text));
}

static void
append_member(char *out, size_t outsz, json_t *o, const char *member)
{
	const char *s = json_string_value(json_member(o, member));

	if (s != NULL && *s != '\0')
		json_append(out, outsz, s);
}

/* ACME's own types without their common beginning; NULL: there is none. */
static const char *
short_type(json_t *o)
{
	const char *type = json_string_value(json_member(o, "type"));

	if (type != NULL && strncmp(type, ERROR_PREFIX, strlen(ERROR_PREFIX)) == 0)
		type += strlen(ERROR_PREFIX);
	return type == NULL || *type == '\0' ? NULL : type;
}

/* RFC 8555 6.7.1: each with the identifier that it is about. */
static void
append_subproblems(struct problem *p, json_t *list)
{
	json_t *sub, *id;
	size_t i;

	json_array_foreach(list, i, sub) {
		id = json_member(sub, "identifier");
		json_append(p->text, sizeof(p->text), "|");
		append_member(p->text, sizeof(p->text), id, "value");
		if (short_type(sub) != NULL)
			json_append(p->text, sizeof(p->text), short_type(sub));
		append_member(p->text, sizeof(p->text), sub, "detail");
	}
}

/* RFC 9457 3; o may be NULL or anything. */
void
problem_read(struct problem *p, json_t *o)
{
	const char *type = short_type(o);

	memset(p, 0, sizeof(*p));
	if (!json_is_object(o))
		return;
	if (type == NULL)
		type = "about:blank";
	say_safe(p->type, sizeof(p->type), type, strlen(type));
	json_append(p->text, sizeof(p->text), p->type);
	append_member(p->text, sizeof(p->text), o, "detail");
	append_member(p->text, sizeof(p->text), o, "instance");
	append_subproblems(p, json_member(o, "subproblems"));
}

void
problem_parse(struct problem *p, int http_status, const char *buf, size_t len)
{
	struct why ignored;
	json_t *o = json_read(buf, len, &ignored);
	char first[200];

	problem_read(p, o);
	if (o == NULL || short_type(o) == NULL) {
		p->type[0] = '\0';
		if (p->text[0] == '\0' && len > 0) {
			say_safe(first, sizeof(first), buf, len > 400 ? 400 : len);
			snprintf(p->text, sizeof(p->text), "(no problem document) %s", first);
		} else if (p->text[0] == '\0')
			snprintf(p->text, sizeof(p->text), "(HTTP status %d, nothing else said)",
			    http_status);
	}
	json_decref(o);
}
