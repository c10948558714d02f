/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Finds out which jobs of a run have something to do, and which of them a
 * worker of netproc gets next.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert.h"
#include "clock.h"
#include "role.h"
#include "valid.h"

#define CSR_SECONDS 60 /* The most seconds to wait for a reply of csrproc. */

/* How many jobs wait for csrproc's report on their keys. */
static uint32_t nwaiting;
/* How many more certificates may be ordered (-m). */
static uint64_t orders_left;
static int64_t lock_deadline;
static struct msg out;

/* Finds out what a run of this mode is to do for a job. */
static enum job_verdict
evaluate_by_mode(struct job *j, struct error *e)
{
	switch (role_mode) {
	case MODE_REVOKE:
		return revocation_evaluate(j, lock_deadline, e);
	case MODE_RESTORE:
		return restoration_evaluate(j, lock_deadline, e);
	case MODE_INSTALL:
		return offer_evaluate(j, lock_deadline, e);
	default:
		return job_evaluate(j, lock_deadline, e);
	}
}

/* Finds out what is to be done for a job.  1: netproc takes part in it. */
static int
evaluate(uint32_t job)
{
	struct job *j = &jobs[job];
	struct error e;

	if (mode_is_for_account(role_mode))
		return 1;
	switch (evaluate_by_mode(j, &e)) {
	case JOB_DUE:
		enter(job, DUE);
		return 1;
	case JOB_ASK:
		enter(job, DATE_TO_ASK);
		return 1;
	case JOB_ASK_STATUS:
		enter(job, STATUS_TO_ASK);
		return 1;
	case JOB_UNCHANGED:
		finish_job(job, OUTCOME_UNCHANGED);
		return 0;
	case JOB_INSTALL:
		install(job);
		return 0;
	case JOB_FAILED:
		break;
	}
	finish_failed(job, &e);
	return 0;
}

/*
 * Adds the server of this URL, unless servers has it already.  0: there are too
 * many servers.
 */
static int
add_server(char *servers[STATUS_SERVERS_MAX], size_t *n, const char *text)
{
	struct url url;
	char *server;
	size_t i;
	int v6;

	if (!url_parse_plain(&url, text))
		return 0;
	v6 = strchr(url.host, ':') != NULL;
	if (asprintf(&server, "http://%s%s%s:%s/", v6 ? "[" : "", url.host,
		v6 ? "]" : "", url.port) == -1)
		err(1, NULL);
	for (i = 0; i < *n && strcmp(servers[i], server) != 0; i++)
		;
	if (i == STATUS_SERVERS_MAX || i < *n) {
		free(server);
		return i < *n;
	}
	servers[(*n)++] = server;
	return 1;
}

/*
 * Tells netproc and dnsproc, before they enter their sandboxes, which servers
 * the installed certificates name for revocation lists and OCSP.
 */
static void
tell_status_urls(void)
{
	static const enum msgtype to[] = { DNS_STATUS_URLS, NET_STATUS_URLS };
	char *servers[STATUS_SERVERS_MAX];
	size_t n = 0, r;
	uint32_t i;
	int asks = 0;

	for (i = 0; i < njobs; i++) {
		asks |= jobs[i].check_status;
		if (jobs[i].status_url != NULL &&
		    !add_server(servers, &n, jobs[i].status_url)) {
			say_warning(
			    "%s: check revocation: too many servers to ask "
			    "in one run",
			    jobs[i].handle);
			free(jobs[i].status_url);
			jobs[i].status_url = NULL;
			if (jobs[i].phase == STATUS_TO_ASK)
				finish_job(i, OUTCOME_UNCHANGED);
		}
	}
	for (r = 0; r < 2 && asks; r++) {
		msg_new(&out, to[r], 0);
		msg_put_strings(&out, servers, n);
		msg_send(&out);
	}
	while (n > 0)
		free(servers[--n]);
}

/*
 * Finishes all jobs that need the authority, which could not be reached lately.
 * Returns the number of jobs that are left for netproc.
 */
