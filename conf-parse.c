/* SPDX-License-Identifier: ISC */
/*
 * acme-client.conf(5): statements in general, and those outside blocks.
 * Words are keywords only where they can stand as such, so that a name or
 * macro may be any word.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme-client.h"
#include "conf-parse.h"
#include "valid.h"

#define MACRO_MAX (64 * 1024)

static struct conf *conf;

int
is_word(const char *word)
{
	return lex_token == TOKEN_WORD && !lex_quoted &&
	    strcmp(lex_word, word) == 0;
}

/* A block or list that begins in the line belongs to it, up to its }. */
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

/* The next word, copied; NULL after an error. */
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

/* Does the statement begin with these n words, and is there more of it? */
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

/* This word, behind what there is in line already, begins no statement. */
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

/*
 * Reads the words of the longest statement that they can be; NULL after an
 * error.
 */
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

/* The { of a block; if it is missing, what follows is read as its content. */
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

/* { statement ... }, each on a line of its own as a rule. */
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
			s->parse(block, s);
	}
	lex_next();
}

void
set_string(char **out, const struct statement *s)
{
	char *text = take_string("a value");

	if (text == NULL)
		skip_line();
	else if (*out != NULL) {
		lex_error("'%s' stands twice in this block", s->words);
		free(text);
	} else
		*out = text;
}

void
parse_string(void *block, const struct statement *s)
{
	set_string((char **)(void *)((char *)block + s->offset), s);
}

/* name = value, where several words are one value with blanks between. */
static void
parse_macro(const char *name)
{
	char *value;
	size_t len, size, word;

	if (name[strcspn(name, " \t")] != '\0')
		lex_error("macro name '%s': expected one without blanks", name);
	lex_next();
	if ((value = take_string("the macro's value")) == NULL) {
		skip_line();
		return;
	}
	len = strlen(value);
	for (size = len + 1; lex_token == TOKEN_WORD; lex_next()) {
		if (len > MACRO_MAX) {
			lex_error("value of macro '%s' is too long", name);
			skip_line();
			break;
		}
		word = strlen(lex_word);
		if (size < len + word + 2 &&
		    (value = realloc(value, size = 2 * (len + word + 2))) ==
			NULL)
			err(1, NULL);
		value[len++] = ' ';
		memcpy(value + len, lex_word, word + 1);
		len += word;
	}
	lex_define(name, value);
	free(value);
}

/* The line is for conf-check.c to name. */
static void
parse_global(void *block, const struct statement *s)
{
	struct conf *c = block;

	if (s->offset == offsetof(struct conf, state_dir)) {
		c->state_file = lex_file();
		c->state_line = lex_line();
	} else {
		c->metrics_file = lex_file();
		c->metrics_line = lex_line();
	}
	parse_string(block, s);
}

/* Decimal digits only; -1 after an error. */
static int
take_number(const char *what, int least, int most)
{
	char *text = take_string(what);
	const char *error = NULL;
	int n = -1;

	if (text == NULL)
		return -1;
	n = (int)strtonum(text, least, most, &error);
	if (error != NULL || text[strspn(text, "0123456789")] != '\0') {
		lex_error("%s: expected %s, a number from %d to %d", text, what,
		    least, most);
		n = -1;
	}
	free(text);
	return n;
}

/* dns wait SECONDS */
static void
parse_dns_wait(void *block, const struct statement *s)
{
	struct conf *c = block;

	if (c->dns_wait_named)
		lex_error("'%s' stands twice", s->words);
	c->dns_wait_named = 1;
	c->dns_wait = take_number("seconds", 0, DNS_WAIT_MAX);
}

/* dns server ADDRESS [port NUMBER] */
static void
parse_dns_server(void *block, const struct statement *s)
{
	struct conf *c = block;
	unsigned char addr[16];
	char *address = take_string("an address"), *port;
	int number = 53;
	size_t len;

	if (address == NULL)
		return;
	if ((len = address_bytes(address, addr)) == 0)
		lex_error("%s: expected the address of a name server", address);
	else if (address_is_group(addr, len))
		lex_error("%s: expected the address of one name server, not a "
			  "multicast or broadcast address",
		    address);
	if (is_word("port")) {
		lex_next();
		number = take_number("a port", 1, UINT16_MAX);
	}
	if (c->dns_servers.n == 2 * DNS_SERVERS_MAX) {
		lex_error("more than %d times '%s'", DNS_SERVERS_MAX, s->words);
		return;
	}
	if (asprintf(&port, "%d", number) == -1)
		err(1, NULL);
	add_string(&c->dns_servers, address);
	add_string(&c->dns_servers, port);
}

