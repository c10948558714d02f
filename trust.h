/*
 * Where trust anchors come from.
 */
#ifndef TRUST_H
#define TRUST_H

#include "log.h"

/* Where systems have theirs; the first one that there is counts. */
#define TRUST_SYSTEM_FILES 3
extern const char *const trust_system_files[TRUST_SYSTEM_FILES];

/*
 * Opens the file of trust anchors, the system's if path is NULL; to be read
 * in the sandbox.  -1: see why.
 */
int trust_open(const char *path, struct error *);
/*
 * Its whole text, NUL-terminated; closes fd.  NULL: see why.  The caller frees.
 */
char *trust_read(int fd, size_t *len, struct error *);

#endif
