/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Numbers the processes and the types of messages between them. */
#ifndef ACME_CLIENT_H
#define ACME_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#define VERSION "0.2"
/* 2026-11-01: a clock that shows an earlier time is wrong. */
#define RELEASE_TIME 1793491200
/* The descriptor of a role's socket, the only one that it inherits. */
#define ROLE_FD 3

/* The processes.  ARCHITECTURE.md says what each holds and can reach. */
enum role {
	ROLE_PARENT, /* It starts the others, and passes their messages on. */
	ROLE_NET,    /* It talks to the CA. */
	ROLE_DNS,    /* It resolves host names. */
	ROLE_KEY,    /* It holds the account key. */
	ROLE_CSR,    /* It holds the domain keys. */
	ROLE_CHNG,   /* It has challenge responses published. */
	ROLE_CERT,   /* It decides what is due, and verifies certificates. */
	ROLE_FILE,   /* It stores certificates and state. */
	ROLE_ZONE,   /* It waits until name servers have a record. */
	ROLE_RESP,   /* It serves challenge responses on its own ports. */
	/* It runs configured programs, without a sandbox; the last role. */
	ROLE_HOOK,
	ROLE__MAX
};

extern const char *const role_names[ROLE__MAX]; /* "parent", "netproc", ... */

/*
 * The types of messages.  A name begins with the receiver, and its comment says
 * what the message tells that process.  The table in msg-routes.c has the
 * senders, the longest body and the body's shape; msg-bodies.h has the members.
 */
enum msgtype {
	/* The parent sends these to every role. */
	ROLE_CONF = 1, /* Take your slice of the authority and the run. */
	ROLE_DOMAIN,   /* Take your slices of domain sections. */
	ROLE_START,    /* All slices were sent: enter the sandbox and serve. */
	ROLE_STOP,     /* End with status 0. */

	/* These go between the parent and single roles. */
	PARENT_START_CSR, /* Start csrproc: domain keys must be read. */
	PARENT_DUE,       /* So many jobs are due. */
	PARENT_OUTCOME,   /* This job has ended so (enum outcome). */
	/* Status 0 reports the run's changes: forget them. */
	FILE_REPORTED,
	PARENT_FORGOTTEN, /* fileproc has forgotten what it could. */
	CERT_WORKER_GONE, /* This worker of netproc has ended: its job fails. */
	KEY_WORKER_GONE,  /* This worker of netproc has ended. */
	CERT_OFFER,       /* -i: judge this chain, which is from outside. */

	/* These are certproc's requests to the disk, and fileproc's replies. */
	FILE_NARROW, /* From the parent: read certificates' files no longer. */
	FILE_OPEN,   /* Lock this job, tidy up, send what is installed. */
	FILE_LOOK,   /* Send what is installed, without a lock. */
	/* Unlock the job; fileproc also learns what to remove once reported. */
	FILE_CLOSE,
	FILE_PROBE, /* Is there room for a new set of files? */
	/* Add this piece to a record; store it with the last. */
	FILE_WRITE,
	FILE_REMOVE,         /* Remove a record. */
	FILE_REMOVE_SET,     /* -r: remove the installed files. */
	FILE_COPY,           /* -r: copy an installed file into a record. */
	FILE_TELL_REVOCABLE, /* -r: send *_REVOCABLE to keyproc and csrproc. */
	FILE_READ_KEPT,      /* -B: send the set that was replaced last. */
	FILE_STAGE,          /* Write the new version of one file of the set. */
	FILE_COMMIT, /* Replace the installed files by the staged ones. */
	FILE_LOCK,   /* Lock or unlock one of the authority's records. */
	FILE_READ,   /* Send one of the authority's records. */
	CERT_STATES, /* These are the states of jobs from this one on. */
	CERT_PART,   /* These are the contents of one part. */
	CERT_STORED, /* The request is done, or this is the error. */

	/*
	 * 'on change': hookproc runs the commands, fileproc remembers the
	 * change.
	 */
	HOOK_CHANGED, /* Has this job files that no command was run for? */
	FILE_FORGET_CHANGE, /* All commands of this job have run well. */
	HOOK_FORGOTTEN,     /* fileproc has recorded that, or could not. */

	/* 'challenge hook': chngproc has hookproc publish records. */
	HOOK_PUT,       /* Publish the record of one identifier. */
	HOOK_DROP,      /* Remove the records of this job. */
	CHNG_PUBLISHED, /* A response is published, or this is the error. */

	/* The parent asks for the names in a configured CSR before a run. */
	CSR_NAMES,    /* Read the names in this CSR. */
	PARENT_NAMES, /* These are the names in it, or the error. */

