/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The parent: the command line, the user that it runs as, the names in
 * configured CSRs, and the runs with their processes.
 */
#ifndef PARENT_H
#define PARENT_H

#include <sys/types.h>
#include <stdint.h>

#include "conf.h"
#include "msg.h"

/*
 * The user and group of the unprivileged roles and of the parent.  If root has
 * started acme-client, it is the configured user or a default, never root; else
 * it is the caller.  Ends the process where there is no such user.
 */
void parent_user(const struct conf *, uid_t *, gid_t *);

/*
 * Ends the process where it runs as root, but lacks a capability that roles
 * need to give up root's rights.
 */
void parent_capabilities(int uses_group);

/*
 * Returns the directory with the roles' programs: acme-client's own if they are
 * in it (a build directory), else ../libexec/acme-client from there.  It
 * depends neither on the environment nor on the working directory.
 */
const char *parent_programs(const char *argv0);

/*
 * These two enclose conf_parse().  In between, csr_names() (conf-parse.h) asks
 * csrproc for the names in a CSR: the first call starts csrproc, and
 * parent_names_end() ends it.
 */
void parent_names_begin(const char *argv0);
void parent_names_end(void);

#ifndef OFFER_SECONDS
/* The time in which the chain for -i must have been read from a pipe. */
#define OFFER_SECONDS 60
#endif
/*
 * -i: reads the chain from this path, or from standard input for "-", and looks
 * at none of its bytes.  It must be a regular file, a pipe or a socket; any
 * other file, too many bytes and too few end the process.  The result is never
 * freed.
 */
const void *parent_offer(const char *path, size_t *len);


/*
 * The run for one authority: its processes and their messages.
 */

/* Time limits.  The tests build with shorter ones (-D...). */
#ifndef PROGRESS_SECONDS
/* The seconds without a finished job after which the run has hung. */
#define PROGRESS_SECONDS 1200
#endif
#ifndef STUCK_SECONDS
/* The seconds after which a role has hung if it leaves a message unread. */
#define STUCK_SECONDS 60
#endif
#ifndef STOP_SECONDS
/* The seconds that a role has to tidy up at the end of the run. */
#define STOP_SECONDS 10
#endif

#ifndef HOOK_STOP_SECONDS
/* The seconds that hookproc has, whose programs remove DNS records. */
#define HOOK_STOP_SECONDS 120
#endif

/* What the processes of one run are to do. */
struct run {
	const struct conf *conf;
	const struct authority *authority;
	struct domain **jobs;
	uint32_t njobs;
	/* How many further domain sections cannot be used. */
	uint32_t nbroken;
	enum mode mode;
	int force;  /* -F */
	int checks; /* Check the DNS beside the CA (-T). */
	/* With checks: the URL of the account of real runs, or NULL. */
	char *account;
	uint64_t most_orders; /* -m */
	uint32_t workers; /* The number of workers (-j), at most WORKERS_MAX. */
	int progress;     /* Show progress on the terminal. */
	/* Tell on the terminal what -F and -U have done. */
	int tells;
	int list; /* Bits and width for -l (LIST_*). */
	/* The reason for a revocation (RFC 5280 5.3.1), or -1. */
	int reason;
	/* -i: what certproc is to judge. */
	const void *offered;
	size_t offered_len;
	/* The directory of the roles' programs. */
	const char *programs;
	/*
	 * A descriptor whose end of file ends the run: the process that waits
	 * for the run has ended.  -1: no process waits.
	 */
	int hup_fd;
	uid_t uid; /* The user and group of the unprivileged roles. */
	gid_t gid;
};

/* What the environment says about the terminal. */
struct terminal {
	/* NO_COLOR is in the environment, and not empty. */
	int no_color;
	/* TERM is missing, or names a terminal that cannot erase a line. */
	int dumb;
	unsigned columns; /* The width of a list in columns; 0: no limit. */
};

/* What the command line says; the members of run that it decides. */
struct command {
	const char *conf;  /* The path of the configuration. */
	const char *offer; /* -i: the path of a chain, or "-". */
	int check_only;    /* -n */
	int all;           /* -a */
	int try;           /* -T */
	struct terminal terminal;
	struct run run;
};

