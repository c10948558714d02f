/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The bodies of messages.  Each body of several members, and each enumeration,
 * has a structure and a function.  The function lists the members once, for
 * both sides: it puts them into a message that is being composed, and takes
 * them out of a received one.  So both sides have the same order.
 *
 * Taking ends the process where a number is outside its enumeration, or where
 * bytes are missing or left.  A flag becomes 1 where the number is not 0.
 * Strings and bytes point into the message.
 *
 * A body of one string, of bytes, or of one number that only counts has no
 * function: its sender calls msg_put_str() or the like.  Messages to the parent
 * have none either: a wrong one must end the run, not the parent.
 */
#ifndef MSG_BODIES_H
#define MSG_BODIES_H

#include <sys/types.h>

#include "conf.h"
#include "msg.h"
#include "part.h"

/*
 * Slices of the configuration.  A role gets only some of these members:
 * msg-bodies.c says which.  Members that a role does not get are 0.  Strings
 * are allocated when they are taken, and never freed.
 */

struct slice_conf { /* The body of ROLE_CONF. */
	/* All roles get the next members. */
	int verbose;
	uid_t uid; /* The user of the unprivileged roles. */
	gid_t gid;
	enum mode mode;
	/* The next members are of the run. */
	uint32_t workers; /* The number of netproc's workers. */
	uint32_t njobs;
	int force; /* -F */
	/* The number of the reason for a revocation (RFC 5280 5.3.1), or -1. */
	int reason;
	int key_compromised; /* That reason is keyCompromise. */
	/* A renewal may ask CRLs and OCSP responders. */
	int asks_for_status;
	/* chngproc runs, and needs the thumbprint. */
	int publishes;
	/* zoneproc runs, for records that hooks publish. */
	int waits_for_dns;
	int checks; /* zoneproc prints what is wrong in the DNS. */
	/* With checks: the URL of the account of real runs, or NULL. */
	char *account;
	/* Records in the DNS have the account URL, which chngproc needs. */
	int names_account;
	int list;             /* The format of -l (LIST_*). */
	uint64_t most_orders; /* -m */
	char *state_dir;
	char *metrics;              /* The path of a file, or NULL. */
	char *status;               /* The same for the list of -l. */
	int status_mode;            /* The permissions of that file. */
	uint32_t dns_wait;          /* The seconds of 'dns wait'. */
	struct strings dns_servers; /* Addresses and ports, in turn. */
	/* The commands that run if any handle has changed. */
	struct commands on_change;
	/* The next members are of the authority; see conf.h. */
	char *name;
	char *api_url;
	struct strings origins; /* The https URLs, the directory's first. */
	char *issuer;           /* The CA's name in persist records, or NULL. */
	/* When persist records expire, in seconds since 1970; or 0. */
	uint64_t until;
	/*
	 * The names that need a record; that of *.NAME also allows names below.
	 */
	struct strings persist;
	/* How many further names have no room in persist. */
	uint64_t persist_more;
	struct strings servers; /* The servers' hosts and ports, in turn. */
	char *ca_file;
	/* The only server that netproc connects to, or NULL. */
	char *proxy;
	char *proxy_auth;
	int proxied; /* servers has only the proxy. */
	enum prefer prefer;
	int insecure;
	char *account_key;
	struct keyspec account_spec;
	/* Another authority has the same account key. */
	int shared;
	char *contact;
	int has_eab;
	char *eab_kid;
	char *eab_file;
	char *eab_alg;
};
void body_conf(struct msg *, enum role, struct slice_conf *);

struct slice_domain { /* A part of the body of ROLE_DOMAIN; see conf.h. */
	char *handle;
	struct strings names;
	uint64_t nnames;
	char *key;
	struct keyspec key_spec;
	int rotate;
	char *group;
	char *csr_file;
	int has_csr_file;
	char *cert;
	char *chain;
	char *fullchain;
	char *combined;
	int has_combined;
	enum challenge_type challenge;
	enum way way;
	/* An absolute path; NULL unless way is WAY_WEBROOT. */
	char *challengedir;
	struct strings listen;
	char *profile;
	char *preferred_chain;
	int check_revocation;
	int check_webroot;
	int accept_more;
	char *challenge_hook;
	struct commands on_change;
	/*
	 * The configuration has commands of 'on change' for it, so that
	 * fileproc marks a change.
	 */
	int has_on_change;
	/* The servers of 'verify'; empty except in MODE_VERIFY. */
	struct strings verify;
	char *fingerprint; /* The result of fingerprint() in parent.h. */
	/* The next members are of its authority. */
	char *authority; /* The name; NULL except in the list of -l. */
	char *api_url;
	char *root_file;
	enum rooting rooting;
};
void body_domain(struct msg *, enum role, struct slice_domain *);

/* A number that means yes or no, in the body of several messages. */
void body_flag(struct msg *, int *);

/* These go between certproc and netproc. */

