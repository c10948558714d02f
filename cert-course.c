/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The jobs of a run and the phases that each goes through, from the first look
 * to its outcome: the steps that are allowed, the messages that certproc takes
 * in each phase, and their handlers.  Longer handlers are in the files of their
 * subjects: cert-queue.c, cert-order.c, cert-authority.c, cert-verify.c.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "clock.h"
#include "role.h"
#include "valid.h"

struct job *jobs;
uint32_t njobs;
static struct msg out;

/* The steps of the drawing in cert.h. */
static const struct step steps[] = {
	{ AWAITS_KEYS, "AWAITS_KEYS", KEYS_KNOWN | DUE | TASKED | FINISHED },
	{ KEYS_KNOWN, "KEYS_KNOWN",
	    DATE_TO_ASK | STATUS_TO_ASK | DUE | ADOPTING | COMBINING |
		FINISHED },
	{ DATE_TO_ASK, "DATE_TO_ASK", ASKING_DATE | FINISHED },
	{ ASKING_DATE, "ASKING_DATE", STATUS_TO_ASK | DUE | FINISHED },
	{ STATUS_TO_ASK, "STATUS_TO_ASK", ASKING_STATUS | FINISHED },
	{ ASKING_STATUS, "ASKING_STATUS", DUE | FINISHED },
	{ DUE, "DUE", ORDERING | TASKED | FINISHED },
	{ ORDERING, "ORDERING", ADOPTING | COMBINING | FINISHED },
	{ TASKED, "TASKED", DISCARDING | FINISHED },
	{ ADOPTING, "ADOPTING", COMBINING | FINISHED },
	{ COMBINING, "COMBINING", FINISHED },
	{ DISCARDING, "DISCARDING", FINISHED },
	{ FINISHED, "FINISHED", 0 },
};
#define NPHASES (sizeof(steps) / sizeof(steps[0]))
_Static_assert(1 << NPHASES == PHASE__END, "each phase has a row");

void
enter(uint32_t job, enum phase phase)
{
	step_check(steps, NPHASES, jobs[job].phase, phase, job);
	jobs[job].phase = phase;
}

struct job *
job_add(void)
{
	struct job *j;

	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	j = &jobs[njobs];
	j->nr = njobs++;
	j->phase = AWAITS_KEYS;
	/* In a renewal most jobs are unchanged, and need no state. */
	if (role_mode != MODE_RENEW)
		job_new_state(j);
	return j;
}

static void
reply_net(uint32_t job, enum verdict verdict)
{
	msg_new(&out, NET_JOB_DONE, job);
	out.head.worker = jobs[job].worker;
	body_verdict(&out, &verdict);
	msg_send(&out);
}

void
finish_job(uint32_t job, enum outcome outcome)
{
	int told = jobs[job].told;

	/* Report now a change that an earlier run made and could not report. */
	if (outcome == OUTCOME_UNCHANGED && jobs[job].changed)
		outcome = OUTCOME_INSTALLED;
	job_close(&jobs[job]);
	enter(job, FINISHED);
	jobs[job].told = 0;
	msg_new(&out, PARENT_OUTCOME, job);
	msg_put_num(&out, outcome);
	msg_send(&out);
	if (told)
		reply_net(job,
		    outcome == OUTCOME_FAILED ? VERDICT_REFUSED :
						VERDICT_INSTALLED);
}

/* Jobs with nothing due, of which the parent is not told yet. */
static struct msg unchanged;

void
finish_unchanged(uint32_t job)
{
	/* A change that an earlier run could not report is to be reported. */
	if (jobs[job].changed || jobs[job].told) {
		finish_job(job, OUTCOME_UNCHANGED);
		return;
	}
	job_close(&jobs[job]);
	enter(job, FINISHED);
	if (unchanged.head.len == 0) {
		msg_new(&unchanged, PARENT_OUTCOME, job);
		msg_put_num(&unchanged, OUTCOME_UNCHANGED);
	} else
		msg_put_num(&unchanged, job);
	if (unchanged.head.len == OUTCOMES_MAX * sizeof(uint64_t))
		finish_tell();
}

void
finish_tell(void)
{
	if (unchanged.head.len > 0)
		msg_send(&unchanged);
	unchanged.head.len = 0;
}

void
finish_failed(uint32_t job, const struct error *e)
{
	warnx("%s: %s", jobs[job].handle, e->text);
	finish_job(job, OUTCOME_FAILED);
}

/* Three requests to csrproc, which replies to each with CERT_CSR_DONE. */

