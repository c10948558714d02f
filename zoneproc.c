/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Waits until the records that respond to challenges can be seen in the DNS:
 * all name servers of the zone are to have them before the CA looks.  It holds
 * nothing but sockets to name servers.  From chng it reads numbers of
 * identifiers and the records' contents, which are then public; from the
 * network it reads DNS responses.  An attacker in it can have the CA asked too
 * early, or not at all.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "role.h"
#include "sandbox.h"
#include "valid.h"
#include "zone.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define SOCKETS_MAX 64
/* The most bytes of a name: it is longer than any name in the DNS. */
#define NAME_SIZE 300

static struct check_job *check_jobs;
static struct strings *names; /* For each job, its identifiers. */
static uint32_t njobs;
static int checks; /* This is a rehearsal, and the DNS is checked. */
static unsigned wait_seconds;
/* When proposed persist records expire, in seconds since 1970; or 0. */
static uint64_t until;
static struct msg out;

/* Copies a text that is never freed: there are as many texts as names. */
static char *
keep(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		err(1, NULL);
	return copy;
}

static void
reply(const struct watched *w, const char *reason)
{
	struct body_published b = { .number = w->number, .reason = reason };

	msg_new(&out, CHNG_SEEN, w->job);
	body_published(&out, &b);
	msg_send(&out);
}

/* Returns the identifier's name without "*.". */
static const char *
name_of(const struct msg *m, uint32_t number)
{
	const struct strings *n = &names[m->head.job];

	if (number >= n->n)
		errx(1, "%s: no identifier %u", routes[m->head.type].name,
		    number);
	return challenge_base(n->v[number]);
}

static void
seen(const struct watched *w, const char *reason, enum persist_fit fit)
{
	(void)fit;
	reply(w, reason);
}

/*
 * Handles ZONE_AWAIT: watches the record of dns-01 (RFC 8555 8.4) or, with a
 * label, of dns-account-01 (draft-ietf-acme-dns-account-label).
 */
static void
zone_await(struct msg *m)
{
	struct body_digest b;
	struct watched w;

	body_digest(m, &b);
	if (b.label != NULL && !valid_account_label(b.label))
		errx(1, "ZONE_AWAIT: not a label of an account");
	if (!valid_base64url(b.digest, DIGEST_LEN, DIGEST_LEN))
		errx(1, "ZONE_AWAIT: not a digest");
	w = (struct watched){ .job = m->head.job,
		.number = b.number,
		.record = challenge_record(b.label, name_of(m, b.number)),
		.value = keep(b.digest),
		.seconds = wait_seconds,
		.done = seen };
	watch(&w);
}

/* Says what is wrong with the persist record that was seen. */
static const char *
misfit(enum persist_fit fit)
{
	switch (fit) {
	case PERSIST_ACCOUNT:
		return "there is one for another account";
	case PERSIST_POLICY:
		return "there is one that is not for wildcards";
	case PERSIST_EXPIRED:
		return "there is one, but its persistUntil is past";
	default:
		return "there is none";
	}
}

static void
persist_seen(const struct watched *w, const char *reason, enum persist_fit fit)
{
	char text[WATCH_TEXT_MAX], *line;

	if (reason == NULL) {
		reply(w, NULL);
		return;
	}
	line = persist_record(strchr(w->record, '.') + 1,
	    w->persist->issuers.v[0], w->persist->account, w->persist->wildcard,
	    until);
	snprintf(text, sizeof(text),
	    "no record allows this account to get certificates (%s); publish "
	    "this one, once: %s (%s)",
	    misfit(fit), line, reason);
	free(line);
	reply(w, text);
}

/*
 * Handles ZONE_PERSIST: looks whether the record of dns-persist-01
 * (draft-ietf-acme-dns-persist) is there; if not, the administrator is told
 * which record to publish.
 */
static void
zone_persist(struct msg *m)
{
	char record[NAME_SIZE];
	struct body_persist b;
	struct persist *s;
	struct watched w;
	const char *name;
	size_t i;

	body_persist(m, &b);
	name = name_of(m, b.number);
	if (b.issuers.n == 0)
		errx(1, "ZONE_PERSIST: no issuer");
	for (i = 0; i < b.issuers.n; i++)
		if (!valid_dns_name(b.issuers.v[i]))
			errx(1, "ZONE_PERSIST: not a name");
	if ((s = calloc(1, sizeof(*s))) == NULL)
		err(1, NULL);
	s->issuers = b.issuers;
	s->account = keep(b.account);
	s->wildcard = names[m->head.job].v[b.number] != name;
	s->now = time(NULL);
	snprintf(record, sizeof(record), PERSIST_LABEL ".%s", name);
	w = (struct watched){ .job = m->head.job,
		.number = b.number,
		.record = keep(record),
		.persist = s,
		.seconds = PERSIST_SECONDS,
		.done = persist_seen };
	watch(&w);
}

