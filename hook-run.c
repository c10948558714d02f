/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Runs programs of the administrator's: without a shell, and with nothing from
 * hookproc but arguments and environment.  Their output is made visible and
 * capped; a program that takes too long is ended, with its process group.  If
 * this is wrong, a program that hangs or floods holds up the run for ever, or
 * gets a descriptor that it must not have.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "hook.h"
#include "role.h"

#define PATH_VALUE \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define GRACE_MS 3000   /* The milliseconds between SIGTERM and SIGKILL. */
#define LINE_BYTES 1000 /* The most bytes of a line that are printed. */
#define LINES_MAX 200   /* The most lines of one program that are printed. */
/* Reads of a program's remaining output: together more than a pipe holds. */
#define LAST_READS 32

struct hook {
	char *what;
	pid_t pid;
	int fd; /* A pipe with the program's output; -1: closed. */
	int64_t deadline;
	/* The program's time limit; 0: hookproc has ended it early. */
	int seconds;
	/* The last signal that hookproc has sent to its group, or 0. */
	int told;
	int lost; /* The program did not end after SIGKILL. */
	char line[LINE_BYTES];
	size_t linelen;
	char *lines[LINES_MAX]; /* Lines that are not printed yet. */
	size_t nlines;          /* The number of lines, printed or not. */
	uint64_t dropped;       /* The number of lines that were dropped. */
	void (*done)(void *, const char *);
	void *arg;
	struct hook *next;
};

static struct hook *hooks;
static size_t nhooks;
static int seconds = HOOK_SECONDS;

void
hook_environment(struct environment *e)
{
	memset(e, 0, sizeof(*e));
	hook_setenv(e, "PATH", PATH_VALUE);
}

void
hook_setenv(struct environment *e, const char *name, const char *value)
{
	int n;

	if ((e->v = reallocarray(e->v, e->n + 2, sizeof(*e->v))) == NULL ||
	    (n = asprintf(&e->v[e->n], "%s=%s", name, value)) == -1)
		err(1, NULL);
	e->v[++e->n] = NULL;
	e->bytes += (size_t)n + 1 + sizeof(*e->v);
}

void
hook_environment_free(struct environment *e)
{
	while (e->n > 0)
		free(e->v[--e->n]);
	free(e->v);
	memset(e, 0, sizeof(*e));
}

static void
on_child(int sig)
{
	(void)sig;
}

void
hook_begin(unsigned long nfiles)
{
	struct sigaction sa = { .sa_handler = on_child };
	struct rlimit r;
	sigset_t set;

	/*
	 * SIGCHLD is blocked except while ppoll(2) waits, so that no end is
	 * missed.
	 */
	sigemptyset(&sa.sa_mask);
	sigaction(SIGCHLD, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	umask(022);
	if (chdir("/") == -1 || fcntl(ROLE_FD, F_SETFD, FD_CLOEXEC) == -1)
		err(1, "/");
	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		err(1, "getrlimit");
	r.rlim_cur = nfiles;
	if (setrlimit(RLIMIT_NOFILE, &r) == -1)
		err(1, "setrlimit");
}

static void
must(int error)
{
	if (error != 0)
		errc(1, error, "posix_spawn");
}

/* Starts a program.  0, or an errno. */
static int
spawn(pid_t *pid, int output, char *const *argv, char *const *envp)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	must(posix_spawnattr_init(&attr));
	must(posix_spawnattr_setsigmask(&attr, &none));
	must(posix_spawnattr_setsigdefault(&attr, &all));
	must(posix_spawnattr_setpgroup(&attr, 0));
	must(posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETPGROUP));
	must(posix_spawn_file_actions_init(&files));
	must(posix_spawn_file_actions_addopen(
	    &files, 0, "/dev/null", O_RDONLY, 0));
	must(posix_spawn_file_actions_adddup2(&files, output, 1));
	must(posix_spawn_file_actions_adddup2(&files, output, 2));
	error = posix_spawn(pid, argv[0], &files, &attr, argv, envp);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error;
}

