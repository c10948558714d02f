/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Names the files in the state directory.  fileproc and hookproc open them, the
 * parent looks whether they exist.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"

char *
state_path(
    const char *dir, const char *prefix, const char *name, const char *suffix)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	char *encoded, *path, *e;

	if ((encoded = malloc(3 * strlen(name) + 1)) == NULL)
		err(1, NULL);
	for (e = encoded; *name != '\0'; name++)
		if (strchr(plain, *name) != NULL)
			*e++ = *name;
		else
			e += sprintf(e, "%%%02x", (unsigned char)*name);
	*e = '\0';
	if (asprintf(&path, "%s/%s-%s.%s", dir, prefix, encoded, suffix) == -1)
		err(1, NULL);
	free(encoded);
	return path;
}

int
state_any(const char *dir, const char *suffix)
{
	const char *dot;
	struct dirent *entry;
	int found = 0;
	DIR *d;

	if ((d = opendir(dir)) == NULL)
		return 0;
	while (!found && (entry = readdir(d)) != NULL) {
		dot = strrchr(entry->d_name, '.');
		found = dot != NULL && strcmp(dot + 1, suffix) == 0;
	}
	closedir(d);
	return found;
}

int
state_exists(
    const char *dir, const char *prefix, const char *name, const char *suffix)
{
	char *path = state_path(dir, prefix, name, suffix);
	struct stat st;
	int exists = lstat(path, &st) == 0;

	free(path);
	return exists;
}
