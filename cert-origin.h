/*
 * Where and how the installed certificate was obtained, and whether that is
 * still what the configuration says; in certproc.
 */
#ifndef CERT_ORIGIN_H
#define CERT_ORIGIN_H

#include "cert-job.h"

/* Reads the state from its record (or NULL); what has failed with another authority is left out. */
void	origin_load_state(struct job *, const char *record, size_t len, const char *whose);

/*
 * Must it be obtained anew?  CHANGED_AUTHORITY: it is of another authority, or
 * leads to none of this one's roots; CHANGED_OTHERWISE: type or size of its
 * key, profile or preferred chain.  The reason is in why.
 */
enum changed { CHANGED_NOTHING, CHANGED_AUTHORITY, CHANGED_OTHERWISE };
enum changed origin_changed(const struct job *, struct why *);

/* Is 'group' another one than the files had at the last look? */
int	origin_group_changed(const struct job *);
/* Were the files given to a group, which the configuration has no longer? */
int	origin_takes_group_back(const struct job *);

/* An attempt begins: as it is configured now. */
void	origin_attempt(struct job *);
/* This chain, of that attempt, is installed.  0: that was known already. */
int	origin_installed(struct job *, const struct chain *);
/* The files have the configured group, unless they could not be given to it. */
void	origin_grouped(struct job *);
/* The installed certificate is as configured: so a later change is noticed. */
void	origin_confirm(struct job *);

/* Is the installed certificate known to be obtained as configured now? */
int	origin_is_configured(const struct job *);

#endif
