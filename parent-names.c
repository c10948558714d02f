/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads the names in configured CSRs.  The parent, which may be root and is not
 * in its sandbox yet, reads the file but does not parse it: csrproc does, in
 * its sandbox, which lets it open no file.
 */
#include <poll.h>
#include <stdlib.h>

#include "clock.h"
#include "conf-parse.h"
#include "disk.h"
#include "log.h"
#include "msg-bodies.h"
#include "parent.h"

#define NAMES_SECONDS 20

/* The path by which acme-client was started (argv[0]). */
static const char *self;
static struct child csr;

void
parent_names_begin(const char *argv0)
{
	self = argv0;
	child_init(&csr, role_names[ROLE_CSR]);
}

/* Starts csrproc without jobs, only to read names. */
static void
start(const struct conf *conf)
{
	static struct msg m;
	struct slice_conf c = {
		.verbose = verbose, .mode = MODE_NAMES, .reason = -1
	};

	parent_user(conf, &c.uid, &c.gid);
	parent_capabilities(0);
	child_start(&csr, ROLE_CSR, parent_programs(self), 0);
	msg_new(&m, ROLE_CONF, 0);
	body_conf(&m, ROLE_CSR, &c);
	child_send(&csr, &m);
	msg_new(&m, ROLE_START, 0);
	child_send(&csr, &m);
}

/*
 * Sends queued messages and prints csrproc's stderr.  Returns the length of a
 * received message, or 0.
 */
static size_t
turn(struct msg *m, int64_t until)
{
	struct pollfd pfd[2] = {
		{ .fd = csr.fd,
		    .events = (short)(POLLIN |
			(csr.head != NULL ? POLLOUT : 0)) },
		{ .fd = csr.errfd, .events = POLLIN },
	};

	if (poll(pfd, 2, clock_left_ms(until)) == -1)
		return 0;
	if (pfd[1].revents != 0)
		child_print(&csr);
	if (pfd[0].revents & POLLOUT)
		child_flush(&csr);
	return pfd[0].revents & ~POLLOUT ? child_receive(&csr, m) : 0;
}

/*
 * Waits for csrproc's reply.  0; or -1: csrproc has ended, or sent something
 * else.
 */
static int
receive(struct msg *m)
{
	int64_t until = clock_ms() + NAMES_SECONDS * (int64_t)1000;
	size_t n = 0;

	while (n == 0 && csr.fd != -1 && clock_left_ms(until) > 0)
		n = turn(m, until);
	msg_take(m);
	return n > 0 &&
		msg_check(m, n, ROLE_CSR, ROLE_PARENT, MODE_NAMES) == NULL &&
		m->head.type == PARENT_NAMES ?
	    0 :
	    -1;
}

int
csr_names(const struct conf *conf, const char *path, struct strings *names,
    struct error *e)
{
	static struct msg m;
	struct body_names b;
	size_t len;
	char *bytes;

	if ((bytes = csr_file_read(path, &len, e)) == NULL)
		return -1;
	if (csr.pid == 0)
		start(conf);
	msg_new(&m, CSR_NAMES, 0);
	msg_put_buf(&m, bytes, len);
	free(bytes);
	child_send(&csr, &m);
	if (receive(&m) == -1)
		return error_set(
		    e, "%s: csrproc, which parses it, sends no reply", path);
	body_names(&m, &b);
	*names = b.names;
	return b.error == NULL ? 0 : error_set(e, "%s: %s", path, b.error);
}

void
parent_names_end(void)
{
	static struct msg m;
	int64_t until = clock_ms() + NAMES_SECONDS * (int64_t)1000;
	int status;

	if (csr.pid == 0)
		return;
	msg_new(&m, ROLE_STOP, 0);
	child_send(&csr, &m);
	while ((csr.fd != -1 || csr.errfd != -1) && clock_left_ms(until) > 0)
		turn(&m, until);
	child_end(&csr);
	while (!child_ended(&csr, &status) && clock_left_ms(until) > 0)
		clock_sleep_ms(1);
}
