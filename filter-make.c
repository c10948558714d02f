/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Makes the system call filters from the table in filter-rules.h.  It runs on
 * the building machine, for the architecture that acme-client is built for.
 * libseccomp knows the numbers of that architecture's system calls; acme-client
 * is not linked with it.
 *
 * filter-make ARCHITECTURE ROLE ...     C, with the filters of these roles
 * filter-make ARCHITECTURE              text: what each role may do
 *
 * regress/filters.py runs the filters against the text.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <seccomp.h>

#include "acme-client.h"

/*
 * Constants of the table that depend on the architecture.  The generated C
 * asserts each of them.
 */
struct abi {
	const char *name;
	uint32_t arch;
	int big_endian;
	/* The first number of the system calls of another ABI (x32), or 0. */
	uint32_t others;
	uint32_t sock_stream, sock_dgram, sock_nonblock, sock_cloexec;
	uint32_t o_creat, o_trunc, sol_socket, so_error;
	uint32_t fionread;
};

#include "filter-rules.h"

#define USUAL 1, 2, 04000, 02000000, 0100, 01000, 1, 4
static const struct abi abis[] = {
	{ "x86_64", SCMP_ARCH_X86_64, 0, 0x40000000, USUAL, 0x541b },
	{ "aarch64", SCMP_ARCH_AARCH64, 0, 0, USUAL, 0x541b },
	{ "arm", SCMP_ARCH_ARM, 0, 0, USUAL, 0x541b },
	{ "i386", SCMP_ARCH_X86, 0, 0, USUAL, 0x541b },
	{ "riscv64", SCMP_ARCH_RISCV64, 0, 0, USUAL, 0x541b },
	{ "ppc64le", SCMP_ARCH_PPC64LE, 0, 0, USUAL, 0x4004667f },
	{ "s390x", SCMP_ARCH_S390X, 1, 0, USUAL, 0x541b },
};
#define NABIS (sizeof(abis) / sizeof(abis[0]))

static const char *const roles[] = { "parent", "netproc", "dnsproc", "keyproc",
	"csrproc", "chngproc", "certproc", "fileproc", "zoneproc", "respproc" };
_Static_assert(sizeof(roles) / sizeof(roles[0]) == ROLE_HOOK,
    "a name for each role with a filter");

/*
 * The numbers of system calls go up to LAST; arm has further ones of its own.
 */
#define LAST 7000
#define ARM_FIRST 0xf0001
#define ARM_LAST 0xf0006
#define CALLS_MAX 1000

struct call {
	uint32_t nr;
	char *name;
};

/* The architecture's system calls, by number. */
static struct call calls[CALLS_MAX];
static size_t ncalls;
static const struct abi *abi;
static struct rule rules[RULES_MAX];

/*
 * Adds the system calls with these numbers.  From name to number, libseccomp
 * would return pseudo numbers on architectures with socketcall(2).
 */
static void
add_calls(uint32_t from, uint32_t to)
{
	char *name;
	uint32_t nr;

	for (nr = from; nr <= to; nr++) {
		if ((name = seccomp_syscall_resolve_num_arch(
			 abi->arch, (int)nr)) == NULL)
			continue;
		if (ncalls == CALLS_MAX)
			errx(1, "%s: more than %d system calls", abi->name,
			    CALLS_MAX);
		calls[ncalls++] = (struct call){ nr, name };
	}
}

/* Is this word among words, which blanks separate? */
static int
among(const char *words, const char *word)
{
	const char *p, *end;
	size_t n = strlen(word);

	for (p = words; *p != '\0'; p = *end == ' ' ? end + 1 : end) {
		end = p + strcspn(p, " ");
		if ((size_t)(end - p) == n && memcmp(p, word, n) == 0)
			return 1;
	}
	return 0;
}

enum response { UNKNOWN, ALLOWED, CONDITIONAL, REFUSED, PRETENDED, FATAL };

static enum response
response_to(const struct call *c, unsigned role)
{
	enum response response = UNKNOWN;
	const struct rule *r;

	for (r = rules; r->names != NULL; r++)
		if ((r->roles >> role & 1) != 0 && among(r->names, c->name)) {
			if (r->conditions[0].comparison == NO_MORE)
				return ALLOWED;
			response = CONDITIONAL;
		}
	if (response == UNKNOWN && role == ROLE_DNS &&
	    among(pretended_names, c->name))
		return PRETENDED;
	if (response == UNKNOWN && role == ROLE_DNS &&
	    among(survived_names, c->name))
		return REFUSED;
	return response != UNKNOWN        ? response :
	    among(fatal_names, c->name)   ? FATAL :
	    among(refused_names, c->name) ? REFUSED :
					    UNKNOWN;
}

