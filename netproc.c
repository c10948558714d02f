/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Talks to the CA, and holds nothing but that connection: no key and no file.
 * It reads whatever the CA, or anyone on the way to it, sends.  An attacker in
 * it can make a run fail and have typed requests of the running jobs signed for
 * the authority's own URLs, which is the process's task.  It refuses URLs
 * elsewhere, invalid tokens, and identifiers that the job does not have.  Here
 * it reads the CA's directory (RFC 8555 7.1) and takes jobs from certproc; the
 * work is in net-account.c, net-order.c, net-renewal.c, net-revoke.c and
 * net-verify.c.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "begin.h"
#include "clock.h"
#include "net.h"
#include "role.h"
#include "sandbox.h"
#include "trust.h"

static struct net_job *jobs;
static uint32_t njobs;
static int key_compromised; /* The run revokes with the reason keyCompromise. */
static int asks_for_status; /* certproc will send NET_STATUS_URLS. */
/* How many jobs in a row have failed because of lost responses. */
static int lost_in_row;
static struct msg m;

#define STATUS_PIECE (64 * 1024)
/* From so many seconds on, a clock that differs from the CA's is reported. */
#define CLOCK_DIFFERS 60

/* Reports a clock that is wrong, on which side that may be; once. */
static void
say_clock(const struct session *s)
{
	long ahead = s->clock_ahead;
	static int said;

	if (said || labs(ahead) < CLOCK_DIFFERS)
		return;
	said = 1;
	say_warning("%s: the clock here is %ld seconds %s that of %s; set it",
	    s->conf != NULL ? s->conf->handle : s->authority, labs(ahead),
	    ahead > 0 ? "ahead of" : "behind", s->api_url);
}

/* For a rehearsal: tells zoneproc the CA's names in CAA records. */
static void
tell_zone(const struct session *s)
{
	struct body_ca b = { .issuers = s->directory.caa };

	msg_new(&m, ZONE_CA, s->job);
	body_ca(&m, &b);
	msg_send(&m);
}

/*
 * Fetches the directory (RFC 8555 7.1.1), and nonces with it if the URL of
 * newNonce is known from an earlier run (or NULL).
 */
static int
read_directory(struct session *s, const char *new_nonce, struct net_error *t)
{
	struct http_response a;
	struct error e;
	int rc;

	request_nonces(s, new_nonce);
	if (request_get(s, s->api_url, &a, t) == -1) {
		t->unreached = t->lost;
		t->no_directory = t->status == 404 || t->status == 410;
		return -1;
	}
	s->clock_ahead = http_clock_ahead(&a, time(NULL));
	rc = directory_parse(&s->directory, a.body, a.bodylen, &e);
	http_response_free(&a);
	if (rc == -1) {
		net_error_set(t, FAILURE_CA, "%s: %s", s->api_url, e.text);
		t->no_directory = 1;
		return -1;
	}
	if (request_origin(
		s, "directory: newNonce", s->directory.new_nonce, t) == -1 ||
	    request_origin(s, "directory: newAccount", s->directory.new_account,
		t) == -1 ||
	    request_origin(
		s, "directory: newOrder", s->directory.new_order, t) == -1)
		return -1;
	request_nonces(s, s->directory.new_nonce);
	if (s->checks) {
		say_clock(s);
		tell_zone(s);
	}
	return 0;
}

static const char new_terms[] =
    "the CA's terms have changed: read and accept them at the address that it "
    "names, then run this again";

/*
 * Some CAs look for an account with the certificate's key, which has signed
 * this request.
 */
static int
is_by_key(const struct net_error *t)
{
	return t->request == CSR_SIGN_REVOKE;
}

static int
has_retry_after(const struct net_error *t)
{
	return t->retry_after > 0;
}

static int
says_paused(const struct net_error *t)
{
	return strstr(t->error.text, "paused") != NULL;
}

static int
is_unavailable(const struct net_error *t)
{
	return t->status == 503;
}

/*
 * What only the administrator can change, by the type of the problem ("": any)
 * and a condition.  The first row that fits counts; NULL: there is nothing to
 * say.
 */
