/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Queries to name servers, by zoneproc.  ldns makes and parses the packets;
 * sockets and time are here.  A response counts if it comes from the address
 * that was asked, to the port and with the number that were drawn for this
 * query, and repeats the question.
 */
#include <netinet/in.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "zone.h"

/* The most sockets at a time: the sandbox allows 64 descriptors. */
#define OPEN_MAX_HERE 40
/* The size that gets through unfragmented, as resolvers agree. */
#define UDP_SIZE 1232

enum state { WAITING, BY_UDP, TO_TCP, BY_TCP, OVER };

struct question {
	struct question *next;
	enum state state;
	struct address server;
	ldns_rdf *name;
	ldns_rr_type type;
	int recurse;
	/* The query has no EDNS, which the server does not support. */
	int plain;
	unsigned tries; /* The number of tries that are left. */
	int fd;
	int64_t until;
	uint16_t id;
	/* The query, behind its length, which only TCP sends. */
	uint8_t out[2 + 512];
	size_t outlen, sent;
	/* The response by TCP: two bytes of length, then so many bytes. */
	uint8_t *in;
	size_t got;
	responded_fn *responded;
	void *context;
};

static struct question *questions, **last = &questions;
static unsigned nopen;

int
name_equal(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

int
name_below(const char *name, const char *above)
{
	size_t n = strlen(name), m = strlen(above);

	return m == 0 ||
	    (n >= m && strcasecmp(name + n - m, above) == 0 &&
		(n == m || name[n - m - 1] == '.'));
}

char *
name_text(const ldns_rdf *name)
{
	char *text = ldns_rdf2str(name);
	size_t n;

	if (text == NULL)
		err(1, NULL);
	n = strlen(text);
	if (n > 0 && text[n - 1] == '.')
		text[n - 1] = '\0';
	return text;
}

const ldns_rr *
records_next(struct records *r)
{
	const ldns_rr *rr;

	free(r->owner);
	r->owner = NULL;
	while (r->next < ldns_rr_list_rr_count(r->list)) {
		rr = ldns_rr_list_rr(r->list, r->next++);
		/* ldns takes a record without data, too. */
		if (ldns_rr_get_type(rr) == r->type &&
		    ldns_rr_rd_count(rr) > 0) {
			r->owner = name_text(ldns_rr_owner(rr));
			return rr;
		}
	}
	return NULL;
}

void
ask(const struct query *query)
{
	struct question *q;

	if ((q = calloc(1, sizeof(*q))) == NULL)
		err(1, NULL);
	q->server = *query->server;
	/* name is NULL if the name is too long: begin_udp() fails then. */
	q->name = ldns_dname_new_frm_str(query->name);
	q->type = query->type;
	q->recurse = query->recurse;
	q->tries = query->tries;
	q->fd = -1;
	q->responded = query->responded;
	q->context = query->context;
	*last = q;
	last = &q->next;
}

static void
close_socket(struct question *q)
{
	if (q->fd == -1)
		return;
	close(q->fd);
	q->fd = -1;
	nopen--;
}

static void
question_free(struct question *q)
{
	close_socket(q);
	ldns_rdf_deep_free(q->name);
	free(q->in);
	free(q);
}

/*
 * Removes the questions that are over; only at the end of a turn, as functions
 * on the stack may hold one.
 */
static void
sweep(void)
{
	struct question **qp = &questions, *q;

	while ((q = *qp) != NULL)
		if (q->state == OVER) {
			*qp = q->next;
			question_free(q);
		} else
			qp = &q->next;
	last = qp;
}

void
ask_forget(const void *context)
{
	struct question *q;

	for (q = questions; q != NULL; q = q->next)
		if (q->context == context) {
			close_socket(q);
			q->state = OVER;
		}
}

static void
over(struct question *q, const ldns_pkt *pkt, const char *failure,
    int unroutable)
{
	struct response r = { pkt, failure, unroutable };

	close_socket(q);
	q->state = OVER;
	q->responded(q->context, &r);
}

static int
is_unroutable(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH ||
	    error == EADDRNOTAVAIL || error == EAFNOSUPPORT ||
	    error == ENETDOWN || error == EPROTONOSUPPORT;
}

/* Makes the packet, behind two bytes with its length; -1: it cannot be made. */
static int
compose(struct question *q)
{
	ldns_rdf *name;
	ldns_pkt *pkt;
	uint8_t *wire = NULL;
	size_t size;
	int rc = -1;

	if (q->name == NULL || (name = ldns_rdf_clone(q->name)) == NULL)
		return -1;
	pkt = ldns_pkt_query_new(
	    name, q->type, LDNS_RR_CLASS_IN, q->recurse ? LDNS_RD : 0);
	if (pkt == NULL)
		return -1;
	q->id = (uint16_t)arc4random();
	ldns_pkt_set_id(pkt, q->id);
	if (!q->plain)
		ldns_pkt_set_edns_udp_size(pkt, UDP_SIZE);
	if (ldns_pkt2wire(&wire, pkt, &size) == LDNS_STATUS_OK &&
	    size <= sizeof(q->out) - 2) {
		q->out[0] = (uint8_t)(size >> 8);
		q->out[1] = (uint8_t)size;
		memcpy(q->out + 2, wire, size);
		q->outlen = size + 2;
		rc = 0;
	}
	free(wire);
	ldns_pkt_free(pkt);
	return rc;
}

/*
 * Opens a connected socket for one question, so that the kernel drops packets
 * of others.
 */
static int
open_socket(struct question *q, int type)
{
	q->fd = socket(
	    q->server.ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (q->fd == -1)
		return -1;
	nopen++;
	if (connect(q->fd, (const struct sockaddr *)&q->server.ss,
		q->server.len) == -1 &&
	    errno != EINPROGRESS) {
		close_socket(q);
		return -1;
	}
	return 0;
}

static void
begin_tcp(struct question *q)
{
	close_socket(q);
	q->sent = q->got = 0;
	errno = EINVAL;
	if (compose(q) == -1 || open_socket(q, SOCK_STREAM) == -1) {
		over(q, NULL, strerror(errno), is_unroutable(errno));
		return;
	}
	q->state = TO_TCP;
	q->until = clock_ms() + TCP_MS;
}

static void
begin_udp(struct question *q)
{
	int error;

	close_socket(q);
	q->tries--;
	errno = EINVAL;
	if (compose(q) == 0 && open_socket(q, SOCK_DGRAM) == 0 &&
	    send(q->fd, q->out + 2, q->outlen - 2, 0) != -1) {
		q->state = BY_UDP;
		q->until = clock_ms() + UDP_MS;
		return;
	}
	error = errno;
	over(q, NULL, q->name == NULL ? "is too long a name" : strerror(error),
	    is_unroutable(error));
}

/* Tries again, if a try is left. */
static void
again(struct question *q, const char *failure)
{
	if (q->tries > 0)
		begin_udp(q);
	else
		over(q, NULL, failure, 0);
}

/* Is it the response to this question, and to no other? */
static int
is_response(const struct question *q, const ldns_pkt *p)
{
	const ldns_rr_list *list = ldns_pkt_question(p);
	const ldns_rr *rr;

	if (!ldns_pkt_qr(p) || ldns_pkt_id(p) != q->id ||
	    ldns_pkt_get_opcode(p) != LDNS_PACKET_QUERY)
		return 0;
	/* Some servers leave the question out when they refuse it. */
	if (ldns_rr_list_rr_count(list) == 0)
		return ldns_pkt_get_rcode(p) != LDNS_RCODE_NOERROR &&
		    ldns_pkt_get_rcode(p) != LDNS_RCODE_NXDOMAIN;
	rr = ldns_rr_list_rr(list, 0);
	return ldns_rr_list_rr_count(list) == 1 &&
	    ldns_rr_get_type(rr) == q->type &&
	    ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	    ldns_dname_compare(ldns_rr_owner(rr), q->name) == 0;
}

/*
 * Parses a response; 0: the bytes are no response to this question, and another
 * packet may be.
 */
static int
read_response(struct question *q, const uint8_t *bytes, size_t len)
{
	ldns_pkt *p = NULL;
	ldns_pkt_rcode rcode;

	if (ldns_wire2pkt(&p, bytes, len) != LDNS_STATUS_OK)
		return 0;
	if (!is_response(q, p)) {
		ldns_pkt_free(p);
		return 0;
	}
	rcode = ldns_pkt_get_rcode(p);
	if (!q->plain &&
	    (rcode == LDNS_RCODE_FORMERR || rcode == LDNS_RCODE_NOTIMPL)) {
		q->plain = 1;
		q->tries++;
		begin_udp(q);
	} else if (ldns_pkt_tc(p) && q->state == BY_UDP)
		begin_tcp(q);
	else
		over(q, p, NULL, 0);
	ldns_pkt_free(p);
	return 1;
}

static void
read_udp(struct question *q)
{
	static uint8_t in[65536];
	ssize_t n = recv(q->fd, in, sizeof(in), 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	/*
	 * An ICMP message says that there is no route, or that nothing listens
	 * there yet.
	 */
	if (n == -1)
		over(q, NULL, strerror(errno), is_unroutable(errno));
	else
		read_response(q, in, (size_t)n);
}

static void
write_tcp(struct question *q)
{
	socklen_t len = sizeof(int);
	int error = 0;
	ssize_t n;

	if (getsockopt(q->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error != 0) {
		over(q, NULL, strerror(error), is_unroutable(error));
		return;
	}
	n = send(q->fd, q->out + q->sent, q->outlen - q->sent, MSG_NOSIGNAL);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		over(q, NULL, strerror(errno), 0);
	else if ((q->sent += (size_t)n) == q->outlen)
		q->state = BY_TCP;
}

static void
read_tcp(struct question *q)
{
	size_t want = 2;
	ssize_t n;

	if (q->in == NULL) {
		q->got = 0;
		if ((q->in = malloc(2 + 65535)) == NULL)
			err(1, NULL);
	}
	if (q->got >= 2)
		want += (size_t)q->in[0] << 8 | q->in[1];
	n = recv(q->fd, q->in + q->got, want - q->got, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		over(q, NULL,
		    n == 0 ? "closed the connection (TCP) before the end of "
			     "its response" :
			     strerror(errno),
		    0);
		return;
	}
	q->got += (size_t)n;
	if (q->got < 2 || q->got < 2 + ((size_t)q->in[0] << 8 | q->in[1]))
		return;
	if (!read_response(q, q->in + 2, q->got - 2))
		over(q, NULL,
		    "answered something else by TCP than what it was asked", 0);
}

static void
expire(struct question *q)
{
	if (q->state == BY_UDP)
		again(q, "does not answer");
	else
		over(q, NULL, "does not answer by TCP", 0);
}

nfds_t
ask_fill(struct pollfd *pfd, nfds_t max, int *ms)
{
	struct question *q;
	nfds_t n = 0;

	/*
	 * A question that is begun here may end at once, and its callback may
	 * ask another one, which joins the end of the list.
	 */
	for (q = questions; q != NULL; q = q->next)
		if (q->state == WAITING && nopen < OPEN_MAX_HERE)
			begin_udp(q);
	sweep();
	for (q = questions; q != NULL && n < max; q = q->next) {
		if (q->fd == -1)
			continue;
		pfd[n++] = (struct pollfd){ .fd = q->fd,
			.events = q->state == TO_TCP ? POLLOUT : POLLIN };
		if (clock_left_ms(q->until) < *ms)
			*ms = clock_left_ms(q->until);
	}
	return n;
}

static struct question *
with_socket(int fd)
{
	struct question *q;

	for (q = questions; q != NULL && q->fd != fd; q = q->next)
		;
	return q;
}

void
ask_turn(const struct pollfd *pfd, nfds_t n)
{
	struct question *q;
	nfds_t i;

	for (i = 0; i < n; i++) {
		/*
		 * The descriptor's number may by now be another question's,
		 * which then reads nothing.
		 */
		if (pfd[i].revents == 0 || (q = with_socket(pfd[i].fd)) == NULL)
			continue;
		if (q->state == BY_UDP)
			read_udp(q);
		else if (q->state == TO_TCP)
			write_tcp(q);
		else if (q->state == BY_TCP)
			read_tcp(q);
	}
	for (q = questions; q != NULL; q = q->next)
		if (q->fd != -1 && clock_left_ms(q->until) == 0)
			expire(q);
	sweep();
}
