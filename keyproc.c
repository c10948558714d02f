/* SPDX-License-Identifier: ISC */
/*
 * Holds the account key.  From net it reads which typed request to sign, a
 * nonce and a URL; every payload and protected header is made here, from the
 * configuration and from the CSR that csr sent directly.  Who owns it has
 * the account.  It refuses any other origin than the authority's, any job
 * that file has not begun, requests out of the protocol's order and more of
 * them than a job can need.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account-key.h"
#include "json.h"
#include "proc.h"
#include "valid.h"
#include "x509.h"

/* With badNonce at every second request, 20 tries fail once in a million. */
#define TRIES		SIGN_TRIES
#define ANSWER_SECONDS	60	/* of file, which had it ready */
#define FETCHES		(40 * TRIES + 3 * CONF_NAMES_MAX * TRIES)

/* How far the protocol is, for each job. */
enum {
	NO_ACCOUNT = 1, IDLE = 2, BEGUN = 4, ORDERED = 8, FINAL = 16,
	REVOKING = 32, ROLLING = 64, UPDATING = 128, LEAVING = 256,	/* -r -K -U -D */
	UNKNOWN_TO_CA = 512	/* a new account may be made */
};

struct key_job {
	struct strings	 names;
	char		*profile;
	int		 own_csr;	/* the administrator's, not one of csr's making */
	unsigned	 state;
	char		*csr;		/* base64url of the DER, or NULL */
	char		*replaces;	/* RFC 9773 5: the installed certificate, or NULL */
	char		*revoke;	/* base64url of the DER of what is to be revoked, or NULL */
};

static struct account_key account;
static char *kid;			/* account URL, once known */
static int doubt;			/* was a rollover done?  The next key is asked with first */
static int told;			/* chng has the thumbprint */
static struct mac_key eab;		/* kid NULL: none */
static char *contact;
static int reason;			/* of revocation; -1: none given */
static struct key_job *jobs;
static uint32_t njobs;
static struct msg out;

static void
add_job(struct msg *m)
{
	struct key_job *j;
	const char *profile;

	if ((jobs = reallocarray(jobs, njobs + 1, sizeof(*jobs))) == NULL)
		err(1, NULL);
	j = &jobs[njobs++];
	memset(j, 0, sizeof(*j));
	j->state = IDLE;
	if ((profile = msg_get_str(m)) != NULL && (j->profile = strdup(profile)) == NULL)
		err(1, NULL);
	j->own_csr = (int)msg_get_num(m);
	j->names.v = msg_get_strings(m, &j->names.n, CONF_NAMES_MAX);
	msg_end(m);
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
	msg_new(&out, NET_SIGNED, m->head.job);
	msg_put_str(&out, jws);
	msg_send(&out);
	free(jws);
	json_decref(payload);
}

static void
sign(struct msg *m, const char *as, json_t *payload)
{
	sign_by(account.key, m, as, payload);
}

/* net learns how the account stands, chng the thumbprint as soon as it is certain. */
static void
tell_account(void)
{
	enum account known = kid != NULL ? ACCOUNT_KNOWN : account.is_new ? ACCOUNT_NEW : ACCOUNT_FIND;

	if (doubt)
		known = ACCOUNT_DOUBT;
	else if (account.key == NULL)
		known = ACCOUNT_NONE;
	else if (role_mode == MODE_RENEW && !told) {
		msg_new(&out, CHNG_THUMBPRINT, 0);
		msg_put_str(&out, account.thumbprint);
		msg_send(&out);
		told = 1;
	}
	msg_new(&out, NET_ACCOUNT, 0);
	msg_put_num(&out, known);
	msg_put_str(&out, kid);
	msg_send(&out);
}

/*
 * What file has sent on; and from which certificate the order is to take
 * over.  Only file decides which jobs there are.
 */
static void
key_begin(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];
	const char *certid = msg_get_str(m);

	if (certid != NULL && (j->replaces = strdup(certid)) == NULL)
		err(1, NULL);
	msg_end(m);
	j->state = BEGUN;
}

