/*
 * The responses that respproc serves: for http-01 a key authorization by its
 * token, for tls-alpn-01 a certificate by the server's name.
 */
#ifndef RESP_RESPONSE_H
#define RESP_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

#include "resp-hello.h"
#include "say.h"

struct response {
	uint32_t	 job;
	uint32_t	 number;	/* of the identifier, among the job's */
	/* One of these two: */
	char		*token;		/* of http-01, */
	char		*text;		/* with its key authorization */
	uint8_t		*cert;		/* of tls-alpn-01, in PEM, */
	size_t		 certlen;
	char		 server[SERVER_NAME_SIZE];	/* with this name in lower case */
	int		 served;	/* someone has fetched it */
	struct response	*next;
};

/*
 * Takes the place of an earlier response of this identifier.  text is the key
 * authorization (http-01), digest its SHA-256 in base64url (tls-alpn-01).  What
 * is not of this form ends the process.  0, or -1 with the reason.
 */
void	response_put_http(uint32_t job, uint32_t number, const char *text);
int	response_put_tls(uint32_t job, uint32_t number, const char *identifier,
	    const char *digest, struct why *);

/* NULL: there is none.  It lasts until response_drop(). */
struct response *response_of_token(const char *token);
struct response *response_of_server(const char *name);

/* Those of a job; how many, and how many of them were served. */
size_t	response_count(uint32_t job, size_t *served);
void	response_drop(uint32_t job);

#endif
