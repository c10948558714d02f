/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The configuration: words, macros and files as OpenBSD's parser has them,
 * what a block becomes, and that the printed form is read back to the same.
 */
#include <sys/stat.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "test.h"

#define AUTHORITY \
	"authority one {\n api url https://one.example/dir\n account key " \
	"/k/one.pem\n}\n" \
	"authority two {\n api url https://two.example/dir\n account key " \
	"/k/two.pem\n}\n"
#define DOMAIN \
	"domain d.example {\n domain key /p/d.key\n domain certificate " \
	"/c/d.pem\n"

/*
 * Asked by the leak checker: a configuration lives until exit, and here are
 * many.
 */
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return 1;
}

static char errors[65536]; /* what the last parse() printed on stderr */

static void
write_file(const char *name, const char *text, size_t len)
{
	FILE *f = fopen(name, "w");

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) == EOF)
		err(1, "%s", name);
}

static void
read_file(const char *name, char *text, size_t size)
{
	FILE *f = fopen(name, "r");

	if (f == NULL)
		err(1, "%s", name);
	text[fread(text, 1, size - 1, f)] = '\0';
	fclose(f);
}

/* Sends a descriptor to a file until restored. */
static int
divert(int fd, const char *name)
{
	int saved = dup(fd);
	FILE *f;

	fflush(stdout);
	if (saved == -1 || (f = fopen(name, "w")) == NULL ||
	    dup2(fileno(f), fd) == -1)
		err(1, "%s", name);
	fclose(f);
	return saved;
}

static void
restore(int fd, int saved)
{
	fflush(stdout);
	if (dup2(saved, fd) == -1)
		err(1, "dup2");
	close(saved);
}

static struct conf *
parse_file(const char *name)
{
	struct conf *c;
	int saved = divert(2, "errors");

	c = conf_parse(name);
	restore(2, saved);
	read_file("errors", errors, sizeof(errors));
	return c;
}

static struct conf *
parse(const char *text)
{
	write_file("c.conf", text, strlen(text));
	return parse_file("c.conf");
}

static void
print(const struct conf *c, const char *name, char *text, size_t size)
{
	int saved = divert(1, name);

	conf_print(c);
	restore(1, saved);
	read_file(name, text, size);
}

/* Printed, read and printed again, it is the same text. */
static int
comes_back(const struct conf *c)
{
	static char one[65536], two[65536];

	if (c == NULL)
		return 0;
	print(c, "one", one, sizeof(one));
	if ((c = parse_file("one")) == NULL)
		return 0;
	print(c, "two", two, sizeof(two));
	return strcmp(one, two) == 0;
}

static int
is(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/*
 * How a value is written, and what it is then; $m is "v", $e is empty, $b ends
 * with a backslash.
 */
static const struct {
	const char *written, *value;
} words[] = {
	{ "abc", "abc" },
	{ "a-b_c.d/e:f@g~h%i?j&k*l+m;n", "a-b_c.d/e:f@g~h%i?j&k*l+m;n" },
	{ "/a/b", "/a/b" },
	{ ":a", ":a" },
	{ "a\\bc", "abc" },
	{ "a\\\\b", "a\\b" },
	{ "a\"b\"c", "a\"b\"c" },
	{ "it's", "it's" },
	{ "\"a\\\"b\"", "a\"b" },
	{ "'a\"b'", "a\"b" },
	{ "\"a'b\"", "a'b" },
	{ "'a\\'b'", "a'b" },
	{ "\"a b\tc\"", "a b\tc" },
	{ "\"a\\ b\"", "a b" },
	{ "\"a\\\\ b\"", "a\\ b" },
	{ "\"a\\b\"", "a\\b" },
	{ "\"a\\\\b\"", "a\\\\b" },
	{ "\"a\nb\"", "ab" },
	{ "\"a\\\nb\"", "ab" },
	{ "\"a\\\\\n\"", "a\\" },
	{ "\"a # b\"", "a # b" },
	{ "\"{a}, (b) = !c\"", "{a}, (b) = !c" },
	{ "\\\n  abc", "abc" },
	{ "ab\\\nc", "abc" },
	{ "abc# comment", "abc" },
	{ "abc # comment \\\n of two lines", "abc" },
	{ "$m", "v" },
	{ "$m/x.y", "v/x.y" },
	{ "$m$m", "v$m" },
	{ "$e$m", "v" },
	{ "$b", "v\\" },
	{ "a$m", "a$m" },
	{ "\"$m\"", "$m" },
	{ "'$m'", "$m" },
	{ "$quoted", "a  b" },
	{ "\""
	  "\"",
	    "" },
};

static void
test_words(void)
{
	char text[2048];
	struct conf *c;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(text, sizeof(text),
		    "m = old\nm = v\ne = ''\nb = v\\\\\\\\\n"
		    "quoted = '\"a  b\"'\n" AUTHORITY DOMAIN " profile %s\n}\n",
		    words[i].written);
		c = parse(text);
		check(c != NULL && is(c->domains[0].profile, words[i].value),
		    "conf: word %zu is '%s'", i, words[i].value);
		check(comes_back(c), "conf: word %zu comes back", i);
	}
}

