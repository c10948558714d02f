/* SPDX-License-Identifier: ISC */
/*
 * One certificate from "is it due?" to "installed": the verdict, and the
 * order in which state, saved chain and files change, so that a run that
 * ends anywhere loses nothing.
 */
#include <sys/stat.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "job.h"
#include "trust.h"

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
	chain_free(j->installed.chain);
	j->installed.chain = NULL;
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

/* Would what is installed do, if it were not for its age? */
static int
still_ours(const struct job *j)
{
	return j->installed.chain != NULL && chain_names_equal(j->installed.chain, &j->names) &&
	    memcmp(j->installed.chain->spki, j->spki, SPKI_HASH_LEN) == 0;
}

/* The verdict on a chain that came from outside. */
static int
judge(const struct job *j, const struct chain *chain, struct why *w)
{
	if (!j->have_key)
		return why(w, "there is no key for this certificate");
	if (load_roots(w) == -1 ||
	    chain_verify(chain, &j->names, j->spki, roots, time(NULL), w) == -1)
		return -1;
	if (!force && still_ours(j) && chain->not_after <= j->installed.chain->not_after)
		return why(w, "the certificate from the CA ends on %s, no later than "
		    "the installed one; -F would install it all the same",
		    clock_text(chain->not_after));
	return 0;
}

/*
 * From here on the certificate cannot be lost: it is in the state directory
 * until all its files are in place.
 */
static int
install(struct job *j, const struct chain *chain, struct why *w)
{
	struct why ignored;

	if (certset_install(&j->set, chain, w) == -1)
		return -1;
	j->state.attempts = j->state.failures = 0;
	j->state.not_before = 0;
	j->state.last_success = time(NULL);
	j->state.last_error[0] = '\0';
	if (state_save(&j->state_file, &j->state, &ignored) == -1)
		warnx("%s: %s", j->handle, ignored.text);
	if (place_remove(&j->saved, &ignored) == -1)
		warnx("%s: %s", j->handle, ignored.text);
	say(1, "%s: installed a certificate that ends on %s", j->handle,
	    clock_text(chain->not_after));
	return 0;
}

/* A chain that was verified and saved, but not installed before the run ended. */
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
	n = install(j, chain, w);
	chain_free(chain);
	return n == 0 ? 1 : -1;
}

/* Files that do not belong together, but of which the full chain is good. */
static int
repair(struct job *j, struct why *w)
{
	if (!j->installed.mixed)
		return 0;
	say(1, "%s: the files do not belong together; written again from %s",
	    j->handle, j->set.path[SET_FULLCHAIN]);
	return install(j, j->installed.chain, w) == 0 ? 1 : -1;
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

enum job_verdict
job_evaluate(struct job *j, int64_t lock_deadline, struct why *w)
{
	const char *reason;
	struct why text;
	int n;

	if (j->broken.text[0] != '\0')
		return why(w, "%s", j->broken.text);
	if (lock_take(&j->lock, lock_deadline, &j->lock_fd, w) == -1 ||
	    state_load(&j->state_file, &j->state, w) == -1 ||
	    place_clean(&j->state_file, w) == -1 || certset_clean(&j->set, w) == -1 ||
	    place_clean(&j->saved, w) == -1 ||
	    certset_read(&j->set, &j->installed, w) == -1 ||
	    (n = recover(j, w)) == -1)
		return JOB_FAILED;
	if (n == 1)
		return JOB_INSTALLED;
	reason = due_reason(&j->installed, &j->names, j->have_key ? j->spki : NULL,
	    time(NULL), &text);
	if (reason == NULL && force)
		reason = "-F";
	if (reason == NULL) {
		if ((n = repair(j, w)) != 0)
			return n == 1 ? JOB_INSTALLED : JOB_FAILED;
		say(1, "%s: nothing to do before the certificate's end on %s",
		    j->handle, clock_text(j->installed.chain->not_after));
		return JOB_UNCHANGED;
	}
	if (held_back(j, w))
		return JOB_FAILED;
	say(1, "%s: due: %s", j->handle, reason);
	return JOB_DUE;
}

int
job_begin(struct job *j, struct why *w)
{
	if (load_roots(w) == -1 || certset_probe(&j->set, w) == -1 ||
	    place_probe(&j->saved, CHAIN_BYTES_MAX, w) == -1)
		return -1;
	/* On the disk before anything is sent, so that a restart loop counts too. */
	j->state.attempts++;
	if (j->state.attempts > FREE_ATTEMPTS)
		j->state.not_before = backoff(j->state.attempts - FREE_ATTEMPTS, time(NULL));
	return state_save(&j->state_file, &j->state, w);
}

void
job_failed(struct job *j, const char *text, int by_ca, uint64_t seconds)
{
	time_t now = time(NULL), until;
	struct why w;

	strlcpy(j->state.last_error, text, sizeof(j->state.last_error));
	if (by_ca) {
		j->state.failures++;
		j->state.not_before = backoff(j->state.failures, now);
		/* The CA may ask for more patience, within the cap of any backoff. */
		until = now + (time_t)(seconds > 86400 ? 86400 : seconds);
		if (until > j->state.not_before)
			j->state.not_before = until;
	}
	if (state_save(&j->state_file, &j->state, &w) == -1)
		warnx("%s: %s", j->handle, w.text);
}

int
job_accept(struct job *j, const char *pem, size_t len, struct why *w)
{
	struct chain *chain = chain_parse(pem, len, w);
	char *clean;
	int by_ca = 1, rc = -1;

	if (chain == NULL || judge(j, chain, w) == -1)
		goto out;
	by_ca = 0;
	clean = chain_pem(chain, 0, SIZE_MAX, &len);
	rc = place_write(&j->saved, clean, len, w);
	free(clean);
	if (rc == 0 && !certset_untouched(&j->set, &j->installed))
		rc = why(w, "its files were changed by someone else during this run and "
		    "are left as they are; the new certificate is in %s, and the next "
		    "run takes the newest", j->saved.path);
	if (rc == 0)
		rc = install(j, chain, w);
out:
	if (rc == -1)
		job_failed(j, w->text, by_ca, 0);
	chain_free(chain);
	return rc;
}
