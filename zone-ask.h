/*
 * One question to one name server, by UDP, and by TCP where the answer was
 * cut.  Nothing here waits: zoneproc's loop calls ask_fill() and ask_turn().
 */
#ifndef ZONE_ASK_H
#define ZONE_ASK_H

#include <sys/types.h>
#include <sys/socket.h>
#include <poll.h>
#include <ldns/ldns.h>

/* Where a name server is. */
struct server {
	struct sockaddr_storage	 ss;
	socklen_t		 len;
};

/* What came of a question; lives until the function that gets it returns. */
struct reply {
	const ldns_pkt	*pkt;		/* an answer to just this question, or NULL: */
	const char	*failure;	/* why there is none */
	int		 unroutable;	/* from here there is no way to such an address */
};

/*
 * Asks for the records of this type that name (without a dot at the end) has,
 * and calls answered() once, later, with context.  recurse: the server is to
 * find out what it does not know.  tries: of UDP, ASK_TRY_MS each.
 */
#define ASK_TRY_MS	3000
void	ask(const struct server *, const char *name, ldns_rr_type, int recurse, unsigned tries,
	    void (*answered)(void *context, const struct reply *), void *context);
/* Takes back all questions with this context: answered() is not called for them. */
void	ask_forget(const void *context);

/*
 * For poll(2): writes the sockets to be polled, at most max, and lowers *ms to
 * when it wants to be called again at the latest; then takes what came of it.
 */
nfds_t	ask_fill(struct pollfd *, nfds_t max, int *ms);
void	ask_turn(const struct pollfd *, nfds_t);

/* Names in text: the same but for case and a dot at the end? */
int	name_equal(const char *, const char *);
/* Is the first the second or below it?  "" is the root. */
int	name_below(const char *, const char *);
/* A name out of an answer, as text without the dot at its end; the caller frees. */
char	*name_text(const ldns_rdf *);

#endif