/* What stands in the block, and the names that it makes. */
static const struct {
	const char *written, *names;
} lists[] = {
	{ "", "d.example" },
	{ "alternative names { a.b }\n", "d.example a.b" },
	{ "alternative names { a.b c.d }\n", "d.example a.b c.d" },
	{ "alternative names { a.b, c.d }\n", "d.example a.b c.d" },
	{ "alternative names {\n a.b,\n\n c.d\n }\n", "d.example a.b c.d" },
	{ "alternative names {\n a.b\n c.d e.f }\n", "d.example a.b c.d e.f" },
	{ "alternative names {a.b,c.d}\n", "d.example a.b c.d" },
	{ "alternative names { \"a.b\" 'c.d' }\n", "d.example a.b c.d" },
	{ "alternative names { $two }\n", "d.example x.y z.y" },
	{ "alternative names { a.b }\nalternative names { c.d }\n",
	    "d.example a.b c.d" },
	{ "domain name O.example\nalternative names { A.b d.example }\n",
	    "o.example a.b d.example" },
	{ "alternative names { D.Example a.b A.B a.b. }\n", "d.example a.b" },
	{ "domain name a.b\nalternative names { c.d a.b }\nalternative names { "
	  "c.d }\n",
	    "a.b c.d" },
	{ "alternative names { a.b # c.d\n e.f }\n", "d.example a.b e.f" },
};

static void
test_lists(void)
{
	char text[2048], names[256];
	struct conf *c;
	size_t i, j;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		snprintf(text, sizeof(text),
		    "two = x.y z.y\n" AUTHORITY DOMAIN "%s}\n",
		    lists[i].written);
		c = parse(text);
		names[0] = '\0';
		for (j = 0; c != NULL && j < c->domains[0].names.n; j++) {
			strlcat(names, j > 0 ? " " : "", sizeof(names));
			strlcat(names, c->domains[0].names.v[j], sizeof(names));
		}
		check(is(names, lists[i].names), "conf: list %zu: %s", i,
		    lists[i].names);
		check(comes_back(c), "conf: list %zu comes back", i);
	}
}

static const struct {
	const char *written;
	struct keyspec spec;
} specs[] = {
	{ "", { KEYTYPE_ANY, 0 } },
	{ "rsa", { KEYTYPE_RSA, 0 } },
	{ "rsa 2048", { KEYTYPE_RSA, 2048 } },
	{ "rsa 3072", { KEYTYPE_RSA, 3072 } },
	{ "rsa 4096", { KEYTYPE_RSA, 4096 } },
	{ "ecdsa", { KEYTYPE_ECDSA, 0 } },
	{ "ecdsa p256", { KEYTYPE_ECDSA, 256 } },
	{ "ecdsa p384", { KEYTYPE_ECDSA, 384 } },
};

static void
test_keys(void)
{
	char text[2048];
	struct conf *c;
	size_t i;

	for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		snprintf(text, sizeof(text),
		    "authority one {\n api url https://one.example\n"
		    " account key /k/one.pem %s\n}\n"
		    "domain d.example {\n domain key /p/d.key %s\n domain "
		    "certificate /c/d\n}\n",
		    specs[i].written, specs[i].written);
		c = parse(text);
		check(c != NULL &&
			c->authorities[0].account_spec.type ==
			    specs[i].spec.type &&
			c->authorities[0].account_spec.bits ==
			    specs[i].spec.bits &&
			c->domains[0].key_spec.type == specs[i].spec.type &&
			c->domains[0].key_spec.bits == specs[i].spec.bits,
		    "conf: key: '%s'", specs[i].written);
		check(comes_back(c), "conf: key: '%s' comes back",
		    specs[i].written);
	}
}

