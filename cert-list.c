/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Prints the list of -l: what is installed, what will be done, and when.  It is
 * a table for people, or JSON for programs.  "status file" has the same JSON.
 */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "cert.h"

#define HOUR 3600
#define DAY 86400
#define BAR_WIDTH 10
#define JSON_FORMAT (JSON_INDENT(1) | JSON_PRESERVE_ORDER)
/* The version of the JSON schema that acme-client(1) describes. */
#define JSON_VERSION 1

static const char *const condition_names[] = {
	[FINE] = "ok",
	[DUE_NOW] = "due",
	[FAILING] = "failing",
	[MISSING] = "missing",
	[EXPIRED] = "expired",
};
static const int condition_colors[] = {
	[FINE] = 32,
	[DUE_NOW] = 33,
	[FAILING] = 31,
	[MISSING] = 33,
	[EXPIRED] = 31,
};

static const char *
date(time_t t, const char *format, char text[32])
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(text, 32, format, &tm) == 0)
		text[0] = '\0';
	return text;
}

/* Prints how much of the validity has passed. */
static void
print_bar(const struct life *life, time_t now)
{
	time_t length = life->not_after - life->not_before;
	int i,
	    gone = length <= 0 || now >= life->not_after ?
	    BAR_WIDTH :
	    (int)((now - life->not_before) * BAR_WIDTH / length);

	putchar('[');
	for (i = 0; i < BAR_WIDTH; i++)
		putchar(life->not_after != 0 && i < gone ? '#' : '.');
	printf("] ");
}

/*
 * Returns how many columns the text takes, at most max, and in *len the bytes
 * that fit in these.
 */
static int
fitting(const char *text, int columns, size_t *len)
{
	int n = 0, wide;

	for (*len = 0; text[*len] != '\0';) {
		/* Most characters from U+3000 on are wide. */
		wide = (unsigned char)text[*len] >= 0xe3 ? 2 : 1;
		if (n + wide > columns)
			break;
		n += wide;
		for (++*len; ((unsigned char)text[*len] & 0xc0) == 0x80; ++*len)
			;
	}
	return n;
}

/* Prints a text in a fixed number of columns, with "..." if it is cut. */
static void
print_cell(const char *text, int columns)
{
	const char *dots = "";
	size_t len;
	int n = fitting(text, columns, &len);

	if (text[len] != '\0') {
		n = fitting(text, columns - 3, &len) + 3;
		dots = "...";
	}
	printf("%.*s%s%*s ", (int)len, text, dots, columns - n, "");
}

/* The optional columns that the line has room for, and their widths. */
struct layout {
	int flags;
	int columns; /* The width of a line; 0: no limit. */
	int handle, names;
	int bar, issuer, reason;
};

/* The width of the columns that each row has. */
#define ALWAYS (8 + 1 + 1 + 1 + 10 + 1 + 6 + 2 + 16)
#define ISSUER_COLUMNS 22
#define REASON_COLUMNS 33
#define INDENT 8

static void
lay_out(struct layout *l, const struct report *reports, size_t n, int flags)
{
	int longest = 6, room;
	size_t i, len;

	l->flags = flags & (LIST_COLUMNS - 1);
	l->columns = flags / LIST_COLUMNS;
	for (i = 0; i < n; i++)
		if ((room = fitting(reports[i].job->handle, 1000, &len)) >
		    longest)
			longest = room;
	l->handle = longest;
	l->bar = (l->flags & LIST_BAR) && l->columns >= 100;
	l->issuer = l->columns == 0 || l->columns >= 120;
	l->reason = l->columns == 0 || l->columns >= 160;
	l->names = 40;
	if (l->columns == 0)
		return;
	room = l->columns - ALWAYS - (l->bar ? BAR_WIDTH + 3 : 0) -
	    (l->issuer ? ISSUER_COLUMNS + 1 : 0) -
	    (l->reason ? REASON_COLUMNS + 2 : 0);
	if (l->handle > room / 2)
		l->handle = room / 2;
	l->names = room - l->handle;
}

/* Prints a text below the row of its certificate, broken at blanks. */
static void
print_below(const struct layout *l, const char *text)
{
	size_t len, at;

	for (; *text != '\0'; text += len + strspn(text + len, " ")) {
		fitting(text, l->columns - INDENT, &len);
		if (l->columns == 0)
			len = strlen(text);
		for (at = len; text[len] != '\0' && at > 0 && text[at] != ' ';
		     at--)
			;
		if (text[len] != '\0' && at > 0)
			len = at;
		printf("%*s%.*s\n", INDENT, "", (int)len, text);
	}
}

