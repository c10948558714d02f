/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Reads and prints the configuration, which acme-client.conf(5) describes. */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>
#include <stdint.h>

#include "challenge.h"

#define CONF_NAMES_MAX 100 /* The most names in one certificate. */
#define LISTEN_MAX 16      /* The most statements "listen on" of one domain. */
#define VERIFY_MAX 8       /* The most statements "verify" of one domain. */
/* The words of one "verify": host, port and "smtp", "imap" or "". */
#define VERIFY_WORDS 3

enum keytype {
	/* The configuration names no type: a new key is for P-256. */
	KEYTYPE_ANY,
	KEYTYPE_ECDSA,
	KEYTYPE_RSA
};

/* The type and size that a key must have, and by which a new key is made. */
struct keyspec {
	enum keytype type;
	int bits; /* ECDSA: 256 or 384; RSA: 2048 to 4096; 0: any. */
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

/* The commands of "on change": program and arguments of each. */
struct commands {
	struct strings *v;
	size_t n;
};

struct authority {
	char *name;
	char *api_url;          /* The https URL of the directory. */
	struct strings origins; /* The https URLs of "api origin". */
	char *account_key;      /* The absolute path of the account key. */
	struct keyspec account_spec;
	char *eab_kid;  /* The key ID of RFC 8555 7.3.4, or NULL. */
	char *eab_file; /* The absolute path of the file with the MAC key. */
	const char *eab_alg; /* "HS256", "HS384" or "HS512". */
	char *contact;       /* A mailto: URL, or NULL. */
	char *proxy;         /* The http URL of the proxy, or NULL. */
	/* Absolute path of the file with name and password, or NULL. */
	char *proxy_auth;
	enum prefer prefer;
	/* URL of the CA's staging, or another authority's name; or NULL. */
	char *staging;
	char *issuer; /* The CA's name in persist records, or NULL. */
	/* When persist records expire, in seconds since 1970; 0: never. */
	uint64_t until;
	char *ca_file;   /* An absolute path; NULL: the system's file. */
	char *root_file; /* An absolute path; NULL: the system's file. */
	int root_any;
	int insecure;
	const char *file; /* The file and line where the block begins. */
	int line;
};

struct domain {
	char *handle;
	/*
	 * The names: A-labels in lower case, or addresses, each once; "domain
	 * name" is the first. There are none if the domain is broken.
	 */
	struct strings names;
	char *key; /* An absolute path; NULL with csr_file. */
	struct keyspec key_spec;
	int rotate;     /* Each certificate is for a new key. */
	char *group;    /* The group that may read the key, or NULL. */
	char *csr_file; /* The absolute path of the CSR, or NULL. */
	/* Their absolute paths, or NULL, after conf_check(). */
	char *cert;
	char *chain;
	char *fullchain;
	char *combined; /* The file with the key and the full chain, or NULL. */
	/* The CN of the root of the wanted chain, or NULL. */
	char *preferred_chain;
	int check_revocation;
	int check_webroot;
	/* Accept further names that the CA adds below the same hosts. */
	int accept_more;
	enum challenge_type challenge;
	int challenge_named; /* The block has the statement "challenge". */
	/*
	 * How responses are published; conf_check() derives it from the members
	 * below.
	 */
	enum way way;
	char *challengedir;    /* An absolute path, or NULL. */
	int stateless;         /* The web server responds without a file. */
	struct strings listen; /* Addresses (or "*") and ports, in turn. */
	/* The profile that the CA is asked for, or NULL. */
	char *profile;
	char *challenge_hook; /* The absolute path of a program, or NULL. */
	struct commands on_change;
	struct strings verify; /* VERIFY_WORDS strings for each "verify". */
	char *name; /* The name of "domain name", which is also in names. */
	/* The authority's name; conf_check() sets it if it is NULL. */
	char *sign_with;
	struct authority *authority;
	/* Why this domain cannot be handled in this run, or NULL. */
	char *broken;
	const char *file; /* The file and line where the block begins. */
	int line;
};

struct conf {
	char *user;      /* The user; NULL: the default. */
	char *state_dir; /* An absolute path. */
	char *metrics;   /* The absolute path of a file, or NULL. */
	char *status;    /* The same for the list in JSON. */
	int status_mode; /* The permissions of that file. */
	/* The configuration has the statement "dns wait". */
	int dns_wait_named;
	int dns_wait; /* The seconds to wait for records; 0: do not wait. */
	struct strings dns_servers; /* Addresses and ports, in turn. */
	/* The commands that run if any handle has changed. */
	struct commands on_change;
	/* The file and line of "state directory". */
	const char *state_file;
	int state_line;
	const char *metrics_file; /* The file and line of "metrics file". */
	int metrics_line;
	const char *status_file; /* The same of "status file". */
	int status_line;
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

/* Has the domain a command or a "verify" for a change of its files? */
int conf_on_change(const struct conf *, const struct domain *);

/* Finds the domain with this handle, or returns NULL. */
struct domain *conf_domain(const struct conf *, const char *handle);

/* Finds another authority with the same account key, or returns NULL. */
const struct authority *conf_sharer(
    const struct conf *, const struct authority *);

#endif
