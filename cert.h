/*
 * certproc: what it remembers between runs, its jobs, verdicts and reports.
 */
#ifndef CERT_H
#define CERT_H

#include <time.h>

#include "acme-client.h"
#include "conf.h"
#include "der.h"
#include "log.h"
#include "msg-bodies.h"
#include "msg.h"
#include "part.h"
#include "valid.h"
#include "x509.h"

#define CERTID_MAX 128

/* What the CA has said about the renewal of one certificate (RFC 9773). */
struct window {
	char certid[CERTID_MAX]; /* of that certificate, or "" */
	time_t start, end;       /* 0: not known */
	time_t time;             /* in it, picked once */
	time_t ask;              /* not asked again earlier */
};

/* Of a certificate, as much as its renewal depends on. */
struct life {
	time_t not_before, not_after;
	char certid[CERTID_MAX]; /* RFC 9773 4.1, or "" */
};

#define FINGERPRINT_LEN 65 /* of a SHA-256 in hexadecimal, with its NUL */
#define GROUP_MAX 68

/*
 * Where and how a certificate was obtained, as the configuration had it; ""
 * where that is not known.
 */
struct origin {
	char leaf[FINGERPRINT_LEN]; /* of the certificate */
	char directory[1024];       /* URL */
	char profile[128];          /* "": none */
	/* CN at the top of the chain; "": none */
	char preferred[256];
};

/*
 * No wait is longer, counted from the start of the run: a daily run is met
 * every day, also where a day has 23 hours.
 */
#define BACKOFF_MAX (22 * 3600 + 1800)

#define LAST_ERROR_MAX 1600

/* Of one domain section. */
struct state {
	/* hash of the set of names: for another set, all begins anew */
	char names[65];
	unsigned attempts; /* begun since the last success */
	/* of them, those that the CA answered */
	unsigned failures;
	time_t not_before; /* no new attempt earlier, without -F */
	time_t last_success;
	/* its beginning and end, if it is longer */
	char last_error[LAST_ERROR_MAX];
	enum failure error_class; /* of that */
	/* the last error is that of an attempt that only -F had asked for */
	int forced;
	/* the attempt that has not ended, or 0 */
	time_t began;
	long took_ms; /* the last attempt */
	struct window window;
	/* about revocation, not asked again earlier */
	time_t status_ask;
	/* fingerprint of the files at the last look, or "" */
	char fingerprint[65];
	/* when that was found by reading them; 0: not yet */
	time_t looked;
	struct life life; /* of what was installed then */
	/* last renewal that the CA had asked for early */
	time_t early;
	/* the attempt that is under way is one, and began then; or 0 */
	time_t early_tried;
	/* fingerprint of the certificate that its CA has revoked, or "" */
	char revoked[65];
	/* hash of a public key that the CA refuses, or "" */
	char refused_key[65];
	/* fingerprint of what -B is putting back; or "" */
	char put_back[65];
	/* where its nonces came from (RFC 8555 7.2), or "" */
	char new_nonce[256];
	int slow;         /* its orders were not ready at once */
	char order[1024]; /* URL of one that is not done, or "" */
	/* hash of the authority and profile that it was made with */
	char order_terms[65];
	time_t order_made;
	struct origin attempt; /* the last one; leaf is not used */
	/* what is installed, if leaf is its fingerprint */
	struct origin obtained;
	/* of an authority: those that its servers need */
	char anchors[ANCHOR_NAMES_MAX];
	/* "=" and the group that the key has; "": not known */
	char group[GROUP_MAX];
};

/* What went wrong last, or "": an attempt that has not ended was killed. */
const char *state_error(const struct state *, char out[LAST_ERROR_MAX]);
/*
 * Nothing is wrong any more: no attempt, failure or error is remembered.  0 if
 * none was.
 */
int state_forget_errors(struct state *);

/*
 * The last error within a sentence: one that is longer than a sentence has room
 * for is printed whole, as what name (a handle or an authority) has, and
 * shortened in out, which is returned.
 */
#define CAUSE_MAX 320
const char *state_cause(
    const struct state *, const char *name, char *out, size_t outsz);

/*
 * A record as fileproc keeps it; NULL, or one for other names, is all zero.
 * whose: for the message about a damaged one; NULL: it is said elsewhere.
 */
void state_parse(const char *record, size_t len, const char *whose,
    const struct strings *names, struct state *);
