/* SPDX-License-Identifier: ISC */
/*
 * Which statement a misspelt one is meant to be.
 */
#include <string.h>

#include "conf-parse.h"

#define NEAR_MAX 40 /* bytes of a misspelt statement */

/* How many letters make the one text the other: Levenshtein's distance. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NEAR_MAX + 1], n = strlen(b), i, j, diagonal, best;

	if (strlen(a) > NEAR_MAX || n > NEAR_MAX)
		return NEAR_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i + 1;
		for (j = 1; j <= n; j++) {
			best = diagonal + (a[i] != b[j - 1]);
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[n];
}

const char *
parse_nearest(
    char *text, size_t size, const struct statement *table, size_t ntable)
{
	const char *near = NULL;
	size_t i, n, d, least = 3;

	for (n = 0;; n++) {
		for (i = 0; i < ntable; i++) {
			d = distance(text, table[i].words);
			if (d < least && 3 * d <= strlen(table[i].words)) {
				least = d;
				near = table[i].words;
			}
		}
		if (n == WORDS_MAX || lex_token != TOKEN_WORD)
			return near;
		strlcat(text, *text == '\0' ? "" : " ", size);
		strlcat(text, lex_word, size);
		lex_next();
	}
}
