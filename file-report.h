/*
 * Forgetting what a run has changed, once that is reported.  In the process file.
 */
#ifndef FILE_REPORT_H
#define FILE_REPORT_H

#include "msg.h"

/* Handler: the run ends with status 0. */
void	file_reported(struct msg *);

#endif
