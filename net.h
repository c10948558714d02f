/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * netproc: requests, nonces, the account, orders, authorizations, revocation,
 * 'check webroot' and 'verify'.
 */
#ifndef NET_H
#define NET_H

#include <stdint.h>

#include "acme.h"
#include "conf.h"
#include "http.h"
#include "msg.h"

/*
 * Sends net's requests to the CA: signed by key, with a nonce, on a kept
 * connection.
 */

/* What went wrong with a request, or with a job. */
struct net_error {
	/* The error in words, for the administrator. */
	struct {
		char text[ERROR_MAX];
	} error;
	enum failure class;
	/* What the CA said; the type is "" if it sent no problem document. */
	struct problem problem;
	int status; /* The HTTP status; 0: no response. */
	/* The seconds of Retry-After; -1: the CA did not say. */
	long retry_after;
	/* No whole response came: the CA may have acted on the request. */
	int lost;
	/* The response is lost since no connection to the CA was made. */
	int unreached;
	/*
	 * The response is lost, but the connection ended before its first byte:
	 * the CA has probably not seen the request.
	 */
	int unseen;
	/*
	 * The type of the signed request that was refused; 0: it was not
	 * signed.
	 */
	enum msgtype request;
	/* There is no directory at the configured URL. */
	int no_directory;
	/* The CA has not been able to validate a name. */
	int validation;
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
	int eab;    /* The authority has an external account binding. */
	int checks; /* A rehearsal, beside which zoneproc checks the DNS. */

	/* The servers that net may talk to; the one of 'api url' is first. */
	struct url origins[ORIGINS_MAX];
	struct http *servers[ORIGINS_MAX];
	size_t norigins;
	struct http_client client;
	struct http_anchors *anchors; /* The trust anchors; NULL: insecure. */

	/* What net has learned from the CA in this run. */
	struct directory directory;
	char *new_nonce;   /* The URL for nonces; NULL: it is not known. */
	int one_by_one;    /* The CA ignores pipelined requests. */
	int account_works; /* The CA has accepted a request of the account. */
	/* By how many seconds the clock here is ahead of the CA's. */
	long clock_ahead;

	/* The current job. */
	uint32_t job;
	/* The current job's domain; NULL: the task is the account's. */
	const struct net_job *conf;
	int64_t deadline; /* No request is sent after this time. */
	/* How many nonces to request along with the next request. */
	size_t ahead;
};

/*
 * Prepares the connections to the servers.  The workers share the CA's rate
 * limits.  The caller has set authority, anchors and proxy.  0, or -1 with the
 * error.
 */
int request_setup(struct session *, const struct strings *origins, int insecure,
    uint32_t workers, struct error *);

/*
 * These return 0 with a response of status 2xx, which the caller frees, or -1
 * with the error.
 */
int request_get(struct session *, const char *url, struct http_response *,
    struct net_error *);
/*
 * Sends a POST signed as sign says, KEY_SIGN_* or CSR_SIGN_*; badNonce is dealt
 * with here.
 */
int request_post(struct session *, enum msgtype sign, const char *url,
    const char *accept, struct http_response *, struct net_error *);
/*
 * Sends a POST-as-GET (RFC 8555 6.3), which is repeated if the response was
 * lost.
 */
int request_fetch(struct session *, const char *url, const char *accept,
    struct http_response *, struct net_error *);

/*
 * The next request fetches nonces along with its response, until n are at hand,
 * within the CA's limits.
 */
void request_ahead(struct session *, size_t n);

/*
 * The round trip in milliseconds from which a CA is far; the tests build with
 * another number.
 */
#ifndef FAR_MS
#define FAR_MS 10
#endif
/*
 * Is the round trip so long that a request should be sent early, even if the CA
 * may refuse it?
 */
int request_is_far(const struct session *);
/* Returns the shortest round trip to the CA so far; -1: it is not known. */
int request_round_trip_ms(const struct session *);

#define USER_AGENT "acme-client/" VERSION
/*
 * Has dns look a host up, and fills in its addresses as http_client.resolve()
 * does.
 */
int request_resolve(const struct session *, enum resolve_for,
    const struct url *, struct address *, size_t *n, struct error *);

/*
 * Sends a GET to a server without TLS, for responses that are signed.  -1 with
 * the reason; -2: the server is not asked, since it did not respond earlier in
 * this run, or such servers together have made the run wait for
 * HTTP_RESPONSE_SECONDS.
 */
int request_plain(struct session *, const char *url, const char *accept,
    struct http_response *, struct error *);

/*
 * Sets where nonces come from (RFC 8555 7.2), if that is a URL of the
 * authority.
 */
void request_nonces(struct session *, const char *new_nonce_url);

/* Is this a URL of the authority?  0, or -1 with advice. */
int request_origin(const struct session *, const char *what, const char *url,
    struct net_error *);

