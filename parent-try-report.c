/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The report of a rehearsal (-T), behind what certproc prints about the
 * certificate: at how many responses the CA has looked, what a renewal would
 * write, and the commands that it would run.
 */
#include <sys/stat.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"

/* The user and the group that would own new files. */
struct owner {
	uid_t uid;
	gid_t gid;
	int known;
};

/*
 * Adds the directory of a file.  As root, a role runs as the owner of all its
 * directories, or as root if they have several owners.
 */
static void
owner_add(struct owner *o, const char *dir)
{
	struct stat st;

	if (stat(dir, &st) == -1)
		return;
	if (geteuid() != 0) {
		o->uid = geteuid();
		o->gid = getegid();
	} else if (!o->known) {
		o->uid = st.st_uid;
		o->gid = st.st_gid;
	} else if (o->uid != st.st_uid)
		o->uid = o->gid = 0;
	o->known = 1;
}

static void
owner_add_file(struct owner *o, const char *path)
{
	char *dir;

	if (path == NULL)
		return;
	dir = try_directory_of(path);
	owner_add(o, dir);
	free(dir);
}

static void
print_owner(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw != NULL)
		printf(", owner %s", pw->pw_name);
	else
		printf(", owner %u", (unsigned)uid);
}

static void
print_group(gid_t gid)
{
	const struct group *gr = getgrgid(gid);

	if (gr != NULL)
		printf(", group %s", gr->gr_name);
	else
		printf(", group %u", (unsigned)gid);
}

/* A line about one file: what becomes of it, whose it is, and its mode. */
static void
print_file(const char *path, const struct owner *o, mode_t mode,
    const char *group, const char *if_there)
{
	struct stat st;
	int is_there;

	if (path == NULL)
		return;
	if ((is_there = lstat(path, &st) == 0) && !S_ISREG(st.st_mode)) {
		printf("  %s: is not a regular file\n", path);
		return;
	}
	if (!is_there) {
		st.st_uid = o->uid;
		st.st_gid = o->gid;
	}
	if (is_there && group == NULL)
		mode = st.st_mode & 0777;
	printf("  %s: %s", path, is_there ? if_there : "new");
	print_owner(st.st_uid);
	if (group != NULL)
		printf(", group %s", group);
	else
		print_group(st.st_gid);
	printf(", mode %04o\n", (unsigned)mode);
}

static void
print_commands(const struct commands *c)
{
	size_t i, j;

	for (i = 0; i < c->n; i++) {
		printf("  on change:");
		for (j = 0; j < c->v[i].n; j++)
			printf(" %s", c->v[i].v[j]);
		putchar('\n');
	}
}

void
try_report(const struct conf *c, const struct domain *d, uint32_t responded)
{
	struct owner certs = { 0 }, keys = { 0 };
	mode_t mode = d->group != NULL ? 0640 : 0600;

	owner_add(&certs, c->state_dir);
	owner_add_file(&certs, d->cert);
	owner_add_file(&certs, d->chain);
	owner_add_file(&certs, d->fullchain);
	owner_add_file(&keys, d->key);
	owner_add_file(&keys, d->combined);
	if (responded < d->names.n)
		printf("  the CA looked at %u of %zu responses: it remembers "
		       "the names of an earlier rehearsal; with -F, it has to "
		       "look at all\n",
		    responded, d->names.n);
	printf(" a renewal would install, with authority %s:\n",
	    d->authority->name);
	print_file(d->key, &keys, mode, d->group,
	    d->rotate ? "replaced" : "kept, if it is as configured");
	print_file(d->combined, &keys, mode, d->group, "replaced");
	print_file(d->cert, &certs, 0644, NULL, "replaced");
	print_file(d->chain, &certs, 0644, NULL, "replaced");
	print_file(d->fullchain, &certs, 0644, NULL, "replaced");
	print_commands(&d->on_change);
	print_commands(&c->on_change);
	say_printed("the report");
}
