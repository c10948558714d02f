/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * certproc: what it remembers between runs, its jobs, its verdicts and reports.
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
	char certid[CERTID_MAX]; /* The certificate's ID at the CA, or "". */
	/* The window that the CA suggests; 0: it is not known. */
	time_t start, end;
	time_t time; /* A time in the window, chosen once. */
	time_t ask;  /* The CA is not asked again before this. */
};

/* The part of a certificate that its renewal depends on. */
struct life {
	time_t not_before, not_after;
	/* The certificate's ID (RFC 9773 4.1), or "". */
	char certid[CERTID_MAX];
};

#define GROUP_MAX 68

/*
 * Where and how a certificate was obtained, by the configuration of that time.
 * A member is "" where that is not known.
 */
struct origin {
	char leaf[FINGERPRINT_LEN]; /* The fingerprint of the certificate. */
	char directory[1024];       /* The URL of the authority's directory. */
	char profile[128];          /* The profile, or "" for none. */
	/* The CN of the root of the preferred chain, or "" for none. */
	char preferred[256];
};

/*
 * No failure delays the next attempt further than this after the start of the
 * run: a daily run finds the wait over, even on a day of 23 hours.
 */
#define BACKOFF_MAX (22 * 3600 + 1800)

#define LAST_ERROR_MAX 1600

/* What certproc remembers of one domain section. */
struct state {
	/*
	 * A hash of the set of names; for another set, most members start anew.
	 */
	char names[FINGERPRINT_LEN];
	unsigned attempts; /* Attempts since the last success. */
	/* How many of these attempts the CA has responded to. */
	unsigned failures;
	time_t not_before; /* No attempt starts before this without -F. */
	time_t last_success;
	/* The error; if it is too long, its beginning and end. */
	char last_error[LAST_ERROR_MAX];
	enum failure error_class; /* The class of last_error. */
	/*
	 * The last error is that of an attempt that was made only because of
	 * -F.
	 */
	int forced;
	/* When the attempt that has not ended began, or 0. */
	time_t began;
	long took_ms; /* The milliseconds that the last attempt took. */
	struct window window;
	/* Revocation status is not requested before this time. */
	time_t status_ask;
	/* The fingerprint of the files when they were last read, or "". */
	char fingerprint[FINGERPRINT_LEN];
	/* When the files were last read, or 0. */
	time_t looked;
	/* The data of the certificate that was installed then. */
	struct life life;
	/*
	 * When the certificate was last renewed because of the CA's suggestion
	 * alone.
	 */
	time_t early;
	/*
	 * The start of the run of the present attempt if that is such a
	 * renewal; or 0.
	 */
	time_t early_tried;
	/*
	 * The fingerprint of the certificate, if the CA has revoked it, or "".
	 * If none is installed: of the one whose revocation was confirmed.
	 */
	char revoked[FINGERPRINT_LEN];
	/* A hash of a public key that the CA refuses, or "". */
	char refused_key[FINGERPRINT_LEN];
	/* The fingerprint of the certificate that -B is putting back, or "". */
	char put_back[FINGERPRINT_LEN];
	/* The URL for new nonces (RFC 8555 7.2) in the last run, or "". */
	char new_nonce[256];
	int slow;         /* The CA does not complete orders at once. */
	char order[1024]; /* The URL of an unfinished order, or "". */
	/*
	 * A hash of the authority and the profile that the order was made with.
	 */
	char order_terms[FINGERPRINT_LEN];
	time_t order_made;
	/* The origin for which the last attempt was made; leaf is not used. */
	struct origin attempt;
	/*
	 * The origin of the installed certificate, if leaf is its fingerprint.
	 */
	struct origin obtained;
	/*
	 * In an authority's state: the names of the trust anchors of its
	 * servers.
	 */
	char anchors[ANCHOR_NAMES_MAX];
	/* The same: a hash of the URL of its terms of service. */
	char terms[FINGERPRINT_LEN];
	/* "=" and the group that may read the key; "": not known. */
	char group[GROUP_MAX];
};

/*
 * Returns the last error, or "".  An attempt that has not ended counts as
 * killed.
 */
const char *state_error(const struct state *, char out[LAST_ERROR_MAX]);
/* Forgets all attempts, failures and errors.  Returns 0 if there were none. */
int state_forget_errors(struct state *);

/*
 * Prepares the last error to be quoted in a sentence.  If it is too long for
 * that, this prints it whole as the error of name (a handle or an authority)
 * and shortens it in out.  Returns out.
 */
#define CAUSE_MAX 320
const char *state_cause(
    const struct state *, const char *name, char *out, size_t outsz);

/*
 * Reads a record as fileproc stores it.  For NULL or a record of other names,
 * most members are 0.  whose names the record in the warning about a damaged
 * one; NULL: no warning.
 */
void state_parse(const char *record, size_t len, const char *whose,
    const struct strings *names, struct state *);
/* Encodes a state; the caller frees the text. */
char *state_encode(const struct state *);

