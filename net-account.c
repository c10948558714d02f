/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The account at the CA, by net: found, registered, changed, given a new key or
 * deactivated (RFC 8555 7.3).  What is signed, and whether at all, is up to
 * key.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "msg-bodies.h"
#include "net.h"
#include "role.h"

static enum account known;
/* The account URL that the CA has sent in this run or an earlier one. */
static char *account_url;
static int rolled; /* The CA knows the account by the new key. */
/* The CA has refused to find the account by its key, which it knows. */
static int finds_none;
/* So it has in this run, but may have meant that there is no account. */
static int unsure;
static struct msg m;

/*
 * Waits until key tells the account's status, for so many seconds; -1: for
 * ever.
 */
static void
account_known(int seconds)
{
	struct body_account_status b;

	request_wait(&m, NET_ACCOUNT, seconds);
	body_account_status(&m, &b);
	known = b.status;
	free(account_url);
	account_url = NULL;
	if (b.url != NULL && (account_url = strdup(b.url)) == NULL)
		err(1, NULL);
}

/*
 * The CA has said that the account is deactivated or revoked (RFC 8555 7.1.6),
 * or refuses it.
 */
static int deactivated;

/* key takes this as the account's URL, and replies with the new status. */
static void
tell_url(const char *url)
{
	say(1, "account %s", url);
	msg_new(&m, KEY_SET_ACCOUNT, 0);
	msg_put_str(&m, url);
	msg_send(&m);
	account_known(NET_REPLY_SECONDS);
}

/* The CA has no account for the key that signed: key says what is next. */
static void
tell_none(void)
{
	msg_new(&m, KEY_NO_ACCOUNT, 0);
	msg_send(&m);
	account_known(NET_REPLY_SECONDS);
}

/*
 * Sends newAccount (RFC 8555 7.3), and takes the account URL from the Location
 * field.  The caller frees url.
 */
static int
ask_url(struct session *s, enum msgtype sign, char **url, struct net_error *t)
{
	struct http_response a;
	enum status status;

	*url = NULL;
	if (request_post(s, sign, s->directory.new_account, JSON, &a, t) ==
	    -1) {
		deactivated = sign == KEY_SIGN_FIND_ACCOUNT &&
		    (t->status == 401 ||
			strcmp(t->problem.type, "unauthorized") == 0);
		return -1;
	}
	status = account_status(a.body, a.bodylen);
	*url = http_location(&a, s->directory.new_account);
	http_response_free(&a);
	if (status == STATUS_DEACTIVATED || status == STATUS_REVOKED) {
		deactivated = 1;
		net_error_set(t, FAILURE_CA, "%s: the account is %s",
		    s->directory.new_account,
		    status == STATUS_REVOKED ? "revoked" : "deactivated");
		t->status = 403;
		return -1;
	}
	if (*url == NULL)
		return net_error_set(t, FAILURE_CA,
		    "%s: responded without the account's URL (Location)",
		    s->directory.new_account);
	return request_origin(s, "account", *url, t);
}

static int
ask(struct session *s, enum msgtype sign, struct net_error *t)
{
	char *url;
	int rc;

	if ((rc = ask_url(s, sign, &url, t)) == 0)
		tell_url(url);
	free(url);
	return rc;
}

static int
register_account(struct session *s, struct net_error *t)
{
	char safe[512];

	if (role_mode != MODE_RENEW)
		return net_error_set(t, FAILURE_LOCAL,
		    "%s: there is no account for this key", s->api_url);
	if (s->directory.eab_required && !s->eab)
		return net_error_set(t, FAILURE_LOCAL,
		    "%s: wants an external account binding; get a key for it "
		    "from the CA, and name that with 'eab key id ID hmac file "
		    "FILE'",
		    s->api_url);
	if (s->directory.terms != NULL) {
		say_safe(safe, sizeof(safe), s->directory.terms,
		    strlen(s->directory.terms));
		say(1,
		    "registering a new account; this agrees to the terms of "
		    "service at %s",
		    safe);
	}
	return ask(s, KEY_SIGN_NEW_ACCOUNT, t);
}

