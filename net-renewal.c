/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Asks when the CA suggests to renew a certificate (RFC 9773 4), by net.  No
 * failure here fails the run: certproc decides what the response means.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "msg-bodies.h"
#include "net.h"

/* The seconds until net asks a CA again that offers no renewal information. */
#define ABSENT_SECONDS 86400
#define FAILED_SECONDS 3600

static struct msg m;

static void
tell_cert(uint32_t job, time_t start, time_t end, uint64_t retry)
{
	struct body_window b = {
		.start = (uint64_t)start, .end = (uint64_t)end, .retry = retry
	};

	msg_new(&m, CERT_WINDOW, job);
	body_window(&m, &b);
	msg_send(&m);
}

void
renewal_info_none(const struct session *s)
{
	tell_cert(s->job, 0, 0, FAILED_SECONDS);
}

/* Takes the CA's response, and tells certproc the window in it. */
static void
take_info(
    const struct session *s, const char *url, const struct http_response *a)
{
	const char *handle = s->conf->handle;
	long retry = http_retry_after(a, time(NULL));
	struct renewal_info info;
	struct error e;

	if (renewal_info_parse(&info, a->body, a->bodylen, &e) == -1) {
		say(1, "%s: %s: %s", handle, url, e.text);
		tell_cert(s->job, 0, 0, UINT64_MAX);
		return;
	}
	say(1, "%s: the CA suggests to renew between %s and %s%s%s", handle,
	    clock_text(info.start), clock_text(info.end),
	    info.explanation[0] != '\0' ? ", see " : "", info.explanation);
	tell_cert(s->job, info.start, info.end,
	    retry < 0 ? UINT64_MAX : (uint64_t)retry);
}

void
renewal_info_ask(struct session *s)
{
	const char *base = s->directory.renewal_info;
	struct http_response a;
	struct net_error t;
	char *url;
	size_t len;

	if (base == NULL) {
		tell_cert(s->job, 0, 0, ABSENT_SECONDS);
		return;
	}
	len = strlen(base);
	if (asprintf(&url, "%s%s%s", base, base[len - 1] == '/' ? "" : "/",
		s->conf->certid) == -1)
		err(1, NULL);
	if (request_get(s, url, &a, &t) == 0) {
		take_info(s, url, &a);
		http_response_free(&a);
	} else {
		say(1, "%s: no renewal information: %s", s->conf->handle,
		    t.error.text);
		/*
		 * Ask again sooner after a temporary failure, otherwise in six
		 * hours (RFC 9773 4.3.3).
		 */
		tell_cert(s->job, 0, 0,
		    t.lost || t.status >= 500 ? FAILED_SECONDS : UINT64_MAX);
	}
	free(url);
}
