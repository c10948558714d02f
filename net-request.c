/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Sends net's requests to the CA. */
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "msg-bodies.h"
#include "net.h"
#include "role.h"

#define LOST_TRIES 3 /* The most attempts at a request that may be repeated. */

static struct msg m;

int
net_error_set(struct net_error *t, enum failure class, const char *fmt, ...)
{
	va_list ap;

	memset(t, 0, sizeof(*t));
	t->class = class;
	t->retry_after = -1;
	va_start(ap, fmt);
	say_format(t->error.text, sizeof(t->error.text), fmt, ap);
	va_end(ap);
	return -1;
}

/* Messages that may come while net waits for another one: they are kept. */
static struct early {
	enum msgtype type;
	struct msg *m; /* The message; NULL: it has not come. */
} early[] = { { NET_CSR_DONE, NULL }, { NET_CHNG_DONE, NULL } };
#define NEARLY (sizeof(early) / sizeof(early[0]))

static int
take_early(struct msg *in, enum msgtype type)
{
	struct early *e;

	for (e = early; e < early + NEARLY; e++)
		if (e->type == type && e->m != NULL) {
			memcpy(in, e->m, MSG_HEAD_LEN + e->m->head.len);
			msg_take(in);
			free(e->m);
			e->m = NULL;
			return 1;
		}
	return 0;
}

static int
keep_early(const struct msg *in)
{
	struct early *e;

	for (e = early; e < early + NEARLY; e++)
		if (e->type == in->head.type && e->m == NULL) {
			if ((e->m = malloc(MSG_HEAD_LEN + in->head.len)) ==
			    NULL)
				err(1, NULL);
			memcpy(e->m, in, MSG_HEAD_LEN + in->head.len);
			return 1;
		}
	return 0;
}

void
request_wait(struct msg *in, enum msgtype type, int seconds)
{
	if (take_early(in, type))
		return;
	do {
		role_receive(in, seconds);
		if (in->head.type == ROLE_STOP)
			exit(0);
	} while (in->head.type != type && keep_early(in));
	if (in->head.type != type)
		errx(1, "%s instead of %s", routes[in->head.type].name,
		    routes[type].name);
}

void
request_expect(struct msg *in, enum msgtype type)
{
	request_wait(in, type, NET_REPLY_SECONDS);
}

int
request_resolve(const struct session *s, enum resolve_for what,
    const struct url *url, struct address *a, size_t *n, struct error *e)
{
	struct body_host host = {
		.name = url->host, .port = url->port, .what = what
	};
	struct body_addresses b;

	msg_new(&m, DNS_RESOLVE, s->job);
	body_host(&m, &host);
	msg_send(&m);
	request_expect(&m, NET_ADDRESSES);
	body_addresses(&m, &b);
	for (*n = 0; *n < b.n; ++*n) {
		memcpy(&a[*n].ss, b.a[*n].bytes, b.a[*n].len);
		a[*n].len = (socklen_t)b.a[*n].len;
		/* dns chooses addresses, not the port. */
		address_set_port(&a[*n].ss, url->port);
	}
	if (b.error != NULL || *n == 0)
		return error_set(e, "%s: %s", url->host,
		    b.error != NULL ? b.error : "has no address");
	return 0;
}

/*
 * Resolves a host for http_client; a URL without TLS is one about revocation.
 */
static int
resolve(void *session, const struct url *url, struct address *a, size_t *n,
    struct error *e)
{
	return request_resolve(
	    session, url->plain ? FOR_STATUS : FOR_AUTHORITY, url, a, n, e);
}

int
request_setup(struct session *s, const struct strings *origins, int insecure,
    uint32_t workers, struct error *e)
{
	struct url *url;
	size_t i;

	s->client.user_agent = USER_AGENT;
	s->client.resolve = resolve;
	s->client.context = s;
	s->client.hup_fd = ROLE_FD;
	nonces_share(workers);
	for (i = 0; i < origins->n; i++) {
		url = &s->origins[i];
		if (!url_parse(url, origins->v[i]))
			return error_set(
			    e, "%s: not an https URL", origins->v[i]);
		s->servers[i] = http_new(
		    &s->client, url, s->anchors, insecure, e);
		if (s->servers[i] == NULL)
			return -1;
		s->norigins++;
	}
	return 0;
}