static uint64_t
leave_authority(const struct error *e)
{
	uint32_t i;

	for (i = 0; i < njobs; i++)
		if (jobs[i].phase == DUE) {
			job_prevented(
			    &jobs[i], authority_cause(), FAILURE_AUTHORITY);
			finish_failed(i, e);
		} else if (jobs[i].phase & (DATE_TO_ASK | STATUS_TO_ASK))
			finish_job(i, OUTCOME_UNCHANGED);
	/* Jobs that wait for csrproc need no authority, and go on. */
	return 0;
}

/*
 * Evaluates all jobs, now that their keys are known, and tells the parent how
 * many of them are for netproc.
 */
static void
evaluate_all(void)
{
	uint64_t ndue = 0;
	struct error e;
	uint32_t i;

	for (i = 0; i < njobs; i++)
		if (jobs[i].phase == KEYS_KNOWN ||
		    mode_is_for_account(role_mode))
			ndue += (uint64_t)evaluate(i);
	/* With -B and -i, nothing is requested from a CA. */
	if (mode_only_installs(role_mode))
		return;
	if (ndue > 0)
		authority_load();
	if (ndue > 0 && role_mode == MODE_RENEW && !job_forced() &&
	    authority_holds(&e))
		ndue = leave_authority(&e);
	if (ndue > 0)
		authority_load_account(lock_deadline);
	msg_new(&out, PARENT_DUE, 0);
	msg_put_num(&out, ndue);
	msg_send(&out);
	if (ndue > 0) {
		tell_status_urls();
		authority_tell_key();
	}
	/*
	 * The parent starts netproc only now: parse the roots in the meantime.
	 */
	for (i = 0; i < njobs && jobs[i].phase != DUE; i++)
		;
	if (i < njobs && role_mode == MODE_RENEW)
		anchors_load_early();
}

/*
 * Finishes the jobs whose state shows that nothing is due, and has csrproc look
 * at the keys of the others.
 */
static void
look_at_keys(void)
{
	uint32_t i;
	int take_back;

	for (i = 0; i < njobs; i++) {
		if (role_mode != MODE_RENEW || !job_unchanged(&jobs[i]))
			nwaiting++;
		else
			finish_unchanged(i);
	}
	finish_tell();
	if (nwaiting == 0)
		return;
	msg_new(&out, PARENT_START_CSR, 0);
	msg_send(&out);
	for (i = 0; i < njobs; i++)
		if (jobs[i].phase == AWAITS_KEYS) {
			msg_new(&out, CSR_LOOK, i);
			take_back = origin_takes_group_back(&jobs[i]);
			body_flag(&out, &take_back);
			msg_send(&out);
		}
}

void
queue_begin(int64_t deadline, uint64_t most_orders)
{
	lock_deadline = deadline;
	orders_left = most_orders;
	if (mode_is_for_account(role_mode))
		evaluate_all();
	else
		look_at_keys();
}

/* Copies a hash.  Returns 1, or 0 if it is missing (NULL). */
static int
copy_hash(uint8_t hash[SPKI_HASH_LEN], const uint8_t *told)
{
	if (told != NULL)
		memcpy(hash, told, SPKI_HASH_LEN);
	return told != NULL;
}

/*
 * Handles csrproc's report on a job's keys.  csrproc sends it when it has read
 * them, and again when it has made a key, maybe after the job has failed.
 */
void
cert_key(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	struct body_key b;

	body_key(m, &b);
	j->ungrouped = !b.grouped;
	j->keys.have_current = copy_hash(j->keys.current, b.live);
	j->keys.have_next = copy_hash(j->keys.next, b.next);
	j->keys.have_combined = copy_hash(j->keys.combined, b.chain) &&
	    copy_hash(j->keys.combined_leaf, b.leaf);
	/*
	 * In a run with -r, the account's key can sign in place of the
	 * certificate's key.
	 */
	if (!b.usable && j->broken.text[0] == '\0' && role_mode != MODE_REVOKE)
		error_set(&j->broken, "the domain key cannot be used");
	if (j->phase != AWAITS_KEYS)
		return;
	enter(m->head.job, KEYS_KNOWN);
	if (--nwaiting == 0)
		evaluate_all();
}

/*
 * Tells csrproc, which tells keyproc, what is to be revoked, so that neither
 * has to take that from netproc.  Both know it when this function returns.
 */
