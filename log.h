/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Prints messages for people, and fills in the errors that functions return. */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stddef.h>

/* An error as a text for the administrator. */
struct error {
	char text[512];
};

extern int verbose; /* The number of -v options. */

/*
 * Fills in the error and returns -1, so that a check can be written as
 * return error_set(e, "order: no %s", member).
 */
int error_set(struct error *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints a line on stderr if -v was given at least level times. */
void say(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * As vsnprintf(3), but text that was cut ends with "..."; outsz is at least 4.
 */
void say_format(char *out, size_t outsz, const char *fmt, va_list)
    __attribute__((format(printf, 3, 0)));

/*
 * Appends to the string in out, cut as say_format() cuts; appends nothing where
 * fewer than 4 bytes are free.
 */
void say_add(char *out, size_t outsz, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Copies text to out.  Of text that is too long it copies the beginning and the
 * end, where CAs put a URL with an explanation, with " ... " between.  outsz is
 * at least 64.  Returns out.
 */
char *say_shorten(char *out, size_t outsz, const char *text);

/*
 * Makes text from outside harmless for a terminal or a log: visible ASCII only,
 * at most outsz - 1 bytes; text that was cut ends with "...".  It is cut once
 * fewer than 8 bytes are free: give 8 more than the longest text.  Returns out.
 */
char *say_safe(char *out, size_t outsz, const char *text, size_t len);

#endif
