/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as a configuration: no crash, and what is accepted is printed in a
 * form that is accepted as the same.
 *
 * Other files follow behind the byte NEXT: a letter, which says what file it
 * is, and its content: 'a', 'b' and 'q' are files to be included (a.conf,
 * b.conf and one with a quote in its name), 'c' is what each 'domain csr'
 * names, and 'm' has letters about the main file (enum what).  read() is in
 * place of libc's (fuzz-lib.sh).
 */
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf-parse.h"
#include "disk.h"
#include "fuzz.h"
#include "x509.h"

#define PRINTED_MAX (1024 * 1024)
#define NEXT 0x1e

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A directory of this process alone, where each input is run. */
static char dir[] = "fuzz-conf.XXXXXX";
static int home_fd, dir_fd;
static const char *const files[] = { "c.conf", "a.conf", "b.conf", "q\".conf",
	"loop", "printed" };
#define NFILES (sizeof(files) / sizeof(files[0]))

/* What is special about the main file. */
enum what {
	WRITABLE = 'w',
	DIRECTORY = 'd',
	FIFO = 'f',
	SOMEBODYS = 'o',
	UNREADABLE = 'r',
	SHORTER = 's' /* than it was when it was opened */
};
static int fault; /* One of the last two, or 0. */

/* The CSR, if the input has one. */
static const uint8_t *csr;
static size_t ncsr;

ssize_t __wrap_read(int, void *, size_t);
ssize_t __real_read(int, void *, size_t);
ssize_t
__wrap_read(int fd, void *buf, size_t n)
{
	if (fault == UNREADABLE) {
		errno = EIO;
		return -1;
	}
	return fault == SHORTER ? 0 : __real_read(fd, buf, n);
}

/* In acme-client csrproc does that. */
int
csr_names(const struct conf *conf, const char *path, struct strings *names,
    struct error *e)
{
	size_t len;
	char *text;
	int rc;

	(void)conf;
	if (csr != NULL)
		return csr_parse_names((const char *)csr, ncsr, names, e);
	if ((text = csr_file_read(path, &len, e)) == NULL)
		return -1;
	rc = csr_parse_names(text, len, names, e);
	free(text);
	return rc;
}

static void
remove_files(void)
{
	size_t i;

	for (i = 0; i < NFILES; i++)
		if (unlink(files[i]) == -1 && errno != ENOENT)
			rmdir(files[i]);
}

static void
go_to(int fd)
{
	if (fchdir(fd) == -1)
		err(1, "fchdir");
}

static void
remove_dir(void)
{
	go_to(dir_fd);
	remove_files();
	go_to(home_fd);
	rmdir(dir);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (mkdtemp(dir) == NULL ||
	    (home_fd = open(".", O_RDONLY | O_DIRECTORY)) == -1 ||
	    (dir_fd = open(dir, O_RDONLY | O_DIRECTORY)) == -1)
		err(1, "%s", dir);
	atexit(remove_dir);
	return 0;
}

static void
make_file(const char *name, const void *text, size_t len)
{
	FILE *f = fopen(name, "w");

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) == EOF)
		err(1, "%s", name);
}

/* What the letter says of the main file, which is there. */
static void
change_main(int what)
{
	switch (what) {
	case WRITABLE:
		chmod(files[0], 0646);
		break;
	case DIRECTORY:
		unlink(files[0]);
		mkdir(files[0], 0700);
		break;
	case FIFO:
		unlink(files[0]);
		mkfifo(files[0], 0600);
		break;
	case SOMEBODYS:
		/* Only root can do that. */
		if (chown(files[0], 1, (gid_t)-1) == -1)
			return;
		break;
	case UNREADABLE:
	case SHORTER:
		fault = what;
		break;
	}
}

/* Makes one of the other files. */
static void
make_other(const uint8_t *text, size_t len)
{
	switch (*text) {
	case 'a':
	case 'b':
		make_file(files[1 + *text - 'a'], text + 1, len - 1);
		break;
	case 'q':
		make_file(files[3], text + 1, len - 1);
		break;
	case 'l':
		/* A directory that cannot be opened, even by root. */
		if (symlink("loop", "loop") == -1)
			return;
		break;
	case 'c':
		csr = text + 1;
		ncsr = len - 1;
		break;
	case 'm':
		change_main(len > 1 ? text[1] : 0);
		break;
	}
}

static struct conf *
parse(const void *text, size_t len)
{
	make_file(files[0], text, len);
	return conf_parse(files[0]);
}

/* The main file, and those behind it. */
static struct conf *
parse_all(const uint8_t *text, size_t len)
{
	const uint8_t *end = text + len, *next = memchr(text, NEXT, len), *p;

	csr = NULL;
	fault = 0;
	if (next == NULL)
		return parse(text, len);
	make_file(files[0], text, (size_t)(next - text));
	for (p = next; p < end; p = next) {
		p++;
		if ((next = memchr(p, NEXT, (size_t)(end - p))) == NULL)
			next = end;
		if (p < next)
			make_other(p, (size_t)(next - p));
	}
	return conf_parse(files[0]);
}

static size_t
print(const struct conf *c, char *text)
{
	int fd = open("printed", O_RDWR | O_CREAT | O_TRUNC, 0600);
	int saved = dup(1);
	ssize_t n;

	if (fd == -1 || saved == -1 || dup2(fd, 1) == -1)
		err(1, "printed");
	conf_print(c);
	fflush(stdout);
	if (dup2(saved, 1) == -1 || (n = pread(fd, text, PRINTED_MAX, 0)) == -1)
		err(1, "printed");
	close(saved);
	close(fd);
	return (size_t)n;
}

/* What the parent asks of a configuration. */
static void
ask(const struct conf *c)
{
	const struct authority *a, *other;
	size_t i;

	for (i = 0; i < c->ndomains; i++) {
		must(conf_domain(c, c->domains[i].handle) == &c->domains[i]);
		conf_on_change(c, &c->domains[i]);
	}
	must(conf_domain(c, "") == NULL);
	for (i = 0; i < c->nauthorities; i++) {
		a = &c->authorities[i];
		conf_lacks_root(a);
		other = conf_sharer(c, a);
		must(other != a &&
		    (other == NULL || conf_sharer(c, other) != NULL));
	}
}

static void
fuzz_conf(const uint8_t *text, size_t len)
{
	static char one[PRINTED_MAX], two[PRINTED_MAX];
	struct conf *c = parse_all(text, len);
	size_t n;

	fault = 0;
	if (c == NULL)
		return;
	ask(c);
	n = print(c, one);
	/* What is longer than one file may be, several have made. */
	if (n == PRINTED_MAX)
		return;
	must((c = parse(one, n)) != NULL && print(c, two) == n &&
	    memcmp(one, two, n) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *text, size_t len)
{
	go_to(dir_fd);
	fuzz_conf(text, len);
	remove_files();
	go_to(home_fd);
	return 0;
}
