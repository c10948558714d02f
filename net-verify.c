/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * "verify", by net: one connection to a configured server, by TLS from the
 * beginning or after STARTTLS (RFC 3207, RFC 9051 6.2.1). net passes the
 * certificate that the server presents to certproc.  The peer is not verified,
 * and gets nothing but the commands in this file.  What it sends is bounded in
 * time, lines and bytes.
 */
#include <sys/socket.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tls.h>

#include "clock.h"
#include "msg-bodies.h"
#include "net.h"
#include "role.h"

#define SERVER_SECONDS 10   /* The seconds for one connection. */
#define PAUSE_MS 500        /* The milliseconds before a second attempt. */
#define LINE_MAX_BYTES 1024 /* The most bytes of a line, with its line end. */
#define REPLY_LINES_MAX 100 /* The most lines of all replies of a server. */
#define PEM_END "-----END CERTIFICATE-----"

/* A connection to a configured server. */
struct server {
	const char *host, *port, *protocol;
	/* The name that TLS asks the server for (SNI), or NULL. */
	const char *name;
	int fd;
	int64_t deadline;
	/* The last line read, without its line end. */
	char line[LINE_MAX_BYTES];
	char ahead[LINE_MAX_BYTES]; /* Bytes received behind that line. */
	size_t nahead;
	int lines;
};

static struct msg m;

static int
is_late(struct error *e)
{
	return error_set(e, "no certificate within %d seconds", SERVER_SECONDS);
}

/* Waits for these events.  0; or -1: the deadline has passed. */
static int
await(const struct server *s, short events, struct error *e)
{
	return socket_wait(s->fd, ROLE_FD, events, s->deadline) ? 0 :
								  is_late(e);
}

static int
connect_to(struct server *s, const struct address *a, struct error *e)
{
	int late;

	s->fd = socket_connect(a, ROLE_FD, s->deadline, &late, e);
	if (late)
		return is_late(e);
	return s->fd == -1 ? -1 : 0;
}

