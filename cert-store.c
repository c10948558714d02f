/* SPDX-License-Identifier: ISC */
/*
 * certproc's requests to fileproc, which has no reason to trust them, and
 * whose replies are read like any other message.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "cert-store.h"
#include "clock.h"
#include "proc.h"

#define REPLY_SECONDS	60	/* beside the wait for a lock */

static struct msg request, received;

void
stored_free(struct stored *stored)
{
	free(stored->path);
	free(stored->bytes);
	memset(stored, 0, sizeof(*stored));
}

/* One of n parts that begin with first. */
static void
take_part(struct stored *parts, enum part first, size_t n)
{
	uint64_t part = msg_get_num(&received), presence = msg_get_num(&received);
	struct stored *stored;
	const uint8_t *bytes;

	if (part < first || part - first >= n || presence > PRESENCE_BROKEN)
		errx(1, "CERT_PART: malformed");
	stored = &parts[part - first];
	stored_free(stored);
	stored->presence = (enum presence)presence;
	stored->path = msg_copy_str(&received);
	bytes = msg_get_buf(&received, &stored->len);
	msg_end(&received);
	if (presence == PRESENCE_ABSENT)
		return;
	if ((stored->bytes = malloc(stored->len + 1)) == NULL)
		err(1, NULL);
	memcpy(stored->bytes, bytes, stored->len);
	stored->bytes[stored->len] = '\0';
}

/* Sends the request; the parts that come before the reply go into parts. */
static int
call(int wait_ms, struct stored *parts, enum part first, size_t n, struct why *w)
{
	const char *reason;
	uint64_t result;

	msg_send(&request);
	for (;;) {
		role_receive(&received, REPLY_SECONDS + wait_ms / 1000);
		if (received.head.type == CERT_STORED)
			break;
		if (received.head.type == CERT_PART)
			take_part(parts, first, n);
		else
			role_postpone(&received);
	}
	result = msg_get_num(&received);
	reason = msg_get_str(&received);
	msg_end(&received);
	if (result > 2)
		errx(1, "CERT_STORED: malformed");
	if (result == 0)
		why(w, "%s", reason == NULL ? "fileproc gave no reason" : reason);
	return (int)result - 1;
}

static int
ask(enum msgtype type, uint32_t job, struct why *w)
{
	msg_new(&request, type, job);
	return call(0, NULL, PART_FULLCHAIN, 0, w);
}

static int
ask_about(enum msgtype type, uint32_t job, enum part part, struct why *w)
{
	msg_new(&request, type, job);
	msg_put_num(&request, part);
	return call(0, NULL, PART_FULLCHAIN, 0, w);
}

int
store_open(uint32_t job, int64_t deadline, struct stored parts[PART_JOB__MAX], struct why *w)
{
	int wait_ms = clock_left_ms(deadline);

	memset(parts, 0, PART_JOB__MAX * sizeof(*parts));
	msg_new(&request, FILE_OPEN, job);
	msg_put_num(&request, (uint64_t)wait_ms);
	return call(wait_ms, parts, PART_FULLCHAIN, PART_JOB__MAX, w);
}

int
store_look(uint32_t job, struct stored parts[PART_JOB__MAX], struct why *w)
{
	memset(parts, 0, PART_JOB__MAX * sizeof(*parts));
	msg_new(&request, FILE_LOOK, job);
	return call(0, parts, PART_FULLCHAIN, PART_JOB__MAX, w);
}

void
store_close(uint32_t job, uint64_t forget)
{
	msg_new(&request, FILE_CLOSE, job);
	msg_put_num(&request, forget);
	msg_send(&request);
}

int
store_probe(uint32_t job, struct why *w)
{
	return ask(FILE_PROBE, job, w);
}

int
store_write(uint32_t job, enum part part, const char *bytes, size_t len, struct why *w)
{
	size_t piece;

	for (;; bytes += piece, len -= piece) {
		piece = len < PART_PIECE_BYTES ? len : PART_PIECE_BYTES;
		msg_new(&request, FILE_WRITE, job);
		msg_put_num(&request, part);
		msg_put_num(&request, piece < len);
		msg_put_buf(&request, bytes, piece);
		if (piece == len)
			return call(0, NULL, PART_FULLCHAIN, 0, w);
		msg_send(&request);
	}
}

int
store_remove(uint32_t job, enum part part, struct why *w)
{
	return ask_about(FILE_REMOVE, job, part, w);
}

int
store_read_kept(uint32_t job, struct stored parts[PART_SET__MAX], struct why *w)
{
	memset(parts, 0, PART_SET__MAX * sizeof(*parts));
	msg_new(&request, FILE_READ_KEPT, job);
	return call(0, parts, PART_FULLCHAIN, PART_SET__MAX, w);
}

int
store_copy(uint32_t job, enum part from, enum part to, struct why *w)
{
	msg_new(&request, FILE_COPY, job);
	msg_put_num(&request, from);
	msg_put_num(&request, to);
	return call(0, NULL, PART_FULLCHAIN, 0, w);
}

int
store_tell_revocable(uint32_t job, struct why *w)
{
	return ask(FILE_TELL_REVOCABLE, job, w);
}

int
store_remove_set(uint32_t job, struct why *w)
{
	return ask(FILE_REMOVE_SET, job, w);
}

void
store_stage(uint32_t job, enum part part, const char *bytes, size_t len)
{
	msg_new(&request, FILE_STAGE, job);
	msg_put_num(&request, part);
	msg_put_buf(&request, bytes, len);
	msg_send(&request);
}

int
store_commit(uint32_t job, struct why *w)
{
	return ask(FILE_COMMIT, job, w);
}

int
store_lock(enum part part, enum lock lock, int64_t deadline, struct why *w)
{
	int wait_ms = clock_left_ms(deadline);

	msg_new(&request, FILE_LOCK, 0);
	msg_put_num(&request, part);
	msg_put_num(&request, lock);
	msg_put_num(&request, (uint64_t)wait_ms);
	return call(wait_ms, NULL, PART_FULLCHAIN, 0, w);
}

void
store_read(enum part part, struct stored *stored)
{
	struct why w;

	memset(stored, 0, sizeof(*stored));
	msg_new(&request, FILE_READ, 0);
	msg_put_num(&request, part);
	if (call(0, stored, part, 1, &w) == -1)
		errx(1, "%s", w.text);
}
