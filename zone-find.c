/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Finds zones and their servers, by zoneproc.  A resolver of the
 * administrator's is asked, and believed: its responses decide only which
 * servers are asked.  Nothing is kept longer than the run; a zone whose search
 * failed is looked for again.
 */
#include <netinet/in.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone.h"

#define SERVERS_MAX 16 /* The most name servers of one zone. */
/* The most addresses of all name servers of one zone. */
#define ADDRESSES_MAX_HERE 48

/* A query to one resolver after the other, until one responds. */
struct lookup {
	char *name;
	ldns_rr_type type;
	size_t resolver;
	responded_fn *done;
	void *context;
};

/* The search for a record's zone. */
struct search {
	struct search *next;
	/* The name of the record at the end of the CNAMEs so far. */
	char *record;
	/*
	 * That name, or one above it: the name whose SOA record is asked for.
	 */
	char *at;
	unsigned aliases;
	struct seen *zone; /* The zone whose servers are being looked up. */
	found_fn *found;
	/* The argument of found(); NULL: found() is not called any more. */
	void *context;
};

/* A zone, while and after its servers are looked up. */
struct seen {
	struct seen *next;
	struct zone zone;
	unsigned open;      /* How many look-ups have no response yet. */
	struct error error; /* Why the zone has no servers. */
};

static const struct address *resolvers;
static size_t nresolvers;
static struct zone *given;
static struct search *searches;
static struct seen *zones;

void
find_resolvers(const struct address *s, size_t n)
{
	resolvers = s;
	nresolvers = n;
}

static void
add_server(struct zone *z, const char *name, const struct address *s)
{
	char address[64];
	struct zone_server *to;

	if (z->n == ADDRESSES_MAX_HERE)
		return;
	if ((z->servers = recallocarray(
		 z->servers, z->n, z->n + 1, sizeof(*z->servers))) == NULL)
		err(1, NULL);
	to = &z->servers[z->n++];
	if ((to->name = strdup(name)) == NULL)
		err(1, NULL);
	to->at = *s;
	address_text((const struct sockaddr *)&s->ss, address, sizeof(address));
	snprintf(to->text, sizeof(to->text),
	    name[0] == '\0' ? "%s%s" : "%.80s (%s)", name, address);
}

void
find_in(const struct address *s, size_t n)
{
	size_t i;

	if ((given = calloc(1, sizeof(*given))) == NULL ||
	    (given->name = strdup("")) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++)
		add_server(given, "", &s[i]);
}

static responded_fn lookup_responded;

static void
lookup_next(struct lookup *l)
{
	struct query q = { .server = &resolvers[l->resolver],
		.name = l->name,
		.type = l->type,
		.recurse = given == NULL,
		.tries = RESOLVER_TRIES,
		.responded = lookup_responded,
		.context = l };

	ask(&q);
}

void
find_records(
    const char *name, ldns_rr_type type, responded_fn *done, void *context)
{
	struct lookup *l;

	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    (l->name = strdup(name)) == NULL)
		err(1, NULL);
	l->type = type;
	l->done = done;
	l->context = context;
	lookup_next(l);
}

/* Passes a response on, or asks the next resolver. */
static void
lookup_responded(void *context, const struct response *r)
{
	static char text[120];
	struct lookup *l = context;
	struct response failed = { NULL, r->failure, 0 };
	ldns_pkt_rcode rcode = r->pkt == NULL ? 0 : ldns_pkt_get_rcode(r->pkt);
	char address[64], *word;

	if (r->pkt != NULL &&
	    (rcode == LDNS_RCODE_NOERROR || rcode == LDNS_RCODE_NXDOMAIN)) {
		l->done(l->context, r);
	} else if (++l->resolver < nresolvers) {
		lookup_next(l);
		return;
	} else {
		word = r->pkt == NULL ? NULL : ldns_pkt_rcode2str(rcode);
		snprintf(text, sizeof(text), "the name server %s of %s %s%s",
		    address_text(
			(const struct sockaddr *)&resolvers[l->resolver - 1].ss,
			address, sizeof(address)),
		    given == NULL ? "resolv.conf" : "the configuration",
		    word == NULL ? "" : "answers ",
		    word == NULL ? r->failure : word);
		free(word);
		failed.failure = text;
		l->done(l->context, &failed);
	}
	free(l->name);
	free(l);
}

static void
search_free(struct search *gone)
{
	struct search **sp;

	for (sp = &searches; *sp != gone; sp = &(*sp)->next)
		;
	*sp = gone->next;
	free(gone->record);
	free(gone->at);
	free(gone);
}

