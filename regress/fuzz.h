/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What a fuzz entry claims of the code under test, and how long it may run.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <signal.h>
#include <stdlib.h>

/* libFuzzer reports the input with which this does not hold. */
static inline void
must(int what_holds)
{
	if (!what_holds)
		abort();
}

/*
 * libFuzzer limits the time on the clock, of which a busy machine gives a
 * target little.  fuzz-long.sh limits the processor's by RLIMIT_CPU: at its end
 * the target stops as by ^C, and writes its figures.
 */
static inline void
processor_time_over(int sig)
{
	(void)sig;
	(void)raise(SIGINT);
}

__attribute__((constructor)) static inline void
watch_processor_time(void)
{
	(void)signal(SIGXCPU, processor_time_over);
}

#endif