/* The account at an authority; the caller frees each member, or it is NULL. */
struct account_record {
	/* The thumbprint of the account key that the URL belongs to. */
	char *thumbprint;
	char *url;
	/*
	 * The thumbprint of a rollover's new key that has no account at the CA.
	 */
	char *unknown;
};
/*
 * Reads a record.  If it is NULL, or has another directory's URL, there is no
 * account.  whose: as for state_parse().
 */
void account_parse(const char *record, size_t len, const char *whose,
    const char *directory, struct account_record *);
/*
 * Encodes the record of an account; unknown may be NULL.  The caller frees the
 * text.
 */
char *account_encode(const char *directory, const char *thumbprint,
    const char *url, const char *unknown);

/*
 * Returns when to try again after so many failures in a row: after 1, 10 or 100
 * minutes, then 18 hours, each up to a quarter longer at random.
 */
time_t backoff(unsigned failures, time_t now);
/*
 * As backoff(), but after at most an eighth of the time until ends, when the
 * installed certificate expires, or an hour if that is longer (an ends that is
 * past, or 0, does not count); or later if the CA asks to wait for so many
 * seconds (Retry-After); but at most BACKOFF_MAX after run_began, so that the
 * next daily run tries again.
 */
time_t backoff_or(unsigned failures, time_t now, time_t ends, uint64_t seconds,
    time_t run_began);
/*
 * Is not_before still to come?  If it is further ahead than any backoff, it was
 * written with a wrong clock and does not count.
 */
int backoff_holds(time_t not_before, time_t now);


/*
 * Sends certproc's requests to fileproc.  Each function waits for fileproc's
 * reply; messages of other processes that arrive meanwhile are kept for
 * serve().
 */

/* One part as fileproc read it; bytes is NUL-terminated, or NULL. */
struct stored {
	char *path; /* The path is only for messages. */
	enum presence presence;
	/* The contents, or the reason if presence is PRESENCE_BROKEN. */
	char *bytes;
	size_t len;
};
void stored_free(struct stored *);

/* All functions that return int return 0, or -1 with fileproc's reason. */

/*
 * Takes the job's lock, waiting until the monotonic deadline, removes what a
 * killed run has left, and reads all parts; stored_free() frees each.  After a
 * failure, the records may have been read all the same.
 */
int store_open(uint32_t job, int64_t deadline,
    struct stored parts[PART_JOB__MAX], struct error *);
/*
 * Reads all parts without the lock, and changes nothing.  1: another process
 * holds the lock.
 */
int store_look(
    uint32_t job, struct stored parts[PART_JOB__MAX], struct error *);
/*
 * Releases the lock.  forget: a bit for each part that is not needed after this
 * run has reported its outcome.
 */
void store_close(uint32_t job, uint64_t forget);

/* Is there room on the disk for a new set of files and a saved chain? */
int store_probe(uint32_t job, struct error *);
/*
 * Replaces a record of the job or (job 0) of the authority; it is on the disk
 * when this returns.
 */
int store_write(
    uint32_t job, enum part, const char *bytes, size_t len, struct error *);
int store_remove(uint32_t job, enum part, struct error *);
/*
 * -B: reads the files that the installed ones replaced; stored_free() frees
 * each.
 */
int store_read_kept(
    uint32_t job, struct stored parts[PART_SET__MAX], struct error *);
/* -r: copies part from, as it was when the job was opened, to part to. */
int store_copy(uint32_t job, enum part from, enum part to, struct error *);
/* -r: fileproc tells keyproc and csrproc which certificates may be revoked. */
int store_tell_revocable(uint32_t job, struct error *);
/* -r: removes the files of the set. */
int store_remove_set(uint32_t job, struct error *);
/*
 * Writes the new version of one file beside the old one.  store_commit(), which
 * replaces all files, reports a failure of this.
 */
void store_stage(uint32_t job, enum part, const char *bytes, size_t len);
int store_commit(uint32_t job, struct error *);

/*
 * store_lock() takes a lock of the authority, waiting until the deadline;
 * store_read() reads a part of the authority; stored_free() frees it.
 */
int store_lock(enum part, enum lock, int64_t deadline, struct error *);
void store_read(enum part, struct stored *);


/* The trusted roots of each authority, in certproc. */

struct anchors;

/*
 * Reads the file (NULL: the system's file) before certproc enters its sandbox.
 * Returns the same object for the same file.  anchors_load() reports errors.
 */
struct anchors *anchors_open(enum rooting how, const char *path);
/* Does the administrator accept chains to any root? */
int anchors_any(const struct anchors *);
/*
 * Does the configuration name no roots, although the system's are not known to
 * have this authority's?
 */
int anchors_lacking(const struct anchors *);
/* Parses all that were read, while certproc has nothing else to do. */
void anchors_load_early(void);
/*
 * Parses the roots on the first call, since a system's whole bundle takes a
 * while.  *roots becomes NULL if any root will do.  0 or -1.
 */
