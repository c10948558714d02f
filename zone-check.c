/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * For a rehearsal (-T), by zoneproc: does the DNS have what the CA needs?  The
 * addresses of each name or, for a challenge in the DNS, its zone; and CAA
 * records that permit the CA.  The results are printed, and change nothing.
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"
#include "clock.h"
#include "valid.h"
#include "zone.h"

/* The most CAA records of one name that are looked at. */
#define RECORDS_MAX 64
#define SOCKETS_HERE 64

/* One name of one certificate. */
struct check {
	struct check *next;
	const struct check_job *job;
	const char *name; /* The name as it is configured, with "*.". */
	char *at;         /* The name whose CAA records are asked for. */
	unsigned open; /* The number of look-ups that have no response yet. */
	int addresses; /* The number of addresses that were found. */
	/* Why addresses could not be looked up, in text[]; or NULL. */
	const char *error;
	char text[120];
	int over; /* The time is over: responses that come now do not count. */
	/* CAA records, until it is known what the CA is called in them. */
	struct caa *records;
	size_t nrecords;
};

static struct check *checks;
static struct strings issuers;
static const char *account;
static unsigned nopen; /* The number of open look-ups of all checks. */

__attribute__((format(printf, 2, 3))) static void
report(const struct check *c, const char *fmt, ...)
{
	char text[CAA_TEXT_MAX + 400];
	va_list ap;

	va_start(ap, fmt);
	say_format(text, sizeof(text), fmt, ap);
	va_end(ap);
	say_warning("%s: check: %s: %s", c->job->handle, c->name, text);
}

static void
begun(struct check *c)
{
	c->open++;
	nopen++;
}

static void
ended(struct check *c)
{
	c->open--;
	nopen--;
}

/* Counts the A or AAAA records of a response. */
static void
addresses_came(void *context, const struct response *r)
{
	struct check *c = context;
	const ldns_rr_list *list;
	size_t i;

	if (c->over)
		return;
	ended(c);
	if (r->pkt == NULL) {
		snprintf(c->text, sizeof(c->text), "%s", r->failure);
		c->error = c->text;
	}
	list = r->pkt == NULL ? NULL : ldns_pkt_answer(r->pkt);
	for (i = 0; list != NULL && i < ldns_rr_list_rr_count(list); i++)
		switch (ldns_rr_get_type(ldns_rr_list_rr(list, i))) {
		case LDNS_RR_TYPE_A:
		case LDNS_RR_TYPE_AAAA:
			c->addresses++;
			break;
		default:
			break;
		}
}

static void
zone_came(void *context, const char *name, unsigned aliases,
    const struct zone *z, const struct error *e)
{
	struct check *c = context;

	(void)name;
	(void)aliases;
	if (c->over)
		return;
	ended(c);
	if (z == NULL)
		report(c, "the zone of its challenge: %s", e->text);
}

/* The name behind the CNAMEs of a response; -1: there are too many. */
static int
follow(char **at, const ldns_rr_list *list)
{
	const ldns_rdf *target;
	unsigned n;

	for (n = 0; (target = alias_of(*at, list)) != NULL; n++) {
		if (n == ALIASES_MAX)
			return -1;
		free(*at);
		*at = name_text(target);
	}
	return 0;
}

/* Takes the CAA records of this name; returns their number. */
static size_t
take_records(
    const char *name, const ldns_rr_list *list, struct caa out[RECORDS_MAX])
{
	struct records caa = { .list = list, .type = LDNS_RR_TYPE_CAA };
	const ldns_rdf *flags, *tag, *value;
	const ldns_rr *rr;
	size_t n = 0;

	while (n < RECORDS_MAX && (rr = records_next(&caa)) != NULL) {
		if (!name_equal(caa.owner, name) || ldns_rr_rd_count(rr) != 3)
			continue;
		flags = ldns_rr_rdf(rr, 0);
		tag = ldns_rr_rdf(rr, 1);
		value = ldns_rr_rdf(rr, 2);
		/* A tag begins with its length. */
		if (ldns_rdf_size(flags) == 1 && ldns_rdf_size(tag) > 1 &&
		    caa_take(&out[n], *ldns_rdf_data(flags),
			ldns_rdf_data(tag) + 1, ldns_rdf_size(tag) - 1,
			ldns_rdf_data(value), ldns_rdf_size(value)) == 0)
			n++;
	}
	free(caa.owner);
	return n;
}

/* Says what the CAA records of a name mean for this certificate. */
static void
say_caa(const struct check *c, const struct caa *records, size_t n)
{
	struct caa_question q = { .issuers = issuers,
		.account = account,
		.method = challenge_names[c->job->challenge],
		.wildcard = c->name[0] == '*' };
	char text[CAA_TEXT_MAX];
	enum caa_verdict v = caa_judge(&q, records, n, text);

	if (v == CAA_OTHERS && issuers.n == 0)
		report(c,
		    "CAA records at %s permit only %s; 'issuer NAME' in the "
		    "authority says which of them the CA is",
		    c->at, text);
	else if (v == CAA_OTHERS)
		report(c, "CAA records at %s permit %s, but not %s", c->at,
		    text, issuers.v[0]);
	else if (v == CAA_NOBODY)
		report(c, "CAA records at %s permit no CA", c->at);
	else if (v == CAA_METHOD)
		report(c,
		    "CAA records at %s permit the validation methods %s, but "
		    "not %s",
		    c->at, text, q.method);
	else if (v == CAA_ACCOUNT_UNKNOWN)
		report(c,
		    "CAA records at %s permit only the account %s, and the "
		    "authority has none yet: the first renewal registers it",
		    c->at, text);
	else if (v == CAA_ACCOUNT)
		report(c,
		    "CAA records at %s permit only the account %s, but that of "
		    "renewals is %s",
		    c->at, text, account);
	else if (v == CAA_CRITICAL)
		report(c,
		    "CAA records at %s have the critical property %s, which "
		    "forbids CAs that do not know it",
		    c->at, text);
	else
		say(1, "%s: check: %s: CAA records at %s permit the CA",
		    c->job->handle, c->name, c->at);
}