/* The caller frees. */
char *state_encode(const struct state *);

/* The account at an authority; each member NULL, or the caller frees it. */
struct account_record {
	char *thumbprint; /* of the key that the URL is bound to */
	char *url;
	/*
	 * thumbprint of a rollover's new key that the CA has said not to know
	 */
	char *unknown;
};
/*
 * A record; NULL, or one of another directory URL, has no account.  As above.
 */
void account_parse(const char *record, size_t len, const char *whose,
    const char *directory, struct account_record *);
/* unknown may be NULL.  The caller frees. */
char *account_encode(const char *directory, const char *thumbprint,
    const char *url, const char *unknown);

/*
 * When to try again after so many failures in a row: after 1, 10, 100 minutes,
 * then 18 hours, each up to a quarter longer at random.
 */
time_t backoff(unsigned failures, time_t now);
/*
 * The same, or later if the CA asks for it (seconds, of Retry-After), but at
 * most BACKOFF_MAX after the run began: the next daily run is to meet it.
 */
time_t backoff_or(
    unsigned failures, time_t now, uint64_t seconds, time_t run_began);
/*
 * A time that lies further ahead than any backoff comes from a clock that was
 * wrong.
 */
int backoff_holds(time_t not_before, time_t now);


/*
 * What certproc asks of fileproc.  Each function waits for fileproc's reply;
 * what others say meanwhile is kept for serve().
 */

/* One part, as it was read; bytes are NUL-terminated, or NULL. */
struct stored {
	char *path; /* for messages only */
	enum presence presence;
	char *bytes; /* PRESENCE_BROKEN: the reason */
	size_t len;
};
void stored_free(struct stored *);

/* All functions that return int: 0, or -1 with fileproc's reason. */

/*
 * Takes the job's lock, waiting until the monotonic deadline, removes what a
 * killed run has left, and reads all parts; stored_free() frees each.  Where it
 * fails, the records may have been read all the same.
 */
int store_open(uint32_t job, int64_t deadline,
    struct stored parts[PART_JOB__MAX], struct error *);
/*
 * The same without the lock and without changing anything.  1: another process
 * holds the lock.
 */
int store_look(
    uint32_t job, struct stored parts[PART_JOB__MAX], struct error *);
/*
 * Gives the lock back.  forget: the parts that need not be kept once this run
 * was reported.
 */
void store_close(uint32_t job, uint64_t forget);

/* Is there room for a new set, and for the chain that is saved before? */
int store_probe(uint32_t job, struct error *);
/* Replaces a record of the job or (job 0) of the authority, for good. */
int store_write(
    uint32_t job, enum part, const char *bytes, size_t len, struct error *);
int store_remove(uint32_t job, enum part, struct error *);
/* -B: the files before the installed ones; stored_free() frees each. */
int store_read_kept(
    uint32_t job, struct stored parts[PART_SET__MAX], struct error *);
/* -r: a record becomes what another part had when the job was opened. */
int store_copy(uint32_t job, enum part from, enum part to, struct error *);
/* -r: when this returns, key and csr know from fileproc what may be revoked. */
int store_tell_revocable(uint32_t job, struct error *);
/* -r: removes the files of the set. */
int store_remove_set(uint32_t job, struct error *);
/*
 * The new version of one file; its failure is told by store_commit(), which
 * replaces all of them.
 */
void store_stage(uint32_t job, enum part, const char *bytes, size_t len);
int store_commit(uint32_t job, struct error *);

/*
 * Of the authority's parts: a lock, waiting until the deadline; and reading.
 * stored_free() frees.
 */
int store_lock(enum part, enum lock, int64_t deadline, struct error *);
void store_read(enum part, struct stored *);


/*
 * The roots that chains must lead to, as each authority has them; in certproc.
 */

struct anchors;

/*
 * Reads them, before the sandbox, of this file (NULL: the system's).  The same
 * for the same file; what is wrong with it, anchors_load() says.
 */
struct anchors *anchors_open(enum rooting how, const char *path);
/* Will any root do? */
int anchors_any(const struct anchors *);
/*
 * Does the configuration name none, though the system has none for this
 * authority?
 */
int anchors_lacking(const struct anchors *);
/* Parses all that were read, while there is time for it. */
void anchors_load_early(void);
/*
 * Parses them when they are needed first, as a system's whole bundle takes a
 * while.  *roots NULL: any root will do.  0 or -1.
 */
