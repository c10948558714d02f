/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Finds the process that listens on a TCP port on Linux.  The kernel lists
 * sockets with their inodes, and for each process the inodes that it has open
 * (proc(5)): root sees those of all processes, another user those of their own.
 */
#include <sys/stat.h>
#include <netinet/in.h>
#include <dirent.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "port.h"

#define LISTENS 0x0a /* The number of the state TCP_LISTEN in /proc/net/tcp. */

struct socket {
	uint32_t addr[4]; /* The address in 32-bit words, in network order. */
	int any;          /* The address is 0.0.0.0 or ::. */
	unsigned port;
};

static void
take_address(const struct sockaddr *sa, struct socket *s)
{
	static const uint32_t zero[4];

	memset(s, 0, sizeof(*s));
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in =
		    (const struct sockaddr_in *)(const void *)sa;

		memcpy(s->addr, &in->sin_addr, 4);
		s->port = ntohs(in->sin_port);
	} else {
		const struct sockaddr_in6 *in6 =
		    (const struct sockaddr_in6 *)(const void *)sa;

		memcpy(s->addr, &in6->sin6_addr, 16);
		s->port = ntohs(in6->sin6_port);
	}
	s->any = memcmp(s->addr, zero, sizeof(zero)) == 0;
}

/*
 * Reads a line of /proc/net/tcp (an address of 1 word) or tcp6 (4), and sets
 * inode if this socket has the port of s and an address in common.  0: it does
 * not listen, and nor do those behind it.
 */
static int
take_line(
    const char *line, const struct socket *s, int words, unsigned long *inode)
{
	unsigned long found;
	uint32_t addr[4] = { 0 };
	unsigned port, state;
	int any = 1, i, at = 0;

	if (sscanf(line, " %*u: %n", &at) == EOF || at == 0)
		return 1;
	for (line += at, i = 0; i < words; i++, line += 8) {
		if (sscanf(line, "%8x", &addr[i]) != 1 || strlen(line) < 8)
			return 1;
		any &= addr[i] == 0;
	}
	if (sscanf(line, ":%x %*x:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu",
		&port, &state, &found) != 3)
		return 1;
	if (state != LISTENS)
		return 0;
	if (port == s->port &&
	    (any || s->any || memcmp(addr, s->addr, sizeof(addr)) == 0))
		*inode = found;
	return 1;
}

/*
 * The kernel lists the sockets that listen first: the others may be a hundred
 * thousand.
 */
static unsigned long
find_inode(const char *path, const struct socket *s, int words)
{
	unsigned long inode = 0;
	char line[512];
	FILE *f;

	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (inode == 0 && fgets(line, sizeof(line), f) != NULL &&
	    take_line(line, s, words, &inode))
		;
	fclose(f);
	return inode;
}

/* Has this process the wanted socket open? */
static int
has_socket(int proc, const char *pid, const char *wanted)
{
	char path[300], target[64];
	struct dirent *e;
	int fd, found = 0;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/fd", pid);
	if ((fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return 0;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return 0;
	}
	while (!found && (e = readdir(dir)) != NULL) {
		n = readlinkat(fd, e->d_name, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		found = strcmp(target, wanted) == 0;
	}
	closedir(dir);
	return found;
}

static void
name_process(int proc, const char *pid, char *out, size_t outsz)
{
	char path[300], name[32] = "a process";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/comm", pid);
	if ((fd = openat(proc, path, O_RDONLY | O_CLOEXEC)) != -1) {
		if ((n = read(fd, name, sizeof(name) - 1)) > 0) {
			name[n] = '\0';
			name[strcspn(name, "\n")] = '\0';
		}
		close(fd);
	}
	snprintf(out, outsz, "%s (process %s)", name, pid);
}

int
port_holder(const struct sockaddr *sa, char *out, size_t outsz)
{
	unsigned long inode = 0;
	struct socket s;
	char wanted[64];
	struct dirent *e;
	int found = 0;
	DIR *proc;

	take_address(sa, &s);
	if (sa->sa_family == AF_INET)
		inode = find_inode("/proc/net/tcp", &s, 1);
	/* A socket that listens on :: may take IPv4 connections, too. */
	if (inode == 0)
		inode = find_inode("/proc/net/tcp6", &s, 4);
	if (inode == 0 || (proc = opendir("/proc")) == NULL)
		return 0;
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	while (!found && (e = readdir(proc)) != NULL)
		if (isdigit((unsigned char)e->d_name[0]) &&
		    has_socket(dirfd(proc), e->d_name, wanted)) {
			name_process(dirfd(proc), e->d_name, out, outsz);
			found = 1;
		}
	closedir(proc);
	return found;
}

int
port_listens(uint16_t port)
{
	struct socket s = { .any = 1, .port = port };

	if (access("/proc/net/tcp", R_OK) == -1)
		return -1;
	return find_inode("/proc/net/tcp", &s, 1) != 0 ||
	    find_inode("/proc/net/tcp6", &s, 4) != 0;
}
