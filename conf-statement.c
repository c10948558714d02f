/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * acme-client.conf(5): what the statements of all tables have in common: how
 * they are found by their words, and how their values are read and printed.
 * Words are keywords only where they can stand as such, so that a name or
 * macro may be any word.
 */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf-parse.h"

#define NEAR_MAX 40 /* The most bytes of a misspelt statement. */

int
is_word(const char *word)
{
	return lex_token == TOKEN_WORD && !lex_quoted &&
	    strcmp(lex_word, word) == 0;
}

/* Skips a block or list that begins in the line, up to its }. */
void
skip_line(void)
{
	int depth = 0;

	for (; lex_token != TOKEN_END; lex_next())
		if (lex_token == TOKEN_OPEN)
			depth++;
		else if (depth == 0 &&
		    (lex_token == TOKEN_NEWLINE || lex_token == TOKEN_CLOSE))
			return;
		else if (lex_token == TOKEN_CLOSE)
			depth--;
}

const char *
token_text(void)
{
	switch (lex_token) {
	case TOKEN_WORD:
		return lex_word;
	case TOKEN_NEWLINE:
		return "the end of the line";
	case TOKEN_OPEN:
		return "{";
	case TOKEN_CLOSE:
		return "}";
	case TOKEN_EQUALS:
		return "=";
	case TOKEN_COMMA:
		return ",";
	default:
		return "the end of the file";
	}
}

char *
take_string(const char *what)
{
	char *copy;

	if (lex_token != TOKEN_WORD) {
		lex_error("expected %s instead of %s", what, token_text());
		return NULL;
	}
	if ((copy = strdup(lex_word)) == NULL)
		err(1, NULL);
	lex_next();
	return copy;
}

int
take_word(const char *word)
{
	if (!is_word(word)) {
		lex_error("expected '%s' instead of %s", word, token_text());
		skip_line();
		return 0;
	}
	lex_next();
	return 1;
}

void
add_string(struct strings *list, char *text)
{
	if ((list->v = reallocarray(list->v, list->n + 1, sizeof(*list->v))) ==
	    NULL)
		err(1, NULL);
	list->v[list->n++] = text;
}

/*
 * Counts how many letters must change to make b of a (Levenshtein's distance).
 */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NEAR_MAX + 1], n = strlen(b), i, j, diagonal, best;

	if (strlen(a) > NEAR_MAX || n > NEAR_MAX)
		return NEAR_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i + 1;
		for (j = 1; j <= n; j++) {
			best = diagonal + (a[i] != b[j - 1]);
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[n];
}

const char *
parse_nearest(
    char *text, size_t size, const struct statement *table, size_t ntable)
{
	const char *near = NULL;
	size_t i, n, d, least = 3;

	for (n = 0;; n++) {
		for (i = 0; i < ntable; i++) {
			d = distance(text, table[i].words);
			if (d < least && 3 * d <= strlen(table[i].words)) {
				least = d;
				near = table[i].words;
			}
		}
		if (n == WORDS_MAX || lex_token != TOKEN_WORD)
			return near;
		strlcat(text, *text == '\0' ? "" : " ", size);
		strlcat(text, lex_word, size);
		lex_next();
	}
}

/*
 * Returns what follows these n words in the statement; NULL: it does not begin
 * with them.
 */
static const char *
after_words(const char *statement, char words[][WORDS_MAX * 8], size_t n)
{
	size_t i, len;

	for (i = 0; i < n; i++) {
		len = strlen(words[i]);
		if (strncmp(statement, words[i], len) != 0 ||
		    (statement[len] != ' ' && statement[len] != '\0'))
			return NULL;
		statement += len + (statement[len] == ' ');
	}
	return statement;
}

/*
 * Prints an error: the next token, after the words in line, is part of no
 * statement.
 */
static void
not_a_statement(
    char *line, size_t size, const struct statement *table, size_t ntable)
{
	const char *file = lex_file(), *near;
	int number = lex_line();
	char *wrong;

	if (asprintf(&wrong, "%s%s%s", line, *line == '\0' ? "" : " ",
		token_text()) == -1)
		err(1, NULL);
	near = parse_nearest(line, size, table, ntable);
	lex_error_at(file, number, "%s is not a statement here; %s%s%s", wrong,
	    near == NULL ? "see acme-client.conf(5)" : "is it meant to be '",
	    near == NULL ? "" : near, near == NULL ? "" : "'?");
	free(wrong);
}

/* Reads the words of the longest matching statement; NULL after an error. */
static const struct statement *
take_statement(const struct statement *table, size_t ntable)
{
	const struct statement *exact = NULL;
	char words[WORDS_MAX][WORDS_MAX * 8];
	char line[WORDS_MAX * WORDS_MAX * 8] = "";
	const char *rest;
	size_t n = 0, i, possible;

	while (lex_token == TOKEN_WORD && !lex_quoted && n < WORDS_MAX &&
	    strlen(lex_word) < sizeof(words[0])) {
		strlcpy(words[n], lex_word, sizeof(words[0]));
		for (possible = 0, i = 0; i < ntable; i++)
			possible += after_words(table[i].words, words, n + 1) !=
			    NULL;
		if (possible == 0)
			break;
		strlcat(line, n > 0 ? " " : "", sizeof(line));
		strlcat(line, words[n++], sizeof(line));
		lex_next();
	}
	for (i = 0; i < ntable && n > 0; i++)
		if ((rest = after_words(table[i].words, words, n)) != NULL &&
		    *rest == '\0')
			exact = &table[i];
	if (exact == NULL)
		not_a_statement(line, sizeof(line), table, ntable);
	return exact;
}

