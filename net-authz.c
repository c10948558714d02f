/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The authorizations of one order, by net, in whatever order the CA lists them:
 * has chng put responses, and responds to the challenges (RFC 8555 7.5).
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "msg-bodies.h"
#include "net.h"
#include "valid.h"

static struct msg m;

/* The numbers of the authorizations that one batch fetches. */
struct look {
	struct proof *proof;
	size_t numbers[AUTHZ_MAX];
};

uint32_t
asked_for(const struct net_job *j, const char *identifier, int wildcard)
{
	const char *value = strchr(identifier, ':') + 1, *type, *name, *base;
	unsigned char addr[16];
	uint32_t i;

	type = address_bytes(value, addr) > 0 ? "ip:" : "dns:";
	if (strncmp(identifier, type, (size_t)(value - identifier)) != 0)
		return NO_NAME;
	for (i = 0; i < j->names.n; i++) {
		name = j->names.v[i];
		base = challenge_base(name);
		if (wildcard && base == name)
			continue;
		if (strcmp(wildcard ? base : name, value) == 0)
			return i;
	}
	return NO_NAME;
}

/*
 * Reads an authorization and checks that it is for one of the job's names.  0:
 * the caller frees it; or -1.
 */
static int
take_authorization(struct proof *p, const char *url,
    const struct http_response *a, struct authorization *az,
    struct net_error *t)
{
	struct error e;
	int rc;

	rc = authorization_parse(az,
	    challenge_names[p->session->conf->challenge], a->body, a->bodylen,
	    &e);
	if (rc == -1) {
		net_error_set(t, FAILURE_CA, "%s: %s", url, e.text);
	} else if (asked_for(p->session->conf, az->identifier, az->wildcard) ==
	    NO_NAME)
		rc = net_error_set(t, FAILURE_CA,
		    "%s: authorization for %s%s, which nobody asked for", url,
		    az->wildcard ? "wildcard of " : "", az->identifier);
	if (rc == -1)
		authorization_free(az);
	return rc;
}

static int
fetch_authorization(
    struct proof *p, size_t i, struct authorization *az, struct net_error *t)
{
	const char *url = p->urls[i];
	struct http_response a;
	int rc;

	if (request_origin(p->session, "authorization", url, t) == -1 ||
	    request_fetch(p->session, url, JSON, &a, t) == -1)
		return -1;
	rc = take_authorization(p, url, &a, az, t);
	http_response_free(&a);
	return rc;
}

/*
 * Has zone look whether the persist record is there
 * (draft-ietf-acme-dns-persist).
 */
static void
ask_for_record(struct proof *p, const struct authorization *az)
{
	struct body_issuers b = { .number = asked_for(p->session->conf,
				      az->identifier, az->wildcard),
		.names = {
		    .v = az->challenge.issuers, .n = az->challenge.nissuers } };

	msg_new(&m, CHNG_PERSIST, p->session->job);
	body_issuers(&m, &b);
	msg_send(&m);
}

/*
 * Has chng put the response (RFC 8555 8.1), with the thumbprint that key has
 * sent it.  Where web servers respond by themselves, nothing is to be done.
 */
static int
put_response(
    struct proof *p, const struct authorization *az, struct net_error *t)
{
	struct body_response b = { .token = az->challenge.token,
		.number = asked_for(
		    p->session->conf, az->identifier, az->wildcard) };
	int done;

	if (p->session->conf->way == WAY_STATELESS)
		return 0;
	p->put = 1;
	if (p->session->conf->way == WAY_PERSIST)
		ask_for_record(p, az);
	else {
		msg_new(&m, CHNG_PUT, p->session->job);
		body_response(&m, &b);
		msg_send(&m);
	}
	request_expect(&m, NET_CHNG_DONE);
	body_flag(&m, &done);
	if (!done)
		return net_error_set(
		    t, FAILURE_LOCAL, "cannot put the challenge response");
	return 0;
}

static void
look_at(struct proof *p, size_t i, const struct authorization *az)
{
	const struct challenge *c = &az->challenge;

	p->seen[i] = az->status;
	if (az->status == STATUS_VALID || az->status == STATUS_PENDING ||
	    p->spoilt++ > 0)
		return;
	net_error_set(&p->first_error, FAILURE_CA,
	    "%s: authorization is %s%s%s", az->identifier, az->status_text,
	    c->error.text[0] != '\0' ? ": " : "", c->error.text);
}

