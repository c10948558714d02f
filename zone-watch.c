/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Waits for any number of TXT records, by zoneproc.  Every server of the zone
 * is asked itself, without recursion, so that no cache remembers that a record
 * was not there yet.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "zone.h"

/*
 * After so many queries without a response an address is ignored, if its server
 * has the record at another address.
 */
#define SILENT_MAX 4
#define TEXT_SIZE 4096 /* The most bytes of a TXT record that are compared. */
/* The most servers without the record that a message names. */
#define SERVERS_NAMED_MAX 3

/* One address of one server. */
struct server {
	struct watching *watching;
	int has_it;
	int unroutable;  /* This machine has no route to the address. */
	unsigned silent; /* How many queries in a row had no response. */
	enum persist_fit fit;
	char said[160]; /* The server's last response, in words. */
};

struct watching {
	struct watching *next;
	struct watched what;
	char *at; /* The record's name at the end of the CNAMEs. */
	unsigned aliases;
	/* The record's zone; NULL: it is not known yet. */
	const struct zone *zone;
	struct server *servers;
	unsigned open; /* How many queries have no response yet. */
	int searching;
	/*
	 * The record is at another name or in another zone: open queries do not
	 * count.
	 */
	int moved;
	/* The other name; NULL: the record is in another zone. */
	char *moved_to;
	char *moved_zone;
	int64_t begun, until, again;
	int step;
	struct error error; /* Why the zone was not found. */
	int over;
};

static struct watching *all;

void
watch(const struct watched *what)
{
	struct watching *w;

	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->at = strdup(what->record)) == NULL)
		err(1, NULL);
	w->what = *what;
	w->begun = w->again = clock_ms();
	w->until = w->begun + what->seconds * (int64_t)1000;
	w->step = AGAIN_MS;
	w->next = all;
	all = w;
}

static void
forget_servers(struct watching *w)
{
	size_t i;

	for (i = 0; w->zone != NULL && i < w->zone->n; i++)
		ask_forget(&w->servers[i]);
	free(w->servers);
	w->servers = NULL;
	w->zone = NULL;
	w->open = 0;
}

/*
 * Reports the end of a wait.  sweep() frees w at the end of a turn, as
 * functions on the stack may hold it.
 */
static void
finish(struct watching *w, const char *reason, enum persist_fit fit)
{
	find_forget(w);
	forget_servers(w);
	w->over = 1;
	w->what.done(&w->what, reason, fit);
}

void
watch_end(uint32_t job)
{
	struct watching *w;

	for (w = all; w != NULL; w = w->next)
		if (!w->over && w->what.job == job)
			finish(w, "is not waited for any more", PERSIST_OTHER);
}

static void
watching_free(struct watching *w)
{
	free(w->at);
	free(w->moved_to);
	free(w->moved_zone);
	free(w);
}

static void
sweep(void)
{
	struct watching **wp = &all, *w;

	while ((w = *wp) != NULL)
		if (w->over) {
			*wp = w->next;
			watching_free(w);
		} else
			wp = &w->next;
}

/* Has the same server sent the record from another address? */
static int
is_elsewhere(const struct watching *w, size_t i)
{
	size_t k;

	for (k = 0; k < w->zone->n; k++)
		if (w->servers[k].has_it && w->zone->name[0] != '\0' &&
		    name_equal(
			w->zone->servers[k].name, w->zone->servers[i].name))
			return 1;
	return 0;
}

/* Has this address sent the record, or is it ignored? */
static int
is_finished(const struct watching *w, size_t i)
{
	const struct server *a = &w->servers[i];

	return a->has_it || a->unroutable ||
	    (a->silent >= SILENT_MAX && is_elsewhere(w, i));
}

/*
 * Judges all addresses.  1: all that count have the record; 0: some lack it;
 * -1: none counts.
 */
static int
have_it(const struct watching *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->zone->n; i++) {
		if (!is_finished(w, i))
			return 0;
		n += w->servers[i].has_it != 0;
	}
	return n > 0 ? 1 : -1;
}

