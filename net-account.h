/*
 * The account at the CA, by net.
 */
#ifndef NET_ACCOUNT_H
#define NET_ACCOUNT_H

#include "conf.h"
#include "net-request.h"

/* A CA may go by an account's old key so long after a rollover; the tests build with less. */
#ifndef ROLLOVER_SECONDS
#define ROLLOVER_SECONDS	10
#endif

/*
 * Makes sure that key knows the account: asks the CA for it, or registers
 * one where a renewal needs it.  eab: an external account binding is
 * configured.  0, or -1 with trouble.
 */
int	account_find(const struct directory *, const char *api_url, int eab, struct trouble *);

/*
 * A request by the account was refused, with this trouble.  1: it is worth
 * another try, since the account is now another one at the CA, or was
 * registered anew, or the CA may take its new key by now; 0: it is not.
 * Once in a run the CA is asked for the account by its key.
 */
int	account_again(const struct directory *, const char *api_url, int eab, struct trouble *);

/*
 * Was a request by the account refused since the CA does not take a new key
 * yet?  1: it is worth another try, after a second that has passed by now.
 */
int	account_rolls(const struct trouble *);

/*
 * Sets for_all where a refusal in the course of an order for these names
 * concerns the account and so every other order, too; then the class says
 * whether the authority is to be left alone for longer than this run.
 */
void	account_concerned(const struct strings *names, struct trouble *);

/* The same of a directory that could not be had. */
void	account_unmet(struct trouble *);

/* As account_find(), but asks the CA by the key even if the URL is stored. */
int	account_find_surely(const struct directory *, const char *api_url, struct trouble *);

/* What -K, -U or -D asked for.  0, or -1 with trouble. */
int	account_task(const struct directory *, const char *api_url, struct trouble *);

#endif
