/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * One certificate from its order to its installation: the verdict, and the
 * sequence in which state, saved chain and files change, so that a run that is
 * interrupted anywhere loses nothing.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cert.h"
#include "clock.h"
#include "role.h"

/* The number of interrupted attempts before one counts as a failure. */
#define FREE_ATTEMPTS 3

static int force;
static time_t run_began;

void
job_rules(int forced)
{
	force = forced;
	run_began = time(NULL);
}

/* Moves a part, and leaves the source empty. */
static void
move(struct stored *to, struct stored *from)
{
	stored_free(to);
	*to = *from;
	memset(from, 0, sizeof(*from));
}

int
job_take(struct job *j, struct stored parts[PART_JOB__MAX], struct error *e)
{
	struct stored *state = &parts[PART_STATE];
	int i, rc, readable = state->presence == PRESENCE_BYTES;

	j->has_state = state->path != NULL;
	if (state->presence == PRESENCE_BROKEN)
		say_warning("%s: damaged, started anew", state->bytes);
	origin_load_state(
	    j, readable ? state->bytes : NULL, state->len, state->path);
	move(&j->saved, &parts[PART_SAVED]);
	move(&j->revoking, &parts[PART_REVOKING]);
	move(&j->compromised, &parts[PART_COMPROMISED]);
	move(&j->unconfirmed, &parts[PART_REVOKED]);
	j->pending = parts[PART_CHANGED].presence == PRESENCE_BYTES;
	rc = installed_read(&j->installed, j->path, parts, e);
	for (i = 0; i < PART_JOB__MAX; i++)
		stored_free(&parts[i]);
	return rc;
}

int
job_save(const struct job *j, struct error *e)
{
	char *record = state_encode(j->state);
	int rc = store_write(j->nr, PART_STATE, record, strlen(record), e);

	free(record);
	return rc;
}

/* The parts that fileproc can remove after the run has been reported. */
static uint64_t
forgettable(const struct job *j)
{
	if (!j->changed)
		return 0;
	if (role_mode != MODE_REVOKE)
		return 1u << PART_SAVED;
	return 1u << PART_REVOKING | (j->confirming ? 1u << PART_REVOKED : 0) |
	    (revokes_as_compromised && !j->key_stays ? 1u << PART_COMPROMISED :
						       0);
}

void
job_close(struct job *j)
{
	if (j->locked)
		store_close(j->nr, forgettable(j));
	j->locked = 0;
	free(j->record);
	j->record = NULL;
	if (j->chosen != j->installed.chain)
		chain_free(j->chosen);
	if (j->doomed != j->installed.chain)
		chain_free(j->doomed);
	installed_free(&j->installed);
	j->doomed = j->chosen = NULL;
	stored_free(&j->saved);
	stored_free(&j->revoking);
	stored_free(&j->compromised);
	stored_free(&j->unconfirmed);
	free(j->offered);
	j->offered = NULL;
	free(j->certid);
	free(j->status_url);
	free(j->status);
	j->certid = j->status_url = NULL;
	j->status = NULL;
}

int
job_forced(void)
{
	return force;
}

void
job_new_state(struct job *j)
{
	if ((j->state = calloc(1, sizeof(*j->state))) == NULL)
		err(1, NULL);
}

void
job_set_unchanged(struct job *j)
{
	static struct state at_rest;

	free(j->record);
	j->record = NULL;
	free(j->state);
	j->state = &at_rest;
}

int
job_trusts_installed(const struct job *j, struct error *e)
{
	const struct chain *chain = j->installed.chain;
	const struct roots *roots;
	time_t now = time(NULL);
	int anchor;

	if (j->is_as_seen)
		return 1;
	/* certproc cannot verify a leaf without its intermediates. */
	if (!j->installed.complete || !anchors_known(j->anchors, &roots) ||
	    roots == NULL)
		return -1;
	/* An expired certificate is renewed because it has expired. */
	return path_verify(chain, roots,
		   now < chain->not_after ? now : chain->not_after, &anchor,
		   e) == 0;
}

/* Is the installed certificate for the job's names and its live key? */
static int
still_ours(const struct job *j)
{
	return j->installed.chain != NULL &&
	    chain_names_equal(j->installed.chain, &j->names) &&
	    memcmp(j->installed.chain->spki, j->keys.current, SPKI_HASH_LEN) ==
	    0;
}

int
job_needs_next_key(const struct job *j)
{
	return chain_is_for(j->chosen, j->keys.have_next, j->keys.next) &&
	    !chain_is_for(j->chosen, j->keys.have_current, j->keys.current);
}

/*
 * Does the chain expire earlier than the installed one, without a reason?
 * Another authority or profile may mean a shorter validity; a key that is not
 * live yet has no installed certificate.
 */
