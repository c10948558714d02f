/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Which roles a run needs: by its kind, by what the configuration of its jobs
 * asks for, and by what a run that was killed has left.
 */
#include <sys/stat.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "parent.h"

/* In a renewal: does any job respond to challenges in this way? */
static int
has_way(const struct run *r, enum way way)
{
	uint32_t i;

	for (i = 0; i < r->njobs && r->mode == MODE_RENEW; i++)
		if (r->jobs[i]->way == way)
			return 1;
	return 0;
}

int
run_publishes(const struct run *r)
{
	uint32_t i;

	for (i = 0; i < r->njobs && r->mode == MODE_RENEW; i++)
		if (r->jobs[i]->way != WAY_STATELESS)
			return 1;
	return 0;
}

int
run_waits_for_dns(const struct run *r)
{
	return r->conf->dns_wait > 0 && has_way(r, WAY_HOOK);
}

int
run_names_account(const struct run *r)
{
	uint32_t i;

	for (i = 0; i < r->njobs && r->mode == MODE_RENEW; i++)
		if (r->jobs[i]->challenge == CHALLENGE_DNSACCOUNT01 ||
		    r->jobs[i]->challenge == CHALLENGE_DNSPERSIST01)
			return 1;
	return 0;
}

int
run_needs(const struct run *run, enum role role)
{
	switch (role) {
	case ROLE_NET:
	case ROLE_DNS:
		return mode_asks_ca(run->mode) || run->mode == MODE_VERIFY;
	case ROLE_KEY:
		return run->mode != MODE_VERIFY;
	case ROLE_CHNG:
		return run_publishes(run);
	case ROLE_HOOK:
		return has_way(run, WAY_HOOK);
	case ROLE_RESP:
		return has_way(run, WAY_LISTEN);
	case ROLE_ZONE:
		return run->checks || has_way(run, WAY_PERSIST) ||
		    run_waits_for_dns(run);
	default:
		return 0;
	}
}

int
run_left_responses(const struct run *run)
{
	const char *last = "";
	char path[4096];
	struct stat st;
	uint32_t i;

	for (i = 0; i < run->njobs && run->mode == MODE_RENEW; i++) {
		if (run->jobs[i]->challengedir == NULL ||
		    strcmp(run->jobs[i]->challengedir, last) == 0)
			continue;
		last = run->jobs[i]->challengedir;
		snprintf(path, sizeof(path), "%s/%s", last, CHNG_LIST);
		if (lstat(path, &st) == 0)
			return 1;
	}
	return 0;
}

int
run_left_records(const struct run *run)
{
	const char *dir = run->conf->state_dir;
	const struct domain *d;
	int left = 0;
	uint32_t i;
	char *path;

	if (run->mode != MODE_RENEW || !state_any(dir, STATE_RECORDS))
		return 0;
	for (i = 0; i < run->njobs; i++) {
		d = run->jobs[i];
		if (!state_exists(dir, "domain", d->handle, STATE_RECORDS))
			continue;
		if (d->way == WAY_HOOK) {
			left = 1;
			continue;
		}
		path = state_path(dir, "domain", d->handle, STATE_RECORDS);
		say_warning(
		    "%s: an interrupted run left records in the DNS, and "
		    "there is no 'challenge hook' to remove them: remove the "
		    "records that are listed in %s, and then that file",
		    d->handle, path);
		free(path);
	}
	return left;
}
