/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Takes an order from its authorizations to its certificate's URL, by net:
 * polls and finalize (RFC 8555 7.4).
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "net.h"

/*
 * The shortest first pause between two polls; each later pause is twice as long
 * as the one before.
 */
#define POLL_FIRST_MS 4
#define POLL_OFTEN_MS 15000 /* Net polls frequently for so many milliseconds. */
/* The longest pause between frequent polls. */
#define POLL_OFTEN_LONGEST_MS 1000
#define POLL_LONGEST_MS 10000
/* The milliseconds that a fast CA takes from finalize to a certificate. */
#define ISSUING_MS 5

/* Reads the order from a response and frees the response, also on failure. */
int
order_take(struct issue *is, struct http_response *a, struct net_error *t)
{
	struct error e;
	size_t i;
	int rc;

	order_free(&is->order);
	rc = order_parse(&is->order, a->body, a->bodylen, &e);
	is->retry_after = http_retry_after(a, time(NULL));
	http_response_free(a);
	if (rc == -1)
		return net_error_set(t, FAILURE_CA, "%s: %s", is->url, e.text);
	if (is->order.nidentifiers != is->session->conf->names.n)
		return net_error_set(t, FAILURE_CA,
		    "%s: order for %zu names instead of %zu", is->url,
		    is->order.nidentifiers, is->session->conf->names.n);
	for (i = 0; i < is->order.nidentifiers; i++)
		if (asked_for(is->session->conf, is->order.identifiers[i], 0) ==
		    NO_NAME)
			return net_error_set(t, FAILURE_CA,
			    "%s: order for %s, which nobody asked for", is->url,
			    is->order.identifiers[i]);
	say(2, "order %s", is->order.status_text);
	return 0;
}

int
order_fetch(struct issue *is, struct net_error *t)
{
	struct http_response a;

	if (request_fetch(is->session, is->url, JSON, &a, t) == -1)
		return -1;
	return order_take(is, &a, t);
}

/*
 * The pause before the next poll: twice as long each time, at most a second
 * while a CA may well finish soon.  Retry-After takes precedence, within
 * bounds.
 */
static int64_t
next_pause(struct issue *is, int64_t began, int64_t *pause)
{
	int64_t most = clock_ms() - began < POLL_OFTEN_MS ?
	    POLL_OFTEN_LONGEST_MS :
	    POLL_LONGEST_MS;
	int64_t wait = *pause < most ? *pause : most;

	*pause = 2 * wait;
	if (is->retry_after > 0)
		wait = 1000 *
		    (is->retry_after > RETRY_AFTER_SECONDS ?
			    RETRY_AFTER_SECONDS :
			    is->retry_after);
	return wait;
}

/*
 * Waits while the order has this status.  The order tells when all its
 * authorizations are valid: one request, however many names.  Some CAs update
 * it only when its authorizations are fetched, so that after some time these
 * are fetched, too.
 */
static int
wait_while(struct issue *is, enum status status, struct net_error *t)
{
	int64_t began = clock_ms(),
		deadline = began + VALIDATION_SECONDS * (int64_t)1000;
	int64_t pause = request_round_trip_ms(is->session),
		look = AUTHORIZATIONS_MS, wait;
	struct net_error ignored;

	/* Wait at least one round trip between polls. */
	if (pause < POLL_FIRST_MS)
		pause = POLL_FIRST_MS;
	while (is->order.status == status) {
		if (clock_left_ms(deadline) == 0) {
			is->waited = 1;
			return net_error_set(t, FAILURE_CA,
			    "%s: order still %s after %d seconds", is->url,
			    is->order.status_text, VALIDATION_SECONDS);
		}
		wait = next_pause(is, began, &pause);
		clock_sleep_ms(wait < clock_left_ms(deadline) ?
			wait :
			clock_left_ms(deadline));
		is->polls += status == STATUS_PENDING;
		if (status == STATUS_PENDING && clock_ms() - began >= look) {
			look *= 2;
			/* Ignore its result: the order's status decides. */
			proof_look(&is->proof, &ignored);
		}
		if (order_fetch(is, t) == -1)
			return -1;
		if (is->order.status == status && is->proof.spoilt > 0)
			return proof_error(&is->proof, t);
	}
	return 0;
}

int
order_bad(struct issue *is, struct net_error *t)
{
	net_error_set(t, FAILURE_CA, "%s: order is %s%s%s", is->url,
	    is->order.status_text, is->order.error.text[0] != '\0' ? ": " : "",
	    is->order.error.text);
	if (is->order.status == STATUS_INVALID)
		proof_explain(&is->proof, t);
	return -1;
}

int
order_authorized(struct issue *is, struct net_error *t)
{
	if (wait_while(is, STATUS_PENDING, t) == 0)
		return 0;
	if (!t->lost)
		proof_explain(&is->proof, t);
	return -1;
}

static int
order_came(void *issue, size_t i, struct http_response *a, struct net_error *t)
{
	(void)i;
	return order_take(issue, a, t);
}

/*
 * Handles a refused finalize: it may have come before the order was ready.  The
 * order, which is fetched right behind it, tells.
 */
static int
finalize_refused(void *issue, size_t i, struct net_error *t)
{
	struct issue *is = issue;

	if (i != 0 || strcmp(t->problem.type, "orderNotReady") != 0)
		return -1;
	is->too_early = 1;
	return 0;
}

/* Handles a lost response of finalize: the order tells what has happened. */
static int
finalize_lost(void *issue, size_t i, struct net_error *t)
{
	(void)i;
	return order_fetch(issue, t);
}

/*
 * The CSR is already with key.  If the CA is far away, the order is requested
 * right behind finalize, and not before it to see whether it is ready: that
 * saves two round trips.
 */
int
order_finalize(struct issue *is, struct net_error *t)
{
	struct wanted wanted[] = { { KEY_SIGN_FINALIZE, NULL },
		{ KEY_SIGN_FETCH, is->url } };
	struct batch b = { .session = is->session,
		.wanted = wanted,
		.context = is,
		.take = order_came,
		.refused = finalize_refused,
		.lost = finalize_lost };
	char *url;
	int tries, rc;

	for (tries = 0; tries < FINALIZE_TRIES &&
	     (is->order.status == STATUS_READY ||
		 is->order.status == STATUS_PENDING);
	     tries++) {
		if (is->order.finalize == NULL)
			return net_error_set(t, FAILURE_CA,
			    "%s: order without 'finalize'", is->url);
		/* Copy the URL, since order_came() replaces the order. */
		if ((wanted[0].url = url = strdup(is->order.finalize)) == NULL)
			err(1, NULL);
		b.n = request_is_far(is->session) ? 2 : 1;
		b.pause_ms = ISSUING_MS;
		if ((rc = request_origin(is->session, "finalize", url, t)) == 0)
			rc = request_batch(&b, t);
		free(url);
		if (rc == -1 ||
		    (is->order.status == STATUS_READY &&
			order_fetch(is, t) == -1) ||
		    order_authorized(is, t) == -1)
			return -1;
	}
	if (wait_while(is, STATUS_PROCESSING, t) == -1)
		return -1;
	return is->order.status == STATUS_VALID ? 0 : order_bad(is, t);
}
