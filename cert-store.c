/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * certproc's requests to fileproc, which does not trust them; certproc reads
 * its replies like any other message.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "clock.h"
#include "role.h"

/* The most seconds to wait for a reply, besides the wait for a lock. */
#define REPLY_SECONDS 60

static struct msg request, received;

void
stored_free(struct stored *stored)
{
	free(stored->path);
	free(stored->bytes);
	memset(stored, 0, sizeof(*stored));
}

/* Takes a received part, which must be one of n parts from first on. */
static void
take_part(struct stored *parts, enum part first, size_t n)
{
	struct stored *stored;
	struct body_part b;

	body_part(&received, &b);
	if (b.part < first || b.part - first >= n)
		msg_malformed(&received);
	stored = &parts[b.part - first];
	stored_free(stored);
	stored->presence = b.presence;
	if ((stored->path = strdup(b.path)) == NULL)
		err(1, NULL);
	stored->len = b.len;
	if (b.presence == PRESENCE_ABSENT)
		return;
	if ((stored->bytes = malloc(b.len + 1)) == NULL)
		err(1, NULL);
	memcpy(stored->bytes, b.bytes, b.len);
	stored->bytes[b.len] = '\0';
}

/*
 * fileproc may wait for a lock as long as another run holds it.  certproc asks
 * for a lock before it begins what the lock is for, so that it can stop here.
 */
static void
may_stop(void)
{
	if (request.head.type == FILE_OPEN || request.head.type == FILE_LOCK)
		role_may_stop();
}

/*
 * Sends the request and waits for the reply; parts that arrive before it go
 * into parts.
 */
static int
call(int wait_ms, struct stored *parts, enum part first, size_t n,
    struct error *e)
{
	struct body_stored b;

	may_stop();
	msg_send(&request);
	for (;;) {
		role_receive(&received, REPLY_SECONDS + wait_ms / 1000);
		if (received.head.type == CERT_STORED)
			break;
		if (received.head.type == CERT_PART)
			take_part(parts, first, n);
		else {
			role_postpone(&received);
			may_stop();
		}
	}
	body_stored(&received, &b);
	if (b.result == -1)
		error_set(e, "%s",
		    b.reason == NULL ? "fileproc gave no reason" : b.reason);
	return b.result;
}

static int
ask(enum msgtype type, uint32_t job, struct error *e)
{
	msg_new(&request, type, job);
	return call(0, NULL, PART_FULLCHAIN, 0, e);
}

static int
ask_about(enum msgtype type, uint32_t job, enum part part, struct error *e)
{
	msg_new(&request, type, job);
	body_part_name(&request, &part);
	return call(0, NULL, PART_FULLCHAIN, 0, e);
}

int
store_open(uint32_t job, int64_t deadline, struct stored parts[PART_JOB__MAX],
    struct error *e)
{
	int wait_ms = clock_left_ms(deadline);

	memset(parts, 0, PART_JOB__MAX * sizeof(*parts));
	msg_new(&request, FILE_OPEN, job);
	body_wait(&request, &wait_ms);
	return call(wait_ms, parts, PART_FULLCHAIN, PART_JOB__MAX, e);
}

int
store_look(uint32_t job, struct stored parts[PART_JOB__MAX], struct error *e)
{
	memset(parts, 0, PART_JOB__MAX * sizeof(*parts));
	msg_new(&request, FILE_LOOK, job);
	return call(0, parts, PART_FULLCHAIN, PART_JOB__MAX, e);
}

void
store_close(uint32_t job, uint64_t forget)
{
	msg_new(&request, FILE_CLOSE, job);
	msg_put_num(&request, forget);
	msg_send(&request);
}

int
store_probe(uint32_t job, struct error *e)
{
	return ask(FILE_PROBE, job, e);
}

int
store_write(uint32_t job, enum part part, const char *bytes, size_t len,
    struct error *e)
{
	struct body_record b = { .part = part,
		.piece = (const uint8_t *)bytes };

	for (;; b.piece += b.len, len -= b.len) {
		b.len = len < PART_PIECE_BYTES ? len : PART_PIECE_BYTES;
		b.more = b.len < len;
		msg_new(&request, FILE_WRITE, job);
		body_record(&request, &b);
		if (!b.more)
			return call(0, NULL, PART_FULLCHAIN, 0, e);
		msg_send(&request);
	}
}

int
store_remove(uint32_t job, enum part part, struct error *e)
{
	return ask_about(FILE_REMOVE, job, part, e);
}

int
store_read_kept(
    uint32_t job, struct stored parts[PART_SET__MAX], struct error *e)
{
	memset(parts, 0, PART_SET__MAX * sizeof(*parts));
	msg_new(&request, FILE_READ_KEPT, job);
	return call(0, parts, PART_FULLCHAIN, PART_SET__MAX, e);
}

int
store_copy(uint32_t job, enum part from, enum part to, struct error *e)
{
	struct body_copy b = { .from = from, .to = to };

	msg_new(&request, FILE_COPY, job);
	body_copy(&request, &b);
	return call(0, NULL, PART_FULLCHAIN, 0, e);
}

int
store_tell_revocable(uint32_t job, struct error *e)
{
	return ask(FILE_TELL_REVOCABLE, job, e);
}

int
store_remove_set(uint32_t job, struct error *e)
{
	return ask(FILE_REMOVE_SET, job, e);
}

void
store_stage(uint32_t job, enum part part, const char *bytes, size_t len)
{
	struct body_staged b = {
		.part = part, .bytes = (const uint8_t *)bytes, .len = len
	};

	msg_new(&request, FILE_STAGE, job);
	body_staged(&request, &b);
	msg_send(&request);
}

int
store_commit(uint32_t job, struct error *e)
{
	return ask(FILE_COMMIT, job, e);
}

int
store_lock(enum part part, enum lock lock, int64_t deadline, struct error *e)
{
	struct body_lock b = {
		.part = part, .lock = lock, .wait_ms = clock_left_ms(deadline)
	};

	msg_new(&request, FILE_LOCK, 0);
	body_lock(&request, &b);
	return call(b.wait_ms, NULL, PART_FULLCHAIN, 0, e);
}

void
store_read(enum part part, struct stored *stored)
{
	struct error e;

	memset(stored, 0, sizeof(*stored));
	msg_new(&request, FILE_READ, 0);
	body_part_name(&request, &part);
	if (call(0, stored, part, 1, &e) == -1)
		errx(1, "%s", e.text);
}