static int
ends_early(const struct job *j, const struct chain *chain)
{
	struct error ignored;

	return still_ours(j) &&
	    chain_is_for(chain, j->keys.have_current, j->keys.current) &&
	    chain->not_after < j->installed.chain->not_after &&
	    origin_changed(j, &ignored) == CHANGED_NOTHING;
}

/* Is the leaf the same as in this copy, which fileproc keeps? */
static int
is_copied(const struct stored *copy, const struct chain *chain)
{
	struct chain *copied = stored_chain(copy);
	int is = chain_same_leaf(chain, copied);

	chain_free(copied);
	return is;
}

int
job_was_revoked(const struct job *j, const struct chain *chain)
{
	char leaf[FINGERPRINT_LEN];

	chain_fingerprint(chain, leaf);
	return is_copied(&j->revoking, chain) ||
	    is_copied(&j->unconfirmed, chain) ||
	    (j->installed.chain == NULL &&
		strcmp(j->state->revoked, leaf) == 0);
}

int
job_is_for_compromised_key(const struct job *j, const struct chain *chain)
{
	struct chain *copied = stored_chain(&j->compromised);
	int was = copied != NULL && chain_is_for(chain, 1, copied->spki);

	chain_free(copied);
	return was;
}

int
job_check_revoked(const struct job *j, const struct chain *chain,
    const char *key, const char *cert, struct error *e)
{
	if (job_is_for_compromised_key(j, chain))
		return error_set(
		    e, "%s is compromised, as -R keyCompromise said", key);
	if (job_was_revoked(j, chain))
		return error_set(
		    e, "%s is revoked, or was to be, by an earlier -r", cert);
	return 0;
}

int
job_is_older(const struct job *j, const struct chain *chain, int alike)
{
	time_t began = j->installed.chain->not_before, now = time(NULL);

	if (began > now)
		began = now;
	return chain->not_before <
	    began - (alike ? BACKDATED_ALIKE : BACKDATED);
}

/*
 * Was the chain issued for this order?  An attacker in netproc can present an
 * earlier one, also with -F.
 */
static int
check_new(const struct job *j, const struct chain *chain, struct error *e)
{
	const struct chain *in = j->installed.chain;

	if (job_was_revoked(j, chain))
		return error_set(e,
		    "the CA handed out the certificate that an earlier -r has "
		    "revoked, or was to revoke");
	if (in == NULL)
		return 0;
	if (chain_same_leaf(chain, in))
		return error_set(e,
		    "the CA handed out the certificate that is installed "
		    "already");
	if (!job_is_older(j, chain, origin_is_configured(j)))
		return 0;
	return error_set(e,
	    "the certificate from the CA is older than the installed one: it "
	    "begins on %s, and that one on %s",
	    clock_text(chain->not_before), clock_text(in->not_before));
}

int
job_verify(const struct job *j, const struct chain *chain, struct error *e)
{
	const struct job_keys *k = &j->keys;
	const uint8_t *key = chain_is_for(chain, k->have_next, k->next) ?
	    k->next :
	    k->current;
	const struct roots *roots;

	if (!k->have_current && !k->have_next)
		return error_set(e, "there is no key for this certificate");
	if (anchors_load(j->anchors, &roots, e) == -1)
		return -1;
	return chain_verify(chain, &j->names, key, roots, time(NULL), e);
}

/* May a chain from the CA be installed?  0, or -1 with the reason. */
static int
check_chain(const struct job *j, const struct chain *chain, struct error *e)
{
	if (job_verify(j, chain, e) == -1 || check_new(j, chain, e) == -1)
		return -1;
	return (force && !j->resumed) || !ends_early(j, chain) ?
	    0 :
	    error_set(e,
		"the certificate from the CA ends on %s, before the installed "
		"one; -F would install it all the same",
		clock_text(chain->not_after));
}

void
job_say_foreign(char *out, size_t outsz, const char *text)
{
	say_safe(out, outsz, text, strlen(text));
	if (strncmp(out, NO_TRUSTED_ROOT, strlen(NO_TRUSTED_ROOT)) == 0)
		out[0] = 'T';
}

/* Was the last error that a chain did not lead to a trusted root? */
static int
was_untrusted(const struct job *j)
{
	return strncmp(j->state->last_error, NO_TRUSTED_ROOT,
		   strlen(NO_TRUSTED_ROOT)) == 0;
}

/*
 * Checks the roots before an order: a certificate that cannot be installed
 * counts against the CA's limits all the same.
 */
