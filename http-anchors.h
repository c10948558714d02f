/*
 * Trust anchors for the certificates of servers.  A system's bundle has 140,
 * and libcrypto needs 20 ms to parse them for each connection: so the few that
 * served last are tried first, and all of them where those do not serve.
 */
#ifndef HTTP_ANCHORS_H
#define HTTP_ANCHORS_H

#include <stddef.h>

struct http_anchors;

/* All, as PEM text, which it takes over. */
struct http_anchors *http_anchors_new(char *pem, size_t len);

/*
 * The anchors that served in an earlier run, by what http_anchors_names() said
 * then; NULL: not known.  Names of no anchor are ignored, so that names from
 * anywhere can only select anchors, never add one.
 */
void	http_anchors_prefer(struct http_anchors *, const char *names);

/* What the next run may prefer; "": nothing.  Valid until the next call. */
const char *http_anchors_names(const struct http_anchors *);

/* PEM text of all anchors, or of those that are preferred; NULL: none is. */
const char *http_anchors_all(const struct http_anchors *, size_t *len);
const char *http_anchors_preferred(const struct http_anchors *, size_t *len);

/* A server's chain, PEM, was found good by all anchors: prefer its issuers. */
void	http_anchors_served(struct http_anchors *, const char *chain, size_t len);

#endif