/*
 * Reads what the environment says about the terminal; then this process forgets
 * the environment.
 */
void options_environment(struct terminal *);
/*
 * Reads the options, and fills in all of the command but the terminal.  An
 * error ends the process; so does -V.
 */
void options_read(int argc, char *argv[], struct command *);
/* Prints the synopsis and ends the process. */
__attribute__((noreturn)) void options_usage(void);
/* Warns of an option behind the handles, which getopt(3) has not read. */
void options_misplaced(char **operands);

/* The limit of open files (ulimit -n). */

/* Returns for how many of these jobs one run has descriptors; at least 1. */
uint32_t limits_batch(struct domain *const *jobs, uint32_t n);
/*
 * Lowers the number of the run's workers to what this process has descriptors
 * for.
 */
void limits_fit_workers(struct run *);
/*
 * Besides so many sockets to other processes, has this process descriptors left
 * for broker_run(), or for a further process that carries out a run?
 */
int limits_allow_run(size_t sockets, uint32_t workers);
int limits_allow_apart(size_t sockets);

/*
 * The result of a run.  installed and failed count jobs, but failed is more
 * than 0 also where a process has ended with an error.
 */
struct tally {
	uint32_t installed, failed;
	uint32_t unchanged;
	uint32_t roles;   /* A bit, 1 << role, for each role that was there. */
	uint32_t ordered; /* The jobs that certproc began an order for. */
	/* Challenges that the CA was told to look at. */
	uint32_t responded;
	int broken;      /* An error has ended the run early. */
	int interrupted; /* A signal has ended the run, and is reported. */
	int waits;       /* fileproc runs until broker_end(). */
};

/* Does the run need this role, once certproc has found something due? */
int run_needs(const struct run *, enum role);

/* These ask about renewals, and return 0 for any other run. */

/* Does chngproc publish anything for any job? */
int run_publishes(const struct run *);
/* Does zoneproc wait for records that hooks have published? */
int run_waits_for_dns(const struct run *);
/* Has any job records in the DNS that contain the account URL? */
int run_names_account(const struct run *);
/*
 * Has a run that was killed left responses?  chngproc removes them, also if
 * nothing is due.
 */
int run_left_responses(const struct run *);
/*
 * The same for records in the DNS, which hookproc removes.  Warns of those that
 * their job has no program for any more.
 */
int run_left_records(const struct run *);

/* The signal that is to end the run, or 0; signal handlers set it. */
extern volatile int broker_signal;

/*
 * Runs all jobs and adds the result to the tally.  May leave the caller in its
 * sandbox, so that it can do little more than exit.
 */
void broker_run(const struct run *, struct tally *);
/*
 * acme-client is about to exit with status 0, which reports all changes.  Where
 * fileproc waits (the tally tells), it forgets that they are to be reported.
 * An error here does not change the status: the next run reports the changes
 * once more.
 */
void broker_forget(void);
/*
 * Ends fileproc, where it waits.  The last call before exit().
 */
void broker_end(void);

/*
 * Makes a run for one authority and adds the result to the tally.  Since
 * broker_run() gives up this process's rights, all runs but the last one have a
 * process of their own; so has the last one, if this process has too few
 * descriptors.
 */
void apart_run(const struct run *, int last, struct tally *);
/*
 * Makes one run for an authority's jobs; or several, one after the other, where
 * the limit of open files is too low for one.  most_orders is for all runs that
 * the tally counts.
 */
void apart_run_batches(
    struct run *, int last, uint64_t most_orders, struct tally *);
/*
 * Ends all processes that wait, and fileproc if it does; acme-client exits with
 * this status, which is returned.  Status 0 reports all changes, so that they
 * are forgotten first; with another status, the next run with status 0 reports
 * them.
 */
int apart_end(int status);

/* Refuses -K for a key that another authority uses, too. */
void account_refuse_shared(const struct conf *, const struct authority *);
/* Asks for the authority's name, since -D cannot be undone. */
void account_confirm_deactivation(const char *name);
/* Carries out -K, -U, -D or -t; returns the exit status. */
int account_run(struct run *);

