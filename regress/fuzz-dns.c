/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any answers of name servers to what zoneproc asks: its files with their
 * sockets, time and memory from here (fuzz-link.sh).  The first byte of an
 * input says what zoneproc looks for, and with FAULTY two more say which of its
 * system calls fails, and after how many.  Then comes, for each query, what is
 * answered: nothing, an error, raw bytes, or records that are made to fit the
 * query.  A record is reported as seen only if an answer had it, each search
 * ends, and what is printed is harmless.
 */
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fuzz-restart.h"
#include "fuzz.h"
#include "log.h"
#include "zone.h"

#define FIRST_FD 100000
#define SOCKETS_MAX 64
#define ANSWER_MAX 65535
#define MEMORY_MAX 65536
#define ROUNDS_MAX 100000
#define VALUE "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is left of the input. */
static const uint8_t *input;
static size_t left;

static uint8_t
byte(void)
{
	if (left == 0)
		return 0;
	left--;
	return *input++;
}

/* The next n bytes, or as many as there are. */
static size_t
bytes(uint8_t *to, size_t n)
{
	if (n > left)
		n = left;
	memcpy(to, input, n);
	input += n;
	left -= n;
	return n;
}

#define FAULTY 8

/* The system call that does not do what it usually does. */
enum fault {
	SOCKET_FAMILY,
	SOCKET_NONE,
	GETSOCKOPT,
	SEND_AGAIN,
	SEND_SIGNAL,
	SEND_RESET,
	RECV_AGAIN,
	RECV_SIGNAL,
	RECV_RESET,
	RECV_END,
	RECV_SLOW, /* a byte at a time, from here on */
	HANG_UP,   /* of the parent */
	FAULTS
};
static enum fault fault = FAULTS;
static unsigned fault_after;

/* Does this call fail now? */
static int
fails(enum fault f)
{
	if (fault != f)
		return 0;
	if (fault_after > 0) {
		fault_after--;
		return 0;
	}
	if (f != RECV_SLOW)
		fault = FAULTS;
	return 1;
}

/* As fails(), with this errno. */
static int
fails_with(enum fault f, int error)
{
	if (!fails(f))
		return 0;
	errno = error;
	return 1;
}

/*
 * Memory: what zoneproc keeps until its end, and has then forgotten here, is
 * freed after each input.
 */
static void *memory[MEMORY_MAX];
static size_t nmemory;

static void *
noted(void *p)
{
	must(p != NULL && nmemory < MEMORY_MAX);
	return memory[nmemory++] = p;
}

void *role_malloc(size_t);
void *
role_malloc(size_t n)
{
	return noted(malloc(n));
}

void *role_calloc(size_t, size_t);
void *
role_calloc(size_t n, size_t size)
{
	return noted(calloc(n, size));
}

char *role_strdup(const char *);
char *
role_strdup(const char *s)
{
	return noted(strdup(s));
}

static void
forget(const void *p)
{
	size_t i;

	for (i = nmemory; i-- > 0;)
		if (memory[i] == p) {
			memory[i] = memory[--nmemory];
			return;
		}
}

void role_free(void *);
void
role_free(void *p)
{
	forget(p);
	free(p);
}

void *role_recallocarray(void *, size_t, size_t, size_t);
void *
role_recallocarray(void *p, size_t before, size_t n, size_t size)
{
	forget(p);
	return noted(recallocarray(p, before, n, size));
}

/* Time goes on only when nothing else happens. */
static int64_t now_ms;

int role_clock_gettime(clockid_t, struct timespec *);
int
role_clock_gettime(clockid_t id, struct timespec *t)
{
	(void)id;
	t->tv_sec = now_ms / 1000;
	t->tv_nsec = now_ms % 1000 * 1000000;
	return 0;
}

static uint32_t numbers;

uint32_t role_arc4random(void);
uint32_t
role_arc4random(void)
{
	return numbers += 0x9e37;
}

/* What is printed. */
static void
must_be_visible(const char *s)
{
	for (; *s != '\0'; s++)
		must(*s >= 0x20 && *s < 0x7f);
}

void role_vwarnx(const char *, va_list);
void
role_vwarnx(const char *fmt, va_list ap)
{
	char text[4096];

	must(vsnprintf(text, sizeof(text), fmt, ap) < (int)sizeof(text));
	must_be_visible(text);
}

