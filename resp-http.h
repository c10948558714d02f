/*
 * The one request that a client of respproc may make over HTTP: GET or HEAD of
 * a response to http-01 (RFC 8555 8.3).
 */
#ifndef RESP_HTTP_H
#define RESP_HTTP_H

#include <stddef.h>

enum request_result {
	REQUEST_MORE,	/* not whole yet */
	REQUEST_BAD,	/* no request (RFC 9112), or with more behind it */
	REQUEST_OTHER,	/* of something else: another method or path */
	REQUEST_TOKEN	/* of the response with this token */
};

struct request {
	int	head;		/* HEAD: the client wants no body */
	char	token[201];	/* as valid_token() takes it */
};

/* All that the client has sent so far.  Which host it names does not matter. */
enum request_result request_read(const char *, size_t len, struct request *);

#endif
