/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Finds the directory of the roles' programs. */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "acme-client.h"
#include "parent.h"
#include "sandbox.h"

#define LIBEXEC "/../libexec/acme-client"

/* Is fileproc in this directory?  If so, the other programs are, too. */
static int
is_there(const char *directory)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", directory,
		   role_names[ROLE_FILE]) < (int)sizeof(path) &&
	    access(path, X_OK) == 0;
}

const char *
parent_programs(const char *argv0)
{
	static char directory[PATH_MAX];
	const char *self = sandbox_self(argv0);
	size_t n = (size_t)(strrchr(self, '/') - self);

	if (n + sizeof(LIBEXEC) > sizeof(directory))
		errx(1, "%s: path too long", self);
	memcpy(directory, self, n);
	directory[n] = '\0';
	if (is_there(directory))
		return directory;
	memcpy(directory + n, LIBEXEC, sizeof(LIBEXEC));
	if (!is_there(directory))
		errx(1, "%s/%s is missing; install all of one build", directory,
		    role_names[ROLE_FILE]);
	return directory;
}
