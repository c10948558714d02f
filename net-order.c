/* SPDX-License-Identifier: ISC */
/*
 * One certificate, by net: order, authorizations and challenges (in
 * net-authz.c), finalize, download.  The protocol (RFC 8555 7.4) goes down
 * this file from top to bottom.  What comes from the CA is checked here for a
 * clear message; what counts is checked again by the process that uses it.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "net-authz.h"
#include "net-batch.h"
#include "net-order.h"

#define POLL_FIRST_MS		4	/* at least; then twice as long each time */
#define ISSUING_MS		5	/* from finalize to a certificate, with a fast CA */
#define FINALIZE_AT_ONCE	2	/* and the order behind it */
#define POLL_LONGEST_MS		10000
#define RETRY_AFTER_LONGEST	60	/* seconds */
#define CHAINS_OFFERED		9	/* alternates that are looked at */

/* One order on its way. */
struct issue {
	const struct directory *directory;
	uint32_t	 job;
	const struct net_job *conf;
	char		*url;		/* of the order */
	struct order	 order;
	long		 retry_after;	/* of the last answer about the order */
	unsigned	 polls;		/* until the order was ready */
	int		 too_early;	/* it was finalized before */
	struct proof	 proof;
};

static struct msg m;

void
order_prepare(uint32_t job, const struct net_job *conf)
{
	static const enum msgtype parts[] = { CSR_MAKE, CHNG_CHECK };
	size_t i, names = conf->names.n;

	/* Its authorizations at once. */
	request_ahead(names > FINALIZE_AT_ONCE ? names : FINALIZE_AT_ONCE);
	for (i = 0; i < 2; i++) {
		msg_new(&m, parts[i], job);
		msg_send(&m);
	}
}

int
order_prepared(struct trouble *t)
{
	int have_csr, can_put;

	request_expect(&m, NET_CSR_DONE);
	have_csr = msg_get_num(&m) == 1;
	request_expect(&m, NET_CHNG_DONE);
	can_put = msg_get_num(&m) == 1;
	if (!have_csr)
		return trouble(t, FAILURE_LOCAL, "there is no usable domain key");
	if (!can_put)
		return trouble(t, FAILURE_LOCAL, "the challenge directory cannot be used");
	return 0;
}

/* The draft's SHOULD NOT: no profile that the CA does not list. */
static int
check_profile(const struct directory *directory, const struct net_job *j, struct trouble *t)
{
	char *list, *rest, *name;
	int found = 0;

	if (j->profile == NULL)
		return 0;
	if (directory->profiles == NULL)
		return trouble(t, FAILURE_LOCAL, "profile %s: the CA offers no profiles", j->profile);
	if ((list = rest = strdup(directory->profiles)) == NULL)
		err(1, NULL);
	while ((name = strsep(&rest, " ")) != NULL)
		found |= strcmp(name, j->profile) == 0;
	free(list);
	return found ? 0 : trouble(t, FAILURE_LOCAL, "profile %s: the CA offers only: %s",
	    j->profile, directory->profiles);
}

/* Reads an answer about the order and checks that it is about our names; frees it. */
static int
take_order(struct issue *is, struct http_answer *a, struct trouble *t)
{
	struct why w;
	size_t i;
	int rc;

	order_free(&is->order);
	rc = order_parse(&is->order, a->body, a->bodylen, &w);
	is->retry_after = http_retry_after(a, time(NULL));
	http_answer_free(a);
	if (rc == -1)
		return trouble(t, FAILURE_CA, "%s: %s", is->url, w.text);
	if (is->order.nidentifiers != is->conf->names.n)
		return trouble(t, FAILURE_CA, "%s: order for %zu names instead of %zu",
		    is->url, is->order.nidentifiers, is->conf->names.n);
	for (i = 0; i < is->order.nidentifiers; i++)
		if (!asked_for(is->conf, is->order.identifiers[i]))
			return trouble(t, FAILURE_CA, "%s: order for %s, which nobody "
			    "asked for", is->url, is->order.identifiers[i]);
	say(2, "order %s", is->order.status_text);
	return 0;
}

static int
fetch_order(struct issue *is, struct trouble *t)
{
	struct http_answer a;

	if (request_fetch(is->job, is->url, "application/json", &a, t) == -1)
		return -1;
	return take_order(is, &a, t);
}

/* Does what the CA says have nothing to do with the certificate that is to be replaced? */
static int
not_about_replaces(const struct trouble *t)
{
	static const char *const types[] = { "badNonce", "rateLimited", "rejectedIdentifier",
	    "accountDoesNotExist", "userActionRequired", "externalAccountRequired" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(t->problem.type, types[i]) == 0)
			return 1;
	return t->lost || t->status == 429 || t->status == 503;
}

