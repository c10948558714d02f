/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The processes, and the types of messages between them.
 */
#ifndef ACME_CLIENT_H
#define ACME_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#define VERSION "0.2"
/* 2026-11-01: a clock that is before it is wrong. */
#define RELEASE_TIME 1793491200
#define ROLE_FD 3 /* a role's socket, the only one that it inherits */

/* The processes.  ARCHITECTURE.md says what each holds and can reach. */
enum role {
	ROLE_PARENT, /* starts the others, passes their messages on */
	ROLE_NET,    /* talks to the CA */
	ROLE_DNS,    /* resolves host names */
	ROLE_KEY,    /* holds the account key */
	ROLE_CSR,    /* holds the domain keys */
	ROLE_CHNG,   /* has challenge responses published */
	ROLE_CERT,   /* decides what is due, verifies certificates */
	ROLE_FILE,   /* stores certificates and state */
	ROLE_ZONE,   /* waits until name servers have a record */
	ROLE_RESP,   /* serves challenge responses on its own ports */
	/* Runs configured programs, without a sandbox; the last role. */
	ROLE_HOOK,
	ROLE__MAX
};

extern const char *const role_names[ROLE__MAX]; /* "parent", "netproc", ... */

/*
 * A message's name begins with its receiver.  The table in msg-routes.c has its
 * senders, its longest body and the body's shape; msg-bodies.h has its members.
 */
enum msgtype {
	/* From the parent to every role. */
	ROLE_CONF = 1, /* the role's slice of the authority and the run */
	ROLE_DOMAIN,   /* the role's slice of one domain section */
	ROLE_START,    /* no more slices; enter the sandbox and serve */
	ROLE_STOP,     /* end with status 0 */

	/* Between the parent and single roles. */
	PARENT_START_CSR, /* start csrproc: domain keys are to be read */
	PARENT_DUE,       /* the number of jobs that are due */
	PARENT_OUTCOME,   /* the outcome of one job */
	/* Status 0 reports the run's changes: forget them. */
	FILE_REPORTED,
	PARENT_FORGOTTEN, /* fileproc has forgotten what it could */
	CERT_WORKER_GONE, /* this worker of netproc has ended, so has its job */
	KEY_WORKER_GONE,  /* this worker of netproc has ended */

	/* The disk: certproc's requests, fileproc's replies. */
	FILE_NARROW, /* the parent: reading certificates' directories ends */
	FILE_OPEN,   /* lock this job, tidy up, send what is installed */
	FILE_LOOK,   /* send what is installed, without a lock */
	/* Unlock the job; fileproc also learns what to remove once reported. */
	FILE_CLOSE,
	FILE_PROBE,          /* is there room for a new set? */
	FILE_WRITE,          /* a piece of a record; the last one stores it */
	FILE_REMOVE,         /* remove a record */
	FILE_REMOVE_SET,     /* -r: remove the installed files */
	FILE_COPY,           /* -r: copy an installed file into a record */
	FILE_TELL_REVOCABLE, /* -r: send *_REVOCABLE to keyproc and csrproc */
	FILE_READ_KEPT,      /* -B: send the set that was replaced last */
	FILE_STAGE,          /* write the new version of one file of the set */
	FILE_COMMIT, /* replace the installed files by the staged ones */
	FILE_LOCK,   /* lock or unlock one of the authority's records */
	FILE_READ,   /* send one of the authority's records */
	CERT_STATES, /* the states of several jobs, from this one on */
	CERT_PART,   /* the contents of one part */
	CERT_STORED, /* the end of each request: done, or an error */

	/* 'on change': hookproc runs the commands, fileproc remembers. */
	HOOK_CHANGED, /* has this job files that no command was run for? */
	FILE_FORGET_CHANGE, /* all commands of this job have run well */
	HOOK_FORGOTTEN,     /* fileproc has recorded that, or could not */

	/* 'challenge hook': chngproc has hookproc publish records. */
	HOOK_PUT,       /* publish the record of one identifier */
	HOOK_DROP,      /* remove the records of this job */
	CHNG_PUBLISHED, /* one response is published, or an error */

	/* Before a run: the names in a configured CSR. */
	CSR_NAMES,    /* the bytes of the CSR */
	PARENT_NAMES, /* the names in it, or an error */

