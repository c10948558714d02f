/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as what is kept between runs: no crash, and what is written of it
 * is read as the same.  The first byte says what the rest is: 's' the state of
 * a handle, 'a' that of an account, 'j' the journal of records in the DNS.
 */
#include <err.h>
#include <fcntl.h>
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

static void
remove_dir(void)
{
	rmdir(journal_dir);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	begin_json();
	if (mkdtemp(journal_dir) == NULL)
		err(1, "%s", journal_dir);
	atexit(remove_dir);
	return 0;
}

/* What is said of the state, and decided by it. */
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
	char *record, *twice;

	state_parse(text, len, NULL, of, &s);
	ask(&s);
	record = state_encode(&s);
	state_parse(record, strlen(record), "x", of, &again);
	twice = state_encode(&again);
	must(strcmp(record, twice) == 0);
	free(record);
	free(twice);
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
	char *record;

	account_parse(text, len, NULL, directory, &a);
	if (a.thumbprint != NULL && a.url != NULL) {
		record = account_encode(
		    directory, a.thumbprint, a.url, a.unknown);
		account_parse(record, strlen(record), "x", directory, &again);
		must(same(a.thumbprint, again.thumbprint) &&
		    same(a.url, again.url) && same(a.unknown, again.unknown));
		account_free(&again);
		account_parse(
		    record, strlen(record), "x", "https://b.example/", &again);
		must(again.url == NULL && again.thumbprint == NULL);
		free(record);
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

/* The records of a journal; the journal of these has the same in it. */
static void
fuzz_journal(const uint8_t *text, size_t len)
{
	static struct lines lines, again;
	static struct journal *j;
	char path[sizeof(journal_dir) + 30];
	int fd;

	if (j == NULL)
		j = journal_of(journal_dir, "x");
	snprintf(path, sizeof(path), "%s/domain-x.records", journal_dir);
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
		break;
	case 'a':
		fuzz_account(text, size - 1);
		break;
	case 'j':
		fuzz_journal(data + 1, size - 1);
		break;
	}
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return size < 2 || data[0] == 'j' || draw(&seed, 4) == 0 ?
	    LLVMFuzzerMutate(data, size, max) :
	    mutate_json(data, size, max, 1, seed);
}
