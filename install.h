/*
 * The files of one certificate: reading, and replacing all of them.
 */
#ifndef INSTALL_H
#define INSTALL_H

#include "dir.h"
#include "x509.h"

enum { SET_FULLCHAIN, SET_CHAIN, SET_CERT, SET__MAX };	/* in the order of replacement */

struct certset {
	char		*path[SET__MAX];	/* NULL: not configured */
	struct place	 place[SET__MAX];
};

/* What is in place. */
struct installed {
	struct chain	*chain;		/* NULL: nothing that can be read */
	int		 mixed;		/* the files do not belong together */
	int		 complete;	/* chain has the intermediates, too */
	int		 repairable;	/* they can be made to from chain */
	struct attrs	 attrs[SET__MAX]; /* for the files that replace them */
	struct stat	 st[SET__MAX];	/* all zero where a file is absent */
};

/* Opens the directories; 0 or -1. */
int	certset_open(struct certset *, struct why *);
/* Sets *chown where a file has another owner than this user, *dac where that keeps us from reading it. */
void	certset_foreign(const struct certset *, uid_t, gid_t, int *chown, int *dac);
/* Removes what an interrupted run left, and checks that there is room for a new set. */
int	certset_clean(const struct certset *, struct why *);
int	certset_probe(const struct certset *, struct why *);
/*
 * What is installed.  A file that is larger than any that is written here
 * counts as absent; -1 only where a file is there and may not be read.
 */
int	certset_read(const struct certset *, struct installed *, struct why *);
/* 1 if no file of the set was touched since it was read. */
int	certset_untouched(const struct certset *, const struct installed *);
/*
 * All files are on the disk before the first is replaced.  Mode, owner
 * and extended attributes of those that exist are kept; new ones are 0644.
 */
int	certset_install(const struct certset *, const struct installed *, const struct chain *, struct why *);
/* The extended attributes of what is installed, while it can be read; and its end. */
void	certset_attrs(const struct certset *, struct installed *);
void	installed_free(struct installed *);
/* 1 if each file of the set is there and has in it what certset_install() would write. */
int	certset_holds(const struct certset *, const struct chain *);
/* Removes all files of the set, for good. */
int	certset_remove(const struct certset *, struct why *);

#endif
