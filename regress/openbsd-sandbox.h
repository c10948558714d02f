/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * For sandbox-openbsd.c, to be run elsewhere: what it asks for is said on
 * stdout, not done.
 */
#include <sys/types.h>
#include <grp.h>
#include <unistd.h>

int said_chdir(const char *);
int said_chroot(const char *);
int said_pledge(const char *, const char *);
int said_setgroups(size_t, const gid_t *);
int said_setresgid(gid_t, gid_t, gid_t);
int said_setresuid(uid_t, uid_t, uid_t);
int said_unveil(const char *, const char *);
uid_t said_geteuid(void);
int said_issetugid(void);

#define chdir said_chdir
#define chroot said_chroot
#define geteuid said_geteuid
#define issetugid said_issetugid
#define pledge said_pledge
#define setgroups said_setgroups
#define setresgid said_setresgid
#define setresuid said_setresuid
#define unveil said_unveil
