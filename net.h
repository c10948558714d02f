/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * netproc: requests, nonces, the account, orders, authorizations, revocation,
 * 'check webroot', 'verify'.
 */
#ifndef NET_H
#define NET_H

#include <stdint.h>

#include "acme.h"
#include "conf.h"
#include "http.h"
#include "msg.h"

/*
 * net's requests to the CA: signed by key, with a nonce, on a kept connection.
 */

/* What went wrong with a request, or with a job. */
struct net_error {
	/* The error in words, for the administrator. */
	struct {
		char text[ERROR_MAX];
	} error;
	enum failure class;
	/* What the CA said; its type is "" if it sent no problem document. */
	struct problem problem;
	int status;       /* The HTTP status; 0: no response. */
	long retry_after; /* seconds; -1: the CA did not say */
	/* No whole response came: the CA may have acted on the request. */
	int lost;
	/* It is lost, as the CA could not be connected to. */
	int unreached;
	/* It is lost, and the CA has probably never seen the request. */
	int unseen;
	/* The signed request that was refused; 0: it was not signed. */
	enum msgtype request;
	/* There is no directory at the configured URL. */
	int no_directory;
	/* The error concerns the account, and so every job. */
	int for_all;
};

#define PEM_CHAIN "application/pem-certificate-chain"
#define JSON "application/json"

struct net_job;

/* net's work for one authority: one job at a time, on one connection. */
struct session {
	const char *authority; /* The authority's name, for messages. */
	const char *api_url;
	int eab; /* An external account binding is configured. */

	/* The servers that may be talked to, and how: api first. */
	struct url origins[ORIGINS_MAX];
	struct http *servers[ORIGINS_MAX];
	size_t norigins;
	struct http_client client;
	struct http_anchors *anchors; /* NULL: insecure */

	/* What net has learned from the CA in this run. */
	struct directory directory;
	char *new_nonce;   /* The URL for nonces; NULL: unknown. */
	int one_by_one;    /* The CA ignores pipelined requests. */
	int account_works; /* The CA has accepted a request of the account. */

	/* The current job. */
	uint32_t job;
	const struct net_job *conf; /* NULL: the task is the account's */
	int64_t deadline;           /* No request is sent after it. */
	size_t ahead; /* nonces to fetch along with the next request */
};

/*
 * Prepares the connections to the servers.  The workers share the CA's rate
 * limits.  The caller has set authority, anchors and proxy.  0, or -1 with the
 * error.
 */
int request_setup(struct session *, const struct strings *origins, int insecure,
    uint32_t workers, struct error *);

/*
 * All return 0 with a response of status 2xx, which the caller frees, or -1
 * with the error.
 */
int request_get(struct session *, const char *url, struct http_response *,
    struct net_error *);
/* sign: a KEY_SIGN_* or CSR_SIGN_* type; badNonce is dealt with here. */
int request_post(struct session *, enum msgtype sign, const char *url,
    const char *accept, struct http_response *, struct net_error *);
/* POST-as-GET (RFC 8555 6.3), repeated if the response was lost. */
int request_fetch(struct session *, const char *url, const char *accept,
    struct http_response *, struct net_error *);

/*
 * The next request fetches nonces along with its response, until n are at hand,
 * within the CA's limits.
 */
void request_ahead(struct session *, size_t n);

/* A CA is far from this round trip on; regress builds with another number. */
#ifndef FAR_MS
#define FAR_MS 10
#endif
/*
 * Is the round trip so long that a request should be sent early, even if the CA
 * may refuse it?
 */
int request_is_far(const struct session *);
/* The shortest round trip to the CA so far; -1: it is not known. */
int request_round_trip_ms(const struct session *);

#define USER_AGENT "acme-client/" VERSION
/* Has dns look a host up: the addresses that http_client.resolve() fills in. */
int request_resolve(const struct session *, enum resolve_for,
    const struct url *, struct address *, size_t *n, struct error *);

/*
 * GET from a server without TLS, for responses that are signed by themselves.
 * -1 with the reason; -2: the server is not asked, since it did not respond
 * earlier in this run, or such servers together have made the run wait for
 * HTTP_ANSWER_SECONDS.
 */
int request_plain(struct session *, const char *url, const char *accept,
    struct http_response *, struct error *);

/*
 * Sets where nonces come from (RFC 8555 7.2), if that is a URL of the
 * authority.
 */
