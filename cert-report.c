/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reports on each certificate, for the list and the metrics: what is installed,
 * what will be done and when.  This takes no lock, writes nothing and asks no
 * other host.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert.h"

/* Finds out what is due, as far as that can be seen without the keys. */
static void
foresee(struct report *e, const struct job *j, time_t now)
{
	int suggested;

	e->when = now;
	if (j->installed.chain == NULL) {
		e->condition = MISSING;
		e->reason = "there is no certificate";
		return;
	}
	e->condition = DUE_NOW;
	if (!chain_names_equal(j->installed.chain, &j->names)) {
		e->reason = "the names have changed";
		return;
	}
	if (j->installed.mixed) {
		e->reason = "the files do not belong together";
		return;
	}
	if (j->revoked) {
		e->reason = "the CA has revoked it";
		return;
	}
	if (origin_changed(j, &e->changed) != CHANGED_NOTHING) {
		e->reason = e->changed.text;
		return;
	}
	if (origin_group_changed(j)) {
		e->reason = "the group of its key has changed";
		return;
	}
	e->when = renewal_time(
	    &j->state->life, j->handle, j->state, now, &suggested);
	e->reason = suggested ? "the CA suggests it" : "by its life";
	if (e->when > now && j->pending) {
		e->when = now;
		e->reason = CHANGE_PENDING;
	} else if (e->when > now)
		e->condition = FINE;
}

static void
look(struct report *e, struct job *j, time_t now)
{
	struct stored parts[PART_JOB__MAX];
	char leaf[FINGERPRINT_LEN];
	int held = 0;

	memset(e, 0, sizeof(*e));
	e->job = j;
	if (j->broken.text[0] != '\0')
		e->error = j->broken;
	else if ((held = store_look(j->nr, parts, &e->error)) != -1)
		job_take(j, parts, &e->error);
	memset(&j->state->life, 0, sizeof(j->state->life));
	if (j->installed.chain != NULL) {
		renewal_life(j->installed.chain, &j->state->life);
		j->is_as_seen = strcmp(j->state->fingerprint, j->fingerprint) ==
		    0;
		chain_fingerprint(j->installed.chain, leaf);
		j->revoked = strcmp(j->state->revoked, leaf) == 0;
		chain_issuer(
		    j->installed.chain, 0, e->issuer, sizeof(e->issuer));
		chain_add_serial(
		    j->installed.chain, e->serial, sizeof(e->serial));
	}
	foresee(e, j, now);
	/* The attempt has not ended because its run is still at work. */
	if (j->state->began != 0 && held) {
		j->state->began = 0;
		j->state->attempts = j->state->failures;
	}
	if (report_error(e)[0] != '\0' && !report_forced(e))
		e->condition = FAILING;
	if (backoff_holds(j->state->not_before, now) &&
	    j->state->not_before > e->when)
		e->when = j->state->not_before;
	if (j->installed.chain != NULL && j->state->life.not_after <= now)
		e->condition = EXPIRED;
}

static int
by_urgency(const void *a, const void *b)
{
	const struct report *x = a, *y = b;
	const struct life *xlife = &x->job->state->life,
			  *ylife = &y->job->state->life;

	if (x->condition != y->condition)
		return x->condition > y->condition ? -1 : 1;
	if (x->condition >= FAILING && xlife->not_after != ylife->not_after)
		return xlife->not_after < ylife->not_after ? -1 : 1;
	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	return strcmp(x->job->handle, y->job->handle);
}

const char *
report_error(const struct report *e)
{
	static char error[LAST_ERROR_MAX];

	return e->error.text[0] != '\0' ? e->error.text :
					  state_error(e->job->state, error);
}

int
report_forced(const struct report *e)
{
	return e->error.text[0] == '\0' && e->job->state->forced;
}

struct report *
report_all(struct job *of, size_t n, enum outcome *outcomes)
{
	struct report *all;
	time_t now = time(NULL);
	size_t i;

	if ((all = calloc(n + 1, sizeof(*all))) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++) {
		look(&all[i], &of[i], now);
		outcomes[i] = all[i].condition == FINE ? OUTCOME_UNCHANGED :
		    all[i].condition == DUE_NOW || all[i].condition == MISSING ?
							 OUTCOME_INSTALLED :
							 OUTCOME_FAILED;
	}
	qsort(all, n, sizeof(*all), by_urgency);
	return all;
}
