/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Options, configuration, and one run for each authority that is needed.
 *
 * main() leads to run_all() for certificates, run_account() for -K, -U, -D and
 * -t, and run_list() for -l.  Each calls broker_run() in parent-broker.c, in
 * most cases by run_authority(), which gives the run a process of its own.
 * From there: certproc.c decides what is due and what may be installed;
 * netproc.c talks to the CA; fileproc.c stores the files.
 */
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

#define WORKERS 4 /* The number of netproc's workers in a run without -j. */
/* The descriptors that a role opens besides those for its jobs. */
#define OTHER_DESCRIPTORS 24
/* The descriptors of the parent besides those for netproc's workers. */
#define PARENT_DESCRIPTORS 31

#ifndef CONF_FILE
#define CONF_FILE "/etc/acme-client.conf"
#endif

extern char **environ;

__attribute__((noreturn)) static void
usage(void)
{
	fprintf(stderr,
	    "usage: acme-client [-Fnv] [-f configfile] [-j workers] [-m "
	    "orders] -a | handle ...\n"
	    "       acme-client -l [-Jv] [-f configfile] [handle ...]\n"
	    "       acme-client -B [-v] [-f configfile] handle ...\n"
	    "       acme-client -T [-Fv] [-f configfile] handle ...\n"
	    "       acme-client -i file [-Fv] [-f configfile] handle\n"
	    "       acme-client -r [-v] [-f configfile] [-R reason] handle "
	    "...\n"
	    "       acme-client [-Fv] [-f configfile] -K|-U|-D authority\n"
	    "       acme-client -t [-Fv] [-f configfile] [authority]\n"
	    "       acme-client -V\n");
	exit(1);
}

/* Prints the version for -V, whatever other options are given. */
__attribute__((noreturn)) static void
print_version(void)
{
	printf("acme-client " VERSION "\n");
	if (fflush(stdout) == EOF)
		err(1, "cannot write the version");
	exit(0);
}

/*
 * Reads the reason for a revocation (RFC 5280 5.3.1), a name or a number; the
 * RFC does not use 7.
 */
static int
parse_reason(const char *text)
{
	static const char *const names[] = { "unspecified", "keyCompromise",
		"cACompromise", "affiliationChanged", "superseded",
		"cessationOfOperation", "certificateHold", NULL,
		"removeFromCRL", "privilegeWithdrawn", "aACompromise" };
	const int n = sizeof(names) / sizeof(names[0]);
	char number[4];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(number, sizeof(number), "%d", i);
		if (names[i] != NULL &&
		    (strcasecmp(names[i], text) == 0 ||
			strcmp(number, text) == 0))
			return i;
	}
	fprintf(stderr, "acme-client: -R %s: expected one of", text);
	for (i = 0; i < n; i++)
		if (names[i] != NULL)
			fprintf(stderr, " %s (%d)", names[i], i);
	fprintf(stderr, "\n");
	exit(1);
}

static uint64_t
parse_count(int option, const char *text, int most)
{
	const char *error;
	long long n = strtonum(text, 1, most, &error);

	if (error != NULL)
		errx(1, "-%c %s: expected a number from 1 to %d", option, text,
		    most);
	return (uint64_t)n;
}

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
	uint32_t i;
	int unknown = 0;

	if ((run->jobs = calloc(conf->ndomains + 1, sizeof(*run->jobs))) ==
	    NULL)
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
		for (i = 0; i < run->njobs && run->jobs[i] != d; i++)
			;
		if (i == run->njobs)
			add_job(run, d);
	}
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

