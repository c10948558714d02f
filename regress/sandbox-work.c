/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What can be seen of a role in its sandbox from outside, and that what it is
 * for still works.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "sign.h"
#include "sandbox-try.h"
#include "test.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define R(r) (1u << ROLE_##r)
#define NOBODY 65534
#define DISK (R(CSR) | R(CHNG) | R(FILE))

/* A number, or -2 if it is none ("unlimited"). */
static long long
strtoll_or_none(const char *text, int numbase)
{
	char *end;
	long long value = (long long)strtoull(text, &end, numbase);

	return end == text ? -2 : value;
}

/*
 * The number after a word at the start of a line of /proc/PID/FILE; -1: no such
 * line.
 */
static long long
proc_field(pid_t pid, const char *file, const char *word, int numbase)
{
	char path[64], line[512];
	long long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	if ((f = fopen(path, "r")) == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, word, strlen(word)) == 0)
			value = strtoll_or_none(line + strlen(word), numbase);
	fclose(f);
	return value;
}

/* Who it is, as the kernel says. */
static void
check_identity(enum role role, pid_t pid)
{
	const char *name = role_names[role];
	/* The test's own directories are root's. */
	long long uid = geteuid() != 0 ? (long long)geteuid() :
	    1u << role & DISK          ? 0 :
					 NOBODY;
	/* CAP_KILL */
	long long kept = role == ROLE_PARENT && geteuid() == 0 ? 1LL << 5 : 0;
	char path[64], target[512] = "";
	struct stat st;

	check(proc_field(pid, "status", "Uid:", 10) == uid &&
		proc_field(pid, "status", "Gid:", 10) == uid,
	    "sandbox: %s: %s: user %lld", who, name, uid);
	check(proc_field(pid, "status", "CapEff:", 16) == kept &&
		proc_field(pid, "status", "CapPrm:", 16) == kept &&
		proc_field(pid, "status", "CapInh:", 16) == 0 &&
		proc_field(pid, "status", "CapAmb:", 16) == 0,
	    "sandbox: %s: %s: capabilities", who, name);
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (uid != 0) /* what is not dumpable belongs to root there */
		check(stat(path, &st) == 0 && st.st_uid == 0,
		    "sandbox: %s: %s: not dumpable", who, name);
	if (geteuid() != 0)
		return;
	check(proc_field(pid, "status", "CapBnd:", 16) == 0,
	    "sandbox: %s: %s: bounding set", who, name);
	check(proc_field(pid, "status", "Groups:", 10) == -2,
	    "sandbox: %s: %s: no groups", who, name);
	snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	if (readlink(path, target, sizeof(target) - 1) == -1) {
		printf("skip sandbox: %s: %s: root directory: %s: %s\n", who,
		    name, path, strerror(errno));
		return;
	}
	check((strstr(target, "(deleted)") != NULL) ==
		((1u << role & (DISK | R(DNS))) == 0),
	    "sandbox: %s: %s: root directory", who, name);
}

int
test_outside(void)
{
	char said[512], c;
	int r, sock, text;
	pid_t pid;

	for (r = 0; r < ROLE_HOOK; r++) {
		if ((pid = spawn(&sock, &text)) == 0) {
			enter_role((enum role)r, 1);
			if (send(TEST_FD, "x", 1, 0) == 1)
				while (recv(TEST_FD, &c, 1, 0) > 0)
					;
			_exit(0);
		}
		if (!check(recv(sock, &c, 1, 0) == 1,
			"sandbox: %s: %s: entered", who, role_names[r])) {
			finish_try(pid, sock, text, said, sizeof(said));
			continue;
		}
		check_identity((enum role)r, pid);
		check(proc_field(pid, "status", "NoNewPrivs:", 10) == 1 &&
			proc_field(pid, "status", "Seccomp:", 10) == 2,
		    "sandbox: %s: %s: no new privileges, filtered", who,
		    role_names[r]);
		check(
		    proc_field(pid, "limits", "Max core file size", 10) == 0 &&
			proc_field(pid, "limits", "Max processes", 10) == 0 &&
			(proc_field(pid, "limits", "Max file size", 10) == 0) ==
			    (r != ROLE_PARENT && (1u << r & DISK) == 0) &&
			(1u << r & DISK ||
			    proc_field(pid, "limits", "Max open files", 10) <=
				384),
		    "sandbox: %s: %s: limits", who, role_names[r]);
		check(finish_try(pid, sock, text, said, sizeof(said)) == 0,
		    "sandbox: %s: %s: ends at the end of file", who,
		    role_names[r]);
	}
	return test_end();
}

/* What the roles need works: keys made and used, files replaced. */
static int
work_csr(void)
{
	static const struct keyspec specs[] = { { KEYTYPE_ECDSA, 256 },
		{ KEYTYPE_ECDSA, 384 }, { KEYTYPE_RSA, 2048 } };
	char path[300];
	struct place p;
	struct error e;
	EVP_PKEY *k;
	size_t i;

	snprintf(path, sizeof(path), "%s/ssl/private/new.key", base);
	enter_role(ROLE_CSR, 0);
	if (place_open(&p, path, &e) == -1)
		return 1;
	for (i = 0; i < N(specs); i++) {
		if (keyfile_load(&p, &specs[i], &k, &e) != 0 ||
		    keyfile_create(
			&p, &specs[i], geteuid(), NO_GROUP, &k, &e) != 0 ||
		    keyfile_load(&p, &specs[i], &k, &e) != 1 ||
		    place_remove(&p, &e) != 0) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
	}
	return 0;
}

