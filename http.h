/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * HTTP/1.1 over libtls: trust anchors, proxies, sockets, the client, the
 * parser.
 */
#ifndef HTTP_H
#define HTTP_H

#include <sys/socket.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "acme-client.h"
#include "address.h"
#include "log.h"
#include "valid.h"

/*
 * Trust anchors for the certificates of servers.  A system's bundle has 140,
 * and libcrypto needs 20 ms to parse them for each connection: so the few that
 * served last are tried first, and all of them where those do not serve.
 */

struct http_anchors;

/* Takes over all anchors, as PEM text. */
struct http_anchors *http_anchors_new(char *pem, size_t len);

/*
 * Prefers the anchors that served in an earlier run, by what
 * http_anchors_names() returned then; NULL: that is not known.  Names of no
 * anchor are ignored, so that names from anywhere can only select anchors,
 * never add one.
 */
void http_anchors_prefer(struct http_anchors *, const char *names);

/*
 * Returns the names that the next run may prefer, valid until the next call;
 * "": there are none.
 */
const char *http_anchors_names(const struct http_anchors *);

/*
 * These return the PEM text of all anchors, or of the preferred ones; NULL:
 * none is preferred.
 */
const char *http_anchors_all(const struct http_anchors *, size_t *len);
const char *http_anchors_preferred(const struct http_anchors *, size_t *len);

/*
 * Prefers the issuers in a server's chain (PEM), which all anchors together
 * verified.
 */
void http_anchors_served(struct http_anchors *, const char *chain, size_t len);


/*
 * An HTTP proxy on the way to a server: CONNECT (RFC 9110 9.3.6) is for what
 * goes over TLS, the absolute form (RFC 9112 3.2.2) for the rest.  There is no
 * socket here.
 */

struct http_proxy {
	struct url server; /* The host and port of the proxy. */
	/* "NAME:PASSWORD" in base64; NULL: there are none. */
	char *credentials;
	/* The file with name and password, for messages, or NULL. */
	const char *auth_file;
};

/*
 * Takes the proxy's http URL, and reads the file with name and password, which
 * may be NULL; before the sandbox is entered.  Keeps auth_file.  0, or -1 with
 * the reason.
 */
int proxy_open(struct http_proxy *, const char *url, const char *auth_file,
    struct error *);

/*
 * Makes the whole request for a tunnel to host and port.  The caller frees it
 * with freezero().
 */
char *proxy_connect(const struct http_proxy *, const char *host,
    const char *port, const char *user_agent, size_t *len);
/*
 * Makes the field for a request in the absolute form, or "".  The caller frees
 * it.
 */
char *proxy_field(const struct http_proxy *);

/*
 * Says what a status of the proxy that is not 2xx means for the way to host.
 * Returns -1.
 */
int proxy_refusal(const struct http_proxy *, int status, const char *host,
    const char *port, struct error *);


/*
 * Sends HTTP/1.1 requests, over libtls as a rule, on one kept connection (RFC
 * 9110, RFC 9112).  Nothing here knows of ACME.
 */

#define HTTP_HEADERS_MAX 100      /* The most fields in one response. */
#define HTTP_HEAD_BYTES_MAX 32768 /* The most bytes of all fields together. */
#define HTTP_BODY_BYTES_MAX (256 * 1024)
/* The most bytes of a body without TLS, which may be a revocation list. */
#define HTTP_PLAIN_BYTES_MAX (16 * 1024 * 1024)

/* The seconds for each phase; the tests build with fewer (-D...). */
#ifndef HTTP_CONNECT_SECONDS
#define HTTP_CONNECT_SECONDS 10 /* The seconds to connect to one address. */
#endif
#ifndef HTTP_PROXY_SECONDS
#define HTTP_PROXY_SECONDS 30 /* The seconds that a proxy has to connect. */
#endif
#ifndef HTTP_HANDSHAKE_SECONDS
#define HTTP_HANDSHAKE_SECONDS 15
#endif
#ifndef HTTP_RESPONSE_SECONDS
/* The seconds for one request and its whole response. */
#define HTTP_RESPONSE_SECONDS 60
#endif

/*
 * Waits for these events of poll(2): 1, or 0 once the deadline (clock_ms()) has
 * passed, even where there are events: a peer that never pauses must not go on
 * for ever.  A hang-up of hup_fd, the parent's end, ends the process.
 */
int socket_wait(int fd, int hup_fd, short events, int64_t deadline);

/*
 * Connects a socket that does not block.  -1 with the reason; *late: the
 * deadline has passed.
 */
int socket_connect(const struct address *, int hup_fd, int64_t deadline,
    int *late, struct error *);

/* Fills in up to ADDRESSES_MAX addresses for a URL's host and port; 0 or -1. */
typedef int http_resolve(void *context, const struct url *, struct address *,
    size_t *n, struct error *);

/* What a client's connections have in common. */
struct http_client {
	const char *user_agent;
	http_resolve *resolve;
	void *context; /* The first argument of resolve(). */
	/*
	 * NULL, or the proxy that all connections are to: TLS goes through a
	 * tunnel to the server, plain requests go to the proxy itself.  It is
	 * the proxy whose addresses are resolved.
	 */
	const struct http_proxy *proxy;
	/*
	 * The process ends when this descriptor hangs up, which is polled
	 * beside the socket.
	 */
	int hup_fd;
};

