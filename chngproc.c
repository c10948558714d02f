/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * chngproc makes the responses to challenges, and publishes them: as files
 * (chng-webroot.c); by respproc, which serves them; or as records, by hookproc
 * (chng-record.c).  It holds the account key's thumbprint, which key sends and
 * net cannot change, the account URL if records contain it, and the right to
 * create files in the challenge directories.  From net it reads tokens and
 * names of the CA.  An attacker in it can publish and remove files there, and
 * have digests published for configured names.  An attacker in net can only
 * have it publish key authorizations of the configured account, one for each
 * name of the job.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"
#include "chng.h"
#include "disk.h"
#include "port.h"
#include "role.h"
#include "valid.h"

/*
 * The request that a worker of net waits for, until other processes have
 * replied.
 */
enum wait { WAIT_NOTHING, WAIT_CHECK, WAIT_AWAIT, WAIT_DROP };

struct chng_job {
	char *handle;
	enum challenge_type challenge;
	enum way way;
	/* The path of the challenge directory; NULL: the job has no files. */
	char *path;
	struct webroot *webroot;
	struct records *records; /* The job's records in the DNS. */
	uint64_t nnames;
	uint64_t nput;
	/* The next members are used if another process publishes responses. */
	/* The requests to that process that have no reply yet. */
	uint64_t nasked;
	int failed; /* A response could not be published, or cannot be seen. */
	/*
	 * The job's responses were dropped: replies to earlier requests are
	 * ignored.
	 */
	int dropped;
	enum wait wait;
	uint32_t worker; /* The worker of net that waits. */
};

#define TOKEN_LEN 40 /* The length of a probe's token. */
#define PROBE_LEN (TOKEN_LEN + 1 + THUMBPRINT_LEN)

static struct chng_job *jobs;
static uint32_t njobs;
static char thumbprint[THUMBPRINT_LEN + 1];
/* No process of this machine listens on port 80. */
static int nobody_listens;
static int have_webroot; /* Web servers respond for some jobs. */
static struct msg out;

static void
add_job(const struct slice_domain *d)
{
	struct chng_job *j;

	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	j = &jobs[njobs++];
	j->handle = d->handle;
	j->challenge = d->challenge;
	j->way = d->way;
	j->path = d->challengedir;
	j->nnames = d->nnames;
	if (j->way == WAY_WEBROOT) {
		j->webroot = webroot_open(j->path);
		have_webroot = 1;
	} else if (j->way == WAY_HOOK || j->way == WAY_PERSIST)
		j->records = record_job(d);
}

/*
 * Sends the key authorization, or its digest, to respproc, which replies with
 * CHNG_PUBLISHED.
 */
static void
hand_over(uint32_t job, uint32_t number, const char *authorization)
{
	struct chng_job *j = &jobs[job];
	char digest[DIGEST_LEN + 1];
	struct body_publish b = { .number = number, .text = authorization };

	if (j->challenge != CHALLENGE_HTTP01) {
		key_authorization_digest(digest, authorization);
		b.text = digest;
	}
	msg_new(&out, RESP_PUT, job);
	body_publish(&out, &b);
	msg_send(&out);
}

static int
put(uint32_t job, uint32_t number, const char *token, struct error *e)
{
	struct chng_job *j = &jobs[job];
	char *text;
	int rc = 0;

	if (j->nput >= j->nnames)
		return error_set(e, "%s: more responses than names", j->handle);
	text = key_authorization(token, thumbprint);
	if (j->way == WAY_WEBROOT)
		rc = webroot_put(j->webroot, job, token, text, e);
	else if (j->way == WAY_LISTEN)
		hand_over(job, number, text);
	else
		record_put(j->records, job, number, text);
	j->nasked += j->way != WAY_WEBROOT;
	free(text);
	j->nput += rc == 0;
	return rc;
}

/* certproc stores the error as the cause of the failure. */
static void
tell_error(uint32_t job, const char *text)
{
	warnx("%s", text);
	msg_new(&out, CERT_ERROR, job);
	msg_put_str(&out, text);
	msg_send(&out);
}

/* Replies to net: the request has succeeded, or failed with this error. */
static void
reply(const struct msg *m, int ok, const struct error *e)
{
	if (!ok)
		tell_error(m->head.job, e->text);
	msg_reply(&out, NET_CHNG_DONE, m);
	body_flag(&out, &ok);
	msg_send(&out);
}