static void
test_defaults(void)
{
	struct conf *c;
	struct domain *d;

	c = parse("user \"no body\"\n" AUTHORITY
		  "domain a.example { domain key /p//./../x\n domain "
		  "certificate /c/x\n}\n");
	check(c == NULL, "conf: path with dots");
	c = parse(AUTHORITY "domain \"h 1\" {\n domain name a.example\n domain "
			    "key //p///a.key\n"
			    " domain full chain certificate /c/sub/full.pem\n "
			    "domain chain certificate rest.pem\n}\n"
			    "domain h2 {\n domain name a.example\n sign with "
			    "two\n domain key /p/b.key\n"
			    " domain certificate /c/b.pem\n domain full chain "
			    "certificate sub/full2.pem\n"
			    " challengedir /w//c/\n}\n");
	d = c == NULL ? NULL : conf_domain(c, "h 1");
	check(d != NULL && is(d->authority->name, "one"),
	    "conf: the first authority");
	check(d != NULL && is(d->challengedir, "/var/www/acme"),
	    "conf: default challengedir");
	check(d != NULL && is(d->key, "/p/a.key"), "conf: // in a path");
	check(d != NULL && is(d->chain, "/c/sub/rest.pem"),
	    "conf: chain beside the full chain");
	check(d != NULL && d->cert == NULL, "conf: no certificate by itself");
	d = c == NULL ? NULL : conf_domain(c, "h2");
	check(d != NULL && is(d->authority->name, "two"), "conf: sign with");
	check(d != NULL && is(d->fullchain, "/c/sub/full2.pem"),
	    "conf: full chain below the certificate");
	check(d != NULL && is(d->challengedir, "/w/c"), "conf: challengedir");
	check(d != NULL && is(d->names.v[0], "a.example"),
	    "conf: one name, two handles");
	check(c != NULL && conf_domain(c, "a.example") == NULL,
	    "conf: a name is no handle");
	check(comes_back(c), "conf: defaults come back");
	c = parse("user \"no body\"\nstate directory /s\nauthority a {\n api "
		  "url https://a.example\n"
		  " api origin https://b.example\n api origin "
		  "https://c.example\n account key /k/a\n"
		  " contact tel:+3225551234\n ca file /ca\n root file /root\n "
		  "insecure\n insecure\n}\n"
		  "domain d.example {\n domain key /p/d.key\n domain "
		  "certificate \"/c/a \\\\ b\\\\\n\"\n}\n");
	check(c != NULL && is(c->user, "no body") && is(c->state_dir, "/s") &&
		c->authorities[0].origins.n == 2 &&
		is(c->authorities[0].origins.v[1], "https://c.example") &&
		is(c->authorities[0].ca_file, "/ca") &&
		is(c->authorities[0].root_file, "/root") &&
		is(c->authorities[0].contact, "tel:+3225551234") &&
		c->authorities[0].insecure &&
		is(c->domains[0].cert, "/c/a \\ b\\"),
	    "conf: all of an authority");
	check(comes_back(c), "conf: all of an authority comes back");
}

/* Files of three parts: the main one up to the include, the other, the rest. */
static void
test_includes(void)
{
	static const struct {
		const char *name, *other, *rest;
		const char *error; /* NULL: none */
	} cases[] = {
		{ "in the middle", DOMAIN "}\n", "x = y\n", NULL },
		{ "no newline at the end", DOMAIN "}", "x = y\n", NULL },
		{ "a backslash at the end", DOMAIN "}\n# end \\", "}\n",
		    "c.conf:11:" },
		{ "a continued line at the end", DOMAIN "}\n# end \\\n", "}\n",
		    "c.conf:11:" },
		{ "empty", "", DOMAIN "}\n", NULL },
		{ "a macro from it", "mine = d.example\n",
		    "domain $mine {\n domain key /p/k\n"
		    " domain certificate /c/c\n}\n",
		    NULL },
		{ "an open block", DOMAIN, "}\n", NULL },
		{ "an open quote", "x = \"y\n", "z = \"\n",
		    "sub.conf:1: the quote" },
		{ "an error in line 3", "\n\nfoo\n", "", "sub.conf:3:" },
		{ "an error after it", "a = b\n", "foo\n", "c.conf:10:" },
	};
	char text[2048];
	struct conf *c;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file("sub.conf", cases[i].other, strlen(cases[i].other));
		snprintf(text, sizeof(text),
		    AUTHORITY "include \"sub.conf\"\n%s%s",
		    cases[i].error != NULL && strstr(cases[i].error, ":11:") ?
			"\n" :
			"",
		    cases[i].rest);
		c = parse(text);
		if (cases[i].error == NULL)
			check(c != NULL && comes_back(c), "conf: include: %s",
			    cases[i].name);
		else
			check(
			    c == NULL && strstr(errors, cases[i].error) != NULL,
			    "conf: include: %s", cases[i].name);
	}
}

