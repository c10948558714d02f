/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The parent: starts the roles, passes their messages on by the table in
 * msg-routes.c, prints their stderr, ends the run.  It holds nothing but the
 * children; of messages between others it reads the headers and whether the
 * body has its type's shape, and acts on no body.  An attacker in it can make
 * the run fail, lie about its outcome, and write messages in the name of any
 * role.  It refuses every message that is not in the table, or about a job that
 * certproc has given to another worker.  It ends the run when a role ends early
 * or does not take its messages; but the end of one of several workers of
 * netproc costs that worker's job only.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "parent.h"
#include "sandbox.h"

/* The seconds that a role has to exit after it has closed its socket. */
#define END_SECONDS 1
#define CHILDREN_MAX (ROLE__MAX + WORKERS_MAX - 1)

volatile int broker_signal;

/*
 * The children by role; netproc's workers but the first come behind ROLE__MAX.
 */
static struct child children[CHILDREN_MAX];
static uint32_t nworkers;
static const struct run *run;
static struct tally *tally;
static int64_t began;          /* The time when the run began. */
static enum outcome *outcomes; /* The outcome of each job; 0: none yet. */
static uint32_t nfinished, nfailed;
/* Outcomes that came before any role could send a request. */
static uint32_t done_early, failed_early;
static int all_started; /* PARENT_DUE has come, and all roles are started. */
static int broken;      /* An error has ended the run. */
static int stopping;    /* ROLE_STOP has been sent, and children may end. */
static int hurried;     /* end_waits() was called: how they end says nothing. */
static int forgotten;   /* fileproc has replied to FILE_REPORTED. */
static int64_t deadline; /* The time by which the next outcome must come. */

/*
 * Ends the run for an error.  Only the first one is reported: later ones follow
 * from it.
 */
__attribute__((format(printf, 1, 2))) static void
end_run(const char *fmt, ...)
{
	va_list ap;

	if (broken)
		return;
	broken = 1;
	progress_clear();
	va_start(ap, fmt);
	vwarnx(fmt, ap);
	va_end(ap);
}

static struct child *
worker(uint32_t n)
{
	return &children[n == 0 ? ROLE_NET : ROLE__MAX + n - 1];
}

static void
send_to(void *to, const struct msg *m)
{
	struct child *c = to;

	/* check_child() reports how this role has ended. */
	if (c->pid > 0 && c->fd == -1)
		return;
	if (c->pid == 0) {
		if (!stopping && !c->lost)
			end_run("%s for %s, which is not there",
			    routes[m->head.type].name, c->name);
	} else if (child_send(c, m) == -1)
		end_run("%s does not take its messages", c->name);
}

/*
 * Starts a role and sends its slice; workers: processes of netproc in this run.
 */
static void
start(struct child *c, enum role role, uint32_t workers)
{
	/* certproc prints the list or the account on standard output. */
	tally->roles |= 1u << role;
	child_start(c, role, run->programs,
	    (run->mode == MODE_LIST || run->mode == MODE_SHOW) &&
		role == ROLE_CERT);
	slice(run, role, workers, send_to, c);
}

static void
enter_sandbox(void)
{
	struct sandbox s = {
		.role = ROLE_PARENT, .uid = run->uid, .gid = run->gid
	};

	tally->roles |= 1u << ROLE_PARENT;
	sandbox_enter(&s);
}

/* certproc asks for csrproc only where a job may be due. */
static void
parent_start_csr(void)
{
	if (all_started || children[ROLE_CSR].pid != 0) {
		end_run("PARENT_START_CSR: out of order");
		return;
	}
	start(&children[ROLE_CSR], ROLE_CSR, 0);
}

/*
 * certproc has looked at all jobs.  Starts the roles that are still missing,
 * while this process has the rights to do so, and enters the sandbox.  A run
 * with nothing due needs none of them.
 */
static void
parent_due(uint64_t ndue)
{
	static const enum role others[] = { ROLE_DNS, ROLE_KEY, ROLE_CHNG,
		ROLE_HOOK, ROLE_RESP, ROLE_ZONE };
	static struct msg narrow;
	uint32_t w;
	size_t i;

	if (all_started) {
		end_run("PARENT_DUE: out of order");
		return;
	}
	all_started = 1;
	if (ndue == 0)
		return;
	/* fileproc has read all that is installed. */
	msg_new(&narrow, FILE_NARROW, 0);
	send_to(&children[ROLE_FILE], &narrow);
	if (run_needs(run, ROLE_NET))
		nworkers = run->mode != MODE_RENEW ? 1 :
		    ndue < run->workers            ? (uint32_t)ndue :
						     run->workers;
	/*
	 * netproc first: its connection to the CA takes longest, and the
	 * others start meanwhile.
	 */
	for (w = 0; w < nworkers; w++)
		start(worker(w), ROLE_NET, nworkers);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (children[others[i]].pid == 0 && run_needs(run, others[i]))
			start(&children[others[i]], others[i], nworkers);
	enter_sandbox();
	done_early = nfinished;
	failed_early = nfailed;
}

