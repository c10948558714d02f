/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Whether CAA records permit an issuance: the cases of RFC 8659 and RFC 8657,
 * and records that someone has made to harm.
 */
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "zone.h"

#define ACCOUNT "https://ca.example/acct/1"

static const struct {
	const char *name;
	/* "FLAGS TAG VALUE" of each record. */
	const char *records[4];
	enum caa_verdict plain, wildcard; /* The verdicts for both names. */
	const char *text;                 /* The text for the plain name. */
} cases[] = {
	/* RFC 8659 4.2. */
	{ "issue of this CA", { "0 issue ca.example" }, CAA_PERMITTED,
	    CAA_PERMITTED, "" },
	{ "in another letter case", { "0 ISSUE CA.Example" }, CAA_PERMITTED,
	    CAA_PERMITTED, "" },
	{ "of another CA", { "0 issue other.example" }, CAA_OTHERS, CAA_OTHERS,
	    "other.example" },
	{ "of two other CAs", { "0 issue b.example", "0 issue c.example; x=y" },
	    CAA_OTHERS, CAA_OTHERS, "b.example, c.example" },
	{ "of another CA and this one",
	    { "0 issue other.example", "0 issue ca.example" }, CAA_PERMITTED,
	    CAA_PERMITTED, "" },
	{ "of a name that ends the same", { "0 issue xca.example" }, CAA_OTHERS,
	    CAA_OTHERS, "xca.example" },
	{ "of a name that begins the same", { "0 issue ca.example.org" },
	    CAA_OTHERS, CAA_OTHERS, "ca.example.org" },
	{ "no CA", { "0 issue ;" }, CAA_NOBODY, CAA_NOBODY, "" },
	{ "an empty value", { "0 issue " }, CAA_NOBODY, CAA_NOBODY, "" },
	{ "a malformed value", { "0 issue %%%%%" }, CAA_OTHERS, CAA_OTHERS,
	    "%%%%%" },
	{ "no CA, but this one", { "0 issue ;", "0 issue ca.example" },
	    CAA_PERMITTED, CAA_PERMITTED, "" },
	{ "blanks around it", { "0 issue  \t ca.example \t ;  " },
	    CAA_PERMITTED, CAA_PERMITTED, "" },
	{ "parameters that nobody knows",
	    { "0 issue ca.example; policy=ev; account=230123" }, CAA_PERMITTED,
	    CAA_PERMITTED, "" },
	{ "a parameter without a value", { "0 issue ca.example; policy" },
	    CAA_NOBODY, CAA_NOBODY, "" },
	{ "a parameter without a tag", { "0 issue ca.example; =x" }, CAA_NOBODY,
	    CAA_NOBODY, "" },
	{ "a parameter's tag with other characters",
	    { "0 issue ca.example; po licy=x" }, CAA_NOBODY, CAA_NOBODY, "" },
	/* 4.3. */
	{ "issuewild of this CA alone", { "0 issuewild ca.example" },
	    CAA_PERMITTED, CAA_PERMITTED, "" },
	{ "issuewild of another CA alone", { "0 issuewild other.example" },
	    CAA_PERMITTED, CAA_OTHERS, "" },
	{ "issuewild of no CA", { "0 issue ca.example", "0 issuewild ;" },
	    CAA_PERMITTED, CAA_NOBODY, "" },
	{ "issuewild of this CA, issue of another",
	    { "0 issue other.example", "0 issuewild ca.example" }, CAA_OTHERS,
	    CAA_PERMITTED, "other.example" },
	/* 4.1 and 4.4. */
	{ "iodef alone", { "0 iodef mailto:a@b.example" }, CAA_PERMITTED,
	    CAA_PERMITTED, "" },
	{ "a critical iodef", { "128 iodef mailto:a@b.example" }, CAA_PERMITTED,
	    CAA_PERMITTED, "" },
	{ "a critical issue", { "128 issue ca.example" }, CAA_PERMITTED,
	    CAA_PERMITTED, "" },
	{ "an unknown property", { "0 tbs Unknown", "0 issue ca.example" },
	    CAA_PERMITTED, CAA_PERMITTED, "" },
	{ "a critical unknown property",
	    { "0 issue ca.example", "128 tbs Unknown" }, CAA_CRITICAL,
	    CAA_CRITICAL, "tbs" },
	{ "other bits of the flags", { "127 tbs Unknown" }, CAA_PERMITTED,
	    CAA_PERMITTED, "" },
	/* RFC 8657 3. */
	{ "this account", { "0 issue ca.example; accounturi=" ACCOUNT },
	    CAA_PERMITTED, CAA_PERMITTED, "" },
	{ "another account", { "0 issue ca.example; accounturi=" ACCOUNT "2" },
	    CAA_ACCOUNT, CAA_ACCOUNT, ACCOUNT "2" },
	{ "two accounts in one record",
	    { "0 issue ca.example; accounturi=" ACCOUNT
	      "; accounturi=" ACCOUNT },
	    CAA_NOBODY, CAA_NOBODY, "" },
	{ "two accounts in two records",
	    { "0 issue ca.example; accounturi=" ACCOUNT "2",
		"0 issue ca.example; accounturi=" ACCOUNT },
	    CAA_PERMITTED, CAA_PERMITTED, "" },
	{ "an empty account", { "0 issue ca.example; accounturi=" },
	    CAA_ACCOUNT, CAA_ACCOUNT, "" },
	{ "this account at another CA",
	    { "0 issue other.example; accounturi=" ACCOUNT }, CAA_OTHERS,
	    CAA_OTHERS, "other.example" },
	/* RFC 8657 4. */
	{ "this method", { "0 issue ca.example; validationmethods=http-01" },
	    CAA_PERMITTED, CAA_PERMITTED, "" },
	{ "among others",
	    { "0 issue ca.example; validationmethods=dns-01,http-01" },
	    CAA_PERMITTED, CAA_PERMITTED, "" },
	{ "another method", { "0 issue ca.example; validationmethods=dns-01" },
	    CAA_METHOD, CAA_METHOD, "dns-01" },
	{ "methods that begin or end the same",
	    { "0 issue ca.example; validationmethods=http-011,xhttp-01,http" },
	    CAA_METHOD, CAA_METHOD, "http-011,xhttp-01,http" },
	{ "no method", { "0 issue ca.example; validationmethods=" }, CAA_METHOD,
	    CAA_METHOD, "" },
	{ "this account by another method, another by this one",
	    { "0 issue ca.example; validationmethods=dns-01; "
	      "accounturi=" ACCOUNT,
		"0 issue ca.example; accounturi=" ACCOUNT
		"3; validationmethods=http-01" },
	    CAA_ACCOUNT, CAA_ACCOUNT, ACCOUNT "3" },
	/* What is printed is harmless. */
	{ "characters for a terminal", { "0 issue \033[31mred" }, CAA_OTHERS,
	    CAA_OTHERS, NULL },
};