/*
 * Prints the first name, and the number of further names, which is never cut.
 */
static void
print_names(const struct strings *names, int columns)
{
	char more[32] = "", first[300];
	size_t len;
	int room;

	if (names->n > 1)
		snprintf(more, sizeof(more), " and %zu more", names->n - 1);
	room = columns - (int)strlen(more);
	fitting(names->n == 0 ? "?" : names->v[0], room, &len);
	if (names->n > 0 && names->v[0][len] != '\0')
		snprintf(first, sizeof(first), "%.*s...%s", room - 3,
		    names->v[0], more);
	else
		snprintf(first, sizeof(first), "%s%s",
		    names->n == 0 ? "?" : names->v[0], more);
	print_cell(first, columns);
}

/* Writes the time left in days; in hours or minutes if it is short. */
static const char *
left(const struct life *life, time_t now, char text[32])
{
	long long seconds = life->not_after - now;
	int brief = life->not_after - life->not_before < 10 * DAY ||
	    llabs(seconds) < 2 * DAY;

	if (life->not_after == 0)
		return "-";
	if (llabs(seconds) < 2 * HOUR)
		snprintf(text, 32, "%lld min", seconds / 60);
	else
		snprintf(text, 32, brief ? "%lld h" : "%lld d",
		    seconds / (brief ? HOUR : DAY));
	return text;
}

static void
print_state(enum condition c, int flags)
{
	if (flags & LIST_COLOR)
		printf("\033[%dm%-8s\033[0m", condition_colors[c],
		    condition_names[c]);
	else
		printf("%-8s", condition_names[c]);
}

static void
print_error(const struct layout *l, const struct report *e)
{
	const char *error = report_error(e);
	char text[LAST_ERROR_MAX + 64] = "";

	if (error[0] == '\0')
		return;
	say_add(text, sizeof(text), "%s%s",
	    report_forced(e) ? "a run with -F failed, when nothing was due: " :
			       "",
	    error);
	print_below(l, text);
}

/* Prints the information that has no column in the table. */
static void
print_pending(const struct layout *l, const struct report *e)
{
	if (e->job->pending && strcmp(e->reason, CHANGE_PENDING) != 0)
		print_below(l, CHANGE_PENDING);
}

static void
print_row(const struct layout *l, const struct report *e, time_t now)
{
	const struct life *life = &e->job->state->life;
	char text[32], span[32];
	size_t len;
	int beside;

	print_state(e->condition, l->flags);
	putchar(' ');
	if (l->bar)
		print_bar(life, now);
	print_cell(e->job->handle, l->handle);
	print_names(&e->job->names, l->names);
	if (l->issuer)
		print_cell(
		    e->issuer[0] != '\0' ? e->issuer : "-", ISSUER_COLUMNS);
	printf("%-10s %6s  ",
	    life->not_after != 0 ? date(life->not_after, "%Y-%m-%d", text) :
				   "-",
	    left(life, now, span));
	fputs(e->when <= now ? "now" : date(e->when, "%Y-%m-%d %H:%M", text),
	    stdout);
	/* A long reason is printed below the row. */
	fitting(e->reason, REASON_COLUMNS, &len);
	beside = l->columns == 0 || (l->reason && e->reason[len] == '\0');
	if (beside)
		printf(", %s", e->reason);
	putchar('\n');
	if (!beside && e->condition != FINE)
		print_below(l, e->reason);
	print_pending(l, e);
	print_error(l, e);
}

static void
print_table(const struct report *reports, size_t n, int flags, time_t now)
{
	struct layout l;
	size_t i;

	lay_out(&l, reports, n, flags);
	printf("%-8s %s", "STATE", l.bar ? "GONE         " : "");
	print_cell("HANDLE", l.handle);
	print_cell("NAMES", l.names);
	if (l.issuer)
		print_cell("ISSUER", ISSUER_COLUMNS);
	printf("%-10s %6s  %s\n", "EXPIRES", "LEFT", "RENEWAL");
	for (i = 0; i < n; i++)
		print_row(&l, &reports[i], now);
}

/* Makes a JSON string of a time (RFC 3339), or null. */
static json_t *
json_time(time_t t)
{
	char text[32];

	return t == 0 ? json_null() :
			json_string(date(t, "%Y-%m-%dT%H:%M:%SZ", text));
}

/*
 * A text, or null where it is "" or NULL.  JSON is UTF-8; of a path that is not
 * the bytes beyond ASCII become \xNN.
 */
