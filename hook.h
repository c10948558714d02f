/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * hookproc: programs, records of challenges and their journal, and 'on change'.
 */
#ifndef HOOK_H
#define HOOK_H

#include "conf.h"
#include "log.h"
#include "msg-bodies.h"

/* Runs programs of the administrator's. */

/* Seconds.  The tests build with fewer (-D...). */
#ifndef HOOK_SECONDS
#define HOOK_SECONDS 120 /* The seconds that a program may run. */
#endif
/* The seconds that a program may run when hookproc ends. */
#define HOOK_LAST_SECONDS (HOOK_SECONDS / 4)
/* The most bytes of a program's environment. */
#define HOOK_BYTES_MAX (1024 * 1024)

/* The environment of a program. */
struct environment {
	char **v; /* The n strings, then NULL. */
	size_t n;
	size_t bytes; /* The number of bytes of all strings. */
};

/* These make an environment with PATH, add NAME=VALUE to it, and free it. */
void hook_environment(struct environment *);
void hook_setenv(struct environment *, const char *name, const char *value);
void hook_environment_free(struct environment *);

/*
 * Prepares for programs; called first, after role_begin().  nfiles: the soft
 * limit of open files that programs get.
 */
void hook_begin(unsigned long nfiles);

/*
 * Starts a program, without a shell, as a process group of its own.  what, as
 * "on change /bin/x", begins the messages about it and the lines that it
 * prints: with -v these are shown as they come, otherwise when it has failed.
 * When it has ended, hook_wait() calls done(arg) with NULL or the reason why it
 * failed.  0, or -1: it could not be started, and done() has been called.
 */
int hook_start(const char *what, const struct strings *argv,
    const struct environment *, void (*done)(void *arg, const char *failure),
    void *arg);

/* Returns how many programs are running. */
size_t hook_running(void);

/*
 * Attends to the running programs until there is something to read from fd;
 * with -1: until none runs.
 */
void hook_wait(int fd);

/*
 * Ends, when hookproc ends, the programs for which ends_now(arg) is 1; those
 * that start later have less time.
 */
void hook_hurry(int (*ends_now)(const void *arg));

/*
 * Ends all programs and what they have started, within some seconds; done() is
 * not called.
 */
void hook_stop(void);


/*
 * 'challenge hook': runs the programs that publish records in the DNS.  Used by
 * hookproc only.
 */

/* Takes the directory of the journals; called first. */
void challenge_conf(const struct slice_conf *);
/* Takes each job's program and names, in the order of the jobs. */
void challenge_domain(const struct slice_domain *);

/* Ends the records that a killed run has left. */
void challenge_tidy_up(void);

/* These are handlers of hookproc's dispatch table. */
void hook_put(struct msg *);
void hook_drop(struct msg *);

/*
 * Ends all records that were begun, and waits for that; called when hookproc
 * ends.
 */
void challenge_end_all(void);


/*
 * 'on change': runs commands when certificates have changed.
 */

/*
 * These take the commands for all handles, then each job's own, in the order of
 * the jobs.
 */
void change_conf(const struct slice_conf *);
void change_domain(const struct slice_domain *);

/* These are handlers of hookproc's dispatch table. */
void hook_changed(struct msg *);
void hook_forgotten(struct msg *);


/*
 * The journal of a job: a file in the state directory that lists the records
 * that were begun, for the next run, in case hookproc is killed.
 */

struct journal;

/* Makes the journal of the job with this handle; the file is not opened yet. */
struct journal *journal_of(const char *state_dir, const char *handle);
/*
 * Calls left() with name and value, any texts, of each record that a killed run
 * has left, unless another run has the journal open.
 */
void journal_left(struct journal *,
    void (*left)(void *context, const char *name, const char *value),
    void *context);
/* Notes a record before it is begun.  0, or -1 with the reason. */
int journal_note(
    struct journal *, const char *name, const char *value, struct error *);
/*
 * Empties the journal, whose records are then noted again.  0, or -1: it is not
 * open.
 */
int journal_clear(struct journal *);
/* Closes the journal, whose records the next run ends. */
void journal_close(struct journal *);
/* Removes the journal, as all its records have been ended. */
void journal_done(struct journal *);

#endif
