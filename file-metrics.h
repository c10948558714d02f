/*
 * The metrics file, by the process file.
 */
#ifndef FILE_METRICS_H
#define FILE_METRICS_H

#include "file-outlook.h"

/* Replaces the file at this place; others may read it.  0 or -1. */
int	file_metrics(const struct outlook *, size_t n, const struct place *, struct why *);

#endif
