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
	struct { char text[TROUBLE_MAX]; } why;	/* in words for the administrator */
	enum failure	 class;
	struct problem	 problem;	/* of the CA; type "" if there was none */
	int		 status;	/* of HTTP, 0: no answer */
	long		 retry_after;	/* seconds, -1: the CA did not say */
	int		 lost;		/* no whole answer: the CA may have acted or not */
	int		 unreached;	/* lost, as there was no way to the CA */
	int		 unseen;	/* lost, and probably never seen by the CA */
	enum msgtype	 request;	/* what was refused; 0: no signed request */
	int		 no_directory;	/* there is none at the URL that is configured */
	int		 for_all;	/* it concerns the account: it would be so for every job */
};

#define PEM_CHAIN	"application/pem-certificate-chain"
#define JSON		"application/json"

/*
 * Takes the servers that may be talked to, api first, and their trust anchors
 * (kept; NULL only with insecure); and with how many workers their limits are
 * shared.
 * 0, or -1: see why.
 */
int	request_setup(char *const *origins, size_t n, struct http_anchors *anchors, int insecure,
	    uint32_t workers, struct why *);

/*
 * Before request_setup(): the proxy by which all servers are reached (kept), or
 * NULL; and which it is.
 */
void	request_by_proxy(const struct http_proxy *);
const struct http_proxy *request_proxy(void);

/* Trust anchors, by name: those of an earlier run, and what the next one may prefer. */
void	request_prefer_anchors(const char *names);
const char *request_anchors(void);

/* All return 0 with an answer of status 2xx, which the caller frees, or -1 with trouble. */
int	request_get(const char *url, struct http_answer *, struct trouble *);
/* sign: a KEY_SIGN_* or CSR_SIGN_* type; badNonce is dealt with here. */
int	request_post(enum msgtype sign, uint32_t job, const char *url, const char *accept,
	    struct http_answer *, struct trouble *);
/* POST-as-GET (RFC 8555 6.3), tried again if the answer was lost. */
int	request_fetch(uint32_t job, const char *url, const char *accept,
	    struct http_answer *, struct trouble *);

/* So many nonces will be wanted at once: the next request brings them along, within what CAs put up with. */
void	request_ahead(size_t n);

/* From so many milliseconds on; regress builds with another number. */
#ifndef FAR_MS
#define FAR_MS	10
#endif
/* Is the CA so far away that a request saved is worth an answer in vain? */
int	request_is_far(void);
/* The way to the CA and back at best; -1: not known. */
int	request_round_trip_ms(void);

#define USER_AGENT	"acme-client/" VERSION
/* http.c's way to a host's addresses: dns.  Plain URLs are those about revocation. */
int	request_resolve(const struct url *, struct address *, size_t *n, struct why *);
int	request_resolve_for(enum resolve_for, const struct url *, struct address *, size_t *n,
	    struct why *);

/*
 * A server without TLS, for answers that are signed by themselves.  -1: see
 * why; -2: not asked, since it did not answer earlier in this run, or such
 * servers together have had the run wait for HTTP_ANSWER_SECONDS.
 */
int	request_plain(const char *url, const char *accept, struct http_answer *, struct why *);

/* Where nonces come from (RFC 8555 7.2), if that is a URL of the authority. */
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

/* Parts of a request, for net-batch.c. */

/* The connection to the server of a URL, which is parsed; NULL: not the authority's. */
struct http *request_server(const char *text, struct url *);
/* What to sign is up to key or csr; the caller frees.  NULL with trouble. */
char	*request_sign(enum msgtype, uint32_t job, const char *nonce, const char *url, struct trouble *);
/* Any answer that is not 2xx, as trouble; frees it.  -1. */
int	request_refused(const char *method, const char *url, struct http_answer *, struct trouble *);
/* Is it a rate limit?  Some CAs say so with another status than 429. */
int	request_limited(const struct trouble *);
/*
 * Where only the end of the connection ended an answer: was it cut?  By the
 * grammar of what was asked for, if its body is used at all.  0, or -1: see why.
 */
int	request_whole(enum msgtype sign, const char *accept, const struct http_answer *, struct why *);
/* A newNonce request sent ahead, 0: it cannot be; and what comes of it. */
int	request_send_nonce(struct http *);
void	request_receive_nonce(struct http *);
/* Is the server to be asked one thing at a time?  It is, once it has left one unanswered (why not NULL). */
int	request_one_by_one(const struct why *);

/* However slowly a CA answers: no request is sent for one job after that many seconds; regress builds with fewer. */
#ifndef JOB_SECONDS
#define JOB_SECONDS	1800
#endif
/* Is it so late?  1 with trouble. */
int	request_late(struct trouble *);

/* Has the CA done what a request by the account has asked for, in this process? */
int	request_account_works(void);

/* The job that is at work: what is asked of others is for it, and its time begins. */
void	request_job(uint32_t job);

#endif