/*
 * Does what one authorization needs: nothing, or a response, and notes its
 * challenge.
 */
static int
prepare(struct proof *p, size_t i, const struct authorization *az,
    struct net_error *t)
{
	const struct challenge *c = &az->challenge;

	look_at(p, i, az);
	if (az->status != STATUS_PENDING)
		return 0;
	if (c->url == NULL || (c->token == NULL && c->nissuers == 0))
		return net_error_set(t, FAILURE_CA,
		    "%s: the CA offers no %s challenge, only: %s",
		    az->identifier,
		    challenge_names[p->session->conf->challenge], az->offered);
	if (c->token != NULL && !valid_token(c->token))
		return net_error_set(t, FAILURE_CA,
		    "%s: the CA sent an invalid token (RFC 8555 8.3)",
		    az->identifier);
	if (request_origin(p->session, "challenge", c->url, t) == -1 ||
	    put_response(p, az, t) == -1)
		return -1;
	if (c->status != STATUS_PENDING)
		return 0;
	p->of[p->n] = i;
	p->challenges[p->n].sign = KEY_SIGN_CHALLENGE;
	if ((p->challenges[p->n++].url = strdup(c->url)) == NULL)
		err(1, NULL);
	return 0;
}

static int
authorization_came(
    void *look, size_t i, struct http_response *a, struct net_error *t)
{
	struct proof *p = ((struct look *)look)->proof;
	struct authorization az;
	int rc;

	i = ((struct look *)look)->numbers[i];
	if (take_authorization(p, p->urls[i], a, &az, t) == -1)
		return -1;
	rc = prepare(p, i, &az, t);
	authorization_free(&az);
	return rc;
}

static void
take_urls(struct proof *p)
{
	size_t i, n = p->order->nauthorizations;

	if (p->urls != NULL)
		return;
	p->urls = calloc(n + 1, sizeof(*p->urls));
	p->seen = calloc(n + 1, sizeof(*p->seen));
	p->challenges = calloc(n + 1, sizeof(*p->challenges));
	p->of = calloc(n + 1, sizeof(*p->of));
	p->refused = calloc(n + 1, sizeof(*p->refused));
	if (p->urls == NULL || p->seen == NULL || p->challenges == NULL ||
	    p->of == NULL || p->refused == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++)
		if ((p->urls[i] = strdup(p->order->authorizations[i])) == NULL)
			err(1, NULL);
	p->nurls = n;
}

/* Waits until the CA can see the responses: DNS records need time for that. */
static int
await_responses(struct proof *p, struct net_error *t)
{
	int seen;

	msg_new(&m, CHNG_AWAIT, p->session->job);
	msg_send(&m);
	request_wait(&m, NET_CHNG_DONE, RESPONSES_SECONDS);
	body_flag(&m, &seen);
	return seen ? 0 :
		      net_error_set(t, FAILURE_LOCAL,
			  "the challenge responses cannot be seen");
}

/*
 * Fetches in one batch all authorizations that are not valid yet; numbers[i]
 * becomes the number of the authorization that request i fetches.
 */
static int
fetch_open(
    struct proof *p, size_t *numbers, struct batch *b, struct net_error *t)
{
	struct wanted *wanted;
	size_t i;
	int rc = 0;

	if ((wanted = calloc(p->nurls + 1, sizeof(*wanted))) == NULL)
		err(1, NULL);
	for (b->n = 0, i = 0; i < p->nurls && rc == 0; i++) {
		if (p->seen[i] == STATUS_VALID)
			continue;
		numbers[b->n] = i;
		wanted[b->n].sign = KEY_SIGN_FETCH;
		wanted[b->n++].url = p->urls[i];
		rc = request_origin(p->session, "authorization", p->urls[i], t);
	}
	b->wanted = wanted;
	if (rc == 0)
		rc = request_batch(b, t);
	free(wanted);
	return rc;
}

int
proof_error(const struct proof *p, struct net_error *t)
{
	*t = p->first_error;
	return -1;
}

