/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Holds the right to replace certificate files and to write the state
 * directory, and the locks.  From certproc it reads numbers (which job, which
 * part of it) and bytes, which it stores without looking at them; it parses
 * nothing.  An attacker in fileproc can spoil the certificates and the state;
 * fileproc has no key and no network.  It refuses a part that does not exist, a
 * second set for one job and, in a renewal, to remove any record but the saved
 * chain.  It replaces no file before all files of the set are on the disk.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "disk.h"
#include "file.h"
#include "role.h"

#define STATES_BYTES (80 * 1024) /* The most bytes of states in one message. */
#define NRECORDS (PART_JOB__MAX - PART_SET__MAX)

struct file_job {
	enum set_state state;
	struct fileset set;
	struct place record[NRECORDS];
	struct place lock;
	int lock_fd;
	/* The parts to remove once the run has been reported. */
	uint64_t forget;
	/*
	 * With 'on change': the mark whose change hookproc was told of; all
	 * zero: none.
	 */
	struct stat change;
	/*
	 * With -r: the parts as they were when the run began, which may be
	 * revoked.
	 */
	struct {
		/* The part's bytes; NULL: there was no such part. */
		char *bytes;
		size_t len;
	} was[PART_JOB__MAX];
	/* The reason why the job cannot be done, or "". */
	struct error broken;
};

/* A record or file that arrives in pieces. */
static struct {
	char *bytes;
	size_t len;
} pending;

static struct file_job *jobs;
static uint32_t njobs;
static struct dir *state_dir;
/* The places of the authority's parts. */
static struct place shared[PART__MAX - PART_JOB__MAX];
static struct place shared_lock[PART__MAX - PART_JOB__MAX];
static int shared_lock_fd[PART__MAX - PART_JOB__MAX] = { -1, -1, -1, -1 };
_Static_assert(PART__MAX - PART_JOB__MAX == 4, "all locks begin at -1");
static mode_t mode_of_status; /* of the status file */
static struct sandbox box = { .role = ROLE_FILE };
static struct msg out;

/* The steps of the drawing in file.h. */
static const struct step steps[] = {
	{ SET_UNLOCKED, "SET_UNLOCKED", SET_OPEN | SET_CLOSED },
	{ SET_OPEN, "SET_OPEN", SET_STAGED | SET_REMOVED | SET_CLOSED },
	{ SET_STAGED, "SET_STAGED", SET_COMMITTED | SET_CLOSED },
	{ SET_COMMITTED, "SET_COMMITTED", SET_CLOSED },
	{ SET_REMOVED, "SET_REMOVED", SET_CLOSED },
	{ SET_CLOSED, "SET_CLOSED", 0 },
};

/* The only way into another state. */
static void
enter(uint32_t job, enum set_state state)
{
	step_check(steps, sizeof(steps) / sizeof(steps[0]), jobs[job].state,
	    state, job);
	jobs[job].state = state;
}

static int
is_for_monitors(enum part part)
{
	return part == PART_METRICS || part == PART_STATUS;
}

/* The size limit of a part; a larger one counts as absent when it is read. */
static size_t
limit_of(enum part part)
{
	return is_for_monitors(part) ? PART_MONITOR_BYTES_MAX :
	    part < PART_SET__MAX     ? PART_SET_BYTES_MAX :
				       PART_RECORD_BYTES_MAX;
}

/* Returns the place of a part; NULL: it is not configured. */
static const struct place *
place_of(uint32_t job, enum part part)
{
	const struct place *p;

	if (part < PART_SET__MAX)
		p = &jobs[job].set.place[part];
	else if (part < PART_JOB__MAX)
		p = &jobs[job].record[part - PART_SET__MAX];
	else
		p = &shared[part - PART_JOB__MAX];
	return p->path == NULL ? NULL : p;
}

/*
 * Returns the place of a part.  Ends the process unless the request may name
 * this part, and it is configured.
 */