	/* Keys, CSRs and the account, past netproc. */
	CSR_LOOK, /* read the domain keys of this job */
	/*
	 * The hashes of the job's public keys, or the error if no key can be
	 * used.
	 */
	CERT_KEY,
	KEY_ACCOUNT, /* the stored account, if any */
	/*
	 * Allow netproc to order for this job.  The body names the certificate
	 * that the order replaces, and an earlier run's order to continue.
	 */
	KEY_BEGIN,
	KEY_REVOCABLE,   /* a file that the certificate to revoke may be in */
	CSR_REVOCABLE,   /* the same for csrproc */
	CSR_REVOKE,      /* the certificate of this job that is to be revoked */
	KEY_REVOKE,      /* the same, and whether csrproc holds its key */
	KEY_ASK_ACCOUNT, /* which state is the account in? */
	KEY_LEAVE_ACCOUNT,   /* netproc could not find out (enum leave) */
	KEY_RECHECK_ACCOUNT, /* the CA refuses this account URL */
	NET_ACCOUNT,     /* the account's state (enum account), and its URL */
	CHNG_THUMBPRINT, /* the account key's thumbprint */
	CHNG_ACCOUNT,    /* the account URL */
	/* The URLs of CRLs and OCSP responders that certificates name. */
	DNS_STATUS_URLS,
	NET_STATUS_URLS,

	/* Jobs for netproc, and addresses. */
	CERT_NEXT,     /* give me a job */
	NET_JOB,       /* a job */
	DNS_RESOLVE,   /* resolve this host */
	NET_ADDRESSES, /* the host's addresses, or an error */

	/* Requests to sign: the signer builds the payload by itself. */
	KEY_SIGN_FIND_ACCOUNT, /* newAccount with onlyReturnExisting */
	KEY_SIGN_NEW_ACCOUNT,  /* newAccount */
	KEY_SET_ACCOUNT,       /* the account URL from the CA's response */
	KEY_NO_ACCOUNT,        /* the CA has no account for that key */
	CERT_ACCOUNT,          /* the account URL, to be stored */
	CERT_SHOW_ACCOUNT,     /* -t: the thumbprint to print */
	KEY_SIGN_ROLLOVER,     /* -K: keyChange */
	KEY_SIGN_CONTACT,      /* -U: the account's contact */
	KEY_SIGN_DEACTIVATE,   /* -D: the account's deactivation */
	KEY_SIGN_NEW_ORDER,    /* newOrder */
	KEY_SIGN_REPLACEMENT,  /* newOrder with 'replaces' (RFC 9773) */
	KEY_SIGN_FETCH,        /* POST-as-GET */
	KEY_SIGN_CHALLENGE,    /* respond to a challenge */
	KEY_SIGN_GIVE_UP,      /* deactivate an authorization */
	KEY_SIGN_FINALIZE,     /* finalize with the job's CSR */
	KEY_SIGN_REVOKE,       /* -r: revokeCert by the account key */
	CSR_SIGN_REVOKE,       /* -r: revokeCert by the domain key */
	NET_SIGNED,            /* the signed request, or nothing */

	/* Challenge responses. */
	CHNG_CHECK,    /* can responses of this job be published? */
	CHNG_PROBE,    /* put a file for 'check webroot' */
	NET_PROBE,     /* where that file is, and its contents */
	CHNG_PUT,      /* publish the response of one identifier */
	CHNG_PERSIST,  /* has this identifier its persist record? */
	CHNG_AWAIT,    /* wait until all responses of the job can be seen */
	CHNG_DROP,     /* remove the responses of this job */
	NET_CHNG_DONE, /* chngproc's reply to netproc: done, or not */
	ZONE_AWAIT,    /* wait until all name servers have this record */
	ZONE_PERSIST,  /* wait for a persist record that allows the account */
	ZONE_END,      /* wait no longer for the records of this job */
	CHNG_SEEN,     /* the record is there, or an error */
	RESP_CHECK,    /* are the ports for this job bound? */
	RESP_PUT,      /* serve the response of one identifier */
	RESP_DROP,     /* serve the responses of this job no longer */

