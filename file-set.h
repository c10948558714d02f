/*
 * The files of one certificate, replaced together.  Used by fileproc only.
 */
#ifndef FILE_SET_H
#define FILE_SET_H

#include "dir.h"
#include "file-part.h"

struct fileset {
	char		*path[PART_SET__MAX];	/* NULL: not configured */
	struct place	 place[PART_SET__MAX];
	struct stat	 seen[PART_SET__MAX];	/* when it was read; all zero: absent */
	struct attrs	 attrs[PART_SET__MAX];	/* then; for the files that replace them */
	int		 staged[PART_SET__MAX];
	struct why	 failed;		/* why staging failed, or "" */
};

/* Opens the directories; 0 or -1. */
int	fileset_open(struct fileset *, struct why *);
/* Sets *chown where a file has another owner than this user, *dac where that keeps us from reading it. */
void	fileset_foreign(const struct fileset *, uid_t, gid_t, int *chown, int *dac);
/* Remembers the extended attributes of what is installed, while it can be read; and their end. */
void	fileset_attrs(struct fileset *);
void	fileset_close(struct fileset *);
/* Removes what an interrupted run left; checks that there is room for a new set. */
int	fileset_clean(const struct fileset *, struct why *);
int	fileset_probe(const struct fileset *, struct why *);

/*
 * Puts the new version of one file on the disk beside the old one, with mode,
 * owner and extended attributes of the old one, or 0644.  A failure is told
 * by the commit.
 */
void	fileset_stage(struct fileset *, enum part, const void *, size_t);
/* Can they be committed?  0; or -1 and what was staged is gone. */
int	fileset_check(struct fileset *, struct why *);
/*
 * Replaces all files that were staged, which must be all that are configured;
 * keeps those that are replaced as .NAME.acme-old, one generation of them.
 * -1 with nothing replaced: one could not be staged, or was changed by
 * somebody else since it was read.  -1 with some of them replaced, in the order
 * of enum part, where the disk fails in between.
 */
int	fileset_commit(struct fileset *, struct why *);
/* Where the version before this file's is; place_hidden_free() frees. */
void	fileset_kept(const struct fileset *, enum part, struct place *);
/* Removes all files of the set, for good. */
int	fileset_remove(const struct fileset *, struct why *);

#endif
