/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Keeps records of a change until the run that reports it ends with status 0.
 * The parent has them removed as the last thing before it exits.  If it is
 * killed before that exit, the change was not reported: fileproc writes the
 * records again.
 */
#include <err.h>
#include <stdlib.h>

#include "file.h"
#include "part.h"
#include "role.h"

/* The removed records, in case the parent does not send ROLE_STOP. */
static struct memory {
	const struct place *place;
	char *bytes;
	size_t len;
	struct memory *next;
} * memories;

/* Runs at exit: writes the records again if the parent was killed. */
static void
remember_again(void)
{
	struct memory *m;
	struct error e;

	for (m = memories; m != NULL && !role_stopped; m = m->next)
		if (place_write(m->place, m->bytes, m->len, &e) == -1)
			warnx("%s", e.text);
}

int
report_forget(const struct place *p, struct error *e)
{
	struct memory *m;
	struct stat st;
	int n;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		err(1, NULL);
	m->place = p;
	n = place_read(p, &m->bytes, &m->len, PART_RECORD_BYTES_MAX, &st, e);
	if (n != 1) {
		free(m);
		return n;
	}
	if (memories == NULL)
		role_at_exit(remember_again);
	m->next = memories;
	memories = m;
	return place_remove(p, e);
}

uint64_t
report_forgotten(void)
{
	const struct memory *m;
	uint64_t n = 0;
	struct error e;

	if (memories != NULL && dir_sync(memories->place->dir, &e) == -1)
		warnx("%s", e.text);
	for (m = memories; m != NULL; m = m->next)
		n++;
	return n;
}
