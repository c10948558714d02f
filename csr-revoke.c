/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * -r: signs the revocation of a certificate by its own key, and removes what is
 * left of a revoked one.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"
#include "csr.h"
#include "disk.h"
#include "role.h"
#include "sign.h"
#include "valid.h"
#include "x509.h"

static int reason; /* The reason for a revocation; -1: none. */
static struct msg out;

void
csr_revoke_begin(int number)
{
	reason = number;
}

void
csr_revocable(struct msg *m)
{
	revocable_add(&csr_job(m->head.job)->revocable, m);
}

/*
 * Takes the certificate to revoke from certproc; it must be in a file that
 * fileproc has sent.  Tells key whether it is for one of the keys here.
 */
void
csr_revoke(struct msg *m)
{
	struct csr_job *j = csr_job(m->head.job);
	EVP_PKEY *key;
	struct body_revoke b;

	b.der = msg_get_buf(m, &b.len);
	msg_end(m);
	if (!revocable_has(&j->revocable, b.der, b.len))
		errx(1,
		    "CSR_REVOKE: neither installed, nor left by an earlier -r");
	j->revoke = b64url_encode(b.der, b.len);
	j->revokes = csr_is_for(&j->key, b.der, b.len);
	b.ours = j->revokes || csr_is_for(&j->next, b.der, b.len) ||
	    csr_is_for(&j->old, b.der, b.len);
	if (j->own_csr != NULL &&
	    (key = csr_key(j->own_csr, j->own_csr_len)) != NULL) {
		b.ours = keyfile_is_in(key, b.der, b.len);
		EVP_PKEY_free(key);
	}
	msg_new(&out, KEY_REVOKE, m->head.job);
	body_revoke(&out, &b);
	msg_send(&out);
	csr_reply(m->head.job, CSR_DONE, NULL);
}

/* Signs the revocation by the certificate's own key (RFC 8555 7.6). */
void
csr_sign_revoke(struct msg *m)
{
	struct csr_job *j = csr_job(m->head.job);
	struct body_request b;
	EVP_PKEY *key = NULL;
	json_t *payload;
	struct error e;
	char *jws = NULL;

	body_request(m, &b);
	if (j->revoke == NULL)
		errx(1, "CSR_SIGN_REVOKE: nothing to revoke");
	if (!valid_nonce(b.nonce) || !origin_known(b.url))
		errx(1,
		    "CSR_SIGN_REVOKE: not a nonce and a URL of the authority");
	if (j->path == NULL)
		error_set(&e, "the key of this certificate is not here");
	else if (j->key.dir == NULL)
		e = j->broken;
	else if (csr_load(&j->key, &key, &e) == 0)
		error_set(&e, "%s: there is no such file", j->path);
	else if (key != NULL && !j->revokes)
		error_set(&e,
		    "%s: is not the key of the certificate to be revoked",
		    j->path);
	if (key != NULL && j->revokes) {
		payload = revocation(j->revoke, reason);
		jws = jws_sign(key, NULL, b.nonce, b.url, payload);
		json_decref(payload);
		j->has_revoked = jws != NULL;
	} else
		warnx("%s", e.text);
	EVP_PKEY_free(key);
	msg_reply(&out, NET_SIGNED, m);
	msg_put_str(&out, jws);
	msg_send(&out);
	free(jws);
}

/* Has the key at this place this hash?  -1: no key can be loaded there. */
static int
has_hash(const struct place *p, const uint8_t *hash)
{
	uint8_t own[SPKI_HASH_LEN];
	EVP_PKEY *key = NULL;
	struct error ignored;
	int same;

	if (csr_load(p, &key, &ignored) != 1)
		return -1;
	same = spki_hash(key, own) == 0 && memcmp(own, hash, sizeof(own)) == 0;
	EVP_PKEY_free(key);
	return same;
}

/*
 * Is this the hash of the live key?  A live key that cannot be loaded counts,
 * as its hash is not known.
 */
static int
is_live(const struct csr_job *j, const uint8_t *hash)
{
	int same = has_hash(&j->key, hash);

	return same != -1 ? same :
			    place_exists(&j->key) || place_exists(&j->next);
}

/*
 * Removes the live key, which is compromised, or which the CA may block as it
 * has signed the revocation, and the keys beside it.  While another certificate
 * is installed for the key, the web server needs it, and it is kept.
 */
static enum csr_done
discard_key(struct csr_job *j, int others, struct error *e)
{
	if (others) {
		say(0,
		    "%s: stays for now, as another certificate is installed "
		    "for it, though the CA may block it; run a renewal at "
		    "once: it is for a new key",
		    j->path);
		return CSR_KEY_STAYS;
	}
	if (reason == REASON_KEY_COMPROMISE)
		say(1, "%s: removed, as it is compromised", j->path);
	else
		say(0,
		    "%s: removed, as it has signed the revocation, by which "
		    "the CA may block it for good; the next certificate is for "
		    "a new key",
		    j->path);
	return place_remove(&j->key, e) == 0 &&
		place_remove(&j->next, e) == 0 &&
		place_remove_now(&j->old, e) == 0 ?
	    CSR_DONE :
	    CSR_FAILED;
}

/*
 * Removes the key before the live one, which -B could restore, if it is the
 * compromised one: its certificate was replaced before the revocation finished.
 */
static int
drop_old(struct csr_job *j, const uint8_t *hash, struct error *e)
{
	if (has_hash(&j->old, hash) != 1)
		return 0;
	say(1, "%s: removed, as it is compromised", j->old.path);
	return place_remove_now(&j->old, e);
}

/*
 * Handles CSR_DISCARD: the certificate is revoked.  Removes the combined file
 * with it, and the key if that must not be used again.
 */
void
csr_discard(struct msg *m)
{
	struct csr_job *j = csr_job(m->head.job);
	struct body_discard b;
	enum csr_done done_so = j->path == NULL ? CSR_KEY_ELSEWHERE : CSR_DONE;
	struct error e;

	body_discard(m, &b);
	if (j->combined.path != NULL && b.installed &&
	    place_remove_now(&j->combined, &e) == -1)
		done_so = CSR_FAILED;
	else if (done_so == CSR_DONE &&
	    (reason == REASON_KEY_COMPROMISE || j->has_revoked) &&
	    is_live(j, b.hash))
		done_so = discard_key(j, !b.installed, &e);
	else if (done_so == CSR_DONE && reason == REASON_KEY_COMPROMISE &&
	    j->old.dir != NULL && drop_old(j, b.hash, &e) == -1)
		done_so = CSR_FAILED;
	csr_reply(m->head.job, done_so, &e);
}