static int
tell_revocation(uint32_t job, struct error *e)
{
	static struct msg m;
	uint8_t *der;
	size_t len;

	if (store_tell_revocable(job, e) == -1)
		return -1;
	der = chain_leaf_der(jobs[job].doomed, &len);
	msg_new(&out, CSR_REVOKE, job);
	msg_put_buf(&out, der, len);
	msg_send(&out);
	free(der);
	for (;;) {
		role_receive(&m, CSR_SECONDS);
		if (m.head.type == ROLE_STOP)
			exit(0);
		/*
		 * csrproc may also report that it has removed another job's
		 * files.
		 */
		if (m.head.type == CERT_CSR_DONE && m.head.job == job)
			break;
		role_postpone(&m);
	}
	return 0;
}

/*
 * Tells csrproc whether the order is for a new key, and keyproc which
 * certificate the order replaces.
 */
static void
tell_order(const struct job *j)
{
	struct body_begin b = { .replaces = j->certid, .order = order_open(j) };
	enum new_key reason = j->key_compromised ? NEW_KEY_COMPROMISED :
	    j->next_refused                      ? NEW_KEY_REFUSED :
						   NEW_KEY_BESIDE;

	if (j->new_key) {
		msg_new(&out, CSR_NEW_KEY, j->nr);
		body_new_key(&out, &reason);
		msg_send(&out);
	}
	msg_new(&out, KEY_BEGIN, j->nr);
	body_begin(&out, &b);
	msg_send(&out);
}

/*
 * Prepares a job for netproc.  TASK_NOTHING: the job failed, with the reason.
 */
static enum task
begin(uint32_t job, struct error *e)
{
	struct job *j = &jobs[job];

	if (mode_is_for_account(role_mode))
		return TASK_ACCOUNT;
	if (role_mode == MODE_REVOKE) {
		if (job_begin_revocation(j, e) == -1)
			return TASK_NOTHING;
		return tell_revocation(job, e) == -1 ? TASK_NOTHING :
						       TASK_REVOKE;
	}
	if (j->phase == DATE_TO_ASK)
		return TASK_WINDOW;
	if (j->phase == STATUS_TO_ASK)
		return TASK_STATUS;
	if (job_begin(j, e) == -1) {
		job_prevented(j, e->text, FAILURE_LOCAL);
		return TASK_NOTHING;
	}
	j->resumed = order_open(j) != NULL;
	tell_order(j);
	return TASK_ORDER;
}

/* Jobs that are due come first; of these, the one that expires first. */
static int
more_urgent(const struct job *a, const struct job *b)
{
	time_t ends_a = a->installed.chain == NULL ?
	    0 :
	    a->installed.chain->not_after;
	time_t ends_b = b->installed.chain == NULL ?
	    0 :
	    b->installed.chain->not_after;

	if ((a->phase == DUE) != (b->phase == DUE))
		return a->phase == DUE;
	return ends_a < ends_b;
}

static int
have_common_name(const struct strings *a, const struct strings *b)
{
	size_t i, k;

	for (i = 0; i < a->n; i++)
		for (k = 0; k < b->n; k++)
			if (strcmp(a->v[i], b->v[k]) == 0)
				return 1;
	return 0;
}

/* Jobs that are being ordered: at most one by each worker. */
struct ordered {
	const struct job *jobs[WORKERS_MAX];
	size_t n;
};

/*
 * Is a certificate with one of the job's names being ordered?  A CA may return
 * its order or authorizations again, since the account is the same: only one of
 * two keys gets a certificate by an order, and a response to a challenge that
 * both use is removed when the first of them is done.
 */
static int
must_wait(const struct job *j, const struct ordered *o)
{
	size_t i;

	for (i = 0; i < o->n && j->phase == DUE; i++)
		if (have_common_name(&o->jobs[i]->names, &j->names))
			return 1;
	return 0;
}

/*
 * The job that comes next, or njobs if none is left.  A job that must wait is
 * left to the worker that it waits for.  Only one worker at a time asks for
 * revocation status: a revocation list may have 16 MiB, and only one worker
 * waits for a server that does not respond.
 */
