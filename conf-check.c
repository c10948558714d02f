/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Checks the configuration as a whole once it is read: statements that are
 * missing, are wrong or exclude each other; fills in defaults.
 */
#include <ctype.h>
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "acme-client.h"
#include "conf-parse.h"
#include "valid.h"

static void
wrong_handle(const char *what, const char *handle, const char *file, int line)
{
	lex_error_at(file, line,
	    "%s %s: expected 1 to 200 visible characters%s", what, handle,
	    lex_is_utf8(handle) ? " (of those beyond ASCII, fewer)" :
				  " in UTF-8; save the file as UTF-8");
}

/* Prints "WHAT NAME: ..." with the first line of a block. */
__attribute__((format(printf, 5, 0))) static void
block_error(const char *what, const char *name, const char *file, int line,
    const char *fmt, va_list ap)
{
	char text[600];

	say_format(text, sizeof(text), fmt, ap);
	lex_error_at(file, line, "%s %s: %s", what, name, text);
}

__attribute__((format(printf, 2, 3))) static void
authority_error(const struct authority *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	block_error("authority", a->name, a->file, a->line, fmt, ap);
	va_end(ap);
}

void
domain_error(const struct domain *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	block_error("domain", d->handle, d->file, d->line, fmt, ap);
	va_end(ap);
}

static void
check_url(const char *text, const char *what, const struct authority *a)
{
	struct url url;

	if (!url_parse(&url, text))
		authority_error(a, "%s %s: expected an https URL", what, text);
}

/*
 * Checks a contact: a mailto: URL has one address and no header fields (RFC
 * 8555 7.3).  The CA judges URLs of other schemes.
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
 * Checks that a proxy's URL has only a host and a port.  A password is not
 * allowed in it, as the configuration is no secret.
 */
static void
check_proxy(struct authority *a)
{
	struct url url;

	if (a->proxy == NULL)
		return;
	if (strchr(a->proxy, '@') != NULL)
		authority_error(a,
		    "proxy: name and password belong in a file: 'proxy URL "
		    "auth file FILE'");
	else if (!url_parse_plain(&url, a->proxy) || strcmp(url.path, "/") != 0)
		authority_error(
		    a, "proxy %s: expected http://HOST:PORT", a->proxy);
	path_use(
	    a->proxy_auth, "proxy auth file", PATH_ACCOUNT, a->file, a->line);
}

/* Are both URLs of one directory, however they are written? */
static int
same_directory_url(const char *a, const char *b)
{
	struct url one, two;

	return a != NULL && b != NULL && url_parse(&one, a) &&
	    url_parse(&two, b) && strcmp(one.host, two.host) == 0 &&
	    strcmp(one.port, two.port) == 0 && strcmp(one.path, two.path) == 0;
}

/* A URL, or the name of another authority; but not of the same CA. */
static void
check_staging(const struct conf *c, const struct authority *a)
{
	const char *at = NULL;
	struct url url;
	size_t i;
	int found;

	if (a->staging == NULL)
		return;
	if ((found = url_parse(&url, a->staging)))
		at = a->staging;
	for (i = 0; i < c->nauthorities && !found; i++)
		if (&c->authorities[i] != a &&
		    strcmp(c->authorities[i].name, a->staging) == 0) {
			at = c->authorities[i].api_url;
			found = 1;
		}
	if (!found)
		authority_error(a,
		    "staging %s: expected an https URL, or the name of another "
		    "authority",
		    a->staging);
	else if (same_directory_url(at, a->api_url))
		authority_error(a,
		    "staging %s: is this authority's own 'api url'; -T would "
		    "use up its limits",
		    a->staging);
}

static void
check_authority(struct authority *a)
{
	size_t i;

	if (!valid_handle(a->name))
		wrong_handle("authority name", a->name, a->file, a->line);
	if (a->api_url == NULL)
		authority_error(a, "'api url' is missing");
	else
		check_url(a->api_url, "api url", a);
	if (a->account_key == NULL)
		authority_error(a, "'account key' is missing");
	for (i = 0; i < a->origins.n; i++)
		check_url(a->origins.v[i], "api origin", a);
	if (a->origins.n >= ORIGINS_MAX)
		authority_error(
		    a, "more than %d times 'api origin'", ORIGINS_MAX - 1);
	if (a->contact != NULL && !valid_contact(a->contact))
		authority_error(a,
		    "contact %s: expected mailto:NAME@HOST (RFC 8555 7.3)",
		    a->contact);
	if (a->issuer != NULL && !valid_dns_name(a->issuer))
		authority_error(a,
		    "issuer %s: expected the CA's name as in CAA records, such "
		    "as letsencrypt.org",
		    a->issuer);
	if (a->eab_kid != NULL && a->eab_kid[0] == '\0')
		authority_error(
		    a, "eab key id: expected the id that the CA gave");
	if (a->root_any && a->root_file != NULL)
		authority_error(a, "either 'root file' or 'root any'");
	path_use(a->account_key, "account key", PATH_ACCOUNT, a->file, a->line);
	path_use(a->eab_file, "eab hmac file", PATH_ACCOUNT, a->file, a->line);
	check_proxy(a);
	if (a->ca_file != NULL)
		path_clean(a->ca_file, "ca file", a->file, a->line);
	if (a->root_file != NULL)
		path_clean(a->root_file, "root file", a->file, a->line);
}

int
conf_lacks_root(const struct authority *a)
{
	return !a->root_any && a->root_file == NULL &&
	    (a->insecure || a->ca_file != NULL ||
		strstr(a->api_url, "staging") != NULL);
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
		domain_error(d, "sign with %s: there is no such authority",
		    d->sign_with);
}

