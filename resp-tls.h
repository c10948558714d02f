/*
 * TLS handshakes of respproc's clients, by libtls.
 */
#ifndef RESP_TLS_H
#define RESP_TLS_H

#include "resp-response.h"

struct handshake;

enum handshake_result { HANDSHAKE_WAITS, HANDSHAKE_FAILED, HANDSHAKE_DONE };

/*
 * Begins one with the certificate of this response; hello is what the client
 * has sent so far, and stays as it is until handshake_free().  NULL: libtls
 * refuses.
 */
struct handshake *handshake_new(const struct response *, int fd,
	    const uint8_t *hello, size_t len);

/*
 * Goes on as far as it can without blocking; events: what is to be waited for
 * then, as poll() has it.
 */
enum handshake_result handshake_go(struct handshake *, short *events);

/* The name that the client has called the server. */
const char *handshake_server(const struct handshake *);

void	handshake_free(struct handshake *);

#endif