/* Shows on a terminal the progress of the jobs that take requests. */
static void
show_progress(void)
{
	struct progress p = { .total = run->njobs - done_early,
		.failed = nfailed - failed_early };
	const struct child *c;
	uint32_t i;

	if (!run->progress || !all_started || stopping)
		return;
	for (i = 0; i < nworkers; i++) {
		c = worker(i);
		p.at_work += !c->lost && c->job < run->njobs &&
		    outcomes[c->job] == 0;
	}
	p.done = nfinished - done_early - p.failed;
	progress_show(&p);
}

/*
 * Sets the deadline for the next outcome.  In a run for hookproc it grows with
 * the jobs: hookproc limits each command, and many may run before the next
 * outcome.
 */
static void
set_deadline(void)
{
	deadline = clock_ms() +
	    PROGRESS_SECONDS * (int64_t)1000 *
		(run->mode == MODE_HOOK ? 1 + (int64_t)run->njobs : 1);
}

static void
take_outcome(uint64_t job, uint64_t outcome)
{
	if (job >= run->njobs || outcomes[job] != 0 ||
	    outcome < OUTCOME_INSTALLED || outcome > OUTCOME_FAILED) {
		end_run("PARENT_OUTCOME: %llu for job %llu",
		    (unsigned long long)outcome, (unsigned long long)job);
		return;
	}
	outcomes[job] = (enum outcome)outcome;
	nfinished++;
	nfailed += outcome == OUTCOME_FAILED;
	if (mode_changes_files(run->mode) && outcome != OUTCOME_UNCHANGED)
		say(1, "%s: %s after %s seconds", run->jobs[job]->handle,
		    outcome == OUTCOME_INSTALLED ? "changed" : "failed",
		    clock_since(began));
	if (run->tells && run->force && verbose == 0 &&
	    run->mode == MODE_RENEW && outcome == OUTCOME_INSTALLED)
		say(0, "-F: %s: installed a new certificate",
		    run->jobs[job]->handle);
}

/* Takes the outcome of the message's job, and of those behind it. */
static void
parent_outcome(struct msg *m)
{
	uint64_t outcome = msg_get_num(m);

	take_outcome(m->head.job, outcome);
	while (!broken && m->pos < m->head.len)
		take_outcome(msg_get_num(m), outcome);
	show_progress();
	set_deadline();
}

/* Handles a message to the parent; its body is numbers, or empty. */
static void
for_parent(struct msg *m)
{
	msg_take(m);
	/*
	 * A role that is started now would not be told to stop, and would be
	 * killed before it has tidied up.
	 */
	if (stopping &&
	    (m->head.type == PARENT_START_CSR || m->head.type == PARENT_DUE))
		return;
	if (m->head.type == PARENT_START_CSR)
		parent_start_csr();
	else if (m->head.type == PARENT_DUE)
		parent_due(msg_get_num(m));
	else if (m->head.type == PARENT_FORGOTTEN && stopping)
		forgotten = 1;
	else if (m->head.type == PARENT_FORGOTTEN)
		end_run("PARENT_FORGOTTEN: out of order");
	else
		parent_outcome(m);
}

/*
 * A message to netproc goes to the worker in its header; NET_STATUS_URLS goes
 * to all workers.  By NET_JOB, certproc says which job a worker has.
 */
static void
for_net(struct msg *m)
{
	uint32_t w = m->head.worker;

	if (m->head.type == NET_STATUS_URLS) {
		for (w = 0; w < nworkers; w++)
			send_to(worker(w), m);
		return;
	}
	if (w >= nworkers) {
		end_run("%s for worker %u, which does not exist",
		    routes[m->head.type].name, w);
		return;
	}
	if (m->head.type == NET_JOB) {
		worker(w)->job = m->head.job;
		show_progress();
	}
	send_to(worker(w), m);
}

