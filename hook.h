/*
 * Programs of the administrator's, while they run.  Used by hookproc only.
 */
#ifndef HOOK_H
#define HOOK_H

#include "conf.h"
#include "log.h"
#include "msg-bodies.h"

/* The tests build with a shorter one (-D...). */
#ifndef HOOK_SECONDS
#define HOOK_SECONDS 120 /* that a program may take */
#endif
/* the same, when the process ends */
#define HOOK_LAST_SECONDS (HOOK_SECONDS / 4)
/* of what a program's environment has */
#define HOOK_BYTES_MAX (1024 * 1024)

/* What a program gets as its environment. */
struct environment {
	char **v; /* n strings, then NULL */
	size_t n;
	size_t bytes; /* of all of them */
};

/* The beginning, with PATH; "NAME=VALUE" for what is added; its end. */
void hook_environment(struct environment *);
void hook_setenv(struct environment *, const char *name, const char *value);
void hook_environment_free(struct environment *);

/*
 * First of all, after role_begin(): what programs are started with; nfiles:
 * soft limit of open files.
 */
void hook_begin(unsigned long nfiles);

/*
 * Starts a program, without a shell, as a process group of its own.  what, as
 * "on change /bin/x", begins the lines about it, and the lines that it prints:
 * with -v as they come, otherwise when it has failed.  When it has ended,
 * done(arg) is called, with NULL or the reason why it failed, from
 * hook_wait().  0, or -1: it could not be started, and done() has been called.
 */
int hook_start(const char *what, const struct strings *argv,
    const struct environment *, void (*done)(void *arg, const char *failure),
    void *arg);

/* How many run. */
size_t hook_running(void);

/*
 * Sees to the programs that run until there is something to read from fd; or
 * with -1: until none runs.
 */
void hook_wait(int fd);

/*
 * The process ends: those that run, and of whose arg this is 1, are to end now;
 * what is started from now on has less time.
 */
void hook_hurry(int (*ends_now)(const void *arg));

/*
 * Ends all that run, with what they have started, within some seconds; done()
 * is not called.
 */
void hook_stop(void);


/*
 * 'challenge hook': the programs that publish records in the DNS.  Used by
 * hookproc only.
 */

/* First: where it is remembered what was begun. */
void challenge_conf(const struct slice_conf *);
/* Each job's program and names, in order. */
void challenge_domain(const struct slice_domain *);

/* Ends what a run has left that was killed. */
void challenge_tidy_up(void);

/* Handlers of hookproc's dispatch table. */
void hook_put(struct msg *);
void hook_drop(struct msg *);

/* At the end of the process: ends all that was begun, and waits for that. */
void challenge_end_all(void);


/*
 * 'on change': the commands that are run when certificates have changed.  Used
 * by hookproc only.
 */

/* The commands for whatever handle has changed; each job's own, in order. */
void change_conf(const struct slice_conf *);
void change_domain(const struct slice_domain *);

/* Handlers of hookproc's dispatch table. */
void hook_changed(struct msg *);
void hook_forgotten(struct msg *);


/*
 * Which records of a job were begun: a file in the state directory, for the
 * next run, should this process be killed.  Used by hookproc only.
 */

struct journal;

/* Of the job with this handle.  Nothing is opened yet. */
struct journal *journal_of(const char *state_dir, const char *handle);
/*
 * What a run has left that was killed: left() is called with each record's
 * name and value, any texts, unless another run is at it.
 */
void journal_left(struct journal *,
    void (*left)(void *context, const char *name, const char *value),
    void *context);
/* Before a record is begun.  0, or -1 and why. */
int journal_note(
    struct journal *, const char *name, const char *value, struct error *);
/* Its records are noted anew.  0, or -1: it is not open. */
int journal_clear(struct journal *);
/* It stays for the next run, which ends what is in it. */
void journal_close(struct journal *);
/* All of them have been ended. */
void journal_done(struct journal *);

#endif
