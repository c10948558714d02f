/* SPDX-License-Identifier: ISC */
/*
 * net's requests to the CA.
 */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "net-request.h"

#define USER_AGENT	"acme-client/" VERSION
#define LOST_TRIES	3	/* of a request that may be repeated */
#define NONCES_MAX	HTTP_PIPELINE_MAX
/* Let's Encrypt answers no more newNonce to one address; all workers together. */
#define NONCES_AT_ONCE	10
#define NONCES_A_SECOND	20
#define SECOND_MS	1050	/* as their clock may have it */
#define JSON		"application/json"

static struct url origins[ORIGINS_MAX];
static struct http *https[ORIGINS_MAX];
static size_t norigins;
static char *new_nonce;
static char *nonces[NONCES_MAX];	/* at hand */
static size_t nnonces;
static int one_by_one;		/* the server does not answer what is sent ahead */
static uint32_t workers = 1;	/* that share the servers' limits */
static uint32_t at_work;	/* the job */
static struct msg m;

int
trouble(struct trouble *t, enum failure class, const char *fmt, ...)
{
	va_list ap;

	memset(t, 0, sizeof(*t));
	t->class = class;
	t->retry_after = -1;
	va_start(ap, fmt);
	vsnprintf(t->why.text, sizeof(t->why.text), fmt, ap);
	va_end(ap);
	return -1;
}

/* What others may say while net waits for something else: kept until it is wanted. */
static struct early {
	enum msgtype	 type;
	struct msg	*m;		/* NULL: not there */
} early[] = { { NET_CSR_DONE, NULL }, { NET_CHNG_DONE, NULL } };
#define NEARLY	(sizeof(early) / sizeof(early[0]))

static int
take_early(struct msg *in, enum msgtype type)
{
	struct early *e;

	for (e = early; e < early + NEARLY; e++)
		if (e->type == type && e->m != NULL) {
			memcpy(in, e->m, sizeof(*in));
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
			if ((e->m = malloc(sizeof(*in))) == NULL)
				err(1, NULL);
			memcpy(e->m, in, sizeof(*in));
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
		msg_receive(in, ROLE_NET, seconds);
		if (in->head.type == ROLE_STOP)
			exit(0);
	} while (in->head.type != type && keep_early(in));
	if (in->head.type != type)
		errx(1, "%s instead of %s", routes[in->head.type].name, routes[type].name);
}

void
request_expect(struct msg *in, enum msgtype type)
{
	request_wait(in, type, ANSWER_SECONDS);
}

void
request_job(uint32_t job)
{
	at_work = job;
}

/* http.c's way to a host's addresses: dns. */
static int
resolve(const struct url *url, struct address *a, size_t *n, struct why *w)
{
	const char *error;
	const uint8_t *buf;
	uint64_t count, i;
	size_t len;

	msg_new(&m, DNS_RESOLVE, at_work);
	msg_put_str(&m, url->host);
	msg_put_str(&m, url->port);
	msg_send(&m);
	request_expect(&m, NET_ADDRESSES);
	error = msg_get_str(&m);
	count = msg_get_num(&m);
	if (count > HTTP_ADDRESSES_MAX)
		errx(1, "NET_ADDRESSES: too many");
	for (i = 0; i < count; i++) {
		buf = msg_get_buf(&m, &len);
		if (len > sizeof(a[i].ss))
			errx(1, "NET_ADDRESSES: too long");
		memcpy(&a[i].ss, buf, len);
		a[i].len = (socklen_t)len;
	}
	msg_end(&m);
	*n = (size_t)count;
	if (error != NULL || count == 0)
		return why(w, "%s: %s", url->host, error != NULL ? error : "has no address");
	return 0;
}

int
request_setup(char *const *urls, size_t n, const char *ca, size_t calen, int insecure,
    uint32_t sharing, struct why *w)
{
	workers = sharing;
	for (norigins = 0; norigins < n; norigins++) {
		if (!url_parse(&origins[norigins], urls[norigins]))
			return why(w, "%s: not an https URL", urls[norigins]);
		https[norigins] = http_new(&origins[norigins], ca, calen, insecure,
		    USER_AGENT, resolve, ROLE_FD, w);
		if (https[norigins] == NULL)
			return -1;
	}
	return 0;
}

static struct http *
find_server(const char *text, struct url *url)
{
	size_t i;

	if (url_parse(url, text))
		for (i = 0; i < norigins; i++)
			if (url_same_origin(url, &origins[i]))
				return https[i];
	return NULL;
}

int
request_origin(const char *what, const char *text, struct trouble *t)
{
	char safe[256];
	struct url url;

	if (find_server(text, &url) != NULL)
		return 0;
	say_safe(safe, sizeof(safe), text, strlen(text));
	return trouble(t, FAILURE_CA, "%s: %s is not at the authority's own host; "
	    "if it should be, name that with 'api origin'", what, safe);
}

