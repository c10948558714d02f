/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The command line, and what the environment says about the terminal.  What
 * each option does is in acme-client(1).
 */
#include <sys/ioctl.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"

#define WORKERS 4 /* The number of netproc's workers in a run without -j. */
#define COLUMNS_LEAST 80
#define COLUMNS_MOST 1000

#ifndef CONF_FILE
#define CONF_FILE "/etc/acme-client.conf"
#endif

extern char **environ;

/*
 * What a run is for: the option that says so, its mode, and the options that it
 * takes besides -f, -n and -v.
 */
static const struct purpose {
	int option; /* 0: none, for renewals. */
	enum mode mode;
	const char *takes;
} purposes[] = {
	{ 0, MODE_RENEW, "Fajm" },
	{ 'B', MODE_RESTORE, "" },
	{ 'D', MODE_DEACTIVATE, "F" },
	{ 'K', MODE_ROLLOVER, "F" },
	{ 'T', MODE_RENEW, "F" },
	{ 'U', MODE_CONTACT, "F" },
	{ 'i', MODE_INSTALL, "F" },
	{ 'l', MODE_LIST, "Ja" },
	{ 'r', MODE_REVOKE, "R" },
	{ 't', MODE_SHOW, "F" },
};
#define NPURPOSES (sizeof(purposes) / sizeof(purposes[0]))

void
options_usage(void)
{
	fprintf(stderr,
	    "usage: acme-client [-Fv] [-f configfile] [-j workers] [-m orders] "
	    "-a | handle ...\n"
	    "       acme-client -n [-v] [-f configfile] [handle ...]\n"
	    "       acme-client -l [-aJv] [-f configfile] [handle ...]\n"
	    "       acme-client -B [-v] [-f configfile] handle ...\n"
	    "       acme-client -T [-Fv] [-f configfile] handle ...\n"
	    "       acme-client -i file [-Fv] [-f configfile] handle\n"
	    "       acme-client -r [-v] [-f configfile] [-R reason] handle "
	    "...\n"
	    "       acme-client [-Fv] [-f configfile] -K|-U|-D authority\n"
	    "       acme-client -t [-Fv] [-f configfile] [authority]\n"
	    "       acme-client -V\n");
	exit(1);
}

/* Prints the version for -V, whatever other options are given. */
__attribute__((noreturn)) static void
print_version(void)
{
	printf("acme-client " VERSION "\n");
	say_printed("the version");
	exit(0);
}

/*
 * Reads the reason for a revocation (RFC 5280 5.3.1), a name or a number; the
 * RFC does not use 7.
 */
static int
parse_reason(const char *text)
{
	static const char *const names[] = { "unspecified", "keyCompromise",
		"cACompromise", "affiliationChanged", "superseded",
		"cessationOfOperation", "certificateHold", NULL,
		"removeFromCRL", "privilegeWithdrawn", "aACompromise" };
	const int n = sizeof(names) / sizeof(names[0]);
	char number[4];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(number, sizeof(number), "%d", i);
		if (names[i] != NULL &&
		    (strcasecmp(names[i], text) == 0 ||
			strcmp(number, text) == 0))
			return i;
	}
	fprintf(stderr, "acme-client: -R %s: expected one of", text);
	for (i = 0; i < n; i++)
		if (names[i] != NULL)
			fprintf(stderr, " %s (%d)", names[i], i);
	fprintf(stderr, "\n");
	exit(1);
}

static uint64_t
parse_count(int option, const char *text, int most)
{
	const char *error;
	long long n = strtonum(text, 1, most, &error);

	if (error != NULL)
		errx(1, "-%c %s: expected a number from 1 to %d", option, text,
		    most);
	return (uint64_t)n;
}

/* Is this an option that says what the run is for? */
static int
is_purpose(int option)
{
	size_t i;

	for (i = 1; i < NPURPOSES; i++)
		if (purposes[i].option == option)
			return 1;
	return 0;
}

/* Reads the options, and counts how often each is given. */
static void
parse_options(
    int argc, char *argv[], struct command *command, int given[UCHAR_MAX + 1])
{
	struct run *run = &command->run;
	int c;

	while ((c = getopt(argc, argv, "+FnvVarltTJi:j:m:R:BKUDf:")) != -1) {
		given[c & UCHAR_MAX]++;
		switch (c) {
		case 'F':
			run->force = 1;
			break;
		case 'a':
			command->all = 1;
			break;
		case 'f':
			command->conf = optarg;
			break;
		case 'i':
			command->offer = optarg;
			break;
		case 'j':
			run->workers = (uint32_t)parse_count(
			    'j', optarg, WORKERS_MAX);
			break;
		case 'J':
			run->list |= LIST_JSON;
			break;
		case 'm':
			run->most_orders = parse_count('m', optarg, 1000000);
			break;
		case 'n':
			command->check_only = 1;
			break;
		case 'v':
			verbose++;
			break;
		case 'V':
			print_version();
		case 'R':
			run->reason = parse_reason(optarg);
			break;
		default:
			if (!is_purpose(c))
				options_usage();
		}
	}
}

