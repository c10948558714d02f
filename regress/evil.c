/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * A role that somebody else owns.  Linked into the program with the linker's
 * --wrap for msg_receive, msg_send and sandbox_enter, it turns the one role
 * that the file "plan" beside the program names.  That role does its honest
 * work inside its sandbox until the moment that the plan names, attacks, and
 * goes on with its honest work, so that the attack has its effects.  evil.py
 * writes the plans, and judges from outside what came of them.
 */
#include <sys/socket.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evil.h"

static char *plan; /* the whole file; NULL: there is none */
static int owned, inside, done;
static unsigned received; /* since the sandbox was entered */

/* What came while await() looked for something else. */
static struct kept {
	struct kept *next;
	size_t len;
	uint8_t bytes[];
} * kept, **kept_end = &kept;

void __real_msg_receive(struct msg *, enum role, enum mode, int);
void __real_msg_send(const struct msg *);
void __real_sandbox_enter(const struct sandbox *);
void __wrap_msg_receive(struct msg *, enum role, enum mode, int);
void __wrap_msg_send(const struct msg *);
void __wrap_sandbox_enter(const struct sandbox *);

/* Before main(): inside the sandbox there is no way to the file. */
__attribute__((constructor)) static void
read_plan(void)
{
	static char path[4096 + 8];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 8);
	off_t len;
	int fd;

	if (n <= 0 || strrchr(path, '/') == NULL)
		return;
	memcpy(strrchr(path, '/') + 1, "plan", sizeof("plan"));
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	len = lseek(fd, 0, SEEK_END);
	if (len <= 0 || (plan = calloc(1, (size_t)len + 1)) == NULL ||
	    pread(fd, plan, (size_t)len, 0) != len)
		plan = NULL;
	close(fd);
}

/* Plan lines: a word, then what evil_line() hands out one by one. */
char *
evil_line(const char *word, size_t nth)
{
	size_t n = strlen(word);
	char *p;

	for (p = plan; p != NULL; p = *p == '\n' ? p + 1 : NULL) {
		if (strncmp(p, word, n) == 0 && p[n] == ' ' && nth-- == 0)
			return p + n + 1;
		p += strcspn(p, "\n");
	}
	return NULL;
}

static long
number_of(const char *word, long absent)
{
	const char *p = evil_line(word, 0);

	return p == NULL ? absent : strtol(p, NULL, 10);
}

static int
digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

size_t
evil_unhex(const char *hex, uint8_t *out, size_t max)
{
	size_t n;

	for (n = 0; n < max && hex[0] > ' ' && hex[1] > ' '; n++, hex += 2)
		out[n] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
	return n;
}

/* In lines that the parent does not cut; evil.py puts them together again. */
void
evil_tell(const char *what, const void *bytes, size_t len)
{
	static unsigned serial;
	static char line[6100];
	const uint8_t *p = bytes;
	size_t i, n;

	serial++;
	do {
		n = (size_t)snprintf(
		    line, sizeof(line), "EVIL %s %u ", what, serial);
		for (i = 0; i < 2048 && len > 0; i++, len--)
			n += (size_t)snprintf(
			    line + n, sizeof(line) - n, "%02x", *p++);
		line[n++] = '\n';
		if (write(2, line, n) == -1)
			_exit(1);
	} while (len > 0);
}

/* What it got signed, evil.py is to know in any case. */
static void
tell_received(const struct msg *m)
{
	if (evil_line("watch", 0) != NULL || m->head.type == NET_SIGNED)
		evil_tell(routes[m->head.type].name, m->body, m->head.len);
}

static void
keep(const struct msg *m)
{
	size_t len = MSG_HEAD_LEN + m->head.len;
	struct kept *k = malloc(sizeof(*k) + len);

	if (k == NULL)
		err(1, NULL);
	k->next = NULL;
	k->len = len;
	memcpy(k->bytes, m, len);
	*kept_end = k;
	kept_end = &k->next;
}

static int
take_kept(struct msg *m)
{
	struct kept *k = kept;

	if (k == NULL)
		return 0;
	if ((kept = k->next) == NULL)
		kept_end = &kept;
	memcpy(m, k->bytes, k->len);
	msg_take(m);
	free(k);
	return 1;
}

/* Until a message of this type has come, which is dropped, or for a second. */
static void
await(unsigned type)
{
	static struct msg m;
	struct pollfd pfd = { .fd = ROLE_FD, .events = POLLIN };
	int tries;

	for (tries = 0; tries < 50 && poll(&pfd, 1, 1000) == 1; tries++) {
		__real_msg_receive(&m, role_self, role_mode, 1);
		if (m.head.type == type) {
			tell_received(&m);
			return;
		}
		keep(&m);
	}
}

/* TYPE JOB WORKER LENGTH TIMES HEX; LENGTH -1: what there is. */
static void
send_line(const char *p)
{
	static uint8_t bytes[MSG_HEAD_LEN + 200000];
	uint32_t head[4];
	char *rest;
	long length, times;
	size_t n;

	head[0] = (uint32_t)strtoul(p, &rest, 10);
	head[1] = (uint32_t)strtoul(rest, &rest, 10);
	head[2] = (uint32_t)strtoul(rest, &rest, 10);
	length = strtol(rest, &rest, 10);
	times = strtol(rest, &rest, 10);
	n = evil_unhex(
	    rest + 1, bytes + MSG_HEAD_LEN, sizeof(bytes) - MSG_HEAD_LEN);
	head[3] = length == -1 ? (uint32_t)n : (uint32_t)length;
	memcpy(bytes, head, sizeof(head));
	while (times-- > 0)
		if (send(ROLE_FD, bytes, MSG_HEAD_LEN + n, MSG_NOSIGNAL) == -1)
			return;
}

