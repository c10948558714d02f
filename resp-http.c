/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Parses requests over HTTP/1.0 and 1.1 as strictly as RFC 9112 permits: lines
 * end with CRLF, no field is folded, nothing follows the header section.  A
 * server in front of this one may read a request in another way; since the
 * connection ends with the one response, an attacker gains nothing by that.  If
 * a check is missing here, an attacker's bytes reach the search for a token.
 */
#include <string.h>
#include <strings.h>

#include "resp.h"
#include "valid.h"

#define CHALLENGE_PATH "/.well-known/acme-challenge/"

/* Is this a character of a field name (RFC 9110 5.6.2)? */
static int
is_tchar(char c)
{
	return c != '\0' &&
	    strchr("!#$%&'*+-.^_`|~0123456789"
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
		c) != NULL;
}

/* Are these bytes one line of text, in any encoding? */
static int
is_text(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)p[i] < ' ' && p[i] != '\t') ||
		    p[i] == '\177')
			return 0;
	return 1;
}

static int
is_named(const char *line, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(line, name, len) == 0;
}

/*
 * Checks a field line (RFC 9112 5).  A field that announces a body is refused:
 * CAs send none.
 */
static int
check_field(const char *line, size_t len)
{
	size_t n = 0, at;

	while (n < len && is_tchar(line[n]))
		n++;
	if (n == 0 || n == len || line[n] != ':' || !is_text(line, len))
		return 0;
	if (is_named(line, n, "Transfer-Encoding"))
		return 0;
	if (!is_named(line, n, "Content-Length"))
		return 1;
	for (at = n + 1; at < len && (line[at] == ' ' || line[at] == '\t');)
		at++;
	return len - at == 1 && line[at] == '0';
}

/*
 * Takes the token at the end of the target; REQUEST_OTHER: the target is not
 * that of a response.
 */
static enum request_result
take_target(const char *target, size_t len, struct request *r)
{
	const size_t n = strlen(CHALLENGE_PATH);

	if (len <= n || len - n >= sizeof(r->token) ||
	    memcmp(target, CHALLENGE_PATH, n) != 0)
		return REQUEST_OTHER;
	memcpy(r->token, target + n, len - n);
	r->token[len - n] = '\0';
	return valid_token(r->token) ? REQUEST_TOKEN : REQUEST_OTHER;
}

/*
 * Parses the first line (RFC 9112 3): method, target and version, with one
 * blank between.
 */
static enum request_result
read_request_line(const char *line, size_t len, struct request *r)
{
	const char *target, *version;
	size_t i, nmethod = 0, ntarget;

	while (nmethod < len && is_tchar(line[nmethod]))
		nmethod++;
	if (nmethod == 0 || nmethod == len || line[nmethod] != ' ')
		return REQUEST_BAD;
	target = line + nmethod + 1;
	len -= nmethod + 1;
	if ((version = memchr(target, ' ', len)) == NULL || version == target)
		return REQUEST_BAD;
	ntarget = (size_t)(version - target);
	for (i = 0; i < ntarget; i++)
		if (target[i] <= ' ' || target[i] > '~')
			return REQUEST_BAD;
	version++;
	len -= ntarget + 1;
	if (len != 8 || memcmp(version, "HTTP/1.", 7) != 0 ||
	    version[7] < '0' || version[7] > '9')
		return REQUEST_BAD;
	r->head = nmethod == 4 && memcmp(line, "HEAD", 4) == 0;
	if (!r->head && !(nmethod == 3 && memcmp(line, "GET", 3) == 0))
		return REQUEST_OTHER;
	return take_target(target, ntarget, r);
}

enum request_result
request_read(const char *buf, size_t len, struct request *r)
{
	const char *end, *line, *next;
	enum request_result result;

	memset(r, 0, sizeof(*r));
	if ((end = memmem(buf, len, "\r\n\r\n", 4)) == NULL)
		return REQUEST_MORE;
	if (end + 4 != buf + len)
		return REQUEST_BAD;
	/* Each line, also the last one, ends with CRLF. */
	next = memmem(buf, len, "\r\n", 2);
	result = read_request_line(buf, (size_t)(next - buf), r);
	if (result == REQUEST_BAD)
		return result;
	for (line = next + 2; line < end + 2; line = next + 2) {
		next = memmem(line, (size_t)(buf + len - line), "\r\n", 2);
		if (!check_field(line, (size_t)(next - line)))
			return REQUEST_BAD;
	}
	return result;
}
