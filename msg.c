/* SPDX-License-Identifier: ISC */
/*
 * Messages between the processes.  If the table below is wrong, a process
 * can say something that it must not; if the reading is wrong, one process
 * can corrupt another.
 */
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conf.h"
#include "lex.h"
#include "msg.h"

#define FROM(r)	(1u << ROLE_##r)
#define STRING	2400		/* a URL (valid.h), a nonce, a line of text */
/* What a configuration may have, each with its length in front. */
#define LENGTH	4
#define PATHS(n)	((n) * (LENGTH + PATH_MAX))
#define WORDS(n)	((n) * (LENGTH + WORD_MAX))
#define NUMBERS	256
#define NAMES	(CONF_NAMES_MAX * (LENGTH + 254) + NUMBERS)
/* The longest slices (slice.c) are key's of the authority; csr's and file's of a domain. */
#define CONF	(ORIGINS_MAX * STRING + PATHS(2) + WORDS(2) + NUMBERS)
#define DOMAIN	(NAMES + PATHS(3) + WORDS(2) + NUMBERS)
#define CERT	(64 * 1024)	/* one certificate in DER */
#define NULL_STRING	UINT32_MAX	/* in place of a length */

const char *const role_names[ROLE__MAX] = {
	[ROLE_PARENT] = "parent",
	[ROLE_NET] = "netproc",
	[ROLE_DNS] = "dnsproc",
	[ROLE_KEY] = "keyproc",
	[ROLE_CSR] = "csrproc",
	[ROLE_CHNG] = "chngproc",
	[ROLE_FILE] = "fileproc",
};

_Static_assert(CONF <= MSG_BODY_MAX && DOMAIN <= MSG_BODY_MAX, "a slice must fit into a message");

#define ROUTE(type, from, to, max)	[type] = { #type, from, to, max, 0 }
#define BY_JOB(type, from, to, max)	[type] = { #type, from, to, max, 1 }

