/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * csrproc holds the domain keys, and the right to read and write files in their
 * directories.  From net it reads which job needs a CSR and, with -r only, the
 * nonce and URL of a revocation.  An attacker in it has the domain keys and can
 * have another key certified for the configured names, but reaches neither the
 * network nor an account key.  It refuses to replace a key that it cannot use,
 * and revokes only a certificate that certproc names and fileproc has read
 * among the job's files.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "begin.h"
#include "csr.h"
#include "disk.h"
#include "role.h"
#include "sign.h"
#include "x509.h"

#define COMBINED_BYTES_MAX (CHAIN_BYTES_MAX + 16384)

static struct msg out;

/* Writes the key's hash into hash, and returns it; NULL: there is no key. */
static const uint8_t *
hash_of(EVP_PKEY *key, uint8_t hash[SPKI_HASH_LEN])
{
	if (key != NULL && spki_hash(key, hash) == -1)
		errx(1, "cannot hash a public key");
	return key != NULL ? hash : NULL;
}

/* Is the key in this text the same as key? */
static int
holds_key(const char *text, size_t len, EVP_PKEY *key)
{
	uint8_t hash[SPKI_HASH_LEN], held_hash[SPKI_HASH_LEN];
	EVP_PKEY *held = keyfile_parse(text, len);
	int same = key != NULL && held != NULL && spki_hash(key, hash) == 0 &&
	    spki_hash(held, held_hash) == 0 &&
	    memcmp(hash, held_hash, sizeof(hash)) == 0;

	EVP_PKEY_free(held);
	return same;
}

static const uint8_t *
hash_of_text(const char *text, size_t len, uint8_t hash[SPKI_HASH_LEN])
{
	if (!EVP_Digest(text, len, hash, NULL, EVP_sha256(), NULL))
		errx(1, "SHA-256 failed");
	return hash;
}

/*
 * Puts into b the hashes of the combined file's chain and of its first
 * certificate, if the key in the file is the live one.  hashes stores them.
 */
static void
look_at_combined(const struct csr_job *j, EVP_PKEY *key, struct body_key *b,
    uint8_t hashes[2][SPKI_HASH_LEN])
{
	static const char key_end[] = "-----END PRIVATE KEY-----\n";
	static const char cert_end[] = "-----END CERTIFICATE-----\n";
	struct stat st;
	struct error ignored;
	char *text = NULL, *chain = NULL, *rest;
	size_t len = 0;

	if (j->combined.path != NULL &&
	    place_read(&j->combined, &text, &len, COMBINED_BYTES_MAX, &st,
		&ignored) == 1 &&
	    holds_key(text, len, key) &&
	    (chain = strstr(text, key_end)) != NULL)
		chain += strlen(key_end);
	if (chain != NULL && (rest = strstr(chain, cert_end)) != NULL) {
		b->chain = hash_of_text(chain, strlen(chain), hashes[0]);
		b->leaf = hash_of_text(chain,
		    (size_t)(rest - chain) + strlen(cert_end), hashes[1]);
	}
	freezero(text, len);
}

static void
tell_cert(uint32_t job, EVP_PKEY *key, EVP_PKEY *next)
{
	uint8_t live_hash[SPKI_HASH_LEN], next_hash[SPKI_HASH_LEN],
	    combined[2][SPKI_HASH_LEN];
	const struct csr_job *j = csr_job(job);
	struct body_key b = { .usable = j->broken.text[0] == '\0',
		.grouped = j->grouped,
		.live = hash_of(key, live_hash),
		.next = hash_of(next, next_hash) };

	look_at_combined(j, key, &b, combined);
	msg_new(&out, CERT_KEY, job);
	body_key(&out, &b);
	msg_send(&out);
}

/*
 * Loads the live key and the next one, or with -B the key before the live one
 * instead of the next.  A key is NULL if its file is missing.  0 or -1.
 */
