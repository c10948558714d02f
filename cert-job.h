/*
 * One certificate, as certproc sees it: the verdict on what the CA sends, and what
 * is remembered of it between runs.
 */
#ifndef CERT_JOB_H
#define CERT_JOB_H

#include "cert-roots.h"
#include "cert-set.h"
#include "state.h"

#define CHAINS_MAX	10	/* the CA's default and its alternates, for one certificate */

/* What csr has said about keys: hashes of public keys, and of the combined file's chain and its first certificate. */
struct job_keys {
	uint8_t	 current[SPKI_HASH_LEN];
	uint8_t	 next[SPKI_HASH_LEN];	/* not live yet */
	uint8_t	 combined[SPKI_HASH_LEN];
	uint8_t	 combined_leaf[SPKI_HASH_LEN];
	int	 have_current, have_next, have_combined;
};

struct job {
	uint32_t	 nr;		/* of the job, in messages */
	char		*handle;
	struct strings	 names;
	char		*path[PART_SET__MAX];	/* of the files; NULL: not configured */
	int		 combined;	/* csr writes a file with the key and the chain */
	int		 check_status;	/* ask whether it is revoked */
	struct strings	 verify;	/* servers that are to present it (conf.h) */
	char		*status_url;	/* where, or NULL */
	uint8_t		*status;	/* the answer as far as it has come */
	size_t		 status_len;
	int		 revoked;	/* as the CA says there */
	int		 new_key;	/* nor may its key be used any longer */
	int		 key_compromised; /* as others know it, or the one that waits to go live */
	int		 next_refused;	/* by the CA: the key that waits to go live */
	char		*looks;		/* its files' fingerprint, as the parent has seen them */
	char		*profile;	/* to be ordered, or NULL */
	char		*preferred;	/* CN at the top of the chain to take, or NULL */
	char		*group;		/* that may read its key, or NULL */
	struct keyspec	 key_spec;	/* of its key */
	char		*directory;	/* URL of its authority, */
	struct anchors	*anchors;	/* whose chains lead there */
	int		 ungrouped;	/* the key could not be given to that group */
	int		 as_looked_at;	/* nothing has changed since its files were last found good */
	char		*record;	/* its state, as fileproc had it at the start; or NULL */
	size_t		 record_len;
	int		 has_saved;	/* there was a saved chain at the start */
	struct stored	 saved;		/* a verified chain that an earlier run left */
	struct stored	 revoking;	/* copy of a chain whose revocation an earlier run began */
	struct stored	 unconfirmed;	/* copy of a chain that was revoked, as one run's net has said */
	int		 confirming;	/* doomed is that one */
	struct stored	 compromised;	/* the same as revoking, its key is not to be used any more */
	int		 locked;
	int		 has_state;	/* it was read, or there was none */
	struct state	*state;	/* its own, or one for all that are at rest */
	struct installed installed;
	char		*certid;	/* of what is installed, if it is for these names; or NULL */
	struct job_keys	 keys;
	struct chain	*chosen;	/* verified, to be installed */
	struct chain	*doomed;	/* with -r: to be revoked */
	enum part	 doomed_part;	/* that it was read from */
	struct why	 broken;	/* why nothing can be done for it, or "" */
	struct why	 trouble;	/* what csr or chng has said last, or "" */
	int		 suggested;	/* due because the CA says so */
	int		 only_forced;	/* due because of -F, and nothing else */
	int64_t		 began_ms;	/* the attempt */
	unsigned	 phase;		/* a state of certproc's dispatch table */
	uint32_t	 worker;	/* of net, which has it or had it last */
	int		 resumed;	/* net looks at the order of an earlier run */
	int		 told;		/* that waits for the verdict */
	int		 key_stays;	/* that csr could not remove, as it is not here */
	int		 changed;	/* by this run, or by one that could not report it */
	int		 pending;	/* the commands of 'on change' have not run well since its files changed */
};

extern int job_compromised;	/* -R keyCompromise */

/* An empty state of its own. */
void	job_new_state(struct job *);
/* It is at rest: gives back its state and record, which nobody reads again. */
void	job_rest(struct job *);