static const struct place *
need_part(
    const struct msg *m, enum part part, enum part first, enum part behind)
{
	const struct place *p = NULL;

	if (part >= first && part < behind)
		p = place_of(m->head.job, part);
	if (p == NULL)
		errx(1, "%s: there is no part %d", routes[m->head.type].name,
		    (int)part);
	return p;
}

/*
 * Replies to a request.  rc -1: e has the reason; other values depend on the
 * request.
 */
static void
reply(uint32_t job, int rc, const struct error *e)
{
	struct body_stored b = { .result = rc,
		.reason = rc == -1 ? e->text : NULL };

	msg_new(&out, CERT_STORED, job);
	body_stored(&out, &b);
	msg_send(&out);
}

/*
 * Reads a part to be sent: its bytes, or the reason why there are none.  The
 * caller frees.
 */
static enum presence
read_part(const struct place *p, enum part part, char **bytes, size_t *len,
    struct stat *st)
{
	struct error e;
	int n;

	if ((n = place_read(p, bytes, len, limit_of(part), st, &e)) == 1)
		return PRESENCE_BYTES;
	if (n == 0)
		return PRESENCE_ABSENT;
	/*
	 * fileproc writes no file of this size: another program has replaced
	 * it.
	 */
	if (part < PART_SET__MAX && S_ISREG(st->st_mode) &&
	    st->st_size > PART_SET_BYTES_MAX) {
		say(1, "%s; counts as absent", e.text);
		return PRESENCE_ABSENT;
	}
	*len = strlen(e.text);
	if ((*bytes = strdup(e.text)) == NULL)
		err(1, NULL);
	return PRESENCE_BROKEN;
}

/* Sends the file at this place as a part. */
static void
send_place(uint32_t job, enum part part, const struct place *p, struct stat *st)
{
	struct body_part b = { .part = part, .path = p->path };
	char *bytes;

	b.presence = read_part(p, part, &bytes, &b.len, st);
	b.bytes = (const uint8_t *)bytes;
	msg_new(&out, CERT_PART, job);
	body_part(&out, &b);
	msg_send(&out);
	if (role_mode == MODE_REVOKE && b.presence == PRESENCE_BYTES &&
	    (PARTS_REVOCABLE >> part & 1)) {
		jobs[job].was[part].bytes = bytes;
		jobs[job].was[part].len = b.len;
	} else
		free(bytes);
}

static void
send_parts(uint32_t job, unsigned first)
{
	const struct place *p;
	struct stat ignored;
	unsigned i;

	for (i = first; i < PART_JOB__MAX; i++)
		if ((p = place_of(job, (enum part)i)) != NULL)
			send_place(job, (enum part)i, p,
			    i < PART_SET__MAX ? &jobs[job].set.seen[i] :
						&ignored);
}

/* Removes the files that a killed run has left beside the job's files. */
static int
clean(struct file_job *j, struct error *e)
{
	size_t i;

	for (i = 0; i < NRECORDS; i++)
		if (j->record[i].path != NULL &&
		    place_clean(&j->record[i], e) == -1)
			return -1;
	return fileset_clean(&j->set, e);
}

static void
file_open(struct msg *m)
{
	struct file_job *j = &jobs[m->head.job];
	struct error e;
	int rc, wait_ms;

	body_wait(m, &wait_ms);
	if (lock_take(&j->lock, LOCK_EX, clock_ms() + wait_ms, &j->lock_fd,
		&e) == -1) {
		reply(m->head.job, -1, &e);
		return;
	}
	enter(m->head.job, SET_OPEN);
	if ((rc = j->broken.text[0] != '\0' ? -1 : clean(j, &e)) == -1 &&
	    j->broken.text[0] != '\0')
		e = j->broken;
	/*
	 * The state is sent even if the other files cannot be reached: certproc
	 * remembers the error in it.
	 */
	send_parts(m->head.job, rc == 0 ? 0 : PART_SET__MAX);
	if (rc == 0)
		fileset_attrs(&j->set);
	reply(m->head.job, rc, &e);
}

