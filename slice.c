/* SPDX-License-Identifier: ISC */
/*
 * What each role gets to know of the configuration: no more than it needs.
 * The order of the members is the one in which the role reads them.
 */
#include <err.h>
#include <stdlib.h>

#include "broker.h"
#include "fingerprint.h"
#include "say.h"
#include "valid.h"

static struct msg m;

/* The directory's URL first, then the further origins. */
static void
put_origins(const struct authority *a)
{
	size_t i;

	msg_put_num(&m, 1 + a->origins.n);
	msg_put_str(&m, a->api_url);
	for (i = 0; i < a->origins.n; i++)
		msg_put_str(&m, a->origins.v[i]);
}

static void
put_host(const char *text)
{
	struct url url;

	if (!url_parse(&url, text))
		errx(1, "%s: not an https URL", text);
	msg_put_str(&m, url.host);
	msg_put_str(&m, url.port);
}

static void
put_key(const char *path, const struct keyspec *spec)
{
	msg_put_str(&m, path);
	msg_put_num(&m, spec->type);
	msg_put_num(&m, (uint64_t)spec->bits);
}

/* 'check revocation' for any of the domains? */
static int
asks_for_status(const struct run *run)
{
	uint32_t i;

	for (i = 0; i < run->njobs && run->mode == MODE_RENEW; i++)
		if (run->jobs[i]->check_revocation)
			return 1;
	return 0;
}

static void
put_conf(const struct run *run, enum role role, uint32_t workers)
{
	const struct authority *a = run->authority;
	size_t i;

	switch (role) {
	case ROLE_NET:
		msg_put_num(&m, workers);
		msg_put_num(&m, (uint64_t)a->insecure);
		msg_put_num(&m, a->eab_kid != NULL);
		msg_put_num(&m, run->reason == REASON_KEY_COMPROMISE);
		msg_put_num(&m, (uint64_t)asks_for_status(run));
		msg_put_str(&m, a->ca_file);
		put_origins(a);
		break;
	case ROLE_DNS:
		msg_put_num(&m, run->njobs);
		msg_put_num(&m, 1 + a->origins.n);
		put_host(a->api_url);
		for (i = 0; i < a->origins.n; i++)
			put_host(a->origins.v[i]);
		break;
	case ROLE_KEY:
		msg_put_num(&m, (uint64_t)(run->reason + 1));
		msg_put_num(&m, workers);
		msg_put_num(&m, conf_sharer(run->conf, a) != NULL);
		put_key(a->account_key, &a->account_spec);
		msg_put_str(&m, a->contact);
		msg_put_str(&m, a->eab_kid);
		msg_put_str(&m, a->eab_file);
		msg_put_str(&m, a->eab_alg);
		put_origins(a);
		break;
	case ROLE_CSR:
		msg_put_num(&m, (uint64_t)(run->reason + 1));
		put_origins(a);
		break;
	case ROLE_FILE:
		msg_put_str(&m, run->conf->state_dir);
		msg_put_str(&m, run->mode == MODE_METRICS ? run->conf->metrics : NULL);
		msg_put_str(&m, a->name);
		break;
	case ROLE_CERT:
		msg_put_num(&m, (uint64_t)run->force);
		msg_put_num(&m, run->reason == REASON_KEY_COMPROMISE);
		msg_put_num(&m, run->most_orders);
		msg_put_num(&m, (uint64_t)run->list);
		msg_put_str(&m, a->name);
		msg_put_str(&m, a->api_url);
		break;
	default:
		break;
	}
}

/* certproc cannot look at keys, but learns whether they have changed. */
static void
put_fingerprint(const struct domain *d)
{
	char *text = fingerprint(d);

	msg_put_str(&m, text);
	free(text);
}

/* dns knows no domain. */
static void
put_domain(const struct domain *d, enum role role)
{
	switch (role) {
	case ROLE_NET:
		msg_put_str(&m, d->handle);
		msg_put_str(&m, d->profile);
		msg_put_strings(&m, d->names.v, d->names.n);
		break;
	case ROLE_KEY:
		msg_put_str(&m, d->profile);
		msg_put_num(&m, d->csr_file != NULL);
		msg_put_strings(&m, d->names.v, d->names.n);
		break;
	case ROLE_CSR:
		put_key(d->key, &d->key_spec);
		msg_put_num(&m, (uint64_t)d->rotate);
		msg_put_str(&m, d->group);
		msg_put_str(&m, d->csr_file);
		msg_put_str(&m, d->combined);
		msg_put_strings(&m, d->names.v, d->names.n);
		break;
	case ROLE_CHNG:
		msg_put_str(&m, d->handle);
		msg_put_str(&m, d->challengedir);
		msg_put_num(&m, d->names.n);
		break;
	case ROLE_FILE:
		msg_put_str(&m, d->handle);
		msg_put_str(&m, d->cert);
		msg_put_str(&m, d->chain);
		msg_put_str(&m, d->fullchain);
		break;
	case ROLE_CERT:
		msg_put_str(&m, d->handle);
		msg_put_str(&m, d->cert);
		msg_put_str(&m, d->chain);
		msg_put_str(&m, d->fullchain);
		msg_put_num(&m, d->combined != NULL);
		msg_put_str(&m, d->profile);
		msg_put_str(&m, d->preferred_chain);
		msg_put_num(&m, (uint64_t)d->check_revocation);
		msg_put_num(&m, (uint64_t)d->accept_more);
		put_fingerprint(d);
		msg_put_str(&m, d->group);
		msg_put_num(&m, d->key_spec.type);
		msg_put_num(&m, (uint64_t)d->key_spec.bits);
		msg_put_str(&m, d->authority->api_url);
		msg_put_num(&m, d->authority->root_any ? ROOTS_ANY :
		    conf_lacks_root(d->authority) ? ROOTS_LACKING : ROOTS_NAMED);
		msg_put_str(&m, d->authority->root_file);
		msg_put_strings(&m, d->names.v, d->names.n);
		break;
	default:
		break;
	}
}

void
slice(const struct run *run, enum role role, uint32_t workers,
    void (*send)(void *, const struct msg *), void *to)
{
	uint32_t i;

	msg_new(&m, ROLE_CONF, 0);
	msg_put_num(&m, (uint64_t)verbose);
	msg_put_num(&m, run->uid);
	msg_put_num(&m, run->gid);
	msg_put_num(&m, run->mode);
	put_conf(run, role, workers);
	send(to, &m);
	for (i = 0; i < run->njobs && role != ROLE_DNS && run->mode < MODE_ROLLOVER; i++) {
		msg_new(&m, ROLE_DOMAIN, i);
		put_domain(run->jobs[i], role);
		send(to, &m);
	}
	msg_new(&m, ROLE_START, 0);
	send(to, &m);
}
