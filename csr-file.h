/*
 * A certificate signing request that the administrator brings along, PEM or DER.
 */
#ifndef CSR_FILE_H
#define CSR_FILE_H

#include <stddef.h>

#include "say.h"

#define CSR_TEXT_MAX	65536	/* CSR_BYTES_MAX in PEM */

/* The file's bytes, at most CSR_TEXT_MAX, not looked at; NULL: see why.  The caller frees. */
char	*csr_file_read(const char *path, size_t *len, struct why *);

#endif
