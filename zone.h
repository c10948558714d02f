/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* zoneproc: queries, zones and their servers, resolvers, watched records. */
#ifndef ZONE_H
#define ZONE_H

#include <sys/socket.h>
#include <sys/types.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>

#include "address.h"
#include "conf.h"
#include "log.h"
#include "persist.h"

/* All limits of time and of tries for queries to name servers. */

#define UDP_MS 3000  /* The time for a response to one try by UDP. */
#define TCP_MS 10000 /* The time for a whole response by TCP. */
/* How often a resolver is tried by UDP, before it counts as silent. */
#define RESOLVER_TRIES 2
/*
 * The same for a server of a watched record's zone.  It is asked again until
 * the record is there: after AGAIN_MS first, then after pauses that grow by
 * half, up to AGAIN_MAX_MS.
 */
#define SERVER_TRIES 1
#define AGAIN_MS 1000
#define AGAIN_MAX_MS 10000
/* The time to wait for a persist record, which should exist already. */
#define PERSIST_SECONDS 20
/*
 * The time for all checks of a rehearsal: less than STOP_SECONDS (parent.h),
 * after which the parent kills zoneproc.
 */
#define CHECK_SECONDS 8


/*
 * Sends queries to name servers, by UDP, and by TCP where the response was cut.
 * Nothing here waits: zoneproc's loop calls ask_fill() and ask_turn().
 */

/* The outcome of a query; it lives until the function that gets it returns. */
struct response {
	/* The response to just this query, or NULL. */
	const ldns_pkt *pkt;
	const char *failure; /* Why there is no response. */
	/* This machine has no route to the address. */
	int unroutable;
};

typedef void responded_fn(void *context, const struct response *);

/* A query: which records of a type does this name have? */
struct query {
	const struct address *server;
	/* The name that is asked for, without a dot at its end. */
	const char *name;
	ldns_rr_type type;
	/* The server is to ask others for what it does not know. */
	int recurse;
	unsigned tries; /* Attempts by UDP; each may take UDP_MS. */
	responded_fn *responded;
	void *context;
};

/*
 * Sends the query with the next call of ask_fill(), and calls responded() once,
 * later.  Nothing that the query points to is needed after the return, except
 * for the context.
 */
void ask(const struct query *);
/* Drops all queries with this context: responded() is not called for them. */
void ask_forget(const void *context);

/*
 * ask_fill() writes the sockets that poll(2) is to watch, at most max, and
 * lowers *ms to the time in which it wants to be called again; ask_turn() takes
 * what came of that.
 */
nfds_t ask_fill(struct pollfd *, nfds_t max, int *ms);
void ask_turn(const struct pollfd *, nfds_t);

/* Are two names in text equal in any letter case? */
int name_equal(const char *, const char *);
/* Is the first the second or below it?  "" is the root. */
int name_below(const char *, const char *);
/*
 * Returns a name from a response as text, without the dot at its end; the
 * caller frees it.
 */
char *name_text(const ldns_rdf *);

/* The records of one type in a section of a response, one after the other. */
struct records {
	const ldns_rr_list *list;
	ldns_rr_type type;
	size_t next;
	/* The owner of the current record, in the form of name_text(). */
	char *owner;
};
/*
 * Returns the next record, or NULL.  A caller who stops before NULL frees (or
 * keeps) the owner; a further call frees it.
 */
const ldns_rr *records_next(struct records *);


/*
 * Finds the zone of a record and the zone's name servers, by the configured
 * resolvers.
 */

#define ALIASES_MAX 8 /* The most CNAMEs that are followed for one record. */

/* One address of one name server. */
struct zone_server {
	char *name;
	struct address at;
	char text[160]; /* Its text, such as "ns1.example.com (192.0.2.1)". */
};

struct zone {
	/*
	 * The zone's name; "": the configuration gives the servers of all
	 * names.
	 */
	char *name;
	struct zone_server *servers;
	size_t n;
};

/* Takes the resolvers that are asked for zones and servers, in their order. */
void find_resolvers(const struct address *, size_t n);
/* Takes the servers of all names: no zones are looked for. */
void find_in(const struct address *, size_t n);

/*
 * Is called at the end of a search, with the name at the end of the CNAMEs,
 * which lives until this returns, and how many CNAMEs there were; and with the
 * zone, which lives until the process ends, or NULL and why.
 */
typedef void found_fn(void *context, const char *name, unsigned aliases,
    const struct zone *, const struct error *);

/*
 * Finds the zone of a record, whose CNAMEs it follows; so many have been
 * followed already.  found() is called once, perhaps before the return.
 */
void find_zone(
    const char *record, unsigned aliases, found_fn *found, void *context);