/* Replies to the worker that waits, once all other processes have replied. */
static void
reply_late(uint32_t job)
{
	struct chng_job *j = &jobs[job];
	int ok = !j->failed || j->wait == WAIT_DROP;

	if (j->nasked > 0 || j->wait == WAIT_NOTHING)
		return;
	/* After a check or a drop, the job has no response. */
	if (j->wait != WAIT_AWAIT)
		j->failed = j->dropped = 0;
	j->wait = WAIT_NOTHING;
	msg_new(&out, NET_CHNG_DONE, job);
	out.head.worker = j->worker;
	body_flag(&out, &ok);
	msg_send(&out);
}

static void
chng_thumbprint(struct msg *m)
{
	const char *s = msg_need_str(m);

	msg_end(m);
	if (!valid_base64url(s, THUMBPRINT_LEN, THUMBPRINT_LEN))
		errx(1, "CHNG_THUMBPRINT: not a thumbprint");
	strlcpy(thumbprint, s, sizeof(thumbprint));
}

/* Another process has the request; reply_late() replies to net. */
static void
wait_for(const struct msg *m, enum wait wait)
{
	struct chng_job *j = &jobs[m->head.job];

	if (j->wait != WAIT_NOTHING)
		errx(1, "%s: out of order", routes[m->head.type].name);
	j->wait = wait;
	j->worker = m->head.worker;
}

/* Tells net before it places an order whether a response could be published. */
static void
chng_check(struct msg *m)
{
	struct chng_job *j = &jobs[m->head.job];
	struct error e;
	int rc;

	msg_end(m);
	if (j->way != WAY_LISTEN) {
		rc = j->way == WAY_WEBROOT ? webroot_probe(j->webroot, &e) : 0;
		reply(m, rc == 0, &e);
		return;
	}
	wait_for(m, WAIT_CHECK);
	j->nasked++;
	msg_new(&out, RESP_CHECK, m->head.job);
	msg_send(&out);
}

/*
 * Makes the text of a probe: TOKEN.NOISE, both random; it is as long as a
 * response, and as hard to predict.
 */
static void
probe_compose(char token[TOKEN_LEN + 1], char text[PROBE_LEN + 1])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t i;

	for (i = 0; i < PROBE_LEN; i++)
		text[i] = digits[arc4random_uniform(64)];
	text[PROBE_LEN] = '\0';
	text[TOKEN_LEN] = '.';
	memcpy(text, "probe-", 6);
	memcpy(token, text, TOKEN_LEN);
	token[TOKEN_LEN] = '\0';
}

/*
 * Puts a probe, which does not contain the thumbprint, and which is dropped as
 * responses are.
 */
static void
chng_probe(struct msg *m)
{
	struct chng_job *j = &jobs[m->head.job];
	struct body_probe b = { .token = NULL };
	char token[TOKEN_LEN + 1], text[PROBE_LEN + 1];
	struct error e;

	msg_end(m);
	if (j->way != WAY_WEBROOT)
		errx(1, "CHNG_PROBE: no files are written for this job");
	probe_compose(token, text);
	if (webroot_put(j->webroot, m->head.job, token, text, &e) == 0) {
		b.token = token;
		b.text = text;
		b.dir = j->path;
	} else
		tell_error(m->head.job, e.text);
	msg_reply(&out, NET_PROBE, m);
	body_probe(&out, &b);
	msg_send(&out);
}

static void
chng_put(struct msg *m)
{
	struct body_response b;
	struct error e;
	int rc;

	body_response(m, &b);
	if (!valid_token(b.token))
		errx(1, "CHNG_PUT: not a token");
	if (b.number >= jobs[m->head.job].nnames)
		errx(1, "CHNG_PUT: no identifier %u", b.number);
	rc = put(m->head.job, b.number, b.token, &e);
	reply(m, rc == 0, &e);
}

/*
 * Replies to net when all responses of the job can be seen: a web server serves
 * a file at once; for the others, respproc, hookproc and zoneproc must have
 * replied.
 */
static void
chng_await(struct msg *m)
{
	msg_end(m);
	wait_for(m, WAIT_AWAIT);
	reply_late(m->head.job);
}

/* Has zoneproc look for the record, which the administrator publishes. */
static void
chng_persist(struct msg *m)
{
	struct chng_job *j = &jobs[m->head.job];
	struct body_issuers b;

	body_issuers(m, &b);
	if (b.number >= j->nnames)
		errx(1, "CHNG_PERSIST: no identifier %u", b.number);
	record_ask(m->head.job, &b);
	j->nasked++;
	reply(m, 1, NULL);
}

/*
 * Handles the reply of another process: reason is NULL, or says why it failed.
 */
static void
finish(uint32_t job, const char *reason)
{
	struct chng_job *j = &jobs[job];

	j->nasked--;
	if (reason != NULL && !j->dropped) {
		tell_error(job, reason);
		j->failed = 1;
	}
	reply_late(job);
}