static const struct remedy {
	const char *type;
	int (*fits)(const struct net_error *);
	const char *text;
} remedies[] = {
	{ "accountDoesNotExist", is_by_key, NULL },
	{ "accountDoesNotExist", NULL,
	    "the CA does not know the account; the next run looks for it by "
	    "its key, and registers a new one if there is none" },
	{ "userActionRequired", NULL, new_terms },
	{ "agreementRequired", NULL, new_terms },
	{ "externalAccountRequired", NULL,
	    "the CA wants an external account binding: get a key for it "
	    "there, and name that with 'eab key id ID hmac file FILE'" },
	{ "badRevocationReason", NULL,
	    "the CA does not take this reason; try -R with another, or none" },
	{ "rateLimited", has_retry_after, "a rate limit of the CA is reached" },
	{ "rateLimited", says_paused,
	    "the CA has paused these names after many failures; see to the "
	    "cause, then unpause them at the address that it names" },
	{ "", is_unavailable,
	    "the CA is being maintained or has too much to do" },
};

static int
fits(const struct remedy *r, const struct net_error *t)
{
	return (r->type[0] == '\0' || strcmp(r->type, t->problem.type) == 0) &&
	    (r->fits == NULL || r->fits(t));
}

/* Says how an error can be ended.  certproc says when it tries again. */
static void
say_remedy(
    const struct session *s, const char *handle, const struct net_error *t)
{
	const size_t n = sizeof(remedies) / sizeof(remedies[0]);
	size_t i;

	say_clock(s);
	if (t->no_directory)
		say_warning(
		    "%s: is %s the directory of an ACME server?  'api url' "
		    "of the authority names it",
		    handle, s->api_url);
	for (i = 0; i < n && !fits(&remedies[i], t); i++)
		;
	if (i < n && remedies[i].text != NULL)
		say_warning("%s: %s", handle, remedies[i].text);
}

/*
 * Is the CA itself down?  A single lost response may be the fault of one
 * request.
 */
static enum failure
failure_class(const struct net_error *t)
{
	lost_in_row = t->lost ? lost_in_row + 1 : 0;
	return t->class == FAILURE_CA &&
		(t->unreached || lost_in_row > 1 || t->status == 503) ?
	    FAILURE_AUTHORITY :
	    t->class;
}

static void
report_failure(const struct session *s, const struct net_error *t)
{
	struct body_failed b = { .class = failure_class(t),
		.text = t->error.text,
		.seconds = t->retry_after < 0 ? 0 : (uint64_t)t->retry_after,
		.for_all = t->for_all };
	const char *handle = s->conf != NULL ? s->conf->handle : s->api_url;

	say_remedy(s, handle, t);
	warnx("%s: %s", handle, t->error.text);
	if (t->validation && !s->checks)
		say_warning(
		    "%s: 'acme-client -T %s' tries this at the CA's staging, "
		    "and checks the DNS and its CAA records",
		    handle, handle);
	msg_new(&m, CERT_FAILED, s->job);
	body_failed(&m, &b);
	msg_send(&m);
	request_expect(&m, NET_JOB_DONE);
}

/* Replaces a string of an earlier task; either may be NULL. */
static void
replace(char **old, const char *s)
{
	free(*old);
	*old = NULL;
	if (s != NULL && (*old = strdup(s)) == NULL)
		err(1, NULL);
}

/* Is a run of this kind about such tasks? */
static int
fits_mode(enum task task)
{
	switch (task) {
	case TASK_ORDER:
	case TASK_WINDOW:
	case TASK_STATUS:
		return role_mode == MODE_RENEW;
	case TASK_REVOKE:
		return role_mode == MODE_REVOKE;
	case TASK_ACCOUNT:
		return mode_is_for_account(role_mode);
	case TASK_VERIFY:
		return role_mode == MODE_VERIFY;
	default:
		return 1;
	}
}

/* Asks certproc for the next task; the job's time begins. */
static enum task
next_job(struct session *s)
{
	struct net_job *j;
	struct body_job b;

	msg_new(&m, CERT_NEXT, 0);
	msg_send(&m);
	request_expect(&m, NET_JOB);
	s->job = m.head.job;
	s->deadline = clock_ms() + JOB_SECONDS * (int64_t)1000;
	body_job(&m, &b);
	j = s->job < njobs ? &jobs[s->job] : NULL;
	if (!fits_mode(b.task))
		errx(1, "NET_JOB: task %d is not in this kind of run", b.task);
	if (b.task != TASK_NOTHING && b.task != TASK_ACCOUNT && j == NULL)
		errx(1, "NET_JOB: no job %u", s->job);
	if ((b.task == TASK_STATUS && b.status_url == NULL) ||
	    (b.task == TASK_WINDOW && b.certid == NULL))
		errx(1, "NET_JOB: a task without what to ask about");
	s->conf = j;
	if (s->anchors != NULL)
		http_anchors_prefer(s->anchors, b.anchors);
	if (j != NULL) {
		replace(&j->certid, b.certid);
		replace(&j->status_url, b.status_url);
		replace(&j->new_nonce, b.new_nonce);
		replace(&j->order, b.order);
		replace(&j->anchors, b.anchors);
		j->slow = b.slow;
		j->server = b.server;
		j->again = b.again;
	}
	return b.task;
}

