/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Serves the clients of respproc: each has a small buffer, one deadline and one
 * response.  If a bound is missing here, anyone on the internet can stop a
 * validation or fill the memory.
 */
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "resp.h"

#define BYTES_FIRST 512
#define BYTES_MAX 8192 /* The most bytes of a request or ClientHello. */
/* The milliseconds that a client has to read its response. */
#define LINGER_MS 2000
#define LINGER_READS 4  /* The most reads in one turn. */
#define TLS_RECORD 0x16 /* The first byte of a TLS handshake. */

enum client_state {
	CLIENT_READING,
	CLIENT_WRITING,
	CLIENT_HANDSHAKE,
	CLIENT_LINGERING
};

struct client {
	int fd; /* The client's socket; -1: this place is free. */
	enum client_state state;
	short events; /* The events of poll(2) to wait for. */
	/* A serial number: a newer client has a higher one. */
	unsigned long number;
	int64_t until;
	uint8_t *in; /* The bytes that the client has sent. */
	size_t len, room;
	char *out; /* The bytes to be sent to the client. */
	size_t outlen, outpos;
	struct handshake *handshake;
};

static struct client clients[CLIENTS_MAX];
static struct client *polled[CLIENTS_MAX];
static nfds_t npolled;
static unsigned long nclients;
static unsigned handshakes;

void
clients_begin(void)
{
	size_t i;

	for (i = 0; i < CLIENTS_MAX; i++)
		clients[i].fd = -1;
}

unsigned long
clients_count(void)
{
	return nclients;
}

static void
client_free(struct client *c)
{
	if (c->handshake != NULL) {
		handshake_free(c->handshake);
		handshakes--;
	}
	free(c->in);
	free(c->out);
	close(c->fd);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

static struct client *
oldest(enum client_state state)
{
	struct client *c, *found = NULL;

	for (c = clients; c < clients + CLIENTS_MAX; c++)
		if (c->fd != -1 && c->state == state &&
		    (found == NULL || c->number < found->number))
			found = c;
	return found;
}

/*
 * Chooses the client that is ended for another; there is at least one.  The
 * oldest of those that have their response come first, then of those whose
 * request is not whole.  A CA's server needs only a few round trips.
 */
static struct client *
spare(void)
{
	static const enum client_state order[] = { CLIENT_LINGERING,
		CLIENT_READING, CLIENT_WRITING, CLIENT_HANDSHAKE };
	struct client *c;
	size_t i;

	for (i = 0; (c = oldest(order[i])) == NULL; i++)
		;
	return c;
}

static struct client *
place(void)
{
	struct client *c;

	for (c = clients; c < clients + CLIENTS_MAX; c++)
		if (c->fd == -1)
			return c;
	client_free(c = spare());
	return c;
}

int
client_spare(void)
{
	struct client *c;

	for (c = clients; c < clients + CLIENTS_MAX && c->fd == -1; c++)
		;
	if (c == clients + CLIENTS_MAX)
		return 0;
	client_free(spare());
	return 1;
}

void
client_new(int fd)
{
	struct client *c = place();

	c->fd = fd;
	c->state = CLIENT_READING;
	c->events = POLLIN;
	c->number = nclients++;
	c->until = clock_ms() + CLIENT_MS;
}

/*
 * Waits until the client ends the connection.  If bytes of the client were
 * still unread at a close(), the kernel would discard the response.
 */
static void
linger(struct client *c)
{
	if (shutdown(c->fd, SHUT_WR) == -1) {
		client_free(c);
		return;
	}
	if (c->handshake != NULL) {
		handshake_free(c->handshake);
		c->handshake = NULL;
		handshakes--;
	}
	free(c->in);
	free(c->out);
	c->in = NULL;
	c->out = NULL;
	c->state = CLIENT_LINGERING;
	c->events = POLLIN;
	c->until = clock_ms() + LINGER_MS;
}

static void
client_linger(struct client *c)
{
	char discarded[1024];
	ssize_t n;
	int i = 0;

	do
		n = recv(c->fd, discarded, sizeof(discarded), 0);
	while (n > 0 && ++i < LINGER_READS);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		client_free(c);
}

static void
client_write(struct client *c)
{
	ssize_t n = send(
	    c->fd, c->out + c->outpos, c->outlen - c->outpos, MSG_NOSIGNAL);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		client_free(c);
		return;
	}
	c->outpos += (size_t)n;
	if (c->outpos == c->outlen)
		linger(c);
}

/*
 * Sends a response with this status, and with the text unless the method is
 * HEAD.
 */
