/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * 'challenge hook': "PROGRAM begin|end TYPE NAME RECORD VALUE" publishes and
 * removes a TXT record.  The value comes from chng, which has computed it, and
 * is checked again here: 43 characters of base64url.  NAME and RECORD are made
 * from the configuration.  Records of different names are begun and ended in
 * parallel, those of one name (an apex and its wildcard) one after the other.
 * Each record that was begun is ended: when the job is done, or when this
 * process ends.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hook.h"
#include "role.h"
#include "valid.h"

#define PROGRAMS_MAX 8 /* The most programs that run at the same time. */

enum stage {
	TO_BEGIN = 1,
	BEGINNING,
	/*
	 * The program has published the record, or has failed and may have
	 * published it: in both cases hookproc has it removed later.
	 */
	BEGUN,
	ENDING,
	/* No program could end the record: it stays in the journal. */
	LEFT
};

struct record {
	uint32_t job;
	uint32_t number; /* The number of the identifier in the job. */
	char *name;      /* The RECORD in the program's arguments. */
	char value[DIGEST_LEN + 1];
	enum stage stage;
	int unwanted; /* The record is to be ended. */
	int is_new;   /* The record is not in the journal yet. */
	struct record *next;
};

static struct slice_domain *jobs;
static struct journal **journals; /* For each job; NULL: it has no hook. */
static const char *state_dir;
static uint32_t njobs;
static struct record *records, **last = &records;
static int ending; /* The process ends, and chng gets no further reply. */
static struct msg out;

static void run_next(void);

void
challenge_conf(const struct slice_conf *c)
{
	state_dir = c->state_dir;
}

void
challenge_domain(const struct slice_domain *d)
{
	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	journals = role_grow(journals, njobs, sizeof(*journals));
	if (d->challenge_hook != NULL && state_dir != NULL)
		journals[njobs] = journal_of(state_dir, d->handle);
	jobs[njobs++] = *d;
}

static const char *
name_of(const struct record *r)
{
	return challenge_base(jobs[r->job].names.v[r->number]);
}

static void
forget(struct record *r)
{
	struct record **rp = &records;

	while (*rp != r)
		rp = &(*rp)->next;
	*rp = r->next;
	if (last == &r->next)
		last = rp;
	free(r->name);
	free(r);
}

/* Leaves in the journal the records that the next run is to end again. */
static void
keep_left(uint32_t job)
{
	const struct record *r;
	struct error e;

	if (journal_clear(journals[job]) == -1)
		return;
	for (r = records; r != NULL; r = r->next)
		if (r->job == job &&
		    journal_note(journals[job], r->name, r->value, &e) == -1)
			warnx("%s", e.text);
	journal_close(journals[job]);
}

/*
 * Closes or removes the job's journal, unless one of its records is under way.
 */
static void
close_journal(uint32_t job)
{
	const struct record *r;
	int left = 0;

	for (r = records; r != NULL; r = r->next)
		if (r->job == job && r->stage != LEFT)
			return;
		else
			left |= r->job == job;
	if (journals[job] == NULL)
		return;
	if (left)
		keep_left(job);
	else
		journal_done(journals[job]);
}

/* Replies to chng, once for each record that it has asked for. */
static void
tell_chng(const struct record *r, const char *reason)
{
	struct body_published b = { .number = r->number, .reason = reason };

	if (ending)
		return;
	msg_new(&out, CHNG_PUBLISHED, r->job);
	body_published(&out, &b);
	msg_send(&out);
}

/* chng prints the reason, and certproc remembers it. */
static void
begun(void *arg, const char *failure)
{
	struct record *r = arg;
	struct error e;

	if (failure != NULL)
		error_set(&e, "challenge hook %s begin %s: %s",
		    jobs[r->job].challenge_hook, r->name, failure);
	r->stage = BEGUN;
	tell_chng(r, failure != NULL ? e.text : NULL);
	run_next();
}

static void
ended(void *arg, const char *failure)
{
	struct record *r = arg;
	uint32_t job = r->job;

	if (failure != NULL) {
		r->stage = LEFT;
		warnx("%s: challenge hook %s end %s: %s; look whether the "
		      "record is still there",
		    jobs[r->job].handle, jobs[r->job].challenge_hook, r->name,
		    failure);
	} else
		forget(r);
	close_journal(job);
	run_next();
}

static void
start(struct record *r)
{
	const struct slice_domain *d = &jobs[r->job];
	int first = r->stage == TO_BEGIN;
	char *argv[] = { d->challenge_hook, first ? "begin" : "end",
		(char *)(uintptr_t)challenge_names[d->challenge],
		(char *)(uintptr_t)name_of(r), r->name, r->value };
	struct strings s = { .v = argv, .n = sizeof(argv) / sizeof(argv[0]) };
	uint32_t job = r->job;
	struct environment e;
	char *what;

	hook_environment(&e);
	hook_setenv(&e, "ACME_ACTION", argv[1]);
	hook_setenv(&e, "ACME_CHALLENGE", argv[2]);
	hook_setenv(&e, "ACME_NAME", argv[3]);
	hook_setenv(&e, "ACME_RECORD", argv[4]);
	hook_setenv(&e, "ACME_VALUE", argv[5]);
	hook_setenv(&e, "ACME_HANDLE", d->handle);
	if (asprintf(&what, "challenge hook %s %s %s", argv[0], argv[1],
		r->name) == -1)
		err(1, NULL);
	say(2, "%s", what);
	r->stage = first ? BEGINNING : ENDING;
	/* A program that could not be started has published nothing. */
	if (hook_start(what, &s, &e, first ? begun : ended, r) == -1 && first) {
		forget(r);
		close_journal(job);
	}
	hook_environment_free(&e);
	free(what);
}

