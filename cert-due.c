/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Finds out what is to be done for a certificate: is it due, has an earlier run
 * left something to complete, or must the CA or a revocation list be asked
 * first?
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert.h"
#include "clock.h"
#include "role.h"

/*
 * The files are read again after this time in seconds, whatever the state says.
 */
#define LOOK_AGAIN (2 * 86400)
/* The seconds between two requests for revocation status. */
#define STATUS_PAUSE 3600

/*
 * Were the files read lately?  An attacker who was in certproc or fileproc
 * earlier may have written a state in which nothing is due until after
 * notAfter.
 */
static int
looked_lately(const struct state *s, time_t now)
{
	return s->looked <= now && now - s->looked < LOOK_AGAIN;
}

/*
 * Must a new attempt wait after a failure?  Interrupted attempts count as
 * failures, except the first few.
 */
static int
held_back(const struct job *j, struct error *e)
{
	char cause[CAUSE_MAX];

	if (job_forced() || !backoff_holds(j->state->not_before, time(NULL)))
		return 0;
	/*
	 * Name the later of the authority's and the job's time, before which no
	 * attempt is made.
	 */
	if (authority_not_before() > j->state->not_before)
		return authority_holds(e);
	error_set(e,
	    "not tried again before %s, after %u attempt%s (%s); -F tries now",
	    clock_text(j->state->not_before), j->state->attempts,
	    j->state->attempts == 1 ? "" : "s",
	    state_cause(j->state, j->handle, cause, sizeof(cause)));
	return 1;
}

/*
 * The reason why the installed files are of no use, or NULL.  May set new_key.
 */
static const char *
unfit_reason(struct job *j)
{
	const struct chain *chain = j->installed.chain;

	if (chain == NULL)
		return "there is no certificate";
	/* A new key goes live together with its certificate. */
	if (!j->keys.have_current) {
		j->new_key = 1;
		return "there is no key";
	}
	if (!chain_is_for(chain, 1, j->keys.current))
		return "the certificate is for another key";
	if (!chain_names_equal(chain, &j->names))
		return "the names have changed";
	if (j->key_compromised)
		return "its key is compromised, as -R keyCompromise said";
	return NULL;
}

/*
 * The reason why the certificate must be renewed, or NULL.  Sets what the order
 * depends on: new_key and its reasons, suggested, only_forced.  Forgets certid
 * if another authority is asked, which does not know that certificate.
 */
static const char *
due_reason(struct job *j, struct error *text)
{
	const struct installed *in = &j->installed;
	enum changed changed;
	const char *reason;
	time_t now = time(NULL);

	j->suggested = j->new_key = j->only_forced = 0;
	j->key_compromised = job_live_key_is_compromised(j);
	j->next_refused = job_is_refused_key(
	    j, j->keys.have_next, j->keys.next);
	j->new_key = j->key_compromised || j->next_refused ||
	    job_is_refused_key(j, j->keys.have_current, j->keys.current);
	if ((reason = unfit_reason(j)) != NULL)
		return reason;
	if (j->revoked ||
	    renewal_overdue(&j->state->life, j->handle, j->state, now))
		j->new_key = 1;
	if (j->revoked)
		return "the CA has revoked the certificate";
	if ((changed = origin_changed(j, text)) != CHANGED_NOTHING) {
		/*
		 * The new CA does not know the certificate that this order
		 * replaces.
		 */
		if (changed == CHANGED_AUTHORITY) {
			free(j->certid);
			j->certid = NULL;
		}
		return text->text;
	}
	if (renewal_time(&j->state->life, j->handle, j->state, now,
		&j->suggested) <= now) {
		error_set(text,
		    j->suggested ? "the CA suggests to renew it now" :
				   "the certificate ends on %s",
		    clock_text(in->chain->not_after));
		return text->text;
	}
	if (in->mixed && !in->repairable)
		return "the installed files do not belong together";
	if (!in->complete && combined_is_old(j))
		return "the file with key and chain is not the installed "
		       "certificate's";
	j->only_forced = job_forced();
	return j->only_forced ? "-F" : NULL;
}

