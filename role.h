/*
 * What all roles share: how one begins, and its loop.
 */
#ifndef ROLE_H
#define ROLE_H

#include <sys/types.h>

#include "conf.h"
#include "msg-bodies.h"

/* In a role: who it is, and who it becomes as root. */
extern enum role role_self;
extern uid_t role_uid;
extern gid_t role_gid;
extern enum mode role_mode; /* what the run is for */
/* by ROLE_STOP, and not by the parent's death */
extern int role_stopped;

/*
 * First of all in the main() of a role: ends the process unless this build's
 * acme-client has started it, with its socket.
 */
void role_begin(enum role, int argc, char *argv[]);

/*
 * The beginning of every role: its slice of the configuration, of which the
 * role's own members are filled in.  role_domain() is 1 with the next domain
 * (numbered from 0, in order), 0 when there are no more.
 */
void role_conf(struct msg *, struct slice_conf *);
int role_domain(struct msg *, uint32_t expected, struct slice_domain *);

/*
 * Room for one more behind n of this size, all zero; the array grows by
 * doubling.
 */
void *role_grow(void *array, uint32_t n, size_t size);

/*
 * One row of a role's dispatch table.  A message whose job's state is not in
 * states, or that comes more than most times (for one job), ends the process.
 */
struct handler {
	enum msgtype type;
	void (*handle)(struct msg *);
	unsigned states; /* bits of the role's own states */
	unsigned most;   /* times for each job; 0: any number */
};
#define ANY_STATE (~0u)

/*
 * A message for this role in this kind of run, within so many seconds (< 0: no
 * deadline); all else ends the process.
 */
void role_receive(struct msg *, int seconds);

/*
 * Keeps a message that came while a handler waited for a reply; serve() takes
 * it up first.
 */
void role_postpone(const struct msg *);

/*
 * Receives and handles messages until ROLE_STOP, then exits with status 0.
 * state (NULL: there is none) tells the state of a job as one bit.
 */
void serve(const struct handler *, size_t n, uint32_t njobs,
    unsigned (*state)(uint32_t job)) __attribute__((noreturn));
/*
 * The same for a role with other work: await() does that until there is a
 * message at ROLE_FD, or its end.
 */
void serve_beside(const struct handler *, size_t n, uint32_t njobs,
    unsigned (*state)(uint32_t job), void (*await)(void))
    __attribute__((noreturn));

#endif
