/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * HTTP/1.1 over libtls: trust anchors, proxies, sockets, client, parser.
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

/* All anchors, as PEM text, which it takes over. */
struct http_anchors *http_anchors_new(char *pem, size_t len);

/*
 * The anchors that served in an earlier run, by what http_anchors_names() said
 * then; NULL: not known.  Names of no anchor are ignored, so that names from
 * anywhere can only select anchors, never add one.
 */
void http_anchors_prefer(struct http_anchors *, const char *names);

/*
 * The names that the next run may prefer, "": none.  Valid until the next call.
 */
const char *http_anchors_names(const struct http_anchors *);

/* PEM text of all anchors, or of those that are preferred; NULL: none is. */
const char *http_anchors_all(const struct http_anchors *, size_t *len);
const char *http_anchors_preferred(const struct http_anchors *, size_t *len);

/* A server's chain, PEM, was found good by all anchors: prefer its issuers. */
void http_anchors_served(struct http_anchors *, const char *chain, size_t len);


/*
 * An HTTP proxy on the way to a server: CONNECT (RFC 9110 9.3.6) for what goes
 * over TLS, the absolute form (RFC 9112 3.2.2) for the rest.  No socket here.
 */

struct http_proxy {
	struct url server; /* host and port */
	/* "NAME:PASSWORD" in base64, or NULL: none */
	char *credentials;
	/* The file that they come from, for messages, or NULL. */
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
 * The whole request for a tunnel to host and port.  The caller frees it with
 * freezero().
 */
char *proxy_connect(const struct http_proxy *, const char *host,
    const char *port, const char *user_agent, size_t *len);
/* The field for a request in the absolute form, or "".  The caller frees. */
char *proxy_field(const struct http_proxy *);

/* What a status of the proxy that is not 2xx means for the way to host.  -1. */
int proxy_refusal(const struct http_proxy *, int status, const char *host,
    const char *port, struct error *);


/*
 * HTTP/1.1, over libtls as a rule, one kept connection: RFC 9110, RFC 9112.
 * Nothing here knows of ACME.
 */

#define HTTP_HEADERS_MAX 100      /* fields in one response */
#define HTTP_HEAD_BYTES_MAX 32768 /* All fields together. */
#define HTTP_BODY_BYTES_MAX (256 * 1024)
/* The limit for bodies without TLS, which may be revocation lists. */
#define HTTP_PLAIN_BYTES_MAX (16 * 1024 * 1024)

/* Phase deadlines in seconds; regress builds with shorter ones (-D...). */
#ifndef HTTP_CONNECT_SECONDS
#define HTTP_CONNECT_SECONDS 10 /* For each address tried. */
#endif
#ifndef HTTP_PROXY_SECONDS
#define HTTP_PROXY_SECONDS 30 /* The time a proxy has to connect. */
#endif
#ifndef HTTP_HANDSHAKE_SECONDS
#define HTTP_HANDSHAKE_SECONDS 15
#endif
#ifndef HTTP_ANSWER_SECONDS
#define HTTP_ANSWER_SECONDS 60 /* one request and its whole response */
#endif

/*
 * Waits for these events of poll(2): 1, or 0 once the deadline (clock_ms()) has
 * passed, even where there are events: a peer that never pauses must not go on
 * for ever.  A hang-up of hup_fd, the parent's end, ends the process.
 */
int socket_wait(int fd, int hup_fd, short events, int64_t deadline);

/*
 * A connected socket that does not block, or -1 with the reason; *late: the
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
	void *context; /* for resolve() */
	/*
	 * NULL, or the proxy that all connections are to: TLS goes through a
	 * tunnel to the server, plain requests go to the proxy itself.  It is
	 * the proxy whose addresses are resolved.
	 */
	const struct http_proxy *proxy;
	int hup_fd; /* poll()ed beside the socket: hang-up there exits */
};

struct http; /* one server (origin), its connection and its limits */

/*
 * The caller keeps the client and the trust anchors for the server's
 * certificate, which are NULL only with insecure, or where the URL is plain.
 * NULL on failure.
 */
struct http *http_new(const struct http_client *, const struct url *origin,
    struct http_anchors *, int insecure, struct error *);
void http_free(struct http *);
/* All waiting ends by then (clock_ms()), besides the phases' own deadlines. */
void http_deadline(struct http *, int64_t deadline);

struct http_response {
	int status;
	char *head; /* raw header fields, for http_header() */
	char *body; /* NUL-terminated, complete */
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
 * The shortest time from a request, or a message of TLS, to its response, which
 * is hardly more than the round trip; -1: not known.
 */
int http_round_trip_ms(const struct http *);

/*
 * The value of the nth field of that name (letter case ignored), trimmed; NULL
 * if there are not so many.  The caller frees.
 */
char *http_header(const struct http_response *, const char *name, size_t nth);

/*
 * The URL that a reference in a response from base means (RFC 3986 5).  The
 * caller frees.
 */
char *http_resolve_url(const char *base, const char *ref);
/* The Location field, resolved; NULL: none.  The caller frees. */
char *http_location(const struct http_response *, const char *base);
/*
 * The nth Link target with this rel (RFC 8288), resolved against base (RFC 3986
 * 5); NULL: none.  The caller frees.
 */
char *http_link(const struct http_response *, const char *rel, size_t nth,
    const char *base);

/*
 * Retry-After (RFC 9110 10.2.3), seconds or a date in any of the three forms,
 * as seconds from now; dates are taken relative to the response's Date field
 * where it has one.  -1: absent or not understood.  Never below 0, at most 366
 * days.
 */
long http_retry_after(const struct http_response *, time_t now);


/*
 * A parser of HTTP/1 responses, fed in pieces of any size: no socket, no clock.
 */

#define HTTP_LINE_MAX 16384
#define HTTP_INTERIM_MAX 16 /* 1xx responses before the final one */

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
	int bodiless; /* the request was HEAD */
	size_t body_max;
	int keep_alive; /* set when done */
	int version;    /* The minor version. */
	struct http_response response;
	size_t headlen;
	unsigned nfields;
	unsigned ninterim;
	size_t left; /* Bytes left in the body or chunk. */
	size_t linelen;
	char line[HTTP_LINE_MAX];
};

/* Begins a response whose body has at most body_max bytes. */
void http_parse_start(struct http_parser *, int bodiless, size_t body_max);
/* Consumes bytes until HTTP_DONE; returns how many, or -1 with the reason. */
ssize_t http_parse(struct http_parser *, const char *, size_t, struct error *);
/*
 * The connection has ended: HTTP_DONE if the body is one that only this ends;
 * its grammar must tell whether it is whole.  0, or -1: it was cut.
 */
int http_parse_end(struct http_parser *);
/* Frees the response, whole or not. */
void http_parse_free(struct http_parser *);

#endif
