/* SPDX-License-Identifier: ISC */
/*
 * One certificate from "is it due?" to "installed": the verdict, and the
 * order in which state, saved chain and files change, so that a run that
 * ends anywhere loses nothing.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "file-job.h"
#include "renewal.h"
#include "status.h"
#include "trust.h"

#define STATUS_PAUSE	3600	/* between two questions about revocation */
#define FREE_ATTEMPTS	3	/* that were interrupted, before they count as failures */

static int force;
static int root_any;
static int roots_fd = -1;
static struct why roots_broken;
static X509_STORE *roots;

void
job_rules(int forced, int any, const char *root_file)
{
	force = forced;
	if (!(root_any = any))
		roots_fd = trust_open(root_file, &roots_broken);
}

void
job_open(struct job *j, struct dir *state_dir)
{
	j->lock_fd = -1;
	state_place(&j->state_file, state_dir, "domain", j->handle, "json");
	state_place(&j->saved, state_dir, "domain", j->handle, "new.pem");
	state_place(&j->lock, state_dir, "domain", j->handle, "lock");
	certset_open(&j->set, &j->broken);
}

void
job_close(struct job *j)
{
	if (j->lock_fd != -1)
		close(j->lock_fd);
	j->lock_fd = -1;
	if (j->chosen != j->installed.chain)
		chain_free(j->chosen);
	chain_free(j->installed.chain);
	j->chosen = j->installed.chain = NULL;
	free(j->certid);
	free(j->status_url);
	free(j->status);
	j->certid = j->status_url = NULL;
	j->status = NULL;
}

/* Parsing a system's whole bundle takes long: only when there is a chain to judge. */
static int
load_roots(struct why *w)
{
	char *pem;
	size_t len;

	if (root_any || roots != NULL)
		return 0;
	if (roots_fd == -1)
		return why(w, "%s", roots_broken.text);
	pem = trust_read(roots_fd, &len, w);
	roots_fd = -1;
	if (pem != NULL)
		roots = roots_load(pem, len, w);
	free(pem);
	if (roots == NULL)
		roots_broken = *w;
	return roots == NULL ? -1 : 0;
}

void
job_roots_early(void)
{
	struct why ignored;

	load_roots(&ignored);
}

/* Would what is installed do, if it were not for its age? */
static int
still_ours(const struct job *j)
{
	return j->installed.chain != NULL && chain_names_equal(j->installed.chain, &j->names) &&
	    memcmp(j->installed.chain->spki, j->keys.current, SPKI_HASH_LEN) == 0;
}

static int
is_for(const struct chain *chain, int have_key, const uint8_t key[SPKI_HASH_LEN])
{
	return have_key && memcmp(chain->spki, key, SPKI_HASH_LEN) == 0;
}

int
job_needs_next_key(const struct job *j)
{
	return is_for(j->chosen, j->keys.have_next, j->keys.next) &&
	    !is_for(j->chosen, j->keys.have_current, j->keys.current);
}

/* One that the CA issued earlier: a key that is not live yet has had none. */
static int
is_replayed(const struct job *j, const struct chain *chain)
{
	const struct chain *in = j->installed.chain;

	return still_ours(j) && is_for(chain, j->keys.have_current, j->keys.current) &&
	    (chain->not_after < in->not_after ||
	    X509_cmp(sk_X509_value(chain->certs, 0), sk_X509_value(in->certs, 0)) == 0);
}

/* The verdict on a chain that came from outside. */
static int
judge(const struct job *j, const struct chain *chain, struct why *w)
{
	const struct job_keys *k = &j->keys;
	const uint8_t *key = is_for(chain, k->have_next, k->next) ? k->next : k->current;

	if (!k->have_current && !k->have_next)
		return why(w, "there is no key for this certificate");
	if (load_roots(w) == -1 ||
	    chain_verify(chain, &j->names, key, roots, time(NULL), w) == -1)
		return -1;
	return force || !is_replayed(j, chain) ? 0 : why(w, "the certificate from the CA ends on %s, "
	    "no later than the installed one; -F would install it all the same",
	    clock_text(chain->not_after));
}

