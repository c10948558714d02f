/*
 * Requests about the account, and by it, in the process key.
 */
#ifndef KEY_ACCOUNT_H
#define KEY_ACCOUNT_H

#include <jansson.h>

#include "msg-bodies.h"

/* Takes its part of the slice, and that of key-standing.c. */
void	account_conf(const struct slice_conf *);
/* Loads the account, and the key for external account binding.  Needs the disk. */
void	account_start(void);

/*
 * Signs by the account, for the nonce and the URL in the message, and answers
 * net.  payload NULL is POST-as-GET; it is taken over.
 */
void	key_sign(struct msg *, json_t *payload);
/* The URL of the request to sign, which stays to be read. */
const char *key_url(struct msg *);
/* Could a CA read this URL as the account's own, or as one below or above it? */
int	account_may_be_at(const char *url);
/* Answers that nothing is signed; why not has been said. */
void	key_refuse(struct msg *);

/* Handlers, of KEY_SIGN_FIND_ACCOUNT and so on. */
void	sign_find_account(struct msg *);
void	sign_new_account(struct msg *);
void	sign_rollover(struct msg *);
void	sign_contact(struct msg *);
void	sign_deactivate(struct msg *);

#endif
