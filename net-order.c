/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Obtains one certificate, by net: order, authorizations and challenges (in
 * net-authz.c), finalize (in net-finalize.c), download (RFC 8555 7.4).  issue()
 * at the end of the file is the beginning; each function is above its callers.
 * What the CA sends is checked here for a clear message; the process that uses
 * it checks it again.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "msg-bodies.h"
#include "net.h"

/* Two requests: finalize and, behind it, the order. */
#define FINALIZE_AT_ONCE 2
/*
 * A result besides 0 and -1: this order is of no use; net may place a new one.
 */
#define ORDER_ANEW 1
#define CHAINS_OFFERED 9 /* The most alternate chains that net fetches. */

static struct msg m;

void
order_prepare(struct session *s)
{
	static const enum msgtype parts[] = { CSR_MAKE, CHNG_CHECK };
	size_t i, nparts = s->conf->way == WAY_STATELESS ? 1 : 2,
		  names = s->conf->names.n;

	/* net fetches the order's authorizations in one batch. */
	request_ahead(s, names > FINALIZE_AT_ONCE ? names : FINALIZE_AT_ONCE);
	for (i = 0; i < nparts; i++) {
		msg_new(&m, parts[i], s->job);
		msg_send(&m);
	}
}

int
order_prepared(struct session *s, struct net_error *t)
{
	const struct net_job *conf = s->conf;
	int have_csr, can_put = 1;

	request_expect(&m, NET_CSR_DONE);
	body_flag(&m, &have_csr);
	if (conf->way != WAY_STATELESS) {
		request_expect(&m, NET_CHNG_DONE);
		body_flag(&m, &can_put);
	}
	if (!have_csr)
		return net_error_set(
		    t, FAILURE_LOCAL, "there is no usable domain key");
	if (!can_put)
		return net_error_set(t, FAILURE_LOCAL,
		    conf->way == WAY_WEBROOT ?
			"the challenge directory cannot be used" :
			"challenges cannot be responded to");
	return conf->check_webroot ? webroot_check(s, t) : 0;
}

/*
 * Refuses to order a profile that the CA does not list
 * (draft-ietf-acme-profiles).
 */
static int
check_profile(const struct session *s, struct net_error *t)
{
	const struct directory *directory = &s->directory;
	const struct net_job *j = s->conf;
	char *list, *rest, *name;
	int found = 0;

	if (j->profile == NULL)
		return 0;
	if (directory->profiles == NULL)
		return net_error_set(t, FAILURE_LOCAL,
		    "profile %s: the CA offers no profiles", j->profile);
	if ((list = rest = strdup(directory->profiles)) == NULL)
		err(1, NULL);
	while ((name = strsep(&rest, " ")) != NULL)
		found |= strcmp(name, j->profile) == 0;
	free(list);
	return found ? 0 :
		       net_error_set(t, FAILURE_LOCAL,
			   "profile %s: the CA offers only: %s", j->profile,
			   directory->profiles);
}

/*
 * Is the error about neither the order nor the certificate that it is to
 * replace?
 */
static int
not_about_order(const struct net_error *t)
{
	static const char *const types[] = { "badNonce", "rateLimited",
		"rejectedIdentifier", "accountDoesNotExist",
		"userActionRequired", "externalAccountRequired" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(t->problem.type, types[i]) == 0)
			return 1;
	return t->lost || t->status == 429 || t->status == 503;
}

/*
 * Orders the certificate (RFC 8555 7.4), with 'replaces' (RFC 9773 5) where the
 * CA offers renewal information, and again without if the CA refuses that.
 */
static int
ask_for_order(struct issue *is, struct http_response *a, struct net_error *t)
{
	const char *url = is->session->directory.new_order;

	if (is->session->conf->certid != NULL &&
	    is->session->directory.renewal_info != NULL) {
		if (request_post(is->session, KEY_SIGN_REPLACEMENT, url, JSON,
			a, t) == 0)
			return 0;
		if (not_about_order(t))
			return -1;
		say(1, "%s: %s; ordered again without 'replaces'",
		    is->session->conf->handle, t->error.text);
	}
	return request_post(is->session, KEY_SIGN_NEW_ORDER, url, JSON, a, t);
}

