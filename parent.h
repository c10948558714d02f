/*
 * What the parent does before its run: who it becomes, and the names in the
 * administrator's CSRs.
 */
#ifndef PARENT_H
#define PARENT_H

#include <sys/types.h>
#include <stdint.h>

#include "conf.h"
#include "msg.h"

/*
 * Who net, dns, key and the parent are: as root never root itself.  No such
 * user ends the process.
 */
void parent_user(const struct conf *, uid_t *, gid_t *);

/*
 * Ends the process where it is root's, but lacks a capability that the roles
 * need to give up root's rights; before any process is started that needs them.
 */
void parent_capabilities(int uses_group);

/*
 * The directory with the roles' programs of this acme-client: its own where
 * they are in it (the build directory), else ../libexec/acme-client from
 * there.  Neither the environment nor the working directory has a say.
 */
const char *parent_programs(const char *argv0);

/*
 * While conf_parse() runs: csr_names() (conf-parse.h) asks csrproc for the
 * names in a CSR; csrproc is started by the first such question, and ends with
 * parent_names_end().
 */
void parent_names_begin(const char *argv0);
void parent_names_end(void);


/*
 * The run for one authority: its processes, their messages, their ends.
 */

/* The tests build with shorter ones (-D...). */
#ifndef PROGRESS_SECONDS
/* without any outcome: the run has hung */
#define PROGRESS_SECONDS 1200
#endif
#ifndef STUCK_SECONDS
/* for which a role may leave a message unread */
#define STUCK_SECONDS 60
#endif
#ifndef STOP_SECONDS
/* for which a role may tidy up in the end */
#define STOP_SECONDS 10
#endif

#ifndef HOOK_STOP_SECONDS
/* the same for hookproc, whose programs remove records */
#define HOOK_STOP_SECONDS 120
#endif

/* What the processes of one run are to do. */
struct run {
	const struct conf *conf;
	const struct authority *authority;
	struct domain **jobs;
	uint32_t njobs;
	/* further ones that were asked for and cannot be done */
	uint32_t nbroken;
	enum mode mode;
	int force;            /* -F */
	uint64_t most_orders; /* -m */
	uint32_t workers;     /* -j: at most WORKERS_MAX */
	int progress;         /* is to be shown */
	/* what -F and -U have done; -a shows its progress */
	int tells;
	int list; /* how -l prints */
	/* of revocation (RFC 5280 5.3.1), or -1 */
	int reason;
	/* directory of the roles' programs */
	const char *programs;
	/*
	 * whoever waits for the run is gone when the other end closes; -1:
	 * nobody
	 */
	int hup_fd;
	uid_t uid; /* of the unprivileged roles */
	gid_t gid;
};

/*
 * What came of it: jobs; failed is more than 0 also if a process has ended
 * badly.
 */
struct tally {
	uint32_t installed, failed;
	uint32_t ordered; /* orders placed */
	int broken;       /* a run had to be given up */
	int interrupted;  /* by a signal, which was said */
	int waits;        /* fileproc runs until broker_end() */
};

/*
 * Is it to obtain certificates, and are challenges of any of its jobs answered
 * in this way?
 */
int run_has_way(const struct run *, enum way);
/* Is anything put for any of its challenges, so that chng is needed? */
int run_publishes(const struct run *);
/* Are records that hooks have published waited for? */
int run_waits_for_dns(const struct run *);
/* Is the account URL in records in the DNS? */
int run_names_account(const struct run *);

/* Set by signals. */
extern volatile int broker_signal;

/*
 * Runs all jobs and adds to the tally.  After it the caller can hardly do
 * anything but exit: it is sandboxed.
 */
void broker_run(const struct run *, struct tally *);
/*
 * Where the tally says that fileproc waits: the whole run ends with status 0;
 * fileproc is told, and forgets what it has changed.  The status is settled
 * then: what goes wrong here is reported once more by the next run.
 */
void broker_forget(void);
/*
 * The last thing before exit(): fileproc ends, too.  Nothing happens where it
 * does not wait.
 */
void broker_end(void);

/*
 * A role's slice of the configuration, in parent-slice.c, in a run with so many
 * workers of net; each message goes to send(to).
 */
void slice(const struct run *, enum role, uint32_t workers,
    void (*send)(void *to, const struct msg *), void *to);


/*
 * One process of the run, as the parent has it: its socket, its queue, its
 * words on stderr.
 */

/* and a handle; "..." where it was cut */
#define CHILD_LINE_MAX (ERROR_MAX + 2048)

/*
 * Of messages to people, by one role in a run; the tests build with less
 * (-D...).
 */
#ifndef SAID_BYTES_MAX
#define SAID_BYTES_MAX (16 * 1024 * 1024)
#endif

struct queued;

struct child {
	enum role role;
	char name[24];   /* for messages */
	uint32_t worker; /* netproc: the worker's number; else 0 */
	/* netproc: the job that certproc gave it last, or NO_JOB */
	uint32_t job;
	/* netproc: it has ended or hung, and the run goes on without it */
	int lost;
	pid_t pid; /* 0: not started, or gone */
	/* by which it can be ended: sandbox.h */
	int handle;
	int fd; /* -1: closed */
	int errfd;
	struct queued *head, **tail;
	size_t queued; /* bytes */
	/* when the head of the queue got there */
	int64_t stuck_since;
	char line[CHILD_LINE_MAX];
	size_t linelen;
	size_t said;
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

/* Queues a message and sends what the child takes; -1: it takes nothing. */
int child_send(struct child *, const struct msg *);
/* Sends as much of the queue as the child takes. */
void child_flush(struct child *);

/* A message's bytes, 0: none now; at the end fd becomes -1. */
size_t child_receive(struct child *, struct msg *);

/*
 * Prints whole lines of its stderr; -1: it has written more than
 * SAID_BYTES_MAX.
 */
int child_print(struct child *);

/* Ends it by SIGKILL; 0, or -1: it has ended, or cannot be ended from here. */
int child_end(const struct child *);

/*
 * 1 with its status as from waitpid(2) once the process has ended and all that
 * it has said is printed.
 */
int child_ended(struct child *, int *status);

/*
 * Reports the end of a process that was not told to end.  Nothing is added to
 * the reason that the process itself has given.
 */
void child_report_end(const struct child *, int status, int others_go_on);


/*
 * One line on a terminal that tells how far a run is.
 */

/* Jobs of the run; done: without those that have failed. */
struct progress {
	uint32_t total, done, failed, at_work;
};

/* Prints it in place of the one before. */
void progress_show(const struct progress *);
/* Removes it, for another line or the end. */
void progress_clear(void);


/*
 * What the files of a domain look like from outside.
 */

/*
 * The same as long as none of its files has changed, by inode, size, times,
 * mode and owner, nor what the configuration says about its key, authority,
 * profile and chain, nor the authority's roots.  The caller frees.
 */
char *fingerprint(const struct domain *);

#endif