int anchors_load(struct anchors *, const struct roots **roots, struct error *);
/*
 * As anchors_load(), where no chain is to be installed: prints an error, once
 * in a run.  1: the roots are known.
 */
int anchors_known(struct anchors *, const struct roots **roots);


/*
 * The installed files of one certificate, as certproc sees them.
 */

/*
 * Parses the chain in a record; NULL: the record is absent or holds no chain.
 * The caller frees it.
 */
struct chain *stored_chain(const struct stored *);

/* The installed files of a certificate. */
struct installed {
	/* The installed chain; NULL: no file holds a usable chain. */
	struct chain *chain;
	enum part part; /* The file that chain was read from. */
	int mixed;      /* The files do not belong together. */
	int complete;   /* The chain has the intermediates, too. */
	int repairable; /* The files can be written anew from the chain. */
	struct stored file[PART_SET__MAX]; /* The files as they were read. */
};

/*
 * Takes over those parts that have a path; a file that holds no chain counts as
 * absent.  installed_free() frees.  -1: fileproc may not read one of the files.
 */
int installed_read(struct installed *, char *const path[PART_SET__MAX],
    struct stored parts[PART_SET__MAX], struct error *);
void installed_free(struct installed *);

/* Replaces all files of the set by new ones with this chain.  0 or -1. */
int installed_replace(uint32_t job, char *const path[PART_SET__MAX],
    const struct chain *, struct error *);
/*
 * Do all files of the set exist, with the content that installed_replace()
 * would write?
 */
int installed_holds(const struct installed *, char *const path[PART_SET__MAX],
    const struct chain *);


/*
 * One certificate in certproc: the verdict on what the CA sends, and what
 * certproc remembers of it between runs.
 */

/*
 * The most chains of one certificate: the CA's default chain and its
 * alternates.
 */
#define CHAINS_MAX 10
/*
 * The longest time in seconds from notBefore to issuance, and how much it can
 * differ between two certificates of one CA.
 */
#define BACKDATED (48 * 3600)
#define BACKDATED_ALIKE 3600

/*
 * What csrproc has reported about keys: hashes of public keys, of the combined
 * file's chain, and of the first certificate in that chain.
 */
struct job_keys {
	uint8_t current[SPKI_HASH_LEN];
	/* The hash of a key that is not live yet. */
	uint8_t next[SPKI_HASH_LEN];
	uint8_t combined[SPKI_HASH_LEN];
	uint8_t combined_leaf[SPKI_HASH_LEN];
	int have_current, have_next, have_combined;
};

struct job {
	uint32_t nr; /* The number of the job in messages. */
	char *handle;
	struct strings names;
	/* The paths of the certificate files; NULL: not configured. */
	char *path[PART_SET__MAX];
	/* csrproc writes a file with the key and the chain. */
	int combined;
	/* The configuration has 'check revocation' for it. */
	int check_status;
	/* The servers of 'verify' (conf.h). */
	struct strings verify;
	/* The URL at which revocation status is requested, or NULL. */
	char *status_url;
	uint8_t *status; /* The part of the response that has arrived. */
	size_t status_len;
	int revoked; /* The CA says that the certificate is revoked. */
	int new_key; /* The certificate must be renewed with a new key. */
	/* A certificate for the live key was revoked as compromised. */
	int key_compromised;
	/* The CA has refused the next key, which is not live yet. */
	int next_refused;
	/* The fingerprint of the files that the parent has made. */
	char *fingerprint;
	char *profile; /* The profile to order, or NULL. */
	/* The CN of the root of the preferred chain, or NULL. */
	char *preferred;
	char *group;             /* The group that may read the key, or NULL. */
	struct keyspec key_spec; /* The type and size that the key must have. */
	char *directory;         /* The directory URL of the authority. */
	/* For the list: the authority's name, and files of csrproc. */
	char *authority, *key_path, *combined_path;
	struct anchors *anchors; /* The roots to which its chains must lead. */
	/* csrproc could not give the key to the configured group. */
	int ungrouped;
	/* The files have not changed since they were last found good. */
	int is_as_seen;
	/* The state's record as fileproc sent it at the start, or NULL. */
	char *record;
	size_t record_len;
	/* There was a saved chain at the start. */
	int has_saved;
	/* A verified chain that an earlier run has saved. */
	struct stored saved;
	/* A copy of a chain whose revocation an earlier run has begun. */
	struct stored revoking;
	/*
	 * A copy of a chain that is revoked, if what one netproc said is true.
	 */
	struct stored unconfirmed;
	int confirming; /* doomed is the chain in unconfirmed. */
	/* As revoking, for a chain whose key must not be used again. */
	struct stored compromised;
	int locked;
	int has_state; /* The state was read, or there was none. */
	/* The job's own state, or one that all unchanged jobs share. */
	struct state *state;
	struct installed installed;
	/*
	 * The ID of the installed certificate if it has these names; or NULL.
	 */
	char *certid;
	struct job_keys keys;
	char *offered; /* -i: the bytes of a chain from outside, or NULL. */
	size_t offered_len;
	struct chain *chosen;  /* A verified chain that is to be installed. */
	struct chain *doomed;  /* With -r: the chain to be revoked. */
	enum part doomed_part; /* The part that doomed was read from. */
	/* The reason why the job cannot be done, or "". */
	struct error broken;
	/* The last error from csrproc or chngproc, or "". */
	struct error error;
	int suggested; /* The certificate is due because the CA says so. */
	/* The certificate is due only because of -F. */
	int only_forced;
	int64_t began_ms; /* When the attempt began. */
	/* The present phase, an enum phase. */
	unsigned phase;
	/* The worker of netproc that has the job or had it last. */
	uint32_t worker;
	/* netproc looks at the order of an earlier run. */
	int resumed;
	/*
	 * The CA's certificate has our names, but is for another key; the order
	 * was placed anew for that reason.
	 */
	int for_another, anew;
	/*
	 * A worker has ended its work while this job had to wait for another
	 * worker's.
	 */
	int left_to_others;
	int told; /* netproc waits to be told the job's outcome. */
	/* With -r: csrproc did not remove the key. */
	int key_stays;
	/* This run, or one that could not report it, has changed the files. */
	int changed;
	/*
	 * The commands of 'on change' have not succeeded since the files
	 * changed.
	 */
	int pending;
};

