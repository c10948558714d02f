/* SPDX-License-Identifier: ISC */
/*
 * The account, by key: which key it has, what the CA calls it, and the
 * requests about the account itself (RFC 8555 7.3).
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "key-account.h"
#include "key-store.h"
#include "proc.h"
#include "valid.h"

#define NOBODY		UINT32_MAX
#define ANSWER_SECONDS	60	/* of file, which had it ready */

static char *path;
static struct keyspec spec;
static struct account_key account;
static char *kid;			/* account URL, once known */
static int doubt;			/* was a rollover done?  The next key is asked with first */
static int told;			/* chng has the thumbprint */
static struct mac_key eab;		/* kid NULL: none */
static char *mac_path;
static char *contact;
static uint32_t workers;		/* of net */
static int asking[WORKERS_MAX];	/* how the account stands */
static uint32_t finder = NOBODY;	/* the one that finds that out */
static struct msg out;

void
account_conf(struct msg *m)
{
	if ((workers = (uint32_t)msg_get_num(m)) > WORKERS_MAX)
		errx(1, "ROLE_CONF: malformed");
	path = msg_copy_str(m);
	spec.type = (enum keytype)msg_get_num(m);
	spec.bits = (int)msg_get_num(m);
	contact = msg_copy_str(m);
	eab.kid = msg_copy_str(m);
	mac_path = msg_copy_str(m);
	eab.alg = msg_copy_str(m);
}

int
account_in_doubt(void)
{
	return doubt;
}

int
account_is_known(void)
{
	return kid != NULL && !doubt;
}

EVP_PKEY *
account_public_key(void)
{
	return account.key;
}

/* The nonce and URL that every request to sign brings. */
static void
get_target(struct msg *m, const char **nonce, const char **url)
{
	*nonce = msg_need_str(m);
	*url = msg_need_str(m);
	msg_end(m);
	if (!valid_nonce(*nonce))
		errx(1, "%s: not a nonce", routes[m->head.type].name);
	if (!role_origin(*url))
		errx(1, "%s: not a URL of the authority", routes[m->head.type].name);
}

/* Signs and answers; takes over payload. */
static void
sign_by(EVP_PKEY *key, struct msg *m, const char *as, json_t *payload)
{
	const char *nonce, *url;
	char *jws;

	get_target(m, &nonce, &url);
	if (key == NULL || (jws = jws_sign(key, as, nonce, url, payload)) == NULL)
		errx(1, "%s: cannot sign", routes[m->head.type].name);
	msg_answer(&out, NET_SIGNED, m);
	msg_put_str(&out, jws);
	msg_send(&out);
	free(jws);
	json_decref(payload);
}

void
key_sign(struct msg *m, json_t *payload)
{
	sign_by(account.key, m, kid, payload);
}

void
key_refuse(struct msg *m)
{
	const char *nonce, *url;

	get_target(m, &nonce, &url);
	msg_answer(&out, NET_SIGNED, m);
	msg_put_str(&out, NULL);
	msg_send(&out);
}

void
tell_thumbprint(void)
{
	if (told || doubt || account.key == NULL || role_mode != MODE_RENEW)
		return;
	msg_new(&out, CHNG_THUMBPRINT, 0);
	msg_put_str(&out, account.thumbprint);
	msg_send(&out);
	told = 1;
}

static enum account
standing(void)
{
	if (doubt)
		return ACCOUNT_DOUBT;
	if (account.key == NULL)
		return ACCOUNT_NONE;
	return kid != NULL ? ACCOUNT_KNOWN : account.is_new ? ACCOUNT_NEW : ACCOUNT_FIND;
}

static void
answer_net(uint32_t worker)
{
	asking[worker] = 0;
	msg_new(&out, NET_ACCOUNT, 0);
	out.head.worker = worker;
	msg_put_num(&out, standing());
	msg_put_str(&out, kid);
	msg_send(&out);
}