struct http; /* One server (origin), its connection and its limits. */

/*
 * Prepares a connection.  The caller keeps the client and the trust anchors for
 * the server's certificate, which are NULL only with insecure, or where the URL
 * is plain.  NULL on failure.
 */
struct http *http_new(const struct http_client *, const struct url *origin,
    struct http_anchors *, int insecure, struct error *);
void http_free(struct http *);
/*
 * Ends all waiting by this time (clock_ms()), besides the phases' own
 * deadlines.
 */
void http_deadline(struct http *, int64_t deadline);

struct http_response {
	int status;
	char *head; /* The header fields as received, for http_header(). */
	char *body; /* The complete body, with a NUL behind it. */
	size_t bodylen;
	/*
	 * Only the connection's end has ended the body: the body must tell
	 * whether it is whole.
	 */
	int unframed;
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST };

/*
 * Sends one request (POST: application/jose+json with this body) on the kept
 * connection, opening it where needed, and reads the whole response.  1xx are
 * skipped.  Returns 0 for any complete response of the server; -1: no complete
 * response, with the reason; -2: as -1, but the kept connection was closed
 * before any byte of the response (the server may not have seen the request:
 * repeat what is safe to repeat).  The caller frees the response with
 * http_response_free().
 */
int http_request(struct http *, enum http_method, const struct url *,
    const char *accept, const char *body, size_t bodylen,
    struct http_response *, struct error *);
void http_response_free(struct http_response *);

/*
 * The two halves of http_request(), for requests that do not depend on each
 * other's responses (RFC 9112 9.3.2): up to HTTP_PIPELINE_MAX are sent before
 * the first response is received; responses come in the order of the requests.
 * Every request sent must be received once: if the connection ends, each of the
 * rest returns -2 or -1, as above.
 */
#define HTTP_PIPELINE_MAX 32
int http_send(struct http *, enum http_method, const struct url *,
    const char *accept, const char *body, size_t bodylen, struct error *);
int http_receive(struct http *, struct http_response *, struct error *);

/*
 * Returns the shortest time from a request, or a message of TLS, to its
 * response, which is hardly more than the round trip; -1: it is not known.
 */
int http_round_trip_ms(const struct http *);

/*
 * Returns the trimmed value of the nth field of that name, in any letter case;
 * NULL if there are not so many.  The caller frees it.
 */
char *http_header(const struct http_response *, const char *name, size_t nth);

/*
 * Returns the Location field; NULL: there is none.  As from http_link(), it is
 * the URL that the reference means in a response from base (RFC 3986 5).  The
 * caller frees it.
 */
char *http_location(const struct http_response *, const char *base);
/*
 * Returns the nth Link target with this rel (RFC 8288), resolved against base
 * (RFC 3986 5); NULL: there is none.  The caller frees it.
 */
char *http_link(const struct http_response *, const char *rel, size_t nth,
    const char *base);

/*
 * Returns Retry-After (RFC 9110 10.2.3), seconds or a date in any of the three
 * forms, as seconds from now; a date is taken relative to the response's Date
 * field where it has one.  -1: absent or not understood.  Never below 0, at
 * most 366 days.
 */
long http_retry_after(const struct http_response *, time_t now);

/*
 * Returns by how many seconds now is ahead of the response's Date field, which
 * was right when the response was made; 0 if the field is absent or not
 * understood.
 */
long http_clock_ahead(const struct http_response *, time_t now);


/* Parses HTTP/1 responses, fed in pieces of any size: no socket, no clock. */

#define HTTP_LINE_MAX 16384
#define HTTP_INTERIM_MAX 16 /* The most 1xx responses before the final one. */

enum http_state {
	HTTP_STATUS_LINE,
	HTTP_FIELDS,
	HTTP_BODY,
	HTTP_CHUNK_SIZE,
	HTTP_CHUNK_DATA,
	HTTP_CHUNK_END,
	HTTP_TRAILERS,
	HTTP_TO_END,
	HTTP_DONE
};

struct http_parser {
	enum http_state state;
	int bodiless; /* The request was HEAD, so that no body comes. */
	size_t body_max;
	/* Whether the connection may be kept, once the response is whole. */
	int keep_alive;
	int version; /* The minor version of HTTP. */
	struct http_response response;
	size_t headlen;
	unsigned nfields;
	unsigned ninterim;
	size_t left;      /* How many bytes are left in the body or chunk. */
	int chunk_has_cr; /* The line of the chunk's size ends with CR LF. */
	size_t linelen;
	char line[HTTP_LINE_MAX];
};

/* Begins a response whose body has at most body_max bytes. */
void http_parse_start(struct http_parser *, int bodiless, size_t body_max);
/* Consumes bytes until HTTP_DONE; returns how many, or -1 with the reason. */
ssize_t http_parse(struct http_parser *, const char *, size_t, struct error *);
/*
 * Says that the connection has ended.  HTTP_DONE if the body is one that only
 * this ends; its grammar must tell whether it is whole.  0, or -1: it was cut.
 */
int http_parse_end(struct http_parser *);
/* Frees the response, whole or not. */
void http_parse_free(struct http_parser *);

#endif
