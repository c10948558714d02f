/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Makes messages between the processes, for mutations of their sequences.
 */
#ifndef FUZZ_COMPOSE_H
#define FUZZ_COMPOSE_H

#include <string.h>

#include "fuzz-mutate.h"
#include "msg.h"

/* Numbers that are edges of something. */
static inline uint64_t
edge(unsigned *seed)
{
	static const uint64_t edges[] = { 0, 1, 2, 3, 7, 8, 63, 64, 99, 100,
		101, 255, 256, 65535, 65536, INT32_MAX, UINT32_MAX,
		(uint64_t)UINT32_MAX + 1, INT64_MAX, UINT64_MAX };

	if (draw(seed, 3) == 0)
		return draw(seed, 16);
	return edges[draw(seed, sizeof(edges) / sizeof(edges[0]))];
}

/* How many bytes the body may still have. */
static inline size_t
room_in(const struct msg *m)
{
	return routes[m->head.type].max - m->head.len;
}

static inline void
put_edge(struct msg *m, uint64_t n)
{
	if (room_in(m) >= sizeof(n))
		msg_put_num(m, n);
}

/* Bytes, perhaps mutated; as many as fit. */
static inline void
put_bytes(struct msg *m, int is_string, unsigned *seed)
{
	static const char *const words[] = { "", "x", "example.com",
		"https://localhost:14000/order/1", "http-01", "-", "..",
		"aGVsbG8", "{}", "\x1b[1m" };
	uint8_t buf[4096];
	size_t n = strlcpy((char *)buf, words[draw(seed, 10)], sizeof(buf));

	if (draw(seed, 2) == 0)
		n = LLVMFuzzerMutate(buf, n, draw(seed, 8) == 0 ? 4000 : 64);
	if (room_in(m) < 5)
		return;
	if (n > room_in(m) - 5)
		n = room_in(m) - 5;
	if (is_string) {
		buf[n] = '\0';
		msg_put_str(m, (char *)buf);
	} else
		msg_put_buf(m, buf, n);
}

/* A message of this type whose body has the right shape, if that fits. */
static inline void
compose(struct msg *m, enum msgtype type, unsigned *seed)
{
	const char *shape = routes[type].shape, *repeated = strchr(shape, '(');
	unsigned times = repeated == NULL ? 0 : draw(seed, 4);
	uint64_t i, n;

	msg_new(m, type, draw(seed, 8) == 0 ? draw(seed, 5) : 0);
	m->head.worker = draw(seed, 8) == 0 ? draw(seed, 5) : 0;
	for (; *shape != '\0'; shape++) {
		switch (*shape) {
		case 'n':
			put_edge(m, edge(seed));
			break;
		case 'z':
			if (draw(seed, 3) == 0 && room_in(m) >= 4) {
				msg_put_str(m, NULL);
				break;
			}
			/* FALLTHROUGH */
		case 's':
			put_bytes(m, 1, seed);
			break;
		case 'b':
			put_bytes(m, 0, seed);
			break;
		case 'v':
			put_edge(m, n = draw(seed, 4));
			for (i = 0; i < n; i++)
				put_bytes(m, 1, seed);
			break;
		case ')':
			if (times-- > 0)
				shape = repeated;
			break;
		default:
			break;
		}
	}
}

#endif
