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

#include "jose.h"
#include "json.h"
#include "keyfile.h"
#include "proc.h"
#include "valid.h"
#include "x509.h"

/* With badNonce at every second request, 20 tries fail once in a million. */
#define TRIES		SIGN_TRIES
#define FETCHES		(40 * TRIES + 3 * CONF_NAMES_MAX * TRIES)

/* How far the protocol is, for each job. */
enum { NO_ACCOUNT = 1, IDLE = 2, BEGUN = 4, ORDERED = 8, FINAL = 16 };

struct key_job {
	struct strings	 names;
	char		*profile;
	unsigned	 state;
	char		*csr;		/* base64url of the DER, or NULL */
};

static EVP_PKEY *account;
static char thumbprint[THUMBPRINT_LEN + 1];
static char *kid;			/* account URL, once known */
static int key_is_new;
static char *contact;
static struct url *origins;
static size_t norigins;
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
	j->names.v = msg_get_strings(m, &j->names.n, CONF_NAMES_MAX);
	msg_end(m);
}

static int
our_origin(const char *text)
{
	struct url url;
	size_t i;

	if (url_parse(&url, text))
		for (i = 0; i < norigins; i++)
			if (url_same_origin(&url, &origins[i]))
				return 1;
	return 0;
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
	if (!our_origin(*url))
		errx(1, "%s: not a URL of the authority", routes[m->head.type].name);
}

/* Signs and answers; takes over payload. */
static void
sign(struct msg *m, const char *as, json_t *payload)
{
	const char *nonce, *url;
	char *jws;

	get_target(m, &nonce, &url);
	if ((jws = jws_sign(account, as, nonce, url, payload)) == NULL)
		errx(1, "%s: cannot sign", routes[m->head.type].name);
	msg_new(&out, NET_SIGNED, m->head.job);
	msg_put_str(&out, jws);
	msg_send(&out);
	free(jws);
	json_decref(payload);
}

/* What file had stored counts only for this very key. */
static void
key_account(struct msg *m)
{
	const char *stored_thumbprint = msg_get_str(m), *url = msg_get_str(m);

	msg_end(m);
	if (url != NULL && stored_thumbprint != NULL && our_origin(url) &&
	    strcmp(stored_thumbprint, thumbprint) == 0 && (kid = strdup(url)) == NULL)
		err(1, NULL);
	msg_new(&out, CHNG_THUMBPRINT, 0);
	msg_put_str(&out, thumbprint);
	msg_send(&out);
	msg_new(&out, NET_ACCOUNT, 0);
	msg_put_num(&out, kid != NULL ? ACCOUNT_KNOWN : key_is_new ? ACCOUNT_NEW : ACCOUNT_FIND);
	msg_send(&out);
}

static void
key_begin(struct msg *m)
{
	msg_end(m);
	jobs[m->head.job].state = BEGUN;
}

/* RFC 8555 7.3.1: is there an account of this key? */
static void
sign_find_account(struct msg *m)
{
	sign(m, NULL, json_pack("{s:b}", "onlyReturnExisting", 1));
}

/* RFC 8555 7.3. */
static void
sign_new_account(struct msg *m)
{
	json_t *payload = json_pack("{s:b}", "termsOfServiceAgreed", 1);

	if (contact != NULL)
		json_object_set_new(payload, "contact", json_pack("[s]", contact));
	sign(m, NULL, payload);
}

/* The account URL becomes the kid, for good: another one later is refused. */
static void
set_account(struct msg *m)
{
	const char *url = msg_need_str(m);

	msg_end(m);
	if (!our_origin(url))
		errx(1, "KEY_SET_ACCOUNT: not a URL of the authority");
	if (kid != NULL && strcmp(kid, url) != 0)
		errx(1, "KEY_SET_ACCOUNT: the account is %s", kid);
	if (kid == NULL && (kid = strdup(url)) == NULL)
		err(1, NULL);
	msg_new(&out, FILE_ACCOUNT, 0);
	msg_put_str(&out, thumbprint);
	msg_put_str(&out, kid);
	msg_send(&out);
}