/* A chain that was verified and saved, but not installed before the run ended: 1. */
static int
recover(struct job *j, struct why *w)
{
	struct chain *chain;
	struct stat st;
	char *pem;
	size_t len;
	int n;

	if ((n = place_read(&j->saved, &pem, &len, CHAIN_BYTES_MAX, &st, w)) != 1)
		return n;
	chain = chain_parse(pem, len, w);
	free(pem);
	if (chain == NULL || judge(j, chain, w) == -1) {
		say(1, "%s: %s: %s; removed", j->handle, j->saved.path, w->text);
		chain_free(chain);
		return place_remove(&j->saved, w);
	}
	say(1, "%s: installing what an earlier run had obtained", j->handle);
	j->chosen = chain;
	return 1;
}

/* Is the file with key and chain the one of the installed certificate? */
static int
combined_is_old(const struct job *j)
{
	uint8_t hash[SPKI_HASH_LEN];
	char *pem;
	size_t len;
	int same;

	if (!j->combined || j->set.path[SET_FULLCHAIN] == NULL)
		return 0;
	pem = chain_pem(j->installed.chain, 0, SIZE_MAX, &len);
	if (!EVP_Digest(pem, len, hash, NULL, EVP_sha256(), NULL))
		errx(1, "SHA-256 failed");
	same = j->keys.have_combined && memcmp(hash, j->keys.combined, sizeof(hash)) == 0;
	free(pem);
	return !same;
}

/* Files that do not belong together, but of which the full chain is good: 1. */
static int
repair(struct job *j)
{
	if (!j->installed.mixed && !combined_is_old(j))
		return 0;
	say(1, "%s: the files do not belong together; written again from %s",
	    j->handle, j->set.path[SET_FULLCHAIN]);
	j->chosen = j->installed.chain;
	return 1;
}

/* Is an earlier failure too recent?  An attempt that never ended counts in time, too. */
static int
held_back(const struct job *j, struct why *w)
{
	if (force || !backoff_holds(j->state.not_before, time(NULL)))
		return 0;
	why(w, "not tried again before %s, after %u attempts (%s); -F tries now",
	    clock_text(j->state.not_before), j->state.attempts,
	    j->state.last_error[0] == '\0' ? "interrupted" : j->state.last_error);
	return 1;
}

/* Why it must be renewed, or NULL. */
static const char *
due_reason(struct job *j, struct why *text)
{
	const struct installed *in = &j->installed;
	time_t now = time(NULL);

	j->suggested = j->new_key = 0;
	if (in->chain == NULL)
		return "there is no certificate";
	if (!j->keys.have_current)
		return "there is no key";
	if (!is_for(in->chain, 1, j->keys.current))
		return "the certificate is for another key";
	if (!chain_names_equal(in->chain, &j->names))
		return "the names have changed";
	j->new_key = j->revoked || renewal_overdue(&j->state.life, j->handle, &j->state, now);
	if (j->revoked)
		return "the CA has revoked the certificate";
	if (renewal_time(&j->state.life, j->handle, &j->state, now, &j->suggested) <= now) {
		why(text, j->suggested ? "the CA suggests to renew it now" :
		    "the certificate ends on %s", clock_text(in->chain->not_after));
		return text->text;
	}
	if (in->mixed && !in->repairable)
		return "the installed files do not belong together";
	return force ? "-F" : NULL;
}

static void
say_when(const struct job *j)
{
	int suggested;
	time_t when = renewal_time(&j->state.life, j->handle, &j->state, time(NULL), &suggested);

	say(1, "%s: nothing to do before %s%s", j->handle, clock_text(when),
	    suggested ? ", as the CA suggests" : "");
}