static void
reply(struct client *c, const char *status, const char *text, int head)
{
	int n = asprintf(&c->out,
	    "HTTP/1.1 %s\r\nContent-Type: application/octet-stream\r\n"
	    "Content-Length: %zu\r\nCache-Control: no-store\r\n"
	    "Connection: close\r\n\r\n%s",
	    status, strlen(text), head ? "" : text);

	if (n < 0)
		err(1, NULL);
	c->outlen = (size_t)n;
	c->state = CLIENT_WRITING;
	c->events = POLLOUT;
	client_write(c);
}

/*
 * Reports only the first request for a response: repeated ones must not fill a
 * log.
 */
static void
tell_served(struct response *r)
{
	if (!r->served)
		say(2, "%s: served", r->token != NULL ? r->token : r->server);
	r->served = 1;
}

static void
client_request(struct client *c)
{
	struct request request;
	struct response *r;

	switch (request_read((const char *)c->in, c->len, &request)) {
	case REQUEST_MORE:
		return;
	case REQUEST_BAD:
		reply(c, "400 Bad Request", "", 0);
		return;
	case REQUEST_OTHER:
		reply(c, "404 Not Found", "", 0);
		return;
	case REQUEST_TOKEN:
		break;
	}
	if ((r = response_of_token(request.token)) == NULL) {
		reply(c, "404 Not Found", "", 0);
		return;
	}
	tell_served(r);
	reply(c, "200 OK", r->text, request.head);
}

/*
 * Goes on with the handshake until the certificate is presented; nothing is
 * sent after that.
 */
static void
client_handshake(struct client *c)
{
	struct response *r;

	switch (handshake_go(c->handshake, &c->events)) {
	case HANDSHAKE_WAITS:
		return;
	case HANDSHAKE_FAILED:
		client_free(c);
		return;
	case HANDSHAKE_DONE:
		break;
	}
	if ((r = response_of_server(handshake_server(c->handshake))) != NULL)
		tell_served(r);
	linger(c);
}

/* Passes what the client has sent to libtls, if it is a CA's ClientHello. */
static void
client_hello(struct client *c)
{
	const struct response *r;
	struct client *spared;
	char name[SERVER_NAME_SIZE];

	switch (hello_read(c->in, c->len, name)) {
	case HELLO_MORE:
		return;
	case HELLO_BAD:
		client_free(c);
		return;
	case HELLO_NAMED:
		break;
	}
	if ((r = response_of_server(name)) == NULL) {
		client_free(c);
		return;
	}
	if (handshakes == HANDSHAKES_MAX &&
	    (spared = oldest(CLIENT_HANDSHAKE)) != NULL)
		client_free(spared);
	if ((c->handshake = handshake_new(r, c->fd, c->in, c->len)) == NULL) {
		client_free(c);
		return;
	}
	handshakes++;
	c->state = CLIENT_HANDSHAKE;
	client_handshake(c);
}

static int
make_room(struct client *c)
{
	if (c->len < c->room)
		return 1;
	if (c->room >= BYTES_MAX)
		return 0;
	c->room = c->room == 0 ? BYTES_FIRST : 2 * c->room;
	if ((c->in = realloc(c->in, c->room)) == NULL)
		err(1, NULL);
	return 1;
}

static void
client_read(struct client *c)
{
	ssize_t n;

	if (!make_room(c)) {
		client_free(c);
		return;
	}
	n = recv(c->fd, c->in + c->len, c->room - c->len, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_free(c);
		return;
	}
	c->len += (size_t)n;
	if (c->in[0] == TLS_RECORD)
		client_hello(c);
	else if (c->in[0] >= 'A' && c->in[0] <= 'Z')
		client_request(c);
	else
		client_free(c);
}

static void
client_serve(struct client *c)
{
	switch (c->state) {
	case CLIENT_READING:
		client_read(c);
		break;
	case CLIENT_WRITING:
		client_write(c);
		break;
	case CLIENT_HANDSHAKE:
		client_handshake(c);
		break;
	case CLIENT_LINGERING:
		client_linger(c);
		break;
	}
}

nfds_t
clients_poll(struct pollfd *pfd, int64_t *until)
{
	struct client *c;

	*until = INT64_MAX;
	for (npolled = 0, c = clients; c < clients + CLIENTS_MAX; c++) {
		if (c->fd == -1)
			continue;
		pfd[npolled].fd = c->fd;
		pfd[npolled].events = c->events;
		polled[npolled++] = c;
		if (c->until < *until)
			*until = c->until;
	}
	return npolled;
}

void
clients_serve(const struct pollfd *pfd)
{
	int64_t now = clock_ms();
	struct client *c;
	nfds_t i;

	for (i = 0; i < npolled; i++) {
		c = polled[i];
		/* This client was ended to make room for another. */
		if (c->fd != pfd[i].fd)
			continue;
		if (pfd[i].revents != 0)
			client_serve(c);
		if (c->fd != -1 && now >= c->until)
			client_free(c);
	}
}