/* What is certain all may know that ask; what is to be found out, one at a time. */
static void
answer_all(void)
{
	uint32_t i;

	for (i = 0; i < workers; i++)
		if (asking[i] && (standing() == ACCOUNT_KNOWN || finder == NOBODY)) {
			if (standing() != ACCOUNT_KNOWN)
				finder = i;
			answer_net(i);
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
	answer_all();
}

void
key_leave_account(struct msg *m)
{
	msg_end(m);
	if (worker_of(m) == finder)
		finder = NOBODY;
	answer_all();
}

void
key_worker_gone(struct msg *m)
{
	asking[worker_of(m)] = 0;
	key_leave_account(m);
}

/* The one that finds out hears what is so now, and so do the others if that is all. */
static void
found(const struct msg *m)
{
	tell_thumbprint();
	answer_net(worker_of(m));
	answer_all();
}

/* RFC 8555 7.3.1: is there an account of this key? */
void
sign_find_account(struct msg *m)
{
	sign_by(doubt ? account.next : account.key, m, NULL,
	    json_pack("{s:b}", "onlyReturnExisting", 1));
}

/* The URL of the request at hand, which stays to be read. */
static const char *
peek_url(struct msg *m)
{
	size_t pos = m->pos;
	const char *url;

	msg_need_str(m);
	url = msg_need_str(m);
	m->pos = pos;
	return url;
}

/* RFC 8555 7.3, 7.3.4. */
void
sign_new_account(struct msg *m)
{
	json_t *payload = json_pack("{s:b}", "termsOfServiceAgreed", 1), *jwk;

	if (contact != NULL)
		json_object_set_new(payload, "contact", json_pack("[s]", contact));
	if (eab.key != NULL) {
		jwk = jwk_public(account.key);
		json_object_set_new(payload, "externalAccountBinding",
		    jws_mac(&eab, peek_url(m), jwk));
		json_decref(jwk);
	}
	sign_by(account.key, m, NULL, payload);
}

/* The CA has no account of the key that was asked with: the rollover did not happen. */
void
key_no_account(struct msg *m)
{
	msg_end(m);
	if (!doubt)
		errx(1, "KEY_NO_ACCOUNT: out of order");
	doubt = 0;
	/* The old one is gone: an account for the new one, then. */
	if (account.key == NULL)
		account_key_switch(&account);
	found(m);
}

/* The account URL becomes the kid, for good: another one later is refused. */
void
set_account(struct msg *m)
{
	const char *url = msg_need_str(m);

	msg_end(m);
	if (!role_origin(url))
		errx(1, "KEY_SET_ACCOUNT: not a URL of the authority");
	if (kid != NULL && strcmp(kid, url) != 0)
		errx(1, "KEY_SET_ACCOUNT: the account is %s", kid);
	if (kid == NULL && (kid = strdup(url)) == NULL)
		err(1, NULL);
	/* The CA knows it by the new key. */
	if (doubt)
		account_key_switch(&account);
	msg_new(&out, FILE_ACCOUNT, 0);
	msg_put_str(&out, account.thumbprint);
	msg_put_str(&out, kid);
	msg_send(&out);
	doubt = 0;
	found(m);
}

/* RFC 8555 7.3.5: from here on only the CA knows which key is the account's. */
void
sign_rollover(struct msg *m)
{
	json_t *jwk, *inner, *payload;

	if (role_mode != MODE_ROLLOVER || kid == NULL || account.next == NULL)
		errx(1, "KEY_SIGN_ROLLOVER: out of order");
	jwk = jwk_public(account.key);
	payload = json_pack("{s:s, s:o}", "account", kid, "oldKey", jwk);
	if ((inner = jws_inner(account.next, peek_url(m), payload)) == NULL)
		errx(1, "KEY_SIGN_ROLLOVER: cannot sign");
	json_decref(payload);
	key_sign(m, inner);
	doubt = 1;
}

/* RFC 8555 7.3.2 and 7.3.6: of the account itself only. */
static void
sign_account(struct msg *m, json_t *payload)
{
	if (strcmp(peek_url(m), kid) != 0)
		errx(1, "%s: not the account's URL", routes[m->head.type].name);
	key_sign(m, payload);
}

void
sign_contact(struct msg *m)
{
	json_t *list = json_array();

	if (contact != NULL)
		json_array_append_new(list, json_string(contact));
	sign_account(m, json_pack("{s:o}", "contact", list));
}

void
sign_deactivate(struct msg *m)
{
	sign_account(m, json_pack("{s:s}", "status", "deactivated"));
}

/*
 * The account that file has stored counts only for this very key.  The keys
 * are read, or made, while the disk can still be reached.
 */
void
load_account(void)
{
	static struct msg m;
	char *stored, *url;
	struct why w;

	msg_receive(&m, ROLE_KEY, ANSWER_SECONDS);
	if (m.head.type == ROLE_STOP)
		exit(0);
	if (m.head.type != KEY_ACCOUNT)
		errx(1, "%s before KEY_ACCOUNT", routes[m.head.type].name);
	stored = msg_copy_str(&m);
	url = msg_copy_str(&m);
	msg_end(&m);
	if (account_key_load(&account, path, &spec, stored, role_mode == MODE_RENEW,
	    role_mode == MODE_ROLLOVER, &w) == -1)
		errx(1, "%s", w.text);
	if (url != NULL && stored != NULL && account.key != NULL && role_origin(url) &&
	    strcmp(stored, account.thumbprint) == 0)
		kid = url;
	else
		free(url);
	free(stored);
	doubt = account.next != NULL && !account.next_is_new;
	/* Sent for a new account only, it may be gone as soon as there is one. */
	if (kid == NULL && eab.kid != NULL && role_mode == MODE_RENEW && !doubt &&
	    account_mac_load(&eab, mac_path, &w) == -1)
		errx(1, "%s", w.text);
}