/* Keys are read before, and used for the first time inside. */
static int
work_key(void)
{
	static const struct keyspec specs[] = { { KEYTYPE_ECDSA, 256 },
		{ KEYTYPE_ECDSA, 384 }, { KEYTYPE_RSA, 2048 } };
	EVP_PKEY *keys[N(specs)];
	char path[300];
	struct place p;
	struct error e;
	size_t i;

	snprintf(path, sizeof(path), "%s/ssl/private/account.key", base);
	for (i = 0; i < N(specs); i++)
		if (place_open(&p, path, &e) == -1 ||
		    keyfile_create(&p, &specs[i], geteuid(), NO_GROUP, &keys[i],
			&e) != 0 ||
		    place_remove(&p, &e) != 0)
			return 2;
	dir_close_all();
	enter_role(ROLE_KEY, 0);
	for (i = 0; i < N(specs); i++)
		if (jws_signature(keys[i], "e30.e30") == NULL)
			return 1;
	return 0;
}

static int
work_file(void)
{
	struct place p;
	struct error e;

	enter_role(ROLE_FILE, 1);
	if (place_open(&p, cert, &e) == -1 ||
	    place_probe(&p, 65536, &e) == -1 ||
	    place_write(&p, "new\n", 4, &e) == -1) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	return 0;
}

/* Narrowing is what takes these away: without it they can be read. */
static int
work_file_before(void)
{
	enter_role(ROLE_FILE, 0);
	return read_file(cert) != 1 || read_file(key) != 1;
}

/* Even if the file system cannot reserve room, as strace makes it seem. */
static int
work_chng(void)
{
	struct place p;
	struct error e;
	char path[300];
	int exists;

	snprintf(path, sizeof(path), "%s/response", www);
	enter_role(ROLE_CHNG, 0);
	if (place_open(&p, path, &e) == -1 || place_probe(&p, 4096, &e) == -1 ||
	    place_publish(&p, "x", 1, &exists, &e) == -1 ||
	    place_remove(&p, &e) == -1) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	return 0;
}

/* A child of another user that hangs; but only with this signal. */
static int
work_parent(void)
{
	enter_role(ROLE_PARENT, 0);
	return kill(child, SIGKILL) == 0 ||
	    syscall(SYS_pidfd_send_signal, child_handle, SIGTERM, NULL, 0) ==
	    0 ||
	    sandbox_end(child_handle, child) == -1;
}

static void
test_work(int (*work)(void), const char *name)
{
	char said[512];
	int sock, text, status;
	pid_t pid;

	if ((pid = spawn(&sock, &text)) == 0)
		_exit(work());
	status = finish_try(pid, sock, text, said, sizeof(said));
	if (!check(status == 0, "sandbox: %s: %s", who, name))
		printf("# status 0x%x: %s\n", (unsigned)status, said);
}

int
test_works(void)
{
	test_work(work_csr, "csr makes and reads keys of all types");
	test_work(work_key, "key signs with keys of all types");
	test_work(work_file_before, "file reads before it narrows");
	test_work(work_file, "file replaces a certificate without reading");
	test_work(work_chng, "chng publishes a response");
	test_work(work_parent, "parent ends its child");
	return test_end();
}

/* Of what a role that fails must still be able to do: say so, and abort(). */
int
test_last_words(void)
{
	char said[512], expected[128];
	int r, sock, text, status;
	pid_t pid;

	for (r = 0; r < ROLE_HOOK; r++) {
		if ((pid = spawn(&sock, &text)) == 0) {
			enter_role((enum role)r, 0);
			abort();
		}
		status = finish_try(pid, sock, text, said, sizeof(said));
		snprintf(expected, sizeof(expected),
		    "%s: system call tgkill, as by abort(), refused: "
		    "the sandbox forbids it\n",
		    role_names[r]);
		check(WIFEXITED(status) && WEXITSTATUS(status) == 1 &&
			strcmp(said, expected) == 0,
		    "sandbox: %s: %s: abort() ends it and says so", who,
		    role_names[r]);
		if ((pid = spawn(&sock, &text)) == 0) {
			enter_role((enum role)r, 0);
			_exit(syscall(SYS_ptrace, 0, 0, 0, 0) == 0);
		}
		status = finish_try(pid, sock, text, said, sizeof(said));
		snprintf(expected, sizeof(expected),
		    "%s: system call ptrace refused: the sandbox forbids it\n",
		    role_names[r]);
		check(WIFEXITED(status) && WEXITSTATUS(status) == 1 &&
			strcmp(said, expected) == 0,
		    "sandbox: %s: %s: names the refused system call", who,
		    role_names[r]);
	}
	return test_end();
}
