/*
 * The order of a job that was not done when its run ended.
 */
#ifndef CERT_ORDER_H
#define CERT_ORDER_H

#include "cert-job.h"
#include "msg.h"

/* For all jobs: the directory URL of the authority, which is kept. */
void	order_authority(const char *api_url);

/*
 * The URL of the order that the next attempt is to look at first, or NULL: none,
 * or it was made elsewhere, for another profile or too long ago: a CA keeps one
 * for some days, and the certificate must not run out meanwhile.
 */
const char *order_open(const struct job *);
/* Remembers the URL of an order, on the disk; NULL: it is of no use any more. */
void	order_keep(struct job *, const char *url);

/*
 * Is the certificate that an earlier run's order has brought still worth
 * installing?  0, or -1 with the reason.
 */
int	order_worth(const struct job *, const struct chain *, struct why *);

/* Handler. */
void	cert_order(struct msg *);

#endif