/* 7.4; RFC 9773 5: names what it replaces where the CA knows of that, and does without if it will not have it. */
static int
ask_for_order(struct issue *is, struct http_answer *a, struct trouble *t)
{
	const char *url = is->directory->new_order;

	if (is->conf->certid != NULL && is->directory->renewal_info != NULL) {
		if (request_post(KEY_SIGN_REPLACEMENT, is->job, url, "application/json", a, t) == 0)
			return 0;
		if (not_about_replaces(t))
			return -1;
		say(1, "%s: %s; ordered again without 'replaces'", is->conf->handle, t->why.text);
	}
	return request_post(KEY_SIGN_NEW_ORDER, is->job, url, "application/json", a, t);
}

static int
new_order(struct issue *is, struct trouble *t)
{
	struct http_answer a;
	struct why w;

	if (ask_for_order(is, &a, t) == -1)
		return -1;
	if ((is->url = http_location(&a, is->directory->new_order)) == NULL) {
		http_answer_free(&a);
		return trouble(t, FAILURE_CA, "%s: answered without the order's URL "
		    "(Location)", is->directory->new_order);
	}
	if (request_origin("order", is->url, t) == -1) {
		http_answer_free(&a);
		return -1;
	}
	say(1, "%s: order %s", is->conf->handle, is->url);
	if (request_whole(KEY_SIGN_FETCH, JSON, &a, &w) == 0)
		return take_order(is, &a, t);
	http_answer_free(&a);
	return fetch_order(is, t);
}

/* The order says itself when all its authorizations are valid: one request, however many names. */
static int
wait_while(struct issue *is, enum status a, enum status b, struct trouble *t)
{
	int64_t deadline = clock_ms() + VALIDATION_SECONDS * 1000;
	int64_t pause = request_round_trip_ms(), wait;

	/* A CA that far away has had as long already. */
	if (pause < POLL_FIRST_MS)
		pause = POLL_FIRST_MS;
	while (is->order.status == a || is->order.status == b) {
		wait = pause;
		if (is->retry_after > 0)
			wait = 1000 * (is->retry_after > RETRY_AFTER_LONGEST ?
			    RETRY_AFTER_LONGEST : is->retry_after);
		if (clock_left_ms(deadline) <= wait)
			return trouble(t, FAILURE_CA, "%s: order still %s after %d seconds",
			    is->url, is->order.status_text, VALIDATION_SECONDS);
		clock_sleep_ms(wait);
		pause = pause * 2 > POLL_LONGEST_MS ? POLL_LONGEST_MS : pause * 2;
		is->polls += a == STATUS_PENDING;
		if (fetch_order(is, t) == -1)
			return -1;
	}
	return 0;
}

static int
bad_status(struct issue *is, struct trouble *t)
{
	trouble(t, FAILURE_CA, "%s: order is %s%s%s", is->url, is->order.status_text,
	    is->order.error.text[0] != '\0' ? ": " : "", is->order.error.text);
	if (is->order.status == STATUS_INVALID)
		proof_explain(&is->proof, t);
	return -1;
}

static int
wait_for_authorizations(struct issue *is, struct trouble *t)
{
	if (wait_while(is, STATUS_PENDING, STATUS_PENDING, t) == 0)
		return 0;
	if (!t->lost)
		proof_explain(&is->proof, t);
	return -1;
}

static int
order_came(void *issue, size_t i, struct http_answer *a, struct trouble *t)
{
	(void)i;
	return take_order(issue, a, t);
}

/* It may have come too early; the order, asked for behind it, tells. */
static int
finalize_refused(void *issue, size_t i, struct trouble *t)
{
	struct issue *is = issue;

	if (i != 0 || strcmp(t->problem.type, "orderNotReady") != 0)
		return -1;
	is->too_early = 1;
	return 0;
}

/* After a lost answer, too, the order tells how it went. */
static int
finalize_lost(void *issue, size_t i, struct trouble *t)
{
	(void)i;
	return fetch_order(issue, t);
}

/*
 * 7.4: the CSR is already with key.  A CA that is far away is asked for the
 * order in the same breath, and not whether it is ready: that saves two round trips.
 */
static int
finalize(struct issue *is, struct trouble *t)
{
	struct wanted wanted[] = { { KEY_SIGN_FINALIZE, NULL }, { KEY_SIGN_FETCH, is->url } };
	struct batch b = { .job = is->job, .wanted = wanted, .context = is, .take = order_came,
	    .refused = finalize_refused, .lost = finalize_lost };
	char *url;
	int tries, rc;

	for (tries = 0; tries < FINALIZE_TRIES &&
	    (is->order.status == STATUS_READY || is->order.status == STATUS_PENDING); tries++) {
		if (is->order.finalize == NULL)
			return trouble(t, FAILURE_CA, "%s: order without 'finalize'", is->url);
		/* The order that it belongs to is replaced meanwhile. */
		if ((wanted[0].url = url = strdup(is->order.finalize)) == NULL)
			err(1, NULL);
		b.n = request_is_far() ? 2 : 1;
		b.pause_ms = ISSUING_MS;
		if ((rc = request_origin("finalize", url, t)) == 0)
			rc = request_batch(&b, t);
		free(url);
		if (rc == -1 || (is->order.status == STATUS_READY && fetch_order(is, t) == -1) ||
		    wait_for_authorizations(is, t) == -1)
			return -1;
	}
	if (wait_while(is, STATUS_PROCESSING, STATUS_PROCESSING, t) == -1)
		return -1;
	return is->order.status == STATUS_VALID ? 0 : bad_status(is, t);
}