void
request_nonces(const char *url)
{
	if ((new_nonce = strdup(url)) == NULL)
		err(1, NULL);
}

/* RFC 8555 6.5.1: an invalid one counts as none. */
static void
keep_nonce(const struct http_answer *a)
{
	char *value = http_header(a, "Replay-Nonce", 0);

	if (value != NULL && valid_nonce(value) && nnonces < NONCES_MAX)
		nonces[nnonces++] = value;
	else
		free(value);
}

/* Any answer that is not 2xx, as trouble; frees it. */
static int
refused(const char *method, const char *url, struct http_answer *a, struct trouble *t)
{
	struct problem p;
	char *help;
	char safe[256] = "";

	problem_parse(&p, a->status, a->body, a->bodylen);
	if (a->status >= 300 && a->status < 400) {
		help = http_location(a, url);
		if (help != NULL)
			say_safe(safe, sizeof(safe), help, strlen(help));
		trouble(t, FAILURE_CA, "%s %s: redirected to '%s', which ACME does not "
		    "allow; name the right 'api url'", method, url, safe);
	} else {
		help = http_link(a, "help", 0, url);
		if (help != NULL)
			say_safe(safe, sizeof(safe), help, strlen(help));
		trouble(t, FAILURE_CA, "%s %s: %d %s%s%s", method, url, a->status, p.text,
		    help == NULL ? "" : " see ", safe);
	}
	free(help);
	t->problem = p;
	t->status = a->status;
	if (a->status == 429 || a->status == 503)
		t->retry_after = http_retry_after(a, time(NULL));
	http_answer_free(a);
	return -1;
}

/* One request; a connection that the server had closed meanwhile is opened again. */
static int
exchange(enum http_method method, const char *text, const char *accept, const char *body,
    struct http_answer *a, struct trouble *t)
{
	static const char *const methods[] = { "GET", "HEAD", "POST" };
	struct http *h;
	struct url url;
	struct why w;
	int rc;

	if (request_origin(methods[method], text, t) == -1)
		return -1;
	h = find_server(text, &url);
	say(2, "%s %s", methods[method], text);
	rc = http_request(h, method, &url, accept, body, body == NULL ? 0 : strlen(body), a, &w);
	if (rc != 0) {
		trouble(t, FAILURE_CA, "%s %s: %s", methods[method], text, w.text);
		t->lost = 1;
		t->unseen = rc == -2;
		return -1;
	}
	say(2, "%s %s: %d, %zu bytes", methods[method], text, a->status, a->bodylen);
	return 0;
}

/* Without side effects, so a lost answer is no matter. */
static int
exchange_again(enum http_method method, const char *url, struct http_answer *a, struct trouble *t)
{
	int tries;

	for (tries = 1; exchange(method, url, JSON, NULL, a, t) == -1; tries++)
		if (!t->lost || tries == LOST_TRIES)
			return -1;
	if (a->status / 100 != 2)
		return refused(method == HTTP_GET ? "GET" : "HEAD", url, a, t);
	return 0;
}

int
request_get(const char *url, struct http_answer *a, struct trouble *t)
{
	return exchange_again(HTTP_GET, url, a, t);
}

int
request_plain(const char *text, const char *accept, struct http_answer *a, struct why *w)
{
	struct http *h;
	struct url url;
	int rc;

	if (!url_parse_plain(&url, text))
		return why(w, "%s: not an http URL", text);
	if ((h = http_new(&url, NULL, 0, 0, USER_AGENT, resolve, ROLE_FD, w)) == NULL)
		return -1;
	say(2, "GET %s", text);
	rc = http_request(h, HTTP_GET, &url, accept, NULL, 0, a, w);
	http_free(h);
	if (rc == 0 && a->status != 200) {
		rc = why(w, "%s: HTTP status %d", text, a->status);
		http_answer_free(a);
	}
	return rc == 0 ? 0 : -1;
}

/*
 * Of the newNonce requests within any second, this process's share is its own.
 * How many of n may be sent now?
 */
static size_t
nonces_allowed(size_t n)
{
	static int64_t sent[NONCES_A_SECOND];	/* when, the oldest at next */
	static size_t next;
	size_t share = NONCES_A_SECOND / workers, burst = NONCES_AT_ONCE / workers, i;
	int64_t now = clock_ms();

	if (burst == 0)
		burst = 1;
	for (i = 0; i < n && i < burst && (sent[next] == 0 || now - sent[next] > SECOND_MS); i++) {
		sent[next] = now;
		next = (next + 1) % share;
	}
	return i;
}

/* Unless answers bring none, this does not wait. */
static void
wait_for_allowance(void)
{
	while (nonces_allowed(1) == 0)
		clock_sleep_ms(10);
}

