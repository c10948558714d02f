/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The command line, and what the environment says about the terminal.  What
 * each option does is in acme-client(1).
 */
#include <sys/ioctl.h>
#include <err.h>
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

void
options_usage(void)
{
	fprintf(stderr,
	    "usage: acme-client [-Fnv] [-f configfile] [-j workers] [-m "
	    "orders] -a | handle ...\n"
	    "       acme-client -l [-Jv] [-f configfile] [handle ...]\n"
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
	if (fflush(stdout) == EOF)
		err(1, "cannot write the version");
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

/* Takes an option that says what the run is for, or refuses it. */
static void
take_mode(struct command *command, int option)
{
	struct run *run = &command->run;

	switch (option) {
	case 'B':
		run->mode = MODE_RESTORE;
		break;
	case 'D':
		run->mode = MODE_DEACTIVATE;
		break;
	case 'K':
		run->mode = MODE_ROLLOVER;
		break;
	case 'T':
		command->try = 1;
		break;
	case 'U':
		run->mode = MODE_CONTACT;
		break;
	case 'i':
		run->mode = MODE_INSTALL;
		command->offer = optarg;
		break;
	case 'l':
		run->mode = MODE_LIST;
		break;
	case 'r':
		run->mode = MODE_REVOKE;
		break;
	case 't':
		run->mode = MODE_SHOW;
		break;
	default:
		options_usage();
	}
	command->modes++;
}

static void
parse_options(int argc, char *argv[], struct command *command)
{
	struct run *run = &command->run;
	int c;

	while ((c = getopt(argc, argv, "+FnvVarltTJi:j:m:R:BKUDf:")) != -1)
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
			take_mode(command, c);
		}
}

/* Refuses options that exclude each other; sets the output's format. */
static void
check_options(struct command *command, int noperands)
{
	struct run *run = &command->run;

	if (command->modes > 1)
		errx(1, "only one of -B, -i, -l, -r, -t, -T, -K, -U and -D");
	if (run->mode == MODE_RESTORE && run->force)
		errx(1, "-F is for renewals, and -B makes none");
	if (run->list != 0 && run->mode != MODE_LIST)
		errx(1, "-J is for -l only");
	run->progress = command->all && run->mode == MODE_RENEW &&
	    !command->terminal.dumb && isatty(STDERR_FILENO);
	run->tells = !run->progress && isatty(STDERR_FILENO);
	if (run->mode == MODE_LIST && isatty(STDOUT_FILENO))
		run->list |= LIST_BAR |
		    (command->terminal.no_color ? 0 : LIST_COLOR);
	if (run->mode == MODE_LIST)
		run->list |= (int)(command->terminal.columns * LIST_COLUMNS);
	if (run->mode == MODE_INSTALL && noperands != 1)
		errx(1, "-i is for one handle");
	/* Without -a, only -l takes all handles; -r must name them. */
	if (run->mode == MODE_LIST && noperands == 0)
		command->all = 1;
	else if (command->all &&
	    (run->mode != MODE_RENEW || command->try || noperands > 0))
		errx(1, "-a renews all handles: it goes with no other mode");
	if (run->reason != -1 && run->mode != MODE_REVOKE)
		errx(1, "-R is for -r only");
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
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	terminal->no_color = no_color != NULL && *no_color != '\0';
	terminal->dumb = term == NULL || *term == '\0' ||
	    strcmp(term, "dumb") == 0;
	terminal->columns = columns();
	environ = calloc(1, sizeof(*environ));
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
	command->conf = CONF_FILE;
	command->run = (struct run){ .mode = MODE_RENEW,
		.reason = -1,
		.most_orders = UINT64_MAX,
		.workers = WORKERS,
		.hup_fd = -1 };
	parse_options(argc, argv, command);
	check_options(command, argc - optind);
}
