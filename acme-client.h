/*
 * The processes and what they may say to each other.
 */
#ifndef ACME_CLIENT_H
#define ACME_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#define VERSION "0.2"
/* 2026-11-01: no clock is right that is before it */
#define RELEASE_TIME 1793491200
#define ROLE_FD 3 /* a role's one inherited socket */

enum role {
	ROLE_PARENT, /* starts the others, passes their messages on */
	ROLE_NET,    /* talks to the CA */
	ROLE_DNS,    /* resolves the CA's host */
	ROLE_KEY,    /* holds the account key */
	ROLE_CSR,    /* holds the domain keys */
	ROLE_CHNG,   /* publishes challenge responses */
	ROLE_CERT,   /* judges certificates, decides what is due */
	ROLE_FILE,   /* stores certificates and state */
	ROLE_ZONE,   /* waits for records in the DNS */
	ROLE_RESP,   /* answers challenges by itself, on ports of its own */
	/*
	 * runs the programs that the configuration names; last, as the one
	 * without a sandbox
	 */
	ROLE_HOOK,
	ROLE__MAX
};

extern const char *const role_names[ROLE__MAX]; /* "parent", "netproc", ... */

/*
 * Each named after its receiver.  Who may send it, how long it may be and
 * what is in it: the table in msg-routes.c.
 */
enum msgtype {
	/* the role's slice of the authority and the run */
	ROLE_CONF = 1,
	ROLE_DOMAIN, /* its slice of one domain section */
	/* no more of these; enter the sandbox and serve */
	ROLE_START,
	ROLE_STOP, /* clean end */

	/* something may be due: keys are to be looked at */
	PARENT_START_CSR,
	PARENT_DUE,     /* how many jobs are due */
	PARENT_OUTCOME, /* of one job */
	/*
	 * the run ends with status 0: what was changed need not be remembered
	 */
	FILE_REPORTED,
	PARENT_FORGOTTEN, /* that is done, as far as it could be */

	CERT_WORKER_GONE, /* a worker of net has ended, and its job */
	KEY_WORKER_GONE,

	/* reading below the certificates' directories ends */
	FILE_NARROW,
	FILE_OPEN, /* lock this job, tidy up, say what there is */
	FILE_LOOK, /* say what there is, without a lock */
	/* unlock it; what need not be kept once the run was reported */
	FILE_CLOSE,
	FILE_PROBE,          /* is there room for a new set? */
	FILE_WRITE,          /* a record, for good; in pieces */
	FILE_REMOVE,         /* a record */
	FILE_REMOVE_SET,     /* only with -r */
	FILE_COPY,           /* only with -r: a part, as a record */
	FILE_TELL_REVOCABLE, /* only with -r: key and csr are to know that */
	FILE_READ_KEPT,      /* only with -B: the set before */
	FILE_STAGE,          /* the new version of one file of the set */
	FILE_COMMIT,         /* all that were staged */
	FILE_LOCK,           /* one of the authority's parts */
	FILE_READ,
	/* what is remembered of several jobs, from this one on */
	CERT_STATES,
	CERT_PART,   /* what there is of one part */
	CERT_STORED, /* the end of each request: done, or why not */

	/* have this job's files changed since its commands last ran well? */
	HOOK_CHANGED,
	FILE_FORGET_CHANGE, /* they have now */
	HOOK_FORGOTTEN,     /* that is remembered, or could not be */
	/* the record of one identifier is to be published */
	HOOK_PUT,
	HOOK_DROP,      /* and those of the job are to go */
	CHNG_PUBLISHED, /* of one identifier: that is done, or not */

	/*
	 * a CSR of the administrator's, before the run: which names are in it?
	 */
	CSR_NAMES,
	PARENT_NAMES,
	CSR_LOOK, /* at the key of this job */
	/*
	 * hashes of a domain's public keys, or: there is none yet, or: it is
	 * unusable
	 */
	CERT_KEY,
	KEY_ACCOUNT, /* the stored account, if any */
	/*
	 * this job may be ordered; which certificate it replaces, which order
	 * is looked at first
	 */
	KEY_BEGIN,
	KEY_REVOCABLE, /* a file with what may be revoked */
	CSR_REVOCABLE,
	CSR_REVOKE,        /* this job's certificate is to be revoked */
	KEY_REVOKE,        /* the same; is it for one of csr's keys? */
	KEY_ASK_ACCOUNT,   /* how does the account stand? */
	KEY_LEAVE_ACCOUNT, /* it could not be found out (enum leave) */
	/* the CA does not take this account URL: ask it by the key */
	KEY_RECHECK_ACCOUNT,
	NET_ACCOUNT, /* what is known of the account */
	CHNG_THUMBPRINT,
	CHNG_ACCOUNT, /* the account URL */
	/*
	 * where certificates say that it can be asked whether they are revoked
	 */
	DNS_STATUS_URLS,
	NET_STATUS_URLS,