int
proof_prepare(struct proof *p, const char *order_url, struct net_error *t)
{
	struct look l = { .proof = p };
	struct batch b = {
		.session = p->session, .context = &l, .take = authorization_came
	};
	size_t n = p->order->nauthorizations;

	if (n > p->session->conf->names.n)
		return net_error_set(t, FAILURE_CA,
		    "%s: %zu authorizations for %zu names", order_url, n,
		    p->session->conf->names.n);
	take_urls(p);
	if (fetch_open(p, l.numbers, &b, t) == -1)
		return -1;
	return p->spoilt == 0 ? 0 : proof_error(p, t);
}

static int
looked_at(void *look, size_t i, struct http_response *a, struct net_error *t)
{
	const struct look *l = look;
	size_t number = l->numbers[i];
	struct authorization az;

	if (take_authorization(l->proof, l->proof->urls[number], a, &az, t) ==
	    -1)
		return -1;
	look_at(l->proof, number, &az);
	authorization_free(&az);
	return 0;
}

int
proof_look(struct proof *p, struct net_error *t)
{
	struct look l = { .proof = p };
	struct batch b = {
		.session = p->session, .context = &l, .take = looked_at
	};

	take_urls(p);
	p->spoilt = 0;
	return fetch_open(p, l.numbers, &b, t);
}

void
proof_give_up(struct proof *p)
{
	struct http_response a;
	struct net_error ignored;
	size_t i;

	for (i = 0; i < p->nurls; i++) {
		/*
		 * RFC 8555 7.5.2 speaks of valid authorizations, but invalid
		 * ones can be used again, too.  A pending one is left alone:
		 * some CAs count its end as a failure.
		 */
		if (p->seen[i] != STATUS_INVALID)
			continue;
		say(1, "%s: giving up the invalid authorization %s",
		    p->session->conf->handle, p->urls[i]);
		if (request_post(p->session, KEY_SIGN_GIVE_UP, p->urls[i], JSON,
			&a, &ignored) == 0)
			http_response_free(&a);
		else
			say(1, "%s: %s", p->session->conf->handle,
			    ignored.error.text);
	}
}

/*
 * net ignores the body of the CA's response about a challenge: the order's
 * status tells the outcome.
 */
static int
ignore_body(void *proof, size_t i, struct http_response *a, struct net_error *t)
{
	(void)proof;
	(void)i;
	(void)a;
	(void)t;
	return 0;
}

/*
 * A challenge's response was lost.  It must not be sent twice (RFC 8555 8.2):
 * fetches the authorization to see whether the CA has received the first.
 */
static int
respond_lost(void *proof, size_t i, struct net_error *t)
{
	struct proof *p = proof;
	struct authorization az;
	struct http_response a;
	int pending;

	if (fetch_authorization(p, p->of[i], &az, t) == -1)
		return -1;
	pending = az.status == STATUS_PENDING &&
	    az.challenge.status == STATUS_PENDING;
	authorization_free(&az);
	if (pending &&
	    request_post(p->session, KEY_SIGN_CHALLENGE, p->challenges[i].url,
		JSON, &a, t) == 0)
		http_response_free(&a);
	else if (pending && !t->lost)
		return -1;
	/*
	 * If this response is lost, too, the order stays pending, and the error
	 * of the order says so.
	 */
	return 0;
}

/*
 * A challenge's response was refused.  Another order of this account may have
 * made the authorization valid meanwhile: look_after_refusals() finds out, once
 * no response is awaited on the connection.
 */
static int
respond_refused(void *proof, size_t i, struct net_error *t)
{
	struct proof *p = proof;

	if (t->class != FAILURE_CA || t->status / 100 != 4 ||
	    request_limited(t))
		return -1;
	if (p->refusals++ == 0)
		p->refusal = *t;
	p->refused[i] = 1;
	return 0;
}

/*
 * Has each refused challenge been responded to already?  0, or -1 with the
 * error of the first refusal.
 */
