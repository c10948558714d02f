/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * "verify": netproc reports what servers present, and certproc compares it with
 * the installed certificates.  certproc looks at each server once, then again
 * at those that did not present it, since a reload takes its time.  It prints
 * the results, and changes nothing.
 */
#include <err.h>
#include <stdlib.h>

#include "cert.h"
#include "clock.h"
#include "role.h"

#define AGAIN_SECONDS 10 /* Servers are looked at again for so many seconds. */
/* No server is looked at when so many seconds have passed for all servers. */
#define ALL_SECONDS 120

/* A server that has not presented the certificate yet. */
struct server {
	uint32_t job;
	uint32_t number; /* The number of the server in its job. */
	uint32_t tries;
	/* What the server presented, or why it presented nothing. */
	struct error last;
};

static struct server *servers;
static uint32_t nservers;
/* The server that netproc looks at now, or NULL. */
static struct server *current;
static uint32_t *left; /* For each job, how many servers are left to look at. */
static int64_t began;
static struct msg out;

/* Reads the installed files.  0, or -1 with the reason. */
static int
read_installed(struct job *j, struct error *e)
{
	struct stored parts[PART_JOB__MAX];
	int rc;

	if (store_look(j->nr, parts, e) == -1)
		return -1;
	rc = job_take(j, parts, e);
	return rc;
}

static void
add_servers(struct job *j)
{
	struct server *s;
	uint32_t i;

	for (i = 0; i < j->verify.n / VERIFY_WORDS; i++) {
		servers = role_grow(servers, nservers, sizeof(*servers));
		s = &servers[nservers++];
		s->job = j->nr;
		s->number = i;
		left[j->nr]++;
	}
}

void
verify_begin(void)
{
	struct error e;
	uint32_t i;

	if ((left = calloc(njobs + 1, sizeof(*left))) == NULL)
		err(1, NULL);
	for (i = 0; i < njobs; i++) {
		if (read_installed(&jobs[i], &e) == -1)
			warnx("%s: verify: %s", jobs[i].handle, e.text);
		/* After a revocation, there is no installed certificate. */
		else if (jobs[i].installed.chain != NULL)
			add_servers(&jobs[i]);
		enter(i, TASKED);
		if (left[i] == 0)
			finish_job(i, OUTCOME_UNCHANGED);
	}
	began = clock_ms();
	msg_new(&out, PARENT_DUE, 0);
	msg_put_num(&out, nservers);
	msg_send(&out);
}

/*
 * The HOST and NUMBER of "verify HOST port NUMBER" for this server, for
 * messages.
 */
static char *const *
words(const struct server *s)
{
	return jobs[s->job].verify.v + s->number * VERIFY_WORDS;
}

/* Removes a server from the array; the last server takes its place. */
static void
drop(struct server *s)
{
	uint32_t job = s->job;

	*s = servers[--nservers];
	if (--left[job] == 0)
		finish_job(job, OUTCOME_UNCHANGED);
}

static void
give_up(struct server *s)
{
	warnx("%s: verify %s port %s: %s", jobs[s->job].handle, words(s)[0],
	    words(s)[1],
	    s->tries == 0 ? "not looked at, as the others have taken too long" :
			    s->last.text);
	drop(s);
}

/*
 * Chooses the server with the fewest looks so far; of several, the first in the
 * configuration.
 */
static struct server *
next_server(void)
{
	struct server *s, *best = NULL;

	for (s = servers; s < servers + nservers; s++)
		if (best == NULL || s->tries < best->tries ||
		    (s->tries == best->tries &&
			(s->job < best->job ||
			    (s->job == best->job && s->number < best->number))))
			best = s;
	return best;
}

void
verify_next(void)
{
	struct body_job b = { .task = TASK_NOTHING };
	int64_t took = clock_ms() - began;
	struct server *s;

	if (current != NULL)
		errx(1, "CERT_NEXT: %s is not done", jobs[current->job].handle);
	while ((s = next_server()) != NULL &&
	    took > (s->tries > 0 ? AGAIN_SECONDS : ALL_SECONDS) * (int64_t)1000)
		give_up(s);
	if (s != NULL) {
		b.task = TASK_VERIFY;
		b.server = s->number;
		b.again = s->tries > 0;
		current = s;
	}
	msg_new(&out, NET_JOB, s != NULL ? s->job : NO_JOB);
	body_job(&out, &b);
	msg_send(&out);
}

/* Is the presented certificate the installed one?  1; or 0, with the reason. */
static int
is_installed(
    const struct job *j, const struct body_presented *b, struct error *e)
{
	char text[400];
	struct chain *c;
	struct error reason;
	int same;

	if (b->reason != NULL) {
		job_say_foreign(text, sizeof(text), b->reason);
		error_set(e, "%s", text);
		return 0;
	}
	if ((c = chain_parse((const char *)b->pem, b->len, &reason)) == NULL) {
		error_set(
		    e, "the server presents no certificate: %s", reason.text);
		return 0;
	}
	if (!(same = chain_same_leaf(j->installed.chain, c))) {
		chain_describe(c, text, sizeof(text));
		error_set(
		    e, "the server presents another certificate: %s", text);
	}
	chain_free(c);
	return same;
}

void
cert_presented(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	struct server *s = current;
	struct body_presented b;

	body_presented(m, &b);
	if (s == NULL || s->job != m->head.job || s->number != b.server)
		errx(1, "CERT_PRESENTED: %s: nobody asked", j->handle);
	current = NULL;
	s->tries++;
	if (!is_installed(j, &b, &s->last)) {
		say(2, "%s: verify %s port %s: %s", j->handle, words(s)[0],
		    words(s)[1], s->last.text);
		return;
	}
	say(1,
	    "%s: verify %s port %s: the server presents the installed "
	    "certificate",
	    j->handle, words(s)[0], words(s)[1]);
	drop(s);
}
