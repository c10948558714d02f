/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * chngproc's responses that are records in the DNS (RFC 8555 8.4, and the
 * drafts of dns-account-01 and dns-persist-01).  chngproc makes the contents;
 * hookproc and zoneproc have the names from their configuration.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"
#include "chng.h"
#include "role.h"
#include "valid.h"

struct records {
	enum challenge_type challenge;
	enum way way;
	/* The digest to publish for each identifier. */
	char (*digests)[DIGEST_LEN + 1];
};

/* account URL; "": not known */
static char account[sizeof(((struct url *)0)->path) + 300];
static int waits;
static struct msg out;

void
record_conf(int zone_waits)
{
	waits = zone_waits;
}

struct records *
record_job(const struct slice_domain *d)
{
	struct records *r;

	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (r->digests = calloc((size_t)d->nnames + 1, sizeof(*r->digests))) ==
		NULL)
		err(1, NULL);
	r->challenge = d->challenge;
	r->way = d->way;
	return r;
}

void
record_account(struct msg *m)
{
	const char *s = msg_need_str(m);
	struct url url;

	msg_end(m);
	if (!url_parse(&url, s) ||
	    strlcpy(account, s, sizeof(account)) >= sizeof(account))
		errx(1, "CHNG_ACCOUNT: not a URL");
}

/*
 * Returns the account's label.  key sends the account URL before net can ask
 * for a response.
 */
static const char *
known_account(void)
{
	if (account[0] == '\0')
		errx(1,
		    "there was no CHNG_ACCOUNT before a request that needs it");
	return account;
}

static void
send_digest(
    enum msgtype type, const struct records *r, uint32_t job, uint32_t number)
{
	struct body_digest b = { .number = number,
		.digest = r->digests[number] };
	char label[ACCOUNT_LABEL_LEN + 1];

	if (r->challenge == CHALLENGE_DNSACCOUNT01) {
		account_label(label, known_account());
		b.label = label;
	}
	msg_new(&out, type, job);
	body_digest(&out, &b);
	msg_send(&out);
}

void
record_put(
    struct records *r, uint32_t job, uint32_t number, const char *authorization)
{
	key_authorization_digest(r->digests[number], authorization);
	send_digest(HOOK_PUT, r, job, number);
}

int
record_await(const struct records *r, uint32_t job, uint32_t number)
{
	if (waits)
		send_digest(ZONE_AWAIT, r, job, number);
	return waits;
}

void
record_ask(uint32_t job, const struct body_issuers *asked)
{
	struct body_persist b = { .number = asked->number,
		.account = known_account(),
		.issuers = asked->names };

	msg_new(&out, ZONE_PERSIST, job);
	body_persist(&out, &b);
	msg_send(&out);
}

void
record_drop(const struct records *r, uint32_t job)
{
	if (r->way == WAY_HOOK) {
		msg_new(&out, HOOK_DROP, job);
		msg_send(&out);
	}
	if (r->way == WAY_PERSIST || waits) {
		msg_new(&out, ZONE_END, job);
		msg_send(&out);
	}
}