	/* These carry keys' hashes, CSRs and the account past netproc. */
	CSR_LOOK, /* Read the domain keys of this job. */
	/* These are the hashes of the job's public keys, or the error. */
	CERT_KEY,
	KEY_ACCOUNT, /* This is what is stored of the account. */
	/*
	 * Allow netproc to order for this job.  The body names the certificate
	 * that the order replaces, and an earlier run's order to continue.
	 */
	KEY_BEGIN,
	KEY_REVOCABLE,     /* The certificate to revoke may be in this file. */
	CSR_REVOCABLE,     /* This is KEY_REVOCABLE for csrproc. */
	CSR_REVOKE,        /* This certificate of the job must be revoked. */
	KEY_REVOKE,        /* As CSR_REVOKE; csrproc has its key, or not. */
	KEY_ASK_ACCOUNT,   /* Which state is the account in? */
	KEY_LEAVE_ACCOUNT, /* netproc could not find that out (enum leave). */
	KEY_RECHECK_ACCOUNT, /* The CA refuses this account URL. */
	/* The account has this state (enum account) and URL. */
	NET_ACCOUNT,
	CHNG_THUMBPRINT, /* This is the account key's thumbprint. */
	CHNG_ACCOUNT,    /* This is the account URL. */
	/* Certificates name these URLs of CRLs and OCSP responders. */
	DNS_STATUS_URLS,
	NET_STATUS_URLS,

	/* These give netproc jobs and addresses. */
	CERT_NEXT,     /* Which job is next for this worker? */
	NET_JOB,       /* Do this job. */
	DNS_RESOLVE,   /* Resolve this host. */
	NET_ADDRESSES, /* The host has these addresses, or this is the error. */

	/* These ask for a signature; the signer makes the payload itself. */
	KEY_SIGN_FIND_ACCOUNT, /* Sign newAccount with onlyReturnExisting. */
	KEY_SIGN_NEW_ACCOUNT,  /* Sign newAccount. */
	KEY_SET_ACCOUNT,       /* The CA has sent this account URL. */
	KEY_NO_ACCOUNT,        /* The CA has no account for that key. */
	CERT_ACCOUNT,          /* Store this account URL. */
	CERT_SHOW_ACCOUNT,     /* -t: print this thumbprint. */
	KEY_SIGN_ROLLOVER,     /* -K: sign keyChange. */
	KEY_SIGN_CONTACT,      /* -U: sign the account's new contact. */
	KEY_SIGN_DEACTIVATE,   /* -D: sign the account's deactivation. */
	KEY_SIGN_NEW_ORDER,    /* Sign newOrder. */
	KEY_SIGN_REPLACEMENT,  /* Sign newOrder with 'replaces' (RFC 9773). */
	KEY_SIGN_FETCH,        /* Sign POST-as-GET. */
	KEY_SIGN_CHALLENGE,    /* Sign the response to a challenge. */
	KEY_SIGN_GIVE_UP,      /* Sign an authorization's deactivation. */
	KEY_SIGN_FINALIZE,     /* Sign finalize with the job's CSR. */
	KEY_SIGN_REVOKE,       /* -r: sign revokeCert by the account key. */
	CSR_SIGN_REVOKE,       /* -r: sign revokeCert by the domain key. */
	NET_SIGNED,            /* This is the signed request, or nothing. */

	/* These are about challenge responses. */
	CHNG_CHECK,    /* Can responses of this job be published? */
	CHNG_PROBE,    /* Put a file for 'check webroot'. */
	NET_PROBE,     /* The file is in this directory, with these contents. */
	CHNG_PUT,      /* Publish the response of one identifier. */
	CHNG_PERSIST,  /* Has this identifier its persist record? */
	CHNG_AWAIT,    /* Wait until all responses of the job can be seen. */
	CHNG_DROP,     /* Remove the responses of this job. */
	NET_CHNG_DONE, /* chngproc has done what netproc asked, or not. */
	ZONE_AWAIT,    /* Wait until all name servers have this record. */
	ZONE_PERSIST,  /* Wait for a persist record that allows the account. */
	ZONE_CA,       /* In a rehearsal: the CA's names in CAA records. */
	ZONE_END,      /* Wait no longer for the records of this job. */
	CHNG_SEEN,     /* The record is there, or this is the error. */
	RESP_CHECK,    /* Are the ports for this job bound? */
	RESP_PUT,      /* Serve the response of one identifier. */
	RESP_DROP,     /* Serve the responses of this job no longer. */

	CSR_MAKE,     /* Make the CSR of this job. */
	KEY_CSR,      /* This is the CSR of the job. */
	NET_CSR_DONE, /* csrproc has made the CSR, or could not. */