static void
key_revoke(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];
	const uint8_t *der;
	size_t len;

	der = msg_get_buf(m, &len);
	j->revoke = b64url_encode(der, len);
	msg_end(m);
	j->state = REVOKING;
}

/* RFC 8555 7.3.1: is there an account of this key? */
static void
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
static void
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
	sign(m, NULL, payload);
}

/* The CA has no account of the key that was asked with: the rollover did not happen. */
static void
key_no_account(struct msg *m)
{
	msg_end(m);
	if (!doubt)
		errx(1, "KEY_NO_ACCOUNT: out of order");
	doubt = 0;
	/* The old one is gone: an account for the new one, then. */
	if (account.key == NULL)
		account_key_switch(&account);
	tell_account();
}

/* The account URL becomes the kid, for good: another one later is refused. */
static void
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
	tell_account();
}

/* RFC 8555 7.3.5: from here on only the CA knows which key is the account's. */
static void
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
	sign(m, kid, inner);
	doubt = 1;
}

/* RFC 8555 7.3.2 and 7.3.6: of the account itself only. */
static void
sign_account(struct msg *m, json_t *payload)
{
	if (strcmp(peek_url(m), kid) != 0)
		errx(1, "%s: not the account's URL", routes[m->head.type].name);
	sign(m, kid, payload);
}

static void
sign_contact(struct msg *m)
{
	json_t *list = json_array();

	if (contact != NULL)
		json_array_append_new(list, json_string(contact));
	sign_account(m, json_pack("{s:o}", "contact", list));
}

static void
sign_deactivate(struct msg *m)
{
	sign_account(m, json_pack("{s:s}", "status", "deactivated"));
}

/* RFC 8555 7.4, RFC 8738: the configured names and nothing else. */
static void
sign_order(struct msg *m, const char *replaces)
{
	struct key_job *j = &jobs[m->head.job];
	json_t *ids = json_array(), *payload;
	unsigned char addr[16];
	size_t i;

	for (i = 0; i < j->names.n; i++)
		json_array_append_new(ids, json_pack("{s:s, s:s}",
		    "type", address_bytes(j->names.v[i], addr) > 0 ? "ip" : "dns",
		    "value", j->names.v[i]));
	payload = json_pack("{s:o}", "identifiers", ids);
	if (j->profile != NULL)
		json_object_set_new(payload, "profile", json_string(j->profile));
	if (replaces != NULL)
		json_object_set_new(payload, "replaces", json_string(replaces));
	sign(m, kid, payload);
	j->state = ORDERED;
}

static void
sign_new_order(struct msg *m)
{
	sign_order(m, NULL);
}

/* RFC 9773 5. */
static void
sign_replacement(struct msg *m)
{
	if (jobs[m->head.job].replaces == NULL)
		errx(1, "KEY_SIGN_REPLACEMENT: there is nothing to replace");
	sign_order(m, jobs[m->head.job].replaces);
}

/* RFC 8555 7.6. */
static void
sign_revoke(struct msg *m)
{
	sign(m, kid, revocation(jobs[m->head.job].revoke, reason));
}

/* POST-as-GET: RFC 8555 6.3. */
static void
sign_fetch(struct msg *m)
{
	sign(m, kid, NULL);
}

/* RFC 8555 7.5.1. */
static void
sign_challenge(struct msg *m)
{
	sign(m, kid, json_object());
}

/* The CSR comes from csr itself, and is checked here all the same. */
static void
key_csr(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];
	uint8_t hash[SPKI_HASH_LEN];
	const uint8_t *der;
	struct why w;
	size_t len;

	der = msg_get_buf(m, &len);
	msg_end(m);
	if (csr_check(der, len, &j->names, account.key, j->own_csr, hash, &w) == -1)
		errx(1, "KEY_CSR: %s", w.text);
	free(j->csr);
	j->csr = b64url_encode(der, len);
}

/* RFC 8555 7.4. */
static void
sign_finalize(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];

	if (j->csr == NULL)
		errx(1, "KEY_SIGN_FINALIZE: no CSR yet");
	sign(m, kid, json_pack("{s:s}", "csr", j->csr));
	j->state = FINAL;
}