/* Ends the process where no architecture has such a system call. */
static void
check_names(const char *names)
{
	char *copy = strdup(names), *word;
	size_t i;

	if (copy == NULL)
		err(1, NULL);
	for (word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
		for (i = 0; i < NABIS; i++)
			if (seccomp_syscall_resolve_name_arch(
				abis[i].arch, word) != __NR_SCMP_ERROR)
				break;
		if (i == NABIS)
			errx(1,
			    "filter-rules.h: %s: there is no such system call",
			    word);
	}
	free(copy);
}

struct code {
	struct sock_filter rows[BPF_MAXINSNS];
	size_t n;
};

static size_t
emit(struct code *c, uint16_t op, uint8_t yes, uint8_t no, uint32_t k)
{
	if (c->n == BPF_MAXINSNS)
		errx(1, "a filter is too long");
	c->rows[c->n] = (struct sock_filter){ op, yes, no, k };
	return c->n++;
}

static void
emit_return(struct code *c, uint32_t value)
{
	emit(c, BPF_RET | BPF_K, 0, 0, value);
}

/*
 * Compares one half of an argument.  failing[] gets the index of the jump that
 * is taken where the condition does not hold; returns the new number of them.
 */
static size_t
emit_half(struct code *c, const struct condition *cond, int high,
    size_t *failing, size_t n)
{
	size_t at = offsetof(struct seccomp_data, args) + 8 * cond->arg +
	    (high == abi->big_endian ? 0 : 4);
	uint32_t value = (uint32_t)(cond->value >> 32 * high),
		 mask = (uint32_t)(cond->mask >> 32 * high);

	if (cond->comparison == MASKED && mask == 0)
		return n;
	emit(c, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)at);
	if (cond->comparison == MASKED)
		emit(c, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
	if (cond->comparison == LESS_OR_EQUAL && !high)
		failing[n++] = emit(c, BPF_JMP | BPF_JGT | BPF_K, 1, 0, value);
	else
		failing[n++] = emit(c, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
	return n;
}

/* Allows the call if all conditions hold; else the next row decides. */
static void
emit_rule(struct code *c, const struct rule *r)
{
	size_t failing[6], n = 0, i;
	struct sock_filter *row;

	for (i = 0; i < 3 && r->conditions[i].comparison != NO_MORE; i++) {
		n = emit_half(c, &r->conditions[i], 1, failing, n);
		n = emit_half(c, &r->conditions[i], 0, failing, n);
	}
	emit_return(c, SECCOMP_RET_ALLOW);
	for (i = 0; i < n; i++) {
		row = &c->rows[failing[i]];
		*(row->jt == 1 ? &row->jt :
				 &row->jf) = (uint8_t)(c->n - failing[i] - 1);
	}
}

static uint32_t
returned(enum response response)
{
	return response == ALLOWED ? SECCOMP_RET_ALLOW :
	    response == FATAL      ? SECCOMP_RET_TRAP :
				     SECCOMP_RET_ERRNO |
		(response == REFUSED          ? EACCES :
			response == PRETENDED ? 0 :
						ENOSYS);
}

/*
 * What the filter returns for system calls from this number to the next
 * segment's.
 */
struct segment {
	uint32_t from;
	enum response response;
	const struct call *call;
	int other_abi;
};

static struct segment segments[2 * CALLS_MAX + 3];
static size_t nsegments;

static void
add_segment(uint32_t from, enum response response, const struct call *call)
{
	struct segment *last = &segments[nsegments - 1];

	/* This call's number follows the previous one without a gap. */
	if (nsegments > 0 && last->from == from)
		nsegments--, last--;
	if (nsegments > 0 && last->response == response &&
	    response != CONDITIONAL)
		return;
	segments[nsegments++] = (struct segment){ from, response, call, 0 };
}

static void
make_segments(unsigned role)
{
	size_t i;

	nsegments = 0;
	add_segment(0, UNKNOWN, NULL);
	for (i = 0; i < ncalls; i++) {
		add_segment(
		    calls[i].nr, response_to(&calls[i], role), &calls[i]);
		add_segment(calls[i].nr + 1, UNKNOWN, NULL);
	}
	if (abi->others != 0) {
		segments[nsegments++] = (struct segment){ abi->others, UNKNOWN,
			NULL, 1 };
		/* A tracer sets this number to have a call skipped. */
		segments[nsegments++] = (struct segment){ UINT32_MAX, UNKNOWN,
			NULL, 0 };
	}
}

static void
emit_segment(struct code *c, const struct segment *s, unsigned role)
{
	const struct rule *r;

	if (s->response == CONDITIONAL)
		for (r = rules; r->names != NULL; r++)
			if ((r->roles >> role & 1) != 0 &&
			    among(r->names, s->call->name))
				emit_rule(c, r);
	emit_return(c,
	    s->other_abi ?
		SECCOMP_RET_KILL_PROCESS :
		returned(s->response == CONDITIONAL ? UNKNOWN : s->response));
}

/* A conditional jump reaches 255 rows; an unconditional one reaches all. */
static void
jump_over(struct code *c, size_t at)
{
	size_t n = c->n - at - 1;

	if (n <= UINT8_MAX) {
		c->rows[at].jt = (uint8_t)n;
		return;
	}
	emit_return(c, 0); /* This call only makes room. */
	memmove(&c->rows[at + 2], &c->rows[at + 1], n * sizeof(c->rows[0]));
	c->rows[at].jf = 1;
	c->rows[at + 1] = (struct sock_filter){ BPF_JMP | BPF_JA, 0, 0,
		(uint32_t)n };
}

/* Emits a binary search for the segment. */
static void
emit_segments(struct code *c, size_t from, size_t to, unsigned role)
{
	size_t middle = from + (to - from) / 2, at;

	if (to - from == 1) {
		emit_segment(c, &segments[from], role);
		return;
	}
	at = emit(c, BPF_JMP | BPF_JGE | BPF_K, 0, 0, segments[middle].from);
	emit_segments(c, from, middle, role);
	jump_over(c, at);
	emit_segments(c, middle, to, role);
}

static void
make(struct code *c, unsigned role)
{
	c->n = 0;
	make_segments(role);
	emit(c, BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, arch));
	emit(c, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, abi->arch);
	emit_return(c, SECCOMP_RET_KILL_PROCESS);
	emit(c, BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, nr));
	emit_segments(c, 0, nsegments, role);
}

