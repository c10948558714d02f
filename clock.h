/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Keeps deadlines by the monotonic clock, and writes times as text. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

/* Returns the milliseconds of the monotonic clock. */
int64_t clock_ms(void);
/*
 * Returns the milliseconds until the deadline, for poll(2): from 0 to INT_MAX.
 */
int clock_left_ms(int64_t deadline);
/*
 * Writes the seconds since then, as "0.46", into a static buffer.
 */
const char *clock_since(int64_t ms);
/* Sleeps for the whole time, even if a signal comes. */
void clock_sleep_ms(int64_t ms);

/*
 * Writes "2026-11-23 17:40:12 UTC" into one of two static buffers, so that a
 * message can have two times.
 */
const char *clock_text(time_t);

#endif
