/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Puts and takes the bodies of messages: each function has the members in their
 * order, for both (see msg-bodies.h).  Where a check is missing here, an
 * attacker in the sender chooses the number that the receiver works with.
 */
#include <sys/socket.h>
#include <err.h>
#include <limits.h>
#include <stdlib.h>

#include "msg-bodies.h"

static void
number(struct msg *m, uint64_t *n)
{
	if (m->received)
		*n = msg_get_num(m);
	else
		msg_put_num(m, *n);
}

static void
flag(struct msg *m, int *yes)
{
	uint64_t n = *yes != 0;

	number(m, &n);
	*yes = n != 0;
}

/*
 * Puts or takes a number from first to last; any other makes the message
 * malformed.
 */
static unsigned
one_of(struct msg *m, unsigned value, unsigned first, unsigned last)
{
	uint64_t n = value;

	number(m, &n);
	if (n < first || n > last)
		msg_malformed(m);
	return (unsigned)n;
}

/* Puts or takes a string, which may be NULL. */
static void
text(struct msg *m, const char **s)
{
	if (m->received)
		*s = msg_get_str(m);
	else
		msg_put_str(m, *s);
}

static void
need_text(struct msg *m, const char **s)
{
	text(m, s);
	if (*s == NULL)
		msg_malformed(m);
}

static void
bytes(struct msg *m, const uint8_t **p, size_t *len)
{
	if (m->received)
		*p = msg_get_buf(m, len);
	else
		msg_put_buf(m, *p, *len);
}

/*
 * Puts or takes a string of a slice: when taken, it is allocated, and never
 * freed.
 */
static void
own_text(struct msg *m, char **s)
{
	if (m->received)
		*s = msg_copy_str(m);
	else
		msg_put_str(m, *s);
}

static void
own_texts(struct msg *m, struct strings *s, size_t most)
{
	if (m->received)
		s->v = msg_get_strings(m, &s->n, most);
	else
		msg_put_strings(m, s->v, s->n);
}

static void
own_commands(struct msg *m, struct commands *c)
{
	uint64_t i, n = c->n;

	number(m, &n);
	if (n > COMMANDS_MAX)
		msg_malformed(m);
	c->n = (size_t)n;
	if (m->received && (c->v = calloc(c->n + 1, sizeof(*c->v))) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++) {
		own_texts(m, &c->v[i], COMMAND_WORDS_MAX);
		if (c->v[i].n == 0)
			msg_malformed(m);
	}
}

static void
spec(struct msg *m, struct keyspec *s)
{
	s->type = (enum keytype)one_of(m, s->type, KEYTYPE_ANY, KEYTYPE_RSA);
	s->bits = (int)one_of(m, (unsigned)s->bits, 0, INT_MAX);
}

/* Puts or takes a hash; NULL is sent as no bytes. */
static void
hash(struct msg *m, const uint8_t **p)
{
	size_t len = *p != NULL ? SPKI_HASH_LEN : 0;

	if (!m->received)
		msg_put_buf(m, *p, len);
	else if (*p = msg_get_buf(m, &len), len == 0)
		*p = NULL;
	else if (len != SPKI_HASH_LEN)
		msg_malformed(m);
}

/* Puts or takes a wait in milliseconds; a longer one counts as INT_MAX. */
static void
milliseconds(struct msg *m, int *ms)
{
	uint64_t n = *ms < 0 ? 0 : (uint64_t)*ms;

	number(m, &n);
	*ms = n > INT_MAX ? INT_MAX : (int)n;
}

static enum part
part_of(struct msg *m, enum part part)
{
	return (enum part)one_of(m, part, PART_FULLCHAIN, PART__MAX - 1);
}

static enum presence
presence_of(struct msg *m, enum presence presence)
{
	return (enum presence)one_of(
	    m, presence, PRESENCE_ABSENT, PRESENCE_BROKEN);
}

static void
reason(struct msg *m, int *number)
{
	*number = (int)one_of(m, (unsigned)(*number + 1), 0, REASON_MAX + 1) -
	    1;
}

static void
workers(struct msg *m, uint32_t *n)
{
	*n = one_of(m, *n, 0, WORKERS_MAX);
}

static void
way(struct msg *m, struct slice_domain *d)
{
	d->challenge = (enum challenge_type)one_of(
	    m, d->challenge, 0, CHALLENGE__MAX - 1);
	d->way = (enum way)one_of(m, d->way, 0, WAY__MAX - 1);
}

