/* SPDX-License-Identifier: ISC */
/*
 * Judges: what is due, what may be installed, what came of it.  It holds no
 * file, no socket but the one to the parent, and no key.  It reads what is
 * foreign: chains, lists and words of failure from net, installed certificates
 * and states from fileproc.  An attacker in certproc can have any bytes stored
 * as state and, once in a run, as certificates of a configured job, of which
 * fileproc keeps the replaced ones; have configured names ordered and a new key
 * made.  What is revoked in a run of -r it names, but csr and key look for
 * themselves.  It refuses every chain that does not lead from our key and
 * exactly our names to a trusted root, or is older than the installed one.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "begin.h"
#include "cert.h"
#include "clock.h"
#include "role.h"
#include "sandbox.h"
#include "valid.h"

#define LOCK_SECONDS 30 /* for all locks of a run together */
#define CSR_SECONDS 60  /* for csr's answer */

static uint32_t nwaiting;
static int force;
static uint64_t orders_left; /* -m */
static int list_flags;       /* -l */
static int64_t lock_deadline;
static struct msg out;

static struct job *
new_job(void)
{
	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	jobs[njobs].nr = njobs;
	jobs[njobs].phase = WAITING;
	/* In a renewal most are at rest, and need none. */
	if (role_mode != MODE_RENEW)
		job_new_state(&jobs[njobs]);
	return &jobs[njobs++];
}

static void
add_job(const struct slice_domain *d)
{
	struct job *j = new_job();

	j->handle = d->handle;
	j->path[PART_CERT] = d->cert;
	j->path[PART_CHAIN] = d->chain;
	j->path[PART_FULLCHAIN] = d->fullchain;
	j->combined = d->has_combined;
	j->profile = d->profile;
	j->preferred = d->preferred_chain;
	j->check_status = d->check_revocation;
	j->fingerprint = d->fingerprint;
	j->group = d->group;
	j->key_spec = d->key_spec;
	j->directory = d->api_url;
	j->anchors = anchors_open(d->rooting, d->root_file);
	j->names = d->names;
	j->names.more = d->accept_more;
	j->verify = d->verify;
	if (j->names.n == 0)
		error_set(&j->broken, "its 'csr file' cannot be used");
}

