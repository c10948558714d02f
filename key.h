/*
 * The account's keys on disk: the one in use, the one that a rollover brings
 * in, and the CA's key for external account binding.  Used by keyproc only.
 */
#ifndef KEY_H
#define KEY_H

#include <jansson.h>
#include <openssl/evp.h>

#include "disk.h"
#include "msg-bodies.h"
#include "sign.h"

/*
 * Keys beside the account's that may turn out to be the account's: PATH.old and
 * PATH.refused.
 */
enum { SPARE_OLD, SPARE_REFUSED, SPARES };

struct spare_key {
	/* NULL: there is none that can be used */
	EVP_PKEY *key;
	char thumbprint[THUMBPRINT_LEN + 1];
};

struct account_key {
	/* NULL: there is none, and none was to be made */
	EVP_PKEY *key;
	/* of a rollover that is to be made, or whose end nobody saw; or NULL */
	EVP_PKEY *next;
	int is_new; /* made just now */
	int next_is_new;
	char thumbprint[THUMBPRINT_LEN + 1]; /* of key */
	char next_thumbprint[THUMBPRINT_LEN + 1];
	struct spare_key spare[SPARES];
};

/*
 * What to load, and what certproc has stored of the account; thumbprints or
 * NULL.
 */
struct account_load {
	const char *path;
	struct keyspec spec;
	const char *stored; /* of the account's key */
	/* of a next key that the CA does not know */
	const char *unknown;
	int create; /* make a key where there is none */
	int roll;   /* make a next one, too */
	/* by another authority: other keys are of no use */
	int shared;
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
int account_key_load(
    struct account_key *, const struct account_load *, struct error *);
/* The next key, or a spare one, is the account's. */
void account_key_switch(struct account_key *);
void account_key_use(struct account_key *, int spare);

/*
 * Reads the MAC key of an external account binding (RFC 8555 7.3.4).  0 or -1.
 */
int account_mac_load(struct mac_key *, const char *path, struct error *);


/*
 * Requests about the account, and by it, in the process key.
 */

/* Takes its part of the slice, and that of key-standing.c. */
void account_conf(const struct slice_conf *);
/*
 * Loads the account, and the key for external account binding.  Needs the disk.
 */
void account_start(void);

/*
 * Signs by the account, for the nonce and the URL in the message, and answers
 * net.  payload NULL is POST-as-GET; it is taken over.
 */
void key_sign(struct msg *, json_t *payload);
/* The URL of the request to sign, which stays to be read. */
const char *key_url(struct msg *);
/*
 * Could a CA read this URL as the account's own, or as one below or above it?
 */
int account_may_be_at(const char *url);
/* Answers that nothing is signed; why not has been said. */
void key_refuse(struct msg *);

/* Handlers, of KEY_SIGN_FIND_ACCOUNT and so on. */
void sign_find_account(struct msg *);
void sign_new_account(struct msg *);
void sign_rollover(struct msg *);
void sign_contact(struct msg *);
void sign_deactivate(struct msg *);


/*
 * How the account stands, in the process key.
 */

/* Takes its part of the slice. */
void standing_conf(const struct slice_conf *);
/*
 * Reads, or makes, the key; waits for certproc's word on the account, which
 * counts only for this very key.  Needs the disk.
 */
void load_account(void);
/*
 * chng learns the thumbprint, and the account URL, as soon as they are known.
 */
void tell_chng(void);

/* -t: certproc learns which thumbprint to print. */
void show_account(void);

/* Is there an account URL to sign with? */
int account_is_known(void);
/* Was there a rollover whose end nobody saw? */
int account_in_doubt(void);
/* Is the CA to be asked which account it is, by a key? */
int account_is_sought(void);
/* Has the CA none by any key, so that one may be registered? */
int account_is_to_be_made(void);

/* The keys stay the account's.  NULL: there is none. */
EVP_PKEY *account_key(void);
EVP_PKEY *account_next_key(void);  /* of a rollover */
EVP_PKEY *account_asked_key(void); /* that the CA is asked with next */
/* The account URL, or NULL. */
const char *account_kid(void);

/*
 * A rollover was signed: from here on only the CA knows which key is the
 * account's.
 */
void account_rolled(void);

/* Handlers; set_account() of KEY_SET_ACCOUNT. */
void set_account(struct msg *);
void key_no_account(struct msg *);
void key_ask_account(struct msg *);
void key_recheck_account(struct msg *);
void key_leave_account(struct msg *);
void key_worker_gone(struct msg *);

#endif