int anchors_load(struct anchors *, const struct roots **roots, struct error *);
/*
 * The same where no chain is to be installed: what is wrong is said, once in a
 * run.  1: they are known.
 */
int anchors_known(struct anchors *, const struct roots **roots);


/*
 * The installed files of one certificate, as certproc sees them.
 */

/*
 * The chain in a record; NULL: there is none, or no chain.  The caller frees.
 */
struct chain *stored_chain(const struct stored *);

/* What is in place. */
struct installed {
	struct chain *chain; /* NULL: nothing that can be read */
	enum part part;      /* that it was read from */
	int mixed;           /* the files do not belong together */
	int complete;        /* chain has the intermediates, too */
	int repairable;      /* they can be made to from chain */
	struct stored file[PART_SET__MAX]; /* as they were read */
};

/*
 * Takes over the parts that are configured, which are those that have a path;
 * a file that is no chain counts as absent.  installed_free() frees.
 * -1: a file is there that fileproc may not read.
 */
int installed_read(struct installed *, char *const path[PART_SET__MAX],
    struct stored parts[PART_SET__MAX], struct error *);
void installed_free(struct installed *);

/* Replaces all files of the set by this chain.  0 or -1. */
int installed_replace(uint32_t job, char *const path[PART_SET__MAX],
    const struct chain *, struct error *);
/*
 * 1 if each file of the set is there and has in it what installed_replace()
 * would write.
 */
int installed_holds(const struct installed *, char *const path[PART_SET__MAX],
    const struct chain *);


/*
 * One certificate, as certproc sees it: the verdict on what the CA sends, and
 * what is remembered of it between runs.
 */

/* the CA's default and its alternates, for one certificate */
#define CHAINS_MAX 10

/*
 * What csr has said about keys: hashes of public keys, and of the combined
 * file's chain and its first certificate.
 */
struct job_keys {
	uint8_t current[SPKI_HASH_LEN];
	uint8_t next[SPKI_HASH_LEN]; /* not live yet */
	uint8_t combined[SPKI_HASH_LEN];
	uint8_t combined_leaf[SPKI_HASH_LEN];
	int have_current, have_next, have_combined;
};

struct job {
	uint32_t nr; /* of the job, in messages */
	char *handle;
	struct strings names;
	/* of the files; NULL: not configured */
	char *path[PART_SET__MAX];
	/* csr writes a file with the key and the chain */
	int combined;
	int check_status; /* ask whether it is revoked */
	/* servers that are to present it (conf.h) */
	struct strings verify;
	char *status_url; /* where, or NULL */
	uint8_t *status;  /* the answer as far as it has come */
	size_t status_len;
	int revoked; /* as the CA says there */
	int new_key; /* nor may its key be used any longer */
	/* as others know it, or the one that waits to go live */
	int key_compromised;
	/* by the CA: the key that waits to go live */
	int next_refused;
	/* its files' fingerprint, as the parent has seen them */
	char *fingerprint;
	char *profile; /* to be ordered, or NULL */
	/* CN at the top of the chain to take, or NULL */
	char *preferred;
	char *group;             /* that may read its key, or NULL */
	struct keyspec key_spec; /* of its key */
	char *directory;         /* URL of its authority, */
	struct anchors *anchors; /* whose chains lead there */
	/* the key could not be given to that group */
	int ungrouped;
	/* nothing has changed since its files were last found good */
	int is_as_seen;
	/* its state, as fileproc had it at the start; or NULL */
	char *record;
	size_t record_len;
	/* there was a saved chain at the start */
	int has_saved;
	/* a verified chain that an earlier run left */
	struct stored saved;
	/* copy of a chain whose revocation an earlier run began */
	struct stored revoking;
	/* copy of a chain that was revoked, as one run's net has said */
	struct stored unconfirmed;
	int confirming; /* doomed is that one */
	/* the same as revoking, its key is not to be used any more */
	struct stored compromised;
	int locked;
	int has_state;       /* it was read, or there was none */
	struct state *state; /* its own, or one for all that are at rest */
	struct installed installed;
	/* of what is installed, if it is for these names; or NULL */
	char *certid;
	struct job_keys keys;
	struct chain *chosen;  /* verified, to be installed */
	struct chain *doomed;  /* with -r: to be revoked */
	enum part doomed_part; /* that it was read from */
	/* why nothing can be done for it, or "" */
	struct error broken;
	struct error error; /* what csr or chng has said last, or "" */
	int suggested;      /* due because the CA says so */
	/* due because of -F, and nothing else */
	int only_forced;
	int64_t began_ms; /* the attempt */
	/* a state of certproc's dispatch table */
	unsigned phase;
	/* of net, which has it or had it last */
	uint32_t worker;
	/* net looks at the order of an earlier run */
	int resumed;
	int told; /* that waits for the verdict */
	/* that csr could not remove, as it is not here */
	int key_stays;
	/* by this run, or by one that could not report it */
	int changed;
	/*
	 * the commands of 'on change' have not run well since its files changed
	 */
	int pending;
};

