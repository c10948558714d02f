/*
 * What the files of a domain look like from outside.
 */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include "conf.h"

/*
 * The same as long as none of its files has changed, by inode, size, times,
 * mode and owner, nor what the configuration says about its key, authority,
 * profile and chain, nor the authority's roots.  The caller frees.
 */
char	*fingerprint(const struct domain *);

#endif
