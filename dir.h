/*
 * Files by directory descriptor and one component, and their replacement so
 * that a file is always the old one or the new one, whole.
 */
#ifndef DIR_H
#define DIR_H

#include <sys/stat.h>
#include <sys/types.h>

#include "attrs.h"
#include "sandbox.h"
#include "say.h"

/* An open directory; each is opened once and stays open. */
struct dir {
	char		*path;
	int		 fd;
	struct stat	 st;
	struct dir	*next;
};

/* A file's place: it may exist or not. */
struct place {
	const char	*path;		/* for messages */
	struct dir	*dir;
	const char	*name;		/* one component */
};

/* All directories opened so far. */
extern struct dir *dirs;

/*
 * Opens an absolute path's directory.  No component of it may be a symbolic
 * link: whoever owns a directory on the way could turn us elsewhere.
 * 0 or -1.  place keeps pointers into path.
 */
int	place_open(struct place *, const char *path, struct why *);
/* The same for a directory itself. */
struct dir *dir_open(const char *path, struct why *);
/*
 * Opens a file for reading that decides what is certified: neither the file
 * nor a directory on the way may be a symbolic link, or be changed by anybody
 * but root and this user.  The caller closes.  -1: see why.
 */
int	dir_open_trusted(const char *path, struct why *);
/* Closes them all: for a role that needs no files any longer. */
void	dir_close_all(void);
/* All dirs as sandbox_enter() takes them, each with these rights; the caller frees. */
struct sandbox_dir *dir_rights(int rights, size_t *n);
/*
 * The user to run as: the directories' owner; or where they have several,
 * root with the capabilities that this takes.
 */
void	dir_owner(struct sandbox *);

/*
 * Reads a regular file whole: NUL-terminated, st filled in; the caller frees.
 * 1: read; 0: there is none; -1: see why.
 */
int	place_read(const struct place *, char **, size_t *len, size_t max, struct stat *, struct why *);

/*
 * Writes a new version beside the old one, on the disk for good (fsync).
 * The name is ".NAME.acme-new", so that place_clean() finds what a crash left.
 * With the attributes of the file that it is to replace (NULL: not looked at).
 * 0 or -1 with nothing left behind.
 */
int	place_stage(const struct place *, const void *, size_t, mode_t, uid_t, gid_t,
	    const struct attrs *, struct why *);
/* Reads a file's attributes; not known where there is none. */
void	place_attrs(const struct place *, struct attrs *);
/* Makes the staged version the file.  dir_sync() makes that last. */
int	place_rename(const struct place *, struct why *);
/* What was renamed, linked or removed there lasts (fsync).  0 or -1. */
int	dir_sync(const struct dir *, struct why *);
/* The three in one, mode 0600, our own. */
int	place_write(const struct place *, const void *, size_t, struct why *);
/* As place_write(), but never replaces: -1 with *exists 1 where there is one. */
int	place_create(const struct place *, const void *, size_t, mode_t, gid_t, int *exists, struct why *);
/* The place of the same name with a suffix, in the same directory; its path is never freed. */
void	place_beside(struct place *, const struct place *, const char *suffix);
/* The same with a dot before the name; its path must be freed. */
void	place_hidden(struct place *, const struct place *, const char *suffix);
void	place_hidden_free(struct place *);
/* Renames within one directory, for good; to's attributes stay. */
int	place_move(const struct place *from, const struct place *to, struct why *);
/* Another name for the same file; replaces what has that name.  dir_sync() makes that last. */
int	place_link(const struct place *from, const struct place *as, struct why *);
/* The two in one. */
int	place_keep(const struct place *from, const struct place *as, struct why *);
/* A file for others to read (0644) that must not exist yet; need not outlive a crash. */
int	place_publish(const struct place *, const void *, size_t, int *exists, struct why *);
/* Is there anything of this name? */
int	place_exists(const struct place *);
/* Could a file of this many bytes be staged here now?  Leaves nothing. */
int	place_probe(const struct place *, size_t, struct why *);
/* Removes what a crash left; refuses another user's file. */
int	place_clean(const struct place *, struct why *);
/* Gone, or was not there; dir_sync() makes that last. */
int	place_remove(const struct place *, struct why *);

/*
 * Adds to w, after EACCES or EPERM in a process that is not root's, whose the
 * file name in dirfd is (its directory, if there is no such file) if it belongs
 * to somebody else, as after an earlier run as root.  Returns -1.
 */
int	why_owner(int dirfd, const char *name, int error, struct why *);

#endif
