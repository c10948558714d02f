/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads files of trust anchors.
 */
#ifndef TRUST_H
#define TRUST_H

#include "log.h"

/*
 * Systems have their trust anchors in these files; the first existing one is
 * used.
 */
#define TRUST_SYSTEM_FILES 3
extern const char *const trust_system_files[TRUST_SYSTEM_FILES];

/*
 * Opens the file of trust anchors (NULL: the system's), to be read in the
 * sandbox. -1, with the reason.
 */
int trust_open(const char *path, struct error *);
/*
 * Reads the whole text, NUL-terminated, and closes fd.  NULL, with the reason.
 * The caller frees.
 */
char *trust_read(int fd, size_t *len, struct error *);

#endif
