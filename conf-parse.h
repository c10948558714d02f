/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Parses the configuration: tokens, statements, checks. */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stddef.h>

#include "conf.h"
#include "log.h"

#define WORD_MAX 8192

enum token {
	TOKEN_WORD,
	TOKEN_NEWLINE,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_EQUALS,
	TOKEN_COMMA,
	TOKEN_END
};

/* The next token, until lex_next() reads another. */
extern enum token lex_token;
/* The text of the token if it is a TOKEN_WORD. */
extern char lex_word[WORD_MAX];
extern int lex_quoted; /* The word was in quotes, and is no keyword. */

/* Goes on with this file at the next lex_next(); -1 if it cannot be read. */
int lex_open(const char *path);
/* Reads the next token into the three variables above. */
void lex_next(void);
/* As lex_open(), for a file or for all files that match a pattern. */
void lex_include(const char *path);
/*
 * Forgets a word in quotes that went on to another line: later errors have
 * nothing to do with it.
 */
void lex_forget_quotes(void);
/* Defines a macro: $name is read as value from now on. */
void lex_define(const char *name, const char *value);
/* The line and file of the token; the file's name is never freed. */
int lex_line(void);
const char *lex_file(void);

/*
 * Prints "FILE:LINE: ..." on stderr, with the token's place or this one, and
 * counts the error in lex_errors.
 */
