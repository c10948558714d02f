/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Tells the types of challenges apart. */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "challenge.h"

const char *const challenge_names[CHALLENGE__MAX] = {
	[CHALLENGE_HTTP01] = "http-01",
	[CHALLENGE_TLSALPN01] = "tls-alpn-01",
	[CHALLENGE_DNS01] = "dns-01",
	[CHALLENGE_DNSACCOUNT01] = "dns-account-01",
	[CHALLENGE_DNSPERSIST01] = "dns-persist-01",
};

int
challenge_by_dns(enum challenge_type c)
{
	return c == CHALLENGE_DNS01 || c == CHALLENGE_DNSACCOUNT01 ||
	    c == CHALLENGE_DNSPERSIST01;
}

const char *
challenge_base(const char *identifier)
{
	return strncmp(identifier, "*.", 2) == 0 ? identifier + 2 : identifier;
}

char *
challenge_record(const char *label, const char *identifier)
{
	char *record;

	if (asprintf(&record, "%s%s_acme-challenge.%s",
		label == NULL ? "" : label, label == NULL ? "" : ".",
		challenge_base(identifier)) == -1)
		err(1, NULL);
	return record;
}
