/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Records that are kept between runs, as JSON text.
 */
#include <err.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sha2.h>

#include "cert.h"
#include "clock.h"
#include "log.h"

#define MINUTE 60
#define HOUR 3600

/*
 * Parses a record.  A damaged one must not stop a renewal: this prints a
 * warning, and the record counts as absent.
 */
static json_t *
parse(const char *record, size_t len, const char *whose)
{
	json_t *o;

	if (record == NULL)
		return json_object();
	o = json_loadb(record, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		if (whose != NULL)
			say_warning("%s: damaged, started anew", whose);
		return json_object();
	}
	return o;
}

/* Encodes o, and frees it. */
static char *
encode(json_t *o)
{
	char *record = json_dumps(o, JSON_INDENT(1) | JSON_PRESERVE_ORDER);

	json_decref(o);
	if (record == NULL)
		errx(1, "cannot encode what is to be remembered");
	return record;
}

static json_int_t
number(json_t *o, const char *member)
{
	json_int_t n = json_integer_value(json_object_get(o, member));

	return n < 0 ? 0 : n;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Hashes a set of names; the order of the names does not matter. */
static void
hash_names(const struct strings *names, char out[FINGERPRINT_LEN])
{
	char *sorted[CONF_NAMES_MAX + 1];
	SHA2_CTX ctx;
	size_t i, n = names->n < CONF_NAMES_MAX ? names->n : CONF_NAMES_MAX;

	for (i = 0; i < n; i++)
		sorted[i] = names->v[i];
	qsort(sorted, n, sizeof(*sorted), by_text);
	SHA256Init(&ctx);
	for (i = 0; i < n; i++)
		SHA256Update(&ctx, (uint8_t *)sorted[i], strlen(sorted[i]) + 1);
	SHA256End(&ctx, out);
}

/* The types of the members of struct state. */
enum kind { TEXT, NUMBER_INT, NUMBER_UNSIGNED, NUMBER_LONG, NUMBER_TIME };

#define ROW(object, name, kind, kept, shown, field) \
	{ \
		object, name, kind, kept, shown, \
		    offsetof(struct state, field), \
		    sizeof(((struct state *)NULL)->field) \
	}
#define MEMBER(object, name, kind, field) ROW(object, name, kind, 0, 0, field)
/* A member that is kept when the names change. */
#define KEPT(object, name, kind, field) ROW(object, name, kind, 1, 0, field)
/* A member that is written even if it is 0, since people look for it. */
#define SHOWN(object, name, kind, field) ROW(object, name, kind, 0, 1, field)

/*
 * The members of a state file, in the order in which they are written.  A new
 * member of struct state is a row here; where a file lacks it, it is 0 or "".
 */
static const struct member {
	/* The inner object that the member is in; NULL: the outermost. */
	const char *object;
	const char *name;
	enum kind kind;
	int kept;  /* The member is kept when the names have changed. */
	int shown; /* The member is written even if it is 0. */
	size_t offset, size;
} members[] = {
	MEMBER(NULL, "names", TEXT, names),
	SHOWN(NULL, "attempts", NUMBER_UNSIGNED, attempts),
	SHOWN(NULL, "failures", NUMBER_UNSIGNED, failures),
	SHOWN(NULL, "not before", NUMBER_TIME, not_before),
	MEMBER(NULL, "last success", NUMBER_TIME, last_success),
	MEMBER(NULL, "last error", TEXT, last_error),
	MEMBER(NULL, "error class", NUMBER_INT, error_class),
	MEMBER(NULL, "forced", NUMBER_INT, forced),
	MEMBER(NULL, "attempt began", NUMBER_TIME, began),
	MEMBER(NULL, "milliseconds", NUMBER_LONG, took_ms),
	MEMBER("renewal", "certificate", TEXT, window.certid),
	MEMBER("renewal", "start", NUMBER_TIME, window.start),
	MEMBER("renewal", "end", NUMBER_TIME, window.end),
	MEMBER("renewal", "time", NUMBER_TIME, window.time),
	MEMBER("renewal", "ask again", NUMBER_TIME, window.ask),
	MEMBER(NULL, "ask about revocation", NUMBER_TIME, status_ask),
	MEMBER(NULL, "renewed early", NUMBER_TIME, early),
	MEMBER(NULL, "early attempt", NUMBER_TIME, early_tried),
	MEMBER(NULL, "revoked", TEXT, revoked),
	MEMBER(NULL, "refused key", TEXT, refused_key),
	MEMBER(NULL, "put back", TEXT, put_back),
	MEMBER(NULL, "newNonce", TEXT, new_nonce),
	MEMBER(NULL, "slow", NUMBER_INT, slow),
	MEMBER(NULL, "anchors", TEXT, anchors),
	MEMBER(NULL, "terms of service", TEXT, terms),
	MEMBER("order", "url", TEXT, order),
	MEMBER("order", "terms", TEXT, order_terms),
	MEMBER("order", "made", NUMBER_TIME, order_made),
	MEMBER("looked at", "files", TEXT, fingerprint),
	MEMBER("looked at", "time", NUMBER_TIME, looked),
	MEMBER("looked at", "certificate", TEXT, life.certid),
	MEMBER("looked at", "begins", NUMBER_TIME, life.not_before),
	MEMBER("looked at", "ends", NUMBER_TIME, life.not_after),
	KEPT("attempt", "directory", TEXT, attempt.directory),
	KEPT("attempt", "profile", TEXT, attempt.profile),
	KEPT("attempt", "preferred chain", TEXT, attempt.preferred),
	KEPT("obtained", "fingerprint", TEXT, obtained.leaf),
	KEPT("obtained", "directory", TEXT, obtained.directory),
	KEPT("obtained", "profile", TEXT, obtained.profile),
	KEPT("obtained", "preferred chain", TEXT, obtained.preferred),
	KEPT(NULL, "group", TEXT, group),
};

#define NMEMBERS (sizeof(members) / sizeof(members[0]))

/* Reads a number from a member of struct state, which has at most 64 bits. */
static json_int_t
get_number(const struct member *m, const void *field)
{
	switch (m->kind) {
	case NUMBER_INT:
		return *(const int *)field;
	case NUMBER_UNSIGNED:
		return *(const unsigned *)field;
	case NUMBER_LONG:
		return *(const long *)field;
	default:
		return (json_int_t) * (const time_t *)field;
	}
}

/* Sets a member to a number of at least 0, or to the most that it holds. */
static void
set_number(const struct member *m, void *field, json_int_t n)
{
	switch (m->kind) {
	case NUMBER_INT:
		*(int *)field = n < INT_MAX ? (int)n : INT_MAX;
		break;
	case NUMBER_UNSIGNED:
		*(unsigned *)field = n < UINT_MAX ? (unsigned)n : UINT_MAX;
		break;
	case NUMBER_LONG:
		*(long *)field = n < LONG_MAX ? (long)n : LONG_MAX;
		break;
	default:
		*(time_t *)field = (time_t)n;
	}
}

/*
 * Sets a member from JSON.  Text that is too long is cut; an absent member is
 * not changed.
 */
static void
get_member(const struct member *m, json_t *o, struct state *s)
{
	void *field = (char *)s + m->offset;
	const char *text;

	if (m->kind != TEXT)
		set_number(m, field, number(o, m->name));
	else if ((text = json_string_value(json_object_get(o, m->name))) !=
	    NULL)
		strlcpy(field, text, m->size);
}

/*
 * JSON of a member.  Text that is not UTF-8 (a path has any bytes, and text
 * that was cut may end within a character) is written as say_safe() shows it.
 */
static json_t *
value(const struct member *m, const void *field)
{
	char safe[LAST_ERROR_MAX]; /* No member is longer. */
	json_t *v;

	if (m->kind != TEXT)
		return json_integer(get_number(m, field));
	if ((v = json_string(field)) != NULL)
		return v;
	return json_string(
	    say_safe(safe, m->size < sizeof(safe) ? m->size : sizeof(safe),
		field, strlen(field)));
}

/*
 * Writes the members that are not 0 or "", and those that are always shown.
 * -1: memory is short.
 */
static int
put_member(const struct member *m, json_t *o, const struct state *s)
{
	const void *field = (const char *)s + m->offset;
	json_t *inner;

	if (!m->shown &&
	    (m->kind == TEXT ? *(const char *)field == '\0' :
			       get_number(m, field) == 0))
		return 0;
	if (m->object != NULL) {
		if ((inner = json_object_get(o, m->object)) == NULL) {
			inner = json_object();
			json_object_set_new(o, m->object, inner);
		}
		o = inner;
	}
	return json_object_set_new(o, m->name, value(m, field));
}

void
state_parse(const char *record, size_t len, const char *whose,
    const struct strings *names, struct state *s)
{
	json_t *o = parse(record, len, whose), *inner = o;
	const char *of = json_string_value(json_object_get(o, "names"));
	char hash[FINGERPRINT_LEN];
	size_t i;
	int same;

	memset(s, 0, sizeof(*s));
	hash_names(names, hash);
	/*
	 * Failures of an attempt for other names say nothing about these names.
	 * names is empty if the caller does not know them.
	 */
	same = of != NULL && (names->n == 0 || strcmp(of, hash) == 0);
	for (i = 0; i < NMEMBERS; i++) {
		/* The rows of one object follow each other. */
		if (i == 0 || members[i].object != members[i - 1].object)
			inner = members[i].object == NULL ?
			    o :
			    json_object_get(o, members[i].object);
		if (same || members[i].kept)
			get_member(&members[i], inner, s);
	}
	strlcpy(s->names, hash, sizeof(s->names));
	json_decref(o);
	if (s->error_class > FAILURE_AUTHORITY ||
	    (s->error_class == 0 && s->last_error[0] != '\0'))
		s->error_class = FAILURE_LOCAL;
}

char *
state_encode(const struct state *s)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < NMEMBERS; i++)
		if (put_member(&members[i], o, s) == -1)
			errx(1, "cannot encode '%s'", members[i].name);
	return encode(o);
}

