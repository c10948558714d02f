/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What a fuzz entry claims of the code under test.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdlib.h>

/* libFuzzer reports the input with which this does not hold. */
static inline void
must(int what_holds)
{
	if (!what_holds)
		abort();
}

#endif
