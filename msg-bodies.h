/*
 * What is in a message's body.  There is a structure and a function for each
 * body of several members and for each enumeration.  The function is the one
 * list of the members, for both sides: into a message that is being composed
 * it puts them, out of a received one it takes them.  So nobody can read
 * another order than was sent.
 *
 * Taking ends the process where a number is outside its enumeration, or where
 * something is missing or left.  A flag is 1 where the number is not 0.
 * Strings and bytes point into the message.
 *
 * A body of one string, one run of bytes, or one number that only counts has
 * no function: msg_put_str() and the like are its description.  Nor has what
 * the parent reads: it ends the run by parent-broker.c's rules, and not itself.
 */
#ifndef MSG_BODIES_H
#define MSG_BODIES_H

#include <sys/types.h>

#include "conf.h"
#include "msg.h"
#include "part.h"

/*
 * Slices of the configuration: which of these members a role gets to know,
 * body_conf() and body_domain() have for each role.  Taken, strings are
 * allocated and the role's own for good; members of other roles are 0.
 */

struct slice_conf { /* ROLE_CONF */
	/* All roles: */
	int verbose;
	uid_t uid; /* of the unprivileged roles */
	gid_t gid;
	enum mode mode;
	/* Of the run: */
	uint32_t workers; /* of net */
	uint32_t njobs;
	int force; /* -F */
	/* of revocation (RFC 5280 5.3.1), or -1 */
	int reason;
	int key_compromised; /* by that reason */
	/* servers are asked about revocation */
	int asks_for_status;
	/* there is chng, which is to know the thumbprint */
	int publishes;
	/* zone is there for records that hooks publish */
	int waits_for_dns;
	/* in records in the DNS: chng is to know its URL */
	int names_account;
	int list;             /* how -l prints */
	uint64_t most_orders; /* -m */
	char *state_dir;
	char *metrics;              /* a file, or NULL */
	uint32_t dns_wait;          /* seconds */
	struct strings dns_servers; /* address and port, in turn */
	struct commands on_change;  /* whatever handle has changed */
	/* Of the authority; see conf.h: */
	char *name;
	char *api_url;
	struct strings origins; /* https URLs, the directory's first */
	char *issuer;           /* in standing records, or NULL */
	uint64_t until;         /* when these end, or 0 */
	/* names that have such; "*." before: with what is below */
	struct strings standing;
	/* of them, for which there is no room */
	uint64_t standing_more;
	struct strings servers; /* their hosts and ports, in turn */
	char *ca_file;
	/* the only server that is connected to, or NULL */
	char *proxy;
	char *proxy_auth;
	int proxied; /* servers is the proxy alone */
	enum prefer prefer;
	int insecure;
	char *account_key;
	struct keyspec account_spec;
	/* with another authority: its account key */
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
	char *challengedir; /* NULL: another way */
	struct strings listen;
	char *profile;
	char *preferred_chain;
	int check_revocation;
	int check_webroot;
	int accept_more;
	char *challenge_hook;
	struct commands on_change;
	int has_on_change;     /* a change is to be remembered */
	struct strings verify; /* only in the run that it is for */
	char *fingerprint;     /* of its files (parent.h) */
	/* Of its authority: */
	char *api_url;
	char *root_file;
	enum rooting rooting;
};
void body_domain(struct msg *, enum role, struct slice_domain *);

/* Of several messages: one number that means yes or no. */
void body_flag(struct msg *, int *);

/* Between certproc and net. */

struct body_job { /* NET_JOB */
	enum task task;
	const char *certid; /* RFC 9773 4.1, or NULL */
	/* with TASK_STATUS: whom to ask; else NULL */
	const char *status_url;
	const char *new_nonce; /* where nonces were, or NULL */
	int slow;              /* orders took some polls */
	const char *order;     /* URL of an earlier run's, or NULL */
	/* names of those that led to the CA, or NULL */
	const char *anchors;
	/* with TASK_VERIFY: which one of the job's */
	uint32_t server;
	/* after a pause, as it was not what it should be */
	int again;
};
void body_job(struct msg *, struct body_job *);

struct body_window {         /* CERT_WINDOW */
	uint64_t start, end; /* seconds since 1970; 0: none */
	/* seconds; UINT64_MAX: the CA does not say */
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
	/* names of those that led to the CA, or "" */
	const char *anchors;
};
void body_learned(struct msg *, struct body_learned *);

struct body_chain {   /* CERT_CHAIN */
	int unframed; /* only the connection's end ended it */
	const uint8_t *pem;
	size_t len;
};
void body_chain(struct msg *, struct body_chain *);

