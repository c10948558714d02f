/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Binds the listening sockets as root, or with CAP_NET_BIND_SERVICE, before the
 * process gives that up.  A socket that cannot be bound fails the handles that
 * name it, and no others.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "port.h"
#include "resp.h"
#include "valid.h"

#define BACKLOG 256
/*
 * The most connections accepted in a row, so that other sockets are served,
 * too.
 */
#define ACCEPTS 32
/* port_holder() begins the name of another respproc in this way. */
#define OWN_NAME "respproc ("
#define ALL_IPV4 "0.0.0.0"
#define ALL_IPV6 "::"

struct listener {
	const char *address, *port;
	int any;      /* It is for all addresses of this family. */
	int optional; /* The machine may lack this family. */
	/*
	 * The socket; -1: broken says why, or a socket for all addresses covers
	 * it.
	 */
	int fd;
	struct sockaddr_storage sa;
	int error; /* The errno of the failure. */
	/* Why the socket cannot be bound; "": it is bound. */
	struct error broken;
};

static struct listener listeners[LISTENERS_MAX];
static size_t nlisteners;
static nfds_t npolled;

static struct listener *
find(const char *address, const char *port)
{
	size_t i;

	for (i = 0; i < nlisteners; i++)
		if (strcmp(listeners[i].address, address) == 0 &&
		    strcmp(listeners[i].port, port) == 0)
			return &listeners[i];
	return NULL;
}

/* Adds an address of this machine, or all of a family. */
static void
add(const char *address, const char *port, int optional)
{
	struct listener *l = find(address, port);
	unsigned char bytes[16];
	size_t len = address_bytes(address, bytes);

	if (l != NULL)
		l->optional &= optional;
	if (l != NULL || nlisteners == LISTENERS_MAX)
		return;
	if (len == 0)
		errx(1, "%s: not an address", address);
	l = &listeners[nlisteners++];
	l->address = address;
	l->port = port;
	l->optional = optional;
	l->any = strcmp(address, ALL_IPV4) == 0 ||
	    strcmp(address, ALL_IPV6) == 0;
	l->fd = -1;
	if (len == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)&l->sa;

		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, bytes, len);
	} else {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&l->sa;

		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, bytes, len);
	}
	address_set_port(&l->sa, port);
}

void
listen_add(const char *address, const char *port)
{
	int all = strcmp(address, "*") == 0;

	add(all ? ALL_IPV4 : address, port, 0);
	if (all)
		add(ALL_IPV6, port, 1);
}

/* The error that another process has the port. */
static int
port_taken(struct listener *l)
{
	const char *address = l->address, *port = l->port;
	char holder[80];

	/*
	 * port_holder() fails for an ordinary user, and for the respproc of
	 * another run, whose descriptors the kernel hides.
	 */
	if (!port_holder((struct sockaddr *)&l->sa, holder, sizeof(holder)))
		return error_set(&l->broken,
		    "listen on %s port %s: another process has this port; if "
		    "that is another run of acme-client, try again when it has "
		    "ended; otherwise stop it for that time, or have it pass "
		    "the requests on to another port that is named here",
		    address, port);
	if (strncmp(holder, OWN_NAME, strlen(OWN_NAME)) == 0)
		return error_set(&l->broken,
		    "listen on %s port %s: another run of acme-client has this "
		    "port, as %s; try again when it has ended",
		    address, port, holder);
	return error_set(&l->broken,
	    "listen on %s port %s: %s has this port; stop it for that time, or "
	    "have it pass the requests on to another port that is named here",
	    address, port, holder);
}

static int
no_socket(struct listener *l, const char *call)
{
	const char *address = l->address, *port = l->port;

	l->error = errno;
	if (l->error == EADDRINUSE)
		return port_taken(l);
	if (l->error == EACCES)
		return error_set(&l->broken,
		    "listen on %s port %s: %s; ports below 1024 need root, or "
		    "the ambient capability CAP_NET_BIND_SERVICE "
		    "(AmbientCapabilities= in systemd's unit)",
		    address, port, strerror(l->error));
	if (l->error == EADDRNOTAVAIL)
		return error_set(&l->broken,
		    "listen on %s port %s: this machine has no such address",
		    address, port);
	return error_set(&l->broken, "listen on %s port %s: %s: %s", address,
	    port, call, strerror(l->error));
}