/* Tells certproc that the CA has done what was asked for. */
static void
tell_done(const struct session *s)
{
	msg_new(&m, CERT_DONE, s->job);
	msg_send(&m);
}

static int
do_task(struct session *s, enum task task, struct net_error *t)
{
	struct net_error no_account;
	int found;

	if (task == TASK_ACCOUNT) {
		if (account_task(s, t) == -1)
			return -1;
		tell_done(s);
		return 0;
	}
	found = account_find_surely(s, &no_account);
	if (revoke_certificate(
		s, found == 0 ? NULL : &no_account, key_compromised, t) == -1)
		return -1;
	tell_done(s);
	return 0;
}

/* Sends certproc, which judges it, the response in pieces. */
static void
ask_for_status(struct session *s)
{
	struct http_response a;
	struct body_status b = { .len = 0 };
	struct error e;
	size_t sent = 0;
	int rc;

	if ((rc = request_plain(s, s->conf->status_url, "*/*", &a, &e)) != 0) {
		if (rc == -1)
			say_warning("%s: cannot tell whether it is revoked: %s",
			    s->conf->handle, e.text);
		else
			say(1, "%s: cannot tell whether it is revoked: %s",
			    s->conf->handle, e.text);
		memset(&a, 0, sizeof(a));
	}
	do {
		b.len = a.bodylen - sent < STATUS_PIECE ? a.bodylen - sent :
							  STATUS_PIECE;
		if (b.len != 0)
			b.piece = (const uint8_t *)a.body + sent;
		sent += b.len;
		b.more = sent < a.bodylen;
		msg_new(&m, CERT_STATUS, s->job);
		body_status(&m, &b);
		msg_send(&m);
	} while (b.more);
	http_response_free(&a);
}

/* Reads the directory once, when it is first needed. */
static int
meet(struct session *s, const char *new_nonce, struct net_error *t)
{
	static struct net_error error;
	static int tried, rc;

	if (!tried)
		rc = read_directory(s, new_nonce, &error);
	tried = 1;
	*t = error;
	return rc;
}

/*
 * Orders with the account that the CA knows, whether it is the stored one or
 * not.
 */
static int
order_by_account(struct session *s, struct net_error *t)
{
	int rc;

	if (account_find(s, t) == -1)
		return -1;
	do
		rc = order_certificate(s, t);
	while (rc == -1 && account_again(s, t));
	if (rc == -1)
		account_concerned(&s->conf->names, t);
	return rc;
}

/* csr and chng do their part of the work while the directory is read. */
static void
order(struct session *s)
{
	struct net_error t, local;
	int rc;

	order_prepare(s);
	if ((rc = meet(s, s->conf->new_nonce, &t)) == -1)
		account_unmet(&t);
	if (order_prepared(s, &local) == -1) {
		rc = -1;
		t = local;
	}
	if (rc == -1 || order_by_account(s, &t) == -1)
		report_failure(s, &t);
	else
		lost_in_row = 0;
}

/* Does tasks until certproc has no more. */
static void
work(struct session *s)
{
	struct net_error t;
	enum task task;

	while ((task = next_job(s)) != TASK_NOTHING) {
		if (task == TASK_ORDER)
			order(s);
		else if (task == TASK_STATUS)
			ask_for_status(s);
		else if (task == TASK_VERIFY)
			verify_server(s);
		else if (task == TASK_WINDOW && meet(s, NULL, &t) == -1)
			renewal_info_none(s);
		else if (task == TASK_WINDOW)
			renewal_info_ask(s);
		else if (meet(s, NULL, &t) == -1 || do_task(s, task, &t) == -1)
			report_failure(s, &t);
	}
}

