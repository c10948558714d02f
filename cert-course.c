/* SPDX-License-Identifier: ISC */
/*
 * The course of one job: what comes of net's and csr's messages about it, and
 * how it ends.
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

static void
reply_net(uint32_t job, enum verdict verdict)
{
	msg_new(&out, NET_JOB_DONE, job);
	out.head.worker = jobs[job].worker;
	body_verdict(&out, &verdict);
	msg_send(&out);
}

/* Every job has one outcome; the parent counts them. */
void
finish(uint32_t job, enum outcome outcome)
{
	int told = jobs[job].told;

	/*
	 * What an earlier run has changed is reported by this one, if only now.
	 */
	if (outcome == OUTCOME_UNCHANGED && jobs[job].changed)
		outcome = OUTCOME_INSTALLED;
	job_close(&jobs[job]);
	jobs[job].phase = SETTLED;
	jobs[job].told = 0;
	msg_new(&out, PARENT_OUTCOME, job);
	msg_put_num(&out, outcome);
	msg_send(&out);
	if (told)
		reply_net(job,
		    outcome == OUTCOME_FAILED ? VERDICT_REFUSED :
						VERDICT_INSTALLED);
}

void
finish_failed(uint32_t job, const struct error *e)
{
	warnx("%s: %s", jobs[job].handle, e->text);
	finish(job, OUTCOME_FAILED);
}

/* csr is to do this; it answers with CERT_CSR_DONE. */
static void
ask_csr(uint32_t job, enum msgtype what, unsigned phase)
{
	struct body_discard b;
	uint8_t *der;
	char *pem;
	size_t len;

	jobs[job].phase = phase;
	msg_new(&out, what, job);
	if (what == CSR_DISCARD) {
		b.installed = job_is_doomed(&jobs[job]);
		b.hash = jobs[job].doomed->spki;
		body_discard(&out, &b);
	} else if (what == CSR_ADOPT) {
		der = chain_leaf_der(jobs[job].chosen, &len);
		msg_put_buf(&out, der, len);
		free(der);
	} else if (what == CSR_COMBINE) {
		pem = chain_pem(jobs[job].chosen, 0, SIZE_MAX, &len);
		msg_put_buf(&out, pem, len);
		free(pem);
	}
	msg_send(&out);
}

/*
 * A verified chain is chosen and on the disk: its key goes live, then the
 * files, then the file that has both.  A run that ends anywhere in between is
 * completed by the next one, which begins here, too.
 */
void
install(uint32_t job)
{
	struct job *j = &jobs[job];
	struct error e;

	if (job_needs_next_key(j))
		ask_csr(job, CSR_ADOPT, ADOPTING);
	else if (job_install(j, &e) == -1) {
		job_failed(j, e.text, FAILURE_LOCAL, 0, 0);
		finish_failed(job, &e);
	} else if (j->combined)
		ask_csr(job, CSR_COMBINE, COMBINING);
	else {
		job_installed(j);
		finish(job, OUTCOME_INSTALLED);
	}
}

void
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
		finish(m->head.job, OUTCOME_INSTALLED);
	}
}

/* Whether it is due was asked; this is how it goes on. */
static void
answered(uint32_t job, enum job_verdict verdict)
{
	struct job *j = &jobs[job];

	if (verdict == JOB_DUE)
		j->phase = DUE;
	else if (verdict == JOB_ASK_STATUS)
		j->phase = j->phase == CHECKING ? CHECKING : TO_CHECK;
	else
		finish(job,
		    verdict == JOB_UNCHANGED ? OUTCOME_UNCHANGED :
					       OUTCOME_FAILED);
}

/* RFC 9773: what the CA says about the time; the job may be due by it. */
void
cert_window(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	struct body_window b;

	body_window(m, &b);
	if (b.start > INT64_MAX || b.end > INT64_MAX)
		b.start = b.end = 0;
	answered(m->head.job,
	    job_window(j, (time_t)b.start, (time_t)b.end,
		b.retry > INT32_MAX ? -1 : (long)b.retry));
}

/* Is the installed certificate revoked?  The issuer's word, as net has it. */
void
cert_status(struct msg *m)
{
	struct body_status b;

	body_status(m, &b);
	answered(m->head.job,
	    job_status(&jobs[m->head.job], b.piece, b.len, b.more));
}

/*
 * Only for net, to begin with the next time; what it says otherwise is its own
 * loss.
 */