const char *
state_error(const struct state *s, char out[LAST_ERROR_MAX])
{
	if (s->began == 0 &&
	    (s->last_error[0] != '\0' || s->attempts == s->failures)) {
		strlcpy(out, s->last_error, LAST_ERROR_MAX);
		return out;
	}
	out[0] = '\0';
	if (s->began == 0)
		say_add(
		    out, LAST_ERROR_MAX, "the last attempt was interrupted");
	else
		say_add(out, LAST_ERROR_MAX,
		    "the attempt that began at %s was killed before it ended",
		    clock_text(s->began));
	if (s->last_error[0] != '\0')
		say_add(
		    out, LAST_ERROR_MAX, "; before that: %s", s->last_error);
	return out;
}

int
state_forget_errors(struct state *s)
{
	int had = s->attempts != 0 || s->failures != 0 || s->not_before != 0 ||
	    s->began != 0 || s->last_error[0] != '\0';

	s->attempts = s->failures = 0;
	s->not_before = s->began = 0;
	s->last_error[0] = '\0';
	s->error_class = (enum failure)0;
	s->forced = 0;
	return had;
}

const char *
state_cause(const struct state *s, const char *name, char *out, size_t outsz)
{
	char error[LAST_ERROR_MAX];

	if (strlen(state_error(s, error)) >= outsz)
		say_warning("%s: the last error: %s", name, error);
	return say_shorten(out, outsz, error);
}

