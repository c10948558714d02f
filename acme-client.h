/*
 * The processes and what they may say to each other.
 */
#ifndef ACME_CLIENT_H
#define ACME_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#define VERSION		"0.1"
#define RELEASE_TIME	1793491200	/* 2026-11-01: no clock is right that is before it */
#define ROLE_FD		3	/* a role's one inherited socket */
#define ROLE_ARG	"acme-client-role"	/* argv[1] of a role; argv[0] is its name */

enum role {
	ROLE_PARENT,	/* starts the others, passes their messages on */
	ROLE_NET,	/* talks to the CA */
	ROLE_DNS,	/* resolves the CA's host */
	ROLE_KEY,	/* holds the account key */
	ROLE_CSR,	/* holds the domain keys */
	ROLE_CHNG,	/* publishes challenge responses */
	ROLE_FILE,	/* installs certificates, keeps the state */
	ROLE__MAX
};

extern const char *const role_names[ROLE__MAX];	/* "parent", "netproc", ... */

/*
 * Each named after its receiver.  Who may send it, how long it may be and
 * what is in it: the table in msg.c.
 */
enum msgtype {
	ROLE_CONF = 1,		/* the role's slice of the authority and the run */
	ROLE_DOMAIN,		/* its slice of one domain section */
	ROLE_START,		/* no more of these; enter the sandbox and serve */
	ROLE_STOP,		/* clean end */

	PARENT_DUE,		/* how many jobs are due */
	PARENT_OUTCOME,		/* of one job */

	FILE_KEY,		/* hash of a domain's public key, or: there is none yet, or: it is unusable */
	KEY_ACCOUNT,		/* the stored account, if any */
	KEY_BEGIN,		/* this job may be ordered */
	NET_ACCOUNT,		/* what is known of the account */
	CHNG_THUMBPRINT,

	FILE_NEXT,		/* give me a job */
	NET_JOB,
	DNS_RESOLVE,
	NET_ADDRESSES,
	KEY_SIGN_FIND_ACCOUNT,
	KEY_SIGN_NEW_ACCOUNT,
	KEY_SET_ACCOUNT,	/* the account URL that the CA named */
	FILE_ACCOUNT,
	KEY_SIGN_NEW_ORDER,
	KEY_SIGN_FETCH,
	KEY_SIGN_CHALLENGE,
	KEY_SIGN_FINALIZE,
	NET_SIGNED,
	CHNG_CHECK,		/* can responses be put there? */
	CHNG_PUT,
	CHNG_DROP,
	NET_CHNG_DONE,
	CSR_MAKE,
	KEY_CSR,
	NET_CSR_DONE,
	FILE_CHAIN,
	FILE_FAILED,
	NET_JOB_DONE,
	MSG__MAX
};

/* PARENT_OUTCOME */
enum outcome { OUTCOME_INSTALLED = 1, OUTCOME_UNCHANGED, OUTCOME_FAILED };

/* NET_ACCOUNT: its URL is known; ask the CA for it; there is none yet. */
enum account { ACCOUNT_KNOWN = 1, ACCOUNT_FIND, ACCOUNT_NEW };

/* FILE_FAILED: the CA or the way to it, which sets off the backoff; or something on this machine. */
enum failure { FAILURE_CA = 1, FAILURE_LOCAL };

#define NO_JOB		UINT64_MAX	/* NET_JOB: nothing left to do */
#define ORIGINS_MAX	16		/* of one authority */
#define SIGN_TRIES	20		/* of one request that is answered badNonce */

/* The entry of each role; conf and domains arrive as messages. */
void	netproc(void) __attribute__((noreturn));
void	dnsproc(void) __attribute__((noreturn));
void	keyproc(void) __attribute__((noreturn));
void	csrproc(void) __attribute__((noreturn));
void	chngproc(void) __attribute__((noreturn));
void	fileproc(void) __attribute__((noreturn));

#endif
