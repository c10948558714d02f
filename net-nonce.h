/*
 * Nonces (RFC 8555 6.5), by net.
 */
#ifndef NET_NONCE_H
#define NET_NONCE_H

#include "http.h"

/* How many there may be at hand. */
#define NONCES_MAX	HTTP_PIPELINE_MAX

/* With how many workers the CA's limit of newNonce is shared. */
void	nonces_share(uint32_t workers);

/* Keeps the one that came with a response, unless there are enough.  0: there was none, or an invalid one. */
int	nonce_keep(const struct http_answer *);
/* The newest at hand, each once, or NULL.  The caller frees. */
char	*nonce_take(void);
size_t	nonces_at_hand(void);
/* Those of another source are of no use. */
void	nonces_drop(void);

/*
 * How many of n further requests to newNonce may be sent now, in one breath
 * with so many before them; counts them as sent.
 */
size_t	nonces_allowed(size_t n, size_t before);

#endif
