/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as an answer of the CA: no crash, and what is accepted has what the
 * flow relies on.  The first byte says which object it is taken for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_JSON
#include "begin.h"
#include "fuzz-mutate.h"
#include "fuzz.h"
#include "acme.h"
#include "valid.h"

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* One line that can be shown. */
static void
must_be_visible(const char *s, size_t size)
{
	size_t i, len = strnlen(s, size);

	must(len < size);
	for (i = 0; i < len; i++)
		must(s[i] >= 0x20 && s[i] < 0x7f);
}

static void
must_be_url(const char *s)
{
	struct url url;

	must(url_parse(&url, s));
}

static void
may_be_url(const char *s)
{
	if (s != NULL)
		must_be_url(s);
}

static void
fuzz_directory(const char *buf, size_t len)
{
	struct directory d;
	struct error e = { "" };

	if (directory_parse(&d, buf, len, &e) == 0) {
		must_be_url(d.new_nonce);
		must_be_url(d.new_account);
		must_be_url(d.new_order);
		may_be_url(d.revoke_cert);
		may_be_url(d.key_change);
		may_be_url(d.renewal_info);
		if (d.profiles != NULL)
			must_be_visible(d.profiles, SIZE_MAX);
	} else
		must(e.text[0] != '\0');
	must_be_visible(e.text, sizeof(e.text));
	directory_free(&d);
}

static void
fuzz_order(const char *buf, size_t len)
{
	struct order o;
	struct error e = { "" };
	size_t i;

	if (order_parse(&o, buf, len, &e) == 0) {
		must(o.nidentifiers > 0 && o.nauthorizations <= AUTHZ_MAX);
		must(o.nauthorizations > 0 || o.status != STATUS_PENDING);
		for (i = 0; i < o.nidentifiers; i++)
			must_be_visible(o.identifiers[i], SIZE_MAX);
		for (i = 0; i < o.nauthorizations; i++)
			must_be_url(o.authorizations[i]);
		if (o.status == STATUS_READY)
			must_be_url(o.finalize);
		may_be_url(o.finalize);
		if (o.status == STATUS_VALID)
			must_be_url(o.certificate);
		may_be_url(o.certificate);
		must_be_visible(o.status_text, sizeof(o.status_text));
		must_be_visible(o.error.text, sizeof(o.error.text));
	} else
		must(e.text[0] != '\0');
	must_be_visible(e.text, sizeof(e.text));
	order_free(&o);
}

static void
fuzz_authorization(const char *type, const char *buf, size_t len)
{
	struct authorization az;
	struct error e = { "" };
	size_t i;

	if (authorization_parse(&az, type, buf, len, &e) == 0) {
		must_be_visible(az.identifier, SIZE_MAX);
		must_be_visible(az.offered, SIZE_MAX);
		must_be_visible(
		    az.challenge.error.text, sizeof(az.challenge.error.text));
		may_be_url(az.challenge.url);
		for (i = 0; i < az.challenge.nissuers; i++)
			must(valid_dns_name(az.challenge.issuers[i]));
		if (az.status == STATUS_PENDING)
			must((az.challenge.url == NULL) ==
			    (az.challenge.token == NULL && i == 0));
	} else
		must(e.text[0] != '\0');
	must_be_visible(e.text, sizeof(e.text));
	authorization_free(&az);
}

static void
fuzz_renewal_info(const char *buf, size_t len)
{
	struct renewal_info info;
	struct error e = { "" };

	if (renewal_info_parse(&info, buf, len, &e) == 0)
		must(info.start > 0 && info.end > info.start &&
		    info.end < (time_t)1 << 40);
	else
		must(e.text[0] != '\0');
	must_be_visible(info.explanation, sizeof(info.explanation));
	must_be_visible(e.text, sizeof(e.text));
}

/* As a role does it. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	begin_json();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *buf = (const char *)data + 1;
	struct problem p;

	if (size == 0)
		return 0;
	switch (*data) {
	case 'd':
		fuzz_directory(buf, size - 1);
		break;
	case 'o':
		fuzz_order(buf, size - 1);
		break;
	case 'a':
		fuzz_authorization("http-01", buf, size - 1);
		fuzz_authorization("dns-persist-01", buf, size - 1);
		break;
	case 'i':
		fuzz_renewal_info(buf, size - 1);
		break;
	case 'c':
		must(account_status(buf, size - 1) == STATUS_VALID ||
		    json_whole(buf, size - 1));
		break;
	default:
		problem_parse(&p, 400, buf, size - 1);
		must(p.text[0] != '\0');
		must_be_visible(p.text, sizeof(p.text));
		must_be_visible(p.type, sizeof(p.type));
	}
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return size < 2 || draw(&seed, 4) == 0 ?
	    LLVMFuzzerMutate(data, size, max) :
	    mutate_json(data, size, max, 1, seed);
}
