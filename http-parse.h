/*
 * HTTP/1 answers, fed in pieces of any size: no socket, no clock.
 */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include "http.h"

#define HTTP_LINE_MAX	16384
#define HTTP_INTERIM_MAX 16	/* 1xx answers before the real one */

enum http_state {
	HTTP_STATUS_LINE, HTTP_FIELDS, HTTP_BODY, HTTP_CHUNK_SIZE, HTTP_CHUNK_DATA,
	HTTP_CHUNK_END, HTTP_TRAILERS, HTTP_TO_END, HTTP_DONE
};

struct http_parser {
	enum http_state	 state;
	int		 bodiless;	/* the request was HEAD */
	size_t		 body_max;
	int		 keep_alive;	/* valid when done */
	int		 version;	/* minor */
	struct http_answer answer;
	size_t		 headlen;
	unsigned	 nfields;
	unsigned	 ninterim;
	size_t		 left;		/* of the body or chunk */
	size_t		 linelen;
	char		 line[HTTP_LINE_MAX];
};

/* Begins an answer, whose body may have so many bytes at most. */
void	http_parse_start(struct http_parser *, int bodiless, size_t body_max);
/* Consumes bytes until HTTP_DONE; how many, or -1: see why. */
ssize_t	http_parse(struct http_parser *, const char *, size_t, struct why *);
/*
 * The connection has ended: HTTP_DONE if the body is one that only this ends.
 * Whether it is whole, its own grammar must tell.  0, or -1: cut.
 */
int	http_parse_end(struct http_parser *);
/* Frees the answer, whole or not. */
void	http_parse_free(struct http_parser *);

#endif