/*
 * Handles FILE_LOOK for -l and monitors: reads without a lock, and removes
 * nothing.
 */
static void
file_look(struct msg *m)
{
	struct file_job *j = &jobs[m->head.job];

	msg_end(m);
	if (j->broken.text[0] == '\0')
		send_parts(m->head.job, 0);
	reply(m->head.job,
	    j->broken.text[0] != '\0' ? -1 : lock_is_held(&j->lock),
	    &j->broken);
}

/* The kind of run decides which parts may be removed after the report. */
static void
file_close(struct msg *m)
{
	struct file_job *j = &jobs[m->head.job];

	j->forget = msg_get_num(m) &
	    (role_mode == MODE_REVOKE ? PARTS_OF_REVOCATION : 1u << PART_SAVED);
	msg_end(m);
	enter(m->head.job, SET_CLOSED);
	lock_give(&j->lock_fd);
	fileset_close(&j->set);
}

/* Is there room for a new set, and for the chain that is saved before? */
static void
file_probe(struct msg *m)
{
	struct file_job *j = &jobs[m->head.job];
	struct error e;
	int rc;

	msg_end(m);
	if ((rc = fileset_probe(&j->set, &e)) == 0)
		rc = place_probe(
		    place_of(m->head.job, PART_SAVED), PART_SET_BYTES_MAX, &e);
	reply(m->head.job, rc, &e);
}

static void
add_piece(const void *piece, size_t len, size_t most)
{
	/* Pieces of a part with a larger limit may have come before. */
	if (len > most || pending.len > most - len)
		errx(1, "FILE_WRITE: more than %zu bytes", most);
	if ((pending.bytes = realloc(pending.bytes, pending.len + len + 1)) ==
	    NULL)
		err(1, NULL);
	memcpy(pending.bytes + pending.len, piece, len);
	pending.len += len;
}

/*
 * Replaces a file for monitors.  Its directory is not synced: after a crash,
 * the next run writes the file anew.  In a directory with the set-group-ID bit
 * it gets the directory's group, that of the monitor.
 */
static int
write_for_monitors(const struct place *p, mode_t mode, const void *bytes,
    size_t len, struct error *e)
{
	const struct stat *dir = &p->dir->st;
	struct attrs attrs;
	int rc;

	place_attrs(p, &attrs);
	rc = place_stage(p, bytes, len, mode, geteuid(),
		 (dir->st_mode & S_ISGID) != 0 ? dir->st_gid : getegid(),
		 &attrs, e) == -1 ||
		place_rename(p, e) == -1 ?
	    -1 :
	    0;
	attrs_free(&attrs);
	return rc;
}

/*
 * Handles FILE_WRITE: replaces one record durably, but refuses to write the
 * copy of a chain that may be revoked.
 */
static void
file_write(struct msg *m)
{
	struct body_record b;
	const struct place *p;
	struct error e;
	int rc;

	body_record(m, &b);
	p = need_part(m, b.part, PART_STATE, PART__MAX);
	/* The authority's parts belong to no job. */
	if (b.part < PART_JOB__MAX &&
	    (jobs[m->head.job].state & SET_LOCKED) == 0)
		errx(1, "FILE_WRITE: out of order");
	if (PARTS_OF_REVOCATION >> b.part & 1)
		errx(1, "FILE_WRITE: part %d, which is a copy", b.part);
	if (b.part == PART_CHANGED)
		errx(1, "FILE_WRITE: part %d, which is not for others to write",
		    b.part);
	add_piece(b.piece, b.len, limit_of(b.part));
	if (b.more)
		return;
	rc = is_for_monitors(b.part) ?
	    write_for_monitors(p, b.part == PART_STATUS ? mode_of_status : 0644,
		pending.bytes, pending.len, &e) :
	    place_write(p, pending.bytes, pending.len, &e);
	free(pending.bytes);
	memset(&pending, 0, sizeof(pending));
	reply(m->head.job, rc, &e);
}

