/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads the tokens of the configuration: words, braces and line ends.  It knows
 * comments, quotes, continued lines, macros and included files, as OpenBSD's
 * parsers do.
 */
#include <sys/stat.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf-parse.h"
#include "log.h"

#define FILE_BYTES_MAX (16 * 1024 * 1024)
#define LINE_BYTES_MAX (64 * 1024)
#define INCLUDE_DEPTH 16
#define ERRORS_MAX 20
#define ENDED (-1)

/* A text that is being read: a file, or a macro's value. */
struct source {
	char *text;
	size_t len, pos;
	const char *file; /* The file's name; NULL: a macro's value. */
	int line;
	dev_t dev;
	ino_t ino;
	struct source *below;
};

struct macro {
	char *name;
	char *value;
	struct macro *next;
};

enum token lex_token;
char lex_word[WORD_MAX];
int lex_quoted;
int lex_errors;
unsigned lex_warnings;

static struct source *top;
static struct macro *macros;
static const char *last_file = "";
static int last_line;
/*
 * The last word in quotes that goes over the end of a line, until an error is
 * printed after it.
 */
static const char *long_file;
static int long_line;

static void
report(const char *file, int line, const char *fmt, va_list ap)
{
	char text[600], safe[800];

	say_format(text, sizeof(text), fmt, ap);
	if (++lex_errors <= ERRORS_MAX)
		warnx("%s:%d: %s", file, line,
		    lex_visible(safe, sizeof(safe), text));
	/* A missing quote may have caused this error. */
	if (long_file == file)
		warnx("%s:%d: the word in quotes that begins here goes over "
		      "the end of the line; is its closing quote missing?",
		    file, long_line);
	long_file = NULL;
}

void
lex_error_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(file, line, fmt, ap);
	va_end(ap);
}

void
lex_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(lex_file(), lex_line(), fmt, ap);
	va_end(ap);
}

void
lex_forget_quotes(void)
{
	long_file = NULL;
}

static void
warn_at(const char *file, int line, const char *text, const char *word)
{
	char safe[800];

	say_warning("%s:%d: %s: %s", file, line,
	    lex_visible(safe, sizeof(safe), word), text);
	lex_warnings++;
}

/* Returns the innermost file.  A macro has no lines of its own. */
static struct source *
file_source(void)
{
	struct source *s = top;

	while (s != NULL && s->file == NULL)
		s = s->below;
	return s;
}

int
lex_line(void)
{
	struct source *s = file_source();

	/* A newline token is part of the line that it ends. */
	return s == NULL ? last_line : s->line - (lex_token == TOKEN_NEWLINE);
}

const char *
lex_file(void)
{
	struct source *s = file_source();

	return s == NULL ? last_file : s->file;
}

static void
push(char *text, size_t len, const char *file, const struct stat *st)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		err(1, NULL);
	s->text = text;
	s->len = len;
	s->line = 1;
	if (file != NULL) {
		if ((s->file = strdup(file)) == NULL)
			err(1, NULL);
		s->dev = st->st_dev;
		s->ino = st->st_ino;
	}
	s->below = top;
	top = s;
}

static void
pop(void)
{
	struct source *s = top;

	if (s->file != NULL) {
		/* The name is never freed: blocks point to it. */
		last_file = s->file;
		last_line = s->line;
	}
	top = s->below;
	free(s->text);
	free(s);
}

/*
 * Says why this file is refused; NULL: it is accepted.  A user who can write to
 * the configuration can have root write files.
 */
static const char *
check_file(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "belongs neither to root nor to you";
	if (st->st_mode & S_IWOTH)
		return "can be written by everyone; chmod o-w";
	if (st->st_size > FILE_BYTES_MAX)
		return "too large";
	return NULL;
}

/*
 * Says why the line at *p is refused; NULL: it is accepted, and *p becomes the
 * next line.
 */
static const char *
check_line(const char **p, const char *end)
{
	const char *line = *p, *next = memchr(line, '\n', (size_t)(end - line));

	if (next == NULL)
		next = end;
	*p = next + (next < end);
	if (next - line > LINE_BYTES_MAX)
		return "a line longer than 64 KiB";
	if (memchr(line, '\0', (size_t)(next - line)) != NULL)
		return "a NUL byte; expected text";
	return NULL;
}

/*
 * Reads a file; NULL, or why it is refused.  *line: the line of the cause, if
 * it has one.
 */