/* A nonce is used once: the newest at hand, else a fresh one (RFC 8555 7.2).  The caller frees. */
static char *
take_nonce(struct trouble *t)
{
	struct http_answer a;

	if (nnonces == 0) {
		wait_for_allowance();
		if (exchange_again(HTTP_HEAD, new_nonce, &a, t) == -1)
			return NULL;
		keep_nonce(&a);
		http_answer_free(&a);
		if (nnonces == 0) {
			trouble(t, FAILURE_CA, "%s: answered without a valid Replay-Nonce", new_nonce);
			return NULL;
		}
	}
	return nonces[--nnonces];
}

/* What to sign is up to key or csr; here is only the type, the nonce and the URL.  NULL: nothing. */
static char *
have_signed(enum msgtype type, uint32_t job, const char *with, const char *url)
{
	char *jws;

	msg_new(&m, type, job);
	msg_put_str(&m, with);
	msg_put_str(&m, url);
	msg_send(&m);
	request_expect(&m, NET_SIGNED);
	jws = msg_copy_str(&m);
	msg_end(&m);
	return jws;
}

static int
no_key(struct trouble *t)
{
	return trouble(t, FAILURE_LOCAL, "there is no key to sign this with");
}

int
request_post(enum msgtype sign, uint32_t job, const char *url, const char *accept,
    struct http_answer *a, struct trouble *t)
{
	char *with, *jws;
	int tries, rc, unseen = 0;

	for (tries = 0; tries < SIGN_TRIES; tries++) {
		if (request_origin("POST", url, t) == -1 || (with = take_nonce(t)) == NULL)
			return -1;
		jws = have_signed(sign, job, with, url);
		free(with);
		if (jws == NULL)
			return no_key(t);
		rc = exchange(HTTP_POST, url, accept, jws, a, t);
		free(jws);
		if (rc == -1) {
			/* Finalize is never sent twice blindly: the order is asked. */
			if (t->unseen && sign != KEY_SIGN_FINALIZE && unseen++ == 0)
				continue;
			return -1;
		}
		keep_nonce(a);
		if (a->status / 100 == 2)
			return 0;
		refused("POST", url, a, t);
		if (strcmp(t->problem.type, "badNonce") != 0)
			return -1;
	}
	return trouble(t, FAILURE_CA, "POST %s: the CA refused %d nonces of its own in a row",
	    url, tries);
}

int
request_fetch(uint32_t job, const char *url, const char *accept, struct http_answer *a,
    struct trouble *t)
{
	int tries;

	for (tries = 1; request_post(KEY_SIGN_FETCH, job, url, accept, a, t) == -1; tries++)
		if (!t->lost || tries == LOST_TRIES)
			return -1;
	return 0;
}

int
request_is_far(void)
{
	return http_round_trip_ms(https[0]) >= FAR_MS;
}

enum { REFUSED_NONCE = 1, LOST_ANSWER };	/* why a request must be made again */

/* What the server has not answered is not known; from now on it is asked one thing at a time. */
static void
stop_pipelining(const struct why *w)
{
	if (!one_by_one)
		say(2, "%s; no longer sending requests ahead", w->text);
	one_by_one = 1;
}

/* Requests on their way: each one of a batch, or NONCE. */
struct flight {
	const struct batch *batch;	/* NULL: only nonces are wanted */
	struct http	*http;
	size_t		 queue[HTTP_PIPELINE_MAX];
	size_t		 queued;
	size_t		 sent;		/* of the batch */
	uint8_t		*again;		/* of each: to be asked for alone */
	struct trouble	 trouble;	/* the first */
	int		 failed;
};
#define NONCE	SIZE_MAX

/* The answer says whether it got there. */
static int
send_nonce(struct flight *f)
{
	struct url url;
	struct why w;

	find_server(new_nonce, &url);
	say(2, "HEAD %s", new_nonce);
	if (http_send(f->http, HTTP_HEAD, &url, JSON, NULL, 0, &w) == -1)
		return 0;
	f->queue[f->queued++] = NONCE;
	return 1;
}

/* Signs and sends the next one; 0 if it cannot be sent ahead. */
static int
send_next(struct flight *f)
{
	const struct wanted *want = &f->batch->wanted[f->sent];
	struct url url;
	struct why w;
	char *with, *jws;
	int rc;

	if (f->failed || one_by_one || nnonces == 0 || f->queued == HTTP_PIPELINE_MAX)
		return 0;
	if (f->queued > 0 && f->batch->pause_ms > 0)
		clock_sleep_ms(f->batch->pause_ms);
	with = nonces[--nnonces];
	jws = have_signed(want->sign, f->batch->job, with, want->url);
	free(with);
	if (jws == NULL) {
		f->failed = 1;
		no_key(&f->trouble);
		return 0;
	}
	say(2, "POST %s", want->url);
	find_server(want->url, &url);
	rc = http_send(f->http, HTTP_POST, &url, JSON, jws, strlen(jws), &w);
	free(jws);
	if (rc == -1)
		return 0;
	f->queue[f->queued++] = f->sent++;
	return 1;
}

