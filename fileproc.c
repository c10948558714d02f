/* SPDX-License-Identifier: ISC */
/*
 * Holds the right to write certificates and state, and the verdict: what is
 * due, what may be installed, what came of it.  From net it reads chains and
 * words of failure.  Who owns it can spoil certificates and the state; once
 * a job is due it can no longer read below the certificate directories,
 * where keys may lie.  It refuses every chain that does not lead from our key and
 * exactly our names to a trusted root, or is older than the installed one.
 */
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "job.h"
#include "json.h"
#include "proc.h"

#define LOCK_SECONDS	30	/* for all locks of a run together */

enum { WAITING = 1, SETTLED = 2, DUE = 4, OUT = 8 };

static struct job *jobs;
static uint32_t njobs;
static uint32_t nwaiting;
static char *api_url;
static struct place account_file, account_lock;
static int account_lock_fd = -1;
static int64_t lock_deadline;
static struct sandbox box = { .role = ROLE_FILE };
static struct msg out;

static char *
get_copy(struct msg *m)
{
	const char *s = msg_get_str(m);
	char *copy = NULL;

	if (s != NULL && (copy = strdup(s)) == NULL)
		err(1, NULL);
	return copy;
}

static void
add_job(struct msg *m, struct dir *state_dir)
{
	struct job *j;

	if ((jobs = reallocarray(jobs, njobs + 1, sizeof(*jobs))) == NULL)
		err(1, NULL);
	j = &jobs[njobs++];
	memset(j, 0, sizeof(*j));
	j->phase = WAITING;
	j->handle = get_copy(m);
	j->set.path[SET_CERT] = get_copy(m);
	j->set.path[SET_CHAIN] = get_copy(m);
	j->set.path[SET_FULLCHAIN] = get_copy(m);
	j->names.v = msg_get_strings(m, &j->names.n, CONF_NAMES_MAX);
	msg_end(m);
	job_open(j, state_dir);
}

/* Every job has one outcome; the parent counts them. */
static void
settle(uint32_t job, enum outcome outcome)
{
	job_close(&jobs[job]);
	jobs[job].phase = SETTLED;
	msg_new(&out, PARENT_OUTCOME, job);
	msg_put_num(&out, outcome);
	msg_send(&out);
}

static void
settle_failed(uint32_t job, const struct why *w)
{
	warnx("%s: %s", jobs[job].handle, w->text);
	settle(job, OUTCOME_FAILED);
}

/*
 * The stored account.  Where there is none, the lock on it is held until
 * there is one, and key, which makes the account key, is started only then:
 * two first runs make one account.
 */
static void
load_account(char **thumbprint, char **url)
{
	struct why w;

	if (account_load(&account_file, api_url, thumbprint, url, &w) == -1)
		errx(1, "%s", w.text);
	if (*url != NULL)
		return;
	if (lock_take(&account_lock, lock_deadline, &account_lock_fd, &w) == -1 ||
	    account_load(&account_file, api_url, thumbprint, url, &w) == -1)
		errx(1, "%s", w.text);
	if (*url != NULL)
		close(account_lock_fd);
}

static void
tell_key_account(const char *thumbprint, const char *url)
{
	msg_new(&out, KEY_ACCOUNT, 0);
	msg_put_str(&out, thumbprint);
	msg_put_str(&out, url);
	msg_send(&out);
}

/* 1 if the job is due; else it is settled. */
static int
evaluate(uint32_t job)
{
	struct why w;

	switch (job_evaluate(&jobs[job], lock_deadline, &w)) {
	case JOB_DUE:
		jobs[job].phase = DUE;
		return 1;
	case JOB_UNCHANGED:
		settle(job, OUTCOME_UNCHANGED);
		return 0;
	case JOB_INSTALLED:
		settle(job, OUTCOME_INSTALLED);
		return 0;
	case JOB_FAILED:
		break;
	}
	settle_failed(job, &w);
	return 0;
}

/* All keys are known: look at every job, then lose the right to read. */
static void
evaluate_all(void)
{
	struct sandbox_dir *d;
	char *thumbprint = NULL, *url = NULL;
	uint64_t ndue = 0;
	uint32_t i;

	for (i = 0; i < njobs; i++)
		ndue += (uint64_t)evaluate(i);
	if (ndue > 0)
		load_account(&thumbprint, &url);
	for (d = box.dirs; d < box.dirs + box.ndirs; d++)
		if (d->fd != account_file.dir->fd)
			d->rights = DIR_WRITE;
	sandbox_narrow(&box);
	msg_new(&out, PARENT_DUE, 0);
	msg_put_num(&out, ndue);
	msg_send(&out);
	if (ndue > 0)
		tell_key_account(thumbprint, url);
	free(thumbprint);
	free(url);
}

