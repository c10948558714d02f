/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any sequence of messages to a role: its whole program, with its message loop,
 * but without its sandbox.  What it sends must be what the table of messages
 * allows it to send in this kind of run.  However it ends, the next input finds
 * it as it was before main() (fuzz-restart.h).  fuzz-link.sh also gives names
 * that begin with role_ to main() and to the functions of the C library that
 * are here.
 *
 * The configuration is not the fuzzer's: each file of the directory FUZZ_CONF
 * has the messages until ROLE_START of one real run (record.c).  The first byte
 * of an input chooses the file; the other bytes are messages one behind the
 * other, each a struct msg's head and body.
 */
#include <sys/socket.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz-compose.h"
#include "fuzz-mutate.h"
#include "fuzz-restart.h"
#include "fuzz.h"
#include "generated/identity.h"
#include "msg.h"
#include "role.h"
#include "sandbox.h"

#define CONFS_MAX 32
#define ATEXIT_MAX 8
#define POLLS_MAX 20000
#define SEND_MAX 20000 /* Messages that one input may bring forth. */

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The role's main(). */
int role_main(int, char *[]);

struct source {
	const uint8_t *bytes;
	size_t len;
};
static struct source confs[CONFS_MAX];
static size_t nconfs;

/* What is left of the configuration, and of the input. */
static struct source conf, input;
static jmp_buf ended;
static void (*at_exit[ATEXIT_MAX])(void);
static size_t nat_exit;
static unsigned nsent, npolls;
static int says; /* FUZZ_SAYS: the role's messages are printed. */
#define FILES_MAX 256
static char is_open[FILES_MAX]; /* The files of libFuzzer and this one. */

/*
 * The end of a role, from wherever it comes.  What it does at its exit is done
 * first, as exit(3) does it; that may end in exit(3), too.
 */
static void __attribute__((noreturn)) end(void)
{
	while (nat_exit > 0)
		at_exit[--nat_exit]();
	longjmp(ended, 1);
}

void role_exit(int) __attribute__((noreturn));
void
role_exit(int status)
{
	(void)status;
	end();
}

void role__exit(int) __attribute__((noreturn));
void
role__exit(int status)
{
	(void)status;
	longjmp(ended, 1);
}

/* Formats the message, so that the sanitizer sees what it reads. */
static void
format(const char *fmt, va_list ap)
{
	static char text[65536];

	if (fmt != NULL)
		vsnprintf(text, sizeof(text), fmt, ap);
	if (says)
		fprintf(stderr, "%s\n", fmt == NULL ? strerror(errno) : text);
}

#define SAYS(name, leading, last, after) \
	void role_##name(leading const char *, ...); \
	void role_##name(leading const char *fmt, ...) \
	{ \
		va_list ap; \
\
		va_start(ap, fmt); \
		format(fmt, ap); \
		va_end(ap); \
		after; \
	}
#define STATUS int status,
#define NOTHING
SAYS(err, STATUS, fmt, (void)status; end())
SAYS(errx, STATUS, fmt, (void)status; end())
SAYS(warn, NOTHING, fmt, )
SAYS(warnx, NOTHING, fmt, )

int role_atexit(void (*)(void));
int
role_atexit(void (*f)(void))
{
	must(nat_exit < ATEXIT_MAX);
	at_exit[nat_exit++] = f;
	return 0;
}

/* Takes the next message off; 0: there is none. */
static size_t
next(struct source *s, struct msg *m)
{
	size_t n;

	if (s->len < MSG_HEAD_LEN)
		return 0;
	memcpy(m, s->bytes, MSG_HEAD_LEN);
	n = s->len - MSG_HEAD_LEN;
	if (m->head.len < n)
		n = m->head.len;
	if (n > MSG_BODY_MAX)
		n = MSG_BODY_MAX;
	memcpy(m->body, s->bytes + MSG_HEAD_LEN, n);
	s->bytes += MSG_HEAD_LEN + n;
	s->len -= MSG_HEAD_LEN + n;
	return MSG_HEAD_LEN + n;
}

ssize_t role_recv(int, void *, size_t, int);
ssize_t
role_recv(int fd, void *buf, size_t len, int flags)
{
	struct msg *m = buf;
	size_t n;

	if (fd != ROLE_FD)
		return recv(fd, buf, len, flags);
	if ((n = next(&conf, m)) > 0)
		return (ssize_t)n;
	n = next(&input, m);
	/* An input must not choose the paths of this run. */
	if (n > 0 && (m->head.type == ROLE_CONF || m->head.type == ROLE_DOMAIN))
		return 0;
	return (ssize_t)n;
}

