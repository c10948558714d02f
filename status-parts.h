/*
 * What revocation lists and OCSP responses have in common.
 */
#ifndef STATUS_PARTS_H
#define STATUS_PARTS_H

#include "der.h"
#include "x509.h"

#define STATUS_SKEW	300	/* seconds that clocks may differ by */

/* The leaf's issuer; NULL: only the leaf is installed. */
X509	*status_issuer(const struct chain *);
/* The first revocation list that the certificate names by http; the caller frees.  NULL: none. */
char	*status_list_url(X509 *leaf);
/* The name, if it is an http URL; the caller frees. */
char	*status_http_name(const GENERAL_NAME *);

/* RFC 5280, RFC 6960: what is signed, how, and the signature. */
struct status_signed {
	struct der	tbs;		/* whole */
	struct der	algorithm;	/* whole */
	struct der	signature;	/* without the number of unused bits */
};
/* Reads them from in.  0, or -1: not DER, or not these. */
int	status_signed_read(struct der *in, struct status_signed *);
/* An AlgorithmIdentifier's NID; NID_undef: libcrypto knows none. */
int	status_algorithm(const struct der *);
/* Is the algorithm strong enough (SHA-256 or better)?  0, or -1 with the reason; what names the object. */
int	status_signed_strong(const struct status_signed *, const char *what, struct why *);
/* Is it signed by this key?  1 or 0. */
int	status_signed_by(const struct status_signed *, EVP_PKEY *);

/* Reads a UTCTime or GeneralizedTime.  1; 0: the next element is something else; -1: no time. */
int	status_time(struct der *in, time_t *);

struct status_extension {
	int		id;		/* n, if it is 2.5.29.n (RFC 5280 4.2), else -1 */
	int		critical;
	struct der	value;
};
/* Reads the next extension (RFC 5280 4.1).  1; 0: there are no more; -1: not DER. */
int	status_extension(struct der *in, struct status_extension *);

/* The judges of status_judge(): 1: revoked, 0: not, -1: it does not tell, see why. */
int	status_list_judge(const struct chain *, struct der answer, time_t now, struct why *);
int	status_ocsp_judge(const struct chain *, struct der answer, time_t now, struct why *);

/* The certificate's serial number, as the content of an INTEGER; the caller gives what is returned to OPENSSL_free(). */
uint8_t	*status_serial(const X509 *, struct der *serial);

#endif