	CERT_NEXT, /* give me a job */
	NET_JOB,
	DNS_RESOLVE,
	NET_ADDRESSES,
	KEY_SIGN_FIND_ACCOUNT,
	KEY_SIGN_NEW_ACCOUNT,
	KEY_SET_ACCOUNT, /* the account URL that the CA named */
	/* the CA has none for the key that was asked with */
	KEY_NO_ACCOUNT,
	CERT_ACCOUNT,
	/* only with -t: the thumbprint that is to be printed */
	CERT_SHOW_ACCOUNT,
	KEY_SIGN_ROLLOVER,   /* only with -K */
	KEY_SIGN_CONTACT,    /* only with -U */
	KEY_SIGN_DEACTIVATE, /* only with -D */
	KEY_SIGN_NEW_ORDER,
	/* a new order that names the certificate it replaces */
	KEY_SIGN_REPLACEMENT,
	KEY_SIGN_FETCH,
	KEY_SIGN_CHALLENGE,
	KEY_SIGN_GIVE_UP, /* an authorization that is invalid */
	KEY_SIGN_FINALIZE,
	KEY_SIGN_REVOKE, /* only with -r */
	CSR_SIGN_REVOKE, /* the same by the certificate's own key */
	NET_SIGNED,
	CHNG_CHECK, /* can responses be put there? */
	/* put a file that net may know, and say which */
	CHNG_PROBE,
	NET_PROBE,
	CHNG_PUT, /* the response of one identifier */
	/* is the record of one identifier there, which stays? */
	CHNG_STANDING,
	CHNG_AWAIT, /* until all that were put can be seen */
	CHNG_DROP,
	NET_CHNG_DONE,
	/* until all name servers have the record of one identifier */
	ZONE_AWAIT,
	/* is the record there that allows our account its name? */
	ZONE_STANDING,
	/* those of this job need not be waited for any more */
	ZONE_END,
	CHNG_SEEN,  /* the record is there, or not */
	RESP_CHECK, /* can clients come in for this job? */
	RESP_PUT,   /* the response of one identifier */
	RESP_DROP,
	CSR_MAKE,
	KEY_CSR,
	NET_CSR_DONE,
	CERT_WINDOW, /* what the CA says about the time of renewal */
	CERT_STATUS, /* a piece of the answer about revocation */
	/* of the CA's ways: the next run can begin with that */
	CERT_LEARNED,
	/* the order of this job, or: it is of no use any more */
	CERT_ORDER,
	/* the CA does not take the key of this job's CSR */
	CERT_KEY_REFUSED,
	CERT_CHAIN,
	CERT_LAST_CHAIN, /* there is no further one to choose from */
	/* the next CSR of this job is to be for a new key */
	CSR_NEW_KEY,
	CSR_ADOPT,     /* the new key of a job goes live */
	CSR_COMBINE,   /* write key and this chain into one file */
	CSR_DISCARD,   /* what is left of a revoked certificate */
	CERT_CSR_DONE, /* the answer to the three before it */
	/* why csr or chng cannot do its part of this job, in words */
	CERT_ERROR,
	/* what a server of 'verify' presents, or why nothing came */
	CERT_PRESENTED,
	/* the CA has revoked it, or done what -K, -U or -D asked for */
	CERT_DONE,
	CERT_FAILED,
	NET_JOB_DONE,
	MSG__MAX
};

/* PARENT_OUTCOME */
enum outcome { OUTCOME_INSTALLED = 1, OUTCOME_UNCHANGED, OUTCOME_FAILED };

/*
 * What a run is for: it decides which processes there are, and what key signs
 * at all.
 */
enum mode {
	MODE_RENEW = 1,
	MODE_LIST,
	MODE_METRICS,
	MODE_REVOKE,
	MODE_RESTORE,
	MODE_HOOK,   /* after the others: 'on change' */
	MODE_VERIFY, /* after that: do servers present what is installed? */
	MODE_ROLLOVER,
	MODE_CONTACT,
	MODE_DEACTIVATE,
	MODE_ADOPT,
	MODE_SHOW, /* the account is printed, and no CA asked */
	/* csr alone: the names in CSRs, while the configuration is read */
	MODE_NAMES
};

/* Is the run for certificates, and may it change files of theirs? */
static inline int
mode_changes_files(enum mode mode)
{
	return mode == MODE_RENEW || mode == MODE_REVOKE ||
	    mode == MODE_RESTORE;
}

/* Is the run for an authority's account, without any domain section? */
static inline int
mode_is_for_account(enum mode mode)
{
	return mode == MODE_ROLLOVER || mode == MODE_CONTACT ||
	    mode == MODE_DEACTIVATE || mode == MODE_ADOPT || mode == MODE_SHOW;
}

/* Does netproc send ACME requests in this run? */
static inline int
mode_asks_ca(enum mode mode)
{
	return mode == MODE_RENEW || mode == MODE_REVOKE ||
	    mode == MODE_ROLLOVER || mode == MODE_CONTACT ||
	    mode == MODE_DEACTIVATE;
}