ssize_t role_send(int, const void *, size_t, int);
ssize_t
role_send(int fd, const void *buf, size_t len, int flags)
{
	if (fd != ROLE_FD)
		return send(fd, buf, len, flags);
	must(msg_check(buf, len, (int)role_self, ANY_ROLE, role_mode) == NULL);
	if (++nsent > SEND_MAX)
		end();
	return (ssize_t)len;
}

/* A message, or the end of the file, is there; nothing else ever is. */
int role_poll(struct pollfd *, nfds_t, int);
int
role_poll(struct pollfd *fds, nfds_t n, int ms)
{
	nfds_t i;
	int found = 0;

	/* As many as one input may have it wait without a message. */
	if (++npolls > POLLS_MAX)
		end();
	(void)ms;
	for (i = 0; i < n; i++) {
		fds[i].revents = fds[i].fd == ROLE_FD ? POLLIN : 0;
		found += fds[i].fd == ROLE_FD;
	}
	return found;
}

int role_ppoll(
    struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
int
role_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
    const sigset_t *mask)
{
	(void)timeout;
	(void)mask;
	return role_poll(fds, n, 0);
}

/*
 * A role that ends in the middle leaves a stream of open_memstream(3) behind,
 * whose variables were on its stack: they are here instead, until the role
 * closes the stream, or until the next input.
 */
static struct stream {
	FILE *f;
	char *text, **role_text;
	size_t len, *role_len;
} stream;

static void
close_stream(void)
{
	if (stream.f == NULL)
		return;
	fclose(stream.f);
	free(stream.text);
	stream.f = NULL;
}

FILE *role_open_memstream(char **, size_t *);
FILE *
role_open_memstream(char **text, size_t *len)
{
	close_stream();
	stream.role_text = text;
	stream.role_len = len;
	return stream.f = open_memstream(&stream.text, &stream.len);
}

int role_fclose(FILE *);
int
role_fclose(FILE *f)
{
	int rc = fclose(f);

	if (f == stream.f) {
		stream.f = NULL;
		*stream.role_text = stream.text;
		*stream.role_len = stream.len;
	}
	return rc;
}

/* The world outside: there is none, and so only numbers are addresses. */
int role_getaddrinfo(
    const char *, const char *, const struct addrinfo *, struct addrinfo **);
int
role_getaddrinfo(const char *host, const char *port,
    const struct addrinfo *hints, struct addrinfo **found)
{
	struct addrinfo numeric = { .ai_flags = 0 };

	if (hints != NULL)
		numeric = *hints;
	numeric.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
	return getaddrinfo(host, port, &numeric, found);
}

int role_connect(int, const struct sockaddr *, socklen_t);
int
role_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	(void)fd;
	(void)sa;
	(void)len;
	errno = ECONNREFUSED;
	return -1;
}

pid_t role_fork(void);
pid_t
role_fork(void)
{
	errno = EAGAIN;
	return -1;
}

int role_fsync(int);
int
role_fsync(int fd)
{
	(void)fd;
	return 0;
}

/* libcrypto chooses its generator once. */
void begin_crypto(int) __attribute__((weak));
void role_begin_crypto(int);
void
role_begin_crypto(int random)
{
	static int done;

	if (!done)
		begin_crypto(1);
	done = 1;
	(void)random;
}

/* In place of the sandbox. */
int
sandbox_elevated(void)
{
	return 0;
}

void
sandbox_prepare(enum role role)
{
	(void)role;
}

void
sandbox_become(const struct sandbox *s)
{
	(void)s;
}

void
sandbox_enter(const struct sandbox *s)
{
	(void)s;
}

void
sandbox_narrow(const struct sandbox *s)
{
	(void)s;
}

static void
read_conf(const char *dir, const char *name)
{
	static uint8_t buf[4 * 1024 * 1024];
	struct source *c = &confs[nconfs++];
	uint8_t *copy;
	char path[4096];
	FILE *f;

	must(nconfs <= CONFS_MAX);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = fopen(path, "r")) == NULL)
		errx(1, "%s", path);
	c->len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	must((copy = malloc(c->len + 1)) != NULL);
	memcpy(copy, buf, c->len);
	c->bytes = copy;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *dir = getenv("FUZZ_CONF");
	struct dirent **names;
	int n, i, sv[2];

	(void)argc;
	(void)argv;
	if (dir == NULL || (n = scandir(dir, &names, NULL, alphasort)) == -1) {
		fprintf(stderr, "FUZZ_CONF: a directory of configurations\n");
		_Exit(1);
	}
	for (i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			read_conf(dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	must(nconfs > 0);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) == 0);
	must(dup2(sv[0], ROLE_FD) == ROLE_FD);
	says = getenv("FUZZ_SAYS") != NULL;
	put_back();
	return 0;
}

