/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Reads the resolvers in resolv.conf(5), which the administrator names, by
 * zoneproc, before its sandbox.
 */
#include <netdb.h>
#include <string.h>

#include "zone.h"

#define LINE_SIZE 1024

int
server_of(struct address *s, const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *ai;

	/* A numeric address needs no file and no query. */
	if (getaddrinfo(address, port, &hints, &ai) != 0)
		return -1;
	memset(s, 0, sizeof(*s));
	memcpy(&s->ss, ai->ai_addr, ai->ai_addrlen);
	s->len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return 0;
}

size_t
resolvers_read(FILE *f, struct address out[RESOLVERS_MAX])
{
	static const char blanks[] = " \t\r\n";
	char line[LINE_SIZE], *word, *rest;
	size_t n = 0;

	while (f != NULL && n < RESOLVERS_MAX &&
	    fgets(line, sizeof(line), f) != NULL) {
		rest = line;
		word = strsep(&rest, blanks);
		if (strcmp(word, "nameserver") != 0)
			continue;
		while ((word = strsep(&rest, blanks)) != NULL && *word == '\0')
			;
		if (word != NULL && server_of(&out[n], word, "53") == 0)
			n++;
	}
	if (n == 0 && server_of(&out[0], "127.0.0.1", "53") == 0)
		n = 1;
	return n;
}
