/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Sets Landlock's rules: the files and TCP ports that a process can reach.
 * Structures and constants are defined here, from
 * Documentation/userspace-api/landlock.rst, since the headers of distributions
 * are older than kernels.
 */
#include <sys/syscall.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sandbox-linux.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

/*
 * The rights of Landlock, in the order in which versions of its ABI added them.
 */
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_REG (1ULL << 8)
#define FS_ABI_1 ((1ULL << 13) - 1)
/* ABI 2: the right to rename or link to another directory. */
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)  /* Since ABI 3. */
#define FS_IOCTL_DEV (1ULL << 15) /* Since ABI 5. */
#define NET_BIND_TCP (1ULL << 0)  /* Since ABI 4. */
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_UNIX (1ULL << 0) /* Since ABI 6. */
#define SCOPE_SIGNAL (1ULL << 1)

#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2
#define CREATE_VERSION 1

struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

struct path_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

struct port_attr {
	uint64_t allowed_access;
	uint64_t port;
};

int
landlock_abi(void)
{
	long abi = syscall(
	    SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return abi < 0 ? -errno : (int)abi;
}

static uint64_t
handled_fs(int abi)
{
	uint64_t fs = FS_ABI_1;

	if (abi >= 2)
		fs |= FS_REFER;
	if (abi >= 3)
		fs |= FS_TRUNCATE;
	if (abi >= 5)
		fs |= FS_IOCTL_DEV;
	return fs;
}

static void
allow_path(int ruleset, int fd, uint64_t access)
{
	struct path_attr attr = { access, fd };

	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr,
		0) == -1)
		err(1, "Landlock: cannot add a rule for a path");
}

static void
allow_port(int ruleset, int abi, uint16_t port)
{
	struct port_attr attr = { NET_CONNECT_TCP, port };

	if (abi >= 4 &&
	    syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &attr, 0) ==
		-1)
		err(1, "Landlock: cannot add a rule for port %u", port);
}

/*
 * Allows the files that getaddrinfo() reads.  A rule for a link is for its
 * target.
 */
static void
allow_resolver_files(int ruleset)
{
	static const char *const files[] = {
		"/etc/hosts",
		"/etc/resolv.conf",
		"/etc/nsswitch.conf",
		"/etc/host.conf",
		"/etc/gai.conf",
		"/etc/services",
	};
	size_t i;
	int fd;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if ((fd = open(files[i], O_PATH | O_CLOEXEC)) == -1)
			continue;
		allow_path(ruleset, fd, FS_READ_FILE);
		close(fd);
	}
}

static void
allow_dir(int ruleset, const struct sandbox_dir *d)
{
	uint64_t access = 0;

	/* There is no right to list: the directories were opened before. */
	if (d->rights & DIR_READ)
		access |= FS_READ_FILE;
	if (d->rights & DIR_WRITE)
		access |= FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG;
	allow_path(ruleset, d->fd, access);
}

void
landlock_enter(const struct sandbox *s, int abi)
{
	struct ruleset_attr attr = { .handled_access_fs = handled_fs(abi) };
	size_t i, size = sizeof(attr.handled_access_fs);
	int fd;

	if (abi >= 4) {
		attr.handled_access_net = NET_BIND_TCP | NET_CONNECT_TCP;
		size = offsetof(struct ruleset_attr, scoped);
	}
	if (abi >= 6) {
		/* The parent must be able to end its children. */
		attr.scoped = SCOPE_UNIX |
		    (s->role == ROLE_PARENT ? 0 : SCOPE_SIGNAL);
		size = sizeof(attr);
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (fd == -1)
		err(1, "Landlock: cannot create a ruleset");
	for (i = 0; i < s->ndirs; i++)
		allow_dir(fd, &s->dirs[i]);
	for (i = 0; i < s->nports; i++)
		allow_port(fd, abi, s->ports[i]);
	if (s->role == ROLE_DNS) {
		allow_resolver_files(fd);
		allow_port(fd, abi, 53);
	}
	if (syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		err(1, "Landlock: cannot be entered");
	close(fd);
}