static unsigned
role_of(const char *name)
{
	unsigned r;

	for (r = 0; r < ROLE_HOOK; r++)
		if (strcmp(roles[r], name) == 0)
			return r;
	errx(1, "%s: there is no such role", name);
}

/* Has the target's compiler check that its constants are those in abis[]. */
static void
print_assertions(void)
{
	const struct {
		const char *name;
		long long value;
	} v[] = {
		{ "SOCK_STREAM", abi->sock_stream },
		{ "SOCK_DGRAM", abi->sock_dgram },
		{ "SOCK_NONBLOCK", abi->sock_nonblock },
		{ "SOCK_CLOEXEC", abi->sock_cloexec },
		{ "O_CREAT", abi->o_creat },
		{ "O_TRUNC", abi->o_trunc },
		{ "O_ACCMODE & 3", O_ACCMODE },
		{ "SOL_SOCKET", abi->sol_socket },
		{ "SO_ERROR", abi->so_error },
		{ "FIONREAD", abi->fionread },
		{ "PROT_EXEC", PROT_EXEC },
		{ "SIGKILL", SIGKILL },
		{ "AF_INET6", AF_INET6 },
		{ "AF_NETLINK", AF_NETLINK },
		{ "F_SETFL", F_SETFL },
		{ "MSG_FASTOPEN", MSG_FASTOPEN },
		{ "TCP_NODELAY", TCP_NODELAY },
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		printf("_Static_assert((%s) == %lld, \"filter-make.c has "
		       "another %s for %s\");\n",
		    v[i].name, v[i].value, v[i].name, abi->name);
}

static void
print_code(unsigned role)
{
	static struct code c;
	size_t i;

	make(&c, role);
	printf("\nstatic const struct sock_filter %s[] = {\n", roles[role]);
	for (i = 0; i < c.n; i++)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", c.rows[i].code,
		    c.rows[i].jt, c.rows[i].jf, c.rows[i].k);
	printf("};\n");
}

