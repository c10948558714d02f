/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Decides when a certificate is to be renewed.  What netproc reports about that
 * is limited here: an attacker in netproc, or a CA, can neither let a
 * certificate expire nor have it renewed again and again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <err.h>

#include "base64url.h"
#include "cert.h"

#define MINUTE 60
#define HOUR 3600
#define DAY 86400
/*
 * The least seconds between two early renewals: a day of a daily cron(8) job.
 */
#define EARLY_PAUSE BACKOFF_MAX
/* The seconds until the CA is asked again (RFC 9773 4.3.3). */
#define ASK_AGAIN (6 * HOUR)

/* Makes the certificate's ID; NULL if it cannot have one. */
static char *
certid_of(const struct chain *chain)
{
	X509 *leaf = sk_X509_value(chain->certs, 0);
	AUTHORITY_KEYID *aki = X509_get_ext_d2i(
	    leaf, NID_authority_key_identifier, NULL, NULL);
	uint8_t *der = NULL, *serial;
	char *id64, *serial64, *certid = NULL;
	int len;

	if (aki != NULL && aki->keyid != NULL &&
	    ASN1_STRING_length(aki->keyid) > 0 &&
	    (len = i2d_ASN1_INTEGER(X509_get_serialNumber(leaf), &der)) > 2 &&
	    der[1] < 0x80) {
		/*
		 * The certificate's ID has the serial number without tag and
		 * length, but with its leading zero.
		 */
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

/*
 * Spreads the renewals of certificates that were obtained on one day.  The
 * result is the same in each run (FNV-1a).
 */
static time_t
spread(const char *handle, time_t most)
{
	uint32_t hash = 2166136261u;

	for (; *handle != '\0'; handle++)
		hash = (hash ^ (unsigned char)*handle) * 16777619u;
	return most > 0 ? (time_t)(hash % (uint32_t)most) : 0;
}

void
renewal_life(const struct chain *chain, struct life *life)
{
	char *certid = certid_of(chain);

	memset(life, 0, sizeof(*life));
	life->not_before = chain->not_before;
	life->not_after = chain->not_after;
	if (certid != NULL)
		strlcpy(life->certid, certid, sizeof(life->certid));
	free(certid);
}

static int
is_about(const struct window *window, const struct life *life)
{
	return life->certid[0] != '\0' &&
	    strcmp(window->certid, life->certid) == 0;
}

/* Returns when to renew if the CA suggests no time. */
static time_t
planned_time(const struct life *life, const char *handle)
{
	time_t length = life->not_after - life->not_before;

	return life->not_after - (length < 10 * DAY ? length / 2 : length / 3) -
	    spread(handle, length / 30);
}

time_t
renewal_time(const struct life *life, const char *handle, const struct state *s,
    time_t now, int *suggested)
{
	time_t planned = planned_time(life, handle), t;
	time_t floor = life->not_after -
	    (life->not_after - life->not_before) / 6;

	*suggested = 0;
	if (s->window.time == 0 || !is_about(&s->window, life))
		return planned;
	t = s->window.time;
	if (t < planned && s->early != 0 && s->early <= now &&
	    t < s->early + EARLY_PAUSE)
		t = s->early + EARLY_PAUSE < planned ? s->early + EARLY_PAUSE :
						       planned;
	*suggested = t <= floor;
	return t < floor ? t : floor;
}

int
renewal_overdue(const struct life *life, const char *handle,
    const struct state *s, time_t now)
{
	return s->window.time != 0 && is_about(&s->window, life) &&
	    s->window.end <= now &&
	    now < planned_time(life, handle) -
		(life->not_after - life->not_before) / 10;
}

int
renewal_ask(const struct life *life, const struct state *s, time_t now)
{
	/*
	 * A stored time that is further ahead than any response allows was
	 * written with a wrong clock.
	 */
	return life->certid[0] != '\0' && now < life->not_after &&
	    (!is_about(&s->window, life) || s->window.ask <= now ||
		s->window.ask > now + DAY + HOUR);
}

void
renewal_window(struct state *s, const char *certid, time_t start, time_t end,
    long retry, time_t now)
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
	s->window.ask = now +
	    (retry < MINUTE     ? MINUTE :
		    retry > DAY ? DAY :
				  retry);
}

void
renewal_installed(struct state *s, const struct life *life, time_t now)
{
	memset(&s->window, 0, sizeof(s->window));
	strlcpy(s->window.certid, life->certid, sizeof(s->window.certid));
	s->window.ask = now + ASK_AGAIN + (time_t)arc4random_uniform(HOUR);
}
