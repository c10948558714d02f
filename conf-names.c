/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The names of a domain section in the one form in which they are compared,
 * ordered and certified: A-labels in lower case, addresses as RFC 5952.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <idn2.h>

#include "conf-parse.h"
#include "valid.h"

/*
 * Makes A-labels of U-labels (RFC 5890).  NULL, or the reason why it is no
 * name.
 */
static const char *
to_ascii(char **name)
{
	char *ascii = NULL, *copy;
	const char *p;
	int rc;

	for (p = *name; *p != '\0' && (unsigned char)*p < 0x80; p++)
		;
	if (*p == '\0')
		return NULL;
	rc = idn2_to_ascii_8z(
	    *name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc == IDN2_ENCODING_ERROR)
		return "is not in UTF-8; save the file as UTF-8";
	if (rc != IDN2_OK)
		return idn2_strerror(rc);
	if ((copy = strdup(ascii)) == NULL)
		err(1, NULL);
	idn2_free(ascii);
	free(*name);
	*name = copy;
	return NULL;
}

const char *
conf_normalise(char **name)
{
	unsigned char addr[16];
	const char *problem;
	size_t n;
	char *p, text[INET6_ADDRSTRLEN];

	if ((problem = to_ascii(name)) != NULL)
		return problem;
	for (p = *name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	/*
	 * A final dot means the root (RFC 1034 3.1), and is not in
	 * certificates.
	 */
	if (p - *name > 1 && p[-1] == '.')
		p[-1] = '\0';
	if ((n = address_bytes(*name, addr)) > 0) {
		inet_ntop(
		    n == 4 ? AF_INET : AF_INET6, addr, text, sizeof(text));
		free(*name);
		if ((*name = strdup(text)) == NULL)
			err(1, NULL);
		return NULL;
	}
	if (valid_dns_name(*name) || valid_wildcard(*name))
		return NULL;
	return "expected a host name (letters, digits and hyphens, dots "
	       "between)";
}

/* Compares by name; equal names keep the order of the list. */
static int
by_name(const void *a, const void *b)
{
	char **x = *(char **const *)a, **y = *(char **const *)b;
	int order = strcmp(*x, *y);

	return order != 0 ? order : x < y ? -1 : x > y;
}

/* Removes repeated names; the first of them stays. */
static void
drop_repeated(struct strings *names)
{
	char ***sorted;
	size_t i, first = 0, n = 0;

	if ((sorted = calloc(names->n + 1, sizeof(*sorted))) == NULL)
		err(1, NULL);
	for (i = 0; i < names->n; i++)
		sorted[i] = &names->v[i];
	qsort(sorted, names->n, sizeof(*sorted), by_name);
	for (i = 1; i < names->n; i++)
		if (strcmp(*sorted[first], *sorted[i]) != 0)
			first = i;
		else {
			free(*sorted[i]);
			*sorted[i] = NULL;
		}
	free(sorted);
	for (i = 0; i < names->n; i++)
		if (names->v[i] != NULL)
			names->v[n++] = names->v[i];
	names->n = n;
}

static void
normalise_all(struct domain *d)
{
	const char *problem;
	int wrong = lex_errors;
	size_t i;

	for (i = 0; i < d->names.n; i++)
		if ((problem = conf_normalise(&d->names.v[i])) != NULL)
			domain_error(d, "name %s: %s", d->names.v[i], problem);
	if (lex_errors > wrong)
		return;
	drop_repeated(&d->names);
	if (d->names.n > CONF_NAMES_MAX)
		domain_error(d, "more than %d names", CONF_NAMES_MAX);
}

/*
 * A file that is missing or wrong now is an error of this domain alone: the
 * other domains go on.
 */
static void
names_of_csr(const struct conf *c, struct domain *d)
{
	const char *problem = NULL;
	struct strings names;
	struct error e;
	size_t i;

	if (csr_names(c, d->csr_file, &names, &e) == 0) {
		for (i = 0; i < names.n; i++)
			if ((problem = conf_normalise(&names.v[i])) != NULL)
				break;
		if (problem == NULL) {
			d->names.v = names.v;
			d->names.n = names.n;
			drop_repeated(&d->names);
			return;
		}
		error_set(
		    &e, "%s: name %s: %s", d->csr_file, names.v[i], problem);
	}
	if (asprintf(&d->broken, "csr file %s", e.text) == -1)
		err(1, NULL);
}

void
conf_names(const struct conf *c, struct domain *d)
{
	d->names.more = d->accept_more;
	if (d->csr_file != NULL) {
		names_of_csr(c, d);
		return;
	}
	if (d->name == NULL && (d->name = strdup(d->handle)) == NULL)
		err(1, NULL);
	d->names.v = reallocarray(
	    d->names.v, d->names.n + 1, sizeof(*d->names.v));
	if (d->names.v == NULL)
		err(1, NULL);
	memmove(d->names.v + 1, d->names.v, d->names.n * sizeof(*d->names.v));
	d->names.v[0] = d->name;
	d->names.n++;
	normalise_all(d);
	d->name = d->names.v[0];
}
