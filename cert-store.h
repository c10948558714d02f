/*
 * What certproc asks of fileproc.  Each function waits for fileproc's reply;
 * what others say meanwhile is kept for serve().
 */
#ifndef CERT_STORE_H
#define CERT_STORE_H

#include "file-part.h"
#include "msg.h"
#include "say.h"

/* One part, as it was read; bytes are NUL-terminated, or NULL. */
struct stored {
	char		*path;		/* for messages only */
	enum presence	 presence;
	char		*bytes;		/* PRESENCE_BROKEN: the reason */
	size_t		 len;
};
void	stored_free(struct stored *);

/* All functions that return int: 0, or -1 with fileproc's reason. */

/*
 * Takes the job's lock, waiting until the monotonic deadline, removes what a
 * killed run has left, and reads all parts; stored_free() frees each.  Where it
 * fails, the records may have been read all the same.
 */
int	store_open(uint32_t job, int64_t deadline, struct stored parts[PART_JOB__MAX], struct why *);
/*
 * The same without the lock and without changing anything.  1: another process
 * holds the lock.
 */
int	store_look(uint32_t job, struct stored parts[PART_JOB__MAX], struct why *);
/* Gives the lock back.  forget: the parts that need not be kept once this run was reported. */
void	store_close(uint32_t job, uint64_t forget);

/* Is there room for a new set, and for the chain that is saved before? */
int	store_probe(uint32_t job, struct why *);
/* Replaces a record of the job or (job 0) of the authority, for good. */
int	store_write(uint32_t job, enum part, const char *bytes, size_t len, struct why *);
int	store_remove(uint32_t job, enum part, struct why *);
/* -B: the files before the installed ones; stored_free() frees each. */
int	store_read_kept(uint32_t job, struct stored parts[PART_SET__MAX],
	    struct why *);
/* -r: a record becomes what another part had when the job was opened. */
int	store_copy(uint32_t job, enum part from, enum part to, struct why *);
/* -r: when this returns, key and csr know from fileproc what may be revoked. */
int	store_tell_revocable(uint32_t job, struct why *);
/* -r: removes the files of the set. */
int	store_remove_set(uint32_t job, struct why *);
/* The new version of one file; its failure is told by store_commit(), which replaces all of them. */
void	store_stage(uint32_t job, enum part, const char *bytes, size_t len);
int	store_commit(uint32_t job, struct why *);

/* Of the authority's parts: a lock, waiting until the deadline; and reading.  stored_free() frees. */
int	store_lock(enum part, enum lock, int64_t deadline, struct why *);
void	store_read(enum part, struct stored *);

#endif
