/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The configuration, as acme-client.conf(5) describes it.
 */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>
#include <stdint.h>

#include "challenge.h"

#define CONF_NAMES_MAX 100 /* The most names in one certificate. */
#define LISTEN_MAX 16      /* The most "listen on" of one domain. */
#define VERIFY_MAX 8       /* The most "verify" of one domain. */
/* Words of one "verify": host, port and "smtp", "imap" or "". */
#define VERIFY_WORDS 3

enum keytype {
	KEYTYPE_ANY, /* No type is named: a new key is for P-256. */
	KEYTYPE_ECDSA,
	KEYTYPE_RSA
};

/* The required type and size of a key; a new key is made so. */
struct keyspec {
	enum keytype type;
	int bits; /* ECDSA: 256, 384; RSA: 2048 to 4096; 0: any. */
};

struct strings {
	char **v;
	size_t n;
	/* names_equal() allows additional names below the same hosts. */
	int more;
};

/*
 * The family of the addresses that are tried first; NONE: the system's order.
 */
enum prefer { PREFER_NONE, PREFER_IPV4, PREFER_IPV6 };

/* "on change": program and arguments of each command. */
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
	char *eab_kid;       /* RFC 8555 7.3.4, or NULL */
	char *eab_file;      /* absolute path of the MAC key, as text */
	const char *eab_alg; /* "HS256", "HS384", "HS512" */
	char *contact;       /* mailto: URL, or NULL */
	char *proxy;         /* http URL, or NULL */
	/* Absolute path of the file with name and password, or NULL. */
	char *proxy_auth;
	enum prefer prefer;
	char *issuer; /* the CA's name in persist records, or NULL */
	/* When persist records expire, in seconds since 1970; 0: never. */
	uint64_t until;
	char *ca_file;   /* absolute path; NULL: the system's */
	char *root_file; /* absolute path; NULL: the system's */
	int root_any;
	int insecure;
	const char *file; /* The file and line where the block begins. */
	int line;
};

struct domain {
	char *handle;
	/*
	 * A-labels in lower case, or addresses, each once; "domain name" is the
	 * first.  There are none if the domain is broken.
	 */
	struct strings names;
	char *key; /* absolute path; NULL with csr_file */
	struct keyspec key_spec;
	int rotate;     /* Each certificate is for a new key. */
	char *group;    /* The group that may read the key, or NULL. */
	char *csr_file; /* absolute path of the CSR, or NULL */
	/* Absolute paths or NULL, after conf_check(). */
	char *cert;
	char *chain;
	char *fullchain;
	char *combined;        /* The file with the key and the full chain. */
	char *preferred_chain; /* CN of the wanted chain's root, or NULL */
	int check_revocation;
	int check_webroot;
	/* Accept further names that the CA adds below the same hosts. */
	int accept_more;
	enum challenge_type challenge;
	int challenge_named; /* The block has "challenge". */
	/* conf_check() derives it from the members below. */
	enum way way;
	char *challengedir;    /* absolute path, or NULL */
	int stateless;         /* The web server responds without a file. */
	struct strings listen; /* Addresses (or "*") and ports alternate. */
	/* The profile that the CA is asked for, or NULL. */
	char *profile;
	char *challenge_hook; /* absolute path of a program, or NULL */
	struct commands on_change;
	struct strings verify; /* VERIFY_WORDS strings for each "verify". */
	char *name;            /* "domain name"; also in names. */
	char *sign_with;       /* conf_check() sets it if it is NULL. */
	struct authority *authority;
	/* Why this domain cannot be handled in this run, or NULL. */
	char *broken;
	const char *file; /* The file and line where the block begins. */
	int line;
};

struct conf {
	char *user;         /* NULL: the default */
	char *state_dir;    /* absolute path */
	char *metrics;      /* absolute path of a file, or NULL */
	int dns_wait_named; /* The configuration has "dns wait". */
	int dns_wait;       /* seconds to wait for records; 0: do not wait */
	struct strings dns_servers; /* Addresses and ports alternate. */
	/* Commands that run if any handle has changed. */
	struct commands on_change;
	/* The file and line of "state directory". */
	const char *state_file;
	int state_line;
	const char *metrics_file; /* The file and line of "metrics file". */
	int metrics_line;
	struct authority *authorities;
	size_t nauthorities;
	struct domain *domains;
	size_t ndomains;
};

/*
 * Reads and checks the file, and prints every error as "FILE:LINE: what was
 * expected" on stderr; NULL if there was one.  The result is never freed.
 */
struct conf *conf_parse(const char *path);

/*
 * Prints the configuration so that conf_parse() reads the same from it (-nv).
 */
void conf_print(const struct conf *);

/*
 * Does this authority lack 'root file' or 'root any'?  It does if it is private
 * or for tests, so that its certificates probably lead to no root of the
 * system.
 */
int conf_lacks_root(const struct authority *);

/* Is there a command or "verify" for a change of the domain's files? */
int conf_on_change(const struct conf *, const struct domain *);

/* The domain with this handle, or NULL. */
struct domain *conf_domain(const struct conf *, const char *handle);

/* Another authority with the same account key, or NULL. */
const struct authority *conf_sharer(
    const struct conf *, const struct authority *);

#endif
