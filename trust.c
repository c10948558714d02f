/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Opens and reads files of trust anchors. */
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trust.h"

#define TRUST_BYTES_MAX (8 * 1024 * 1024)

/*
 * The files of Debian and its kin, of OpenBSD and Alpine, of Fedora and its
 * kin.
 */
const char *const trust_system_files[TRUST_SYSTEM_FILES] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/ssl/cert.pem",
	"/etc/pki/tls/certs/ca-bundle.crt",
};

/*
 * Checks the file by the rule for the configuration file: a user who can write
 * it chooses the trusted CAs.
 */
static int
check_writers(const char *path, int fd, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_set(e, "%s: %s", path, strerror(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(e,
		    "%s: belongs to user %u, neither to root nor to you; chown "
		    "it",
		    path, (unsigned)st.st_uid);
	if (st.st_mode & S_IWOTH)
		return error_set(
		    e, "%s: can be written by everyone; chmod o-w", path);
	return 0;
}

int
trust_open(const char *path, struct error *e)
{
	size_t i;
	int fd;

	if (path != NULL) {
		/* With O_NONBLOCK, open() does not wait on a FIFO. */
		if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
			return error_set(e, "%s: %s", path, strerror(errno));
		if (check_writers(path, fd, e) == 0)
			return fd;
		close(fd);
		return -1;
	}
	for (i = 0; i < TRUST_SYSTEM_FILES; i++)
		if ((fd = open(trust_system_files[i], O_RDONLY | O_CLOEXEC)) !=
		    -1)
			return fd;
	return error_set(e,
	    "%s: no trust anchors on this system; install ca-certificates, or "
	    "name a 'ca file' and 'root file'",
	    trust_system_files[0]);
}

char *
trust_read(int fd, size_t *len, struct error *e)
{
	struct stat st;
	char *buf = NULL;
	ssize_t n;

	*len = 0;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size > TRUST_BYTES_MAX) {
		error_set(e,
		    "trust anchors: not a regular file of at most %d bytes",
		    TRUST_BYTES_MAX);
		close(fd);
		return NULL;
	}
	if ((buf = malloc((size_t)st.st_size + 1)) == NULL)
		err(1, NULL);
	while (*len < (size_t)st.st_size &&
	    (n = read(fd, buf + *len, (size_t)st.st_size - *len)) > 0)
		*len += (size_t)n;
	buf[*len] = '\0';
	close(fd);
	return buf;
}
