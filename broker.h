/*
 * The run for one authority: its processes, their messages, their ends.
 */
#ifndef BROKER_H
#define BROKER_H

#include <sys/types.h>

#include "conf.h"
#include "msg.h"

/* The tests build with shorter ones (-D...). */
#ifndef PROGRESS_SECONDS
#define PROGRESS_SECONDS	1200	/* without any outcome: the run has hung */
#endif
#ifndef STUCK_SECONDS
#define STUCK_SECONDS		60	/* for which a role may leave a message unread */
#endif
#ifndef STOP_SECONDS
#define STOP_SECONDS		10	/* for which a role may tidy up in the end */
#endif

#ifndef HOOK_STOP_SECONDS
#define HOOK_STOP_SECONDS	120	/* the same for hookproc, whose programs remove records */
#endif

/* What the processes of one run are to do. */
struct run {
	const struct conf	*conf;
	const struct authority	*authority;
	struct domain		**jobs;
	uint32_t		 njobs;
	uint32_t		 nbroken;	/* further ones that were asked for and cannot be done */
	enum mode		 mode;
	int			 force;		/* -F */
	uint64_t		 most_orders;	/* -m */
	uint32_t		 workers;	/* -j: at most WORKERS_MAX */
	int			 progress;	/* is to be shown */
	int			 tells;		/* what -F and -U have done; -a shows its progress */
	int			 list;		/* how -l prints */
	int			 reason;	/* of revocation (RFC 5280 5.3.1), or -1 */
	const char		*programs;	/* directory of the roles' programs */
	int			 hup_fd;	/* whoever waits for the run is gone when the other end closes; -1: nobody */
	uid_t			 uid;		/* of the unprivileged roles */
	gid_t			 gid;
};

/* What came of it: jobs; failed is more than 0 also if a process has ended badly. */
struct tally {
	uint32_t	installed, failed;
	uint32_t	ordered;	/* orders placed */
	int		broken;		/* a run had to be given up */
	int		interrupted;	/* by a signal, which was said */
	int		waits;		/* fileproc runs until broker_end() */
};

/* Is it for handles, and does it change what they have? */
int	run_changes(const struct run *);

/* Is it to obtain certificates, and are challenges of any of its jobs answered in this way? */
int	run_has_way(const struct run *, enum way);
/* Is anything put for any of its challenges, so that chng is needed? */
int	run_publishes(const struct run *);
/* Are records that hooks have published waited for? */
int	run_waits_for_dns(const struct run *);
/* Is the account URL in records in the DNS? */
int	run_names_account(const struct run *);

/* Set by signals. */
extern volatile int broker_signal;

/* Runs all jobs and adds to the tally.  After it the caller can hardly do anything but exit: it is sandboxed. */
void	broker_run(const struct run *, struct tally *);
/*
 * Where the tally says that fileproc waits: the whole run ends with status 0;
 * fileproc is told, and forgets what it has changed.  The status is settled
 * then: what goes wrong here is reported once more by the next run.
 */
void	broker_forget(void);
/*
 * The last thing before exit(): fileproc ends, too.  Nothing happens where it
 * does not wait.
 */
void	broker_end(void);

/*
 * A role's slice of the configuration, in slice.c, in a run with so many workers of net;
 * each message goes to send(to).
 */
void	slice(const struct run *, enum role, uint32_t workers,
	    void (*send)(void *to, const struct msg *), void *to);

#endif
