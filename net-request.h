/*
 * net's requests to the CA: signed by key, with a nonce, on a kept
 * connection.  Used by netproc only.
 */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include "http.h"
#include "json.h"
#include "msg.h"

/* What went wrong with a request, or with a job. */
struct trouble {
	struct why	 why;
	enum failure	 class;
	struct problem	 problem;	/* of the CA; type "" if there was none */
	int		 status;	/* of HTTP, 0: no answer */
	long		 retry_after;	/* seconds, -1: the CA did not say */
	int		 lost;		/* no whole answer: the CA may have acted or not */
	int		 unseen;	/* lost, and probably never seen by the CA */
};

#define PEM_CHAIN	"application/pem-certificate-chain"

/*
 * Takes the servers that may be talked to, api first, and their trust anchors;
 * and with how many workers their limits are shared.
 * 0, or -1: see why.
 */
int	request_setup(char *const *origins, size_t n, const char *ca, size_t calen, int insecure,
	    uint32_t workers, struct why *);

/* All return 0 with an answer of status 2xx, which the caller frees, or -1 with trouble. */
int	request_get(const char *url, struct http_answer *, struct trouble *);
/* sign: a KEY_SIGN_* or CSR_SIGN_* type; badNonce is dealt with here. */
int	request_post(enum msgtype sign, uint32_t job, const char *url, const char *accept,
	    struct http_answer *, struct trouble *);
/* POST-as-GET (RFC 8555 6.3), tried again if the answer was lost. */
int	request_fetch(uint32_t job, const char *url, const char *accept,
	    struct http_answer *, struct trouble *);

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
/* Gets nonces for so many requests at once, within what CAs put up with. */
void	request_ahead(size_t n);
/* From so many milliseconds on; regress builds with another number. */
#ifndef FAR_MS
#define FAR_MS	10
#endif
/* Is the CA so far away that a request saved is worth an answer in vain? */
int	request_is_far(void);

/* A server without TLS, for answers that are signed by themselves; -1: see why. */
int	request_plain(const char *url, const char *accept, struct http_answer *, struct why *);

/* Where nonces come from (RFC 8555 7.2). */
void	request_nonces(const char *new_nonce_url);

/* Is this a URL of the authority?  -1 with advice if not. */
int	request_origin(const char *what, const char *url, struct trouble *);

/* Fills in trouble; returns -1. */
int	trouble(struct trouble *, enum failure, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* Waits for this one message, -1: for ever; ROLE_STOP ends the process. */
void	request_wait(struct msg *, enum msgtype, int seconds);
/* Another process's answer to what it was just asked. */
void	request_expect(struct msg *, enum msgtype);
#define ANSWER_SECONDS	90	/* a 4096-bit RSA key takes long */

/* The job that is at work: what is asked of others is for it. */
void	request_job(uint32_t job);

#endif