void
cert_learned(struct msg *m)
{
	struct state *s = jobs[m->head.job].state;
	struct body_learned b;
	struct url url;

	body_learned(m, &b);
	s->slow = b.slow;
	if (!url_parse(&url, b.new_nonce))
		errx(1, "CERT_LEARNED: not an https URL");
	if (!valid_anchor_names(b.anchors))
		errx(1, "CERT_LEARNED: not names of trust anchors");
	if (strlcpy(s->new_nonce, b.new_nonce, sizeof(s->new_nonce)) >=
	    sizeof(s->new_nonce))
		s->new_nonce[0] = '\0';
	authority_learned(b.anchors);
}

/*
 * The CA does not take the key.  That is remembered, and csr takes another one
 * where it can, in this run if net asks for it.  An attacker in net can have
 * one new key made for each attempt by that, which waits for its certificate.
 */
void
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

/* Why the first chain was refused; each worker has one job at a time. */
static struct error refused_by[WORKERS_MAX];

/* verdict: as job_choose() has it. */
static void
take_verdict(uint32_t job, int verdict)
{
	const struct error *refused = &refused_by[jobs[job].worker];

	if (verdict == 0)
		reply_net(job, VERDICT_ANOTHER);
	else if (verdict == 1) {
		jobs[job].told = 1;
		install(job);
	} else if (verdict == -1 && jobs[job].resumed) {
		say(1,
		    "%s: the order of an earlier run is of no use: %s; ordered "
		    "anew",
		    jobs[job].handle, refused->text);
		jobs[job].resumed = 0;
		order_keep(&jobs[job], NULL);
		reply_net(job, VERDICT_ANEW);
	} else {
		/* The CA keeps it for the next run. */
		job_failed(&jobs[job], refused->text,
		    verdict == SAVE_FAILED ? FAILURE_LOCAL : FAILURE_CA, 0, 0);
		jobs[job].told = 1;
		finish_failed(job, refused);
	}
}

void
cert_chain(struct msg *m)
{
	struct body_chain b;
	struct error e;
	int verdict;

	body_chain(m, &b);
	e.text[0] = '\0';
	authority_works();
	verdict = job_choose(
	    &jobs[m->head.job], (const char *)b.pem, b.len, b.unframed, &e);
	if (verdict < 0 || e.text[0] != '\0')
		refused_by[jobs[m->head.job].worker] = e;
	take_verdict(m->head.job, verdict);
}

void
cert_last_chain(struct msg *m)
{
	struct job *j = &jobs[m->head.job];

	msg_end(m);
	if (j->preferred == NULL)
		errx(1, "CERT_LAST_CHAIN: nothing to choose from");
	take_verdict(m->head.job, job_choose_last(j, &refused_by[j->worker]));
}

/* The CA has revoked the certificate, or done what -K, -U or -D asked for. */
void
cert_done(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	struct error e;

	msg_end(m);
	if (mode_is_for_account(role_mode))
		finish(m->head.job, OUTCOME_INSTALLED);
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
			    "more, before the "
			    "next renewal, has that confirmed",
			    j->handle);
		}
		ask_csr(m->head.job, CSR_DISCARD, DISCARDING);
	}
}

/*
 * When it is tried again: the next run reads this time from the state.
 * seconds: as the CA asks for, or 0.
 */
static void
say_wait(uint32_t job, uint64_t seconds)
{
	const struct job *j = &jobs[job];

	if (role_mode != MODE_RENEW ||
	    !backoff_holds(j->state->not_before, time(NULL)))
		return;
	if (seconds > 0)
		warnx("%s: not tried again before %s, as the CA asks for a "
		      "pause; -F tries at once",
		    j->handle, clock_text(j->state->not_before));
	else
		say(1, "%s: not tried again before %s; -F tries at once",
		    j->handle, clock_text(j->state->not_before));
}

/* net has said on its own what went wrong; here it is only remembered. */
void
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
	finish(m->head.job, OUTCOME_FAILED);
}

/* What one worker had is lost with it; the others have theirs. */
void
cert_worker_gone(struct msg *m)
{
	struct error e;
	uint32_t i;
	int checked = 0;

	msg_end(m);
	for (i = 0; i < njobs; i++)
		if ((jobs[i].phase & WITH_NET) &&
		    jobs[i].worker == m->head.worker) {
			checked |= jobs[i].phase == CHECKING;
			error_set(&e,
			    "the process that talked to the CA for it has "
			    "ended");
			/*
			 * Of those that were only asked about, nothing is the
			 * worse.
			 */
			if (!(jobs[i].phase & (ASKED | CHECKING)))
				job_failed(
				    &jobs[i], e.text, FAILURE_LOCAL, 0, 0);
			finish_failed(i, &e);
		}
	/*
	 * It was to ask about all of these, and the other workers may have
	 * nothing more to do.
	 */
	for (i = 0; i < njobs && checked; i++)
		if (jobs[i].phase == TO_CHECK)
			finish(i, OUTCOME_UNCHANGED);
}
