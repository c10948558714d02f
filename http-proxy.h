/*
 * An HTTP proxy on the way to a server: CONNECT (RFC 9110 9.3.6) for what goes
 * over TLS, the absolute form (RFC 9112 3.2.2) for the rest.  No socket here.
 */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include <stddef.h>

#include "say.h"
#include "valid.h"

struct http_proxy {
	struct url	 server;	/* host and port */
	char		*credentials;	/* "NAME:PASSWORD" in base64, or NULL: none */
	const char	*auth_file;	/* where they come from, for messages; or NULL */
};

/*
 * Takes the proxy's http URL, and reads the file with name and password, which
 * may be NULL: before the sandbox.  Keeps auth_file.  0, or -1 and why.
 */
int	proxy_open(struct http_proxy *, const char *url, const char *auth_file,
	    struct why *);

/*
 * The whole request for a tunnel to host and port.  The caller frees it with
 * freezero().
 */
char	*proxy_connect(const struct http_proxy *, const char *host,
	    const char *port, const char *user_agent, size_t *len);
/* The field for a request in the absolute form, or "".  The caller frees. */
char	*proxy_field(const struct http_proxy *);

/* Why this status of the proxy, which is not 2xx, is no way to host.  -1. */
int	proxy_refusal(const struct http_proxy *, int status, const char *host,
	    const char *port, struct why *);

#endif
