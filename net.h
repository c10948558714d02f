/*
 * net's requests to the CA: signed by key, with a nonce, on a kept
 * connection.  Used by netproc only.
 */
#ifndef NET_H
#define NET_H

#include <stdint.h>

#include "acme.h"
#include "conf.h"
#include "http.h"
#include "msg.h"

/* What went wrong with a request, or with a job. */
struct net_error {
	/* in words for the administrator */
	struct {
		char text[ERROR_MAX];
	} error;
	enum failure class;
	/* of the CA; type "" if there was none */
	struct problem problem;
	int status;       /* of HTTP, 0: no answer */
	long retry_after; /* seconds, -1: the CA did not say */
	/* no whole answer: the CA may have acted or not */
	int lost;
	/* lost, as there was no way to the CA */
	int unreached;
	/* lost, and probably never seen by the CA */
	int unseen;
	/* what was refused; 0: no signed request */
	enum msgtype request;
	/* there is none at the URL that is configured */
	int no_directory;
	/* it concerns the account: it would be so for every job */
	int for_all;
};

#define PEM_CHAIN "application/pem-certificate-chain"
#define JSON "application/json"

struct net_job;

/* net's work for one authority: one job at a time, on one connection. */
struct session {
	const char *authority; /* its name, for messages */
	const char *api_url;
	int eab; /* An external account binding is configured. */

	/* The servers that may be talked to, and how: api first. */
	struct url origins[ORIGINS_MAX];
	struct http *servers[ORIGINS_MAX];
	size_t norigins;
	struct http_client client;
	struct http_anchors *anchors; /* NULL: insecure */

	/* What the CA has told. */
	struct directory directory;
	char *new_nonce;   /* where nonces come from; NULL: not known yet */
	int one_by_one;    /* It does not answer what is sent ahead. */
	int account_works; /* It has done what the account asked for. */

	/* The job at work. */
	uint32_t job;
	const struct net_job *conf; /* NULL: the task is the account's */
	int64_t deadline;           /* The CA is asked nothing after it. */
	size_t ahead; /* nonces to fetch along with the next request */
};

/*
 * Prepares the connections to the servers, whose limits are shared with so many
 * workers.  Authority, anchors and proxy are set by the caller before.  0, or
 * -1: see why.
 */
int request_setup(struct session *, const struct strings *origins, int insecure,
    uint32_t workers, struct error *);

/*
 * All return 0 with a response of status 2xx, which the caller frees, or -1
 * with trouble.
 */
int request_get(struct session *, const char *url, struct http_response *,
    struct net_error *);
/* sign: a KEY_SIGN_* or CSR_SIGN_* type; badNonce is dealt with here. */
int request_post(struct session *, enum msgtype sign, const char *url,
    const char *accept, struct http_response *, struct net_error *);
/* POST-as-GET (RFC 8555 6.3), tried again if the answer was lost. */
int request_fetch(struct session *, const char *url, const char *accept,
    struct http_response *, struct net_error *);

/*
 * So many nonces will be wanted at once: the next request brings them along,
 * within what CAs put up with.
 */
void request_ahead(struct session *, size_t n);

/* From so many milliseconds on; regress builds with another number. */
#ifndef FAR_MS
#define FAR_MS 10
#endif
/* Is the CA so far away that a request saved is worth an answer in vain? */
int request_is_far(const struct session *);
/* The way to the CA and back at best; -1: not known. */
int request_round_trip_ms(const struct session *);

#define USER_AGENT "acme-client/" VERSION
/* Has dns look a host up: the addresses that http_client.resolve() fills in. */
int request_resolve(const struct session *, enum resolve_for,
    const struct url *, struct address *, size_t *n, struct error *);

/*
 * A server without TLS, for answers that are signed by themselves.  -1: see
 * why; -2: not asked, since it did not answer earlier in this run, or such
 * servers together have had the run wait for HTTP_ANSWER_SECONDS.
 */
int request_plain(struct session *, const char *url, const char *accept,
    struct http_response *, struct error *);

/* Where nonces come from (RFC 8555 7.2), if that is a URL of the authority. */
void request_nonces(struct session *, const char *new_nonce_url);

