/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads ACME objects (RFC 8555 7.1) from a server's JSON.  Unknown members,
 * statuses and challenge types are tolerated; missing or wrongly typed ones
 * that RFC 8555 requires are errors that name the member.
 */
#ifndef ACME_H
#define ACME_H

#include <jansson.h>
#include <stddef.h>
#include <time.h>

#include "conf.h"
#include "log.h"

#define AUTHZ_MAX 1000 /* The most authorizations of one order. */

/*
 * A problem document (RFC 8555 6.7).  The text has type, detail (or title) and
 * subproblems in one line, made visible, with "..." where it was cut.  Absent
 * members are "".
 */
struct problem {
	/* The type without "urn:ietf:params:acme:error:", if it begins so. */
	char type[128];
	char text[4096 + 4];
};

/*
 * RFC 8555 7.1.6: the status of an order, authorization, challenge or account.
 */
enum status {
	STATUS_UNKNOWN,
	STATUS_PENDING,
	STATUS_READY,
	STATUS_PROCESSING,
	STATUS_VALID,
	STATUS_INVALID,
	STATUS_DEACTIVATED,
	STATUS_EXPIRED,
	STATUS_REVOKED
};

struct directory {
	/* The directory must have these. */
	char *new_nonce, *new_account, *new_order;
	char *revoke_cert, *key_change, *renewal_info; /* Each may be NULL. */
	char *terms; /* meta.termsOfService, or NULL. */
	/*
	 * The names of profiles, with blanks between them; NULL: the CA offers
	 * none.
	 */
	char *profiles;
	/* The CA's names in CAA records: meta.caaIdentities (RFC 8555 7.1.1) */
	struct strings caa;
	int eab_required;
};

struct order {
	enum status status;
	/* The status as the server wrote it, made visible. */
	char status_text[32];
	char **identifiers; /* "dns:NAME" in lower case. */
	size_t nidentifiers;
	char **authorizations;
	size_t nauthorizations;
	char *finalize;
	/* The certificate's URL; NULL unless the status is valid. */
	char *certificate;
	struct problem error;
};

struct challenge {
	char *url;   /* NULL: the CA offers no challenge of this type. */
	char *token; /* NULL, too, if the type has no token. */
	/* draft-ietf-acme-dns-persist: the CA's names; other types have none */
	char **issuers;
	size_t nissuers;
	enum status status; /* An absent status counts as pending. */
	struct problem error;
};

struct authorization {
	enum status status;
	char status_text[32];
	/* "dns:NAME" in lower case, without "*.". */
	char *identifier;
	int wildcard;
	/* The challenge of the type that the job uses. */
	struct challenge challenge;
	/* The names of all offered types, with blanks between them. */
	char *offered;
};

/*
 * All return 0 or -1 with the reason; the caller frees with the _free function
 * in both cases.
 */
int directory_parse(
    struct directory *, const char *buf, size_t len, struct error *);
/* For tests alone: netproc needs its directory until it ends. */
void directory_free(struct directory *);
int order_parse(struct order *, const char *buf, size_t len, struct error *);
void order_free(struct order *);
/*
 * Reads an authorization, and its challenge of this type (challenge_names[]).
 */
int authorization_parse(struct authorization *, const char *type,
    const char *buf, size_t len, struct error *);
void authorization_free(struct authorization *);

/*
 * Reads the status in an account object (RFC 8555 7.1.2); STATUS_VALID if it
 * has none.
 */
enum status account_status(const char *buf, size_t len);

/* The CA's suggestion when to renew a certificate (RFC 9773 4.2). */
struct renewal_info {
	time_t start, end; /* The start is before the end. */
	/* A URL with an explanation, made visible, or "". */
	char explanation[512];
};

/* Reads renewal information.  0, or -1 with the reason. */
int renewal_info_parse(
    struct renewal_info *, const char *buf, size_t len, struct error *);

/*
 * Reads a problem document from an error response.  Anything else (HTML, a bare
 * JSON string, nothing) leaves type "" and a text made from the HTTP status and
 * the first visible bytes.
 */
void problem_parse(
    struct problem *, int http_status, const char *buf, size_t len);

/* Are the bytes one whole JSON object? */
int json_whole(const char *buf, size_t len);


/* SPDX-License-Identifier: ISC */
/*
 * What acme-json.c, acme-problem.c and acme-renewal.c share; no other file sees
 * a json_t.
 */

/* Parses text with an object at the top; NULL, with the reason. */
json_t *json_read(const char *, size_t, struct error *);
/* Returns a member of an object; NULL: it is absent, or null. */
json_t *json_member(json_t *, const char *);
/* Reads a problem document; the value may be NULL or of any type. */
void problem_read(struct problem *, json_t *);

#endif
