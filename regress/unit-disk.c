/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* disk-place.c: what place_read() leaves to its caller, also after an error. */
#include <sys/stat.h>
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "test.h"

/* A regular file of 4096 bytes, of which the kernel lets nobody read one. */
#define UNREADABLE "/sys/devices/virtual/net/lo/speed"

static char dir[] = "/tmp/unit-disk.XXXXXX";
static const char text[] = "0123456789";

/* Returns the path of this file, in a static buffer. */
static const char *
in_dir(const char *name)
{
	static char path[sizeof(dir) + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* csrproc frees the buffer whatever the result is. */
static void
reads(const char *path, size_t max, int result, const char *what)
{
	static char unset[1];
	struct place p;
	struct stat st;
	struct error e;
	char *buf = unset;
	size_t len = sizeof(text);
	int n;

	if (place_open(&p, path, &e) == -1)
		errx(1, "%s", e.text);
	n = place_read(&p, &buf, &len, max, &st, &e);
	check(n == result, "disk: read: %s: %d", what, result);
	if (result == 1) {
		check(strcmp(buf, text) == 0 && len == strlen(text),
		    "disk: read: %s: whole", what);
		free(buf);
	} else
		check(buf == NULL && len == 0,
		    "disk: read: %s: nothing to free", what);
}

static void
test_reads(void)
{
	int fd = open(in_dir("file"), O_WRONLY | O_CREAT, 0600);

	if (fd == -1 || write(fd, text, strlen(text)) == -1 ||
	    close(fd) == -1 || symlink("file", in_dir("link")) == -1 ||
	    mkdir(in_dir("dir"), 0700) == -1 ||
	    mkfifo(in_dir("fifo"), 0600) == -1)
		err(1, "%s", dir);
	reads(in_dir("file"), strlen(text), 1, "a file");
	reads(in_dir("file"), strlen(text) - 1, -1, "a file that is too large");
	reads(in_dir("none"), 1024, 0, "no file");
	reads(in_dir("link"), 1024, -1, "a symbolic link");
	reads(in_dir("dir"), 1024, -1, "a directory");
	reads(in_dir("fifo"), 1024, -1, "a fifo");
	if (access(UNREADABLE, R_OK) == 0)
		reads(UNREADABLE, 1 << 20, -1, "an I/O error");
	else
		printf("skip disk: read: an I/O error: no " UNREADABLE "\n");
}

static void
tidy_up(void)
{
	unlink(in_dir("file"));
	unlink(in_dir("link"));
	unlink(in_dir("fifo"));
	rmdir(in_dir("dir"));
	rmdir(dir);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		err(1, "%s", dir);
	test_reads();
	tidy_up();
	return test_end();
}
