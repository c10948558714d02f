/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Serves the clients of respproc: each has a small buffer, one deadline and one
 * response.  If a bound is missing here, anyone on the internet can stop a
 * validation or fill the memory.
 */
#include <sys/socket.h>
#include <netinet/in.h>
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
#define LINGER_READS 4 /* The most reads in one turn. */
/* A source with at most so many clients, such as a CA, is spared. */
#define SOURCE_MANY 16
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
	unsigned source; /* Where it comes from: client_source(). */
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
/* How many clients there are of each source. */
static unsigned of_source[CLIENT_SOURCES];
/* Nobody can choose an address that has the same number as a CA's. */
static uint64_t source_secret[2];

void
clients_begin(void)
{
	size_t i;

	for (i = 0; i < CLIENTS_MAX; i++)
		clients[i].fd = -1;
	arc4random_buf(source_secret, sizeof(source_secret));
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
	of_source[c->source]--;
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

unsigned
client_source(const struct sockaddr *sa)
{
	uint64_t where = 0;

	if (sa->sa_family == AF_INET)
		memcpy(&where, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	else if (sa->sa_family == AF_INET6)
		memcpy(
		    &where, &((const struct sockaddr_in6 *)sa)->sin6_addr, 8);
	where = (where ^ source_secret[0]) * (source_secret[1] | 1);
	where = (where ^ where >> 32) * 0x9e3779b97f4a7c15ULL;
	return (unsigned)(where >> 32) % CLIENT_SOURCES;
}

/* How many clients its source has, if these are many. */
static unsigned
crowd(const struct client *c)
{
	return of_source[c->source] > SOURCE_MANY ? of_source[c->source] : 0;
}

/*
 * Should a be ended rather than b?  Those of the source that has the most come
 * first; then those that have their response, then those whose request is not
 * whole; then the older one.  A CA's server needs only a few round trips.
 */
static int
goes_before(const struct client *a, const struct client *b)
{
	static const int rank[] = { [CLIENT_LINGERING] = 0,
		[CLIENT_READING] = 1,
		[CLIENT_WRITING] = 2,
		[CLIENT_HANDSHAKE] = 3 };

	if (crowd(a) != crowd(b))
		return crowd(a) > crowd(b);
	if (a->state != b->state)
		return rank[a->state] < rank[b->state];
	return a->number < b->number;
}

/*
 * Chooses the client that is ended for another, of those in a handshake or of
 * all.  NULL: there is none.
 */
static struct client *
spare(int in_handshake)
{
	struct client *c, *found = NULL;

	for (c = clients; c < clients + CLIENTS_MAX; c++)
		if (c->fd != -1 &&
		    (!in_handshake || c->state == CLIENT_HANDSHAKE) &&
		    (found == NULL || goes_before(c, found)))
			found = c;
	return found;
}

static struct client *
place(void)
{
	struct client *c;

	for (c = clients; c < clients + CLIENTS_MAX; c++)
		if (c->fd == -1)
			return c;
	client_free(c = spare(0));
	return c;
}

int
client_spare(void)
{
	struct client *c = spare(0);

	if (c == NULL)
		return 0;
	client_free(c);
	return 1;
}

void
client_new(int fd, const struct sockaddr *sa)
{
	struct client *c = place();

	c->fd = fd;
	c->source = client_source(sa);
	of_source[c->source]++;
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
	if (handshakes == HANDSHAKES_MAX && (spared = spare(1)) != NULL)
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
