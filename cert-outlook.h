/*
 * What there is of each certificate, what comes of it and when; in certproc.
 */
#ifndef CERT_OUTLOOK_H
#define CERT_OUTLOOK_H

#include "acme-client.h"
#include "cert-job.h"

#define CHANGE_PENDING	"on change: not run yet, or failed"

/* The more urgent, the greater. */
enum condition { FINE, DUE_NOW, MISSING, FAILING, EXPIRED };

struct outlook {
	const struct job *job;
	enum condition	 condition;
	char		 issuer[64];
	time_t		 when;		/* it will be renewed, or tried again */
	const char	*why;
	struct why	 changed;	/* for why to point to */
	struct why	 trouble;	/* what could not be read, or "" */
};

/*
 * Looks at each of the jobs, by way of fileproc; the most urgent first.
 * outcomes[], by job: unchanged where all is well, installed where something is
 * due, failed where it has expired or does not come about.  The caller frees.
 */
struct outlook *outlook_all(struct job *, size_t n, enum outcome *outcomes);

/* What went wrong at last, or "", in a static buffer. */
const char *outlook_error(const struct outlook *);
/* Is that only the error of a run with -F, as nothing had been due? */
int	outlook_forced(const struct outlook *);

#endif
