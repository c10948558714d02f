/* SPDX-License-Identifier: ISC */
/*
 * What must hold between the parts of a configuration.
 */
#include <ctype.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme-client.h"
#include "conf-parse.h"
#include "valid.h"

/* A path of the configuration and what it is for. */
struct use {
	char *path;
	char *dir; /* its directory */
	const char *what;
	int is_key;
	int is_account;
	const char *file;
	int line;
};

static struct use *uses;
static size_t nuses;

/*
 * "line 7", or "line 7 of FILE" if that is another file than here; in a static
 * buffer.
 */
static const char *
line_of(const char *file, int line, const char *here)
{
	static char text[PATH_MAX + 32];

	if (strcmp(file, here) == 0)
		snprintf(text, sizeof(text), "line %d", line);
	else
		snprintf(text, sizeof(text), "line %d of %s", line, file);
	return text;
}

/* "//" becomes "/"; relative paths, "." and ".." are refused. */
static int
clean_path(char *path, const char *what, const char *file, int line)
{
	char *in, *out, *component;
	size_t len;

	if (path[0] != '/') {
		lex_error_at(file, line,
		    "%s %s: expected a path that begins with /", what, path);
		return -1;
	}
	for (in = out = path; *in != '\0';) {
		component = in + strspn(in, "/");
		len = strcspn(component, "/");
		if ((len == 1 && component[0] == '.') ||
		    (len == 2 && component[0] == '.' && component[1] == '.')) {
			lex_error_at(file, line,
			    "%s %s: expected a path without . and ..", what,
			    path);
			return -1;
		}
		if (len > 0) {
			*out++ = '/';
			memmove(out, component, len);
			out += len;
		}
		in = component + len;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
	if (strlen(path) >= PATH_MAX || out == path + 1) {
		lex_error_at(file, line,
		    "%s: expected a path below / of less than %d bytes", what,
		    PATH_MAX);
		return -1;
	}
	return 0;
}

char *
conf_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;

	dir = slash == path ? strdup("/") :
			      strndup(path, (size_t)(slash - path));
	if (dir == NULL)
		err(1, NULL);
	return dir;
}

static void
use(char *path, const char *what, int is_key, int is_account, const char *file,
    int line)
{
	if (path == NULL)
		return;
	/* As an unquoted # leaves it behind. */
	if (path[0] != '\0' && path[strlen(path) - 1] == '/') {
		lex_error_at(file, line,
		    "%s %s: expected a file, not a directory", what, path);
		return;
	}
	if (clean_path(path, what, file, line) == -1)
		return;
	/* Room for the next power of two. */
	if ((nuses & (nuses - 1)) == 0 &&
	    (uses = reallocarray(
		 uses, nuses == 0 ? 1 : 2 * nuses, sizeof(*uses))) == NULL)
		err(1, NULL);
	uses[nuses++] = (struct use){ path, conf_directory(path), what, is_key,
		is_account, file, line };
}

static void
wrong_handle(const char *what, const char *handle, const char *file, int line)
{
	lex_error_at(file, line,
	    "%s %s: expected 1 to 200 visible characters%s", what, handle,
	    lex_is_utf8(handle) ? " (of those beyond ASCII, fewer)" :
				  " in UTF-8; save the file as UTF-8");
}

static void
check_url(const char *text, const char *what, const struct authority *a)
{
	struct url url;

	if (!url_parse(&url, text))
		lex_error_at(a->file, a->line,
		    "authority %s: %s %s: expected an https URL", a->name, what,
		    text);
}

/*
 * RFC 8555 7.3: a mailto: URL has one address and no header fields; another URL
 * is the CA's affair.
 */
static int
valid_contact(const char *url)
{
	size_t scheme = strspn(url,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+."
	    "-");
	const char *p;

	if (!isalpha((unsigned char)url[0]) || url[scheme] != ':' ||
	    url[scheme + 1] == '\0')
		return 0;
	for (p = url; *p != '\0'; p++)
		if (!isgraph((unsigned char)*p))
			return 0;
	if (strncasecmp(url, "mailto:", 7) != 0)
		return 1;
	return strpbrk(url, "?,") == NULL && strchr(url, '@') != NULL;
}

/*
 * Only its host and port count; a password in it would be in this file, which
 * is no secret.
 */
static void
check_proxy(struct authority *a)
{
	struct url url;

	if (a->proxy == NULL)
		return;
	if (strchr(a->proxy, '@') != NULL)
		lex_error_at(a->file, a->line,
		    "authority %s: proxy: name and "
		    "password belong in a file: 'proxy URL auth file FILE'",
		    a->name);
	else if (!url_parse_plain(&url, a->proxy) || strcmp(url.path, "/") != 0)
		lex_error_at(a->file, a->line,
		    "authority %s: proxy %s: expected "
		    "http://HOST:PORT",
		    a->name, a->proxy);
	use(a->proxy_auth, "proxy auth file", 1, 1, a->file, a->line);
}