/* The reply may be about a response that was dropped meanwhile. */
static void
chng_published(struct msg *m)
{
	struct chng_job *j = &jobs[m->head.job];
	struct body_published b;

	body_published(m, &b);
	if (j->nasked == 0)
		errx(1, "CHNG_PUBLISHED: out of order");
	if (j->way == WAY_HOOK && b.reason == NULL && !j->dropped) {
		if (b.number >= j->nnames)
			errx(1, "CHNG_PUBLISHED: no identifier %u", b.number);
		if (record_await(j->records, m->head.job, b.number))
			return;
	}
	finish(m->head.job, b.reason);
}

static void
chng_seen(struct msg *m)
{
	struct body_published b;

	body_published(m, &b);
	if (jobs[m->head.job].nasked == 0)
		errx(1, "CHNG_SEEN: out of order");
	finish(m->head.job, b.reason);
}

/*
 * Waits first for the replies to earlier requests, as the next order uses the
 * same numbers of identifiers.
 */
static void
drop_elsewhere(const struct msg *m, int doubtful)
{
	struct chng_job *j = &jobs[m->head.job];

	if (j->records != NULL)
		record_drop(j->records, m->head.job);
	else {
		msg_new(&out, RESP_DROP, m->head.job);
		body_flag(&out, &doubtful);
		msg_send(&out);
	}
	j->dropped = 1;
	wait_for(m, WAIT_DROP);
	reply_late(m->head.job);
}

static void
chng_drop(struct msg *m)
{
	struct chng_job *j = &jobs[m->head.job];
	int doubtful;

	body_flag(m, &doubtful);
	j->nput = 0;
	if (j->way != WAY_WEBROOT) {
		drop_elsewhere(m, doubtful);
		return;
	}
	if (doubtful)
		say_warning(
		    "%s: the responses were in %s: does the web server of "
		    "these names serve that directory as "
		    "/.well-known/acme-challenge/, on port 80?%s",
		    j->handle, j->path,
		    nobody_listens ?
			"  Nothing on this machine listens on that port." :
			"");
	webroot_drop(m->head.job);
	reply(m, 1, NULL);
}

/*
 * The states of a job.  MUTE: there is no thumbprint yet; READY: responses can
 * be published; NOTHING: the web server responds by itself; PERSIST: the
 * administrator has published a record.
 */
enum { MUTE = 1, READY = 2, NOTHING = 4, PERSIST = 8 };

static unsigned
state(uint32_t job)
{
	if (jobs[job].way == WAY_STATELESS)
		return NOTHING;
	if (jobs[job].way == WAY_PERSIST)
		return PERSIST;
	return thumbprint[0] == '\0' ? MUTE : READY;
}

static const struct handler table[] = {
	/*
	 * A second thumbprint comes if the CA knows the account by another key.
	 */
	{ CHNG_THUMBPRINT, chng_thumbprint, ANY_STATE, 2 },
	{ CHNG_ACCOUNT, record_account, ANY_STATE, 2 },
	{ CHNG_CHECK, chng_check, MUTE | READY | PERSIST, 2 },
	{ CHNG_PROBE, chng_probe, MUTE | READY, 2 },
	{ CHNG_PUT, chng_put, READY, ORDERS_MAX *CONF_NAMES_MAX },
	{ CHNG_PERSIST, chng_persist, PERSIST, ORDERS_MAX *CONF_NAMES_MAX },
	{ CHNG_SEEN, chng_seen, READY | PERSIST, ORDERS_MAX *CONF_NAMES_MAX },
	{ CHNG_AWAIT, chng_await, READY | PERSIST, ORDERS_MAX },
	{ CHNG_DROP, chng_drop, MUTE | READY | PERSIST, ORDERS_MAX + 2 },
	{ CHNG_PUBLISHED, chng_published, MUTE | READY,
	    2 + ORDERS_MAX *CONF_NAMES_MAX },
};

int
main(int argc, char *argv[])
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_CHNG };
	struct slice_domain d;
	struct slice_conf c;

	role_begin(ROLE_CHNG, argc, argv);
	role_conf(&m, &c);
	while (role_domain(&m, njobs, &d))
		add_job(&d);
	record_conf(c.waits_for_dns);
	dir_owner(&s);
	s.dirs = dir_rights(DIR_READ | DIR_WRITE, &s.ndirs);
	if (s.ndirs == 0) {
		s.uid = role_uid;
		s.gid = role_gid;
	}
	/* The sandbox hides the kernel's list of sockets. */
	nobody_listens = have_webroot && port_listens(80) == 0;
	sandbox_enter(&s);
	role_at_exit(webroot_drop_all);
	webroot_tidy_up();
	serve(table, sizeof(table) / sizeof(table[0]), njobs, state);
}
