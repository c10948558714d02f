/*
 * Words, braces and line ends of a configuration file and those it includes.
 */
#ifndef LEX_H
#define LEX_H

#include <stddef.h>

#define WORD_MAX	8192

enum token { TOKEN_WORD, TOKEN_NEWLINE, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_EQUALS, TOKEN_COMMA, TOKEN_END };

/* The token that comes next; stays until lex_next(). */
extern enum token lex_token;
extern char	lex_word[WORD_MAX];	/* of TOKEN_WORD */
extern int	lex_quoted;		/* it was in quotes: no keyword */

/* Starts with this file; -1 if it cannot be read. */
int	lex_open(const char *path);
/* Reads the next token into the three above. */
void	lex_next(void);
/* Goes on with another file, or all that match a pattern, at the next lex_next(); errors are counted. */
void	lex_include(const char *path);
/* Errors that come now are not about words that go over a line's end. */
void	lex_forget_quotes(void);
/* A macro: $name is read as value from now on. */
void	lex_define(const char *name, const char *value);
/* Where the token stands; the file's name is kept. */
int	lex_line(void);
const char *lex_file(void);

/*
 * "file:line: ..." on stderr, of the token or of that place; counted in
 * lex_errors.
 */
void	lex_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	lex_error_at(const char *file, int line, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
extern int	lex_errors;
extern unsigned	lex_warnings;		/* said, too, but no errors */

/*
 * Text of the file as messages show it: what is invisible as <U+200B>, bytes that are not
 * UTF-8 as <\xff>; "..." where it was cut.  Returns out.
 */
char	*lex_visible(char *out, size_t size, const char *text);
/* Is there a character in this word that nobody sees, or takes for another?  Then an error, and -1. */
int	lex_check_word(const char *word, int quoted);
int	lex_is_utf8(const char *text);
/* What is wrong with how a file begins; or NULL. */
const char *lex_check_start(const char *text, size_t len);

#endif
