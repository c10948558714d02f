/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * keyproc keeps the status of the account: its key and its URL (RFC 8555
 * 7.3.1).  The stored ones are hints, as an attacker in net may have made up
 * both in an earlier run.  The CA is asked for the account of each key that may
 * be the account's before another account is registered.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "role.h"
#include "sign.h"

#define NOBODY UINT32_MAX
/* The seconds to wait for KEY_ACCOUNT, which certproc sends at its start. */
#define ACCOUNT_SECONDS 60

static struct account_load conf;
static struct account_key account;
static char *kid;     /* The account URL, stored or from the CA; or NULL. */
static int confirmed; /* The CA has sent kid in this run. */
static int recheck;   /* The CA does not accept the stored kid. */
/*
 * It is not known whether the CA has done a rollover: ask with the next key
 * first.
 */
static int doubt;
/* The spare key to ask the CA with; -1: the account's, SPARES: none is left. */
static int spare = -1;
static int refused; /* The CA refuses the account: no worker asks again. */
/* The thumbprint of a next key that the CA does not know, or NULL. */
static const char *unknown;
static int publishes;                 /* chng runs in this run. */
static int names_account;             /* chng needs the account URL. */
static char told[THUMBPRINT_LEN + 1]; /* The thumbprint that chng was sent. */
static uint32_t workers;              /* The number of netproc's workers. */
/* The workers that wait for the account's status. */
static int asking[WORKERS_MAX];
static uint32_t finder = NOBODY; /* The worker that asks the CA. */
static struct msg out;

void
status_conf(const struct slice_conf *c)
{
	workers = c->workers;
	publishes = c->publishes;
	names_account = c->names_account;
	conf.shared = c->shared;
	conf.path = c->account_key;
	conf.spec = c->account_spec;
	conf.create = role_mode == MODE_RENEW ||
	    (role_mode == MODE_SHOW && c->force);
}

int
account_is_known(void)
{
	return kid != NULL && !doubt;
}

/* Is the CA now asked with a spare key? */
static int
by_spare(void)
{
	return spare >= 0 && spare < SPARES;
}

/* Moves on to the next spare key that exists, or to SPARES. */
static void
next_spare(void)
{
	do
		spare++;
	while (by_spare() && account.spare[spare].key == NULL);
}

static enum account
status(void)
{
	if (doubt)
		return ACCOUNT_DOUBT;
	if (account.key == NULL)
		return ACCOUNT_NONE;
	if (refused)
		return ACCOUNT_REFUSED;
	if (kid != NULL && !recheck)
		return ACCOUNT_KNOWN;
	if (spare == -1)
		return account.is_new ? ACCOUNT_NEW : ACCOUNT_FIND;
	return by_spare() ? ACCOUNT_SPARE : ACCOUNT_NEW;
}

int
account_is_sought(void)
{
	return kid == NULL || doubt || recheck;
}

int
account_is_to_be_made(void)
{
	return status() == ACCOUNT_NEW && role_mode == MODE_RENEW;
}

EVP_PKEY *
account_key(void)
{
	return account.key;
}

const char *
account_kid(void)
{
	return kid;
}

EVP_PKEY *
account_next_key(void)
{
	return account.next;
}

EVP_PKEY *
account_asked_key(void)
{
	return doubt   ? account.next :
	    by_spare() ? account.spare[spare].key :
			 account.key;
}

void
account_rolled(void)
{
	doubt = 1;
}

/*
 * Sends chng the account URL when it has changed.  A stored URL may be wrong;
 * then chng gets the right one before it publishes anything.
 */
static void
tell_url(void)
{
	static char *told_url;

	if (!names_account || doubt || kid == NULL || role_mode != MODE_RENEW ||
	    (told_url != NULL && strcmp(told_url, kid) == 0))
		return;
	msg_new(&out, CHNG_ACCOUNT, 0);
	msg_put_str(&out, kid);
	msg_send(&out);
	free(told_url);
	if ((told_url = strdup(kid)) == NULL)
		err(1, NULL);
}

void
tell_chng(void)
{
	tell_url();
	if (!publishes || doubt || account.key == NULL ||
	    role_mode != MODE_RENEW || strcmp(told, account.thumbprint) == 0)
		return;
	msg_new(&out, CHNG_THUMBPRINT, 0);
	msg_put_str(&out, account.thumbprint);
	msg_send(&out);
	strlcpy(told, account.thumbprint, sizeof(told));
}

void
show_account(void)
{
	struct body_shown b = { .thumbprint = NULL };

	if (account.key != NULL)
		b.thumbprint = account.thumbprint;
	else if (account.next != NULL)
		b.thumbprint = account.next_thumbprint;
	else
		say_warning(
		    "%s: there is no account key yet; the first run that "
		    "needs one makes it, or -F -t now",
		    conf.path);
	if (doubt && account.key != NULL)
		b.next = account.next_thumbprint;
	msg_new(&out, CERT_SHOW_ACCOUNT, 0);
	body_shown(&out, &b);
	msg_send(&out);
}

static void
reply_net(uint32_t worker)
{
	struct body_account_status b = { .status = status(), .url = kid };

	asking[worker] = 0;
	msg_new(&out, NET_ACCOUNT, 0);
	out.head.worker = worker;
	body_account_status(&out, &b);
	msg_send(&out);
}

static int
is_certain(void)
{
	return status() == ACCOUNT_KNOWN || status() == ACCOUNT_REFUSED;
}

/*
 * Replies to all workers that wait, if the status is final; else to one of
 * them, which asks the CA.
 */
static void
reply_all(void)
{
	uint32_t i;

	for (i = 0; i < workers; i++) {
		if (asking[i] && (is_certain() || finder == NOBODY)) {
			if (!is_certain())
				finder = i;
			reply_net(i);
		}
	}
}

