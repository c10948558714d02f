/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Keeps the account's keys on disk: the live one, the next one of a rollover,
 * and the CA's key for external account binding.  keyproc alone uses these.
 */
#ifndef KEY_H
#define KEY_H

#include <jansson.h>
#include <openssl/evp.h>

#include "disk.h"
#include "msg-bodies.h"
#include "sign.h"

/*
 * Spare keys, PATH.old and PATH.refused: a CA that does not know the account by
 * PATH may know it by one of these.
 */
enum { SPARE_OLD, SPARE_REFUSED, SPARES };

struct spare_key {
	EVP_PKEY *key; /* NULL: the key is missing or cannot be used. */
	char thumbprint[THUMBPRINT_LEN + 1];
};

struct account_key {
	/* The account key; NULL: there is none, and none may be made. */
	EVP_PKEY *key;
	/*
	 * The new key of a rollover that is planned or whose outcome is
	 * unknown, or NULL.
	 */
	EVP_PKEY *next;
	int is_new; /* This run has made the key. */
	int next_is_new;
	char thumbprint[THUMBPRINT_LEN + 1]; /* The thumbprint of key. */
	char next_thumbprint[THUMBPRINT_LEN + 1];
	struct spare_key spare[SPARES];
};

/* Which keys to load, and the thumbprints that certproc has stored. */
struct account_load {
	const char *path;
	struct keyspec spec;
	/* The stored thumbprint of the account key, or NULL. */
	const char *stored;
	/* The thumbprint of a next key that the CA does not know, or NULL. */
	const char *unknown;
	int create; /* An account key is made if there is none. */
	int roll;   /* A next key is made, too. */
	/* Another authority uses the key: spare keys are ignored. */
	int shared;
};

/*
 * Loads, makes and moves keys, under a lock on the directory, before keyproc
 * enters the sandbox.  The next key of a rollover is PATH.new until its
 * thumbprint is the stored one; then it becomes PATH, and the key before it is
 * kept as PATH.old.  If the CA does not know the next key, it becomes
 * PATH.refused.  If the stored thumbprint is that of PATH.old or PATH.refused,
 * that key becomes PATH again, and the one there is set aside.  So no response
 * of the CA, which an attacker in net can make up, removes a key that may be
 * the account's.  A key with a next one may be of another type than configured.
 */
int account_key_load(
    struct account_key *, const struct account_load *, struct error *);
/* Makes the next key, or a spare one, the account's key. */
void account_key_switch(struct account_key *);
void account_key_use(struct account_key *, int spare);

/*
 * Reads the MAC key of an external account binding (RFC 8555 7.3.4).  0 or -1.
 */
int account_mac_load(struct mac_key *, const char *path, struct error *);


/* Signs requests about the account, and by it (key-account.c). */

/* Keeps the account's configuration from the slice and calls status_conf(). */
void account_conf(const struct slice_conf *);
/*
 * Loads the account, and the key for external account binding, before keyproc
 * enters the sandbox.
 */
void account_start(void);

/*
 * Signs by the account, for the nonce and the URL in the message, and replies
 * to net.  Frees the payload; NULL is POST-as-GET.
 */
void key_sign(struct msg *, json_t *payload);
/*
 * Returns the URL in a KEY_SIGN_* message and rewinds the message, so that the
 * caller can read it again.
 */
const char *key_url(struct msg *);
/*
 * Could a CA read this URL as the account's own, or as one below or above it?
 */
int account_may_be_at(const char *url);
/* Replies that nothing is signed; the caller has printed why. */
void key_refuse(struct msg *);

/* These are the handlers of KEY_SIGN_FIND_ACCOUNT and so on. */
void sign_find_account(struct msg *);
void sign_new_account(struct msg *);
void sign_rollover(struct msg *);
void sign_contact(struct msg *);
void sign_deactivate(struct msg *);


/* Keeps the status of the account (key-status.c). */

/* Keeps from the slice what load_account() loads and what chng is sent. */
void status_conf(const struct slice_conf *);
/*
 * Waits for what certproc has stored of the account, which is used only if the
 * thumbprint is that of the key; reads or makes the keys.  It is called before
 * keyproc enters the sandbox.
 */
void load_account(void);
/* Sends the thumbprint and the account URL to chng as soon as each is known. */
void tell_chng(void);

/* Sends certproc the thumbprint to print for -t. */
void show_account(void);

/* Is there an account URL to sign with? */
int account_is_known(void);
/* Must the CA be asked for the account of a key? */
int account_is_sought(void);
/* Has the CA no account for any of the keys, so that one may be registered? */
int account_is_to_be_made(void);

/*
 * Returns the account key, which the caller must not free; NULL: there is none.
 */
EVP_PKEY *account_key(void);
EVP_PKEY *account_next_key(void); /* Returns a rollover's new key, or NULL. */
/* Returns the key to ask the CA with next, or NULL. */
EVP_PKEY *account_asked_key(void);
/* Returns the account URL, or NULL. */
const char *account_kid(void);

/*
 * Notes that a rollover was signed: from now on only the CA knows which key is
 * the account's.
 */
void account_rolled(void);

/* These are the handlers of KEY_SET_ACCOUNT and so on. */
void set_account(struct msg *);
void key_no_account(struct msg *);
void key_ask_account(struct msg *);
void key_recheck_account(struct msg *);
void key_leave_account(struct msg *);
void key_worker_gone(struct msg *);

#endif
