/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Has a role enter OpenBSD's sandbox, and says what it asks the kernel for.
 * Arguments: the role's name, the effective user id, "one" or "several" owners
 * or "reads" (one, and nothing is written), the directories.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openbsd-sandbox.h"
#include "sandbox.h"

static uid_t euid;

int
said_chdir(const char *path)
{
	printf("chdir %s\n", path);
	return 0;
}

int
said_chroot(const char *path)
{
	printf("chroot %s\n", path);
	return 0;
}

int
said_pledge(const char *promises, const char *execpromises)
{
	printf("pledge %s\n", promises);
	return execpromises == NULL ? 0 : -1;
}

int
said_setgroups(size_t n, const gid_t *gids)
{
	printf("setgroups %zu %u\n", n, (unsigned)gids[0]);
	return 0;
}

int
said_setresgid(gid_t r, gid_t e, gid_t s)
{
	printf("setresgid %u %u %u\n", (unsigned)r, (unsigned)e, (unsigned)s);
	return 0;
}

int
said_setresuid(uid_t r, uid_t e, uid_t s)
{
	printf("setresuid %u %u %u\n", (unsigned)r, (unsigned)e, (unsigned)s);
	return 0;
}

int
said_unveil(const char *path, const char *rights)
{
	if (path == NULL)
		printf("unveil is over\n");
	else
		printf("unveil %s %s\n", rights, path);
	return 0;
}

uid_t
said_geteuid(void)
{
	return euid;
}

int
said_issetugid(void)
{
	return 0;
}

int
main(int argc, char *argv[])
{
	struct sandbox s = { .uid = 1001, .gid = 1002 };
	int i;

	if (argc < 4)
		errx(2,
		    "usage: openbsd-sandbox ROLE UID one|several|reads "
		    "[DIRECTORY ...]");
	while (s.role < ROLE__MAX && strcmp(role_names[s.role], argv[1]) != 0)
		s.role++;
	if (s.role == ROLE__MAX)
		errx(2, "%s: there is no such role", argv[1]);
	euid = (uid_t)atoi(argv[2]);
	s.keep_chown = s.keep_dac = strcmp(argv[3], "several") == 0;
	if ((s.dirs = calloc((size_t)argc, sizeof(*s.dirs))) == NULL)
		err(2, NULL);
	for (i = 4; i < argc; i++) {
		s.dirs[s.ndirs].rights = DIR_READ |
		    (strcmp(argv[3], "reads") == 0 ? 0 : DIR_WRITE);
		s.dirs[s.ndirs++].path = argv[i];
	}
	sandbox_enter(&s);
	if (s.role == ROLE_FILE)
		sandbox_narrow(&s);
	return 0;
}
