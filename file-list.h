/*
 * The list of -l, by the process file on its stdout.
 */
#ifndef FILE_LIST_H
#define FILE_LIST_H

#include "file-outlook.h"

/* flags: LIST_*. */
void	file_list(const struct outlook *, size_t n, int flags);

#endif