struct http *
request_server(const struct session *s, const char *text, struct url *url)
{
	size_t i;

	if (url_parse(url, text))
		for (i = 0; i < s->norigins; i++)
			if (url_same_origin(url, &s->origins[i]))
				return s->servers[i];
	return NULL;
}

int
request_origin(const struct session *s, const char *what, const char *text,
    struct net_error *t)
{
	char safe[256];
	struct url url;

	if (request_server(s, text, &url) != NULL)
		return 0;
	say_safe(safe, sizeof(safe), text, strlen(text));
	return net_error_set(t, FAILURE_CA,
	    "%s: %s is not at the authority's own host; if it should be, name "
	    "that with 'api origin'",
	    what, safe);
}

void
request_nonces(struct session *s, const char *url)
{
	struct url parsed;

	if (url == NULL ||
	    (s->new_nonce != NULL && strcmp(s->new_nonce, url) == 0) ||
	    request_server(s, url, &parsed) == NULL)
		return;
	free(s->new_nonce);
	nonces_drop();
	if ((s->new_nonce = strdup(url)) == NULL)
		err(1, NULL);
}

int
request_refused(const char *method, const char *url, struct http_response *a,
    struct net_error *t)
{
	struct problem p;
	char *help;
	/* This holds any URL that http_location() and http_link() return. */
	char safe[2100] = "";

	problem_parse(&p, a->status, a->body, a->bodylen);
	if (a->status >= 300 && a->status < 400) {
		help = http_location(a, url);
		if (help != NULL)
			say_safe(safe, sizeof(safe), help, strlen(help));
		net_error_set(t, FAILURE_CA,
		    "%s %s: redirected to '%s', which ACME does not allow; "
		    "name the right 'api url'",
		    method, url, safe);
	} else {
		help = http_link(a, "help", 0, url);
		if (help != NULL)
			say_safe(safe, sizeof(safe), help, strlen(help));
		net_error_set(t, FAILURE_CA, "%s %s: %d %s%s%s", method, url,
		    a->status, p.text, help == NULL ? "" : " see ", safe);
	}
	free(help);
	t->problem = p;
	t->status = a->status;
	if (a->status >= 400)
		t->retry_after = http_retry_after(a, time(NULL));
	http_response_free(a);
	return -1;
}

int
request_limited(const struct net_error *t)
{
	return t->status == 429 || strcmp(t->problem.type, "rateLimited") == 0;
}

void
request_ahead(struct session *s, size_t n)
{
	s->ahead = n < NONCES_MAX ? n : NONCES_MAX;
}

void
request_no_more_ahead(struct session *s, const struct error *e)
{
	if (!s->one_by_one)
		say(2, "%s; no longer sending requests ahead", e->text);
	s->one_by_one = 1;
}

int
request_send_nonce(const struct session *s, struct http *h)
{
	struct url url;
	struct error e;

	if (s->new_nonce == NULL || s->one_by_one ||
	    request_server(s, s->new_nonce, &url) != h)
		return 0;
	say(2, "HEAD %s", s->new_nonce);
	return http_send(h, HTTP_HEAD, &url, JSON, NULL, 0, &e) == 0;
}

void
request_receive_nonce(struct session *s, struct http *h)
{
	struct http_response a;
	struct error e;

	if (http_receive(h, &a, &e) != 0) {
		request_no_more_ahead(s, &e);
		return;
	}
	/*
	 * If a response brings no nonce, request no more ahead: the next may
	 * bring none, either.
	 */
	if (a.status / 100 != 2)
		error_set(&e, "%s: status %d", s->new_nonce, a.status);
	else if (nonce_keep(&a)) {
		http_response_free(&a);
		return;
	} else
		error_set(&e, "%s: the response has no valid Replay-Nonce",
		    s->new_nonce);
	http_response_free(&a);
	request_no_more_ahead(s, &e);
}

/*
 * Requests behind a request the nonces that will be wanted next, and returns
 * how many.  The response to any request but a GET brings a nonce itself.
 */
static size_t
send_ahead(struct session *s, struct http *h, enum http_method method)
{
	size_t have = nonces_at_hand() + (method != HTTP_GET), n, sent = 0;

	/* If the CA is near, more than one nonce saves no time. */
	if (s->ahead > 1 && !request_is_far(s))
		s->ahead = 1;
	if (s->ahead <= have || s->new_nonce == NULL)
		return 0;
	/* A HEAD is itself a newNonce request. */
	for (n = nonces_allowed(s->ahead - have, method == HTTP_HEAD);
	     sent < n && request_send_nonce(s, h); sent++)
		;
	return sent;
}