/* Ends a search, with the zone or the reason why there is none. */
static void
search_end(struct search *s, const struct zone *z, const struct error *e)
{
	if (s->context != NULL)
		s->found(s->context, s->record, s->aliases, z, e);
	search_free(s);
}

__attribute__((format(printf, 2, 3))) static void
search_fail(struct search *s, const char *fmt, ...)
{
	struct error e;
	va_list ap;

	va_start(ap, fmt);
	say_format(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	search_end(s, NULL, &e);
}

static void
seen_free(struct seen *gone)
{
	struct seen **zp;
	size_t i;

	for (zp = &zones; *zp != gone; zp = &(*zp)->next)
		;
	*zp = gone->next;
	for (i = 0; i < gone->zone.n; i++)
		free(gone->zone.servers[i].name);
	free(gone->zone.servers);
	free(gone->zone.name);
	free(gone);
}

/*
 * Ends all searches that wait for this zone.  A zone without servers is freed:
 * no search holds it any more.
 */
static void
tell(struct seen *z)
{
	struct search *s, *next;

	if (z->open > 0)
		return;
	if (z->zone.n == 0 && z->error.text[0] == '\0')
		error_set(&z->error,
		    "zone %s: none of its name servers has an address",
		    z->zone.name[0] == '\0' ? "." : z->zone.name);
	for (s = searches; s != NULL; s = next) {
		next = s->next;
		if (s->zone == z)
			search_end(
			    s, z->zone.n > 0 ? &z->zone : NULL, &z->error);
	}
	if (z->zone.n == 0)
		seen_free(z);
}

/* The look-up of one server's addresses. */
struct addresses {
	struct seen *zone;
	char *name;
};

static void
take_address(struct seen *z, const char *name, const ldns_rr *rr)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_port = htons(LDNS_PORT) };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_port = htons(LDNS_PORT) };
	const ldns_rdf *data = ldns_rr_rdf(rr, 0);
	struct address s;

	memset(&s, 0, sizeof(s));
	if (data == NULL)
		return;
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_A &&
	    ldns_rdf_size(data) == sizeof(four.sin_addr)) {
		memcpy(
		    &four.sin_addr, ldns_rdf_data(data), sizeof(four.sin_addr));
		memcpy(&s.ss, &four, s.len = sizeof(four));
	} else if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_AAAA &&
	    ldns_rdf_size(data) == sizeof(six.sin6_addr)) {
		memcpy(
		    &six.sin6_addr, ldns_rdf_data(data), sizeof(six.sin6_addr));
		memcpy(&s.ss, &six, s.len = sizeof(six));
	} else
		return;
	add_server(&z->zone, name, &s);
}

static void
addresses_came(void *context, const struct response *r)
{
	struct addresses *a = context;
	struct seen *z = a->zone;
	const ldns_rr_list *list = r->pkt == NULL ? NULL :
						    ldns_pkt_answer(r->pkt);
	size_t i;

	if (r->pkt == NULL && z->error.text[0] == '\0')
		error_set(&z->error, "zone %s: name server %s: %s",
		    z->zone.name, a->name, r->failure);
	for (i = 0; i < ldns_rr_list_rr_count(list); i++)
		take_address(z, a->name, ldns_rr_list_rr(list, i));
	free(a->name);
	free(a);
	z->open--;
	tell(z);
}

static void
find_addresses(struct seen *z, const char *name)
{
	static const ldns_rr_type types[] = { LDNS_RR_TYPE_A,
		LDNS_RR_TYPE_AAAA };
	struct addresses *a;
	size_t i;

	for (i = 0; i < 2; i++) {
		if ((a = calloc(1, sizeof(*a))) == NULL ||
		    (a->name = strdup(name)) == NULL)
			err(1, NULL);
		a->zone = z;
		z->open++;
		find_records(name, types[i], addresses_came, a);
	}
}

static void
servers_came(void *context, const struct response *r)
{
	struct seen *z = context;
	struct records ns = { .list = r->pkt == NULL ? NULL :
						       ldns_pkt_answer(r->pkt),
		.type = LDNS_RR_TYPE_NS };
	unsigned n = 0;
	const ldns_rr *rr;
	char *name;

	while (n < SERVERS_MAX && (rr = records_next(&ns)) != NULL) {
		if (!name_equal(ns.owner, z->zone.name))
			continue;
		name = name_text(ldns_rr_rdf(rr, 0));
		find_addresses(z, name);
		free(name);
		n++;
	}
	free(ns.owner);
	if (n == 0)
		error_set(&z->error, "zone %s: %s", z->zone.name,
		    r->pkt == NULL ? r->failure :
				     "has no name servers (NS records)");
	z->open--;
	tell(z);
}

