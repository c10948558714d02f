/*
 * The first message of a TLS client, as far as respproc must know it before
 * libtls sees it (RFC 8737 3, RFC 8446 4.1.2).
 */
#ifndef RESP_HELLO_H
#define RESP_HELLO_H

#include <stddef.h>
#include <stdint.h>

#define ACME_ALPN	"acme-tls/1"	/* RFC 8737 6.2 */
#define SERVER_NAME_SIZE	254	/* bytes of a host name, with its NUL */

enum hello_result {
	HELLO_MORE,	/* not whole yet */
	HELLO_BAD,	/* no ClientHello, or not one of a validation */
	HELLO_NAMED	/* it offers only acme-tls/1, and names a server */
};

/*
 * All that the client has sent so far; name is set to what it calls the server,
 * in lower case.  Bytes behind the message are left to libtls.
 */
enum hello_result hello_read(const uint8_t *, size_t len, char name[SERVER_NAME_SIZE]);

#endif