static int
check_roots(const struct job *j, struct error *e)
{
	struct error ignored;

	if (force || !anchors_lacking(j->anchors) ||
	    (j->installed.chain != NULL &&
		job_trusts_installed(j, &ignored) != 0) ||
	    !was_untrusted(j))
		return 0;
	return error_set(e,
	    "nothing is ordered, as the last certificate led to no trusted "
	    "root: name this authority's root with 'root file', or say 'root "
	    "any'; -F orders all the same");
}

int
job_begin(struct job *j, struct error *e)
{
	const struct roots *roots;

	if (check_roots(j, e) == -1 ||
	    anchors_load(j->anchors, &roots, e) == -1 ||
	    store_probe(j->nr, e) == -1)
		return -1;
	j->began_ms = clock_ms();
	/*
	 * The attempt is on the disk before netproc sends anything, so that
	 * attempts which a restart loop cuts short count, too.
	 */
	j->state->attempts++;
	origin_attempt(j);
	j->state->began = time(NULL);
	j->state->forced = j->only_forced;
	/*
	 * At most one renewal a day follows the CA's early suggestion.  Only a
	 * successful one counts; after a failed one, the backoff applies.
	 */
	j->state->early_tried = j->suggested ? run_began : 0;
	if (j->state->attempts > FREE_ATTEMPTS)
		j->state->not_before = backoff_or(
		    j->state->attempts - FREE_ATTEMPTS, time(NULL),
		    j->state->life.not_after, 0, run_began);
	return job_save(j, e);
}

enum choice
job_save_chosen(struct job *j, struct error *e)
{
	char *pem;
	size_t len;
	int rc;

	if (j->chosen == NULL)
		return CHOICE_NONE;
	pem = chain_pem(j->chosen, 0, SIZE_MAX, &len);
	rc = store_write(j->nr, PART_SAVED, pem, len, e);
	free(pem);
	return rc == 0 ? CHOICE_SAVED : CHOICE_UNSAVED;
}

enum job_verdict
job_take_over(struct job *j, const char *what, struct error *e)
{
	if (store_probe(j->nr, e) == -1)
		return JOB_FAILED;
	/*
	 * put_back tells the next run that this chain is wanted, although the
	 * installed one may expire later.
	 */
	chain_fingerprint(j->chosen, j->state->put_back);
	if (job_save(j, e) == -1 || job_save_chosen(j, e) != CHOICE_SAVED)
		return JOB_FAILED;
	say(1, "%s: %s the certificate that ends on %s", j->handle, what,
	    clock_text(j->chosen->not_after));
	return JOB_INSTALL;
}

/*
 * Checks that a chain is complete.  One that is cut between two certificates
 * does not lead to a root; without roots, nobody would notice.
 */
static int
check_whole(const struct job *j, int unframed, struct error *e)
{
	if (!unframed || !anchors_any(j->anchors))
		return 0;
	return error_set(e,
	    "the CA's server does not say where the chain ends (neither "
	    "Content-Length nor chunks), and with 'root any' it may have been "
	    "cut; name the CA's root with 'root file'");
}

enum choice
job_choose(
    struct job *j, const char *pem, size_t len, int unframed, struct error *e)
{
	struct chain *chain = chain_parse(pem, len, e);
	char top[128];

	j->for_another = chain != NULL && chain_names_equal(chain, &j->names) &&
	    !chain_is_for(chain, j->keys.have_current, j->keys.current) &&
	    !chain_is_for(chain, j->keys.have_next, j->keys.next);
	if (chain == NULL || check_whole(j, unframed, e) == -1 ||
	    check_chain(j, chain, e) == -1 ||
	    (j->resumed && order_worth(j, chain, e) == -1)) {
		chain_free(chain);
		return j->preferred != NULL ? CHOICE_OPEN : CHOICE_NONE;
	}
	chain_issuer(chain, sk_X509_num(chain->certs) - 1, top, sizeof(top));
	if (j->preferred != NULL && strcmp(top, j->preferred) != 0) {
		say(1, "%s: a chain to '%s', not to '%s'", j->handle, top,
		    j->preferred);
		if (j->chosen == NULL)
			j->chosen = chain;
		else
			chain_free(chain);
		return CHOICE_OPEN;
	}
	chain_free(j->chosen);
	j->chosen = chain;
	return job_save_chosen(j, e);
}

static void
took(struct job *j)
{
	if (j->began_ms != 0)
		j->state->took_ms = (long)(clock_ms() - j->began_ms);
}

static void
succeeded(struct job *j, const struct chain *chain, time_t when)
{
	state_forget_errors(j->state);
	j->state->last_success = when;
	if (j->state->early_tried != 0)
		j->state->early = j->state->early_tried;
	j->state->early_tried = 0;
	j->state->revoked[0] = j->state->refused_key[0] = '\0';
	j->state->put_back[0] = '\0';
	j->state->fingerprint[0] = j->state->order[0] = '\0';
	renewal_life(chain, &j->state->life);
	renewal_installed(j->state, &j->state->life, time(NULL));
}

