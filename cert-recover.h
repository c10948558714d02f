/*
 * What an earlier run has left to do: by a chain that it saved, or in files
 * that do not belong together.  In certproc.
 */
#ifndef CERT_RECOVER_H
#define CERT_RECOVER_H

#include "cert-job.h"

/*
 * Looks at the saved chain, once the keys and what is installed are known.
 * 1: it is to be installed, chosen is set.  0: nothing is to be installed;
 * changed is set where it was, by a run that could not report it.
 */
int	recover(struct job *);
/* Is a saved chain not in place yet?  For -B, which removes none. */
int	recover_waits(const struct job *);
/* Is there to be a file with key and chain, and is it not the one of the live key and the installed certificate? */
int	combined_is_old(const struct job *);
/* 1: the files do not belong together, but the installed chain is complete, and chosen to be installed anew. */
int	repair(struct job *);

#endif
