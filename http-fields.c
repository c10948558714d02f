/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Reads the header fields of a response: values, links, times. */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http.h"

#define RETRY_MAX (366L * 86400)

char *
http_header(const struct http_response *a, const char *name, size_t nth)
{
	size_t len = strlen(name), end;
	const char *line, *value;
	char *copy;

	for (line = a->head; line != NULL && *line != '\0';
	     line += strcspn(line, "\n") + 1) {
		if (strncasecmp(line, name, len) != 0 || line[len] != ':' ||
		    nth-- > 0)
			continue;
		value = line + len + 1;
		value += strspn(value, " \t");
		end = strcspn(value, "\n");
		while (end > 0 &&
		    (value[end - 1] == ' ' || value[end - 1] == '\t'))
			end--;
		if ((copy = strndup(value, end)) == NULL)
			err(1, NULL);
		return copy;
	}
	return NULL;
}

/* Removes "." and ".." (RFC 3986 5.2.4) from a path in place. */
static void
remove_dots(char *path)
{
	char *in = path, *out = path, *seg;
	size_t len;

	while (*in != '\0') {
		seg = in + 1; /* This is the byte behind the slash. */
		len = strcspn(seg, "/");
		in = seg + len;
		if (len == 1 && seg[0] == '.') {
			if (*in == '\0')
				*out++ = '/';
		} else if (len == 2 && seg[0] == '.' && seg[1] == '.') {
			while (out > path && *--out != '/')
				;
			if (*in == '\0')
				*out++ = '/';
		} else {
			memmove(out, seg - 1, len + 1);
			out += len + 1;
		}
	}
	*out = '\0';
}

/* Does it begin with a scheme (RFC 3986 3.1)? */
static int
has_scheme(const char *ref)
{
	size_t len = strspn(ref,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-"
	    ".");

	return len > 0 && isalpha((unsigned char)ref[0]) && ref[len] == ':';
}

/*
 * Resolves a reference without fragment against an http or https base (RFC 3986
 * 5.2.2).
 */
static char *
resolve(const char *base, const char *ref)
{
	size_t scheme = strncasecmp(base, "https://", 8) == 0 ? 8 :
	    strncasecmp(base, "http://", 7) == 0              ? 7 :
								0,
	       origin, path, query;
	char *out, *merged;
	int keep;

	if (has_scheme(ref) || *ref == '\0' || scheme == 0) {
		if ((out = strdup(*ref == '\0' ? base : ref)) == NULL)
			err(1, NULL);
		return out;
	}
	origin = scheme + strcspn(base + scheme, "/?");
	path = origin + strcspn(base + origin, "?");
	/* The base's path is kept up to and with its last slash. */
	for (keep = (int)(path - origin);
	     keep > 0 && base[origin + (size_t)keep - 1] != '/'; keep--)
		;
	if (ref[0] == '/' && ref[1] == '/')
		keep = asprintf(&out, "%.*s%s", (int)scheme - 2, base, ref);
	else if (ref[0] == '?')
		keep = asprintf(&out, "%.*s%s", (int)path, base, ref);
	else {
		query = strcspn(ref, "?");
		if (asprintf(&merged, "%s%.*s%.*s",
			ref[0] == '/' || keep > 0 ? "" : "/",
			ref[0] == '/' ? 0 : keep, base + origin, (int)query,
			ref) == -1)
			err(1, NULL);
		remove_dots(merged);
		keep = asprintf(
		    &out, "%.*s%s%s", (int)origin, base, merged, ref + query);
		free(merged);
	}
	if (keep == -1)
		err(1, NULL);
	return out;
}

char *
http_location(const struct http_response *a, const char *base)
{
	char *value = http_header(a, "Location", 0), *out;

	if (value == NULL || *value == '\0') {
		free(value);
		return NULL;
	}
	out = resolve(base, value);
	free(value);
	return out;
}

/* Is it one of the words in a rel value? */
static int
has_word(const char *words, size_t len, const char *word)
{
	size_t n, wordlen = strlen(word);

	while (len > 0) {
		for (n = 0; n < len && words[n] != ' '; n++)
			;
		if (n == wordlen && strncasecmp(words, word, n) == 0)
			return 1;
		if (n < len)
			n++;
		words += n;
		len -= n;
	}
	return 0;
}

