/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Remembers the URL of a job's order from the time the CA has made it until the
 * certificate is installed, so that the run after an interrupted one looks at
 * that order before it makes another.  netproc names the URL.  A false one
 * gains an attacker nothing: keyproc signs its fetching only for the URL that
 * the next run's certproc sends.
 */
#include <sys/types.h>
#include <err.h>
#include <string.h>
#include <time.h>

#include <sha2.h>

#include "cert.h"
#include "valid.h"

#define HOUR 3600
#define DAY 86400
#define ORDER_LIFE (7 * DAY) /* The seconds that CAs keep a pending order. */

static const char *authority;

void
order_authority(const char *api_url)
{
	authority = api_url;
}

/*
 * Hashes what an order depends on besides its names: a state is for one set of
 * names anyway.
 */
static void
hash_terms(const struct job *j, char out[FINGERPRINT_LEN])
{
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)authority, strlen(authority) + 1);
	if (j->profile != NULL)
		SHA256Update(
		    &ctx, (const uint8_t *)j->profile, strlen(j->profile) + 1);
	SHA256End(&ctx, out);
}

/*
 * Returns for how long an order is looked at again.  The installed certificate
 * must not expire while the CA never completes an order: this is a quarter of
 * the time that the certificate still had, or two days if there is none.
 */
static time_t
order_life(const struct job *j)
{
	time_t left = j->installed.chain == NULL ?
	    0 :
	    j->installed.chain->not_after - j->state->order_made;

	if (left <= 0)
		return 2 * DAY;
	if (left / 4 > ORDER_LIFE)
		return ORDER_LIFE;
	return left / 4 < HOUR ? HOUR : left / 4;
}

const char *
order_open(const struct job *j)
{
	const struct state *s = j->state;
	time_t now = time(NULL);
	char terms[FINGERPRINT_LEN];

	hash_terms(j, terms);
	if (s->order[0] == '\0' || strcmp(s->order_terms, terms) != 0 ||
	    s->order_made > now || now - s->order_made > order_life(j))
		return NULL;
	return s->order;
}

void
order_keep(struct job *j, const char *url)
{
	struct state *s = j->state;
	struct error e;

	s->order[0] = s->order_terms[0] = '\0';
	s->order_made = 0;
	/*
	 * A URL that is too long is not remembered: the next run makes a new
	 * order.
	 */
	if (url != NULL && strlen(url) < sizeof(s->order)) {
		strlcpy(s->order, url, sizeof(s->order));
		hash_terms(j, s->order_terms);
		s->order_made = time(NULL);
	}
	if (job_save(j, &e) == -1)
		warnx("%s: %s", j->handle, e.text);
}

int
order_worth(const struct job *j, const struct chain *chain, struct error *e)
{
	struct life life;
	int suggested;

	if (j->new_key && !chain_is_for(chain, j->keys.have_next, j->keys.next))
		return error_set(e,
		    "its certificate is for a key that must not be used any "
		    "longer");
	renewal_life(chain, &life);
	if (renewal_time(&life, j->handle, j->state, time(NULL), &suggested) <=
	    time(NULL))
		return error_set(
		    e, "its certificate is due for renewal already");
	return 0;
}

void
cert_order(struct msg *m)
{
	struct job *j = &jobs[m->head.job];
	const char *text = msg_get_str(m);
	struct url url;

	msg_end(m);
	if (text != NULL && !url_parse(&url, text))
		errx(1, "CERT_ORDER: not an https URL");
	j->resumed = 0;
	order_keep(j, text);
}