static void
check_authority(struct authority *a)
{
	size_t i;

	if (!valid_handle(a->name))
		wrong_handle("authority name", a->name, a->file, a->line);
	if (a->api_url == NULL)
		lex_error_at(a->file, a->line,
		    "authority %s: 'api url' is missing", a->name);
	else
		check_url(a->api_url, "api url", a);
	if (a->account_key == NULL)
		lex_error_at(a->file, a->line,
		    "authority %s: 'account key' is missing", a->name);
	for (i = 0; i < a->origins.n; i++)
		check_url(a->origins.v[i], "api origin", a);
	if (a->origins.n >= ORIGINS_MAX)
		lex_error_at(a->file, a->line,
		    "authority %s: more than %d times 'api origin'", a->name,
		    ORIGINS_MAX - 1);
	if (a->contact != NULL && !valid_contact(a->contact))
		lex_error_at(a->file, a->line,
		    "authority %s: contact %s: expected "
		    "mailto:NAME@HOST (RFC 8555 7.3)",
		    a->name, a->contact);
	if (a->issuer != NULL && !valid_dns_name(a->issuer))
		lex_error_at(a->file, a->line,
		    "authority %s: issuer %s: expected the CA's name as in "
		    "CAA records, such as letsencrypt.org",
		    a->name, a->issuer);
	if (a->eab_kid != NULL && a->eab_kid[0] == '\0')
		lex_error_at(a->file, a->line,
		    "authority %s: eab key id: expected the id that the "
		    "CA gave",
		    a->name);
	if (a->root_any && a->root_file != NULL)
		lex_error_at(a->file, a->line,
		    "authority %s: either 'root file' or 'root any'", a->name);
	use(a->account_key, "account key", 1, 1, a->file, a->line);
	use(a->eab_file, "eab hmac file", 1, 1, a->file, a->line);
	check_proxy(a);
	if (a->ca_file != NULL)
		clean_path(a->ca_file, "ca file", a->file, a->line);
	if (a->root_file != NULL)
		clean_path(a->root_file, "root file", a->file, a->line);
}

int
conf_lacks_root(const struct authority *a)
{
	return !a->root_any && a->root_file == NULL &&
	    (a->insecure || a->ca_file != NULL ||
		strstr(a->api_url, "staging") != NULL);
}

/* A relative path is one in the directory of the certificate. */
static void
complete_path(char **path, const char *base)
{
	char *dir, *joined;

	if (*path == NULL || (*path)[0] == '/' || base == NULL ||
	    base[0] != '/')
		return;
	dir = conf_directory(base);
	if (asprintf(&joined, "%s/%s", dir, *path) == -1)
		err(1, NULL);
	free(dir);
	free(*path);
	*path = joined;
}

static void
find_authority(struct conf *c, struct domain *d)
{
	size_t i;

	for (i = 0; i < c->nauthorities && d->authority == NULL; i++)
		if (d->sign_with == NULL ||
		    strcmp(d->sign_with, c->authorities[i].name) == 0)
			d->authority = &c->authorities[i];
	if (d->authority != NULL)
		d->sign_with = d->authority->name;
	if (d->authority == NULL && d->sign_with != NULL)
		lex_error_at(d->file, d->line,
		    "domain %s: sign with %s: there is no such "
		    "authority",
		    d->handle, d->sign_with);
}

/* It says itself which names and which key; that key is not here. */
static void
check_csr_file(struct domain *d)
{
	const char *too_much = d->key != NULL ? "domain key" :
	    d->name != NULL                   ? "domain name" :
	    d->names.n > 0                    ? "alternative names" :
	    d->combined != NULL               ? "domain combined" :
						NULL;

	if (d->csr_file == NULL)
		return;
	if (too_much != NULL)
		lex_error_at(d->file, d->line,
		    "domain %s: either 'csr file' or '%s'", d->handle,
		    too_much);
	clean_path(d->csr_file, "csr file", d->file, d->line);
}

/* Of a host and a port. */
static void
check_port(const struct domain *d, const char *what, char *const server[2])
{
	const char *wrong, *port = server[1];

	strtonum(port, 1, 65535, &wrong);
	if (wrong != NULL || !isdigit((unsigned char)port[0]) || port[0] == '0')
		lex_error_at(d->file, d->line,
		    "domain %s: %s %s port %s: expected a "
		    "number from 1 to 65535",
		    d->handle, what, server[0], port);
}

