/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Where and how the installed certificate was obtained.  If this is wrong, an
 * untrusted certificate counts as good, or a certificate is obtained again and
 * again: a reason that is found here must be gone after a successful renewal.
 */
#include <stdio.h>
#include <string.h>

#include "cert.h"

#define COPY(to, text) copy(to, sizeof(to), text)

/*
 * Copies a text as a state file stores it: visible, and always cut at the same
 * length.
 */
static void
copy(char *to, size_t size, const char *text)
{
	say_safe(to, size, text == NULL ? "" : text,
	    text == NULL ? 0 : strlen(text));
}

static void
configured(const struct job *j, struct origin *o)
{
	memset(o, 0, sizeof(*o));
	COPY(o->directory, j->directory);
	COPY(o->profile, j->profile);
	COPY(o->preferred, j->preferred);
}

/*
 * Writes "=" and the configured group, or "=" alone if there is none; "" if the
 * group is not known.
 */
static void
configured_group(const struct job *j, char out[GROUP_MAX])
{
	char name[GROUP_MAX - 1];

	COPY(name, j->group);
	snprintf(out, GROUP_MAX, "=%s", name);
}

void
origin_load_state(
    struct job *j, const char *record, size_t len, const char *whose)
{
	struct state *s = j->state;
	struct origin now;

	state_parse(record, len, whose, &j->names, s);
	configured(j, &now);
	/* An attempt that failed for another order says nothing about this. */
	if (s->attempt.directory[0] != '\0' &&
	    (strcmp(s->attempt.directory, now.directory) != 0 ||
		strcmp(s->attempt.profile, now.profile) != 0))
		state_forget_errors(s);
}

/* Is it known how the installed certificate was obtained? */
static int
is_known(const struct job *j)
{
	char leaf[FINGERPRINT_LEN];

	chain_fingerprint(j->installed.chain, leaf);
	return strcmp(j->state->obtained.leaf, leaf) == 0;
}

/*
 * Does the chain end at the preferred root?  Then it does not matter how it was
 * obtained.
 */
static int
ends_as_preferred(const struct job *j)
{
	const struct chain *chain = j->installed.chain;
	char top[128];

	if (j->preferred == NULL || !j->installed.complete)
		return 0;
	chain_issuer(chain, sk_X509_num(chain->certs) - 1, top, sizeof(top));
	return strcmp(top, j->preferred) == 0;
}

static enum changed
compare(const struct job *j, struct error *e)
{
	const struct origin *was = &j->state->obtained;
	struct origin now;

	configured(j, &now);
	if (strcmp(was->directory, now.directory) != 0) {
		error_set(e,
		    "it was obtained from %s, not from the authority's %s",
		    was->directory, now.directory);
		return CHANGED_AUTHORITY;
	}
	if (strcmp(was->profile, now.profile) != 0) {
		error_set(e, "it was obtained with %s%s, not with %s%s",
		    was->profile[0] == '\0' ? "no profile" : "profile ",
		    was->profile, now.profile[0] == '\0' ? "none" : "profile ",
		    now.profile);
		return CHANGED_OTHERWISE;
	}
	if (strcmp(was->preferred, now.preferred) != 0 &&
	    !ends_as_preferred(j)) {
		error_set(e,
		    "the preferred chain has changed from '%s' to '%s'",
		    was->preferred, now.preferred);
		return CHANGED_OTHERWISE;
	}
	return CHANGED_NOTHING;
}

enum changed
origin_changed(const struct job *j, struct error *e)
{
	enum changed changed;

	if (j->installed.chain == NULL)
		return CHANGED_NOTHING;
	if (is_known(j) && (changed = compare(j, e)) != CHANGED_NOTHING)
		return changed;
	if (job_trusts_installed(j, e) == 0)
		return CHANGED_AUTHORITY;
	if (!chain_key_fits(j->installed.chain, &j->key_spec)) {
		error_set(
		    e, "its key is of another type or size than configured");
		return CHANGED_OTHERWISE;
	}
	return CHANGED_NOTHING;
}

int
origin_is_configured(const struct job *j)
{
	struct error ignored;

	return is_known(j) && compare(j, &ignored) == CHANGED_NOTHING;
}

int
origin_group_changed(const struct job *j)
{
	char now[GROUP_MAX];

	configured_group(j, now);
	return j->state->group[0] != '\0' && strcmp(j->state->group, now) != 0;
}

int
origin_takes_group_back(const struct job *j)
{
	return j->group == NULL && j->state->group[0] == '=' &&
	    j->state->group[1] != '\0';
}

void
origin_attempt(struct job *j)
{
	configured(j, &j->state->attempt);
}

void
origin_grouped(struct job *j)
{
	if (!j->ungrouped)
		configured_group(j, j->state->group);
}

int
origin_installed(struct job *j, const struct chain *chain)
{
	char leaf[FINGERPRINT_LEN];

	chain_fingerprint(chain, leaf);
	if (strcmp(j->state->obtained.leaf, leaf) == 0)
		return 0;
	j->state->obtained = j->state->attempt;
	/*
	 * An earlier version of acme-client, which did not store the origin,
	 * has made the attempt.
	 */
	if (j->state->attempt.directory[0] != '\0')
		strlcpy(j->state->obtained.leaf, leaf,
		    sizeof(j->state->obtained.leaf));
	return 1;
}

void
origin_confirm(struct job *j)
{
	origin_grouped(j);
	configured(j, &j->state->obtained);
	chain_fingerprint(j->installed.chain, j->state->obtained.leaf);
}