struct body_job { /* The body of NET_JOB. */
	enum task task;
	const char *certid; /* The certificate's ID (RFC 9773 4.1), or NULL. */
	/* TASK_STATUS: the URL of a CRL or OCSP responder; else NULL. */
	const char *status_url;
	/* The URL of newNonce in an earlier run, or NULL. */
	const char *new_nonce;
	int slow;          /* The CA needed several polls for an order. */
	const char *order; /* The URL of an earlier run's order, or NULL. */
	/* Names of the anchors that verified the CA's server, or NULL. */
	const char *anchors;
	/* TASK_VERIFY: the index of a server of the job. */
	uint32_t server;
	/* Pause first: the server presented another certificate before. */
	int again;
};
void body_job(struct msg *, struct body_job *);

struct body_window { /* The body of CERT_WINDOW. */
	/* The window, in seconds since 1970; 0: there is none. */
	uint64_t start, end;
	/* The seconds of Retry-After; UINT64_MAX: the CA names none. */
	uint64_t retry;
};
void body_window(struct msg *, struct body_window *);

struct body_status { /* The body of CERT_STATUS. */
	int more;    /* Further pieces follow. */
	const uint8_t *piece;
	size_t len;
};
void body_status(struct msg *, struct body_status *);

struct body_learned {          /* The body of CERT_LEARNED. */
	const char *new_nonce; /* URL */
	int slow;
	/* Names of the anchors that verified the CA's server, or "". */
	const char *anchors;
	/* The URL of the CA's terms of service, or "". */
	const char *terms;
};
void body_learned(struct msg *, struct body_learned *);

struct body_chain {   /* The body of CERT_CHAIN. */
	int unframed; /* Only the connection's end has ended the chain. */
	const uint8_t *pem;
	size_t len;
};
void body_chain(struct msg *, struct body_chain *);

struct body_presented {     /* The body of CERT_PRESENTED. */
	uint32_t server;    /* The server's index, as in NET_JOB. */
	const char *reason; /* Why there is no certificate, or NULL. */
	const uint8_t *pem; /* The server's own certificate. */
	size_t len;
};
void body_presented(struct msg *, struct body_presented *);

struct body_failed { /* The body of CERT_FAILED. */
	enum failure class;
	uint64_t seconds; /* The seconds of the CA's Retry-After, or 0. */
	int for_all;      /* The error concerns every order. */
	const char *text;
};
void body_failed(struct msg *, struct body_failed *);

void body_verdict(struct msg *, enum verdict *); /* The body of NET_JOB_DONE. */

/* These go between certproc and fileproc. */

struct body_record { /* The body of FILE_WRITE. */
	enum part part;
	int more; /* Further pieces follow. */
	const uint8_t *piece;
	size_t len;
};
void body_record(struct msg *, struct body_record *);

struct body_staged { /* The body of FILE_STAGE. */
	enum part part;
	const uint8_t *bytes;
	size_t len;
};
void body_staged(struct msg *, struct body_staged *);

struct body_copy { /* The body of FILE_COPY. */
	enum part from, to;
};
void body_copy(struct msg *, struct body_copy *);

/* The body of FILE_REMOVE and FILE_READ. */
void body_part_name(struct msg *, enum part *);

struct body_lock { /* The body of FILE_LOCK. */
	enum part part;
	enum lock lock;
	int wait_ms;
};
void body_lock(struct msg *, struct body_lock *);
void body_wait(struct msg *, int *ms); /* The body of FILE_OPEN. */

struct body_part { /* The body of CERT_PART. */
	enum part part;
	enum presence presence;
	const char *path;
	/* The contents, or the reason with PRESENCE_BROKEN. */
	const uint8_t *bytes;
	size_t len;
};
void body_part(struct msg *, struct body_part *);

struct body_stored { /* The body of CERT_STORED. */
	/* -1: it was not done; 0 or 1 depend on the request. */
	int result;
	const char *reason; /* The error if result is -1, else NULL. */
};
void body_stored(struct msg *, struct body_stored *);

/* The state of one job, of which CERT_STATES has at least one. */
struct body_state {
	enum presence presence;
	int has_saved; /* There is a saved chain. */
	const uint8_t *bytes;
	size_t len;
};
/*
 * Puts or takes a state.  Returns 1 where a received message has further ones.
 */
int body_state(struct msg *, struct body_state *);

/* These go between csrproc and certproc. */

struct body_key {   /* The body of CERT_KEY. */
	int usable; /* csrproc can make a CSR. */
	/* The job's files have the configured group. */
	int grouped;
	/*
	 * The next members are SHA-256 hashes; NULL: there is nothing to hash.
	 */
	const uint8_t *live, *next; /* The hashes of the public keys. */
	/* The hashes of the combined file's chain and leaf. */
	const uint8_t *chain, *leaf;
};
void body_key(struct msg *, struct body_key *);

struct body_discard {        /* The body of CSR_DISCARD. */
	int installed;       /* The certificate is the installed one. */
	const uint8_t *hash; /* The hash of the certificate's public key. */
};
void body_discard(struct msg *, struct body_discard *);

