/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Runs the programs that the configuration names, and nothing else, as the user
 * who started acme-client.  It has no sandbox, since the programs would inherit
 * it.  So other processes send it only numbers (which handle has changed, which
 * identifier is to be proved) and digests and account labels, whose form it
 * checks.  Programs and other arguments are in its slice of the configuration;
 * it parses nothing but its own journal.  An attacker in fileproc can have
 * configured commands run, or not run, for configured handles; one in chng can
 * have any digest published for a configured name, with dns-account-01 below
 * any label; one who can write into the state directory can have any record of
 * a configured name removed.
 */
#include <sys/resource.h>
#include <err.h>

#include "hook.h"
#include "role.h"

static uint32_t njobs;

static const struct handler table[] = {
	{ HOOK_CHANGED, hook_changed, ANY_STATE, 1 },
	{ HOOK_FORGOTTEN, hook_forgotten, ANY_STATE, 1 },
	{ HOOK_PUT, hook_put, ANY_STATE, ORDERS_MAX *CONF_NAMES_MAX },
	{ HOOK_DROP, hook_drop, ANY_STATE, ORDERS_MAX },
};

static void
see_to_programs(void)
{
	hook_wait(ROLE_FD);
}

int
main(int argc, char *argv[])
{
	static struct msg m;
	struct slice_domain d;
	struct slice_conf c;
	struct rlimit files;

	/* role_begin() raises the limit, which programs must not inherit. */
	if (getrlimit(RLIMIT_NOFILE, &files) == -1)
		err(1, "getrlimit");
	role_begin(ROLE_HOOK, argc, argv);
	hook_begin((unsigned long)files.rlim_cur);
	role_conf(&m, &c);
	change_conf(&c);
	challenge_conf(&c);
	for (; role_domain(&m, njobs, &d); njobs++)
		if (role_mode == MODE_HOOK)
			change_domain(&d);
		else
			challenge_domain(&d);
	if (role_mode != MODE_HOOK)
		challenge_tidy_up();
	role_at_exit(role_mode == MODE_HOOK ? hook_stop : challenge_end_all);
	serve_beside(table, sizeof(table) / sizeof(table[0]), njobs, NULL,
	    see_to_programs);
}
