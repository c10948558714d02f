/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as a configuration: no crash, and what is accepted is printed in a
 * form that is accepted as the same.
 *
 * How to build it is in fuzz.sh.
 * ASAN_OPTIONS=detect_leaks=0 ./a.out -close_fd_mask=2 corpus
 */
#include <sys/stat.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf-parse.h"
#include "disk.h"
#include "x509.h"

#define PRINTED_MAX (1024 * 1024)

/* In acme-client csrproc does that. */
int
csr_names(const struct conf *conf, const char *path, struct strings *names,
    struct error *e)
{
	size_t len;
	char *text = csr_file_read(path, &len, e);
	int rc;

	(void)conf;
	if (text == NULL)
		return -1;
	rc = csr_parse_names(text, len, names, e);
	free(text);
	return rc;
}

int fuzz_conf(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A file of this process alone; its path stays the same. */
static const char *
make_file(int *fd)
{
	static char path[] = "fuzz-conf.XXXXXX";
	static int made = -1;

	if (made == -1 && (made = mkstemp(path)) == -1)
		err(1, "%s", path);
	if (ftruncate(made, 0) == -1 || lseek(made, 0, SEEK_SET) == -1)
		err(1, "%s", path);
	*fd = made;
	return path;
}

static struct conf *
parse(const void *text, size_t len)
{
	int fd;
	const char *path = make_file(&fd);

	if (write(fd, text, len) != (ssize_t)len)
		err(1, "%s", path);
	return conf_parse(path);
}

static size_t
print(const struct conf *c, char *text)
{
	int fd, saved = dup(1);
	const char *path = make_file(&fd);
	ssize_t n;

	if (saved == -1 || dup2(fd, 1) == -1)
		err(1, "dup");
	conf_print(c);
	fflush(stdout);
	if (dup2(saved, 1) == -1 || (n = pread(fd, text, PRINTED_MAX, 0)) == -1)
		err(1, "%s", path);
	close(saved);
	return (size_t)n;
}

int
fuzz_conf(const uint8_t *text, size_t len)
{
	static char one[PRINTED_MAX], two[PRINTED_MAX];
	struct conf *c = parse(text, len);
	size_t n;

	if (c == NULL)
		return 0;
	n = print(c, one);
	/* What is longer than one file may be, several have made. */
	if (n == PRINTED_MAX)
		return 0;
	if ((c = parse(one, n)) == NULL || print(c, two) != n ||
	    memcmp(one, two, n) != 0)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *text, size_t len)
{
	return fuzz_conf(text, len);
}