static void
add_job(const struct slice_domain *d)
{
	struct net_job *j;

	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	j = &jobs[njobs++];
	j->handle = d->handle;
	j->profile = d->profile;
	j->names = d->names;
	j->challenge = d->challenge;
	j->way = d->way;
	j->check_webroot = d->check_webroot;
	j->verify = d->verify;
}

static void
add_port(struct sandbox *s, const char *text)
{
	uint16_t port = (uint16_t)strtonum(text, 1, 65535, NULL);
	size_t i;

	for (i = 0; i < s->nports; i++)
		if (s->ports[i] == port)
			return;
	s->ports = role_grow(s->ports, (uint32_t)s->nports, sizeof(*s->ports));
	s->ports[s->nports++] = port;
}

/*
 * Starts a run for "verify", which sends the CA no request and reads no trust
 * anchor.
 */
static void
setup_verify(struct sandbox *s)
{
	struct slice_domain d;
	size_t i;

	while (role_domain(&m, njobs, &d)) {
		add_job(&d);
		for (i = 0; i < d.verify.n; i += VERIFY_WORDS)
			add_port(s, d.verify.v[i + 1]);
	}
}

/*
 * Takes the proxy by which all servers are reached; for dns, it is one of the
 * servers.
 */
static void
setup_proxy(struct session *s, const struct slice_conf *c, struct sandbox *box)
{
	static struct http_proxy proxy;
	struct error e;

	if (proxy_open(&proxy, c->proxy, c->proxy_auth, &e) == -1)
		errx(1, "%s", e.text);
	/* dns looks it up as it does the authority's servers. */
	proxy.server.plain = 0;
	s->client.proxy = &proxy;
	add_port(box, proxy.server.port);
}

/*
 * Trust anchors are read before the sandbox, and the sandbox allows only these
 * ports.
 */
static void
setup(struct session *s, struct sandbox *box)
{
	struct slice_domain d;
	struct slice_conf c;
	struct error e;
	char *ca = NULL;
	size_t i, len = 0;
	int fd;

	role_conf(&m, &c);
	if (role_mode == MODE_VERIFY) {
		setup_verify(box);
		return;
	}
	if (c.origins.n == 0)
		msg_malformed(&m);
	s->api_url = c.origins.v[0];
	s->authority = c.name;
	s->eab = c.has_eab;
	s->checks = c.checks;
	key_compromised = c.key_compromised;
	asks_for_status = c.asks_for_status;
	if (!c.insecure &&
	    ((fd = trust_open(c.ca_file, &e)) == -1 ||
		(ca = trust_read(fd, &len, &e)) == NULL))
		errx(1, "%s", e.text);
	if (!c.insecure)
		s->anchors = http_anchors_new(ca, len);
	if (c.proxy != NULL)
		setup_proxy(s, &c, box);
	if (request_setup(s, &c.origins, c.insecure, c.workers, &e) == -1)
		errx(1, "%s", e.text);
	for (i = 0; i < s->norigins && c.proxy == NULL; i++)
		add_port(box, s->origins[i].port);
	while (role_domain(&m, njobs, &d)) {
		add_job(&d);
		if (d.check_webroot) {
			add_port(box, WEBROOT_PORT);
			add_port(box, WEBROOT_TLS_PORT);
		}
	}
}

/*
 * Takes from certproc where revocation is asked about: further ports, unless a
 * proxy is asked.
 */
static void
setup_status(const struct session *s, struct sandbox *box)
{
	struct url url;
	char **urls;
	size_t n, i;

	request_expect(&m, NET_STATUS_URLS);
	urls = msg_get_strings(&m, &n, STATUS_SERVERS_MAX);
	msg_end(&m);
	for (i = 0; i < n; i++) {
		if (s->client.proxy == NULL && url_parse_plain(&url, urls[i]))
			add_port(box, url.port);
		free(urls[i]);
	}
	free(urls);
}

int
main(int argc, char *argv[])
{
	static struct session s;
	struct sandbox box = { .role = ROLE_NET };

	role_begin(ROLE_NET, argc, argv);
	begin_crypto(1);
	begin_json();
	setup(&s, &box);
	if (asks_for_status)
		setup_status(&s, &box);
	box.uid = role_uid;
	box.gid = role_gid;
	sandbox_enter(&box);
	work(&s);
	/* Only ROLE_STOP can come now. */
	role_receive(&m, -1);
	exit(m.head.type == ROLE_STOP ? 0 : 1);
}