	CSR_MAKE,     /* make the CSR of this job */
	KEY_CSR,      /* the CSR */
	NET_CSR_DONE, /* csrproc has made the CSR, or could not */

	/* netproc passes on responses of the CA and of other servers. */
	CERT_WINDOW,      /* the renewal window (RFC 9773) */
	CERT_STATUS,      /* a piece of a CRL or of an OCSP response */
	CERT_LEARNED,     /* what the next run may assume of the CA */
	CERT_ORDER,       /* the URL of this job's order; NULL: it is lost */
	CERT_KEY_REFUSED, /* the CA refuses the key in this job's CSR */
	CERT_CHAIN,       /* a chain */
	CERT_LAST_CHAIN,  /* the CA offers no further chain */

	/* certproc's requests about domain keys, and csrproc's reply. */
	CSR_NEW_KEY,   /* make the next CSR of this job for a new key */
	CSR_ADOPT,     /* the job's new key becomes the one in use */
	CSR_COMBINE,   /* write the key and this chain into one file */
	CSR_DISCARD,   /* -r: remove what is left of a revoked certificate */
	CERT_CSR_DONE, /* the reply to the three messages above */

	CERT_ERROR,     /* why csrproc or chngproc cannot do its part */
	CERT_PRESENTED, /* 'verify': a server's certificate, or an error */
	CERT_DONE,      /* -r, -K, -U, -D: the CA has done it */
	CERT_FAILED,    /* this job has failed (enum failure) */
	NET_JOB_DONE, /* the end of a job, or what comes next (enum verdict) */
	MSG__MAX
};

/* PARENT_OUTCOME. */
enum outcome { OUTCOME_INSTALLED = 1, OUTCOME_UNCHANGED, OUTCOME_FAILED };

/*
 * What a run is for.  It decides which processes there are, and what keyproc
 * signs at all.
 */
