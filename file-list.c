/* SPDX-License-Identifier: ISC */
/*
 * -l: what there is, what comes of it and when; for people as a table, for
 * programs as JSON.  Nothing is locked, written or asked.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "file-list.h"
#include "renewal.h"

#define HOUR		3600
#define DAY		86400
#define BAR_WIDTH	10
#define JSON_VERSION	1	/* of the schema in acme-client(1) */

enum condition { FINE, DUE_NOW, FAILING, MISSING, EXPIRED };

static const char *const condition_names[] = {
	[FINE] = "ok", [DUE_NOW] = "due", [FAILING] = "failing", [MISSING] = "missing",
	[EXPIRED] = "expired",
};
static const int condition_colors[] = {
	[FINE] = 32, [DUE_NOW] = 33, [FAILING] = 31, [MISSING] = 33, [EXPIRED] = 31,
};

struct entry {
	const struct job *job;
	enum condition	 condition;
	char		 issuer[64];
	time_t		 when;		/* it will be renewed, or tried again */
	const char	*why;
	struct why	 trouble;	/* what could not be read, or "" */
};

static const char *
date(time_t t, const char *format, char text[32])
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(text, 32, format, &tm) == 0)
		text[0] = '\0';
	return text;
}

/* What is due by what can be seen without the keys. */
static void
foresee(struct entry *e, const struct job *j, time_t now)
{
	int suggested;

	e->when = now;
	if (j->installed.chain == NULL) {
		e->condition = MISSING;
		e->why = "there is no certificate";
		return;
	}
	e->condition = DUE_NOW;
	if (!chain_names_equal(j->installed.chain, &j->names)) {
		e->why = "the names have changed";
		return;
	}
	if (j->installed.mixed) {
		e->why = "the files do not belong together";
		return;
	}
	e->when = renewal_time(&j->state.life, j->handle, &j->state, now, &suggested);
	e->why = suggested ? "the CA suggests it" : "by its life";
	if (e->when > now)
		e->condition = FINE;
}

static void
look(struct entry *e, struct job *j, time_t now)
{
	memset(e, 0, sizeof(*e));
	e->job = j;
	if (j->broken.text[0] != '\0')
		e->trouble = j->broken;
	else if (state_load(&j->state_file, &j->names, &j->state, &e->trouble) == 0)
		certset_read(&j->set, &j->installed, &e->trouble);
	memset(&j->state.life, 0, sizeof(j->state.life));
	if (j->installed.chain != NULL) {
		renewal_life(j->installed.chain, &j->state.life);
		chain_issuer(j->installed.chain, 0, e->issuer, sizeof(e->issuer));
	}
	foresee(e, j, now);
	if (e->trouble.text[0] != '\0' || j->state.last_error[0] != '\0') {
		e->condition = FAILING;
		if (backoff_holds(j->state.not_before, now) && j->state.not_before > e->when)
			e->when = j->state.not_before;
	}
	if (j->installed.chain != NULL && j->state.life.not_after <= now)
		e->condition = EXPIRED;
}

static int
by_urgency(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if ((x->condition == EXPIRED) != (y->condition == EXPIRED))
		return x->condition == EXPIRED ? -1 : 1;
	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	return strcmp(x->job->handle, y->job->handle);
}

static const char *
last_error(const struct entry *e)
{
	return e->trouble.text[0] != '\0' ? e->trouble.text : e->job->state.last_error;
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
print_row(const struct entry *e, int width, int flags, time_t now)
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
		snprintf(names, sizeof(names), "%.50s", j->names.v[0]);
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
	if (last_error(e)[0] != '\0')
		printf("%8s%s\n", "", last_error(e));
}

static void
print_table(const struct entry *entries, size_t n, int flags, time_t now)
{
	int width = 6;
	size_t i;

	for (i = 0; i < n; i++)
		if (width < (int)strlen(entries[i].job->handle))
			width = (int)strlen(entries[i].job->handle);
	printf("%-8s%s%-*s %-30s %-22s %-10s %6s  %s\n", "STATE", flags & LIST_BAR ? "GONE         " : "",
	    width, "HANDLE", "NAMES", "ISSUER", "EXPIRES", "LEFT", "RENEWAL");
	for (i = 0; i < n; i++)
		print_row(&entries[i], width, flags, now);
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
json_entry(const struct entry *e, time_t now)
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
	    "last_error", json_text(last_error(e)));
}

static void
print_json(const struct entry *entries, size_t n, time_t now)
{
	json_t *list = json_array(), *o;
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(list, json_entry(&entries[i], now));
	o = json_pack("{s:i, s:o, s:o}", "version", JSON_VERSION, "time", json_time(now),
	    "certificates", list);
	if (o == NULL || json_dumpf(o, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER) == -1)
		errx(1, "cannot write the list");
	putchar('\n');
	json_decref(o);
}

void
file_list(struct job *jobs, size_t n, int flags, enum outcome *outcomes)
{
	struct entry *entries;
	time_t now = time(NULL);
	size_t i;

	if ((entries = calloc(n + 1, sizeof(*entries))) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++) {
		look(&entries[i], &jobs[i], now);
		outcomes[i] = entries[i].condition == FINE ? OUTCOME_UNCHANGED :
		    entries[i].condition == DUE_NOW || entries[i].condition == MISSING ?
		    OUTCOME_INSTALLED : OUTCOME_FAILED;
	}
	qsort(entries, n, sizeof(*entries), by_urgency);
	if (flags & LIST_JSON)
		print_json(entries, n, now);
	else
		print_table(entries, n, flags, now);
	if (fflush(stdout) == EOF)
		err(1, "cannot write the list");
	free(entries);
}