/* Does a refusal tell nothing about whether there is an account? */
static int
is_about_something_else(const struct net_error *t)
{
	static const char *const types[] = { "badNonce", "rateLimited",
		"userActionRequired", "agreementRequired" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(t->problem.type, types[i]) == 0)
			return 1;
	return (t->status / 100 != 4 && t->status != 501) || t->status == 429;
}

/*
 * Does the error mean that the CA has no account for the key that signed?  A CA
 * without onlyReturnExisting (RFC 8555 7.3.1) is asked by a registration, which
 * returns an existing account: so in a renewal any definite refusal means that
 * there is none, except one that means a deactivated account.  For a key that
 * may not be the account's, any refusal means that there is none.
 */
static int
no_such_account(const struct net_error *t, enum account asked)
{
	if (strcmp(t->problem.type, "accountDoesNotExist") == 0)
		return 1;
	if (is_about_something_else(t))
		return 0;
	return asked != ACCOUNT_FIND || t->status == 404 ||
	    (role_mode == MODE_RENEW && !deactivated);
}

/*
 * Finds out by which key the CA knows the account; key says with which key to
 * ask next.
 */
static int
find_by_key(struct session *s, struct net_error *t)
{
	enum account asked;

	while (known == ACCOUNT_DOUBT || known == ACCOUNT_FIND ||
	    known == ACCOUNT_SPARE) {
		asked = known;
		if (ask(s, KEY_SIGN_FIND_ACCOUNT, t) == 0) {
			rolled |= asked == ACCOUNT_DOUBT;
			continue;
		}
		if (!no_such_account(t, asked))
			return -1;
		unsure |= role_mode == MODE_RENEW && asked == ACCOUNT_FIND &&
		    strcmp(t->problem.type, "accountDoesNotExist") != 0;
		deactivated = 0;
		tell_none();
	}
	return 0;
}

static int
find(struct session *s, struct net_error *t)
{
	if (find_by_key(s, t) == -1 ||
	    (known == ACCOUNT_NEW && register_account(s, t) == -1))
		return -1;
	switch (known) {
	case ACCOUNT_KNOWN:
		return 0;
	case ACCOUNT_NONE:
		return net_error_set(t, FAILURE_LOCAL,
		    "%s: there is no account key", s->api_url);
	default:
		return net_error_set(t, FAILURE_LOCAL,
		    "%s: no account could be found or registered, for the "
		    "reason given",
		    s->api_url);
	}
}

static struct net_error refused;
/* There will be no account in this run, for the error in refused. */
static int failed;

static void
leave(enum leave how)
{
	msg_new(&m, KEY_LEAVE_ACCOUNT, 0);
	body_leave(&m, &how);
	msg_send(&m);
}

/*
 * The error concerns every job: this run asks the authority for nothing else.
 */
static void
concerns_all(struct net_error *t)
{
	t->for_all = 1;
	if (t->class == FAILURE_CA)
		t->class = FAILURE_AUTHORITY;
}

/*
 * There is no account in this run: keeps the error for the next job, and has
 * key tell the other workers.
 */
static int
fail(struct net_error *t)
{
	leave(deactivated ? LEAVE_DEACTIVATED : LEAVE_REFUSED);
	concerns_all(t);
	failed = 1;
	refused = *t;
	return -1;
}

/*
 * The first worker that asks finds or registers the account; key makes the
 * others wait until then.
 */
int
account_find(struct session *s, struct net_error *t)
{
	if (failed) {
		*t = refused;
		return -1;
	}
	if (known == 0) {
		msg_new(&m, KEY_ASK_ACCOUNT, 0);
		msg_send(&m);
		account_known(-1);
	}
	if (find(s, t) == 0)
		return 0;
	if (!t->lost)
		return fail(t);
	/* The next job of this or of another worker may try again. */
	leave(LEAVE_OPEN);
	known = (enum account)0;
	return -1;
}

/*
 * Would a CA that does not know the account have refused it for that first?
 * Then this refusal is about the content of the request.
 */
