/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What all roles share: their start, and the loop that serves messages.
 */
#ifndef ROLE_H
#define ROLE_H

#include <sys/types.h>

#include "conf.h"
#include "msg-bodies.h"

extern enum role role_self;
/* The user and group that the role changes to if it is started by root. */
extern uid_t role_uid;
extern gid_t role_gid;
extern enum mode role_mode;
/*
 * This tells functions at exit: 1 if ROLE_STOP has come, 0 if the parent has
 * ended.
 */
extern int role_stopped;

/*
 * Ends the process unless an acme-client of the same build has started it, with
 * its socket; the first call in the main() of a role.
 */
void role_begin(enum role, int argc, char *argv[]);

/*
 * Has f called when the process ends by exit(3), as it does at ROLE_STOP, at
 * the parent's end and after an error.
 */
void role_at_exit(void (*f)(void));

/*
 * These receive the role's slice of the configuration; members that the role
 * does not get are 0.  role_domain() returns 1 with the next domain, whose
 * number is expected (0, 1, ...), and 0 when there are no more.
 */
void role_conf(struct msg *, struct slice_conf *);
int role_domain(struct msg *, uint32_t expected, struct slice_domain *);

/*
 * Makes room for another member behind n of this size.  The array grows by
 * doubling; new members are all zero.
 */
void *role_grow(void *array, uint32_t n, size_t size);

/* A phase of a job, and a bit for each phase to which a step leads from it. */
struct step {
	unsigned from;
	const char *name;
	unsigned to;
};
/*
 * Ends the process, naming both phases, unless one of these n rows has a step
 * from one to the other.
 */
void step_check(
    const struct step *, size_t n, unsigned from, unsigned to, uint32_t job);

/*
 * A row of a role's dispatch table.  A message ends the process if its job is
 * in none of the row's states, or if it has come for that job as often as the
 * row allows.
 */
struct handler {
	enum msgtype type;
	void (*handle)(struct msg *);
	/* A bit for each state in which the message is allowed. */
	unsigned states;
	/*
	 * How often the message may come for one job; 0: any number of times.
	 */
	unsigned most;
};
#define ANY_STATE (~0u)

/*
 * Receives a message that this role may get in this kind of run.  Any other
 * message ends the process, and so does a wait of more than the given seconds
 * (< 0: no deadline).
 */
void role_receive(struct msg *, int seconds);

/*
 * Keeps a message that came while a handler waited for a reply; serve() handles
 * it before it receives another one.
 */
void role_postpone(const struct msg *);

/*
 * These are for waits during which nothing is served.  role_keep() receives a
 * message and postpones it; the parent's end ends the process with status 1.
 * role_may_stop() ends it with status 0, as serve() does, if a postponed
 * message is ROLE_STOP.  role_pause() waits so many milliseconds, and does both
 * meanwhile.
 */
void role_keep(void);
void role_may_stop(void);
void role_pause(int ms);

/*
 * Receives and handles messages until ROLE_STOP, then exits with status 0.
 * state() returns the state of a job as one bit; NULL: jobs have no states.
 */
void serve(const struct handler *, size_t n, uint32_t njobs,
    unsigned (*state)(uint32_t job)) __attribute__((noreturn));
/*
 * As serve(), for a role that has other work, too: await() does that work, and
 * returns where ROLE_FD has a message or end of file.
 */
void serve_beside(const struct handler *, size_t n, uint32_t njobs,
    unsigned (*state)(uint32_t job), void (*await)(void))
    __attribute__((noreturn));

#endif
