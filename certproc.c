/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Decides which certificates are due, which chains may be installed, and what
 * the outcome of each job is.  It holds no file, no key and no socket but the
 * one to the parent.  It reads untrusted bytes: chains, revocation lists and
 * errors from netproc, installed certificates and states from fileproc, with -i
 * a chain from the parent.  An attacker in certproc can have any bytes stored
 * as the state and, once in a run, as the certificates of a configured job
 * (fileproc keeps those that are replaced), have configured names ordered, and
 * have a new key made.  With -r it names the certificate to revoke, but csrproc
 * and keyproc check that certificate themselves.  certproc refuses every chain
 * that does not lead from the job's key and exactly the job's names to a
 * trusted root, and every certificate that is older than the installed one.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "begin.h"
#include "cert.h"
#include "clock.h"
#include "role.h"
#include "sandbox.h"
#include "valid.h"

/* The seconds to wait for all locks of a run together. */
#define LOCK_SECONDS 30

static uint64_t most_orders; /* The argument of -m. */
static int list_flags;       /* The options of -l. */
static int64_t lock_deadline;

static void
add_job(const struct slice_domain *d)
{
	struct job *j = job_add();

	j->handle = d->handle;
	j->path[PART_CERT] = d->cert;
	j->path[PART_CHAIN] = d->chain;
	j->path[PART_FULLCHAIN] = d->fullchain;
	j->combined = d->has_combined;
	j->authority = d->authority;
	j->key_path = d->key;
	j->combined_path = d->combined;
	j->profile = d->profile;
	j->preferred = d->preferred_chain;
	j->check_status = d->check_revocation;
	j->fingerprint = d->fingerprint;
	j->group = d->group;
	j->key_spec = d->key_spec;
	j->directory = d->api_url;
	j->anchors = anchors_open(d->rooting, d->root_file);
	j->names = d->names;
	j->names.more = d->accept_more;
	j->verify = d->verify;
	if (j->names.n == 0)
		error_set(&j->broken, "'csr file' cannot be used");
}

/* The files for monitors. */
static const struct {
	int flag; /* in list_flags, where the file is configured */
	enum part part;
	const char *name;
	int (*write)(const struct report *, size_t, struct error *);
} monitors[] = {
	{ LIST_METRICS, PART_METRICS, "metrics file", cert_metrics },
	{ LIST_STATUS, PART_STATUS, "status file", cert_list_file },
};
#define NMONITORS (sizeof(monitors) / sizeof(monitors[0]))

/*
 * Locked before anything is looked at: of two runs the one that writes last has
 * also looked last.
 */
static void
lock_monitors(void)
{
	struct error e;
	size_t i;

	for (i = 0; i < NMONITORS; i++)
		if ((list_flags & monitors[i].flag) != 0 &&
		    store_lock(
			monitors[i].part, LOCK_ALONE, lock_deadline, &e) == -1)
			errx(1, "%s %s", monitors[i].name, e.text);
}

/* One that cannot be written does not hold up the other one. */
static void
write_monitors(const struct report *reports)
{
	struct error e;
	int failed = 0;
	size_t i;

	for (i = 0; i < NMONITORS; i++)
		if ((list_flags & monitors[i].flag) != 0 &&
		    monitors[i].write(reports, njobs, &e) == -1) {
			warnx("%s %s", monitors[i].name, e.text);
			failed = 1;
		}
	if (failed)
		exit(1);
}

/* Prints the list of -l, or writes the files for monitors. */
static void
report_jobs(void)
{
	enum outcome *outcomes;
	struct report *reports;
	uint32_t i;

	if ((outcomes = calloc(njobs + 1, sizeof(*outcomes))) == NULL)
		err(1, NULL);
	if (role_mode == MODE_MONITOR)
		lock_monitors();
	reports = report_all(jobs, njobs, outcomes);
	if (role_mode == MODE_LIST)
		cert_list(reports, njobs, list_flags);
	else
		write_monitors(reports);
	free(reports);
	for (i = 0; i < njobs; i++)
		finish_job(i, outcomes[i]);
	free(outcomes);
}

/*
 * Receives the configuration, and reads the trust anchors, the only files that
 * certproc reads itself.
 */
static void
take_conf(struct msg *m)
{
	struct slice_domain d;
	struct slice_conf c;

	role_conf(m, &c);
	revokes_as_compromised = c.key_compromised;
	most_orders = c.most_orders;
	list_flags = c.list;
	authority_conf(&c);
	order_authority(c.api_url);
	job_rules(c.force);
	while (role_domain(m, njobs, &d))
		add_job(&d);
}

/*
 * Keeps the stored state of a job.  If fileproc could not read it, the error is
 * reported when the job is opened.
 */
static void
take_state(struct job *j, const struct body_state *b)
{
	j->has_saved = b->has_saved;
	j->record_len = b->len;
	if (b->presence != PRESENCE_BYTES)
		return;
	if ((j->record = malloc(b->len + 1)) == NULL)
		err(1, NULL);
	memcpy(j->record, b->bytes, b->len);
}

/* fileproc sends the states in the order of the jobs, many in one message. */
static void
take_states(struct msg *m)
{
	struct body_state b;
	uint32_t i = 0;
	int more;

	while (i < njobs) {
		role_receive(m, LOCK_SECONDS);
		if (m->head.type == ROLE_STOP)
			exit(0);
		if (m->head.type != CERT_STATES || m->head.job != i)
			errx(1, "%s before CERT_STATES",
			    routes[m->head.type].name);
		do {
			more = body_state(m, &b);
			take_state(&jobs[i++], &b);
		} while (more && i < njobs);
		msg_end(m);
	}
}

int
main(int argc, char *argv[])
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_CERT };

	role_begin(ROLE_CERT, argc, argv);
	begin_crypto(0);
	begin_json();
	take_conf(&m);
	/* A run about the account has one job, without files. */
	if (mode_is_for_account(role_mode))
		enter(job_add()->nr, mode_asks_ca(role_mode) ? DUE : TASKED);
	lock_deadline = clock_ms() + LOCK_SECONDS * 1000;
	s.prints = role_mode == MODE_LIST || role_mode == MODE_SHOW;
	s.uid = role_uid;
	s.gid = role_gid;
	sandbox_enter(&s);
	if (role_mode == MODE_RENEW)
		take_states(&m);
	if (role_mode == MODE_LIST || role_mode == MODE_MONITOR)
		report_jobs();
	else if (role_mode == MODE_VERIFY)
		verify_begin();
	else
		queue_begin(lock_deadline, most_orders);
	serve_jobs();
}