/*
 * Handles FILE_COPY, with -r only: writes a part, as it was when the run began,
 * into a record.
 */
static void
file_copy(struct msg *m)
{
	struct file_job *j = &jobs[m->head.job];
	const struct place *to;
	struct body_copy b;
	struct error e;
	int rc;

	body_copy(m, &b);
	need_part(m, b.from, PART_FULLCHAIN, PART_JOB__MAX);
	to = need_part(m, b.to, PART_REVOKING, PART_CHANGED);
	if (j->was[b.from].bytes == NULL)
		errx(1, "FILE_COPY: nothing was read of part %d", b.from);
	rc = place_write(to, j->was[b.from].bytes, j->was[b.from].len, &e);
	reply(m->head.job, rc, &e);
}

/*
 * Handles FILE_TELL_REVOCABLE: tells keyproc and csrproc what may be revoked;
 * they compare it with the certificate that certproc names.
 */
static void
file_tell_revocable(struct msg *m)
{
	static const enum msgtype to[] = { KEY_REVOCABLE, CSR_REVOCABLE };
	const struct file_job *j = &jobs[m->head.job];
	unsigned part, i;

	msg_end(m);
	for (part = 0; part < PART_JOB__MAX; part++)
		for (i = 0; i < 2 && j->was[part].bytes != NULL; i++) {
			msg_new(&out, to[i], m->head.job);
			msg_put_buf(&out, j->was[part].bytes, j->was[part].len);
			msg_send(&out);
		}
	reply(m->head.job, 0, NULL);
}

/* Handles FILE_REMOVE: removes the saved chain or, with -r, also the state. */
static void
file_remove(struct msg *m)
{
	const struct place *p;
	enum part part;
	struct error e;

	body_part_name(m, &part);
	p = need_part(m, part, PART_STATE, PART_REVOKING);
	if (part != PART_SAVED && role_mode != MODE_REVOKE)
		errx(1, "FILE_REMOVE: part %d, not in this kind of run", part);
	reply(m->head.job, place_remove_now(p, &e), &e);
}

/* Handles FILE_REMOVE_SET, with -r only: removes all files of the set. */
static void
file_remove_set(struct msg *m)
{
	struct error e;
	int rc;

	msg_end(m);
	enter(m->head.job, SET_REMOVED);
	if ((rc = change_mark(place_of(m->head.job, PART_CHANGED), &e)) == 0)
		rc = fileset_remove(&jobs[m->head.job].set, &e);
	reply(m->head.job, rc, &e);
}

/* Handles FILE_STAGE.  A failure is reported when the set is committed. */
static void
file_stage(struct msg *m)
{
	struct body_staged b;

	body_staged(m, &b);
	need_part(m, b.part, PART_FULLCHAIN, PART_SET__MAX);
	if (jobs[m->head.job].state != SET_STAGED)
		enter(m->head.job, SET_STAGED);
	fileset_stage(&jobs[m->head.job].set, b.part, b.bytes, b.len);
}

static void
file_commit(struct msg *m)
{
	struct error e;
	int rc;

	msg_end(m);
	enter(m->head.job, SET_COMMITTED);
	if ((rc = fileset_check(&jobs[m->head.job].set, &e)) == 0 &&
	    (rc = change_mark(place_of(m->head.job, PART_CHANGED), &e)) == 0)
		rc = fileset_commit(&jobs[m->head.job].set, &e);
	reply(m->head.job, rc, &e);
}

/*
 * Handles FILE_READ_KEPT, with -B only: sends the files that the installed ones
 * have replaced.
 */
static void
file_read_kept(struct msg *m)
{
	const struct fileset *set = &jobs[m->head.job].set;
	struct stat ignored;
	struct place kept;
	unsigned part;

	msg_end(m);
	for (part = 0; part < PART_SET__MAX; part++) {
		if (set->path[part] == NULL)
			continue;
		fileset_kept(set, (enum part)part, &kept);
		send_place(m->head.job, (enum part)part, &kept, &ignored);
		place_hidden_free(&kept);
	}
	reply(m->head.job, 0, NULL);
}

