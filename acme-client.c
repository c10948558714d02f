/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * main(): reads options and configuration, and makes one run for each authority
 * that is needed.
 *
 * main() leads to run_all() for renewals, -r, -B and -i; to run_list() for -l;
 * to account_run() in parent-account.c for -K, -U, -D and -t; and to try_run()
 * in parent-try.c for -T.  Each calls broker_run() in parent-broker.c, in most
 * cases by apart_run() in parent-apart.c, which gives the run a process of its
 * own.  From there: certproc.c decides what is due and what may be installed;
 * netproc.c talks to the CA; fileproc.c stores the files.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "conf-parse.h"
#include "disk.h"
#include "log.h"
#include "parent.h"
#include "sandbox.h"

static int64_t began; /* The time when this process began. */

/*
 * Opens descriptors 0 to 2, so that no file that is opened later gets one of
 * these numbers.
 */
static void
open_standard_fds(void)
{
	int fd;

	do
		if ((fd = open("/dev/null", O_RDWR)) == -1)
			err(1,
			    "/dev/null, the standard input of all roles (in a "
			    "chroot or container, make it: mknod -m 666 "
			    "/dev/null c 1 3)");
	while (fd <= 2);
	close(fd);
}

static void
on_signal(int sig)
{
	broker_signal = sig;
}

/*
 * Blocks these signals except while the broker polls, so that it misses none.
 */