static char *
text(json_t *o, const char *member)
{
	const char *s = json_string_value(json_object_get(o, member));
	char *copy = NULL;

	if (s != NULL && (copy = strdup(s)) == NULL)
		err(1, NULL);
	return copy;
}

void
account_parse(const char *record, size_t len, const char *whose,
    const char *directory, struct account_record *a)
{
	json_t *o = parse(record, len, whose);
	const char *of = json_string_value(json_object_get(o, "directory"));

	memset(a, 0, sizeof(*a));
	if (of != NULL && strcmp(of, directory) == 0) {
		a->thumbprint = text(o, "thumbprint");
		a->url = text(o, "account");
		a->unknown = text(o, "unknown key");
	}
	json_decref(o);
}

char *
account_encode(const char *directory, const char *thumbprint, const char *url,
    const char *unknown)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "directory", directory,
	    "account", url, "thumbprint", thumbprint);

	if (unknown != NULL)
		json_object_set_new(o, "unknown key", json_string(unknown));
	return encode(o);
}

time_t
backoff(unsigned failures, time_t now)
{
	static const time_t steps[] = { MINUTE, 10 * MINUTE, 100 * MINUTE,
		18 * HOUR };
	size_t last = sizeof(steps) / sizeof(steps[0]) - 1;
	time_t step;

	if (failures == 0)
		return now;
	step = steps[failures - 1 < last ? failures - 1 : last];
	return now + step + (time_t)arc4random_uniform((uint32_t)(step / 4));
}

/*
 * backoff(), or sooner if a certificate expires soon: several attempts are to
 * fit into the time that it has left.
 */
static time_t
backoff_before(unsigned failures, time_t now, time_t ends)
{
	time_t usual = backoff(failures, now), part = (ends - now) / 8;

	if (ends <= now)
		return usual;
	if (part < HOUR)
		part = HOUR;
	return usual < now + part ? usual : now + part;
}

time_t
backoff_or(unsigned failures, time_t now, time_t ends, uint64_t seconds,
    time_t run_began)
{
	time_t usual = backoff_before(failures, now, ends);
	time_t asked = now +
	    (time_t)(seconds > BACKOFF_MAX ? BACKOFF_MAX : seconds);
	time_t latest = run_began + BACKOFF_MAX;

	if (asked < usual)
		asked = usual;
	return asked < latest ? asked : latest;
}

int
backoff_holds(time_t not_before, time_t now)
{
	return not_before > now && not_before - now <= BACKOFF_MAX + HOUR / 2;
}
