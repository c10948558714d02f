/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * "check webroot", by net: fetches a file that chng puts by each name, over the
 * network, as the CA fetches responses (RFC 8555 8.3).  Its content is random
 * and known to net: comparing it tells nothing about a response.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "msg-bodies.h"
#include "net.h"

#define NAME_SECONDS 10 /* The seconds for one name, as at Let's Encrypt. */
/* The seconds for all names; names that are left then are not checked. */
#define WEBROOT_SECONDS 60
#define REDIRECTS_MAX 10
#define FAILED_MAX 3 /* The most names that messages list. */

/* A file that chng has put. */
struct probe {
	char *path; /* The path in its URL. */
	char *text; /* The content of the file. */
	char *dir;  /* The directory of the file, for messages. */
};

enum found { PROBE_SERVED, PROBE_NOT_SERVED, PROBE_ELSEWHERE };

static struct msg m;

static char *
copy(const char *s)
{
	char *out = strdup(s);

	if (out == NULL)
		err(1, NULL);
	return out;
}

/*
 * Has chng put a file to look for in the web server.  0, or -1 if chng cannot;
 * chng has printed the reason.
 */
static int
put_probe(uint32_t job, struct probe *p, struct net_error *t)
{
	struct body_probe b;

	msg_new(&m, CHNG_PROBE, job);
	msg_send(&m);
	request_expect(&m, NET_PROBE);
	body_probe(&m, &b);
	if (b.token == NULL || b.text == NULL || b.dir == NULL) {
		net_error_set(
		    t, FAILURE_LOCAL, "the challenge directory cannot be used");
		return -1;
	}
	if (!valid_token(b.token))
		errx(1, "NET_PROBE: not a token");
	if (asprintf(&p->path, "/.well-known/acme-challenge/%s", b.token) == -1)
		err(1, NULL);
	p->text = copy(b.text);
	p->dir = copy(b.dir);
	return 0;
}

static void
drop_probe(uint32_t job, struct probe *p)
{
	int doubtful = 0;

	msg_new(&m, CHNG_DROP, job);
	body_flag(&m, &doubtful);
	msg_send(&m);
	request_expect(&m, NET_CHNG_DONE);
	free(p->path);
	free(p->text);
	free(p->dir);
}

/* Resolves a host for http_client, by dns, which has the names of such jobs. */
static int
resolve(void *session, const struct url *url, struct address *a, size_t *n,
    struct error *e)
{
	return request_resolve(session, FOR_WEBROOT, url, a, n, e);
}

/*
 * Sends one request on a connection of its own.  The certificate of a server
 * that a redirect leads to is not verified; CAs do not verify it, either.
 */
static int
get(struct session *s, const struct url *url, int64_t deadline,
    struct http_response *a, struct error *e)
{
	/* There is no proxy: the CA, too, asks the web server itself. */
	const struct http_client client = { .user_agent = USER_AGENT,
		.resolve = resolve,
		.context = s,
		.hup_fd = ROLE_FD };
	struct http *h;
	int rc;

	if ((h = http_new(&client, url, NULL, 1, e)) == NULL)
		return -1;
	http_deadline(h, deadline);
	rc = http_request(h, HTTP_GET, url, "*/*", NULL, 0, a, e);
	http_free(h);
	return rc == 0 ? 0 : -1;
}

/*
 * Parses a URL that net may request: it must be of one of the job's own names,
 * on port 80 or 443.
 */
static int
take_url(const struct net_job *j, const char *text, struct url *url)
{
	size_t i;

	if ((!url_parse_plain(url, text) ||
		strcmp(url->port, WEBROOT_PORT) != 0)) {
		if (!url_parse(url, text) ||
		    strcmp(url->port, WEBROOT_TLS_PORT) != 0)
			return 0;
		url->plain = 0;
	}
	for (i = 0; i < j->names.n; i++)
		if (strcmp(j->names.v[i], url->host) == 0)
			return 1;
	return 0;
}

