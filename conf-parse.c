/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * acme-client.conf(5): macros, included files and the statements outside
 * blocks; the configuration as a whole, read and printed.
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

/*
 * Reads the rest of NAME = VALUE.  Several words become one value with blanks
 * between.
 */
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

static void
parse_state_dir(void *at, const struct statement *s)
{
	struct conf *c = at;

	c->state_file = lex_file();
	c->state_line = lex_line();
	set_string(&c->state_dir, s);
}

static void
print_state_dir(const char *start, const void *at)
{
	print_string(start, &((const struct conf *)at)->state_dir);
}

static void
parse_metrics(void *at, const struct statement *s)
{
	struct conf *c = at;

	c->metrics_file = lex_file();
	c->metrics_line = lex_line();
	set_string(&c->metrics, s);
}

static void
print_metrics(const char *start, const void *at)
{
	print_string(start, &((const struct conf *)at)->metrics);
}

#define STATUS_MODE 0644 /* without a mode: all users may read it */

/* Reads PATH [MODE]. */
static void
parse_status(void *at, const struct statement *s)
{
	struct conf *c = at;
	char *text, *end;
	long mode;

	c->status_file = lex_file();
	c->status_line = lex_line();
	c->status_mode = STATUS_MODE;
	set_string(&c->status, s);
	if (lex_token != TOKEN_WORD || (text = take_string("a mode")) == NULL)
		return;
	mode = strtol(text, &end, 8);
	/* Nobody else may write to a file that a monitor trusts. */
	if (text[strspn(text, "01234567")] != '\0' || *end != '\0' ||
	    (mode & ~STATUS_MODE) != 0 || (mode & 0400) == 0)
		lex_error("%s: expected the mode of the status file, in octal "
			  "digits: that its owner, the group or all may read "
			  "it, such as 0640",
		    text);
	c->status_mode = (int)mode;
	free(text);
}

static void
print_status(const char *start, const void *at)
{
	const struct conf *c = at;

	if (c->status == NULL)
		return;
	printf("%s ", start);
	put_quoted(c->status);
	printf(c->status_mode == STATUS_MODE ? "\n" : " %04o\n",
	    (unsigned)c->status_mode);
}

/* Reads a number of decimal digits alone; -1 after an error. */
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

/* Reads SECONDS. */
static void
parse_dns_wait(void *at, const struct statement *s)
{
	struct conf *c = at;

	if (c->dns_wait_named)
		lex_error("'%s' is given twice", s->words);
	c->dns_wait_named = 1;
	c->dns_wait = take_number("seconds", 0, DNS_WAIT_MAX);
}

static void
print_dns_wait(const char *start, const void *at)
{
	const struct conf *c = at;

	if (c->dns_wait_named)
		printf("%s %d\n", start, c->dns_wait);
}

/* Reads ADDRESS [port NUMBER].  A second statement adds to the first. */
static void
parse_dns_server(void *at, const struct statement *s)
{
	struct strings *servers = at;
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
	if (servers->n == 2 * DNS_SERVERS_MAX) {
		lex_error("more than %d times '%s'", DNS_SERVERS_MAX, s->words);
		return;
	}
	if (asprintf(&port, "%d", number) == -1)
		err(1, NULL);
	add_string(servers, address);
	add_string(servers, port);
}

/* FILE */
static void
parse_include(void *at, const struct statement *s)
{
	char *path = take_string("the name of a file");

	(void)at;
	(void)s;
	if (path == NULL)
		return;
	/* Further words on this line would be read after the included file. */
	if (lex_token != TOKEN_NEWLINE && lex_token != TOKEN_END)
		lex_error(
		    "expected the end of the line instead of %s", token_text());
	else
		lex_include(path);
	free(path);
}

/* The statements of an included file are printed instead. */
static void
print_nothing(const char *start, const void *at)
{
	(void)start;
	(void)at;
}

/* The statements outside blocks, in the order in which they are printed. */
static const struct statement statements[] = {
#define MEMBER(m) offsetof(struct conf, m)
	{ "user", parse_string, print_string, MEMBER(user) },
	{ "state directory", parse_state_dir, print_state_dir, 0 },
	{ "metrics file", parse_metrics, print_metrics, 0 },
	{ "status file", parse_status, print_status, 0 },
	{ "dns wait", parse_dns_wait, print_dns_wait, 0 },
	{ "dns server", parse_dns_server, print_servers, MEMBER(dns_servers) },
	{ "on change", parse_on_change, print_on_change, MEMBER(on_change) },
	{ "authority", parse_authority, print_authorities, 0 },
	{ "domain", parse_domain, print_domains, 0 },
	{ "include", parse_include, print_nothing, 0 },
#undef MEMBER
};
#define COUNT (sizeof(statements) / sizeof(statements[0]))

/* Finds the statement that has this word, or this word and the next token. */
static const struct statement *
find_statement(const char *word)
{
	size_t i, len = strlen(word);
	const char *rest;

	for (i = 0; i < COUNT; i++) {
		if (strncmp(statements[i].words, word, len) != 0)
			continue;
		rest = statements[i].words + len;
		if (*rest == '\0')
			return &statements[i];
		if (*rest == ' ' && is_word(rest + 1)) {
			lex_next();
			return &statements[i];
		}
	}
	return NULL;
}

static void
unknown_statement(const char *word)
{
	const char *file = lex_file(), *near;
	char line[WORDS_MAX * WORDS_MAX * 8], known[600] = "";
	int number = lex_line();
	size_t i;

	strlcpy(line, word, sizeof(line));
	near = parse_nearest(line, sizeof(line), statements, COUNT);
	for (i = 0; i < COUNT; i++)
		say_add(known, sizeof(known), "%s'%s'", i > 0 ? ", " : "",
		    statements[i].words);
	if (near != NULL)
		lex_error_at(
		    file, number, "%s: is it meant to be '%s'?", word, near);
	else
		lex_error_at(file, number, "%s: expected %s or NAME = VALUE",
		    word, known);
}

/* Reads a statement or macro outside blocks, or says what is wrong. */
static void
parse_top(struct conf *conf)
{
	const struct statement *s;
	char *word;

	if ((word = take_string(
		 "'authority', 'domain' or another statement")) == NULL) {
		lex_next(); /* A stray } is skipped. */
		return;
	}
	if (lex_token == TOKEN_EQUALS)
		parse_macro(word);
	else if ((s = find_statement(word)) != NULL)
		s->parse((char *)conf + s->offset, s);
	else {
		unknown_statement(word);
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
	struct conf *conf;

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
			parse_top(conf);
	}
	lex_forget_quotes();
	/* Statements are compared only if all of them could be read. */
	if (lex_errors == 0)
		conf_check(conf, path);
	if (lex_errors > 0) {
		warnx("%s: %d error%s", path, lex_errors,
		    lex_errors == 1 ? "" : "s");
		return NULL;
	}
	return conf;
}

void
conf_print(const struct conf *conf)
{
	print_block("", conf, statements, COUNT);
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
