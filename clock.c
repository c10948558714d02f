/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Keeps deadlines by the monotonic clock, and writes times as text. */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "clock.h"

_Static_assert(sizeof(time_t) >= 8,
    "time_t has 32 bits, and cannot hold a notAfter beyond 2038");

int64_t
clock_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return ts.tv_sec * (int64_t)1000 + ts.tv_nsec / 1000000;
}

int
clock_left_ms(int64_t deadline)
{
	int64_t now = clock_ms();

	if (deadline <= now)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

const char *
clock_since(int64_t ms)
{
	static char text[32];
	int64_t gone = clock_ms() - ms;

	snprintf(text, sizeof(text), "%lld.%02d", (long long)(gone / 1000),
	    (int)(gone % 1000 / 10));
	return text;
}

void
clock_sleep_ms(int64_t ms)
{
	struct timespec ts;

	if (ms <= 0)
		return;
	ts.tv_sec = (time_t)(ms / 1000);
	ts.tv_nsec = (long)(ms % 1000) * 1000000;
	while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
		;
}

const char *
clock_text(time_t t)
{
	static char text[2][32];
	static int turn;
	struct tm tm;

	turn = !turn;
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text[turn], sizeof(text[turn]), "%Y-%m-%d %H:%M:%S UTC",
		&tm) == 0)
		snprintf(text[turn], sizeof(text[turn]), "%lld", (long long)t);
	return text[turn];
}
