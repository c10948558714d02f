/*
 * Messages for people, and the reasons that functions hand up.
 */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stddef.h>

/* Why something failed, in words for the administrator. */
struct error {
	char text[512];
};

extern int verbose; /* number of -v */

/*
 * Fills in w and returns -1, so that a check reads
 * "return why(w, "order: no %s", member);".
 */
int error_set(struct error *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints a line on stderr if -v was given at least `level' times. */
void say(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * As vsnprintf(3), with "..." at the end of what was cut; outsz is 4 at least.
 */
void say_format(char *out, size_t outsz, const char *fmt, va_list)
    __attribute__((format(printf, 3, 0)));

/* Adds to a string in out, likewise. */
void say_add(char *out, size_t outsz, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Text that may be longer than there is room for: its beginning and its end,
 * where CAs put the address to go to, with " ... " between.  outsz is 64 at
 * least.
 */
char *say_shorten(char *out, size_t outsz, const char *text);

/*
 * Makes text from outside fit for a terminal or log: visible characters
 * only, at most outsz - 1 bytes, "..." where it was cut.  Returns out.
 */
char *say_safe(char *out, size_t outsz, const char *text, size_t len);

#endif