/* Is this a URL of the authority?  -1 with advice if not. */
int request_origin(const struct session *, const char *what, const char *url,
    struct net_error *);

/* Fills in trouble; returns -1. */
int net_error_set(struct net_error *, enum failure, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Waits for this one message, -1: for ever; ROLE_STOP ends the process. */
void request_wait(struct msg *, enum msgtype, int seconds);
/* Another process's answer to what it was just asked. */
void request_expect(struct msg *, enum msgtype);
#define ANSWER_SECONDS 90 /* a 4096-bit RSA key takes long */

/* Parts of a request, for net-batch.c. */

/*
 * The connection to the server of a URL, which is parsed; NULL: not the
 * authority's.
 */
struct http *request_server(
    const struct session *, const char *text, struct url *);
/* What to sign is up to key or csr; the caller frees.  NULL with trouble. */
char *request_sign(const struct session *, enum msgtype, const char *nonce,
    const char *url, struct net_error *);
/* Any answer that is not 2xx, as trouble; frees it.  -1. */
int request_refused(const char *method, const char *url, struct http_response *,
    struct net_error *);
/* Is it a rate limit?  Some CAs say so with another status than 429. */
int request_limited(const struct net_error *);
/*
 * Where only the end of the connection ended an answer: was it cut?  By the
 * grammar of what was asked for, if its body is used at all.  0, or -1: see
 * why.
 */
int request_whole(enum msgtype sign, const char *accept,
    const struct http_response *, struct error *);
/* A newNonce request sent ahead, 0: it cannot be; and what comes of it. */
int request_send_nonce(const struct session *, struct http *);
void request_receive_nonce(struct session *, struct http *);
/*
 * A request that was sent ahead got no response, for this reason: from now on
 * the server is asked one thing at a time.
 */
void request_no_more_ahead(struct session *, const struct error *);

/*
 * However slowly a CA answers: no request is sent for one job after that many
 * seconds; regress builds with fewer.
 */
#ifndef JOB_SECONDS
#define JOB_SECONDS 1800
#endif
/* Is it so late?  1 with trouble. */
int request_late(const struct session *, struct net_error *);

/*
 * net's requests of one job that do not depend on each other's answers.
 */

/*
 * Requests of one job that do not depend on each other's answers: they go out
 * one behind the other as far as the nonces at hand allow, and each answer
 * brings the next nonce.
 */
struct wanted {
	enum msgtype sign;
	const char *url;
};
struct batch {
	struct session *session;
	const struct wanted *wanted;
	size_t n;
	int pause_ms; /* between two of them */
	void *context;
	/*
	 * An answer of status 2xx to number i, which is freed behind it; 0, or
	 * -1 with trouble.
	 */
	int (*take)(void *context, size_t i, struct http_response *,
	    struct net_error *);
	/*
	 * Another answer, NULL: an error.  0 goes on, -1 ends the batch with
	 * this trouble.
	 */
	int (*refused)(void *context, size_t i, struct net_error *);
	/*
	 * No answer, NULL: fetched alone.  What has become of it is to be found
	 * out; 0, or -1 with trouble.
	 */
	int (*lost)(void *context, size_t i, struct net_error *);
};
/* 0, or -1 with the first trouble.  JSON is asked for. */
int request_batch(const struct batch *, struct net_error *);


/*
 * Nonces (RFC 8555 6.5), by net.
 */

/* How many there may be at hand. */
#define NONCES_MAX HTTP_PIPELINE_MAX

/* With how many workers the CA's limit of newNonce is shared. */
void nonces_share(uint32_t workers);

/*
 * Keeps the one that came with a response, unless there are enough.  0: there
 * was none, or an invalid one.
 */
int nonce_keep(const struct http_response *);
/* The newest at hand, each once, or NULL.  The caller frees. */
char *nonce_take(void);
size_t nonces_at_hand(void);
/* Those of another source are of no use. */
void nonces_drop(void);

/*
 * How many of n further requests to newNonce may be sent now, in one breath
 * with so many before them; counts them as sent.
 */
size_t nonces_allowed(size_t n, size_t before);


/*
 * What a rate limit is about.  Used by net.
 */

/*
 * About an order for these names alone: the text of the problem names one of
 * them, or a domain above it, or speaks of identifiers, as that of Let's
 * Encrypt and subproblems do.
 */
int limit_is_of_names(const char *text, const struct strings *names);
/* About the account, or the address that requests come from. */
int limit_is_of_account(const char *text);


/*
 * The account at the CA, by net.
 */

/*
 * A CA may go by an account's old key so long after a rollover; the tests build
 * with less.
 */
#ifndef ROLLOVER_SECONDS
#define ROLLOVER_SECONDS 10
#endif

/*
 * Makes sure that key knows the account: asks the CA for it, or registers
 * one where a renewal needs it.  eab: an external account binding is
 * configured.  0, or -1 with trouble.
 */
int account_find(struct session *, struct net_error *);

/*
 * A request by the account was refused, with this trouble.  1: it is worth
 * another try, since the account is now another one at the CA, or was
 * registered anew, or the CA may take its new key by now; 0: it is not.
 * Once in a run the CA is asked for the account by its key.
 */
int account_again(struct session *, struct net_error *);

/*
 * Was a request by the account refused since the CA does not take a new key
 * yet?  1: it is worth another try, after a second that has passed by now.
 */
int account_rolls(const struct net_error *);

/*
 * Sets for_all where a refusal in the course of an order for these names
 * concerns the account and so every other order, too; then the class says
 * whether the authority is to be left alone for longer than this run.
 */
void account_concerned(const struct strings *names, struct net_error *);

/* The same of a directory that could not be had. */
void account_unmet(struct net_error *);

/* As account_find(), but asks the CA by the key even if the URL is stored. */
int account_find_surely(struct session *, struct net_error *);

/* What -K, -U or -D asked for.  0, or -1 with trouble. */
int account_task(struct session *, struct net_error *);


/*
 * One certificate, by net.
 */

/*
 * Until the order is ready, and as long again until it is valid; the tests
 * build with less (-D...).
 */
#ifndef VALIDATION_SECONDS
#define VALIDATION_SECONDS 300
#endif

/*
 * Then they are fetched; again after twice as long each time.  The tests build
 * with less.
 */
#ifndef AUTHORIZATIONS_MS
#define AUTHORIZATIONS_MS 3000
#endif

/* What net knows of a domain section. */
struct net_job {
	char *handle;
	char *profile; /* or NULL */
	struct strings names;
	enum challenge_type challenge; /* that is answered */
	enum way way;
	struct strings verify; /* servers to be looked at (conf.h); */
	uint32_t server;       /* this one now, */
	int again;             /* after a pause */
	int check_webroot;
	/* From certproc with the job: */
	/* of the installed one (RFC 9773 4.1), or NULL */
	char *certid;
	/* where to ask if it is revoked, or NULL */
	char *status_url;
	/* and as the CA was last time: */
	/* where its nonces came from, or NULL */
	char *new_nonce;
	/* of the servers, by name, as they were remembered */
	char *anchors;
	/* URL of an earlier run's order, or NULL */
	char *order;
	/* its orders are not ready as soon as challenges are answered */
	int slow;
};

/*
 * What can go wrong on this machine goes wrong before the CA hears of an order:
 * a CSR is made, and chng, unless the job is stateless, tries whether responses
 * can be put; with check_webroot, whether they are served.  The second is
 * called behind the first, always.  0, or -1 with trouble.
 */
void order_prepare(struct session *);
int order_prepared(struct session *, struct net_error *);

/*
 * Orders the certificate of a job and hands it to certproc, whose verdict is
 * final.  0, or -1 with trouble that certproc has not heard of yet.
 */
int order_certificate(struct session *, struct net_error *);


/*
 * The authorizations of one order, by net.
 */

/* That the names of a job are ours. */
struct proof {
	struct session *session;
	const struct net_job *conf;
	const struct order *order;
	/* of its authorizations: some CAs name them only while it is pending */
	char **urls;
	size_t nurls;
	enum status *seen;         /* of each, at the last look */
	struct wanted *challenges; /* to be triggered */
	size_t *of;                /* each, of which authorization */
	size_t n;
	int triggered; /* some of them were */
	/* authorizations that cannot become valid any more */
	size_t spoilt;
	struct net_error error_spoilt; /* the first of them */
	int put;                       /* responses are in place */
	/* but the CA did not find them, as it seems */
	int doubtful;
};

/*
 * Which of the job's names an order's or authorization's identifier ("dns:NAME"
 * or "ip:ADDRESS") is; wildcard: "*." before it is left out (RFC 8555 7.1.4).
 * NO_NAME: none.
 */
#define NO_NAME UINT32_MAX
uint32_t asked_for(
    const struct net_job *, const char *identifier, int wildcard);

/*
 * 7.5: fetches the order's authorizations and puts responses for those that are
 * pending.  0 or -1, also where some are spoilt.
 */
int proof_prepare(struct proof *, const char *order_url, struct net_error *);
/* 7.5.1: tells the CA that the responses are there.  0 or -1. */
int proof_respond(struct proof *, struct net_error *);
/*
 * Fetches those that were not valid yet, to see whether some are spoilt.  0 or
 * -1.
 */
int proof_look(struct proof *, struct net_error *);
/* Why the first of the spoilt ones is.  -1. */
int proof_error(const struct proof *, struct net_error *);
/*
 * Gives up authorizations that are invalid, lest the CA should hand them out
 * again.
 */
void proof_give_up(struct proof *);
/*
 * Which names the CA found something wrong with, and what: the first one
 * becomes the trouble's text, as the cause of what it says so far; the others
 * are said here.
 */
void proof_explain(struct proof *, struct net_error *);
/* The responses go, always; and what belongs to this order. */
void proof_end(struct proof *);


/*
 * One order on its way, by net: what its answers say, and from its
 * authorizations to a certificate's URL.  For net-order.c.
 */

/* One order on its way. */
struct issue {
	struct session *session;
	const struct net_job *conf;
	char *url; /* of the order */
	struct order order;
	long retry_after; /* of the last answer about the order */
	unsigned polls;   /* until the order was ready */
	int too_early;    /* it was finalized before */
	int waited;       /* until the deadline, in vain */
	int resumed;      /* it is an earlier run's */
	/* with another key than the run began with, which the CA has refused */
	int rekeyed;
	struct proof proof;
};

/*
 * Reads a response about the order, which it frees, and checks that it is about
 * our names; or fetches one.  0 or -1.
 */
int order_take(struct issue *, struct http_response *, struct net_error *);
int order_fetch(struct issue *, struct net_error *);
/*
 * Waits while the order is pending (RFC 8555 7.1.6).  0: it no longer is; or
 * -1.
 */
int order_authorized(struct issue *, struct net_error *);
/*
 * 7.4: finalizes the order unless that was done, and waits until it is valid.
 * 0 or -1.
 */
int order_finalize(struct issue *, struct net_error *);
/*
 * The order has a status that does not lead to a certificate: trouble that says
 * why.  -1.
 */
int order_bad(struct issue *, struct net_error *);


/*
 * When the CA would have a certificate renewed (RFC 9773), by net.
 */

/*
 * Asks about this certificate and tells certproc the answer, or that there is
 * none.
 */
void renewal_info_ask(struct session *);
/* Tells certproc that the CA could not be asked. */
void renewal_info_none(const struct session *);


/*
 * Revocation, by net.
 */

/*
 * Has the certificate of a job revoked (RFC 8555 7.6), by the account's key or
 * by the certificate's own: the latter first if key_compromised, else last.
 * no_account: why there is none, or NULL.  0: the CA says that it is revoked;
 * -1 with trouble.
 */
int revoke_certificate(struct session *, const struct net_error *no_account,
    int key_compromised, struct net_error *);


/*
 * "verify": which certificate does this server present?
 */

/* Connects to the job's server that is its turn; certproc is told what came. */
void verify_server(const struct session *);


/*
 * "check webroot": does the web server of a job's names serve what chng puts?
 */

/*
 * RFC 8555 8.3, and where servers redirect that to; the tests build with
 * others.
 */
#ifndef WEBROOT_PORT
#define WEBROOT_PORT "80"
#define WEBROOT_TLS_PORT "443"
#endif

/*
 * Has chng put a probe, and fetches it by each name as the CA will fetch the
 * responses.  Before an order is placed.  0, or -1 with trouble that names the
 * directory.
 */
int webroot_check(struct session *, struct net_error *);

#endif
