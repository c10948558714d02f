/* SPDX-License-Identifier: ISC */
/*
 * Talks to the CA, and holds nothing but that connection: no key, no file,
 * no thumbprint, no CSR.  It reads whatever the CA, or whoever sits between,
 * sends.  Who owns it can make a run fail and have typed requests of the
 * running jobs signed for the authority's own URLs, which is what it is for.  It
 * refuses URLs elsewhere, tokens that are none, identifiers nobody asked for.
 * Here it meets the CA (RFC 8555 7.1 to 7.3); each certificate is in order.c.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "proc.h"
#include "request.h"
#include "sandbox.h"
#include "trust.h"

static struct net_job *jobs;
static uint32_t njobs;
static char *api_url;
static struct directory directory;
static struct msg m;

/* 7.1.1: what the CA offers, and where. */
static int
read_directory(struct trouble *t)
{
	struct http_answer a;
	struct why w;
	int rc;

	if (request_get(api_url, &a, t) == -1)
		return -1;
	rc = directory_parse(&directory, a.body, a.bodylen, &w);
	http_answer_free(&a);
	if (rc == -1)
		return trouble(t, FAILURE_CA, "%s: %s", api_url, w.text);
	if (request_origin("directory: newNonce", directory.new_nonce, t) == -1 ||
	    request_origin("directory: newAccount", directory.new_account, t) == -1 ||
	    request_origin("directory: newOrder", directory.new_order, t) == -1)
		return -1;
	request_nonces(directory.new_nonce);
	return 0;
}

/* 7.3: the answer to newAccount names the account in Location. */
static int
ask_account(enum msgtype sign, struct trouble *t)
{
	struct http_answer a;
	char *url;
	int rc;

	if (request_post(sign, 0, directory.new_account, "application/json", &a, t) == -1)
		return -1;
	url = http_location(&a, directory.new_account);
	http_answer_free(&a);
	if (url == NULL)
		return trouble(t, FAILURE_CA, "%s: answered without the account's URL "
		    "(Location)", directory.new_account);
	if ((rc = request_origin("account", url, t)) == 0) {
		say(1, "account %s", url);
		msg_new(&m, KEY_SET_ACCOUNT, 0);
		msg_put_str(&m, url);
		msg_send(&m);
	}
	free(url);
	return rc;
}

static int
register_account(struct trouble *t)
{
	char safe[512];

	if (directory.eab_required)
		return trouble(t, FAILURE_LOCAL, "%s: wants an external account binding, "
		    "which is not supported yet", api_url);
	if (directory.terms != NULL) {
		say_safe(safe, sizeof(safe), directory.terms, strlen(directory.terms));
		say(1, "registering a new account; this agrees to the terms of service at %s", safe);
	}
	return ask_account(KEY_SIGN_NEW_ACCOUNT, t);
}

static int
find_account(enum account known, struct trouble *t)
{
	switch (known) {
	case ACCOUNT_KNOWN:
		return 0;
	case ACCOUNT_FIND:
		/* The key is there, its URL is not: 7.3.1. */
		if (ask_account(KEY_SIGN_FIND_ACCOUNT, t) == 0)
			return 0;
		if (strcmp(t->problem.type, "accountDoesNotExist") != 0)
			return -1;
		/* FALLTHROUGH */
	case ACCOUNT_NEW:
		return register_account(t);
	default:
		errx(1, "NET_ACCOUNT: %d", (int)known);
	}
}

static void
report_failure(uint32_t job, const struct trouble *t)
{
	if (strcmp(t->problem.type, "accountDoesNotExist") == 0)
		warnx("%s: the CA no longer knows the account; to register again, remove its "
		    "file authority-*.json in the state directory", jobs[job].handle);
	warnx("%s: %s", jobs[job].handle, t->why.text);
	msg_new(&m, FILE_FAILED, job);
	msg_put_num(&m, t->class);
	msg_put_num(&m, t->retry_after < 0 ? 0 : (uint64_t)t->retry_after);
	msg_put_str(&m, t->why.text);
	msg_send(&m);
	request_expect(&m, NET_JOB_DONE);
}

/* file says what is next; 0: nothing. */
static int
next_job(uint32_t *job)
{
	uint64_t n;

	msg_new(&m, FILE_NEXT, 0);
	msg_send(&m);
	request_expect(&m, NET_JOB);
	if ((n = msg_get_num(&m)) == NO_JOB)
		return 0;
	if (n >= njobs)
		errx(1, "NET_JOB: %llu", (unsigned long long)n);
	*job = (uint32_t)n;
	return 1;
}

/* Meets the CA once, then takes jobs as long as there are any. */
static void
work(enum account known)
{
	struct trouble met, t;
	int ok;

	ok = read_directory(&met) == 0 && find_account(known, &met) == 0;
	for (uint32_t job; next_job(&job);) {
		if (!ok)
			report_failure(job, &met);
		else if (order_certificate(&directory, job, &jobs[job], &t) == -1)
			report_failure(job, &t);
	}
}

static char *
get_copy(const char *s)
{
	char *copy = NULL;

	if (s != NULL && (copy = strdup(s)) == NULL)
		err(1, NULL);
	return copy;
}

static void
add_job(void)
{
	struct net_job *j;

	if ((jobs = reallocarray(jobs, njobs + 1, sizeof(*jobs))) == NULL)
		err(1, NULL);
	j = &jobs[njobs++];
	j->handle = get_copy(msg_need_str(&m));
	j->profile = get_copy(msg_get_str(&m));
	j->names.v = msg_get_strings(&m, &j->names.n, CONF_NAMES_MAX);
	msg_end(&m);
}

/* Trust anchors are read before the sandbox, the ports go into it. */
static void
setup(struct sandbox *s)
{
	static uint16_t ports[ORIGINS_MAX];
	struct url url;
	struct why w;
	char **urls, *ca_file, *ca = NULL;
	size_t n, len = 0;
	int insecure, fd;

	role_conf(&m);
	insecure = (int)msg_get_num(&m);
	ca_file = get_copy(msg_get_str(&m));
	urls = msg_get_strings(&m, &n, ORIGINS_MAX);
	msg_end(&m);
	api_url = urls[0];
	if (!insecure && ((fd = trust_open(ca_file, &w)) == -1 ||
	    (ca = trust_read(fd, &len, &w)) == NULL))
		errx(1, "%s", w.text);
	if (request_setup(urls, n, ca, len, insecure, &w) == -1)
		errx(1, "%s", w.text);
	free(ca);
	for (s->nports = 0; s->nports < n; s->nports++) {
		url_parse(&url, urls[s->nports]);
		ports[s->nports] = (uint16_t)strtonum(url.port, 1, 65535, NULL);
	}
	s->ports = ports;
}

void
netproc(void)
{
	struct sandbox s = { .role = ROLE_NET };
	uint64_t known;

	json_init();
	setup(&s);
	while (role_domain(&m, njobs))
		add_job();
	s.uid = role_uid;
	s.gid = role_gid;
	sandbox_enter(&s);
	request_expect(&m, NET_ACCOUNT);
	known = msg_get_num(&m);
	msg_end(&m);
	if (known < ACCOUNT_KNOWN || known > ACCOUNT_NEW)
		errx(1, "NET_ACCOUNT: malformed");
	work((enum account)known);
	/* Only ROLE_STOP can come now. */
	msg_receive(&m, ROLE_NET, -1);
	exit(m.head.type == ROLE_STOP ? 0 : 1);
}
