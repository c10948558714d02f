/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * For threats.sh: what goes wrong in one of the programs, when it is linked
 * with this.  The file MISHAPS has it, in one line:
 *	malloc PROGRAM N	the Nth allocation fails
 *	after PROGRAM N		so do all after it
 *	time PROGRAM SECONDS N	from the Nth look at it on, the clock is wrong
 *				by so much, but not the monotonic one
 *	leap PROGRAM SECONDS	at each look it is wrong by so much more
 *	count PROGRAM 0		at its end it tells the number of allocations
 * PROGRAM is - for all of them.  libcrypto and libc allocate by these
 * functions, too.
 */
#include <sys/syscall.h>
#include <sys/time.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static char what[8];
static long first, wrong, allocations, looks;

/* Written without an allocation; 2 is open in all sandboxes. */
__attribute__((format(printf, 1, 2))) static void
tell(const char *fmt, ...)
{
	char line[64];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || write(2, line, (size_t)n) == -1)
		_exit(9);
}

__attribute__((constructor)) static void
begin(void)
{
	char line[80] = "", kind[8], program[16];
	long a = 0, b = 0;
	int fd;

	if ((fd = open(MISHAPS, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	if (read(fd, line, sizeof(line) - 1) > 0 &&
	    sscanf(line, "%7s %15s %ld %ld", kind, program, &a, &b) >= 3 &&
	    (strcmp(program, "-") == 0 ||
		strcmp(program, program_invocation_short_name) == 0)) {
		memcpy(what, kind, sizeof(what));
		first = strcmp(kind, "time") == 0 ? b : a;
		wrong = a;
	}
	close(fd);
	allocations = 0;
}

__attribute__((destructor)) static void
end(void)
{
	if (strcmp(what, "count") == 0)
		tell("mishap: %ld allocations\n", allocations);
}

static int
fails(void)
{
	allocations++;
	if (what[0] != 'm' && what[0] != 'a')
		return 0;
	if (allocations != first && (what[0] == 'm' || allocations < first))
		return 0;
	if (allocations == first)
		tell("mishap: no memory\n");
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

int
clock_gettime(clockid_t which, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, which, ts);

	if (rc == -1 || which != CLOCK_REALTIME)
		return rc;
	looks++;
	if (strcmp(what, "time") == 0 && looks >= first)
		ts->tv_sec += wrong;
	if (strcmp(what, "leap") == 0)
		ts->tv_sec += wrong * looks;
	return rc;
}

time_t
time(time_t *p)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (p != NULL)
		*p = ts.tv_sec;
	return ts.tv_sec;
}
