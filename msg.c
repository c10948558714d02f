/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Composes, reads, sends and receives the messages between the processes.  An
 * error in reading lets one process corrupt the memory of another.
 */
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "msg.h"

void
msg_new(struct msg *m, enum msgtype type, uint32_t job)
{
	m->head.type = type;
	m->head.job = job;
	m->head.worker = 0;
	m->head.len = 0;
	m->received = 0;
}

void
msg_take(struct msg *m)
{
	m->received = 1;
	m->pos = 0;
}

void
msg_reply(struct msg *m, enum msgtype type, const struct msg *to)
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

	if (len >= MSG_NULL_STRING)
		errx(1, "%s: too long to send", routes[m->head.type].name);
	put(m, &n, sizeof(n));
	put(m, buf, len);
}

void
msg_put_str(struct msg *m, const char *s)
{
	uint32_t none = MSG_NULL_STRING;

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

void
msg_malformed(const struct msg *m)
{
	errx(1, "%s: malformed", routes[m->head.type].name);
}

static const uint8_t *
take(struct msg *m, size_t len)
{
	const uint8_t *p = m->body + m->pos;

	if (len > m->head.len - m->pos)
		msg_malformed(m);
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

	if (n == MSG_NULL_STRING)
		return NULL;
	p = take(m, n);
	if (n == 0 || memchr(p, '\0', n) != p + n - 1)
		msg_malformed(m);
	return (const char *)p;
}

const char *
msg_need_str(struct msg *m)
{
	const char *s = msg_get_str(m);

	if (s == NULL)
		msg_malformed(m);
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
		msg_malformed(m);
	*n = (size_t)count;
	if ((v = calloc(*n + 1, sizeof(*v))) == NULL)
		err(1, NULL);
	for (i = 0; i < *n; i++)
		if ((v[i] = strdup(msg_need_str(m))) == NULL)
			err(1, NULL);
	return v;
}

void
msg_end(const struct msg *m)
{
	if (m->received && m->pos != m->head.len)
		msg_malformed(m);
}

void
msg_send(const struct msg *m)
{
	ssize_t n;

	/* role_begin() has set a deadline, by SO_SNDTIMEO. */
	do
		n = send(ROLE_FD, m, MSG_HEAD_LEN + m->head.len, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		err(1, "%s", routes[m->head.type].name);
}

/*
 * Waits until a message or the parent's end can be received.  recv() is tried
 * first (see msg_receive()), because a run over thousands of domains sends one
 * message after another.
 */
static void
wait_readable(int64_t deadline, int seconds)
{
	struct pollfd pfd = { .fd = ROLE_FD, .events = POLLIN };
	int n;

	do
		n = poll(&pfd, 1, seconds < 0 ? -1 : clock_left_ms(deadline));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		err(1, "poll");
	if (n == 0)
		errx(1, "no reply within %d seconds", seconds);
}

void
msg_receive(struct msg *m, enum role self, enum mode mode, int seconds)
{
	int64_t deadline = clock_ms() + seconds * (int64_t)1000;
	const char *wrong;
	ssize_t n;

	/* The kernel drops descriptors sent along (SCM_RIGHTS) with recv(). */
	while ((n = recv(ROLE_FD, m, MSG_HEAD_LEN + MSG_BODY_MAX,
		    MSG_DONTWAIT)) == -1) {
		if (errno == EAGAIN)
			wait_readable(deadline, seconds);
		else if (errno != EINTR)
			err(1, "recv");
	}
	if (n == 0)
		/* The parent has ended: there is nobody to report that to. */
		exit(1);
	/* The parent has checked who sent the message; check the rest again. */
	if ((wrong = msg_check(m, (size_t)n, ANY_ROLE, (int)self, mode)) !=
	    NULL)
		errx(1, "%s: %s",
		    n >= (ssize_t)MSG_HEAD_LEN && m->head.type < MSG__MAX &&
			    routes[m->head.type].name != NULL ?
			routes[m->head.type].name :
			"a message",
		    wrong);
	msg_take(m);
}