/* At the start for every job, and again when csr has made a key. */
static void
file_key(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	const uint8_t *hash;
	uint64_t usable;
	size_t len;

	usable = msg_get_num(m);
	hash = msg_get_buf(m, &len);
	msg_end(m);
	if (len != 0 && len != SPKI_HASH_LEN)
		errx(1, "FILE_KEY: %zu bytes", len);
	if (!usable && j->broken.text[0] == '\0')
		why(&j->broken, "its key cannot be used");
	if ((j->have_key = len != 0))
		memcpy(j->spki, hash, len);
	if (j->phase == WAITING) {
		j->phase = SETTLED;
		if (--nwaiting == 0)
			evaluate_all();
	}
}

static void
file_next(struct msg *m)
{
	struct why w;
	uint32_t i;

	msg_end(m);
	for (i = 0; i < njobs; i++) {
		if (jobs[i].phase == OUT)
			errx(1, "FILE_NEXT: %s is not done", jobs[i].handle);
		if (jobs[i].phase != DUE)
			continue;
		if (job_begin(&jobs[i], &w) == 0)
			break;
		settle_failed(i, &w);
	}
	if (i < njobs) {
		jobs[i].phase = OUT;
		msg_new(&out, KEY_BEGIN, i);
		msg_send(&out);
	}
	msg_new(&out, NET_JOB, 0);
	msg_put_num(&out, i < njobs ? i : NO_JOB);
	msg_send(&out);
}

static void
file_account(struct msg *m)
{
	const char *thumbprint = msg_need_str(m), *url = msg_need_str(m);
	struct why w;

	msg_end(m);
	if (account_save(&account_file, api_url, thumbprint, url, &w) == -1)
		errx(1, "%s", w.text);
	if (account_lock_fd != -1)
		close(account_lock_fd);
	account_lock_fd = -1;
}

static void
answer_net(uint32_t job, int ok)
{
	msg_new(&out, NET_JOB_DONE, job);
	msg_put_num(&out, (uint64_t)ok);
	msg_send(&out);
}

static void
file_chain(struct msg *m)
{
	const uint8_t *pem;
	struct why w;
	size_t len;
	int rc;

	pem = msg_get_buf(m, &len);
	msg_end(m);
	rc = job_accept(&jobs[m->head.job], (const char *)pem, len, &w);
	if (rc == 0)
		settle(m->head.job, OUTCOME_INSTALLED);
	else
		settle_failed(m->head.job, &w);
	answer_net(m->head.job, rc == 0);
}

/* net has said on its own what went wrong; here it is only remembered. */
static void
file_failed(struct msg *m)
{
	uint64_t class = msg_get_num(m), seconds = msg_get_num(m);
	const char *text = msg_need_str(m);
	char safe[sizeof(jobs->state.last_error)];

	msg_end(m);
	say_safe(safe, sizeof(safe), text, strlen(text));
	job_failed(&jobs[m->head.job], safe, class != FAILURE_LOCAL, seconds);
	settle(m->head.job, OUTCOME_FAILED);
	answer_net(m->head.job, 0);
}

static unsigned
state(uint32_t job)
{
	return jobs[job].phase;
}

static const struct handler table[] = {
	{ FILE_KEY, file_key, WAITING | OUT, 2 },
	{ FILE_NEXT, file_next, SETTLED | DUE, 0 },
	{ FILE_ACCOUNT, file_account, ANY_STATE, 1 },
	{ FILE_CHAIN, file_chain, OUT, 1 },
	{ FILE_FAILED, file_failed, OUT, 1 },
};

/* Everything that is needed from outside is opened here. */
static void
open_all(struct msg *m)
{
	struct dir *state_dir;
	struct why w;
	char *path, *authority, *root_file;
	uint32_t i;
	int force, root_any;

	force = (int)msg_get_num(m);
	path = get_copy(m);
	authority = get_copy(m);
	api_url = get_copy(m);
	root_any = (int)msg_get_num(m);
	root_file = get_copy(m);
	msg_end(m);
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		err(1, "state directory %s", path);
	if ((state_dir = dir_open(path, &w)) == NULL)
		errx(1, "state directory %s", w.text);
	state_place(&account_file, state_dir, "authority", authority, "json");
	state_place(&account_lock, state_dir, "authority", authority, "lock");
	job_rules(force, root_any, root_file);
	while (role_domain(m, njobs))
		add_job(m, state_dir);
	dir_owner(&box);
	for (i = 0; i < njobs; i++)
		certset_foreign(&jobs[i].set, box.uid, box.gid, &box.keep_chown, &box.keep_dac);
	box.dirs = dir_rights(DIR_READ | DIR_WRITE, &box.ndirs);
}

void
fileproc(void)
{
	static struct msg m;

	json_init();
	role_conf(&m);
	open_all(&m);
	nwaiting = njobs;
	lock_deadline = clock_ms() + LOCK_SECONDS * 1000;
	sandbox_enter(&box);
	serve(table, sizeof(table) / sizeof(table[0]), njobs, state);
}