/* For all jobs: -F. */
void	job_rules(int force);
/* With -F? */
int	job_forced(void);
/*
 * Takes over what fileproc has read: the state, the records, the installed
 * files.  0, or -1: a file may not be read, see why.
 */
int	job_take(struct job *, struct stored parts[PART_JOB__MAX], struct why *);
/* Remembers its state.  0 or -1. */
int	job_save(const struct job *, struct why *);
/*
 * Does the installed chain lead to a root of the authority?  0: no, see why;
 * -1: it cannot be told.
 */
int	job_trusts_installed(const struct job *, struct why *);
/* Gives back the lock and what was read. */
void	job_close(struct job *);

/* May this chain be installed here and now, be it from the CA or saved by an earlier run?  0, or -1 with the reason. */
int	job_verify(const struct job *, const struct chain *, struct why *);

/*
 * Counts an attempt, before the CA is asked; what can go wrong on this
 * machine should do so here.  0 or -1.
 */
int	job_begin(struct job *, struct why *);

/*
 * A chain from the CA, unframed if nothing but the connection's end ended it.  1: it is chosen, and saved; 0: another one may be
 * better; -1: refused, see why; SAVE_FAILED: it could not be saved, see why.
 */
#define SAVE_FAILED	-2
int	job_choose(struct job *, const char *pem, size_t len, int unframed, struct why *);
/*
 * There is no other: the first one that would do is chosen, and saved.  As
 * job_choose(), but not 0.
 */
int	job_choose_last(struct job *, struct why *);
/* Is the chosen chain for a key that is not live yet? */
int	job_needs_next_key(const struct job *);
/* Replaces the files by the chosen chain.  0 or -1. */
int	job_install(struct job *, struct why *);
/* Everything is in place; the chain stays saved until that is reported. */
void	job_installed(struct job *);
/*
 * This chain was installed by an attempt that did not come to remember that.
 * What it would have remembered is in the state, but not written yet.
 */
void	job_was_installed(struct job *, const struct chain *);

/* The saved chain is of no use, for this reason: removes it. */
void	job_forget(struct job *, const char *reason);

/* The CA refuses this public key: it is remembered, so that no later run asks for a certificate for it. */
void	job_refuse_key(struct job *, const uint8_t key[SPKI_HASH_LEN]);
/* Is this public key, if there is one, the one that the CA has refused? */
int	job_is_refused_key(const struct job *, int have, const uint8_t key[SPKI_HASH_LEN]);

/*
 * Remembers how an attempt failed; any but a local one holds back further
 * attempts, for seconds at least, and until another time if that is later (0:
 * there is none).
 */
void	job_failed(struct job *, const char *text, enum failure, uint64_t seconds, time_t until);
/* Has the last -r revoked it, or begun to?  As long as that is remembered. */
int	job_was_revoked(const struct job *, const struct chain *);
/*
 * Words of another process or of the CA, made visible for outsz bytes: none of
 * them can pass for a verdict of this process later.
 */
void	job_say_foreign(char *out, size_t outsz, const char *text);
/* Remembers why there was no attempt. */
void	job_prevented(struct job *, const char *text, enum failure);
/* It was looked at, and nothing is wrong: no error is remembered any more. */
void	job_fine(struct job *);

/*
 * With -r: what is to be revoked, doomed, is what an earlier run has not
 * finished with, or else what is installed, or else what was revoked and is
 * not confirmed yet.  0 or -1.
 */
int	job_doom(struct job *, struct why *);
/* Remembers that, before the CA is asked.  0 or -1. */
int	job_begin_revocation(struct job *, struct why *);
/* Is what is installed the certificate to be revoked, or what was left of it? */
int	job_is_doomed(const struct job *);
/*
 * The certificate is revoked: removes its files and state, unless others are
 * installed, and keeps a copy until that is confirmed.  0 or -1.
 */
int	job_remove(struct job *, struct why *);
/* The CA may have revoked the other certificate, too, that is installed for the same key: the next renewal is at once, for a new key. */
void	job_key_burnt(struct job *);
/* In a renewal: is the live key one that a certificate was revoked for as compromised, or was to be? */
int	job_key_compromised(struct job *);

#endif
