/*
 * Private keys on disk: PEM, unencrypted, readable by their owner only.
 */
#ifndef KEYFILE_H
#define KEYFILE_H

#include <openssl/evp.h>

#include "conf.h"
#include "dir.h"

/*
 * Reads a key.  1: *key is it, the caller frees; 0: there is no such file;
 * -1: it cannot be used, see why.  A key is never made anew because the old
 * one is bad.
 */
int	keyfile_load(const struct place *, const struct keyspec *, EVP_PKEY **, struct why *);

/*
 * Makes a key; it is on the disk for good when this returns 0.  Where another
 * process was faster, *key is the one that it made.
 */
int	keyfile_create(const struct place *, const struct keyspec *, EVP_PKEY **, struct why *);

#endif
