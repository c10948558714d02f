/*
 * Certificates for tls-alpn-01 (RFC 8737 3), made in respproc for the moment.
 */
#ifndef RESP_CERT_H
#define RESP_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "resp-hello.h"

#define SELFSIGNED_DIGEST_LEN	32	/* SHA-256 of a key authorization */

/*
 * The P-256 key of all these certificates, which lives as long as the process.
 * Called once, before the others; failure ends the process.
 */
void	selfsigned_begin(void);

/* That key in PEM, in memory of this module. */
const uint8_t *selfsigned_key(size_t *len);

/*
 * What the client calls the server of this identifier, without a final dot:
 * the name itself, or for an address the reverse name (RFC 8738 6).
 */
void	selfsigned_server_name(const char *identifier, char name[SERVER_NAME_SIZE]);

/*
 * The certificate of one identifier (a host name in lower case, or an address)
 * in PEM, which the caller frees.  NULL: libcrypto could not make it.
 */
uint8_t	*selfsigned_cert(const char *identifier,
	    const uint8_t digest[SELFSIGNED_DIGEST_LEN], size_t *len);

#endif
