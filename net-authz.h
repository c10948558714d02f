/*
 * The authorizations of one order, by net.
 */
#ifndef NET_AUTHZ_H
#define NET_AUTHZ_H

#include "net-batch.h"

struct net_job;

/* That the names of a job are ours. */
struct proof {
	uint32_t	 job;
	const struct net_job *conf;
	const struct order *order;
	char		**urls;		/* of its authorizations: some CAs name them only while it is pending */
	size_t		 nurls;
	enum status	*seen;		/* of each, at the last look */
	struct wanted	*challenges;	/* to be triggered */
	size_t		*of;		/* each, of which authorization */
	size_t		 n;
	int		 triggered;	/* some of them were */
	size_t		 spoilt;	/* authorizations that cannot become valid any more */
	struct trouble	 why_spoilt;	/* the first of them */
	int		 put;		/* responses are in place */
	int		 doubtful;	/* but the CA did not find them, as it seems */
};

/*
 * Which of the job's names an order's or authorization's identifier ("dns:NAME"
 * or "ip:ADDRESS") is; wildcard: "*." before it is left out (RFC 8555 7.1.4).
 * NO_NAME: none.
 */
#define NO_NAME	UINT32_MAX
uint32_t asked_for(const struct net_job *, const char *identifier, int wildcard);

/*
 * 7.5: fetches the order's authorizations and puts responses for those that are
 * pending.  0 or -1, also where some are spoilt.
 */
int	proof_prepare(struct proof *, const char *order_url, struct trouble *);
/* 7.5.1: tells the CA that the responses are there.  0 or -1. */
int	proof_trigger(struct proof *, struct trouble *);
/* Fetches those that were not valid yet, to see whether some are spoilt.  0 or -1. */
int	proof_look(struct proof *, struct trouble *);
/* Why the first of the spoilt ones is.  -1. */
int	proof_trouble(const struct proof *, struct trouble *);
/* Gives up authorizations that are invalid, lest the CA should hand them out again. */
void	proof_give_up(struct proof *);
/*
 * Which names the CA found something wrong with, and what: the first one becomes the trouble's text, as
 * the cause of what it says so far; the others are said here.
 */
void	proof_explain(struct proof *, struct trouble *);
/* The responses go, always; and what belongs to this order. */
void	proof_end(struct proof *);

#endif
