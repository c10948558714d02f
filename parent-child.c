/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * One process of the run, as the parent sees it.  No function here waits for a
 * child: a message that it does not take stays in its queue.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "generated/identity.h"
#include "log.h"
#include "parent.h"
#include "sandbox.h"

/*
 * How often stderr is read after the child's end: this takes more than a pipe
 * holds.
 */
#define LAST_WORDS_READS 64
#define QUEUE_BYTES_MAX (64 * 1024 * 1024)

struct queued {
	struct queued *next;
	size_t len;
	uint8_t bytes[];
};

/*
 * Ends the process if a call of posix_spawn(3) and the like has failed: these
 * return an error number, and do not set errno.
 */
static void
must(int error, const char *name)
{
	if (error != 0)
		errc(1, error, "cannot start %s", name);
}

/*
 * Starts the role's program with its socket and stderr; it inherits nothing
 * else.
 */
static pid_t
execute(const struct child *c, enum role role, const char *programs,
    int keeps_stdout, int fd, int errfd)
{
	static const int terminal[] = { TERMINAL_SIGNALS };
	static char identity[] = IDENTITY;
	char *argv[] = { (char *)(uintptr_t)role_names[role], identity, NULL };
	char *envp[] = { NULL }, *path;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t held;
	size_t i;
	pid_t pid;

	/* The signals are blocked until the role ignores them, at its start. */
	sigemptyset(&held);
	for (i = 0; i < sizeof(terminal) / sizeof(terminal[0]); i++)
		sigaddset(&held, terminal[i]);
	must(posix_spawnattr_init(&attr), c->name);
	must(posix_spawnattr_setsigmask(&attr, &held), c->name);
	must(posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK), c->name);
	must(posix_spawn_file_actions_init(&files), c->name);
	must(
	    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0),
	    c->name);
	if (!keeps_stdout)
		must(posix_spawn_file_actions_adddup2(&files, 0, 1), c->name);
	must(posix_spawn_file_actions_adddup2(&files, errfd, 2), c->name);
	must(posix_spawn_file_actions_adddup2(&files, fd, ROLE_FD), c->name);
	if (asprintf(&path, "%s/%s", programs, role_names[role]) == -1)
		err(1, NULL);
	must(posix_spawn(&pid, path, &files, &attr, argv, envp), path);
	free(path);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return pid;
}

void
child_init(struct child *c, const char *name)
{
	strlcpy(c->name, name, sizeof(c->name));
	c->job = NO_JOB;
	c->handle = c->fd = c->errfd = -1;
}