void request_nonces(struct session *, const char *new_nonce_url);

/* 0 for a URL of the authority, else -1 with advice. */
int request_origin(const struct session *, const char *what, const char *url,
    struct net_error *);

/* Fills in the error; returns -1. */
int net_error_set(struct net_error *, enum failure, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Waits for this message, -1: for ever; others that may come first are kept.
 * ROLE_STOP ends the process.
 */
void request_wait(struct msg *, enum msgtype, int seconds);
/* Waits for the reply to what another process was just asked. */
void request_expect(struct msg *, enum msgtype);
#define ANSWER_SECONDS 90 /* a 4096-bit RSA key takes long */

/* Parts of a request, for net-batch.c. */

/*
 * The connection to the server of a URL, which is parsed; NULL: not the
 * authority's.
 */
struct http *request_server(
    const struct session *, const char *text, struct url *);
/*
 * Has key or csr sign, which choose the payload; the caller frees.  NULL with
 * the error.
 */
char *request_sign(const struct session *, enum msgtype, const char *nonce,
    const char *url, struct net_error *);
/* Makes an error of a response that is not 2xx, and frees the response.  -1. */
int request_refused(const char *method, const char *url, struct http_response *,
    struct net_error *);
/* Is it a rate limit?  Some CAs say so with another status than 429. */
int request_limited(const struct net_error *);
/*
 * A response whose body only the end of the connection delimits: was it cut?
 * The grammar of what was asked for tells, if the body is used at all.  0, or
 * -1 with the reason.
 */
int request_whole(enum msgtype sign, const char *accept,
    const struct http_response *, struct error *);
/*
 * Sends a newNonce request ahead (0: that is not possible), and receives its
 * response.
 */
int request_send_nonce(const struct session *, struct http *);
void request_receive_nonce(struct session *, struct http *);
/*
 * A request that was sent ahead got no response, for this reason: from now on
 * the CA is sent one request at a time.
 */
void request_no_more_ahead(struct session *, const struct error *);

/*
 * No request is sent for a job after that many seconds, however slow the CA is;
 * regress builds with fewer.
 */
#ifndef JOB_SECONDS
#define JOB_SECONDS 1800
#endif
/* 1 with the error once the job's time is over. */
int request_late(const struct session *, struct net_error *);

/* Batches of requests, by net. */

/*
 * Requests of one job that do not depend on each other's responses: net sends
 * as many as it has nonces for, and each response brings another nonce.
 */
struct wanted {
	enum msgtype sign;
	const char *url;
};
struct batch {
	struct session *session;
	const struct wanted *wanted;
	size_t n;
	int pause_ms; /* The pause between two requests. */
	void *context;
	/*
	 * Takes the response of status 2xx to request i, which is freed after
	 * that; 0, or -1 with the error.
	 */
	int (*take)(void *context, size_t i, struct http_response *,
	    struct net_error *);
	/*
	 * Another response, or NULL: then it is an error.  0 goes on, -1 ends
	 * the batch with this error.
	 */
	int (*refused)(void *context, size_t i, struct net_error *);
	/*
	 * Request i got no response: finds out what has become of it; 0, or -1
	 * with the error.  NULL: the request is repeated alone.
	 */
	int (*lost)(void *context, size_t i, struct net_error *);
};
/* 0, or -1 with the first error.  JSON is asked for. */
int request_batch(const struct batch *, struct net_error *);


/*
 * Nonces (RFC 8555 6.5), by net.
 */

/* How many nonces may be at hand. */
#define NONCES_MAX HTTP_PIPELINE_MAX

/* Sets the number of workers that share the CA's limit of newNonce requests. */
void nonces_share(uint32_t workers);

/*
 * Keeps the nonce that came with a response, unless there are enough.  0: there
 * was no nonce, or an invalid one.
 */
int nonce_keep(const struct http_response *);
/* The newest nonce at hand, each once, or NULL.  The caller frees. */
char *nonce_take(void);
size_t nonces_at_hand(void);
/* Forgets all nonces, when they come from another URL. */
void nonces_drop(void);

/*
 * How many of n newNonce requests may be sent now, behind the given number of
 * other ones?  Counts them as sent.
 */
size_t nonces_allowed(size_t n, size_t before);


/* What a rate limit concerns.  Used by net. */

/*
 * Is it about an order for these names alone?  Then the text of the problem
 * names one of them, or a domain above it, or speaks of identifiers, as Let's
 * Encrypt's texts and subproblems do.
 */
int limit_is_of_names(const char *text, const struct strings *names);
/*
 * Does the problem's text concern the account, or the address of this machine?
 */
int limit_is_of_account(const char *text);


/*
 * The account at the CA, by net.
 */

/*
 * For this time after a rollover a CA may still verify by the account's old
 * key; the tests build with less.
 */
#ifndef ROLLOVER_SECONDS
#define ROLLOVER_SECONDS 10
#endif

/*
 * Makes sure that key knows the account: asks the CA for it, or registers one
 * where a renewal needs it.  0, or -1 with the error.
 */
int account_find(struct session *, struct net_error *);

/*
 * A request by the account was refused, with this error.  1: it is worth
 * another try, since the account is now another one at the CA, or was
 * registered anew, or the CA may take its new key by now; 0: it is not.  The CA
 * is asked for the account by its key once in a run.
 */
int account_again(struct session *, struct net_error *);

/*
 * Was a request by the account refused since the CA does not take a new key
 * yet?  1: yes; a second has passed, and it is worth another try.
 */
int account_rolls(const struct net_error *);

/*
 * Sets for_all where a refusal during an order for these names concerns the
 * account, and so every other order, too; the class then says whether the
 * authority is left alone beyond this run.
 */
void account_concerned(const struct strings *names, struct net_error *);

/* The same for a directory that could not be fetched. */
void account_unmet(struct net_error *);

/* As account_find(), but asks the CA by the key even if the URL is stored. */
int account_find_surely(struct session *, struct net_error *);

/* Does what -K, -U or -D asks for.  0, or -1 with the error. */
int account_task(struct session *, struct net_error *);


/*
 * One certificate, by net.
 */

/*
 * How long an order may take until it is ready, and as long again until it is
 * valid; the tests build with less (-D...).
 */
#ifndef VALIDATION_SECONDS
#define VALIDATION_SECONDS 300
#endif

/*
 * The time until net fetches the authorizations of a pending order; it doubles
 * each time.  The tests build with less.
 */
#ifndef AUTHORIZATIONS_MS
#define AUTHORIZATIONS_MS 3000
#endif

/* What net knows of a domain section. */
struct net_job {
	char *handle;
	char *profile; /* The profile to order, or NULL. */
	struct strings names;
	enum challenge_type challenge; /* the type that is responded to */
	enum way way;
	struct strings verify; /* Servers to check (conf.h). */
	int check_webroot;
	/* certproc sends the following members with the job. */
	/* The installed certificate's (RFC 9773 4.1), or NULL. */
	char *certid;
	/* Where to ask whether it is revoked, or NULL. */
	char *status_url;
	uint32_t server; /* The server of verify that is checked now. */
	int again;       /* This is the second attempt, after a pause. */
	/* The last four members: what earlier runs have learned of the CA. */
	/* The URL that gave nonces, or NULL. */
	char *new_nonce;
	/* The names of the trust anchors of its servers. */
	char *anchors;
	/* The URL of an unfinished order, or NULL. */
	char *order;
	/* The CA's orders take time to become ready after the responses. */
	int slow;
};

/*
 * What can go wrong on this machine is tried before the CA hears of an order:
 * csr makes a CSR, and chng, unless the job is stateless, tries whether
 * responses can be put; with check_webroot, whether they are served.
 * order_prepare() asks for that; order_prepared() is always called after it and
 * waits.  0, or -1 with the error.
 */
void order_prepare(struct session *);
int order_prepared(struct session *, struct net_error *);

/*
 * Orders the job's certificate and hands it to certproc, whose verdict is
 * final.  0, or -1 with an error that certproc has not heard of yet.
 */
int order_certificate(struct session *, struct net_error *);


/*
 * The authorizations of one order, by net.
 */

/* The proof to the CA that the names of a job are ours. */
struct proof {
	struct session *session;
	const struct order *order;
	/*
	 * The URLs of its authorizations, kept since some CAs list them only
	 * while it is pending.
	 */
	char **urls;
	size_t nurls;
	/* The status of each when it was last fetched. */
	enum status *seen;
	struct wanted *challenges; /* The challenges to respond to. */
	size_t *of;                /* the authorization of each challenge */
	size_t n;
	int triggered; /* The CA was told that some responses are there. */
	/* How many authorizations cannot become valid any more. */
	size_t spoilt;
	struct net_error first_error; /* The error of the first of these. */
	int put;                      /* chng was asked to put responses. */
	/* The CA seems not to have found the responses. */
	int doubtful;
};

/*
 * The number of the job's name that an order's or authorization's identifier
 * ("dns:NAME" or "ip:ADDRESS") is; wildcard: "*." before it is left out (RFC
 * 8555 7.1.4).  NO_NAME: the job has no such name.
 */
#define NO_NAME UINT32_MAX
uint32_t asked_for(
    const struct net_job *, const char *identifier, int wildcard);

/*
 * RFC 8555 7.5: fetches the order's authorizations and puts responses for those
 * that are pending.  0, or -1 with the error, also where some are spoilt.
 */
int proof_prepare(struct proof *, const char *order_url, struct net_error *);
/* RFC 8555 7.5.1: tells the CA that the responses are there.  0 or -1. */
int proof_respond(struct proof *, struct net_error *);
/*
 * Fetches the authorizations that were not valid yet, to see whether some are
 * spoilt.  0 or -1.
 */
int proof_look(struct proof *, struct net_error *);
/* The error of the first spoilt authorization.  -1. */
int proof_error(const struct proof *, struct net_error *);
/*
 * Deactivates authorizations that are invalid, so that the CA does not use them
 * again.
 */
void proof_give_up(struct proof *);
/*
 * Fetches the errors of the authorizations: the first is appended to the
 * error's text as its cause; the others are printed.
 */
void proof_explain(struct proof *, struct net_error *);
/* Has the responses removed, always, and frees what belongs to this order. */
void proof_end(struct proof *);


/*
 * One order, by net, from its authorizations to the certificate's URL.  For
 * net-order.c.
 */

/* An order that net takes to a certificate. */
struct issue {
	struct session *session;
	char *url; /* the order's */
	struct order order;
	long retry_after; /* Of the order's last response. */
	/* How often the order was fetched until it was ready. */
	unsigned polls;
	int too_early; /* It was finalized before it was ready. */
	/* The deadline has passed while it was pending or processing. */
	int waited;
	int resumed; /* The order is an earlier run's. */
	/* The CA has refused the key, and csr has made another one. */
	int rekeyed;
	struct proof proof;
};

/*
 * Reads a response about the order, frees it, and checks that the order is for
 * the job's names; order_fetch() requests it first.  0 or -1.
 */
int order_take(struct issue *, struct http_response *, struct net_error *);
int order_fetch(struct issue *, struct net_error *);
/*
 * Waits while the order is pending (RFC 8555 7.1.6).  0: it no longer is; -1
 * with the error.
 */
int order_authorized(struct issue *, struct net_error *);
/*
 * RFC 8555 7.4: finalizes the order unless that was done, and waits until it is
 * valid.  0 or -1.
 */
int order_finalize(struct issue *, struct net_error *);
/* The error of an order whose status does not lead to a certificate.  -1. */
int order_bad(struct issue *, struct net_error *);


/*
 * When the CA would have a certificate renewed (RFC 9773), by net.
 */

/*
 * Asks about the job's certificate and tells certproc the response, or that
 * there is none.
 */
void renewal_info_ask(struct session *);
/* Tells certproc that the CA could not be asked. */
void renewal_info_none(const struct session *);


/*
 * Revocation, by net.
 */

/*
 * Has the job's certificate revoked (RFC 8555 7.6), by the account's key or by
 * the certificate's own: the latter first if key_compromised, else last.
 * no_account: why there is no account, or NULL.  0: the CA says that it is
 * revoked; -1 with the error.
 */
int revoke_certificate(struct session *, const struct net_error *no_account,
    int key_compromised, struct net_error *);


/*
 * "verify": which certificate does this server present?
 */

/*
 * Connects to the job's current server, and tells certproc which certificate it
 * presented, or why none.
 */
void verify_server(const struct session *);


/*
 * "check webroot": does the web server of a job's names serve what chng puts?
 */

/*
 * The port of RFC 8555 8.3, and the one that servers redirect to; the tests
 * build with others.
 */
#ifndef WEBROOT_PORT
#define WEBROOT_PORT "80"
#define WEBROOT_TLS_PORT "443"
#endif

/*
 * Has chng put a probe, and fetches it by each name as the CA will fetch the
 * responses, before an order is placed.  0, or -1 with an error that names the
 * directory.
 */
int webroot_check(struct session *, struct net_error *);

#endif
