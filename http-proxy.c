/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Makes requests to an HTTP proxy, and explains its refusals. */
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "http.h"

/* The most bytes of the file with name and password. */
#define AUTH_BYTES_MAX 1024
#define ADVICE_MAX 320

/* Checks the file's owner and mode, which must suit a private key, too. */
static int
check_owner(const char *path, int fd, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_set(e, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > AUTH_BYTES_MAX)
		return error_set(e,
		    "%s: not a regular file of at most %d bytes", path,
		    AUTH_BYTES_MAX);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(e,
		    "%s: belongs to user %u, neither to root nor to you; chown "
		    "it",
		    path, (unsigned)st.st_uid);
	if ((st.st_mode & S_IRWXO) != 0)
		return error_set(e,
		    "%s: mode %04o lets others at it; chmod o-rwx", path,
		    (unsigned)st.st_mode & 07777);
	return 0;
}

/*
 * Is it a name without a colon, then a colon and a password, all without
 * control characters (RFC 7617 2)?
 */
static int
is_pair(const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return 0;
	return colon != NULL && colon != text;
}

static int
take_auth(struct http_proxy *p, const char *path, char *text, size_t len,
    struct error *e)
{
	/* Text editors add one end of line. */
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (!is_pair(text, len))
		return error_set(e,
		    "%s: expected one line, NAME:PASSWORD, for the proxy",
		    path);
	if ((p->credentials = calloc(1, len * 4 / 3 + 5)) == NULL)
		err(1, NULL);
	EVP_EncodeBlock((unsigned char *)p->credentials,
	    (const unsigned char *)text, (int)len);
	return 0;
}

static int
read_auth(struct http_proxy *p, const char *path, struct error *e)
{
	char text[AUTH_BYTES_MAX];
	ssize_t n;
	int fd, rc;

	/* With O_NONBLOCK, opening a fifo does not wait. */
	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)) ==
	    -1)
		return error_set(e, "%s: %s", path, strerror(errno));
	if ((rc = check_owner(path, fd, e)) == 0) {
		if ((n = read(fd, text, sizeof(text))) == -1)
			rc = error_set(e, "%s: %s", path, strerror(errno));
		else
			rc = take_auth(p, path, text, (size_t)n, e);
		explicit_bzero(text, sizeof(text));
	}
	close(fd);
	return rc;
}

int
proxy_open(struct http_proxy *p, const char *url, const char *auth_file,
    struct error *e)
{
	struct error reason;

	memset(p, 0, sizeof(*p));
	if (!url_parse_plain(&p->server, url) ||
	    strcmp(p->server.path, "/") != 0)
		return error_set(e, "proxy %s: not an http URL of a host", url);
	p->auth_file = auth_file;
	if (auth_file == NULL || read_auth(p, auth_file, &reason) == 0)
		return 0;
	return error_set(e, "proxy auth file %s", reason.text);
}

char *
proxy_field(const struct http_proxy *p)
{
	char *out;

	if (asprintf(&out, "%s%s%s",
		p->credentials != NULL ? "Proxy-Authorization: Basic " : "",
		p->credentials != NULL ? p->credentials : "",
		p->credentials != NULL ? "\r\n" : "") == -1)
		err(1, NULL);
	return out;
}

char *
proxy_connect(const struct http_proxy *p, const char *host, const char *port,
    const char *user_agent, size_t *len)
{
	int n, v6 = strchr(host, ':') != NULL;
	char *out, *field = proxy_field(p);
	const char *open = v6 ? "[" : "", *close_ = v6 ? "]" : "";

	n = asprintf(&out,
	    "CONNECT %s%s%s:%s HTTP/1.1\r\nHost: %s%s%s:%s\r\n"
	    "User-Agent: %s\r\n%s\r\n",
	    open, host, close_, port, open, host, close_, port, user_agent,
	    field);
	if (n == -1)
		err(1, NULL);
	freezero(field, strlen(field));
	*len = (size_t)n;
	return out;
}

int
proxy_refusal(const struct http_proxy *p, int status, const char *host,
    const char *port, struct error *e)
{
	char advice[ADVICE_MAX] = "";

	if (status == 407 && p->auth_file == NULL)
		snprintf(advice, sizeof(advice),
		    "it wants a name and a password: 'proxy URL auth file "
		    "FILE'");
	else if (status == 407)
		snprintf(advice, sizeof(advice),
		    "it does not take the name and the password in %s",
		    p->auth_file);
	else if (status == 403 || status == 405)
		snprintf(advice, sizeof(advice),
		    "it does not let us connect to %s port %s", host, port);
	else if (status == 502 || status == 503 || status == 504)
		snprintf(advice, sizeof(advice), "it does not reach %s port %s",
		    host, port);
	else
		snprintf(advice, sizeof(advice),
		    "is it an HTTP proxy that knows CONNECT?");
	return error_set(e, "the proxy's status is %d; %s", status, advice);
}
