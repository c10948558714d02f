/*
 * Deadlines on the monotonic clock, which nobody can set.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment. */
int64_t clock_ms(void);
/* Until then, as poll() wants it: never negative, at most INT_MAX. */
int clock_left_ms(int64_t deadline);
/* The whole time, also where signals come. */
void clock_sleep_ms(int64_t ms);

/* "2026-11-23 17:40:12 UTC" in a static buffer of two. */
const char *clock_text(time_t);

#endif