/* Judges the records now, or when it is known what the CA is called. */
static void
judge_caa(struct check *c, const struct caa *records, size_t n)
{
	if (issuers.n > 0) {
		say_caa(c, records, n);
		return;
	}
	if ((c->records = calloc(n, sizeof(*records))) == NULL)
		err(1, NULL);
	memcpy(c->records, records, n * sizeof(*records));
	c->nrecords = n;
}

void
checks_end(void)
{
	struct check *c;

	for (c = checks; c != NULL; c = c->next) {
		if (c->records != NULL)
			say_caa(c, c->records, c->nrecords);
		free(c->records);
		c->records = NULL;
	}
}

void
checks_issuers(const struct strings *names)
{
	if (issuers.n == 0)
		issuers = *names;
	checks_end();
}

static responded_fn caa_came;

static void
ask_caa(struct check *c)
{
	begun(c);
	find_records(c->at, LDNS_RR_TYPE_CAA, caa_came, c);
}

/*
 * RFC 8659 3: the records of the name count, or of the nearest name above it
 * that has any.  An alias above does not move the search.
 */
static void
caa_came(void *context, const struct response *r)
{
	struct caa records[RECORDS_MAX];
	struct check *c = context;
	const ldns_rr_list *list;
	char *target, *dot;
	size_t n = 0;

	if (c->over)
		return;
	ended(c);
	if (r->pkt == NULL) {
		report(c,
		    "CAA records at %s cannot be looked up (%s); a CA refuses "
		    "then",
		    c->at, r->failure);
		return;
	}
	list = ldns_pkt_answer(r->pkt);
	if ((target = strdup(c->at)) == NULL)
		err(1, NULL);
	if (follow(&target, list) == -1)
		report(c, "%s: more than %d CNAME records one behind the other",
		    c->at, ALIASES_MAX);
	else
		n = take_records(target, list, records);
	free(target);
	if (n > 0)
		judge_caa(c, records, n);
	else if ((dot = strchr(c->at, '.')) != NULL) {
		memmove(c->at, dot + 1, strlen(dot));
		ask_caa(c);
	} else
		say(1, "%s: check: %s: no CAA records restrict CAs",
		    c->job->handle, c->name);
}

static void
begin(const struct check_job *job, const char *name)
{
	const char *base = challenge_base(name);
	unsigned char addr[16];
	struct check *c;
	char record[300];

	/* An address has neither records of its own nor CAA (RFC 8738). */
	if (address_bytes(base, addr) > 0)
		return;
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->at = strdup(base)) == NULL)
		err(1, NULL);
	c->job = job;
	c->name = name;
	c->next = checks;
	checks = c;
	begun(c);
	if (challenge_by_dns(job->challenge)) {
		snprintf(record, sizeof(record), "%s.%s",
		    job->challenge == CHALLENGE_DNSPERSIST01 ?
			PERSIST_LABEL :
			"_acme-challenge",
		    base);
		find_zone(record, 0, zone_came, c);
	} else {
		find_records(base, LDNS_RR_TYPE_A, addresses_came, c);
		begun(c);
		find_records(base, LDNS_RR_TYPE_AAAA, addresses_came, c);
	}
	ask_caa(c);
}

/* Reports what is known when all responses have come, or the time is over. */
static void
conclude(void)
{
	struct check *c;

	for (c = checks; c != NULL; c = c->next)
		if (c->open > 0)
			report(c, "no response from name servers in %d seconds",
			    CHECK_SECONDS);
		else if (c->addresses == 0 && c->error != NULL)
			report(c, "its addresses cannot be looked up: %s",
			    c->error);
		else if (!challenge_by_dns(c->job->challenge) &&
		    c->addresses == 0)
			report(c,
			    "has no address in the DNS (A, AAAA), so that the "
			    "CA finds no server");
}

void
checks_run(const struct check_job *jobs, uint32_t njobs,
    const struct strings *names, const char *url, int fd, void (*keep)(void))
{
	int64_t until = clock_ms() + CHECK_SECONDS * (int64_t)1000;
	struct pollfd pfd[1 + SOCKETS_HERE];
	struct check *c;
	nfds_t nsockets;
	uint32_t i;
	size_t n;
	int ms;

	issuers = *names;
	account = url;
	for (i = 0; i < njobs; i++)
		for (n = 0; n < jobs[i].names.n; n++)
			begin(&jobs[i], jobs[i].names.v[n]);
	while (nopen > 0 && (ms = clock_left_ms(until)) > 0) {
		pfd[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
		nsockets = ask_fill(pfd + 1, SOCKETS_HERE, &ms);
		if (poll(pfd, nsockets + 1, ms) > 0 && pfd[0].revents != 0)
			keep();
		ask_turn(pfd + 1, nsockets);
	}
	conclude();
	/* Answers may still come, so that the checks are never freed. */
	for (c = checks; c != NULL; c = c->next)
		c->over = 1;
}
