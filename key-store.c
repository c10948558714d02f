/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Keeps the account's keys on disk. */
#include <sys/file.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "key.h"
#include "role.h"

/* The seconds to wait for another run that has the lock. */
#define LOCK_SECONDS 30

/*
 * The least bytes of a MAC key.  RFC 7518 3.2 requires 32 for HS256, but some
 * CAs issue shorter keys.
 */
#define MAC_KEY_MIN 16

static int
thumbprint_of(EVP_PKEY *key, char out[THUMBPRINT_LEN + 1],
    const struct place *p, struct error *e)
{
	if (jwk_thumbprint(key, out) == -1)
		return error_set(e, "%s: no thumbprint for this key", p->path);
	return 0;
}

/* The paths of an account's keys. */
struct places {
	struct place key, next, spare[SPARES];
};

static int
open_places(struct places *p, const char *path, struct error *e)
{
	if (place_open(&p->key, path, e) == -1)
		return -1;
	place_beside(&p->next, &p->key, ".new");
	place_beside(&p->spare[SPARE_OLD], &p->key, ".old");
	place_beside(&p->spare[SPARE_REFUSED], &p->key, ".refused");
	return 0;
}

/*
 * Takes a lock: one run at a time reads, makes and moves keys, for any
 * authority and configuration.  On a file system without locks there is no
 * lock.
 */
static int
lock_directory(const struct dir *d, struct error *e)
{
	int64_t deadline = clock_ms() + LOCK_SECONDS * 1000;

	while (flock(d->fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			say(1, "%s: cannot be locked: %s", d->path,
			    strerror(errno));
			return 0;
		}
		if (clock_left_ms(deadline) == 0)
			return error_set(e,
			    "%s: another process has locked this directory for "
			    "%d seconds; try again when it is done",
			    d->path, LOCK_SECONDS);
		role_pause(20);
	}
	return 0;
}

/*
 * Moves a key to the place of the account's key, which is kept under another
 * name.  At any time one of the names has the account's key.
 */
static int
install_key(const struct account_key *a, const struct places *p,
    const struct place *from, int keep, struct error *e)
{
	if ((a->key != NULL && place_keep(&p->key, &p->spare[keep], e) == -1) ||
	    place_move(from, &p->key, e) == -1)
		return -1;
	if (a->key == NULL)
		say(1, "%s: now holds the account key", p->key.path);
	else
		say(1,
		    "%s: now holds the new account key, %s the one before it",
		    p->key.path, p->spare[keep].path);
	return 0;
}

static int
is_stored(EVP_PKEY *key, const char *thumbprint, const char *stored)
{
	return key != NULL && stored != NULL && strcmp(thumbprint, stored) == 0;
}

static int
load(const struct place *p, const struct keyspec *spec, EVP_PKEY **key,
    char thumbprint[THUMBPRINT_LEN + 1], struct error *e)
{
	if (place_clean(p, e) == -1 || keyfile_load(p, spec, key, e) == -1)
		return -1;
	return *key == NULL ? 0 : thumbprint_of(*key, thumbprint, p, e);
}

static int
make(const struct place *p, const struct keyspec *spec, EVP_PKEY **key,
    char thumbprint[THUMBPRINT_LEN + 1], struct error *e)
{
	/* The next run may be started by the owner of the directory. */
	uid_t owner = geteuid() == 0 ? p->dir->st.st_uid : geteuid();

	if (keyfile_create(p, spec, owner, NO_GROUP, key, e) == -1)
		return -1;
	say(1, "%s: made a new account key", p->path);
	return thumbprint_of(*key, thumbprint, p, e);
}

static const struct keyspec any = { .type = KEYTYPE_ANY };

/* A spare key that cannot be used is ignored. */
static void
load_spares(struct account_key *a, const struct places *p)
{
	struct spare_key *spare;
	struct error e;
	int i;

	for (i = 0; i < SPARES; i++) {
		spare = &a->spare[i];
		if (keyfile_load(&p->spare[i], &any, &spare->key, &e) == -1)
			say(1, "%s", e.text);
		if (spare->key != NULL &&
		    thumbprint_of(spare->key, spare->thumbprint, &p->spare[i],
			&e) == -1) {
			EVP_PKEY_free(spare->key);
			spare->key = NULL;
		}
	}
}

/* A run that was killed in install_key() leaves two names of one key. */
static void
drop_double(struct account_key *a)
{
	int i;

	for (i = 0; i < SPARES; i++)
		if (a->spare[i].key != NULL &&
		    is_stored(a->key, a->thumbprint, a->spare[i].thumbprint)) {
			EVP_PKEY_free(a->spare[i].key);
			a->spare[i].key = NULL;
		}
}