/* Checks a message that came from c; NULL, or what is wrong with it. */
static const char *
check(const struct child *c, const struct msg *m, size_t got)
{
	const char *wrong = msg_check(
	    m, got, (int)c->role, ANY_ROLE, run->mode);

	if (wrong == NULL && c->role == ROLE_NET &&
	    routes[m->head.type].by_job && m->head.job != c->job)
		return "about a job that it does not have";
	return wrong;
}

/*
 * Passes a message on, if it is in the table.  A role that sends another one
 * may be an attacker's: it is killed, without time to tidy up.
 */
static void
pass_on(struct child *from, struct msg *m, size_t got)
{
	const char *wrong = check(from, m, got);

	if (wrong != NULL) {
		end_run("%s sent %s, %s", from->name,
		    got >= MSG_HEAD_LEN && m->head.type < MSG__MAX &&
			    routes[m->head.type].name != NULL ?
			routes[m->head.type].name :
			"a message",
		    wrong);
		child_end(from);
		return;
	}
	if (from->role == ROLE_NET)
		m->head.worker = from->worker;
	tally->ordered += m->head.type == KEY_BEGIN;
	tally->responded += m->head.type == KEY_SIGN_CHALLENGE;
	if (routes[m->head.type].to == ROLE_PARENT)
		for_parent(m);
	else if (routes[m->head.type].to == ROLE_NET)
		for_net(m);
	else
		send_to(&children[routes[m->head.type].to], m);
}

static void
read_message(struct child *c)
{
	static struct msg m;
	size_t n = child_receive(c, &m);

	if (n == 0)
		return;
	pass_on(c, &m, n);
	explicit_bzero(&m, n > sizeof(m) ? sizeof(m) : n);
}

/* Reads from a child and writes to it, as poll's events say. */
static void
serve_child(struct child *c, short messages, short text)
{
	if (text != 0 && child_print(c) == -1)
		end_run("%s wrote more than %d MiB of messages", c->name,
		    SAID_BYTES_MAX >> 20);
	if (messages & POLLOUT)
		child_flush(c);
	if (messages & ~POLLOUT)
		read_message(c);
}

/*
 * Fills in hup_fd, then the children that have descriptors; returns their
 * number.  Leaving out the others keeps below ppoll(2)'s limit, which is
 * RLIMIT_NOFILE.
 */
static nfds_t
fill_in(struct pollfd pfd[2 * CHILDREN_MAX + 1], struct child *of[CHILDREN_MAX])
{
	struct child *c;
	nfds_t n = 0;

	pfd[0] = (struct pollfd){ .fd = run->hup_fd };
	for (c = children; c < children + CHILDREN_MAX; c++) {
		if (c->fd == -1 && c->errfd == -1)
			continue;
		of[n] = c;
		pfd[2 * n + 1] = (struct pollfd){ .fd = c->fd,
			.events = (short)(POLLIN |
			    (c->head != NULL ? POLLOUT : 0)) };
		pfd[2 * n + 2] = (struct pollfd){ .fd = c->errfd,
			.events = POLLIN };
		n++;
	}
	return n;
}

/* Waits until a deadline, at most a second, and reads and writes once. */
static void
turn(int64_t until)
{
	struct pollfd pfd[2 * CHILDREN_MAX + 1];
	struct child *of[CHILDREN_MAX];
	struct timespec ts;
	sigset_t none;
	nfds_t i, n = fill_in(pfd, of);
	int ms = clock_left_ms(until);

	if (ms > 1000)
		ms = 1000;
	ts.tv_sec = ms / 1000;
	ts.tv_nsec = ms % 1000 * 1000000;
	sigemptyset(&none);
	if (ppoll(pfd, 2 * n + 1, &ts, &none) == -1) {
		if (errno != EINTR)
			err(1, "ppoll");
		return;
	}
	if (pfd[0].revents != 0)
		end_run("the process that this run is part of has ended");
	for (i = 0; i < n; i++)
		serve_child(
		    of[i], pfd[2 * i + 1].revents, pfd[2 * i + 2].revents);
}

/*
 * Waits until c, which has closed its socket, exits; 0: it has not exited in
 * time.
 */
static int
await_end(struct child *c, int *status)
{
	int64_t until = clock_ms() + END_SECONDS * 1000;

	while (!child_ended(c, status)) {
		if (clock_left_ms(until) == 0)
			return 0;
		/*
		 * ppoll(2) does not report the end of a child: wake up each ms.
		 */
		turn(clock_ms() + 1);
	}
	return 1;
}

/*
 * A worker of netproc has ended: its job has failed, and the other workers take
 * the remaining jobs.  -1: there is no other worker.
 */
