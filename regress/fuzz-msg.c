/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Any bytes as a datagram between two processes: what the table lets through
 * can be read by its shape to its end, and is the same when it is composed
 * anew.  The first three bytes choose the sender, the receiver and the kind of
 * run; the rest is a struct msg's head and body.
 */
#include <string.h>

#include "fuzz-compose.h"
#include "fuzz.h"
#include "msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
copy_strings(struct msg *m, struct msg *copy)
{
	size_t n, i;
	char **v = msg_get_strings(m, &n, SIZE_MAX);

	msg_put_strings(copy, v, n);
	for (i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

/* Reads a member of this shape, and puts it into the copy. */
static void
copy_one(struct msg *m, char shape, struct msg *copy)
{
	const uint8_t *bytes;
	char *text;
	size_t n;

	switch (shape) {
	case 'n':
		msg_put_num(copy, msg_get_num(m));
		break;
	case 's':
		msg_put_str(copy, msg_need_str(m));
		break;
	case 'z':
		text = msg_copy_str(m);
		msg_put_str(copy, text);
		free(text);
		break;
	case 'b':
		bytes = msg_get_buf(m, &n);
		msg_put_buf(copy, bytes, n);
		break;
	case 'v':
		copy_strings(m, copy);
		break;
	}
}

static void
copy_all(struct msg *m, struct msg *copy)
{
	const char *shape = routes[m->head.type].shape, *again = NULL;

	for (; *shape != '\0'; shape++) {
		if (*shape == '(') {
			again = shape;
			if (m->pos == m->head.len)
				break;
		} else if (*shape == ')') {
			if (m->pos < m->head.len)
				shape = again;
		} else
			copy_one(m, *shape, copy);
	}
	msg_end(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct msg m, copy;
	size_t got = size < 3 ? 0 : size - 3;
	int from, to;

	if (size < 3 || got > MSG_HEAD_LEN + MSG_BODY_MAX)
		return 0;
	memcpy(&m, data + 3, got);
	from = data[0] % (ROLE__MAX + 1) - 1;
	to = data[1] % (ROLE__MAX + 1) - 1;
	if (msg_check(&m, got, from, to,
		(enum mode)(data[2] % (MODE_NAMES + 1))) != NULL)
		return 0;
	must(m.head.len == got - MSG_HEAD_LEN &&
	    m.head.len <= routes[m.head.type].max);
	/* What is let through between two roles is so without them, too. */
	must(msg_check(&m, got, ANY_ROLE, ANY_ROLE,
		 (enum mode)(data[2] % (MODE_NAMES + 1))) == NULL);
	if (routes[m.head.type].shape[0] == '*')
		return 0;
	msg_take(&m);
	msg_new(&copy, m.head.type, m.head.job);
	copy_all(&m, &copy);
	must(copy.head.len == m.head.len &&
	    memcmp(copy.body, m.body, m.head.len) == 0);
	return 0;
}

/* Makes a message of some type, or changes a number in one. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static struct msg m;
	enum msgtype type;
	uint64_t n;

	if (draw(&seed, 3) == 0) {
		do
			type = draw(&seed, MSG__MAX);
		while (
		    routes[type].name == NULL || routes[type].shape[0] == '*');
		compose(&m, type, &seed);
		if (MSG_HEAD_LEN + m.head.len <= max - 3) {
			data[0] = data[1] = 0;
			data[2] = (uint8_t)draw(&seed, MODE_NAMES + 1);
			memcpy(data + 3, &m, MSG_HEAD_LEN + m.head.len);
			return 3 + MSG_HEAD_LEN + m.head.len;
		}
	}
	if (size >= 3 + MSG_HEAD_LEN + sizeof(n) && draw(&seed, 2) == 0) {
		n = edge(&seed);
		memcpy(data + 3 + MSG_HEAD_LEN +
			draw(&seed,
			    (uint32_t)(size - 3 - MSG_HEAD_LEN - sizeof(n) +
				1)),
		    &n, sizeof(n));
		return size;
	}
	return LLVMFuzzerMutate(data, size, max);
}