/* Puts or takes the servers of 'verify', with VERIFY_WORDS strings for each. */
static void
verify(struct msg *m, struct strings *s)
{
	own_texts(m, s, VERIFY_WORDS * (size_t)VERIFY_MAX);
	if (s->n % VERIFY_WORDS != 0)
		msg_malformed(m);
}

/*
 * The slices say what each role gets to know of the run and its authority, and
 * of each domain section.  Give a role no more than it needs.
 */

static void
slice_conf_net(struct msg *m, struct slice_conf *c)
{
	workers(m, &c->workers);
	flag(m, &c->insecure);
	flag(m, &c->has_eab);
	flag(m, &c->key_compromised);
	flag(m, &c->asks_for_status);
	flag(m, &c->checks);
	own_text(m, &c->name);
	own_text(m, &c->ca_file);
	own_text(m, &c->proxy);
	own_text(m, &c->proxy_auth);
	own_texts(m, &c->origins, ORIGINS_MAX);
}

static void
slice_domain_net(struct msg *m, struct slice_domain *d)
{
	own_text(m, &d->handle);
	own_text(m, &d->profile);
	way(m, d);
	flag(m, &d->check_webroot);
	own_texts(m, &d->names, CONF_NAMES_MAX);
	verify(m, &d->verify);
}

static void
slice_conf_dns(struct msg *m, struct slice_conf *c)
{
	c->njobs = one_of(m, c->njobs, 0, UINT32_MAX);
	flag(m, &c->proxied);
	c->prefer = (enum prefer)one_of(m, c->prefer, PREFER_NONE, PREFER_IPV6);
	own_texts(m, &c->servers, 2 * (size_t)ORIGINS_MAX);
}

/*
 * dnsproc only learns the names whose web servers are looked at, and those
 * that 'verify' has.
 */
static void
slice_domain_dns(struct msg *m, struct slice_domain *d)
{
	own_texts(m, &d->names, CONF_NAMES_MAX);
	verify(m, &d->verify);
}

static void
slice_conf_key(struct msg *m, struct slice_conf *c)
{
	reason(m, &c->reason);
	workers(m, &c->workers);
	flag(m, &c->shared);
	own_text(m, &c->account_key);
	spec(m, &c->account_spec);
	own_text(m, &c->contact);
	own_text(m, &c->eab_kid);
	own_text(m, &c->eab_file);
	own_text(m, &c->eab_alg);
	own_texts(m, &c->origins, ORIGINS_MAX);
	flag(m, &c->force);
	flag(m, &c->publishes);
	flag(m, &c->names_account);
}

static void
slice_domain_key(struct msg *m, struct slice_domain *d)
{
	own_text(m, &d->profile);
	flag(m, &d->has_csr_file);
	own_texts(m, &d->names, CONF_NAMES_MAX);
}

static void
slice_conf_csr(struct msg *m, struct slice_conf *c)
{
	reason(m, &c->reason);
	own_texts(m, &c->origins, ORIGINS_MAX);
}

static void
slice_domain_csr(struct msg *m, struct slice_domain *d)
{
	own_text(m, &d->key);
	spec(m, &d->key_spec);
	flag(m, &d->rotate);
	own_text(m, &d->group);
	own_text(m, &d->csr_file);
	own_text(m, &d->combined);
	own_texts(m, &d->names, CONF_NAMES_MAX);
}

static void
slice_conf_chng(struct msg *m, struct slice_conf *c)
{
	flag(m, &c->waits_for_dns);
}

static void
slice_domain_chng(struct msg *m, struct slice_domain *d)
{
	own_text(m, &d->handle);
	way(m, d);
	own_text(m, &d->challengedir);
	number(m, &d->nnames);
}

static void
slice_conf_cert(struct msg *m, struct slice_conf *c)
{
	flag(m, &c->force);
	flag(m, &c->key_compromised);
	number(m, &c->most_orders);
	c->list = (int)one_of(m, (unsigned)c->list, 0, INT_MAX);
	own_text(m, &c->name);
	own_text(m, &c->api_url);
	own_text(m, &c->issuer);
	number(m, &c->until);
	own_texts(m, &c->persist, CONF_NAMES_MAX);
	number(m, &c->persist_more);
}

static void
slice_domain_cert(struct msg *m, struct slice_domain *d)
{
	own_text(m, &d->handle);
	own_text(m, &d->cert);
	own_text(m, &d->chain);
	own_text(m, &d->fullchain);
	flag(m, &d->has_combined);
	own_text(m, &d->profile);
	own_text(m, &d->preferred_chain);
	flag(m, &d->check_revocation);
	flag(m, &d->accept_more);
	own_text(m, &d->fingerprint);
	own_text(m, &d->group);
	spec(m, &d->key_spec);
	own_text(m, &d->authority);
	own_text(m, &d->key);
	own_text(m, &d->combined);
	own_text(m, &d->api_url);
	d->rooting = (enum rooting)one_of(
	    m, d->rooting, ROOTS_NAMED, ROOTS_LACKING);
	own_text(m, &d->root_file);
	own_texts(m, &d->names, CONF_NAMES_MAX);
	verify(m, &d->verify);
}

