/* SPDX-License-Identifier: ISC */
/*
 * Holds the right to read the resolver's files and to talk to name servers:
 * getaddrinfo() needs both, and no other process gets them.  From net it
 * reads a host and port, and looks up only those of the configured
 * authority and those that file has named; from the network it reads DNS answers.  Who owns it can send
 * net to another address, where TLS then fails.
 */
#include <sys/socket.h>
#include <netdb.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "proc.h"
#include "sandbox.h"

struct host {
	char	*name;
	char	*port;
};

static struct host *hosts;
static size_t nhosts;
static struct msg out;

/* One look-up loads what the resolver loads lazily, before the sandbox. */
static void
warm_up(void)
{
	struct addrinfo *ai;

	if (getaddrinfo("localhost", "443", NULL, &ai) == 0)
		freeaddrinfo(ai);
}

static int
known(const char *name, const char *port)
{
	size_t i;

	for (i = 0; i < nhosts; i++)
		if (strcmp(hosts[i].name, name) == 0 && strcmp(hosts[i].port, port) == 0)
			return 1;
	return 0;
}

/* The first few addresses, in the order of RFC 6724 in which they come. */
static void
dns_resolve(struct msg *m)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *res = NULL, *ai;
	const char *name = msg_need_str(m), *port = msg_need_str(m);
	size_t n = 0;
	int rc;

	msg_end(m);
	if (!known(name, port))
		errx(1, "DNS_RESOLVE: not a host of the authority");
	rc = getaddrinfo(name, port, &hints, &res);
	for (ai = res; rc == 0 && ai != NULL && n < HTTP_ADDRESSES_MAX; ai = ai->ai_next)
		n++;
	msg_answer(&out, NET_ADDRESSES, m);
	msg_put_str(&out, rc == 0 ? NULL : gai_strerror(rc));
	msg_put_num(&out, n);
	for (ai = res; n > 0; ai = ai->ai_next, n--)
		msg_put_buf(&out, ai->ai_addr, ai->ai_addrlen);
	msg_send(&out);
	if (res != NULL)
		freeaddrinfo(res);
}

static void
add_host(const char *name, const char *port)
{
	if ((hosts = reallocarray(hosts, nhosts + 1, sizeof(*hosts))) == NULL ||
	    (hosts[nhosts].name = strdup(name)) == NULL ||
	    (hosts[nhosts].port = strdup(port)) == NULL)
		err(1, NULL);
	nhosts++;
}

/* From file, which has read them in certificates that are installed. */
static void
dns_status_urls(struct msg *m)
{
	struct url url;
	char **urls;
	size_t n, i;

	urls = msg_get_strings(m, &n, STATUS_URLS_MAX);
	msg_end(m);
	for (i = 0; i < n; i++)
		if (url_parse_plain(&url, urls[i]))
			add_host(url.host, url.port);
}

static const struct handler table[] = {
	{ DNS_STATUS_URLS, dns_status_urls, ANY_STATE, 1 },
	{ DNS_RESOLVE, dns_resolve, ANY_STATE, 100 },
};

void
dnsproc(void)
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_DNS };
	const char *name;
	uint64_t n, njobs;

	role_conf(&m);
	njobs = msg_get_num(&m);
	for (n = msg_get_num(&m); n > 0; n--) {
		name = msg_need_str(&m);
		add_host(name, msg_need_str(&m));
	}
	msg_end(&m);
	if (role_domain(&m, 0))
		errx(1, "ROLE_DOMAIN: not expected here");
	warm_up();
	s.uid = role_uid;
	s.gid = role_gid;
	sandbox_enter(&s);
	serve(table, sizeof(table) / sizeof(table[0]), (uint32_t)njobs, NULL);
}
