/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Completes what an interrupted run has begun.  A verified chain lies in the
 * state directory from before the first file is replaced until exit status 0
 * has reported its installation.  If this file is wrong, an interrupted run
 * loses the only certificate of a key, or no server is reloaded.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"

/* Is this the hash of the PEM text of these certificates? */
static int
is_hash_of(
    const uint8_t hash[SPKI_HASH_LEN], const struct chain *chain, size_t to)
{
	uint8_t other[SPKI_HASH_LEN];
	size_t len;
	char *pem = chain_pem(chain, 0, to, &len);

	if (!EVP_Digest(pem, len, other, NULL, EVP_sha256(), NULL))
		errx(1, "SHA-256 failed");
	free(pem);
	return memcmp(hash, other, sizeof(other)) == 0;
}

int
combined_is_old(const struct job *j)
{
	const struct installed *in = &j->installed;

	if (!j->combined || in->chain == NULL)
		return 0;
	if (!j->keys.have_combined)
		return 1;
	/*
	 * If the certificate files hold only the leaf, compare only the leaf in
	 * the combined file.
	 */
	return in->complete ?
	    !is_hash_of(j->keys.combined, in->chain, SIZE_MAX) :
	    !is_hash_of(j->keys.combined_leaf, in->chain, 1);
}

int
repair(struct job *j)
{
	if (!j->installed.complete ||
	    (!j->installed.mixed && !combined_is_old(j)))
		return 0;
	say(1, "%s: the files do not belong together; written again from %s",
	    j->handle,
	    j->path[PART_FULLCHAIN] != NULL ? j->path[PART_FULLCHAIN] :
					      j->path[PART_CERT]);
	j->chosen = j->installed.chain;
	return 1;
}

int
job_has_in_place(const struct job *j, const struct chain *chain)
{
	return chain_is_for(chain, j->keys.have_current, j->keys.current) &&
	    installed_holds(&j->installed, j->path, chain) &&
	    (!j->combined ||
		(j->keys.have_combined &&
		    is_hash_of(j->keys.combined, chain, SIZE_MAX)));
}

/*
 * The reason why this chain will never be of use, whatever the clock, the roots
 * or the CA; NULL: it may be of use.
 */
static const char *
useless(const struct job *j, const struct chain *chain)
{
	const struct job_keys *k = &j->keys;
	int live = chain_is_for(chain, k->have_current, k->current);
	struct error ignored;
	char leaf[FINGERPRINT_LEN];

	/* Keep the chain if it is the only certificate for the live key. */
	if (live &&
	    (j->installed.chain == NULL ||
		!chain_is_for(j->installed.chain, k->have_current, k->current)))
		return NULL;
	if (k->have_current && !live &&
	    !chain_is_for(chain, k->have_next, k->next))
		return "it is for a key that is not here any more";
	if (!chain_names_equal(chain, &j->names))
		return "it is for other names";
	/*
	 * The chain that -B puts back usually expires before the installed one;
	 * keep it.
	 */
	chain_fingerprint(chain, leaf);
	if (live && strcmp(leaf, j->state->put_back) != 0 &&
	    chain_names_equal(j->installed.chain, &j->names) &&
	    chain->not_after < j->installed.chain->not_after &&
	    origin_changed(j, &ignored) == CHANGED_NOTHING)
		return "the installed certificate ends later";
	return NULL;
}

/* An earlier run has installed this chain, and was not able to report that. */
static void
take_unreported(struct job *j, const struct chain *chain)
{
	say(1,
	    "%s: an earlier run has installed its files, but did not come to "
	    "report that",
	    j->handle);
	j->changed = 1;
	job_was_installed(j, chain);
}

/* Parses the saved chain; NULL: there is none. */
static struct chain *
load_saved(struct job *j)
{
	struct chain *chain;
	struct error e;

	if (j->saved.presence == PRESENCE_BROKEN)
		say_warning("%s: %s; left as it is", j->handle, j->saved.bytes);
	if (j->saved.presence != PRESENCE_BYTES)
		return NULL;
	chain = chain_parse(j->saved.bytes, j->saved.len, &e);
	if (chain == NULL)
		job_forget(j, e.text);
	return chain;
}

int
recover_waits(const struct job *j)
{
	struct chain *chain = stored_chain(&j->saved);
	int waits = chain != NULL && !job_has_in_place(j, chain);

	chain_free(chain);
	return waits;
}

struct chain *
recover_waiting(struct job *j)
{
	struct chain *chain = stored_chain(&j->saved);

	if (chain == NULL || !job_has_in_place(j, chain))
		return chain;
	take_unreported(j, chain);
	chain_free(chain);
	return NULL;
}

int
recover(struct job *j)
{
	struct chain *chain = load_saved(j);
	const char *reason;
	struct error e;

	if (chain == NULL)
		return 0;
	if (job_has_in_place(j, chain))
		take_unreported(j, chain);
	else if ((reason = useless(j, chain)) != NULL)
		job_forget(j, reason);
	else if (job_verify(j, chain, &e) == 0) {
		say(1, "%s: installing what an earlier run had obtained",
		    j->handle);
		j->chosen = chain;
		return 1;
	} else
		say_warning(
		    "%s: the certificate that an earlier run obtained cannot "
		    "be installed now: %s; it is kept in %s",
		    j->handle, e.text, j->saved.path);
	chain_free(chain);
	return 0;
}
