/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The limit of open files (ulimit -n): for how many jobs, workers and waiting
 * processes there are descriptors.
 */
#include <sys/resource.h>
#include <err.h>
#include <string.h>

#include "parent.h"

/* The descriptors that a role opens besides those for its jobs. */
#define OTHER_DESCRIPTORS 24
/* The descriptors of the parent besides those for netproc's workers. */
#define PARENT_DESCRIPTORS 31
/*
 * The descriptors that the first process uses itself, while runs have processes
 * of their own.
 */
#define OWN_DESCRIPTORS 8

static struct rlimit
open_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		err(1, "getrlimit");
	return r;
}

/* Does this process have n descriptors besides its sockets to others? */
static int
has_room(size_t sockets, size_t n)
{
	return sockets == 0 || sockets + n <= open_files().rlim_cur;
}

int
limits_allow_run(size_t sockets, uint32_t workers)
{
	return has_room(sockets, OTHER_DESCRIPTORS + 2 * workers);
}

int
limits_allow_apart(size_t sockets)
{
	return has_room(sockets, OWN_DESCRIPTORS);
}

static int
same_directory(const char *a, const char *b)
{
	size_t na = (size_t)(strrchr(a, '/') - a),
	       nb = (size_t)(strrchr(b, '/') - b);

	return na == nb && strncmp(a, b, na) == 0;
}

/*
 * Returns how many descriptors a role needs for this job at most: fileproc
 * keeps its lock and its directories open.  Directories that the previous job
 * has, too, are not counted again.
 */
static size_t
descriptors(const struct domain *d, const struct domain *before)
{
	static const struct domain none = { 0 };
	const struct domain *b = before != NULL ? before : &none;
	const char *const pairs[][2] = { { d->key, b->key },
		{ d->combined, b->combined }, { d->cert, b->cert },
		{ d->chain, b->chain }, { d->fullchain, b->fullchain } };
	size_t i, n = 1;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		n += pairs[i][0] != NULL &&
		    (pairs[i][1] == NULL ||
			!same_directory(pairs[i][0], pairs[i][1]));
	return n +
	    (d->challengedir != NULL &&
		(b->challengedir == NULL ||
		    strcmp(d->challengedir, b->challengedir) != 0));
}

uint32_t
limits_batch(struct domain *const *jobs, uint32_t n)
{
	rlim_t most = open_files().rlim_max;
	size_t needed = OTHER_DESCRIPTORS;
	uint32_t i;

	for (i = 0; i < n; i++) {
		needed += descriptors(jobs[i], i == 0 ? NULL : jobs[i - 1]);
		if (needed > most && i > 0)
			break;
	}
	return i;
}

void
limits_fit_workers(struct run *run)
{
	rlim_t most = open_files().rlim_cur, n;

	/* Three for each child: its socket, its stderr and the process. */
	n = most < PARENT_DESCRIPTORS + 3 ? 1 : (most - PARENT_DESCRIPTORS) / 3;
	if (run->workers > n)
		run->workers = (uint32_t)n;
}