static const char *
read_file(const char *path, int fd, const struct stat *st, int *line)
{
	size_t len = 0, size = (size_t)st->st_size;
	const char *p, *wrong = NULL;
	char *text;
	ssize_t n = 0;

	if ((text = malloc(size + 2)) == NULL)
		err(1, NULL);
	while (len < size && (n = read(fd, text + len, size - len)) > 0)
		len += (size_t)n;
	if (len < size)
		wrong = n == -1 ? strerror(errno) : "changes while it is read";
	else if ((wrong = lex_check_start(text, len)) != NULL)
		*line = 1;
	for (p = text; wrong == NULL && p < text + len; ++*line)
		wrong = check_line(&p, text + len);
	if (wrong != NULL) {
		free(text);
		return wrong;
	}
	/*
	 * A backslash at the end of the file joins no line that follows the
	 * file.
	 */
	if (len > 0 && text[len - 1] == '\\')
		text[len++] = '\n';
	text[len++] = '\n';
	push(text, len, path, st);
	return NULL;
}

static void
forget_macros(void)
{
	struct macro *m;

	while ((m = macros) != NULL) {
		macros = m->next;
		free(m->name);
		free(m->value);
		free(m);
	}
}

int
lex_open(const char *path)
{
	struct source *s;
	struct stat st = { 0 };
	const char *wrong = NULL;
	int fd, depth = 0, line = 0;

	if (top == NULL)
		forget_macros();
	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1 ||
	    fstat(fd, &st) == -1)
		wrong = strerror(errno);
	else
		wrong = check_file(&st);
	for (s = top; wrong == NULL && s != NULL; s = s->below, depth++)
		if (s->file != NULL && s->dev == st.st_dev &&
		    s->ino == st.st_ino)
			wrong = "includes itself";
	if (wrong == NULL && depth > INCLUDE_DEPTH)
		wrong = "included too deeply";
	if (wrong == NULL)
		wrong = read_file(path, fd, &st, &line);
	if (fd != -1)
		close(fd);
	if (wrong == NULL)
		return 0;
	if (line > 0)
		lex_error_at(path, line, "%s", wrong);
	else if (top == NULL) {
		lex_errors++;
		warnx("%s: %s", path, wrong);
	} else
		lex_error("%s: %s", path, wrong);
	return -1;
}

/*
 * Makes the statements that include these files, for the lexer to read; the
 * caller frees them.  A name that cannot be quoted is an error.
 */
static char *
include_all(char **paths, size_t n)
{
	char *text = NULL, *p;
	size_t i, size;
	FILE *f;

	if ((f = open_memstream(&text, &size)) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++) {
		fputs("include \"", f);
		for (p = paths[i]; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\' || *p == '\n') {
				lex_error("include: %s: rename this file: its "
					  "name has a quote, a backslash or a "
					  "line end",
				    paths[i]);
				break;
			}
			fputc(*p, f);
		}
		fputs("\"\n", f);
	}
	if (fclose(f) == EOF)
		err(1, NULL);
	return text;
}

/*
 * glob(3) calls this.  A missing directory has no files, but a directory that
 * cannot be read may have some, which is an error.
 */
static int
include_unread(const char *directory, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		return 0;
	lex_error("include: %s: %s", directory, strerror(error));
	return 1;
}

/*
 * Includes the files that match, in the order of their names.  That none
 * matches is no error.
 */
static void
include_pattern(const char *pattern)
{
	struct source *s;
	char *text;
	glob_t g;
	int depth = 0, rc;

	for (s = top; s != NULL; s = s->below)
		depth++;
	if (depth > INCLUDE_DEPTH) {
		lex_error("%s: included too deeply", pattern);
		return;
	}
	rc = glob(pattern, 0, include_unread, &g);
	if (rc == GLOB_NOMATCH) {
		say(1, "%s:%d: include %s: no file matches", lex_file(),
		    lex_line(), pattern);
		return;
	}
	if (rc == GLOB_ABORTED)
		return;
	if (rc != 0)
		err(1, "include %s", pattern);
	text = include_all(g.gl_pathv, g.gl_pathc);
	globfree(&g);
	push(text, strlen(text), NULL, NULL);
}

/* A path with *, ? or [ is a pattern, unless a file has that very name. */
void
lex_include(const char *path)
{
	if (strpbrk(path, "*?[") != NULL && access(path, F_OK) == -1)
		include_pattern(path);
	else
		lex_open(path);
}

void
lex_define(const char *name, const char *value)
{
	struct macro *m;

	for (m = macros; m != NULL && strcmp(m->name, name) != 0; m = m->next)
		;
	if (m == NULL) {
		if ((m = calloc(1, sizeof(*m))) == NULL ||
		    (m->name = strdup(name)) == NULL)
			err(1, NULL);
		m->next = macros;
		macros = m;
	}
	free(m->value);
	if ((m->value = strdup(value)) == NULL)
		err(1, NULL);
}