/*
 * The functions job_*, in groups: what a job remembers and holds; the verdict
 * on a chain and its installation; the outcome of an attempt; revocation (-r).
 * Further below are job_evaluate() and others, which find out what is to be
 * done.
 */

/* Group 1: what a job remembers and holds. */

/* The run revokes with the reason keyCompromise. */
extern int revokes_as_compromised;

/* Gives the job an empty state of its own. */
void job_new_state(struct job *);
/* Frees the state and record of an unchanged job; nobody reads them again. */
void job_set_unchanged(struct job *);

/* Takes the rules of the run; force: -F was given. */
void job_rules(int force);
/* Was -F given? */
int job_forced(void);
/*
 * Takes over what fileproc has read: the state, the records and the installed
 * files.  0; or -1 with the reason if fileproc may not read a file.
 */
int job_take(struct job *, struct stored parts[PART_JOB__MAX], struct error *);
/* Stores the state.  0 or -1. */
int job_save(const struct job *, struct error *);
/*
 * Does the installed chain lead to a root of the authority?  0: no, with the
 * reason; -1: certproc cannot tell.
 */
int job_trusts_installed(const struct job *, struct error *);
/* Releases the job's lock, and frees what was read. */
void job_close(struct job *);

/* Group 2: the verdict on a chain, and its installation. */

/*
 * May this chain, from the CA or saved by an earlier run, be installed now?  0,
 * or -1 with the reason.
 */
int job_verify(const struct job *, const struct chain *, struct error *);

/*
 * Has an -r revoked this chain or begun to, and no other was installed since?
 */
int job_was_revoked(const struct job *, const struct chain *);
/* Did an -r name the key of this chain as compromised (-R keyCompromise)? */
int job_is_for_compromised_key(const struct job *, const struct chain *);
/*
 * Refuses, for -B and -i, a chain that one of these two is about: -1 and the
 * error, in which key and cert name the chain's key and certificate; else 0.
 */
int job_check_revoked(const struct job *, const struct chain *, const char *key,
    const char *cert, struct error *);

/*
 * Counts an attempt, before netproc asks the CA.  Checks first what can fail on
 * this machine.  0 or -1.
 */
int job_begin(struct job *, struct error *);

/*
 * CHOICE_SAVED: the chosen chain is saved.  CHOICE_OPEN: an alternate chain may
 * be better.  CHOICE_NONE: no chain is chosen.  CHOICE_UNSAVED: the chosen one
 * could not be saved.
 */
enum choice { CHOICE_SAVED, CHOICE_OPEN, CHOICE_NONE, CHOICE_UNSAVED };
/*
 * Judges a chain from the CA; unframed: only the end of the connection marked
 * its end.  The error has the reason if the chain is refused or not saved.
 */
enum choice job_choose(
    struct job *, const char *pem, size_t len, int unframed, struct error *);
/*
 * Saves the chosen chain in the state directory: the CA has no further chain,
 * or there is no CA.  Not CHOICE_OPEN; the reason only with CHOICE_UNSAVED.
 */
enum choice job_save_chosen(struct job *, struct error *);
/*
 * Does the chain begin so long before the installed one that it was issued
 * earlier?  A CA sets notBefore to a time before the issuance, by 48 hours at
 * most (the CA/Browser Forum's baseline requirements 7.1.2.7), and by the same
 * time for all certificates of a kind; alike: both are of the same
 * configuration.
 */
int job_is_older(const struct job *, const struct chain *, int alike);
/* Is the chosen chain for a key that is not live yet? */
int job_needs_next_key(const struct job *);
/*
 * Notes that all files are in place; the chain stays saved until that is
 * reported.
 */
