/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Sends requests without TLS to the servers that certificates name for
 * revocation, by net.  The responses are signed, and certproc judges them.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "net.h"

#define PLAIN_LOST_MS (HTTP_RESPONSE_SECONDS * 1000)

/*
 * Servers that certificates name and that did not respond: each may make the
 * run wait once, and all of them together for PLAIN_LOST_MS.
 */
static struct url *silent;
static size_t nsilent;
static int64_t lost_ms;

static int
is_silent(const struct url *url, struct error *e)
{
	size_t i;

	for (i = 0; i < nsilent; i++)
		if (url_same_origin(&silent[i], url))
			return error_set(e,
			    "%s port %s: not asked again in this run",
			    url->host, url->port);
	if (lost_ms >= PLAIN_LOST_MS)
		return error_set(e,
		    "not asked in this run, which has waited %lld seconds for "
		    "such servers",
		    (long long)(lost_ms / 1000));
	return 0;
}

static void
note_silent(const struct url *url, int64_t began)
{
	if ((silent = reallocarray(silent, nsilent + 1, sizeof(*silent))) ==
	    NULL)
		err(1, NULL);
	silent[nsilent++] = *url;
	lost_ms += clock_ms() - began;
}

/*
 * dns tells no address of this machine or a private network, but a proxy
 * resolves names itself.  So it is not asked for hosts whose names say that
 * they are on its own machine or network.
 */
static int
is_public_name(const char *host)
{
	size_t len = strlen(host);
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u = { .in = { .sin_family = AF_INET } };
	unsigned char bytes[16];

	switch (address_bytes(host, bytes)) {
	case 4:
		memcpy(&u.in.sin_addr, bytes, 4);
		return address_reach(&u.sa) == REACH_PUBLIC || STATUS_LOOPBACK;
	case 16:
		u.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
		memcpy(&u.in6.sin6_addr, bytes, 16);
		return address_reach(&u.sa) == REACH_PUBLIC || STATUS_LOOPBACK;
	default:
		return strchr(host, '.') != NULL &&
		    (len < 10 || strcmp(host + len - 10, ".localhost") != 0);
	}
}

/*
 * 0 for status 200, else -1 with the reason; the proxy's refusal is explained.
 */
static int
check_status(const struct session *s, const struct http_response *a,
    const char *text, const struct url *url, struct error *e)
{
	if (a->status == 200)
		return 0;
	if (a->status == 407 && s->client.proxy != NULL)
		return proxy_refusal(
		    s->client.proxy, 407, url->host, url->port, e);
	return error_set(e, "%s: HTTP status %d", text, a->status);
}

int
request_plain(struct session *s, const char *text, const char *accept,
    struct http_response *a, struct error *e)
{
	int64_t began = clock_ms();
	struct http *h;
	struct url url;
	int rc;

	if (!url_parse_plain(&url, text))
		return error_set(e, "%s: not an http URL", text);
	if (is_silent(&url, e) == -1)
		return -2;
	if (s->client.proxy != NULL && !is_public_name(url.host))
		return error_set(e,
		    "%s: not requested through the proxy: it names no host on "
		    "the internet",
		    text);
	if ((h = http_new(&s->client, &url, NULL, 0, e)) == NULL)
		return -1;
	http_deadline(h, began + HTTP_RESPONSE_SECONDS * 1000);
	say(2, "GET %s", text);
	rc = http_request(h, HTTP_GET, &url, accept, NULL, 0, a, e);
	http_free(h);
	if (rc != 0)
		note_silent(&url, began);
	else if ((rc = check_status(s, a, text, &url, e)) == -1)
		http_response_free(a);
	return rc == 0 ? 0 : -1;
}
