/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Prints a line on the terminal with the progress of a run. */
#include <stdio.h>

#include "parent.h"

/* The second part is EL of ECMA-48, which erases to the end of the line. */
#define ERASE_LINE "\r\033[K"

static int shown;

void
progress_show(const struct progress *p)
{
	fprintf(stderr,
	    ERASE_LINE "%u of %u done, %u failed, %u in work, %u left", p->done,
	    p->total, p->failed, p->at_work,
	    p->total - p->done - p->failed - p->at_work);
	fflush(stderr);
	shown = 1;
}

void
progress_clear(void)
{
	if (shown)
		fprintf(stderr, ERASE_LINE);
	shown = 0;
}
