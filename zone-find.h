/*
 * Which name servers have a record: its zone, and that zone's servers, as the
 * configured resolvers tell.
 */
#ifndef ZONE_FIND_H
#define ZONE_FIND_H

#include "say.h"
#include "zone-ask.h"

#define ALIASES_MAX	8	/* CNAMEs of one record, one behind the other */

/* One address of one of the servers. */
struct zone_server {
	char		*name;
	struct server	 at;
	char		 text[160];	/* "ns1.example.com (192.0.2.1)" */
};

struct zone {
	char		*name;		/* "": given by the configuration, for all names */
	struct zone_server *servers;
	size_t		 n;
};

/* These are asked for zones and servers, in their order; port 53. */
void	find_resolvers(const struct server *, size_t n);
/* No zones are looked for: these have all names. */
void	find_in(const struct server *, size_t n);

/*
 * Finds the zone that record is in, having followed its CNAMEs, of which
 * there have been so many already.  found() gets the name at their end, as it
 * lives, and the zone, which lives until the end; or NULL, and why. .
 */
void	find_zone(const char *record, unsigned aliases,
	    void (*found)(void *context, const char *name, unsigned aliases, const struct zone *, const struct why *),
	    void *context);
/* The same for a zone that is known by name: a delegation that a server tells of. */
void	find_servers(const char *record, unsigned aliases, const char *zone,
	    void (*found)(void *context, const char *name, unsigned aliases, const struct zone *, const struct why *),
	    void *context);
/* Whoever has this context does not want to hear of it any more. */
void	find_forget(const void *context);

/* The target of the CNAME that name has in these records, or NULL. */
const ldns_rdf *alias_of(const char *name, const ldns_rr_list *);

#endif
