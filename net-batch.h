/*
 * net's requests of one job that do not depend on each other's answers.
 */
#ifndef NET_BATCH_H
#define NET_BATCH_H

#include "net-request.h"

/*
 * Requests of one job that do not depend on each other's answers: they go out
 * one behind the other as far as the nonces at hand allow, and each answer
 * brings the next nonce.
 */
struct wanted {
	enum msgtype	 sign;
	const char	*url;
};
struct batch {
	uint32_t	 job;
	const struct wanted *wanted;
	size_t		 n;
	int		 pause_ms;	/* between two of them */
	void		*context;
	/* An answer of status 2xx to number i, which is freed behind it; 0, or -1 with trouble. */
	int		(*take)(void *context, size_t i, struct http_answer *, struct trouble *);
	/* Another answer, NULL: an error.  0 goes on, -1 ends the batch with this trouble. */
	int		(*refused)(void *context, size_t i, struct trouble *);
	/* No answer, NULL: fetched alone.  What has become of it is to be found out; 0, or -1 with trouble. */
	int		(*lost)(void *context, size_t i, struct trouble *);
};
/* 0, or -1 with the first trouble.  JSON is asked for. */
int	request_batch(const struct batch *, struct trouble *);

#endif
