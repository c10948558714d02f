/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * acme-client.conf(5): the statements in the block of a domain.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme-client.h"
#include "conf-parse.h"

/*
 * Reads { NAME ... }, with blanks, commas or line ends between the names.  A
 * second list adds to the first.
 */
static void
parse_alternative_names(void *at, const struct statement *s)
{
	struct domain *d = at;
	int listed = 0;

	(void)s;
	if (lex_token != TOKEN_OPEN) {
		lex_error("expected { instead of %s", token_text());
		while (lex_token == TOKEN_WORD || lex_token == TOKEN_COMMA) {
			lex_next();
			listed = 1;
		}
		/*
		 * A } in the line of a name closes the list, and not the block.
		 */
		if (lex_token == TOKEN_CLOSE && listed)
			lex_next();
		return;
	}
	for (lex_next(); lex_token != TOKEN_CLOSE;) {
		if (lex_token == TOKEN_NEWLINE || lex_token == TOKEN_COMMA)
			lex_next();
		/* No name is a path: the } before it is missing. */
		else if (lex_token != TOKEN_WORD || lex_word[0] == '/') {
			lex_error(
			    "expected a name or } instead of %s", token_text());
			skip_line();
			return;
		} else if (d->names.n <= 10 * CONF_NAMES_MAX) {
			/* Names may be repeated: keep at most so many. */
			add_string(&d->names, take_string("a name"));
		} else
			lex_next();
	}
	lex_next();
}

/*
 * With 'csr file', the CSR contains the names, and this statement is not
 * printed.
 */
static void
print_alternative_names(const char *start, const void *at)
{
	const struct domain *d = at;
	size_t i;

	if (d->csr_file != NULL || d->names.n < 2)
		return;
	printf("%s {\n", start);
	for (i = 1; i < d->names.n; i++)
		printf("\t\t%s\n", d->names.v[i]);
	printf("\t}\n");
}

/* Reads PATH [KEYTYPE] [rotate] [group NAME]. */
static void
parse_domain_key(void *at, const struct statement *s)
{
	struct domain *d = at;

	set_string(&d->key, s);
	parse_keyspec(&d->key_spec);
	for (;;) {
		if (is_word("rotate")) {
			d->rotate = 1;
			lex_next();
		} else if (is_word("group")) {
			lex_next();
			set_string(&d->group, s);
		} else
			break;
	}
}

static void
print_domain_key(const char *start, const void *at)
{
	const struct domain *d = at;

	if (d->key == NULL)
		return;
	printf("%s ", start);
	put_quoted(d->key);
	put_keyspec(&d->key_spec);
	if (d->rotate)
		printf(" rotate");
	if (d->group != NULL) {
		printf(" group ");
		put_quoted(d->group);
	}
	putchar('\n');
}

/* TYPE */
static void
parse_challenge(void *at, const struct statement *s)
{
	struct domain *d = at;
	int c;

	for (c = 0; c < CHALLENGE__MAX; c++)
		if (is_word(challenge_names[c]))
			break;
	if (c == CHALLENGE__MAX) {
		lex_error(
		    "expected http-01, tls-alpn-01, dns-01, dns-account-01, "
		    "dns-persist-01 or 'hook' instead of %s",
		    token_text());
		skip_line();
		return;
	}
	if (d->challenge_named)
		lex_error("'%s' is given twice in this block", s->words);
	d->challenge_named = 1;
	d->challenge = (enum challenge_type)c;
	lex_next();
}

static void
print_challenge(const char *start, const void *at)
{
	const struct domain *d = at;

	if (d->challenge != CHALLENGE_HTTP01)
		printf("%s %s\n", start, challenge_names[d->challenge]);
}

/*
 * Reads a program and its arguments.  A single word is split at blanks; several
 * words are taken as they are.
 */
static void
take_command(struct strings *argv)
{
	char *text = take_string("a program"), *word;

	if (text == NULL)
		return;
	if (lex_token == TOKEN_WORD) {
		add_string(argv, text);
		while (lex_token == TOKEN_WORD && argv->n <= COMMAND_WORDS_MAX)
			add_string(argv, take_string("an argument"));
		return;
	}
	/* The words point into text, which is never freed. */
	while (argv->n <= COMMAND_WORDS_MAX &&
	    (word = strsep(&text, " \t")) != NULL)
		if (*word != '\0')
			add_string(argv, word);
}

/* Says why this command is refused; NULL: it is accepted. */
static const char *
check_command(const struct strings *argv)
{
	size_t i, bytes = 0;

	for (i = 0; i < argv->n; i++)
		bytes += strlen(argv->v[i]) + 1;
	return argv->n == 0 || argv->v[0][0] != '/' ?
	    "expected the absolute path of a program" :
	    argv->n > COMMAND_WORDS_MAX || bytes > COMMAND_BYTES_MAX ?
	    "this is too long; put it into a script" :
	    lex_token == TOKEN_EQUALS || lex_token == TOKEN_COMMA ||
		lex_token == TOKEN_OPEN ?
	    "put what is not a plain word in quotes" :
	    NULL;
}

void
parse_on_change(void *at, const struct statement *s)
{
	struct commands *c = at;
	struct strings argv = { .v = NULL };
	int wrong = lex_errors;
	const char *problem;

	(void)s;
	take_command(&argv);
	problem = lex_errors > wrong ? NULL : check_command(&argv);
	if (problem != NULL)
		lex_error(
		    "on change %s: %s", argv.n == 0 ? "" : argv.v[0], problem);
	else if (c->n == COMMANDS_MAX)
		lex_error("on change: more than %d commands in one place; put "
			  "them into a script",
		    COMMANDS_MAX);
	if (lex_errors > wrong) {
		skip_line();
		return;
	}
	if ((c->v = reallocarray(c->v, c->n + 1, sizeof(*c->v))) == NULL)
		err(1, NULL);
	c->v[c->n++] = argv;
}

