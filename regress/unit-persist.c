/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Persist records of dns-persist-01: whether they fit, and how they are
 * written.
 */
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "zone.h"
#include "persist.h"

#define ACCOUNT "https://ca.example/acct/1"
#define A "; accounturi=" ACCOUNT

static const struct {
	const char *text;
	int wildcard;
	enum persist_fit fit;
} cases[] = {
	{ "ca.example" A, 0, PERSIST_GOOD },
	{ "other.example" A, 0, PERSIST_GOOD },
	{ "CA.Example" A, 0, PERSIST_GOOD },
	{ " ca.example ;accounturi=" ACCOUNT, 0, PERSIST_GOOD },
	{ "ca.example;\taccounturi\t=\t" ACCOUNT "\t", 0, PERSIST_GOOD },
	{ "ca.example; AccountURI=" ACCOUNT, 0, PERSIST_GOOD },
	{ "ca.example" A "; policy=wildcard", 0, PERSIST_GOOD },
	{ "ca.example" A "; policy=wildcard", 1, PERSIST_GOOD },
	{ "ca.example; Policy=WildCard" A, 1, PERSIST_GOOD },
	{ "ca.example" A "; policy=other", 0, PERSIST_GOOD },
	{ "ca.example" A "; policy=other", 1, PERSIST_POLICY },
	{ "ca.example" A "; policy=", 1, PERSIST_POLICY },
	{ "ca.example" A, 1, PERSIST_POLICY },
	{ "ca.example" A "; persistUntil=2000000001", 0, PERSIST_GOOD },
	{ "ca.example" A "; persistuntil=2000000001; unknown=x=y", 0,
	    PERSIST_GOOD },
	{ "ca.example" A "; persistUntil=2000000000", 0, PERSIST_EXPIRED },
	{ "ca.example" A "; persistUntil=1", 1, PERSIST_EXPIRED },
	{ "ca.example" A "; persistUntil=", 0, PERSIST_EXPIRED },
	{ "ca.example" A "; persistUntil=-2000000001", 0, PERSIST_EXPIRED },
	{ "ca.example" A "; persistUntil=99999999999999999999", 0,
	    PERSIST_EXPIRED },
	{ "ca.example" A "; persistUntil=2000000001x", 0, PERSIST_EXPIRED },
	{ "ca.example" A "1", 0, PERSIST_ACCOUNT },
	{ "ca.example; accounturi="
	  "https://ca.example/acct/",
	    0, PERSIST_ACCOUNT },
	{ "ca.example; accounturi=HTTPS://ca.example/acct/1", 0,
	    PERSIST_ACCOUNT },
	{ "ca.example", 0, PERSIST_ACCOUNT },
	{ "ca.example; policy=wildcard", 1, PERSIST_ACCOUNT },
	{ "ca.example.; accounturi=" ACCOUNT, 0, PERSIST_OTHER },
	{ "x.ca.example" A, 0, PERSIST_OTHER },
	{ "evil.example" A, 0, PERSIST_OTHER },
	{ "", 0, PERSIST_OTHER },
	{ ";", 0, PERSIST_OTHER },
	{ "ca.example" A ";", 0, PERSIST_OTHER },
	{ "ca.example;" A, 0, PERSIST_OTHER },
	{ "ca.example" A A, 0, PERSIST_OTHER },
	{ "ca.example" A "; policy=wildcard; POLICY=wildcard", 1,
	    PERSIST_OTHER },
	{ "ca.example" A "; noequals", 0, PERSIST_OTHER },
	{ "ca.example" A "; =x", 0, PERSIST_OTHER },
	{ "ca.example" A "; a b=x", 0, PERSIST_OTHER },
	{ "ca.example" A "; a=x y", 0, PERSIST_OTHER },
	{ "ca.example" A "; a=\x80", 0, PERSIST_OTHER },
	{ "ca.example\x7f" A, 0, PERSIST_OTHER },
};