void lex_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void lex_error_at(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
extern int lex_errors;
extern unsigned lex_warnings; /* The number of warnings that were printed. */

/*
 * Writes text of the file as messages show it: invisible characters as
 * <U+200B>, bytes that are not UTF-8 as <\xff>, "..." where text was cut.
 * Returns out.
 */
char *lex_visible(char *out, size_t size, const char *text);
/*
 * Prints an error, and returns -1, if the word has a character that is
 * invisible or easily taken for another.
 */
int lex_check_word(const char *word, int quoted);
int lex_is_utf8(const char *text);
/* Says why text that begins in this way is refused; NULL: it is accepted. */
const char *lex_check_start(const char *text, size_t len);


/*
 * The statements of the configuration.  Each place where statements can be (the
 * top level, the block of an authority, the block of a domain) has one table of
 * rows, by which they are read and printed, and by which regress/manual.sh
 * compares them with acme-client.conf(5).
 */

#define WORDS_MAX 4 /* The most words of a statement's name. */

/*
 * One row of a table.  at is the address of the block's member at this offset.
 */
struct statement {
	const char *words;
	/* Reads what follows the words. */
	void (*parse)(void *at, const struct statement *);
	/*
	 * Prints the whole statement, which begins with start, as often as it
	 * is in the block, which may be never.
	 */
	void (*print)(const char *start, const void *at);
	size_t offset;
};

/* Reads "{ statement ... }", as a rule with a line for each statement. */
void parse_block(void *block, const struct statement *table, size_t n);
/* Prints what is between the braces. */
void print_block(const char *indent, const void *block,
    const struct statement *table, size_t n);

/*
 * Parse and print a statement with one value.  at: char *, NULL without the
 * statement.
 */
void parse_string(void *at, const struct statement *);
void print_string(const char *start, const void *at);
/*
 * Parse and print a statement without a value.  at: int, 1 with the statement.
 */
void parse_flag(void *at, const struct statement *);
void print_flag(const char *start, const void *at);
/*
 * Prints "HOST port NUMBER" for each server.  at: struct strings, in which
 * hosts and ports alternate.
 */
void print_servers(const char *start, const void *at);
/* Parse and print "on change".  at: struct commands. */
void parse_on_change(void *at, const struct statement *);
void print_on_change(const char *start, const void *at);
/* Parse and print the blocks.  at: struct conf. */
void parse_authority(void *at, const struct statement *);
void print_authorities(const char *start, const void *at);
void parse_domain(void *at, const struct statement *);
void print_domains(const char *start, const void *at);

/* The parsers of statements use the following functions. */

/* Is the next token this word, without quotes? */
int is_word(const char *);
/* Returns the next token as messages name it. */
const char *token_text(void);
/* Reads this word; 0 after an error. */
int take_word(const char *);
/* Reads the next word, which the caller frees; NULL after an error. */
char *take_string(const char *what);
/*
 * As take_string(), for the name of a block.  A block without a name is read
 * all the same, for its other errors.
 */
char *take_block_name(const char *what);
/* Reads the next word into *out; prints an error if *out is set already. */
void set_string(char **out, const struct statement *);
/* Reads [rsa [2048|3072|4096] | ecdsa [p256|p384]]. */
void parse_keyspec(struct keyspec *);
/* Adds text to the list, which keeps the pointer. */
void add_string(struct strings *, char *text);
/* Skips, after an error, to the end of the line or block. */
void skip_line(void);

/* The printers of statements use the following functions. */

/* Prints a text in quotes, so that it is read back to the same text. */
void put_quoted(const char *);
/*
 * Prints type and size of a key with a blank before; nothing if any key will
 * do.
 */
void put_keyspec(const struct keyspec *);

/*
 * Finds the statement that the words in this line are nearest to, if at most
 * two of its letters, and a third of them, are wrong; else NULL.  text has the
 * first words of the line; up to WORDS_MAX others are read and added to it.
 */
const char *parse_nearest(
    char *text, size_t size, const struct statement *table, size_t n);


/*
 * Checks of the configuration as a whole.
 */

/*
 * The directories that the manual page recommends, and the defaults of "state
 * directory" and "challengedir".  configure may name others.
 */
#ifndef CONF_DIR
#define CONF_DIR "/etc/acme-client"
#endif
#ifndef STATE_DIR
#define STATE_DIR "/var/lib/acme-client"
#endif
#ifndef CHALLENGE_DIR
#define CHALLENGE_DIR "/var/www/acme"
#endif

/* The scripts that take over what other ACME clients have. */
#ifndef IMPORT_DIR
#define IMPORT_DIR "/usr/local/share/acme-client/import"
#endif

/* The user of the unprivileged processes without the statement "user". */
#define DEFAULT_USER "_acme-client"

/*
 * What a path is for.  PATH_ACCOUNT is a secret by which an account is used;
 * several authorities may name the same file.
 */
enum path_kind { PATH_PLAIN, PATH_DOMAIN_KEY, PATH_ACCOUNT };

/* Returns the directory that an absolute path is in; the caller frees it. */
char *conf_directory(const char *path);
/* Replaces // by /.  A relative path, "." and ".." are errors, and -1. */
int path_clean(char *path, const char *what, const char *file, int line);
/* Puts a relative path into the directory of base; *path may be NULL. */
void path_complete(char **path, const char *base);
/*
 * Cleans the path of a file, which may be NULL, and remembers it for
 * paths_check().
 */
void path_use(
    char *path, const char *what, enum path_kind, const char *file, int line);
/*
 * Compares all remembered paths, and forgets them: each file has one use, and
 * no private key is in a directory of other files.
 */
void paths_check(const struct conf *);
/*
 * Writes "line 7", or "line 7 of FILE" if that is another file than here, into
 * a static buffer.
 */
const char *place_text(const char *file, int line, const char *here);

/*
 * Fills in defaults, completes paths and names, and reports what is wrong;
 * errors are counted in lex_errors.  path is the main file.
 */
void conf_check(struct conf *, const char *path);

/* lex_error_at() for a domain: "domain HANDLE: ...", at its first line. */
void domain_error(const struct domain *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Checks whether these challenges suit the names. */
void check_challenge(const struct domain *);
/*
 * Checks that there is exactly one way to respond to challenges.  Sets d->way.
 */
void check_way(struct domain *d);
/* Checks the servers of "verify", and normalises their hosts. */
void check_verify(struct domain *);

/*
 * Sets d->names: the first name before the alternative ones, or the names of
 * the CSR; each once, in the form that certificates have.  A wrong name is an
 * error.
 */
void conf_names(const struct conf *, struct domain *);
/*
 * Gives one name or address the form of certificates; it is freed, or changed
 * in place. NULL, or the reason why it is no name.
 */
const char *conf_normalise(char **name);

/*
 * Reads the names in the CSR of this file, which the caller frees.  0, or -1
 * with the reason.  In acme-client, csrproc parses the CSR (parent-names.c):
 * the parent has no parser of CSRs.
 */
int csr_names(const struct conf *, const char *path, struct strings *names,
    struct error *);

/*
 * Warns, for these n domains and their authorities, of files, directories,
 * users and the like that the configuration names but this machine does not
 * have, or that the user who runs acme-client cannot use, and says what to do.
 * Returns the number of warnings, those of conf_layout() among them.
 */
unsigned conf_advise(
    const struct conf *, struct domain *const *domains, size_t n);

/*
 * Warns of directories that are below one another, or that, as root, do not
 * belong to one ordinary user, and says what a process could reach by that.
 * Returns the number of warnings.
 */
unsigned conf_layout(
    const struct conf *, struct domain *const *domains, size_t n);

#endif