static json_t *
json_text(const char *text)
{
	static char safe[4 * PATH_MAX + 8];
	json_t *o;

	if (text == NULL || text[0] == '\0')
		return json_null();
	if ((o = json_string(text)) == NULL)
		o = json_string(
		    say_safe(safe, sizeof(safe), text, strlen(text)));
	return o;
}

static json_t *
json_paths(const struct job *j)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "key",
	    json_text(j->key_path), "certificate",
	    json_text(j->path[PART_CERT]), "chain",
	    json_text(j->path[PART_CHAIN]), "full_chain",
	    json_text(j->path[PART_FULLCHAIN]), "combined",
	    json_text(j->combined_path));
}

/* Adds a member, which the object owns then. */
static void
add(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) == -1)
		errx(1, "cannot make the list");
}

static json_t *
json_names(const struct strings *names)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < names->n; i++)
		json_array_append_new(array, json_string(names->v[i]));
	return array;
}

static json_t *
json_report(const struct report *e, time_t now)
{
	const struct job *j = e->job;
	const struct state *s = j->state;
	time_t end = s->life.not_after;
	json_t *o = json_object();

	add(o, "handle", json_string(j->handle));
	add(o, "names", json_names(&j->names));
	add(o, "state", json_string(condition_names[e->condition]));
	add(o, "issuer", json_text(e->issuer));
	add(o, "not_before", json_time(s->life.not_before));
	add(o, "not_after", json_time(end));
	add(o, "seconds_left",
	    end == 0 ? json_null() : json_integer((json_int_t)(end - now)));
	add(o, "renewal",
	    json_pack("{s:o, s:o}", "time", json_time(e->when), "reason",
		json_text(e->reason)));
	add(o, "failures", json_integer((json_int_t)s->failures));
	add(o, "last_success", json_time(s->last_success));
	add(o, "last_error", json_text(report_error(e)));
	add(o, "change_pending", json_boolean(j->pending));
	add(o, "authority", json_text(j->authority));
	add(o, "serial", json_text(e->serial));
	add(o, "paths", json_paths(j));
	return o;
}

static json_t *
json_all(const struct report *reports, size_t n, time_t now)
{
	json_t *list = json_array(), *o;
	size_t i;

	for (i = 0; i < n; i++)
		if (json_array_append_new(
			list, json_report(&reports[i], now)) == -1)
			errx(1, "cannot make the list");
	o = json_pack("{s:i, s:o, s:o}", "version", JSON_VERSION, "time",
	    json_time(now), "certificates", list);
	if (o == NULL)
		errx(1, "cannot make the list");
	return o;
}

static void
print_json(const struct report *reports, size_t n, time_t now)
{
	json_t *o = json_all(reports, n, now);

	if (json_dumpf(o, stdout, JSON_FORMAT) == -1 && !ferror(stdout))
		errx(1, "cannot make the list");
	putchar('\n');
	json_decref(o);
}

int
cert_list_file(const struct report *reports, size_t n, struct error *e)
{
	json_t *o = json_all(reports, n, time(NULL));
	char *text = json_dumps(o, JSON_FORMAT);
	size_t len;
	int rc;

	if (text == NULL)
		err(1, NULL);
	json_decref(o);
	/* A text file ends with a newline. */
	len = strlen(text);
	text[len++] = '\n';
	rc = store_write(0, PART_STATUS, text, len, e);
	free(text);
	return rc;
}

/* For -T: a few lines about each certificate, instead of a row. */
static void
print_issued(const struct report *e)
{
	const struct life *life = &e->job->state->life;
	char from[32], to[32];
	size_t i;

	printf("%s: a certificate was issued by %s:\n  names:", e->job->handle,
	    e->job->directory);
	for (i = 0; i < e->job->names.n; i++)
		printf(" %s", e->job->names.v[i]);
	printf("\n  issuer: %s\n  valid from %s to %s\n",
	    e->issuer[0] != '\0' ? e->issuer : "-",
	    date(life->not_before, "%Y-%m-%dT%H:%M:%SZ", from),
	    date(life->not_after, "%Y-%m-%dT%H:%M:%SZ", to));
}

void
cert_list(const struct report *reports, size_t n, int flags)
{
	time_t now = time(NULL);
	size_t i;

	if (flags & LIST_ISSUED)
		for (i = 0; i < n; i++)
			print_issued(&reports[i]);
	else if (flags & LIST_JSON)
		print_json(reports, n, now);
	else
		print_table(reports, n, flags, now);
	say_printed("the list");
}
