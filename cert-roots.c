/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Keeps the trusted roots of each authority. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "acme-client.h"
#include "cert.h"
#include "trust.h"

struct anchors {
	enum rooting how;
	char *path; /* The file's path; NULL: the system's file. */
	/*
	 * The text, read before the sandbox; NULL: parsed already, or
	 * unreadable.
	 */
	char *pem;
	size_t len;
	struct error broken;
	struct roots *roots;
	int said;
	struct anchors *next;
};

static struct anchors *all;

struct anchors *
anchors_open(enum rooting how, const char *path)
{
	struct anchors *r;
	int fd;

	for (r = all; r != NULL; r = r->next)
		if (r->how == how && (path == NULL) == (r->path == NULL) &&
		    (path == NULL || strcmp(path, r->path) == 0))
			return r;
	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (path != NULL && (r->path = strdup(path)) == NULL))
		err(1, NULL);
	r->how = how;
	if (how != ROOTS_ANY && (fd = trust_open(path, &r->broken)) != -1)
		r->pem = trust_read(fd, &r->len, &r->broken);
	r->next = all;
	return all = r;
}

int
anchors_any(const struct anchors *r)
{
	return r->how == ROOTS_ANY;
}

int
anchors_lacking(const struct anchors *r)
{
	return r->how == ROOTS_LACKING;
}

int
anchors_load(struct anchors *r, const struct roots **roots, struct error *e)
{
	if (r->how != ROOTS_ANY && r->roots == NULL) {
		if (r->pem != NULL)
			r->roots = roots_load(r->pem, r->len, &r->broken);
		free(r->pem);
		r->pem = NULL;
		if (r->roots == NULL)
			return error_set(e, "%s", r->broken.text);
	}
	*roots = r->roots;
	return 0;
}

int
anchors_known(struct anchors *r, const struct roots **roots)
{
	struct error e;

	if (anchors_load(r, roots, &e) == 0)
		return 1;
	if (!r->said)
		say_warning(
		    "cannot tell whether the installed certificates are the "
		    "authority's: %s",
		    e.text);
	r->said = 1;
	return 0;
}

void
anchors_load_early(void)
{
	struct anchors *r;
	struct error ignored;
	const struct roots *roots;

	for (r = all; r != NULL; r = r->next)
		anchors_load(r, &roots, &ignored);
}