static enum persist_fit
best_fit(const struct watching *w)
{
	enum persist_fit best = PERSIST_OTHER;
	size_t i;

	for (i = 0; w->zone != NULL && i < w->zone->n; i++)
		if (w->servers[i].fit > best)
			best = w->servers[i].fit;
	return best;
}

/* Lists the servers that lack the record, and their responses. */
static void
name_servers(const struct watching *w, char *text, size_t size)
{
	size_t i, n = 0, more = 0;

	for (i = 0; i < w->zone->n; i++) {
		if (is_finished(w, i) && !w->servers[i].unroutable)
			continue;
		if (n == SERVERS_NAMED_MAX)
			more++;
		else
			say_add(text, size, "%s%s %s", n++ == 0 ? "" : "; ",
			    w->zone->servers[i].text, w->servers[i].said);
	}
	if (more > 0)
		say_add(text, size, "; and %zu more", more);
}

/* Ends the wait without the record, and says why. */
static void
give_up(struct watching *w)
{
	char text[1024];

	snprintf(text, sizeof(text), "%.253s", w->what.record);
	if (!name_equal(w->at, w->what.record))
		say_add(text, sizeof(text), ", an alias of %.253s", w->at);
	if (w->zone == NULL) {
		snprintf(text, sizeof(text), "%s",
		    w->error.text[0] != '\0' ? w->error.text :
					       "its zone is not found in time");
	} else {
		say_add(text, sizeof(text),
		    ": not all name servers of %s%.253s have the TXT "
		    "record%s%s",
		    w->zone->name[0] == '\0' ? "the configuration" : "zone ",
		    w->zone->name, w->what.value == NULL ? "" : " ",
		    w->what.value == NULL ? "" : w->what.value);
		if (w->what.persist == NULL)
			say_add(text, sizeof(text), " after %u seconds",
			    w->what.seconds);
		say_add(text, sizeof(text), ": ");
		name_servers(w, text, sizeof(text));
	}
	finish(w, text, best_fit(w));
}

/* Joins the strings of one TXT record; returns the length. */
static size_t
join(const ldns_rr *rr, char text[TEXT_SIZE])
{
	const ldns_rdf *string;
	size_t i, n = 0, len;

	for (i = 0; i < ldns_rr_rd_count(rr); i++) {
		string = ldns_rr_rdf(rr, i);
		if (ldns_rdf_size(string) == 0)
			continue;
		len = ldns_rdf_size(string) - 1;
		if (len > TEXT_SIZE - n)
			len = TEXT_SIZE - n;
		memcpy(text + n, ldns_rdf_data(string) + 1, len);
		n += len;
	}
	return n;
}

/* Is a TXT record with this text the one that is waited for? */
static int
is_wanted(struct server *a, const char *text, size_t len)
{
	const struct watched *what = &a->watching->what;
	enum persist_fit fit;

	if (what->persist == NULL)
		return len == strlen(what->value) &&
		    memcmp(text, what->value, len) == 0;
	fit = persist_fit(what->persist, text, len);
	if (fit > a->fit)
		a->fit = fit;
	return fit == PERSIST_GOOD;
}

/*
 * Is the record that is waited for among those that name has in a response?
 * Notes in a->said what is there instead.
 */
static int
look_at_texts(struct server *a, const char *name, const ldns_rr_list *list)
{
	struct records txt = { .list = list, .type = LDNS_RR_TYPE_TXT };
	char text[TEXT_SIZE], first[64] = "";
	size_t n, count = 0;
	const ldns_rr *rr;
	int found = 0;

	a->fit = PERSIST_OTHER;
	while (!found && (rr = records_next(&txt)) != NULL) {
		if (!name_equal(txt.owner, name))
			continue;
		n = join(rr, text);
		if (count++ == 0)
			say_safe(first, sizeof(first), text, n);
		found = is_wanted(a, text, n);
	}
	free(txt.owner);
	if (count == 0)
		snprintf(
		    a->said, sizeof(a->said), "answers that there is none");
	else
		snprintf(a->said, sizeof(a->said), "answers with %s%s", first,
		    count > 1 ? " and others" : "");
	return found;
}

