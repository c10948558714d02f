/*
 * The account at the CA, by net.
 */
#ifndef NET_ACCOUNT_H
#define NET_ACCOUNT_H

#include "net-request.h"

/*
 * Makes sure that key knows the account: asks the CA for it, or registers
 * one where a renewal needs it.  eab: an external account binding is
 * configured.  0, or -1 with trouble.
 */
int	account_find(const struct directory *, const char *api_url, int eab, struct trouble *);

/* What -K, -U or -D asked for.  0, or -1 with trouble. */
int	account_task(const struct directory *, const char *api_url, struct trouble *);

#endif
