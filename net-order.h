/*
 * One certificate, by net.
 */
#ifndef NET_ORDER_H
#define NET_ORDER_H

#include "conf.h"
#include "net-request.h"

/* Until the order is ready, and as long again until it is valid; the tests build with less (-D...). */
#ifndef VALIDATION_SECONDS
#define VALIDATION_SECONDS	300
#endif

/* Then they are fetched; again after twice as long each time.  The tests build with less. */
#ifndef AUTHORIZATIONS_MS
#define AUTHORIZATIONS_MS	3000
#endif

/* What net knows of a domain section. */
struct net_job {
	char		*handle;
	const char	*authority;	/* its name, for messages */
	char		*profile;	/* or NULL */
	struct strings	 names;
	enum challenge_type	 challenge;	/* that is answered */
	enum way	 way;
	struct strings	 verify;	/* servers to be looked at (conf.h); */
	uint32_t	 server;	/* this one now, */
	int		 again;		/* after a pause */
	int		 check_webroot;
	/* From certproc with the job: */
	char		*certid;	/* of the installed one (RFC 9773 4.1), or NULL */
	char		*status_url;	/* where to ask if it is revoked, or NULL */
	/* and as the CA was last time: */
	char		*new_nonce;	/* where its nonces came from, or NULL */
	char		*anchors;	/* of the servers, by name, as they were remembered */
	char		*order;		/* URL of an earlier run's order, or NULL */
	int		 slow;		/* its orders are not ready as soon as challenges are answered */
};

/*
 * What can go wrong on this machine goes wrong before the CA hears of an
 * order: a CSR is made, and chng, unless the job is stateless, tries whether
 * responses can be put; with check_webroot, whether they are served.  The second is
 * called behind the first, always.  0, or -1 with trouble.
 */
void	order_prepare(uint32_t job, const struct net_job *);
int	order_prepared(uint32_t job, const struct net_job *, struct trouble *);

/*
 * Orders the certificate of a job and hands it to certproc, whose verdict is
 * final.  0, or -1 with trouble that certproc has not heard of yet.
 */
int	order_certificate(const struct directory *, uint32_t job, const struct net_job *,
	    struct trouble *);

#endif