/* Without an account nothing but registration is possible, and that for a renewal only. */
static unsigned
state(uint32_t job)
{
	if (kid != NULL && !doubt)
		return jobs[job].state;
	return NO_ACCOUNT | (role_mode == MODE_RENEW && !doubt ? UNKNOWN_TO_CA : 0);
}

static const struct handler table[] = {
	{ KEY_SIGN_FIND_ACCOUNT, sign_find_account, NO_ACCOUNT, 3 * TRIES },
	{ KEY_SIGN_NEW_ACCOUNT, sign_new_account, UNKNOWN_TO_CA, TRIES },
	{ KEY_SET_ACCOUNT, set_account, ANY_STATE, 2 },
	{ KEY_NO_ACCOUNT, key_no_account, NO_ACCOUNT, 2 },
	{ KEY_SIGN_ROLLOVER, sign_rollover, ROLLING | NO_ACCOUNT, TRIES },
	{ KEY_SIGN_CONTACT, sign_contact, UPDATING, TRIES },
	{ KEY_SIGN_DEACTIVATE, sign_deactivate, LEAVING, TRIES },
	{ KEY_BEGIN, key_begin, NO_ACCOUNT | IDLE, 1 },
	{ KEY_CSR, key_csr, NO_ACCOUNT | IDLE | BEGUN | ORDERED, 2 },
	{ KEY_SIGN_NEW_ORDER, sign_new_order, BEGUN | ORDERED, TRIES },
	{ KEY_SIGN_REPLACEMENT, sign_replacement, BEGUN | ORDERED, TRIES },
	{ KEY_SIGN_FETCH, sign_fetch, ORDERED | FINAL, FETCHES },
	{ KEY_SIGN_CHALLENGE, sign_challenge, ORDERED, CONF_NAMES_MAX * TRIES },
	{ KEY_SIGN_FINALIZE, sign_finalize, ORDERED | FINAL, TRIES },
	{ KEY_REVOKE, key_revoke, NO_ACCOUNT | IDLE, 1 },
	{ KEY_SIGN_REVOKE, sign_revoke, REVOKING, TRIES },
};

/*
 * The account that file has stored counts only for this very key.  The keys
 * are read, or made, while the disk can still be reached.
 */
static void
load_account(const char *path, const struct keyspec *spec, const char *mac_path)
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
	if (account_key_load(&account, path, spec, stored, role_mode == MODE_RENEW,
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

/* What each job begins with; for the account's own affairs there is one that has no domain. */
static void
set_states(void)
{
	static const unsigned first[] = {
		[MODE_ROLLOVER] = ROLLING, [MODE_CONTACT] = UPDATING, [MODE_DEACTIVATE] = LEAVING,
	};

	if (role_mode < MODE_ROLLOVER)
		return;
	if ((jobs = recallocarray(jobs, njobs, 1, sizeof(*jobs))) == NULL)
		err(1, NULL);
	njobs = 1;
	if (role_mode <= MODE_DEACTIVATE)
		jobs[0].state = first[role_mode];
}

void
keyproc(void)
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_KEY };
	struct keyspec spec;
	char *path, *mac_path;

	json_init();
	role_conf(&m);
	reason = (int)msg_get_num(&m) - 1;
	path = msg_copy_str(&m);
	spec.type = (enum keytype)msg_get_num(&m);
	spec.bits = (int)msg_get_num(&m);
	contact = msg_copy_str(&m);
	eab.kid = msg_copy_str(&m);
	mac_path = msg_copy_str(&m);
	eab.alg = msg_copy_str(&m);
	role_origins(&m);
	msg_end(&m);
	while (role_domain(&m, njobs))
		add_job(&m);
	set_states();
	load_account(path, &spec, mac_path);
	dir_close_all();
	s.uid = role_uid;
	s.gid = role_gid;
	sandbox_enter(&s);
	/* The end of a rollover was all there was to do. */
	if (role_mode == MODE_ADOPT) {
		msg_new(&out, FILE_DONE, 0);
		msg_send(&out);
	} else
		tell_account();
	serve(table, sizeof(table) / sizeof(table[0]), njobs, state);
}