void job_installed(struct job *);
/*
 * An earlier attempt installed this chain and was interrupted before it stored
 * its state.  This puts the success into the state, but does not store it.
 */
void job_was_installed(struct job *, const struct chain *);

/*
 * Is the chain installed with its key, in all files and in the combined file?
 */
int job_has_in_place(const struct job *, const struct chain *);

/* Removes the saved chain, and gives this reason. */
void job_forget(struct job *, const char *reason);

/*
 * Remembers that the CA refuses this public key, so that no later run orders a
 * certificate for it.
 */
void job_refuse_key(struct job *, const uint8_t key[SPKI_HASH_LEN]);
/* Is there a public key (have), and is it the one that the CA has refused? */
int job_is_refused_key(
    const struct job *, int have, const uint8_t key[SPKI_HASH_LEN]);

/* Group 3: the outcome of an attempt. */

/*
 * Remembers how an attempt failed.  Any failure but a local one delays further
 * attempts by so many seconds at least and, if until is later, until then (0:
 * no such time).
 */
void job_failed(struct job *, const char *text, enum failure, uint64_t seconds,
    time_t until);
/*
 * Makes text from another process or the CA visible, outsz bytes at most.  No
 * such text can pass for a verdict of certproc later.
 */
void job_say_foreign(char *out, size_t outsz, const char *text);
/* Remembers the reason why there was no attempt. */
void job_prevented(struct job *, const char *text, enum failure);
/* Forgets all errors: the certificate was looked at and is fine. */
void job_fine(struct job *);

/* Group 4: revocation (-r). */

/*
 * Remembers the certificate that is to be revoked, before netproc asks the CA.
 * 0 or -1.
 */
int job_begin_revocation(struct job *, struct error *);
/* Is the installed certificate the one to be revoked, or is none installed? */
int job_is_doomed(const struct job *);
/*
 * The certificate is revoked: removes its files and state, unless others are
 * installed, and keeps a copy until that is confirmed.  0 or -1.
 */
int job_remove(struct job *, struct error *);
/*
 * The CA may have revoked another installed certificate for the same key, too:
 * has the next run renew it at once, with a new key.
 */
void job_key_burnt(struct job *);
/*
 * In a renewal: was a certificate for the live key revoked as compromised, or
 * was that revocation begun?
 */
int job_live_key_is_compromised(struct job *);


/* What certproc knows of the authority. */

/* Takes the authority's slice, and keeps pointers into it. */
void authority_conf(const struct slice_conf *);
/* Reads the record of the authority's failures. */
void authority_load(void);

/* Reads the stored account, under a lock; a failure ends the process. */
void authority_load_account(int64_t lock_deadline);
/* Sends KEY_ACCOUNT, which keyproc waits for. */
void authority_tell_key(void);
void cert_account(struct msg *); /* Handles CERT_ACCOUNT. */

/*
 * -t: prints the stored account URL, the thumbprint of keyproc's account key,
 * and the records of dns-persist-01.  0, or -1 if there is no key.
 */
int authority_show(const struct body_shown *);

/*
 * Does a recent failure forbid to contact the authority?  If so, with the
 * reason.
 */
int authority_holds(struct error *);
/*
 * Remembers that the authority could not be reached.  seconds: how long it asks
 * to wait, or 0.
 */
void authority_failed(const char *text, uint64_t seconds);
/* Forgets the authority's failures, as it has responded. */
void authority_works(void);

/*
 * Returns the names of the trust anchors that verified the authority's servers
 * in an earlier run, for netproc to try first; or NULL.
 */
const char *authority_anchors(void);
void authority_learned(const char *names);
/* Warns if the authority's terms of service are at another URL than before. */
void authority_terms(const char *url);

/*
 * Remembers that the authority has refused an order for a reason that concerns
 * every order: certproc starts no further one in this run.
 */
void authority_ends(const char *text);
/* Has authority_ends() been called?  If so, with the reason. */
int authority_ended(struct error *);

/* Returns when the authority may be contacted again, or 0. */
time_t authority_not_before(void);
/* Returns the reason of authority_ends(), or the last failure. */
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
	/* It waits for csrproc's report on its keys. */
	AWAITS_KEYS = 1,
	/* It waits for the keys of the other jobs. */
	KEYS_KNOWN = 2,
	/*
	 * It waits for a worker of netproc that asks the CA when to renew (RFC
	 * 9773).
	 */
	DATE_TO_ASK = 4,
	ASKING_DATE = 8,
	/*
	 * It waits for a worker that asks whether the certificate is revoked.
	 */
	STATUS_TO_ASK = 16,
	ASKING_STATUS = 32,
	/*
	 * It waits for a worker for an order or, with -r, -K, -U and -D, a
	 * task.
	 */
	DUE = 64,
	/* It waits for a certificate from a worker. */
	ORDERING = 128,
	/*
	 * It waits for the end of a task of a worker; with -t and at a
	 * rollover's end, of keyproc.
	 */
	TASKED = 256,
	/* It waits for csrproc, which makes the next key live. */
	ADOPTING = 512,
	/* It waits for csrproc, which writes the file with key and chain. */
	COMBINING = 1024,
	/*
	 * It waits for csrproc, which removes what is left of a revoked
	 * certificate.
	 */
	DISCARDING = 2048,
	/* It waits for nothing: the parent knows its outcome. */
	FINISHED = 4096,
	PHASE__END = 8192
};
#define WITH_NET (ASKING_DATE | ASKING_STATUS | ORDERING | TASKED)