void role_warnx(const char *, ...);
void
role_warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	role_vwarnx(fmt, ap);
	va_end(ap);
}

/* An answer that is being made. */
struct packet {
	uint8_t p[ANSWER_MAX];
	size_t len;
};

struct socket {
	int used, stream;
	int error; /* recv() fails with this one. */
	int silent;
	uint8_t query[600];
	size_t nquery;
	struct packet answer;
	size_t sent; /* of the answer */
};
static struct socket sockets[SOCKETS_MAX];

/* Has an answer had the value, whose strings may be split? */
static int had_value;

static void
put(struct packet *a, const void *p, size_t n)
{
	if (n > ANSWER_MAX - a->len)
		n = ANSWER_MAX - a->len;
	memcpy(a->p + a->len, p, n);
	a->len += n;
}

static void
put_number(struct packet *a, size_t n)
{
	uint8_t two[2] = { (uint8_t)(n >> 8), (uint8_t)n };

	put(a, two, 2);
}

/* A name: the one of the question, one above or below it, or another. */
static void
put_name(struct packet *a, uint8_t which)
{
	uint8_t label[64];
	size_t n;

	switch (which % 8) {
	case 0:
		put(a, "\xc0\x0c", 2);
		break;
	case 1: /* without its first label */
		n = 13u + a->p[12];
		put(a, n < a->len ? "\xc0" : "", 1);
		label[0] = (uint8_t)n;
		put(a, label, n < a->len);
		break;
	case 2:
		put(a, "", 1);
		break;
	case 3:
		put(a, "\1a\7example", 11);
		break;
	case 4:
		put(a, "\2ns\7example", 12);
		break;
	case 5: /* any bytes */
		n = byte() % 64;
		put(a, label, bytes(label, n));
		break;
	case 6:
		put_number(a, 0xc000 | a->len);
		break;
	case 7:
		label[0] = 1;
		label[1] = (uint8_t)('a' + which / 8 % 26);
		put(a, label, 2);
		put(a, "\xc0\x0c", 2);
		break;
	}
}

static void
put_text(struct packet *a, uint8_t which)
{
	static const char persist[] = "ca.example; "
				      "accounturi=https://ca.example/1; "
				      "policy=wildcard";
	uint8_t text[256];
	size_t n;

	switch (which % 4) {
	case 0:
		put(a, "\x2b" VALUE, 44);
		break;
	case 1:
		put(a, "\x14", 1);
		put(a, VALUE, 20);
		put(a, "\x17", 1);
		put(a, &VALUE[20], 23);
		break;
	case 2:
		text[0] = (uint8_t)(sizeof(persist) - 1 - which / 4 % 2 * 17);
		put(a, text, 1);
		put(a, persist, text[0]);
		break;
	case 3:
		n = bytes(text + 1, byte());
		text[0] = (uint8_t)n;
		put(a, text, n + 1);
		break;
	}
}

static void
put_caa(struct packet *a, uint8_t which)
{
	static const char *const tags[] = { "issue", "issuewild", "iodef",
		"unknown" };
	static const char *const values[] = { "ca.example", ";", "b.example",
		"ca.example; validationmethods=dns-01",
		"ca.example; accounturi=https://ca.example/1" };
	uint8_t head[2] = { which & 0x80, 0 }, value[64];
	const char *tag = tags[which % 4];

	head[1] = (uint8_t)strlen(tag);
	put(a, head, 2);
	put(a, tag, head[1]);
	which = which / 4 % 8;
	if (which < 5)
		put(a, values[which], strlen(values[which]));
	else
		put(a, value, bytes(value, byte() % 64));
}

static void
put_data(struct packet *a, ldns_rr_type type)
{
	static const uint8_t serial[20];
	uint8_t raw[256], which = byte(), address[16] = { 192, 0, 2, which };

	if (which == 0xff) {
		put(a, raw, bytes(raw, byte()));
		return;
	}
	switch (type) {
	case LDNS_RR_TYPE_A:
		put(a, address, 4);
		break;
	case LDNS_RR_TYPE_AAAA:
		put(a, address, 16);
		break;
	case LDNS_RR_TYPE_NS:
	case LDNS_RR_TYPE_CNAME:
		put_name(a, which);
		break;
	case LDNS_RR_TYPE_SOA:
		put_name(a, which);
		put_name(a, 2);
		put(a, serial, sizeof(serial));
		break;
	case LDNS_RR_TYPE_CAA:
		put_caa(a, which);
		break;
	default:
		put_text(a, which);
	}
}

