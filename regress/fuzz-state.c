/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as what is kept between runs: no crash, and what is written of it
 * is read as the same.  The first byte says what the rest is: 's' the state of
 * a handle, 'a' that of an account, 'j' the journal of records in the DNS.  'J'
 * is what may be in that journal's place, what hookproc does with it, and which
 * of its system calls fail: an enum occupant, a counted string of enum act,
 * and the file's content.  The functions __wrap_NAME() take the place of libc's
 * NAME() (fuzz-lib.sh).
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cert.h"
#include "hook.h"
#define FUZZ_JSON
#include "begin.h"
#include "fuzz-mutate.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char *name_list[] = { (char *)(uintptr_t) "a.example",
	(char *)(uintptr_t) "www.a.example" };
static const struct strings names = { .v = name_list, .n = 2 }, no_names;
static char journal_dir[] = "fuzz-state.XXXXXX";
/* The journal's path, and a file beside it with the same content. */
static char path[sizeof(journal_dir) + 30], beside[sizeof(journal_dir) + 30];
static const char record[] = "_acme-challenge.www.a.example y";

static void
remove_dir(void)
{
	rmdir(journal_dir);
}

/* More names than a configuration may have. */
static const struct strings *
many_names(void)
{
	static char *all[CONF_NAMES_MAX + 1];
	static const struct strings many = { .v = all,
		.n = CONF_NAMES_MAX + 1 };
	size_t i;

	for (i = 0; i <= CONF_NAMES_MAX; i++)
		all[i] = name_list[i % 2];
	return &many;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	begin_json();
	if (mkdtemp(journal_dir) == NULL)
		err(1, "%s", journal_dir);
	snprintf(path, sizeof(path), "%s/domain-x.records", journal_dir);
	snprintf(beside, sizeof(beside), "%s/beside", journal_dir);
	atexit(remove_dir);
	return 0;
}

/* Asks for the texts about a state, and for what certproc decides by it. */
static void
ask(const struct state *s)
{
	static const time_t now = 1795450000;
	char error[LAST_ERROR_MAX], shorter[100];
	struct state gone = *s;
	time_t t;

	must(strlen(state_error(s, error)) < sizeof(error));
	must(strlen(state_cause(s, "x", shorter, sizeof(shorter))) <
	    sizeof(shorter));
	t = backoff_or(s->failures, now, s->life.not_after,
	    (uint64_t)s->window.start, now);
	must(t >= now && t <= now + BACKOFF_MAX);
	must(!backoff_holds(s->not_before, now) ||
	    s->not_before <= now + BACKOFF_MAX + 1800);
	state_forget_errors(&gone);
	must(!state_forget_errors(&gone));
	must(s->error_class <= FAILURE_AUTHORITY);
}

static void
fuzz_state(const char *text, size_t len, const struct strings *of)
{
	struct state s, again;
	char *once, *twice;

	state_parse(text, len, len % 2 ? "x" : NULL, of, &s);
	ask(&s);
	once = state_encode(&s);
	state_parse(once, strlen(once), "x", of, &again);
	twice = state_encode(&again);
	must(strcmp(once, twice) == 0);
	free(once);
	free(twice);
}

/* No record, as before the first run. */
static void
fuzz_no_state(void)
{
	struct state s;

	state_parse(NULL, 0, "x", &names, &s);
	must(s.attempts == 0 && s.last_error[0] == '\0' && s.names[0] != '\0');
}

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
account_free(struct account_record *a)
{
	free(a->thumbprint);
	free(a->url);
	free(a->unknown);
}

static void
fuzz_account(const char *text, size_t len)
{
	static const char directory[] = "https://ca.example/dir";
	struct account_record a, again;
	char *encoded;

	account_parse(text, len, NULL, directory, &a);
	if (a.thumbprint != NULL && a.url != NULL) {
		encoded = account_encode(
		    directory, a.thumbprint, a.url, a.unknown);
		account_parse(encoded, strlen(encoded), "x", directory, &again);
		must(same(a.thumbprint, again.thumbprint) &&
		    same(a.url, again.url) && same(a.unknown, again.unknown));
		account_free(&again);
		account_parse(encoded, strlen(encoded), "x",
		    "https://b.example/", &again);
		must(again.url == NULL && again.thumbprint == NULL);
		free(encoded);
	}
	account_free(&a);
}

struct lines {
	char text[70000];
	size_t len;
};

