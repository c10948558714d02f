/* SPDX-License-Identifier: ISC */
/*
 * net's requests to servers that certificates name, without TLS.  The answers
 * are signed by themselves, and certproc judges them.
 */
#include <err.h>
#include <stdlib.h>

#include "clock.h"
#include "net-request.h"

#define PLAIN_LOST_MS	(HTTP_ANSWER_SECONDS * 1000)

/*
 * Servers that certificates name, and that did not answer: each may keep the
 * run waiting once, and all of them together for PLAIN_LOST_MS.
 */
static struct url *silent;
static size_t nsilent;
static int64_t lost_ms;

static int
is_silent(const struct url *url, struct why *w)
{
	size_t i;

	for (i = 0; i < nsilent; i++)
		if (url_same_origin(&silent[i], url))
			return why(w, "%s port %s: not asked again in this run", url->host, url->port);
	if (lost_ms >= PLAIN_LOST_MS)
		return why(w, "not asked in this run, which has waited %lld seconds for such servers",
		    (long long)(lost_ms / 1000));
	return 0;
}

static void
note_silent(const struct url *url, int64_t began)
{
	if ((silent = reallocarray(silent, nsilent + 1, sizeof(*silent))) == NULL)
		err(1, NULL);
	silent[nsilent++] = *url;
	lost_ms += clock_ms() - began;
}

int
request_plain(const char *text, const char *accept, struct http_answer *a, struct why *w)
{
	int64_t began = clock_ms();
	struct http *h;
	struct url url;
	int rc;

	if (!url_parse_plain(&url, text))
		return why(w, "%s: not an http URL", text);
	if (is_silent(&url, w) == -1)
		return -2;
	if ((h = http_new(&url, NULL, 0, USER_AGENT, request_resolve, ROLE_FD, w)) == NULL)
		return -1;
	http_deadline(h, began + HTTP_ANSWER_SECONDS * 1000);
	say(2, "GET %s", text);
	rc = http_request(h, HTTP_GET, &url, accept, NULL, 0, a, w);
	http_free(h);
	if (rc != 0)
		note_silent(&url, began);
	else if (a->status != 200) {
		rc = why(w, "%s: HTTP status %d", text, a->status);
		http_answer_free(a);
	}
	return rc == 0 ? 0 : -1;
}
