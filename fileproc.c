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
#include "install.h"
#include "json.h"
#include "proc.h"
#include "state.h"
#include "trust.h"

#define LOCK_SECONDS	30	/* for all locks of a run together */
#define FREE_ATTEMPTS	3	/* that were interrupted, before they count as failures */

enum { WAITING = 1, SETTLED = 2, DUE = 4, OUT = 8 };

struct file_job {
	char		*handle;
	struct strings	 names;
	struct certset	 set;
	struct place	 state_file;
	struct place	 saved;		/* a verified chain, until it is installed */
	struct place	 lock;
	int		 lock_fd;
	struct state	 state;
	struct installed installed;
	uint8_t		 spki[SPKI_HASH_LEN];
	int		 have_key;
	struct why	 broken;	/* why nothing can be done for it, or "" */
	unsigned	 phase;
};

static struct file_job *jobs;
static uint32_t njobs;
static uint32_t nwaiting;
static int force;
static char *api_url;
static struct place account_file, account_lock;
static int account_lock_fd = -1;
static int root_any;
static int roots_fd = -1;
static struct why roots_broken;
static X509_STORE *roots;
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
	struct file_job *j;

	if ((jobs = reallocarray(jobs, njobs + 1, sizeof(*jobs))) == NULL)
		err(1, NULL);
	j = &jobs[njobs++];
	memset(j, 0, sizeof(*j));
	j->lock_fd = -1;
	j->phase = WAITING;
	j->handle = get_copy(m);
	j->set.path[SET_CERT] = get_copy(m);
	j->set.path[SET_CHAIN] = get_copy(m);
	j->set.path[SET_FULLCHAIN] = get_copy(m);
	j->names.v = msg_get_strings(m, &j->names.n, CONF_NAMES_MAX);
	msg_end(m);
	state_place(&j->state_file, state_dir, "domain", j->handle, "json");
	state_place(&j->saved, state_dir, "domain", j->handle, "new.pem");
	state_place(&j->lock, state_dir, "domain", j->handle, "lock");
	certset_open(&j->set, &j->broken);
}

