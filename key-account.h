/*
 * The account, in the process key.
 */
#ifndef KEY_ACCOUNT_H
#define KEY_ACCOUNT_H

#include <jansson.h>
#include <openssl/evp.h>

#include "msg.h"

/* Reads its part of the slice. */
void	account_conf(struct msg *);
/*
 * Reads, or makes, the key; waits for file's word on the account, which counts
 * only for this very key.  Needs the disk.
 */
void	load_account(void);
/* chng learns the thumbprint as soon as it is certain. */
void	tell_thumbprint(void);

/* Does the CA know which account a request is by? */
int	account_is_known(void);
/* Was there a rollover whose end nobody saw? */
int	account_in_doubt(void);
/* NULL: none.  It stays the account's. */
EVP_PKEY *account_public_key(void);

/*
 * Signs by the account, for the nonce and the URL in the message, and answers
 * net.  payload NULL is POST-as-GET; it is taken over.
 */
void	key_sign(struct msg *, json_t *payload);
/* Answers that nothing is signed; why not has been said. */
void	key_refuse(struct msg *);

/* Handlers. */
void	sign_find_account(struct msg *);
void	sign_new_account(struct msg *);
void	set_account(struct msg *);
void	key_no_account(struct msg *);
void	key_ask_account(struct msg *);
void	key_leave_account(struct msg *);
void	key_worker_gone(struct msg *);
void	sign_rollover(struct msg *);
void	sign_contact(struct msg *);
void	sign_deactivate(struct msg *);

#endif
