/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Does TLS handshakes for tls-alpn-01 (RFC 8737 3).  The connection ends with
 * the handshake: no application data is read, and nothing is negotiated again.
 */
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <tls.h>

#include "resp.h"

struct handshake {
	char server[SERVER_NAME_SIZE];
	int fd;
	/* The bytes that were read so far, which libtls reads first. */
	const uint8_t *hello;
	size_t left;
	int done;
	struct tls *context, *tls;
};

static int
would_block(ssize_t n)
{
	return n == -1 && (errno == EAGAIN || errno == EINTR);
}

/*
 * Reads for libtls (tls_read_cb).  The sandbox allows only recv() and send() on
 * a socket.
 */
static ssize_t
read_some(struct tls *tls, void *buf, size_t len, void *handshake)
{
	struct handshake *h = handshake;
	ssize_t n;

	(void)tls;
	if (h->left > 0) {
		if (len > h->left)
			len = h->left;
		memcpy(buf, h->hello, len);
		h->hello += len;
		h->left -= len;
		return (ssize_t)len;
	}
	n = recv(h->fd, buf, len, 0);
	return would_block(n) ? TLS_WANT_POLLIN : n;
}

/* Writes for libtls (tls_write_cb). */
static ssize_t
write_some(struct tls *tls, const void *buf, size_t len, void *handshake)
{
	struct handshake *h = handshake;
	ssize_t n = send(h->fd, buf, len, MSG_NOSIGNAL);

	(void)tls;
	return would_block(n) ? TLS_WANT_POLLOUT : n;
}

/*
 * Makes a context for one connection only: each response has its own
 * certificate.
 */
static struct tls *
context_new(const struct response *r)
{
	struct tls_config *config = tls_config_new();
	struct tls *tls = tls_server();
	const uint8_t *key;
	size_t keylen;
	int ok;

	if (config == NULL || tls == NULL)
		err(1, NULL);
	key = selfsigned_key(&keylen);
	ok = tls_config_set_protocols(
		 config, TLS_PROTOCOL_TLSv1_2 | TLS_PROTOCOL_TLSv1_3) == 0 &&
	    tls_config_set_keypair_mem(
		config, r->cert, r->certlen, key, keylen) == 0 &&
	    tls_config_set_alpn(config, ACME_ALPN) == 0 &&
	    tls_configure(tls, config) == 0;
	tls_config_free(config);
	if (ok)
		return tls;
	tls_free(tls);
	return NULL;
}

struct handshake *
handshake_new(
    const struct response *r, int fd, const uint8_t *hello, size_t len)
{
	struct handshake *h;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		err(1, NULL);
	strlcpy(h->server, r->server, sizeof(h->server));
	h->fd = fd;
	h->hello = hello;
	h->left = len;
	if ((h->context = context_new(r)) != NULL &&
	    tls_accept_cbs(h->context, &h->tls, read_some, write_some, h) == 0)
		return h;
	handshake_free(h);
	return NULL;
}

enum handshake_result
handshake_go(struct handshake *h, short *events)
{
	const char *alpn;
	int rc = 0;

	if (!h->done) {
		rc = tls_handshake(h->tls);
		h->done = rc == 0;
	}
	if (h->done)
		rc = tls_close(h->tls);
	if (rc == TLS_WANT_POLLIN || rc == TLS_WANT_POLLOUT) {
		*events = rc == TLS_WANT_POLLIN ? POLLIN : POLLOUT;
		return HANDSHAKE_WAITS;
	}
	if (!h->done)
		return HANDSHAKE_FAILED;
	alpn = tls_conn_alpn_selected(h->tls);
	if (alpn == NULL || strcmp(alpn, ACME_ALPN) != 0)
		return HANDSHAKE_FAILED;
	return HANDSHAKE_DONE;
}

const char *
handshake_server(const struct handshake *h)
{
	return h->server;
}

void
handshake_free(struct handshake *h)
{
	tls_free(h->tls);
	tls_free(h->context);
	free(h);
}
