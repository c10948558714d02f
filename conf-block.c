/* SPDX-License-Identifier: ISC */
/*
 * acme-client.conf(5): the statements in the blocks of authorities and domains.
 */
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acme-client.h"
#include "conf-parse.h"

/* p and digits: what can only be meant as one, right or wrong. */
static int
is_curve(const char *word)
{
	return word[0] == 'p' && word[1] != '\0' &&
	    word[1 + strspn(word + 1, "0123456789")] == '\0';
}

/* This word, or an error. */
static int
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

/* [rsa [2048|3072|4096] | ecdsa [p256|p384]] */
static void
parse_keyspec(struct keyspec *spec)
{
	static const char *const meant[] = { "rsa", "ec", "ed", "secp",
		"prime" };
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
	size_t i, n = sizeof(sizes) / sizeof(sizes[0]);
	int unknown = 0;

	if (type != NULL) {
		spec->type = *type == 'r' ? KEYTYPE_RSA : KEYTYPE_ECDSA;
		lex_next();
		for (i = 0; i < n; i++)
			if (strcmp(sizes[i].type, type) == 0 &&
			    is_word(sizes[i].size)) {
				spec->bits = sizes[i].bits;
				lex_next();
				break;
			}
	}
	/* What looks like the name of a type is one that there is not here. */
	n = sizeof(meant) / sizeof(meant[0]);
	for (i = 0; type == NULL && i < n; i++)
		unknown |= strncasecmp(lex_word, meant[i], strlen(meant[i])) ==
		    0;
	if (lex_token == TOKEN_WORD &&
	    (unknown || is_curve(lex_word) ||
		isdigit((unsigned char)lex_word[0]))) {
		lex_error(
		    "%s: expected rsa [2048|3072|4096] or ecdsa [p256|p384]",
		    lex_word);
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

/* ID hmac file PATH [hs256|hs384|hs512] */
static void
parse_eab(void *block, const struct statement *s)
{
	static const char *const algorithms[][2] = {
		{ "hs256", "HS256" },
		{ "hs384", "HS384" },
		{ "hs512", "HS512" },
	};
	struct authority *a = block;
	size_t i;

	set_string(&a->eab_kid, s);
	a->eab_alg = algorithms[0][1];
	if (!take_word("hmac") || !take_word("file"))
		return;
	set_string(&a->eab_file, s);
	for (i = 0; i < 3; i++)
		if (is_word(algorithms[i][0])) {
			a->eab_alg = algorithms[i][1];
			lex_next();
			return;
		}
}

/* URL [auth file PATH] */
static void
parse_proxy(void *block, const struct statement *s)
{
	struct authority *a = block;

	set_string(&a->proxy, s);
	if (!is_word("auth"))
		return;
	lex_next();
	if (take_word("file"))
		set_string(&a->proxy_auth, s);
}

/*
 * The last second of a day in UTC (YYYY-MM-DD), as seconds since 1970; 0: it is
 * none.
 */
static uint64_t
end_of_day(const char *text)
{
	struct tm tm = { .tm_hour = 23, .tm_min = 59, .tm_sec = 59 }, day;
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	time_t t;

	if (end == NULL || *end != '\0' || strlen(text) != strlen("YYYY-MM-DD"))
		return 0;
	day = tm;
	t = timegm(&tm);
	/* There is no 30th of February. */
	return t > 0 && tm.tm_mday == day.tm_mday ? (uint64_t)t : 0;
}

/* NAME [until YYYY-MM-DD] */
static void
parse_issuer(void *block, const struct statement *s)
{
	struct authority *a = block;
	char *date;

	set_string(&a->issuer, s);
	if (!is_word("until"))
		return;
	lex_next();
	if ((date = take_string("a date (YYYY-MM-DD)")) == NULL)
		return;
	if ((a->until = end_of_day(date)) == 0)
		lex_error(
		    "issuer: until %s: expected a date (YYYY-MM-DD)", date);
	free(date);
}

/* ipv4 or ipv6 */
static void
parse_prefer(void *block, const struct statement *s)
{
	struct authority *a = block;

	if (a->prefer != PREFER_NONE)
		lex_error("'%s' stands twice in this block", s->words);
	a->prefer = is_word("ipv4") ? PREFER_IPV4 :
	    is_word("ipv6")         ? PREFER_IPV6 :
				      PREFER_NONE;
	if (a->prefer == PREFER_NONE) {
		lex_error("expected ipv4 or ipv6 instead of %s", token_text());
		skip_line();
	} else
		lex_next();
}

/* A statement that is no more than its words. */
static void
parse_flag(void *block, const struct statement *s)
{
	*(int *)(void *)((char *)block + s->offset) = 1;
}

void
add_string(struct strings *list, char *text)
{
	if ((list->v = reallocarray(list->v, list->n + 1, sizeof(*list->v))) ==
	    NULL)
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

/*
 * { name ... }, with blanks, commas or line ends between; a second list adds to
 * the first.
 */
static void
parse_alternative_names(void *block, const struct statement *s)
{
	struct domain *d = block;
	int listed = 0;

	(void)s;
	if (lex_token != TOKEN_OPEN) {
		lex_error("expected { instead of %s", token_text());
		while (lex_token == TOKEN_WORD || lex_token == TOKEN_COMMA) {
			lex_next();
			listed = 1;
		}
		/* In the same line, it is the list's. */
		if (lex_token == TOKEN_CLOSE && listed)
			lex_next();
		return;
	}
	for (lex_next(); lex_token != TOKEN_CLOSE;) {
		/* No name is a path: the } before it is missing. */
		if (lex_token == TOKEN_WORD && lex_word[0] == '/') {
			lex_error(
			    "expected a name or } instead of %s", lex_word);
			skip_line();
			return;
		} else if (lex_token == TOKEN_WORD) {
			/*
			 * Names may be repeated; far too many are not
			 * remembered.
			 */
			if (d->names.n <= 10 * CONF_NAMES_MAX)
				add_string(&d->names, take_string("a name"));
			else
				lex_next();
		} else if (lex_token == TOKEN_NEWLINE ||
		    lex_token == TOKEN_COMMA)
			lex_next();
		else {
			lex_error(
			    "expected a name or } instead of %s", token_text());
			skip_line();
			return;
		}
	}
	lex_next();
}

/* The type of challenges that are answered. */
static void
parse_challenge(void *block, const struct statement *s)
{
	struct domain *d = block;
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
		lex_error("'%s' stands twice in this block", s->words);
	d->challenge_named = 1;
	d->challenge = (enum challenge_type)c;
	lex_next();
}

/*
 * Program and arguments: a word alone is split at blanks, several are taken as
 * they are.
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
	/* The words stay where they are in text, which is kept. */
	while (argv->n <= COMMAND_WORDS_MAX &&
	    (word = strsep(&text, " \t")) != NULL)
		if (*word != '\0')
			add_string(argv, word);
}

/* What is wrong with it; NULL: nothing. */
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
parse_on_change(void *block, const struct statement *s)
{
	struct commands *c = (void *)((char *)block + s->offset);
	struct strings argv = { .v = NULL };
	int wrong = lex_errors;
	const char *problem;

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

/*
 * A host (what), the word "port" and its number, as two more words; -1 after an
 * error.
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

/* ADDRESS port NUMBER; each further one adds to it. */
static void
parse_listen(void *block, const struct statement *s)
{
	(void)s;
	take_server(&((struct domain *)block)->listen, "an address, or *");
}

/* HOST port NUMBER [starttls smtp|imap]; each further one adds to it. */
static void
parse_verify(void *block, const struct statement *s)
{
	struct domain *d = block;
	char *protocol = NULL;

	(void)s;
	if (take_server(&d->verify, "a host name or address") == -1)
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
	add_string(&d->verify, protocol);
}

static const struct statement authority_statements[] = {
	{ "api url", parse_string, offsetof(struct authority, api_url) },
	{ "api origin", parse_api_origin, 0 },
	{ "account key", parse_account_key, 0 },
	{ "contact", parse_string, offsetof(struct authority, contact) },
	{ "insecure", parse_flag, offsetof(struct authority, insecure) },
	{ "ca file", parse_string, offsetof(struct authority, ca_file) },
	{ "root file", parse_string, offsetof(struct authority, root_file) },
	{ "root any", parse_flag, offsetof(struct authority, root_any) },
	{ "eab key id", parse_eab, 0 },
	{ "proxy", parse_proxy, offsetof(struct authority, proxy) },
	{ "prefer", parse_prefer, 0 },
	{ "issuer", parse_issuer, 0 },
};

static const struct statement domain_statements[] = {
	{ "domain name", parse_string, offsetof(struct domain, name) },
	{ "alternative names", parse_alternative_names, 0 },
	{ "domain key", parse_domain_key, 0 },
	{ "domain certificate", parse_string, offsetof(struct domain, cert) },
	{ "domain chain certificate", parse_string,
	    offsetof(struct domain, chain) },
	{ "domain full chain certificate", parse_string,
	    offsetof(struct domain, fullchain) },
	{ "sign with", parse_string, offsetof(struct domain, sign_with) },
	{ "challengedir", parse_string, offsetof(struct domain, challengedir) },
	{ "stateless", parse_flag, offsetof(struct domain, stateless) },
	{ "profile", parse_string, offsetof(struct domain, profile) },
	{ "preferred chain", parse_string,
	    offsetof(struct domain, preferred_chain) },
	{ "domain combined", parse_string, offsetof(struct domain, combined) },
	{ "csr file", parse_string, offsetof(struct domain, csr_file) },
	{ "check revocation", parse_flag,
	    offsetof(struct domain, check_revocation) },
	{ "check webroot", parse_flag, offsetof(struct domain, check_webroot) },
	{ "accept additional names", parse_flag,
	    offsetof(struct domain, accept_more) },
	{ "challenge", parse_challenge, 0 },
	{ "challenge hook", parse_string,
	    offsetof(struct domain, challenge_hook) },
	{ "listen on", parse_listen, 0 },
	{ "on change", parse_on_change, offsetof(struct domain, on_change) },
	{ "verify", parse_verify, 0 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A block without a name is read all the same, for what else is wrong. */
static char *
take_name(const char *what)
{
	char *name = take_string(what);

	if (name == NULL && lex_token != TOKEN_OPEN)
		skip_line();
	return name;
}

void
parse_authority(struct conf *conf)
{
	struct authority *a;

	conf->authorities = recallocarray(conf->authorities, conf->nauthorities,
	    conf->nauthorities + 1, sizeof(*conf->authorities));
	if (conf->authorities == NULL)
		err(1, NULL);
	a = &conf->authorities[conf->nauthorities++];
	a->line = lex_line();
	a->file = lex_file();
	a->name = take_name("the authority's name");
	parse_block(a, authority_statements, COUNT(authority_statements));
}

/* Grows by doubling: there may be ten thousand. */
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
parse_domain(struct conf *conf)
{
	struct domain *d = new_domain(conf);

	d->line = lex_line();
	d->file = lex_file();
	d->handle = take_name("the domain's handle");
	parse_block(d, domain_statements, COUNT(domain_statements));
}