static void
note_files(void)
{
	int fd;

	for (fd = 0; fd < FILES_MAX; fd++)
		is_open[fd] = fcntl(fd, F_GETFD) != -1;
}

/* Closes what the role has left open, and nothing that libFuzzer has. */
static void
close_files(void)
{
	int fd;

	for (fd = 0; fd < FILES_MAX; fd++)
		if (!is_open[fd])
			close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char self[] = "role", identity[] = IDENTITY;
	char *argv[] = { self, identity, NULL };

	if (size == 0)
		return 0;
	put_back();
	note_files();
	conf = confs[data[0] % nconfs];
	input.bytes = data + 1;
	input.len = size - 1;
	nat_exit = nsent = npolls = 0;
	if (setjmp(ended) == 0)
		role_main(2, argv);
	close_stream();
	close_files();
	return 0;
}

/*
 * Mutation by messages: one is left out, sent twice, moved, or made anew; or a
 * member of it is changed, such that the shape stays right.
 */

#define MESSAGES_MAX 256

/* Where each message of an input begins; returns their number. */
static size_t
find_messages(const uint8_t *data, size_t size, size_t at[])
{
	size_t n = 0, pos = 1;
	struct msg head;

	while (n < MESSAGES_MAX && size >= MSG_HEAD_LEN &&
	    pos <= size - MSG_HEAD_LEN) {
		at[n++] = pos;
		memcpy(&head, data + pos, MSG_HEAD_LEN);
		if (head.head.len > size - pos - MSG_HEAD_LEN)
			break;
		pos += MSG_HEAD_LEN + head.head.len;
	}
	at[n] = pos < size ? pos : size;
	return n;
}

/* A type that this role receives in some run. */
static enum msgtype
draw_type(unsigned *seed)
{
	enum msgtype type;

	do
		type = draw(seed, MSG__MAX);
	while (routes[type].name == NULL || routes[type].shape[0] == '*' ||
	    (routes[type].to != ANY_ROLE && routes[type].to != (int)FUZZ_ROLE));
	return type;
}

static size_t
insert(uint8_t *data, size_t size, size_t max, size_t pos, const uint8_t *what,
    size_t n)
{
	if (n > max - size)
		return size;
	memmove(data + pos + n, data + pos, size - pos);
	memcpy(data + pos, what, n);
	return size + n;
}

static size_t
cut(uint8_t *data, size_t size, size_t from, size_t to)
{
	memmove(data + from, data + to, size - to);
	return size - (to - from);
}

/* A change within one body, whose length stays. */
static void
change_body(uint8_t *data, size_t from, size_t to, unsigned *seed)
{
	uint64_t n = edge(seed);
	size_t len = to - from, pos;

	if (len < sizeof(n) || draw(seed, 2) == 0) {
		LLVMFuzzerMutate(data + from, len, len);
		return;
	}
	pos = draw(seed, (uint32_t)(len - sizeof(n) + 1));
	memcpy(data + from + pos, &n, sizeof(n));
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static struct msg m;
	static uint8_t copy[MSG_HEAD_LEN + MSG_BODY_MAX];
	size_t at[MESSAGES_MAX + 1], n, i, k;

	if (size == 0 || draw(&seed, 20) == 0)
		return LLVMFuzzerMutate(data, size, max);
	n = find_messages(data, size, at);
	i = n == 0 ? 0 : draw(&seed, (uint32_t)n);
	k = draw(&seed, (uint32_t)n + 1);
	switch (n == 0 ? 0 : draw(&seed, 8)) {
	case 0:
	case 1:
		compose(&m, draw_type(&seed), &seed);
		return insert(data, size, max, at[k], (uint8_t *)&m,
		    MSG_HEAD_LEN + m.head.len);
	case 2:
		return cut(data, size, at[i], at[i + 1]);
	case 3:
	case 4: /* sent twice, or moved */
		if (at[i + 1] - at[i] > sizeof(copy))
			return size;
		memcpy(copy, data + at[i], at[i + 1] - at[i]);
		if (draw(&seed, 2) == 0)
			return insert(
			    data, size, max, at[k], copy, at[i + 1] - at[i]);
		size = cut(data, size, at[i], at[i + 1]);
		k = at[i + 1] - at[i];
		n = find_messages(data, size, at);
		return insert(
		    data, size, max, at[draw(&seed, (uint32_t)n + 1)], copy, k);
	case 5:
		data[0] = (uint8_t)draw(&seed, CONFS_MAX);
		return size;
	default:
		if (at[i] + MSG_HEAD_LEN < at[i + 1])
			change_body(
			    data, at[i] + MSG_HEAD_LEN, at[i + 1], &seed);
		return size;
	}
}
