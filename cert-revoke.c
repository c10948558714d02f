/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Revocation.  A copy of the chain lies in the state directory from before the
 * CA is asked until the outcome was reported, so that the next -r resumes an
 * interrupted run.  Only netproc says that the CA has revoked the certificate,
 * and an attacker in netproc can say that without asking the CA: another copy
 * stays until the netproc of a later -r confirms it.  If this file is wrong, a
 * compromised key is certified again.
 */
#include <stdlib.h>
#include <time.h>

#include "cert.h"

int revokes_as_compromised;

/*
 * Parses a chain that an earlier run has copied; NULL: there is no usable copy.
 */
static struct chain *
load(const struct job *j, const struct stored *p)
{
	struct chain *chain = NULL;
	struct error e;

	if (p->presence == PRESENCE_ABSENT)
		return NULL;
	if (p->presence == PRESENCE_BROKEN)
		say_warning("%s: %s; left as it is", j->handle, p->bytes);
	else if ((chain = chain_parse(p->bytes, p->len, &e)) == NULL)
		say_warning(
		    "%s: %s: %s; left as it is", j->handle, p->path, e.text);
	return chain;
}

/*
 * As load(), but NULL if the chain has expired: CAs do not revoke such chains.
 */
static struct chain *
load_current(const struct job *j, const struct stored *p)
{
	struct chain *chain = load(j, p);

	if (chain == NULL || chain->not_after > time(NULL))
		return chain;
	chain_free(chain);
	return NULL;
}

/*
 * Has fileproc copy the chain, so that an attacker in certproc cannot choose
 * the bytes of what is revoked.
 */
static int
copy_doomed(const struct job *j, enum part to, struct error *e)
{
	return store_copy(j->nr, j->doomed_part, to, e);
}

/*
 * Chooses the certificate to revoke, doomed: the one whose revocation an
 * earlier run has begun, or else the installed one, or else one whose
 * revocation is not confirmed yet.  0 or -1.
 */
static int
choose_doomed(struct job *j, struct error *e)
{
	j->doomed_part = PART_REVOKING;
	if ((j->doomed = load_current(j, &j->revoking)) != NULL) {
		say(0,
		    "%s: going on with the revocation of the certificate in "
		    "%s, which an earlier run began",
		    j->handle, j->revoking.path);
		return 0;
	}
	j->doomed_part = j->installed.part;
	if ((j->doomed = j->installed.chain) != NULL)
		return 0;
	j->doomed_part = PART_REVOKED;
	if ((j->doomed = load_current(j, &j->unconfirmed)) != NULL) {
		say(1,
		    "%s: is the certificate in %s revoked, as an earlier run "
		    "was told?",
		    j->handle, j->unconfirmed.path);
		j->confirming = 1;
		return 0;
	}
	return error_set(e, "there is no certificate to revoke");
}

int
job_begin_revocation(struct job *j, struct error *e)
{
	if ((revokes_as_compromised &&
		copy_doomed(j, PART_COMPROMISED, e) == -1) ||
	    (!j->confirming && copy_doomed(j, PART_REVOKING, e) == -1))
		return -1;
	/*
	 * job_look() has emptied the fingerprint, so that the next renewal
	 * reads the files again, too.
	 */
	return job_save(j, e);
}

int
job_is_doomed(const struct job *j)
{
	return j->installed.chain == NULL ||
	    chain_same_leaf(j->doomed, j->installed.chain);
}

int
job_remove(struct job *j, struct error *e)
{
	/* The copy goes, so that no later -r asks again: remember its leaf. */
	if (j->confirming) {
		chain_fingerprint(j->doomed, j->state->revoked);
		return job_save(j, e);
	}
	if (copy_doomed(j, PART_REVOKED, e) == -1)
		return -1;
	if (!job_is_doomed(j)) {
		say(1, "%s: another certificate is installed by now; it stays",
		    j->handle);
		return 0;
	}
	/*
	 * Until the files are removed, each run treats the certificate as
	 * revoked.
	 */
	chain_fingerprint(j->doomed, j->state->revoked);
	if (job_save(j, e) == -1 || store_remove_set(j->nr, e) == -1 ||
	    store_remove(j->nr, PART_SAVED, e) == -1)
		return -1;
	return store_remove(j->nr, PART_STATE, e);
}

void
job_key_burnt(struct job *j)
{
	if (j->installed.chain != NULL)
		chain_fingerprint(j->installed.chain, j->state->revoked);
	job_refuse_key(j, j->doomed->spki);
}

int
job_live_key_is_compromised(struct job *j)
{
	struct chain *chain = load(j, &j->compromised);
	int compromised = chain != NULL &&
	    chain_is_for(chain, j->keys.have_current, j->keys.current);

	chain_free(chain);
	return compromised;
}

enum job_verdict
revocation_evaluate(struct job *j, int64_t lock_deadline, struct error *e)
{
	if (job_look(j, lock_deadline, e) == -1 || choose_doomed(j, e) == -1)
		return JOB_FAILED;
	return JOB_DUE;
}