/*
 * Returns the zone below the server's own that the server delegates, and that
 * the record is in; the caller frees it.  NULL: there is none.
 */
static char *
delegated(const struct watching *w, const ldns_pkt *p)
{
	struct records ns = { .list = ldns_pkt_authority(p),
		.type = LDNS_RR_TYPE_NS };

	if (ldns_pkt_aa(p) || w->zone->name[0] == '\0')
		return NULL;
	while (records_next(&ns) != NULL)
		if (name_below(w->at, ns.owner) &&
		    name_below(ns.owner, w->zone->name) &&
		    !name_equal(ns.owner, w->zone->name))
			return ns.owner;
	return NULL;
}

/*
 * The record is at this name or in this zone: it is looked for there when the
 * turn is over.
 */
static void
move(struct watching *w, char *name, char *zone)
{
	if (w->moved) {
		free(name);
		free(zone);
		return;
	}
	w->moved = 1;
	w->moved_to = name;
	w->moved_zone = zone;
}

/*
 * Returns the name at the end of the CNAMEs in a response; the caller frees it.
 * NULL: there are too many.
 */
static char *
end_of_aliases(const char *name, const ldns_rr_list *list)
{
	char *at = strdup(name);
	const ldns_rdf *target;
	unsigned n;

	if (at == NULL)
		err(1, NULL);
	for (n = 0; (target = alias_of(at, list)) != NULL; n++) {
		free(at);
		if (n == ALIASES_MAX)
			return NULL;
		at = name_text(target);
	}
	return at;
}

/* Reads one server's response. */
static void
read_response(struct server *a, const ldns_pkt *p)
{
	struct watching *w = a->watching;
	ldns_pkt_rcode rcode = ldns_pkt_get_rcode(p);
	char *word, *at, *zone;

	if (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN) {
		word = ldns_pkt_rcode2str(rcode);
		snprintf(a->said, sizeof(a->said), "answers %s", word);
		free(word);
		return;
	}
	if ((at = end_of_aliases(w->at, ldns_pkt_answer(p))) == NULL) {
		snprintf(a->said, sizeof(a->said),
		    "answers with more than %d CNAME records one behind the "
		    "other",
		    ALIASES_MAX);
		return;
	}
	a->has_it = look_at_texts(a, at, ldns_pkt_answer(p));
	if (!a->has_it && !name_equal(at, w->at)) {
		move(w, at, NULL);
		return;
	}
	free(at);
	if (!a->has_it && (zone = delegated(w, p)) != NULL)
		move(w, NULL, zone);
	if (!a->has_it && rcode == LDNS_RCODE_NXDOMAIN)
		snprintf(a->said, sizeof(a->said),
		    "answers NXDOMAIN, that there is no such name");
}

static void conclude(struct watching *);

static void
responded(void *context, const struct response *r)
{
	struct server *a = context;
	struct watching *w = a->watching;

	w->open--;
	a->silent = r->pkt == NULL ? a->silent + 1 : 0;
	a->unroutable = r->unroutable;
	if (r->pkt != NULL)
		read_response(a, r->pkt);
	else if (r->unroutable)
		snprintf(a->said, sizeof(a->said),
		    "cannot be reached from here: %s", r->failure);
	else
		snprintf(a->said, sizeof(a->said), "%s", r->failure);
	/* This may end the round, and may free a. */
	if (w->open == 0 && !w->moved)
		conclude(w);
}

/* Asks all servers that may still lack the record. */
static void
ask_all(struct watching *w)
{
	struct query q = { .name = w->at,
		.type = LDNS_RR_TYPE_TXT,
		.recurse = w->zone->name[0] == '\0',
		.tries = SERVER_TRIES,
		.responded = responded };
	size_t i;

	for (i = 0; i < w->zone->n; i++)
		if (!is_finished(w, i)) {
			q.server = &w->zone->servers[i].at;
			q.context = &w->servers[i];
			ask(&q);
			w->open++;
		}
}