struct body_presented {     /* CERT_PRESENTED */
	uint32_t server;    /* as in NET_JOB */
	const char *reason; /* why nothing came, or NULL */
	const uint8_t *pem; /* the server's own certificate */
	size_t len;
};
void body_presented(struct msg *, struct body_presented *);

struct body_failed { /* CERT_FAILED */
	enum failure class;
	uint64_t seconds; /* as the CA asks for a pause, or 0 */
	int for_all;      /* it concerns every order */
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
	/* -1: not done; else as the request has it */
	int result;
	const char *reason; /* with -1, else NULL */
};
void body_stored(struct msg *, struct body_stored *);

/*
 * One of the jobs of CERT_STATES, which has at least one; 0: that was the last.
 */
struct body_state {
	enum presence presence;
	int has_saved; /* there is a saved chain */
	const uint8_t *bytes;
	size_t len;
};
int body_state(struct msg *, struct body_state *);

/* Between csr and certproc. */

struct body_key {   /* CERT_KEY */
	int usable; /* there can be a CSR */
	/* its files have the configured group */
	int grouped;
	/* SHA-256, or NULL where there is none: */
	const uint8_t *live, *next;  /* of public keys */
	const uint8_t *chain, *leaf; /* of what the combined file has */
};
void body_key(struct msg *, struct body_key *);

struct body_discard {        /* CSR_DISCARD */
	int installed;       /* as the certificate in the files */
	const uint8_t *hash; /* of its public key */
};
void body_discard(struct msg *, struct body_discard *);

void body_new_key(struct msg *, enum new_key *);   /* CSR_NEW_KEY */
void body_csr_done(struct msg *, enum csr_done *); /* CERT_CSR_DONE */

struct body_names {           /* PARENT_NAMES */
	const char *error;    /* or NULL */
	struct strings names; /* taken: the caller owns them */
};
void body_names(struct msg *, struct body_names *);

/* Between net, chng and who answers challenges. */

struct body_response {   /* CHNG_PUT */
	uint32_t number; /* of the identifier, among the job's */
	const char *token;
};
void body_response(struct msg *, struct body_response *);

struct body_publish { /* RESP_PUT */
	uint32_t number;
	/* the key authorization, or its digest */
	const char *text;
};
void body_publish(struct msg *, struct body_publish *);

struct body_published {     /* CHNG_PUBLISHED, CHNG_SEEN */
	uint32_t number;    /* 0 where it is about all of the job */
	const char *reason; /* why it cannot be seen, or NULL */
};
void body_published(struct msg *, struct body_published *);

/* HOOK_PUT, ZONE_AWAIT: a TXT record in the DNS */
struct body_digest {
	uint32_t number;
	/* of the account, before the name, or NULL */
	const char *label;
	const char *digest;
};
void body_digest(struct msg *, struct body_digest *);

struct body_issuers { /* CHNG_STANDING */
	uint32_t number;
	/* of the CA; taken, allocated, and the receiver's */
	struct strings names;
};
void body_issuers(struct msg *, struct body_issuers *);

struct body_standing_record { /* ZONE_STANDING */
	uint32_t number;
	const char *account; /* URL */
	/* the CA's names; taken, allocated, and the receiver's */
	struct strings issuers;
};
void body_standing_record(struct msg *, struct body_standing_record *);

/* With key. */

struct body_revoke { /* KEY_REVOKE */
	int ours;    /* it is for a key of the domain's */
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
	const char *order;    /* URL of an earlier run's, or NULL */
};
void body_begin(struct msg *, struct body_begin *);

struct body_account {
	const char *thumbprint;
	const char *url;
	/* thumbprint of a new key that the CA does not know, or NULL */
	const char *unknown;
};
/* CERT_ACCOUNT */
void body_account(struct msg *, struct body_account *);
/* KEY_ACCOUNT: each or NULL */
void body_stored_account(struct msg *, struct body_account *);

struct body_shown { /* CERT_SHOW_ACCOUNT */
	/* of the account's key; NULL: there is none */
	const char *thumbprint;
	/* of a rollover whose end nobody saw, or NULL */
	const char *next;
};
void body_shown(struct msg *, struct body_shown *);

struct body_standing { /* NET_ACCOUNT */
	enum account standing;
	const char *url; /* not NULL with ACCOUNT_KNOWN */
};
void body_standing(struct msg *, struct body_standing *);

void body_leave(struct msg *, enum leave *); /* KEY_LEAVE_ACCOUNT */

/* Between net and dns. */

/* NET_PROBE: all, or, if it could not be put, none */
struct body_probe {
	const char *token; /* in whose place it is */
	const char *text;  /* that is in it */
	const char *dir;   /* path, for messages */
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
		/* at most sizeof(struct sockaddr_storage) */
		size_t len;
	} a[ADDRESSES_MAX];
};
void body_addresses(struct msg *, struct body_addresses *);

#endif
