/*
 * The account's keys on disk: the one in use, the one that a rollover brings
 * in, and the CA's key for external account binding.  Used by keyproc only.
 */
#ifndef KEY_STORE_H
#define KEY_STORE_H

#include "jose.h"
#include "keyfile.h"

/* Keys beside the account's that may turn out to be the account's: PATH.old and PATH.refused. */
enum { SPARE_OLD, SPARE_REFUSED, SPARES };

struct spare_key {
	EVP_PKEY	*key;		/* NULL: there is none that can be used */
	char		 thumbprint[THUMBPRINT_LEN + 1];
};

struct account_key {
	EVP_PKEY	*key;		/* NULL: there is none, and none was to be made */
	EVP_PKEY	*next;		/* of a rollover that is to be made, or whose end nobody saw; or NULL */
	int		 is_new;		/* made just now */
	int		 next_is_new;
	char		 thumbprint[THUMBPRINT_LEN + 1];	/* of key */
	char		 next_thumbprint[THUMBPRINT_LEN + 1];
	struct spare_key spare[SPARES];
};

/*
 * What to load, and what certproc has stored of the account; thumbprints or
 * NULL.
 */
struct account_load {
	const char	*path;
	struct keyspec	 spec;
	const char	*stored;	/* of the account's key */
	const char	*unknown;	/* of a next key that the CA does not know */
	int		 create;	/* make a key where there is none */
	int		 roll;		/* make a next one, too */
	int		 shared;	/* by another authority: other keys are of no use */
};

/*
 * Before the sandbox, and alone: the directory is locked.  The new key of a
 * rollover lies beside the key as PATH.new until the stored thumbprint says
 * that it is the account's; then it takes the key's place, which is kept as
 * PATH.old.  Where the CA does not know it, it is set aside as PATH.refused.
 * Where the stored thumbprint is the one of PATH.old or PATH.refused, that key
 * takes its place again, and the key there is set aside.  So no answer of the
 * CA, which net may have made up, removes a key that may be the account's.
 * The key before a next one may be of another type than configured.
 */
int	account_key_load(struct account_key *, const struct account_load *, struct why *);
/* The next key, or a spare one, is the account's. */
void	account_key_switch(struct account_key *);
void	account_key_use(struct account_key *, int spare);

/* Reads the MAC key of an external account binding (RFC 8555 7.3.4).  0 or -1. */
int	account_mac_load(struct mac_key *, const char *path, struct why *);

#endif
