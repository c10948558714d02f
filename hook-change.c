/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * 'on change': each distinct command runs once, one after the other: first the
 * handles' own, in their order, then those for all.  fileproc knows which
 * handles have changed, and forgets it when all commands of a handle have
 * succeeded; the next run runs failed commands again.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hook.h"
#include "role.h"

/* The most handles that have variables of their own in the environment. */
#define NAMED_MAX 500
/* The most bytes of ACME_CHANGED: Linux allows twice as many in one string. */
#define NAMED_BYTES_MAX (64 * 1024)

struct hook_job {
	struct slice_domain conf;
	/* fileproc has said whether the handle has changed. */
	int known;
	int changed;
	size_t left; /* How many of its commands have not run yet. */
	int failed;  /* One of its commands has failed. */
};

/* A command, and the jobs that have it. */
struct change {
	const struct strings *argv;
	uint32_t *jobs;
	uint32_t njobs;
};

static struct hook_job *jobs;
static uint32_t njobs, nknown;
static struct commands common;
static struct change *changes;
static uint32_t nchanges, current;
static struct msg out;

static void run_next(void);

void
change_conf(const struct slice_conf *c)
{
	common = c->on_change;
}

void
change_domain(const struct slice_domain *d)
{
	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	jobs[njobs++].conf = *d;
}

static int
same_command(const struct strings *a, const struct strings *b)
{
	size_t i;

	if (a->n != b->n)
		return 0;
	for (i = 0; i < a->n && strcmp(a->v[i], b->v[i]) == 0; i++)
		;
	return i == a->n;
}

/* Plans a command for this job; a command of several jobs runs once. */
static void
add(const struct strings *argv, uint32_t job)
{
	struct change *c;
	uint32_t i;

	for (i = 0; i < nchanges && !same_command(changes[i].argv, argv); i++)
		;
	if (i == nchanges) {
		changes = role_grow(changes, nchanges, sizeof(*changes));
		changes[nchanges++].argv = argv;
	}
	c = &changes[i];
	/* A command that is given twice for one job counts once. */
	if (c->njobs > 0 && c->jobs[c->njobs - 1] == job)
		return;
	c->jobs = role_grow(c->jobs, c->njobs, sizeof(*c->jobs));
	c->jobs[c->njobs++] = job;
	jobs[job].left++;
}

static void
tell_outcome(uint32_t job, enum outcome outcome)
{
	msg_new(&out, PARENT_OUTCOME, job);
	msg_put_num(&out, outcome);
	msg_send(&out);
}

static void
set_path(
    struct environment *e, const char *name, size_t number, const char *path)
{
	char text[40];

	if (path == NULL)
		return;
	snprintf(text, sizeof(text), "ACME_%s_%zu", name, number);
	hook_setenv(e, text, path);
}

/* Appends a handle to text; 0: there is no room. */
static int
add_name(char *text, size_t size, const char *handle)
{
	size_t len = strlen(text);

	return (size_t)snprintf(text + len, size - len, "%s%s",
		   len > 0 ? " " : "", handle) < size - len;
}

/*
 * Makes the environment: which handles have changed, and where their files are.
 */
static void
describe(struct environment *e, const struct change *c)
{
	static char names[NAMED_BYTES_MAX];
	char number[16];
	const struct slice_domain *d;
	uint32_t i;

	hook_environment(e);
	snprintf(number, sizeof(number), "%u", c->njobs);
	hook_setenv(e, "ACME_COUNT", number);
	names[0] = '\0';
	for (i = 0; i < c->njobs && i < NAMED_MAX && e->bytes < HOOK_BYTES_MAX;
	     i++) {
		d = &jobs[c->jobs[i]].conf;
		if (!add_name(names, sizeof(names) - 1, d->handle))
			break;
		set_path(e, "HANDLE", i + 1, d->handle);
		set_path(e, "KEY", i + 1, d->key);
		set_path(e, "CERT", i + 1, d->cert);
		set_path(e, "CHAIN", i + 1, d->chain);
		set_path(e, "FULLCHAIN", i + 1, d->fullchain);
		set_path(e, "COMBINED", i + 1, d->combined);
	}
	snprintf(number, sizeof(number), "%u", i);
	hook_setenv(e, "ACME_NAMED", number);
	hook_setenv(e, "ACME_CHANGED", names);
}

/* Lists the handles of a command for a message. */
static void
name_jobs(const struct change *c, char *text, size_t size)
{
	uint32_t i;

	text[0] = '\0';
	for (i = 0; i < c->njobs && i < 3; i++)
		say_add(text, size, "%s%s", i > 0 ? ", " : "",
		    jobs[c->jobs[i]].conf.handle);
	if (i < c->njobs)
		say_add(text, size, " and %u more", c->njobs - i);
}

/* Reports the job when all its commands have run. */
static void
end_job(uint32_t job)
{
	if (jobs[job].failed) {
		tell_outcome(job, OUTCOME_FAILED);
		return;
	}
	msg_new(&out, FILE_FORGET_CHANGE, job);
	msg_send(&out);
}

static void
done(void *arg, const char *failure)
{
	struct change *c = arg;
	char names[700];
	uint32_t i;

	if (failure != NULL) {
		name_jobs(c, names, sizeof(names));
		warnx("on change %s: %s; what has changed (%s) stays so, and "
		      "the next run runs it again",
		    c->argv->v[0], failure, names);
	} else
		say(1, "on change %s: done", c->argv->v[0]);
	for (i = 0; i < c->njobs; i++) {
		jobs[c->jobs[i]].failed |= failure != NULL;
		if (--jobs[c->jobs[i]].left == 0)
			end_job(c->jobs[i]);
	}
	run_next();
}

static void
run_next(void)
{
	struct environment e;
	char names[700], *what;
	struct change *c;

	if (current == nchanges)
		return;
	c = &changes[current++];
	name_jobs(c, names, sizeof(names));
	say(1, "on change %s: for %s", c->argv->v[0], names);
	if (asprintf(&what, "on change %s", c->argv->v[0]) == -1)
		err(1, NULL);
	describe(&e, c);
	(void)hook_start(what, c->argv, &e, done, c);
	hook_environment_free(&e);
	free(what);
}

/* Plans the commands, once it is known which handles have changed. */
static void
plan(void)
{
	uint32_t job;
	size_t i;

	for (job = 0; job < njobs; job++)
		for (i = 0; jobs[job].changed && i < jobs[job].conf.on_change.n;
		     i++)
			add(&jobs[job].conf.on_change.v[i], job);
	for (i = 0; i < common.n; i++)
		for (job = 0; job < njobs; job++)
			if (jobs[job].changed)
				add(&common.v[i], job);
	for (job = 0; job < njobs; job++)
		if (!jobs[job].changed)
			tell_outcome(job, OUTCOME_UNCHANGED);
		else if (jobs[job].left == 0)
			end_job(job);
}

void
hook_changed(struct msg *m)
{
	struct hook_job *j = &jobs[m->head.job];

	body_flag(m, &j->changed);
	nknown += !j->known;
	j->known = 1;
	if (nknown < njobs)
		return;
	plan();
	run_next();
}

/* If fileproc could not remember this, it has printed the reason. */
void
hook_forgotten(struct msg *m)
{
	int ok;

	body_flag(m, &ok);
	tell_outcome(m->head.job, ok ? OUTCOME_INSTALLED : OUTCOME_FAILED);
}