static void
parse_include(void)
{
	char *path = take_string("the name of a file");

	if (path == NULL)
		return;
	/* What follows on the line comes after the included file. */
	if (lex_token != TOKEN_NEWLINE && lex_token != TOKEN_END)
		lex_error(
		    "expected the end of the line instead of %s", token_text());
	else
		lex_include(path);
	free(path);
}

static const struct statement top_statements[] = {
	{ "user", parse_string, offsetof(struct conf, user) },
	{ "state directory", parse_global, offsetof(struct conf, state_dir) },
	{ "metrics file", parse_global, offsetof(struct conf, metrics) },
	{ "dns wait", parse_dns_wait, 0 },
	{ "dns server", parse_dns_server, 0 },
	{ "on change", parse_on_change, offsetof(struct conf, on_change) },
	/* What follows is not found there; it is for misspelt ones. */
	{ "authority", NULL, 0 },
	{ "domain", NULL, 0 },
	{ "include", NULL, 0 },
};
#define NTOP (sizeof(top_statements) / sizeof(top_statements[0]))

/* Which one begins with this word and goes on with the next token? */
static const struct statement *
find_top(const char *word)
{
	size_t i, len = strlen(word);
	const char *rest;

	for (i = 0; i < NTOP; i++) {
		if (strncmp(top_statements[i].words, word, len) != 0)
			continue;
		rest = top_statements[i].words + len;
		if (*rest == '\0')
			return &top_statements[i];
		if (*rest == ' ' && is_word(rest + 1)) {
			lex_next();
			return &top_statements[i];
		}
	}
	return NULL;
}

static void
unknown_top(const char *word)
{
	const char *file = lex_file(), *near;
	char line[WORDS_MAX * WORDS_MAX * 8];
	int number = lex_line();

	strlcpy(line, word, sizeof(line));
	near = parse_nearest(line, sizeof(line), top_statements, NTOP);
	if (near != NULL)
		lex_error_at(
		    file, number, "%s: is it meant to be '%s'?", word, near);
	else
		lex_error_at(file, number,
		    "%s: expected 'authority', 'domain', "
		    "'include', 'user', 'state directory', 'metrics file', "
		    "'dns wait', 'dns server', 'on change' or NAME = VALUE",
		    word);
}

/* A statement of the top level: its first word may also be a macro's name. */
static void
parse_top(void)
{
	const struct statement *s;
	char *word;

	if ((word = take_string(
		 "'authority', 'domain' or another statement")) == NULL) {
		lex_next(); /* also past a stray } */
		return;
	}
	if (lex_token == TOKEN_EQUALS)
		parse_macro(word);
	else if (strcmp(word, "authority") == 0)
		parse_authority(conf);
	else if (strcmp(word, "domain") == 0)
		parse_domain(conf);
	else if (strcmp(word, "include") == 0)
		parse_include();
	else if ((s = find_top(word)) != NULL)
		s->parse(conf, s);
	else {
		unknown_top(word);
		skip_line();
	}
	if (lex_token != TOKEN_NEWLINE && lex_token != TOKEN_END) {
		lex_error(
		    "expected the end of the line instead of %s", token_text());
		skip_line();
	}
	free(word);
}

struct conf *
conf_parse(const char *path)
{
	lex_errors = 0;
	if ((conf = calloc(1, sizeof(*conf))) == NULL)
		err(1, NULL);
	conf->dns_wait = DNS_WAIT;
	if (lex_open(path) == -1)
		return NULL;
	for (lex_next(); lex_token != TOKEN_END;) {
		if (lex_token == TOKEN_NEWLINE)
			lex_next();
		else
			parse_top();
	}
	lex_forget_quotes();
	/* Relations are only worth looking at if all of it could be read. */
	if (lex_errors == 0)
		conf_check(conf, path);
	if (lex_errors > 0) {
		warnx("%s: %d error%s", path, lex_errors,
		    lex_errors == 1 ? "" : "s");
		return NULL;
	}
	return conf;
}

int
conf_on_change(const struct conf *c, const struct domain *d)
{
	return d->on_change.n > 0 || c->on_change.n > 0 || d->verify.n > 0;
}

struct domain *
conf_domain(const struct conf *c, const char *handle)
{
	size_t i;

	for (i = 0; i < c->ndomains; i++)
		if (strcmp(c->domains[i].handle, handle) == 0)
			return &c->domains[i];
	return NULL;
}

const struct authority *
conf_sharer(const struct conf *c, const struct authority *a)
{
	size_t i;

	for (i = 0; i < c->nauthorities; i++)
		if (&c->authorities[i] != a &&
		    strcmp(c->authorities[i].account_key, a->account_key) == 0)
			return &c->authorities[i];
	return NULL;
}
