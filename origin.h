/*
 * The origins (RFC 6454) of the authority: the URLs for which key and csr sign.
 */
#ifndef ORIGIN_H
#define ORIGIN_H

#include "conf.h"

/* The URL of the authority and its further origins, from the role's slice. */
void	origins_take(const struct strings *urls);
/* Is this an https URL of one of them? */
int	origin_known(const char *url);

#endif
