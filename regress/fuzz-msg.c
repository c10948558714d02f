/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as a datagram between two processes: what the table lets through
 * can be read by its shape to its end, and is the same when it is composed
 * anew.  The first three bytes choose the sender, the receiver and the kind of
 * run; the rest is a struct msg's head and body.
 *
 * Where the first byte is CALLS, the datagram comes by recv(2), is read by any
 * sequence of getters, and gets a reply that any sequence of putters has
 * composed: what the getters return lies within the body, and what does not fit
 * ends the process.  Two counted strings come before the datagram then: how
 * the system calls end, and what is read and put.  The functions
 * __wrap_NAME() take the place of libc's NAME() (fuzz-lib.sh).
 */
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz-compose.h"
#include "fuzz.h"
#include "msg.h"

#define CALLS 0xff
#define MEMORY_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The bytes that are left to choose by, and the datagram behind them. */
struct choices {
	const uint8_t *p, *end;
};
static struct choices results, steps;
static const uint8_t *datagram;
static size_t ndatagram;

/* Is a call under test going on?  Its process ends by a jump to ended. */
static int inside;
static jmp_buf ended;
/* What a process that ends so has allocated. */
static void *memory[MEMORY_MAX];
static size_t nmemory;

static uint8_t
next(struct choices *c)
{
	return c->p < c->end ? *c->p++ : 0;
}

static void
end(void)
{
	must(inside);
	inside = 0;
	longjmp(ended, 1);
}

_Noreturn void __wrap_exit(int);
_Noreturn void __real_exit(int);
_Noreturn void
__wrap_exit(int status)
{
	if (inside)
		end();
	__real_exit(status);
}

_Noreturn void __wrap_err(int, const char *, ...);
_Noreturn void
__wrap_err(int status, const char *fmt, ...)
{
	(void)fmt;
	must(inside);
	__wrap_exit(status);
}

_Noreturn void __wrap_errx(int, const char *, ...);
_Noreturn void
__wrap_errx(int status, const char *fmt, ...)
{
	(void)fmt;
	must(inside && fmt != NULL);
	__wrap_exit(status);
}

static void *
noted(void *p)
{
	if (inside) {
		must(p != NULL && nmemory < MEMORY_MAX);
		memory[nmemory++] = p;
	}
	return p;
}

void *__wrap_calloc(size_t, size_t);
void *__real_calloc(size_t, size_t);
void *
__wrap_calloc(size_t n, size_t size)
{
	return noted(__real_calloc(n, size));
}

char *__wrap_strdup(const char *);
char *__real_strdup(const char *);
char *
__wrap_strdup(const char *s)
{
	return noted(__real_strdup(s));
}

ssize_t __wrap_recv(int, void *, size_t, int);
ssize_t
__wrap_recv(int fd, void *buf, size_t n, int flags)
{
	static const int errors[] = { 0, EINTR, EAGAIN, ECONNRESET };
	uint8_t how = next(&results) % 5;

	must(inside && fd == ROLE_FD && (flags & MSG_DONTWAIT));
	if (how == 4)
		return 0;
	if (how > 0) {
		errno = errors[how];
		return -1;
	}
	if (n > ndatagram)
		n = ndatagram;
	memcpy(buf, datagram, n);
	return (ssize_t)n;
}

int __wrap_poll(struct pollfd *, nfds_t, int);
int __real_poll(struct pollfd *, nfds_t, int);
int
__wrap_poll(struct pollfd *fds, nfds_t n, int ms)
{
	static const int errors[] = { 0, EINTR, ENOMEM };
	uint8_t how = next(&results) % 4;

	if (!inside)
		return __real_poll(fds, n, ms);
	must(n == 1 && fds->fd == ROLE_FD && ms >= -1);
	if (how == 3)
		return 0;
	errno = errors[how];
	return how == 0 ? 1 : -1;
}

ssize_t __wrap_send(int, const void *, size_t, int);
ssize_t
__wrap_send(int fd, const void *buf, size_t n, int flags)
{
	static const int errors[] = { 0, EINTR, EPIPE };
	const struct msg *m = buf;
	uint8_t how = next(&results) % 3;

	must(inside && fd == ROLE_FD && (flags & MSG_NOSIGNAL));
	must(n == MSG_HEAD_LEN + m->head.len &&
	    m->head.len <= routes[m->head.type].max);
	errno = errors[how];
	return how == 0 ? (ssize_t)n : -1;
}

