/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Finds the user of the unprivileged processes. */
#include <err.h>
#include <pwd.h>
#include <unistd.h>

#include "conf-parse.h"
#include "parent.h"
#include "sandbox.h"

void
parent_user(const struct conf *conf, uid_t *uid, gid_t *gid)
{
	static const char *const defaults[] = { DEFAULT_USER, "nobody" };
	struct passwd *pw = NULL;
	size_t i;

	*uid = geteuid();
	*gid = getegid();
	if (*uid != 0)
		return;
	if (conf->user != NULL)
		pw = getpwnam(conf->user);
	else
		for (i = 0; i < 2 && pw == NULL; i++)
			pw = getpwnam(defaults[i]);
	if (pw == NULL)
		errx(1, "user %s: there is no such user",
		    conf->user != NULL ? conf->user : "nobody");
	if (pw->pw_uid == 0)
		errx(1, "user %s: is root; name an unprivileged one",
		    pw->pw_name);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
}

void
parent_capabilities(int uses_group)
{
	const char *lacks;

	if (geteuid() != 0)
		return;
	if ((lacks = sandbox_lacks(uses_group)) != NULL)
		errx(1,
		    "started as root, but without the capabilities to give up "
		    "root's rights: %s; add them (CapabilityBoundingSet= in "
		    "systemd's unit, --cap-add of a container), or run it as "
		    "an ordinary user, who can write to the directories",
		    lacks);
}