/* So the next run has its first nonces a round trip earlier, and finalizes in vain only once. */
static void
tell_learned(struct issue *is)
{
	const char *new_nonce = is->directory->new_nonce;
	int slow = is->too_early || is->polls > 1;

	if (slow == is->conf->slow && is->conf->new_nonce != NULL &&
	    strcmp(is->conf->new_nonce, new_nonce) == 0)
		return;
	msg_new(&m, FILE_LEARNED, is->job);
	msg_put_str(&m, new_nonce);
	msg_put_num(&m, (uint64_t)slow);
	msg_send(&m);
}

/* One chain, to file; *verdict is what it says. */
static int
hand_over(struct issue *is, const char *url, const struct http_answer *a, enum verdict *verdict,
    struct trouble *t)
{
	if (a->bodylen > routes[FILE_CHAIN].max - 64)
		return trouble(t, FAILURE_CA, "%s: certificate chain of %zu bytes", url, a->bodylen);
	msg_new(&m, FILE_CHAIN, is->job);
	msg_put_num(&m, (uint64_t)a->unframed);
	msg_put_buf(&m, a->body, a->bodylen);
	msg_send(&m);
	request_expect(&m, NET_JOB_DONE);
	*verdict = (enum verdict)msg_get_num(&m);
	return 0;
}

/* file wants another chain: one of the alternates that came with the first. */
static int
fetch_alternate(struct issue *is, const struct http_answer *first, size_t n,
    enum verdict *verdict, struct trouble *t)
{
	struct http_answer a;
	char *url = n < CHAINS_OFFERED ? http_link(first, "alternate", n, is->order.certificate) : NULL;
	int rc = -1;

	if (url == NULL) {
		msg_new(&m, FILE_LAST_CHAIN, is->job);
		msg_send(&m);
		request_expect(&m, NET_JOB_DONE);
		*verdict = (enum verdict)msg_get_num(&m);
		return 0;
	}
	if (request_origin("alternate", url, t) == 0 &&
	    request_fetch(is->job, url, PEM_CHAIN, &a, t) == 0) {
		rc = hand_over(is, url, &a, verdict, t);
		http_answer_free(&a);
	}
	free(url);
	return rc;
}

/* 7.4.2: file judges what comes; net only carries it. */
static int
download(struct issue *is, struct trouble *t)
{
	struct http_answer a;
	enum verdict verdict;
	size_t n;
	int rc;

	if (request_origin("certificate", is->order.certificate, t) == -1 ||
	    request_fetch(is->job, is->order.certificate, PEM_CHAIN, &a, t) == -1)
		return -1;
	rc = hand_over(is, is->order.certificate, &a, &verdict, t);
	for (n = 0; rc == 0 && verdict == VERDICT_ANOTHER; n++)
		rc = fetch_alternate(is, &a, n, &verdict, t);
	http_answer_free(&a);
	if (rc == 0)
		say(2, "%s: %s", is->conf->handle,
		    verdict == VERDICT_INSTALLED ? "installed" : "not installed");
	return rc;
}

/* One certificate, from the order to file's verdict. */
static int
issue(struct issue *is, struct trouble *t)
{
	if (check_profile(is->directory, is->conf, t) == -1)
		return -1;
	if (new_order(is, t) == -1)
		return -1;
	if (is->order.status == STATUS_PENDING) {
		if (proof_prepare(&is->proof, is->url, t) == -1 ||
		    proof_trigger(&is->proof, t) == -1)
			return -1;
		request_ahead(FINALIZE_AT_ONCE);
		/* Far away, it may be ready by the time that a request gets there; near, asking costs nothing. */
		if ((!request_is_far() || is->conf->slow || is->order.finalize == NULL) &&
		    wait_for_authorizations(is, t) == -1)
			return -1;
	}
	if (is->order.status != STATUS_READY && is->order.status != STATUS_PENDING &&
	    is->order.status != STATUS_PROCESSING && is->order.status != STATUS_VALID)
		return bad_status(is, t);
	if (finalize(is, t) == -1)
		return -1;
	tell_learned(is);
	return download(is, t);
}

int
order_certificate(const struct directory *directory, uint32_t job, const struct net_job *conf,
    struct trouble *t)
{
	struct issue is = { .directory = directory, .job = job, .conf = conf,
	    .proof = { .job = job, .conf = conf, .order = &is.order } };
	int rc = issue(&is, t);

	proof_end(&is.proof);
	order_free(&is.order);
	free(is.url);
	return rc;
}