/*
 * Handles FILE_LOCK: takes a lock of the authority, or that of a file for
 * monitors.
 */
static void
file_lock(struct msg *m)
{
	static const int how[] = {
		[LOCK_SHARED] = LOCK_SH, [LOCK_ALONE] = LOCK_EX
	};
	struct body_lock b;
	struct error e;
	size_t i;
	int rc = 0;

	body_lock(m, &b);
	need_part(m, b.part, PART_ACCOUNT, PART__MAX);
	i = b.part - PART_JOB__MAX;
	if (shared_lock[i].path == NULL)
		errx(1, "FILE_LOCK: part %d has no lock", (int)b.part);
	if (b.lock == LOCK_NONE)
		lock_give(&shared_lock_fd[i]);
	else if (shared_lock_fd[i] != -1)
		rc = lock_change(
		    &shared_lock[i], shared_lock_fd[i], how[b.lock], &e);
	else
		rc = lock_take(&shared_lock[i], how[b.lock],
		    clock_ms() + b.wait_ms, &shared_lock_fd[i], &e);
	reply(m->head.job, rc, &e);
}

static void
file_read(struct msg *m)
{
	const struct place *p;
	struct stat ignored;
	enum part part;

	body_part_name(m, &part);
	p = need_part(m, part, PART_ACCOUNT, PART_METRICS);
	send_place(m->head.job, part, p, &ignored);
	reply(m->head.job, 0, NULL);
}

/*
 * Handles FILE_NARROW, which the parent sends before it starts netproc: from
 * now on fileproc reads nothing below the certificates' directories.
 */
static void
file_narrow(struct msg *m)
{
	struct sandbox_dir *d;

	msg_end(m);
	for (d = box.dirs; d < box.dirs + box.ndirs; d++)
		if (d->fd != state_dir->fd)
			d->rights = DIR_WRITE;
	sandbox_narrow(&box);
}

/*
 * Handles FILE_FORGET_CHANGE: the commands have run for the change that the
 * mark stood for at the start; a later mark stays.
 */
static void
file_forget_change(struct msg *m)
{
	struct file_job *j = &jobs[m->head.job];
	int ok;

	msg_end(m);
	need_part(m, PART_CHANGED, PART_CHANGED, PART_JOB__MAX);
	ok = change_forget(place_of(m->head.job, PART_CHANGED), &j->change,
		 &j->lock) == 0;
	msg_new(&out, HOOK_FORGOTTEN, m->head.job);
	body_flag(&out, &ok);
	msg_send(&out);
}

/*
 * Handles FILE_REPORTED: the run ends with status 0, and its changes need not
 * be remembered any longer.
 */
static void
file_reported(struct msg *m)
{
	struct error e;
	uint32_t job;
	unsigned part;

	msg_end(m);
	for (job = 0; job < njobs; job++)
		for (part = PART_STATE; part < PART_JOB__MAX; part++)
			if ((jobs[job].forget >> part & 1) != 0 &&
			    report_forget(place_of(job, (enum part)part), &e) ==
				-1)
				warnx("%s", e.text);
	msg_new(&out, PARENT_FORGOTTEN, 0);
	msg_put_num(&out, report_forgotten());
	msg_send(&out);
}

static unsigned
state_of(uint32_t job)
{
	return jobs[job].state;
}

