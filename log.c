/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Prints messages for people, and fills in the errors that functions return. */
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define LINE_MAX_HERE 8192

/* What warnx() and err() begin with where stderr is the journal. */
#define MARKED_NAME "<3>acme-client"

int verbose, log_marks;

void
log_begin(const char *stream)
{
	char found[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) == -1)
		return;
	snprintf(found, sizeof(found), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	if (strcmp(stream, found) != 0)
		return;
	log_marks = 1;
	setprogname(MARKED_NAME);
}

void
say_printed(const char *what)
{
	/* If an earlier write has failed, fflush(3) may have nothing left. */
	errno = 0;
	if (fflush(stdout) == EOF || ferror(stdout))
		errc(1, errno != 0 ? errno : EIO,
		    "standard output: cannot write %s", what);
}

void
say_format(char *out, size_t outsz, const char *fmt, va_list ap)
{
	int n = vsnprintf(out, outsz, fmt, ap);

	if (n < 0 || (size_t)n >= outsz)
		snprintf(out + outsz - 4, 4, "...");
}

void
say_add(char *out, size_t outsz, const char *fmt, ...)
{
	size_t len = strlen(out);
	va_list ap;

	/* There is no room for "...": the string stays as it is. */
	if (len + 4 > outsz)
		return;
	va_start(ap, fmt);
	say_format(out + len, outsz - len, fmt, ap);
	va_end(ap);
}

char *
say_shorten(char *out, size_t outsz, const char *text)
{
	static const char gap[] = " ... ";
	size_t len = strlen(text), half = (outsz - sizeof(gap)) / 2;

	if (len < outsz)
		strlcpy(out, text, outsz);
	else {
		memcpy(out, text, half);
		memcpy(out + half, gap, sizeof(gap) - 1);
		strlcpy(
		    out + half + sizeof(gap) - 1, text + len - half, half + 1);
	}
	return out;
}

int
error_set(struct error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_format(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -1;
}

/* Prints a line as vwarnx() does, with its priority if lines are marked. */
__attribute__((format(printf, 2, 0))) static void
print(enum priority priority, const char *fmt, va_list ap)
{
	static char text[LINE_MAX_HERE];
	const char *name = getprogname();

	if (!log_marks) {
		vwarnx(fmt, ap);
		return;
	}
	if (strcmp(name, MARKED_NAME) == 0)
		name = &MARKED_NAME[strlen("<3>")];
	say_format(text, sizeof(text), fmt, ap);
	fprintf(stderr, "<%d>%s: %s\n", (int)priority, name, text);
}

void
say(int level, const char *fmt, ...)
{
	va_list ap;

	if (verbose < level)
		return;
	va_start(ap, fmt);
	print(level > 1 ? PRIORITY_DEBUG : PRIORITY_INFO, fmt, ap);
	va_end(ap);
}

void
say_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_vwarning(fmt, ap);
	va_end(ap);
}

void
say_vwarning(const char *fmt, va_list ap)
{
	print(PRIORITY_WARNING, fmt, ap);
}

/*
 * Is it visible ASCII?  Other characters depend on the locale and the terminal.
 */
static int
visible(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

char *
say_safe(char *out, size_t outsz, const char *text, size_t len)
{
	size_t i, o = 0;

	if (outsz == 0)
		return out;
	for (i = 0; i < len; i++) {
		/* "\xff", "..." and the NUL need room. */
		if (o + 8 > outsz) {
			o += (size_t)snprintf(out + o, outsz - o, "...");
			if (o >= outsz)
				o = outsz - 1;
			break;
		}
		if (visible((unsigned char)text[i]))
			out[o++] = text[i];
		else if (text[i] == '\n' || text[i] == '\t' || text[i] == '\r')
			out[o++] = ' ';
		else
			o += (size_t)snprintf(out + o, outsz - o, "\\x%02x",
			    (unsigned char)text[i]);
	}
	out[o] = '\0';
	return out;
}