/*
 * The functions job_*, by groups: what a job remembers and holds; the verdict
 * on a chain and its installation; the outcome of an attempt; revocation (-r).
 * Those that find out what is to be done, job_evaluate() and the like, are
 * further below.
 */

/* 1: what a job remembers and holds. */

extern int job_compromised; /* -R keyCompromise */

/* An empty state of its own. */
void job_new_state(struct job *);
/* It is at rest: gives back its state and record, which nobody reads again. */
void job_set_unchanged(struct job *);

/* For all jobs: -F. */
void job_rules(int force);
/* With -F? */
int job_forced(void);
/*
 * Takes over what fileproc has read: the state, the records, the installed
 * files.  0, or -1: a file may not be read, see why.
 */
int job_take(struct job *, struct stored parts[PART_JOB__MAX], struct error *);
/* Remembers its state.  0 or -1. */
int job_save(const struct job *, struct error *);
/*
 * Does the installed chain lead to a root of the authority?  0: no, see why;
 * -1: it cannot be told.
 */
int job_trusts_installed(const struct job *, struct error *);
/* Gives back the lock and what was read. */
void job_close(struct job *);

/* 2: the verdict on a chain, and its installation. */

/*
 * May this chain be installed here and now, be it from the CA or saved by an
 * earlier run?  0, or -1 with the reason.
 */
int job_verify(const struct job *, const struct chain *, struct error *);

/*
 * Counts an attempt, before the CA is asked; what can go wrong on this
 * machine should do so here.  0 or -1.
 */
int job_begin(struct job *, struct error *);

/*
 * A chain from the CA, unframed if nothing but the connection's end ended it.
 * 1: it is chosen, and saved; 0: another one may be better; -1: refused, see
 * why; SAVE_FAILED: it could not be saved, see why.
 */
#define SAVE_FAILED -2
int job_choose(
    struct job *, const char *pem, size_t len, int unframed, struct error *);
/*
 * There is no other: the first one that would do is chosen, and saved.  As
 * job_choose(), but not 0.
 */
int job_choose_last(struct job *, struct error *);
/* Is the chosen chain for a key that is not live yet? */
int job_needs_next_key(const struct job *);
/* Replaces the files by the chosen chain.  0 or -1. */
int job_install(struct job *, struct error *);
/* Everything is in place; the chain stays saved until that is reported. */
void job_installed(struct job *);
/*
 * This chain was installed by an attempt that did not come to remember that.
 * What it would have remembered is in the state, but not written yet.
 */
void job_was_installed(struct job *, const struct chain *);

/* Removes the saved chain, which is of no use for this reason. */
void job_forget(struct job *, const char *reason);

/*
 * The CA refuses this public key: it is remembered, so that no later run asks
 * for a certificate for it.
 */
void job_refuse_key(struct job *, const uint8_t key[SPKI_HASH_LEN]);
/* Is this public key, if there is one, the one that the CA has refused? */
int job_is_refused_key(
    const struct job *, int have, const uint8_t key[SPKI_HASH_LEN]);

/* 3: the outcome of an attempt. */

/*
 * Remembers how an attempt failed.  Any failure but a local one holds back
 * further attempts for so many seconds at least and, if until is later than
 * that, until then (0: no such time).
 */
void job_failed(struct job *, const char *text, enum failure, uint64_t seconds,
    time_t until);
/* Has the last -r revoked it, or begun to?  As long as that is remembered. */
int job_was_revoked(const struct job *, const struct chain *);
/*
 * Words of another process or of the CA, made visible for outsz bytes: none of
 * them can pass for a verdict of this process later.
 */