/* Each address and port in the one form by which they are compared. */
static void
check_listen(struct domain *d)
{
	/* ::ffff:0:0/96, where nothing can be bound that is for IPv6 alone. */
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char addr[16];
	const char *other;
	char **address;
	size_t i, len;

	for (i = 0; i + 1 < d->listen.n; i += 2) {
		address = &d->listen.v[i];
		if ((len = address_bytes(*address, addr)) == 0 &&
		    strcmp(*address, "*") != 0)
			lex_error_at(d->file, d->line,
			    "domain %s: listen on %s: expected an address of "
			    "this machine, or * for all",
			    d->handle, *address);
		if (len == 16 && memcmp(addr, mapped, sizeof(mapped)) == 0)
			lex_error_at(d->file, d->line,
			    "domain %s: listen on %s: this is "
			    "an IPv4 address, which is written as %u.%u.%u.%u",
			    d->handle, *address, addr[12], addr[13], addr[14],
			    addr[15]);
		if (address_is_group(addr, len))
			lex_error_at(d->file, d->line,
			    "domain %s: listen on %s: "
			    "expected an address of this machine alone, not a "
			    "multicast or broadcast address",
			    d->handle, *address);
		if (len > 0)
			conf_normalise(address);
		check_port(d, "listen on", address);
	}
	if (d->listen.n > 2 * LISTEN_MAX)
		lex_error_at(d->file, d->line,
		    "domain %s: more than %d times 'listen on'", d->handle,
		    LISTEN_MAX);
	if (d->challenge != CHALLENGE_HTTP01 &&
	    d->challenge != CHALLENGE_TLSALPN01)
		lex_error_at(d->file, d->line,
		    "domain %s: 'listen on' is for the challenges http-01 and "
		    "tls-alpn-01, not for %s",
		    d->handle, challenge_names[d->challenge]);
	other = d->stateless          ? "stateless" :
	    d->challengedir != NULL   ? "challengedir" :
	    d->challenge_hook != NULL ? "challenge hook" :
					NULL;
	if (other != NULL)
		lex_error_at(d->file, d->line,
		    "domain %s: either 'listen on' or "
		    "'%s'",
		    d->handle, other);
}

/* Hosts in the one form in which they are looked up. */
static void
check_verify(struct domain *d)
{
	const char *wrong;
	char **v;
	size_t i;

	for (i = 0; i + VERIFY_WORDS <= d->verify.n; i += VERIFY_WORDS) {
		v = &d->verify.v[i];
		if ((wrong = conf_normalise(&v[0])) != NULL || v[0][0] == '*')
			lex_error_at(d->file, d->line,
			    "domain %s: verify %s: %s", d->handle, v[0],
			    wrong != NULL ? wrong :
					    "expected the name of one host");
		check_port(d, "verify", v);
	}
	if (d->verify.n > VERIFY_WORDS * VERIFY_MAX)
		lex_error_at(d->file, d->line,
		    "domain %s: more than %d times 'verify'", d->handle,
		    VERIFY_MAX);
}

/* Which challenges go with these names, and who answers them. */
static void
check_challenge(struct domain *d)
{
	int by_dns = challenge_by_dns(d->challenge);
	unsigned char addr[16];
	size_t i;

	for (i = 0; i < d->names.n; i++)
		if (!by_dns && valid_wildcard(d->names.v[i]))
			lex_error_at(d->file, d->line,
			    "domain %s: name %s: a wildcard needs the "
			    "challenge "
			    "dns-01, dns-account-01 or dns-persist-01",
			    d->handle, d->names.v[i]);
		else if (by_dns && address_bytes(d->names.v[i], addr) > 0)
			lex_error_at(d->file, d->line,
			    "domain %s: name %s: an address needs the "
			    "challenge "
			    "http-01 or tls-alpn-01",
			    d->handle, d->names.v[i]);
	if (d->challenge == CHALLENGE_TLSALPN01 && d->listen.n == 0)
		lex_error_at(d->file, d->line,
		    "domain %s: challenge %s needs 'listen on', with the "
		    "address and port where it is answered",
		    d->handle, challenge_names[d->challenge]);
}