/* Goes on with the zone's servers: they are known, or are looked up now. */
static void
search_servers(struct search *s, const char *zone)
{
	struct seen *z;

	for (z = zones; z != NULL && !name_equal(z->zone.name, zone);
	     z = z->next)
		;
	s->zone = z;
	if (z != NULL && z->open == 0)
		search_end(s, &z->zone, &z->error);
	if (z != NULL)
		return;
	if ((z = calloc(1, sizeof(*z))) == NULL ||
	    (z->zone.name = strdup(zone)) == NULL)
		err(1, NULL);
	z->next = zones;
	zones = z;
	s->zone = z;
	z->open = 1;
	find_records(zone, LDNS_RR_TYPE_NS, servers_came, z);
}

const ldns_rdf *
alias_of(const char *name, const ldns_rr_list *list)
{
	struct records cname = { .list = list, .type = LDNS_RR_TYPE_CNAME };
	const ldns_rdf *target = NULL;
	const ldns_rr *rr;

	while (target == NULL && (rr = records_next(&cname)) != NULL)
		if (name_equal(cname.owner, name))
			target = ldns_rr_rdf(rr, 0);
	free(cname.owner);
	return target;
}

static void
replace(char **text, const char *with)
{
	char *copy = strdup(with);

	if (copy == NULL)
		err(1, NULL);
	free(*text);
	*text = copy;
}

/* Follows the CNAMEs in a response.  0; or -1: there are too many. */
static int
follow(struct search *s, const ldns_rr_list *list)
{
	const ldns_rdf *target;
	char *text;

	while ((target = alias_of(s->record, list)) != NULL) {
		if (++s->aliases > ALIASES_MAX)
			return -1;
		text = name_text(target);
		replace(&s->record, text);
		replace(&s->at, text);
		free(text);
	}
	return 0;
}

/*
 * Returns the zone that the record is in, by an SOA record in this list; the
 * caller frees it.  NULL: there is none.
 */
static char *
zone_in(const struct search *s, const ldns_rr_list *list)
{
	struct records soa = { .list = list, .type = LDNS_RR_TYPE_SOA };

	while (records_next(&soa) != NULL)
		if (name_below(s->record, soa.owner))
			return soa.owner;
	return NULL;
}

static responded_fn search_came;

static void
search_at(struct search *s)
{
	find_records(s->at, LDNS_RR_TYPE_SOA, search_came, s);
}

/*
 * Takes a response: it has an SOA record of the name or of its zone; if it has
 * none, the name above is asked for.
 */
static void
search_came(void *context, const struct response *r)
{
	struct search *s = context;
	char *zone, *dot;

	if (r->pkt == NULL) {
		search_fail(s, "%s: its zone cannot be found: %s", s->record,
		    r->failure);
		return;
	}
	if (follow(s, ldns_pkt_answer(r->pkt)) == -1) {
		search_fail(s,
		    "%s: more than %d CNAME records one behind the other",
		    s->record, ALIASES_MAX);
		return;
	}
	if ((zone = zone_in(s, ldns_pkt_answer(r->pkt))) == NULL)
		zone = zone_in(s, ldns_pkt_authority(r->pkt));
	if (zone != NULL && zone[0] == '\0') {
		search_fail(s,
		    "%s: there is no such zone: only the root is above it",
		    s->record);
	} else if (zone != NULL) {
		search_servers(s, zone);
	} else if ((dot = strchr(s->at, '.')) == NULL) {
		search_fail(
		    s, "%s: no SOA record is found, there or above", s->record);
	} else {
		memmove(s->at, dot + 1, strlen(dot));
		search_at(s);
	}
	free(zone);
}

static struct search *
search_new(const char *record, unsigned aliases, found_fn *found, void *context)
{
	struct search *s;

	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (s->record = strdup(record)) == NULL ||
	    (s->at = strdup(record)) == NULL)
		err(1, NULL);
	s->aliases = aliases;
	s->found = found;
	s->context = context;
	s->next = searches;
	searches = s;
	return s;
}

void
find_zone(const char *record, unsigned aliases, found_fn *found, void *context)
{
	struct search *s = search_new(record, aliases, found, context);

	if (given != NULL)
		search_end(s, given, NULL);
	else
		search_at(s);
}

void
find_servers(const char *record, unsigned aliases, const char *zone,
    found_fn *found, void *context)
{
	struct search *s = search_new(record, aliases, found, context);

	if (given != NULL)
		search_end(s, given, NULL);
	else
		search_servers(s, zone);
}

void
find_forget(const void *context)
{
	struct search *s;

	for (s = searches; s != NULL; s = s->next)
		if (s->context == context)
			s->context = NULL;
}
