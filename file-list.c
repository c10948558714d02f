/* SPDX-License-Identifier: ISC */
/*
 * -l: what there is, what comes of it and when; for people as a table, for
 * programs as JSON.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "file-list.h"

#define HOUR		3600
#define DAY		86400
#define BAR_WIDTH	10
#define JSON_VERSION	1	/* of the schema in acme-client(1) */

static const char *const condition_names[] = {
	[FINE] = "ok", [DUE_NOW] = "due", [FAILING] = "failing", [MISSING] = "missing",
	[EXPIRED] = "expired",
};
static const int condition_colors[] = {
	[FINE] = 32, [DUE_NOW] = 33, [FAILING] = 31, [MISSING] = 33, [EXPIRED] = 31,
};

static const char *
date(time_t t, const char *format, char text[32])
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(text, 32, format, &tm) == 0)
		text[0] = '\0';
	return text;
}

/* How much of the life is gone. */
static void
print_bar(const struct life *life, time_t now)
{
	time_t length = life->not_after - life->not_before;
	int i, gone = length <= 0 || now >= life->not_after ? BAR_WIDTH :
	    (int)((now - life->not_before) * BAR_WIDTH / length);

	putchar('[');
	for (i = 0; i < BAR_WIDTH; i++)
		putchar(life->not_after != 0 && i < gone ? '#' : '.');
	printf("] ");
}

static void
print_row(const struct outlook *e, int width, int flags, time_t now)
{
	const struct job *j = e->job;
	const struct life *life = &j->state.life;
	char left[32] = "-", names[64], text[32];
	long seconds = (long)(life->not_after - now);

	if (life->not_after != 0)
		snprintf(left, sizeof(left), labs(seconds) < 2 * DAY ? "%ld h" : "%ld d",
		    labs(seconds) < 2 * DAY ? seconds / HOUR : seconds / DAY);
	if (j->names.n > 1)
		snprintf(names, sizeof(names), "%.40s +%zu", j->names.v[0], j->names.n - 1);
	else
		snprintf(names, sizeof(names), "%.50s", j->names.n == 0 ? "?" : j->names.v[0]);
	if (flags & LIST_COLOR)
		printf("\033[%dm%-8s\033[0m", condition_colors[e->condition],
		    condition_names[e->condition]);
	else
		printf("%-8s", condition_names[e->condition]);
	if (flags & LIST_BAR)
		print_bar(life, now);
	printf("%-*s %-30s %-22.22s %-10s %6s  ", width, j->handle, names,
	    e->issuer[0] != '\0' ? e->issuer : "-",
	    life->not_after != 0 ? date(life->not_after, "%Y-%m-%d", text) : "-", left);
	printf("%s, %s\n", e->when <= now ? "now" : date(e->when, "%Y-%m-%d %H:%M", text), e->why);
	if (outlook_error(e)[0] != '\0')
		printf("%8s%s\n", "", outlook_error(e));
}

static void
print_table(const struct outlook *outlooks, size_t n, int flags, time_t now)
{
	int width = 6;
	size_t i;

	for (i = 0; i < n; i++)
		if (width < (int)strlen(outlooks[i].job->handle))
			width = (int)strlen(outlooks[i].job->handle);
	printf("%-8s%s%-*s %-30s %-22s %-10s %6s  %s\n", "STATE", flags & LIST_BAR ? "GONE         " : "",
	    width, "HANDLE", "NAMES", "ISSUER", "EXPIRES", "LEFT", "RENEWAL");
	for (i = 0; i < n; i++)
		print_row(&outlooks[i], width, flags, now);
}

/* RFC 3339, or null. */
static json_t *
json_time(time_t t)
{
	char text[32];

	return t == 0 ? json_null() : json_string(date(t, "%Y-%m-%dT%H:%M:%SZ", text));
}

static json_t *
json_text(const char *text)
{
	return text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *
json_outlook(const struct outlook *e, time_t now)
{
	const struct job *j = e->job;
	const struct life *life = &j->state.life;
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < j->names.n; i++)
		json_array_append_new(names, json_string(j->names.v[i]));
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:{s:o, s:s}, s:i, s:o, s:o}",
	    "handle", j->handle,
	    "names", names,
	    "state", condition_names[e->condition],
	    "issuer", json_text(e->issuer),
	    "not_before", json_time(life->not_before),
	    "not_after", json_time(life->not_after),
	    "seconds_left", life->not_after == 0 ? json_null() :
	    json_integer((json_int_t)(life->not_after - now)),
	    "renewal", "time", json_time(e->when), "reason", e->why,
	    "failures", (int)j->state.failures,
	    "last_success", json_time(j->state.last_success),
	    "last_error", json_text(outlook_error(e)));
}

static void
print_json(const struct outlook *outlooks, size_t n, time_t now)
{
	json_t *list = json_array(), *o;
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(list, json_outlook(&outlooks[i], now));
	o = json_pack("{s:i, s:o, s:o}", "version", JSON_VERSION, "time", json_time(now),
	    "certificates", list);
	if (o == NULL || json_dumpf(o, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER) == -1)
		errx(1, "cannot write the list");
	putchar('\n');
	json_decref(o);
}

void
file_list(const struct outlook *outlooks, size_t n, int flags)
{
	time_t now = time(NULL);

	if (flags & LIST_JSON)
		print_json(outlooks, n, now);
	else
		print_table(outlooks, n, flags, now);
	if (fflush(stdout) == EOF)
		err(1, "cannot write the list");
}