/* Compares without trailing white space (RFC 8555 8.3). */
static int
is_probe(const struct probe *p, const struct http_response *a)
{
	size_t len = a->bodylen;

	while (len > 0 && strchr(" \t\r\n", a->body[len - 1]) != NULL &&
	    a->body[len - 1] != '\0')
		len--;
	return len == strlen(p->text) && memcmp(a->body, p->text, len) == 0;
}

/*
 * Judges a whole response.  *next: the URL that it redirects to, which the
 * caller frees, or NULL.
 */
static enum found
judge(const struct probe *p, const char *text, const struct http_response *a,
    char **next, struct error *e)
{
	*next = a->status >= 300 && a->status < 400 ? http_location(a, text) :
						      NULL;
	if (*next != NULL)
		return PROBE_ELSEWHERE;
	if (a->status != 200)
		error_set(e, "%s: HTTP status %d", text, a->status);
	else if (is_probe(p, a))
		return PROBE_SERVED;
	else
		error_set(
		    e, "%s: something else than the file is served", text);
	return PROBE_NOT_SERVED;
}

static void
say_not_followed(const struct net_job *j, const char *name, const char *text)
{
	char safe[256];

	say(1, "%s: check webroot: %s redirects to %s, which is not looked at",
	    j->handle, name, say_safe(safe, sizeof(safe), text, strlen(text)));
}

/*
 * Fetches the file by one name, and follows redirects that stay with the job's
 * names.
 */
static enum found
look(struct session *s, const char *name, const struct probe *p,
    int64_t deadline, struct error *e)
{
	const struct net_job *j = s->conf;
	int v6 = strchr(name, ':') != NULL, redirects = 0;
	enum found found = PROBE_ELSEWHERE;
	struct http_response a;
	struct url url;
	char *text, *next;

	if (asprintf(&text, "http://%s%s%s:%s%s", v6 ? "[" : "", name,
		v6 ? "]" : "", WEBROOT_PORT, p->path) == -1)
		err(1, NULL);
	while (found == PROBE_ELSEWHERE) {
		if (!take_url(j, text, &url)) {
			say_not_followed(j, name, text);
			break;
		}
		if (redirects++ > REDIRECTS_MAX) {
			error_set(e, "%s: more than %d redirects", text,
			    REDIRECTS_MAX);
			found = PROBE_NOT_SERVED;
			break;
		}
		say(2, "GET %s", text);
		if (get(s, &url, deadline, &a, e) == -1) {
			found = PROBE_NOT_SERVED;
			break;
		}
		found = judge(p, text, &a, &next, e);
		http_response_free(&a);
		if (next != NULL) {
			free(text);
			text = next;
		}
	}
	free(text);
	return found;
}

/*
 * Tries all names.  The error has the first one that fails; some more are
 * printed here.
 */
static int
look_all(struct session *s, const struct probe *p, struct net_error *t)
{
	const struct net_job *j = s->conf;
	int64_t all = clock_ms() + WEBROOT_SECONDS * (int64_t)1000, one;
	struct error e;
	size_t i;
	int failed = 0;

	for (i = 0; i < j->names.n && failed < FAILED_MAX; i++) {
		if (clock_left_ms(all) == 0) {
			say(1,
			    "%s: check webroot: %zu names are not looked at, "
			    "as the others took %d seconds",
			    j->handle, j->names.n - i, WEBROOT_SECONDS);
			break;
		}
		one = clock_ms() + NAME_SECONDS * (int64_t)1000;
		if (look(s, j->names.v[i], p, one < all ? one : all, &e) !=
		    PROBE_NOT_SERVED)
			continue;
		if (failed++ == 0)
			net_error_set(t, FAILURE_LOCAL,
			    "check webroot: %s; the file was in %s: does the "
			    "web server of this name serve that directory as "
			    "/.well-known/acme-challenge/, on port %s?",
			    e.text, p->dir, WEBROOT_PORT);
		else
			warnx("%s: check webroot: %s", j->handle, e.text);
	}
	return failed > 0 ? -1 : 0;
}

int
webroot_check(struct session *s, struct net_error *t)
{
	struct probe p;
	int rc;

	if (put_probe(s->job, &p, t) == -1)
		return -1;
	rc = look_all(s, &p, t);
	drop_probe(s->job, &p);
	return rc;
}
