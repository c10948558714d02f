/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Responds to challenges on ports of its own: to requests over HTTP for
 * http-01, to TLS handshakes for tls-alpn-01.  It holds the listening sockets,
 * bound before it gives its rights up, and what chng tells it: key
 * authorizations, or digests of them, of which it makes certificates.  From
 * anyone on the internet it reads requests and ClientHellos.  An attacker in it
 * has no file, no key and no way to connect; on these ports, as long as the run
 * lasts, the attacker can serve anything, and so prove to a CA what a web
 * server of these names could.  It refuses all but the paths and names of
 * responses that it has.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <tls.h>

#include "begin.h"
#include "clock.h"
#include "resp.h"
#include "role.h"
#include "sandbox.h"

struct resp_job {
	char *handle;
	enum way way;
	enum challenge_type challenge;
	struct strings listen; /* Addresses and ports alternate. */
	struct strings names;
};

static struct resp_job *jobs;
static uint32_t njobs;
static struct msg out;

static void
add_job(const struct slice_domain *d)
{
	struct resp_job *j;
	size_t i;

	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	j = &jobs[njobs++];
	j->handle = d->handle;
	j->way = d->way;
	j->challenge = d->challenge;
	j->listen = d->listen;
	j->names = d->names;
	for (i = 0; j->way == WAY_LISTEN && i + 1 < j->listen.n; i += 2)
		listen_add(j->listen.v[i], j->listen.v[i + 1]);
}

/*
 * Replies to chng.  e says why the response cannot be served; NULL: it is
 * served.
 */
static void
response(const struct msg *m, uint32_t number, const struct error *e)
{
	struct body_published b = { .number = number,
		.reason = e != NULL ? e->text : NULL };

	msg_new(&out, CHNG_PUBLISHED, m->head.job);
	body_published(&out, &b);
	msg_send(&out);
}

static struct resp_job *
job_of(const struct msg *m)
{
	struct resp_job *j = &jobs[m->head.job];

	if (j->way != WAY_LISTEN)
		errx(1, "%s: about a job without 'listen on'",
		    routes[m->head.type].name);
	return j;
}

/*
 * Before an order is placed: is respproc listening at each of the job's
 * addresses?
 */
static void
resp_check(struct msg *m)
{
	const struct resp_job *j = job_of(m);
	struct error e;
	size_t i;

	msg_end(m);
	for (i = 0; i + 1 < j->listen.n; i += 2)
		if (!listen_works(j->listen.v[i], j->listen.v[i + 1], &e)) {
			response(m, 0, &e);
			return;
		}
	response(m, 0, NULL);
}

static void
resp_put(struct msg *m)
{
	const struct resp_job *j = job_of(m);
	struct body_publish b;
	struct error e;
	int rc = 0;

	body_publish(m, &b);
	if (b.number >= j->names.n)
		errx(1, "RESP_PUT: no identifier %u", b.number);
	if (j->challenge == CHALLENGE_TLSALPN01)
		rc = response_put_tls(
		    m->head.job, b.number, j->names.v[b.number], b.text, &e);
	else
		response_put_http(m->head.job, b.number, b.text);
	response(m, b.number, rc == 0 ? NULL : &e);
}

static void
resp_drop(struct msg *m)
{
	const struct resp_job *j = job_of(m);
	size_t n, served;
	int doubtful;

	body_flag(m, &doubtful);
	n = response_count(m->head.job, &served);
	if (doubtful && served < n)
		say_warning(
		    "%s: %zu of %zu responses were never asked for on %s port "
		    "%s%s (%lu connections came in all): does port %s of these "
		    "names lead there?",
		    j->handle, n - served, n, j->listen.v[0], j->listen.v[1],
		    j->listen.n > 2 ? " and the others" : "", clients_count(),
		    j->challenge == CHALLENGE_TLSALPN01 ? "443" : "80");
	response_drop(m->head.job);
}

/* Serves clients until there is a message. */
static void
serve_clients(void)
{
	static struct pollfd pfd[1 + LISTENERS_MAX + CLIENTS_MAX];
	nfds_t nlisten, nclients;
	int64_t until;
	int wait;

	do {
		pfd[0] = (struct pollfd){ .fd = ROLE_FD, .events = POLLIN };
		nlisten = listen_poll(pfd + 1);
		nclients = clients_poll(pfd + 1 + nlisten, &until);
		wait = until == INT64_MAX ? -1 : clock_left_ms(until);
		if (poll(pfd, 1 + nlisten + nclients, wait) == -1 &&
		    errno != EINTR)
			err(1, "poll");
		clients_serve(pfd + 1 + nlisten);
		listen_serve(pfd + 1);
	} while (pfd[0].revents == 0);
}

static const struct handler table[] = {
	{ RESP_CHECK, resp_check, ANY_STATE, 2 },
	{ RESP_PUT, resp_put, ANY_STATE, ORDERS_MAX *CONF_NAMES_MAX },
	{ RESP_DROP, resp_drop, ANY_STATE, ORDERS_MAX },
};

int
main(int argc, char *argv[])
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_RESP };
	struct slice_domain d;
	struct slice_conf c;

	role_begin(ROLE_RESP, argc, argv);
	begin_crypto(1);
	role_conf(&m, &c);
	while (role_domain(&m, njobs, &d))
		add_job(&d);
	listen_bind();
	if (tls_init() == -1)
		errx(1, "tls_init");
	selfsigned_begin();
	clients_begin();
	s.uid = role_uid;
	s.gid = role_gid;
	sandbox_enter(&s);
	serve_beside(table, sizeof(table) / sizeof(table[0]), njobs, NULL,
	    serve_clients);
}