char *
take_block_name(const char *what)
{
	char *name = take_string(what);

	if (name == NULL && lex_token != TOKEN_OPEN)
		skip_line();
	return name;
}

/* Reads a block's {.  If it is missing, the block is read all the same. */
static void
open_block(void)
{
	if (lex_token != TOKEN_OPEN)
		lex_error("expected { instead of %s", token_text());
	while (lex_token == TOKEN_WORD || lex_token == TOKEN_EQUALS ||
	    lex_token == TOKEN_COMMA)
		lex_next();
	while (lex_token == TOKEN_NEWLINE)
		lex_next();
	if (lex_token == TOKEN_OPEN)
		lex_next();
}

void
parse_block(void *block, const struct statement *table, size_t n)
{
	const struct statement *s;
	int line = lex_line();
	const char *file = lex_file();

	for (open_block(); lex_token != TOKEN_CLOSE;) {
		if (lex_token == TOKEN_END) {
			lex_error_at(file, line,
			    "the block that begins here is never closed");
			return;
		}
		if (lex_token == TOKEN_NEWLINE)
			lex_next();
		else if ((s = take_statement(table, n)) == NULL)
			skip_line();
		else
			s->parse((char *)block + s->offset, s);
	}
	lex_next();
}

void
print_block(const char *indent, const void *block,
    const struct statement *table, size_t n)
{
	char start[WORDS_MAX * WORDS_MAX * 8];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(start, sizeof(start), "%s%s", indent, table[i].words);
		table[i].print(start, (const char *)block + table[i].offset);
	}
}

/*
 * In quotes, a backslash has a meaning only before a quote, a blank and the end
 * of a line.  So a backslash at the very end needs a continued line after it.
 */
void
put_quoted(const char *s)
{
	char before = '\0';

	putchar('"');
	for (; *s != '\0'; before = *s++) {
		if (*s == '"' || ((*s == ' ' || *s == '\t') && before == '\\'))
			putchar('\\');
		putchar(*s);
	}
	printf("%s\"", before == '\\' ? "\\\n" : "");
}

void
set_string(char **out, const struct statement *s)
{
	char *text = take_string("a value");

	if (text == NULL)
		skip_line();
	else if (*out != NULL) {
		lex_error("'%s' is given twice in this block", s->words);
		free(text);
	} else
		*out = text;
}

void
parse_string(void *at, const struct statement *s)
{
	set_string(at, s);
}

void
print_string(const char *start, const void *at)
{
	const char *value = *(char *const *)at;

	if (value == NULL)
		return;
	printf("%s ", start);
	put_quoted(value);
	putchar('\n');
}

void
parse_flag(void *at, const struct statement *s)
{
	(void)s;
	*(int *)at = 1;
}

void
print_flag(const char *start, const void *at)
{
	if (*(const int *)at)
		printf("%s\n", start);
}

void
print_servers(const char *start, const void *at)
{
	const struct strings *servers = at;
	size_t i;

	for (i = 0; i + 1 < servers->n; i += 2)
		printf(
		    "%s %s port %s\n", start, servers->v[i], servers->v[i + 1]);
}

/*
 * Is it p and digits, which can only be meant as a curve, whether known or not?
 */
static int
is_curve(const char *word)
{
	return word[0] == 'p' && word[1] != '\0' &&
	    word[1 + strspn(word + 1, "0123456789")] == '\0';
}

/* Does the word look like a type or size of a key? */
static int
means_key(const char *word)
{
	static const char *const meant[] = { "rsa", "ec", "ed", "secp",
		"prime" };
	size_t i;

	for (i = 0; i < sizeof(meant) / sizeof(meant[0]); i++)
		if (strncasecmp(word, meant[i], strlen(meant[i])) == 0)
			return 1;
	return 0;
}

void
parse_keyspec(struct keyspec *spec)
{
	static const struct {
		const char *type, *size;
		enum keytype keytype;
		int bits;
	} sizes[] = {
		{ "rsa", "2048", KEYTYPE_RSA, 2048 },
		{ "rsa", "3072", KEYTYPE_RSA, 3072 },
		{ "rsa", "4096", KEYTYPE_RSA, 4096 },
		{ "ecdsa", "p256", KEYTYPE_ECDSA, 256 },
		{ "ecdsa", "p384", KEYTYPE_ECDSA, 384 },
	};
	const char *type = is_word("rsa") ? "rsa" :
	    is_word("ecdsa")              ? "ecdsa" :
					    NULL;
	size_t i;

	if (type != NULL) {
		spec->type = *type == 'r' ? KEYTYPE_RSA : KEYTYPE_ECDSA;
		lex_next();
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			if (strcmp(sizes[i].type, type) == 0 &&
			    is_word(sizes[i].size)) {
				spec->bits = sizes[i].bits;
				lex_next();
				break;
			}
	}
	if (lex_token == TOKEN_WORD &&
	    ((type == NULL && means_key(lex_word)) || is_curve(lex_word) ||
		isdigit((unsigned char)lex_word[0]))) {
		lex_error(
		    "%s: expected rsa [2048|3072|4096] or ecdsa [p256|p384]",
		    lex_word);
		skip_line();
	}
}

void
put_keyspec(const struct keyspec *spec)
{
	if (spec->type == KEYTYPE_RSA)
		printf(" rsa");
	else if (spec->type == KEYTYPE_ECDSA)
		printf(" ecdsa");
	if (spec->bits != 0)
		printf(spec->type == KEYTYPE_RSA ? " %d" : " p%d", spec->bits);
}
