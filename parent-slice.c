/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Cuts the configuration into slices.  whole_conf() and whole_domain() fill in
 * what any role gets, cut_conf() and cut_domain() adapt that to the role and
 * the mode; msg-bodies.c says which role gets which member.
 */
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "msg-bodies.h"
#include "parent.h"
#include "valid.h"

static struct msg m;

/* In a renewal: has any job 'check revocation'? */
static int
asks_for_status(const struct run *run)
{
	uint32_t i;

	for (i = 0; i < run->njobs && run->mode == MODE_RENEW; i++)
		if (run->jobs[i]->check_revocation)
			return 1;
	return 0;
}

/* In a renewal: has any job 'check webroot'? */
static int
asks_for_webroot(const struct run *run)
{
	uint32_t i;

	for (i = 0; i < run->njobs && run->mode == MODE_RENEW; i++)
		if (run->jobs[i]->check_webroot)
			return 1;
	return 0;
}

/*
 * Lists the origins, with the directory's URL first, and their hosts and ports;
 * with a proxy, only its host and port.  The strings are in urls and parsed.
 */
static void
cut_origins(struct slice_conf *c, const struct authority *a,
    char *urls[ORIGINS_MAX], struct url parsed[ORIGINS_MAX],
    char *servers[2 * ORIGINS_MAX])
{
	size_t i, n = 0;

	urls[n++] = a->api_url;
	for (i = 0; i < a->origins.n && n < ORIGINS_MAX; i++)
		urls[n++] = a->origins.v[i];
	for (i = 0; i < n; i++) {
		if (!url_parse(&parsed[i], urls[i]))
			errx(1, "%s: not an https URL", urls[i]);
		servers[2 * i] = parsed[i].host;
		servers[2 * i + 1] = parsed[i].port;
	}
	c->origins.v = urls;
	c->origins.n = n;
	c->servers.v = servers;
	c->servers.n = 2 * n;
	if (a->proxy == NULL)
		return;
	/* The proxy resolves the other names. */
	if (!url_parse_plain(&parsed[0], a->proxy))
		errx(1, "%s: not an http URL", a->proxy);
	servers[0] = parsed[0].host;
	servers[1] = parsed[0].port;
	c->servers.n = 2;
}

/* The persist record of *.NAME is for NAME, too. */
static int
has_wildcard(const struct domain *d, const char *name)
{
	const char *base;
	size_t i;

	for (i = 0; i < d->names.n; i++) {
		base = challenge_base(d->names.v[i]);
		if (base != d->names.v[i] && strcmp(base, name) == 0)
			return 1;
	}
	return 0;
}

/*
 * Lists the names of the authority's domains that have persist records; the
 * array is names.
 */
static void
cut_persist(struct slice_conf *c, const struct conf *conf,
    const struct authority *a, char *names[CONF_NAMES_MAX])
{
	const struct domain *d;
	size_t i;

	c->persist.v = names;
	for (d = conf->domains; d < conf->domains + conf->ndomains; d++)
		for (i = 0; d->authority == a &&
		     d->challenge == CHALLENGE_DNSPERSIST01 && i < d->names.n;
		     i++)
			if (has_wildcard(d, d->names.v[i]))
				continue;
			else if (c->persist.n < CONF_NAMES_MAX)
				names[c->persist.n++] = d->names.v[i];
			else
				c->persist_more++;
}

/* Fills in what any role gets of the run and its authority. */
static struct slice_conf
whole_conf(const struct run *run, uint32_t workers)
{
	const struct authority *a = run->authority;

	return (struct slice_conf){
		.verbose = verbose,
		.uid = run->uid,
		.gid = run->gid,
		.mode = run->mode,
		.workers = workers,
		.njobs = run->njobs,
		.force = run->force,
		.reason = run->reason,
		.key_compromised = run->reason == REASON_KEY_COMPROMISE,
		.asks_for_status = asks_for_status(run),
		.publishes = run_publishes(run),
		.waits_for_dns = run_waits_for_dns(run),
		.checks = run->checks,
		.account = run->account,
		.names_account = run_names_account(run),
		.list = run->list,
		.most_orders = run->most_orders,
		.state_dir = run->conf->state_dir,
		.metrics = run->mode == MODE_MONITOR ? run->conf->metrics :
						       NULL,
		.status = run->mode == MODE_MONITOR ? run->conf->status : NULL,
		.status_mode = run->conf->status_mode,
		.dns_wait = (uint32_t)run->conf->dns_wait,
		.dns_servers = run->conf->dns_servers,
		.on_change = run->conf->on_change,
		.name = a->name,
		.api_url = a->api_url,
		.ca_file = a->ca_file,
		.proxy = a->proxy,
		.proxy_auth = a->proxy_auth,
		.proxied = a->proxy != NULL,
		.prefer = a->prefer,
		.issuer = a->issuer,
		.until = a->until,
		.insecure = a->insecure,
		.account_key = a->account_key,
		.account_spec = a->account_spec,
		.shared = conf_sharer(run->conf, a) != NULL,
		.contact = a->contact,
		.has_eab = a->eab_kid != NULL,
		.eab_kid = a->eab_kid,
		.eab_file = a->eab_file,
		.eab_alg = (char *)(uintptr_t)a->eab_alg,
	};
}

