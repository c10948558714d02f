/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * -i: judges a chain that another machine has obtained, as if the CA had sent
 * it.  It may come from a place that an attacker owns, who can offer anything
 * that was ever issued for this key and these names.  If this is wrong, an
 * untrusted certificate is installed, or a good one is replaced by an earlier
 * one.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert.h"
#include "clock.h"

void
cert_offer(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	const uint8_t *bytes = msg_get_buf(m, &j->offered_len);

	msg_end(m);
	if ((j->offered = malloc(j->offered_len + 1)) == NULL)
		err(1, NULL);
	memcpy(j->offered, bytes, j->offered_len);
	j->offered[j->offered_len] = '\0';
}

/* Refuses a chain that is recorded as revoked, or its key as compromised. */
static int
check_records(const struct job *j, const struct chain *chain, struct error *e)
{
	if (job_check_revoked(j, chain, "its key", "it", e) == -1)
		return -1;
	if (j->revoked && chain_same_leaf(chain, j->installed.chain))
		return error_set(
		    e, "the CA has revoked it, as an earlier run found");
	return 0;
}

/* Is there an installed certificate that servers can use now? */
static int
installed_is_good(const struct job *j)
{
	const struct chain *in = j->installed.chain;
	struct error ignored;

	return in != NULL && chain_names_equal(in, &j->names) &&
	    chain_is_for(in, j->keys.have_current, j->keys.current) &&
	    in->not_after > time(NULL) && !j->revoked &&
	    !job_is_for_compromised_key(j, in) && !job_was_revoked(j, in) &&
	    job_trusts_installed(j, &ignored) != 0;
}

/* Is its leaf installed already, by whole files that servers can use? */
static int
is_installed_and_good(const struct job *j, const struct chain *chain)
{
	return chain_same_leaf(chain, j->installed.chain) &&
	    installed_is_good(j) && j->installed.complete &&
	    !j->installed.mixed && !combined_is_old(j);
}

/* When the leaf or another certificate that is valid now ends first. */
static time_t
ends(const struct chain *c)
{
	time_t first = c->not_after, to, now = time(NULL);
	int i;

	for (i = 1; i < sk_X509_num(c->certs); i++) {
		to = asn1_time(X509_get0_notAfter(sk_X509_value(c->certs, i)));
		if (to > now && to < first)
			first = to;
	}
	return first;
}

/*
 * Does it end before the other one?  A leaf may outlive its issuers, and is of
 * no use then.
 */
static int
ends_before(const struct chain *c, const struct chain *other)
{
	return c->not_after < other->not_after && ends(c) <= ends(other);
}

/*
 * Is the chain older than the installed one?  Its owner may hold back what is
 * new, or offer again what was replaced for a good reason.
 */
static int
check_age(const struct job *j, const struct chain *chain, struct error *e)
{
	const struct chain *in = j->installed.chain;
	struct error ignored;
	int changed = origin_changed(j, &ignored) != CHANGED_NOTHING;

	if (!installed_is_good(j) || chain_same_leaf(chain, in))
		return 0;
	if (job_is_older(j, chain, !changed))
		return error_set(e,
		    "it is older than the installed one: it begins on %s, and "
		    "that one on %s; -F would install it all the same",
		    clock_text(chain->not_before), clock_text(in->not_before));
	/* Another authority or profile may mean a shorter validity. */
	if (changed || !ends_before(chain, in))
		return 0;
	return error_set(e,
	    "it ends on %s, before the installed one; -F would install it all "
	    "the same",
	    clock_text(chain->not_after));
}

/* A chain that an earlier run has saved must not be lost for an earlier one. */
static int
check_waiting(const struct job *j, const struct chain *chain,
    const struct chain *waiting, struct error *e)
{
	struct error ignored;

	if (waiting == NULL || chain_same_leaf(chain, waiting) ||
	    !ends_before(chain, waiting) ||
	    job_verify(j, waiting, &ignored) == -1)
		return 0;
	return error_set(e,
	    "it ends on %s, before the one in %s, from an earlier run, which "
	    "is not in place yet; a run without -i sees to that",
	    clock_text(chain->not_after), j->saved.path);
}

/*
 * Is the offered chain to be installed?  1; 0: it is installed already; or -1
 * with the reason why it may not.
 */
static int
is_wanted(const struct job *j, const struct chain *chain,
    const struct chain *waiting, struct error *e)
{
	if (job_has_in_place(j, chain))
		return 0;
	if (job_verify(j, chain, e) == -1 || check_records(j, chain, e) == -1)
		return -1;
	if (job_forced())
		return 1;
	if (is_installed_and_good(j, chain))
		return 0;
	if (check_age(j, chain, e) == -1 ||
	    check_waiting(j, chain, waiting, e) == -1)
		return -1;
	return 1;
}

/* A certificate in DER begins as a SEQUENCE of more than 127 bytes (X.690). */
static int
is_der(const struct job *j)
{
	return j->offered_len > 2 && (uint8_t)j->offered[0] == 0x30 &&
	    ((uint8_t)j->offered[1] & 0x80) != 0;
}

/*
 * Judges the offered chain, once the keys and the installed files are known.
 * 1: it is chosen to be installed; 0: it is installed already; -1: it may not
 * be installed, with the reason.
 */
static int
choose_offered(struct job *j, struct error *e)
{
	struct chain *chain, *waiting;
	int rc;

	if (j->offered == NULL)
		errx(1, "CERT_KEY before CERT_OFFER");
	if (is_der(j))
		return error_set(e,
		    "this is DER, not PEM; convert each certificate, the leaf "
		    "first: openssl x509 -inform DER -in FILE");
	if ((chain = chain_parse(j->offered, j->offered_len, e)) == NULL)
		return -1;
	waiting = recover_waiting(j);
	if ((rc = is_wanted(j, chain, waiting, e)) == 1)
		j->chosen = chain;
	else
		chain_free(chain);
	chain_free(waiting);
	if (rc == 0)
		say(1, "%s: the certificate is installed already", j->handle);
	return rc;
}

enum job_verdict
offer_evaluate(struct job *j, int64_t lock_deadline, struct error *e)
{
	struct error reason;
	int found;

	if (job_look(j, lock_deadline, e) == -1)
		return JOB_FAILED;
	if ((found = choose_offered(j, &reason)) == -1) {
		error_set(e, "the chain is refused: %s", reason.text);
		return JOB_FAILED;
	}
	if (!found) {
		/* An earlier run may have installed it without saving that. */
		if (j->changed && job_save(j, &reason) == -1)
			warnx("%s: %s", j->handle, reason.text);
		return JOB_UNCHANGED;
	}
	/* The configuration of now counts as that by which it was obtained. */
	origin_attempt(j);
	/* Nothing was asked about this certificate yet. */
	j->state->status_ask = 0;
	return job_take_over(j, "installing", e);
}
