/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * One kept connection to one server, over libtls.  Sockets do not block; every
 * wait has a deadline.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tls.h>

#include "clock.h"
#include "http.h"

#define READ_BYTES 16384

struct http {
	const struct http_client *client;
	struct url origin;
	char *host; /* The server as the Host field names it. */
	/* The configuration of libtls; NULL: without TLS. */
	struct tls_config *config;
	/* The trust anchors; NULL: insecure, or without TLS. */
	struct http_anchors *anchors;
	struct tls *tls;
	int fd; /* The socket; -1: not connected. */
	struct http_parser parser;
	/* The number of requests that have no whole response yet. */
	unsigned outstanding;
	/*
	 * For each outstanding request, in order: will its response have no
	 * body?
	 */
	int bodiless[HTTP_PIPELINE_MAX];
	/* Bytes received behind the previous response. */
	char ahead[READ_BYTES];
	size_t nahead;
	/* The reason why sending failed. */
	struct error broken;
	/* The connection was open before the request. */
	int reused;
	/* When the first outstanding request was sent. */
	int64_t sent_at;
	int64_t deadline; /* The deadline of all phases; 0: none. */
	/* The shortest round trip so far; -1: it is not known. */
	int round_trip_ms;
};

/*
 * Makes the Host field: an IPv6 address is in brackets, and the default port is
 * left out (RFC 9110 7.2).
 */
static char *
host_field(const struct url *u)
{
	int v6 = strchr(u->host, ':') != NULL;
	int standard = strcmp(u->port, u->plain ? "80" : "443") == 0;
	char *out;

	if (asprintf(&out, "%s%s%s%s%s", v6 ? "[" : "", u->host, v6 ? "]" : "",
		standard ? "" : ":", standard ? "" : u->port) == -1)
		err(1, NULL);
	return out;
}

struct http *
http_new(const struct http_client *client, const struct url *origin,
    struct http_anchors *anchors, int insecure, struct error *e)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		err(1, NULL);
	h->client = client;
	h->origin = *origin;
	h->host = host_field(origin);
	h->fd = h->round_trip_ms = -1;
	h->anchors = anchors;
	if (origin->plain)
		return h;
	if ((h->config = tls_config_new()) == NULL)
		err(1, NULL);
	if (tls_config_set_protocols(
		h->config, TLS_PROTOCOL_TLSv1_2 | TLS_PROTOCOL_TLSv1_3) == -1) {
		error_set(e, "TLS: %s", tls_config_error(h->config));
		http_free(h);
		return NULL;
	}
	if (insecure) {
		tls_config_insecure_noverifycert(h->config);
		tls_config_insecure_noverifyname(h->config);
		tls_config_insecure_noverifytime(h->config);
	}
	return h;
}

void
http_deadline(struct http *h, int64_t deadline)
{
	h->deadline = deadline;
}

static void
disconnect(struct http *h)
{
	/*
	 * TLS's close_notify is sent only if it can be sent at once: a framed
	 * response is complete without it.
	 */
	if (h->tls != NULL) {
		tls_close(h->tls);
		tls_free(h->tls);
	}
	h->tls = NULL;
	if (h->fd != -1)
		close(h->fd);
	h->fd = -1;
	h->nahead = 0;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	disconnect(h);
	tls_config_free(h->config);
	free(h->host);
	free(h);
}

/*
 * The deadline of a phase that begins now, or h->deadline if that is earlier.
 */
static int64_t
phase_end(const struct http *h, int seconds)
{
	int64_t end = clock_ms() + seconds * (int64_t)1000;

	return h->deadline != 0 && h->deadline < end ? h->deadline : end;
}

static int
wait_for(const struct http *h, short events, int64_t deadline)
{
	return socket_wait(h->fd, h->client->hup_fd, events, deadline);
}

/* Waits for what libtls needs before it can go on; -1 at the deadline. */
static int
tls_wait(const struct http *h, ssize_t rc, int64_t deadline)
{
	return wait_for(
		   h, rc == TLS_WANT_POLLOUT ? POLLOUT : POLLIN, deadline) ?
	    0 :
	    -1;
}

/*
 * Sends or receives some bytes.  Without TLS, too, the result is as libtls has
 * it: TLS_WANT_POLLIN and TLS_WANT_POLLOUT, -1 for errors, 0 at the end.
 */