static void
take(void *context, const char *name, const char *value)
{
	struct lines *l = context;
	int n = snprintf(
	    l->text + l->len, sizeof(l->text) - l->len, "%s %s\n", name, value);

	must(strchr(name, ' ') == NULL && strchr(value, '\n') == NULL);
	must(n > 0 && (size_t)n < sizeof(l->text) - l->len);
	l->len += (size_t)n;
}

/* Which of hookproc's next system calls fails, and how often. */
enum fault {
	NO_FAULT,
	SHORT_WRITE,
	NO_WRITE,
	NO_TRUNCATE, /* write(2) fails, too. */
	NO_SEEK,     /* So it does here. */
	NO_UNLINK,
	REMOVED, /* Another run has removed the file before it was locked. */
	REPLACED_BY, /* Another run has removed it, and made a new one. */
	FAULTS
};
static enum fault fault;
static int inside;

ssize_t __wrap_write(int, const void *, size_t);
ssize_t __real_write(int, const void *, size_t);
ssize_t
__wrap_write(int fd, const void *buf, size_t n)
{
	if (inside && fault == SHORT_WRITE)
		return __real_write(fd, buf, n / 2);
	if (inside &&
	    (fault == NO_WRITE || fault == NO_TRUNCATE || fault == NO_SEEK)) {
		errno = ENOSPC;
		return -1;
	}
	return __real_write(fd, buf, n);
}

int __wrap_ftruncate(int, off_t);
int __real_ftruncate(int, off_t);
int
__wrap_ftruncate(int fd, off_t len)
{
	if (inside && fault == NO_TRUNCATE) {
		errno = EIO;
		return -1;
	}
	return __real_ftruncate(fd, len);
}

off_t __wrap_lseek(int, off_t, int);
off_t __real_lseek(int, off_t, int);
off_t
__wrap_lseek(int fd, off_t at, int whence)
{
	if (inside && fault == NO_SEEK) {
		errno = EIO;
		return -1;
	}
	return __real_lseek(fd, at, whence);
}

int __wrap_unlink(const char *);
int __real_unlink(const char *);
int
__wrap_unlink(const char *name)
{
	if (inside && fault == NO_UNLINK) {
		errno = EACCES;
		return -1;
	}
	return __real_unlink(name);
}

int __wrap_flock(int, int);
int __real_flock(int, int);
int
__wrap_flock(int fd, int how)
{
	int rc = __real_flock(fd, how);

	if (rc == 0 && inside && (fault == REMOVED || fault == REPLACED_BY)) {
		__real_unlink(path);
		if (fault == REPLACED_BY)
			close(open(path, O_WRONLY | O_CREAT, 0600));
		fault = NO_FAULT;
	}
	return rc;
}

int __wrap_poll(struct pollfd *, nfds_t, int);
int __real_poll(struct pollfd *, nfds_t, int);
int
__wrap_poll(struct pollfd *fds, nfds_t n, int ms)
{
	return inside ? 0 : __real_poll(fds, n, ms);
}

/* What is in the journal's place. */
enum occupant {
	A_FILE,
	NOTHING,
	LOCKED,
	A_LINK,
	A_SECOND_NAME,
	A_FIFO,
	A_DIRECTORY,
	OCCUPANTS
};

/* Returns the descriptor that has the lock, or -1. */
static int
put_in_place(enum occupant occupant, const uint8_t *text, size_t len)
{
	const char *name = occupant == A_LINK || occupant == A_SECOND_NAME ?
	    beside :
	    path;
	int fd;

	if (occupant == NOTHING)
		return -1;
	if (occupant == A_FIFO || occupant == A_DIRECTORY) {
		must((occupant == A_FIFO ? mkfifo(path, 0600) :
					   mkdir(path, 0700)) == 0);
		return -1;
	}
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd != -1 && write(fd, text, len) == (ssize_t)len);
	if (occupant == A_LINK)
		must(symlink("beside", path) == 0);
	if (occupant == A_SECOND_NAME)
		must(link(beside, path) == 0);
	if (occupant == LOCKED) {
		must(flock(fd, LOCK_EX | LOCK_NB) == 0);
		return fd;
	}
	close(fd);
	return -1;
}

