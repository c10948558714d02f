/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * For faults_more.py: what goes wrong at a call by which one of the programs
 * changes the disk, when it is linked with this.  The file MISHAPS has it, in
 * one line; the calls of each process are counted from 1:
 *	calls PROGRAM 0		each call is told
 *	error PROGRAM N ERRNO	the Nth fails
 *	short PROGRAM N		the Nth, if it is a write(2), writes half
 *	stop PROGRAM N		before the Nth, the process tells so and waits
 *	stopped PROGRAM N	it does that after the Nth
 * PROGRAM is - for all of them.
 */
#include <sys/stat.h>
#include <sys/xattr.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char how[8];
static long nth, with, calls;
/* The files that were opened to be written to. */
static char is_written[1024];

static ssize_t (*real_write)(int, const void *, size_t);

__attribute__((format(printf, 1, 2))) static void
tell(const char *fmt, ...)
{
	char line[128];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || real_write(2, line, (size_t)n) == -1)
		_exit(9);
}

static void *
find(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (function == NULL)
		_exit(9);
	return function;
}

__attribute__((constructor)) static void
begin(void)
{
	char line[80] = "", kind[8], program[16];
	int fd;

	real_write = find("write");
	if ((fd = open(MISHAPS, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	if (read(fd, line, sizeof(line) - 1) > 0 &&
	    sscanf(line, "%7s %15s %ld %ld", kind, program, &nth, &with) >= 3 &&
	    (strcmp(program, "-") == 0 ||
		strcmp(program, program_invocation_short_name) == 0))
		memcpy(how, kind, sizeof(how));
	close(fd);
}

static void
wait_at(const char *name)
{
	tell("mishap: waits at %s in %ld\n", name, (long)getpid());
	for (;;)
		poll(NULL, 0, -1);
}

/* Counts a call.  1: it is to fail, and errno is set. */
static int
fails(const char *name)
{
	calls++;
	if (strcmp(how, "calls") == 0)
		tell("mishap: call %ld %s %s\n", calls,
		    program_invocation_short_name, name);
	if (calls != nth)
		return 0;
	if (strcmp(how, "stop") == 0)
		wait_at(name);
	if (strcmp(how, "error") != 0)
		return 0;
	tell("mishap: error at %s\n", name);
	errno = (int)with;
	return 1;
}

/* Returns rc. */
static int
done(const char *name, int rc)
{
	int saved = errno;

	if (calls == nth && strcmp(how, "stopped") == 0)
		wait_at(name);
	errno = saved;
	return rc;
}

#define CALL(name, parameters, arguments) \
	int name parameters \
	{ \
		int(*real) parameters = find(#name); \
		return fails(#name) ? -1 : done(#name, real arguments); \
	}

CALL(fsync, (int fd), (fd))
CALL(renameat, (int fd, const char *a, int to, const char *b), (fd, a, to, b))
CALL(unlinkat, (int fd, const char *name, int flags), (fd, name, flags))
CALL(unlink, (const char *name), (name))
CALL(linkat, (int fd, const char *a, int to, const char *b, int flags),
    (fd, a, to, b, flags))
CALL(fchmod, (int fd, mode_t mode), (fd, mode))
CALL(fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
CALL(mkdir, (const char *name, mode_t mode), (name, mode))
CALL(mkdirat, (int fd, const char *name, mode_t mode), (fd, name, mode))
CALL(rmdir, (const char *name), (name))
CALL(ftruncate, (int fd, off_t len), (fd, len))
CALL(fremovexattr, (int fd, const char *name), (fd, name))

int
openat(int at, const char *name, int flags, ...)
{
	int (*real)(int, const char *, int, ...) = find("openat");
	mode_t mode;
	va_list ap;
	int fd;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (!(flags & O_CREAT))
		return real(at, name, flags);
	if (fails("openat"))
		return -1;
	fd = real(at, name, flags, mode);
	if (fd >= 0 && fd < (int)sizeof(is_written))
		is_written[fd] = 1;
	return done("openat", fd);
}

int
close(int fd)
{
	int (*real)(int) = find("close"), fail;

	if (fd < 0 || fd >= (int)sizeof(is_written) || !is_written[fd])
		return real(fd);
	is_written[fd] = 0;
	/* The descriptor is gone even if an error is reported. */
	if ((fail = fails("close")))
		real(fd);
	return fail ? -1 : done("close", real(fd));
}

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t rc;

	if (fd < 0 || fd >= (int)sizeof(is_written) || !is_written[fd])
		return real_write(fd, p, n);
	if (fails("write"))
		return -1;
	if (calls == nth && strcmp(how, "short") == 0 && n > 1) {
		tell("mishap: short write\n");
		n /= 2;
	}
	rc = real_write(fd, p, n);
	done("write", 0);
	return rc;
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t (*real)(int, const void *, size_t, off_t) = find("pwrite"), rc;

	if (fails("pwrite"))
		return -1;
	if (calls == nth && strcmp(how, "short") == 0 && n > 1) {
		tell("mishap: short write\n");
		n /= 2;
	}
	rc = real(fd, p, n, at);
	done("pwrite", 0);
	return rc;
}
