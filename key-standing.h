/*
 * How the account stands, in the process key.
 */
#ifndef KEY_STANDING_H
#define KEY_STANDING_H

#include <openssl/evp.h>

#include "msg-bodies.h"

/* Takes its part of the slice. */
void	standing_conf(const struct slice_conf *);
/*
 * Reads, or makes, the key; waits for certproc's word on the account, which
 * counts only for this very key.  Needs the disk.
 */
void	load_account(void);
/* chng learns the thumbprint, and the account URL, as soon as they are known. */
void	tell_chng(void);

/* -t: certproc learns which thumbprint to print. */
void	show_account(void);

/* Is there an account URL to sign with? */
int	account_is_known(void);
/* Was there a rollover whose end nobody saw? */
int	account_in_doubt(void);
/* Is the CA to be asked which account it is, by a key? */
int	account_is_sought(void);
/* Has the CA none by any key, so that one may be registered? */
int	account_is_to_be_made(void);

/* The keys stay the account's.  NULL: there is none. */
EVP_PKEY *account_key(void);
EVP_PKEY *account_next_key(void);	/* of a rollover */
EVP_PKEY *account_asked_key(void);	/* that the CA is asked with next */
/* The account URL, or NULL. */
const char *account_kid(void);

/* A rollover was signed: from here on only the CA knows which key is the account's. */
void	account_rolled(void);

/* Handlers; set_account() of KEY_SET_ACCOUNT. */
void	set_account(struct msg *);
void	key_no_account(struct msg *);
void	key_ask_account(struct msg *);
void	key_recheck_account(struct msg *);
void	key_leave_account(struct msg *);
void	key_worker_gone(struct msg *);

#endif
