/* SPDX-License-Identifier: ISC */
/*
 * The account's keys on disk.
 */
#include <stdlib.h>
#include <string.h>

#include "key-store.h"

#define MAC_KEY_MIN	16	/* bytes; RFC 7518 3.2 wants 32 for HS256, CAs hand out what they do */

static int
thumbprint_of(EVP_PKEY *key, char out[THUMBPRINT_LEN + 1], const struct place *p, struct why *w)
{
	if (jwk_thumbprint(key, out) == -1)
		return why(w, "%s: no thumbprint for this key", p->path);
	return 0;
}

/* The end of a rollover: both names exist until the new key is in place. */
static int
promote(struct account_key *a, const struct place *key, const struct place *next, struct why *w)
{
	struct place old;

	place_beside(&old, key, ".old");
	if ((a->key != NULL && place_keep(key, &old, w) == -1) || place_move(next, key, w) == -1)
		return -1;
	say(1, "%s: now holds the new account key, %s the one before it", key->path, old.path);
	account_key_switch(a);
	return 0;
}

static int
load(const struct place *p, const struct keyspec *spec, EVP_PKEY **key,
    char thumbprint[THUMBPRINT_LEN + 1], struct why *w)
{
	if (place_clean(p, w) == -1 || keyfile_load(p, spec, key, w) == -1)
		return -1;
	return *key == NULL ? 0 : thumbprint_of(*key, thumbprint, p, w);
}

static int
make(const struct place *p, const struct keyspec *spec, EVP_PKEY **key,
    char thumbprint[THUMBPRINT_LEN + 1], struct why *w)
{
	if (keyfile_create(p, spec, NO_GROUP, key, w) == -1)
		return -1;
	say(1, "%s: made a new account key", p->path);
	return thumbprint_of(*key, thumbprint, p, w);
}

int
account_key_load(struct account_key *a, const char *path, const struct keyspec *spec,
    const char *stored, int create, int roll, struct why *w)
{
	static const struct keyspec any = { .type = KEYTYPE_ANY };
	struct place key, next;

	memset(a, 0, sizeof(*a));
	if (place_open(&key, path, w) == -1)
		return -1;
	place_beside(&next, &key, ".new");
	if (load(&next, spec, &a->next, a->next_thumbprint, w) == -1 ||
	    load(&key, a->next != NULL || roll ? &any : spec, &a->key, a->thumbprint, w) == -1)
		return -1;
	if (a->next != NULL && stored != NULL && strcmp(stored, a->next_thumbprint) == 0 &&
	    promote(a, &key, &next, w) == -1)
		return -1;
	if (create && a->key == NULL && a->next == NULL) {
		a->is_new = 1;
		return make(&key, spec, &a->key, a->thumbprint, w);
	}
	if (roll && a->key != NULL && a->next == NULL) {
		a->next_is_new = 1;
		return make(&next, spec, &a->next, a->next_thumbprint, w);
	}
	return 0;
}

void
account_key_switch(struct account_key *a)
{
	EVP_PKEY_free(a->key);
	a->key = a->next;
	a->next = NULL;
	strlcpy(a->thumbprint, a->next_thumbprint, sizeof(a->thumbprint));
}

int
account_mac_load(struct mac_key *mac, const char *path, struct why *w)
{
	struct place p;
	char *text;
	size_t len;
	int n;

	if (place_open(&p, path, w) == -1)
		return -1;
	n = keyfile_read(&p, &text, &len, w);
	if (n == 0)
		return why(w, "%s: there is no such file; it must hold the MAC key for the "
		    "external account binding, as the CA gave it", path);
	if (n == -1)
		return -1;
	mac->key = mac_key_decode(text, &mac->len);
	freezero(text, len);
	if (mac->key == NULL || mac->len < MAC_KEY_MIN)
		return why(w, "%s: is no MAC key in base64url of at least %d bytes", path, MAC_KEY_MIN);
	return 0;
}
