/*
 * What is to be done for a certificate, in certproc.
 */
#ifndef CERT_DUE_H
#define CERT_DUE_H

#include "cert-job.h"

/*
 * Are its files as they were when they were last looked at, and is nothing due
 * by what was found then?  Reads nothing but the state.
 */
int	job_rests(struct job *);
/*
 * Takes the lock, and says what is to be done.  JOB_INSTALL: what an earlier
 * run has left, or files that do not belong together; chosen is set.
 * JOB_ASK: the CA is to be asked when to renew, JOB_ASK_STATUS: whether it is
 * revoked, at status_url; the one may come after the other.  JOB_FAILED: see why.
 */
enum job_verdict { JOB_FAILED = -1, JOB_UNCHANGED, JOB_INSTALL, JOB_DUE, JOB_ASK, JOB_ASK_STATUS };
enum job_verdict job_evaluate(struct job *, int64_t lock_deadline, struct why *);
/* For -r: there is a certificate (JOB_DUE), or see why. */
enum job_verdict job_evaluate_revocation(struct job *, int64_t lock_deadline, struct why *);
/*
 * For -B: what is kept is to be installed (JOB_INSTALL), or nothing else is
 * kept than what is installed (JOB_UNCHANGED), or see why.
 */
enum job_verdict job_evaluate_restoration(struct job *, int64_t lock_deadline,
	    struct why *);
/* The CA's window (RFC 9773), start 0 if there is none: JOB_DUE, JOB_UNCHANGED or JOB_ASK_STATUS. */
enum job_verdict job_window(struct job *, time_t start, time_t end, long retry);

/* A piece of the answer about revocation.  JOB_ASK_STATUS: there is more to come. */
enum job_verdict job_status(struct job *, const uint8_t *, size_t len, int more);

#endif
