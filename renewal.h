/*
 * When a certificate is to be renewed: when the CA suggests it (RFC 9773),
 * else by its life.
 */
#ifndef RENEWAL_H
#define RENEWAL_H

#include "cert-set.h"
#include "state.h"

/* RFC 9773 4.1: what the CA knows the certificate by; NULL if it has no such name.  The caller frees. */
char	*renewal_certid(const struct chain *);
/* What counts of a certificate from here on. */
void	renewal_life(const struct chain *, struct life *);

/*
 * When it is due.  Between a CA's window and a third of the life (half, if
 * that is under ten days) the window counts, but never past a sixth of the
 * life before the end, and "now" at most once a day.  *suggested: by
 * the window.
 */
time_t	renewal_time(const struct life *, const char *handle, const struct state *, time_t now,
	    int *suggested);

/*
 * Does the CA say that it should have been renewed long before its time?  It
 * says that of what it has revoked, or is about to (RFC 9773 4.2).
 */
int	renewal_overdue(const struct life *, const char *handle, const struct state *, time_t now);

/* Is the CA to be asked about it now? */
int	renewal_ask(const struct life *, const struct state *, time_t now);

/*
 * Takes the CA's answer about this certificate.  A time is picked only when
 * the window is new (RFC 9773 4.2).  retry: seconds, of Retry-After, -1 if
 * there was none.  A window that makes no sense counts as no answer.
 */
void	renewal_window(struct state *, const char *certid, time_t start, time_t end, long retry,
	    time_t now);
/* There was no answer: asked again after so many seconds, -1: after the usual six hours. */
void	renewal_no_window(struct state *, const char *certid, long retry, time_t now);
/* A certificate was installed: what was known of the one before no longer counts. */
void	renewal_installed(struct state *, const struct life *, time_t now);

#endif
