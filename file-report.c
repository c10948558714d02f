/* SPDX-License-Identifier: ISC */
/*
 * A change is remembered, by what lies in the state directory, until the run
 * that reports it ends with status 0.  The parent asks for it to be forgotten
 * as the last thing before it exits.  Should it be killed in between, it was
 * not reported after all: what was removed is written again.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "file-course.h"
#include "file-report.h"
#include "proc.h"

#define MEMORY_BYTES_MAX	CHAIN_BYTES_MAX

/* What is removed, until it is known that the parent has come to its end. */
static struct memory {
	const struct place	*place;
	char			*text;
	size_t			 len;
	struct memory		*next;
} *memories;

/* The parent has sent ROLE_STOP, or it was killed. */
static void
remember_again(void)
{
	struct memory *m;
	struct why w;

	for (m = memories; m != NULL && !role_stopped; m = m->next)
		if (place_write(m->place, m->text, m->len, &w) == -1)
			warnx("%s", w.text);
}

/* 0, or -1 where it is still there: the next run reports it once more. */
static int
forget(const struct place *p, struct why *w)
{
	struct memory *m;
	struct stat st;
	int n;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		err(1, NULL);
	m->place = p;
	if ((n = place_read(p, &m->text, &m->len, MEMORY_BYTES_MAX, &st, w)) != 1) {
		free(m);
		return n;
	}
	m->next = memories;
	memories = m;
	return place_remove(p, w);
}

void
file_reported(struct msg *m)
{
	static struct msg out;
	uint64_t n = 0;
	struct why w;
	uint32_t i;

	msg_end(m);
	atexit(remember_again);
	for (i = 0; i < njobs; i++) {
		if (!jobs[i].changed || jobs[i].phase != SETTLED)
			continue;
		n++;
		if (role_mode == MODE_RENEW ? forget(&jobs[i].saved, &w) == -1 :
		    forget(&jobs[i].revoking, &w) == -1 ||
		    (job_compromised && !jobs[i].key_stays && forget(&jobs[i].compromised, &w) == -1))
			warnx("%s: %s", jobs[i].handle, w.text);
	}
	if (memories != NULL && dir_sync(memories->place->dir, &w) == -1)
		warnx("%s", w.text);
	msg_new(&out, PARENT_FORGOTTEN, 0);
	msg_put_num(&out, n);
	msg_send(&out);
}