static void
fail(struct flight *f, const struct trouble *t)
{
	if (!f->failed)
		f->trouble = *t;
	f->failed = 1;
}

/* What was refused for its nonce is for later. */
static void
take_answer(struct flight *f, size_t i, struct http_answer *a)
{
	const struct batch *b = f->batch;
	struct trouble t;

	say(2, "POST %s: %d, %zu bytes", b->wanted[i].url, a->status, a->bodylen);
	if (a->status / 100 != 2) {
		refused("POST", b->wanted[i].url, a, &t);
		if (strcmp(t.problem.type, "badNonce") == 0)
			f->again[i] = REFUSED_NONCE;
		else if (b->refused == NULL || b->refused(b->context, i, &t) == -1)
			fail(f, &t);
		return;
	}
	if (!f->failed && b->take(b->context, i, a, &t) == -1)
		fail(f, &t);
	http_answer_free(a);
}

static void
receive_next(struct flight *f)
{
	size_t i = f->queue[0];
	struct http_answer a;
	struct trouble t;
	struct why w;
	int rc = http_receive(f->http, &a, &w);

	f->queued--;
	memmove(f->queue, f->queue + 1, f->queued * sizeof(*f->queue));
	if (rc != 0) {
		stop_pipelining(&w);
		if (i != NONCE)
			f->again[i] = LOST_ANSWER;
		return;
	}
	keep_nonce(&a);
	if (i != NONCE)
		take_answer(f, i, &a);
	else if (a.status / 100 == 2)
		http_answer_free(&a);
	else
		refused("HEAD", new_nonce, &a, &t);
}

void
request_ahead(size_t n)
{
	struct url url;
	struct flight f = { .http = find_server(new_nonce, &url) };

	if (one_by_one || f.http == NULL || nnonces >= n)
		return;
	for (n = nonces_allowed(n - nnonces); n > 0 && send_nonce(&f); n--)
		;
	while (f.queued > 0)
		receive_next(&f);
}

/* One that did not go ahead, or is to be asked for again. */
static int
alone(const struct batch *b, size_t i, int lost, struct trouble *t)
{
	const struct wanted *want = &b->wanted[i];
	struct http_answer a;
	int rc;

	if (lost && b->lost != NULL)
		return b->lost(b->context, i, t);
	rc = want->sign == KEY_SIGN_FETCH ? request_fetch(b->job, want->url, JSON, &a, t) :
	    request_post(want->sign, b->job, want->url, JSON, &a, t);
	if (rc == -1 && t->lost && b->lost != NULL)
		return b->lost(b->context, i, t);
	if (rc == -1)
		return b->refused != NULL && !t->lost ? b->refused(b->context, i, t) : -1;
	rc = b->take(b->context, i, &a, t);
	http_answer_free(&a);
	return rc;
}

static int
same_server(const struct batch *b, struct http **h)
{
	struct url url;
	size_t i;

	*h = b->n > 0 ? find_server(b->wanted[0].url, &url) : NULL;
	for (i = 1; i < b->n && *h != NULL; i++)
		if (find_server(b->wanted[i].url, &url) != *h)
			*h = NULL;
	return *h != NULL;
}

/* As many as there are nonces, and in the same breath nonces for more. */
static void
fill(struct flight *f)
{
	size_t n, left;
	struct url url;

	while (f->sent < f->batch->n && send_next(f))
		;
	left = f->batch->n - f->sent;
	if (left <= f->queued || f->failed || one_by_one || !request_is_far() ||
	    f->http != find_server(new_nonce, &url))
		return;
	n = left - f->queued;
	if (n > HTTP_PIPELINE_MAX - f->queued)
		n = HTTP_PIPELINE_MAX - f->queued;
	for (n = nonces_allowed(n); n > 0 && send_nonce(f); n--)
		;
}

int
request_batch(const struct batch *b, struct trouble *t)
{
	struct flight f = { .batch = b };
	size_t i;

	if ((f.again = calloc(b->n + 1, 1)) == NULL)
		err(1, NULL);
	if (b->n > 1 && same_server(b, &f.http))
		for (fill(&f); f.queued > 0; fill(&f))
			receive_next(&f);
	for (i = 0; i < b->n && !f.failed; i++)
		if ((i >= f.sent || f.again[i]) && alone(b, i, f.again[i] == LOST_ANSWER, t) == -1)
			fail(&f, t);
	free(f.again);
	if (f.failed)
		*t = f.trouble;
	return f.failed ? -1 : 0;
}