static void
catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&set, signals[i]);
		sigaction(signals[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int
uses_group(const struct run *run)
{
	uint32_t i;

	for (i = 0; i < run->njobs; i++)
		if (run->jobs[i]->group != NULL)
			return 1;
	return 0;
}

/*
 * Adds a domain section to the run.  One that cannot be used is listed and
 * counted in the metrics, but not renewed, revoked or restored.
 */
static void
add_job(struct run *run, struct domain *d)
{
	if (d->broken != NULL && run->mode != MODE_MONITOR)
		warnx("%s:%d: domain %s: %s", d->file, d->line, d->handle,
		    d->broken);
	if (d->broken != NULL && mode_changes_files(run->mode))
		run->nbroken++;
	else
		run->jobs[run->njobs++] = d;
}

/* Finds the domain sections of these handles, each once; or all sections. */
static void
find_jobs(const struct conf *conf, char **handles, int all, struct run *run)
{
	struct domain *d;
	char *given; /* For each domain section: a handle has named it. */
	uint32_t i;
	int unknown = 0;

	if ((run->jobs = calloc(conf->ndomains + 1, sizeof(*run->jobs))) ==
		NULL ||
	    (given = calloc(conf->ndomains + 1, 1)) == NULL)
		err(1, NULL);
	for (i = 0; all && i < conf->ndomains; i++)
		add_job(run, &conf->domains[i]);
	for (; *handles != NULL; handles++) {
		if ((d = conf_domain(conf, *handles)) == NULL) {
			warnx("%s: there is no such domain in the "
			      "configuration%s",
			    *handles,
			    **handles == '-' ?
				"; options come before the handles" :
				"");
			unknown = 1;
			continue;
		}
		if (!given[d - conf->domains])
			add_job(run, d);
		given[d - conf->domains] = 1;
	}
	free(given);
	if (unknown)
		exit(1);
}

/* Finds the authority of this name; if there is none, the process ends. */
static const struct authority *
find_authority(const struct conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->nauthorities; i++)
		if (strcmp(conf->authorities[i].name, name) == 0)
			return &conf->authorities[i];
	errx(1, "%s: there is no such authority in the configuration", name);
}

/*
 * Have the domain's files changed, in this run or an earlier one, without the
 * commands of 'on change' having run well since?
 */
static int
is_marked(const struct conf *conf, const struct domain *d)
{
	return conf_on_change(conf, d) &&
	    state_exists(conf->state_dir, "domain", d->handle, STATE_CHANGED);
}

/* Has any job commands of 'on change'? */
static int
has_hooks(const struct run *run)
{
	uint32_t i;

	for (i = 0; i < run->njobs; i++)
		if (conf_on_change(run->conf, run->jobs[i]))
			return 1;
	return 0;
}

/*
 * Runs 'verify' for the jobs whose commands have run well, so that they are no
 * longer marked.  Differences are reported, but do not change the exit status.
 */
static void
run_verify(const struct run *changed)
{
	struct run run = *changed;
	struct tally ignored = { 0 };
	uint32_t i;

	run.mode = MODE_VERIFY;
	run.njobs = 0;
	for (i = 0; i < changed->njobs; i++)
		if (changed->jobs[i]->verify.n > 0 &&
		    !is_marked(run.conf, changed->jobs[i]))
			run.jobs[run.njobs++] = changed->jobs[i];
	if (run.njobs > 0 && broker_signal == 0)
		apart_run(&run, 0, &ignored);
}

/*
 * Runs 'on change' for all of these jobs that have changed, whatever their
 * authority; then 'verify'.
 */
static void
run_hooks(const struct conf *conf, const struct run *all, struct tally *tally)
{
	struct run run = *all;
	uint32_t i;

	run.mode = MODE_HOOK;
	run.authority = &conf->authorities[0];
	run.progress = 0;
	run.njobs = 0;
	if ((run.jobs = calloc(all->njobs + 1, sizeof(*run.jobs))) == NULL)
		err(1, NULL);
	for (i = 0; i < all->njobs; i++)
		if (is_marked(conf, all->jobs[i]))
			run.jobs[run.njobs++] = all->jobs[i];
	if (run.njobs > 0) {
		apart_run(&run, 0, tally);
		run_verify(&run);
	}
	free(run.jobs);
}

/* Are there files for monitors? */
static int
has_monitors(const struct conf *conf)
{
	return conf->metrics != NULL || conf->status != NULL;
}

/*
 * 'metrics file' and 'status file': about all domain sections, whatever the
 * operands are.
 */
static void
inform_monitors(
    const struct conf *conf, const struct run *all, struct tally *tally)
{
	struct run run = *all;
	struct tally listed = { 0 };
	char *none = NULL;

	run.mode = MODE_MONITOR;
	run.authority = &conf->authorities[0];
	run.list = (conf->metrics != NULL ? LIST_METRICS : 0) |
	    (conf->status != NULL ? LIST_STATUS : 0);
	run.njobs = 0;
	find_jobs(conf, &none, 1, &run);
	broker_run(&run, &listed);
	tally->failed += listed.broken != 0;
	tally->roles |= listed.roles;
}

/*
 * With -v: tells which processes were in a sandbox, and of which layers.  Not
 * after a run that a role's end has broken off: what ended the role, such as a
 * filter around this program, would end this process, too.
 */
static void
tell_sandboxes(const struct tally *tally)
{
	char names[200] = "", layers[200];
	int role;

	if (verbose == 0 || tally->broken)
		return;
	sandbox_layers(layers, sizeof(layers));
	for (role = 0; role < ROLE__MAX; role++)
		if (role != ROLE_HOOK && (tally->roles >> role & 1) != 0)
			say_add(names, sizeof(names), "%s%s",
			    names[0] != '\0' ? ", " : "", role_names[role]);
	say(1, "sandboxes: %s: %s%s", names, layers,
	    (tally->roles >> ROLE_HOOK & 1) != 0 ? "; hookproc has none" : "");
}

/* With -v: tells what has become of so many handles. */
static void
tell_summary(uint32_t handles, const struct tally *tally)
{
	say(1, "%u changed, %u unchanged, %u failed in %s seconds",
	    tally->installed, tally->unchanged,
	    handles - tally->installed - tally->unchanged, clock_since(began));
}

/*
 * Prints the list of -l for handles of all authorities.  The exit status is for
 * monitoring.
 */
static int
run_list(const struct conf *conf, struct run *run)
{
	struct tally tally = { 0 };

	run->authority = &conf->authorities[0];
	broker_run(run, &tally);
	tell_sandboxes(&tally);
	return tally.failed > 0 ? 1 : tally.installed > 0 ? 2 : 0;
}

/*
 * Carries out renewals, -r, -B and -i.  Each authority has a run with its own
 * processes, so that one CA cannot disturb the run of another.
 */
static int
run_all(const struct conf *conf, const struct run *all)
{
	struct tally tally = { .failed = all->nbroken }, jobs_only;
	uint32_t i, left = all->njobs;
	struct run run = *all;
	struct domain **jobs;
	size_t a;
	int more = has_monitors(conf) || has_hooks(all);

	if ((jobs = calloc(all->njobs + 1, sizeof(*jobs))) == NULL)
		err(1, NULL);
	for (a = 0; a < conf->nauthorities && left > 0 && broker_signal == 0;
	     a++) {
		run.authority = &conf->authorities[a];
		run.jobs = jobs;
		run.njobs = 0;
		for (i = 0; i < all->njobs; i++)
			if (all->jobs[i]->authority == run.authority)
				run.jobs[run.njobs++] = all->jobs[i];
		if (run.njobs == 0)
			continue;
		left -= run.njobs;
		apart_run_batches(
		    &run, left == 0 && !more, all->most_orders, &tally);
	}
	jobs_only = tally;
	if (broker_signal == 0)
		run_hooks(conf, all, &tally);
	if (broker_signal == 0 && has_monitors(conf))
		inform_monitors(conf, all, &tally);
	/* The signal came when no run was left that could report it. */
	if (broker_signal != 0 && !tally.interrupted)
		warnx("interrupted by signal %d, %s: what has changed is "
		      "reported by the next run",
		    broker_signal, strsignal(broker_signal));
	free(jobs);
	tell_sandboxes(&tally);
	tell_summary(all->njobs + all->nbroken, &jobs_only);
	return apart_end(broker_signal != 0 || tally.failed > 0 ? 1 :
		tally.installed > 0                             ? 0 :
								  2);
}

/*
 * Prints for -n on stdout only the configuration, so that acme-client can read
 * it again.
 */
static int
check_only(const struct conf *conf, struct run *run)
{
	char *none = NULL;
	unsigned warnings;

	if (run->njobs + run->nbroken == 0)
		find_jobs(conf, &none, 1, run);
	if (verbose)
		conf_print(conf);
	say_printed("the configuration");
	if (run->nbroken > 0) {
		warnx("configuration OK, except for %u of the handles",
		    run->nbroken);
		return 1;
	}
	warnings = conf_advise(conf, run->jobs, run->njobs);
	if (warnings == 0)
		say(0, "configuration OK");
	else
		say(0, "configuration OK, %u warning%s", warnings,
		    warnings == 1 ? "" : "s");
	return 0;
}

/* Reads the configuration; an invalid one ends the process. */
static const struct conf *
read_conf(const char *path, char *argv[])
{
	struct conf *conf;

	parent_names_begin(argv[0]);
	conf = conf_parse(path);
	parent_names_end();
	if (conf != NULL)
		return conf;
	options_misplaced(argv + optind);
	exit(1);
}

/* Finds the domain sections or the authority that the operands name. */
static void
find_operands(const struct conf *conf, char *operands[], int noperands,
    struct command *command)
{
	struct run *run = &command->run;

	if (!mode_is_for_account(run->mode))
		find_jobs(conf, operands, command->all, run);
	else if (noperands == 1)
		run->authority = find_authority(conf, operands[0]);
	else if (run->mode == MODE_SHOW && noperands == 0)
		run->authority = &conf->authorities[0];
	else
		options_usage();
	if (run->mode == MODE_ROLLOVER)
		account_refuse_shared(conf, run->authority);
}

/* Refuses a run that cannot succeed, and fills in the rest of struct run. */
static void
prepare_run(const struct conf *conf, const char *argv0, struct command *command)
{
	struct run *run = &command->run;

	if (run->njobs + run->nbroken == 0 && run->authority == NULL) {
		if (!command->all)
			options_usage();
		errx(
		    1, "%s: there is no 'domain' section in it", command->conf);
	}
	if (time(NULL) < RELEASE_TIME)
		errx(1,
		    "the clock says %s, before this program was made; set it",
		    clock_text(time(NULL)));
	run->conf = conf;
	run->programs = parent_programs(argv0);
	parent_user(conf, &run->uid, &run->gid);
	parent_capabilities(uses_group(run));
	limits_fit_workers(run);
	if (command->offer != NULL)
		run->offered = parent_offer(command->offer, &run->offered_len);
	if (run->mode == MODE_DEACTIVATE && !run->force)
		account_confirm_deactivation(run->authority->name);
	catch_signals();
}

int
main(int argc, char *argv[])
{
	static struct command command;
	struct run *run = &command.run;
	const struct conf *conf;

	if (sandbox_elevated())
		errx(1,
		    "must not be set-user-ID or set-group-ID, or have file "
		    "capabilities; remove them from the program's file, and "
		    "run it as root or as the user who owns the files");
	began = clock_ms();
	open_standard_fds();
	options_environment(&command.terminal);
	sandbox_prepare(ROLE_PARENT);
	options_read(argc, argv, &command);
	conf = read_conf(command.conf, argv);
	find_operands(conf, argv + optind, argc - optind, &command);
	if (command.check_only)
		return check_only(conf, run);
	prepare_run(conf, argv[0], &command);
	if (run->mode == MODE_LIST)
		return run_list(conf, run);
	if (mode_is_for_account(run->mode))
		return account_run(run);
	if (command.try)
		return try_run(conf, run);
	return run_all(conf, run);
}