static void
slice_conf_file(struct msg *m, struct slice_conf *c)
{
	own_text(m, &c->state_dir);
	own_text(m, &c->metrics);
	own_text(m, &c->status);
	c->status_mode = (int)one_of(m, (unsigned)c->status_mode, 0, 0777);
	own_text(m, &c->name);
}

static void
slice_domain_file(struct msg *m, struct slice_domain *d)
{
	own_text(m, &d->handle);
	own_text(m, &d->cert);
	own_text(m, &d->chain);
	own_text(m, &d->fullchain);
	flag(m, &d->has_on_change);
}

static void
slice_conf_zone(struct msg *m, struct slice_conf *c)
{
	c->dns_wait = one_of(m, c->dns_wait, 0, DNS_WAIT_MAX);
	own_texts(m, &c->dns_servers, 2 * (size_t)DNS_SERVERS_MAX);
	number(m, &c->until);
	flag(m, &c->checks);
	own_text(m, &c->account);
	own_text(m, &c->issuer);
}

static void
slice_domain_zone(struct msg *m, struct slice_domain *d)
{
	own_text(m, &d->handle);
	way(m, d);
	own_texts(m, &d->names, CONF_NAMES_MAX);
}

static void
slice_domain_resp(struct msg *m, struct slice_domain *d)
{
	own_text(m, &d->handle);
	way(m, d);
	own_texts(m, &d->listen, 2 * LISTEN_MAX);
	own_texts(m, &d->names, CONF_NAMES_MAX);
}

static void
slice_conf_hook(struct msg *m, struct slice_conf *c)
{
	own_commands(m, &c->on_change);
	own_text(m, &c->state_dir);
}

static void
slice_domain_hook(struct msg *m, struct slice_domain *d)
{
	own_text(m, &d->handle);
	own_text(m, &d->key);
	own_text(m, &d->cert);
	own_text(m, &d->chain);
	own_text(m, &d->fullchain);
	own_text(m, &d->combined);
	own_commands(m, &d->on_change);
	way(m, d);
	own_text(m, &d->challenge_hook);
	own_texts(m, &d->names, CONF_NAMES_MAX);
}

/*
 * The functions for the members that only some roles get.  NULL: the role gets
 * none of these, or has no slice at all.
 */
static const struct {
	void (*conf)(struct msg *, struct slice_conf *);
	void (*domain)(struct msg *, struct slice_domain *);
} slices[ROLE__MAX] = {
	[ROLE_NET] = { slice_conf_net, slice_domain_net },
	[ROLE_DNS] = { slice_conf_dns, slice_domain_dns },
	[ROLE_KEY] = { slice_conf_key, slice_domain_key },
	[ROLE_CSR] = { slice_conf_csr, slice_domain_csr },
	[ROLE_CHNG] = { slice_conf_chng, slice_domain_chng },
	[ROLE_CERT] = { slice_conf_cert, slice_domain_cert },
	[ROLE_FILE] = { slice_conf_file, slice_domain_file },
	[ROLE_ZONE] = { slice_conf_zone, slice_domain_zone },
	[ROLE_RESP] = { NULL, slice_domain_resp },
	[ROLE_HOOK] = { slice_conf_hook, slice_domain_hook },
};

void
body_conf(struct msg *m, enum role role, struct slice_conf *c)
{
	c->verbose = (int)one_of(m, (unsigned)c->verbose, 0, INT_MAX);
	c->uid = (uid_t)one_of(m, c->uid, 0, UINT32_MAX);
	c->gid = (gid_t)one_of(m, c->gid, 0, UINT32_MAX);
	c->mode = (enum mode)one_of(m, c->mode, MODE_RENEW, MODE_NAMES);
	if (slices[role].conf != NULL)
		slices[role].conf(m, c);
	msg_end(m);
}

void
body_domain(struct msg *m, enum role role, struct slice_domain *d)
{
	if (slices[role].domain != NULL)
		slices[role].domain(m, d);
}

void
body_flag(struct msg *m, int *yes)
{
	flag(m, yes);
	msg_end(m);
}

