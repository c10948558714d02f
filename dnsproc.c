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

#include "clock.h"
#include "http.h"
#include "proc.h"
#include "sandbox.h"

#define KEPT_MS		60000	/* an answer, also that there is none: a name server that is away costs one wait */
#define RESOLVES	10000	/* a server may close after each answer */

struct host {
	char		*name;
	char		*port;
	struct addrinfo	*found;		/* or NULL, with error */
	int		 error;
	int64_t		 until;		/* how long that counts; 0: not looked up yet */
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

static struct host *
find_host(const char *name, const char *port)
{
	size_t i;

	for (i = 0; i < nhosts; i++)
		if (strcmp(hosts[i].name, name) == 0 && strcmp(hosts[i].port, port) == 0)
			return &hosts[i];
	errx(1, "DNS_RESOLVE: not a host of the authority");
}

static void
look_up(struct host *h)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };

	if (clock_ms() < h->until)
		return;
	if (h->found != NULL)
		freeaddrinfo(h->found);
	h->found = NULL;
	h->error = getaddrinfo(h->name, h->port, &hints, &h->found);
	h->until = clock_ms() + KEPT_MS;
}

/* The first few addresses, in the order of RFC 6724 in which they come. */
static void
dns_resolve(struct msg *m)
{
	const char *name = msg_need_str(m), *port = msg_need_str(m);
	struct host *h = find_host(name, port);
	struct addrinfo *ai;
	size_t n = 0;

	msg_end(m);
	look_up(h);
	for (ai = h->found; ai != NULL && n < HTTP_ADDRESSES_MAX; ai = ai->ai_next)
		n++;
	msg_answer(&out, NET_ADDRESSES, m);
	msg_put_str(&out, h->error == 0 ? NULL : gai_strerror(h->error));
	msg_put_num(&out, n);
	for (ai = h->found; n > 0; ai = ai->ai_next, n--)
		msg_put_buf(&out, ai->ai_addr, ai->ai_addrlen);
	msg_send(&out);
}

static void
add_host(const char *name, const char *port)
{
	if ((hosts = recallocarray(hosts, nhosts, nhosts + 1, sizeof(*hosts))) == NULL ||
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

	urls = msg_get_strings(m, &n, STATUS_SERVERS_MAX);
	msg_end(m);
	for (i = 0; i < n; i++)
		if (url_parse_plain(&url, urls[i]))
			add_host(url.host, url.port);
}

static const struct handler table[] = {
	{ DNS_STATUS_URLS, dns_status_urls, ANY_STATE, 1 },
	{ DNS_RESOLVE, dns_resolve, ANY_STATE, RESOLVES },
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
