/* SPDX-License-Identifier: ISC */
/*
 * The account at the CA, by net: found, registered, changed, given a new key
 * or deactivated (RFC 8555 7.3).  What is signed, and whether at all, is up
 * to key.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "net-account.h"
#include "proc.h"

static enum account known;
static char *account_url;	/* where the CA has named it in this run */
static int rolled;		/* the CA knows it by the new key */
static struct msg m;

/* Waits for key's word on how the account stands; -1: for ever. */
static void
account_known(int seconds)
{
	uint64_t n;

	request_wait(&m, NET_ACCOUNT, seconds);
	n = msg_get_num(&m);
	account_url = msg_copy_str(&m);
	msg_end(&m);
	if (n < ACCOUNT_KNOWN || n > ACCOUNT_NONE)
		errx(1, "NET_ACCOUNT: malformed");
	known = (enum account)n;
}

/* 7.3: the answer to newAccount names the account in Location. */
static int
ask(const struct directory *d, enum msgtype sign, struct trouble *t)
{
	struct http_answer a;
	char *url;
	int rc;

	if (request_post(sign, 0, d->new_account, "application/json", &a, t) == -1)
		return -1;
	url = http_location(&a, d->new_account);
	http_answer_free(&a);
	if (url == NULL)
		return trouble(t, FAILURE_CA, "%s: answered without the account's URL "
		    "(Location)", d->new_account);
	if ((rc = request_origin("account", url, t)) == 0) {
		say(1, "account %s", url);
		msg_new(&m, KEY_SET_ACCOUNT, 0);
		msg_put_str(&m, url);
		msg_send(&m);
		/* key answers with what is so now. */
		account_known(ANSWER_SECONDS);
	}
	free(url);
	return rc;
}

static int
register_account(const struct directory *d, const char *api_url, int eab, struct trouble *t)
{
	char safe[512];

	if (role_mode != MODE_RENEW)
		return trouble(t, FAILURE_LOCAL, "%s: there is no account for this key", api_url);
	if (d->eab_required && !eab)
		return trouble(t, FAILURE_LOCAL, "%s: wants an external account binding; get a "
		    "key for it from the CA, and name that with 'eab key id ID hmac file FILE'",
		    api_url);
	if (d->terms != NULL) {
		say_safe(safe, sizeof(safe), d->terms, strlen(d->terms));
		say(1, "registering a new account; this agrees to the terms of service at %s", safe);
	}
	return ask(d, KEY_SIGN_NEW_ACCOUNT, t);
}

/* A rollover whose end nobody saw: the CA tells by which key it knows the account. */
static int
settle_doubt(const struct directory *d, struct trouble *t)
{
	if (ask(d, KEY_SIGN_FIND_ACCOUNT, t) == 0) {
		rolled = 1;
		return 0;
	}
	if (strcmp(t->problem.type, "accountDoesNotExist") != 0)
		return -1;
	msg_new(&m, KEY_NO_ACCOUNT, 0);
	msg_send(&m);
	account_known(ANSWER_SECONDS);
	return 0;
}

static int
find(const struct directory *d, const char *api_url, int eab, struct trouble *t)
{
	if (known == ACCOUNT_DOUBT && settle_doubt(d, t) == -1)
		return -1;
	switch (known) {
	case ACCOUNT_KNOWN:
		return 0;
	case ACCOUNT_FIND:
		/* The key is there, its URL is not: 7.3.1. */
		if (ask(d, KEY_SIGN_FIND_ACCOUNT, t) == 0)
			return 0;
		if (strcmp(t->problem.type, "accountDoesNotExist") != 0)
			return -1;
		/* FALLTHROUGH */
	case ACCOUNT_NEW:
		return register_account(d, api_url, eab, t);
	case ACCOUNT_NONE:
		return trouble(t, FAILURE_LOCAL, "%s: there is no account key", api_url);
	default:
		errx(1, "NET_ACCOUNT: still in doubt");
	}
}

/* The first worker that asks sees to it that there is an account; key lets the others wait until there is. */
int
account_find(const struct directory *d, const char *api_url, int eab, struct trouble *t)
{
	static struct trouble refused;
	static int failed;

	/* What has failed for one job fails for all of this run: the CA is not asked for each of them. */
	if (failed) {
		*t = refused;
		return -1;
	}
	if (known == 0) {
		msg_new(&m, KEY_ASK_ACCOUNT, 0);
		msg_send(&m);
		account_known(-1);
	}
	if (find(d, api_url, eab, t) == 0)
		return 0;
	msg_new(&m, KEY_LEAVE_ACCOUNT, 0);
	msg_send(&m);
	known = (enum account)0;
	failed = 1;
	refused = *t;
	return -1;
}

/* 7.3.5: whatever the answer was, or if it was lost: the CA is asked by the new key. */
static int
roll_over(const struct directory *d, struct trouble *t)
{
	struct http_answer a;
	struct trouble first = { .why = { "" } };

	if (rolled)
		return 0;
	if (d->key_change == NULL)
		return trouble(t, FAILURE_LOCAL, "the CA offers no key rollover (keyChange)");
	if (request_origin("keyChange", d->key_change, t) == -1)
		return -1;
	if (request_post(KEY_SIGN_ROLLOVER, 0, d->key_change, "application/json", &a, &first) == 0)
		http_answer_free(&a);
	if (settle_doubt(d, t) == -1)
		return -1;
	if (rolled)
		return 0;
	*t = first;
	return first.why.text[0] != '\0' ? -1 :
	    trouble(t, FAILURE_CA, "%s: agreed, but does not know the new key", d->key_change);
}

/* 7.3.2, 7.3.6: a request to the account's own URL. */
static int
change(enum msgtype sign, struct trouble *t)
{
	struct http_answer a;

	if (request_origin("account", account_url, t) == -1 ||
	    request_post(sign, 0, account_url, "application/json", &a, t) == -1)
		return -1;
	http_answer_free(&a);
	return 0;
}

int
account_task(const struct directory *d, const char *api_url, struct trouble *t)
{
	if (account_find(d, api_url, 0, t) == -1)
		return -1;
	switch (role_mode) {
	case MODE_ROLLOVER:
		return roll_over(d, t);
	case MODE_CONTACT:
		return change(KEY_SIGN_CONTACT, t);
	case MODE_DEACTIVATE:
		return change(KEY_SIGN_DEACTIVATE, t);
	default:
		errx(1, "NET_JOB: out of order");
	}
}
