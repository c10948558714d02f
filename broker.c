/* SPDX-License-Identifier: ISC */
/*
 * The parent: starts the roles, passes their messages on by the table in
 * msg.c, prints what they say, ends the run.  It holds nothing but the
 * children and reads headers, never bodies, of messages between others.  Who
 * owns it can make the run fail and lie about its outcome.  It refuses every
 * message that is not in the table, and ends the run when a role does
 * not take its messages or dies.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "clock.h"
#include "sandbox.h"
#include "say.h"

#define QUEUE_BYTES_MAX		(64 * 1024 * 1024)
#define SAID_BYTES_MAX		(16 * 1024 * 1024)	/* by one role in a run */
#define LINE_MAX_BYTES		1400

struct queued {
	struct queued	*next;
	size_t		 len;
	uint8_t		 bytes[];
};

struct proc {
	pid_t		 pid;		/* 0: not started, or gone */
	int		 fd;		/* -1: closed */
	int		 errfd;
	struct queued	*head, **tail;
	size_t		 queued;
	int64_t		 stuck_since;	/* when the head of the queue got there */
	char		 line[LINE_MAX_BYTES];
	size_t		 linelen;
	size_t		 said;
};

volatile int broker_signal;

static struct proc procs[ROLE__MAX];
static const struct run *run;
static enum outcome *outcomes;		/* 0: none yet */
static uint32_t nsettled;
static int all_started;
static int broken;			/* the run is to end now */
static int stopping;			/* who is gone has been told to go */
static int64_t deadline;

/* The first reason counts; others follow from it. */
__attribute__((format(printf, 1, 2)))
static void
end_run(const char *fmt, ...)
{
	va_list ap;

	if (broken)
		return;
	broken = 1;
	va_start(ap, fmt);
	vwarnx(fmt, ap);
	va_end(ap);
}