/*
 * Finds a parameter's value at p, quoted (RFC 9110 5.6.4) or not; returns its
 * end.
 */
static const char *
param_value(const char *p, const char **value, size_t *len)
{
	if (*p != '"') {
		*value = p;
		*len = strcspn(p, ";, \t");
		return p + *len;
	}
	*value = ++p;
	while (*p != '\0' && *p != '"')
		p += p[0] == '\\' && p[1] != '\0' ? 2 : 1;
	*len = (size_t)(p - *value);
	return p + (*p == '"');
}

/*
 * Reads the parameters behind one "<target>" (RFC 8288 3); *match: is rel among
 * them?  Only the first rel counts (3.3).  Returns where the next target
 * begins.
 */
static const char *
link_params(const char *p, const char *rel, int *match)
{
	const char *name, *value;
	size_t namelen, len;
	int seen = 0;

	*match = 0;
	for (;;) {
		p += strspn(p, " \t");
		if (*p != ';')
			break;
		p++;
		p += strspn(p, " \t");
		name = p;
		namelen = strcspn(p, "=;, \t");
		p += namelen;
		p += strspn(p, " \t");
		if (*p != '=')
			continue;
		p++;
		p += strspn(p, " \t");
		p = param_value(p, &value, &len);
		if (namelen == 3 && strncasecmp(name, "rel", 3) == 0 && !seen++)
			*match = has_word(value, len, rel);
	}
	p += strcspn(p, ",");
	return p + (*p == ',');
}

/*
 * Returns the nth matching link in one field's value, or NULL; *nth counts
 * down.
 */
static char *
link_in(const char *value, const char *rel, size_t *nth, const char *base)
{
	const char *target, *p = value;
	char *ref, *out;
	size_t len;
	int match;

	while ((target = strchr(p, '<')) != NULL) {
		target++;
		len = strcspn(target, ">");
		if (target[len] == '\0')
			return NULL;
		p = link_params(target + len + 1, rel, &match);
		if (!match || (*nth)-- > 0)
			continue;
		if ((ref = strndup(target, len)) == NULL)
			err(1, NULL);
		out = resolve(base, ref);
		free(ref);
		return out;
	}
	return NULL;
}

char *
http_link(const struct http_response *a, const char *rel, size_t nth,
    const char *base)
{
	char *value, *found = NULL;
	size_t i;

	for (i = 0;
	     found == NULL && (value = http_header(a, "Link", i)) != NULL;
	     i++) {
		found = link_in(value, rel, &nth, base);
		free(value);
	}
	return found;
}

/*
 * Reads an IMF-fixdate, RFC 850 or asctime date (RFC 9110 5.6.7), always in the
 * C locale.
 */
static time_t
parse_date(const char *s)
{
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y" };
	const char *end;
	struct tm tm;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		if ((end = strptime(s, forms[i], &tm)) != NULL && *end == '\0')
			return timegm(&tm);
	}
	return (time_t)-1;
}

long
http_retry_after(const struct http_response *a, time_t now)
{
	char *value = http_header(a, "Retry-After", 0), *date;
	size_t len;
	time_t until;
	long left = -1;

	if (value == NULL)
		return -1;
	len = strlen(value);
	if (len > 0 && strspn(value, "0123456789") == len)
		left = len > 9 ? RETRY_MAX : strtol(value, NULL, 10);
	else if ((until = parse_date(value)) != (time_t)-1) {
		if ((date = http_header(a, "Date", 0)) != NULL &&
		    parse_date(date) != (time_t)-1)
			now = parse_date(date);
		free(date);
		left = until <= now         ? 0 :
		    until - now > RETRY_MAX ? RETRY_MAX :
					      (long)(until - now);
	}
	free(value);
	return left > RETRY_MAX ? RETRY_MAX : left;
}

long
http_clock_ahead(const struct http_response *a, time_t now)
{
	char *value = http_header(a, "Date", 0);
	time_t date = value == NULL ? (time_t)-1 : parse_date(value);

	free(value);
	return date == (time_t)-1 ? 0 : (long)(now - date);
}