/* RFC 8555 7.4: the configured names and nothing else. */
static void
sign_new_order(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];
	json_t *ids = json_array(), *payload;
	size_t i;

	for (i = 0; i < j->names.n; i++)
		json_array_append_new(ids, json_pack("{s:s, s:s}",
		    "type", "dns", "value", j->names.v[i]));
	payload = json_pack("{s:o}", "identifiers", ids);
	if (j->profile != NULL)
		json_object_set_new(payload, "profile", json_string(j->profile));
	sign(m, kid, payload);
	j->state = ORDERED;
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
	if (csr_check(der, len, &j->names, account, hash, &w) == -1)
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

/* Without an account nothing but registration is possible. */
static unsigned
state(uint32_t job)
{
	return kid == NULL ? NO_ACCOUNT : jobs[job].state;
}

static const struct handler table[] = {
	{ KEY_ACCOUNT, key_account, NO_ACCOUNT, 1 },
	{ KEY_SIGN_FIND_ACCOUNT, sign_find_account, NO_ACCOUNT, TRIES },
	{ KEY_SIGN_NEW_ACCOUNT, sign_new_account, NO_ACCOUNT, TRIES },
	{ KEY_SET_ACCOUNT, set_account, ANY_STATE, 1 },
	{ KEY_BEGIN, key_begin, NO_ACCOUNT | IDLE, 1 },
	{ KEY_CSR, key_csr, NO_ACCOUNT | IDLE | BEGUN | ORDERED, 2 },
	{ KEY_SIGN_NEW_ORDER, sign_new_order, BEGUN | ORDERED, TRIES },
	{ KEY_SIGN_FETCH, sign_fetch, ORDERED | FINAL, FETCHES },
	{ KEY_SIGN_CHALLENGE, sign_challenge, ORDERED, CONF_NAMES_MAX * TRIES },
	{ KEY_SIGN_FINALIZE, sign_finalize, ORDERED | FINAL, TRIES },
};

/* The key is read, or made, while the disk can still be reached. */
static void
load_account(const char *path, const struct keyspec *spec)
{
	struct place p;
	struct why w;
	int n;

	if (place_open(&p, path, &w) == -1 || place_clean(&p, &w) == -1 ||
	    (n = keyfile_load(&p, spec, &account, &w)) == -1)
		errx(1, "%s", w.text);
	if (n == 0) {
		if (keyfile_create(&p, spec, &account, &w) == -1)
			errx(1, "%s", w.text);
		say(1, "%s: made a new account key", path);
		key_is_new = 1;
	}
	close(p.dir->fd);
	if (jwk_thumbprint(account, thumbprint) == -1)
		errx(1, "%s: no thumbprint for this key", path);
}

void
keyproc(void)
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_KEY };
	struct keyspec spec;
	const char *path, *text;
	char **urls;
	size_t i;

	json_init();
	role_conf(&m);
	path = msg_need_str(&m);
	spec.type = (enum keytype)msg_get_num(&m);
	spec.bits = (int)msg_get_num(&m);
	if ((text = msg_get_str(&m)) != NULL && (contact = strdup(text)) == NULL)
		err(1, NULL);
	urls = msg_get_strings(&m, &norigins, ORIGINS_MAX);
	msg_end(&m);
	if ((origins = calloc(norigins + 1, sizeof(*origins))) == NULL)
		err(1, NULL);
	for (i = 0; i < norigins; i++)
		if (!url_parse(&origins[i], urls[i]))
			errx(1, "%s: not an https URL", urls[i]);
	load_account(path, &spec);
	while (role_domain(&m, njobs))
		add_job(&m);
	s.uid = role_uid;
	s.gid = role_gid;
	sandbox_enter(&s);
	serve(table, sizeof(table) / sizeof(table[0]), njobs, state);
}
