/*
 * What the files of a domain look like from outside.
 */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include "conf.h"

/*
 * The same as long as none of its files, nor what the configuration says about
 * the key, has changed: by inode, size, times, mode and owner.  The caller frees.
 */
char	*fingerprint(const struct domain *);

#endif
