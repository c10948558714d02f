/*
 * The jobs of a run, and the course of each, in certproc.
 */
#ifndef CERT_COURSE_H
#define CERT_COURSE_H

#include "cert-job.h"
#include "msg.h"

/*
 * The phases of a job.  Each that does not rest waits for csr's word on its
 * keys, until all have it (LOOKED_AT); is due, or it is to be asked whether it
 * is (TO_ASK: the CA, TO_CHECK: whether the certificate is revoked); is with
 * net, for a certificate (OUT), for a date (ASKED), for a revocation list
 * (CHECKING), for anything else (TASKED); or with csr for its part of the work
 * (ADOPTING, COMBINING, DISCARDING).  SETTLED: its outcome was told.
 */
enum {
	WAITING = 1, DUE = 2, TO_ASK = 4, TO_CHECK = 8, OUT = 16, ASKED = 32, CHECKING = 64,
	TASKED = 128, ADOPTING = 256, COMBINING = 512, DISCARDING = 1024, SETTLED = 2048,
	LOOKED_AT = 4096
};
#define WITH_NET	(OUT | ASKED | CHECKING | TASKED)

extern struct job *jobs;
extern uint32_t njobs;

/* A verified chain is chosen and on the disk, or was by an earlier run: install it. */
void	install(uint32_t job);
/* Its one outcome: net, if it waits for it, and the parent are told. */
void	settle(uint32_t job, enum outcome);
/* The same with OUTCOME_FAILED, having said why. */
void	settle_failed(uint32_t job, const struct why *);

/* Handlers. */
void	cert_csr_done(struct msg *);
void	cert_window(struct msg *);
void	cert_status(struct msg *);
void	cert_learned(struct msg *);
void	cert_key_refused(struct msg *);
void	cert_chain(struct msg *);
void	cert_last_chain(struct msg *);
void	cert_done(struct msg *);
void	cert_failed(struct msg *);
void	cert_worker_gone(struct msg *);

#endif
