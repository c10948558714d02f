/*
 * Messages between the processes: one SOCK_SEQPACKET datagram each, so that
 * a message arrives whole or not at all.
 */
#ifndef MSG_H
#define MSG_H

#include "acme-client.h"

#define MSG_BODY_MAX (96 * 1024)

struct msg {
	/*
	 * On the wire as it stands here: the processes are of one build
	 * (role.c).
	 */
	struct {
		uint32_t type; /* enum msgtype */
		uint32_t job;  /* index of the domain in this run */
		/* of net: from which one or to which; else 0 */
		uint32_t worker;
		uint32_t len; /* of the body */
	} head;
	uint8_t body[MSG_BODY_MAX];
	int received; /* 0: it is being composed */
	/* received: how far the body has been read */
	size_t pos;
};

#define MSG_HEAD_LEN sizeof(((struct msg *)0)->head)

/*
 * Who may say what to whom: the one table of it, used by broker and receivers.
 */
struct route {
	const char *name;
	unsigned from; /* bit for each enum role */
	int to;        /* enum role, or ANY_ROLE */
	/* bit for each enum mode: kinds of runs */
	unsigned modes;
	const char *shape; /* of the body, see below */
	size_t max;        /* longest body */
	/* from net: only about the job that this worker has */
	int by_job;
};
#define ANY_ROLE (-1)

/*
 * A shape has a letter for each thing in a body, in its order: n a number, s a
 * string, z a string or NULL, b bytes, v an array of strings; what is in
 * parentheses, at the end, is there any number of times.  "*": the parent
 * says it, and the receiver reads it by its own role.
 */

extern const struct route routes[MSG__MAX];

#define MSG_NULL_STRING UINT32_MAX /* in place of a string's length */

/*
 * Is this datagram of got bytes a message that role from may send to role to
 * (ANY_ROLE: not looked at) in such a run?  NULL, or what is wrong with it.
 */
const char *msg_check(
    const struct msg *, size_t got, int from, int to, enum mode);

/* Makes what is in head and body a received message, read from its start. */
void msg_take(struct msg *);

/* Composing; too long a body is our own mistake and ends the process. */
void msg_new(struct msg *, enum msgtype, uint32_t job);
/*
 * The same as an answer: about the job, and to the worker, that it came from.
 */
void msg_reply(struct msg *, enum msgtype, const struct msg *to);
void msg_put_num(struct msg *, uint64_t);
void msg_put_buf(struct msg *, const void *, size_t);
/* NULL travels as NULL */
void msg_put_str(struct msg *, const char *);
void msg_put_strings(struct msg *, char *const *, size_t);

/*
 * Reading.  Bodies of several members, and enumerations, are put and read by
 * the functions of msg-bodies.h, which use these.  A body that is short or
 * malformed ends the process.  Buffers and strings point into the message; a
 * string has no NUL inside.
 */
uint64_t msg_get_num(struct msg *);
const uint8_t *msg_get_buf(struct msg *, size_t *);
const char *msg_get_str(struct msg *);  /* may be NULL */
const char *msg_need_str(struct msg *); /* is not NULL */
/* may be NULL; the caller frees */
char *msg_copy_str(struct msg *);
/*
 * An allocated array of allocated strings, at most max; the caller owns both.
 */
char **msg_get_strings(struct msg *, size_t *, size_t max);
void msg_end(const struct msg *); /* nothing is left */
/* Ends the process: the body is not what its type has. */
void msg_malformed(const struct msg *) __attribute__((noreturn));

/*
 * A role's side of its socket.  Failure, a deadline and end of file end the
 * process.
 */
void msg_send(const struct msg *);
/* seconds < 0: no deadline. */
void msg_receive(struct msg *, enum role self, enum mode, int seconds);

#endif