/* A datagram that is not even a header. */
static void
raw_line(const char *p)
{
	uint8_t bytes[64];

	if (send(ROLE_FD, bytes, evil_unhex(p, bytes, sizeof(bytes)),
		MSG_NOSIGNAL) == -1)
		warn("EVIL send");
}

static void
stall(const char *how)
{
	char *type = strchr(how, ' ');

	if (strncmp(how, "silent", 6) == 0)
		for (;;)
			poll(NULL, 0, -1);
	if (strncmp(how, "exit", 4) == 0)
		_exit(0);
	if (strncmp(how, "abort", 5) == 0)
		abort();
	if (strncmp(how, "loud", 4) == 0)
		for (;;)
			warnx("certproc: installed\033[2J");
	if (strncmp(how, "deaf", 4) == 0 && type != NULL)
		for (;;)
			send_line(type + 1);
}

/* Each line of the plan in its order. */
static void
attack(void)
{
	char *p;

	done = 1;
	evil_tell("attack", "", 0);
	for (p = plan; p != NULL && *p != '\0';
	     p += strcspn(p, "\n"), p += *p == '\n') {
		if (strncmp(p, "send ", 5) == 0)
			send_line(p + 5);
		else if (strncmp(p, "raw ", 4) == 0)
			raw_line(p + 4);
		else if (strncmp(p, "await ", 6) == 0)
			await((unsigned)strtoul(p + 6, NULL, 10));
		else if (strncmp(p, "files", 5) == 0)
			evil_files();
		else if (strncmp(p, "call ", 5) == 0)
			evil_call(p + 5);
		else if (strncmp(p, "stall ", 6) == 0)
			stall(p + 6);
	}
	evil_tell("attacked", "", 0);
}

void
__wrap_sandbox_enter(const struct sandbox *s)
{
	const char *role = evil_line("role", 0);

	owned = role != NULL && number_of("mode", 0) == (long)role_mode &&
	    strncmp(role, role_names[s->role], strlen(role_names[s->role])) ==
		0;
	/*
	 * As if it had been escaped: by this evil.py sees that it would notice.
	 */
	if (!owned || evil_line("escaped", 0) == NULL)
		__real_sandbox_enter(s);
	inside = 1;
}

/*
 * What goes out, once, when a message of this type is there: TYPE, then as for
 * send.
 */
static void
answer_with(unsigned type)
{
	static unsigned long sent; /* a bit for each of the lines */
	char *p, *rest;
	size_t i;

	for (i = 0; i < 64 && (p = evil_line("upon", i)) != NULL; i++) {
		if ((sent >> i & 1) || strtoul(p, &rest, 10) != type)
			continue;
		sent |= 1UL << i;
		evil_tell("attack", "", 0);
		send_line(rest + 1);
	}
}

/* What is never done, but said to be: TYPE ANSWER HEX. */
static int
is_skipped(const struct msg *m)
{
	static char line[16384];
	unsigned long reply;
	char *p, *rest;
	size_t i;

	for (i = 0; (p = evil_line("skip", i)) != NULL; i++) {
		if (strtoul(p, &rest, 10) != m->head.type)
			continue;
		evil_tell("attack", "", 0);
		reply = strtoul(rest, &rest, 10);
		snprintf(line, sizeof(line), "%lu %u %u -1 1%.16000s", reply,
		    m->head.job, m->head.worker, rest);
		line[strcspn(line, "\n")] = '\0';
		send_line(line);
		return 1;
	}
	return 0;
}

/*
 * The moment has come: behind so many messages, or when one of this type is
 * there.
 */
static int
is_time(unsigned type)
{
	long on = number_of("on", -1);

	return !done &&
	    (on == -1 ? type == 0 && received >= number_of("when", 0) :
			(long)type == on);
}

void
__wrap_msg_receive(struct msg *m, enum role self, enum mode mode, int seconds)
{
	if (!owned || !inside) {
		__real_msg_receive(m, self, mode, seconds);
		return;
	}
	do {
		if (is_time(0))
			attack();
		if (!take_kept(m))
			__real_msg_receive(m, self, mode, seconds);
		received++;
		tell_received(m);
		answer_with(m->head.type);
		if (is_time(m->head.type))
			attack();
	} while (is_skipped(m));
}

/* Another body than the honest one, from the given time on: TYPE FIRST HEX. */
void
__wrap_msg_send(const struct msg *m)
{
	static unsigned sent[MSG__MAX];
	static struct msg lie;
	char *p, *rest;
	size_t i;

	for (i = 0; owned && inside && (p = evil_line("lie", i)) != NULL; i++) {
		if (strtoul(p, &rest, 10) != m->head.type)
			continue;
		if (sent[m->head.type]++ < strtoul(rest, &rest, 10))
			break;
		lie.head = m->head;
		lie.head.len = (uint32_t)evil_unhex(
		    rest + 1, lie.body, sizeof(lie.body));
		done = 1;
		evil_tell("attack", "", 0);
		__real_msg_send(&lie);
		return;
	}
	__real_msg_send(m);
}