void job_say_foreign(char *out, size_t outsz, const char *text);
/* Remembers why there was no attempt. */
void job_prevented(struct job *, const char *text, enum failure);
/* It was looked at, and nothing is wrong: no error is remembered any more. */
void job_fine(struct job *);

/* 4: revocation (-r). */

/*
 * Chooses the certificate to revoke, doomed: the one whose revocation an
 * earlier run has begun, or else the installed one, or else one whose
 * revocation is not confirmed yet.  0 or -1.
 */
int job_doom(struct job *, struct error *);
/* Remembers that, before the CA is asked.  0 or -1. */
int job_begin_revocation(struct job *, struct error *);
/*
 * Is what is installed the certificate to be revoked, or what was left of it?
 */
int job_is_doomed(const struct job *);
/*
 * The certificate is revoked: removes its files and state, unless others are
 * installed, and keeps a copy until that is confirmed.  0 or -1.
 */
int job_remove(struct job *, struct error *);
/*
 * The CA may have revoked the other certificate, too, that is installed for the
 * same key: the next renewal is at once, for a new key.
 */
void job_key_burnt(struct job *);
/*
 * In a renewal: is the live key one that a certificate was revoked for as
 * compromised, or was to be?
 */
int job_key_compromised(struct job *);


/*
 * The authority, in certproc.
 */

/* Keeps what it points to. */
void authority_conf(const struct slice_conf *);
/* What is remembered of its failures. */
void authority_load(void);

/* The stored account, under a lock; a failure ends the process. */
void authority_load_account(int64_t lock_deadline);
/* KEY_ACCOUNT: key waits for it. */
void authority_tell_key(void);
void cert_account(struct msg *); /* a handler */

/*
 * -t: prints the account URL, as it is stored, this thumbprint, which is key's,
 * and the persist records of dns-persist-01.  0, or -1 if there is no key.
 */
int authority_show(const struct body_shown *);

/* Could it not be reached lately?  Then see why. */
int authority_holds(struct error *);
/* It could not be reached; it asks for so many seconds of patience, or 0. */
void authority_failed(const char *text, uint64_t seconds);
/* It has answered: failures are forgotten. */
void authority_works(void);

/*
 * The trust anchors of its servers, by name: NULL, or those that net has named
 * in an earlier run, for net to try first.
 */
const char *authority_anchors(void);
void authority_learned(const char *names);

/*
 * What it has refused, it would refuse for every order: no further one in this
 * run.
 */
void authority_ends(const char *text);
/* Is that so?  Then see why. */
int authority_ended(struct error *);

/* Until when it is left alone, or 0. */
time_t authority_not_before(void);
/* What it has refused for every order, or how it failed last. */
const char *authority_cause(void);


/*
 * The jobs of a run and the course of each.
 */

/*
 * The phases of a job, by what it waits for.  The steps:
 *
 *   AWAITS_KEYS ---------------------------------------------+
 *        |                                                   |
 *        v                                                   |
 *   KEYS_KNOWN ---+-----------------+--------------+         |
 *        |        v                 v              |         |
 *        |   DATE_TO_ASK  +-> STATUS_TO_ASK        |         |
 *        |        |       |         |              |         |
 *        |        v       |         v              |         |
 *        |   ASKING_DATE -+   ASKING_STATUS        |         |
 *        |        |                 |              v         |
 *        |        +-----------------+-----------> DUE <------+
 *        |                                        | |        |
 *        |                  ORDERING <------------+ |        |
 *        |                     |                    v        |
 *        +---------------------+                  TASKED <---+
 *        |                     |                    |
 *        v                     v                    v
 *     ADOPTING --------> COMBINING             DISCARDING
 *
 * From each phase a step leads to FINISHED, too.
 */
enum phase {
	/* csrproc's word on its keys. */
	AWAITS_KEYS = 1,
	/* The keys of the other jobs. */
	KEYS_KNOWN = 2,
	/* A worker of netproc that asks the CA when to renew (RFC 9773). */
	DATE_TO_ASK = 4,
	ASKING_DATE = 8,
	/* A worker that asks whether the certificate is revoked. */
	STATUS_TO_ASK = 16,
	ASKING_STATUS = 32,
	/* A worker for an order or, with -r, -K, -U and -D, a task. */
	DUE = 64,
	/* A certificate, from a worker. */
	ORDERING = 128,
	/* A task of a worker; with -t and at a rollover's end, of keyproc. */
	TASKED = 256,
	/* csrproc, which makes the next key live, */
	ADOPTING = 512,
	/* writes the file with key and chain, */
	COMBINING = 1024,
	/* or removes what is left of a revoked certificate. */
	DISCARDING = 2048,
	/* Nothing: the parent knows its outcome. */
	FINISHED = 4096,
	PHASE__END = 8192
};
#define WITH_NET (ASKING_DATE | ASKING_STATUS | ORDERING | TASKED)

