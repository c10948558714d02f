/* SPDX-License-Identifier: ISC */
/*
 * The account's keys on disk.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account-key.h"

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
load_or_make(const struct place *p, const struct keyspec *spec, int create, EVP_PKEY **key,
    int *made, struct why *w)
{
	int n;

	*made = 0;
	if (place_clean(p, w) == -1 || (n = keyfile_load(p, spec, key, w)) == -1)
		return -1;
	if (n == 1 || !create)
		return 0;
	if (keyfile_create(p, spec, NO_GROUP, key, w) == -1)
		return -1;
	say(1, "%s: made a new account key", p->path);
	*made = 1;
	return 0;
}

int
account_key_load(struct account_key *a, const char *path, const struct keyspec *spec,
    const char *stored, int create, int roll, struct why *w)
{
	struct place key, next;
	int rc = -1;

	memset(a, 0, sizeof(*a));
	if (place_open(&key, path, w) == -1)
		return -1;
	place_beside(&next, &key, ".new");
	if (load_or_make(&next, spec, roll, &a->next, &a->next_is_new, w) == -1 ||
	    load_or_make(&key, spec, create && a->next == NULL, &a->key, &a->is_new, w) == -1)
		goto out;
	if ((a->key != NULL && thumbprint_of(a->key, a->thumbprint, &key, w) == -1) ||
	    (a->next != NULL && thumbprint_of(a->next, a->next_thumbprint, &next, w) == -1))
		goto out;
	if (a->next != NULL && stored != NULL && strcmp(stored, a->next_thumbprint) == 0 &&
	    promote(a, &key, &next, w) == -1)
		goto out;
	rc = 0;
out:
	close(key.dir->fd);
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
	close(p.dir->fd);
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
