/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * challenge.c, challenge-authorization.c.
 */
#include <stdlib.h>
#include <string.h>

#include "challenge.h"
#include "test.h"

/* RFC 8555 8.1, 8.4: the key is that of RFC 7638 3.1. */
static void
test_authorization(void)
{
	char *text = key_authorization(
	    "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA",
	    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	char digest[DIGEST_LEN + 1];

	check(strcmp(text,
		  "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA."
		  "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs") == 0,
	    "challenge: key authorization");
	key_authorization_digest(digest, text);
	check(
	    strcmp(digest, "ZTRx1Ckl1-tM05o5zaizTTA0yUy5AGereMgSNWC6Ll8") == 0,
	    "challenge: its digest is %s", digest);
	free(text);
}

/* The drafts' example. */
static void
test_label(void)
{
	char label[ACCOUNT_LABEL_LEN + 1];

	account_label(label, "https://example.com/acme/acct/ExampleAccount");
	check(strcmp(label, "_ujmmovf2vn55tgye") == 0,
	    "challenge: label of an account: %s", label);
}

static void
test_types(void)
{
	int i;

	for (i = 0; i < CHALLENGE__MAX; i++)
		check(challenge_by_dns((enum challenge_type)i) ==
			(strncmp(challenge_names[i], "dns-", 4) == 0),
		    "challenge: %s: in the DNS or not", challenge_names[i]);
}

/* RFC 8555 7.1.4, 8.4; draft-ietf-acme-dns-account-label. */
static void
test_records(void)
{
	static const struct {
		const char *label, *identifier, *record;
	} of[] = {
		{ NULL, "a.example", "_acme-challenge.a.example" },
		{ NULL, "*.a.example", "_acme-challenge.a.example" },
		{ "_ujmmovf2vn55tgye", "*.a.example",
		    "_ujmmovf2vn55tgye._acme-challenge.a.example" },
	};
	char *record;
	size_t i;

	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		record = challenge_record(of[i].label, of[i].identifier);
		check(strcmp(record, of[i].record) == 0, "challenge: record %s",
		    record);
		free(record);
		check(
		    strcmp(challenge_base(of[i].identifier), "a.example") == 0,
		    "challenge: without a wildcard: %s", of[i].identifier);
	}
}

int
main(void)
{
	test_authorization();
	test_label();
	test_types();
	test_records();
	return test_end();
}
