/*
 * One certificate, as file sees it: what is due, the verdict on what the CA
 * sends, and what is remembered of it between runs.
 */
#ifndef JOB_H
#define JOB_H

#include "install.h"
#include "state.h"

struct job {
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
	unsigned	 phase;		/* a state of fileproc's dispatch table */
};

/* For all jobs: -F, and where chains must end (root_file NULL: the system's roots). */
void	job_rules(int force, int root_any, const char *root_file);
/* Handle, names and paths are set; opens the directories. */
void	job_open(struct job *, struct dir *state_dir);

/*
 * Takes the lock, installs or repairs what an earlier run has left, and says
 * what is to be done.  JOB_FAILED: see why.
 */
enum job_verdict { JOB_FAILED = -1, JOB_UNCHANGED, JOB_INSTALLED, JOB_DUE };
enum job_verdict job_evaluate(struct job *, int64_t lock_deadline, struct why *);

/*
 * Counts an attempt, before the CA is asked; what can go wrong on this
 * machine should do so here.  0 or -1.
 */
int	job_begin(struct job *, struct why *);
/* The CA's chain: judged, saved, installed.  0, or -1 with the reason, which is remembered. */
int	job_accept(struct job *, const char *pem, size_t len, struct why *);
/* Remembers a failure; one by the CA holds back further attempts, for seconds at least. */
void	job_failed(struct job *, const char *text, int by_ca, uint64_t seconds);
/* Gives back the lock and what was read. */
void	job_close(struct job *);

#endif
