/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * net's requests of one job that do not depend on each other's responses, one
 * behind the other on one connection (RFC 9112 9.3.2).
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "net.h"

/* Why a request must be repeated. */
enum { REFUSED_NONCE = 1, LOST_RESPONSE };

/* The requests that have been sent: each is one of the batch, or a NONCE. */
struct flight {
	const struct batch *batch; /* The batch that the requests belong to. */
	struct http *http;
	size_t queue[HTTP_PIPELINE_MAX];
	size_t queued;
	size_t sent; /* How many requests of the batch were sent. */
	/* For each request: why it must be repeated alone, or 0. */
	uint8_t *again;
	struct net_error error; /* The first error of the batch. */
	int failed;
};
#define NONCE SIZE_MAX

static int
send_nonce(struct flight *f)
{
	if (!request_send_nonce(f->batch->session, f->http))
		return 0;
	f->queue[f->queued++] = NONCE;
	return 1;
}

/* Signs and sends the next request; 0 if it cannot be sent ahead. */
static int
send_next(struct flight *f)
{
	const struct wanted *want = &f->batch->wanted[f->sent];
	struct url url;
	struct error e;
	char *with, *jws;
	int rc;

	if (f->failed || request_late(f->batch->session, &f->error) ||
	    f->batch->session->one_by_one || nonces_at_hand() == 0 ||
	    f->queued == HTTP_PIPELINE_MAX)
		return 0;
	if (f->queued > 0 && f->batch->pause_ms > 0)
		clock_sleep_ms(f->batch->pause_ms);
	with = nonce_take();
	jws = request_sign(
	    f->batch->session, want->sign, with, want->url, &f->error);
	free(with);
	if (jws == NULL) {
		f->failed = 1;
		return 0;
	}
	say(2, "POST %s", want->url);
	request_server(f->batch->session, want->url, &url);
	rc = http_send(f->http, HTTP_POST, &url, JSON, jws, strlen(jws), &e);
	free(jws);
	if (rc == -1)
		return 0;
	f->queue[f->queued++] = f->sent++;
	return 1;
}

static void
fail(struct flight *f, const struct net_error *t)
{
	if (!f->failed)
		f->error = *t;
	f->failed = 1;
}

/*
 * Passes on a response; a request that was refused for its nonce is repeated
 * later.
 */
static void
take_response(struct flight *f, size_t i, struct http_response *a)
{
	const struct batch *b = f->batch;
	struct net_error t;

	say(2, "POST %s: %d, %zu bytes", b->wanted[i].url, a->status,
	    a->bodylen);
	if (a->status / 100 != 2) {
		request_refused("POST", b->wanted[i].url, a, &t);
		if (strcmp(t.problem.type, "badNonce") == 0)
			f->again[i] = REFUSED_NONCE;
		else if (b->refused == NULL ||
		    b->refused(b->context, i, &t) == -1)
			fail(f, &t);
		return;
	}
	if (!f->failed && b->take(b->context, i, a, &t) == -1)
		fail(f, &t);
	http_response_free(a);
}

static void
lost(struct flight *f, size_t i, const struct error *e)
{
	request_no_more_ahead(f->batch->session, e);
	f->again[i] = LOST_RESPONSE;
}

static void
receive_next(struct flight *f)
{
	size_t i = f->queue[0];
	struct http_response a;
	struct error e;

	f->queued--;
	memmove(f->queue, f->queue + 1, f->queued * sizeof(*f->queue));
	if (i == NONCE)
		request_receive_nonce(f->batch->session, f->http);
	else if (http_receive(f->http, &a, &e) != 0)
		lost(f, i, &e);
	else {
		nonce_keep(&a);
		if (request_whole(f->batch->wanted[i].sign, JSON, &a, &e) == 0)
			take_response(f, i, &a);
		else {
			http_response_free(&a);
			lost(f, i, &e);
		}
	}
}

/* Sends one request by itself: it was not sent ahead, or must be repeated. */
static int
alone(const struct batch *b, size_t i, int lost, struct net_error *t)
{
	const struct wanted *want = &b->wanted[i];
	struct http_response a;
	int rc;

	if (lost && b->lost != NULL)
		return b->lost(b->context, i, t);
	rc = want->sign == KEY_SIGN_FETCH ?
	    request_fetch(b->session, want->url, JSON, &a, t) :
	    request_post(b->session, want->sign, want->url, JSON, &a, t);
	if (rc == -1 && t->lost && b->lost != NULL)
		return b->lost(b->context, i, t);
	if (rc == -1)
		return b->refused != NULL && !t->lost ?
		    b->refused(b->context, i, t) :
		    -1;
	rc = b->take(b->context, i, &a, t);
	http_response_free(&a);
	return rc;
}

static int
same_server(const struct batch *b, struct http **h)
{
	struct url url;
	size_t i;

	*h = b->n > 0 ? request_server(b->session, b->wanted[0].url, &url) :
			NULL;
	for (i = 1; i < b->n && *h != NULL; i++)
		if (request_server(b->session, b->wanted[i].url, &url) != *h)
			*h = NULL;
	return *h != NULL;
}

/*
 * Sends as many requests as there are nonces, and behind them requests for more
 * nonces.
 */
static void
fill(struct flight *f)
{
	size_t n, left;

	while (f->sent < f->batch->n && send_next(f))
		;
	left = f->batch->n - f->sent;
	if (left <= f->queued || f->failed || f->batch->session->one_by_one ||
	    !request_is_far(f->batch->session))
		return;
	n = left - f->queued;
	if (n > HTTP_PIPELINE_MAX - f->queued)
		n = HTTP_PIPELINE_MAX - f->queued;
	for (n = nonces_allowed(n, 0); n > 0 && send_nonce(f); n--)
		;
}

int
request_batch(const struct batch *b, struct net_error *t)
{
	struct flight f = { .batch = b };
	size_t i;

	if ((f.again = calloc(b->n + 1, 1)) == NULL)
		err(1, NULL);
	if (b->n > 1 && same_server(b, &f.http))
		for (fill(&f); f.queued > 0; fill(&f))
			receive_next(&f);
	for (i = 0; i < b->n && !f.failed; i++)
		if ((i >= f.sent || f.again[i]) &&
		    alone(b, i, f.again[i] == LOST_RESPONSE, t) == -1)
			fail(&f, t);
	free(f.again);
	if (f.failed)
		*t = f.error;
	return f.failed ? -1 : 0;
}
