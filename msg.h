/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Composes and reads the messages between the processes: one SOCK_SEQPACKET
 * datagram each, so that a message arrives whole or not at all.
 */
#ifndef MSG_H
#define MSG_H

#include "acme-client.h"

#define MSG_BODY_MAX (96 * 1024)
/* A ROLE_DOMAIN that has so many bytes gets no further slice. */
#define SLICES_BYTES (12 * 1024)
#define OUTCOMES_MAX 32 /* The most jobs of one PARENT_OUTCOME. */

struct msg {
	/*
	 * Sent in the machine's own representation: both processes are of one
	 * build (role.c).
	 */
	struct {
		uint32_t type; /* An enum msgtype. */
		uint32_t job;  /* The number of the domain in this run. */
		/* The worker of netproc that sends or receives it; else 0. */
		uint32_t worker;
		uint32_t len; /* The length of the body. */
	} head;
	uint8_t body[MSG_BODY_MAX];
	int received; /* 0: the message is being composed. */
	/* How many bytes of a received body have been read. */
	size_t pos;
};

#define MSG_HEAD_LEN sizeof(((struct msg *)0)->head)

/*
 * Which role may send a message to which, and in which kinds of runs.  The
 * broker checks each message against this table, and so does its receiver.
 */
struct route {
	const char *name;
	unsigned from; /* The senders: a bit for each enum role. */
	int to;        /* The receiver: an enum role, or ANY_ROLE. */
	/* The kinds of runs: a bit for each enum mode. */
	unsigned modes;
	const char *shape; /* The shape of the body, as described below. */
	size_t max;        /* The length of the longest body. */
	/* A worker of netproc may send it only about the job that it has. */
	int by_job;
};
#define ANY_ROLE (-1)

/*
 * A shape has a letter for each member of a body, in order: n is a number, s a
 * string, z a string or NULL, b bytes, v an array of strings.  Members in
 * parentheses, at the end, may come any number of times.  "*" is a slice, whose
 * shape depends on the receiving role.
 */

extern const struct route routes[MSG__MAX];

#define MSG_NULL_STRING UINT32_MAX /* The length that stands for NULL. */

/*
 * Checks whether this datagram of got bytes is a message that role from may
 * send to role to in such a run; ANY_ROLE skips the check of a role.  Returns
 * NULL, or what is wrong with the message.
 */
const char *msg_check(
    const struct msg *, size_t got, int from, int to, enum mode);

/* Makes head and body a received message, to be read from the beginning. */
void msg_take(struct msg *);

/*
 * Begins to compose a message.  A body that is too long is a mistake of the
 * program, and ends the process.
 */
void msg_new(struct msg *, enum msgtype, uint32_t job);
/*
 * Begins a reply: about the same job, and to the worker that sent the request.
 */
void msg_reply(struct msg *, enum msgtype, const struct msg *to);
void msg_put_num(struct msg *, uint64_t);
void msg_put_buf(struct msg *, const void *, size_t);
/* Adds a string, which may be NULL. */
void msg_put_str(struct msg *, const char *);
void msg_put_strings(struct msg *, char *const *, size_t);

/*
 * These read a body.  Bodies of several members, and enumerations, have
 * functions in msg-bodies.h, which use these.  A body that is short or
 * malformed ends the process.  Buffers and strings point into the message; a
 * string has no NUL inside.
 */
uint64_t msg_get_num(struct msg *);
const uint8_t *msg_get_buf(struct msg *, size_t *);
const char *msg_get_str(struct msg *);  /* This may return NULL. */
const char *msg_need_str(struct msg *); /* This never returns NULL. */
/* This may return NULL; the caller frees the copy. */
char *msg_copy_str(struct msg *);
/*
 * Returns an allocated array of at most max allocated strings; the caller owns
 * both.
 */
char **msg_get_strings(struct msg *, size_t *, size_t max);
/* Ends the process where a received body has bytes left. */
void msg_end(const struct msg *);
/* Ends the process, since the body does not fit its type. */
void msg_malformed(const struct msg *) __attribute__((noreturn));

/*
 * These use a role's end of its socket.  An error, a deadline that has passed
 * and end of file end the process.
 */
void msg_send(const struct msg *);
/* Waits at most so many seconds; negative: without a deadline. */
void msg_receive(struct msg *, enum role self, enum mode, int seconds);

#endif
