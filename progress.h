/*
 * One line on a terminal that tells how far a run is.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

/* Jobs of the run; done: without those that have failed. */
struct progress {
	uint32_t total, done, failed, at_work;
};

/* Prints it in place of the one before. */
void	progress_show(const struct progress *);
/* Removes it, for another line or the end. */
void	progress_clear(void);

#endif