/* Notes a record; if hookproc reports success, it is the file's last line. */
static void
note(struct journal *j, const char *name, enum occupant occupant)
{
	static char text[128 * 1024];
	const size_t n = sizeof(record) - 1;
	struct error e = { "" };
	struct stat before, after;
	enum fault was = fault;
	int existed = stat(path, &before) == 0, rc, fd;
	ssize_t len;

	inside = 1;
	rc = journal_note(j, name, "y", &e);
	inside = 0;
	must(rc == 0 || e.text[0] != '\0');
	if (rc == 0) {
		must(occupant == A_FILE || occupant == NOTHING ||
		    occupant == LOCKED);
		must((fd = open(path, O_RDONLY)) != -1);
		len = read(fd, text, sizeof(text));
		close(fd);
		must(len > (ssize_t)n && text[len - 1] == '\n' &&
		    memcmp(text + len - 1 - n, record, n) == 0);
	} else if (was == SHORT_WRITE || was == NO_WRITE) {
		must(!existed ||
		    (stat(path, &after) == 0 &&
			before.st_size == after.st_size));
	}
}

/* What hookproc does. */
enum act { LEFT, NOTE, NOTE_LONG, CLEAR, CLOSE, DONE, UNLOCK, FAIL };

static void
take_step(struct journal *j, uint8_t step, enum occupant occupant, int *lock)
{
	static const char prefix[] = "_acme-challenge.www.a.example";
	static struct lines lines;
	static char name[600];

	lines.len = 0;
	switch (step % 8) {
	case LEFT:
		inside = 1;
		journal_left(j, take, &lines);
		inside = 0;
		/* Nothing of another file, or of one that has two names. */
		must(lines.len == 0 || occupant == A_FILE ||
		    occupant == NOTHING || occupant == LOCKED);
		break;
	case NOTE:
		note(j, prefix, occupant);
		break;
	case NOTE_LONG:
		memset(name, 'x', sizeof(name) - 1);
		note(j, name, occupant);
		break;
	case UNLOCK:
		if (*lock != -1)
			close(*lock);
		*lock = -1;
		break;
	case FAIL:
		fault = (enum fault)(step / 8 % FAULTS);
		break;
	default:
		inside = 1;
		if (step % 8 == CLEAR)
			journal_clear(j);
		else if (step % 8 == CLOSE)
			journal_close(j);
		else
			journal_done(j);
		inside = 0;
	}
}

static void
fuzz_steps(const uint8_t *data, size_t size)
{
	static struct journal *j; /* It lives as long as hookproc. */
	enum occupant occupant;
	size_t n, i;
	int lock;

	if (size < 2 || (n = data[1]) > size - 2 || size > 60000)
		return;
	occupant = (enum occupant)(data[0] % OCCUPANTS);
	if (j == NULL)
		j = journal_of(journal_dir, "x");
	fault = NO_FAULT;
	lock = put_in_place(occupant, data + 2 + n, size - 2 - n);
	for (i = 0; i < n; i++)
		take_step(j, data[2 + i], occupant, &lock);
	fault = NO_FAULT;
	journal_done(j);
	if (lock != -1)
		close(lock);
	unlink(path);
	rmdir(path);
	unlink(beside);
}

/* A journal that is written from the records of another has the same ones. */
static void
fuzz_journal(const uint8_t *text, size_t len)
{
	static struct lines lines, again;
	static struct journal *j;
	int fd;

	if (j == NULL)
		j = journal_of(journal_dir, "x");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd != -1 && write(fd, text, len) == (ssize_t)len);
	close(fd);
	lines.len = again.len = 0;
	journal_left(j, take, &lines);
	journal_close(j);
	fd = open(path, O_WRONLY | O_TRUNC);
	must(
	    fd != -1 && write(fd, lines.text, lines.len) == (ssize_t)lines.len);
	close(fd);
	journal_left(j, take, &again);
	must(lines.len == again.len &&
	    memcmp(lines.text, again.text, lines.len) == 0);
	must(journal_clear(j) == 0);
	journal_done(j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	switch (*data) {
	case 's':
		fuzz_state(text, size - 1, &names);
		/* The list does not know the names. */
		fuzz_state(text, size - 1, &no_names);
		fuzz_state(text, size - 1, many_names());
		fuzz_no_state();
		break;
	case 'a':
		fuzz_account(text, size - 1);
		break;
	case 'j':
		fuzz_journal(data + 1, size - 1);
		break;
	case 'J':
		fuzz_steps(data + 1, size - 1);
		break;
	}
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return size < 2 || strchr("jJ", data[0]) != NULL ||
		draw(&seed, 4) == 0 ?
	    LLVMFuzzerMutate(data, size, max) :
	    mutate_json(data, size, max, 1, seed);
}