extern struct job *jobs;
extern uint32_t njobs;

/* Adds a job in its first phase; the pointer is valid until the next call. */
struct job *job_add(void);
/*
 * The only way into another phase.  A step that is not in the drawing ends the
 * process.
 */
void enter(uint32_t job, enum phase);

/*
 * Installs the chosen chain, which is verified and saved in the state
 * directory, and finishes the job.
 */
void install(uint32_t job);
/*
 * Ends a job with its outcome, of which the parent and, if it waits for it,
 * netproc are told.
 */
void finish(uint32_t job, enum outcome);
/* Prints the error, and ends the job with OUTCOME_FAILED. */
void finish_failed(uint32_t job, const struct error *);

/* Handles messages until ROLE_STOP. */
void serve_jobs(void) __attribute__((noreturn));


/*
 * Which jobs have something to do, and which of them is next.
 */

/*
 * The start of a run that is not for -l, the metrics or "verify": finishes the
 * jobs for which nothing is due, or has csrproc look at the keys of the others.
 * most_orders: how many certificates may be ordered (-m).
 */
void queue_begin(int64_t lock_deadline, uint64_t most_orders);
/*
 * The keys of one more job are known.  When all are, this finds out what is to
 * be done for each job, and tells the parent.
 */
void queue_key_known(void);
/* Handler: a worker of netproc asks for its next job. */
void cert_next(struct msg *);


/*
 * What is to be done for a certificate, in certproc.
 */

/*
 * Are its files as they were when they were last looked at, and is nothing due
 * by what was found then?  Reads nothing but the state.
 */
int job_unchanged(struct job *);
/*
 * Takes the lock, and says what is to be done.  JOB_INSTALL: what an earlier
 * run has left, or files that do not belong together; chosen is set. JOB_ASK:
 * the CA is to be asked when to renew, JOB_ASK_STATUS: whether it is revoked,
 * at status_url; the one may come after the other.  JOB_FAILED: see why.
 */
enum job_verdict {
	JOB_FAILED = -1,
	JOB_UNCHANGED,
	JOB_INSTALL,
	JOB_DUE,
	JOB_ASK,
	JOB_ASK_STATUS
};
enum job_verdict job_evaluate(
    struct job *, int64_t lock_deadline, struct error *);
/* For -r: there is a certificate (JOB_DUE), or see why. */
enum job_verdict job_evaluate_revocation(
    struct job *, int64_t lock_deadline, struct error *);
/*
 * For -B: what is kept is to be installed (JOB_INSTALL), or nothing else is
 * kept than what is installed (JOB_UNCHANGED), or see why.
 */
enum job_verdict job_evaluate_restoration(
    struct job *, int64_t lock_deadline, struct error *);
/*
 * The CA's window (RFC 9773), start 0 if there is none: JOB_DUE, JOB_UNCHANGED
 * or JOB_ASK_STATUS.
 */
enum job_verdict job_window(struct job *, time_t start, time_t end, long retry);

/*
 * A piece of the answer about revocation.  JOB_ASK_STATUS: there is more to
 * come.
 */
enum job_verdict job_status(
    struct job *, const uint8_t *, size_t len, int more);


/*
 * The order of a job that was not done when its run ended.
 */

/* For all jobs: the directory URL of the authority, which is kept. */
void order_authority(const char *api_url);

/*
 * The URL of the order that the next attempt is to look at first, or NULL:
 * none, or it was made elsewhere, for another profile or too long ago: a CA
 * keeps one for some days, and the certificate must not run out meanwhile.
 */
const char *order_open(const struct job *);
/*
 * Remembers the URL of an order, on the disk; NULL: it is of no use any more.
 */
void order_keep(struct job *, const char *url);

/*
 * Is the certificate that an earlier run's order has brought still worth
 * installing?  0, or -1 with the reason.
 */
int order_worth(const struct job *, const struct chain *, struct error *);

