/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * keyproc holds the account key.  From net it reads a typed request to sign, a
 * nonce and a URL; it makes every payload and protected header itself, from the
 * configuration and from the CSR that csr sent directly.  An attacker in it has
 * the account.  It refuses URLs of other origins than the authority's, jobs
 * that certproc has not begun, requests out of the protocol's order and more of
 * them than a job can need.  The requests about the account itself are in
 * key-account.c, its status is in key-status.c.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"
#include "begin.h"
#include "disk.h"
#include "key.h"
#include "role.h"
#include "sandbox.h"
#include "sign.h"
#include "valid.h"
#include "x509.h"

/*
 * The most attempts at a request: if every second one gets badNonce, 20 fail
 * once in a million times; one more request may have been sent ahead.
 */
#define TRIES SIGN_TRIES
#define FETCHES (ORDERS_MAX * (100 * TRIES + 10 * CONF_NAMES_MAX * TRIES))

/* The states of a job in the protocol, and those of the account. */
enum {
	NO_ACCOUNT = 1,
	IDLE = 2,
	BEGUN = 4,
	ORDERED = 8,
	FINAL = 16,
	/* The runs for -r, -K, -U and -D. */
	REVOKING = 32,
	ROLLING = 64,
	UPDATING = 128,
	LEAVING = 256,
	UNKNOWN_TO_CA = 512, /* A new account may be registered. */
	RESUMED = 1024       /* The order of an earlier run may be fetched. */
};

struct key_job {
	struct strings names;
	char *profile;
	int own_csr; /* The administrator has made the CSR, not csr. */
	unsigned state;
	char *csr;   /* The CSR, DER in base64url, or NULL. */
	int refused; /* keyproc signs nothing for this job any more. */
	/* The ID of the installed certificate (RFC 9773 5), or NULL. */
	char *replaces;
	/*
	 * The URL of an earlier run's order, which is fetched first; or NULL.
	 */
	char *order;
	/* The files in one of which the certificate to revoke must be. */
	struct revocable revocable;
	/* The certificate to revoke, DER in base64url, or NULL. */
	char *revoke;
};

static int reason; /* The reason for a revocation; -1: none. */
static struct key_job *jobs;
static uint32_t njobs;
static struct msg out;

static void
add_job(const struct slice_domain *d)
{
	struct key_job *j;

	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	j = &jobs[njobs++];
	j->state = IDLE;
	j->profile = d->profile;
	j->own_csr = d->has_csr_file;
	j->names = d->names;
}

/*
 * Takes a job from certproc, which alone begins jobs.  certproc says which
 * certificate the new order replaces, and which order of an earlier run is
 * fetched first.
 */
static void
key_begin(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];
	struct body_begin b;

	body_begin(m, &b);
	if (b.replaces != NULL && (j->replaces = strdup(b.replaces)) == NULL)
		err(1, NULL);
	if (b.order != NULL && origin_known(b.order) &&
	    (j->order = strdup(b.order)) == NULL)
		err(1, NULL);
	j->state = j->order != NULL ? RESUMED : BEGUN;
}

static void
key_revocable(struct msg *m)
{
	revocable_add(&jobs[m->head.job].revocable, m);
}

/*
 * certproc sends the certificate to revoke to csr, which passes it on here and
 * says if it is for a key of the domain's.  It must be in a file that fileproc
 * has read before.  An attacker in certproc or fileproc of an earlier run may
 * have installed any certificate of the account, so it must have a key or a
 * name of the domain's.
 */
static void
key_revoke(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];
	struct body_revoke b;

	body_revoke(m, &b);
	if (!revocable_has(&j->revocable, b.der, b.len))
		errx(1,
		    "KEY_REVOKE: neither installed, nor left by an earlier -r");
	if (!b.ours && !revocable_names(&j->names, b.der, b.len)) {
		warnx("%s: the certificate to be revoked has neither a key nor "
		      "a name of this handle's",
		    j->names.n > 0 ? j->names.v[0] : "-r");
		j->refused = 1;
	}
	j->revoke = b64url_encode(b.der, b.len);
	j->state = REVOKING;
}

