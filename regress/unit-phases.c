/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The phases of a job in certproc: enter() takes every step of the drawing in
 * cert.h, and ends the process at every other one, saying from where to where
 * it was to lead.
 */
#include <sys/wait.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cert.h"
#include "role.h"
#include "test.h"

static const struct {
	enum phase phase;
	const char *name;
	const char *next; /* phases that a step leads to */
} phases[] = {
	{ AWAITS_KEYS, "AWAITS_KEYS", "KEYS_KNOWN DUE TASKED FINISHED" },
	{ KEYS_KNOWN, "KEYS_KNOWN",
	    "DATE_TO_ASK STATUS_TO_ASK DUE ADOPTING COMBINING FINISHED" },
	{ DATE_TO_ASK, "DATE_TO_ASK", "ASKING_DATE FINISHED" },
	{ ASKING_DATE, "ASKING_DATE", "STATUS_TO_ASK DUE FINISHED" },
	{ STATUS_TO_ASK, "STATUS_TO_ASK", "ASKING_STATUS FINISHED" },
	{ ASKING_STATUS, "ASKING_STATUS", "DUE FINISHED" },
	{ DUE, "DUE", "ORDERING TASKED FINISHED" },
	{ ORDERING, "ORDERING", "ADOPTING COMBINING FINISHED" },
	{ TASKED, "TASKED", "DISCARDING FINISHED" },
	{ ADOPTING, "ADOPTING", "COMBINING FINISHED" },
	{ COMBINING, "COMBINING", "FINISHED" },
	{ DISCARDING, "DISCARDING", "FINISHED" },
	{ FINISHED, "FINISHED", "" },
};
#define NPHASES (sizeof(phases) / sizeof(phases[0]))

/*
 * Takes one step in a process of its own.  1: it was taken; 0: the process
 * ended with status 1, and said is what it has printed; -1: anything else.
 */
static int
take(enum phase from, enum phase to, char *said, size_t size)
{
	int fds[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	if (pipe(fds) == -1 || (pid = fork()) == -1)
		exit(2);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		jobs[0].phase = from;
		enter(0, to);
		_exit(jobs[0].phase == to ? 0 : 2);
	}
	close(fds[1]);
	while ((n = read(fds[0], said + len, size - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(fds[0]);
	if (waitpid(pid, &status, 0) == -1 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > 1)
		return -1;
	return WEXITSTATUS(status) == 0;
}

static int
has_word(const char *words, const char *word)
{
	size_t len = strlen(word);
	const char *p = words;

	while ((p = strstr(p, word)) != NULL) {
		if ((p == words || p[-1] == ' ') &&
		    (p[len] == ' ' || p[len] == '\0'))
			return 1;
		p += len;
	}
	return 0;
}

static void
test_step(size_t from, size_t to)
{
	const char *a = phases[from].name, *b = phases[to].name;
	char said[200], words[100];
	int took = take(
	    phases[from].phase, phases[to].phase, said, sizeof(said));

	if (has_word(phases[from].next, b)) {
		check(took == 1, "phases: from %s to %s", a, b);
		return;
	}
	snprintf(words, sizeof(words), "from %s to %s\n", a, b);
	check(took == 0 && strstr(said, words) != NULL,
	    "phases: not from %s to %s", a, b);
}

int
main(void)
{
	struct job *j;
	char said[200];
	size_t from, to;

	role_mode = MODE_RENEW;
	j = job_add();
	check(j == jobs && njobs == 1 && j->nr == 0 && j->phase == AWAITS_KEYS,
	    "phases: a job begins without its keys");
	for (from = 0; from < NPHASES; from++)
		for (to = 0; to < NPHASES; to++)
			test_step(from, to);
	check(take(AWAITS_KEYS, (enum phase)3, said, sizeof(said)) == 0 &&
		strstr(said, "no phase 3") != NULL,
	    "phases: two at once");
	check(take(AWAITS_KEYS, PHASE__END, said, sizeof(said)) == 0,
	    "phases: none behind the last");
	free(jobs);
	return test_end();
}
