/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What certproc remembers of the authority: the account, under a lock, and
 * until when the authority must not be contacted after a failure.
 */
#include <sys/types.h>
#include <err.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert.h"
#include "clock.h"
#include "persist.h"
#include "role.h"
#include "valid.h"

static struct slice_conf conf;
static const char *name;
static char *api_url;
/* The account in the form in which fileproc stores it. */
static struct account_record account;
/* Why the authority refuses every order in this run, or "". */
static char ended[LAST_ERROR_MAX];
/* What is remembered of the authority's failures. */
static struct state remembered;
static time_t run_began;
static struct msg out;

void
authority_conf(const struct slice_conf *c)
{
	conf = *c;
	name = conf.name;
	api_url = conf.api_url;
	run_began = time(NULL);
}

/* Reads one of the authority's records; an unreadable one counts as absent. */
static void
load(enum part part, struct stored *stored)
{
	store_read(part, stored);
	if (stored->presence != PRESENCE_BROKEN)
		return;
	say_warning("%s: damaged, started anew", stored->bytes);
	stored_free(stored);
}

void
authority_load(void)
{
	struct strings url = { .v = &api_url, .n = 1 };
	struct stored stored;

	load(PART_BACKOFF, &stored);
	state_parse(stored.bytes, stored.len, stored.path, &url, &remembered);
	stored_free(&stored);
}

/*
 * Makes the lock a shared one: other runs may use the account at the same time,
 * now that it exists.
 */
static void
share_lock(void)
{
	struct error e;

	if (store_lock(PART_ACCOUNT, LOCK_SHARED, 0, &e) == -1)
		errx(1, "%s", e.text);
}

static void
load_stored(void)
{
	struct stored stored;

	free(account.thumbprint);
	free(account.url);
	free(account.unknown);
	load(PART_ACCOUNT, &stored);
	account_parse(stored.bytes, stored.len, stored.path, api_url, &account);
	stored_free(&stored);
}

/* Loads the account, with a shared lock.  0: there is no account. */
static int
load_shared(int64_t lock_deadline)
{
	struct error e;

	if (store_lock(PART_ACCOUNT, LOCK_SHARED, lock_deadline, &e) == -1)
		errx(1, "%s", e.text);
	load_stored();
	if (account.url != NULL || role_mode == MODE_REVOKE ||
	    role_mode == MODE_SHOW)
		return 1;
	store_lock(PART_ACCOUNT, LOCK_NONE, 0, &e);
	return 0;
}

/*
 * A run for a key rollover or the like takes the lock exclusively; so does a
 * run without an account, until there is one.  keyproc makes no account key
 * before that: two first runs at the same time make one account.
 */
void
authority_load_account(int64_t lock_deadline)
{
	int alone = mode_is_for_account(role_mode) && role_mode != MODE_SHOW;
	struct error e;

	while (alone || !load_shared(lock_deadline)) {
		if (store_lock(PART_ACCOUNT, LOCK_ALONE,
			alone ? lock_deadline : 0, &e) == 0) {
			load_stored();
			/* Another run has made the account meanwhile. */
			if (account.url != NULL && !alone)
				share_lock();
			return;
		}
		if (clock_left_ms(lock_deadline) == 0)
			errx(1, "%s", e.text);
		role_pause(50);
	}
}

void
authority_tell_key(void)
{
	struct body_account b = { .thumbprint = account.thumbprint,
		.url = account.url,
		.unknown = account.unknown };

	msg_new(&out, KEY_ACCOUNT, 0);
	body_stored_account(&out, &b);
	msg_send(&out);
}

void
cert_account(struct msg *m)
{
	struct body_account b;
	char *record;
	struct error e;

	body_account(m, &b);
	record = account_encode(api_url, b.thumbprint, b.url, b.unknown);
	/*
	 * Without this record the next run finds the account by its key; but no
	 * other record tells that a rollover has ended.
	 */
	if (store_write(0, PART_ACCOUNT, record, strlen(record), &e) == -1) {
		if (mode_is_for_account(role_mode))
			errx(1, "%s", e.text);
		warnx("%s", e.text);
	}
	free(record);
	if (role_mode == MODE_RENEW)
		share_lock();
}

static void
need_thumbprint(const char *text)
{
	if (!valid_base64url(text, THUMBPRINT_LEN, THUMBPRINT_LEN))
		errx(1, "CERT_SHOW_ACCOUNT: not a thumbprint");
}

/* Prints the records to publish for dns-persist-01, a line for each name. */
static void
show_records(const char *url)
{
	const char *base;
	char *line;
	size_t i;

	if (conf.persist.n == 0)
		return;
	if (conf.issuer == NULL) {
		say_warning(
		    "%s: for the records of dns-persist-01 say 'issuer NAME' "
		    "in the authority, NAME being the CA's name as in CAA "
		    "records",
		    name);
		return;
	}
	for (i = 0; i < conf.persist.n; i++) {
		base = challenge_base(conf.persist.v[i]);
		line = persist_record(base, conf.issuer, url,
		    base != conf.persist.v[i], conf.until);
		printf("record %s\n", line);
		free(line);
	}
	if (conf.persist_more > 0)
		say_warning("%s: %llu more names have such records", name,
		    (unsigned long long)conf.persist_more);
}

