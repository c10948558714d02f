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
 * The end of a search: the name at the end of the CNAMEs, which lives until
 * this returns, and how many they were; the zone, which lives until the
 * process ends, or NULL and why.
 */
typedef void found_fn(void *context, const char *name, unsigned aliases,
	    const struct zone *, const struct why *);

/*
 * Finds the zone that record is in, having followed its CNAMEs, of which
 * there have been so many already; found() is called once, perhaps at once.
 */
void	find_zone(const char *record, unsigned aliases, found_fn *found,
	    void *context);
/* The same for a zone that is known by name: a delegation that a server tells of. */
void	find_servers(const char *record, unsigned aliases, const char *zone,
	    found_fn *found, void *context);
/* found() is not called any more for searches with this context. */
void	find_forget(const void *context);

/* The target of the CNAME that name has in these records, or NULL. */
const ldns_rdf *alias_of(const char *name, const ldns_rr_list *);

#endif