extern struct job *jobs;
extern uint32_t njobs;

/* Adds a job in its first phase; the pointer is valid until the next call. */
struct job *job_add(void);
/*
 * Moves a job into another phase; no other function does.  A step that is not
 * in the drawing ends the process.
 */
void enter(uint32_t job, enum phase);

/*
 * Installs the chosen chain, which is verified and saved in the state
 * directory, and finishes the job.
 */
void install(uint32_t job);
/*
 * Ends a job, and tells the parent its outcome, and netproc a verdict if it
 * waits for one.
 */
void finish_job(uint32_t job, enum outcome);
/*
 * Ends one of many jobs with OUTCOME_UNCHANGED; finish_tell(), once for all of
 * them, tells the parent.
 */
void finish_unchanged(uint32_t job);
void finish_tell(void);
/* Prints the error, and ends the job with OUTCOME_FAILED. */
void finish_failed(uint32_t job, const struct error *);

/* Handles messages until ROLE_STOP. */
void serve_jobs(void) __attribute__((noreturn));


/* Finds out which jobs have something to do, and which of them is next. */

/*
 * The start of a run that is not for -l, monitors or "verify": finishes the
 * jobs for which nothing is due, or has csrproc look at the keys of the others.
 * most_orders: how many certificates may be ordered (-m).
 */
void queue_begin(int64_t lock_deadline, uint64_t most_orders);
/*
 * Handles CERT_KEY: csrproc has looked at a job's keys, or has made one.  When
 * it has looked at all jobs, this finds out what is to be done for each, and
 * tells the parent.
 */
void cert_key(struct msg *);
/* Handles CERT_NEXT: a worker of netproc asks for its next job. */
void cert_next(struct msg *);
/*
 * A worker of netproc has ended: if no other one has a job, those jobs fail
 * that were left to this worker.
 */
void queue_worker_gone(void);


/* Finds out what is to be done for a certificate, in certproc. */

/*
 * Are the files unchanged since they were last looked at, and is nothing due by
 * what was found then?  Reads nothing but the state.
 */
int job_unchanged(struct job *);
/*
 * Takes the lock, and finds out what is to be done.  JOB_INSTALL: a chain that
 * an earlier run has left, or files that do not belong together; chosen is set.
 * JOB_ASK: netproc asks the CA when to renew.  JOB_ASK_STATUS: netproc asks at
 * status_url whether it is revoked, maybe after JOB_ASK.  JOB_FAILED: with the
 * reason.
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
/*
 * As job_evaluate(), for -r: JOB_DUE if there is a certificate, else JOB_FAILED
 * with the reason.
 */
enum job_verdict revocation_evaluate(
    struct job *, int64_t lock_deadline, struct error *);
/*
 * As job_evaluate(), for -B: JOB_INSTALL if fileproc keeps another chain than
 * the installed one, JOB_UNCHANGED if it does not, or JOB_FAILED with the
 * reason.
 */
enum job_verdict restoration_evaluate(
    struct job *, int64_t lock_deadline, struct error *);
/*
 * As job_evaluate(), for -i: JOB_INSTALL if the offered chain is to be
 * installed, JOB_UNCHANGED if it is installed already, or JOB_FAILED with the
 * reason.
 */
enum job_verdict offer_evaluate(
    struct job *, int64_t lock_deadline, struct error *);
/* Handler, with -i: the parent passes on the bytes of the chain. */
void cert_offer(struct msg *);

/*
 * These two are what the evaluations have in common.  job_look() takes the
 * lock, and reads the state and the installed files; 0 or -1.
 */
int job_look(struct job *, int64_t lock_deadline, struct error *);
/*
 * Saves a chosen chain that no CA has sent in this run; what says for -v what
 * is done with it.  JOB_INSTALL, or JOB_FAILED with the reason.
 */
enum job_verdict job_take_over(struct job *, const char *what, struct error *);
/*
 * Takes the CA's window (RFC 9773; start is 0 if there is none).  Returns
 * JOB_DUE, JOB_UNCHANGED or JOB_ASK_STATUS.
 */
enum job_verdict job_window(struct job *, time_t start, time_t end, long retry);

/*
 * Takes a piece of the response about revocation status.  JOB_ASK_STATUS: there
 * is more to come.
 */
enum job_verdict job_status(
    struct job *, const uint8_t *, size_t len, int more);


/*
 * Orders that were unfinished when their run ended.
 */

/* Sets the authority's directory URL for all jobs; keeps the pointer. */
void order_authority(const char *api_url);