const struct route routes[MSG__MAX] = {
	/* The run: the parent's words to each role, and file's verdict. */
	ROUTE(ROLE_CONF, FROM(PARENT), ANY_ROLE, CONF),
	ROUTE(ROLE_DOMAIN, FROM(PARENT), ANY_ROLE, DOMAIN),
	ROUTE(ROLE_START, FROM(PARENT), ANY_ROLE, 0),
	ROUTE(ROLE_STOP, FROM(PARENT), ANY_ROLE, 0),
	ROUTE(PARENT_START_CSR, FROM(FILE), ROLE_PARENT, 8),
	ROUTE(PARENT_DUE, FROM(FILE), ROLE_PARENT, 8),
	ROUTE(PARENT_OUTCOME, FROM(FILE), ROLE_PARENT, 8),
	ROUTE(FILE_REPORTED, FROM(PARENT), ROLE_FILE, 0),
	ROUTE(PARENT_FORGOTTEN, FROM(FILE), ROLE_PARENT, 8),

	/* While the configuration is read; csr has no jobs then. */
	ROUTE(CSR_NAMES, FROM(PARENT), ROLE_CSR, CERT + 4),
	ROUTE(PARENT_NAMES, FROM(CSR), ROLE_PARENT, NAMES),

	ROUTE(FILE_WORKER_GONE, FROM(PARENT), ROLE_FILE, 0),
	ROUTE(KEY_WORKER_GONE, FROM(PARENT), ROLE_KEY, 0),

	/* What net must not carry: keys' hashes, CSRs, the thumbprint, the account. */
	ROUTE(CSR_LOOK, FROM(FILE), ROLE_CSR, 8),
	ROUTE(FILE_KEY, FROM(CSR), ROLE_FILE, 208),
	ROUTE(KEY_CSR, FROM(CSR), ROLE_KEY, LENGTH + CSR_BYTES_MAX),
	ROUTE(CHNG_THUMBPRINT, FROM(KEY), ROLE_CHNG, 64),
	ROUTE(FILE_ACCOUNT, FROM(KEY), ROLE_FILE, 2 * STRING),
	ROUTE(KEY_ACCOUNT, FROM(FILE), ROLE_KEY, 2 * STRING),
	ROUTE(KEY_BEGIN, FROM(FILE), ROLE_KEY, 2 * STRING),
	ROUTE(KEY_REVOKE, FROM(FILE), ROLE_KEY, CERT),
	ROUTE(CSR_REVOKE, FROM(FILE), ROLE_CSR, CERT),
	ROUTE(CSR_NEW_KEY, FROM(FILE), ROLE_CSR, 8),
	ROUTE(CSR_ADOPT, FROM(FILE), ROLE_CSR, 0),
	ROUTE(CSR_COMBINE, FROM(FILE), ROLE_CSR, MSG_BODY_MAX),
	ROUTE(CSR_DISCARD, FROM(FILE), ROLE_CSR, 64),
	ROUTE(FILE_CSR_DONE, FROM(CSR), ROLE_FILE, 8),

	/* net asks, the others answer. */
	ROUTE(KEY_ASK_ACCOUNT, FROM(NET), ROLE_KEY, 0),
	ROUTE(KEY_LEAVE_ACCOUNT, FROM(NET), ROLE_KEY, 8),
	ROUTE(KEY_RECHECK_ACCOUNT, FROM(NET), ROLE_KEY, STRING),
	ROUTE(NET_ACCOUNT, FROM(KEY), ROLE_NET, STRING),
	BY_JOB(DNS_RESOLVE, FROM(NET), ROLE_DNS, STRING),
	ROUTE(NET_ADDRESSES, FROM(DNS), ROLE_NET, STRING),
	ROUTE(KEY_SIGN_FIND_ACCOUNT, FROM(NET), ROLE_KEY, 2 * STRING),
	ROUTE(KEY_SIGN_NEW_ACCOUNT, FROM(NET), ROLE_KEY, 2 * STRING),
	ROUTE(KEY_SET_ACCOUNT, FROM(NET), ROLE_KEY, STRING),
	ROUTE(KEY_NO_ACCOUNT, FROM(NET), ROLE_KEY, 0),
	ROUTE(KEY_SIGN_ROLLOVER, FROM(NET), ROLE_KEY, 2 * STRING),
	ROUTE(KEY_SIGN_CONTACT, FROM(NET), ROLE_KEY, 2 * STRING),
	ROUTE(KEY_SIGN_DEACTIVATE, FROM(NET), ROLE_KEY, 2 * STRING),
	BY_JOB(KEY_SIGN_NEW_ORDER, FROM(NET), ROLE_KEY, 2 * STRING),
	BY_JOB(KEY_SIGN_REPLACEMENT, FROM(NET), ROLE_KEY, 2 * STRING),
	BY_JOB(KEY_SIGN_FETCH, FROM(NET), ROLE_KEY, 2 * STRING),
	BY_JOB(KEY_SIGN_CHALLENGE, FROM(NET), ROLE_KEY, 2 * STRING),
	BY_JOB(KEY_SIGN_GIVE_UP, FROM(NET), ROLE_KEY, 2 * STRING),
	BY_JOB(KEY_SIGN_FINALIZE, FROM(NET), ROLE_KEY, 2 * STRING),
	BY_JOB(KEY_SIGN_REVOKE, FROM(NET), ROLE_KEY, 2 * STRING),
	BY_JOB(CSR_SIGN_REVOKE, FROM(NET), ROLE_CSR, 2 * STRING),
	ROUTE(NET_SIGNED, FROM(KEY) | FROM(CSR), ROLE_NET, MSG_BODY_MAX),
	BY_JOB(CSR_MAKE, FROM(NET), ROLE_CSR, 0),
	ROUTE(NET_CSR_DONE, FROM(CSR), ROLE_NET, 8),
	BY_JOB(CHNG_CHECK, FROM(NET), ROLE_CHNG, 0),
	BY_JOB(CHNG_PUT, FROM(NET), ROLE_CHNG, STRING),
	BY_JOB(CHNG_DROP, FROM(NET), ROLE_CHNG, 8),
	ROUTE(NET_CHNG_DONE, FROM(CHNG), ROLE_NET, 8),
	ROUTE(FILE_NEXT, FROM(NET), ROLE_FILE, 0),
	ROUTE(NET_JOB, FROM(FILE), ROLE_NET, 4 * STRING),
	ROUTE(DNS_STATUS_URLS, FROM(FILE), ROLE_DNS, MSG_BODY_MAX),
	ROUTE(NET_STATUS_URLS, FROM(FILE), ROLE_NET, MSG_BODY_MAX),
	BY_JOB(FILE_STATUS, FROM(NET), ROLE_FILE, MSG_BODY_MAX),
	BY_JOB(FILE_WINDOW, FROM(NET), ROLE_FILE, STRING),
	BY_JOB(FILE_LEARNED, FROM(NET), ROLE_FILE, STRING),
	BY_JOB(FILE_ORDER, FROM(NET), ROLE_FILE, STRING),
	BY_JOB(FILE_CHAIN, FROM(NET), ROLE_FILE, MSG_BODY_MAX),
	BY_JOB(FILE_LAST_CHAIN, FROM(NET), ROLE_FILE, 0),
	BY_JOB(FILE_DONE, FROM(NET) | FROM(KEY), ROLE_FILE, 0),
	BY_JOB(FILE_FAILED, FROM(NET), ROLE_FILE, TROUBLE_MAX + 64),
	ROUTE(NET_JOB_DONE, FROM(FILE), ROLE_NET, 8),
};

const char *
msg_check(const struct msg *m, size_t got, int from, int to)
{
	const struct route *r;

	if (got < MSG_HEAD_LEN)
		return "shorter than a header";
	if (m->head.type >= MSG__MAX || routes[m->head.type].name == NULL)
		return "of no known type";
	r = &routes[m->head.type];
	if (m->head.len > r->max)
		return "longer than its type allows";
	if (got != MSG_HEAD_LEN + m->head.len)
		return "not as long as its header says";
	if (from != ANY_ROLE && (r->from & (1u << from)) == 0)
		return "not for this process to send";
	if (to != ANY_ROLE && r->to != ANY_ROLE && r->to != to)
		return "not for this process to receive";
	return NULL;
}