/* Moves the keys as the stored thumbprints say. */
static int
put_in_place(struct account_key *a, const struct places *p,
    const struct account_load *l, struct error *e)
{
	int i;

	if (is_stored(a->next, a->next_thumbprint, l->stored)) {
		if (install_key(a, p, &p->next, SPARE_OLD, e) == -1)
			return -1;
		account_key_switch(a);
	}
	for (i = 0; i < SPARES; i++)
		if (is_stored(
			a->spare[i].key, a->spare[i].thumbprint, l->stored)) {
			if (install_key(a, p, &p->spare[i],
				i == SPARE_OLD ? SPARE_REFUSED : SPARE_OLD,
				e) == -1)
				return -1;
			account_key_use(a, i);
			return 0;
		}
	if (is_stored(a->next, a->next_thumbprint, l->unknown) &&
	    a->key != NULL) {
		if (place_move(&p->next, &p->spare[SPARE_REFUSED], e) == -1)
			return -1;
		say(1, "%s: the CA does not know this key; it is now %s",
		    p->next.path, p->spare[SPARE_REFUSED].path);
		EVP_PKEY_free(a->spare[SPARE_REFUSED].key);
		a->spare[SPARE_REFUSED].key = a->next;
		strlcpy(a->spare[SPARE_REFUSED].thumbprint, a->next_thumbprint,
		    sizeof(a->next_thumbprint));
		a->next = NULL;
	}
	return 0;
}

static int
load_all(struct account_key *a, const struct places *p,
    const struct account_load *l, struct error *e)
{
	int loose;

	if (!l->shared)
		load_spares(a, p);
	if (load(&p->next, &any, &a->next, a->next_thumbprint, e) == -1)
		return -1;
	/*
	 * A key that a rollover replaces may be of another type than
	 * configured.
	 */
	loose = a->next != NULL || l->roll ||
	    a->spare[SPARE_REFUSED].key != NULL;
	if (load(&p->key, loose ? &any : &l->spec, &a->key, a->thumbprint, e) ==
	    -1)
		return -1;
	drop_double(a);
	if (put_in_place(a, p, l, e) == -1)
		return -1;
	if (l->create && a->key == NULL && a->next == NULL) {
		a->is_new = 1;
		return make(&p->key, &l->spec, &a->key, a->thumbprint, e);
	}
	if (l->roll && a->key != NULL && a->next == NULL) {
		a->next_is_new = 1;
		return make(
		    &p->next, &l->spec, &a->next, a->next_thumbprint, e);
	}
	return 0;
}

int
account_key_load(
    struct account_key *a, const struct account_load *l, struct error *e)
{
	struct places p;
	int rc;

	memset(a, 0, sizeof(*a));
	if (open_places(&p, l->path, e) == -1 ||
	    lock_directory(p.key.dir, e) == -1)
		return -1;
	rc = load_all(a, &p, l, e);
	flock(p.key.dir->fd, LOCK_UN);
	return rc;
}

void
account_key_switch(struct account_key *a)
{
	EVP_PKEY_free(a->key);
	a->key = a->next;
	a->next = NULL;
	strlcpy(a->thumbprint, a->next_thumbprint, sizeof(a->thumbprint));
}

void
account_key_use(struct account_key *a, int spare)
{
	EVP_PKEY_free(a->key);
	a->key = a->spare[spare].key;
	a->spare[spare].key = NULL;
	strlcpy(
	    a->thumbprint, a->spare[spare].thumbprint, sizeof(a->thumbprint));
}

int
account_mac_load(struct mac_key *mac, const char *path, struct error *e)
{
	struct place p;
	char *text;
	size_t len;
	int n;

	if (place_open(&p, path, e) == -1)
		return -1;
	n = keyfile_read(&p, &text, &len, e);
	if (n == 0)
		return error_set(e,
		    "%s: there is no such file; it must hold the MAC key for "
		    "the external account binding, as the CA gave it",
		    path);
	if (n == -1)
		return -1;
	mac->key = mac_key_decode(text, &mac->len);
	freezero(text, len);
	if (mac->key == NULL || mac->len < MAC_KEY_MIN) {
		freezero(mac->key, mac->len);
		mac->key = NULL;
		return error_set(e,
		    "%s: is not a MAC key in base64url of at least %d bytes",
		    path, MAC_KEY_MIN);
	}
	return 0;
}