/*
 * Returns the URL of the order that the next attempt looks at first.  NULL:
 * there is no order, or it was made at another authority, for another profile,
 * or too long ago: CAs keep orders for some days, and the certificate must not
 * expire meanwhile.
 */
const char *order_open(const struct job *);
/* Stores the URL of an order; NULL: forgets it. */
void order_keep(struct job *, const char *url);

/*
 * Is the certificate from the order of an earlier run still worth installing?
 * 0, or -1 with the reason.
 */
int order_worth(const struct job *, const struct chain *, struct error *);

/* Handles CERT_ORDER. */
void cert_order(struct msg *);


/*
 * In certproc: where and how the installed certificate was obtained, and
 * whether that still agrees with the configuration.
 */

/*
 * Reads the state from its record (or NULL); failures at another authority are
 * dropped.  whose: as for state_parse().
 */
void origin_load_state(
    struct job *, const char *record, size_t len, const char *whose);

/*
 * Must the certificate be obtained anew?  CHANGED_AUTHORITY: it is of another
 * authority, or does not lead to a root of this one.  CHANGED_OTHERWISE: its
 * profile, preferred chain, or the type or size of its key has changed.  With
 * the reason.
 */
enum changed { CHANGED_NOTHING, CHANGED_AUTHORITY, CHANGED_OTHERWISE };
enum changed origin_changed(const struct job *, struct error *);

/* Has 'group' changed since the files were last looked at? */
int origin_group_changed(const struct job *);
/* Were the files given to a group that is no longer configured? */
int origin_takes_group_back(const struct job *);

/* Remembers the present configuration as that of a new attempt. */
void origin_attempt(struct job *);
/*
 * Notes that this chain of the attempt is installed.  Returns 0 if that was
 * known.
 */
int origin_installed(struct job *, const struct chain *);
/* Remembers the configured group, unless the key could not be given to it. */
void origin_grouped(struct job *);
/*
 * Remembers the configuration of the installed certificate, which agrees with
 * it, so that a later change is noticed.
 */
void origin_confirm(struct job *);

/* Is it known that the certificate was obtained as configured now? */
int origin_is_configured(const struct job *);


/* Reports on all certificates, for -l and monitors, in certproc. */

#define CHANGE_PENDING "on change: not run yet, or failed"

/* The greater the number, the more urgent the condition. */
enum condition { FINE, DUE_NOW, MISSING, FAILING, EXPIRED };

struct report {
	const struct job *job;
	enum condition condition;
	char issuer[64];
	char serial[48]; /* In hexadecimal. */
	time_t when; /* When the certificate will be renewed, or tried again. */
	const char *reason;   /* The reason why it is then. */
	struct error changed; /* A text that reason may point to. */
	struct error error;   /* An error in reading the files, or "". */
};

/*
 * Reads the files of all jobs through fileproc; the most urgent job comes
 * first.  outcomes[] is by job: unchanged if it is fine, installed if something
 * is due, failed if it has expired or its renewal fails.  The caller frees the
 * result.
 */
struct report *report_all(struct job *, size_t n, enum outcome *outcomes);

/* Returns the last error, or "", in a static buffer. */
const char *report_error(const struct report *);
/* Was the last error that of an attempt that was made only because of -F? */
int report_forced(const struct report *);


/*
 * -l: certproc prints the list on its stdout.
 */

/* Prints the list; flags: LIST_*. */
void cert_list(const struct report *, size_t n, int flags);


/*
 * certproc writes "metrics file" and "status file".
 */

/* These replace the configured file; 0 or -1. */
int cert_metrics(const struct report *, size_t n, struct error *);
int cert_list_file(const struct report *, size_t n, struct error *);


/*
 * Finds what an earlier run has left to do, because of a chain that it saved,
 * or of files that do not belong together; in certproc.
 */

/*
 * Looks at the saved chain, once the keys and the installed files are known.
 * 1: it must be installed, and chosen is set.  0: nothing is to be installed;
 * changed is set if a run installed it and could not report that.
 */
int recover(struct job *);
/*
 * Is a saved chain not installed yet?  -B asks this, since it removes no saved
 * chain.
 */
int recover_waits(const struct job *);
/*
 * For -i: the saved chain if it is not installed yet, which the caller frees,
 * or NULL.  If an earlier run has installed it and could not report that, this
 * run does.
 */
struct chain *recover_waiting(struct job *);
/*
 * Is a file with key and chain configured, and does it differ from the live key
 * and the installed certificate?
 */
int combined_is_old(const struct job *);
/*
 * Repairs the files.  1: they do not belong together, but the installed chain
 * is complete and is chosen to be installed again.
 */
int repair(struct job *);


/* "verify": compares what servers present with the installed certificates. */

/* In a run for "verify": reads the installed files, and has netproc started. */
void verify_begin(void);
/* Handles CERT_NEXT: netproc asks which server is next. */
void verify_next(void);
/* Handles CERT_PRESENTED. */
void cert_presented(struct msg *);


