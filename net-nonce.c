/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Keeps nonces at hand, and limits how fast more are requested. */
#include <stdlib.h>

#include "clock.h"
#include "net.h"

/*
 * Let's Encrypt's limit of newNonce requests from one address, which all
 * workers share.
 */
#define NONCES_AT_ONCE 10
#define NONCES_A_SECOND 20
/* A second of the CA's clock in milliseconds, rounded up. */
#define SECOND_MS 1050

static char *nonces[NONCES_MAX];
static size_t nnonces;
static uint32_t workers = 1;

void
nonces_share(uint32_t sharing)
{
	workers = sharing;
}

/* An invalid nonce (RFC 8555 6.5.1) counts as none. */
int
nonce_keep(const struct http_response *a)
{
	char *value = http_header(a, "Replay-Nonce", 0);
	int valid = value != NULL && valid_nonce(value);

	if (valid && nnonces < NONCES_MAX)
		nonces[nnonces++] = value;
	else
		free(value);
	return valid;
}

char *
nonce_take(void)
{
	return nnonces == 0 ? NULL : nonces[--nnonces];
}

size_t
nonces_at_hand(void)
{
	return nnonces;
}

void
nonces_drop(void)
{
	while (nnonces > 0)
		free(nonces[--nnonces]);
}

/*
 * Returns how many requests may be sent: each process may send its share of the
 * requests of any second.
 */
size_t
nonces_allowed(size_t n, size_t before)
{
	/* The times of the last requests; the oldest is at index next. */
	static int64_t sent[NONCES_A_SECOND];
	static size_t next;
	size_t share = NONCES_A_SECOND / workers, i;
	size_t burst = workers < NONCES_AT_ONCE ? NONCES_AT_ONCE / workers : 1;
	int64_t now = clock_ms();

	for (i = 0; i < n && i + before < burst &&
	     (sent[next] == 0 || now - sent[next] > SECOND_MS);
	     i++) {
		sent[next] = now;
		next = (next + 1) % share;
	}
	return i;
}
