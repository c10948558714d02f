/*
 * One question to one name server, by UDP, and by TCP where the answer was
 * cut.  Nothing here waits: zoneproc's loop calls ask_fill() and ask_turn().
 */
#ifndef ZONE_H
#define ZONE_H

#include <sys/socket.h>
#include <sys/types.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>

#include "log.h"
#include "persist.h"

/* Where a name server is. */
struct server {
	struct sockaddr_storage ss;
	socklen_t len;
};

/* What came of a question; lives until the function that gets it returns. */
struct reply {
	/* an answer to just this question, or NULL: */
	const ldns_pkt *pkt;
	const char *failure; /* why there is none */
	/* from here there is no way to such an address */
	int unroutable;
};

typedef void answered_fn(void *context, const struct reply *);

/* Which records does this name have? */
struct query {
	const struct server *server;
	const char *name; /* without a dot at its end */
	ldns_rr_type type;
	int recurse;    /* The server is to find out what it does not know. */
	unsigned tries; /* by UDP, each of which may take ASK_TRY_MS */
	answered_fn *answered;
	void *context;
};
#define ASK_TRY_MS 3000

/*
 * Sends the query with the next call of ask_fill(), and calls answered() once,
 * later.  Nothing that the query points to is needed after the return, except
 * for the context.
 */
void ask(const struct query *);
/*
 * Takes back all questions with this context: answered() is not called for
 * them.
 */
void ask_forget(const void *context);

/*
 * For poll(2): writes the sockets to be polled, at most max, and lowers *ms to
 * when it wants to be called again at the latest; then takes what came of it.
 */
nfds_t ask_fill(struct pollfd *, nfds_t max, int *ms);
void ask_turn(const struct pollfd *, nfds_t);

/* Names in text: the same but for case and a dot at the end? */
int name_equal(const char *, const char *);
/* Is the first the second or below it?  "" is the root. */
int name_below(const char *, const char *);
/*
 * A name out of an answer, as text without the dot at its end; the caller
 * frees.
 */
char *name_text(const ldns_rdf *);

/* The records of one type in a section of an answer, one after the other. */
struct records {
	const ldns_rr_list *list;
	ldns_rr_type type;
	size_t next;
	char *owner; /* of the current record, as name_text() has it */
};
/*
 * The next record, or NULL.  The caller who stops before NULL frees (or keeps)
 * the owner; a further call frees it.
 */
const ldns_rr *records_next(struct records *);


/*
 * Which name servers have a record: its zone, and that zone's servers, as the
 * configured resolvers tell.
 */

#define ALIASES_MAX 8 /* CNAMEs of one record, one behind the other */

/* One address of one of the servers. */
struct zone_server {
	char *name;
	struct server at;
	char text[160]; /* "ns1.example.com (192.0.2.1)" */
};

struct zone {
	/* "": given by the configuration, for all names */
	char *name;
	struct zone_server *servers;
	size_t n;
};

/* These are asked for zones and servers, in their order; port 53. */
void find_resolvers(const struct server *, size_t n);
/* No zones are looked for: these have all names. */
void find_in(const struct server *, size_t n);

/*
 * The end of a search: the name at the end of the CNAMEs, which lives until
 * this returns, and how many they were; the zone, which lives until the
 * process ends, or NULL and why.
 */
typedef void found_fn(void *context, const char *name, unsigned aliases,
    const struct zone *, const struct error *);

/*
 * Finds the zone that record is in, having followed its CNAMEs, of which
 * there have been so many already; found() is called once, perhaps at once.
 */
void find_zone(
    const char *record, unsigned aliases, found_fn *found, void *context);
/*
 * The same for a zone that is known by name: a delegation that a server tells
 * of.
 */
void find_servers(const char *record, unsigned aliases, const char *zone,
    found_fn *found, void *context);
/* found() is not called any more for searches with this context. */
void find_forget(const void *context);

/* The target of the CNAME that name has in these records, or NULL. */
const ldns_rdf *alias_of(const char *name, const ldns_rr_list *);


/*
 * The resolvers in resolv.conf(5).
 */

#define RESOLVERS_MAX 8

/* An address in text and a port, as they are; 0, or -1: it is none. */
int server_of(struct server *, const char *address, const char *port);
/*
 * Those in this file (NULL: there is none), in their order; as resolv.conf(5)
 * has it, this machine where none is named.  Their number.
 */
size_t resolvers_read(FILE *, struct server out[RESOLVERS_MAX]);


/*
 * A TXT record that all name servers of its zone are to answer with.
 */

#define WATCH_TEXT_MAX 2300 /* bytes of a reason, with a record in it */

/*
 * Watches record (a name) until all servers of its zone have a TXT record
 * there with this value, or, where persist is not NULL, one that fits it; for
 * seconds at most.  A persist record is not waited for where a server says
 * that it is not there.  All is kept, but for the structure.  Then
 * done(job, number, NULL, fit), or done() with the reason; fit is the best
 * that was seen of a persist record.
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
/* Those of this job end now: "is not waited for any more". */
void watch_end(uint32_t job);

/*
 * For poll(2): writes the sockets to be polled, at most max, and lowers *ms to
 * when it wants to be called again at the latest; then takes what came of it.
 */
nfds_t watch_fill(struct pollfd *, nfds_t max, int *ms);
void watch_turn(const struct pollfd *, nfds_t);

#endif