/*
 * Decides when a certificate is to be renewed: when the CA suggests it (RFC
 * 9773), else after a part of its validity.
 */

/*
 * Copies the part of a certificate that the functions below need.  Its certid
 * is the certificate's ID (RFC 9773 4.1), or "" if it cannot have one.
 */
void renewal_life(const struct chain *, struct life *);

/*
 * Returns when the certificate is due: at the time chosen in the CA's window,
 * but no later than a sixth of the validity before notAfter; without a window,
 * a third of the validity (half, if it is under ten days) before notAfter.  A
 * window that is earlier than that third is followed once a day at most.
 * *suggested: the window has decided.
 */
time_t renewal_time(const struct life *, const char *handle,
    const struct state *, time_t now, int *suggested);

/*
 * Does the CA say that the certificate should have been renewed long ago?  The
 * CA says so of one that it has revoked or is about to revoke (RFC 9773 4.2).
 */
int renewal_overdue(
    const struct life *, const char *handle, const struct state *, time_t now);

/* Is it time to ask the CA for the window? */
int renewal_ask(const struct life *, const struct state *, time_t now);

/*
 * Takes the CA's window for this certificate.  Chooses a time only when the
 * window is new (RFC 9773 4.2).  retry: the seconds of Retry-After, or -1.  An
 * implausible window counts as no response.
 */
void renewal_window(struct state *, const char *certid, time_t start,
    time_t end, long retry, time_t now);
/*
 * Takes that the CA gave no window: it is asked again after retry seconds (-1:
 * after the usual six hours).
 */
void renewal_no_window(
    struct state *, const char *certid, long retry, time_t now);
/*
 * Forgets what was known of the predecessor of a certificate that was
 * installed.
 */
void renewal_installed(struct state *, const struct life *, time_t now);


/*
 * Has the CA revoked a certificate?  The certificate says where to ask: at a
 * revocation list (RFC 5280 5), else at an OCSP responder (RFC 6960).  Both
 * responses are signed, so it does not matter which server sends them.
 */

#define STATUS_BYTES_MAX (16 * 1024 * 1024)

/* Makes an http URL to GET, which the caller frees.  NULL, with the reason. */
char *status_url(const struct chain *, struct error *);

/*
 * Judges the response.  1: revoked; 0: not revoked; -1: it does not tell, with
 * the reason.
 */
int status_judge(const struct chain *, const uint8_t *response, size_t len,
    time_t now, struct error *);


/* What the judges of revocation lists and of OCSP responses share. */

#define STATUS_SKEW 300 /* The seconds by which clocks may differ. */

/* Returns the leaf's issuer; NULL: only the leaf is installed. */
X509 *status_issuer(const struct chain *);
/*
 * Returns the URL of the first revocation list that the certificate names by
 * http, or NULL.  The caller frees it.
 */
char *status_list_url(X509 *leaf);
/*
 * Returns the URL in this name, or NULL if it is no http URL; the caller frees
 * it.
 */
char *status_http_name(const GENERAL_NAME *);

/*
 * The parts of a signed object (RFC 5280, RFC 6960): what is signed, by which
 * algorithm, and the signature.
 */
struct status_signed {
	struct der tbs;       /* What is signed, with tag and length. */
	struct der algorithm; /* The algorithm, with tag and length. */
	/* The signature, without the number of unused bits. */
	struct der signature;
};
/* Reads the three elements from in.  0, or -1: not DER, or other elements. */
int status_signed_read(struct der *in, struct status_signed *);
/*
 * Returns the NID of an AlgorithmIdentifier; NID_undef if libcrypto does not
 * know it.
 */
int status_algorithm(const struct der *);
/*
 * Is the algorithm strong enough (SHA-256 or better)?  0, or -1 with the
 * reason, in which what names the signed object.
 */
int status_signed_strong(
    const struct status_signed *, const char *what, struct error *);
/* Is it signed by this key?  1 or 0. */
int status_signed_by(const struct status_signed *, EVP_PKEY *);

/*
 * Reads a UTCTime or GeneralizedTime.  1; 0: the next element has another type;
 * -1: it is no valid time.
 */
int status_time(struct der *in, time_t *);

struct status_extension {
	/* The n of 2.5.29.n (RFC 5280 4.2); -1: it is another extension. */
	int id;
	int critical;
	struct der value;
};
/*
 * Reads the next extension (RFC 5280 4.1).  1; 0: there are no more; -1: it is
 * not DER.
 */
int status_extension(struct der *in, struct status_extension *);

/* As status_judge(), for each kind of response. */
int status_list_judge(
    const struct chain *, struct der response, time_t now, struct error *);
int status_ocsp_judge(
    const struct chain *, struct der response, time_t now, struct error *);

/*
 * Returns the certificate's serial number, as the content of an INTEGER, which
 * points into the result; the caller passes the result to OPENSSL_free().
 */
uint8_t *status_serial(const X509 *, struct der *serial);

#endif