/* A record; returns its section: 0 the answer, 1 authority, 2 additional. */
static unsigned
put_record(struct packet *a)
{
	static const ldns_rr_type types[] = { LDNS_RR_TYPE_TXT,
		LDNS_RR_TYPE_CNAME, LDNS_RR_TYPE_NS, LDNS_RR_TYPE_SOA,
		LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA, LDNS_RR_TYPE_CAA,
		LDNS_RR_TYPE_MX };
	uint8_t how = byte(), more = byte();
	ldns_rr_type type = types[how % 8];
	size_t at;

	put_name(a, more);
	put_number(a, type);
	put_number(a, how & 0x20 ? 3 : 1); /* the class */
	put(a, "\0\0\0\1", 4);
	at = a->len;
	put_number(a, 0);
	put_data(a, type);
	if (at + 2 <= a->len) {
		a->p[at] = (uint8_t)((a->len - at - 2) >> 8);
		a->p[at + 1] = (uint8_t)(a->len - at - 2);
	}
	return how >> 6 == 3 ? 0 : how >> 6;
}

/* An answer to the query, with its number and question. */
static void
compose(struct packet *a, const uint8_t *query, size_t n)
{
	uint8_t how = byte(), records = byte() % 16, id = byte();
	unsigned counts[3] = { 0, 0, 0 }, section = 0, i, next;
	size_t end = 12;

	while (end < n && query[end] != 0)
		end += query[end] + 1u;
	end = end + 5 < n ? end + 5 : n;
	put(a, query, how & 0x40 ? 12 : end);
	if (a->len < 12)
		return;
	a->p[2] = (uint8_t)(0x80 | (how & 0x20 ? 2 : 0) | (how & 0x10 ? 4 : 0));
	a->p[3] = how & 0x0f;
	a->p[1] ^= id == 0xff;
	a->p[2] ^= id == 0xfe ? 0x80 : id == 0xfd ? 0x28 : 0;
	/* Another question: its name, its type, its class. */
	if (id >= 0xf0 && id <= 0xf2 && a->len > 18)
		a->p[id == 0xf0 ? 13 : a->len - (id == 0xf1 ? 3 : 1)] ^= 1;
	a->p[5] = how & 0x40 ? 0 : 1;
	for (i = 0; i < records && left > 0; i++) {
		next = put_record(a);
		section = next > section ? next : section;
		counts[section]++;
	}
	for (i = 0; i < 3; i++)
		a->p[7 + 2 * i] = (uint8_t)counts[i];
	a->p[10] = 0;
	a->p[6] = a->p[8] = 0;
}

/* Do the bytes have the value, whatever is between its characters? */
static int
has_value(const struct packet *a)
{
	static const char value[] = VALUE;
	size_t i, n = 0;

	for (i = 0; i < a->len && n < sizeof(value) - 1; i++)
		n += a->p[i] == (uint8_t)value[n];
	return n == sizeof(value) - 1;
}

static void
answer(struct socket *s, const uint8_t *query, size_t n)
{
	static const int errors[] = { ECONNREFUSED, EAGAIN, EINTR, ENETUNREACH,
		EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT, ENETDOWN };
	uint8_t how = byte(), raw[512];

	s->sent = s->answer.len = 0;
	s->silent = 0;
	s->error = 0;
	if (s->stream)
		put_number(&s->answer, 0);
	switch (left == 0 ? 0 : how % 8) {
	case 0:
		s->silent = 1;
		break;
	case 1:
		s->error = errors[how / 8 % 8];
		break;
	case 2:
		put(&s->answer, query, 2);
		put(&s->answer, raw, bytes(raw, (size_t)byte() * 2));
		break;
	default:
		/* The offsets of names begin behind TCP's length. */
		if (s->stream) {
			static struct packet inner;

			inner.len = 0;
			compose(&inner, query, n);
			put(&s->answer, inner.p, inner.len);
		} else
			compose(&s->answer, query, n);
	}
	had_value |= has_value(&s->answer);
	if (s->stream) {
		s->answer.p[0] = (uint8_t)((s->answer.len - 2) >> 8);
		s->answer.p[1] = (uint8_t)(s->answer.len - 2);
	}
}