/*
 * Signs newOrder for the configured names and nothing else (RFC 8555 7.4, RFC
 * 8738).
 */
static void
sign_order(struct msg *m, const char *replaces)
{
	struct key_job *j = &jobs[m->head.job];
	json_t *ids = json_array(), *payload;
	unsigned char addr[16];
	size_t i;

	if (j->refused) {
		json_decref(ids);
		key_refuse(m);
		return;
	}
	for (i = 0; i < j->names.n; i++)
		json_array_append_new(ids,
		    json_pack("{s:s, s:s}", "type",
			address_bytes(j->names.v[i], addr) > 0 ? "ip" : "dns",
			"value", j->names.v[i]));
	payload = json_pack("{s:o}", "identifiers", ids);
	if (j->profile != NULL)
		json_object_set_new(
		    payload, "profile", json_string(j->profile));
	if (replaces != NULL)
		json_object_set_new(payload, "replaces", json_string(replaces));
	key_sign(m, payload);
	j->state = ORDERED;
}

static void
sign_new_order(struct msg *m)
{
	sign_order(m, NULL);
}

/* Signs newOrder with 'replaces' (RFC 9773 5). */
static void
sign_replacement(struct msg *m)
{
	if (jobs[m->head.job].replaces == NULL)
		errx(1, "KEY_SIGN_REPLACEMENT: there is nothing to replace");
	sign_order(m, jobs[m->head.job].replaces);
}

/* Signs a revocation by the account's key (RFC 8555 7.6). */
static void
sign_revoke(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];

	if (j->refused)
		key_refuse(m);
	else
		key_sign(m, revocation(j->revoke, reason));
}

/*
 * Signs POST-as-GET (RFC 8555 6.3).  Until there is an order in this run, only
 * the order that certproc has named may be fetched.
 */
static void
sign_fetch(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];

	if (j->state == RESUMED) {
		if (strcmp(key_url(m), j->order) != 0)
			errx(1,
			    "KEY_SIGN_FETCH: not the order of the earlier run");
		j->state = ORDERED;
	}
	key_sign(m, NULL);
}

/* Signs the request that responds to a challenge (RFC 8555 7.5.1). */
static void
sign_challenge(struct msg *m)
{
	key_sign(m, json_object());
}

/*
 * Signs the deactivation of an authorization (RFC 8555 7.5.2), unless the CA
 * could take it for a deactivation of the account.
 */
static void
sign_give_up(struct msg *m)
{
	if (account_may_be_at(key_url(m)))
		key_refuse(m);
	else
		key_sign(m, json_pack("{s:s}", "status", "deactivated"));
}

/* Takes the CSR, which csr itself has sent, and checks it nevertheless. */
static void
key_csr(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];
	uint8_t hash[SPKI_HASH_LEN];
	const uint8_t *der;
	struct error e;
	size_t len;

	der = msg_get_buf(m, &len);
	msg_end(m);
	free(j->csr);
	j->csr = NULL;
	/*
	 * The administrator's CSR may be wrong, or be for the account's key:
	 * then this job fails, and the others go on.
	 */
	if (csr_check(der, len, &j->names, account_key(), j->own_csr, hash,
		&e) == -1) {
		warnx("%s: %s", j->names.v[0], e.text);
		j->refused = 1;
	} else
		j->csr = b64url_encode(der, len);
}

/* Signs finalize (RFC 8555 7.4). */
static void
sign_finalize(struct msg *m)
{
	struct key_job *j = &jobs[m->head.job];

	if (j->csr == NULL)
		errx(1, "KEY_SIGN_FINALIZE: no CSR yet");
	key_sign(m, json_pack("{s:s}", "csr", j->csr));
	j->state = FINAL;
}

/*
 * A second order may follow a first one that failed, even after the first was
 * finalized.
 */
#define ORDERING (BEGUN | RESUMED | ORDERED | FINAL)

/*
 * Without an account, only registration is possible, and only in a renewal.
 * While one worker asks the CA about a stored account that the CA does not
 * accept, the others may still be working.
 */
static unsigned
state(uint32_t job)
{
	return (account_is_known() ? jobs[job].state : 0) |
	    (account_is_sought() ? NO_ACCOUNT : 0) |
	    (account_is_to_be_made() ? UNKNOWN_TO_CA : 0);
}

