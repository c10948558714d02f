/*
 * Extended attributes of a file that is replaced: POSIX ACLs, labels, and
 * what else an administrator or the system has attached to it.  attrs-linux.c
 * or attrs-openbsd.c, which has none; the build picks one.
 */
#ifndef ATTRS_H
#define ATTRS_H

#include <stddef.h>

struct attr {
	char		*name;
	void		*value;
	size_t		 len;
	struct attr	*next;
};

/* Of one file. */
struct attrs {
	int		 known;		/* there is such a file, and it was looked at */
	struct attr	*list;
};

/* Reads those of an open file; path is for messages.  attrs_free() frees them. */
void	attrs_read(struct attrs *, int fd, const char *path);
/*
 * Gives them to the file that is to take its place, of which the mode is set,
 * and the owner is still us.  What cannot be kept is said.  NULL: there are none.
 */
void	attrs_write(const struct attrs *, int fd, const char *path);
/* Frees what attrs_read() has found. */
void	attrs_free(struct attrs *);

#endif
