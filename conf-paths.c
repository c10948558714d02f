/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Checks the paths of a configuration: each gets one form, each file has one
 * use, and private keys are in directories of their own.
 */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf-parse.h"

/* A path of the configuration, and the statement that names it. */
struct use {
	char *path;
	char *dir; /* The directory that path is in. */
	const char *what;
	enum path_kind kind;
	const char *file;
	int line;
};

static struct use *uses;
static size_t nuses;

const char *
place_text(const char *file, int line, const char *here)
{
	static char text[PATH_MAX + 32];

	if (strcmp(file, here) == 0)
		snprintf(text, sizeof(text), "line %d", line);
	else
		snprintf(text, sizeof(text), "line %d of %s", line, file);
	return text;
}

int
path_clean(char *path, const char *what, const char *file, int line)
{
	char *in, *out, *component;
	size_t len;

	if (path[0] != '/') {
		lex_error_at(file, line,
		    "%s %s: expected a path that begins with /", what, path);
		return -1;
	}
	for (in = out = path; *in != '\0';) {
		component = in + strspn(in, "/");
		len = strcspn(component, "/");
		if ((len == 1 && component[0] == '.') ||
		    (len == 2 && component[0] == '.' && component[1] == '.')) {
			lex_error_at(file, line,
			    "%s %s: expected a path without . and ..", what,
			    path);
			return -1;
		}
		if (len > 0) {
			*out++ = '/';
			memmove(out, component, len);
			out += len;
		}
		in = component + len;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
	if (strlen(path) >= PATH_MAX || out == path + 1) {
		lex_error_at(file, line,
		    "%s: expected a path below / of less than %d bytes", what,
		    PATH_MAX);
		return -1;
	}
	return 0;
}

char *
conf_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;

	dir = slash == path ? strdup("/") :
			      strndup(path, (size_t)(slash - path));
	if (dir == NULL)
		err(1, NULL);
	return dir;
}

void
path_use(char *path, const char *what, enum path_kind kind, const char *file,
    int line)
{
	if (path == NULL)
		return;
	/*
	 * A path ends with '/' if, for example, "a/#b" is written without
	 * quotes: '#' begins a comment.
	 */
	if (path[0] != '\0' && path[strlen(path) - 1] == '/') {
		lex_error_at(file, line,
		    "%s %s: expected a file, not a directory", what, path);
		return;
	}
	if (path_clean(path, what, file, line) == -1)
		return;
	/* The array grows by doubling. */
	if ((nuses & (nuses - 1)) == 0 &&
	    (uses = reallocarray(
		 uses, nuses == 0 ? 1 : 2 * nuses, sizeof(*uses))) == NULL)
		err(1, NULL);
	uses[nuses++] = (struct use){ path, conf_directory(path), what, kind,
		file, line };
}

void
path_complete(char **path, const char *base)
{
	char *dir, *joined;

	if (*path == NULL || (*path)[0] == '/' || base == NULL ||
	    base[0] != '/')
		return;
	dir = conf_directory(base);
	if (asprintf(&joined, "%s/%s", dir, *path) == -1)
		err(1, NULL);
	free(dir);
	free(*path);
	*path = joined;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(
	    ((const struct use *)a)->path, ((const struct use *)b)->path);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Adds the names that may be beside a key while it is changed: PATH.new for the
 * next key, PATH.old for the one before, PATH.refused for one that the CA does
 * not know.
 */
static void
check_beside(const struct use *key, const char *suffix)
{
	struct use wanted = { .path = NULL }, *found;

	if (asprintf(&wanted.path, "%s%s", key->path, suffix) == -1)
		err(1, NULL);
	found = bsearch(&wanted, uses, nuses, sizeof(*uses), by_path);
	if (found != NULL)
		lex_error_at(found->file, found->line,
		    "%s %s: this path is for changes of the %s of %s; take "
		    "another",
		    found->what, found->path, key->what,
		    place_text(key->file, key->line, found->file));
	free(wanted.path);
}

/*
 * Refuses a file with two uses; only secrets of accounts may be shared, by
 * several authorities.
 */
static void
check_paths_once(void)
{
	size_t i;

	qsort(uses, nuses, sizeof(*uses), by_path);
	for (i = 1; i < nuses; i++)
		if (strcmp(uses[i - 1].path, uses[i].path) == 0 &&
		    !(uses[i - 1].kind == PATH_ACCOUNT &&
			uses[i - 1].what == uses[i].what))
			lex_error_at(uses[i].file, uses[i].line,
			    "%s %s: this path is also the %s of %s; each needs "
			    "its own",
			    uses[i].what, uses[i].path, uses[i - 1].what,
			    place_text(uses[i - 1].file, uses[i - 1].line,
				uses[i].file));
	for (i = 0; i < nuses; i++)
		if (uses[i].kind != PATH_PLAIN) {
			check_beside(&uses[i], ".new");
			check_beside(&uses[i], ".old");
			check_beside(&uses[i], ".refused");
		}
}

/*
 * Refuses private keys in the directories of other files: the processes that
 * write certificates, challenge responses and state must not reach them, and a
 * process has its rights by directory.
 */
static void
check_keys_apart(const struct conf *c)
{
	char **open_dirs, **found;
	size_t i, n = 0;

	if ((open_dirs = calloc(nuses + c->ndomains + 1, sizeof(*open_dirs))) ==
	    NULL)
		err(1, NULL);
	open_dirs[n++] = c->state_dir;
	for (i = 0; i < nuses; i++)
		if (uses[i].kind == PATH_PLAIN)
			open_dirs[n++] = uses[i].dir;
	for (i = 0; i < c->ndomains; i++)
		if (c->domains[i].challengedir != NULL)
			open_dirs[n++] = c->domains[i].challengedir;
	qsort(open_dirs, n, sizeof(*open_dirs), by_text);
	for (i = 0; i < nuses; i++) {
		found = uses[i].kind != PATH_PLAIN ?
		    bsearch(&uses[i].dir, open_dirs, n, sizeof(*open_dirs),
			by_text) :
		    NULL;
		if (found != NULL)
			lex_error_at(uses[i].file, uses[i].line,
			    "%s %s: a private key must not be in a directory "
			    "of certificates, challenges or state; put it in "
			    "one of its own, such as %s/private",
			    uses[i].what, uses[i].path, uses[i].dir);
	}
	free(open_dirs);
}

void
paths_check(const struct conf *c)
{
	if (lex_errors == 0) {
		check_paths_once();
		check_keys_apart(c);
	}
	while (nuses > 0)
		free(uses[--nuses].dir);
}
