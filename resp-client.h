/*
 * The clients of respproc, of which there may be many, slow, silent or hostile:
 *
 *	reading -> writing -> lingering      a request over HTTP
 *	   |                      ^
 *	   +---> handshake -------+          TLS with acme-tls/1, a known name
 *
 * By its first byte a client is one or the other, or is let go.  None is served
 * twice, or for longer than CLIENT_MS.
 */
#ifndef RESP_CLIENT_H
#define RESP_CLIENT_H

#include <poll.h>

#define CLIENTS_MAX	256	/* at a time; one more replaces the oldest */
#define HANDSHAKES_MAX	32	/* of these in libtls, each with some 60 KiB */
#define CLIENT_MS	10000	/* until its request or handshake is done */

/* Before the first client. */
void	clients_begin(void);

/* Takes the connection, which is ours from then on and does not block. */
void	client_new(int fd);

/* Ends one, so that there is a descriptor; 0: there is none to end. */
int	client_spare(void);

/*
 * Fills in what is to be waited for, at most CLIENTS_MAX; returns how many, and
 * until when at most (clock_ms(); INT64_MAX: for ever).
 */
nfds_t	clients_poll(struct pollfd *, int64_t *until);

/*
 * Serves those that poll() has found ready, in the order of clients_poll();
 * ends those that are late.
 */
void	clients_serve(const struct pollfd *);

/* How many there were so far, whatever they wanted. */
unsigned long clients_count(void);

#endif