/*
 * As find_zone(), for a zone that is known by name, from a server's delegation.
 */
void find_servers(const char *record, unsigned aliases, const char *zone,
    found_fn *found, void *context);
/* Forgets the searches with this context: found() is not called for them. */
void find_forget(const void *context);

/* Returns the target of name's CNAME among these records, or NULL. */
const ldns_rdf *alias_of(const char *name, const ldns_rr_list *);


/*
 * Asks the resolvers, or the servers of all names if these are given, for the
 * records of a name.  responded() is called once, later.
 */
void find_records(
    const char *name, ldns_rr_type, responded_fn *, void *context);


/* CAA records (RFC 8659), and whether they permit an issuance. */

struct caa {
	int critical;
	char tag[32];
	char value[512];
};

/*
 * Takes a record from its parts.  0, or -1: its tag is malformed.  A value that
 * is too long counts as one that permits no CA.
 */
int caa_take(struct caa *, uint8_t flags, const uint8_t *tag, size_t taglen,
    const uint8_t *value, size_t len);

struct caa_question {
	struct strings issuers; /* The CA's names in CAA records. */
	const char *account;    /* The account's URL; NULL: it is not known. */
	const char *method;     /* "http-01" */
	int wildcard;
};

/* In the order of how far the nearest record permits the issuance. */
enum caa_verdict {
	CAA_NOBODY,          /* The records permit no CA. */
	CAA_OTHERS,          /* They permit other CAs. */
	CAA_METHOD,          /* They permit the CA, by other methods. */
	CAA_ACCOUNT,         /* They permit the CA, for other accounts. */
	CAA_ACCOUNT_UNKNOWN, /* They permit the CA, for an account. */
	CAA_PERMITTED,
	CAA_CRITICAL /* A critical property is unknown. */
};

#define CAA_TEXT_MAX 600
/*
 * Judges the records of one name.  text: what they permit, or the unknown
 * property, made safe for a terminal.
 */
enum caa_verdict caa_judge(const struct caa_question *, const struct caa *,
    size_t n, char text[CAA_TEXT_MAX]);


/* For a rehearsal: does the DNS have what the CA needs? */

struct check_job {
	char *handle;
	struct strings names;
	enum challenge_type challenge;
};

/*
 * Checks all names of these jobs, prints what is wrong, and returns after some
 * seconds at most.  issuers: the CA's names in CAA records, if they are
 * configured.  account: the URL of the account of real runs, or NULL.
 * Meanwhile keep() takes each message that comes from fd, and ends the process
 * at end of file.
 */
void checks_run(const struct check_job *, uint32_t njobs,
    const struct strings *issuers, const char *account, int fd,
    void (*keep)(void));
/*
 * After checks_run(): takes the CA's names in CAA records, as its directory has
 * them, unless they are configured, and prints what depends on them.
 */
void checks_issuers(const struct strings *);
/*
 * For the process's end: prints what depends on these names, if they have not
 * come.
 */
void checks_end(void);


/* Reads the resolvers in resolv.conf(5). */

#define RESOLVERS_MAX 8

/* Parses a numeric address and port; 0, or -1: they are invalid. */
int server_of(struct address *, const char *address, const char *port);
/*
 * Reads the resolvers in this file (NULL: there is none), in their order; as
 * resolv.conf(5) has it, this machine if none is named.  Returns their number.
 */
size_t resolvers_read(FILE *, struct address out[RESOLVERS_MAX]);


/* Waits until all name servers of a zone have a TXT record. */

/* The most bytes of a reason, which may have a record in it. */
#define WATCH_TEXT_MAX 2300

/*
 * Watches a record until all servers of its zone have a TXT record of that name
 * with this value, or, if persist is not NULL, a persist record that fits; for
 * seconds at most.  A persist record is not waited for if a server says that it
 * is not there.  The structure is copied, but not what it points to.  In the
 * end done() is called, with NULL or the reason; fit is the best that was seen
 * of a persist record.
 */
struct watched {
	uint32_t job;
	uint32_t number;
	const char *record;
	const char *value;
	const struct persist *persist;
	unsigned seconds;
	void (*done)(
	    const struct watched *, const char *reason, enum persist_fit);
};
void watch(const struct watched *);
/* Ends watching for this job, for the reason "is not waited for any more". */
void watch_end(uint32_t job);

/*
 * watch_fill() writes the sockets that poll(2) is to watch, at most max, and
 * lowers *ms to the time in which it wants to be called again; watch_turn()
 * takes what came of that.
 */
nfds_t watch_fill(struct pollfd *, nfds_t max, int *ms);
void watch_turn(const struct pollfd *, nfds_t);

#endif