static void
must_lie_within(const struct msg *m, const void *p, size_t n)
{
	const uint8_t *from = p, *body = m->body;

	must(
	    from >= body && n <= m->head.len && from <= body + m->head.len - n);
	must(m->pos <= m->head.len);
}

/* Reads or puts something, as this step says. */
static void
take_step(struct msg *m, struct msg *reply, uint8_t step)
{
	uint8_t big[4096] = { 0 };
	const uint8_t *bytes;
	const char *text;
	char **v, *copy;
	size_t n, i;

	switch (step % 8) {
	case 0:
		msg_put_num(reply, msg_get_num(m));
		break;
	case 1:
		bytes = msg_get_buf(m, &n);
		must_lie_within(m, bytes, n);
		msg_put_buf(reply, bytes, n);
		break;
	case 2:
		if ((text = msg_get_str(m)) != NULL)
			must_lie_within(m, text, strlen(text) + 1);
		msg_put_str(reply, text);
		break;
	case 3:
		text = msg_need_str(m);
		must_lie_within(m, text, strlen(text) + 1);
		break;
	case 4:
		copy = msg_copy_str(m);
		msg_put_str(reply, copy);
		break;
	case 5:
		v = msg_get_strings(m, &n, step / 8);
		must(n <= step / 8u && v[n] == NULL);
		for (i = 0; i < n; i++)
			must(strlen(v[i]) < m->head.len);
		msg_put_strings(reply, v, n);
		break;
	case 6:
		msg_put_buf(
		    reply, big, step / 8 == 31 ? MSG_NULL_STRING : step * 16u);
		break;
	case 7:
		msg_end(step / 8 == 0 ? reply : m);
		break;
	}
}

/* One message that a process receives, and its reply. */
static void
receive_and_reply(uint8_t to, uint8_t mode)
{
	static struct msg m, reply;
	int seconds = to & 0x80 ? -1 : 60;
	enum role self = (enum role)((to & 0x7f) % ROLE__MAX);

	memset(&m, 0, sizeof(m));
	msg_receive(&m, self, (enum mode)(mode % (MODE_NAMES + 1)), seconds);
	must(m.pos == 0 && m.received && m.head.len <= MSG_BODY_MAX &&
	    MSG_HEAD_LEN + m.head.len == ndatagram);
	msg_reply(&reply, m.head.type, &m);
	must(
	    reply.head.job == m.head.job && reply.head.worker == m.head.worker);
	while (steps.p < steps.end)
		take_step(&m, &reply, next(&steps));
	msg_end(&m);
	must(m.pos == m.head.len);
	msg_send(&reply);
}

/* Takes a counted string off the input; 0: it has none. */
static int
counted(struct choices *c, struct choices *in)
{
	size_t n = next(in);

	if (n > (size_t)(in->end - in->p))
		return 0;
	c->p = in->p;
	c->end = in->p += n;
	return 1;
}

static void
fuzz_calls(const uint8_t *data, size_t size)
{
	struct choices in = { data + 3, data + size };

	if (!counted(&results, &in) || !counted(&steps, &in))
		return;
	datagram = in.p;
	ndatagram = (size_t)(in.end - in.p);
	if (setjmp(ended) == 0) {
		inside = 1;
		receive_and_reply(data[1], data[2]);
	}
	inside = 0;
	while (nmemory > 0)
		free(memory[--nmemory]);
}

