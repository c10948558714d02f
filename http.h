/*
 * HTTP/1.1, over libtls as a rule, one kept connection: RFC 9110, RFC 9112.
 * Nothing here knows of ACME.
 */
#ifndef HTTP_H
#define HTTP_H

#include <sys/socket.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "acme-client.h"
#include "http-anchors.h"
#include "http-proxy.h"
#include "say.h"
#include "valid.h"

#define HTTP_HEADERS_MAX	100	/* fields in one answer */
#define HTTP_HEAD_BYTES_MAX	32768	/* all of them */
#define HTTP_BODY_BYTES_MAX	(256 * 1024)
#define HTTP_PLAIN_BYTES_MAX	(16 * 1024 * 1024)	/* of a revocation list */

/* Phase deadlines in seconds; regress builds with shorter ones (-D...). */
#ifndef HTTP_CONNECT_SECONDS
#define HTTP_CONNECT_SECONDS	10	/* each address */
#endif
#ifndef HTTP_PROXY_SECONDS
#define HTTP_PROXY_SECONDS	30	/* until a proxy has connected */
#endif
#ifndef HTTP_HANDSHAKE_SECONDS
#define HTTP_HANDSHAKE_SECONDS	15
#endif
#ifndef HTTP_ANSWER_SECONDS
#define HTTP_ANSWER_SECONDS	60	/* one request and its whole answer */
#endif

struct address {
	struct sockaddr_storage	ss;
	socklen_t		len;
};

/* Fills in up to ADDRESSES_MAX addresses for a URL's host and port; 0 or -1. */
typedef int http_resolve(const struct url *, struct address *, size_t *n, struct why *);

struct http;		/* one server (origin), its connection and its limits */

/*
 * anchors: for the server's certificate (the caller keeps them); NULL only with
 * insecure, or where the URL is plain.  hup_fd: poll()ed besides the socket;
 * hang-up there exits.  NULL on failure.
 */
struct http	*http_new(const struct url *origin, struct http_anchors *anchors, int insecure,
		    const char *user_agent, http_resolve *, int hup_fd, struct why *);
void		 http_free(struct http *);
/*
 * All connections are to this proxy, which the caller keeps: TLS through a
 * tunnel to the server, plain requests to the proxy itself.  It is the proxy
 * that is resolved.
 */
void		 http_by_proxy(struct http *, const struct http_proxy *);
/* All waiting ends by then (clock_ms()), besides the phases' own deadlines. */
void		 http_deadline(struct http *, int64_t deadline);

struct http_answer {
	int	 status;
	char	*head;		/* raw header fields, for http_header() */
	char	*body;		/* NUL-terminated, complete */
	size_t	 bodylen;
	int	 unframed;	/* the connection's end ended it: whole or cut, only the body can tell */
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST };

/*
 * Sends one request (POST: application/jose+json with this body) on the kept
 * connection, opening it where needed, and reads the whole answer.  1xx are
 * skipped.  Returns 0 for any complete answer of the server;
 * -1: no complete answer, see why;
 * -2: as -1, but the kept connection was closed before any byte of the answer
 *     (the server may not have seen the request: repeat what is safe to repeat).
 * The caller frees the answer with http_answer_free().
 */
int		 http_request(struct http *, enum http_method, const struct url *, const char *accept,
		    const char *body, size_t bodylen, struct http_answer *, struct why *);
void		 http_answer_free(struct http_answer *);

/*
 * The two halves of it, for requests that do not depend on each other's
 * answers (RFC 9112 9.3.2): up to HTTP_PIPELINE_MAX are sent before the first
 * answer is received; answers come in the order of the requests.  Every
 * request sent must be received once: if the connection ends, each of the rest
 * returns -2 or -1, as above.
 */
#define HTTP_PIPELINE_MAX	32
int		 http_send(struct http *, enum http_method, const struct url *, const char *accept,
		    const char *body, size_t bodylen, struct why *);
int		 http_receive(struct http *, struct http_answer *, struct why *);

/*
 * How soon an answer has come at best, TLS's own among them, which is hardly
 * more than the way there and back; -1: not known.
 */
int		 http_round_trip_ms(const struct http *);

/*
 * The value of the nth field of that name (letter case ignored), trimmed;
 * NULL if there are not so many.  The caller frees.
 */
char		*http_header(const struct http_answer *, const char *name, size_t nth);

/* What a reference in an answer from base means (RFC 3986 5).  The caller frees. */
char		*http_resolve_url(const char *base, const char *ref);
/* The Location field, resolved; NULL: none.  The caller frees. */
char		*http_location(const struct http_answer *, const char *base);
/* The nth Link target with this rel (RFC 8288), resolved against base (RFC 3986 5); NULL: none.  The caller frees. */
char		*http_link(const struct http_answer *, const char *rel, size_t nth, const char *base);

/*
 * Retry-After (RFC 9110 10.2.3), seconds or a date in any of the three forms,
 * as seconds from now; dates are taken relative to the answer's Date field where it has one.
 * -1: absent or not understood.  Never below 0, at most 366 days.
 */
long		 http_retry_after(const struct http_answer *, time_t now);

#endif