static int
look_after_refusals(struct proof *p, struct net_error *t)
{
	struct net_error ignored;
	struct authorization az;
	int open;
	size_t i;

	for (i = 0; i < p->n && p->refusals > 0; i++) {
		if (!p->refused[i])
			continue;
		*t = p->refusal;
		if (fetch_authorization(p, p->of[i], &az, &ignored) == -1)
			return -1;
		p->seen[p->of[i]] = az.status;
		open = az.status != STATUS_VALID &&
		    (az.status != STATUS_PENDING ||
			az.challenge.status == STATUS_PENDING);
		if (!open)
			say(1, "%s: %s; it is %s already",
			    p->session->conf->handle, p->refusal.error.text,
			    az.status_text);
		authorization_free(&az);
		if (open)
			return -1;
	}
	return 0;
}

int
proof_respond(struct proof *p, struct net_error *t)
{
	struct batch b = { .session = p->session,
		.wanted = p->challenges,
		.n = p->n,
		.context = p,
		.take = ignore_body,
		.refused = respond_refused,
		.lost = respond_lost };

	if (p->n > 0 && p->put && await_responses(p, t) == -1)
		return -1;
	p->responded = p->n > 0;
	if (request_batch(&b, t) == -1)
		return -1;
	return look_after_refusals(p, t);
}

/*
 * Could the web server or the record have caused the error?  Other errors are
 * about, for example, the domain's name servers.
 */
static int
concerns_responses(const struct problem *error)
{
	static const char *const others[] = { "dns", "caa", "dnssec",
		"rejectedIdentifier", "rateLimited" };
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(error->type, others[i]) == 0)
			return 0;
	return 1;
}

/* Cuts the end of the order's text if it repeats a challenge's error. */
static void
cut_repeated(char *text, const char *said)
{
	size_t len = strlen(text), n = strlen(said);

	if (n > 0 && len > n + 2 && strcmp(text + len - n, said) == 0 &&
	    memcmp(text + len - n - 2, ": ", 2) == 0)
		text[len - n - 2] = '\0';
}

/* Says why this authorization is not valid. */
static void
explain_one(const struct authorization *az, struct net_error *t)
{
	const char *name = strchr(az->identifier, ':') + 1;

	if (az->challenge.error.text[0] != '\0')
		net_error_set(
		    t, FAILURE_CA, "%s: %s", name, az->challenge.error.text);
	else
		net_error_set(t, FAILURE_CA, "%s: authorization %s", name,
		    az->status_text);
}

void
proof_explain(struct proof *p, struct net_error *t)
{
	struct net_error ignored, cause, first;
	struct authorization az;
	size_t i;
	int n = 0;

	take_urls(p);
	for (i = 0; i < p->nurls; i++) {
		if (fetch_authorization(p, i, &az, &ignored) == -1)
			continue;
		if (az.status != STATUS_VALID) {
			explain_one(&az, &cause);
			cut_repeated(t->error.text, az.challenge.error.text);
			p->doubtful |= concerns_responses(&az.challenge.error);
			if (n++ == 0)
				first = cause;
			else
				warnx("%s: %s", p->session->conf->handle,
				    cause.error.text);
		}
		authorization_free(&az);
	}
	if (n == 0)
		return;
	t->validation = 1;
	say_add(
	    first.error.text, sizeof(first.error.text), " (%s)", t->error.text);
	t->error = first.error;
}

void
proof_end(struct proof *p)
{
	size_t i;

	if (p->doubtful && p->session->conf->way == WAY_STATELESS)
		say_warning(
		    "%s: stateless: do the web servers of these names "
		    "respond to /.well-known/acme-challenge/TOKEN, on port "
		    "80, with TOKEN, a dot and the account's thumbprint, "
		    "which 'acme-client -t %s' prints?",
		    p->session->conf->handle, p->session->authority);
	if (p->put) {
		msg_new(&m, CHNG_DROP, p->session->job);
		body_flag(&m, &p->doubtful);
		msg_send(&m);
		/*
		 * A program that publishes a record may still run: wait for
		 * chng's reply.
		 */
		request_wait(&m, NET_CHNG_DONE, RESPONSES_SECONDS);
	}
	for (i = 0; i < p->n; i++)
		free((char *)(uintptr_t)p->challenges[i].url);
	for (i = 0; i < p->nurls; i++)
		free(p->urls[i]);
	free(p->urls);
	free(p->seen);
	free(p->challenges);
	free(p->of);
	free(p->refused);
	*p = (struct proof){ .session = p->session, .order = p->order };
}
