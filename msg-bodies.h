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

struct slice_conf { /* ROLE_CONF */
	/* All roles: */
	int verbose;
	uid_t uid; /* The user of the unprivileged roles. */
	gid_t gid;
	enum mode mode;
	/* Of the run: */
	uint32_t workers; /* The number of netproc's workers. */
	uint32_t njobs;
	int force; /* -F */
	/* The reason for a revocation (RFC 5280 5.3.1), or -1. */
	int reason;
	int key_compromised; /* according to that reason */
	/* In a renewal: CRLs and OCSP responders may be asked. */
	int asks_for_status;
	/* chngproc runs, and needs the thumbprint. */
	int publishes;
	/* zoneproc runs, for records that hooks publish. */
	int waits_for_dns;
	/* Records in the DNS have the account URL, which chngproc needs. */
	int names_account;
	int list;             /* how -l prints */
	uint64_t most_orders; /* -m */
	char *state_dir;
	char *metrics;              /* a file, or NULL */
	uint32_t dns_wait;          /* seconds */
	struct strings dns_servers; /* address and port, in turn */
	struct commands on_change;  /* run if any handle has changed */
	/* Of the authority; see conf.h: */
	char *name;
	char *api_url;
	struct strings origins; /* https URLs, the directory's first */
	char *issuer;           /* The CA's name in persist records, or NULL. */
	uint64_t until;         /* when persist records expire, or 0 */
	/* Names that need a record; that of *.NAME also allows names below. */
	struct strings persist;
	/* How many more names there are than have room in persist. */
	uint64_t persist_more;
	struct strings servers; /* their hosts and ports, in turn */
	char *ca_file;
	/* The only server that netproc connects to, or NULL. */
	char *proxy;
	char *proxy_auth;
	int proxied; /* servers has the proxy only */
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

struct slice_domain { /* ROLE_DOMAIN; see conf.h */
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
	char *challengedir; /* or NULL, unless way is WAY_WEBROOT */
	struct strings listen;
	char *profile;
	char *preferred_chain;
	int check_revocation;
	int check_webroot;
	int accept_more;
	char *challenge_hook;
	struct commands on_change;
	int has_on_change;     /* fileproc remembers a change */
	struct strings verify; /* empty except in MODE_VERIFY */
	char *fingerprint;     /* see fingerprint() in parent.h */
	/* Of its authority: */
	char *api_url;
	char *root_file;
	enum rooting rooting;
};
void body_domain(struct msg *, enum role, struct slice_domain *);

/* The body of several messages: a number that means yes or no. */
void body_flag(struct msg *, int *);

/* Between certproc and netproc. */

struct body_job { /* NET_JOB */
	enum task task;
	const char *certid; /* RFC 9773 4.1, or NULL */
	/* TASK_STATUS: the URL of a CRL or OCSP responder; else NULL. */
	const char *status_url;
	const char *new_nonce; /* URL of newNonce in an earlier run, or NULL */
	int slow;              /* the CA needed several polls for an order */
	const char *order;     /* URL of an earlier run's order, or NULL */
	/* Names of the anchors that verified the CA's server, or NULL. */
	const char *anchors;
	/* TASK_VERIFY: the index of a server of the job. */
	uint32_t server;
	/* Pause first: the server presented something else before. */
	int again;
};
void body_job(struct msg *, struct body_job *);

struct body_window {         /* CERT_WINDOW */
	uint64_t start, end; /* seconds since 1970; 0: none */
	/* Seconds (Retry-After); UINT64_MAX: the CA names none. */
	uint64_t retry;
};
void body_window(struct msg *, struct body_window *);

struct body_status { /* CERT_STATUS */
	int more;    /* pieces follow */
	const uint8_t *piece;
	size_t len;
};
void body_status(struct msg *, struct body_status *);

struct body_learned {          /* CERT_LEARNED */
	const char *new_nonce; /* URL */
	int slow;
	/* Names of the anchors that verified the CA's server, or "". */
	const char *anchors;
};
void body_learned(struct msg *, struct body_learned *);

struct body_chain {   /* CERT_CHAIN */
	int unframed; /* Only the connection's end has ended the chain. */
	const uint8_t *pem;
	size_t len;
};
void body_chain(struct msg *, struct body_chain *);

struct body_presented {     /* CERT_PRESENTED */
	uint32_t server;    /* The server's index, as in NET_JOB. */
	const char *reason; /* the error, or NULL */
	const uint8_t *pem; /* the server's own certificate */
	size_t len;
};
void body_presented(struct msg *, struct body_presented *);

struct body_failed { /* CERT_FAILED */
	enum failure class;
	uint64_t seconds; /* the CA's Retry-After, or 0 */
	int for_all;      /* The error concerns every order. */
	const char *text;
};
void body_failed(struct msg *, struct body_failed *);

void body_verdict(struct msg *, enum verdict *); /* NET_JOB_DONE */

/* Between certproc and fileproc. */

struct body_record { /* FILE_WRITE */
	enum part part;
	int more; /* pieces follow */
	const uint8_t *piece;
	size_t len;
};
void body_record(struct msg *, struct body_record *);

struct body_staged { /* FILE_STAGE */
	enum part part;
	const uint8_t *bytes;
	size_t len;
};
void body_staged(struct msg *, struct body_staged *);

struct body_copy { /* FILE_COPY */
	enum part from, to;
};
void body_copy(struct msg *, struct body_copy *);

/* FILE_REMOVE, FILE_READ */
void body_part_name(struct msg *, enum part *);

struct body_lock { /* FILE_LOCK */
	enum part part;
	enum lock lock;
	int wait_ms;
};
void body_lock(struct msg *, struct body_lock *);
void body_wait(struct msg *, int *ms); /* FILE_OPEN */

struct body_part { /* CERT_PART */
	enum part part;
	enum presence presence;
	const char *path;
	const uint8_t *bytes; /* PRESENCE_BROKEN: the reason */
	size_t len;
};
void body_part(struct msg *, struct body_part *);

struct body_stored { /* CERT_STORED */
	/* -1: not done; 0 or 1 depend on the request. */
	int result;
	const char *reason; /* the error where result is -1, else NULL */
};
void body_stored(struct msg *, struct body_stored *);

/* CERT_STATES: the state of one job, of at least one. */
struct body_state {
	enum presence presence;
	int has_saved; /* there is a saved chain */
	const uint8_t *bytes;
	size_t len;
};
/* Returns 1 where a received message has further states. */
int body_state(struct msg *, struct body_state *);

/* Between csrproc and certproc. */

struct body_key {   /* CERT_KEY */
	int usable; /* csrproc can make a CSR */
	/* The job's files have the configured group. */
	int grouped;
	/* SHA-256, or NULL where there is none: */
	const uint8_t *live, *next;  /* Of the public keys. */
	const uint8_t *chain, *leaf; /* Of keys in the combined file. */
};
void body_key(struct msg *, struct body_key *);

struct body_discard {        /* CSR_DISCARD */
	int installed;       /* The certificate is the installed one. */
	const uint8_t *hash; /* The hash of its public key. */
};
void body_discard(struct msg *, struct body_discard *);

void body_new_key(struct msg *, enum new_key *);   /* CSR_NEW_KEY */
void body_csr_done(struct msg *, enum csr_done *); /* CERT_CSR_DONE */

struct body_names {        /* PARENT_NAMES */
	const char *error; /* or NULL */
	/* The caller frees the names that it has taken. */
	struct strings names;
};
void body_names(struct msg *, struct body_names *);

/* Between netproc, chngproc and the roles that publish responses. */

struct body_response {   /* CHNG_PUT */
	uint32_t number; /* index of the identifier in the job */
	const char *token;
};
void body_response(struct msg *, struct body_response *);

struct body_publish { /* RESP_PUT */
	uint32_t number;
	/* The key authorization, or its digest (tls-alpn-01). */
	const char *text;
};
void body_publish(struct msg *, struct body_publish *);

struct body_published {     /* CHNG_PUBLISHED, CHNG_SEEN */
	uint32_t number;    /* The identifier's number; 0 for the whole job. */
	const char *reason; /* Why the response cannot be seen, or NULL. */
};
void body_published(struct msg *, struct body_published *);

/* HOOK_PUT, ZONE_AWAIT: a TXT record in the DNS */
struct body_digest {
	uint32_t number;
	/* The account's label, for dns-account-01, or NULL. */
	const char *label;
	const char *digest;
};
void body_digest(struct msg *, struct body_digest *);

struct body_issuers { /* CHNG_PERSIST */
	uint32_t number;
	/* The CA's names; when taken, the receiver owns them. */
	struct strings names;
};
void body_issuers(struct msg *, struct body_issuers *);

struct body_persist { /* ZONE_PERSIST */
	uint32_t number;
	const char *account; /* URL */
	/* The CA's names; when taken, the receiver owns them. */
	struct strings issuers;
};
void body_persist(struct msg *, struct body_persist *);

/* To and from keyproc. */

struct body_revoke { /* KEY_REVOKE */
	int ours;    /* csrproc holds its key */
	const uint8_t *der;
	size_t len;
};
void body_revoke(struct msg *, struct body_revoke *);

struct body_request { /* KEY_SIGN_*, CSR_SIGN_REVOKE */
	const char *nonce, *url;
};
void body_request(struct msg *, struct body_request *);

struct body_begin {           /* KEY_BEGIN */
	const char *replaces; /* RFC 9773 5, or NULL */
	const char *order;    /* URL of an earlier run's order, or NULL */
};
void body_begin(struct msg *, struct body_begin *);

struct body_account {
	const char *thumbprint;
	const char *url;
	/* Thumbprint of a new key that the CA does not know, or NULL. */
	const char *unknown;
};
/* CERT_ACCOUNT */
void body_account(struct msg *, struct body_account *);
/* KEY_ACCOUNT: each member may be NULL. */
void body_stored_account(struct msg *, struct body_account *);

struct body_shown { /* CERT_SHOW_ACCOUNT */
	/* The account key's thumbprint; NULL: there is no key. */
	const char *thumbprint;
	/* The thumbprint of a new key that the CA may know after -K. */
	const char *next;
};
void body_shown(struct msg *, struct body_shown *);

struct body_account_status { /* NET_ACCOUNT */
	enum account status;
	const char *url; /* not NULL with ACCOUNT_KNOWN */
};
void body_account_status(struct msg *, struct body_account_status *);

void body_leave(struct msg *, enum leave *); /* KEY_LEAVE_ACCOUNT */

/* Between netproc and chngproc, and netproc and dnsproc. */

/* NET_PROBE; each is NULL if the file could not be written. */
struct body_probe {
	const char *token; /* the file's name */
	const char *text;  /* the file's contents */
	const char *dir;   /* the directory's path, for messages */
};
void body_probe(struct msg *, struct body_probe *);

struct body_host { /* DNS_RESOLVE */
	const char *name, *port;
	enum resolve_for what;
};
void body_host(struct msg *, struct body_host *);

struct body_addresses {    /* NET_ADDRESSES */
	const char *error; /* or NULL */
	uint64_t n;
	struct {
		const uint8_t *bytes; /* a struct sockaddr, not aligned */
		/* At most sizeof(struct sockaddr_storage). */
		size_t len;
	} a[ADDRESSES_MAX];
};
void body_addresses(struct msg *, struct body_addresses *);

#endif