/* 1 if net has something to do for it. */
static int
evaluate(uint32_t job)
{
	struct job *j = &jobs[job];
	struct error e;

	if (mode_is_for_account(role_mode))
		return 1;
	switch (role_mode == MODE_REVOKE ?
		job_evaluate_revocation(j, lock_deadline, &e) :
		role_mode == MODE_RESTORE ?
		job_evaluate_restoration(j, lock_deadline, &e) :
		job_evaluate(j, lock_deadline, &e)) {
	case JOB_DUE:
		j->phase = DUE;
		return 1;
	case JOB_ASK:
		j->phase = TO_ASK;
		return 1;
	case JOB_ASK_STATUS:
		j->phase = TO_CHECK;
		return 1;
	case JOB_UNCHANGED:
		finish(job, OUTCOME_UNCHANGED);
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

/* Once each; 0: there are too many. */
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
 * net and dns may reach what the installed certificates name, and know it
 * before they lose their rights.
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
			warnx("%s: check revocation: too many servers to ask "
			      "in one run",
			    jobs[i].handle);
			free(jobs[i].status_url);
			jobs[i].status_url = NULL;
			if (jobs[i].phase == TO_CHECK)
				finish(i, OUTCOME_UNCHANGED);
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

/* Nothing is asked of the authority in this run. */
static uint64_t
leave_alone(const struct error *e)
{
	uint32_t i;

	for (i = 0; i < njobs; i++)
		if (jobs[i].phase == DUE) {
			job_prevented(
			    &jobs[i], authority_cause(), FAILURE_AUTHORITY);
			finish_failed(i, e);
		} else if (jobs[i].phase & (TO_ASK | TO_CHECK))
			finish(i, OUTCOME_UNCHANGED);
	/* What an earlier run has left is being completed without it. */
	return 0;
}

/* All keys are known: look at every job. */
static void
evaluate_all(void)
{
	uint64_t ndue = 0;
	struct error e;
	uint32_t i;

	for (i = 0; i < njobs; i++)
		if (jobs[i].phase == LOOKED_AT ||
		    mode_is_for_account(role_mode))
			ndue += (uint64_t)evaluate(i);
	/* No CA is asked for anything. */
	if (role_mode == MODE_RESTORE)
		return;
	if (ndue > 0)
		authority_load();
	if (ndue > 0 && role_mode == MODE_RENEW && !force &&
	    authority_holds(&e))
		ndue = leave_alone(&e);
	if (ndue > 0)
		authority_load_account(lock_deadline);
	msg_new(&out, PARENT_DUE, 0);
	msg_put_num(&out, ndue);
	msg_send(&out);
	if (ndue > 0) {
		tell_status_urls();
		authority_tell_key();
	}
	/* The others have only begun. */
	for (i = 0; i < njobs && jobs[i].phase != DUE; i++)
		;
	if (i < njobs && role_mode == MODE_RENEW)
		anchors_load_early();
}

/*
 * Most of the time there is nothing to do, and no key needs to be read to see
 * that.
 */
static void
look_all(void)
{
	uint32_t i;
	int take_back;

	for (i = 0; i < njobs; i++) {
		if (role_mode != MODE_RENEW || !job_unchanged(&jobs[i]))
			nwaiting++;
		else
			finish(i, OUTCOME_UNCHANGED);
	}
	if (nwaiting == 0)
		return;
	msg_new(&out, PARENT_START_CSR, 0);
	msg_put_num(&out, nwaiting);
	msg_send(&out);
	for (i = 0; i < njobs; i++)
		if (jobs[i].phase == WAITING) {
			msg_new(&out, CSR_LOOK, i);
			take_back = origin_takes_group_back(&jobs[i]);
			body_flag(&out, &take_back);
			msg_send(&out);
		}
}

/* -l; or the metrics, which go with it. */
static void
list_all(void)
{
	enum outcome *outcomes;
	struct report *reports;
	struct error e;
	uint32_t i;

	if ((outcomes = calloc(njobs + 1, sizeof(*outcomes))) == NULL)
		err(1, NULL);
	reports = report_all(jobs, njobs, outcomes);
	if (role_mode == MODE_LIST)
		cert_list(reports, njobs, list_flags);
	else if (store_lock(PART_METRICS, LOCK_ALONE, lock_deadline, &e) ==
		-1 ||
	    cert_metrics(reports, njobs, &e) == -1)
		errx(1, "metrics file %s", e.text);
	free(reports);
	for (i = 0; i < njobs; i++)
		finish(i, outcomes[i]);
	free(outcomes);
}

/* 1 with the hash, or 0: there is none. */
static int
copy_hash(uint8_t hash[SPKI_HASH_LEN], const uint8_t *told)
{
	if (told != NULL)
		memcpy(hash, told, SPKI_HASH_LEN);
	return told != NULL;
}

/*
 * At the start for every job, and again when csr has made a key, be the job
 * lost meanwhile.
 */
static void
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
	/* The account's key can revoke without it. */
	if (!b.usable && j->broken.text[0] == '\0' && role_mode != MODE_REVOKE)
		error_set(&j->broken, "its key cannot be used");
	if (j->phase == WAITING) {
		j->phase = LOOKED_AT;
		if (--nwaiting == 0)
			evaluate_all();
	}
}

/* csr or chng has said it to people already; here it is only remembered. */
static void
cert_error(struct msg *m)
{
	struct error *error = &jobs[m->head.job].error;
	const char *text = msg_need_str(m);

	msg_end(m);
	job_say_foreign(error->text, sizeof(error->text), text);
}

/*
 * csr and, through it, key learn what they may sign, from here and not from
 * net; both know it by the time this returns.
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
		/* Others may be discarding what is revoked already. */
		if (m.head.type == CERT_CSR_DONE && m.head.job == job)
			break;
		role_postpone(&m);
	}
	return 0;
}

/*
 * csr and key learn for which key, and in the place of what, the job is
 * ordered.
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
	if (j->phase == TO_ASK)
		return TASK_WINDOW;
	if (j->phase == TO_CHECK)
		return TASK_STATUS;
	if (job_begin(j, e) == -1) {
		job_prevented(j, e->text, FAILURE_LOCAL);
		return TASK_NOTHING;
	}
	j->resumed = order_open(j) != NULL;
	tell_order(j);
	return TASK_ORDER;
}

/* Is a to be done before b?  What is due first, of that what ends first. */
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

/*
 * njobs: none is left.  Whether certificates are revoked, one worker asks after
 * the other: a list may have 16 MiB, and a silent server costs one wait.
 */
static uint32_t
most_urgent(void)
{
	unsigned phases = DUE | TO_ASK | TO_CHECK;
	uint32_t i, best = njobs;

	for (i = 0; i < njobs; i++)
		if (jobs[i].phase == CHECKING)
			phases = DUE | TO_ASK;
	for (i = 0; i < njobs; i++)
		if ((jobs[i].phase & phases) != 0 &&
		    (best == njobs || more_urgent(&jobs[i], &jobs[best])))
			best = i;
	return best;
}

/*
 * May this one be ordered, as far as this run goes?  Counts it; 0: no, and it
 * is settled.
 */
static int
allowed(uint32_t job)
{
	struct error e;

	if (jobs[job].phase != DUE || role_mode != MODE_RENEW)
		return 1;
	if (authority_ended(&e) || (!force && authority_holds(&e))) {
		job_prevented(&jobs[job], authority_cause(), FAILURE_AUTHORITY);
		finish_failed(job, &e);
		return 0;
	}
	if (orders_left-- > 0)
		return 1;
	orders_left = 0;
	say(1, "%s: left for another run (-m)", jobs[job].handle);
	finish(job, OUTCOME_UNCHANGED);
	return 0;
}