/*
 * NET_ACCOUNT: its URL is known; ask the CA for it by the key; register one;
 * ask by the new key of a rollover whose end nobody saw; ask by a key that was
 * the account's before; there is no key at all; the CA has refused the
 * account, or its registration, in this run.
 */
enum account {
	ACCOUNT_KNOWN = 1,
	ACCOUNT_FIND,
	ACCOUNT_NEW,
	ACCOUNT_DOUBT,
	ACCOUNT_SPARE,
	ACCOUNT_NONE,
	ACCOUNT_REFUSED
};

/*
 * KEY_LEAVE_ACCOUNT: another worker may try; the CA has refused it, so that
 * nobody tries again in this run; the CA says that the account is deactivated.
 */
enum leave { LEAVE_OPEN, LEAVE_REFUSED, LEAVE_DEACTIVATED };

/*
 * CSR_NEW_KEY: the live key may not be used again, but one that waits may; nor
 * may that one, since others may know it, or since the CA refuses it.
 */
enum new_key { NEW_KEY_BESIDE, NEW_KEY_COMPROMISED, NEW_KEY_REFUSED };

/*
 * CERT_CSR_DONE: not done; done; and for CSR_DISCARD: the certificate's key is
 * not on this machine; it stays, as another certificate is installed for it.
 */
enum csr_done { CSR_FAILED, CSR_DONE, CSR_KEY_ELSEWHERE, CSR_KEY_STAYS };

/* NET_JOB: what net is to do for it. */
enum task {
	TASK_NOTHING,
	TASK_ORDER,
	TASK_WINDOW,
	TASK_STATUS,
	TASK_REVOKE,
	TASK_ACCOUNT,
	TASK_VERIFY
};

/*
 * NET_JOB_DONE: certproc's answer to a chain; ANEW: the order or its key is of
 * no use, go on with another one.
 */
enum verdict {
	VERDICT_REFUSED,
	VERDICT_INSTALLED,
	VERDICT_ANOTHER,
	VERDICT_ANEW
};

/*
 * CERT_FAILED: what sets off the backoff, as the CA refuses this job, or cannot
 * be reached or serves nobody now; or something on this machine.
 */
enum failure { FAILURE_CA = 1, FAILURE_LOCAL, FAILURE_AUTHORITY };

/*
 * Where chains must end: at the roots that are named or the system's; anywhere;
 * at the system's, which hardly has one for this authority (conf_lacks_root()).
 */
enum rooting { ROOTS_NAMED, ROOTS_ANY, ROOTS_LACKING };

/*
 * DNS_RESOLVE: a host of the authority's, or its proxy; one that a certificate
 * names; one of the configured names, whose web server is to be looked at; one
 * of 'verify'.
 */
enum resolve_for { FOR_AUTHORITY, FOR_STATUS, FOR_WEBROOT, FOR_VERIFY };

/*
 * How MODE_LIST prints; the quotient by LIST_COLUMNS is the width that it has,
 * 0: any.
 */
enum { LIST_JSON = 1, LIST_BAR = 2, LIST_COLOR = 4, LIST_COLUMNS = 256 };

#define REASON_KEY_COMPROMISE 1 /* RFC 5280 5.3.1 */
#define REASON_MAX 10           /* the last of them */
/* in DER; encoded twice for finalize it must fit into a message */
#define CSR_BYTES_MAX (44 * 1024)
/* of one certificate in PEM, from a server of 'verify' */
#define PRESENTED_BYTES_MAX (32 * 1024)
/* of an account key (RFC 7638): SHA-256 in base64url */
#define THUMBPRINT_LEN 43
/* of a public key (RFC 5280 SubjectPublicKeyInfo): SHA-256 */
#define SPKI_HASH_LEN 32
#define ADDRESSES_MAX 8        /* of one host that are tried */
#define ORIGINS_MAX 16         /* of one authority */
#define STATUS_SERVERS_MAX 100 /* asked about revocation in one run */
#define WORKERS_MAX 16         /* processes of net in one run (-j) */
/* of responses, in a challenge directory */
#define CHNG_LIST ".acme-client.list"
/* of one handle's 'on change', and of those for all */
#define COMMANDS_MAX 8
#define COMMAND_WORDS_MAX 64
/* of one, with a NUL behind each word */
#define COMMAND_BYTES_MAX 2048
#define NO_JOB UINT32_MAX /* in place of a job's number */
/* of one request that is answered badNonce */
#define SIGN_TRIES 20
/* bytes of text of a failure: two URLs and a problem document */
#define ERROR_MAX 8192
/* of one job: an earlier run's, a new one, and one in place of that */
#define ORDERS_MAX 3
#define DNS_WAIT 300 /* seconds, for records in the DNS */
#define DNS_WAIT_MAX 600
#define DNS_SERVERS_MAX 8 /* that are named */
/* names of a CA in one challenge (dns-persist-01) */
#define ISSUERS_MAX 10
/* at most until responses can be seen */
#define RESPONSES_SECONDS 900
/* where the CA says that the order is not ready */
#define FINALIZE_TRIES 3

#endif
