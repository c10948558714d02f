/*
 * Where the clients of respproc come in.
 */
#ifndef RESP_LISTEN_H
#define RESP_LISTEN_H

#include <poll.h>

#include "say.h"

#define LISTENERS_MAX	64	/* different ones of one run */

/*
 * Before anything is given up: every address (or "*": all of this machine's)
 * and port of the configuration, then all are bound at once.
 */
void	listen_add(const char *address, const char *port);
void	listen_bind(void);

/* Can clients come in there?  1, or 0 with the reason. */
int	listen_works(const char *address, const char *port, struct why *);

/*
 * Fills in what is to be waited for, at most LISTENERS_MAX; returns how many.
 */
nfds_t	listen_poll(struct pollfd *);

/* Takes the connections that have come, in the order of listen_poll(). */
void	listen_serve(const struct pollfd *);

#endif
