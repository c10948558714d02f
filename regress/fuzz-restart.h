/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Puts the variables of the tested files back to what they were at the start.
 * fuzz-link.sh collects them in sections of their own.
 */
#ifndef FUZZ_RESTART_H
#define FUZZ_RESTART_H

#include <stdint.h>
#include <stdlib.h>

#include "fuzz.h"

extern uint8_t __start_role_data[], __stop_role_data[];
extern uint8_t __start_role_bss[], __stop_role_bss[];

/*
 * Not memcpy(3), which the sanitizer watches: its red zones are among these
 * bytes.  The file that includes this one is compiled without sanitizers for
 * the same reason.
 */
static inline void
copy_raw(uint8_t *to, const uint8_t *from, size_t len)
{
	volatile uint64_t *t = (volatile uint64_t *)(void *)to;
	const uint64_t *f = (const uint64_t *)(const void *)from;
	size_t i;

	for (i = 0; i < len / sizeof(*f); i++)
		t[i] = f[i];
	for (i = len / sizeof(*f) * sizeof(*f); i < len; i++)
		((volatile uint8_t *)to)[i] = from[i];
}

/* The first call saves them, each later one puts them back. */
static inline void
put_back(void)
{
	static uint8_t *data, *bss;
	size_t ndata = (size_t)(__stop_role_data - __start_role_data);
	size_t nbss = (size_t)(__stop_role_bss - __start_role_bss);

	if (data == NULL) {
		must((data = malloc(ndata)) != NULL);
		must((bss = malloc(nbss)) != NULL);
		copy_raw(data, __start_role_data, ndata);
		copy_raw(bss, __start_role_bss, nbss);
	} else {
		copy_raw(__start_role_data, data, ndata);
		copy_raw(__start_role_bss, bss, nbss);
	}
}

#endif