static int
is_about_request(const struct net_error *t)
{
	static const char *const types[] = { "badNonce", "rateLimited",
		"rejectedIdentifier", "unsupportedIdentifier", "invalidProfile",
		"alreadyReplaced", "alreadyRevoked", "badRevocationReason",
		"badCSR", "caa", "dns", "orderNotReady", "compound",
		"userActionRequired", "agreementRequired" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(t->problem.type, types[i]) == 0)
			return 1;
	return t->lost || t->status / 100 < 4 || t->status == 429 ||
	    t->status == 503;
}

/*
 * Is the signature refused?  Boulder caches accounts: for some seconds after a
 * rollover it checks signatures with the old key.
 */
static int
is_about_signature(const struct net_error *t)
{
	return (t->status == 400 || t->status == 401 || t->status == 403) &&
	    (strstr(t->problem.text, "verif") != NULL ||
		strstr(t->problem.text, "signature") != NULL);
}

/* Waits a second, ROLLOVER_SECONDS times in a run; 0: no more. */
static int
wait_for_rollover(void)
{
	static int waited;

	if (waited == ROLLOVER_SECONDS)
		return 0;
	if (waited++ == 0)
		say(1,
		    "the CA does not take the account's key yet; asking again "
		    "for up to %d seconds",
		    ROLLOVER_SECONDS);
	clock_sleep_ms(1000);
	return 1;
}

int
account_rolls(const struct net_error *t)
{
	return is_about_signature(t) && wait_for_rollover();
}

/* Does a failure to find the account say nothing against the stored one? */
static int
tells_nothing(const struct net_error *t)
{
	return t->lost || t->status / 100 == 5 ||
	    (role_mode != MODE_RENEW && t->class == FAILURE_CA && !deactivated);
}

/*
 * Asks the CA for the account of the key, whatever URL is stored.  1: it is
 * another account; 0: it is the same, or the CA cannot tell; -1: there is none,
 * with the error.  A CA that neither finds nor registers an account may know
 * the stored one: else a name that it refuses would cost all jobs.
 */
static int
recheck(struct session *s, struct net_error *t)
{
	char *before = account_url;
	int rc;

	unsure = 0;
	account_url = NULL;
	msg_new(&m, KEY_RECHECK_ACCOUNT, 0);
	msg_put_str(&m, before);
	msg_send(&m);
	account_known(-1);
	if (find(s, t) == 0)
		/* body_account_status() refuses a known account without URL. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		rc = strcmp(before, account_url) != 0;
	else if (tells_nothing(t) || unsure) {
		if (unsure)
			say_warning("%s; going on with the account %s",
			    t->error.text, before);
		finds_none = !is_about_something_else(t);
		leave(LEAVE_OPEN);
		known = ACCOUNT_KNOWN;
		free(account_url);
		account_url = before;
		return 0;
	} else
		rc = fail(t);
	free(before);
	return rc;
}

int
account_again(struct session *s, struct net_error *t)
{
	static int rechecked;
	struct net_error refusal;
	int rc = 0;

	if (failed || known != ACCOUNT_KNOWN || is_about_request(t))
		return 0;
	if (!rechecked && !s->account_works) {
		rechecked = 1;
		say(1, "%s; asking the CA for the account by its key",
		    t->error.text);
		rc = recheck(s, &refusal);
		if (rc == -1)
			*t = refusal;
	}
	if (rc == 0 && is_about_signature(t))
		rc = wait_for_rollover();
	return rc == 1;
}

/*
 * Handles a rate limit of any request.  One about the names of this order costs
 * that order only.  One about the account or the address concerns all jobs: no
 * run contacts the authority until the time that the CA names.  One that names
 * neither ends the run, and the next run goes on with the other jobs: it can
 * delay them, but not for ever.
 */
static void
limit_concerned(const struct strings *names, struct net_error *t)
{
	if (limit_is_of_names(t->problem.text, names))
		return;
	t->for_all = 1;
	if (limit_is_of_account(t->problem.text))
		concerns_all(t);
}

void
account_unmet(struct net_error *t)
{
	if (request_limited(t))
		concerns_all(t);
}

void
account_concerned(const struct strings *names, struct net_error *t)
{
	static const char *const types[] = { "accountDoesNotExist",
		"userActionRequired", "agreementRequired",
		"externalAccountRequired" };
	size_t i;

	if (failed)
		return;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(t->problem.type, types[i]) == 0)
			concerns_all(t);
	if (strcmp(t->problem.type, "unauthorized") == 0 &&
	    (t->status == 401 ||
		strcasestr(t->problem.text, "deactivated") != NULL)) {
		deactivated = 1;
		fail(t);
	}
	if (request_limited(t))
		limit_concerned(names, t);
}

