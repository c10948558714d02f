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

/* Is it of the configured type and size? */
int	keyfile_fits(const struct keyspec *, EVP_PKEY *);

#define NO_GROUP	((gid_t)-1)

/*
 * Makes a key; it is on the disk for good when this returns 0: 0600, or 0640
 * for group.  Where another process was faster, *key is the one that it made.
 */
int	keyfile_create(const struct place *, const struct keyspec *, gid_t group, EVP_PKEY **,
	    struct why *);

/* A key and what follows it, as one file, replaced for good; 0600, or 0640 for group. */
int	keyfile_combine(const struct place *, gid_t group, EVP_PKEY *, const void *rest, size_t len,
	    struct why *);

/*
 * A file with a key that is there already: 0640 for this group, also if it was
 * made without one; 0600 again where there is none and take_back says that
 * there was one.  1: changed; 0: there was nothing to change; -1: see why.
 */
int	keyfile_regroup(const struct place *, gid_t group, int take_back, struct why *);

/*
 * Does this certificate (DER) have the key's public half in it?  It is searched
 * for the bytes, and not parsed: who says what it is may be hostile.
 */
int	keyfile_is_in(EVP_PKEY *, const void *der, size_t len);
/* Is this text PEM blocks of certificates and nothing else, as far as its lines tell? */
int	keyfile_only_certificates(const void *text, size_t len);

/* The first key in a PEM text; NULL: there is none that can be used. */
EVP_PKEY *keyfile_parse(const char *pem, size_t len);

/*
 * Any secret text; refused where others may read it.  1: NUL-terminated, the
 * caller wipes and frees; 0: there is no such file; -1: see why.
 */
int	keyfile_read(const struct place *, char **, size_t *len, struct why *);

#endif
