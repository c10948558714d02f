/*
 * The installed files of one certificate, as certproc sees them.
 */
#ifndef CERT_SET_H
#define CERT_SET_H

#include "cert-store.h"
#include "x509.h"

/* The chain in a record; NULL: there is none, or no chain.  The caller frees. */
struct chain *stored_chain(const struct stored *);

/* What is in place. */
struct installed {
	struct chain	*chain;		/* NULL: nothing that can be read */
	enum part	 part;		/* that it was read from */
	int		 mixed;		/* the files do not belong together */
	int		 complete;	/* chain has the intermediates, too */
	int		 repairable;	/* they can be made to from chain */
	struct stored	 file[PART_SET__MAX];	/* as they were read */
};

/*
 * Takes over the parts that are configured, which are those that have a path;
 * a file that is no chain counts as absent.  installed_free() frees.
 * -1: a file is there that fileproc may not read.
 */
int	installed_read(struct installed *, char *const path[PART_SET__MAX],
	    struct stored parts[PART_SET__MAX], struct why *);
void	installed_free(struct installed *);

/* Replaces all files of the set by this chain.  0 or -1. */
int	installed_replace(uint32_t job, char *const path[PART_SET__MAX], const struct chain *,
	    struct why *);
/* 1 if each file of the set is there and has in it what installed_replace() would write. */
int	installed_holds(const struct installed *, char *const path[PART_SET__MAX],
	    const struct chain *);

#endif
