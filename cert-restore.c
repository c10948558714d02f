/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * -B: makes the files that fileproc keeps, one generation of them, and the key
 * that csrproc keeps live again.  The chosen chain is saved and installed like
 * one from the CA.  If this is wrong, an untrusted certificate is installed, or
 * one without its key.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert.h"

/*
 * Verifies a leaf that fileproc keeps without its intermediates, so that it
 * leads to no root.
 */
static int
verify_leaf(const struct job *j, const struct chain *kept, struct error *e)
{
	const struct job_keys *k = &j->keys;

	return chain_verify(kept, &j->names,
	    chain_is_for(kept, k->have_next, k->next) ? k->next : k->current,
	    NULL, time(NULL), e);
}

/* May the kept chain be put back?  0, or -1 with the reason. */
static int
check_kept(const struct job *j, const struct installed *kept, struct error *e)
{
	const struct job_keys *k = &j->keys;
	const struct chain *chain = kept->chain;
	int leaf_only = j->path[PART_CHAIN] == NULL &&
	    j->path[PART_FULLCHAIN] == NULL && !j->combined;

	if (!chain_is_for(chain, k->have_current, k->current) &&
	    !chain_is_for(chain, k->have_next, k->next))
		return error_set(e,
		    "the kept certificate is for another key than the live one "
		    "and the one before it");
	if (job_check_revoked(j, chain, "the key of the kept certificate",
		"the kept certificate", e) == -1)
		return -1;
	if (!chain_key_fits(chain, &j->key_spec))
		return error_set(e,
		    "the key of the kept certificate is of another type or "
		    "size than configured: the next renewal would replace it "
		    "at once");
	if (kept->complete)
		return job_verify(j, chain, e);
	if (!leaf_only)
		return error_set(e, "the kept files do not belong together");
	return verify_leaf(j, chain, e);
}

/*
 * Judges the files that fileproc has kept, once the keys and the installed
 * files are known; here the next key is the one before the live key.  1: the
 * kept chain is chosen to be installed; 0: nothing is kept but what is
 * installed; -1: it may not be installed, with the reason.
 */
static int
choose_kept(struct job *j, struct error *e)
{
	struct stored parts[PART_SET__MAX];
	struct installed kept;
	int rc;

	if (recover_waits(j))
		return error_set(e,
		    "the certificate in %s, from an earlier run, is not in "
		    "place yet; first, a run without -B must install it",
		    j->saved.path);
	if (store_read_kept(j->nr, parts, e) == -1 ||
	    installed_read(&kept, j->path, parts, e) == -1)
		return -1;
	if (kept.chain == NULL ||
	    chain_same_leaf(kept.chain, j->installed.chain)) {
		say(0,
		    "%s: no other certificate is kept than the installed one",
		    j->handle);
		installed_free(&kept);
		return 0;
	}
	if ((rc = check_kept(j, &kept, e)) == 0) {
		j->chosen = kept.chain;
		kept.chain = NULL;
		rc = 1;
	}
	installed_free(&kept);
	return rc;
}

enum job_verdict
restoration_evaluate(struct job *j, int64_t lock_deadline, struct error *e)
{
	int found;

	if (job_look(j, lock_deadline, e) == -1 ||
	    (found = choose_kept(j, e)) == -1)
		return JOB_FAILED;
	return found ? job_take_over(j, "putting back", e) : JOB_UNCHANGED;
}