int
authority_show(const struct body_shown *b)
{
	struct url url;
	int known;

	if (b->next != NULL)
		need_thumbprint(b->next);
	/* keyproc has printed the reason. */
	if (b->thumbprint == NULL)
		return -1;
	need_thumbprint(b->thumbprint);
	known = account.url != NULL && account.thumbprint != NULL &&
	    strcmp(account.thumbprint, b->thumbprint) == 0 &&
	    url_parse(&url, account.url);
	if (known)
		printf("account %s\n", account.url);
	else
		say_warning(
		    "%s: no account is known for this key yet; the first run "
		    "that obtains a certificate registers it",
		    name);
	printf("thumbprint %s\n", b->thumbprint);
	if (known)
		show_records(account.url);
	say_printed("the account");
	if (b->next != NULL)
		say_warning(
		    "%s: a rollover has begun, and whether the CA has made it "
		    "is not known: then the thumbprint is %s; the next run "
		    "asks the CA",
		    name, b->next);
	return 0;
}

void
authority_ends(const char *text)
{
	say_shorten(
	    ended, sizeof(ended), text[0] != '\0' ? text : "no reason given");
}

int
authority_ended(struct error *e)
{
	char cause[CAUSE_MAX];

	if (ended[0] == '\0')
		return 0;
	error_set(e,
	    "not ordered in this run: what authority %s has refused before "
	    "would be refused for it, too (%s)",
	    name, say_shorten(cause, sizeof(cause), ended));
	return 1;
}

int
authority_holds(struct error *e)
{
	static char cause[CAUSE_MAX];

	if (!backoff_holds(remembered.not_before, time(NULL)))
		return 0;
	/* A long error is printed once, though it may hold back many jobs. */
	if (cause[0] == '\0')
		state_cause(&remembered, name, cause, sizeof(cause));
	error_set(e,
	    "authority %s is not tried again before %s, after %u failure%s "
	    "(%s); -F tries now",
	    name, clock_text(remembered.not_before), remembered.failures,
	    remembered.failures == 1 ? "" : "s", cause);
	return 1;
}

time_t
authority_not_before(void)
{
	return backoff_holds(remembered.not_before, time(NULL)) ?
	    remembered.not_before :
	    0;
}

const char *
authority_cause(void)
{
	return ended[0] != '\0' ? ended : remembered.last_error;
}

static void
remember(void)
{
	char *record = state_encode(&remembered);
	struct error e;

	if (store_write(0, PART_BACKOFF, record, strlen(record), &e) == -1)
		warnx("%s", e.text);
	free(record);
}

/* Returns when the first certificate expires that is still valid; 0: none. */
static time_t
first_end(time_t now)
{
	time_t end, first = 0;
	uint32_t i;

	for (i = 0; i < njobs; i++) {
		end = jobs[i].state == NULL ? 0 : jobs[i].state->life.not_after;
		if (end > now && (first == 0 || end < first))
			first = end;
	}
	return first;
}

void
authority_failed(const char *text, uint64_t seconds)
{
	time_t now = time(NULL);

	/* All workers report the same outage: it counts as one failure. */
	if (backoff_holds(remembered.not_before, now))
		return;
	remembered.failures++;
	remembered.not_before = backoff_or(
	    remembered.failures, now, first_end(now), seconds, run_began);
	say_shorten(remembered.last_error, sizeof(remembered.last_error), text);
	remember();
}

const char *
authority_anchors(void)
{
	return remembered.anchors[0] == '\0' ? NULL : remembered.anchors;
}

void
authority_learned(const char *anchors)
{
	if (strcmp(anchors, remembered.anchors) == 0)
		return;
	strlcpy(remembered.anchors, anchors, sizeof(remembered.anchors));
	remember();
}

void
authority_terms(const char *url)
{
	char hash[FINGERPRINT_LEN], safe[TERMS_MAX + 8];

	if (url[0] == '\0')
		return;
	SHA256Data((const uint8_t *)url, strlen(url), hash);
	if (strcmp(hash, remembered.terms) == 0)
		return;
	if (remembered.terms[0] != '\0')
		say_warning(
		    "%s: the CA has new terms of service; read them: %s", name,
		    say_safe(safe, sizeof(safe), url, strlen(url)));
	strlcpy(remembered.terms, hash, sizeof(remembered.terms));
	remember();
}

void
authority_works(void)
{
	if (remembered.failures == 0)
		return;
	remembered.failures = 0;
	remembered.not_before = 0;
	remembered.last_error[0] = '\0';
	remember();
}