static ssize_t
put(struct http *h, const char *buf, size_t len)
{
	ssize_t n;

	if (h->tls != NULL)
		return tls_write(h->tls, buf, len);
	n = send(h->fd, buf, len, MSG_NOSIGNAL);
	return n == -1 && (errno == EAGAIN || errno == EINTR) ?
	    TLS_WANT_POLLOUT :
	    n;
}

static ssize_t
get(struct http *h, char *buf, size_t len)
{
	ssize_t n;

	if (h->tls != NULL)
		return tls_read(h->tls, buf, len);
	n = recv(h->fd, buf, len, 0);
	return n == -1 && (errno == EAGAIN || errno == EINTR) ?
	    TLS_WANT_POLLIN :
	    n;
}

/* libtls's reason in visible characters; its texts may quote the peer. */
static const char *
tls_reason(const struct http *h, char *safe, size_t size)
{
	const char *error = h->tls != NULL ? tls_error(h->tls) :
					     strerror(errno);

	if (error == NULL)
		error = "the server hung up";
	return say_safe(safe, size, error, strlen(error));
}

static int
connect_tcp(struct http *h, const struct address *a, struct error *e)
{
	int on = 1, late;

	h->fd = socket_connect(
	    a, h->client->hup_fd, phase_end(h, HTTP_CONNECT_SECONDS), &late, e);
	if (late)
		return error_set(
		    e, "no response within %d seconds", HTTP_CONNECT_SECONDS);
	if (h->fd == -1)
		return -1;
	setsockopt(h->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return 0;
}

/*
 * Notes the round trip of a message that was sent then; nothing else was sent
 * meanwhile.
 */
static void
note_round_trip(struct http *h, int64_t sent_at)
{
	int64_t ms = clock_ms() - sent_at;

	if (h->round_trip_ms == -1 || ms < h->round_trip_ms)
		h->round_trip_ms = (int)ms;
}

static int
set_anchors(struct http *h, int all, struct error *e)
{
	size_t len;
	const char *pem = all ? http_anchors_all(h->anchors, &len) :
				http_anchors_preferred(h->anchors, &len);

	if (tls_config_set_ca_mem(h->config, (const uint8_t *)pem, len) == -1)
		return error_set(
		    e, "trust anchors: %s", tls_config_error(h->config));
	return 0;
}

/* Prefers the server's trust anchors for the next connection. */
static void
note_anchors(const struct http *h)
{
	const uint8_t *chain;
	size_t len;

	if (h->anchors != NULL &&
	    (chain = tls_peer_cert_chain_pem(h->tls, &len)) != NULL)
		http_anchors_served(h->anchors, (const char *)chain, len);
}

/* Was the certificate refused?  Then another address will not help. */
static int
is_verdict(const char *error)
{
	return strstr(error, "verif") != NULL ||
	    strstr(error, "not present in") != NULL;
}

/* Was the issuer unknown?  The words are those of OpenSSL and LibreSSL. */
static int
is_unknown_issuer(const char *error)
{
	return strstr(error, "issuer certificate") != NULL ||
	    strstr(error, "self signed") != NULL ||
	    strstr(error, "self-signed") != NULL;
}

/*
 * Does the TLS handshake.  all: verify by all trust anchors; *final: another
 * address will not help.
 */
static int
handshake(struct http *h, int all, int *final, struct error *e)
{
	int64_t began = clock_ms(),
		deadline = phase_end(h, HTTP_HANDSHAKE_SECONDS);
	char safe[300];
	int rc;

	if (h->config == NULL)
		return 0;
	if (h->anchors != NULL && set_anchors(h, all, e) == -1)
		return -1;
	if ((h->tls = tls_client()) == NULL)
		err(1, NULL);
	if (tls_configure(h->tls, h->config) == -1 ||
	    tls_connect_socket(h->tls, h->fd, h->origin.host) == -1)
		return error_set(
		    e, "TLS: %s", tls_reason(h, safe, sizeof(safe)));
	while ((rc = tls_handshake(h->tls)) == TLS_WANT_POLLIN ||
	    rc == TLS_WANT_POLLOUT)
		if (tls_wait(h, rc, deadline) == -1)
			return error_set(e,
			    "no TLS handshake within %d seconds",
			    HTTP_HANDSHAKE_SECONDS);
	if (rc == 0) {
		note_round_trip(h, began);
		if (all)
			note_anchors(h);
		return 0;
	}
	tls_reason(h, safe, sizeof(safe));
	if (!(* final = is_verdict(safe)))
		return error_set(e, "TLS: %s", safe);
	return error_set(e,
	    "TLS: %s (expected a certificate for %s; the clock here says %s%s)",
	    safe, h->origin.host, clock_text(time(NULL)),
	    is_unknown_issuer(safe) ? "; 'ca file' names the root of a CA that "
				      "the system does not know" :
				      "");
}

static int
send_request(struct http *h, const char *buf, size_t len, int64_t deadline,
    struct error *e)
{
	char safe[300];
	ssize_t n;

	while (len > 0) {
		n = put(h, buf, len);
		if (n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT) {
			if (tls_wait(h, n, deadline) == -1)
				return error_set(
				    e, "%s takes no request", h->origin.host);
			continue;
		}
		if (n < 0)
			return error_set(e, "%s: %s", h->origin.host,
			    tls_reason(h, safe, sizeof(safe)));
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * Reads the head of the proxy's response, whose status it returns, or -1.  A
 * response that opens the tunnel has no body, whatever its fields say (RFC 9110
 * 9.3.6), and no server speaks first: bytes behind it are refused.  Of any
 * other response only the status matters.
 */
static int
proxy_status(struct http *h, int64_t deadline, struct error *e)
{
	char buf[READ_BYTES];
	struct error reason;
	ssize_t n, used;

	http_parse_start(&h->parser, 1, 0);
	do {
		n = get(h, buf, sizeof(buf));
		if (n == TLS_WANT_POLLIN) {
			if (!wait_for(h, POLLIN, deadline))
				return error_set(e,
				    "the proxy has not connected within %d "
				    "seconds",
				    HTTP_PROXY_SECONDS);
			continue;
		}
		if (n <= 0)
			return error_set(
			    e, "the proxy hung up before it had responded");
		if (clock_left_ms(deadline) == 0)
			return error_set(e,
			    "the proxy has not connected within %d seconds",
			    HTTP_PROXY_SECONDS);
		if ((used = http_parse(&h->parser, buf, (size_t)n, &reason)) ==
		    -1)
			return error_set(
			    e, "the proxy's response: %s", reason.text);
		if (used < n && h->parser.response.status / 100 == 2)
			return error_set(e,
			    "the proxy's response: %zd bytes behind its end",
			    n - used);
	} while (h->parser.state != HTTP_DONE);
	return h->parser.response.status;
}

/* Opens the tunnel for TLS, if there is a proxy.  *final as for handshake(). */
static int
open_tunnel(struct http *h, int *final, struct error *e)
{
	int64_t deadline = phase_end(h, HTTP_PROXY_SECONDS);
	char *request;
	size_t len;
	int status;

	if (h->client->proxy == NULL || h->config == NULL)
		return 0;
	request = proxy_connect(h->client->proxy, h->origin.host,
	    h->origin.port, h->client->user_agent, &len);
	status = send_request(h, request, len, deadline, e) == -1 ?
	    -1 :
	    proxy_status(h, deadline, e);
	freezero(request, len);
	http_parse_free(&h->parser);
	if (status == -1)
		return -1;
	if (status / 100 == 2)
		return 0;
	*final = 1;
	return proxy_refusal(
	    h->client->proxy, status, h->origin.host, h->origin.port, e);
}

static int
connect_way(
    struct http *h, const struct address *a, int *final, struct error *e)
{
	if (connect_tcp(h, a, e) == -1)
		return -1;
	return open_tunnel(h, final, e);
}

/*
 * Connects with the preferred trust anchors, if there are any; if the handshake
 * fails by these, with all.
 */
static int
connect_one(
    struct http *h, const struct address *a, int *final, struct error *e)
{
	size_t ignored;
	int all = h->anchors == NULL ||
	    http_anchors_preferred(h->anchors, &ignored) == NULL;

	if (connect_way(h, a, final, e) == -1)
		return -1;
	if (handshake(h, all, final, e) == 0)
		return 0;
	if (all || !*final)
		return -1;
	say(2,
	    "%s: the trust anchors of the last run do not verify it; trying "
	    "all",
	    h->origin.host);
	*final = 0;
	disconnect(h);
	return connect_way(h, a, final, e) == -1 ? -1 :
						   handshake(h, 1, final, e);
}

/* Tries the addresses in turn; the reason has the errors of all. */
static int
connect_any(struct http *h, struct error *e)
{
	const struct url *to = h->client->proxy != NULL ?
	    &h->client->proxy->server :
	    &h->origin;
	struct address a[ADDRESSES_MAX];
	struct error reason, all = { "" };
	char text[INET6_ADDRSTRLEN], by[300] = "";
	size_t n = 0, i;
	int final = 0;

	if (h->client->proxy != NULL)
		snprintf(by, sizeof(by), ", by the proxy %s port %s", to->host,
		    to->port);
	if (h->client->resolve(h->client->context, to, a, &n, &reason) == -1)
		return error_set(e, "%s%s",
		    h->client->proxy != NULL ? "proxy " : "", reason.text);
	for (i = 0; i < n && !final; i++) {
		if (connect_one(h, &a[i], &final, &reason) == 0) {
			say(2, "connected to %s port %s%s, %s", h->origin.host,
			    h->origin.port, by,
			    h->tls != NULL ? tls_conn_version(h->tls) :
					     "without TLS");
			return 0;
		}
		disconnect(h);
		say_add(all.text, sizeof(all.text), "%s%s", i > 0 ? "; " : "",
		    reason.text);
		if (n > 1) {
			address_text((const struct sockaddr *)&a[i].ss, text,
			    sizeof(text));
			say_add(all.text, sizeof(all.text), " (%s)", text);
		}
	}
	return error_set(e, "%s port %s%s: %s", h->origin.host, h->origin.port,
	    by, all.text);
}

/*
 * Before a request goes out on the kept connection: has the server closed it,
 * or sent something that was not asked for?  A surplus response must not be
 * taken for the next one.  TLS has messages of its own (session tickets), so
 * only reading tells.
 */
static int
still_usable(struct http *h)
{
	char byte;
	ssize_t n = get(h, &byte, 1);

	return n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT;
}

/*
 * Parses bytes; those behind the response begin the next one, if a request is
 * outstanding.
 */
static int
parse_bytes(struct http *h, const char *buf, size_t n, struct error *e)
{
	struct error reason;
	ssize_t used;

	if ((used = http_parse(&h->parser, buf, n, &reason)) == -1)
		return error_set(e, "%s: %s", h->origin.host, reason.text);
	/*
	 * The server has sent more than was requested: it is not clear which
	 * part is the response.
	 */
	if ((size_t)used < n && h->outstanding == 1)
		return error_set(e,
		    "%s: %zu bytes behind the end of the response",
		    h->origin.host, n - (size_t)used);
	h->nahead = n - (size_t)used;
	memmove(h->ahead, buf + used, h->nahead);
	return 0;
}

/*
 * Reads until the framing says that the response is whole; *got becomes 1 if
 * any byte came.
 */
static int
receive_response(
    struct http *h, int bodiless, int64_t deadline, int *got, struct error *e)
{
	char buf[READ_BYTES];
	ssize_t n;

	http_parse_start(&h->parser, bodiless,
	    h->origin.plain ? HTTP_PLAIN_BYTES_MAX : HTTP_BODY_BYTES_MAX);
	*got = h->nahead > 0;
	if (h->nahead > 0 && parse_bytes(h, h->ahead, h->nahead, e) == -1)
		return -1;
	while (h->parser.state != HTTP_DONE) {
		n = get(h, buf, sizeof(buf));
		if (n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT) {
			if (tls_wait(h, n, deadline) == -1)
				return error_set(e,
				    "%s: no whole response within %d seconds",
				    h->origin.host, HTTP_RESPONSE_SECONDS);
			continue;
		}
		/*
		 * Some servers end a connection without TLS's close_notify, so
		 * its absence means nothing.
		 */
		if (n <= 0 && http_parse_end(&h->parser) == 0)
			break;
		if (n <= 0)
			return error_set(e,
			    "%s: the connection ended before the response did",
			    h->origin.host);
		*got = 1;
		if (clock_left_ms(deadline) == 0)
			return error_set(e,
			    "%s: no whole response within %d seconds",
			    h->origin.host, HTTP_RESPONSE_SECONDS);
		if (parse_bytes(h, buf, (size_t)n, e) == -1)
			return -1;
	}
	return 0;
}

/* Joins head and body, so that they leave in one packet. */
static char *
compose(const struct http *h, enum http_method method, const struct url *url,
    const char *accept, const char *body, size_t bodylen, size_t *len)
{
	static const char *const methods[] = { "GET", "HEAD", "POST" };
	int n, absolute = h->client->proxy != NULL && h->origin.plain;
	char *out, *field, length[96] = "";

	if (method == HTTP_POST)
		snprintf(length, sizeof(length),
		    "Content-Type: application/jose+json\r\n"
		    "Content-Length: %zu\r\n",
		    bodylen);
	field = absolute ? proxy_field(h->client->proxy) : NULL;
	n = asprintf(&out,
	    "%s %s%s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n"
	    "Accept: %s\r\nAccept-Language: en\r\nAccept-Encoding: "
	    "identity\r\n%s%s\r\n%.*s",
	    methods[method], absolute ? "http://" : "", absolute ? h->host : "",
	    url->path, h->host, h->client->user_agent, accept,
	    field != NULL ? field : "", length, (int)bodylen,
	    bodylen > 0 ? body : "");
	if (n == -1)
		err(1, NULL);
	if (field != NULL)
		freezero(field, strlen(field));
	*len = (size_t)n;
	return out;
}

int
http_send(struct http *h, enum http_method method, const struct url *url,
    const char *accept, const char *body, size_t bodylen, struct error *e)
{
	char *request;
	size_t len;
	int rc;

	if (h->outstanding == 0 && h->fd != -1 && !still_usable(h))
		disconnect(h);
	if (h->outstanding == 0) {
		h->reused = h->fd != -1;
		if (!h->reused && connect_any(h, e) == -1)
			return -1;
	} else if (h->fd == -1)
		return error_set(
		    e, "%s: the connection has ended", h->origin.host);
	error_set(&h->broken,
	    "%s: the connection ended before the response came",
	    h->origin.host);
	request = compose(h, method, url, accept, body, bodylen, &len);
	rc = send_request(
	    h, request, len, phase_end(h, HTTP_RESPONSE_SECONDS), &h->broken);
	free(request);
	h->sent_at = h->outstanding == 0 ? clock_ms() : 0;
	h->bodiless[h->outstanding++] = method == HTTP_HEAD;
	/* If this fails, http_receive() reports it. */
	if (rc == -1)
		disconnect(h);
	return 0;
}

int
http_receive(struct http *h, struct http_response *response, struct error *e)
{
	int64_t deadline = phase_end(h, HTTP_RESPONSE_SECONDS);
	int bodiless = h->bodiless[0], got = 0, rc;

	memset(response, 0, sizeof(*response));
	if (h->fd == -1)
		rc = error_set(e, "%s", h->broken.text);
	else if ((rc = receive_response(h, bodiless, deadline, &got, e)) ==
	    -1) {
		http_parse_free(&h->parser);
		disconnect(h);
	}
	h->outstanding--;
	memmove(h->bodiless, h->bodiless + 1,
	    h->outstanding * sizeof(*h->bodiless));
	if (rc == -1)
		return h->reused && !got && clock_left_ms(deadline) > 0 ? -2 :
									  -1;
	*response = h->parser.response;
	memset(&h->parser.response, 0, sizeof(h->parser.response));
	if (h->sent_at != 0)
		note_round_trip(h, h->sent_at);
	h->sent_at = 0;
	/*
	 * The next outstanding request counts as sent on a kept connection: the
	 * server may have seen it or not.
	 */
	h->reused = 1;
	if (!h->parser.keep_alive)
		disconnect(h);
	return 0;
}

int
http_request(struct http *h, enum http_method method, const struct url *url,
    const char *accept, const char *body, size_t bodylen,
    struct http_response *response, struct error *e)
{
	if (http_send(h, method, url, accept, body, bodylen, e) == -1)
		return -1;
	return http_receive(h, response, e);
}

int
http_round_trip_ms(const struct http *h)
{
	return h->round_trip_ms;
}
