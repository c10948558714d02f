/*
 * What a rate limit is about.  Used by net.
 */
#ifndef NET_LIMIT_H
#define NET_LIMIT_H

#include "conf.h"

/*
 * About an order for these names alone: the text of the problem names one of
 * them, or a domain above it, or speaks of identifiers, as that of Let's
 * Encrypt and subproblems do.
 */
int	limit_is_of_names(const char *text, const struct strings *names);
/* About the account, or the address that requests come from. */
int	limit_is_of_account(const char *text);

#endif