static int
load_keys(
    const struct csr_job *j, EVP_PKEY **key, EVP_PKEY **next, struct error *e)
{
	*key = *next = NULL;
	if (csr_load(&j->key, key, e) == -1 ||
	    csr_load(role_mode == MODE_RESTORE ? &j->old : &j->next, next, e) ==
		-1) {
		EVP_PKEY_free(*key);
		*key = NULL;
		return -1;
	}
	return 0;
}

/* Gives existing files the configured group, or takes a former group away. */
static void
regroup(struct csr_job *j, int take_back)
{
	const struct place *files[] = { &j->key, &j->next, &j->old,
		&j->combined };
	struct error e;
	size_t i;
	int n;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i]->path == NULL)
			continue;
		if ((n = keyfile_regroup(files[i], j->group, take_back, &e)) ==
		    -1) {
			warnx("%s", e.text);
			j->grouped = 0;
		} else if (n == 1 && j->group == NO_GROUP)
			say(1, "%s: no group may read it any longer",
			    files[i]->path);
		else if (n == 1)
			say(1, "%s: group %u may read it now", files[i]->path,
			    (unsigned)j->group);
	}
}

/*
 * Replies to the parent, which reads its configuration and asks for the names
 * in a CSR.
 */
static void
csr_names(struct msg *m)
{
	struct body_names b = { .error = NULL };
	struct error e;
	const uint8_t *text;
	size_t len, i;

	text = msg_get_buf(m, &len);
	msg_end(m);
	if (csr_parse_names((const char *)text, len, &b.names, &e) == -1)
		b.error = e.text;
	msg_reply(&out, PARENT_NAMES, m);
	body_names(&out, &b);
	msg_send(&out);
	for (i = 0; i < b.names.n; i++)
		free(b.names.v[i]);
	free(b.names.v);
}

/*
 * Sends certproc the hashes of the keys, which it needs to decide which jobs
 * are due.
 */
static void
csr_look(struct msg *m)
{
	struct csr_job *j = csr_job(m->head.job);
	EVP_PKEY *key = NULL, *next = NULL;
	int take_back;

	body_flag(m, &take_back);
	j->grouped = 1;
	if (j->own_csr != NULL)
		key = csr_key(j->own_csr, j->own_csr_len);
	else if (j->broken.text[0] == '\0' &&
	    (place_clean(&j->key, &j->broken) == -1 ||
		place_clean(&j->next, &j->broken) == -1 ||
		(j->combined.path != NULL &&
		    place_clean(&j->combined, &j->broken) == -1) ||
		load_keys(j, &key, &next, &j->broken) == -1))
		warnx("%s", j->broken.text);
	else if (role_mode == MODE_RENEW && j->broken.text[0] == '\0')
		regroup(j, take_back);
	if (j->broken.text[0] != '\0')
		csr_tell_error(m->head.job, &j->broken);
	tell_cert(m->head.job, key, next);
	EVP_PKEY_free(key);
	EVP_PKEY_free(next);
}

static void
send_csr(uint32_t job, const uint8_t *der, size_t len)
{
	msg_new(&out, KEY_CSR, job);
	msg_put_buf(&out, der, len);
	msg_send(&out);
}

/*
 * Removes the next key: it is not of the configured type, or the CA refuses it,
 * or an attacker who has read the live key may have read it, too.
 */
static int
drop_next(struct csr_job *j, EVP_PKEY **next, struct error *e)
{
	EVP_PKEY_free(*next);
	*next = NULL;
	j->fresh = 0;
	return place_remove_now(&j->next, e);
}

/*
 * Makes a key if one is needed.  The first key is live at once; so is one that
 * replaces a lost key, as the installed certificate is not for it.  Any other
 * new key is the next one, which goes live with its certificate, when certproc
 * says so.
 */