/* The next key, for which the chosen chain is, is to go live. */
static void
adopt(uint32_t job)
{
	size_t len;
	uint8_t *der = chain_leaf_der(jobs[job].chosen, &len);

	enter(job, ADOPTING);
	msg_new(&out, CSR_ADOPT, job);
	msg_put_buf(&out, der, len);
	msg_send(&out);
	free(der);
}

/* The file with the key and the chosen chain is to be written. */
static void
combine(uint32_t job)
{
	size_t len;
	char *pem = chain_pem(jobs[job].chosen, 0, SIZE_MAX, &len);

	enter(job, COMBINING);
	msg_new(&out, CSR_COMBINE, job);
	msg_put_buf(&out, pem, len);
	msg_send(&out);
	free(pem);
}

/* What is left of a revoked certificate is to be removed. */
static void
discard(uint32_t job)
{
	struct body_discard b = { .installed = job_is_doomed(&jobs[job]),
		.hash = jobs[job].doomed->spki };

	enter(job, DISCARDING);
	msg_new(&out, CSR_DISCARD, job);
	body_discard(&out, &b);
	msg_send(&out);
}

/*
 * csrproc makes the key live, fileproc replaces the certificate files, then
 * csrproc writes the file with both.  The chosen chain is in the state
 * directory until that is reported: if the run ends in between, the next run
 * calls this function again.
 */
void
install(uint32_t job)
{
	struct job *j = &jobs[job];
	struct error e;

	if (job_needs_next_key(j))
		adopt(job);
	else if (installed_replace(job, j->path, j->chosen, &e) == -1) {
		job_failed(j, e.text, FAILURE_LOCAL, 0, 0);
		finish_failed(job, &e);
	} else if (j->combined)
		combine(job);
	else {
		job_installed(j);
		finish_job(job, OUTCOME_INSTALLED);
	}
}

static void
cert_csr_done(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	enum csr_done how;
	struct error e;

	body_csr_done(m, &how);
	if (how == CSR_FAILED) {
		error_set(&e,
		    j->phase == DISCARDING ?
			"revoked, but not everything could be removed" :
			"its key's files could not be written; the next run "
			"tries again");
		job_failed(j, e.text, FAILURE_LOCAL, 0, 0);
		finish_failed(m->head.job, &e);
	} else if (j->phase == ADOPTING) {
		memcpy(j->keys.current, j->keys.next, sizeof(j->keys.current));
		j->keys.have_current = 1;
		j->keys.have_next = 0;
		install(m->head.job);
	} else {
		if (j->phase == COMBINING)
			job_installed(j);
		else {
			j->changed = 1;
			j->key_stays = how != CSR_DONE;
			if (how == CSR_KEY_STAYS)
				job_key_burnt(j);
		}
		finish_job(m->head.job, OUTCOME_INSTALLED);
	}
}

/* Acts on a verdict about the job, which a response has led to. */
static void
act_on(uint32_t job, enum job_verdict verdict)
{
	struct job *j = &jobs[job];

	if (verdict == JOB_DUE)
		enter(job, DUE);
	else if (verdict == JOB_ASK_STATUS) {
		/* In ASKING_STATUS, more of the response is to come. */
		if (j->phase != ASKING_STATUS)
			enter(job, STATUS_TO_ASK);
	} else
		finish_job(job,
		    verdict == JOB_UNCHANGED ? OUTCOME_UNCHANGED :
					       OUTCOME_FAILED);
}

/* Takes the CA's suggested window (RFC 9773), by which the job may be due. */
static void
cert_window(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	struct body_window b;

	body_window(m, &b);
	if (b.start > INT64_MAX || b.end > INT64_MAX)
		b.start = b.end = 0;
	act_on(m->head.job,
	    job_window(j, (time_t)b.start, (time_t)b.end,
		b.retry > INT32_MAX ? -1 : (long)b.retry));
}

/*
 * Takes a piece of a revocation list or an OCSP response, which is signed for
 * the certificate's issuer.
 */
static void
cert_status(struct msg *m)
{
	struct body_status b;

	body_status(m, &b);
	act_on(m->head.job,
	    job_status(&jobs[m->head.job], b.piece, b.len, b.more));
}

/*
 * Keeps what the next run tells netproc at its start.  With false values, an
 * attacker in netproc only makes that run slower.
 */
static void
cert_learned(struct msg *m)
{
	struct state *s = jobs[m->head.job].state;
	struct body_learned b;
	struct url url;

	body_learned(m, &b);
	if (!url_parse(&url, b.new_nonce))
		errx(1, "CERT_LEARNED: not an https URL");
	if (!valid_anchor_names(b.anchors))
		errx(1, "CERT_LEARNED: not names of trust anchors");
	if (strlen(b.terms) > TERMS_MAX)
		errx(1, "CERT_LEARNED: too long");
	s->slow = b.slow;
	if (strlcpy(s->new_nonce, b.new_nonce, sizeof(s->new_nonce)) >=
	    sizeof(s->new_nonce))
		s->new_nonce[0] = '\0';
	authority_learned(b.anchors);
	authority_terms(b.terms);
}