/*
 * Tells certproc the order that the next run begins with, if this run does not
 * finish it; NULL: none.
 */
static void
tell_order(const struct session *s, const char *url)
{
	msg_new(&m, CERT_ORDER, s->job);
	msg_put_str(&m, url);
	msg_send(&m);
}

static int
new_order(struct issue *is, struct net_error *t)
{
	struct http_response a;
	struct error e;

	if (ask_for_order(is, &a, t) == -1)
		return -1;
	if ((is->url = http_location(&a, is->session->directory.new_order)) ==
	    NULL) {
		http_response_free(&a);
		return net_error_set(t, FAILURE_CA,
		    "%s: responded without the order's URL (Location)",
		    is->session->directory.new_order);
	}
	if (request_origin(is->session, "order", is->url, t) == -1) {
		http_response_free(&a);
		return -1;
	}
	say(1, "%s: order %s", is->session->conf->handle, is->url);
	tell_order(is->session, is->url);
	if (request_whole(KEY_SIGN_FETCH, JSON, &a, &e) == 0)
		return order_take(is, &a, t);
	http_response_free(&a);
	return order_fetch(is, t);
}

/*
 * Tells certproc what helps the next run: it has its first nonces a round trip
 * earlier, finalizes too early only once, need not parse all trust anchors, and
 * notices new terms of service.
 */
static void
tell_learned(struct issue *is)
{
	struct body_learned b = { .new_nonce = is->session->directory.new_nonce,
		.slow = is->too_early || is->polls > 1,
		.anchors = is->session->anchors == NULL ?
		    "" :
		    http_anchors_names(is->session->anchors),
		.terms = is->session->directory.terms };
	const char *known = is->session->conf->anchors == NULL ?
	    "" :
	    is->session->conf->anchors;
	static int told;

	if (b.terms == NULL || strlen(b.terms) > TERMS_MAX)
		b.terms = "";
	if (told && b.slow == is->session->conf->slow &&
	    is->session->conf->new_nonce != NULL &&
	    strcmp(is->session->conf->new_nonce, b.new_nonce) == 0 &&
	    strcmp(known, b.anchors) == 0)
		return;
	/* Only certproc knows the terms of earlier runs. */
	told = 1;
	msg_new(&m, CERT_LEARNED, is->session->job);
	body_learned(&m, &b);
	msg_send(&m);
}

/* Sends certproc a chain; *verdict is certproc's reply. */
static int
hand_over(struct issue *is, const char *url, const struct http_response *a,
    enum verdict *verdict, struct net_error *t)
{
	struct body_chain b = { .unframed = a->unframed,
		.pem = (const uint8_t *)a->body,
		.len = a->bodylen };

	if (a->bodylen > routes[CERT_CHAIN].max - 64)
		return net_error_set(t, FAILURE_CA,
		    "%s: certificate chain of %zu bytes", url, a->bodylen);
	msg_new(&m, CERT_CHAIN, is->session->job);
	body_chain(&m, &b);
	msg_send(&m);
	request_expect(&m, NET_JOB_DONE);
	body_verdict(&m, verdict);
	return 0;
}

/*
 * Sends certproc the nth of the alternate chains that the first response lists.
 */
static int
fetch_alternate(struct issue *is, const struct http_response *first, size_t n,
    enum verdict *verdict, struct net_error *t)
{
	struct http_response a;
	char *url = n < CHAINS_OFFERED ?
	    http_link(first, "alternate", n, is->order.certificate) :
	    NULL;
	int rc = -1;

	if (url == NULL) {
		msg_new(&m, CERT_LAST_CHAIN, is->session->job);
		msg_send(&m);
		request_expect(&m, NET_JOB_DONE);
		body_verdict(&m, verdict);
		return 0;
	}
	if (request_origin(is->session, "alternate", url, t) == 0 &&
	    request_fetch(is->session, url, PEM_CHAIN, &a, t) == 0) {
		rc = hand_over(is, url, &a, verdict, t);
		http_response_free(&a);
	}
	free(url);
	return rc;
}