void
msg_new(struct msg *m, enum msgtype type, uint32_t job)
{
	m->head.type = type;
	m->head.job = job;
	m->head.worker = 0;
	m->head.len = 0;
	m->pos = 0;
}

void
msg_answer(struct msg *m, enum msgtype type, const struct msg *to)
{
	msg_new(m, type, to->head.job);
	m->head.worker = to->head.worker;
}

static void
put(struct msg *m, const void *buf, size_t len)
{
	if (len > routes[m->head.type].max - m->head.len)
		errx(1, "%s: too long to send", routes[m->head.type].name);
	if (len > 0)
		memcpy(m->body + m->head.len, buf, len);
	m->head.len += (uint32_t)len;
}

void
msg_put_num(struct msg *m, uint64_t n)
{
	put(m, &n, sizeof(n));
}

void
msg_put_buf(struct msg *m, const void *buf, size_t len)
{
	uint32_t n = (uint32_t)len;

	if (len >= NULL_STRING)
		errx(1, "%s: too long to send", routes[m->head.type].name);
	put(m, &n, sizeof(n));
	put(m, buf, len);
}

void
msg_put_str(struct msg *m, const char *s)
{
	uint32_t none = NULL_STRING;

	if (s == NULL)
		put(m, &none, sizeof(none));
	else
		msg_put_buf(m, s, strlen(s) + 1);
}

void
msg_put_strings(struct msg *m, char *const *v, size_t n)
{
	size_t i;

	msg_put_num(m, n);
	for (i = 0; i < n; i++)
		msg_put_str(m, v[i]);
}

__attribute__((noreturn))
static void
malformed(const struct msg *m)
{
	errx(1, "%s: malformed", routes[m->head.type].name);
}

static const uint8_t *
take(struct msg *m, size_t len)
{
	const uint8_t *p = m->body + m->pos;

	if (len > m->head.len - m->pos)
		malformed(m);
	m->pos += len;
	return p;
}

uint64_t
msg_get_num(struct msg *m)
{
	uint64_t n;

	memcpy(&n, take(m, sizeof(n)), sizeof(n));
	return n;
}

static uint32_t
take_length(struct msg *m)
{
	uint32_t n;

	memcpy(&n, take(m, sizeof(n)), sizeof(n));
	return n;
}

const uint8_t *
msg_get_buf(struct msg *m, size_t *len)
{
	*len = take_length(m);
	return take(m, *len);
}

const char *
msg_get_str(struct msg *m)
{
	uint32_t n = take_length(m);
	const uint8_t *p;

	if (n == NULL_STRING)
		return NULL;
	p = take(m, n);
	if (n == 0 || memchr(p, '\0', n) != p + n - 1)
		malformed(m);
	return (const char *)p;
}

const char *
msg_need_str(struct msg *m)
{
	const char *s = msg_get_str(m);

	if (s == NULL)
		malformed(m);
	return s;
}

char *
msg_copy_str(struct msg *m)
{
	const char *s = msg_get_str(m);
	char *copy = NULL;

	if (s != NULL && (copy = strdup(s)) == NULL)
		err(1, NULL);
	return copy;
}

char **
msg_get_strings(struct msg *m, size_t *n, size_t max)
{
	char **v;
	uint64_t count = msg_get_num(m);
	size_t i;

	if (count > max)
		malformed(m);
	*n = (size_t)count;
	if ((v = calloc(*n + 1, sizeof(*v))) == NULL)
		err(1, NULL);
	for (i = 0; i < *n; i++)
		if ((v[i] = strdup(msg_need_str(m))) == NULL)
			err(1, NULL);
	return v;
}

void
msg_end(struct msg *m)
{
	if (m->pos != m->head.len)
		malformed(m);
}

void
msg_send(const struct msg *m)
{
	ssize_t n;

	/* SO_SNDTIMEO, set at the start, is the deadline. */
	do
		n = send(ROLE_FD, m, MSG_HEAD_LEN + m->head.len, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		err(1, "%s", routes[m->head.type].name);
}

void
msg_receive(struct msg *m, enum role self, int seconds)
{
	struct pollfd pfd = { .fd = ROLE_FD, .events = POLLIN };
	int64_t deadline = clock_ms() + seconds * (int64_t)1000;
	const char *wrong;
	ssize_t n;

	do
		n = poll(&pfd, 1, seconds < 0 ? -1 : clock_left_ms(deadline));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		err(1, "poll");
	if (n == 0)
		errx(1, "no answer within %d seconds", seconds);
	/* Plain recv(): descriptors sent along (SCM_RIGHTS) are dropped. */
	n = recv(ROLE_FD, m, MSG_HEAD_LEN + MSG_BODY_MAX, 0);
	if (n == -1)
		err(1, "recv");
	if (n == 0)
		exit(1);	/* the parent is gone: no message for this */
	/* Who sent it, the parent has checked; what it is, counts here too. */
	if ((wrong = msg_check(m, (size_t)n, ANY_ROLE, (int)self)) != NULL)
		errx(1, "message %s", wrong);
	m->pos = 0;
}