/*
 * The CA refuses the key.  certproc remembers that, and has csrproc make
 * another one, which netproc can order a certificate for in this run.  An
 * attacker in netproc can have one new key made for each attempt by this
 * message; the key is not used before it has a certificate.
 */
static void
cert_key_refused(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	enum new_key reason = NEW_KEY_REFUSED;

	msg_end(m);
	if (j->keys.have_next || j->keys.have_current)
		job_refuse_key(
		    j, j->keys.have_next ? j->keys.next : j->keys.current);
	msg_new(&out, CSR_NEW_KEY, m->head.job);
	body_new_key(&out, &reason);
	msg_send(&out);
	reply_net(m->head.job, VERDICT_ANEW);
}

/* By worker: why certproc refused a chain of its job last. */
static struct error refused_by[WORKERS_MAX];

/*
 * Is the job's order to be placed anew?  1, and that is said.  If two runs
 * order the same names at once, the CA may give both the same order, which only
 * one of them can finalize: the other one gets that one's certificate.
 */
static int
must_order_anew(struct job *j, const struct error *refused)
{
	if (j->resumed)
		say(1,
		    "%s: the order of an earlier run is of no use: %s; ordered "
		    "anew",
		    j->handle, refused->text);
	else if (j->for_another && !j->anew) {
		j->anew = 1;
		say(1,
		    "%s: %s, as if another run had the same order; ordered "
		    "anew",
		    j->handle, refused->text);
	} else
		return 0;
	return 1;
}

/* Acts on what job_choose() or job_save_chosen() has returned. */
static void
take_choice(uint32_t job, enum choice choice)
{
	const struct error *refused = &refused_by[jobs[job].worker];

	if (choice == CHOICE_OPEN)
		reply_net(job, VERDICT_ANOTHER);
	else if (choice == CHOICE_SAVED) {
		jobs[job].told = 1;
		install(job);
	} else if (choice == CHOICE_NONE &&
	    must_order_anew(&jobs[job], refused)) {
		jobs[job].resumed = 0;
		order_keep(&jobs[job], NULL);
		reply_net(job, VERDICT_ANEW);
	} else {
		/*
		 * certproc keeps the order's URL, so that the next run looks at
		 * the order again.
		 */
		job_failed(&jobs[job], refused->text,
		    choice == CHOICE_UNSAVED ? FAILURE_LOCAL : FAILURE_CA, 0,
		    0);
		jobs[job].told = 1;
		finish_failed(job, refused);
	}
}

static void
cert_chain(struct msg *m)
{
	struct body_chain b;
	enum choice choice;
	struct error e;

	body_chain(m, &b);
	e.text[0] = '\0';
	authority_works();
	choice = job_choose(
	    &jobs[m->head.job], (const char *)b.pem, b.len, b.unframed, &e);
	if (e.text[0] != '\0')
		refused_by[jobs[m->head.job].worker] = e;
	take_choice(m->head.job, choice);
}

static void
cert_last_chain(struct msg *m)
{
	struct job *j = &jobs[m->head.job];

	msg_end(m);
	if (j->preferred == NULL)
		errx(1, "CERT_LAST_CHAIN: nothing to choose from");
	take_choice(m->head.job, job_save_chosen(j, &refused_by[j->worker]));
}

/*
 * Handles the end of a task: the CA has revoked the certificate, or completed
 * -K, -U or -D.
 */
static void
cert_done(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	struct error e;

	msg_end(m);
	if (mode_is_for_account(role_mode))
		finish_job(m->head.job, OUTCOME_INSTALLED);
	else if (job_remove(j, &e) == -1)
		finish_failed(m->head.job, &e);
	else {
		if (j->confirming)
			say(0, "%s: it is revoked: the CA has told two runs so",
			    j->handle);
		else {
			if (job_is_doomed(j))
				say(1, "%s: revoked; its files are removed",
				    j->handle);
			say(0,
			    "%s: revoked, as the CA has told netproc; -r once "
			    "more, before the next renewal, has that confirmed",
			    j->handle);
		}
		discard(m->head.job);
	}
}

/*
 * Says when the job is tried again.  seconds: how long the CA asks to wait, or
 * 0.
 */