static const struct handler table[] = {
	{ KEY_SIGN_FIND_ACCOUNT, sign_find_account, NO_ACCOUNT, 3 * TRIES },
	{ KEY_SIGN_NEW_ACCOUNT, sign_new_account, UNKNOWN_TO_CA, TRIES },
	{ KEY_SET_ACCOUNT, set_account, ANY_STATE, 3 },
	{ KEY_NO_ACCOUNT, key_no_account, NO_ACCOUNT, 8 },
	{ KEY_SIGN_ROLLOVER, sign_rollover, ROLLING | NO_ACCOUNT, TRIES },
	{ KEY_SIGN_CONTACT, sign_contact, UPDATING, TRIES },
	{ KEY_SIGN_DEACTIVATE, sign_deactivate, LEAVING, TRIES },
	{ KEY_ASK_ACCOUNT, key_ask_account, ANY_STATE, 0 },
	{ KEY_LEAVE_ACCOUNT, key_leave_account, ANY_STATE, 0 },
	{ KEY_RECHECK_ACCOUNT, key_recheck_account, ANY_STATE, 0 },
	{ KEY_WORKER_GONE, key_worker_gone, ANY_STATE, WORKERS_MAX },
	{ KEY_BEGIN, key_begin, NO_ACCOUNT | IDLE, 1 },
	{ KEY_CSR, key_csr,
	    NO_ACCOUNT | IDLE | BEGUN | RESUMED | ORDERED | FINAL, 2 },
	{ KEY_SIGN_NEW_ORDER, sign_new_order, ORDERING, 2 * TRIES },
	{ KEY_SIGN_REPLACEMENT, sign_replacement, ORDERING, 2 * TRIES },
	{ KEY_SIGN_FETCH, sign_fetch, RESUMED | ORDERED | FINAL, FETCHES },
	{ KEY_SIGN_CHALLENGE, sign_challenge, ORDERED,
	    ORDERS_MAX *CONF_NAMES_MAX *(TRIES + 2) },
	{ KEY_SIGN_GIVE_UP, sign_give_up, ORDERED | FINAL,
	    ORDERS_MAX *(CONF_NAMES_MAX + TRIES) },
	{ KEY_SIGN_FINALIZE, sign_finalize, ORDERED | FINAL,
	    ORDERS_MAX *FINALIZE_TRIES *(TRIES + 1) },
	{ KEY_REVOCABLE, key_revocable, NO_ACCOUNT | IDLE, REVOCABLE_MAX },
	{ KEY_REVOKE, key_revoke, NO_ACCOUNT | IDLE, 1 },
	{ KEY_SIGN_REVOKE, sign_revoke, REVOKING, TRIES },
};

/* A run for -K, -U or -D has one job, which has no domain. */
static void
set_states(void)
{
	static const unsigned first[] = {
		[MODE_ROLLOVER] = ROLLING,
		[MODE_CONTACT] = UPDATING,
		[MODE_DEACTIVATE] = LEAVING,
	};

	if (!mode_is_for_account(role_mode))
		return;
	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	njobs = 1;
	if (mode_asks_ca(role_mode))
		jobs[0].state = first[role_mode];
}

int
main(int argc, char *argv[])
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_KEY };
	struct slice_domain d;
	struct slice_conf c;

	role_begin(ROLE_KEY, argc, argv);
	begin_crypto(1);
	begin_json();
	role_conf(&m, &c);
	reason = c.reason;
	account_conf(&c);
	origins_take(&c.origins);
	while (role_domain(&m, njobs, &d))
		add_job(&d);
	set_states();
	account_start();
	dir_close_all();
	s.uid = role_uid;
	s.gid = role_gid;
	sandbox_enter(&s);
	/* account_start() has completed the rollover. */
	if (role_mode == MODE_ADOPT) {
		msg_new(&out, CERT_DONE, 0);
		msg_send(&out);
	} else if (role_mode == MODE_SHOW)
		show_account();
	else
		tell_chng();
	serve(table, sizeof(table) / sizeof(table[0]), njobs, state);
}