/* This worker has the job from now on; what it needs to know of it. */
static void
take_out(uint32_t job, uint32_t worker, struct body_job *b)
{
	static const unsigned phases[] = { [TASK_ORDER] = OUT,
		[TASK_WINDOW] = ASKED,
		[TASK_STATUS] = CHECKING,
		[TASK_REVOKE] = TASKED,
		[TASK_ACCOUNT] = TASKED };
	struct job *j = &jobs[job];

	j->worker = worker;
	j->phase = phases[b->task];
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

static void
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
	msg_new(&out, NET_JOB, i < njobs ? i : NO_JOB);
	out.head.worker = m->head.worker;
	body_job(&out, &b);
	msg_send(&out);
}

/*
 * -t: what key says of its key, and the CA's name for the account of that key.
 */
static void
cert_show_account(struct msg *m)
{
	struct body_shown b;

	body_shown(m, &b);
	finish(m->head.job,
	    authority_show(&b) == 0 ? OUTCOME_INSTALLED : OUTCOME_FAILED);
}

static unsigned
state(uint32_t job)
{
	return jobs[job].phase;
}

static const struct handler table[] = {
	{ CERT_KEY, cert_key, WAITING | OUT | SETTLED, 3 },
	{ CERT_NEXT, cert_next, ANY_STATE, 0 },
	{ CERT_ACCOUNT, cert_account, ANY_STATE, 8 },
	{ CERT_SHOW_ACCOUNT, cert_show_account, TASKED, 1 },
	{ CERT_WINDOW, cert_window, ASKED, 1 },
	{ CERT_STATUS, cert_status, CHECKING, 0 },
	{ CERT_LEARNED, cert_learned, OUT, ORDERS_MAX },
	{ CERT_ORDER, cert_order, OUT, 2 * ORDERS_MAX },
	{ CERT_KEY_REFUSED, cert_key_refused, OUT, 2 },
	{ CERT_CHAIN, cert_chain, OUT, 2 * CHAINS_MAX },
	{ CERT_LAST_CHAIN, cert_last_chain, OUT, 2 },
	{ CERT_PRESENTED, cert_presented, TASKED, 0 },
	{ CERT_DONE, cert_done, TASKED, 1 },
	{ CERT_WORKER_GONE, cert_worker_gone, ANY_STATE, WORKERS_MAX },
	{ CERT_FAILED, cert_failed, OUT | TASKED, 1 },
	{ CERT_ERROR, cert_error, ANY_STATE, 0 },
	{ CERT_CSR_DONE, cert_csr_done, ADOPTING | COMBINING | DISCARDING, 3 },
};

/* The configuration; trust anchors are read, all other files are fileproc's. */
static void
take_conf(struct msg *m)
{
	struct slice_domain d;
	struct slice_conf c;

	role_conf(m, &c);
	force = c.force;
	job_compromised = c.key_compromised;
	orders_left = c.most_orders;
	list_flags = c.list;
	authority_conf(&c);
	order_authority(c.api_url);
	job_rules(force);
	while (role_domain(m, njobs, &d))
		add_job(&d);
}

/* What fileproc cannot read, it says when the job is opened. */
static void
take_state(struct job *j, const struct body_state *b)
{
	j->has_saved = b->has_saved;
	j->record_len = b->len;
	if (b->presence != PRESENCE_BYTES)
		return;
	if ((j->record = malloc(b->len + 1)) == NULL)
		err(1, NULL);
	memcpy(j->record, b->bytes, b->len);
}

/* fileproc sends them in the jobs' order, many in one message. */
static void
take_states(struct msg *m)
{
	struct body_state b;
	uint32_t i = 0;
	int more;

	while (i < njobs) {
		role_receive(m, LOCK_SECONDS);
		if (m->head.type == ROLE_STOP)
			exit(0);
		if (m->head.type != CERT_STATES || m->head.job != i)
			errx(1, "%s before CERT_STATES",
			    routes[m->head.type].name);
		do {
			more = body_state(m, &b);
			take_state(&jobs[i++], &b);
		} while (more && i < njobs);
		msg_end(m);
	}
}

int
main(int argc, char *argv[])
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_CERT };

	role_begin(ROLE_CERT, argc, argv);
	begin_crypto(0);
	begin_json();
	take_conf(&m);
	/* The account's own affairs have a job without files. */
	if (mode_is_for_account(role_mode))
		new_job()->phase = mode_asks_ca(role_mode) ? DUE : TASKED;
	lock_deadline = clock_ms() + LOCK_SECONDS * 1000;
	s.prints = role_mode == MODE_LIST || role_mode == MODE_SHOW;
	s.uid = role_uid;
	s.gid = role_gid;
	sandbox_enter(&s);
	if (role_mode == MODE_RENEW)
		take_states(&m);
	if (mode_is_for_account(role_mode))
		evaluate_all();
	else if (role_mode == MODE_LIST || role_mode == MODE_METRICS)
		list_all();
	else if (role_mode == MODE_VERIFY)
		verify_begin();
	else
		look_all();
	serve(table, sizeof(table) / sizeof(table[0]), njobs, state);
}
