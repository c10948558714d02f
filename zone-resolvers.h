/*
 * The resolvers in resolv.conf(5).
 */
#ifndef ZONE_RESOLVERS_H
#define ZONE_RESOLVERS_H

#include <stdio.h>

#include "zone-ask.h"

#define RESOLVERS_MAX	8

/* An address in text and a port, as they are; 0, or -1: it is none. */
int	server_of(struct server *, const char *address, const char *port);
/* Those in this file (NULL: there is none), in their order; as resolv.conf(5) has it, this machine where none is named.  Their number. */
size_t	resolvers_read(FILE *, struct server out[RESOLVERS_MAX]);

#endif
