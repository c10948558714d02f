/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What all roles share: their start, and the loop that serves messages.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "generated/identity.h"
#include "log.h"
#include "role.h"
#include "sandbox.h"

#define SEND_SECONDS 60

enum role role_self;
uid_t role_uid;
gid_t role_gid;
enum mode role_mode;
int role_stopped;

/*
 * Raises the limit of open files: a role keeps descriptors open for each job,
 * such as its lock and its directories.
 */
static void
allow_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &r) == -1)
			say_warning("RLIMIT_NOFILE: %s", strerror(errno));
	}
}

/*
 * Ends the process unless an acme-client of the same build has started it:
 * messages of two builds may differ.
 */
static void
check_start(int argc, char *argv[])
{
	struct timeval timeout = { .tv_sec = SEND_SECONDS };
	int type = 0;
	socklen_t len = sizeof(type);

	if (argc != 2)
		errx(1, "is started by acme-client, not by hand");
	if (strcmp(argv[1], IDENTITY) != 0)
		errx(1,
		    "is of another build than the acme-client that started it; "
		    "install all of one build");
	if (getsockopt(ROLE_FD, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_SEQPACKET ||
	    setsockopt(ROLE_FD, SOL_SOCKET, SO_SNDTIMEO, &timeout,
		sizeof(timeout)) == -1)
		errx(1,
		    "descriptor %d is not acme-client's socket; acme-client "
		    "starts this program",
		    ROLE_FD);
}

void
role_begin(enum role role, int argc, char *argv[])
{
	if (sandbox_elevated())
		errx(1,
		    "is set-user-ID, set-group-ID or has file capabilities; "
		    "remove them from the program's file");
	check_start(argc, argv);
	role_self = role;
	/* The parent takes the marks off. */
	log_marks = 1;
	allow_files();
	sandbox_prepare(role);
}

void
role_at_exit(void (*f)(void))
{
	if (atexit(f) != 0)
		errx(1, "atexit: no memory");
}

void
role_receive(struct msg *m, int seconds)
{
	msg_receive(m, role_self, role_mode, seconds);
}

void
role_conf(struct msg *m, struct slice_conf *c)
{
	memset(c, 0, sizeof(*c));
	role_receive(m, SEND_SECONDS);
	if (m->head.type != ROLE_CONF)
		errx(1, "%s before ROLE_CONF", routes[m->head.type].name);
	body_conf(m, role_self, c);
	verbose = c->verbose;
	role_uid = c->uid;
	role_gid = c->gid;
	role_mode = c->mode;
}

int
role_domain(struct msg *m, uint32_t expected, struct slice_domain *d)
{
	size_t before = 0;

	memset(d, 0, sizeof(*d));
	if (m->head.type == ROLE_DOMAIN && m->pos < m->head.len)
		before = m->pos;
	else {
		role_receive(m, SEND_SECONDS);
		if (m->head.type == ROLE_START)
			return 0;
		if (m->head.type != ROLE_DOMAIN || m->head.job != expected)
			errx(1, "%s before ROLE_START",
			    routes[m->head.type].name);
	}
	body_domain(m, role_self, d);
	/* A slice that is empty has a message of its own. */
	if (m->pos == before && m->head.len > 0)
		msg_malformed(m);
	return 1;
}

void *
role_grow(void *array, uint32_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	array = recallocarray(array, n, n == 0 ? 1 : 2 * (size_t)n, size);
	if (array == NULL)
		err(1, NULL);
	return array;
}

/* The messages that came while a handler waited for a reply, in their order. */
static struct postponed {
	struct postponed *next;
	struct msg *m;
} * first, **last = &first;
static int stop_waits; /* One of them is ROLE_STOP. */

void
role_postpone(const struct msg *m)
{
	struct postponed *p;

	if ((p = malloc(sizeof(*p))) == NULL ||
	    (p->m = malloc(MSG_HEAD_LEN + m->head.len)) == NULL)
		err(1, NULL);
	memcpy(p->m, m, MSG_HEAD_LEN + m->head.len);
	p->next = NULL;
	*last = p;
	last = &p->next;
	stop_waits |= m->head.type == ROLE_STOP;
}

__attribute__((noreturn)) static void
stop(void)
{
	role_stopped = 1;
	exit(0);
}

void
role_keep(void)
{
	static struct msg m;

	role_receive(&m, -1);
	role_postpone(&m);
}

void
role_may_stop(void)
{
	if (stop_waits)
		stop();
}

void
role_pause(int ms)
{
	struct pollfd pfd = { .fd = ROLE_FD, .events = POLLIN };
	int64_t until = clock_ms() + ms;

	role_may_stop();
	while (poll(&pfd, 1, clock_left_ms(until)) > 0) {
		role_keep();
		role_may_stop();
	}
}

static int
take_postponed(struct msg *m)
{
	struct postponed *p = first;

	if (p == NULL)
		return 0;
	if ((first = p->next) == NULL)
		last = &first;
	memcpy(m, p->m, MSG_HEAD_LEN + p->m->head.len);
	msg_take(m);
	free(p->m);
	free(p);
	return 1;
}

void
serve(const struct handler *table, size_t n, uint32_t njobs,
    unsigned (*state)(uint32_t))
{
	serve_beside(table, n, njobs, state, NULL);
}

static const struct step *
row_of(const struct step *steps, size_t n, unsigned phase)
{
	size_t i;

	for (i = 0; i < n && steps[i].from != phase; i++)
		;
	if (i == n)
		errx(1, "there is no phase %u", phase);
	return &steps[i];
}

void
step_check(const struct step *steps, size_t n, unsigned from, unsigned to,
    uint32_t job)
{
	const struct step *before = row_of(steps, n, from),
			  *after = row_of(steps, n, to);

	if ((before->to & to) == 0)
		errx(1, "job %u: no step leads from %s to %s", job,
		    before->name, after->name);
}

void
serve_beside(const struct handler *table, size_t n, uint32_t njobs,
    unsigned (*state)(uint32_t), void (*await)(void))
{
	static struct msg m;
	unsigned *times; /* How often each message has come: [row][job]. */
	const char *name;
	size_t i;

	if ((times = calloc(n * ((size_t)njobs + 1), sizeof(*times))) == NULL)
		err(1, NULL);
	for (;;) {
		if (!take_postponed(&m)) {
			if (await != NULL)
				await();
			role_receive(&m, -1);
		}
		if (m.head.type == ROLE_STOP)
			stop();
		name = routes[m.head.type].name;
		for (i = 0; i < n && table[i].type != m.head.type; i++)
			;
		if (i == n)
			errx(1, "%s: not expected here", name);
		if (m.head.job >= njobs)
			errx(1, "%s: no job %u", name, m.head.job);
		if (state != NULL && (table[i].states & state(m.head.job)) == 0)
			errx(1, "%s: out of order", name);
		if (++times[i * njobs + m.head.job] > table[i].most &&
		    table[i].most > 0)
			errx(1, "%s: too often", name);
		table[i].handle(&m);
	}
}