static enum job_verdict
due_or_not(struct job *j, struct why *w)
{
	struct why text;
	const char *reason = due_reason(j, &text);

	if (reason != NULL) {
		if (held_back(j, w))
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
	struct why w;
	enum job_verdict verdict = due_or_not(j, &w);

	if (verdict == JOB_FAILED)
		warnx("%s: %s", j->handle, w.text);
	return verdict;
}

/* The lock, what is remembered, what is installed. */
static int
look(struct job *j, int64_t lock_deadline, struct why *w)
{
	if (j->broken.text[0] != '\0')
		return why(w, "%s", j->broken.text);
	if (lock_take(&j->lock, LOCK_EX, lock_deadline, &j->lock_fd, w) == -1 ||
	    state_load(&j->state_file, &j->names, &j->state, w) == -1 ||
	    place_clean(&j->state_file, w) == -1 || certset_clean(&j->set, w) == -1 ||
	    place_clean(&j->saved, w) == -1 ||
	    certset_read(&j->set, &j->installed, w) == -1)
		return -1;
	j->state.looks[0] = '\0';
	memset(&j->state.life, 0, sizeof(j->state.life));
	if (j->installed.chain != NULL)
		renewal_life(j->installed.chain, &j->state.life);
	if (j->installed.chain != NULL && j->state.life.certid[0] != '\0' &&
	    chain_names_equal(j->installed.chain, &j->names) &&
	    (j->certid = strdup(j->state.life.certid)) == NULL)
		err(1, NULL);
	return 0;
}

/* Is it to be asked now whether it is revoked? */
static int
status_due(const struct job *j, time_t now)
{
	return j->check_status && j->state.life.not_after > now &&
	    (j->state.status_ask <= now || j->state.status_ask > now + STATUS_PAUSE);
}

int
job_rests(struct job *j)
{
	const struct life *life = &j->state.life;
	time_t now = time(NULL);
	struct why w;
	int suggested;

	if (force || j->broken.text[0] != '\0' ||
	    state_load(&j->state_file, &j->names, &j->state, &w) == -1 ||
	    j->state.attempts != 0 || strcmp(j->state.looks, j->looks) != 0 ||
	    renewal_time(life, j->handle, &j->state, now, &suggested) <= now ||
	    renewal_overdue(life, j->handle, &j->state, now) ||
	    renewal_ask(life, &j->state, now) || status_due(j, now))
		return 0;
	say_when(j);
	return 1;
}

/* Is it to be asked whether the installed certificate is revoked?  Then its URL is known. */
static int
asks_for_status(struct job *j)
{
	time_t now = time(NULL);
	struct why w;

	if (!status_due(j, now))
		return 0;
	if ((j->status_url = status_url(j->installed.chain, &w)) == NULL)
		warnx("%s: check revocation: %s", j->handle, w.text);
	return j->status_url != NULL;
}

enum job_verdict
job_evaluate(struct job *j, int64_t lock_deadline, struct why *w)
{
	enum job_verdict verdict;
	int n;

	if (look(j, lock_deadline, w) == -1 || (n = recover(j, w)) == -1)
		return JOB_FAILED;
	if (n == 1)
		return JOB_INSTALL;
	if ((verdict = due_or_not(j, w)) != JOB_UNCHANGED)
		return verdict;
	if (repair(j))
		return JOB_INSTALL;
	/* So it looks when nothing is to be done: the next run can tell by that. */
	strlcpy(j->state.looks, j->looks, sizeof(j->state.looks));
	verdict = asks_for_status(j) ? JOB_ASK_STATUS : JOB_UNCHANGED;
	if (renewal_ask(&j->state.life, &j->state, time(NULL)))
		return JOB_ASK;
	if (verdict == JOB_UNCHANGED && state_save(&j->state_file, &j->state, w) == -1)
		say(1, "%s: %s", j->handle, w->text);
	return verdict;
}

enum job_verdict
job_evaluate_revocation(struct job *j, int64_t lock_deadline, struct why *w)
{
	if (look(j, lock_deadline, w) == -1)
		return JOB_FAILED;
	if (j->installed.chain != NULL)
		return JOB_DUE;
	why(w, "there is no certificate to revoke");
	return JOB_FAILED;
}

enum job_verdict
job_window(struct job *j, time_t start, time_t end, long retry)
{
	struct why w;
	enum job_verdict verdict;

	if (start == 0)
		renewal_no_window(&j->state, j->certid, retry, time(NULL));
	else
		renewal_window(&j->state, j->certid, start, end, retry, time(NULL));
	if (state_save(&j->state_file, &j->state, &w) == -1)
		warnx("%s: %s", j->handle, w.text);
	verdict = due_or_say(j);
	return verdict == JOB_UNCHANGED && j->status_url != NULL ? JOB_ASK_STATUS : verdict;
}

enum job_verdict
job_status(struct job *j, const uint8_t *piece, size_t len, int more)
{
	struct why w;
	int revoked;

	if (len > STATUS_BYTES_MAX - j->status_len)
		errx(1, "FILE_STATUS: too much");
	if ((j->status = realloc(j->status, j->status_len + len + 1)) == NULL)
		err(1, NULL);
	memcpy(j->status + j->status_len, piece, len);
	j->status_len += len;
	if (more)
		return JOB_ASK_STATUS;
	j->state.status_ask = time(NULL) + STATUS_PAUSE;
	/* Nothing: net has said why. */
	if (j->status_len > 0) {
		revoked = status_judge(j->installed.chain, j->status, j->status_len, time(NULL), &w);
		if (revoked == -1)
			warnx("%s: check revocation: %s: %s", j->handle, j->status_url, w.text);
		j->revoked = revoked == 1;
	}
	if (state_save(&j->state_file, &j->state, &w) == -1)
		warnx("%s: %s", j->handle, w.text);
	if (!j->revoked)
		return JOB_UNCHANGED;
	return due_or_say(j);
}

int
job_begin(struct job *j, struct why *w)
{
	if (load_roots(w) == -1 || certset_probe(&j->set, w) == -1 ||
	    place_probe(&j->saved, CHAIN_BYTES_MAX, w) == -1)
		return -1;
	j->began_ms = clock_ms();
	/* On the disk before anything is sent, so that a restart loop counts too. */
	j->state.attempts++;
	if (j->suggested)
		j->state.early = time(NULL);
	if (j->state.attempts > FREE_ATTEMPTS)
		j->state.not_before = backoff(j->state.attempts - FREE_ATTEMPTS, time(NULL));
	return state_save(&j->state_file, &j->state, w);
}

int
job_choose_last(struct job *j, struct why *w)
{
	char *pem;
	size_t len;
	int rc;

	if (j->chosen == NULL)
		return -1;
	pem = chain_pem(j->chosen, 0, SIZE_MAX, &len);
	rc = place_write(&j->saved, pem, len, w);
	free(pem);
	return rc;
}

int
job_choose(struct job *j, const char *pem, size_t len, struct why *w)
{
	struct chain *chain = chain_parse(pem, len, w);
	char top[128];

	if (chain == NULL || judge(j, chain, w) == -1) {
		chain_free(chain);
		return j->preferred != NULL ? 0 : -1;
	}
	chain_issuer(chain, sk_X509_num(chain->certs) - 1, top, sizeof(top));
	if (j->preferred != NULL && strcmp(top, j->preferred) != 0) {
		say(1, "%s: a chain to '%s', not to '%s'", j->handle, top, j->preferred);
		if (j->chosen == NULL)
			j->chosen = chain;
		else
			chain_free(chain);
		return 0;
	}
	chain_free(j->chosen);
	j->chosen = chain;
	return job_choose_last(j, w) == 0 ? 1 : -1;
}

/*
 * From here on the certificate cannot be lost: it is in the state directory
 * until all its files are in place.
 */
int
job_install(struct job *j, struct why *w)
{
	if (!certset_untouched(&j->set, &j->installed))
		return why(w, "its files were changed by someone else during this run and "
		    "are left as they are; the new certificate is in %s, and the next "
		    "run takes the newest", j->saved.path);
	return certset_install(&j->set, j->chosen, w);
}

static void
took(struct job *j)
{
	if (j->began_ms != 0)
		j->state.took_ms = (long)(clock_ms() - j->began_ms);
}

void
job_installed(struct job *j)
{
	struct why w;

	took(j);
	j->state.attempts = j->state.failures = 0;
	j->state.not_before = 0;
	j->state.last_success = time(NULL);
	j->state.last_error[0] = '\0';
	j->state.error_class = (enum failure)0;
	j->state.looks[0] = '\0';
	renewal_life(j->chosen, &j->state.life);
	renewal_installed(&j->state, &j->state.life, time(NULL));
	if (state_save(&j->state_file, &j->state, &w) == -1)
		warnx("%s: %s", j->handle, w.text);
	if (place_remove(&j->saved, &w) == -1)
		warnx("%s: %s", j->handle, w.text);
	say(1, "%s: installed a certificate that ends on %s", j->handle,
	    clock_text(j->chosen->not_after));
}

void
job_failed(struct job *j, const char *text, enum failure class, uint64_t seconds)
{
	struct why w;

	took(j);
	j->state.error_class = class;
	strlcpy(j->state.last_error, text, sizeof(j->state.last_error));
	if (class != FAILURE_LOCAL) {
		j->state.failures++;
		j->state.not_before = backoff_or(j->state.failures, time(NULL), seconds);
	}
	if (state_save(&j->state_file, &j->state, &w) == -1)
		warnx("%s: %s", j->handle, w.text);
}

int
job_remove(struct job *j, struct why *w)
{
	if (certset_remove(&j->set, w) == -1 || place_remove(&j->saved, w) == -1)
		return -1;
	return place_remove(&j->state_file, w);
}