void
job_was_installed(struct job *j, const struct chain *chain)
{
	time_t when = j->state->began != 0 ? j->state->began : time(NULL);

	if (origin_installed(j, chain))
		succeeded(j, chain, when);
}

/* Will the chain still lead to a root of this authority at this time? */
static int
leads_to_root_at(const struct job *j, const struct chain *c, time_t when)
{
	const struct roots *roots;
	struct error ignored;
	int anchor;

	return anchors_load(j->anchors, &roots, &ignored) == 0 &&
	    path_verify(c, roots, when, &anchor, &ignored) == 0;
}

/*
 * Warns if an issuer in the chain ends before the leaf, which is of no use from
 * then on.  An issuer behind an anchor may end.
 */
static void
warn_of_issuers(const struct job *j)
{
	const struct chain *c = j->chosen;
	time_t end, first = c->not_after;
	int i, nth = 0;

	for (i = 1; i < sk_X509_num(c->certs); i++) {
		end = asn1_time(X509_get0_notAfter(sk_X509_value(c->certs, i)));
		if (end >= first || leads_to_root_at(j, c, end + 1))
			continue;
		first = end;
		nth = i;
	}
	if (nth > 0)
		say_warning(
		    "%s: the certificate ends on %s, but certificate %d of its "
		    "chain on %s: clients may refuse both from then on",
		    j->handle, clock_text(c->not_after), nth + 1,
		    clock_text(first));
}

void
job_installed(struct job *j)
{
	struct error e;

	took(j);
	succeeded(j, j->chosen, time(NULL));
	/*
	 * If the installed chain was chosen, only its files were written again.
	 */
	if (j->chosen != j->installed.chain)
		origin_installed(j, j->chosen);
	/* With -B and -i csrproc regroups only a key that it makes live. */
	if (role_mode == MODE_RENEW)
		origin_grouped(j);
	if (job_save(j, &e) == -1)
		warnx("%s: %s", j->handle, e.text);
	j->changed = 1;
	say(1, "%s: installed a certificate that ends on %s", j->handle,
	    clock_text(j->chosen->not_after));
	warn_of_issuers(j);
}

void
job_refuse_key(struct job *j, const uint8_t key[SPKI_HASH_LEN])
{
	struct error e;

	hash_hex(key, j->state->refused_key);
	if (job_save(j, &e) == -1)
		warnx("%s: %s", j->handle, e.text);
}

int
job_is_refused_key(
    const struct job *j, int have, const uint8_t key[SPKI_HASH_LEN])
{
	char hex[FINGERPRINT_LEN];

	if (!have)
		return 0;
	hash_hex(key, hex);
	return strcmp(hex, j->state->refused_key) == 0;
}

/*
 * Remembers the error, or rather its cause, if csrproc or chngproc has reported
 * one; other processes know only that the request failed.
 */
static void
remember_error(struct job *j, const char *text, enum failure class)
{
	if (class == FAILURE_LOCAL && j->error.text[0] != '\0')
		text = j->error.text;
	j->state->began = 0;
	j->state->forced = j->only_forced;
	j->state->error_class = class;
	say_shorten(j->state->last_error, sizeof(j->state->last_error), text);
}

void
job_failed(struct job *j, const char *text, enum failure class,
    uint64_t seconds, time_t until)
{
	struct error e;

	took(j);
	remember_error(j, text, class);
	if (class != FAILURE_LOCAL) {
		j->state->failures++;
		j->state->not_before = backoff_or(j->state->failures,
		    time(NULL), j->state->life.not_after, seconds, run_began);
		if (until > j->state->not_before)
			j->state->not_before = until;
	}
	if (job_save(j, &e) == -1)
		warnx("%s: %s", j->handle, e.text);
}

void
job_prevented(struct job *j, const char *text, enum failure class)
{
	struct error e;

	/* check_roots() depends on the old error, which is also the cause. */
	if (!was_untrusted(j))
		remember_error(j, text, class);
	/* The full disk may itself be the reason why there was no attempt. */
	if (job_save(j, &e) == -1)
		say(1, "%s: %s", j->handle, e.text);
}

void
job_fine(struct job *j)
{
	struct error e;

	if (state_forget_errors(j->state) && job_save(j, &e) == -1)
		say(1, "%s: %s", j->handle, e.text);
}

void
job_forget(struct job *j, const char *reason)
{
	struct error e;

	say(1, "%s: %s: %s; removed", j->handle, j->saved.path, reason);
	if (store_remove(j->nr, PART_SAVED, &e) == -1)
		warnx("%s: %s", j->handle, e.text);
}