/* Every job has one outcome; the parent counts them. */
static void
settle(uint32_t job, enum outcome outcome)
{
	struct file_job *j = &jobs[job];

	if (j->lock_fd != -1)
		close(j->lock_fd);
	j->lock_fd = -1;
	chain_free(j->installed.chain);
	j->installed.chain = NULL;
	j->phase = SETTLED;
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

/* Parsing a system's whole bundle takes long: only when there is a chain to judge. */
static int
load_roots(struct why *w)
{
	char *pem;
	size_t len;

	if (root_any || roots != NULL)
		return 0;
	if (roots_fd == -1)
		return why(w, "%s", roots_broken.text);
	pem = trust_read(roots_fd, &len, w);
	roots_fd = -1;
	if (pem != NULL)
		roots = roots_load(pem, len, w);
	free(pem);
	if (roots == NULL)
		roots_broken = *w;
	return roots == NULL ? -1 : 0;
}

/* Would what is installed do, if it were not for its age? */
static int
still_ours(const struct file_job *j)
{
	return j->installed.chain != NULL && chain_names_equal(j->installed.chain, &j->names) &&
	    memcmp(j->installed.chain->spki, j->spki, SPKI_HASH_LEN) == 0;
}

/* The verdict on a chain that came from outside. */
static int
judge(const struct file_job *j, const struct chain *chain, struct why *w)
{
	if (!j->have_key)
		return why(w, "there is no key for this certificate");
	if (load_roots(w) == -1 ||
	    chain_verify(chain, &j->names, j->spki, roots, time(NULL), w) == -1)
		return -1;
	if (!force && still_ours(j) && chain->not_after <= j->installed.chain->not_after)
		return why(w, "the certificate from the CA ends on %s, no later than "
		    "the installed one; -F would install it all the same",
		    clock_text(chain->not_after));
	return 0;
}

/*
 * From here on the certificate cannot be lost: it is in the state directory
 * until all its files are in place.
 */
static int
install(struct file_job *j, const struct chain *chain, struct why *w)
{
	struct why ignored;

	if (certset_install(&j->set, chain, w) == -1)
		return -1;
	j->state.attempts = j->state.failures = 0;
	j->state.not_before = 0;
	j->state.last_success = time(NULL);
	j->state.last_error[0] = '\0';
	if (state_save(&j->state_file, &j->state, &ignored) == -1)
		warnx("%s: %s", j->handle, ignored.text);
	if (place_remove(&j->saved, &ignored) == -1)
		warnx("%s: %s", j->handle, ignored.text);
	say(1, "%s: installed a certificate that ends on %s", j->handle,
	    clock_text(chain->not_after));
	return 0;
}

/* A chain that was verified and saved, but not installed before the run ended. */
static int
recover(struct file_job *j, struct why *w)
{
	struct chain *chain;
	struct stat st;
	char *pem;
	size_t len;
	int n;

	if ((n = place_read(&j->saved, &pem, &len, CHAIN_BYTES_MAX, &st, w)) != 1)
		return n;
	chain = chain_parse(pem, len, w);
	free(pem);
	if (chain == NULL || judge(j, chain, w) == -1) {
		say(1, "%s: %s: %s; removed", j->handle, j->saved.path, w->text);
		chain_free(chain);
		return place_remove(&j->saved, w);
	}
	say(1, "%s: installing what an earlier run had obtained", j->handle);
	n = install(j, chain, w);
	chain_free(chain);
	return n == 0 ? 1 : -1;
}

/* Files that do not belong together, but of which the full chain is good. */
static int
repair(struct file_job *j, struct why *w)
{
	if (!j->installed.mixed)
		return 0;
	say(1, "%s: the files do not belong together; written again from %s",
	    j->handle, j->set.path[SET_FULLCHAIN]);
	return install(j, j->installed.chain, w) == 0 ? 1 : -1;
}

/* Is an earlier failure too recent?  An attempt that never ended counts in time, too. */
static int
held_back(const struct file_job *j, struct why *w)
{
	if (force || !backoff_holds(j->state.not_before, time(NULL)))
		return 0;
	why(w, "not tried again before %s, after %u attempts (%s); -F tries now",
	    clock_text(j->state.not_before), j->state.attempts,
	    j->state.last_error[0] == '\0' ? "interrupted" : j->state.last_error);
	return 1;
}

/* 1: due; 0: settled as unchanged or installed; -1: failed. */
static int
evaluate(uint32_t job, struct why *w)
{
	struct file_job *j = &jobs[job];
	const char *reason;
	struct why text;
	int n;

	if (j->broken.text[0] != '\0')
		return why(w, "%s", j->broken.text);
	if (lock_take(&j->lock, lock_deadline, &j->lock_fd, w) == -1 ||
	    state_load(&j->state_file, &j->state, w) == -1 ||
	    place_clean(&j->state_file, w) == -1 || certset_clean(&j->set, w) == -1 ||
	    place_clean(&j->saved, w) == -1 ||
	    certset_read(&j->set, &j->installed, w) == -1 ||
	    (n = recover(j, w)) == -1)
		return -1;
	if (n == 1) {
		settle(job, OUTCOME_INSTALLED);
		return 0;
	}
	reason = due_reason(&j->installed, &j->names, j->have_key ? j->spki : NULL,
	    time(NULL), &text);
	if (reason == NULL && force)
		reason = "-F";
	if (reason == NULL) {
		if ((n = repair(j, w)) == -1)
			return -1;
		if (n == 0)
			say(1, "%s: nothing to do before the certificate's end on %s",
			    j->handle, clock_text(j->installed.chain->not_after));
		settle(job, n == 1 ? OUTCOME_INSTALLED : OUTCOME_UNCHANGED);
		return 0;
	}
	if (held_back(j, w))
		return -1;
	say(1, "%s: due: %s", j->handle, reason);
	j->phase = DUE;
	return 1;
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

/* All keys are known: look at every job, then lose the right to read. */
static void
evaluate_all(void)
{
	struct sandbox_dir *d;
	struct why w;
	char *thumbprint = NULL, *url = NULL;
	uint64_t ndue = 0;
	uint32_t i;
	int n;

	for (i = 0; i < njobs; i++) {
		if ((n = evaluate(i, &w)) == -1)
			settle_failed(i, &w);
		ndue += n == 1;
	}
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
	struct file_job *j = &jobs[m->head.job];
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

/* What can go wrong on this machine should do so before the CA is asked. */
static int
begin(uint32_t job, struct why *w)
{
	struct file_job *j = &jobs[job];

	if (load_roots(w) == -1 || certset_probe(&j->set, w) == -1 ||
	    place_probe(&j->saved, CHAIN_BYTES_MAX, w) == -1)
		return -1;
	/* Counted before anything is sent, so that a restart loop counts too. */
	j->state.attempts++;
	if (j->state.attempts > FREE_ATTEMPTS)
		j->state.not_before = backoff(j->state.attempts - FREE_ATTEMPTS, time(NULL));
	return state_save(&j->state_file, &j->state, w);
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
		if (begin(i, &w) == 0)
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
remember_failure(struct file_job *j, const char *text, int by_ca, uint64_t seconds)
{
	time_t now = time(NULL), until;
	struct why w;

	strlcpy(j->state.last_error, text, sizeof(j->state.last_error));
	if (by_ca) {
		j->state.failures++;
		j->state.not_before = backoff(j->state.failures, now);
		/* The CA may ask for more patience, within the cap of any backoff. */
		until = now + (time_t)(seconds > 86400 ? 86400 : seconds);
		if (until > j->state.not_before)
			j->state.not_before = until;
	}
	if (state_save(&j->state_file, &j->state, &w) == -1)
		warnx("%s: %s", j->handle, w.text);
}

static void
answer_net(uint32_t job, int ok)
{
	msg_new(&out, NET_JOB_DONE, job);
	msg_put_num(&out, (uint64_t)ok);
	msg_send(&out);
}

/* Judged, saved, installed: in this order. */
static int
accept_chain(struct file_job *j, const char *pem, size_t len, int *by_ca, struct why *w)
{
	struct chain *chain = chain_parse(pem, len, w);
	char *clean;
	int rc = -1;

	*by_ca = 1;
	if (chain == NULL || judge(j, chain, w) == -1)
		goto out;
	*by_ca = 0;
	clean = chain_pem(chain, 0, SIZE_MAX, &len);
	rc = place_write(&j->saved, clean, len, w);
	free(clean);
	if (rc == 0 && !certset_untouched(&j->set, &j->installed))
		rc = why(w, "its files were changed by someone else during this run and "
		    "are left as they are; the new certificate is in %s, and the next "
		    "run takes the newest", j->saved.path);
	if (rc == 0)
		rc = install(j, chain, w);
out:
	chain_free(chain);
	return rc;
}

static void
file_chain(struct msg *m)
{
	struct file_job *j = &jobs[m->head.job];
	const uint8_t *pem;
	struct why w;
	size_t len;
	int by_ca, rc;

	pem = msg_get_buf(m, &len);
	msg_end(m);
	if ((rc = accept_chain(j, (const char *)pem, len, &by_ca, &w)) == 0)
		settle(m->head.job, OUTCOME_INSTALLED);
	else {
		remember_failure(j, w.text, by_ca, 0);
		settle_failed(m->head.job, &w);
	}
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
	remember_failure(&jobs[m->head.job], safe, class != FAILURE_LOCAL, seconds);
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
	if (!root_any)
		roots_fd = trust_open(root_file, &roots_broken);
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
