/*
 * -B, in certproc: what the installed certificate has replaced is put back.
 */
#ifndef CERT_RESTORE_H
#define CERT_RESTORE_H

#include "cert-job.h"

/*
 * Judges what fileproc has kept, once the keys and what is installed are known;
 * the next key is here the one before the live one.  1: it is chosen, to be
 * installed; 0: nothing is kept that is not installed; -1: it may not be
 * installed, see why.
 */
int	restore(struct job *, struct why *);

#endif