void
child_start(
    struct child *c, enum role role, const char *programs, int keeps_stdout)
{
	int sv[2], ev[2], size = 256 * 1024;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, sv) == -1 ||
	    pipe2(ev, O_CLOEXEC) == -1)
		err(1, "cannot start %s", c->name);
	setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(sv[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/*
	 * Only this side of the socket does not block; the role's own side
	 * does.
	 */
	if (fcntl(sv[1], F_SETFL, 0) == -1 ||
	    fcntl(ev[0], F_SETFL, O_NONBLOCK) == -1)
		err(1, "fcntl");
	c->pid = execute(c, role, programs, keeps_stdout, sv[1], ev[1]);
	c->handle = sandbox_hold(c->pid);
	close(sv[1]);
	close(ev[1]);
	c->role = role;
	c->fd = sv[0];
	c->errfd = ev[0];
	c->tail = &c->head;
}

/*
 * Takes off the mark at the beginning of a role's line, and returns its
 * priority: 3 to 7, whatever the role says.
 */
static int
take_priority(struct child *c)
{
	const size_t len = strlen("<N>");
	int n;

	if (c->linelen < len || c->line[0] != '<' || c->line[2] != '>' ||
	    c->line[1] < '0' || c->line[1] > '9')
		return PRIORITY_ERROR;
	n = c->line[1] - '0';
	c->linelen -= len;
	memmove(c->line, c->line + len, c->linelen);
	return n < PRIORITY_ERROR || n > PRIORITY_DEBUG ? PRIORITY_ERROR : n;
}

/*
 * Prints a line of a role's stderr, made harmless, behind the role's name.  It
 * is one write(2), where warnx() would make three.
 */
static void
print_line(struct child *c)
{
	const char *name = role_names[c->role];
	static char safe[2 * CHILD_LINE_MAX];
	char mark[sizeof("<N>")] = "";
	size_t n = strlen(name);
	int priority;

	if (c->linelen == sizeof(c->line))
		memcpy(c->line + c->linelen - 3, "...", 3);
	priority = take_priority(c);
	if (log_marks)
		snprintf(mark, sizeof(mark), "<%d>", priority % 10);
	say_safe(safe, sizeof(safe), c->line, c->linelen);
	c->linelen = 0;
	progress_clear();
	if (strncmp(safe, name, n) == 0 && strncmp(safe + n, ": ", 2) == 0)
		fprintf(stderr, "%sacme-client: %s\n", mark, safe);
	else
		fprintf(stderr, "%sacme-client: %s: %s\n", mark, name, safe);
}

int
child_print(struct child *c)
{
	char buf[4096];
	ssize_t n, i;

	if ((n = read(c->errfd, buf, sizeof(buf))) == -1 &&
	    (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		if (c->linelen > 0)
			print_line(c);
		close(c->errfd);
		c->errfd = -1;
		return 0;
	}
	for (i = 0; i < n; i++) {
		if (buf[i] == '\n')
			print_line(c);
		else if (c->linelen < sizeof(c->line))
			c->line[c->linelen++] = buf[i];
	}
	return (c->said += (size_t)n) > SAID_BYTES_MAX ? -1 : 0;
}

void
child_flush(struct child *c)
{
	struct queued *q;

	while (c->fd != -1 && (q = c->head) != NULL) {
		if (send(c->fd, q->bytes, q->len,
			MSG_NOSIGNAL | MSG_DONTWAIT) == -1) {
			if (errno == EAGAIN || errno == EINTR ||
			    errno == ENOBUFS)
				return;
			/* child_receive() notices that the child has ended. */
			shutdown(c->fd, SHUT_WR);
		}
		if ((c->head = q->next) == NULL)
			c->tail = &c->head;
		c->queued -= q->len;
		c->stuck_since = clock_ms();
		freezero(q, sizeof(*q) + q->len);
	}
}

int
child_send(struct child *c, const struct msg *m)
{
	size_t len = MSG_HEAD_LEN + m->head.len;
	struct queued *q;

	if (c->queued + len > QUEUE_BYTES_MAX)
		return -1;
	if ((q = malloc(sizeof(*q) + len)) == NULL)
		err(1, NULL);
	q->next = NULL;
	q->len = len;
	memcpy(q->bytes, m, len);
	if (c->head == NULL)
		c->stuck_since = clock_ms();
	*c->tail = q;
	c->tail = &q->next;
	c->queued += len;
	child_flush(c);
	return 0;
}

size_t
child_receive(struct child *c, struct msg *m)
{
	ssize_t n;

	/* The kernel drops descriptors sent along (SCM_RIGHTS) with recv(). */
	n = recv(
	    c->fd, m, MSG_HEAD_LEN + MSG_BODY_MAX, MSG_DONTWAIT | MSG_TRUNC);
	if (n > 0)
		return (size_t)n;
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(c->fd);
		c->fd = -1;
	}
	return 0;
}

/* A hint for the administrator about the signal that ended a role. */
static const char *
advice(int sig)
{
	switch (sig) {
	case SIGSYS:
		return ": a system call filter around this program ended it "
		       "(SystemCallFilter in systemd's unit, a container's "
		       "seccomp profile); allow there the system calls "
		       "seccomp, landlock_create_ruleset, landlock_add_rule "
		       "and landlock_restrict_self; the kernel's log says "
		       "which one was refused";
	case SIGKILL:
		return ": somebody killed it, or memory ran out; see the "
		       "kernel's log";
	default:
		return "";
	}
}

/*
 * A role that ends with status 1 has reported an error, unless it has written
 * nothing.
 */
void
child_report_end(const struct child *c, int status, int others_go_on)
{
	const char *others = others_go_on ? "; the others go on" : "";

	if (WIFSIGNALED(status))
		warnx("%s was killed by signal %d, %s%s%s", c->name,
		    WTERMSIG(status), strsignal(WTERMSIG(status)),
		    advice(WTERMSIG(status)), others);
	else if (WEXITSTATUS(status) == 0)
		warnx("%s has ended before its time%s", c->name, others);
	else if (WEXITSTATUS(status) != 1 || c->said == 0)
		warnx("%s ended with status %d, without an error message%s",
		    c->name, WEXITSTATUS(status), others);
	else if (others_go_on)
		warnx("%s has ended%s", c->name, others);
}

int
child_end(const struct child *c)
{
	return c->pid > 0 ? sandbox_end(c->handle, c->pid) : -1;
}

int
child_ended(struct child *c, int *status)
{
	int reads = LAST_WORDS_READS;

	if (waitpid(c->pid, status, WNOHANG) != c->pid)
		return 0;
	c->pid = 0;
	if (c->handle != -1)
		close(c->handle);
	c->handle = -1;
	while (c->errfd != -1 && reads-- > 0)
		child_print(c);
	return 1;
}