/*
 * Downloads the chain (RFC 8555 7.4.2) for certproc, which judges it; net only
 * passes it on.
 */
static int
download(struct issue *is, struct net_error *t)
{
	struct http_response a;
	enum verdict verdict = VERDICT_REFUSED;
	size_t n;
	int rc;

	if (request_origin(
		is->session, "certificate", is->order.certificate, t) == -1 ||
	    request_fetch(
		is->session, is->order.certificate, PEM_CHAIN, &a, t) == -1)
		return -1;
	rc = hand_over(is, is->order.certificate, &a, &verdict, t);
	for (n = 0; rc == 0 && verdict == VERDICT_ANOTHER; n++)
		rc = fetch_alternate(is, &a, n, &verdict, t);
	http_response_free(&a);
	if (rc == 0 && verdict == VERDICT_ANEW)
		return ORDER_ANEW;
	if (rc == 0)
		say(2, "%s: %s", is->session->conf->handle,
		    verdict == VERDICT_INSTALLED ? "installed" :
						   "not installed");
	return rc;
}

/* May an order of this status still lead to a certificate? */
static int
is_open(const struct issue *is)
{
	return is->order.status == STATUS_PENDING ||
	    is->order.status == STATUS_READY ||
	    is->order.status == STATUS_PROCESSING ||
	    is->order.status == STATUS_VALID;
}

/* Takes an order to certproc's verdict.  0, ORDER_ANEW or -1. */
static int
complete(struct issue *is, struct net_error *t)
{
	if (is->order.status == STATUS_PENDING) {
		if (proof_prepare(&is->proof, is->url, t) == -1 ||
		    proof_respond(&is->proof, t) == -1)
			return -1;
		request_ahead(is->session, FINALIZE_AT_ONCE);
		/*
		 * If the CA is far away, the order may be ready by the time
		 * that the request arrives; if it is near, an early request
		 * costs nothing.
		 */
		if ((!request_is_far(is->session) || is->session->conf->slow ||
			is->order.finalize == NULL) &&
		    order_authorized(is, t) == -1)
			return -1;
	}
	if (!is_open(is))
		return order_bad(is, t);
	if (order_finalize(is, t) == -1)
		return -1;
	tell_learned(is);
	return download(is, t);
}

/*
 * Has the CA refused a request about this very order, so that repeating it
 * would be in vain?
 */
static int
is_refused(const struct net_error *t)
{
	return t->class == FAILURE_CA && t->status >= 400 &&
	    !not_about_order(t);
}

static int
anew(struct issue *is, const struct net_error *t)
{
	say(1, "%s: %s; ordered anew", is->session->conf->handle,
	    t->error.text);
	tell_order(is->session, NULL);
	return ORDER_ANEW;
}

/*
 * Does the CA refuse the certificate's key itself?  With badCSR only the text
 * tells.
 */
static int
is_about_key(const struct problem *p)
{
	static const char *const words[] = { "forbidden", "block",
		"compromised", "revoked", "weak" };
	size_t i;

	if (strcmp(p->type, "badPublicKey") == 0)
		return 1;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(p->type, "badCSR") == 0 &&
		    strcasestr(p->text, "key") != NULL &&
		    strcasestr(p->text, words[i]) != NULL)
			return 1;
	return 0;
}

/*
 * Tells certproc that the key is refused, and has csr make another key and CSR,
 * once in a run.  0, or -1: key and CSR are unchanged.
 */
static int
another_key(struct issue *is, const struct net_error *t)
{
	msg_new(&m, CERT_KEY_REFUSED, is->session->job);
	msg_send(&m);
	request_expect(&m, NET_JOB_DONE);
	if (is->rekeyed)
		return -1;
	say(0, "%s: the CA refuses the domain key (%s); trying another key",
	    is->session->conf->handle, t->error.text);
	msg_new(&m, CSR_MAKE, is->session->job);
	msg_send(&m);
	request_expect(&m, NET_CSR_DONE);
	body_flag(&m, &is->rekeyed);
	return is->rekeyed ? 0 : -1;
}