static int
make_key(struct csr_job *j, EVP_PKEY **key, EVP_PKEY **next, struct error *e)
{
	int first = *key == NULL && !j->new_key;
	const struct place *p = first ? &j->key : &j->next;
	EVP_PKEY **made = first ? key : next;

	if (j->fresh && drop_next(j, next, e) == -1)
		return -1;
	/* The configured type has changed since the next key was made. */
	if (*next != NULL && !keyfile_fits(&j->spec, *next) &&
	    drop_next(j, next, e) == -1)
		return -1;
	if (*next != NULL ||
	    (*key != NULL && !j->rotate && !j->new_key &&
		keyfile_fits(&j->spec, *key)))
		return 0;
	if (keyfile_create(p, &j->spec, geteuid(), j->group, made, e) == -1)
		return -1;
	say(1, "%s: made a new key", p->path);
	return 0;
}

/*
 * Loads or makes the key, and sends the CSR to key and the hashes to certproc.
 */
static int
make(uint32_t job, struct error *e)
{
	struct csr_job *j = csr_job(job);
	EVP_PKEY *key, *next;
	uint8_t *der;
	size_t len;
	int rc = -1;

	if (j->broken.text[0] != '\0')
		return error_set(e, "%s", j->broken.text);
	if (j->own_csr != NULL) {
		send_csr(job, j->own_csr, j->own_csr_len);
		return 0;
	}
	if (load_keys(j, &key, &next, e) == -1)
		return -1;
	if (make_key(j, &key, &next, e) == 0 &&
	    csr_make(next != NULL ? next : key, &j->names, &der, &len, e) ==
		0) {
		tell_cert(job, key, next);
		send_csr(job, der, len);
		free(der);
		rc = 0;
	}
	EVP_PKEY_free(key);
	EVP_PKEY_free(next);
	return rc;
}

static void
csr_make_handler(struct msg *m)
{
	struct error e;
	int ok;

	msg_end(m);
	if (!(ok = make(m->head.job, &e) == 0)) {
		warnx("%s", e.text);
		csr_tell_error(m->head.job, &e);
	}
	msg_reply(&out, NET_CSR_DONE, m);
	body_flag(&out, &ok);
	msg_send(&out);
}

/* Notes that the next CSR is for a new key; enum new_key says why. */
static void
csr_new_key(struct msg *m)
{
	struct csr_job *j = csr_job(m->head.job);
	enum new_key cause;

	body_new_key(m, &cause);
	j->new_key = 1;
	j->fresh = cause != NEW_KEY_BESIDE;
	if (j->fresh && j->path == NULL && j->own_csr != NULL) {
		error_set(&j->broken,
		    "%s: the key of the configured CSR ('csr file') is %s: "
		    "make another key, and a CSR with it",
		    j->names.n > 0 ? j->names.v[0] : "csr file",
		    cause == NEW_KEY_REFUSED ? "one that the CA refuses" :
					       "compromised");
		free(j->own_csr);
		j->own_csr = NULL;
	}
}

/* Keeps the live key as PATH.old.  An error is printed, and the run goes on. */
static void
keep_old(const struct csr_job *j)
{
	struct error e;

	if (place_exists(&j->key) && place_keep(&j->key, &j->old, &e) == -1)
		say(0, "%s; the replaced key is not kept", e.text);
}

/*
 * Handles CSR_ADOPT: certproc has saved a certificate for the next key, and
 * both go live together.  The replaced key is kept, one generation, as fileproc
 * keeps the replaced certificates.
 */
