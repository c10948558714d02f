/*
 * One order on its way, by net: what its answers say, and from its authorizations
 * to a certificate's URL.  For net-order.c.
 */
#ifndef NET_FINALIZE_H
#define NET_FINALIZE_H

#include "net-authz.h"

/* One order on its way. */
struct issue {
	const struct directory *directory;
	uint32_t	 job;
	const struct net_job *conf;
	char		*url;		/* of the order */
	struct order	 order;
	long		 retry_after;	/* of the last answer about the order */
	unsigned	 polls;		/* until the order was ready */
	int		 too_early;	/* it was finalized before */
	int		 waited;	/* until the deadline, in vain */
	int		 resumed;	/* it is an earlier run's */
	int		 rekeyed;	/* with another key than the run began with, which the CA has refused */
	struct proof	 proof;
};

/* Reads a response about the order, which it frees, and checks that it is about our names; or fetches one.  0 or -1. */
int	order_take(struct issue *, struct http_answer *, struct trouble *);
int	order_fetch(struct issue *, struct trouble *);
/* Waits while the order is pending (RFC 8555 7.1.6).  0: it no longer is; or -1. */
int	order_authorized(struct issue *, struct trouble *);
/* 7.4: finalizes the order unless that was done, and waits until it is valid.  0 or -1. */
int	order_finalize(struct issue *, struct trouble *);
/* The order has a status that does not lead to a certificate: trouble that says why.  -1. */
int	order_bad(struct issue *, struct trouble *);

#endif