	/* netproc passes on responses of the CA and of other servers. */
	CERT_WINDOW,  /* The CA suggests this renewal window (RFC 9773). */
	CERT_STATUS,  /* This is a piece of a CRL or of an OCSP response. */
	CERT_LEARNED, /* The next run may assume this of the CA. */
	/* This is the URL of the job's order; NULL: it is lost. */
	CERT_ORDER,
	CERT_KEY_REFUSED, /* The CA refuses the key in this job's CSR. */
	CERT_CHAIN,       /* The CA offers this chain. */
	CERT_LAST_CHAIN,  /* The CA offers no further chain. */

	/* These are certproc's requests about keys, and csrproc's reply. */
	CSR_NEW_KEY,   /* Make the next CSR of this job for a new key. */
	CSR_ADOPT,     /* Make the job's new key the one in use. */
	CSR_COMBINE,   /* Write the key and this chain into one file. */
	CSR_DISCARD,   /* -r: remove what is left of a revoked certificate. */
	CERT_CSR_DONE, /* csrproc has done one of the above, or not. */

	CERT_ERROR, /* csrproc or chngproc cannot do its part: why. */
	/* 'verify': this is a server's certificate, or the error. */
	CERT_PRESENTED,
	CERT_DONE,    /* -r, -K, -U, -D: the CA has done it. */
	CERT_FAILED,  /* This job has failed (enum failure). */
	NET_JOB_DONE, /* The job has ended, or do this next (enum verdict). */
	MSG__MAX
};

/* PARENT_OUTCOME: how a job has ended. */
enum outcome { OUTCOME_INSTALLED = 1, OUTCOME_UNCHANGED, OUTCOME_FAILED };

/*
 * What a run is for.  It decides which processes there are, and what keyproc
 * signs at all.
 */
enum mode {
	/*
	 * Certificates are renewed: -a, or handles.  -T has no mode of its own:
	 * it is a renewal whose configuration parent-try.c has derived, and
	 * then MODE_LIST for what the CA has issued.
	 */
	MODE_RENEW = 1,
	MODE_LIST,       /* -l */
	MODE_MONITOR,    /* Files for monitors are written, after renewals. */
	MODE_REVOKE,     /* -r */
	MODE_RESTORE,    /* -B */
	MODE_INSTALL,    /* -i */
	MODE_HOOK,       /* Commands of 'on change' run, after renewals. */
	MODE_VERIFY,     /* 'verify' looks at servers, after 'on change'. */
	MODE_ROLLOVER,   /* -K */
	MODE_CONTACT,    /* -U */
	MODE_DEACTIVATE, /* -D */
	MODE_ADOPT,      /* After -K, the new key replaces the old one. */
	MODE_SHOW,       /* -t, and after -K: prints the thumbprint. */
	MODE_NAMES       /* csrproc alone reads the names in a CSR. */
};

/* Is the run for certificates, and may it change files of theirs? */
static inline int
mode_changes_files(enum mode mode)
{
	return mode == MODE_RENEW || mode == MODE_REVOKE ||
	    mode == MODE_RESTORE || mode == MODE_INSTALL;
}

/* Are certificates installed in this run without any CA? */
static inline int
mode_only_installs(enum mode mode)
{
	return mode == MODE_RESTORE || mode == MODE_INSTALL;
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
	ACCOUNT_KNOWN = 1, /* The account's URL is known. */
	ACCOUNT_FIND,      /* netproc must find it by the account key. */
	ACCOUNT_NEW,       /* netproc must register one. */
	/* An interrupted -K may have succeeded: find it by the new key. */
	ACCOUNT_DOUBT,
	ACCOUNT_SPARE, /* netproc must find it by an earlier account key. */
	ACCOUNT_NONE,  /* There is no account key. */
	/* The CA has refused the account, or its registration, in this run. */
	ACCOUNT_REFUSED
};

/* KEY_LEAVE_ACCOUNT: why netproc could not find out the account's state. */
enum leave {
	LEAVE_OPEN,       /* Another worker may try. */
	LEAVE_REFUSED,    /* The CA has refused it: no worker tries again. */
	LEAVE_DEACTIVATED /* The CA says that the account is deactivated. */
};

/* CSR_NEW_KEY: which existing keys may not be used again. */
enum new_key {
	NEW_KEY_BESIDE,      /* Only the key in use, not a prepared new key. */
	NEW_KEY_COMPROMISED, /* Both: others may know the new one, too. */
	NEW_KEY_REFUSED      /* Both: the CA refuses the new one. */
};

/* CERT_CSR_DONE: what csrproc has done. */
enum csr_done {
	CSR_FAILED,
	CSR_DONE,
	CSR_KEY_ELSEWHERE, /* CSR_DISCARD: the key is not on this machine. */
	CSR_KEY_STAYS /* CSR_DISCARD: an installed certificate needs the key. */
};

