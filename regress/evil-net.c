/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * In the place of netproc.c: a net process that someone else owns.  The
 * handle of the job says what it tries.
 */
#include <sys/socket.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "role.h"

static struct msg m;

static void
raw(uint32_t type, uint32_t job, uint32_t len, size_t size)
{
	static uint8_t buf[200000];
	uint32_t head[4] = { type, job, 0, len };

	memcpy(buf, head, sizeof(head));
	if (send(ROLE_FD, buf, size, MSG_NOSIGNAL) == -1)
		warn("send");
}

/*
 * A message of this type with a body that would be fine from the right sender.
 */
static void
forged(enum msgtype type, size_t len)
{
	raw(type, 0, (uint32_t)len, MSG_HEAD_LEN + len);
}

static void
flood(enum msgtype type, int n)
{
	while (n-- > 0) {
		msg_new(&m, type, 0);
		msg_send(&m);
	}
}

/* Asks in another worker's name: whose is the reply? */
static void
ask_as_another(void)
{
	msg_new(&m, KEY_ASK_ACCOUNT, 0);
	m.head.worker = 7;
	msg_send(&m);
	role_receive(&m, 10);
	errx(1, "worker %u gets %s", m.head.worker, routes[m.head.type].name);
}

static void
try(const char *what)
{
	static const struct {
		const char *name;
		enum msgtype type;
		size_t len;
	} forgeries[] = {
		{ "thumbprint", CHNG_THUMBPRINT, 48 },
		{ "csr", KEY_CSR, 400 },
		{ "filekey", CERT_KEY, 48 },
		{ "account", CERT_ACCOUNT, 100 },
		{ "keyaccount", KEY_ACCOUNT, 100 },
		{ "begin", KEY_BEGIN, 0 },
		{ "outcome", PARENT_OUTCOME, 8 },
		{ "due", PARENT_DUE, 8 },
		{ "stop", ROLE_STOP, 0 },
		{ "conf", ROLE_CONF, 100 },
		{ "job", NET_JOB, 8 },
		{ "revoke", KEY_REVOKE, 100 },
		{ "csrrevoke", CSR_REVOKE, 100 },
		{ "newkey", CSR_NEW_KEY, 0 },
		{ "adopt", CSR_ADOPT, 0 },
		{ "combine", CSR_COMBINE, 100 },
		{ "discard", CSR_DISCARD, 0 },
		{ "csrdone", CERT_CSR_DONE, 8 },
		{ "names", CSR_NAMES, 8 },
		{ "ofcsr", PARENT_NAMES, 12 },
		{ "urls", DNS_STATUS_URLS, 8 },
		{ "moreurls", NET_STATUS_URLS, 8 },
		{ "signrevoke", KEY_SIGN_REVOKE, 100 },
		{ "rollover", KEY_SIGN_ROLLOVER, 100 },
		{ "contact", KEY_SIGN_CONTACT, 100 },
		{ "deactivate", KEY_SIGN_DEACTIVATE, 100 },
		{ "ownrevoke", CSR_SIGN_REVOKE, 100 },
		{ "done", CERT_DONE, 0 },
		{ "window", CERT_WINDOW, 24 },
		{ "status", CERT_STATUS, 12 },
		{ "lastchain", CERT_LAST_CHAIN, 0 },
		{ "publish", HOOK_PUT, 63 },
		{ "unpublish", HOOK_DROP, 0 },
		{ "published", CHNG_PUBLISHED, 12 },
		{ "await", ZONE_AWAIT, 63 },
		{ "seen", CHNG_SEEN, 12 },
		{ "changed", HOOK_CHANGED, 8 },
		{ "forget", FILE_FORGET_CHANGE, 0 },
		{ "forgotten", HOOK_FORGOTTEN, 8 },
		{ "presented", CERT_PRESENTED, 16 },
	};
	size_t i;

	for (i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++)
		if (strcmp(forgeries[i].name, what) == 0)
			forged(forgeries[i].type, forgeries[i].len);
	if (strcmp(what, "unknown") == 0)
		raw(999, 0, 0, MSG_HEAD_LEN);
	else if (strcmp(what, "toolong") == 0)
		raw(CERT_CHAIN, 0, 150000, 150000 + MSG_HEAD_LEN);
	else if (strcmp(what, "lying") == 0)
		raw(CERT_CHAIN, 0, 0xffffffff, MSG_HEAD_LEN + 10);
	else if (strcmp(what, "half") == 0)
		raw(CERT_CHAIN, 0, 0, 5);
	else if (strcmp(what, "notmine") == 0)
		raw(CSR_MAKE, 1, 0, MSG_HEAD_LEN);
	else if (strcmp(what, "another") == 0)
		ask_as_another();
	else if (strcmp(what, "flood") == 0)
		flood(CSR_MAKE, 1000000);
	else if (strcmp(what, "deaf") == 0)
		for (;;)
			flood(CHNG_CHECK, 1);
	else if (strcmp(what, "ends") == 0)
		exit(0);
	else if (strcmp(what, "crash") == 0)
		abort();
	else if (strcmp(what, "loud") == 0)
		/* Long lines: 4 MiB within what a busy machine does in 4 s. */
		for (;;)
			warnx("certproc: installed\033[2J%1000s", "");
	for (;;)
		/* "silent", and what the others do not end by. */
		pause();
}

int
main(int argc, char *argv[])
{
	struct slice_domain d;
	struct slice_conf c;
	char *handle = NULL;

	role_begin(ROLE_NET, argc, argv);
	role_conf(&m, &c);
	while (role_domain(&m, 0, &d))
		handle = d.handle;
	/* Its user, but no sandbox: as if that had been escaped. */
	if (geteuid() == 0 &&
	    (setresgid(role_gid, role_gid, role_gid) == -1 ||
		setresuid(role_uid, role_uid, role_uid) == -1))
		err(1, "cannot become another user");
	/* With a job of its own: about others it may not speak at all. */
	msg_new(&m, CERT_NEXT, 0);
	msg_send(&m);
	role_receive(&m, 10);
	try(handle == NULL ? "" : handle);
	exit(1);
}