static void
cut_conf(const struct run *run, enum role role, uint32_t workers)
{
	const struct authority *a = run->authority;
	static struct url parsed[ORIGINS_MAX];
	char *urls[ORIGINS_MAX], *servers[2 * ORIGINS_MAX],
	    *persist[CONF_NAMES_MAX];
	struct slice_conf c = whole_conf(run, workers);

	/*
	 * hookproc either publishes records, in a renewal, or runs the commands
	 * of 'on change', and then needs no state.
	 */
	if (run->mode == MODE_RENEW)
		c.on_change.n = 0;
	else if (role == ROLE_HOOK)
		c.state_dir = NULL;
	/* 'verify' sends no request to the authority. */
	if (run->mode == MODE_VERIFY) {
		c.ca_file = c.proxy = c.proxy_auth = NULL;
		c.proxied = 0;
		c.prefer = PREFER_NONE;
	} else
		cut_origins(&c, a, urls, parsed, servers);
	if (role == ROLE_CERT && run->mode == MODE_SHOW)
		cut_persist(&c, run->conf, a, persist);
	body_conf(&m, role, &c);
}

/* Fills in what any role gets of a domain section. */
static struct slice_domain
whole_domain(const struct run *run, const struct domain *d)
{
	const struct authority *a = d->authority;

	return (struct slice_domain){
		.handle = d->handle,
		.names = d->names,
		.nnames = d->names.n,
		.key = d->key,
		.key_spec = d->key_spec,
		.rotate = d->rotate,
		.group = d->group,
		.csr_file = d->csr_file,
		.has_csr_file = d->csr_file != NULL,
		.cert = d->cert,
		.chain = d->chain,
		.fullchain = d->fullchain,
		.combined = d->combined,
		.has_combined = d->combined != NULL,
		.challenge = d->challenge,
		.way = d->way,
		.challengedir = d->challengedir,
		.listen = d->listen,
		.profile = d->profile,
		.preferred_chain = d->preferred_chain,
		.check_revocation = d->check_revocation,
		.check_webroot = d->check_webroot,
		.accept_more = d->accept_more,
		.challenge_hook = d->challenge_hook,
		.on_change = d->on_change,
		.has_on_change = conf_on_change(run->conf, d),
		.verify = d->verify,
		.authority = a->name,
		.api_url = a->api_url,
		.root_file = a->root_file,
		.rooting = a->root_any ? ROOTS_ANY :
		    conf_lacks_root(a) ? ROOTS_LACKING :
					 ROOTS_NAMED,
	};
}

static void
cut_domain(const struct run *run, const struct domain *d, enum role role)
{
	struct slice_domain s = whole_domain(run, d);

	if (role == ROLE_DNS && (!d->check_webroot || run->mode != MODE_RENEW))
		s.names.n = 0;
	if (run->mode != MODE_VERIFY)
		s.verify.n = 0;
	/*
	 * certproc cannot read keys, but learns by the fingerprint whether they
	 * have changed.
	 */
	if (role == ROLE_CERT)
		s.fingerprint = fingerprint(d);
	/* Only the list says whose keys and authorities these are. */
	if (role == ROLE_CERT && run->mode != MODE_LIST &&
	    run->mode != MODE_MONITOR)
		s.authority = s.key = s.combined = NULL;
	if (role == ROLE_HOOK && run->mode == MODE_RENEW) {
		s.key = s.cert = s.chain = s.fullchain = s.combined = NULL;
		s.on_change.n = 0;
	} else if (role == ROLE_HOOK) {
		s.challenge_hook = NULL;
		s.names.n = 0;
	}
	/* For 'on change' fileproc needs the states only. */
	if (role == ROLE_FILE && run->mode == MODE_HOOK)
		s.cert = s.chain = s.fullchain = NULL;
	body_domain(&m, role, &s);
	free(s.fingerprint);
}

void
slice(const struct run *run, enum role role, uint32_t workers,
    void (*send)(void *, const struct msg *), void *to)
{
	uint32_t i,
	    njobs = mode_is_for_account(run->mode) ||
		(role == ROLE_DNS && run->mode != MODE_VERIFY &&
		    !asks_for_webroot(run)) ?
	    0 :
	    run->njobs;
	size_t before;

	msg_new(&m, ROLE_CONF, 0);
	cut_conf(run, role, workers);
	send(to, &m);
	msg_new(&m, ROLE_DOMAIN, 0);
	for (i = 0; i < njobs; i++) {
		before = m.head.len;
		cut_domain(run, run->jobs[i], role);
		/* A slice that is empty has a message of its own. */
		if (m.head.len > before && m.head.len < SLICES_BYTES &&
		    i + 1 < njobs)
			continue;
		send(to, &m);
		msg_new(&m, ROLE_DOMAIN, i + 1);
	}
	msg_new(&m, ROLE_START, 0);
	send(to, &m);
}