static void
print_c(int n, char *names[])
{
	size_t i;
	int r;

	printf("/* Made by filter-make.c from filter-rules.h, for %s. "
	       "*/\n#include "
	       "<sys/ioctl.h>\n"
	       "#include <sys/mman.h>\n#include <sys/socket.h>\n#include "
	       "<netinet/in.h>\n"
	       "#include <netinet/tcp.h>\n#include <fcntl.h>\n#include "
	       "<signal.h>\n\n#include \"filter.h\"\n\n",
	    abi->name);
	print_assertions();
	for (r = 0; r < n; r++)
		print_code(role_of(names[r]));
	printf("\nconst struct filter filters[ROLE__MAX] = {\n");
	for (r = 0; r < n; r++)
		printf("\t[%u] = { sizeof(%s) / sizeof(%s[0]), %s },\n",
		    role_of(names[r]), names[r], names[r], names[r]);
	printf("};\n\nconst struct filter_fatal filter_fatal[] = {\n");
	for (i = 0; i < ncalls; i++)
		if (among(fatal_names, calls[i].name))
			printf(
			    "\t{ %u, \"%s\" },\n", calls[i].nr, calls[i].name);
	printf("\t{ -1, \"\" },\n};\n");
}

static void
print_condition(const struct condition *c)
{
	if (c->comparison == EQUAL)
		printf("arg%u = 0x%llx", c->arg, (unsigned long long)c->value);
	else if (c->comparison == LESS_OR_EQUAL)
		printf("arg%u <= 0x%llx", c->arg, (unsigned long long)c->value);
	else
		printf("arg%u & 0x%llx = 0x%llx", c->arg,
		    (unsigned long long)c->mask, (unsigned long long)c->value);
}

/* Emits the rules of one system call that look at arguments. */
static void
print_conditions(const struct call *call)
{
	const struct rule *r;
	unsigned role;
	int i;

	for (r = rules; r->names != NULL; r++) {
		if (r->conditions[0].comparison == NO_MORE ||
		    !among(r->names, call->name))
			continue;
		printf("\tif");
		for (i = 0; i < 3 && r->conditions[i].comparison != NO_MORE;
		     i++) {
			printf(i == 0 ? " " : ", ");
			print_condition(&r->conditions[i]);
		}
		printf(":");
		for (role = 0; role < ROLE_HOOK; role++)
			if ((r->roles >> role & 1) != 0)
				printf(" %s", roles[role]);
		printf("\n");
	}
}

static void
print_text(void)
{
	static const char letters[] = { [UNKNOWN] = '.',
		[ALLOWED] = '+',
		[CONDITIONAL] = '?',
		[REFUSED] = '-',
		[PRETENDED] = '0',
		[FATAL] = '!' };
	unsigned role, known;
	char line[ROLE_HOOK];
	size_t i;

	printf("# %s: + allowed, ? allowed if (else ENOSYS), - EACCES, 0 not "
	       "done but 0 returned, ! ends the process; all others ENOSYS\n"
	       "# by filter-make.c; columns:",
	    abi->name);
	for (role = 0; role < ROLE_HOOK; role++)
		printf(" %s", roles[role]);
	printf("\n");
	for (i = 0; i < ncalls; i++) {
		for (known = role = 0; role < ROLE_HOOK; role++) {
			line[role] = letters[response_to(&calls[i], role)];
			known |= line[role] != '.';
		}
		if (!known)
			continue;
		printf("%u\t", calls[i].nr);
		for (role = 0; role < ROLE_HOOK; role++)
			printf("%c ", line[role]);
		printf("%s\n", calls[i].name);
		print_conditions(&calls[i]);
	}
}

int
main(int argc, char *argv[])
{
	const struct rule *r;
	size_t i;

	for (i = 0; argc > 1 && i < NABIS; i++)
		if (strcmp(abis[i].name, argv[1]) == 0)
			abi = &abis[i];
	if (abi == NULL)
		errx(1, "usage: filter-make ARCHITECTURE [ROLE ...]");
	rules_of(abi, rules);
	for (r = rules; r->names != NULL; r++)
		check_names(r->names);
	check_names(fatal_names);
	check_names(refused_names);
	check_names(pretended_names);
	check_names(survived_names);
	add_calls(0, LAST);
	add_calls(ARM_FIRST, ARM_LAST);
	if (argc > 2)
		print_c(argc - 2, argv + 2);
	else
		print_text();
	if (fflush(stdout) != 0 || ferror(stdout))
		err(1, "stdout");
	return 0;
}
