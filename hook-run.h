/*
 * Programs of the administrator's, while they run.  Used by hookproc only.
 */
#ifndef HOOK_RUN_H
#define HOOK_RUN_H

#include "conf.h"
#include "say.h"

/* The tests build with a shorter one (-D...). */
#ifndef HOOK_SECONDS
#define HOOK_SECONDS	120	/* that a program may take */
#endif
#define HOOK_LAST_SECONDS	(HOOK_SECONDS / 4)	/* the same, when the process ends */
#define HOOK_BYTES_MAX	(1024 * 1024)	/* of what a program's environment has */

/* What a program gets as its environment. */
struct environment {
	char	**v;		/* n strings, then NULL */
	size_t	  n;
	size_t	  bytes;	/* of all of them */
};

/* The beginning, with PATH; "NAME=VALUE" for what is added; its end. */
void	hook_environment(struct environment *);
void	hook_setenv(struct environment *, const char *name, const char *value);
void	hook_environment_free(struct environment *);

/* First of all, after role_begin(): what programs are started with; nfiles: soft limit of open files. */
void	hook_begin(unsigned long nfiles);

/*
 * Starts a program, without a shell, as a process group of its own.  what, as
 * "on change /bin/x", begins the lines about it, and the lines that it prints:
 * with -v as they come, otherwise when it has failed.  When it has ended,
 * done(arg) is called, with NULL or the reason why it failed, from
 * hook_wait().  0, or -1: it could not be started, and done() has been called.
 */
int	hook_start(const char *what, const struct strings *argv,
	    const struct environment *, void (*done)(void *arg, const char *failure),
	    void *arg);

/* How many run. */
size_t	hook_running(void);

/*
 * Sees to the programs that run until there is something to read from fd; or
 * with -1: until none runs.
 */
void	hook_wait(int fd);

/*
 * The process ends: those that run, and of whose arg this is 1, are to end now;
 * what is started from now on has less time.
 */
void	hook_hurry(int (*ends_now)(const void *arg));

/* Ends all that run, with what they have started, within some seconds; done() is not called. */
void	hook_stop(void);

#endif
