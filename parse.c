/* SPDX-License-Identifier: ISC */
/*
 * acme-client.conf(5).  The words of each statement stand in the tables
 * below; they are keywords only where they can stand, so that a name may be
 * any word.
 */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "conf-check.h"
#include "lex.h"

#define WORDS_MAX	4	/* of a statement */

/* What a statement in a block does with what follows its words. */
struct statement {
	const char	*words;
	void		(*parse)(void *block, const struct statement *);
	size_t		 offset;	/* of the char * that a simple one sets */
};

static struct conf conf;

static int
is_word(const char *word)
{
	return lex_token == TOKEN_WORD && !lex_quoted && strcmp(lex_word, word) == 0;
}

static void
skip_line(void)
{
	while (lex_token != TOKEN_NEWLINE && lex_token != TOKEN_CLOSE && lex_token != TOKEN_END)
		lex_next();
}

static const char *
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
static char *
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

/* Reads the words of the longest statement that they can be; NULL after an error. */
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
			possible += after_words(table[i].words, words, n + 1) != NULL;
		if (possible == 0)
			break;
		strlcat(line, n > 0 ? " " : "", sizeof(line));
		strlcat(line, words[n++], sizeof(line));
		lex_next();
	}
	for (i = 0; i < ntable && n > 0; i++)
		if ((rest = after_words(table[i].words, words, n)) != NULL && *rest == '\0')
			exact = &table[i];
	if (exact == NULL)
		lex_error("%s%s%s is not a statement here; see acme-client.conf(5)",
		    line, *line == '\0' ? "" : " ", token_text());
	return exact;
}