static int
set_option(int fd, int level, int option)
{
	int yes = 1;

	return setsockopt(fd, level, option, &yes, sizeof(yes));
}

/* Binds one socket.  0, or -1 with l->broken. */
static int
bind_one(struct listener *l)
{
	int family = l->sa.ss_family;
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) :
					    sizeof(struct sockaddr_in6);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return no_socket(l, "socket");
	if (set_option(fd, SOL_SOCKET, SO_REUSEADDR) == -1 ||
	    (family == AF_INET6 &&
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == -1))
		no_socket(l, "setsockopt");
	else if (bind(fd, (struct sockaddr *)&l->sa, len) == -1)
		no_socket(l, "bind");
	else if (listen(fd, BACKLOG) == -1)
		no_socket(l, "listen");
	else {
		l->fd = fd;
		return 0;
	}
	close(fd);
	return -1;
}

/* Is a socket bound to all addresses of this family, with this port? */
static int
is_covered(const struct listener *l)
{
	const struct listener *other = find(
	    l->sa.ss_family == AF_INET ? ALL_IPV4 : ALL_IPV6, l->port);

	return !l->any && other != NULL && other->fd != -1;
}

/* Is it a family of addresses that the machine need not have? */
static int
may_lack(const struct listener *l)
{
	return l->optional &&
	    (l->error == EAFNOSUPPORT || l->error == EADDRNOTAVAIL);
}

void
listen_bind(void)
{
	struct listener *l;
	int any;

	/*
	 * A socket for all addresses is bound first, and covers those for one.
	 */
	for (any = 1; any >= 0; any--)
		for (l = listeners; l < listeners + nlisteners; l++) {
			if (l->any != any || is_covered(l))
				continue;
			if (bind_one(l) == -1 && may_lack(l))
				l->broken.text[0] = '\0';
		}
}

static int
works(const char *address, const char *port, struct error *e)
{
	const struct listener *l = find(address, port);

	if (l == NULL)
		return error_set(e,
			   "listen on %s port %s: more than %d in one run",
			   address, port, LISTENERS_MAX) == 0;
	if (l->broken.text[0] != '\0')
		*e = l->broken;
	return l->broken.text[0] == '\0';
}

int
listen_works(const char *address, const char *port, struct error *e)
{
	if (strcmp(address, "*") != 0)
		return works(address, port, e);
	return works(ALL_IPV4, port, e) && works(ALL_IPV6, port, e);
}

nfds_t
listen_poll(struct pollfd *pfd)
{
	size_t i;

	for (npolled = 0, i = 0; i < nlisteners; i++) {
		if (listeners[i].fd == -1)
			continue;
		pfd[npolled].fd = listeners[i].fd;
		pfd[npolled++].events = POLLIN;
	}
	return npolled;
}

/*
 * Are there no descriptors left, of this process or of the whole machine, where
 * other processes may free some?
 */
static int
out_of_descriptors(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM;
}

void
listen_serve(const struct pollfd *pfd)
{
	struct sockaddr_storage ss;
	socklen_t len;
	nfds_t i;
	int fd, n;

	for (i = 0; i < npolled; i++) {
		if (pfd[i].revents == 0)
			continue;
		for (n = 0; n < ACCEPTS; n++) {
			memset(&ss, 0, sizeof(ss));
			len = sizeof(ss);
			fd = accept4(pfd[i].fd, (struct sockaddr *)&ss, &len,
			    SOCK_NONBLOCK | SOCK_CLOEXEC);
			if (fd == -1)
				break;
			client_new(fd, (const struct sockaddr *)&ss);
		}
		if (n < ACCEPTS && out_of_descriptors(errno) && !client_spare())
			poll(NULL, 0, 100);
	}
}
