/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Runs in processes of their own, which the first process waits for.  Such a
 * process does nothing but broker_run(): it sends its tally to the first one,
 * and then, if anything has changed, waits until the status of acme-client
 * reports the change.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"

/*
 * With few descriptors, no more processes wait than this.  The others end
 * early, and the next run of acme-client reports their changes once more.
 */
#define WAITING_MAX 4
/*
 * Tells a waiting process that status 0 will report its changes; the process
 * replies with the same byte.
 */
#define REPORTED 'r'
#define FINISH 'e' /* Tells a waiting process to end at once. */

static int *waiting; /* A socket to each process that waits. */
static size_t nwaiting;
/* This process has too few descriptors to run all jobs at once. */
static int few_descriptors;

/*
 * Carries out a run in a process of its own.  fd is a socket to the first
 * process; its end of file ends the run.
 */
__attribute__((noreturn)) static void
run_apart(const struct run *authority, int fd)
{
	struct run run = *authority;
	struct tally tally = { 0 };
	char word = FINISH;

	run.hup_fd = fd;
	broker_run(&run, &tally);
	if (write(fd, &tally, sizeof(tally)) != sizeof(tally))
		err(1, "write");
	if (tally.waits && read(fd, &word, 1) == 1 && word == REPORTED) {
		broker_forget();
		if (write(fd, &word, 1) != 1 || read(fd, &word, 1) != 1)
			exit(1);
	}
	/*
	 * End of file: the first process was killed, and fileproc notices that.
	 */
	if (word == FINISH)
		broker_end();
	exit(0);
}

/*
 * Waits until the process has sent its tally, or has ended.  A signal for
 * acme-client is passed on to the process.
 */
static void
wait_for_tally(int fd, pid_t pid)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	sigset_t none;

	sigemptyset(&none);
	while (ppoll(&pfd, 1, NULL, &none) == -1)
		if (errno != EINTR)
			err(1, "ppoll");
		else if (broker_signal != 0)
			kill(pid, broker_signal);
}

/*
 * Ends the first process that waits; the next run of acme-client reports its
 * changes.
 */
static void
end_first(void)
{
	struct pollfd pfd = { .fd = waiting[0] };
	char word = FINISH;

	if (write(waiting[0], &word, 1) == -1)
		warn("write");
	poll(&pfd, 1, STOP_SECONDS * 1000);
	close(waiting[0]);
	memmove(waiting, waiting + 1, --nwaiting * sizeof(*waiting));
}

/* Adds what a run in a process of its own has done. */
static void
add_tally(struct tally *tally, const struct tally *one)
{
	tally->installed += one->installed;
	tally->failed += one->failed;
	tally->unchanged += one->unchanged;
	/* This process, which has started it, is in no sandbox. */
	tally->roles |= one->roles & ~(1u << ROLE_PARENT);
	tally->ordered += one->ordered;
	tally->responded += one->responded;
	tally->broken |= one->broken;
	tally->interrupted |= one->interrupted;
}

/* Starts a run in a process of its own; *fd becomes a socket to it. */
static pid_t
start_apart(const struct run *run, int *fd)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1 ||
	    (pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		/* Close the sockets that only the first process may hold. */
		close(fds[0]);
		while (nwaiting > 0)
			close(waiting[--nwaiting]);
		run_apart(run, fds[1]);
	}
	close(fds[1]);
	*fd = fds[0];
	return pid;
}

static void
keep_waiting(int fd)
{
	if ((waiting = reallocarray(waiting, nwaiting + 1, sizeof(*waiting))) ==
	    NULL)
		err(1, NULL);
	waiting[nwaiting++] = fd;
}

/* Reaps the process of a run; reports a signal if there was no tally. */
static void
reap(const struct run *run, pid_t pid, int gone)
{
	int status;
	pid_t rc;

	while ((rc = waitpid(pid, &status, 0)) == -1 && errno == EINTR)
		;
	/* A process that exited has reported its error itself. */
	if (gone && rc == pid && WIFSIGNALED(status))
		warnx("the run at %s was killed by signal %d, %s",
		    run->authority->name, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
}

void
apart_run(const struct run *run, int last, struct tally *tally)
{
	struct tally one = { 0 };
	int fd, gone;
	pid_t pid;

	if (last && limits_allow_run(nwaiting, run->workers)) {
		broker_run(run, tally);
		return;
	}
	if ((few_descriptors && nwaiting >= WAITING_MAX) ||
	    !limits_allow_apart(nwaiting))
		end_first();
	pid = start_apart(run, &fd);
	wait_for_tally(fd, pid);
	if ((gone = read(fd, &one, sizeof(one)) != sizeof(one)))
		one = (struct tally){ .failed = run->njobs };
	if (one.waits)
		keep_waiting(fd);
	else {
		close(fd);
		reap(run, pid, gone);
	}
	add_tally(tally, &one);
}

void
apart_run_batches(
    struct run *run, int last, uint64_t most_orders, struct tally *tally)
{
	uint32_t left = run->njobs;

	while (left > 0 && broker_signal == 0) {
		run->njobs = limits_batch(run->jobs, left);
		few_descriptors |= run->njobs < left;
		if (run->njobs < left)
			say(1,
			    "no more than %u of %u handles at once, as ulimit "
			    "-n is low",
			    run->njobs, left);
		left -= run->njobs;
		run->most_orders = most_orders - tally->ordered;
		apart_run(run, last && left == 0, tally);
		run->jobs += run->njobs;
	}
}

int
apart_end(int status)
{
	struct pollfd pfd = { .events = 0 };
	char word = REPORTED;
	size_t i;

	for (i = 0; i < nwaiting && status == 0; i++)
		if (write(waiting[i], &word, 1) == 1 &&
		    read(waiting[i], &word, 1) == -1)
			warn("read");
	if (status == 0)
		broker_forget();
	word = FINISH;
	for (i = 0; i < nwaiting; i++)
		if (write(waiting[i], &word, 1) == -1)
			warn("write");
	broker_end();
	for (i = 0; i < nwaiting; i++) {
		pfd.fd = waiting[i];
		poll(&pfd, 1, STOP_SECONDS * 1000);
	}
	return status;
}