/* Reads one character, past the ends of macros and included files. */
static int
get_raw(void)
{
	int c;

	while (top != NULL && top->pos == top->len)
		pop();
	if (top == NULL)
		return ENDED;
	c = (unsigned char)top->text[top->pos++];
	if (c == '\n')
		top->line++;
	return c;
}

static void
unget(int c)
{
	if (c == ENDED || top == NULL || top->pos == 0)
		return;
	top->pos--;
	if (c == '\n')
		top->line--;
}

/*
 * As get_raw(), outside quotes: a backslash before a line end joins the lines,
 * one before another character is left out.
 */
static int
get_char(void)
{
	int c;

	while ((c = get_raw()) == '\\')
		if ((c = get_raw()) != '\n')
			break;
	if (c == '\r' && top->pos > 1 && top->text[top->pos - 2] == '\\')
		lex_error("an invisible carriage return (U+000D) behind the "
			  "backslash; end the lines as Unix does (dos2unix)");
	return c;
}

static void
add_char(size_t *len, int c)
{
	if (*len + 1 < sizeof(lex_word))
		lex_word[(*len)++] = (char)c;
	else if (*len + 1 == sizeof(lex_word)) {
		lex_error("a word longer than %d bytes", WORD_MAX - 2);
		(*len)++;
	}
}

static void
end_word(size_t len)
{
	lex_word[len < sizeof(lex_word) ? len : sizeof(lex_word) - 1] = '\0';
	lex_token = TOKEN_WORD;
	lex_check_word(lex_word, lex_quoted);
}

/*
 * Reads up to the closing quote, which must be in the same file.  Line ends
 * inside are left out.
 */
static void
read_quoted(int quote)
{
	const char *file = lex_file();
	int line = lex_line(), c, next;
	size_t len = 0;

	lex_quoted = 1;
	while ((c = get_raw()) != quote || lex_file() != file) {
		if (c == ENDED || lex_file() != file) {
			lex_error_at(file, line,
			    "the quote that begins here is never closed");
			unget(c);
			break;
		}
		if (c == '\\') {
			next = get_raw();
			if (next == quote || next == ' ' || next == '\t')
				c = next;
			else if (next == '\n')
				continue;
			else
				unget(next);
		}
		if (c != '\n')
			add_char(&len, c);
	}
	if (c != ENDED && lex_line() != line) {
		long_file = file;
		long_line = line;
	}
	end_word(len);
}

static int
in_word(int c)
{
	return c != ENDED &&
	    (isalnum(c) || c >= 0x80 ||
		(ispunct(c) && strchr("(){}!=#,", c) == NULL));
}

static void
read_word(int c)
{
	size_t len = 0;

	do
		add_char(&len, c);
	while (in_word(c = get_char()));
	unget(c);
	end_word(len);
	if (strchr(lex_word, '"') != NULL)
		warn_at(lex_file(), lex_line(),
		    "has a quote in it; is another one missing?", lex_word);
}

/*
 * Reads the value of $name in its place.  Macros in the value are not replaced.
 */
static void
expand(void)
{
	struct macro *m;
	size_t len = 0;
	int c;

	while ((c = get_char()) != ENDED && (isalnum(c) || c == '_'))
		add_char(&len, c);
	unget(c);
	end_word(len);
	for (m = macros; m != NULL && strcmp(m->name, lex_word) != 0;
	     m = m->next)
		;
	if (m == NULL) {
		lex_error("macro '%s' is not defined", lex_word);
		return;
	}
	push(strdup(m->value), strlen(m->value), NULL, NULL);
	if (top->text == NULL)
		err(1, NULL);
}

void
lex_next(void)
{
	static const char single[] = "\n{}=,";
	static const enum token tokens[] = { TOKEN_NEWLINE, TOKEN_OPEN,
		TOKEN_CLOSE, TOKEN_EQUALS, TOKEN_COMMA };
	const char *p;
	int c;

	/* lex_line() must not take it for a newline any more. */
	lex_token = TOKEN_WORD;
	lex_quoted = 0;
	for (;;) {
		while ((c = get_char()) == ' ' || c == '\t' || c == '\r')
			;
		if (c == '#')
			while ((c = get_char()) != '\n' && c != ENDED)
				;
		if (c == '$' && top->file != NULL)
			expand();
		else if (c == ENDED || strchr("\n{}=,", c) != NULL ||
		    in_word(c))
			break;
		else
			lex_error(
			    "unexpected character '%c'; put the word in quotes",
			    c);
	}
	if (c == ENDED)
		lex_token = TOKEN_END;
	else if ((p = strchr(single, c)) != NULL)
		lex_token = tokens[p - single];
	else if (c == '"' || c == '\'')
		read_quoted(c);
	else
		read_word(c);
}
