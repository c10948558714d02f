/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * keyproc signs requests about the account itself (RFC 8555 7.3).
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "role.h"
#include "sign.h"
#include "valid.h"

/* The key of the external account binding; kid is NULL if there is none. */
static struct mac_key eab;
static char *mac_path;
static struct error no_mac; /* Why the MAC key could not be read. */
static char *contact;
static struct msg out;

void
account_conf(const struct slice_conf *c)
{
	status_conf(c);
	contact = c->contact;
	eab.kid = c->eab_kid;
	mac_path = c->eab_file;
	eab.alg = c->eab_alg;
}

/* Reads the nonce and the URL, which begin every request to sign. */
static void
take_request(struct msg *m, struct body_request *b)
{
	body_request(m, b);
	if (!valid_nonce(b->nonce))
		errx(1, "%s: not a nonce", routes[m->head.type].name);
	if (!origin_known(b->url))
		errx(1, "%s: not a URL of the authority",
		    routes[m->head.type].name);
}

/* Signs and replies to net; frees payload. */
static void
sign_by(EVP_PKEY *key, struct msg *m, const char *as, json_t *payload)
{
	struct body_request b;
	char *jws;

	take_request(m, &b);
	if (key == NULL ||
	    (jws = jws_sign(key, as, b.nonce, b.url, payload)) == NULL)
		errx(1, "%s: cannot sign", routes[m->head.type].name);
	msg_reply(&out, NET_SIGNED, m);
	msg_put_str(&out, jws);
	msg_send(&out);
	free(jws);
	json_decref(payload);
}

void
key_sign(struct msg *m, json_t *payload)
{
	sign_by(account_key(), m, account_kid(), payload);
}

void
key_refuse(struct msg *m)
{
	struct body_request b;

	take_request(m, &b);
	msg_reply(&out, NET_SIGNED, m);
	msg_put_str(&out, NULL);
	msg_send(&out);
}

/* Asks whether there is an account of this key (RFC 8555 7.3.1). */
void
sign_find_account(struct msg *m)
{
	sign_by(account_asked_key(), m, NULL,
	    json_pack("{s:b}", "onlyReturnExisting", 1));
}

const char *
key_url(struct msg *m)
{
	struct body_request b;
	size_t pos = m->pos;

	body_request(m, &b);
	m->pos = pos;
	return b.url;
}

/* Registers an account (RFC 8555 7.3, 7.3.4). */
void
sign_new_account(struct msg *m)
{
	json_t *payload, *jwk;

	if (eab.kid != NULL && eab.key == NULL) {
		warnx("%s", no_mac.text);
		key_refuse(m);
		return;
	}
	payload = json_pack("{s:b}", "termsOfServiceAgreed", 1);
	if (contact != NULL)
		json_object_set_new(
		    payload, "contact", json_pack("[s]", contact));
	if (eab.key != NULL) {
		jwk = jwk_public(account_key());
		json_object_set_new(payload, "externalAccountBinding",
		    jws_mac(&eab, key_url(m), jwk));
		json_decref(jwk);
	}
	sign_by(account_key(), m, NULL, payload);
}

/* Rolls the account's key over (RFC 8555 7.3.5). */
void
sign_rollover(struct msg *m)
{
	json_t *jwk, *inner, *payload;

	if (role_mode != MODE_ROLLOVER || account_kid() == NULL ||
	    account_next_key() == NULL)
		errx(1, "KEY_SIGN_ROLLOVER: out of order");
	jwk = jwk_public(account_key());
	payload = json_pack(
	    "{s:s, s:o}", "account", account_kid(), "oldKey", jwk);
	if ((inner = jws_inner(account_next_key(), key_url(m), payload)) ==
	    NULL)
		errx(1, "KEY_SIGN_ROLLOVER: cannot sign");
	json_decref(payload);
	key_sign(m, inner);
	account_rolled();
}

/*
 * Returns the URL's path, without slashes at its end; NULL: a server may read
 * the path in several ways.
 */
static const char *
plain_path(struct url *url, const char *text)
{
	size_t len;

	if (!url_parse(url, text) || strstr(url->path, "//") != NULL ||
	    strstr(url->path, "/.") != NULL ||
	    url->path[strspn(url->path,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"-._~/")] != '\0')
		return NULL;
	for (len = strlen(url->path); len > 0 && url->path[len - 1] == '/';
	     len--)
		url->path[len - 1] = '\0';
	return url->path;
}

/* Is path a the same as path b, or above it? */
static int
leads_to(const char *a, const char *b)
{
	size_t len = strlen(a);

	return strncasecmp(a, b, len) == 0 && (b[len] == '\0' || b[len] == '/');
}

int
account_may_be_at(const char *text)
{
	struct url other, own;
	const char *that = plain_path(&other, text),
		   *of_account = account_kid() == NULL ?
	    NULL :
	    plain_path(&own, account_kid());

	return that == NULL || of_account == NULL ||
	    leads_to(that, of_account) || leads_to(of_account, that);
}

/*
 * Changes or deactivates the account (RFC 8555 7.3.2, 7.3.6), at the account's
 * own URL only.
 */
static void
sign_account(struct msg *m, json_t *payload)
{
	if (strcmp(key_url(m), account_kid()) != 0)
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
 * Only a new account needs the MAC key, so its file may be missing if there may
 * be an account of the key.  A CA that has none, or has lost it, needs it.
 */
static void
load_mac(void)
{
	if (eab.kid == NULL || role_mode != MODE_RENEW ||
	    account_mac_load(&eab, mac_path, &no_mac) == 0)
		return;
	if (account_is_to_be_made())
		errx(1, "%s", no_mac.text);
}

void
account_start(void)
{
	load_account();
	load_mac();
}
