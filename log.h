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
 * The priorities of lines for the journal, as in syslog(3).  A line without one
 * is an error.
 */
enum priority {
	PRIORITY_ERROR = 3,
	PRIORITY_WARNING = 4,
	PRIORITY_INFO = 6,
	PRIORITY_DEBUG = 7
};
/*
 * Lines on stderr begin with "<N>", N being their priority.  Roles write so for
 * the parent, which takes it off, unless its own stderr is the journal.
 */
extern int log_marks;

/*
 * Has the parent mark its lines if its stderr is the journal: if stream, the
 * variable JOURNAL_STREAM (systemd.exec(5)) or NULL, names that file.
 */
void log_begin(const char *stream);

/*
 * Fills in the error and returns -1, so that a check can be written as
 * return error_set(e, "order: no %s", member).
 */
int error_set(struct error *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints a line on stderr if -v was given at least level times. */
void say(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints a warning: nothing has failed because of that. */
void say_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_vwarning(const char *fmt, va_list)
    __attribute__((format(printf, 1, 0)));

/*
 * The last call where a process has printed on standard output: ends the
 * process with an error unless all of it could be written.  what: such as "the
 * list".
 */
void say_printed(const char *what);

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