int
hook_start(const char *what, const struct strings *argv,
    const struct environment *e, void (*done)(void *, const char *), void *arg)
{
	struct hook *h;
	struct error w;
	int fds[2], error;
	char **v;

	if ((h = calloc(1, sizeof(*h))) == NULL ||
	    (h->what = strdup(what)) == NULL ||
	    (v = calloc(argv->n + 1, sizeof(*v))) == NULL)
		err(1, NULL);
	memcpy(v, argv->v, argv->n * sizeof(*v));
	if (pipe2(fds, O_CLOEXEC) == -1 ||
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1)
		err(1, "pipe");
	error = spawn(&h->pid, fds[1], v, e->v);
	close(fds[1]);
	free(v);
	if (error != 0) {
		close(fds[0]);
		free(h->what);
		free(h);
		error_set(&w, "cannot be started: %s", strerror(error));
		done(arg, w.text);
		return -1;
	}
	h->fd = fds[0];
	h->seconds = seconds;
	h->deadline = clock_ms() + seconds * (int64_t)1000;
	h->done = done;
	h->arg = arg;
	h->next = hooks;
	hooks = h;
	nhooks++;
	return 0;
}

size_t
hook_running(void)
{
	return nhooks;
}

static void
print(const struct hook *h, const char *line)
{
	say_warning("%s: %s", h->what, line);
}

/* Takes one line of output, which may contain any bytes. */
static void
take_line(struct hook *h)
{
	char safe[4 * LINE_BYTES + 8];

	say_safe(safe, sizeof(safe), h->line, h->linelen);
	h->linelen = 0;
	if (h->nlines == LINES_MAX)
		h->dropped++;
	else if (verbose > 0) {
		h->nlines++;
		print(h, safe);
	} else if ((h->lines[h->nlines++] = strdup(safe)) == NULL)
		err(1, NULL);
}

static void
close_output(struct hook *h)
{
	if (h->linelen > 0)
		take_line(h);
	close(h->fd);
	h->fd = -1;
}

/* Reads some output.  1: more can be read now. */
static int
read_output(struct hook *h)
{
	char buf[8192];
	ssize_t n = read(h->fd, buf, sizeof(buf)), i;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		close_output(h);
		return 0;
	}
	for (i = 0; i < n; i++)
		if (buf[i] == '\n')
			take_line(h);
		else if (h->linelen < sizeof(h->line))
			h->line[h->linelen++] = buf[i];
	return 1;
}

/*
 * Sends a signal to the program's group: the program and what it has started;
 * and to the program, if it has left the group.
 */
static void
tell(struct hook *h, int sig)
{
	if (kill(-h->pid, sig) == -1 || getpgid(h->pid) != h->pid)
		kill(h->pid, sig);
	h->told = sig;
}

/* Shows the lines that were kept, if the program has failed, and frees them. */
static void
end_output(struct hook *h, int failed)
{
	size_t i;

	for (i = 0; i < LINES_MAX; i++) {
		if (failed && h->lines[i] != NULL)
			print(h, h->lines[i]);
		free(h->lines[i]);
	}
	if (h->dropped > 0 && (failed || verbose > 0))
		say_warning("%s: %llu more lines", h->what,
		    (unsigned long long)h->dropped);
}

/*
 * Reports the end of a program.  h is not in the list any more, as done() may
 * start another program.
 */