/* The child's side of a start: one socket, stderr, nothing else. */
__attribute__((noreturn))
static void
become(enum role role, int fd, int errfd)
{
	char *argv[] = { (char *)(uintptr_t)role_names[role], (char *)(uintptr_t)ROLE_ARG, NULL };
	char *envp[] = { NULL };
	sigset_t none;
	int null;

	if ((null = open("/dev/null", O_RDWR)) == -1)
		err(1, "/dev/null");
	/* file writes the list itself: there is no message for it to be taken apart. */
	if (!(run->mode == MODE_LIST && role == ROLE_FILE) && dup2(null, 1) == -1)
		err(1, "dup2");
	if (dup2(errfd, 2) == -1 || dup2(null, 0) == -1 ||
	    (fd == ROLE_FD ? fcntl(fd, F_SETFD, 0) : dup2(fd, ROLE_FD)) == -1)
		err(1, "dup2");
	closefrom(ROLE_FD + 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(run->self, argv, envp);
	err(1, "%s: cannot execute", run->self);
}

static void
start(enum role role)
{
	struct proc *p = &procs[role];
	int sv[2], ev[2], size = 256 * 1024;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv) == -1 ||
	    pipe2(ev, O_CLOEXEC) == -1)
		err(1, "cannot start %s", role_names[role]);
	setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(sv[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* The role's own side blocks. */
	if (fcntl(sv[1], F_SETFL, 0) == -1 || fcntl(ev[0], F_SETFL, O_NONBLOCK) == -1)
		err(1, "fcntl");
	if ((p->pid = fork()) == -1)
		err(1, "fork");
	if (p->pid == 0)
		become(role, sv[1], ev[1]);
	close(sv[1]);
	close(ev[1]);
	p->fd = sv[0];
	p->errfd = ev[0];
	p->tail = &p->head;
}

/* Text from a role becomes harmless lines that begin with the role's own name. */
static void
print_line(enum role role)
{
	struct proc *p = &procs[role];
	const char *name = role_names[role];
	char safe[2 * LINE_MAX_BYTES];
	size_t n = strlen(name);

	say_safe(safe, sizeof(safe), p->line, p->linelen);
	p->linelen = 0;
	if (strncmp(safe, name, n) == 0 && strncmp(safe + n, ": ", 2) == 0)
		warnx("%s", safe);
	else
		warnx("%s: %s", name, safe);
}

static void
read_stderr(enum role role)
{
	struct proc *p = &procs[role];
	char buf[4096];
	ssize_t n, i;

	if ((n = read(p->errfd, buf, sizeof(buf))) == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (p->linelen > 0)
			print_line(role);
		close(p->errfd);
		p->errfd = -1;
		return;
	}
	for (i = 0; i < n; i++) {
		if (buf[i] == '\n')
			print_line(role);
		else if (p->linelen < sizeof(p->line))
			p->line[p->linelen++] = buf[i];
	}
	if ((p->said += (size_t)n) > SAID_BYTES_MAX)
		end_run("%s talks without end", role_names[role]);
}

/* Sends what the role takes; the rest stays in its queue. */
static void
flush(enum role role)
{
	struct proc *p = &procs[role];
	struct queued *q;

	while (p->fd != -1 && (q = p->head) != NULL) {
		if (send(p->fd, q->bytes, q->len, MSG_NOSIGNAL | MSG_DONTWAIT) == -1) {
			if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
				return;
			/* Its end is noticed when it is read from. */
			shutdown(p->fd, SHUT_WR);
		}
		if ((p->head = q->next) == NULL)
			p->tail = &p->head;
		p->queued -= q->len;
		p->stuck_since = clock_ms();
		freezero(q, sizeof(*q) + q->len);
	}
}

static void
enqueue(int role, const struct msg *m)
{
	struct proc *p = &procs[role];
	size_t len = MSG_HEAD_LEN + m->head.len;
	struct queued *q;

	if (p->pid == 0 || p->fd == -1) {
		if (stopping)
			return;
		end_run("%s for %s, which is not there", routes[m->head.type].name,
		    role_names[role]);
		return;
	}
	if (p->queued + len > QUEUE_BYTES_MAX) {
		end_run("%s does not take its messages", role_names[role]);
		return;
	}
	if ((q = malloc(sizeof(*q) + len)) == NULL)
		err(1, NULL);
	q->next = NULL;
	q->len = len;
	memcpy(q->bytes, m, len);
	if (p->head == NULL)
		p->stuck_since = clock_ms();
	*p->tail = q;
	p->tail = &q->next;
	p->queued += len;
	flush((enum role)role);
}

static void
enter_sandbox(void)
{
	pid_t children[ROLE__MAX];
	struct sandbox s = { .role = ROLE_PARENT, .uid = run->uid, .gid = run->gid,
	    .children = children };
	int r;

	for (r = 0; r < ROLE__MAX; r++)
		if (procs[r].pid > 0)
			children[s.nchildren++] = procs[r].pid;
	sandbox_enter(&s);
}

/* Not where file sees by itself that nothing is due. */
static void
parent_start_csr(void)
{
	if (all_started || procs[ROLE_CSR].pid != 0 || run->mode >= MODE_ROLLOVER ||
	    run->mode == MODE_LIST) {
		end_run("PARENT_START_CSR: out of order");
		return;
	}
	start(ROLE_CSR);
	slice(run, ROLE_CSR, enqueue);
}

/* file has looked at all jobs: only now are the others needed, if at all. */
static void
parent_due(uint64_t ndue)
{
	/* Only who is needed: nothing is published for an account's sake, nobody asked at a rollover's end. */
	static const enum role renew[] = { ROLE_KEY, ROLE_CHNG, ROLE_DNS, ROLE_NET };
	static const enum role others[] = { ROLE_KEY, ROLE_DNS, ROLE_NET };
	const enum role *rest = run->mode == MODE_RENEW ? renew : others;
	size_t i, n = run->mode == MODE_RENEW ? 4 : run->mode == MODE_ADOPT ? 1 : 3;

	if (all_started || run->mode == MODE_LIST) {
		end_run("PARENT_DUE: out of order");
		return;
	}
	all_started = 1;
	if (ndue == 0)
		return;
	for (i = 0; i < n; i++)
		start(rest[i]);
	for (i = 0; i < n; i++)
		slice(run, (int)rest[i], enqueue);
	enter_sandbox();
}

static void
parent_outcome(uint32_t job, uint64_t outcome)
{
	if (job >= run->njobs || outcomes[job] != 0 ||
	    outcome < OUTCOME_INSTALLED || outcome > OUTCOME_FAILED) {
		end_run("PARENT_OUTCOME: %llu for job %u", (unsigned long long)outcome, job);
		return;
	}
	outcomes[job] = (enum outcome)outcome;
	nsettled++;
	deadline = clock_ms() + PROGRESS_SECONDS * (int64_t)1000;
}

/*
 * The table decides; a message to the parent itself comes from file only.
 * Who sends what it must not is no longer ours, and gets no time to tidy up.
 */
static void
pass_on(enum role from, struct msg *m, size_t got)
{
	const char *wrong = msg_check(m, got, (int)from, ANY_ROLE);

	if (wrong != NULL) {
		end_run("%s sent %s, %s", role_names[from],
		    got >= MSG_HEAD_LEN && m->head.type < MSG__MAX &&
		    routes[m->head.type].name != NULL ?
		    routes[m->head.type].name : "a message", wrong);
		kill(procs[from].pid, SIGKILL);
		return;
	}
	if (routes[m->head.type].to != ROLE_PARENT) {
		enqueue(routes[m->head.type].to, m);
		return;
	}
	if (m->head.len != sizeof(uint64_t)) {
		end_run("%s: malformed", routes[m->head.type].name);
		return;
	}
	m->pos = 0;
	if (m->head.type == PARENT_START_CSR)
		parent_start_csr();
	else if (m->head.type == PARENT_DUE)
		parent_due(msg_get_num(m));
	else
		parent_outcome(m->head.job, msg_get_num(m));
}

static void
read_message(enum role role)
{
	static struct msg m;
	struct proc *p = &procs[role];
	ssize_t n;

	/* Plain recv(): descriptors sent along are dropped by the kernel. */
	n = recv(p->fd, &m, MSG_HEAD_LEN + MSG_BODY_MAX, MSG_DONTWAIT | MSG_TRUNC);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(p->fd);
		p->fd = -1;
		return;
	}
	pass_on(role, &m, (size_t)n);
	explicit_bzero(&m, (size_t)n > sizeof(m) ? sizeof(m) : (size_t)n);
}