static int
lose_worker(struct child *c)
{
	static const enum msgtype gone[] = { CERT_WORKER_GONE,
		KEY_WORKER_GONE };
	static struct msg m;
	uint32_t w, left = 0;
	size_t i;

	for (w = 0; w < nworkers; w++)
		left += !worker(w)->lost;
	if (left == 1)
		return -1;
	c->lost = 1;
	tally->failed++;
	for (i = 0; i < 2; i++) {
		msg_new(&m, gone[i], 0);
		m.head.worker = c->worker;
		send_to(&children[routes[gone[i]].to], &m);
	}
	return 0;
}

/* Ends the run, unless it can go on without this worker. */
static void
lose_child(struct child *c)
{
	if (c->role != ROLE_NET || lose_worker(c) == -1)
		broken = 1;
	progress_clear();
}

/* c has closed its socket: reports its end once, after its stderr. */
static void
child_gone(struct child *c)
{
	int status, ended = await_end(c, &status);

	/* Another error may have ended the run meanwhile. */
	if (broken)
		return;
	lose_child(c);
	if (ended) {
		child_report_end(c, status, c->lost);
		return;
	}
	warnx("%s takes no messages any more%s", c->name,
	    c->lost ? "; the others go on" : "");
	child_end(c);
}

static void
check_child(struct child *c, int64_t now)
{
	if (c->fd == -1 && !broken)
		child_gone(c);
	else if (c->head != NULL &&
	    now - c->stuck_since > STUCK_SECONDS * (int64_t)1000 && !broken) {
		lose_child(c);
		warnx("%s has not taken its messages for %d seconds%s", c->name,
		    STUCK_SECONDS, c->lost ? "; the others go on" : "");
		if (c->lost)
			child_end(c);
	}
}

/* Reaps c at the end of the run, or a worker that the parent has killed. */
static void
reap(struct child *c)
{
	int status;

	if (c->fd != -1 || c->errfd != -1 || !child_ended(c, &status) ||
	    c->lost || broken || hurried)
		return;
	if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0) {
		broken = 1;
		progress_clear();
		child_report_end(c, status, 0);
	}
}

/* Ends the run on a signal, and where a role hangs or has ended. */
static void
check_health(void)
{
	int64_t now = clock_ms();
	struct child *c;

	if (broker_signal != 0) {
		end_run("interrupted by signal %d, %s", broker_signal,
		    strsignal(broker_signal));
		tally->interrupted = 1;
	}
	if (now > deadline)
		end_run("no job has finished for %d seconds", PROGRESS_SECONDS);
	for (c = children; c < children + CHILDREN_MAX; c++)
		if (c->pid > 0 && c->lost)
			reap(c);
		else if (c->pid > 0)
			check_child(c, now);
}

/* Reaps children that have ended; are others left, besides stays? */
static int
any_left(const struct child *stays)
{
	int left = 0;
	struct child *c;

	for (c = children; c < children + CHILDREN_MAX; c++) {
		if (c->pid > 0 && c != stays)
			reap(c);
		left += c->pid > 0 && c != stays;
	}
	return left;
}

/*
 * Where an error or a signal ends the run, this ends what the roles but stays
 * wait for.  netproc and dnsproc are killed: they may be waiting for the CA or
 * a name server, and have nothing to tidy up.  End of file ends a role that
 * waits for another message.  certproc needs none while fileproc is there,
 * which always replies.
 */
static void
end_waits(const struct child *stays)
{
	struct child *c;

	hurried = 1;
	for (c = children; c < children + CHILDREN_MAX; c++)
		if (c->pid <= 0 || c == stays)
			continue;
		else if (c->role == ROLE_NET || c->role == ROLE_DNS)
			child_end(c);
		else if (c->fd != -1 && c->head == NULL &&
		    (c->role != ROLE_CERT || children[ROLE_FILE].fd == -1))
			shutdown(c->fd, SHUT_WR);
}

/*
 * Tells each role but stays to stop, gives it time to tidy up, and kills it if
 * it goes on.
 */