/* Records in the DNS: put by a program, or there already. */
static void
check_records(struct domain *d)
{
	int stands = d->challenge == CHALLENGE_DNSPERSIST01;

	d->way = stands ? WAY_PERSIST : WAY_HOOK;
	if (d->challengedir != NULL)
		lex_error_at(d->file, d->line,
		    "domain %s: 'challengedir' is for http-01; with "
		    "'challenge %s', take it out",
		    d->handle, challenge_names[d->challenge]);
	if (d->challenge_hook != NULL)
		clean_path(
		    d->challenge_hook, "challenge hook", d->file, d->line);
	if (stands && d->challenge_hook != NULL)
		lex_error_at(d->file, d->line,
		    "domain %s: dns-persist-01 needs no 'challenge hook': "
		    "its record is published once, by hand; take it out",
		    d->handle);
	else if (!stands && d->challenge_hook == NULL)
		lex_error_at(d->file, d->line,
		    "domain %s: %s needs 'challenge hook' with a program "
		    "that publishes records; acme-client.conf(5) lists those "
		    "that are installed",
		    d->handle, challenge_names[d->challenge]);
}

/* Exactly one way to respond to challenges. */
static void
check_way(struct domain *d)
{
	if (d->listen.n > 0) {
		d->way = WAY_LISTEN;
		check_listen(d);
		return;
	}
	if (d->stateless) {
		d->way = WAY_STATELESS;
		if (d->challenge != CHALLENGE_HTTP01)
			lex_error_at(d->file, d->line,
			    "domain %s: 'stateless' is a "
			    "way to respond to http-01; take it or 'challenge "
			    "%s' "
			    "out",
			    d->handle, challenge_names[d->challenge]);
		if (d->challengedir != NULL)
			lex_error_at(d->file, d->line,
			    "domain %s: either "
			    "'challengedir' or 'stateless', with which no file "
			    "is "
			    "written",
			    d->handle);
		if (d->challenge_hook != NULL)
			lex_error_at(d->file, d->line,
			    "domain %s: either "
			    "'stateless' or 'challenge hook', which is for "
			    "records in the DNS",
			    d->handle);
		return;
	}
	if (challenge_by_dns(d->challenge)) {
		check_records(d);
		return;
	}
	if (d->challenge_hook != NULL) {
		clean_path(
		    d->challenge_hook, "challenge hook", d->file, d->line);
		lex_error_at(d->file, d->line,
		    "domain %s: 'challenge hook' is for dns-01 and "
		    "dns-account-01; name one of them with 'challenge'",
		    d->handle);
	}
	d->way = WAY_WEBROOT;
	if (d->challengedir == NULL &&
	    (d->challengedir = strdup(CHALLENGE_DIR)) == NULL)
		err(1, NULL);
	clean_path(d->challengedir, "challengedir", d->file, d->line);
}