/* NET_JOB: what netproc is to do. */
enum task {
	TASK_NOTHING,
	TASK_ORDER,   /* Obtain a certificate. */
	TASK_WINDOW,  /* Ask for the renewal window (RFC 9773). */
	TASK_STATUS,  /* Ask whether the certificate is revoked. */
	TASK_REVOKE,  /* -r */
	TASK_ACCOUNT, /* Do what -K, -U or -D asks for. */
	TASK_VERIFY   /* Fetch the certificate that a server presents. */
};

/* NET_JOB_DONE: certproc's verdict on a chain. */
enum verdict {
	VERDICT_REFUSED,
	VERDICT_INSTALLED,
	VERDICT_ANOTHER, /* Send the next chain that the CA offers. */
	VERDICT_ANEW /* The order or its key is useless: make another order. */
};

/* CERT_FAILED: which failure it was, on which the backoff depends. */
enum failure {
	FAILURE_CA = 1,   /* The CA refuses this job. */
	FAILURE_LOCAL,    /* There was an error on this machine. */
	FAILURE_AUTHORITY /* The CA cannot be reached, or serves nobody now. */
};

/* The roots to which chains must lead. */
enum rooting {
	/* The configured roots, or the system's if none are configured. */
	ROOTS_NAMED,
	ROOTS_ANY, /* Any root. */
	/*
	 * The system's roots, to which the CA's certificates probably do not
	 * lead.
	 */
	ROOTS_LACKING
};

/* DNS_RESOLVE: what the host is resolved for. */
enum resolve_for {
	FOR_AUTHORITY, /* The authority's servers, or its proxy. */
	FOR_STATUS,    /* A CRL or OCSP responder that a certificate names. */
	FOR_WEBROOT,   /* The web servers of 'check webroot'. */
	FOR_VERIFY     /* The servers of 'verify'. */
};

/*
 * The format of -l: these bits, and LIST_COLUMNS times the width of a line (0:
 * no limit).  In MODE_MONITOR: the files that are written instead.
 */
enum {
	LIST_JSON = 1,
	LIST_BAR = 2,
	LIST_COLOR = 4,
	LIST_METRICS = 8,
	LIST_STATUS = 16,
	LIST_ISSUED = 32, /* -T: only what a certificate is. */
	LIST_COLUMNS = 256
};

/* The number of keyCompromise in RFC 5280 5.3.1. */
#define REASON_KEY_COMPROMISE 1
#define REASON_MAX 10 /* The highest reason in RFC 5280 5.3.1. */
/*
 * The most bytes of a CSR in DER: base64url, applied twice for finalize, must
 * fit.
 */
#define CSR_BYTES_MAX (44 * 1024)
/* The most bytes of a certificate in PEM, from a server of 'verify'. */
#define PRESENTED_BYTES_MAX (32 * 1024)
/* The length of a thumbprint: SHA-256 in base64url (RFC 7638). */
#define THUMBPRINT_LEN 43
/* The length of a hash: SHA-256 of a SubjectPublicKeyInfo (RFC 5280). */
#define SPKI_HASH_LEN 32
#define ADDRESSES_MAX 8 /* The most addresses of one host that are tried. */
#define ORIGINS_MAX 16  /* The most origins of one authority. */
/* The most CRL and OCSP servers asked in one run. */
#define STATUS_SERVERS_MAX 100
#define WORKERS_MAX 16 /* The most processes of netproc in one run (-j). */
/* The name of the list of published responses, in each challenge directory. */
#define CHNG_LIST ".acme-client.list"
/* The most commands of one handle's 'on change', and of that for all. */
#define COMMANDS_MAX 8
#define COMMAND_WORDS_MAX 64
/* The most bytes of one command, with a NUL behind each word. */
#define COMMAND_BYTES_MAX 2048
#define NO_JOB UINT32_MAX /* A number that stands for no job. */
/* How often at most a request is sent that the CA refuses with badNonce. */
#define SIGN_TRIES 20
/* The most bytes of an error's text: two URLs and a problem document. */
#define ERROR_MAX 8192
/*
 * The most orders of one job: an earlier run's, a new one, and one to replace
 * that.
 */
#define ORDERS_MAX 3
#define DNS_WAIT 300 /* The default of 'dns wait', in seconds. */
#define DNS_WAIT_MAX 600
#define DNS_SERVERS_MAX 8 /* The most name servers in 'dns server'. */
/* The most names of a CA in one challenge (dns-persist-01). */
#define ISSUERS_MAX 10
#define TERMS_MAX 1000 /* The longest URL of the CA's terms of service. */
/* The most seconds until all responses can be seen. */
#define RESPONSES_SECONDS 900
/* How often at most an order is finalized that the CA calls not ready. */
#define FINALIZE_TRIES 3

#endif