static uint32_t
worker_of(const struct msg *m)
{
	if (m->head.worker >= workers)
		errx(1, "%s: from no worker", routes[m->head.type].name);
	return m->head.worker;
}

void
key_ask_account(struct msg *m)
{
	msg_end(m);
	asking[worker_of(m)] = 1;
	reply_all();
}

/*
 * The CA refuses requests with this account URL.  If the URL is a stored one,
 * one worker asks the CA for the account of the key.  A URL that the CA has
 * sent in this run is kept.
 */
void
key_recheck_account(struct msg *m)
{
	const char *url = msg_need_str(m);

	msg_end(m);
	if (kid == NULL || doubt)
		errx(1, "KEY_RECHECK_ACCOUNT: out of order");
	if (!confirmed && !refused && strcmp(url, kid) == 0)
		recheck = 1;
	asking[worker_of(m)] = 1;
	reply_all();
}

static void
leave(uint32_t worker)
{
	if (worker == finder) {
		finder = NOBODY;
		recheck = 0;
		spare = -1;
	}
	reply_all();
}

/* The worker that asked the CA did not get the account. */
void
key_leave_account(struct msg *m)
{
	enum leave how;

	body_leave(m, &how);
	if (how != LEAVE_OPEN && !refused) {
		refused = 1;
		if (how == LEAVE_DEACTIVATED)
			say_warning(
			    "%s: the CA does not serve the account of this "
			    "key any more; if it is deactivated, that is for "
			    "good: %s, and the next run registers a new "
			    "account with a new key",
			    conf.path,
			    conf.shared ? "name another 'account key' for this "
					  "authority" :
					  "move this file away");
	}
	leave(worker_of(m));
}

void
key_worker_gone(struct msg *m)
{
	msg_end(m);
	asking[worker_of(m)] = 0;
	leave(worker_of(m));
}

/*
 * Tells the worker that asked the CA the new status; if that is final, the
 * waiting workers, too.
 */
static void
found(const struct msg *m)
{
	tell_chng();
	/* That worker may ask about the account again. */
	if (is_certain())
		finder = NOBODY;
	reply_net(worker_of(m));
	reply_all();
}

static void
tell_cert(void)
{
	struct body_account b = {
		.thumbprint = account.thumbprint, .url = kid, .unknown = unknown
	};

	msg_new(&out, CERT_ACCOUNT, 0);
	body_account(&out, &b);
	msg_send(&out);
}

/*
 * The CA has no account for the key that it was asked with.  If that was the
 * next key, the rollover was not done.  If it was the account's key, net of an
 * earlier run may have said wrongly that a rollover was done, or was not done;
 * then the CA knows the account by a spare key.
 */
void
key_no_account(struct msg *m)
{
	msg_end(m);
	if (doubt) {
		doubt = 0;
		/* The old key is missing: register the new one. */
		if (account.key == NULL)
			account_key_switch(&account);
		else
			unknown = account.next_thumbprint;
		if (unknown != NULL && kid != NULL)
			tell_cert();
	} else if (status() == ACCOUNT_FIND || status() == ACCOUNT_SPARE)
		next_spare();
	else
		errx(1, "KEY_NO_ACCOUNT: out of order");
	found(m);
}

/* Takes the key that the CA was asked with as the account's. */
static void
take_key(void)
{
	if (doubt) {
		account_key_switch(&account);
		unknown = NULL;
	} else if (status() == ACCOUNT_SPARE) {
		say_warning(
		    "%s: the CA knows the account by %s, not by this key; "
		    "the next run puts that one in its place",
		    conf.path,
		    spare == SPARE_OLD ? "its .old" : "its .refused");
		account_key_use(&account, spare);
	}
}

/*
 * The account URL is the kid for the rest of the run, and another one later is
 * refused.  It replaces a stored URL only if the CA had to be asked.
 */
void
set_account(struct msg *m)
{
	const char *url = msg_need_str(m);

	msg_end(m);
	if (!origin_known(url))
		errx(1, "KEY_SET_ACCOUNT: not a URL of the authority");
	if (kid != NULL && strcmp(kid, url) != 0) {
		if (confirmed || !account_is_sought())
			errx(1, "KEY_SET_ACCOUNT: the account is %s", kid);
		say(1, "the account is now %s, not %s", url, kid);
		free(kid);
		kid = NULL;
	}
	if (kid == NULL && (kid = strdup(url)) == NULL)
		err(1, NULL);
	take_key();
	confirmed = 1;
	doubt = recheck = 0;
	spare = -1;
	finder = NOBODY;
	tell_cert();
	found(m);
}

void
load_account(void)
{
	static struct msg m;
	struct body_account stored;
	struct error e;

	role_receive(&m, ACCOUNT_SECONDS);
	if (m.head.type == ROLE_STOP)
		exit(0);
	if (m.head.type != KEY_ACCOUNT)
		errx(1, "%s before KEY_ACCOUNT", routes[m.head.type].name);
	/* The strings of stored are parts of m. */
	body_stored_account(&m, &stored);
	conf.stored = stored.thumbprint;
	conf.unknown = stored.unknown;
	conf.roll = role_mode == MODE_ROLLOVER;
	if (account_key_load(&account, &conf, &e) == -1)
		errx(1, "%s", e.text);
	if (stored.url != NULL && stored.thumbprint != NULL &&
	    account.key != NULL && origin_known(stored.url) &&
	    strcmp(stored.thumbprint, account.thumbprint) == 0 &&
	    (kid = strdup(stored.url)) == NULL)
		err(1, NULL);
	doubt = account.next != NULL && !account.next_is_new;
}