void
print_on_change(const char *start, const void *at)
{
	const struct commands *c = at;
	size_t i, j;

	for (i = 0; i < c->n; i++) {
		printf("%s", start);
		for (j = 0; j < c->v[i].n; j++) {
			putchar(' ');
			put_quoted(c->v[i].v[j]);
		}
		putchar('\n');
	}
}

/*
 * Reads HOST port NUMBER, and adds host and number to words; -1 after an error,
 * which calls the host what.
 */
static int
take_server(struct strings *words, const char *what)
{
	char *host, *port;

	if ((host = take_string(what)) == NULL) {
		skip_line();
		return -1;
	}
	if (!take_word("port")) {
		free(host);
		return -1;
	}
	if ((port = take_string("a port's number")) == NULL) {
		free(host);
		skip_line();
		return -1;
	}
	add_string(words, host);
	add_string(words, port);
	return 0;
}

/* Reads ADDRESS port NUMBER.  A second statement adds to the first. */
static void
parse_listen(void *at, const struct statement *s)
{
	(void)s;
	take_server(at, "an address, or *");
}

/*
 * Reads HOST port NUMBER [starttls smtp|imap].  A second statement adds to the
 * first.
 */
static void
parse_verify(void *at, const struct statement *s)
{
	struct strings *verify = at;
	char *protocol = NULL;

	(void)s;
	if (take_server(verify, "a host name or address") == -1)
		return;
	if (is_word("starttls")) {
		lex_next();
		if (!is_word("smtp") && !is_word("imap")) {
			lex_error("expected smtp or imap instead of %s",
			    token_text());
			skip_line();
		} else
			protocol = take_string("a protocol");
	}
	if (protocol == NULL && (protocol = strdup("")) == NULL)
		err(1, NULL);
	add_string(verify, protocol);
}

static void
print_verify(const char *start, const void *at)
{
	const struct strings *verify = at;
	char *const *v;
	size_t i;

	for (i = 0; i + VERIFY_WORDS <= verify->n; i += VERIFY_WORDS) {
		v = verify->v + i;
		printf("%s %s port %s%s%s\n", start, v[0], v[1],
		    *v[2] != '\0' ? " starttls " : "", v[2]);
	}
}

/*
 * The statements of a domain's block, in the order in which they are printed.
 */
static const struct statement statements[] = {
#define MEMBER(m) offsetof(struct domain, m)
	{ "csr file", parse_string, print_string, MEMBER(csr_file) },
	{ "domain name", parse_string, print_string, MEMBER(name) },
	{ "alternative names", parse_alternative_names, print_alternative_names,
	    0 },
	{ "domain key", parse_domain_key, print_domain_key, 0 },
	{ "domain certificate", parse_string, print_string, MEMBER(cert) },
	{ "domain chain certificate", parse_string, print_string,
	    MEMBER(chain) },
	{ "domain full chain certificate", parse_string, print_string,
	    MEMBER(fullchain) },
	{ "domain combined", parse_string, print_string, MEMBER(combined) },
	{ "preferred chain", parse_string, print_string,
	    MEMBER(preferred_chain) },
	{ "sign with", parse_string, print_string, MEMBER(sign_with) },
	{ "challenge", parse_challenge, print_challenge, 0 },
	{ "challengedir", parse_string, print_string, MEMBER(challengedir) },
	{ "stateless", parse_flag, print_flag, MEMBER(stateless) },
	{ "listen on", parse_listen, print_servers, MEMBER(listen) },
	{ "profile", parse_string, print_string, MEMBER(profile) },
	{ "check revocation", parse_flag, print_flag,
	    MEMBER(check_revocation) },
	{ "check webroot", parse_flag, print_flag, MEMBER(check_webroot) },
	{ "accept additional names", parse_flag, print_flag,
	    MEMBER(accept_more) },
	{ "challenge hook", parse_string, print_string,
	    MEMBER(challenge_hook) },
	{ "on change", parse_on_change, print_on_change, MEMBER(on_change) },
	{ "verify", parse_verify, print_verify, MEMBER(verify) },
#undef MEMBER
};
#define COUNT (sizeof(statements) / sizeof(statements[0]))

/* The array grows by doubling, as there may be ten thousand domains. */
static struct domain *
new_domain(struct conf *conf)
{
	size_t n = conf->ndomains;

	if ((n & (n - 1)) == 0) {
		conf->domains = recallocarray(conf->domains, n,
		    n == 0 ? 1 : 2 * n, sizeof(*conf->domains));
		if (conf->domains == NULL)
			err(1, NULL);
	}
	return &conf->domains[conf->ndomains++];
}

void
parse_domain(void *at, const struct statement *s)
{
	struct domain *d = new_domain(at);

	(void)s;
	d->line = lex_line();
	d->file = lex_file();
	d->handle = take_block_name("the domain's handle");
	parse_block(d, statements, COUNT);
}

void
print_domains(const char *start, const void *at)
{
	const struct conf *conf = at;
	size_t i;

	for (i = 0; i < conf->ndomains; i++) {
		printf("\n%s ", start);
		put_quoted(conf->domains[i].handle);
		printf(" {\n");
		print_block("\t", &conf->domains[i], statements, COUNT);
		printf("}\n");
	}
}