static void
stop_all(const struct child *stays)
{
	static struct msg m;
	int64_t until = clock_ms() + STOP_SECONDS * 1000, last;
	struct child *hook = &children[ROLE_HOOK], *c;

	last = until + (HOOK_STOP_SECONDS - STOP_SECONDS) * (int64_t)1000;
	stopping = 1;
	msg_new(&m, ROLE_STOP, 0);
	for (c = children; c < children + CHILDREN_MAX; c++)
		if (c->pid > 0 && c->fd != -1 && c != stays)
			send_to(c, &m);
	if (broken)
		end_waits(stays);
	while (any_left(stays) &&
	    clock_left_ms(hook->pid > 0 ? last : until) > 0) {
		/*
		 * ppoll(2) does not report the end of a child: wake up each ms.
		 */
		turn(clock_ms() + 1);
		if (broker_signal != 0)
			end_waits(stays);
	}
	for (c = children; c < children + CHILDREN_MAX; c++)
		if (c->pid > 0 && c != stays)
			end_run("%s does not stop; %s", c->name,
			    child_end(c) == 0 ?
				"killed" :
				"and cannot be killed from here");
}

static void
init_children(void)
{
	uint32_t i;

	for (i = 0; i < ROLE__MAX; i++)
		child_init(&children[i], role_names[i]);
	for (i = 1; i < WORKERS_MAX; i++) {
		child_init(worker(i), role_names[ROLE_NET]);
		worker(i)->worker = i;
		snprintf(worker(i)->name, sizeof(worker(i)->name),
		    "%s (worker %u)", role_names[ROLE_NET], i + 1);
	}
}

/* Has this run changed anything that its exit status is to report? */
static int
remembers(void)
{
	uint32_t i;

	for (i = 0; i < run->njobs && !broken && mode_changes_files(run->mode);
	     i++)
		if (outcomes[i] == OUTCOME_INSTALLED)
			return 1;
	return 0;
}

void
broker_forget(void)
{
	struct child *file = &children[ROLE_FILE];
	int64_t until = clock_ms() + STOP_SECONDS * 1000;
	static struct msg m;

	if (file->pid <= 0 || file->fd == -1)
		return;
	msg_new(&m, FILE_REPORTED, 0);
	send_to(file, &m);
	while (!forgotten && file->fd != -1 && clock_left_ms(until) > 0)
		turn(until);
}

/*
 * If the parent is killed before this sends ROLE_STOP, fileproc restores the
 * records that broker_forget() had it remove.
 */
void
broker_end(void)
{
	struct child *file = &children[ROLE_FILE];
	struct pollfd pfd = { .fd = file->fd };
	static struct msg m;
	int status;

	if (file->pid <= 0 || file->fd == -1)
		return;
	msg_new(&m, ROLE_STOP, 0);
	send_to(file, &m);
	/* fileproc ends by itself, unless an attacker controls it. */
	if (poll(&pfd, 1, STOP_SECONDS * 1000) == 0 ||
	    !await_end(file, &status))
		child_end(file);
}

/* Passes the chain for -i on to certproc. */
static void
offer(void)
{
	static struct msg m;

	msg_new(&m, CERT_OFFER, 0);
	msg_put_buf(&m, run->offered, run->offered_len);
	send_to(&children[ROLE_CERT], &m);
}

void
broker_run(const struct run *what, struct tally *counts)
{
	uint32_t i;

	run = what;
	tally = counts;
	began = clock_ms();
	if ((outcomes = calloc(run->njobs + 1, sizeof(*outcomes))) == NULL)
		err(1, NULL);
	init_children();
	set_deadline();
	start(&children[ROLE_FILE], ROLE_FILE, 0);
	if (run->mode == MODE_HOOK)
		start(&children[ROLE_HOOK], ROLE_HOOK, 0);
	else
		start(&children[ROLE_CERT], ROLE_CERT, 0);
	if (run->mode == MODE_INSTALL)
		offer();
	if (run_left_responses(run))
		start(&children[ROLE_CHNG], ROLE_CHNG, 0);
	if (run_left_records(run))
		start(&children[ROLE_HOOK], ROLE_HOOK, 0);
	while (!broken && nfinished < run->njobs) {
		turn(deadline);
		check_health();
	}
	progress_clear();
	/* fileproc stays until certproc has its last reply. */
	stop_all(&children[ROLE_FILE]);
	if (!remembers())
		stop_all(NULL);
	tally->waits = children[ROLE_FILE].pid > 0;
	for (i = 0; i < run->njobs; i++) {
		tally->installed += outcomes[i] == OUTCOME_INSTALLED;
		tally->unchanged += outcomes[i] == OUTCOME_UNCHANGED;
		tally->failed += outcomes[i] == OUTCOME_FAILED ||
		    outcomes[i] == 0;
	}
	/*
	 * A role that ended with an error is a failure, even if all
	 * certificates are installed.
	 */
	tally->failed += (uint32_t)broken;
	tally->broken = broken;
}