static void
csr_adopt(struct msg *m)
{
	struct csr_job *j = csr_job(m->head.job);
	EVP_PKEY *next = NULL;
	const uint8_t *der;
	struct error e;
	size_t len;
	int ok = 0, n;

	der = msg_get_buf(m, &len);
	msg_end(m);
	if (j->path == NULL)
		errx(1, "CSR_ADOPT: the job has a 'csr file', and no key here");
	/* With -B, the key before the live one becomes the next one. */
	if (role_mode == MODE_RESTORE && csr_is_for(&j->old, der, len) &&
	    place_move(&j->old, &j->next, &e) == -1) {
		csr_reply(m->head.job, CSR_FAILED, &e);
		return;
	}
	if ((n = csr_load(&j->next, &next, &e)) == 0)
		error_set(&e, "%s: there is no new key", j->next.path);
	else if (n == 1 && !keyfile_is_in(next, der, len))
		error_set(&e,
		    "%s: the certificate is for another key; not made live",
		    j->next.path);
	else if (n == 1) {
		keep_old(j);
		ok = place_move(&j->next, &j->key, &e) == 0;
	}
	EVP_PKEY_free(next);
	if (ok && mode_only_installs(role_mode))
		regroup(j, 0);
	csr_reply(m->head.job, ok ? CSR_DONE : CSR_FAILED, &e);
}

static void
csr_combine(struct msg *m)
{
	struct csr_job *j = csr_job(m->head.job);
	EVP_PKEY *key = NULL;
	const uint8_t *chain;
	struct error e;
	size_t len;
	int ok;

	chain = msg_get_buf(m, &len);
	msg_end(m);
	if (j->combined.path == NULL)
		errx(1, "CSR_COMBINE: not configured");
	if (!keyfile_only_certificates(chain, len))
		errx(1, "CSR_COMBINE: not certificates");
	ok = csr_load(&j->key, &key, &e) == 1 &&
	    keyfile_combine(&j->combined, j->group, key, chain, len, &e) == 0;
	EVP_PKEY_free(key);
	csr_reply(m->head.job, ok ? CSR_DONE : CSR_FAILED, &e);
}

/*
 * The states in which messages may come.  A renewal and a run for -r have
 * different ones, so that neither can ask for what the other may.
 */
enum { RENEWING = 1, REVOKING = 2, NAMING = 4 };

static unsigned
state(uint32_t job)
{
	(void)job;
	return role_mode == MODE_NAMES ? NAMING :
	    role_mode == MODE_REVOKE   ? REVOKING :
					 RENEWING;
}

static const struct handler table[] = {
	{ CSR_NAMES, csr_names, NAMING, 0 },
	{ CSR_LOOK, csr_look, RENEWING | REVOKING, 1 },
	{ CSR_MAKE, csr_make_handler, RENEWING, 2 },
	{ CSR_NEW_KEY, csr_new_key, RENEWING, 3 },
	{ CSR_ADOPT, csr_adopt, RENEWING, 1 },
	{ CSR_COMBINE, csr_combine, RENEWING, 2 },
	{ CSR_REVOCABLE, csr_revocable, REVOKING, REVOCABLE_MAX },
	{ CSR_REVOKE, csr_revoke, REVOKING, 1 },
	{ CSR_SIGN_REVOKE, csr_sign_revoke, REVOKING, SIGN_TRIES },
	{ CSR_DISCARD, csr_discard, REVOKING, 1 },
};

int
main(int argc, char *argv[])
{
	struct sandbox box = { .role = ROLE_CSR };
	static struct msg m;
	struct slice_domain d;
	struct slice_conf c;
	uint32_t njobs;

	role_begin(ROLE_CSR, argc, argv);
	begin_crypto(1);
	begin_json();
	role_conf(&m, &c);
	csr_revoke_begin(c.reason);
	origins_take(&c.origins);
	while (role_domain(&m, csr_njobs(), &d))
		csr_job_add(&d, &box);
	njobs = csr_njobs();
	/* For names in CSRs, no key is read, and no directory is needed. */
	if (role_mode == MODE_NAMES) {
		box.uid = role_uid;
		box.gid = role_gid;
		njobs = 1;
	} else
		dir_owner(&box);
	box.dirs = dir_rights(DIR_READ | DIR_WRITE, &box.ndirs);
	sandbox_enter(&box);
	serve(table, sizeof(table) / sizeof(table[0]), njobs, state);
}