/* { statement ... }, each on a line of its own as a rule. */
static void
parse_block(void *block, const struct statement *table, size_t n)
{
	const struct statement *s;
	int line = lex_line();
	const char *file = lex_file();

	if (lex_token != TOKEN_OPEN) {
		lex_error("expected { instead of %s", token_text());
		skip_line();
		return;
	}
	for (lex_next(); lex_token != TOKEN_CLOSE;) {
		if (lex_token == TOKEN_END) {
			lex_error_at(file, line, "the block that begins here is never closed");
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

static void
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

static void
parse_string(void *block, const struct statement *s)
{
	set_string((char **)(void *)((char *)block + s->offset), s);
}

static void
parse_unsupported(void *block, const struct statement *s)
{
	(void)block;
	lex_error("'%s' is not supported yet", s->words);
	skip_line();
}

/* [rsa [2048|3072|4096] | ecdsa [p256|p384]] and what is not supported yet. */
static void
parse_keyspec(struct keyspec *spec)
{
	static const struct {
		const char	*type, *size;
		enum keytype	 keytype;
		int		 bits;
	} sizes[] = {
		{ "rsa", "2048", KEYTYPE_RSA, 2048 }, { "rsa", "3072", KEYTYPE_RSA, 3072 },
		{ "rsa", "4096", KEYTYPE_RSA, 4096 }, { "ecdsa", "p256", KEYTYPE_ECDSA, 256 },
		{ "ecdsa", "p384", KEYTYPE_ECDSA, 384 },
	};
	const char *type = is_word("rsa") ? "rsa" : is_word("ecdsa") ? "ecdsa" : NULL;
	size_t i, n = sizeof(sizes) / sizeof(sizes[0]);

	if (type != NULL) {
		spec->type = *type == 'r' ? KEYTYPE_RSA : KEYTYPE_ECDSA;
		lex_next();
		for (i = 0; i < n; i++)
			if (strcmp(sizes[i].type, type) == 0 && is_word(sizes[i].size)) {
				spec->bits = sizes[i].bits;
				lex_next();
				break;
			}
	}
	if (is_word("rotate") || is_word("group")) {
		lex_error("'%s' is not supported yet", lex_word);
		skip_line();
	} else if (lex_token == TOKEN_WORD && (isdigit((unsigned char)lex_word[0]) ||
	    strncmp(lex_word, "p", 1) == 0) && strcmp(lex_word, "profile") != 0) {
		lex_error("%s: expected rsa [2048|3072|4096] or ecdsa [p256|p384]", lex_word);
		skip_line();
	}
}

static void
parse_account_key(void *block, const struct statement *s)
{
	struct authority *a = block;

	set_string(&a->account_key, s);
	parse_keyspec(&a->account_spec);
}

static void
parse_domain_key(void *block, const struct statement *s)
{
	struct domain *d = block;

	set_string(&d->key, s);
	parse_keyspec(&d->key_spec);
}

static void
parse_insecure(void *block, const struct statement *s)
{
	(void)s;
	((struct authority *)block)->insecure = 1;
}

static void
parse_root_any(void *block, const struct statement *s)
{
	(void)s;
	((struct authority *)block)->root_any = 1;
}

static void
add_string(struct strings *list, char *text)
{
	if ((list->v = reallocarray(list->v, list->n + 1, sizeof(*list->v))) == NULL)
		err(1, NULL);
	list->v[list->n++] = text;
}

static void
parse_api_origin(void *block, const struct statement *s)
{
	char *text = take_string("a URL");

	(void)s;
	if (text != NULL)
		add_string(&((struct authority *)block)->origins, text);
}

/* { name ... }, with blanks, commas or line ends between. */
static void
parse_alternative_names(void *block, const struct statement *s)
{
	struct domain *d = block;

	if (d->names.n > 0)
		lex_error("'%s' stands twice in this block", s->words);
	if (lex_token != TOKEN_OPEN) {
		lex_error("expected { instead of %s", token_text());
		skip_line();
		return;
	}
	for (lex_next(); lex_token != TOKEN_CLOSE; ) {
		if (lex_token == TOKEN_WORD) {
			/* Many more than allowed are not worth remembering. */
			if (d->names.n <= CONF_NAMES_MAX)
				add_string(&d->names, take_string("a name"));
			else
				lex_next();
		} else if (lex_token == TOKEN_NEWLINE || lex_token == TOKEN_COMMA)
			lex_next();
		else {
			lex_error("expected a name or } instead of %s", token_text());
			skip_line();
			return;
		}
	}
	lex_next();
}

static const struct statement authority_statements[] = {
	{ "api url", parse_string, offsetof(struct authority, api_url) },
	{ "api origin", parse_api_origin, 0 },
	{ "account key", parse_account_key, 0 },
	{ "contact", parse_string, offsetof(struct authority, contact) },
	{ "insecure", parse_insecure, 0 },
	{ "ca file", parse_string, offsetof(struct authority, ca_file) },
	{ "root file", parse_string, offsetof(struct authority, root_file) },
	{ "root any", parse_root_any, 0 },
	{ "eab key id", parse_unsupported, 0 },
};

static const struct statement domain_statements[] = {
	{ "domain name", parse_string, offsetof(struct domain, name) },
	{ "alternative names", parse_alternative_names, 0 },
	{ "domain key", parse_domain_key, 0 },
	{ "domain certificate", parse_string, offsetof(struct domain, cert) },
	{ "domain chain certificate", parse_string, offsetof(struct domain, chain) },
	{ "domain full chain certificate", parse_string, offsetof(struct domain, fullchain) },
	{ "sign with", parse_string, offsetof(struct domain, sign_with) },
	{ "challengedir", parse_string, offsetof(struct domain, challengedir) },
	{ "profile", parse_string, offsetof(struct domain, profile) },
	{ "challenge", parse_unsupported, 0 },
	{ "challenge hook", parse_unsupported, 0 },
	{ "listen on", parse_unsupported, 0 },
	{ "on change", parse_unsupported, 0 },
	{ "preferred chain", parse_unsupported, 0 },
	{ "domain combined", parse_unsupported, 0 },
	{ "csr file", parse_unsupported, 0 },
	{ "check revocation", parse_unsupported, 0 },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static void
parse_authority(void)
{
	struct authority *a;

	conf.authorities = recallocarray(conf.authorities, conf.nauthorities,
	    conf.nauthorities + 1, sizeof(*conf.authorities));
	if (conf.authorities == NULL)
		err(1, NULL);
	a = &conf.authorities[conf.nauthorities++];
	a->line = lex_line();
	a->file = lex_file();
	if ((a->name = take_string("the authority's name")) == NULL)
		skip_line();
	parse_block(a, authority_statements, COUNT(authority_statements));
}

/* Grows by doubling: there may be ten thousand. */
static struct domain *
new_domain(void)
{
	static size_t room;

	if (conf.ndomains == room) {
		conf.domains = recallocarray(conf.domains, room, 2 * room + 16,
		    sizeof(*conf.domains));
		if (conf.domains == NULL)
			err(1, NULL);
		room = 2 * room + 16;
	}
	return &conf.domains[conf.ndomains++];
}

static void
parse_domain(void)
{
	struct domain *d = new_domain();

	d->line = lex_line();
	d->file = lex_file();
	if ((d->handle = take_string("the domain's handle")) == NULL)
		skip_line();
	parse_block(d, domain_statements, COUNT(domain_statements));
}

/* name = value, where several words are one value with blanks between. */
static void
parse_macro(const char *name)
{
	char value[WORD_MAX] = "";
	const char *p;

	for (p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && *p != '_') {
			lex_error("macro name '%s': only letters, digits and _ can be in it", name);
			skip_line();
			return;
		}
	lex_next();
	if (lex_token != TOKEN_WORD) {
		lex_error("expected the macro's value instead of %s", token_text());
		skip_line();
		return;
	}
	for (; lex_token == TOKEN_WORD; lex_next()) {
		if (*value != '\0')
			strlcat(value, " ", sizeof(value));
		if (strlcat(value, lex_word, sizeof(value)) >= sizeof(value))
			lex_error("value of macro '%s' is too long", name);
	}
	lex_define(name, value);
}

static void
parse_include(void)
{
	char *path = take_string("the name of a file");

	if (path == NULL)
		return;
	/* What follows on the line comes after the included file. */
	if (lex_token != TOKEN_NEWLINE && lex_token != TOKEN_END)
		lex_error("expected the end of the line instead of %s", token_text());
	else
		lex_include(path);
	free(path);
}

static const struct statement top_statements[] = {
	{ "user", parse_string, offsetof(struct conf, user) },
	{ "state directory", parse_string, offsetof(struct conf, state_dir) },
	{ "metrics file", parse_unsupported, 0 },
};

/* A statement of the top level: its first word may also be a macro's name. */
static void
parse_top(void)
{
	const struct statement *s;
	char *word;
	size_t i;

	if ((word = take_string("'authority', 'domain' or another statement")) == NULL) {
		lex_next();	/* also past a stray } */
		return;
	}
	if (lex_token == TOKEN_EQUALS)
		parse_macro(word);
	else if (strcmp(word, "authority") == 0)
		parse_authority();
	else if (strcmp(word, "domain") == 0)
		parse_domain();
	else if (strcmp(word, "include") == 0)
		parse_include();
	else {
		for (i = 0; i < COUNT(top_statements); i++) {
			s = &top_statements[i];
			if (strncmp(s->words, word, strlen(word)) != 0 ||
			    (s->words[strlen(word)] != ' ' && s->words[strlen(word)] != '\0'))
				continue;
			if (s->words[strlen(word)] == ' ' && is_word(s->words + strlen(word) + 1))
				lex_next();
			else if (s->words[strlen(word)] == ' ')
				continue;
			s->parse(&conf, s);
			break;
		}
		if (i == COUNT(top_statements)) {
			lex_error("%s: expected 'authority', 'domain', 'include', 'user', "
			    "'state directory' or NAME = VALUE", word);
			skip_line();
		}
	}
	if (lex_token != TOKEN_NEWLINE && lex_token != TOKEN_END) {
		lex_error("expected the end of the line instead of %s", token_text());
		skip_line();
	}
	free(word);
}

struct conf *
conf_parse(const char *path)
{
	if (lex_open(path) == -1)
		return NULL;
	for (lex_next(); lex_token != TOKEN_END;) {
		if (lex_token == TOKEN_NEWLINE)
			lex_next();
		else
			parse_top();
	}
	/* Relations are only worth looking at if all of it could be read. */
	if (lex_errors == 0)
		conf_check(&conf, path);
	if (lex_errors > 0) {
		warnx("%s: %d error%s", path, lex_errors, lex_errors == 1 ? "" : "s");
		return NULL;
	}
	return &conf;
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