static void
say_when(const struct job *j)
{
	int suggested;
	time_t when = renewal_time(
	    &j->state->life, j->handle, j->state, time(NULL), &suggested);

	say(1, "%s: nothing to do before %s%s", j->handle, clock_text(when),
	    suggested ? ", as the CA suggests" : "");
}

static enum job_verdict
due_or_not(struct job *j, struct error *e)
{
	struct error text;
	const char *reason = due_reason(j, &text);

	if (reason != NULL) {
		if (held_back(j, e))
			return JOB_FAILED;
		say(1, "%s: due: %s", j->handle, reason);
		return JOB_DUE;
	}
	say_when(j);
	return JOB_UNCHANGED;
}

static enum job_verdict
due_or_say(struct job *j)
{
	struct error e;
	enum job_verdict verdict = due_or_not(j, &e);

	if (verdict == JOB_FAILED)
		warnx("%s: %s", j->handle, e.text);
	return verdict;
}

/*
 * Notes whether an earlier run has found the installed certificate revoked.
 * Where none is installed, the state names one that -r has revoked.
 */
static void
note_revoked(struct job *j)
{
	char leaf[FINGERPRINT_LEN];

	if (j->installed.chain != NULL && j->state->revoked[0] != '\0') {
		chain_fingerprint(j->installed.chain, leaf);
		j->revoked = strcmp(j->state->revoked, leaf) == 0;
	}
	if (j->installed.chain != NULL && !j->revoked)
		j->state->revoked[0] = '\0';
}

int
job_look(struct job *j, int64_t lock_deadline, struct error *e)
{
	struct stored parts[PART_JOB__MAX];
	struct error ignored;
	int rc;

	j->locked = 1;
	rc = store_open(j->nr, lock_deadline, parts, e);
	if (job_take(j, parts, rc == 0 ? e : &ignored) == -1 && rc == 0)
		return -1;
	if (rc == 0 && j->broken.text[0] != '\0')
		rc = error_set(e, "%s", j->broken.text);
	if (rc == -1) {
		/* -r, -B and -i only report the error. */
		if (role_mode == MODE_RENEW && j->has_state)
			job_prevented(j, e->text, FAILURE_LOCAL);
		return -1;
	}
	j->is_as_seen = strcmp(j->state->fingerprint, j->fingerprint) == 0 &&
	    looked_lately(j->state, time(NULL));
	j->state->fingerprint[0] = '\0';
	memset(&j->state->life, 0, sizeof(j->state->life));
	if (j->installed.chain != NULL)
		renewal_life(j->installed.chain, &j->state->life);
	note_revoked(j);
	if (j->installed.chain != NULL && j->state->life.certid[0] != '\0' &&
	    chain_names_equal(j->installed.chain, &j->names) &&
	    (j->certid = strdup(j->state->life.certid)) == NULL)
		err(1, NULL);
	return 0;
}

/* Is it time to ask whether the certificate is revoked? */
static int
status_due(const struct job *j, time_t now)
{
	return j->check_status && j->state->life.not_after > now &&
	    (j->state->status_ask <= now ||
		j->state->status_ask > now + STATUS_PAUSE);
}

int
job_unchanged(struct job *j)
{
	const struct life *life;
	time_t now = time(NULL);
	int suggested;

	job_new_state(j);
	life = &j->state->life;
	if (j->record == NULL || j->broken.text[0] != '\0')
		return 0;
	origin_load_state(j, j->record, j->record_len, NULL);
	if (job_forced() || j->has_saved || j->state->attempts != 0 ||
	    j->state->revoked[0] != '\0' ||
	    strcmp(j->state->fingerprint, j->fingerprint) != 0 ||
	    !looked_lately(j->state, now) ||
	    renewal_time(life, j->handle, j->state, now, &suggested) <= now ||
	    renewal_overdue(life, j->handle, j->state, now) ||
	    renewal_ask(life, j->state, now) || status_due(j, now))
		return 0;
	say_when(j);
	job_set_unchanged(j);
	return 1;
}

/*
 * Must netproc ask whether the installed certificate is revoked?  If so, sets
 * status_url.
 */