/* Finds what the run is for; more than one purpose ends the process. */
static const struct purpose *
find_purpose(const int given[UCHAR_MAX + 1])
{
	const struct purpose *found = &purposes[0];
	size_t i;
	int n = 0;

	for (i = 1; i < NPURPOSES; i++) {
		n += given[purposes[i].option];
		if (given[purposes[i].option] > 0)
			found = &purposes[i];
	}
	if (n > 1)
		errx(1, "only one of -B, -D, -i, -K, -l, -r, -T, -t and -U");
	return found;
}

/* Ends the process for an option that this purpose does not take. */
__attribute__((noreturn)) static void
refuse(int option, const struct purpose *p)
{
	const struct purpose *taker = NULL;
	size_t i, n = 0;

	for (i = 0; i < NPURPOSES; i++)
		if (strchr(purposes[i].takes, option) != NULL) {
			taker = &purposes[i];
			n++;
		}
	if (n != 1)
		errx(1, "-%c does not go with -%c", option, p->option);
	if (taker->option != 0)
		errx(1, "-%c is for -%c only", option, taker->option);
	errx(1, "-%c is for renewals only", option);
}

/* Refuses options and operands that the purpose does not take. */
static void
check_command(const struct command *command, const struct purpose *p,
    const int given[UCHAR_MAX + 1], int noperands)
{
	static const char some[] = "FJRajm";
	const char *option;

	for (option = some; *option != '\0'; option++)
		if (given[(unsigned char)*option] > 0 &&
		    strchr(p->takes, *option) == NULL)
			refuse(*option, p);
	if (command->all && noperands > 0)
		errx(1, "-a is for all handles: name none beside it");
	if (p->mode == MODE_INSTALL && noperands != 1)
		errx(1, "-i is for one handle");
}

/* Decides how the output looks. */
static void
set_output(struct command *command)
{
	const struct terminal *terminal = &command->terminal;
	struct run *run = &command->run;

	run->progress = command->all && run->mode == MODE_RENEW &&
	    !terminal->dumb && isatty(STDERR_FILENO);
	run->tells = !run->progress && isatty(STDERR_FILENO);
	if (run->mode != MODE_LIST)
		return;
	if (isatty(STDOUT_FILENO))
		run->list |= LIST_BAR | (terminal->no_color ? 0 : LIST_COLOR);
	run->list |= (int)(terminal->columns * LIST_COLUMNS);
}

/*
 * Returns the width of a list on stdout: the terminal's, or the number in
 * COLUMNS if it is in range; 0: no limit.
 */
static unsigned
columns(void)
{
	const char *text = getenv("COLUMNS"), *error = "";
	struct winsize size;
	unsigned n = 0;

	if (isatty(STDOUT_FILENO) &&
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	if (n == 0 && text != NULL) {
		n = (unsigned)strtonum(
		    text, COLUMNS_LEAST, COLUMNS_MOST, &error);
		n = error == NULL ? n : 0;
	}
	if (n == 0)
		return isatty(STDOUT_FILENO) ? COLUMNS_LEAST : 0;
	return n < COLUMNS_LEAST ? COLUMNS_LEAST :
	    n < COLUMNS_MOST     ? n :
				   COLUMNS_MOST;
}

void
options_environment(struct terminal *terminal)
{
	static char *none[] = { NULL };
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	terminal->no_color = no_color != NULL && *no_color != '\0';
	terminal->dumb = term == NULL || *term == '\0' ||
	    strcmp(term, "dumb") == 0;
	terminal->columns = columns();
	log_begin(getenv("JOURNAL_STREAM"));
	environ = none;
}

void
options_misplaced(char **operands)
{
	for (; *operands != NULL; operands++)
		if (**operands == '-') {
			warnx("%s: options come before the handles", *operands);
			return;
		}
}

void
options_read(int argc, char *argv[], struct command *command)
{
	int given[UCHAR_MAX + 1] = { 0 }, noperands;
	const struct purpose *purpose;

	command->conf = CONF_FILE;
	command->run = (struct run){ .reason = -1,
		.most_orders = UINT64_MAX,
		.workers = WORKERS,
		.hup_fd = -1 };
	parse_options(argc, argv, command, given);
	noperands = argc - optind;
	purpose = find_purpose(given);
	check_command(command, purpose, given, noperands);
	command->run.mode = purpose->mode;
	command->try = purpose->option == 'T';
	/* Without -a, only -l takes all handles; -r must name them. */
	if (purpose->mode == MODE_LIST && noperands == 0)
		command->all = 1;
	set_output(command);
}
