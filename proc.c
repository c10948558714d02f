/* SPDX-License-Identifier: ISC */
/*
 * What all roles share: how one begins, and its loop.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "sandbox.h"
#include "say.h"
#include "valid.h"

#define SEND_SECONDS	60

enum role role_self;
uid_t role_uid;
gid_t role_gid;
enum mode role_mode;
int role_stopped;

static void (*const entries[ROLE__MAX])(void) = {
	[ROLE_NET] = netproc,
	[ROLE_DNS] = dnsproc,
	[ROLE_KEY] = keyproc,
	[ROLE_CSR] = csrproc,
	[ROLE_CHNG] = chngproc,
	[ROLE_CERT] = certproc,
	[ROLE_FILE] = fileproc,
};

/* One file open for each job: its lock, its directories. */
static void
allow_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &r) == -1)
			warn("RLIMIT_NOFILE");
	}
}

void
role_main(const char *name)
{
	struct timeval patience = { .tv_sec = SEND_SECONDS };
	int r;

	for (r = 0; r < ROLE__MAX; r++)
		if (entries[r] != NULL && strcmp(role_names[r], name) == 0)
			break;
	if (r == ROLE__MAX)
		errx(1, "%s: no such role", name);
	role_self = (enum role)r;
	if (setsockopt(ROLE_FD, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == -1)
		err(1, "%s is started by acme-client only", name);
	allow_files();
	sandbox_prepare(role_self);
	entries[r]();
	abort();	/* entries do not return */
}

void
role_receive(struct msg *m, int seconds)
{
	msg_receive(m, role_self, role_mode, seconds);
}

void
role_conf(struct msg *m)
{
	role_receive(m, SEND_SECONDS);
	if (m->head.type != ROLE_CONF)
		errx(1, "%s before ROLE_CONF", routes[m->head.type].name);
	verbose = (int)msg_get_num(m);
	role_uid = (uid_t)msg_get_num(m);
	role_gid = (gid_t)msg_get_num(m);
	role_mode = (enum mode)msg_get_num(m);
}

int
role_domain(struct msg *m, uint32_t expected)
{
	role_receive(m, SEND_SECONDS);
	if (m->head.type == ROLE_START)
		return 0;
	if (m->head.type != ROLE_DOMAIN || m->head.job != expected)
		errx(1, "%s before ROLE_START", routes[m->head.type].name);
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

static struct url *origins;
static size_t norigins;

void
role_origins(struct msg *m)
{
	char **urls = msg_get_strings(m, &norigins, ORIGINS_MAX);
	size_t i;

	if ((origins = calloc(norigins + 1, sizeof(*origins))) == NULL)
		err(1, NULL);
	for (i = 0; i < norigins; i++)
		if (!url_parse(&origins[i], urls[i]))
			errx(1, "%s: not an https URL", urls[i]);
}

int
role_origin(const char *text)
{
	struct url url;
	size_t i;

	if (url_parse(&url, text))
		for (i = 0; i < norigins; i++)
			if (url_same_origin(&url, &origins[i]))
				return 1;
	return 0;
}

/* What came while a handler waited for a reply, in the order in which it came. */
static struct postponed {
	struct postponed *next;
	struct msg	*m;
} *first, **last = &first;

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
	m->pos = 0;
	free(p->m);
	free(p);
	return 1;
}

void
serve(const struct handler *table, size_t n, uint32_t njobs,
    unsigned (*state)(uint32_t))
{
	static struct msg m;
	unsigned *times;	/* [row][job] */
	const char *name;
	size_t i;

	if ((times = calloc(n * ((size_t)njobs + 1), sizeof(*times))) == NULL)
		err(1, NULL);
	for (;;) {
		if (!take_postponed(&m))
			role_receive(&m, -1);
		if (m.head.type == ROLE_STOP) {
			role_stopped = 1;
			exit(0);
		}
		name = routes[m.head.type].name;
		for (i = 0; i < n && table[i].type != m.head.type; i++)
			;
		if (i == n)
			errx(1, "%s: not expected here", name);
		if (m.head.job >= njobs)
			errx(1, "%s: no job %u", name, m.head.job);
		if (state != NULL && (table[i].states & state(m.head.job)) == 0)
			errx(1, "%s: out of order", name);
		if (++times[i * njobs + m.head.job] > table[i].most && table[i].most > 0)
			errx(1, "%s: too often", name);
		table[i].handle(&m);
	}
}