/* Fills in the error; returns -1. */
int net_error_set(struct net_error *, enum failure, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Waits for this message, for so many seconds; -1: for ever.  Others that may
 * come first are kept.  ROLE_STOP ends the process.
 */
void request_wait(struct msg *, enum msgtype, int seconds);
/* Waits for the reply of another process, which was just asked. */
void request_expect(struct msg *, enum msgtype);
/* The seconds to wait for a reply: a 4096-bit RSA key takes long. */
#define NET_REPLY_SECONDS 90

/* The parts of a request, which net-batch.c uses, too. */

/*
 * Returns the connection to the server of a URL, which is parsed; NULL: it is
 * not the authority's.
 */
struct http *request_server(
    const struct session *, const char *text, struct url *);
/*
 * Has key or csr sign a request, whose payload they choose; the caller frees
 * it. NULL with the error.
 */
char *request_sign(const struct session *, enum msgtype, const char *nonce,
    const char *url, struct net_error *);
/*
 * Makes an error of a response that is not 2xx, and frees the response.
 * Returns -1.
 */
int request_refused(const char *method, const char *url, struct http_response *,
    struct net_error *);
/* Is the error a rate limit?  Some CAs say so with another status than 429. */
int request_limited(const struct net_error *);
/*
 * Was a response cut whose body only the end of the connection delimits?  The
 * grammar of what was asked for tells, if the body is used at all.  0, or -1
 * with the reason.
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
 * Notes that a request that was sent ahead got no response, for this reason:
 * from now on the CA is sent one request at a time.
 */
void request_no_more_ahead(struct session *, const struct error *);

/*
 * The seconds after which no request is sent for a job, however slow the CA is;
 * the tests build with fewer.
 */
#ifndef JOB_SECONDS
#define JOB_SECONDS 1800
#endif
/* 1 with the error once the job's time is over. */
int request_late(const struct session *, struct net_error *);

/* Sends batches of requests, by net. */

/*
 * A request of one job that does not depend on the others' responses: net sends
 * as many of them as it has nonces for, and each response brings another nonce.
 */
struct wanted {
	enum msgtype sign;
	const char *url;
};
struct batch {
	struct session *session;
	const struct wanted *wanted;
	size_t n;
	int pause_ms; /* The milliseconds between two requests. */
	void *context;
	/*
	 * Takes the response of status 2xx to request i, which is freed after
	 * that; 0, or -1 with the error.
	 */
	int (*take)(void *context, size_t i, struct http_response *,
	    struct net_error *);
	/*
	 * Takes another response; NULL: it is an error.  0 goes on, -1 ends the
	 * batch with this error.
	 */
	int (*refused)(void *context, size_t i, struct net_error *);
	/*
	 * Finds out what has become of request i, which got no response; 0, or
	 * -1 with the error. NULL: the request is repeated alone.
	 */
	int (*lost)(void *context, size_t i, struct net_error *);
};
/* Sends the batch, which asks for JSON.  0, or -1 with the first error. */
int request_batch(const struct batch *, struct net_error *);


/* Keeps nonces (RFC 8555 6.5), by net. */

/* The most nonces that are kept. */
#define NONCES_MAX HTTP_PIPELINE_MAX

/* Sets the number of workers that share the CA's limit of newNonce requests. */
void nonces_share(uint32_t workers);

/*
 * Keeps the nonce that came with a response, unless there are enough.  0: there
 * was no nonce, or an invalid one.
 */
int nonce_keep(const struct http_response *);
/* Returns the newest nonce, and forgets it, or NULL.  The caller frees it. */
char *nonce_take(void);
size_t nonces_at_hand(void);
/* Forgets all nonces, when they come from another URL. */
void nonces_drop(void);

/*
 * Returns how many of n newNonce requests may be sent now, behind the given
 * number of other ones, and counts them as sent.
 */
size_t nonces_allowed(size_t n, size_t before);


/* Finds out what a rate limit concerns, by net. */

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


/* Finds and changes the account at the CA, by net. */

/*
 * The seconds after a rollover in which a CA may still verify by the account's
 * old key; the tests build with fewer.
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

/* As account_concerned(), for a directory that could not be fetched. */
void account_unmet(struct net_error *);

/* As account_find(), but asks the CA by the key even if the URL is stored. */
int account_find_surely(struct session *, struct net_error *);

/* Does what -K, -U or -D asks for.  0, or -1 with the error. */
int account_task(struct session *, struct net_error *);


/* Obtains one certificate, by net. */

/*
 * The seconds that an order may take to become ready, and as many again to
 * become valid; the tests build with fewer.
 */
#ifndef VALIDATION_SECONDS
#define VALIDATION_SECONDS 300
#endif

/*
 * The milliseconds until net fetches the authorizations of a pending order;
 * this doubles each time.  The tests build with fewer.
 */
#ifndef AUTHORIZATIONS_MS
#define AUTHORIZATIONS_MS 3000
#endif

/*
 * The most seconds that net pauses between two polls because of Retry-After;
 * the tests build with fewer.
 */
#ifndef RETRY_AFTER_SECONDS
#define RETRY_AFTER_SECONDS 60
#endif

/* What net knows of a domain section. */
struct net_job {
	char *handle;
	char *profile; /* The profile to order, or NULL. */
	struct strings names;
	/* The type of challenge that is responded to. */
	enum challenge_type challenge;
	enum way way;
	struct strings verify; /* The servers of 'verify' (conf.h). */
	int check_webroot;
	/* certproc sends the following members with the job. */
	/* The ID of the installed certificate (RFC 9773 4.1), or NULL. */
	char *certid;
	/* The URL that tells whether it is revoked, or NULL. */
	char *status_url;
	/* The index of the server of verify that is looked at now. */
	uint32_t server;
	int again; /* This is the second attempt, after a pause. */
	/*
	 * The following four members are what earlier runs have learned of the
	 * CA.
	 */
	/* The URL that gave nonces, or NULL. */
	char *new_nonce;
	/* The names of the trust anchors of the CA's servers. */
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


/* Handles the authorizations of one order, by net. */

/* The proof to the CA that the names of a job are ours. */
struct proof {
	struct session *session;
	const struct order *order;
	/*
	 * The URLs of the order's authorizations, kept since some CAs list them
	 * only while the order is pending.
	 */
	char **urls;
	size_t nurls;
	/* The status of each authorization when it was last fetched. */
	enum status *seen;
	struct wanted *challenges; /* The challenges to respond to. */
	size_t *of; /* The number of the authorization of each challenge. */
	size_t n;
	/* Which of the challenges' responses the CA has refused. */
	uint8_t *refused;
	size_t refusals;
	struct net_error refusal; /* The error of the first of them. */
	int responded; /* The CA was told that some responses are there. */
	/* How many authorizations cannot become valid any more. */
	size_t spoilt;
	/* The error of the first authorization that cannot become valid. */
	struct net_error first_error;
	int put; /* chng was asked to put responses. */
	/* The CA seems not to have found the responses. */
	int doubtful;
};

/*
 * Returns the number of the job's name that an order's or authorization's
 * identifier ("dns:NAME" or "ip:ADDRESS") means; wildcard: "*." before it was
 * left out (RFC 8555 7.1.4).  NO_NAME: the job has no such name.
 */
#define NO_NAME UINT32_MAX
uint32_t asked_for(
    const struct net_job *, const char *identifier, int wildcard);

/*
 * Fetches the order's authorizations (RFC 8555 7.5), and puts responses for
 * those that are pending.  0, or -1 with the error, also where some are spoilt.
 */
int proof_prepare(struct proof *, const char *order_url, struct net_error *);
/* Tells the CA that the responses are there (RFC 8555 7.5.1).  0 or -1. */
int proof_respond(struct proof *, struct net_error *);
/*
 * Fetches the authorizations that were not valid yet, to see whether some are
 * spoilt.  0 or -1.
 */
int proof_look(struct proof *, struct net_error *);
/* Returns the error of the first spoilt authorization.  -1. */
int proof_error(const struct proof *, struct net_error *);
/*
 * Deactivates authorizations that are invalid, so that the CA does not use them
 * again.
 */
void proof_give_up(struct proof *);
/*
 * Fetches the errors of the authorizations.  The first one becomes the error's
 * text, with the former text behind it in parentheses; the others are printed.
 */
void proof_explain(struct proof *, struct net_error *);
/* Has the responses removed, always, and frees what belongs to this order. */
void proof_end(struct proof *);


/*
 * Takes one order, by net, from its authorizations to the certificate's URL,
 * for net-order.c.
 */

/* An order that net takes to a certificate. */
struct issue {
	struct session *session;
	char *url; /* The URL of the order. */
	struct order order;
	long retry_after; /* The Retry-After of the order's last response. */
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
 * Waits while the order is pending (RFC 8555 7.1.6).  0: it no longer is; or -1
 * with the error.
 */
int order_authorized(struct issue *, struct net_error *);
/*
 * Finalizes the order unless that was done (RFC 8555 7.4), and waits until it
 * is valid.  0 or -1.
 */
int order_finalize(struct issue *, struct net_error *);
/*
 * Makes the error of an order whose status does not lead to a certificate.  -1.
 */
int order_bad(struct issue *, struct net_error *);


/* Asks when a certificate should be renewed (RFC 9773), by net. */

/*
 * Asks about the job's certificate and tells certproc the response, or that
 * there is none.
 */
void renewal_info_ask(struct session *);
/* Tells certproc that the CA could not be asked. */
void renewal_info_none(const struct session *);


/* Revokes a certificate, by net. */

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
 * The port of RFC 8555 8.3, and that to which servers redirect; the tests build
 * with others.
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
