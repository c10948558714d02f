/*
 * The account's keys on disk: the one in use, the one that a rollover brings
 * in, and the CA's key for external account binding.  Used by keyproc only.
 */
#ifndef KEY_STORE_H
#define KEY_STORE_H

#include "jose.h"
#include "keyfile.h"

struct account_key {
	EVP_PKEY	*key;		/* NULL: there is none, and none was to be made */
	EVP_PKEY	*next;		/* of a rollover that is to be made, or whose end nobody saw; or NULL */
	int		 is_new;		/* made just now */
	int		 next_is_new;
	char		 thumbprint[THUMBPRINT_LEN + 1];	/* of key */
	char		 next_thumbprint[THUMBPRINT_LEN + 1];
};

/*
 * Before the sandbox.  The new key of a rollover lies beside the key as
 * PATH.new until the stored thumbprint (or NULL) says that it is the
 * account's; then it takes the key's place, which is kept as PATH.old.  The
 * key before it may be of another type than configured.
 * create: make a key where there is none; roll: make a next one, too.
 */
int	account_key_load(struct account_key *, const char *path, const struct keyspec *,
	    const char *stored_thumbprint, int create, int roll, struct why *);
/* The next key is the account's. */
void	account_key_switch(struct account_key *);

/* Reads the MAC key of an external account binding (RFC 8555 7.3.4).  0 or -1. */
int	account_mac_load(struct mac_key *, const char *path, struct why *);

#endif