/*
 * Receives the response as http_receive() does, and the nonces that were
 * requested behind the request.
 */
static int
receive(struct session *s, struct http *h, enum http_method method,
    struct http_response *a, struct error *e)
{
	size_t nonces = send_ahead(s, h, method);
	int rc = http_receive(h, a, e);

	for (; nonces > 0; nonces--)
		request_receive_nonce(s, h);
	return rc;
}

int
request_late(const struct session *s, struct net_error *t)
{
	if (clock_left_ms(s->deadline) > 0)
		return 0;
	net_error_set(t, FAILURE_CA,
	    "the CA has taken longer than %d seconds for one certificate",
	    JOB_SECONDS);
	return 1;
}

/*
 * Does the PEM chain end behind a certificate?  Whether it is complete,
 * certproc finds out.
 */
static int
ends_with_certificate(const struct http_response *a)
{
	static const char end[] = "-----END CERTIFICATE-----";
	size_t len = a->bodylen;

	while (len > 0 && memchr(" \t\r\n", a->body[len - 1], 4) != NULL)
		len--;
	return len >= strlen(end) &&
	    memcmp(a->body + len - strlen(end), end, strlen(end)) == 0;
}

int
request_whole(enum msgtype sign, const char *accept,
    const struct http_response *a, struct error *e)
{
	/*
	 * For all other requests, also newOrder, the header fields are enough.
	 */
	if (sign != KEY_SIGN_FETCH && sign != KEY_SIGN_FINALIZE)
		return 0;
	if (!a->unframed || a->status / 100 != 2 || a->bodylen == 0)
		return 0;
	if (strcmp(accept, PEM_CHAIN) == 0 ? ends_with_certificate(a) :
					     json_whole(a->body, a->bodylen))
		return 0;
	return error_set(e,
	    "the connection ended before the response did, after %zu bytes",
	    a->bodylen);
}

/* A request to the CA. */
struct request {
	enum http_method method;
	/* The message that has a POST signed; else KEY_SIGN_FETCH. */
	enum msgtype sign;
	const char *url, *accept;
	const char *body; /* The body of a POST, or NULL. */
};

static const char *const methods[] = { "GET", "HEAD", "POST" };

/*
 * Sends one request and receives its response, whatever its status.  A
 * connection that the server had closed meanwhile is opened again.
 */
static int
exchange(struct session *s, const struct request *r, struct http_response *a,
    struct net_error *t)
{
	const char *method = methods[r->method];
	struct http *h;
	struct url url;
	struct error e;
	int sent, rc;

	if (request_origin(s, method, r->url, t) == -1 || request_late(s, t))
		return -1;
	h = request_server(s, r->url, &url);
	say(2, "%s %s", method, r->url);
	sent = http_send(h, r->method, &url, r->accept, r->body,
		   r->body == NULL ? 0 : strlen(r->body), &e) == 0;
	rc = sent ? receive(s, h, r->method, a, &e) : -1;
	if (rc == 0 && (rc = request_whole(r->sign, r->accept, a, &e)) == -1)
		http_response_free(a);
	if (rc != 0) {
		net_error_set(
		    t, FAILURE_CA, "%s %s: %s", method, r->url, e.text);
		t->lost = 1;
		t->unreached = !sent;
		t->unseen = rc == -2;
		return -1;
	}
	say(2, "%s %s: %d, %zu bytes", method, r->url, a->status, a->bodylen);
	return 0;
}

/*
 * Sends a request without side effects, which is repeated if its response is
 * lost.
 */
static int
exchange_again(struct session *s, enum http_method method, const char *url,
    struct http_response *a, struct net_error *t)
{
	const struct request r = { .method = method,
		.sign = KEY_SIGN_FETCH,
		.url = url,
		.accept = JSON };
	int tries;

	for (tries = 1; exchange(s, &r, a, t) == -1; tries++)
		if (!t->lost || tries == LOST_TRIES)
			return -1;
	if (a->status / 100 != 2)
		return request_refused(methods[method], url, a, t);
	return 0;
}

int
request_get(struct session *s, const char *url, struct http_response *a,
    struct net_error *t)
{
	return exchange_again(s, HTTP_GET, url, a, t);
}