/* The CA has not taken the new key, for the error in first. */
static int
not_rolled(struct net_error *t, const struct net_error *first)
{
	tell_none();
	*t = *first;
	return -1;
}

/*
 * Asks the CA for the account of the new key.  A CA that has agreed may take
 * some seconds to know it.  One that refuses to find any account (for example
 * without an external account binding, which is for new ones) is believed when
 * it has agreed.  A CA that refuses a key of another account (RFC 8555 7.3.5)
 * finds that one, which is not wanted.
 */
static int
ask_by_new(struct session *s, int agreed, const struct net_error *first,
    struct net_error *t)
{
	char *url;
	int is_other;

	while (ask_url(s, KEY_SIGN_FIND_ACCOUNT, &url, t) == -1) {
		free(url);
		if (!no_such_account(t, ACCOUNT_DOUBT))
			return -1;
		if (!agreed)
			return not_rolled(t, first);
		if (finds_none) {
			tell_url(account_url);
			return 0;
		}
		if (!wait_for_rollover())
			return net_error_set(t, FAILURE_CA,
			    "%s: agreed, but does not know the new key; the "
			    "next run asks again",
			    s->directory.key_change);
	}
	is_other = !agreed && strcmp(url, account_url) != 0;
	if (!is_other)
		tell_url(url);
	free(url);
	return is_other ? not_rolled(t, first) : 0;
}

/*
 * Has the CA take the new key (RFC 8555 7.3.5).  A refusal is not believed
 * before the CA has been asked by the new key: an earlier request, whose
 * response was lost, may have done the rollover.
 */
static int
roll_over(struct session *s, struct net_error *t)
{
	struct http_response a;
	struct net_error first = { .error = { "" } };
	int agreed;

	if (rolled)
		return 0;
	if (s->directory.key_change == NULL)
		return net_error_set(t, FAILURE_LOCAL,
		    "the CA offers no key rollover (keyChange)");
	if (request_origin(s, "keyChange", s->directory.key_change, t) == -1)
		return -1;
	do
		agreed = request_post(s, KEY_SIGN_ROLLOVER,
			     s->directory.key_change, JSON, &a, &first) == 0;
	while (!agreed && is_about_signature(&first) && wait_for_rollover());
	if (agreed)
		http_response_free(&a);
	known = ACCOUNT_DOUBT;
	return ask_by_new(s, agreed, &first, t);
}

/* Sends a request to the account's own URL (RFC 8555 7.3.2, 7.3.6). */
static int
change(struct session *s, enum msgtype sign, struct net_error *t)
{
	struct http_response a;
	int rc;

	if (request_origin(s, "account", account_url, t) == -1)
		return -1;
	do
		rc = request_post(s, sign, account_url, JSON, &a, t);
	while (rc == -1 && is_about_signature(t) && wait_for_rollover());
	if (rc == 0)
		http_response_free(&a);
	return rc;
}

/*
 * A revocation or a change of the account first asks the CA which account the
 * key has.
 */
int
account_find_surely(struct session *s, struct net_error *t)
{
	if (account_find(s, t) == -1)
		return -1;
	return recheck(s, t) == -1 ? -1 : 0;
}

int
account_task(struct session *s, struct net_error *t)
{
	if (account_find_surely(s, t) == -1)
		return -1;
	switch (role_mode) {
	case MODE_ROLLOVER:
		return roll_over(s, t);
	case MODE_CONTACT:
		return change(s, KEY_SIGN_CONTACT, t);
	case MODE_DEACTIVATE:
		return change(s, KEY_SIGN_DEACTIVATE, t);
	default:
		errx(1, "NET_JOB: out of order");
	}
}