static const struct handler table[] = {
	{ FILE_OPEN, file_open, SET_UNLOCKED, 1 },
	{ FILE_LOOK, file_look, SET_UNLOCKED, 1 },
	{ FILE_CLOSE, file_close, SET_UNLOCKED | SET_LOCKED, 1 },
	{ FILE_PROBE, file_probe, SET_LOCKED, 2 },
	{ FILE_WRITE, file_write, ANY_STATE, 0 },
	{ FILE_REMOVE, file_remove, SET_LOCKED, 4 },
	{ FILE_REMOVE_SET, file_remove_set, SET_OPEN, 1 },
	{ FILE_COPY, file_copy, SET_LOCKED, 3 },
	{ FILE_TELL_REVOCABLE, file_tell_revocable, SET_LOCKED, 1 },
	{ FILE_READ_KEPT, file_read_kept, SET_LOCKED, 1 },
	{ FILE_STAGE, file_stage, SET_OPEN | SET_STAGED, PART_SET__MAX },
	{ FILE_COMMIT, file_commit, SET_STAGED, 1 },
	{ FILE_LOCK, file_lock, ANY_STATE, 0 },
	{ FILE_READ, file_read, ANY_STATE, 0 },
	{ FILE_NARROW, file_narrow, ANY_STATE, 1 },
	{ FILE_REPORTED, file_reported, ANY_STATE, 1 },
	{ FILE_FORGET_CHANGE, file_forget_change, ANY_STATE, 1 },
};

static void
add_job(const struct slice_domain *d)
{
	static const char *const suffixes[NRECORDS] = { "json", "new.pem",
		"revoking.pem", "compromised.pem", "revoked.pem",
		STATE_CHANGED };
	struct file_job *j;
	size_t i;

	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	j = &jobs[njobs++];
	j->state = SET_UNLOCKED;
	j->lock_fd = -1;
	j->set.path[PART_CERT] = d->cert;
	j->set.path[PART_CHAIN] = d->chain;
	j->set.path[PART_FULLCHAIN] = d->fullchain;
	for (i = 0; i < NRECORDS; i++)
		if (i + PART_SET__MAX != PART_CHANGED || d->has_on_change)
			state_place(&j->record[i], state_dir, "domain",
			    d->handle, suffixes[i]);
	state_place(&j->lock, state_dir, "domain", d->handle, "lock");
	fileset_open(&j->set, &j->broken);
}

/* Makes the state directory.  1: it is new; 0: it existed. */
static int
open_state_dir(const char *path)
{
	struct error e;
	int made = mkdir(path, 0700) == 0;

	if (!made && errno != EEXIST)
		err(1, "state directory %s", path);
	if ((state_dir = dir_open(path, &e)) == NULL)
		errx(1, "state directory %s", e.text);
	return made;
}

/*
 * Gives a new state directory the owner of the other directories: if it
 * belonged to root, this process would have to be root.
 */
static void
give_state_dir(void)
{
	const struct dir *d, *other = NULL;

	for (d = dirs; d != NULL; d = d->next) {
		if (d == state_dir)
			continue;
		if (other != NULL && d->st.st_uid != other->st.st_uid)
			return;
		other = d;
	}
	if (other == NULL || geteuid() != 0 || other->st.st_uid == 0)
		return;
	if (fchown(state_dir->fd, other->st.st_uid, other->st.st_gid) == -1)
		say_warning(
		    "state directory %s: cannot be given to user %u: %s",
		    state_dir->path, (unsigned)other->st.st_uid,
		    strerror(errno));
	if (fstat(state_dir->fd, &state_dir->st) == -1)
		err(1, "%s", state_dir->path);
}

/* Is a file for monitors, which is configured, to be written there? */
static int
has_monitors(const struct sandbox_dir *d)
{
	const struct place *p;
	int part;

	for (part = PART_METRICS; part <= PART_STATUS; part++) {
		p = &shared[part - PART_JOB__MAX];
		if (p->path != NULL && d->fd == p->dir->fd)
			return 1;
	}
	return 0;
}

/*
 * Returns the rights that this kind of run needs in a directory.  -l and
 * "verify" only read; a run for monitors also writes, where their files and the
 * locks are.
 */
static int
rights_in(const struct sandbox_dir *d)
{
	if (role_mode == MODE_LIST || role_mode == MODE_VERIFY)
		return DIR_READ;
	if (role_mode == MODE_MONITOR && d->fd != state_dir->fd &&
	    !has_monitors(d))
		return DIR_READ;
	return DIR_READ | DIR_WRITE;
}