/*
 * Waits for the CA's limit of newNonce, which is rarely reached: responses
 * bring nonces, too.
 */
static void
wait_for_allowance(void)
{
	while (nonces_allowed(1, 0) == 0)
		clock_sleep_ms(10);
}

/*
 * Takes a nonce at hand, else requests a fresh one (RFC 8555 7.2).  The caller
 * frees.
 */
static char *
take_nonce(struct session *s, struct net_error *t)
{
	struct http_response a;
	char *nonce;

	if (nonces_at_hand() == 0) {
		wait_for_allowance();
		if (exchange_again(s, HTTP_HEAD, s->new_nonce, &a, t) == -1)
			return NULL;
		nonce_keep(&a);
		http_response_free(&a);
	}
	if ((nonce = nonce_take()) == NULL)
		net_error_set(t, FAILURE_CA,
		    "%s: the response has no valid Replay-Nonce", s->new_nonce);
	return nonce;
}

char *
request_sign(const struct session *s, enum msgtype type, const char *with,
    const char *url, struct net_error *t)
{
	struct body_request b = { .nonce = with, .url = url };
	char *jws;

	msg_new(&m, type, routes[type].by_job ? s->job : 0);
	body_request(&m, &b);
	msg_send(&m);
	request_expect(&m, NET_SIGNED);
	jws = msg_copy_str(&m);
	msg_end(&m);
	if (jws == NULL)
		net_error_set(t, FAILURE_LOCAL,
		    "nothing was signed for it, for the reason given");
	return jws;
}

/*
 * Is it signed with the account's URL, and not with a key alone (RFC 8555 6.2)?
 */
static int
is_by_account(enum msgtype sign)
{
	return sign != KEY_SIGN_FIND_ACCOUNT && sign != KEY_SIGN_NEW_ACCOUNT &&
	    sign != CSR_SIGN_REVOKE;
}

/*
 * May a lost request be repeated?  Only if the CA has probably not seen it.
 * Not finalize, nor the response to a challenge: there the caller fetches the
 * order, or the authorization, to see whether the CA has received it.
 */
static int
may_repeat(enum msgtype sign, const struct net_error *t)
{
	return t->unseen && sign != KEY_SIGN_FINALIZE &&
	    sign != KEY_SIGN_CHALLENGE;
}

/* Returns the signed body of a request, with a new nonce; the caller frees. */
static char *
sign_body(struct session *s, const struct request *r, struct net_error *t)
{
	char *with, *jws;

	if (request_origin(s, "POST", r->url, t) == -1 ||
	    (with = take_nonce(s, t)) == NULL)
		return NULL;
	jws = request_sign(s, r->sign, with, r->url, t);
	free(with);
	return jws;
}

int
request_post(struct session *s, enum msgtype sign, const char *url,
    const char *accept, struct http_response *a, struct net_error *t)
{
	struct request r = {
		.method = HTTP_POST, .sign = sign, .url = url, .accept = accept
	};
	char *jws;
	int tries, rc, repeated = 0;

	for (tries = 0; tries < SIGN_TRIES; tries++) {
		if ((jws = sign_body(s, &r, t)) == NULL)
			return -1;
		r.body = jws;
		rc = exchange(s, &r, a, t);
		free(jws);
		if (rc == -1) {
			if (!may_repeat(sign, t) || repeated++ > 0)
				return -1;
			continue;
		}
		nonce_keep(a);
		if (a->status / 100 == 2) {
			s->account_works |= is_by_account(sign);
			return 0;
		}
		request_refused("POST", url, a, t);
		t->request = sign;
		if (strcmp(t->problem.type, "badNonce") != 0)
			return -1;
	}
	return net_error_set(t, FAILURE_CA,
	    "POST %s: the CA refused %d nonces of its own in a row", url,
	    tries);
}

int
request_fetch(struct session *s, const char *url, const char *accept,
    struct http_response *a, struct net_error *t)
{
	int tries;

	for (tries = 1;
	     request_post(s, KEY_SIGN_FETCH, url, accept, a, t) == -1; tries++)
		if (!t->lost || tries == LOST_TRIES)
			return -1;
	return 0;
}

int
request_round_trip_ms(const struct session *s)
{
	return http_round_trip_ms(s->servers[0]);
}

int
request_is_far(const struct session *s)
{
	return request_round_trip_ms(s) >= FAR_MS;
}