static size_t
take(const char *const texts[4], struct caa out[4])
{
	char *tag, *value;
	unsigned long flags;
	size_t n;

	for (n = 0; n < 4 && texts[n] != NULL; n++) {
		flags = strtoul(texts[n], &tag, 10);
		tag++;
		value = strchr(tag, ' ');
		check(caa_take(&out[n], (uint8_t)flags, (const uint8_t *)tag,
			  (size_t)(value - tag), (const uint8_t *)value + 1,
			  strlen(value + 1)) == 0,
		    "caa: taken: %s", texts[n]);
	}
	return n;
}

static int
is_visible(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return 0;
	return 1;
}

static void
test_cases(void)
{
	static char name[] = "ca.example", *names[] = { name };
	struct caa_question q = { .issuers = { .v = names, .n = 1 },
		.account = ACCOUNT,
		.method = "http-01" };
	char text[CAA_TEXT_MAX];
	enum caa_verdict v;
	struct caa r[4];
	size_t i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = take(cases[i].records, r);
		q.wildcard = 1;
		v = caa_judge(&q, r, n, text);
		check(v == cases[i].wildcard && is_visible(text),
		    "caa: %s: a wildcard: %d", cases[i].name, (int)v);
		q.wildcard = 0;
		v = caa_judge(&q, r, n, text);
		check(v == cases[i].plain && is_visible(text) &&
			(cases[i].text == NULL ||
			    strcmp(text, cases[i].text) == 0),
		    "caa: %s: %d '%s'", cases[i].name, (int)v, text);
	}
	n = take(
	    (const char *const[4]){ "0 issue ca.example; accounturi=" ACCOUNT },
	    r);
	q.account = NULL;
	check(caa_judge(&q, r, n, text) == CAA_ACCOUNT_UNKNOWN &&
		strcmp(text, ACCOUNT) == 0,
	    "caa: an account, where this one is not known: '%s'", text);
	q.issuers.n = 0;
	check(caa_judge(&q, r, n, text) == CAA_OTHERS &&
		strcmp(text, "ca.example") == 0,
	    "caa: a CA whose name is not known: '%s'", text);
	check(caa_judge(&q, NULL, 0, text) == CAA_PERMITTED,
	    "caa: no record permits all");
}

/* Sizes that no honest record has. */
static void
test_sizes(void)
{
	static char name[] = "ca.example", *names[] = { name };
	struct caa_question q = { .issuers = { .v = names, .n = 1 },
		.account = ACCOUNT,
		.method = "http-01" };
	static struct caa many[64];
	uint8_t value[70000];
	char text[CAA_TEXT_MAX];
	struct caa c;
	size_t i;

	memset(value, 'a', sizeof(value));
	check(caa_take(&c, 0, value, 0, value, 1) == -1 &&
		caa_take(&c, 0, value, 31, value, 1) == 0 &&
		caa_take(&c, 0, value, 32, value, 1) == -1 &&
		caa_take(&c, 0, value, 255, value, 1) == -1 &&
		caa_take(&c, 0, (const uint8_t *)"is-ue", 5, value, 1) == -1,
	    "caa: lengths of tags");
	for (i = 0; i < sizeof(value); i += i < 600 ? 1 : 997) {
		check(caa_take(&c, 0, (const uint8_t *)"issue", 5, value, i) ==
			    0 &&
			caa_judge(&q, &c, 1, text) ==
			    (i == 0 || i >= sizeof(c.value) ? CAA_NOBODY :
							      CAA_OTHERS),
		    "caa: a value of %zu bytes", i);
	}
	value[3] = '\0';
	check(caa_take(&c, 0, (const uint8_t *)"issue", 5, value, 9) == 0 &&
		caa_judge(&q, &c, 1, text) == CAA_NOBODY,
	    "caa: a NUL in a value");
	for (i = 0; i < 64; i++)
		check(caa_take(&many[i], 0, (const uint8_t *)"issue", 5,
			  (const uint8_t *)"a-long-name-of-a-ca.example",
			  27) == 0,
		    "caa: one of many");
	check(caa_judge(&q, many, 64, text) == CAA_OTHERS &&
		strlen(text) < sizeof(text) &&
		strcmp(text + strlen(text) - 3, "...") == 0,
	    "caa: the text of many records is cut");
}

int
main(void)
{
	test_cases();
	test_sizes();
	return test_end();
}