/* Handler. */
void cert_order(struct msg *);


/*
 * Where and how the installed certificate was obtained, and whether that is
 * still what the configuration says; in certproc.
 */

/*
 * Reads the state from its record (or NULL); what has failed with another
 * authority is left out.
 */
void origin_load_state(
    struct job *, const char *record, size_t len, const char *whose);

/*
 * Must it be obtained anew?  CHANGED_AUTHORITY: it is of another authority, or
 * leads to none of this one's roots; CHANGED_OTHERWISE: type or size of its
 * key, profile or preferred chain.  The reason is in why.
 */
enum changed { CHANGED_NOTHING, CHANGED_AUTHORITY, CHANGED_OTHERWISE };
enum changed origin_changed(const struct job *, struct error *);

/* Is 'group' another one than the files had at the last look? */
int origin_group_changed(const struct job *);
/* Were the files given to a group, which the configuration has no longer? */
int origin_takes_group_back(const struct job *);

/* An attempt begins: as it is configured now. */
void origin_attempt(struct job *);
/* This chain, of that attempt, is installed.  0: that was known already. */
int origin_installed(struct job *, const struct chain *);
/* The files have the configured group, unless they could not be given to it. */
void origin_grouped(struct job *);
/* The installed certificate is as configured: so a later change is noticed. */
void origin_confirm(struct job *);

/* Is the installed certificate known to be obtained as configured now? */
int origin_is_configured(const struct job *);


/*
 * What there is of each certificate, what comes of it and when; in certproc.
 */

#define CHANGE_PENDING "on change: not run yet, or failed"

/* The more urgent, the greater. */
enum condition { FINE, DUE_NOW, MISSING, FAILING, EXPIRED };

struct report {
	const struct job *job;
	enum condition condition;
	char issuer[64];
	time_t when;          /* it will be renewed, or tried again */
	const char *reason;   /* for that */
	struct error changed; /* what reason may point to */
	struct error error;   /* what could not be read, or "" */
};

/*
 * Looks at each of the jobs, by way of fileproc; the most urgent first.
 * outcomes[], by job: unchanged where all is well, installed where something is
 * due, failed where it has expired or does not come about.  The caller frees.
 */
struct report *report_all(struct job *, size_t n, enum outcome *outcomes);

/* What went wrong at last, or "", in a static buffer. */
const char *report_error(const struct report *);
/* Is that only the error of a run with -F, as nothing had been due? */
int report_forced(const struct report *);


/*
 * The list of -l, by certproc on its stdout.
 */

/* flags: LIST_*. */
void cert_list(const struct report *, size_t n, int flags);


/*
 * The metrics file, by certproc.
 */

/* Replaces the configured file, which others may read.  0 or -1. */
int cert_metrics(const struct report *, size_t n, struct error *);


/*
 * What an earlier run has left to do: by a chain that it saved, or in files
 * that do not belong together.  In certproc.
 */

/*
 * Looks at the saved chain, once the keys and what is installed are known.
 * 1: it is to be installed, chosen is set.  0: nothing is to be installed;
 * changed is set where it was, by a run that could not report it.
 */
int recover(struct job *);
/* Is a saved chain not in place yet?  For -B, which removes none. */
int recover_waits(const struct job *);
/*
 * Is there to be a file with key and chain, and is it not the one of the live
 * key and the installed certificate?
 */
int combined_is_old(const struct job *);
/*
 * 1: the files do not belong together, but the installed chain is complete, and
 * chosen to be installed anew.
 */
int repair(struct job *);


/*
 * -B, in certproc: what the installed certificate has replaced is put back.
 */

/*
 * Judges what fileproc has kept, once the keys and what is installed are known;
 * the next key is here the one before the live one.  1: it is chosen, to be
 * installed; 0: nothing is kept that is not installed; -1: it may not be
 * installed, see why.
 */
int restore(struct job *, struct error *);


/*
 * "verify": do servers present what is installed?
 */

/* In a run that is for it: reads what is installed, and has net started. */
void verify_begin(void);
/* net asks which server is next. */
void verify_next(void);
/* Handler. */
void cert_presented(struct msg *);


/*
 * When a certificate is to be renewed: when the CA suggests it (RFC 9773),
 * else by its life.
 */

/*
 * RFC 9773 4.1: what the CA knows the certificate by; NULL if it has no such
 * name.  The caller frees.
 */