static struct socket *
socket_of(int fd)
{
	must(fd >= FIRST_FD && fd < FIRST_FD + SOCKETS_MAX &&
	    sockets[fd - FIRST_FD].used);
	return &sockets[fd - FIRST_FD];
}

int role_socket(int, int, int);
int
role_socket(int family, int type, int protocol)
{
	struct socket *s;
	int i;

	(void)family;
	(void)protocol;
	if (fails_with(SOCKET_FAMILY, EPROTONOSUPPORT) ||
	    fails_with(SOCKET_NONE, EMFILE))
		return -1;
	for (i = 0; i < SOCKETS_MAX && sockets[i].used; i++)
		;
	must(i < SOCKETS_MAX);
	s = &sockets[i];
	s->used = 1;
	s->stream = (type & SOCK_STREAM) && !(type & SOCK_DGRAM);
	s->error = s->silent = 0;
	s->nquery = s->sent = s->answer.len = 0;
	return FIRST_FD + i;
}

int role_connect(int, const struct sockaddr *, socklen_t);
int
role_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	uint8_t how = socket_of(fd)->stream ? byte() : 0;

	(void)sa;
	must(len > 0);
	errno = how == 0xff ? ENETUNREACH : EINPROGRESS;
	return how == 0xfe ? 0 : socket_of(fd)->stream ? -1 : 0;
}

int role_getsockopt(int, int, int, void *, socklen_t *);
int
role_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int error = byte() == 0xff ? ECONNREFUSED : 0;

	(void)level;
	(void)name;
	socket_of(fd);
	if (fails_with(GETSOCKOPT, EBADF))
		return -1;
	must(*len == sizeof(error));
	memcpy(value, &error, sizeof(error));
	return 0;
}

ssize_t role_send(int, const void *, size_t, int);
ssize_t
role_send(int fd, const void *buf, size_t n, int flags)
{
	struct socket *s = socket_of(fd);

	(void)flags;
	if (fails_with(SEND_AGAIN, EAGAIN) || fails_with(SEND_SIGNAL, EINTR) ||
	    fails_with(SEND_RESET, ECONNRESET))
		return -1;
	if (!s->stream) {
		answer(s, buf, n);
		return (ssize_t)n;
	}
	if (n > 20)
		n = 20;
	must(n <= sizeof(s->query) - s->nquery);
	memcpy(s->query + s->nquery, buf, n);
	s->nquery += n;
	if (s->nquery > 2 &&
	    s->nquery == 2 + ((size_t)s->query[0] << 8 | s->query[1]))
		answer(s, s->query + 2, s->nquery - 2);
	return (ssize_t)n;
}

ssize_t role_recv(int, void *, size_t, int);
ssize_t
role_recv(int fd, void *buf, size_t n, int flags)
{
	struct socket *s = socket_of(fd);

	(void)flags;
	if (fails_with(RECV_AGAIN, EAGAIN) || fails_with(RECV_SIGNAL, EINTR) ||
	    fails_with(RECV_RESET, ECONNRESET))
		return -1;
	if (fails(RECV_END))
		return 0;
	if (s->stream && n > 1 && fails(RECV_SLOW))
		n = 1;
	if (s->error != 0) {
		errno = s->error;
		s->error = 0;
		s->silent = 1;
		return -1;
	}
	if (n > s->answer.len - s->sent)
		n = s->answer.len - s->sent;
	memcpy(buf, s->answer.p + s->sent, n);
	s->sent += n;
	s->silent = !s->stream;
	return (ssize_t)n;
}

int role_close(int);
int
role_close(int fd)
{
	socket_of(fd)->used = 0;
	return 0;
}