void
body_job(struct msg *m, struct body_job *b)
{
	b->task = (enum task)one_of(m, b->task, TASK_NOTHING, TASK_VERIFY);
	text(m, &b->certid);
	text(m, &b->status_url);
	text(m, &b->new_nonce);
	flag(m, &b->slow);
	text(m, &b->order);
	text(m, &b->anchors);
	b->server = one_of(m, b->server, 0, VERIFY_MAX - 1);
	flag(m, &b->again);
	msg_end(m);
}

void
body_window(struct msg *m, struct body_window *b)
{
	number(m, &b->start);
	number(m, &b->end);
	number(m, &b->retry);
	msg_end(m);
}

void
body_status(struct msg *m, struct body_status *b)
{
	flag(m, &b->more);
	bytes(m, &b->piece, &b->len);
	/* With empty pieces, a sender could go on for ever. */
	if (b->more && b->len == 0)
		msg_malformed(m);
	msg_end(m);
}

void
body_learned(struct msg *m, struct body_learned *b)
{
	need_text(m, &b->new_nonce);
	flag(m, &b->slow);
	need_text(m, &b->anchors);
	need_text(m, &b->terms);
	msg_end(m);
}

void
body_chain(struct msg *m, struct body_chain *b)
{
	flag(m, &b->unframed);
	bytes(m, &b->pem, &b->len);
	msg_end(m);
}

void
body_presented(struct msg *m, struct body_presented *b)
{
	b->server = one_of(m, b->server, 0, VERIFY_MAX - 1);
	text(m, &b->reason);
	bytes(m, &b->pem, &b->len);
	msg_end(m);
}

void
body_failed(struct msg *m, struct body_failed *b)
{
	b->class = (enum failure)one_of(
	    m, b->class, FAILURE_CA, FAILURE_AUTHORITY);
	number(m, &b->seconds);
	flag(m, &b->for_all);
	need_text(m, &b->text);
	msg_end(m);
}

void
body_verdict(struct msg *m, enum verdict *verdict)
{
	*verdict = (enum verdict)one_of(
	    m, *verdict, VERDICT_REFUSED, VERDICT_ANEW);
	msg_end(m);
}

void
body_record(struct msg *m, struct body_record *b)
{
	b->part = part_of(m, b->part);
	flag(m, &b->more);
	bytes(m, &b->piece, &b->len);
	msg_end(m);
}

void
body_staged(struct msg *m, struct body_staged *b)
{
	b->part = part_of(m, b->part);
	bytes(m, &b->bytes, &b->len);
	msg_end(m);
}

void
body_copy(struct msg *m, struct body_copy *b)
{
	b->from = part_of(m, b->from);
	b->to = part_of(m, b->to);
	msg_end(m);
}

void
body_part_name(struct msg *m, enum part *part)
{
	*part = part_of(m, *part);
	msg_end(m);
}

void
body_lock(struct msg *m, struct body_lock *b)
{
	b->part = part_of(m, b->part);
	b->lock = (enum lock)one_of(m, b->lock, LOCK_NONE, LOCK_ALONE);
	milliseconds(m, &b->wait_ms);
	msg_end(m);
}

void
body_wait(struct msg *m, int *ms)
{
	milliseconds(m, ms);
	msg_end(m);
}

void
body_part(struct msg *m, struct body_part *b)
{
	b->part = part_of(m, b->part);
	b->presence = presence_of(m, b->presence);
	need_text(m, &b->path);
	bytes(m, &b->bytes, &b->len);
	msg_end(m);
}

void
body_stored(struct msg *m, struct body_stored *b)
{
	b->result = (int)one_of(m, (unsigned)(b->result + 1), 0, 2) - 1;
	text(m, &b->reason);
	msg_end(m);
}

int
body_state(struct msg *m, struct body_state *b)
{
	b->presence = presence_of(m, b->presence);
	flag(m, &b->has_saved);
	bytes(m, &b->bytes, &b->len);
	return m->received && m->pos < m->head.len;
}

void
body_key(struct msg *m, struct body_key *b)
{
	flag(m, &b->usable);
	flag(m, &b->grouped);
	hash(m, &b->live);
	hash(m, &b->next);
	hash(m, &b->chain);
	hash(m, &b->leaf);
	msg_end(m);
}

void
body_discard(struct msg *m, struct body_discard *b)
{
	flag(m, &b->installed);
	hash(m, &b->hash);
	if (b->hash == NULL)
		msg_malformed(m);
	msg_end(m);
}

void
body_new_key(struct msg *m, enum new_key *reason)
{
	*reason = (enum new_key)one_of(
	    m, *reason, NEW_KEY_BESIDE, NEW_KEY_REFUSED);
	msg_end(m);
}

