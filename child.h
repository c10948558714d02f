/*
 * One process of the run, as the parent has it: its socket, its queue, its
 * words on stderr.
 */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "msg.h"

#define CHILD_LINE_MAX	(TROUBLE_MAX + 2048)	/* and a handle; "..." where it was cut */

/* Of messages to people, by one role in a run; the tests build with less (-D...). */
#ifndef SAID_BYTES_MAX
#define SAID_BYTES_MAX	(16 * 1024 * 1024)
#endif

struct queued;

struct child {
	enum role	 role;
	uint32_t	 worker;	/* of net: which one */
	const char	*name;		/* for messages */
	pid_t		 pid;		/* 0: not started, or gone */
	int		 handle;	/* by which it can be ended: sandbox.h */
	int		 fd;		/* -1: closed */
	int		 errfd;
	struct queued	*head, **tail;
	size_t		 queued;	/* bytes */
	int64_t		 stuck_since;	/* when the head of the queue got there */
	char		 line[CHILD_LINE_MAX];
	size_t		 linelen;
	size_t		 said;
};

/*
 * Executes the program of this role, in the directory programs; the child's
 * worker number and name are set.  With keeps_stdout it writes where this
 * process does.  Failure ends the process.
 */
void	child_start(struct child *, enum role, const char *programs, int keeps_stdout);

/* Queues a message and sends what the child takes; -1: it takes nothing. */
int	child_send(struct child *, const struct msg *);
/* Sends as much of the queue as the child takes. */
void	child_flush(struct child *);

/* A message's bytes, 0: none now; at the end fd becomes -1. */
size_t	child_receive(struct child *, struct msg *);

/* Prints whole lines of its stderr; -1: it has written more than SAID_BYTES_MAX. */
int	child_print(struct child *);

/* Ends it by SIGKILL; 0, or -1: it has ended, or cannot be ended from here. */
int	child_end(const struct child *);

/* 1 with its status as from waitpid(2) once the process has ended and all that it has said is printed. */
int	child_ended(struct child *, int *status);

/*
 * Reports the end of a process that was not told to end.  Nothing is added to
 * the reason that the process itself has given.
 */
void	child_report_end(const struct child *, int status, int others_go_on);

#endif