static void
finish(struct hook *h, int status)
{
	int reads = LAST_READS, failed;
	struct error e;

	/*
	 * Processes that it has left running may keep the pipe open, and are
	 * not waited for.
	 */
	while (h->fd != -1 && reads-- > 0 && read_output(h))
		;
	if (h->fd != -1)
		close_output(h);
	failed = h->told != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	if (h->told != 0) {
		kill(-h->pid, SIGKILL);
		if (h->lost)
			error_set(&e,
			    "does not end, and cannot be killed from here, as "
			    "a process of another user cannot be; it runs on "
			    "as process %ld",
			    (long)h->pid);
		else if (h->seconds == 0)
			error_set(&e, "was ended, as the run ends");
		else
			error_set(&e,
			    "was ended, as it took more than %d seconds",
			    h->seconds);
	} else if (WIFSIGNALED(status))
		error_set(&e, "was ended by signal %d, %s", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		error_set(&e, "ended with status %d", WEXITSTATUS(status));
	end_output(h, failed);
	h->done(h->arg, failed ? e.text : NULL);
	free(h->what);
	free(h);
}

/* Gives up a program that has not ended after SIGKILL. */
static int
has_ended(struct hook *h, int *status)
{
	*status = 0;
	if (waitpid(h->pid, status, WNOHANG) == h->pid)
		return 1;
	h->lost = h->told == SIGKILL && clock_left_ms(h->deadline) == 0;
	return h->lost;
}

/* Reports the programs that have ended. */
static void
reap(void)
{
	struct hook **hp, *h;
	int status;

	for (hp = &hooks; (h = *hp) != NULL;)
		if (!has_ended(h, &status))
			hp = &h->next;
		else {
			*hp = h->next;
			nhooks--;
			finish(h, status);
			/* done() may have changed the list: begin again. */
			hp = &hooks;
		}
}

/*
 * Ends programs that have taken too long; returns the milliseconds until the
 * next deadline, or -1.
 */
static int
check_time(void)
{
	struct hook *h;
	int ms, least = -1;

	for (h = hooks; h != NULL; h = h->next) {
		if (clock_left_ms(h->deadline) == 0 && h->told != SIGKILL) {
			tell(h, h->told == 0 ? SIGTERM : SIGKILL);
			h->deadline = clock_ms() + GRACE_MS;
		}
		ms = clock_left_ms(h->deadline);
		if (least == -1 || ms < least)
			least = ms;
	}
	return least;
}

/*
 * Waits for output, for the end of a program, or for fd.  1: there is something
 * to read from fd.
 */
static int
turn(int fd, int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000 };
	struct pollfd *pfd;
	struct hook *h;
	sigset_t none;
	nfds_t i = 1;
	int readable, n;

	if ((pfd = calloc(nhooks + 1, sizeof(*pfd))) == NULL)
		err(1, NULL);
	pfd[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	for (h = hooks; h != NULL; h = h->next, i++)
		pfd[i] = (struct pollfd){ .fd = h->fd, .events = POLLIN };
	sigemptyset(&none);
	if ((n = ppoll(pfd, i, ms < 0 ? NULL : &ts, &none)) == -1 &&
	    errno != EINTR)
		err(1, "ppoll");
	for (h = hooks, i = 1; n > 0 && h != NULL; h = h->next, i++)
		if (h->fd != -1 && pfd[i].revents != 0)
			read_output(h);
	readable = n > 0 && pfd[0].revents != 0;
	free(pfd);
	return readable;
}

void
hook_wait(int fd)
{
	do {
		reap();
		if (fd == -1 && hooks == NULL)
			return;
	} while (!turn(fd, check_time()));
}

void
hook_hurry(int (*ends_now)(const void *))
{
	struct hook *h;

	seconds = HOOK_LAST_SECONDS;
	for (h = hooks; h != NULL; h = h->next) {
		if (!ends_now(h->arg))
			continue;
		tell(h, SIGTERM);
		h->seconds = 0;
		h->deadline = clock_ms() + GRACE_MS;
	}
}

void
hook_stop(void)
{
	int64_t until = clock_ms() + GRACE_MS;
	struct hook *h;

	for (h = hooks; h != NULL; h = h->next)
		tell(h, SIGTERM);
	for (h = hooks; h != NULL; h = h->next) {
		while (waitpid(h->pid, NULL, WNOHANG) == 0 &&
		    clock_left_ms(until) > 0)
			turn(-1, 20);
		tell(h, SIGKILL);
	}
}
