/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Holds the right to read the resolver's files and to talk to name servers:
 * getaddrinfo() needs both, and no other process gets them.  From net it reads
 * a host and port, and looks up only hosts of the configured authority and
 * those that certproc has named for revocation, of which it tells no address of
 * this machine; or, if there is a proxy, the proxy in place of both; and with
 * 'check webroot' and 'verify' the configured hosts.  From the network it reads
 * DNS responses.  An attacker in it can send net to another address, where TLS
 * then fails.
 */
#include <sys/socket.h>
#include <netdb.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "net.h"
#include "role.h"
#include "sandbox.h"

/*
 * For how many milliseconds a result is kept.  A failure is kept, too: an
 * unreachable name server costs one wait.
 */
#define KEPT_MS 60000
/*
 * The most requests to resolve in a run: a server may close its connection
 * after each response.
 */
#define RESOLVES 10000

struct host {
	char *name;
	char *port;
	enum resolve_for what;
	struct addrinfo *found; /* The addresses; NULL: error has the reason. */
	int error;
	/*
	 * The result counts until this time; 0: nothing has been looked up yet.
	 */
	int64_t until;
};

static struct host *hosts;
static size_t nhosts;
static int proxied; /* Only the name of the proxy is looked up here. */
static enum prefer prefer;
static struct msg out;

/*
 * Looks a name up before the sandbox is entered, so that the resolver loads its
 * libraries and files.
 */
static void
warm_up(void)
{
	struct addrinfo *ai;

	if (getaddrinfo("localhost", "443", NULL, &ai) == 0)
		freeaddrinfo(ai);
}

static struct host *
find_host(const char *name, const char *port, enum resolve_for what)
{
	size_t i;

	for (i = 0; i < nhosts; i++)
		if (hosts[i].what == what && strcmp(hosts[i].name, name) == 0 &&
		    strcmp(hosts[i].port, port) == 0)
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

/*
 * Is the authority at a private address?  Then it is a site's own CA, whose
 * lists may be at private addresses, too.
 */
static int
authority_is_private(void)
{
	struct addrinfo *ai;
	size_t i;

	for (i = 0; i < nhosts; i++) {
		if (hosts[i].what != FOR_AUTHORITY)
			continue;
		look_up(&hosts[i]);
		for (ai = hosts[i].found; ai != NULL; ai = ai->ai_next)
			if (address_reach(ai->ai_addr) != REACH_PUBLIC)
				return 1;
	}
	return 0;
}

/*
 * May net connect to this address?  Services on this machine and its link often
 * trust all that reach them: no certificate may make net send requests to them.
 */
static int
may_be_asked(const struct host *h, const struct sockaddr *sa)
{
	enum reach reach = address_reach(sa);

	if (h->what != FOR_STATUS || reach == REACH_PUBLIC)
		return 1;
	return reach == REACH_PRIVATE ? authority_is_private() :
					STATUS_LOOPBACK;
}

/* Says why there is no address to send, or returns NULL. */
static const char *
no_address(const struct host *h, uint64_t n)
{
	static char text[200];
	char address[64];

	if (h->error != 0)
		return gai_strerror(h->error);
	if (n > 0 || h->found == NULL)
		return NULL;
	snprintf(text, sizeof(text),
	    "is at %s, %s, where no certificate may have anything asked",
	    address_text(h->found->ai_addr, address, sizeof(address)),
	    address_reach(h->found->ai_addr) == REACH_PRIVATE ?
		"an address of a private network, other than the authority" :
		"an address of this machine or its link");
	return text;
}

/* Adds the addresses of the preferred family, or all others. */
static void
add_addresses(struct body_addresses *b, const struct host *h, int preferred)
{
	int family = prefer == PREFER_IPV4 ? AF_INET :
	    prefer == PREFER_IPV6          ? AF_INET6 :
					     AF_UNSPEC;
	const struct addrinfo *ai;

	for (ai = h->found; ai != NULL && b->n < ADDRESSES_MAX;
	     ai = ai->ai_next)
		if ((ai->ai_family == family) == preferred &&
		    may_be_asked(h, ai->ai_addr)) {
			b->a[b->n].bytes = (const uint8_t *)ai->ai_addr;
			b->a[b->n++].len = ai->ai_addrlen;
		}
}

/*
 * Replies with the first ADDRESSES_MAX addresses, in the resolver's order (RFC
 * 6724).
 */
static void
dns_resolve(struct msg *m)
{
	struct body_addresses b = { .n = 0 };
	struct body_host asked;
	struct host *h;

	body_host(m, &asked);
	h = find_host(asked.name, asked.port, asked.what);
	look_up(h);
	add_addresses(&b, h, 1);
	add_addresses(&b, h, 0);
	b.error = no_address(h, b.n);
	msg_reply(&out, NET_ADDRESSES, m);
	body_addresses(&out, &b);
	msg_send(&out);
}

static void
add_host(const char *name, const char *port, enum resolve_for what)
{
	if ((hosts = recallocarray(
		 hosts, nhosts, nhosts + 1, sizeof(*hosts))) == NULL ||
	    (hosts[nhosts].name = strdup(name)) == NULL ||
	    (hosts[nhosts].port = strdup(port)) == NULL)
		err(1, NULL);
	hosts[nhosts++].what = what;
}

/*
 * Takes the names for 'check webroot': their web servers may be at any address,
 * as the names are the administrator's own.
 */
static void
add_names(const struct slice_domain *d)
{
	size_t i;

	for (i = 0; i < d->names.n; i++) {
		add_host(d->names.v[i], WEBROOT_PORT, FOR_WEBROOT);
		add_host(d->names.v[i], WEBROOT_TLS_PORT, FOR_WEBROOT);
	}
}

/* Takes the URLs that certproc has read in installed certificates. */
static void
dns_status_urls(struct msg *m)
{
	struct url url;
	char **urls;
	size_t n, i;

	urls = msg_get_strings(m, &n, STATUS_SERVERS_MAX);
	msg_end(m);
	for (i = 0; i < n && !proxied; i++)
		if (url_parse_plain(&url, urls[i]))
			add_host(url.host, url.port, FOR_STATUS);
}

static const struct handler table[] = {
	{ DNS_STATUS_URLS, dns_status_urls, ANY_STATE, 1 },
	{ DNS_RESOLVE, dns_resolve, ANY_STATE, RESOLVES },
};

int
main(int argc, char *argv[])
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_DNS };
	struct slice_domain d;
	struct slice_conf c;
	uint32_t ndomains = 0;
	size_t i;

	role_begin(ROLE_DNS, argc, argv);
	role_conf(&m, &c);
	proxied = c.proxied;
	prefer = c.prefer;
	for (i = 0; i + 1 < c.servers.n; i += 2)
		add_host(c.servers.v[i], c.servers.v[i + 1], FOR_AUTHORITY);
	while (role_domain(&m, ndomains++, &d)) {
		add_names(&d);
		for (i = 0; i < d.verify.n; i += VERIFY_WORDS)
			add_host(d.verify.v[i], d.verify.v[i + 1], FOR_VERIFY);
	}
	s.uid = role_uid;
	s.gid = role_gid;
	/*
	 * The first look-up may send a query to a name server, which root must
	 * not do.
	 */
	sandbox_become(&s);
	warm_up();
	sandbox_enter(&s);
	serve(table, sizeof(table) / sizeof(table[0]), c.njobs, NULL);
}
