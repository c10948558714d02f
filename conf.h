/*
 * The configuration, as acme-client.conf(5) describes it.
 */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>
#include <stdint.h>

#include "challenge.h"

#define CONF_NAMES_MAX 100 /* names in one certificate */
#define LISTEN_MAX 16      /* addresses and ports of one domain */
/* servers of one domain that are looked at after a change */
#define VERIFY_MAX 8
/* of each: host, port and "smtp", "imap" or "" */
#define VERIFY_WORDS 3

enum keytype {
	KEYTYPE_ANY, /* not named: P-256 where one is created */
	KEYTYPE_ECDSA,
	KEYTYPE_RSA
};

/* What a key must be, and what is made where there is none. */
struct keyspec {
	enum keytype type;
	int bits; /* 256, 384 | 2048, 3072, 4096 | 0: any */
};

struct strings {
	char **v;
	size_t n;
	/* names_equal() takes further ones, of the same hosts */
	int more;
};

/*
 * Which addresses of a host come first: those of this family, or as the system
 * has them.
 */
enum prefer { PREFER_NONE, PREFER_IPV4, PREFER_IPV6 };

/* Of 'on change': program and arguments of each. */
struct commands {
	struct strings *v;
	size_t n;
};

struct authority {
	char *name;
	char *api_url;          /* https URL of the directory */
	struct strings origins; /* "api origin": https URLs */
	char *account_key;      /* absolute path */
	struct keyspec account_spec;
	char *eab_kid; /* RFC 8555 7.3.4, or NULL */
	/* absolute path of the MAC key's text */
	char *eab_file;
	const char *eab_alg; /* "HS256", "HS384", "HS512" */
	char *contact;       /* mailto: URL, or NULL */
	char *proxy;         /* http URL, or NULL */
	/* absolute path of its name and password, or NULL */
	char *proxy_auth;
	enum prefer prefer; /* which addresses are tried first */
	/* name of the CA in persist records, or NULL */
	char *issuer;
	/* when these end, seconds since 1970; 0: never */
	uint64_t until;
	char *ca_file;   /* NULL: the system's */
	char *root_file; /* NULL: the system's */
	int root_any;
	int insecure;
	const char *file; /* where its block starts */
	int line;
};

struct domain {
	char *handle;
	/*
	 * A-labels, lower case, no duplicates; the first is "domain name"; none
	 * if the section is broken.
	 */
	struct strings names;
	char *key; /* absolute path; NULL with csr_file */
	struct keyspec key_spec;
	int rotate;  /* a new key with every certificate */
	char *group; /* that may read the key, or NULL */
	/* absolute path: sign this CSR; or NULL */
	char *csr_file;
	char *cert;      /* absolute paths or NULL, */
	char *chain;     /* relative ones already joined with */
	char *fullchain; /* the certificate's directory */
	/* absolute path of key and full chain, or NULL */
	char *combined;
	/* CN at the top of the chain to take, or NULL */
	char *preferred_chain;
	int check_revocation;
	int check_webroot;
	/* names that the CA adds, of the same hosts */
	int accept_more;
	enum challenge_type challenge;
	int challenge_named;
	enum way way;          /* by conf_check(), of what follows */
	char *challengedir;    /* absolute path; NULL: another way */
	int stateless;         /* each web server answers by itself */
	struct strings listen; /* address (or "*") and port, in turn */
	char *profile;         /* or NULL */
	/* absolute path of a program, or NULL */
	char *challenge_hook;
	struct commands on_change; /* its own; conf has those of all */
	struct strings verify;     /* VERIFY_WORDS of each, in turn */
	/* "domain name", before it is in names */
	char *name;
	char *sign_with; /* by conf_check(), the authority's name */
	struct authority *authority;
	/* why nothing can be done for it now, or NULL */
	char *broken;
	const char *file;
	int line;
};

struct conf {
	/* unprivileged user, or NULL: default */
	char *user;
	char *state_dir; /* absolute path */
	char *metrics;   /* absolute path of a file, or NULL */
	int dns_wait_named;
	/* seconds until records are given up; 0: none is waited for */
	int dns_wait;
	/* "dns server": address and port, in turn */
	struct strings dns_servers;
	struct commands on_change; /* whatever handle has changed */
	const char *state_file;    /* where these two stand, if they do */
	int state_line;
	const char *metrics_file;
	int metrics_line;
	struct authority *authorities;
	size_t nauthorities;
	struct domain *domains;
	size_t ndomains;
};

/*
 * Reads and checks the file; prints every error as "file:line: what was
 * expected" on stderr.  NULL if there was one.  Lives until exit.
 */
struct conf *conf_parse(const char *path);

/* Prints in a form that conf_parse() reads back to the same (-nv). */
void conf_print(const struct conf *);

/*
 * Is it an authority for tests or of one's own, whose certificates hardly lead
 * to one of the system's roots, but without 'root file' and 'root any'?
 */
int conf_lacks_root(const struct authority *);

/* Is there something to do when its files have changed? */
int conf_on_change(const struct conf *, const struct domain *);

/* The domain section with this handle; NULL: there is none. */
struct domain *conf_domain(const struct conf *, const char *handle);

/* Another authority with the same account key; NULL: there is none. */
const struct authority *conf_sharer(
    const struct conf *, const struct authority *);

#endif