static int
asks_for_status(struct job *j)
{
	time_t now = time(NULL);
	struct error e;

	if (!status_due(j, now))
		return 0;
	if ((j->status_url = status_url(j->installed.chain, &e)) == NULL)
		say_warning("%s: check revocation: %s", j->handle, e.text);
	return j->status_url != NULL;
}

/*
 * Remembers the fingerprint of the files, so that the next run can tell that
 * nothing has changed.  Where the roots cannot be read, or the key could not be
 * given to its group, it is not remembered: the next run reports that again.
 */
static void
confirm(struct job *j)
{
	const struct roots *roots;

	if (!j->is_as_seen && !anchors_known(j->anchors, &roots))
		return;
	origin_confirm(j);
	if (!j->is_as_seen)
		j->state->looked = time(NULL);
	if (!j->ungrouped)
		strlcpy(j->state->fingerprint, j->fingerprint,
		    sizeof(j->state->fingerprint));
}

enum job_verdict
job_evaluate(struct job *j, int64_t lock_deadline, struct error *e)
{
	enum job_verdict verdict;

	if (job_look(j, lock_deadline, e) == -1)
		return JOB_FAILED;
	if (recover(j))
		return JOB_INSTALL;
	if ((verdict = due_or_not(j, e)) != JOB_UNCHANGED)
		return verdict;
	/*
	 * The installed chain is saved like a new one, so that the next run can
	 * complete the repair and report it.
	 */
	if (repair(j))
		return job_save_chosen(j, e) == CHOICE_SAVED ? JOB_INSTALL :
							       JOB_FAILED;
	confirm(j);
	verdict = asks_for_status(j) ? JOB_ASK_STATUS : JOB_UNCHANGED;
	if (renewal_ask(&j->state->life, j->state, time(NULL)))
		return JOB_ASK;
	if (verdict == JOB_UNCHANGED)
		state_forget_errors(j->state);
	if (verdict == JOB_UNCHANGED && job_save(j, e) == -1)
		say(1, "%s: %s", j->handle, e->text);
	return verdict;
}

enum job_verdict
job_window(struct job *j, time_t start, time_t end, long retry)
{
	struct error e;
	enum job_verdict verdict;

	if (start == 0)
		renewal_no_window(j->state, j->certid, retry, time(NULL));
	else
		renewal_window(
		    j->state, j->certid, start, end, retry, time(NULL));
	if (job_save(j, &e) == -1)
		warnx("%s: %s", j->handle, e.text);
	verdict = due_or_say(j);
	if (verdict == JOB_UNCHANGED && j->status_url != NULL)
		return JOB_ASK_STATUS;
	if (verdict == JOB_UNCHANGED)
		job_fine(j);
	return verdict;
}

enum job_verdict
job_status(struct job *j, const uint8_t *piece, size_t len, int more)
{
	struct error e;
	int revoked;

	if (len > STATUS_BYTES_MAX - j->status_len)
		errx(1, "CERT_STATUS: too much");
	if ((j->status = realloc(j->status, j->status_len + len + 1)) == NULL)
		err(1, NULL);
	memcpy(j->status + j->status_len, piece, len);
	j->status_len += len;
	if (more)
		return JOB_ASK_STATUS;
	j->state->status_ask = time(NULL) + STATUS_PAUSE;
	/* If there was no response, netproc has printed the error. */
	if (j->status_len > 0) {
		revoked = status_judge(j->installed.chain, j->status,
		    j->status_len, time(NULL), &e);
		if (revoked == -1)
			say_warning("%s: check revocation: %s: %s", j->handle,
			    j->status_url, e.text);
		j->revoked = revoked == 1;
	}
	free(j->status);
	j->status = NULL;
	j->status_len = 0;
	/*
	 * Until the certificate is renewed, each run treats it as revoked, even
	 * if it cannot ask for the status.
	 */
	if (j->revoked)
		chain_fingerprint(j->installed.chain, j->state->revoked);
	else
		state_forget_errors(j->state);
	if (job_save(j, &e) == -1)
		warnx("%s: %s", j->handle, e.text);
	return j->revoked ? due_or_say(j) : JOB_UNCHANGED;
}