/*
 * The CSR contains the names and the key, so that no other statement may give
 * them.
 */
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
		domain_error(d, "either 'csr file' or '%s'", too_much);
	path_clean(d->csr_file, "csr file", d->file, d->line);
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
		domain_error(d, "'domain key' is missing");
	if (d->cert == NULL && d->fullchain == NULL)
		domain_error(d,
		    "'domain certificate' or 'domain full chain certificate' "
		    "is missing");
	check_way(d);
	check_verify(d);
	if (d->check_webroot && d->way != WAY_WEBROOT)
		domain_error(d,
		    "'check webroot' looks for a file in 'challengedir'; with "
		    "another way to respond, take it out");
	path_complete(&d->fullchain, d->cert);
	path_complete(&d->chain, d->cert != NULL ? d->cert : d->fullchain);
	path_use(d->key, "domain key", PATH_DOMAIN_KEY, d->file, d->line);
	path_use(
	    d->combined, "domain combined", PATH_DOMAIN_KEY, d->file, d->line);
	path_use(d->cert, "domain certificate", PATH_PLAIN, d->file, d->line);
	path_use(
	    d->chain, "domain chain certificate", PATH_PLAIN, d->file, d->line);
	path_use(d->fullchain, "domain full chain certificate", PATH_PLAIN,
	    d->file, d->line);
}

static int
by_handle(const void *a, const void *b)
{
	return strcmp((*(struct domain *const *)a)->handle,
	    (*(struct domain *const *)b)->handle);
}

static void
check_authorities_once(const struct conf *c)
{
	const struct authority *a, *before;
	size_t i, j;

	for (i = 0; i < c->nauthorities; i++)
		for (j = 0; j < i; j++) {
			a = &c->authorities[i];
			before = &c->authorities[j];
			if (strcmp(a->name, before->name) == 0)
				lex_error_at(a->file, a->line,
				    "authority %s: is also at %s", a->name,
				    place_text(
					before->file, before->line, a->file));
		}
}

static void
check_domains_once(struct conf *c)
{
	struct domain **d;
	size_t i;

	if ((d = calloc(c->ndomains + 1, sizeof(*d))) == NULL)
		err(1, NULL);
	for (i = 0; i < c->ndomains; i++)
		d[i] = &c->domains[i];
	qsort(d, c->ndomains, sizeof(*d), by_handle);
	for (i = 1; i < c->ndomains; i++)
		if (strcmp(d[i - 1]->handle, d[i]->handle) == 0)
			lex_error_at(d[i]->file, d[i]->line,
			    "domain %s: is also at %s; give one another "
			    "handle, and the name as 'domain name'",
			    d[i]->handle,
			    place_text(
				d[i - 1]->file, d[i - 1]->line, d[i]->file));
	free(d);
}

/* Does acme-client give such a name to a file of the state directory? */
static int
is_of_state(const struct conf *c, const char *path)
{
	size_t len = strlen(c->state_dir);

	if (strncmp(path, c->state_dir, len) != 0 || path[len] != '/')
		return 0;
	path += len + 1;
	return strncmp(path, "domain-", 7) == 0 ||
	    strncmp(path, "authority-", 10) == 0 || strcmp(path, "try") == 0 ||
	    strncmp(path, "try/", 4) == 0;
}

/*
 * A file that is written for monitors takes the place of whatever has its name.
 * paths_check() knows the files that acme-client writes; these it reads, or
 * names by itself.
 */
static void
check_monitored(const struct conf *c, const char *path, const char *what,
    const char *file, int line, const char *conf_path)
{
	const char *other = NULL;
	size_t i;

	if (path == NULL)
		return;
	if (strcmp(path, conf_path) == 0)
		other = "the configuration";
	else if (is_of_state(c, path))
		other = "a name that acme-client uses in the state directory";
	for (i = 0; i < c->nauthorities && other == NULL; i++)
		if ((c->authorities[i].root_file != NULL &&
			strcmp(path, c->authorities[i].root_file) == 0) ||
		    (c->authorities[i].ca_file != NULL &&
			strcmp(path, c->authorities[i].ca_file) == 0))
			other = "a file of trust anchors";
	for (i = 0; i < c->ndomains && other == NULL; i++)
		if (c->domains[i].csr_file != NULL &&
		    strcmp(path, c->domains[i].csr_file) == 0)
			other = "a 'csr file'";
	if (other != NULL)
		lex_error_at(file, line,
		    "%s %s: is %s, which would be replaced; name another "
		    "path",
		    what, path, other);
}

void
conf_check(struct conf *c, const char *path)
{
	size_t i;

	if (c->state_dir == NULL && (c->state_dir = strdup(STATE_DIR)) == NULL)
		err(1, NULL);
	path_clean(
	    c->state_dir, "state directory", c->state_file, c->state_line);
	path_use(c->metrics, "metrics file", PATH_PLAIN, c->metrics_file,
	    c->metrics_line);
	path_use(c->status, "status file", PATH_PLAIN, c->status_file,
	    c->status_line);
	if (c->nauthorities == 0)
		lex_error_at(path, 1, "there is no 'authority'");
	check_authorities_once(c);
	check_domains_once(c);
	for (i = 0; i < c->nauthorities; i++)
		check_authority(&c->authorities[i]);
	for (i = 0; i < c->nauthorities; i++)
		check_staging(c, &c->authorities[i]);
	for (i = 0; i < c->ndomains; i++)
		check_domain(c, &c->domains[i]);
	check_monitored(c, c->metrics, "metrics file", c->metrics_file,
	    c->metrics_line, path);
	check_monitored(
	    c, c->status, "status file", c->status_file, c->status_line, path);
	paths_check(c);
}