/* Asks for the authority's name, since -D cannot be undone. */
static void
confirm_deactivation(const char *name)
{
	char line[256];

	if (!isatty(STDIN_FILENO))
		errx(1,
		    "-D %s: deactivates the account for good; confirm with -F, "
		    "or on a terminal",
		    name);
	fprintf(stderr,
	    "This deactivates the account at %s for good; certificates stay "
	    "valid, but "
	    "can no longer be\nrenewed or revoked with it.  Type the "
	    "authority's name to go on: ",
	    name);
	if (fgets(line, sizeof(line), stdin) == NULL)
		errx(1, "nothing was done");
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, name) != 0)
		errx(1, "'%s' is not %s: nothing was done", line, name);
}

/*
 * The first process may run each authority in a process of its own.  If such a
 * process has changed anything, it waits until the status of acme-client
 * reports the change.
 */
static int *waiting; /* A socket to each process that waits. */
static size_t nwaiting;
/* This process has too few descriptors to run all jobs at once. */
static int few_descriptors;

/*
 * The descriptors that the first process uses itself, while runs have processes
 * of their own.
 */
#define OWN_DESCRIPTORS 8
/*
 * With few descriptors, no more processes wait than this.  The others end
 * early, and the next run of acme-client reports their changes once more.
 */
#define WAITING_MAX 4
/*
 * Tells a waiting process that status 0 will report its changes; the process
 * replies with the same byte.
 */
#define REPORTED 'r'
#define FINISH 'e' /* Tells a waiting process to end at once. */

/*
 * Carries out a run in a process of its own.  fd is a socket to the first
 * process; its end of file ends the run.
 */
__attribute__((noreturn)) static void
run_apart(const struct run *authority, int fd)
{
	struct run run = *authority;
	struct tally tally = { 0 };
	char word = FINISH;

	run.hup_fd = fd;
	broker_run(&run, &tally);
	if (write(fd, &tally, sizeof(tally)) != sizeof(tally))
		err(1, "write");
	if (tally.waits && read(fd, &word, 1) == 1 && word == REPORTED) {
		broker_forget();
		if (write(fd, &word, 1) != 1 || read(fd, &word, 1) != 1)
			exit(1);
	}
	/*
	 * End of file: the first process was killed, and fileproc notices that.
	 */
	if (word == FINISH)
		broker_end();
	exit(0);
}

/*
 * Waits until the process has sent its tally, or has ended.  A signal for
 * acme-client is passed on to the process.
 */
static void
wait_for_tally(int fd, pid_t pid)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	sigset_t none;

	sigemptyset(&none);
	while (ppoll(&pfd, 1, NULL, &none) == -1)
		if (errno != EINTR)
			err(1, "ppoll");
		else if (broker_signal != 0)
			kill(pid, SIGTERM);
}

/*
 * Ends the first process that waits; the next run of acme-client reports its
 * changes.
 */
static void
finish_first(void)
{
	struct pollfd pfd = { .fd = waiting[0] };
	char word = FINISH;

	if (write(waiting[0], &word, 1) == -1)
		warn("write");
	poll(&pfd, 1, STOP_SECONDS * 1000);
	close(waiting[0]);
	memmove(waiting, waiting + 1, --nwaiting * sizeof(*waiting));
}

/*
 * Does this process have n descriptors left, besides those of waiting
 * processes?
 */
static int
has_room(size_t n)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		err(1, "getrlimit");
	return nwaiting == 0 || nwaiting + n <= r.rlim_cur;
}

/* Adds what a run in a process of its own has done. */
static void
add_tally(struct tally *tally, const struct tally *one)
{
	tally->installed += one->installed;
	tally->failed += one->failed;
	tally->unchanged += one->unchanged;
	/* This process, which has started it, is in no sandbox. */
	tally->roles |= one->roles & ~(1u << ROLE_PARENT);
	tally->ordered += one->ordered;
	tally->responded += one->responded;
	tally->broken |= one->broken;
	tally->interrupted |= one->interrupted;
}

/*
 * Makes a run for one authority.  Since broker_run() gives up this process's
 * rights, all runs but the last one have a process of their own; so has the
 * last one, if this process has too few descriptors.
 */