/* Handles ZONE_CA; names that are configured count more. */
static void
zone_ca(struct msg *m)
{
	struct body_ca b;
	size_t i;

	body_ca(m, &b);
	for (i = 0; i < b.issuers.n; i++)
		if (!valid_dns_name(b.issuers.v[i]))
			errx(1, "ZONE_CA: not a name");
	if (!checks)
		errx(1, "ZONE_CA: not a rehearsal");
	checks_issuers(&b.issuers);
}

static void
zone_end(struct msg *m)
{
	msg_end(m);
	watch_end(m->head.job);
}

static const struct handler table[] = {
	{ ZONE_AWAIT, zone_await, ANY_STATE, ORDERS_MAX *CONF_NAMES_MAX },
	{ ZONE_PERSIST, zone_persist, ANY_STATE, ORDERS_MAX *CONF_NAMES_MAX },
	{ ZONE_CA, zone_ca, ANY_STATE, 1 },
	{ ZONE_END, zone_end, ANY_STATE, ORDERS_MAX },
};

/*
 * Takes the name servers in the configuration, or the resolvers in resolv.conf,
 * and the TCP ports that they need.
 */
static void
take_servers(const struct slice_conf *c, struct sandbox *s)
{
	static uint16_t ports[1 + DNS_SERVERS_MAX];
	static struct address resolvers[RESOLVERS_MAX],
	    servers[DNS_SERVERS_MAX];
	size_t n = c->dns_servers.n / 2, i;
	FILE *f;

	s->ports = ports;
	for (i = 0; i < n; i++) {
		if (server_of(&servers[i], c->dns_servers.v[2 * i],
			c->dns_servers.v[2 * i + 1]) == -1)
			errx(1, "dns server %s: not an address",
			    c->dns_servers.v[2 * i]);
		ports[s->nports++] = (uint16_t)strtonum(
		    c->dns_servers.v[2 * i + 1], 1, UINT16_MAX, NULL);
	}
	if (n > 0) {
		find_in(servers, n);
		find_resolvers(servers, n);
		return;
	}
	ports[s->nports++] = 53;
	f = fopen(RESOLV_CONF, "re");
	find_resolvers(resolvers, resolvers_read(f, resolvers));
	if (f != NULL)
		fclose(f);
}

/* Sends queries and reads responses until there is a message. */
static void
await_message(void)
{
	struct pollfd pfd[1 + SOCKETS_MAX];
	nfds_t n;
	int ms;

	do {
		ms = INT_MAX;
		pfd[0] = (struct pollfd){ .fd = ROLE_FD, .events = POLLIN };
		n = watch_fill(pfd + 1, SOCKETS_MAX, &ms);
		if (poll(pfd, n + 1, ms == INT_MAX ? -1 : ms) == -1) {
			if (errno != EINTR)
				err(1, "poll");
			pfd[0].revents = 0;
			continue;
		}
		watch_turn(pfd + 1, n);
	} while (pfd[0].revents == 0);
}

int
main(int argc, char *argv[])
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_ZONE };
	struct slice_domain d;
	struct slice_conf c;
	struct strings issuers;

	role_begin(ROLE_ZONE, argc, argv);
	role_conf(&m, &c);
	while (role_domain(&m, njobs, &d)) {
		names = role_grow(names, njobs, sizeof(*names));
		check_jobs = role_grow(check_jobs, njobs, sizeof(*check_jobs));
		check_jobs[njobs] = (struct check_job){ d.handle, d.names,
			d.challenge };
		names[njobs++] = d.names;
	}
	wait_seconds = (unsigned)c.dns_wait;
	until = c.until;
	s.uid = role_uid;
	s.gid = role_gid;
	take_servers(&c, &s);
	sandbox_enter(&s);
	issuers = (struct strings){ .v = &c.issuer, .n = c.issuer != NULL };
	if ((checks = c.checks)) {
		role_at_exit(checks_end);
		checks_run(
		    check_jobs, njobs, &issuers, c.account, ROLE_FD, role_keep);
	}
	serve_beside(table, sizeof(table) / sizeof(table[0]), njobs, NULL,
	    await_message);
}