static void
say_wait(uint32_t job, uint64_t seconds)
{
	const struct job *j = &jobs[job];

	if (role_mode != MODE_RENEW ||
	    !backoff_holds(j->state->not_before, time(NULL)))
		return;
	if (seconds > 0)
		say_warning(
		    "%s: not tried again before %s, as the CA asks for a "
		    "pause; -F tries at once",
		    j->handle, clock_text(j->state->not_before));
	else
		say(1, "%s: not tried again before %s; -F tries at once",
		    j->handle, clock_text(j->state->not_before));
}

/* Remembers why a job failed; netproc has printed the error already. */
static void
cert_failed(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	struct body_failed b;
	char safe[ERROR_MAX];

	body_failed(m, &b);
	job_say_foreign(safe, sizeof(safe), b.text);
	if (role_mode == MODE_RENEW && b.class == FAILURE_AUTHORITY)
		authority_failed(safe, b.seconds);
	if (role_mode == MODE_RENEW)
		job_failed(j, safe, b.class, b.seconds,
		    b.class == FAILURE_AUTHORITY ? authority_not_before() : 0);
	if (b.for_all)
		authority_ends(safe);
	say_wait(m->head.job, b.seconds);
	j->told = 1;
	finish_job(m->head.job, OUTCOME_FAILED);
}

/* A worker has ended: its jobs have failed. */
static void
cert_worker_gone(struct msg *m)
{
	struct error e;
	uint32_t i;
	int checked = 0;

	msg_end(m);
	for (i = 0; i < njobs; i++)
		if ((jobs[i].phase & WITH_NET) &&
		    jobs[i].worker == m->head.worker) {
			checked |= jobs[i].phase == ASKING_STATUS;
			error_set(&e,
			    "netproc has ended while it worked on this "
			    "certificate");
			/*
			 * A job that only asked for a date or a status has not
			 * failed in an attempt.
			 */
			if (!(jobs[i].phase & (ASKING_DATE | ASKING_STATUS)))
				job_failed(
				    &jobs[i], e.text, FAILURE_LOCAL, 0, 0);
			finish_failed(i, &e);
		}
	/*
	 * Only one worker at a time asks for revocation status, and the others
	 * may have ended their work: leave these jobs to the next run.
	 */
	for (i = 0; i < njobs && checked; i++)
		if (jobs[i].phase == STATUS_TO_ASK)
			finish_job(i, OUTCOME_UNCHANGED);
	queue_worker_gone();
}

/* Remembers an error that csrproc or chngproc has already printed. */
static void
cert_error(struct msg *m)
{
	struct error *error = &jobs[m->head.job].error;
	const char *text = msg_need_str(m);

	msg_end(m);
	job_say_foreign(error->text, sizeof(error->text), text);
}

/*
 * Handles -t: prints the thumbprint, which keyproc has sent, and the account
 * URL.
 */
static void
cert_show_account(struct msg *m)
{
	struct body_shown b;

	body_shown(m, &b);
	finish_job(m->head.job,
	    authority_show(&b) == 0 ? OUTCOME_INSTALLED : OUTCOME_FAILED);
}

static unsigned
phase_of(uint32_t job)
{
	return jobs[job].phase;
}

static const struct handler table[] = {
	{ CERT_KEY, cert_key, AWAITS_KEYS | ORDERING | FINISHED, 3 },
	{ CERT_NEXT, cert_next, ANY_STATE, 0 },
	{ CERT_ACCOUNT, cert_account, ANY_STATE, 8 },
	{ CERT_SHOW_ACCOUNT, cert_show_account, TASKED, 1 },
	{ CERT_WINDOW, cert_window, ASKING_DATE, 1 },
	{ CERT_STATUS, cert_status, ASKING_STATUS, 0 },
	{ CERT_LEARNED, cert_learned, ORDERING, ORDERS_MAX },
	{ CERT_ORDER, cert_order, ORDERING, 2 * ORDERS_MAX },
	{ CERT_KEY_REFUSED, cert_key_refused, ORDERING, 2 },
	{ CERT_CHAIN, cert_chain, ORDERING, 2 * CHAINS_MAX },
	{ CERT_LAST_CHAIN, cert_last_chain, ORDERING, 2 },
	{ CERT_PRESENTED, cert_presented, TASKED, 0 },
	{ CERT_DONE, cert_done, TASKED, 1 },
	{ CERT_OFFER, cert_offer, AWAITS_KEYS, 1 },
	{ CERT_WORKER_GONE, cert_worker_gone, ANY_STATE, WORKERS_MAX },
	{ CERT_FAILED, cert_failed, ORDERING | TASKED, 1 },
	{ CERT_ERROR, cert_error, ANY_STATE, 0 },
	{ CERT_CSR_DONE, cert_csr_done, ADOPTING | COMBINING | DISCARDING, 3 },
};

void
serve_jobs(void)
{
	serve(table, sizeof(table) / sizeof(table[0]), njobs, phase_of);
}
