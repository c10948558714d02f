/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * One line a test on stdout: "ok NAME", "FAIL NAME: file:line: ...", or
 * "skip NAME: reason".  run.sh counts them.  main() ends with test_end().
 */
#ifndef TEST_H
#define TEST_H

#include <stdarg.h>
#include <stdio.h>

static int test_failures;

/* check(what must hold, "name with %s", ...) */
#define check(cond, ...) \
	test_report((cond) != 0, __FILE__, __LINE__, #cond, __VA_ARGS__)

__attribute__((format(printf, 5, 6))) static inline int
test_report(
    int ok, const char *file, int line, const char *cond, const char *fmt, ...)
{
	va_list ap;

	printf("%s ", ok ? "ok" : "FAIL");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	if (!ok) {
		printf(": %s:%d: %s", file, line, cond);
		test_failures++;
	}
	putchar('\n');
	return ok;
}

static inline int
test_end(void)
{
	fflush(stdout);
	return test_failures != 0;
}

#endif