/*
 * Cuts a role's slice of the configuration and calls send(to, message) for each
 * of its messages.  workers: processes of netproc in this run.
 */
void slice(const struct run *, enum role, uint32_t workers,
    void (*send)(void *to, const struct msg *), void *to);


/* One process of the run for the parent: its socket, its queue, its stderr. */

/*
 * The most bytes of a line on stderr; the rest is cut, and "..." takes its
 * place.
 */
#define CHILD_LINE_MAX (ERROR_MAX + 2048)

/*
 * The most bytes that a role may write to stderr; tests build with fewer
 * (-D...).
 */
#ifndef SAID_BYTES_MAX
#define SAID_BYTES_MAX (16 * 1024 * 1024)
#endif

struct queued;

struct child {
	enum role role;
	char name[24];   /* The name of the process in messages. */
	uint32_t worker; /* The number of netproc's worker; else 0. */
	/* For netproc, the job that certproc gave it last, or NO_JOB. */
	uint32_t job;
	/* For netproc: it has ended or hung, and the run goes on without it. */
	int lost;
	pid_t pid; /* The process ID; 0: not started, or reaped. */
	/* The result of sandbox_hold(). */
	int handle;
	int fd;    /* The child's socket; -1: closed. */
	int errfd; /* The child's stderr; -1: closed. */
	struct queued *head, **tail;
	size_t queued; /* The number of bytes in the queue. */
	/* The time since which the head of the queue has waited. */
	int64_t stuck_since;
	char line[CHILD_LINE_MAX];
	size_t linelen;
	size_t said; /* The number of bytes read from errfd. */
};

/* Prepares a child whose bytes are all zero, and which is not started yet. */
void child_init(struct child *, const char *name);

/*
 * Executes the program of this role, in the directory programs, for a child
 * that child_init() was called for.  With keeps_stdout it writes to this
 * process's standard output.  Failure ends the process.
 */
void child_start(
    struct child *, enum role, const char *programs, int keeps_stdout);

/* Queues a message and sends what the child takes; -1: the queue is full. */
int child_send(struct child *, const struct msg *);
/* Sends as much of the queue as the child takes. */
void child_flush(struct child *);

/*
 * Returns the length of the received message; 0: there is none now.  At end of
 * file fd becomes -1.
 */
size_t child_receive(struct child *, struct msg *);

/*
 * Reads the child's stderr and prints whole lines; -1: it has written more than
 * SAID_BYTES_MAX.
 */
int child_print(struct child *);

/* Kills the child; -1: it has been reaped, or the kernel refuses to. */
int child_end(const struct child *);

/*
 * Reaps the process; 1 with its status, as from waitpid(2), where it has ended
 * and its stderr has been printed; else 0.
 */
int child_ended(struct child *, int *status);

/*
 * Reports the end of a process that was not told to end, unless the process has
 * reported an error itself.
 */
void child_report_end(const struct child *, int status, int others_go_on);


/* Prints a line on the terminal with the progress of a run. */

/* Numbers of jobs; done does not include failed. */
struct progress {
	uint32_t total, done, failed, at_work;
};

/* Prints the line in place of the previous one. */
void progress_show(const struct progress *);
/* Erases the line. */
void progress_clear(void);

/*
 * -T: a whole renewal at the authority's staging, with an account, a key and a
 * certificate of its own.
 */

/*
 * Rehearses the renewal of each of these jobs, and returns the exit status, 0
 * if all have succeeded.
 */
int try_run(const struct conf *, const struct run *);
/*
 * Prints on standard output what a renewal would write, and the commands that
 * it would run; before that, if the CA has not looked at the responses of all
 * names, at how many it has.
 */
void try_report(const struct conf *, const struct domain *, uint32_t responded);
/* The directory of a file, with a slash at its end; the caller frees. */
char *try_directory_of(const char *path);

/*
 * Makes a hash that stays the same as long as the domain's files are unchanged
 * (inode, size, times, mode and owner), and so are the authority's roots and
 * what the configuration says about key, authority, profile and chain.  The
 * caller frees it.
 */
char *fingerprint(const struct domain *);

#endif
