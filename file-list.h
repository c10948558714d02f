/*
 * The list of -l, by the process file on its stdout.
 */
#ifndef FILE_LIST_H
#define FILE_LIST_H

#include "acme-client.h"
#include "file-job.h"

/*
 * Prints what there is about each of the jobs, whose directories are open.
 * outcomes[]: unchanged where all is well, installed where something is due,
 * failed where it has expired or does not come about.
 */
void	file_list(struct job *, size_t n, int flags, enum outcome *outcomes);

#endif
