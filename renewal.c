/* SPDX-License-Identifier: ISC */
/*
 * When a certificate is to be renewed.  Everything that net tells about it is
 * clamped here: whoever owns net, or the CA's answers, can neither have a
 * certificate run out nor have it renewed over and over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <err.h>

#include "jose.h"
#include "renewal.h"

#define MINUTE	60
#define HOUR	3600
#define DAY	86400
#define ASK_AGAIN	(6 * HOUR)	/* RFC 9773 4.3.3 */

char *
renewal_certid(const struct chain *chain)
{
	X509 *leaf = sk_X509_value(chain->certs, 0);
	AUTHORITY_KEYID *aki = X509_get_ext_d2i(leaf, NID_authority_key_identifier, NULL, NULL);
	uint8_t *der = NULL, *serial;
	char *id64, *serial64, *certid = NULL;
	int len;

	if (aki != NULL && aki->keyid != NULL && ASN1_STRING_length(aki->keyid) > 0 &&
	    (len = i2d_ASN1_INTEGER(X509_get_serialNumber(leaf), &der)) > 2 && der[1] < 0x80) {
		/* Without tag and length, but with a leading zero. */
		serial = der + 2;
		id64 = b64url_encode(ASN1_STRING_get0_data(aki->keyid),
		    (size_t)ASN1_STRING_length(aki->keyid));
		serial64 = b64url_encode(serial, (size_t)len - 2);
		if (asprintf(&certid, "%s.%s", id64, serial64) == -1)
			err(1, NULL);
		free(id64);
		free(serial64);
	}
	OPENSSL_free(der);
	AUTHORITY_KEYID_free(aki);
	if (certid != NULL && strlen(certid) >= CERTID_MAX) {
		free(certid);
		certid = NULL;
	}
	return certid;
}

/* Certificates of one day do not come due together; the same at each run (FNV-1a). */
static time_t
spread(const char *handle, time_t most)
{
	uint32_t hash = 2166136261u;

	for (; *handle != '\0'; handle++)
		hash = (hash ^ (unsigned char)*handle) * 16777619u;
	return most > 0 ? (time_t)(hash % (uint32_t)most) : 0;
}

static int
is_about(const struct window *window, const struct chain *chain)
{
	char *certid = renewal_certid(chain);
	int same = certid != NULL && strcmp(window->certid, certid) == 0;

	free(certid);
	return same;
}

/* Without a word of the CA. */
static time_t
planned_time(const struct chain *chain, const char *handle)
{
	time_t life = chain->not_after - chain->not_before;

	return chain->not_after - (life < 10 * DAY ? life / 2 : life / 3) - spread(handle, life / 30);
}

time_t
renewal_time(const struct chain *chain, const char *handle, const struct state *s, time_t now,
    int *suggested)
{
	time_t life = chain->not_after - chain->not_before;
	time_t planned = planned_time(chain, handle), floor = chain->not_after - life / 6, t;

	*suggested = 0;
	if (s->window.time == 0 || !is_about(&s->window, chain))
		return planned;
	t = s->window.time;
	if (t < planned && s->early != 0 && s->early <= now && t < s->early + DAY)
		t = s->early + DAY < planned ? s->early + DAY : planned;
	*suggested = t <= floor;
	return t < floor ? t : floor;
}

int
renewal_overdue(const struct chain *chain, const char *handle, const struct state *s, time_t now)
{
	time_t life = chain->not_after - chain->not_before;

	return s->window.time != 0 && is_about(&s->window, chain) && s->window.end <= now &&
	    now < planned_time(chain, handle) - life / 10;
}

int
renewal_ask(const struct chain *chain, const struct state *s, time_t now)
{
	char *certid = renewal_certid(chain);
	/* A time that lies further ahead than any answer allows comes from a wrong clock. */
	int ask = certid != NULL && now < chain->not_after &&
	    (strcmp(s->window.certid, certid) != 0 || s->window.ask <= now ||
	    s->window.ask > now + DAY + HOUR);

	free(certid);
	return ask;
}

void
renewal_window(struct state *s, const char *certid, time_t start, time_t end, long retry,
    time_t now)
{
	struct window *window = &s->window;
	uint32_t width;

	renewal_no_window(s, certid, retry, now);
	if (start <= 0 || end <= start || end - start > INT32_MAX)
		return;
	if (window->start == start && window->end == end && window->time != 0)
		return;
	width = (uint32_t)(end - start);
	window->start = start;
	window->end = end;
	window->time = start + (time_t)arc4random_uniform(width);
}

void
renewal_no_window(struct state *s, const char *certid, long retry, time_t now)
{
	if (strcmp(s->window.certid, certid) != 0)
		memset(&s->window, 0, sizeof(s->window));
	strlcpy(s->window.certid, certid, sizeof(s->window.certid));
	if (retry < 0)
		retry = ASK_AGAIN;
	s->window.ask = now + (retry < MINUTE ? MINUTE : retry > DAY ? DAY : retry);
}

void
renewal_installed(struct state *s, const struct chain *chain, time_t now)
{
	char *certid = renewal_certid(chain);

	memset(&s->window, 0, sizeof(s->window));
	if (certid != NULL)
		strlcpy(s->window.certid, certid, sizeof(s->window.certid));
	free(certid);
	s->window.ask = now + ASK_AGAIN + (time_t)arc4random_uniform(HOUR);
}
