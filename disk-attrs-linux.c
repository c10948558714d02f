/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Extended attributes (xattr(7)) of a file that is replaced.  They are copied
 * as cp --preserve=all would, but for capabilities, which no certificate has,
 * and checksums that are of the old content.  If this is wrong, a server that
 * reads a file by an ACL can no longer do so after a renewal.
 */
#include <sys/xattr.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"

#define ACL "system.posix_acl_access"
#define NAMES_MAX 65536      /* This is the kernel's XATTR_LIST_MAX. */
#define ATTR_VALUE_MAX 65536 /* This is the kernel's XATTR_SIZE_MAX. */

static int
is_of_content(const char *name)
{
	static const char *const names[] = { "security.capability",
		"security.ima", "security.evm" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return 1;
	return 0;
}

static void
read_one(
    struct attrs *a, int fd, const char *name, char *value, const char *path)
{
	struct attr *attr;
	ssize_t n;

	if (is_of_content(name))
		return;
	if ((n = fgetxattr(fd, name, value, ATTR_VALUE_MAX)) == -1) {
		if (errno != ENODATA)
			say_warning(
			    "%s: its %s cannot be read, and will not be kept: "
			    "%s",
			    path, name, strerror(errno));
		return;
	}
	if ((attr = calloc(1, sizeof(*attr))) == NULL ||
	    (attr->name = strdup(name)) == NULL ||
	    (attr->value = malloc((size_t)n + 1)) == NULL)
		err(1, NULL);
	memcpy(attr->value, value, (size_t)n);
	attr->len = (size_t)n;
	attr->next = a->list;
	a->list = attr;
}

void
attrs_read(struct attrs *a, int fd, const char *path)
{
	char *names, *value, *p;
	ssize_t n;

	a->known = 1;
	a->list = NULL;
	/*
	 * Most files have no attributes, and some file systems do not support
	 * them.
	 */
	if (flistxattr(fd, NULL, 0) <= 0)
		return;
	if ((names = malloc(NAMES_MAX)) == NULL ||
	    (value = malloc(ATTR_VALUE_MAX)) == NULL)
		err(1, NULL);
	if ((n = flistxattr(fd, names, NAMES_MAX)) == -1)
		say_warning("%s: its extended attributes cannot be read, and "
			    "will not be kept: %s",
		    path, strerror(errno));
	for (p = names; n > 0 && p < names + n; p += strlen(p) + 1)
		read_one(a, fd, p, value, path);
	free(names);
	free(value);
}

/* Has the new file this attribute already, as it may have SELinux's label? */
static int
has(const struct attr *attr, int fd)
{
	char *value = malloc(attr->len + 1);
	int same;

	if (value == NULL)
		err(1, NULL);
	same = fgetxattr(fd, attr->name, value, attr->len + 1) ==
		(ssize_t)attr->len &&
	    memcmp(value, attr->value, attr->len) == 0;
	free(value);
	return same;
}

void
attrs_write(const struct attrs *a, int fd, const char *path)
{
	const struct attr *attr;
	int acl = 0;

	if (a == NULL || !a->known)
		return;
	for (attr = a->list; attr != NULL; attr = attr->next) {
		acl |= strcmp(attr->name, ACL) == 0;
		if (!has(attr, fd) &&
		    fsetxattr(fd, attr->name, attr->value, attr->len, 0) == -1)
			say_warning(
			    "%s: the new file has not got the old one's %s; "
			    "set it again: %s",
			    path,
			    strcmp(attr->name, ACL) == 0 ? "ACL (" ACL ")" :
							   attr->name,
			    strerror(errno));
	}
	/*
	 * The old file had no ACL: remove the one that the directory has given.
	 */
	if (!acl && fremovexattr(fd, ACL) == -1 && errno != ENODATA &&
	    errno != EOPNOTSUPP)
		say_warning("%s: the directory's default ACL stays on it: %s",
		    path, strerror(errno));
}

void
attrs_free(struct attrs *a)
{
	struct attr *attr;

	while ((attr = a->list) != NULL) {
		a->list = attr->next;
		free(attr->name);
		free(attr->value);
		free(attr);
	}
	a->known = 0;
}
