/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * respproc: a client's first message, responses and their certificates,
 * clients, requests, listeners, handshakes.
 */
#ifndef RESP_H
#define RESP_H

#include <sys/socket.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"

/*
 * Parses a TLS client's first message, as far as respproc must know it before
 * libtls sees it (RFC 8737 3, RFC 8446 4.1.2).
 */

/* RFC 8737 6.2: the name of the protocol for ALPN. */
#define ACME_ALPN "acme-tls/1"
#define SERVER_NAME_SIZE 254 /* The most bytes of a host name, with its NUL. */

enum hello_result {
	HELLO_MORE, /* The message is not complete yet. */
	HELLO_BAD,  /* It is no ClientHello, or not that of a validation. */
	/* The ClientHello offers only acme-tls/1 and names a server. */
	HELLO_NAMED
};

/*
 * Reads all that the client has sent so far; name becomes the server's name, in
 * lower case.  Bytes behind the message are left to libtls.
 */
enum hello_result hello_read(
    const uint8_t *, size_t len, char name[SERVER_NAME_SIZE]);


/*
 * The responses that respproc serves: for http-01 a key authorization by its
 * token, for tls-alpn-01 a certificate by the server's name.
 */

struct response {
	uint32_t job;
	uint32_t number; /* The number of the identifier in the job. */
	char *token;     /* The token of http-01; else NULL. */
	char *text;      /* The key authorization of http-01. */
	/* The certificate of tls-alpn-01 in PEM; else NULL. */
	uint8_t *cert;
	size_t certlen;
	/* The name of the server in it, in lower case. */
	char server[SERVER_NAME_SIZE];
	int served; /* A client has fetched it. */
	struct response *next;
};

/*
 * These replace an earlier response of this identifier.  text is the key
 * authorization (http-01), digest its SHA-256 in base64url (tls-alpn-01).
 * Anything not of this form ends the process.  0, or -1 with the reason.
 */
void response_put_http(uint32_t job, uint32_t number, const char *text);
int response_put_tls(uint32_t job, uint32_t number, const char *identifier,
    const char *digest, struct error *);

/*
 * Returns the response for this token, or for this server's name; NULL: there
 * is none.  It is valid until response_drop().
 */
struct response *response_of_token(const char *token);
struct response *response_of_server(const char *name);

/* Returns the number of a job's responses, and how many of them were served. */
size_t response_count(uint32_t job, size_t *served);
void response_drop(uint32_t job);


/* Makes the certificates of respproc for tls-alpn-01 (RFC 8737 3). */

/* The bytes of a SHA-256 of a key authorization. */
#define SELFSIGNED_DIGEST_LEN 32

/*
 * Makes the P-256 key of all these certificates, which lives as long as the
 * process.  Called once, before the others; failure ends the process.
 */
void selfsigned_begin(void);

/* Returns the key in PEM, which stays in memory of this module. */
const uint8_t *selfsigned_key(size_t *len);

/*
 * Returns the server's name that a client sends for this identifier, without a
 * final dot: the name itself, or for an address the reverse name (RFC 8738 6).
 */
void selfsigned_server_name(
    const char *identifier, char name[SERVER_NAME_SIZE]);

/*
 * Makes the certificate of one identifier (a host name in lower case, or an
 * address) in PEM, which the caller frees.  NULL: libcrypto could not make it.
 */
uint8_t *selfsigned_cert(const char *identifier,
    const uint8_t digest[SELFSIGNED_DIGEST_LEN], size_t *len);


/*
 * The clients of respproc, of which there may be many, slow, silent or hostile:
 *
 *	reading -> writing -> lingering      a request over HTTP
 *	   |                      ^
 *	   +---> handshake -------+          TLS with acme-tls/1, a known name
 *
 * By its first byte a client is one or the other, or is let go.  None is served
 * twice, or for longer than CLIENT_MS.
 */

/*
 * The most clients at a time.  A further one replaces the oldest of the source
 * that has the most: whoever opens many connections ends their own.
 */
#define CLIENTS_MAX 256
/* The most clients in libtls at a time, each with some 60 KiB. */
#define HANDSHAKES_MAX 32
/* The milliseconds that a client has for its request or handshake. */
#define CLIENT_MS 10000

/* Prepares for clients; called before the first one. */
void clients_begin(void);

/*
 * Takes over the connection, which does not block, from this address: AF_INET,
 * AF_INET6, or another family if it is not known.
 */
void client_new(int fd, const struct sockaddr *);

#define CLIENT_SOURCES 1024
/*
 * Returns a number below CLIENT_SOURCES for an IPv4 address or a network of 64
 * bits of IPv6 addresses, of which a customer usually gets a whole one.  Two of
 * these have the same number by chance only, and others in each process.
 */
unsigned client_source(const struct sockaddr *);

/* Ends a client to free a descriptor; 0: there is no client. */
int client_spare(void);

/*
 * Fills in what poll() is to wait for, at most CLIENTS_MAX entries; returns how
 * many, and until when to wait at most (clock_ms(); INT64_MAX: for ever).
 */
nfds_t clients_poll(struct pollfd *, int64_t *until);

/*
 * Serves the clients that poll() has found ready, in the order of
 * clients_poll(); ends those that are late.
 */
void clients_serve(const struct pollfd *);

/* Returns how many connections there were so far. */
unsigned long clients_count(void);


/*
 * Parses the one request that a client of respproc may make over HTTP: GET or
 * HEAD of a response to http-01 (RFC 8555 8.3).
 */

enum request_result {
	REQUEST_MORE,  /* The message is not complete yet. */
	REQUEST_BAD,   /* It is no request (RFC 9112), or has more behind it. */
	REQUEST_OTHER, /* The request has another method or path. */
	REQUEST_TOKEN  /* The request is for the response with this token. */
};

struct request {
	int head;        /* The method is HEAD, whose response has no body. */
	char token[201]; /* A token that valid_token() accepts. */
};

/* Reads all that the client has sent so far.  The Host field is ignored. */
enum request_result request_read(const char *, size_t len, struct request *);


/* Keeps the listening sockets of respproc. */

/* The most different addresses and ports in one run. */
#define LISTENERS_MAX 64

/*
 * Adds an address (or "*": all of this machine's) and a port, before respproc
 * gives up its rights; then binds all at once.
 */
void listen_add(const char *address, const char *port);
void listen_bind(void);

/* Is respproc listening there?  1, or 0 with the reason. */
int listen_works(const char *address, const char *port, struct error *);

/*
 * Fills in what poll() is to wait for, at most LISTENERS_MAX entries; returns
 * how many.
 */
nfds_t listen_poll(struct pollfd *);

/* Accepts the connections that have come, in the order of listen_poll(). */
void listen_serve(const struct pollfd *);


/* Does the TLS handshakes of respproc's clients, by libtls. */

struct handshake;

enum handshake_result { HANDSHAKE_WAITS, HANDSHAKE_FAILED, HANDSHAKE_DONE };

/*
 * Begins a handshake with the certificate of this response; hello is what the
 * client has sent so far, and stays valid until handshake_free().  NULL: libtls
 * refuses.
 */
struct handshake *handshake_new(
    const struct response *, int fd, const uint8_t *hello, size_t len);

/*
 * Goes on as far as it can without blocking; events becomes what poll() is to
 * wait for.
 */
enum handshake_result handshake_go(struct handshake *, short *events);

/* Returns the server's name that the client has sent. */
const char *handshake_server(const struct handshake *);

void handshake_free(struct handshake *);

#endif