/* Does a program run for a record of the same name? */
static int
is_busy(const struct record *r)
{
	const struct record *other;

	for (other = records; other != NULL; other = other->next)
		if ((other->stage == BEGINNING || other->stage == ENDING) &&
		    strcmp(other->name, r->name) == 0)
			return 1;
	return 0;
}

/* Returns the first record that can be begun or ended now, or NULL. */
static struct record *
find_next(void)
{
	struct record *r;

	for (r = records; r != NULL; r = r->next)
		if ((r->stage == TO_BEGIN ||
			(r->stage == BEGUN && r->unwanted)) &&
		    !is_busy(r))
			return r;
	return NULL;
}

/*
 * Notes a record in the journal; without that it is not begun.  0, or -1: r is
 * freed.
 */
static int
note(struct record *r)
{
	uint32_t job = r->job;
	struct error e;

	r->is_new = 0;
	if (journals[r->job] == NULL ||
	    journal_note(journals[r->job], r->name, r->value, &e) == 0)
		return 0;
	tell_chng(r, e.text);
	forget(r);
	close_journal(job);
	return -1;
}

static void
run_next(void)
{
	static int within;
	struct record *r;

	/*
	 * start() calls back before it returns, if a program cannot be started:
	 * do not start another one within that.
	 */
	if (within)
		return;
	within = 1;
	while (hook_running() < PROGRAMS_MAX && (r = find_next()) != NULL)
		if (!r->is_new || note(r) == 0)
			start(r);
	within = 0;
}

static struct record *
record_new(uint32_t job, uint32_t number, const char *value)
{
	struct record *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		err(1, NULL);
	r->job = job;
	r->number = number;
	strlcpy(r->value, value, sizeof(r->value));
	*last = r;
	last = &r->next;
	return r;
}

/*
 * Returns the account's label at the beginning of a record's name, which the
 * caller frees; or NULL.
 */
static char *
label_of(const char *record)
{
	char *label = strndup(record, ACCOUNT_LABEL_LEN);

	if (label == NULL)
		err(1, NULL);
	if (valid_account_label(label) && record[ACCOUNT_LABEL_LEN] == '.')
		return label;
	free(label);
	return NULL;
}

/*
 * Takes a record from the journal, to be ended if its name is still configured.
 */
static void
left(void *context, const char *name, const char *value)
{
	uint32_t job = *(const uint32_t *)context, i;
	char *label = label_of(name), *made = NULL;
	struct record r = { .job = job }, *new;

	for (i = 0; i < jobs[job].names.n; i++) {
		r.number = i;
		made = challenge_record(label, name_of(&r));
		if (strcmp(made, name) == 0)
			break;
		free(made);
	}
	free(label);
	if (!valid_base64url(value, DIGEST_LEN, DIGEST_LEN)) {
		if (i < jobs[job].names.n)
			free(made);
		return;
	}
	if (i == jobs[job].names.n) {
		say_warning(
		    "%s: an interrupted run left the TXT record %.253s with "
		    "%s, of a name that is not configured any more; look "
		    "whether it is still there",
		    jobs[job].handle, name, value);
		return;
	}
	new = record_new(job, i, value);
	new->name = made;
	new->stage = BEGUN;
	new->unwanted = 1;
	say(1, "%s: ending the record %s, which an interrupted run left",
	    jobs[job].handle, made);
}

void
challenge_tidy_up(void)
{
	uint32_t job;

	for (job = 0; job < njobs; job++)
		if (journals[job] != NULL) {
			journal_left(journals[job], left, &job);
			close_journal(job);
		}
	run_next();
}

void
hook_put(struct msg *m)
{
	const struct slice_domain *d = &jobs[m->head.job];
	struct body_digest b;
	struct record *r;

	body_digest(m, &b);
	if (d->challenge_hook == NULL || b.number >= d->names.n)
		errx(1, "HOOK_PUT: no identifier %u", b.number);
	if (!valid_base64url(b.digest, DIGEST_LEN, DIGEST_LEN))
		errx(1, "HOOK_PUT: not a digest");
	if ((b.label != NULL) != (d->challenge == CHALLENGE_DNSACCOUNT01))
		errx(1, "HOOK_PUT: %s",
		    b.label != NULL ? "a label, which only dns-account-01 has" :
				      "no label");
	if (b.label != NULL && !valid_account_label(b.label))
		errx(1, "HOOK_PUT: not a label");
	r = record_new(m->head.job, b.number, b.digest);
	r->stage = TO_BEGIN;
	r->is_new = 1;
	r->name = challenge_record(b.label, name_of(r));
	run_next();
}

/* Ends the records of this job, or of all jobs. */
static void
end_records(uint32_t job, int all)
{
	struct record *r, *next;
	uint32_t of;

	for (r = records; r != NULL; r = next) {
		next = r->next;
		if (!all && r->job != job)
			continue;
		r->unwanted = 1;
		if (r->stage == TO_BEGIN) {
			of = r->job;
			tell_chng(r, "is not wanted any more");
			forget(r);
			close_journal(of);
		}
	}
	run_next();
}

void
hook_drop(struct msg *m)
{
	msg_end(m);
	end_records(m->head.job, 0);
}

/*
 * Tells hook_hurry() which programs it may end: those that end a record go on.
 */
static int
begins(const void *arg)
{
	const struct record *r = arg;

	return r->stage == BEGINNING;
}

void
challenge_end_all(void)
{
	ending = 1;
	hook_hurry(begins);
	end_records(0, 1);
	hook_wait(-1);
}
