/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* -K, -U, -D and -t: what is done about the account at one authority. */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"

#define NAMED_MOST 5 /* The most handles that a message lists. */

void
account_refuse_shared(const struct conf *conf, const struct authority *a)
{
	const struct authority *other = conf_sharer(conf, a);

	if (other != NULL)
		errx(1,
		    "-K %s: authority %s has the same account key, %s; give "
		    "one of them an 'account key' of its own first, with which "
		    "its next run registers a new account",
		    a->name, other->name, a->account_key);
}

void
account_confirm_deactivation(const char *name)
{
	char line[256];

	if (!isatty(STDIN_FILENO))
		errx(1,
		    "-D %s: deactivates the account for good; confirm with -F, "
		    "or on a terminal",
		    name);
	fprintf(stderr,
	    "This deactivates the account at %s for good; certificates stay "
	    "valid, but "
	    "can no longer be\nrenewed or revoked with it.  Type the "
	    "authority's name to go on: ",
	    name);
	if (fgets(line, sizeof(line), stdin) == NULL)
		errx(1, "nothing was done");
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, name) != 0)
		errx(1, "'%s' is not %s: nothing was done", line, name);
}

/*
 * Lists for a message the handles whose web servers are configured with the
 * thumbprint of this authority's account; "" if there are none.
 */
static const char *
stateless_handles(const struct conf *conf, const struct authority *a)
{
	static char text[NAMED_MOST * 202 + 32];
	size_t i, n = 0;

	for (i = 0; i < conf->ndomains; i++)
		if (conf->domains[i].way == WAY_STATELESS &&
		    conf->domains[i].authority == a && n++ < NAMED_MOST)
			say_add(text, sizeof(text), "%s%s", n > 1 ? ", " : "",
			    conf->domains[i].handle);
	if (n > NAMED_MOST)
		say_add(text, sizeof(text), " and %zu more", n - NAMED_MOST);
	return text;
}

/*
 * Handles -K.  A first run has the CA accept the new key.  A second run puts it
 * in the old key's place, or sets it aside if the CA does not know it.  A third
 * run prints its thumbprint, if web servers are configured with that.
 */
static void
run_rollover(struct run *run, struct tally *tally)
{
	const char *handles = stateless_handles(run->conf, run->authority);

	if (*handles != '\0')
		say_warning(
		    "-K %s: the web servers of %s respond with the account's "
		    "thumbprint (stateless); they need the new one, which is "
		    "printed when the CA has the new key: until they have "
		    "it, no renewal of these succeeds",
		    run->authority->name, handles);
	apart_run(run, 0, tally);
	if (tally->failed == 0)
		say(0,
		    "the account at %s has a new key; where its thumbprint is "
		    "configured, that must be changed%s%s",
		    run->authority->name, *handles != '\0' ? ", now for " : "",
		    handles);
	/* The next run does what is left. */
	if (tally->interrupted)
		return;
	run->mode = MODE_ADOPT;
	apart_run(run, *handles == '\0', tally);
	run->mode = MODE_SHOW;
	if (*handles != '\0' && tally->failed == 0)
		apart_run(run, 1, tally);
}

int
account_run(struct run *run)
{
	struct tally tally = { 0 };

	run->njobs = 1;
	if (run->mode == MODE_ROLLOVER)
		run_rollover(run, &tally);
	else
		apart_run(run, 1, &tally);
	if (tally.failed == 0 && run->mode == MODE_CONTACT && run->tells)
		say(0, "-U: the CA of %s has the %s", run->authority->name,
		    run->authority->contact != NULL ?
			"new contact" :
			"account without a contact now");
	if (tally.failed == 0 && run->mode == MODE_DEACTIVATE)
		say(0,
		    conf_sharer(run->conf, run->authority) == NULL ?
			"the account at %s is deactivated; a new one needs a "
			"new key: move %s away first" :
			"the account at %s is deactivated; a new one needs a "
			"new key: name another 'account key' than %s",
		    run->authority->name, run->authority->account_key);
	return tally.failed > 0 ? 1 : 0;
}