static void
check_domain(struct conf *c, struct domain *d)
{
	if (!valid_handle(d->handle)) {
		wrong_handle("domain handle", d->handle, d->file, d->line);
		return;
	}
	check_csr_file(d);
	conf_names(c, d);
	check_challenge(d);
	find_authority(c, d);
	if (d->key == NULL && d->csr_file == NULL)
		lex_error_at(d->file, d->line,
		    "domain %s: 'domain key' is missing", d->handle);
	if (d->cert == NULL && d->fullchain == NULL)
		lex_error_at(d->file, d->line,
		    "domain %s: 'domain certificate' or 'domain full "
		    "chain certificate' is missing",
		    d->handle);
	check_way(d);
	check_verify(d);
	if (d->check_webroot && d->way != WAY_WEBROOT)
		lex_error_at(d->file, d->line,
		    "domain %s: 'check webroot' looks for a "
		    "file in 'challengedir'; with another way to respond, take "
		    "it "
		    "out",
		    d->handle);
	complete_path(&d->fullchain, d->cert);
	complete_path(&d->chain, d->cert != NULL ? d->cert : d->fullchain);
	use(d->key, "domain key", 1, 0, d->file, d->line);
	use(d->combined, "domain combined", 1, 0, d->file, d->line);
	use(d->cert, "domain certificate", 0, 0, d->file, d->line);
	use(d->chain, "domain chain certificate", 0, 0, d->file, d->line);
	use(d->fullchain, "domain full chain certificate", 0, 0, d->file,
	    d->line);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(
	    ((const struct use *)a)->path, ((const struct use *)b)->path);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Where a key is changed, the next one lies beside it as PATH.new, the one
 * before as PATH.old.
 */
static void
check_beside(const struct use *key, const char *suffix)
{
	struct use wanted = { .path = NULL }, *found;

	if (asprintf(&wanted.path, "%s%s", key->path, suffix) == -1)
		err(1, NULL);
	found = bsearch(&wanted, uses, nuses, sizeof(*uses), by_path);
	if (found != NULL)
		lex_error_at(found->file, found->line,
		    "%s %s: this path is for changes of the %s "
		    "of %s; take another",
		    found->what, found->path, key->what,
		    line_of(key->file, key->line, found->file));
	free(wanted.path);
}

/* One file has one use; only authorities may share an account key. */
static void
check_paths_once(void)
{
	size_t i;

	qsort(uses, nuses, sizeof(*uses), by_path);
	for (i = 1; i < nuses; i++)
		if (strcmp(uses[i - 1].path, uses[i].path) == 0 &&
		    !(uses[i - 1].is_account &&
			uses[i - 1].what == uses[i].what))
			lex_error_at(uses[i].file, uses[i].line,
			    "%s %s: this path is also the %s "
			    "of %s; each needs its own",
			    uses[i].what, uses[i].path, uses[i - 1].what,
			    line_of(uses[i - 1].file, uses[i - 1].line,
				uses[i].file));
	for (i = 0; i < nuses; i++)
		if (uses[i].is_key) {
			check_beside(&uses[i], ".new");
			check_beside(&uses[i], ".old");
			check_beside(&uses[i], ".refused");
		}
}

/*
 * The processes that write certificates and challenge responses must not
 * reach private keys, and their rights go by directory.
 */
static void
check_keys_apart(const struct conf *c)
{
	char **open_dirs, **found;
	size_t i, n = 0;

	if ((open_dirs = calloc(nuses + c->ndomains + 1, sizeof(*open_dirs))) ==
	    NULL)
		err(1, NULL);
	open_dirs[n++] = c->state_dir;
	for (i = 0; i < nuses; i++)
		if (!uses[i].is_key)
			open_dirs[n++] = uses[i].dir;
	for (i = 0; i < c->ndomains; i++)
		if (c->domains[i].challengedir != NULL)
			open_dirs[n++] = c->domains[i].challengedir;
	qsort(open_dirs, n, sizeof(*open_dirs), by_text);
	for (i = 0; i < nuses; i++) {
		found = uses[i].is_key ? bsearch(&uses[i].dir, open_dirs, n,
					     sizeof(*open_dirs), by_text) :
					 NULL;
		if (found != NULL)
			lex_error_at(uses[i].file, uses[i].line,
			    "%s %s: a private key must not be "
			    "in a directory of certificates, challenges or "
			    "state; put it in one of "
			    "its own, such as %s/private",
			    uses[i].what, uses[i].path, uses[i].dir);
	}
	free(open_dirs);
}

static int
by_handle(const void *a, const void *b)
{
	return strcmp((*(struct domain *const *)a)->handle,
	    (*(struct domain *const *)b)->handle);
}

static void
check_names_once(struct conf *c)
{
	struct domain **d;
	size_t i, j;

	for (i = 0; i < c->nauthorities; i++)
		for (j = 0; j < i; j++)
			if (strcmp(c->authorities[i].name,
				c->authorities[j].name) == 0)
				lex_error_at(c->authorities[i].file,
				    c->authorities[i].line,
				    "authority %s: is also at %s",
				    c->authorities[i].name,
				    line_of(c->authorities[j].file,
					c->authorities[j].line,
					c->authorities[i].file));
	if ((d = calloc(c->ndomains + 1, sizeof(*d))) == NULL)
		err(1, NULL);
	for (i = 0; i < c->ndomains; i++)
		d[i] = &c->domains[i];
	qsort(d, c->ndomains, sizeof(*d), by_handle);
	for (i = 1; i < c->ndomains; i++)
		if (strcmp(d[i - 1]->handle, d[i]->handle) == 0)
			lex_error_at(d[i]->file, d[i]->line,
			    "domain %s: is also at %s; give "
			    "one another handle, and the name as 'domain name'",
			    d[i]->handle,
			    line_of(
				d[i - 1]->file, d[i - 1]->line, d[i]->file));
	free(d);
}

void
conf_check(struct conf *c, const char *path)
{
	size_t i;

	nuses = 0;
	if (c->state_dir == NULL && (c->state_dir = strdup(STATE_DIR)) == NULL)
		err(1, NULL);
	clean_path(
	    c->state_dir, "state directory", c->state_file, c->state_line);
	use(c->metrics, "metrics file", 0, 0, c->metrics_file, c->metrics_line);
	if (c->nauthorities == 0)
		lex_error_at(path, 1, "there is no 'authority'");
	check_names_once(c);
	for (i = 0; i < c->nauthorities; i++)
		check_authority(&c->authorities[i]);
	for (i = 0; i < c->ndomains; i++)
		check_domain(c, &c->domains[i]);
	if (lex_errors == 0) {
		check_paths_once();
		check_keys_apart(c);
	}
	while (nuses > 0)
		free(uses[--nuses].dir);
}