/*
 * As complete(), but tries once more with another key if the CA refuses the
 * key.
 */
static int
complete_or_rekey(struct issue *is, struct net_error *t)
{
	struct net_error ignored;
	int rc = complete(is, t);

	if (rc != -1 ||
	    (!is_about_key(&t->problem) &&
		!(is->order.status == STATUS_INVALID &&
		    is_about_key(&is->order.error))) ||
	    another_key(is, t) == -1)
		return rc;
	if (order_fetch(is, &ignored) == -1 || !is_open(is))
		return anew(is, t);
	return complete_or_rekey(is, t);
}

/* Is it certain that the order cannot lead to a certificate, in no run? */
static int
has_failed(const struct issue *is, const struct net_error *t)
{
	/* An authorization or the order itself is invalid. */
	if (is->proof.spoilt > 0 ||
	    (is->order.identifiers != NULL && !is_open(is)))
		return 1;
	/* A status of 5xx may be over in the next run. */
	if (is_refused(t) && (t->status < 500 || is->resumed))
		return 1;
	/* It has stayed pending for two runs. */
	return is->resumed && is->waited && is->order.status == STATUS_PENDING;
}

/*
 * Was the failed order of no use before this run responded to its challenges?
 * Else a new order would fail for the same reason.
 */
static int
was_useless(const struct issue *is, const struct net_error *t)
{
	return !is->proof.responded && t->status < 500 &&
	    (is->resumed || is->proof.spoilt > 0);
}

/*
 * Completes an order whose URL net knows.  If the order has failed, certproc
 * forgets its URL, so that the next run does not fetch it.
 */
static int
course(struct issue *is, struct net_error *t)
{
	int rc = complete_or_rekey(is, t);

	if (rc != -1)
		return rc;
	if (is->proof.spoilt > 0 && is->order.status == STATUS_PENDING)
		proof_give_up(&is->proof);
	if (!has_failed(is, t))
		return -1;
	if (was_useless(is, t))
		return anew(is, t);
	tell_order(is->session, NULL);
	return -1;
}

/*
 * As course(), for an order of an earlier run; ORDER_ANEW where the CA no
 * longer has it.
 */
static int
resume(struct issue *is, struct net_error *t)
{
	if ((is->url = strdup(is->session->conf->order)) == NULL)
		err(1, NULL);
	is->resumed = 1;
	say(1, "%s: order %s of an earlier run", is->session->conf->handle,
	    is->url);
	if (request_origin(is->session, "order", is->url, t) == -1 ||
	    order_fetch(is, t) == -1) {
		if (t->class != FAILURE_CA || not_about_order(t))
			return -1;
		return anew(is, t);
	}
	return course(is, t);
}

static void
end_order(struct issue *is)
{
	proof_end(&is->proof);
	order_free(&is->order);
	free(is->url);
	is->url = NULL;
	is->resumed = is->waited = 0;
}

/* Obtains one certificate, from the order to certproc's verdict. */
static int
issue(struct issue *is, struct net_error *t)
{
	int rc = ORDER_ANEW, made;

	if (check_profile(is->session, t) == -1)
		return -1;
	if (is->session->conf->order != NULL)
		rc = resume(is, t);
	for (made = 0; rc == ORDER_ANEW && made < ORDERS_MAX - 1; made++) {
		end_order(is);
		if ((rc = new_order(is, t)) == 0)
			rc = course(is, t);
	}
	return rc == 0 ? 0 : -1;
}

int
order_certificate(struct session *s, struct net_error *t)
{
	struct issue is = { .session = s,
		.proof = { .session = s, .order = &is.order } };
	int rc = issue(&is, t);

	end_order(&is);
	return rc;
}