static void
found(void *context, const char *name, unsigned aliases, const struct zone *z,
    const struct error *reason)
{
	struct watching *w = context;
	size_t i;

	w->searching = 0;
	w->aliases = aliases;
	if (z == NULL) {
		w->error = *reason;
		return;
	}
	if (!name_equal(w->at, name)) {
		free(w->at);
		if ((w->at = strdup(name)) == NULL)
			err(1, NULL);
	}
	w->zone = z;
	if ((w->servers = calloc(z->n, sizeof(*w->servers))) == NULL)
		err(1, NULL);
	for (i = 0; i < z->n; i++) {
		w->servers[i].watching = w;
		snprintf(w->servers[i].said, sizeof(w->servers[i].said),
		    "was not asked in time");
	}
	w->again = clock_ms();
	w->step = AGAIN_MS;
}

/* Looks for the record where a server has said that it is. */
static void
go(struct watching *w)
{
	char *to = w->moved_to, *zone = w->moved_zone;

	forget_servers(w);
	w->moved = 0;
	w->moved_to = w->moved_zone = NULL;
	w->searching = 1;
	if (to != NULL && ++w->aliases > ALIASES_MAX) {
		error_set(&w->error,
		    "%s: more than %d CNAME records one behind the other",
		    w->what.record, ALIASES_MAX);
		w->searching = 0;
		w->until = w->begun;
	} else if (to != NULL)
		find_zone(to, w->aliases, found, w);
	else
		find_servers(w->at, w->aliases, zone, found, w);
	free(to);
	free(zone);
}

static void
wait_on(struct watching *w)
{
	w->again = clock_ms() + w->step;
	w->step = w->step * 3 / 2 > AGAIN_MAX_MS ? AGAIN_MAX_MS :
						   w->step * 3 / 2;
}

/*
 * Has a server said that the persist record is not there?  Waiting does not
 * help then.
 */
static int
is_denied(const struct watching *w)
{
	size_t i;

	for (i = 0; i < w->zone->n && w->what.persist != NULL; i++)
		if (!w->servers[i].has_it && !w->servers[i].unroutable &&
		    w->servers[i].silent == 0)
			return 1;
	return 0;
}

/* Decides after a round of responses. */
static void
conclude(struct watching *w)
{
	int have = have_it(w);

	if (have == 1) {
		say(1, "%s: all name servers of %s have it, after %lld s",
		    w->what.record,
		    w->zone->name[0] == '\0' ? "the configuration" :
					       w->zone->name,
		    (long long)(clock_ms() - w->begun + 500) / 1000);
		finish(w, NULL, PERSIST_GOOD);
	} else if (have == -1 || is_denied(w))
		give_up(w);
	else
		wait_on(w);
}

/* Does what is due now. */
static void
step(struct watching *w)
{
	if (w->moved)
		go(w);
	if (clock_left_ms(w->until) == 0) {
		give_up(w);
		return;
	}
	if (w->searching || w->open > 0 || clock_left_ms(w->again) > 0)
		return;
	if (w->zone != NULL) {
		ask_all(w);
		return;
	}
	wait_on(w);
	w->searching = 1;
	find_zone(w->what.record, 0, found, w);
}

nfds_t
watch_fill(struct pollfd *pfd, nfds_t max, int *ms)
{
	struct watching *w;
	nfds_t n;
	int left;

	for (w = all; w != NULL; w = w->next)
		if (!w->over)
			step(w);
	/*
	 * A query that cannot be sent is over at once, which changes what there
	 * is to wait for.
	 */
	n = ask_fill(pfd, max, ms);
	sweep();
	for (w = all; w != NULL; w = w->next) {
		left = w->moved ? 0 : clock_left_ms(w->until);
		if (!w->searching && w->open == 0 &&
		    clock_left_ms(w->again) < left)
			left = clock_left_ms(w->again);
		if (left < *ms)
			*ms = left;
	}
	return n;
}

void
watch_turn(const struct pollfd *pfd, nfds_t n)
{
	ask_turn(pfd, n);
}