void body_new_key(struct msg *, enum new_key *); /* The body of CSR_NEW_KEY. */
/* The body of CERT_CSR_DONE. */
void body_csr_done(struct msg *, enum csr_done *);

struct body_names {        /* The body of PARENT_NAMES. */
	const char *error; /* Why the names cannot be read, or NULL. */
	/* The caller frees the names that it has taken. */
	struct strings names;
};
void body_names(struct msg *, struct body_names *);

/* These go between netproc, chngproc and the roles that publish responses. */

struct body_response {   /* The body of CHNG_PUT. */
	uint32_t number; /* The number of the identifier in the job. */
	const char *token;
};
void body_response(struct msg *, struct body_response *);

struct body_publish { /* The body of RESP_PUT. */
	uint32_t number;
	/* The key authorization, or its digest (tls-alpn-01). */
	const char *text;
};
void body_publish(struct msg *, struct body_publish *);

struct body_published {     /* The body of CHNG_PUBLISHED and CHNG_SEEN. */
	uint32_t number;    /* The identifier's number; 0 for the whole job. */
	const char *reason; /* Why the response cannot be seen, or NULL. */
};
void body_published(struct msg *, struct body_published *);

/* The body of HOOK_PUT and ZONE_AWAIT: a TXT record. */
struct body_digest {
	uint32_t number;
	/* The account's label, for dns-account-01, or NULL. */
	const char *label;
	const char *digest;
};
void body_digest(struct msg *, struct body_digest *);

struct body_issuers { /* The body of CHNG_PERSIST. */
	uint32_t number;
	/* The CA's names; when taken, the receiver owns them. */
	struct strings names;
};
void body_issuers(struct msg *, struct body_issuers *);

struct body_persist { /* The body of ZONE_PERSIST. */
	uint32_t number;
	const char *account; /* URL */
	/* The CA's names; when taken, the receiver owns them. */
	struct strings issuers;
};
void body_persist(struct msg *, struct body_persist *);

struct body_ca { /* The body of ZONE_CA. */
	/* The CA's names; when taken, the receiver owns them. */
	struct strings issuers;
};
void body_ca(struct msg *, struct body_ca *);

/* These go to and from keyproc. */

struct body_revoke { /* The body of KEY_REVOKE. */
	int ours;    /* csrproc has the key of this certificate. */
	const uint8_t *der;
	size_t len;
};
void body_revoke(struct msg *, struct body_revoke *);

struct body_request { /* The body of KEY_SIGN_* and CSR_SIGN_REVOKE. */
	const char *nonce, *url;
};
void body_request(struct msg *, struct body_request *);

struct body_begin { /* The body of KEY_BEGIN. */
	/* The ID of the certificate to replace (RFC 9773 5), or NULL. */
	const char *replaces;
	const char *order; /* The URL of an earlier run's order, or NULL. */
};
void body_begin(struct msg *, struct body_begin *);

struct body_account {
	const char *thumbprint;
	const char *url;
	/* The thumbprint of a new key that the CA does not know, or NULL. */
	const char *unknown;
};
/* The body of CERT_ACCOUNT. */
void body_account(struct msg *, struct body_account *);
/* The body of KEY_ACCOUNT, whose members may be NULL. */
void body_stored_account(struct msg *, struct body_account *);

struct body_shown { /* The body of CERT_SHOW_ACCOUNT. */
	/* The account key's thumbprint; NULL: there is no key. */
	const char *thumbprint;
	/* The thumbprint of a new key that the CA may know after -K. */
	const char *next;
};
void body_shown(struct msg *, struct body_shown *);

struct body_account_status { /* The body of NET_ACCOUNT. */
	enum account status;
	const char *url; /* The account URL; not NULL with ACCOUNT_KNOWN. */
};
void body_account_status(struct msg *, struct body_account_status *);

/* The body of KEY_LEAVE_ACCOUNT. */
void body_leave(struct msg *, enum leave *);

/* These go between netproc and chngproc, or netproc and dnsproc. */

/*
 * The body of NET_PROBE; its members are NULL if the file could not be written.
 */
struct body_probe {
	const char *token; /* The name of the file. */
	const char *text;  /* The contents of the file. */
	const char *dir;   /* The path of the directory, for messages. */
};
void body_probe(struct msg *, struct body_probe *);

struct body_host { /* The body of DNS_RESOLVE. */
	const char *name, *port;
	enum resolve_for what;
};
void body_host(struct msg *, struct body_host *);

struct body_addresses {    /* The body of NET_ADDRESSES. */
	const char *error; /* Why there are no addresses, or NULL. */
	uint64_t n;
	struct {
		/* A struct sockaddr, which is not aligned. */
		const uint8_t *bytes;
		/* At most sizeof(struct sockaddr_storage). */
		size_t len;
	} a[ADDRESSES_MAX];
};
void body_addresses(struct msg *, struct body_addresses *);

#endif