enum mode {
	MODE_RENEW = 1,  /* -a, or handles */
	MODE_LIST,       /* -l */
	MODE_METRICS,    /* 'metrics', after renewals */
	MODE_REVOKE,     /* -r */
	MODE_RESTORE,    /* -B */
	MODE_HOOK,       /* 'on change', after renewals */
	MODE_VERIFY,     /* 'verify', after 'on change' */
	MODE_ROLLOVER,   /* -K */
	MODE_CONTACT,    /* -U */
	MODE_DEACTIVATE, /* -D */
	MODE_ADOPT, /* after -K: the new key replaces the old one on disk */
	MODE_SHOW,  /* -t, and after -K: prints the account's thumbprint */
	MODE_NAMES  /* csrproc alone: the names in a configured CSR */
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

/* NET_ACCOUNT: the state of the account, which decides what netproc does. */
enum account {
	ACCOUNT_KNOWN = 1, /* its URL is known */
	ACCOUNT_FIND,      /* find it by the account key */
	ACCOUNT_NEW,       /* register one */
	/* An interrupted -K may have succeeded: find it by the new key. */
	ACCOUNT_DOUBT,
	ACCOUNT_SPARE, /* find it by an earlier account key */
	ACCOUNT_NONE,  /* there is no account key */
	/* The CA has refused the account, or its registration, in this run. */
	ACCOUNT_REFUSED
};

/* KEY_LEAVE_ACCOUNT: why netproc could not find out the account's state. */
enum leave {
	LEAVE_OPEN,       /* another worker may try */
	LEAVE_REFUSED,    /* the CA has refused it: no worker tries again */
	LEAVE_DEACTIVATED /* the CA says that the account is deactivated */
};

/* CSR_NEW_KEY: which keys may not be used again. */
enum new_key {
	NEW_KEY_BESIDE,      /* the one in use; a prepared new key may be */
	NEW_KEY_COMPROMISED, /* neither: others may know the new one, too */
	NEW_KEY_REFUSED      /* neither: the CA refuses the new one */
};

/* CERT_CSR_DONE. */
enum csr_done {
	CSR_FAILED,
	CSR_DONE,
	CSR_KEY_ELSEWHERE, /* CSR_DISCARD: the key is not on this machine */
	CSR_KEY_STAYS      /* CSR_DISCARD: an installed certificate needs it */
};

/* NET_JOB: what netproc is to do. */
enum task {
	TASK_NOTHING,
	TASK_ORDER,   /* obtain a certificate */
	TASK_WINDOW,  /* ask for the renewal window (RFC 9773) */
	TASK_STATUS,  /* ask whether the certificate is revoked */
	TASK_REVOKE,  /* -r */
	TASK_ACCOUNT, /* -K, -U or -D */
	TASK_VERIFY   /* fetch the certificate that a server presents */
};

/* NET_JOB_DONE: certproc's verdict on a chain. */
enum verdict {
	VERDICT_REFUSED,
	VERDICT_INSTALLED,
	VERDICT_ANOTHER, /* send the next chain that the CA offers */
	VERDICT_ANEW /* the order or its key is useless: make another order */
};

/* CERT_FAILED: which backoff follows. */
enum failure {
	FAILURE_CA = 1,   /* the CA refuses this job */
	FAILURE_LOCAL,    /* an error on this machine */
	FAILURE_AUTHORITY /* the CA cannot be reached, or serves nobody now */
};

/* Where chains must end. */
enum rooting {
	/* At the configured roots, or at the system's if none is configured. */
	ROOTS_NAMED,
	ROOTS_ANY, /* At any root. */
	/* At the system's, although the CA's certificates probably do not. */
	ROOTS_LACKING
};

/* DNS_RESOLVE: what the host is resolved for. */
enum resolve_for {
	FOR_AUTHORITY, /* the authority's servers, or its proxy */
	FOR_STATUS,    /* a CRL or OCSP responder that a certificate names */
	FOR_WEBROOT,   /* 'check webroot' */
	FOR_VERIFY     /* 'verify' */
};

/*
 * How -l prints: these bits, and LIST_COLUMNS times the width of a line (0: no
 * limit).
 */
enum { LIST_JSON = 1, LIST_BAR = 2, LIST_COLOR = 4, LIST_COLUMNS = 256 };

#define REASON_KEY_COMPROMISE 1 /* RFC 5280 5.3.1 */
#define REASON_MAX 10           /* The highest reason in RFC 5280 5.3.1. */
/* Bytes of a CSR in DER; base64url, applied twice for finalize, must fit. */
#define CSR_BYTES_MAX (44 * 1024)
/* Bytes of a certificate in PEM, from a server of 'verify'. */
#define PRESENTED_BYTES_MAX (32 * 1024)
/* An account key's SHA-256 in base64url (RFC 7638). */
#define THUMBPRINT_LEN 43
/* SHA-256 of a SubjectPublicKeyInfo (RFC 5280). */
#define SPKI_HASH_LEN 32
#define ADDRESSES_MAX 8        /* addresses of one host that are tried */
#define ORIGINS_MAX 16         /* origins of one authority */
#define STATUS_SERVERS_MAX 100 /* CRL and OCSP servers asked in one run */
#define WORKERS_MAX 16         /* processes of netproc in one run (-j) */
/* The list of published responses, a file in each challenge directory. */
#define CHNG_LIST ".acme-client.list"
/* Commands of one handle's 'on change', and of the 'on change' for all. */
#define COMMANDS_MAX 8
#define COMMAND_WORDS_MAX 64
/* Bytes of one command, with a NUL behind each word. */
#define COMMAND_BYTES_MAX 2048
#define NO_JOB UINT32_MAX /* A number that stands for no job. */
/* How often a request is sent that the CA refuses with badNonce. */
#define SIGN_TRIES 20
/* Bytes of an error's text: two URLs and a problem document. */
#define ERROR_MAX 8192
/* Orders of one job: an earlier run's, a new one, and one to replace that. */
#define ORDERS_MAX 3
#define DNS_WAIT 300 /* seconds, for records in the DNS */
#define DNS_WAIT_MAX 600
#define DNS_SERVERS_MAX 8 /* name servers in 'dns server' */
/* Names of a CA in one challenge (dns-persist-01). */
#define ISSUERS_MAX 10
/* Seconds until responses must be seen. */
#define RESPONSES_SECONDS 900
/* How often an order is finalized that the CA calls not ready. */
#define FINALIZE_TRIES 3

#endif