/* Opens the place of a file for monitors, if it is configured, and its lock. */
static void
open_for_monitors(enum part part, const char *name, const char *path)
{
	struct error e;

	state_place(&shared_lock[part - PART_JOB__MAX], state_dir, name, "file",
	    "lock");
	if (path != NULL &&
	    place_open(&shared[part - PART_JOB__MAX], path, &e) == -1)
		errx(1, "%s file %s", name, e.text);
}

/* Opens the authority's parts, and their locks. */
static void
open_shared(const char *authority)
{
	state_place(&shared[PART_ACCOUNT - PART_JOB__MAX], state_dir,
	    "authority", authority, "json");
	state_place(&shared[PART_BACKOFF - PART_JOB__MAX], state_dir,
	    "authority", authority, "backoff.json");
	state_place(&shared_lock[PART_ACCOUNT - PART_JOB__MAX], state_dir,
	    "authority", authority, "lock");
}

/* Opens all files and directories that fileproc needs, before its sandbox. */
static void
open_all(struct msg *m)
{
	struct slice_domain domain;
	struct slice_conf c;
	struct sandbox_dir *d;
	int made;
	uint32_t i;

	role_conf(m, &c);
	made = open_state_dir(c.state_dir);
	open_shared(c.name);
	open_for_monitors(PART_METRICS, "metrics", c.metrics);
	open_for_monitors(PART_STATUS, "status", c.status);
	mode_of_status = (mode_t)c.status_mode;
	while (role_domain(m, njobs, &domain))
		add_job(&domain);
	if (made)
		give_state_dir();
	dir_owner(&box);
	for (i = 0; i < njobs; i++)
		fileset_foreign(&jobs[i].set, box.uid, box.gid, &box.keep_chown,
		    &box.keep_dac);
	box.dirs = dir_rights(0, &box.ndirs);
	for (d = box.dirs; d < box.dirs + box.ndirs; d++)
		d->rights = rights_in(d);
	/* A run about the account has one job, without files. */
	if (njobs == 0) {
		jobs = role_grow(jobs, 0, sizeof(*jobs));
		jobs[njobs].state = SET_UNLOCKED;
		jobs[njobs++].lock_fd = -1;
	}
}

/*
 * Sends the states of all jobs, many in one message: mostly certproc needs
 * nothing else to see that nothing is due.
 */
static void
tell_states(void)
{
	struct body_state b;
	struct stat ignored;
	char *bytes;
	uint32_t i;

	msg_new(&out, CERT_STATES, 0);
	for (i = 0; i < njobs; i++) {
		b.presence = read_part(place_of(i, PART_STATE), PART_STATE,
		    &bytes, &b.len, &ignored);
		b.bytes = (const uint8_t *)bytes;
		b.has_saved = place_exists(place_of(i, PART_SAVED));
		if (out.head.len > 0 && out.head.len + b.len > STATES_BYTES) {
			msg_send(&out);
			msg_new(&out, CERT_STATES, i);
		}
		body_state(&out, &b);
		free(bytes);
	}
	msg_send(&out);
}

/* Tells hookproc which jobs have commands to run. */
static void
tell_changes(void)
{
	uint32_t i;
	int changed;

	for (i = 0; i < njobs; i++) {
		changed = change_find(
		    place_of(i, PART_CHANGED), &jobs[i].change);
		msg_new(&out, HOOK_CHANGED, i);
		body_flag(&out, &changed);
		msg_send(&out);
	}
}

int
main(int argc, char *argv[])
{
	static struct msg m;

	role_begin(ROLE_FILE, argc, argv);
	open_all(&m);
	sandbox_enter(&box);
	if (role_mode == MODE_RENEW)
		tell_states();
	else if (role_mode == MODE_HOOK)
		tell_changes();
	serve(table, sizeof(table) / sizeof(table[0]), njobs, state_of);
}