/* One round of reading and writing; at most ms long. */
static void
turn(int64_t until)
{
	struct pollfd pfd[2 * ROLE__MAX];
	struct timespec ts;
	sigset_t none;
	int r, ms = clock_left_ms(until);

	for (r = 0; r < ROLE__MAX; r++) {
		pfd[2 * r].fd = procs[r].fd;
		pfd[2 * r].events = (short)(POLLIN | (procs[r].head != NULL ? POLLOUT : 0));
		pfd[2 * r + 1].fd = procs[r].errfd;
		pfd[2 * r + 1].events = POLLIN;
		pfd[2 * r].revents = pfd[2 * r + 1].revents = 0;
	}
	if (ms > 1000)
		ms = 1000;
	ts.tv_sec = ms / 1000;
	ts.tv_nsec = ms % 1000 * 1000000;
	sigemptyset(&none);
	if (ppoll(pfd, 2 * ROLE__MAX, &ts, &none) == -1) {
		if (errno != EINTR)
			err(1, "ppoll");
		return;
	}
	for (r = 0; r < ROLE__MAX; r++) {
		if (pfd[2 * r + 1].revents != 0)
			read_stderr((enum role)r);
		if (pfd[2 * r].revents & POLLOUT)
			flush((enum role)r);
		if (pfd[2 * r].revents & ~POLLOUT)
			read_message((enum role)r);
	}
}

/* Every wait of the run ends: a role that hangs or is gone ends it. */
static void
check_health(void)
{
	int64_t now = clock_ms();
	int r;

	if (broker_signal != 0)
		end_run("interrupted by signal %d", broker_signal);
	if (now > deadline)
		end_run("nothing was done for %d seconds", PROGRESS_SECONDS);
	for (r = 0; r < ROLE__MAX; r++) {
		if (procs[r].pid == 0)
			continue;
		if (procs[r].fd == -1)
			end_run("%s has ended before its time", role_names[r]);
		else if (procs[r].head != NULL &&
		    now - procs[r].stuck_since > STUCK_SECONDS * (int64_t)1000)
			end_run("%s has not taken its messages for %d seconds",
			    role_names[r], STUCK_SECONDS);
	}
}

/* Says how a role ended if not well. */
static void
reaped(enum role role, int status)
{
	procs[role].pid = 0;
	if (WIFSIGNALED(status))
		end_run("%s was killed by signal %d", role_names[role], WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		end_run("%s ended with status %d", role_names[role], WEXITSTATUS(status));
}

static int
any_left(void)
{
	int r, status, left = 0;

	for (r = 0; r < ROLE__MAX; r++) {
		if (procs[r].pid > 0 && procs[r].fd == -1 && procs[r].errfd == -1 &&
		    waitpid(procs[r].pid, &status, WNOHANG) == procs[r].pid)
			reaped((enum role)r, status);
		left += procs[r].pid > 0;
	}
	return left;
}

/* Each role is told to stop, given time to tidy up, and killed if it does not. */
static void
stop_all(void)
{
	static struct msg m;
	int64_t until = clock_ms() + STOP_SECONDS * 1000;
	int r;

	stopping = 1;
	msg_new(&m, ROLE_STOP, 0);
	for (r = 0; r < ROLE__MAX; r++)
		if (procs[r].pid > 0 && procs[r].fd != -1) {
			enqueue(r, &m);
			/* End of file for one that waits for something else. */
			if (broken && procs[r].head == NULL)
				shutdown(procs[r].fd, SHUT_WR);
		}
	while (any_left() && clock_left_ms(until) > 0)
		turn(clock_ms() + 1);	/* an end has no event of its own */
	for (r = 0; r < ROLE__MAX; r++)
		if (procs[r].pid > 0)
			end_run("%s does not stop; %s", role_names[r],
			    kill(procs[r].pid, SIGKILL) == 0 ? "killed" :
			    "and cannot be killed from here");
}

void
broker_run(const struct run *what, unsigned *installed, unsigned *failed)
{
	uint32_t i;
	int r;

	run = what;
	if ((outcomes = calloc(run->njobs + 1, sizeof(*outcomes))) == NULL)
		err(1, NULL);
	for (r = 0; r < ROLE__MAX; r++)
		procs[r].fd = procs[r].errfd = -1;
	deadline = clock_ms() + PROGRESS_SECONDS * (int64_t)1000;
	start(ROLE_FILE);
	slice(run, ROLE_FILE, enqueue);
	while (!broken && nsettled < run->njobs) {
		turn(deadline);
		check_health();
	}
	stop_all();
	for (i = 0; i < run->njobs; i++) {
		*installed += outcomes[i] == OUTCOME_INSTALLED;
		*failed += outcomes[i] == OUTCOME_FAILED || outcomes[i] == 0;
	}
	/* A role that ended badly is a failure even if all certificates are in place. */
	*failed += (unsigned)broken;
}