static void
run_authority(const struct run *run, int last, struct tally *tally)
{
	struct tally one = { 0 };
	int fds[2], status, gone = 0;
	pid_t pid, rc;

	if (last && has_room(OTHER_DESCRIPTORS + 2 * run->workers)) {
		broker_run(run, tally);
		return;
	}
	if ((few_descriptors && nwaiting >= WAITING_MAX) ||
	    !has_room(OWN_DESCRIPTORS))
		finish_first();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1 ||
	    (pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		/* Close the sockets that only the first process may hold. */
		close(fds[0]);
		while (nwaiting > 0)
			close(waiting[--nwaiting]);
		run_apart(run, fds[1]);
	}
	close(fds[1]);
	wait_for_tally(fds[0], pid);
	if (read(fds[0], &one, sizeof(one)) != sizeof(one)) {
		memset(&one, 0, sizeof(one));
		one.failed = run->njobs;
		gone = 1;
	}
	if (one.waits) {
		if ((waiting = reallocarray(
			 waiting, nwaiting + 1, sizeof(*waiting))) == NULL)
			err(1, NULL);
		waiting[nwaiting++] = fds[0];
	} else {
		close(fds[0]);
		while ((rc = waitpid(pid, &status, 0)) == -1 && errno == EINTR)
			;
		/* A process that exited has reported its error itself. */
		if (gone && rc == pid && WIFSIGNALED(status))
			warnx("the run at %s was killed by signal %d, %s",
			    run->authority->name, WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
	}
	add_tally(tally, &one);
}

/*
 * Ends all waiting processes; acme-client exits with this status.  Status 0
 * reports all changes, so that they are forgotten first; with another status,
 * the next run with status 0 reports them.
 */
static int
finish(int status)
{
	struct pollfd pfd = { .events = 0 };
	char word = REPORTED;
	size_t i;

	for (i = 0; i < nwaiting && status == 0; i++)
		if (write(waiting[i], &word, 1) == 1 &&
		    read(waiting[i], &word, 1) == -1)
			warn("read");
	if (status == 0)
		broker_forget();
	word = FINISH;
	for (i = 0; i < nwaiting; i++)
		if (write(waiting[i], &word, 1) == -1)
			warn("write");
	broker_end();
	for (i = 0; i < nwaiting; i++) {
		pfd.fd = waiting[i];
		poll(&pfd, 1, STOP_SECONDS * 1000);
	}
	return status;
}

/* Refuses -K for a key that another authority uses, too. */
static void
refuse_shared(const struct conf *conf, const struct authority *a)
{
	const struct authority *other = conf_sharer(conf, a);

	if (other != NULL)
		errx(1,
		    "-K %s: authority %s has the same account key, %s; give "
		    "one of them an 'account key' of its own first, with which "
		    "its next run registers a new account",
		    a->name, other->name, a->account_key);
}

#define NAMED_MOST 5 /* The most handles that a message lists. */

/*
 * Lists for a message the handles whose web servers are configured with the
 * thumbprint of this authority's account; "" if there are none.
 */
static const char *
stateless_handles(const struct conf *conf, const struct authority *a)
{
	static char text[NAMED_MOST * 202 + 32];
	size_t i, n = 0;

	for (i = 0; i < conf->ndomains; i++)
		if (conf->domains[i].way == WAY_STATELESS &&
		    conf->domains[i].authority == a && n++ < NAMED_MOST)
			say_add(text, sizeof(text), "%s%s", n > 1 ? ", " : "",
			    conf->domains[i].handle);
	if (n > NAMED_MOST)
		say_add(text, sizeof(text), " and %zu more", n - NAMED_MOST);
	return text;
}

/*
 * Handles -K.  A first run has the CA accept the new key.  A second run puts it
 * in the old key's place, or sets it aside if the CA does not know it.  A third
 * run prints its thumbprint, if web servers are configured with that.
 */
static void
run_rollover(struct run *run, struct tally *tally)
{
	const char *handles = stateless_handles(run->conf, run->authority);

	if (*handles != '\0')
		warnx("-K %s: the web servers of %s respond with the account's "
		      "thumbprint (stateless); they need the new one, which is "
		      "printed when the CA has the new key: until they have "
		      "it, no renewal of these succeeds",
		    run->authority->name, handles);
	run_authority(run, 0, tally);
	if (tally->failed == 0)
		say(0,
		    "the account at %s has a new key; where its thumbprint is "
		    "configured, that must be changed%s%s",
		    run->authority->name, *handles != '\0' ? ", now for " : "",
		    handles);
	run->mode = MODE_ADOPT;
	run_authority(run, *handles == '\0', tally);
	run->mode = MODE_SHOW;
	if (*handles != '\0' && tally->failed == 0)
		run_authority(run, 1, tally);
}

/* Carries out -K, -U, -D or -t. */
static int
run_account(struct run *run)
{
	struct tally tally = { 0 };

	run->njobs = 1;
	if (run->mode == MODE_ROLLOVER)
		run_rollover(run, &tally);
	else
		run_authority(run, 1, &tally);
	if (tally.failed == 0 && run->mode == MODE_CONTACT && run->tells)
		say(0, "-U: the CA of %s has the %s", run->authority->name,
		    run->authority->contact != NULL ?
			"new contact" :
			"account without a contact now");
	if (tally.failed == 0 && run->mode == MODE_DEACTIVATE)
		say(0,
		    conf_sharer(run->conf, run->authority) == NULL ?
			"the account at %s is deactivated; a new one needs a "
			"new key: move %s away first" :
			"the account at %s is deactivated; a new one needs a "
			"new key: name another 'account key' than %s",
		    run->authority->name, run->authority->account_key);
	return tally.failed > 0 ? 1 : 0;
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
		run_authority(&run, 0, &ignored);
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
		run_authority(&run, 0, tally);
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

static int64_t began; /* The time when this process began. */

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

static int
same_directory(const char *a, const char *b)
{
	size_t na = (size_t)(strrchr(a, '/') - a),
	       nb = (size_t)(strrchr(b, '/') - b);

	return na == nb && strncmp(a, b, na) == 0;
}

/*
 * Returns how many descriptors a role needs for this job at most: fileproc
 * keeps its lock and its directories open.  Directories that the previous job
 * has, too, are not counted again.
 */
static size_t
descriptors(const struct domain *d, const struct domain *before)
{
	static const struct domain none = { 0 };
	const struct domain *b = before != NULL ? before : &none;
	const char *const pairs[][2] = { { d->key, b->key },
		{ d->combined, b->combined }, { d->cert, b->cert },
		{ d->chain, b->chain }, { d->fullchain, b->fullchain } };
	size_t i, n = 1;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		n += pairs[i][0] != NULL &&
		    (pairs[i][1] == NULL ||
			!same_directory(pairs[i][0], pairs[i][1]));
	return n +
	    (d->challengedir != NULL &&
		(b->challengedir == NULL ||
		    strcmp(d->challengedir, b->challengedir) != 0));
}

/* Returns for how many of these jobs one run has descriptors; at least 1. */
static uint32_t
batch(struct domain *const *jobs, uint32_t n)
{
	struct rlimit r;
	size_t needed = OTHER_DESCRIPTORS;
	uint32_t i;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		err(1, "getrlimit");
	for (i = 0; i < n; i++) {
		needed += descriptors(jobs[i], i == 0 ? NULL : jobs[i - 1]);
		if (needed > r.rlim_max && i > 0)
			break;
	}
	return i;
}

/*
 * Lowers the number of workers to what this process has descriptors for: three
 * for each child, which are its socket, its stderr and the process.
 */
static void
fit_workers(struct run *run)
{
	struct rlimit r;
	rlim_t n;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		err(1, "getrlimit");
	n = r.rlim_cur < PARENT_DESCRIPTORS + 3 ?
	    1 :
	    (r.rlim_cur - PARENT_DESCRIPTORS) / 3;
	if (run->workers > n)
		run->workers = (uint32_t)n;
}

/*
 * Makes one run for an authority's jobs; or several, one after the other, where
 * the limit of open files (ulimit -n) is too low for one.
 */
static void
run_batches(
    struct run *run, int last, uint64_t most_orders, struct tally *tally)
{
	uint32_t left = run->njobs;

	while (left > 0 && broker_signal == 0) {
		run->njobs = batch(run->jobs, left);
		few_descriptors |= run->njobs < left;
		if (run->njobs < left)
			say(1,
			    "no more than %u of %u handles at once, as ulimit "
			    "-n is low",
			    run->njobs, left);
		left -= run->njobs;
		run->most_orders = most_orders - tally->ordered;
		run_authority(run, last && left == 0, tally);
		run->jobs += run->njobs;
	}
}

/*
 * Carries out renewals, -r and -B.  Each authority has a run with its own
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
		run_batches(&run, left == 0 && !more, all->most_orders, &tally);
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
	tell_sandboxes(&tally);
	tell_summary(all->njobs + all->nbroken, &jobs_only);
	return finish(broker_signal != 0 || tally.failed > 0 ? 1 :
		tally.installed > 0                          ? 0 :
							       2);
}

/* The runs of one rehearsal; 0, or -1: it has failed, and a role says why. */
static int
rehearse(const struct run *all, const struct domain *d, struct tally *tally)
{
	static struct rehearsal r;
	struct domain *job = &r.domain;
	struct run run = *all;
	struct tally listed = { 0 };
	int tries;

	try_derive(all->conf, d, &r);
	try_prepare(all->conf, d, &r, all->force);
	run.conf = &r.conf;
	run.authority = &r.authorities[0];
	run.jobs = &job;
	run.njobs = 1;
	run.force = run.checks = 1;
	run.progress = run.tells = 0;
	/* A first run may only complete what an interrupted one has left. */
	for (tries = 0; tries < 2 && tally->ordered == 0 &&
	     tally->failed == 0 && broker_signal == 0;
	     tries++)
		run_authority(&run, 0, tally);
	if (tally->failed > 0 || tally->ordered == 0)
		return -1;
	run.mode = MODE_LIST;
	run.list = LIST_ISSUED;
	run_authority(&run, 0, &listed);
	return listed.broken ? -1 : 0;
}

/*
 * -T.  Each handle has a rehearsal of its own; the exit status of one that has
 * succeeded is 0, each time.
 */
static int
run_try(const struct conf *conf, const struct run *all)
{
	uint32_t i, failed = all->nbroken;
	struct tally tally;
	struct domain *d;

	for (i = 0; i < all->njobs; i++)
		try_refuse(all->jobs[i]);
	for (i = 0; i < all->njobs && broker_signal == 0; i++) {
		d = all->jobs[i];
		memset(&tally, 0, sizeof(tally));
		if (rehearse(all, d, &tally) == -1) {
			warnx("-T %s: the rehearsal has failed; nothing that "
			      "is installed was touched",
			    d->handle);
			failed++;
			continue;
		}
		if (tally.responded < d->names.n)
			printf("  the CA looked at %u of %zu responses: it "
			       "remembers the names of an earlier rehearsal; "
			       "with -F, it has to look at all\n",
			    tally.responded, d->names.n);
		try_report(conf, d);
	}
	/* What a rehearsal has installed is nothing to be reported later. */
	finish(0);
	return failed > 0 || broker_signal != 0 ? 1 : 0;
}

/* What the command line and the environment say. */
struct command {
	const char *conf;  /* The path of the configuration. */
	const char *offer; /* -i: the path of a chain, or "-". */
	int check_only;    /* -n */
	int all;           /* -a */
	int try;           /* -T */
	/* How many of -B, -i, -l, -r, -t, -T, -K, -U and -D were given. */
	int modes;
	/* NO_COLOR is in the environment, and not empty. */
	int no_color;
	/* TERM is missing, or names a terminal that cannot erase a line. */
	int dumb;
	unsigned columns; /* The width of a list in columns; 0: no limit. */
	struct run run;
};

/* Takes an option that says what the run is for, or refuses it. */
static void
take_mode(struct command *command, int option)
{
	struct run *run = &command->run;

	switch (option) {
	case 'B':
		run->mode = MODE_RESTORE;
		break;
	case 'D':
		run->mode = MODE_DEACTIVATE;
		break;
	case 'K':
		run->mode = MODE_ROLLOVER;
		break;
	case 'T':
		command->try = 1;
		break;
	case 'U':
		run->mode = MODE_CONTACT;
		break;
	case 'i':
		run->mode = MODE_INSTALL;
		command->offer = optarg;
		break;
	case 'l':
		run->mode = MODE_LIST;
		break;
	case 'r':
		run->mode = MODE_REVOKE;
		break;
	case 't':
		run->mode = MODE_SHOW;
		break;
	default:
		usage();
	}
	command->modes++;
}

static void
parse_options(int argc, char *argv[], struct command *command)
{
	struct run *run = &command->run;
	int c;

	while ((c = getopt(argc, argv, "+FnvVarltTJi:j:m:R:BKUDf:")) != -1)
		switch (c) {
		case 'F':
			run->force = 1;
			break;
		case 'a':
			command->all = 1;
			break;
		case 'f':
			command->conf = optarg;
			break;
		case 'j':
			run->workers = (uint32_t)parse_count(
			    'j', optarg, WORKERS_MAX);
			break;
		case 'J':
			run->list |= LIST_JSON;
			break;
		case 'm':
			run->most_orders = parse_count('m', optarg, 1000000);
			break;
		case 'n':
			command->check_only = 1;
			break;
		case 'v':
			verbose++;
			break;
		case 'V':
			print_version();
		case 'R':
			run->reason = parse_reason(optarg);
			break;
		default:
			take_mode(command, c);
		}
}

/* Refuses options that exclude each other; sets the output's format. */
static void
check_options(struct command *command, int noperands)
{
	struct run *run = &command->run;

	if (command->modes > 1)
		errx(1, "only one of -B, -i, -l, -r, -t, -T, -K, -U and -D");
	if (run->mode == MODE_RESTORE && run->force)
		errx(1, "-F is for renewals, and -B makes none");
	if (run->list != 0 && run->mode != MODE_LIST)
		errx(1, "-J is for -l only");
	run->progress = command->all && run->mode == MODE_RENEW &&
	    !command->dumb && isatty(STDERR_FILENO);
	run->tells = !run->progress && isatty(STDERR_FILENO);
	if (run->mode == MODE_LIST && isatty(STDOUT_FILENO))
		run->list |= LIST_BAR | (command->no_color ? 0 : LIST_COLOR);
	if (run->mode == MODE_LIST)
		run->list |= (int)(command->columns * LIST_COLUMNS);
	if (run->mode == MODE_INSTALL && noperands != 1)
		errx(1, "-i is for one handle");
	/* Without -a, only -l takes all handles; -r must name them. */
	if (run->mode == MODE_LIST && noperands == 0)
		command->all = 1;
	else if (command->all &&
	    (run->mode != MODE_RENEW || command->try || noperands > 0))
		errx(1, "-a renews all handles: it goes with no other mode");
	if (run->reason != -1 && run->mode != MODE_REVOKE)
		errx(1, "-R is for -r only");
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

	if (run->njobs == 0)
		find_jobs(conf, &none, 1, run);
	if (verbose)
		conf_print(conf);
	if (fflush(stdout) == EOF)
		err(1, "cannot write the configuration");
	if (run->nbroken > 0) {
		warnx("configuration OK, except for %u of the handles",
		    run->nbroken);
		return 1;
	}
	warnings = conf_advise(conf, run->jobs, run->njobs);
	if (warnings == 0)
		warnx("configuration OK");
	else
		warnx("configuration OK, %u warning%s", warnings,
		    warnings == 1 ? "" : "s");
	return 0;
}

#define COLUMNS_LEAST 80
#define COLUMNS_MOST 1000

/*
 * Returns the width of a list on stdout: the terminal's, or the number in
 * COLUMNS if it is in range; 0: no limit.
 */
static unsigned
columns(void)
{
	const char *text = getenv("COLUMNS"), *error = "";
	struct winsize size;
	unsigned n = 0;

	if (isatty(STDOUT_FILENO) &&
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	if (n == 0 && text != NULL) {
		n = (unsigned)strtonum(
		    text, COLUMNS_LEAST, COLUMNS_MOST, &error);
		n = error == NULL ? n : 0;
	}
	if (n == 0)
		return isatty(STDOUT_FILENO) ? COLUMNS_LEAST : 0;
	return n < COLUMNS_LEAST ? COLUMNS_LEAST :
	    n < COLUMNS_MOST     ? n :
				   COLUMNS_MOST;
}

/* Warns of an option behind the handles, which getopt(3) has not read. */
static void
hint_at_options(char **operands)
{
	for (; *operands != NULL; operands++)
		if (**operands == '-') {
			warnx("%s: options come before the handles", *operands);
			return;
		}
}

/*
 * Reads what the environment says about the terminal; then this process forgets
 * the environment.
 */
static void
take_environment(struct command *command)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	command->no_color = no_color != NULL && *no_color != '\0';
	command->dumb = term == NULL || *term == '\0' ||
	    strcmp(term, "dumb") == 0;
	command->columns = columns();
	environ = calloc(1, sizeof(*environ));
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
	hint_at_options(argv + optind);
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
		usage();
	if (run->mode == MODE_ROLLOVER)
		refuse_shared(conf, run->authority);
}

/* Refuses a run that cannot succeed, and fills in the rest of struct run. */
static void
prepare_run(const struct conf *conf, const char *argv0, struct command *command)
{
	struct run *run = &command->run;

	if (run->njobs + run->nbroken == 0 && run->authority == NULL) {
		if (!command->all)
			usage();
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
	fit_workers(run);
	if (command->offer != NULL)
		run->offered = parent_offer(command->offer, &run->offered_len);
	if (run->mode == MODE_DEACTIVATE && !run->force)
		confirm_deactivation(run->authority->name);
	catch_signals();
}

int
main(int argc, char *argv[])
{
	struct command command = { .conf = CONF_FILE,
		.run = { .mode = MODE_RENEW,
		    .reason = -1,
		    .most_orders = UINT64_MAX,
		    .workers = WORKERS,
		    .hup_fd = -1 } };
	struct run *run = &command.run;
	const struct conf *conf;

	if (sandbox_elevated())
		errx(1,
		    "must not be set-user-ID or set-group-ID, or have file "
		    "capabilities; remove them from the program's file, and "
		    "run it as root or as the user who owns the files");
	began = clock_ms();
	open_standard_fds();
	take_environment(&command);
	sandbox_prepare(ROLE_PARENT);
	parse_options(argc, argv, &command);
	check_options(&command, argc - optind);
	conf = read_conf(command.conf, argv);
	find_operands(conf, argv + optind, argc - optind, &command);
	if (command.check_only)
		return check_only(conf, run);
	prepare_run(conf, argv[0], &command);
	if (run->mode == MODE_LIST)
		return run_list(conf, run);
	if (mode_is_for_account(run->mode))
		return run_account(run);
	if (command.try)
		return run_try(conf, run);
	return run_all(conf, run);
}