static void
copy_strings(struct msg *m, struct msg *copy)
{
	size_t n, i;
	char **v = msg_get_strings(m, &n, SIZE_MAX);

	msg_put_strings(copy, v, n);
	for (i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

/* Reads a member of this shape, and puts it into the copy. */
static void
copy_one(struct msg *m, char shape, struct msg *copy)
{
	const uint8_t *bytes;
	char *text;
	size_t n;

	switch (shape) {
	case 'n':
		msg_put_num(copy, msg_get_num(m));
		break;
	case 's':
		msg_put_str(copy, msg_need_str(m));
		break;
	case 'z':
		text = msg_copy_str(m);
		msg_put_str(copy, text);
		free(text);
		break;
	case 'b':
		bytes = msg_get_buf(m, &n);
		msg_put_buf(copy, bytes, n);
		break;
	case 'v':
		copy_strings(m, copy);
		break;
	}
}

static void
copy_all(struct msg *m, struct msg *copy)
{
	const char *shape = routes[m->head.type].shape, *again = NULL;

	for (; *shape != '\0'; shape++) {
		if (*shape == '(') {
			again = shape;
			if (m->pos == m->head.len)
				break;
		} else if (*shape == ')') {
			if (m->pos < m->head.len)
				shape = again;
		} else
			copy_one(m, *shape, copy);
	}
	msg_end(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct msg m, copy;
	size_t got = size < 3 ? 0 : size - 3;
	int from, to;

	if (size < 3 || got > MSG_HEAD_LEN + MSG_BODY_MAX)
		return 0;
	if (data[0] == CALLS) {
		fuzz_calls(data, size);
		return 0;
	}
	memcpy(&m, data + 3, got);
	from = data[0] % (ROLE__MAX + 1) - 1;
	to = data[1] % (ROLE__MAX + 1) - 1;
	if (msg_check(&m, got, from, to,
		(enum mode)(data[2] % (MODE_NAMES + 1))) != NULL)
		return 0;
	must(m.head.len == got - MSG_HEAD_LEN &&
	    m.head.len <= routes[m.head.type].max);
	/* What is let through between two roles is so without them, too. */
	must(msg_check(&m, got, ANY_ROLE, ANY_ROLE,
		 (enum mode)(data[2] % (MODE_NAMES + 1))) == NULL);
	if (routes[m.head.type].shape[0] == '*')
		return 0;
	msg_take(&m);
	msg_new(&copy, m.head.type, m.head.job);
	copy_all(&m, &copy);
	must(copy.head.len == m.head.len &&
	    memcmp(copy.body, m.body, m.head.len) == 0);
	return 0;
}

/* The steps that read a body of this shape. */
static size_t
put_steps(uint8_t *to, const char *shape, unsigned *seed)
{
	/* The place of a letter is the step that reads its member. */
	static const char letters[] = "nbzs v";
	const char *at;
	size_t n = 0;

	for (; *shape != '\0' && n < 16; shape++)
		if ((at = strchr(letters, *shape)) != NULL)
			to[n++] = (uint8_t)(at - letters +
			    8 * draw(seed, *shape == 'v' ? 32 : 1));
	if (draw(seed, 2) == 0)
		to[n++] = (uint8_t)draw(seed, 256);
	return n;
}

/* A new message of some type; 0: there is no room for it. */
static size_t
make_input(uint8_t *data, size_t max, unsigned *seed)
{
	static struct msg m;
	enum msgtype type;
	size_t at = 3, n;

	do
		type = draw(seed, MSG__MAX);
	while (routes[type].name == NULL || routes[type].shape[0] == '*');
	compose(&m, type, seed);
	n = MSG_HEAD_LEN + m.head.len;
	if (n + 64 > max)
		return 0;
	data[0] = data[1] = 0;
	data[2] = (uint8_t)draw(seed, MODE_NAMES + 1);
	if (draw(seed, 2) == 0) {
		data[0] = CALLS;
		data[1] = (uint8_t)(routes[type].to ^ (int)draw(seed, 2) << 7);
		data[at] = (uint8_t)draw(seed, 5);
		for (at++; at - 4 < data[3]; at++)
			data[at] = (uint8_t)draw(seed, 3);
		data[at] = (uint8_t)put_steps(
		    data + at + 1, routes[type].shape, seed);
		at += data[at] + 1u;
	}
	memcpy(data + at, &m, n);
	return at + n;
}

/* Makes a message of some type, or changes a number in one. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t made;
	uint64_t n;

	if (draw(&seed, 3) == 0 && (made = make_input(data, max, &seed)) > 0)
		return made;
	if (size >= 3 + MSG_HEAD_LEN + sizeof(n) && draw(&seed, 2) == 0) {
		n = edge(&seed);
		memcpy(data + 3 + MSG_HEAD_LEN +
			draw(&seed,
			    (uint32_t)(size - 3 - MSG_HEAD_LEN - sizeof(n) +
				1)),
		    &n, sizeof(n));
		return size;
	}
	return LLVMFuzzerMutate(data, size, max);
}