static uint32_t
most_urgent(void)
{
	unsigned candidates = DUE | DATE_TO_ASK | STATUS_TO_ASK;
	struct ordered ordered = { .n = 0 };
	uint32_t i, best = njobs;

	for (i = 0; i < njobs; i++) {
		if (jobs[i].phase == ASKING_STATUS)
			candidates = DUE | DATE_TO_ASK;
		if (jobs[i].phase == ORDERING && role_mode == MODE_RENEW &&
		    ordered.n < WORKERS_MAX)
			ordered.jobs[ordered.n++] = &jobs[i];
	}
	for (i = 0; i < njobs; i++)
		if ((jobs[i].phase & candidates) != 0 &&
		    (best == njobs || more_urgent(&jobs[i], &jobs[best])) &&
		    !must_wait(&jobs[i], &ordered))
			best = i;
	return best;
}

/*
 * May the job be ordered in this run?  1, and the order counts for -m; or 0,
 * and the job is finished.
 */
static int
allowed(uint32_t job)
{
	struct error e;

	if (jobs[job].phase != DUE || role_mode != MODE_RENEW)
		return 1;
	if (authority_ended(&e) || (!job_forced() && authority_holds(&e))) {
		job_prevented(&jobs[job], authority_cause(), FAILURE_AUTHORITY);
		finish_failed(job, &e);
		return 0;
	}
	if (orders_left-- > 0)
		return 1;
	orders_left = 0;
	say(1, "%s: left for another run (-m)", jobs[job].handle);
	finish_job(job, OUTCOME_UNCHANGED);
	return 0;
}

/* Gives the job to a worker, and fills in what the worker needs to know. */
static void
take_out(uint32_t job, uint32_t worker, struct body_job *b)
{
	static const enum phase phases[] = { [TASK_ORDER] = ORDERING,
		[TASK_WINDOW] = ASKING_DATE,
		[TASK_STATUS] = ASKING_STATUS,
		[TASK_REVOKE] = TASKED,
		[TASK_ACCOUNT] = TASKED };
	struct job *j = &jobs[job];

	j->worker = worker;
	enter(job, phases[b->task]);
	b->certid = j->certid;
	b->slow = j->state->slow != 0;
	if (b->task == TASK_STATUS)
		b->status_url = j->status_url;
	if (b->task == TASK_ORDER) {
		b->new_nonce = j->state->new_nonce[0] != '\0' ?
		    j->state->new_nonce :
		    NULL;
		b->order = order_open(j);
	}
}

/* A worker ends its work, and leaves the jobs that must wait to the others. */
static void
left_to_others(void)
{
	uint32_t i;

	for (i = 0; i < njobs; i++)
		jobs[i].left_to_others |= jobs[i].phase == DUE;
}

void
queue_worker_gone(void)
{
	struct error e;
	uint32_t i;

	for (i = 0; i < njobs; i++)
		if (jobs[i].phase & WITH_NET)
			return;
	error_set(&e, "netproc has ended before this certificate's turn");
	for (i = 0; i < njobs; i++)
		if (jobs[i].phase == DUE && jobs[i].left_to_others) {
			job_prevented(&jobs[i], e.text, FAILURE_LOCAL);
			finish_failed(i, &e);
		}
}

void
cert_next(struct msg *m)
{
	struct body_job b = { .task = TASK_NOTHING,
		.anchors = authority_anchors() };
	struct error e;
	uint32_t i;

	msg_end(m);
	if (m->head.worker >= WORKERS_MAX)
		errx(1, "CERT_NEXT: malformed");
	if (role_mode == MODE_VERIFY) {
		verify_next();
		return;
	}
	for (i = 0; i < njobs; i++)
		if ((jobs[i].phase & WITH_NET) &&
		    jobs[i].worker == m->head.worker)
			errx(1, "CERT_NEXT: %s is not done", jobs[i].handle);
	while ((i = most_urgent()) < njobs) {
		if (!allowed(i))
			continue;
		if ((b.task = begin(i, &e)) != TASK_NOTHING)
			break;
		finish_failed(i, &e);
	}
	if (i < njobs)
		take_out(i, m->head.worker, &b);
	else
		left_to_others();
	msg_new(&out, NET_JOB, i < njobs ? i : NO_JOB);
	out.head.worker = m->head.worker;
	body_job(&out, &b);
	msg_send(&out);
}
