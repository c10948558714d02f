/*
 * A TXT record that all name servers of its zone are to answer with.
 */
#ifndef ZONE_WATCH_H
#define ZONE_WATCH_H

#include <poll.h>
#include <stdint.h>

#include "zone-find.h"
#include "standing-record.h"

#define WATCH_TEXT_MAX	2300	/* bytes of a reason, with a record in it */

/*
 * Watches record (a name) until all servers of its zone have a TXT record
 * there with this value, or, where standing is not NULL, one that fits it; for
 * seconds at most.  A standing record is not waited for where a server says
 * that it is not there.  All is kept, but for the structure.  Then
 * done(job, number, NULL, fit), or done() with the reason; fit is the best
 * that was seen of a standing record.
 */
struct watched {
	uint32_t	 job;
	uint32_t	 number;
	const char	*record;
	const char	*value;
	const struct standing *standing;
	unsigned	 seconds;
	void		(*done)(const struct watched *, const char *reason, enum standing_fit);
};
void	watch(const struct watched *);
/* Those of this job end now: "is not waited for any more". */
void	watch_end(uint32_t job);

/*
 * For poll(2): writes the sockets to be polled, at most max, and lowers *ms to
 * when it wants to be called again at the latest; then takes what came of it.
 */
nfds_t	watch_fill(struct pollfd *, nfds_t max, int *ms);
void	watch_turn(const struct pollfd *, nfds_t);

#endif