/* Sends a command, which is short enough for one send(). */
static int
put_line(struct server *s, const char *text, struct error *e)
{
	size_t len = strlen(text);

	if (await(s, POLLOUT, e) == -1)
		return -1;
	if (send(s->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		return error_set(e, "the server takes no command");
	return 0;
}

/* Reads more bytes behind those in s->ahead. */
static int
fill(struct server *s, struct error *e)
{
	ssize_t n;

	for (;;) {
		if (await(s, POLLIN, e) == -1)
			return -1;
		n = recv(s->fd, s->ahead + s->nahead,
		    sizeof(s->ahead) - s->nahead, 0);
		if (n > 0) {
			s->nahead += (size_t)n;
			return 0;
		}
		if (n == 0)
			return error_set(
			    e, "the server hung up before STARTTLS");
		if (errno != EAGAIN && errno != EINTR)
			return error_set(e, "%s", strerror(errno));
	}
}

/* Reads the next line as a string; a NUL in it ends it. */
static int
get_line(struct server *s, struct error *e)
{
	char *end;
	size_t len;

	if (s->lines++ == REPLY_LINES_MAX)
		return error_set(
		    e, "more than %d lines before STARTTLS", REPLY_LINES_MAX);
	while ((end = memmem(s->ahead, s->nahead, "\r\n", 2)) == NULL) {
		if (s->nahead == sizeof(s->ahead))
			return error_set(
			    e, "a line of more than %d bytes", LINE_MAX_BYTES);
		if (fill(s, e) == -1)
			return -1;
	}
	len = (size_t)(end - s->ahead);
	memcpy(s->line, s->ahead, len);
	s->line[len] = '\0';
	s->nahead -= len + 2;
	memmove(s->ahead, end + 2, s->nahead);
	return 0;
}

/* Sets the error for an unexpected reply of the server. */
static int
refused(const struct server *s, const char *what, struct error *e)
{
	char safe[200];

	return error_set(e, "%s: the server says '%s'", what,
	    say_safe(safe, sizeof(safe), s->line, strlen(s->line)));
}

/*
 * Refuses bytes behind a reply: an attacker could put some there before the
 * handshake, and they would be taken for the server's.
 */
static int
nothing_behind(const struct server *s, struct error *e)
{
	return s->nahead == 0 ?
	    0 :
	    error_set(e, "the server says more than it was asked for");
}

/*
 * Reads all lines of a reply with this code (RFC 5321 4.2); *found: does one of
 * them have this keyword?
 */
static int
smtp_reply(struct server *s, const char *code, const char *keyword, int *found,
    struct error *e)
{
	do {
		if (get_line(s, e) == -1)
			return -1;
		if (strncmp(s->line, code, 3) != 0 ||
		    (s->line[3] != '-' && s->line[3] != ' ' &&
			s->line[3] != '\0'))
			return refused(s, "smtp", e);
		if (keyword != NULL && s->line[3] != '\0' &&
		    strcasecmp(s->line + 4, keyword) == 0)
			*found = 1;
	} while (s->line[3] == '-');
	return nothing_behind(s, e);
}

static int
smtp(struct server *s, struct error *e)
{
	int found = 0;

	if (smtp_reply(s, "220", NULL, NULL, e) == -1 ||
	    put_line(s, "EHLO localhost\r\n", e) == -1 ||
	    smtp_reply(s, "250", "STARTTLS", &found, e) == -1)
		return -1;
	if (!found)
		return error_set(e, "the server does not offer STARTTLS");
	return put_line(s, "STARTTLS\r\n", e) == -1 ?
	    -1 :
	    smtp_reply(s, "220", NULL, NULL, e);
}

static int
imap(struct server *s, struct error *e)
{
	if (get_line(s, e) == -1)
		return -1;
	if (strncasecmp(s->line, "* OK ", 5) != 0)
		return refused(s, "imap", e);
	if (nothing_behind(s, e) == -1 ||
	    put_line(s, "a STARTTLS\r\n", e) == -1)
		return -1;
	do {
		if (get_line(s, e) == -1)
			return -1;
	} while (strncmp(s->line, "* ", 2) == 0 &&
	    strncasecmp(s->line, "* BYE", 5) != 0);
	if (strncasecmp(s->line, "a OK", 4) != 0 ||
	    (s->line[4] != ' ' && s->line[4] != '\0'))
		return refused(s, "imap", e);
	return nothing_behind(s, e);
}

/* Takes the first certificate of the server's chain, in PEM; 0 or -1. */
static int
take_certificate(struct tls *tls, struct body_presented *b, struct error *e)
{
	const uint8_t *end;

	b->pem = tls_peer_cert_chain_pem(tls, &b->len);
	if (b->pem == NULL ||
	    (end = memmem(b->pem, b->len, PEM_END, strlen(PEM_END))) == NULL)
		return error_set(e, "TLS: the server presents no certificate");
	b->len = (size_t)(end - b->pem) + strlen(PEM_END);
	return b->len <= PRESENTED_BYTES_MAX ?
	    0 :
	    error_set(e, "TLS: the certificate has more than %d bytes",
		PRESENTED_BYTES_MAX);
}

static int
handshake(const struct server *s, struct tls *tls, struct tls_config *config,
    struct error *e)
{
	const char *error;
	char safe[200];
	int rc;

	if (tls_config_set_protocols(
		config, TLS_PROTOCOL_TLSv1_2 | TLS_PROTOCOL_TLSv1_3) == -1)
		return error_set(e, "TLS: %s", tls_config_error(config));
	tls_config_insecure_noverifycert(config);
	tls_config_insecure_noverifyname(config);
	tls_config_insecure_noverifytime(config);
	if (tls_configure(tls, config) == -1 ||
	    tls_connect_socket(tls, s->fd, s->name) == -1)
		return error_set(e, "TLS: %s", tls_error(tls));
	while ((rc = tls_handshake(tls)) == TLS_WANT_POLLIN ||
	    rc == TLS_WANT_POLLOUT)
		if (await(s, rc == TLS_WANT_POLLOUT ? POLLOUT : POLLIN, e) ==
		    -1)
			return -1;
	if (rc == 0)
		return 0;
	if ((error = tls_error(tls)) == NULL)
		error = "the server hung up";
	return error_set(
	    e, "TLS: %s", say_safe(safe, sizeof(safe), error, strlen(error)));
}

/* Tells certproc what the server presented, or why it presented nothing. */
static void
tell(uint32_t job, struct body_presented *b, const struct error *e)
{
	if (e != NULL)
		*b = (struct body_presented){ .server = b->server,
			.reason = e->text };
	msg_new(&m, CERT_PRESENTED, job);
	body_presented(&m, b);
	msg_send(&m);
}

/* Tries one address.  0: net has told certproc; -1 with the error. */
static int
look(struct server *s, const struct address *a, uint32_t job,
    struct body_presented *b, struct error *e)
{
	struct tls_config *config = tls_config_new();
	struct tls *tls = tls_client();
	int rc;

	if (config == NULL || tls == NULL)
		err(1, NULL);
	s->nahead = 0;
	s->lines = 0;
	rc = connect_to(s, a, e);
	if (rc == 0 && strcmp(s->protocol, "smtp") == 0)
		rc = smtp(s, e);
	else if (rc == 0 && strcmp(s->protocol, "imap") == 0)
		rc = imap(s, e);
	if (rc == 0 && (rc = handshake(s, tls, config, e)) == 0 &&
	    (rc = take_certificate(tls, b, e)) == 0)
		tell(job, b, NULL);
	tls_free(tls);
	tls_config_free(config);
	if (s->fd != -1)
		close(s->fd);
	return rc;
}

/*
 * Returns the name that a client would ask for: the certificate's first host
 * name; for a wildcard a name below it, in text.  NULL: for an address there is
 * no server name (RFC 6066 3).
 */
static const char *
name_of(const struct strings *names, char text[256])
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (valid_dns_name(names->v[i]))
			return names->v[i];
	for (i = 0; i < names->n; i++)
		if (valid_wildcard(names->v[i])) {
			snprintf(text, 256, "www%s", names->v[i] + 1);
			return text;
		}
	return NULL;
}

/*
 * Resolves the server and tries its addresses.  0: net has told certproc; -1:
 * the error says why no address worked.
 */
static int
look_at(const struct session *session, struct server *s,
    struct body_presented *b, struct error *e)
{
	struct address a[ADDRESSES_MAX];
	struct url url = { .plain = 1 };
	size_t i, n;
	int rc = -1;

	snprintf(url.host, sizeof(url.host), "%s", s->host);
	snprintf(url.port, sizeof(url.port), "%s", s->port);
	if (request_resolve(session, FOR_VERIFY, &url, a, &n, e) == -1)
		return -1;
	s->deadline = clock_ms() + SERVER_SECONDS * (int64_t)1000;
	for (i = 0; i < n && rc == -1; i++)
		rc = look(s, &a[i], session->job, b, e);
	return rc;
}

void
verify_server(const struct session *session)
{
	const struct net_job *j = session->conf;
	struct body_presented b = { .server = j->server };
	size_t first = (size_t)j->server * VERIFY_WORDS;
	struct server s = { .fd = -1 };
	char text[256];
	struct error e;

	if (first + VERIFY_WORDS > j->verify.n)
		errx(1, "NET_JOB: %s has no server %u", j->handle, j->server);
	s.host = j->verify.v[first];
	s.port = j->verify.v[first + 1];
	s.protocol = j->verify.v[first + 2];
	s.name = name_of(&j->names, text);
	if (j->again)
		clock_sleep_ms(PAUSE_MS);
	say(2, "verify %s port %s", s.host, s.port);
	if (look_at(session, &s, &b, &e) == -1)
		tell(session->job, &b, &e);
}