int role_poll(struct pollfd *, nfds_t, int);
int
role_poll(struct pollfd *fds, nfds_t n, int ms)
{
	nfds_t i;
	int found = 0;

	for (i = 0; i < n; i++) {
		fds[i].revents = 0;
		if (fds[i].fd < FIRST_FD && fails(HANG_UP)) {
			fds[i].revents = POLLHUP;
			found++;
		}
		if (fds[i].fd < FIRST_FD ||
		    (socket_of(fds[i].fd)->silent &&
			!(fds[i].events & POLLOUT)))
			continue;
		fds[i].revents = fds[i].events;
		found++;
	}
	if (found == 0)
		now_ms += ms < 0 ? 1000 : ms;
	return found;
}

static unsigned ndone;
static int ending;
static char *issuers[] = { "ca.example" };
static const struct strings ca = { .v = issuers, .n = 1 };

static void
done(const struct watched *w, const char *reason, enum persist_fit fit)
{
	ndone++;
	must(fit <= PERSIST_GOOD);
	if (reason == NULL)
		must(w->persist != NULL ? fit == PERSIST_GOOD : had_value);
	else {
		must(strlen(reason) < WATCH_TEXT_MAX);
		must_be_visible(reason);
	}
}

/* Until no query is open, and nothing is waited for. */
static void
turn_until_over(unsigned wanted)
{
	struct pollfd pfd[SOCKETS_MAX];
	unsigned rounds;
	nfds_t n;
	int ms;

	for (rounds = 0; rounds < ROUNDS_MAX; rounds++) {
		ms = INT_MAX;
		n = watch_fill(pfd, SOCKETS_MAX, &ms);
		if (n == 0 && ndone == wanted)
			return;
		role_poll(pfd, n, ms == INT_MAX ? 1000 : ms);
		watch_turn(pfd, n);
		/* The job is given up; or netproc has asked the CA. */
		if (rounds == 5 && ending) {
			if (wanted > 0)
				watch_end(0);
			else
				checks_issuers(&ca);
		}
	}
	abort();
}

static void
look_for(uint8_t how)
{
	static const struct persist persist = { .issuers = { .v = issuers,
						    .n = 1 },
		.account = "https://ca.example/1",
		.now = 2000000000 };
	struct watched w = { .record = "_acme-challenge.www.a.example",
		.value = VALUE,
		.seconds = 60,
		.done = done };
	struct persist wildcard = persist;

	wildcard.wildcard = how & 0x80;
	if (how & 1) {
		w.value = NULL;
		w.persist = &wildcard;
	}
	ending = how & 0x10;
	watch(&w);
	w.number = 1;
	if (how & 0x20)
		watch(&w);
	turn_until_over(how & 0x20 ? 2 : 1);
}

/* A message that came during the checks would be handled after them. */
static void
keep(void)
{
}

static void
check_names(uint8_t how)
{
	char *names[] = { "a.b.example",
		how & 0x40 ? "*.c.example" : "c.example", "192.0.2.1" };
	struct strings none = { .n = 0 };
	struct check_job job = { .handle = "x",
		.names = { .v = names, .n = 3 },
		.challenge = how & 1 ? CHALLENGE_DNS01 : CHALLENGE_HTTP01 };

	if (how & 0x20)
		job.challenge = CHALLENGE_DNSPERSIST01;
	ending = how & 0x10;
	checks_run(&job, 1, how & 0x80 ? &none : &ca,
	    how & 0x10 ? "https://ca.example/acct/1" : NULL, 0, keep);
	turn_until_over(0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	put_back();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct address servers[2];
	uint8_t how;

	put_back();
	memset(sockets, 0, sizeof(sockets));
	input = data;
	left = size;
	now_ms = numbers = ndone = 0;
	had_value = ending = 0;
	verbose = 1;
	how = byte();
	fault = how & FAULTY ? (enum fault)(byte() % FAULTS) : FAULTS;
	fault_after = how & FAULTY ? byte() : 0;
	must(server_of(&servers[0], "192.0.2.53", "53") == 0 &&
	    server_of(&servers[1], "2001:db8::53", "53") == 0);
	find_resolvers(servers, 2);
	if (how & 4)
		find_in(servers, 2);
	if (how & 2)
		check_names(how);
	else
		look_for(how);
	/* What zoneproc does at its end is done at the end of each input. */
	checks_end();
	while (nmemory > 0)
		free(memory[--nmemory]);
	return 0;
}