static void
test_depth(void)
{
	char name[32], text[64];
	struct conf *c;
	int i, n;

	for (n = 10; n <= 40; n += 30) {
		for (i = 1; i <= n; i++) {
			snprintf(name, sizeof(name), "deep%d.conf", i);
			snprintf(text, sizeof(text),
			    "include \"deep%d.conf\"\n", i + 1);
			write_file(name, text, i < n ? strlen(text) : 0);
		}
		c = parse("include deep1.conf\n" AUTHORITY);
		check((c != NULL) == (n == 10), "conf: include: %d deep", n);
	}
	check(strstr(errors, "too deeply") != NULL,
	    "conf: include: too deep is said");
}

static void
test_errors(void)
{
	static char text[200000];
	size_t len, i, lines = 0;

	snprintf(text, sizeof(text),
	    AUTHORITY "domain a {\n bad\n worse word\n}\nmore\n");
	check(parse(text) == NULL && strstr(errors, "c.conf:10:") != NULL &&
		strstr(errors, "c.conf:11:") != NULL &&
		strstr(errors, "c.conf:13:") != NULL,
	    "conf: several errors at once");
	for (len = 0; len < 60000; len += 4)
		memcpy(text + len, "foo\n", 4);
	text[len] = '\0';
	check(parse(text) == NULL && strlen(errors) < 4000,
	    "conf: output for 15000 errors is limited");
	snprintf(text, sizeof(text), "# one\n# two %c end\n" AUTHORITY, 1);
	len = strlen(text);
	*strchr(text, 1) = '\0';
	write_file("c.conf", text, len);
	check(parse_file("c.conf") == NULL &&
		strstr(errors, "c.conf:2: a NUL byte") != NULL,
	    "conf: NUL in a comment");
	for (i = 65535; i <= 65537; i += 2) {
		strlcpy(text, "\n#", sizeof(text));
		memset(text + 2, 'x', i - 1);
		strlcpy(text + 1 + i, "\n" AUTHORITY, 1000);
		check((parse(text) != NULL) == (i < 65536),
		    "conf: a line of %zu bytes", i);
	}
	check(strstr(errors, "c.conf:2: a line longer") != NULL,
	    "conf: the long line is named");
	strlcpy(text, "authority a {\n}\nauthority b {\n api url $x\n}\n",
	    sizeof(text));
	check(parse(text) == NULL &&
		strstr(errors, "c.conf:4: macro 'x'") != NULL,
	    "conf: line of a missing macro");
	for (i = 0; errors[i] != '\0'; i++)
		lines += errors[i] == '\n';
	check(lines > 0 && lines < 5, "conf: one mistake, few lines");
	strlcpy(text, "m = v\n" AUTHORITY, sizeof(text));
	check(parse(text) != NULL && parse("x = $m\n" AUTHORITY) == NULL,
	    "conf: macros end with their configuration");
}

/* Values of many words: what a long list of names needs. */
static void
test_long_macro(void)
{
	static char text[400000];
	size_t i;
	struct conf *c;

	strlcpy(text, "names =", sizeof(text));
	for (i = 0; i < 99; i++)
		snprintf(text + strlen(text), 300,
		    " n%zu.%060d.%060d.%060d.example", i, 1, 2, 3);
	strlcat(text, "\n" AUTHORITY DOMAIN "alternative names { $names }\n}\n",
	    sizeof(text));
	c = parse(text);
	check(c != NULL && c->domains[0].names.n == 100 && comes_back(c),
	    "conf: macro of 99 long names");
	strlcpy(text, "a = x\n", sizeof(text));
	for (i = 0; i < 64; i++)
		strlcat(text, "a = $a $a $a\n", sizeof(text));
	check(parse(text) == NULL && strstr(errors, "too long") != NULL,
	    "conf: macros that grow for ever");
}

int
main(void)
{
	char dir[] = "/tmp/unit-conf.XXXXXX", command[64];

	umask(022);
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		err(1, "%s", dir);
	test_words();
	test_lists();
	test_keys();
	test_defaults();
	test_includes();
	test_depth();
	test_errors();
	test_long_macro();
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command) != 0)
		warnx("%s is left", dir);
	return test_end();
}
