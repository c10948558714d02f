/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads the bytes of the administrator's CSR.  The parent passes them on to
 * csrproc, which parses them.
 */
#include <sys/stat.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#include "disk.h"

/*
 * Reads the CSR.  A user who can write the file chooses the key that is
 * certified.
 */
char *
csr_file_read(const char *path, size_t *len, struct error *e)
{
	struct stat st;
	char *buf;
	ssize_t n;
	int fd;

	if ((fd = dir_open_trusted(path, e)) == -1)
		return NULL;
	if ((buf = malloc(CSR_TEXT_MAX)) == NULL)
		err(1, NULL);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size > CSR_TEXT_MAX ||
	    (n = read(fd, buf, CSR_TEXT_MAX)) != st.st_size) {
		error_set(e, "%s: not a file of at most %d bytes", path,
		    CSR_TEXT_MAX);
		free(buf);
		buf = NULL;
	} else
		*len = (size_t)n;
	close(fd);
	return buf;
}