char *renewal_certid(const struct chain *);
/* What counts of a certificate from here on. */
void renewal_life(const struct chain *, struct life *);

/*
 * When it is due.  Between a CA's window and a third of the life (half, if
 * that is under ten days) the window counts, but never past a sixth of the
 * life before the end, and "now" at most once a day.  *suggested: by
 * the window.
 */
time_t renewal_time(const struct life *, const char *handle,
    const struct state *, time_t now, int *suggested);

/*
 * Does the CA say that it should have been renewed long before its time?  It
 * says that of what it has revoked, or is about to (RFC 9773 4.2).
 */
int renewal_overdue(
    const struct life *, const char *handle, const struct state *, time_t now);

/* Is the CA to be asked about it now? */
int renewal_ask(const struct life *, const struct state *, time_t now);

/*
 * Takes the CA's answer about this certificate.  A time is picked only when
 * the window is new (RFC 9773 4.2).  retry: seconds, of Retry-After, -1 if
 * there was none.  A window that makes no sense counts as no answer.
 */
void renewal_window(struct state *, const char *certid, time_t start,
    time_t end, long retry, time_t now);
/*
 * There was no answer: asked again after so many seconds, -1: after the usual
 * six hours.
 */
void renewal_no_window(
    struct state *, const char *certid, long retry, time_t now);
/*
 * A certificate was installed: what was known of the one before no longer
 * counts.
 */
void renewal_installed(struct state *, const struct life *, time_t now);


/*
 * Has the CA revoked a certificate?  Asked where the certificate itself says:
 * at a revocation list (RFC 5280 5), else at an OCSP responder (RFC 6960).
 * Both answers are signed, so it does not matter who carries them.
 */

#define STATUS_BYTES_MAX (16 * 1024 * 1024)

/* An http URL to GET; the caller frees.  NULL: see why. */
char *status_url(const struct chain *, struct error *);

/* What came from there.  1: revoked, 0: not, -1: it does not tell, see why. */
int status_judge(const struct chain *, const uint8_t *response, size_t len,
    time_t now, struct error *);


/*
 * What revocation lists and OCSP responses have in common.
 */

#define STATUS_SKEW 300 /* seconds that clocks may differ by */

/* The leaf's issuer; NULL: only the leaf is installed. */
X509 *status_issuer(const struct chain *);
/*
 * The first revocation list that the certificate names by http; the caller
 * frees.  NULL: none.
 */
char *status_list_url(X509 *leaf);
/* The name, if it is an http URL; the caller frees. */
char *status_http_name(const GENERAL_NAME *);

/* RFC 5280, RFC 6960: what is signed, how, and the signature. */
struct status_signed {
	struct der tbs;       /* whole */
	struct der algorithm; /* whole */
	struct der signature; /* without the number of unused bits */
};
/* Reads them from in.  0, or -1: not DER, or not these. */
int status_signed_read(struct der *in, struct status_signed *);
/* An AlgorithmIdentifier's NID; NID_undef: libcrypto knows none. */
int status_algorithm(const struct der *);
/*
 * Is the algorithm strong enough (SHA-256 or better)?  0, or -1 with the
 * reason; what names the object.
 */
int status_signed_strong(
    const struct status_signed *, const char *what, struct error *);
/* Is it signed by this key?  1 or 0. */
int status_signed_by(const struct status_signed *, EVP_PKEY *);

/*
 * Reads a UTCTime or GeneralizedTime.  1; 0: the next element is something
 * else; -1: no time.
 */
int status_time(struct der *in, time_t *);

struct status_extension {
	/* n, if it is 2.5.29.n (RFC 5280 4.2), else -1 */
	int id;
	int critical;
	struct der value;
};
/*
 * Reads the next extension (RFC 5280 4.1).  1; 0: there are no more; -1: not
 * DER.
 */
int status_extension(struct der *in, struct status_extension *);

/*
 * The judges of status_judge(): 1: revoked, 0: not, -1: it does not tell, see
 * why.
 */
int status_list_judge(
    const struct chain *, struct der response, time_t now, struct error *);
int status_ocsp_judge(
    const struct chain *, struct der response, time_t now, struct error *);

/*
 * The certificate's serial number, as the content of an INTEGER; the caller
 * gives what is returned to OPENSSL_free().
 */
uint8_t *status_serial(const X509 *, struct der *serial);

#endif