void
body_csr_done(struct msg *m, enum csr_done *how)
{
	*how = (enum csr_done)one_of(m, *how, CSR_FAILED, CSR_KEY_STAYS);
	msg_end(m);
}

void
body_names(struct msg *m, struct body_names *b)
{
	text(m, &b->error);
	own_texts(m, &b->names, CONF_NAMES_MAX);
	msg_end(m);
}

void
body_response(struct msg *m, struct body_response *b)
{
	b->number = one_of(m, b->number, 0, CONF_NAMES_MAX - 1);
	need_text(m, &b->token);
	msg_end(m);
}

void
body_publish(struct msg *m, struct body_publish *b)
{
	b->number = one_of(m, b->number, 0, CONF_NAMES_MAX - 1);
	need_text(m, &b->text);
	msg_end(m);
}

void
body_published(struct msg *m, struct body_published *b)
{
	b->number = one_of(m, b->number, 0, CONF_NAMES_MAX - 1);
	text(m, &b->reason);
	msg_end(m);
}

void
body_digest(struct msg *m, struct body_digest *b)
{
	b->number = one_of(m, b->number, 0, CONF_NAMES_MAX - 1);
	text(m, &b->label);
	need_text(m, &b->digest);
	msg_end(m);
}

void
body_issuers(struct msg *m, struct body_issuers *b)
{
	b->number = one_of(m, b->number, 0, CONF_NAMES_MAX - 1);
	own_texts(m, &b->names, ISSUERS_MAX);
	msg_end(m);
}

void
body_persist(struct msg *m, struct body_persist *b)
{
	b->number = one_of(m, b->number, 0, CONF_NAMES_MAX - 1);
	need_text(m, &b->account);
	own_texts(m, &b->issuers, ISSUERS_MAX);
	msg_end(m);
}

void
body_ca(struct msg *m, struct body_ca *b)
{
	own_texts(m, &b->issuers, ISSUERS_MAX);
	msg_end(m);
}

void
body_revoke(struct msg *m, struct body_revoke *b)
{
	flag(m, &b->ours);
	bytes(m, &b->der, &b->len);
	msg_end(m);
}

void
body_request(struct msg *m, struct body_request *b)
{
	need_text(m, &b->nonce);
	need_text(m, &b->url);
	msg_end(m);
}

void
body_begin(struct msg *m, struct body_begin *b)
{
	text(m, &b->replaces);
	text(m, &b->order);
	msg_end(m);
}

void
body_account(struct msg *m, struct body_account *b)
{
	need_text(m, &b->thumbprint);
	need_text(m, &b->url);
	text(m, &b->unknown);
	msg_end(m);
}

void
body_stored_account(struct msg *m, struct body_account *b)
{
	text(m, &b->thumbprint);
	text(m, &b->url);
	text(m, &b->unknown);
	msg_end(m);
}

void
body_shown(struct msg *m, struct body_shown *b)
{
	text(m, &b->thumbprint);
	text(m, &b->next);
	msg_end(m);
}

void
body_account_status(struct msg *m, struct body_account_status *b)
{
	b->status = (enum account)one_of(
	    m, b->status, ACCOUNT_KNOWN, ACCOUNT_REFUSED);
	text(m, &b->url);
	if (b->status == ACCOUNT_KNOWN && b->url == NULL)
		msg_malformed(m);
	msg_end(m);
}

void
body_leave(struct msg *m, enum leave *how)
{
	*how = (enum leave)one_of(m, *how, LEAVE_OPEN, LEAVE_DEACTIVATED);
	msg_end(m);
}

void
body_probe(struct msg *m, struct body_probe *b)
{
	text(m, &b->token);
	text(m, &b->text);
	text(m, &b->dir);
	msg_end(m);
}

void
body_host(struct msg *m, struct body_host *b)
{
	need_text(m, &b->name);
	need_text(m, &b->port);
	b->what = (enum resolve_for)one_of(
	    m, b->what, FOR_AUTHORITY, FOR_VERIFY);
	msg_end(m);
}

void
body_addresses(struct msg *m, struct body_addresses *b)
{
	uint64_t i;

	text(m, &b->error);
	number(m, &b->n);
	if (b->n > ADDRESSES_MAX)
		msg_malformed(m);
	for (i = 0; i < b->n; i++) {
		bytes(m, &b->a[i].bytes, &b->a[i].len);
		if (b->a[i].len > sizeof(struct sockaddr_storage))
			msg_malformed(m);
	}
	msg_end(m);
}
