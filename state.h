/*
 * What is remembered between runs.
 */
#ifndef STATE_H
#define STATE_H

#include <time.h>

#include "acme-client.h"
#include "conf.h"
#include "valid.h"

#define CERTID_MAX	128

/* What the CA has said about the renewal of one certificate (RFC 9773). */
struct window {
	char		certid[CERTID_MAX];	/* of that certificate, or "" */
	time_t		start, end;	/* 0: not known */
	time_t		time;		/* in it, picked once */
	time_t		ask;		/* not asked again earlier */
};

/* Of a certificate, as much as its renewal depends on. */
struct life {
	time_t		not_before, not_after;
	char		certid[CERTID_MAX];	/* RFC 9773 4.1, or "" */
};

#define FINGERPRINT_LEN	65	/* of a SHA-256 in hexadecimal, with its NUL */
#define GROUP_MAX	68

/* Where and how a certificate was obtained, as the configuration had it; "" where that is not known. */
struct origin {
	char		leaf[FINGERPRINT_LEN];	/* of the certificate */
	char		directory[1024];	/* URL */
	char		profile[128];		/* "": none */
	char		preferred[256];		/* CN at the top of the chain; "": none */
};

/* No wait is longer, counted from the start of the run: a daily run is met every day, also where a day has 23 hours. */
#define BACKOFF_MAX	(22 * 3600 + 1800)

#define ERROR_MAX	1600

/* Of one domain section. */
struct state {
	char		names[65];	/* hash of the set of names: for another set, all begins anew */
	unsigned	attempts;	/* begun since the last success */
	unsigned	failures;	/* of them, those that the CA answered */
	time_t		not_before;	/* no new attempt earlier, without -F */
	time_t		last_success;
	char		last_error[ERROR_MAX];	/* its beginning and end, if it is longer */
	enum failure	error_class;	/* of that */
	int		forced;		/* the last error is that of an attempt that only -F had asked for */
	time_t		began;		/* the attempt that has not ended, or 0 */
	long		took_ms;	/* the last attempt */
	struct window	window;
	time_t		status_ask;	/* about revocation, not asked again earlier */
	char		looks[65];	/* fingerprint of the files at the last look, or "" */
	time_t		looked;		/* when that was found by reading them; 0: not yet */
	struct life	life;		/* of what was installed then */
	time_t		early;		/* last renewal that the CA had asked for early */
	time_t		early_tried;	/* the attempt that is under way is one, and began then; or 0 */
	char		revoked[65];	/* fingerprint of the certificate that its CA has revoked, or "" */
	char		refused_key[65];	/* hash of a public key that the CA refuses, or "" */
	char		put_back[65];	/* fingerprint of what -B is putting back; or "" */
	char		new_nonce[256];	/* where its nonces came from (RFC 8555 7.2), or "" */
	int		slow;		/* its orders were not ready at once */
	char		order[1024];	/* URL of one that is not done, or "" */
	char		order_terms[65];	/* hash of the authority and profile that it was made with */
	time_t		order_made;
	struct origin	attempt;	/* the last one; leaf is not used */
	struct origin	obtained;	/* what is installed, if leaf is its fingerprint */
	char		anchors[ANCHOR_NAMES_MAX];	/* of an authority: those that its servers need */
	char		group[GROUP_MAX];	/* "=" and the group that the key has; "": not known */
};

/* What went wrong last, or "": an attempt that has not ended was killed. */
const char *state_error(const struct state *, char out[ERROR_MAX]);
/* Nothing is wrong any more: no attempt, failure or error is remembered.  0 if none was. */
int	state_forget_errors(struct state *);

/*
 * The last error within a sentence: one that is longer than a sentence has room for is printed whole,
 * as what name (a handle or an authority) has, and shortened in out, which is returned.
 */
#define CAUSE_MAX	320
const char *state_cause(const struct state *, const char *name, char *out, size_t outsz);

/*
 * A record as fileproc keeps it; NULL, or one for other names, is all zero.
 * whose: for the message about a damaged one; NULL: it is said elsewhere.
 */
void	state_parse(const char *record, size_t len, const char *whose, const struct strings *names,
	    struct state *);
/* The caller frees. */
char	*state_encode(const struct state *);

/* The account at an authority; each member NULL, or the caller frees it. */
struct account_record {
	char	*thumbprint;	/* of the key that the URL is bound to */
	char	*url;
	char	*unknown;	/* thumbprint of a rollover's new key that the CA has said not to know */
};
/*
 * A record; NULL, or one of another directory URL, has no account.  As above.
 */
void	account_parse(const char *record, size_t len, const char *whose, const char *directory,
	    struct account_record *);
/* unknown may be NULL.  The caller frees. */
char	*account_encode(const char *directory, const char *thumbprint, const char *url,
	    const char *unknown);

/*
 * When to try again after so many failures in a row: after 1, 10, 100 minutes,
 * then 18 hours, each up to a quarter longer at random.
 */
time_t	backoff(unsigned failures, time_t now);
/*
 * The same, or later if the CA asks for it (seconds, of Retry-After), but at
 * most BACKOFF_MAX after the run began: the next daily run is to meet it.
 */
time_t	backoff_or(unsigned failures, time_t now, uint64_t seconds, time_t run_began);
/* A time that lies further ahead than any backoff comes from a clock that was wrong. */
int	backoff_holds(time_t not_before, time_t now);

#endif