static void
test_fit(void)
{
	static char *names[] = { "ca.example", "other.example" };
	struct persist s = { .issuers = { .v = names, .n = 2 },
		.account = ACCOUNT,
		.now = 2000000000 };
	char many[4096] = "ca.example" A, *exact;
	enum persist_fit fit;
	size_t i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/*
		 * Where nothing lies behind it: what reads too far is found
		 * with a sanitizer.
		 */
		n = strlen(cases[i].text);
		exact = malloc(n + 1);
		memcpy(exact, cases[i].text, n);
		s.wildcard = cases[i].wildcard;
		fit = persist_fit(&s, exact, n);
		check(fit == cases[i].fit, "persist: '%s'%s: %d", cases[i].text,
		    s.wildcard ? " for a wildcard" : "", fit);
		free(exact);
	}
	s.wildcard = 0;
	check(persist_fit(&s, "ca.example" A "\0", sizeof("ca.example" A)) ==
		PERSIST_OTHER,
	    "persist: NUL at the end");
	for (i = 0; i < 40; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many),
		    "; p%zu=x", i);
	check(persist_fit(&s, many, strlen(many)) == PERSIST_OTHER,
	    "persist: 41 parameters");
}

static void
test_record(void)
{
	static const char begin[] =
	    "_validation-persist.a.example. IN TXT \"ca.example; accounturi=";
	char account[600], *line, *p, joined[800] = "";
	struct persist s = { .account = account, .now = 1 };
	char *name = "ca.example";
	int n;

	line = persist_record("a.example", "ca.example", ACCOUNT, 1, 0);
	check(strcmp(line,
		  "_validation-persist.a.example. IN TXT \"ca.example" A
		  "; policy=wildcard\"") == 0,
	    "persist: record for a wildcard: %s", line);
	free(line);
	line = persist_record(
	    "a.example", "ca.example", ACCOUNT, 0, 1798761599);
	check(strcmp(line,
		  "_validation-persist.a.example. IN TXT \"ca.example" A
		  "; persistUntil=1798761599\"") == 0,
	    "persist: record that ends: %s", line);
	free(line);
	s.issuers.v = &name;
	s.issuers.n = s.wildcard = 1;
	for (n = 1; n < 590; n++) {
		memset(account, 'u', (size_t)n);
		account[n] = '\0';
		line = persist_record("a.example", "ca.example", account, 1, 0);
		joined[0] = '\0';
		for (p = strchr(line, '"'); p != NULL;
		     p = *p == '"' ? p + 1 : strchr(p + 1, '"')) {
			size_t len = strcspn(p + 1, "\"");

			if (len > 255)
				break;
			strncat(joined, p + 1, len);
			p += len + 1;
			if (p[1] == '\0')
				break;
			p++;
		}
		if (strncmp(line, begin, sizeof(begin) - 1) != 0 ||
		    line[strlen(line) - 1] != '"' ||
		    persist_fit(&s, joined, strlen(joined)) != PERSIST_GOOD)
			break;
		free(line);
	}
	check(n == 590,
	    "persist: records with URLs of 1 to 589 bytes: fit what they are "
	    "for; %d",
	    n);
}

static void
test_resolvers(void)
{
	static const struct {
		const char *name, *text;
		size_t n;
	} files[] = {
		{ "none named", "search x\n", 1 },
		{ "empty", "", 1 },
		{ "two", "nameserver 192.0.2.1\nnameserver 2001:db8::1\n", 2 },
		{ "blanks",
		    "nameserver \t 192.0.2.1 \t# x\r\n  nameserver 192.0.2.2\n",
		    1 },
		{ "others",
		    "#nameserver 192.0.2.1\n;x\nnameservers "
		    "192.0.2.1\nnameserver\nnameserver "
		    "name.example\nnameserver 192.0.2.9",
		    1 },
		{ "ten",
		    "nameserver ::1\nnameserver ::1\nnameserver "
		    "::1\nnameserver ::1\nnameserver ::1\nnameserver "
		    "::1\nnameserver ::1\nnameserver ::1\nnameserver "
		    "::1\nnameserver ::1\n",
		    RESOLVERS_MAX },
	};
	struct address out[RESOLVERS_MAX];
	size_t i, n;
	FILE *f;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		f = tmpfile();
		fputs(files[i].text, f);
		rewind(f);
		n = resolvers_read(f, out);
		check(n == files[i].n, "resolvers: %s: %zu", files[i].name, n);
		fclose(f);
	}
	check(resolvers_read(NULL, out) == 1 && out[0].ss.ss_family == AF_INET,
	    "resolvers: no file: this machine");
	check(server_of(&out[0], "name.example", "53") == -1,
	    "resolvers: a name is no address");
}

int
main(void)
{
	test_fit();
	test_record();
	test_resolvers();
	return test_end();
}
