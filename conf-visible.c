/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Characters of a configuration that are invisible or easily taken for others:
 * spaces and quotes of word processors and web pages, marks without a width.
 * They are made visible in messages, and refused in words.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "conf-parse.h"

enum kind { SPACE, QUOTE, INVISIBLE, JOINER };

/*
 * The characters that Unicode calls White_Space or
 * Default_Ignorable_Code_Point, as far as they occur in files; and quotation
 * marks.
 */
static const struct {
	uint32_t first, last;
	enum kind kind;
	const char *name;
} odd[] = {
	{ 0x01, 0x1f, INVISIBLE, "control character" },
	{ 0x7f, 0x9f, INVISIBLE, "control character" },
	{ 0xa0, 0xa0, SPACE, "no-break space" },
	{ 0xad, 0xad, INVISIBLE, "soft hyphen" },
	{ 0xab, 0xab, QUOTE, "quotation mark" },
	{ 0xbb, 0xbb, QUOTE, "quotation mark" },
	{ 0x034f, 0x034f, INVISIBLE, "invisible character" },
	{ 0x061c, 0x061c, INVISIBLE, "direction mark" },
	{ 0x1680, 0x1680, SPACE, "space" },
	{ 0x180e, 0x180e, INVISIBLE, "invisible separator" },
	{ 0x2000, 0x200a, SPACE, "space" },
	{ 0x200b, 0x200b, INVISIBLE, "zero-width space" },
	/* Some scripts need these two in names (RFC 5892 A.1). */
	{ 0x200c, 0x200d, JOINER, "zero-width joiner" },
	{ 0x200e, 0x200f, INVISIBLE, "direction mark" },
	{ 0x2018, 0x201f, QUOTE, "quotation mark" },
	{ 0x2028, 0x2029, SPACE, "line separator" },
	{ 0x202a, 0x202e, INVISIBLE, "direction mark" },
	{ 0x202f, 0x202f, SPACE, "no-break space" },
	{ 0x2039, 0x203a, QUOTE, "quotation mark" },
	{ 0x205f, 0x205f, SPACE, "space" },
	{ 0x2060, 0x2064, INVISIBLE, "invisible character" },
	{ 0x2066, 0x206f, INVISIBLE, "direction mark" },
	{ 0x3000, 0x3000, SPACE, "space" },
	{ 0xfe00, 0xfe0f, INVISIBLE, "variation selector" },
	{ 0xfeff, 0xfeff, INVISIBLE, "byte order mark" },
	{ 0xff02, 0xff02, QUOTE, "quotation mark" },
	{ 0xff07, 0xff07, QUOTE, "quotation mark" },
	{ 0xfff9, 0xfffb, INVISIBLE, "invisible character" },
	{ 0xe0000, 0xe0fff, INVISIBLE, "invisible character" },
};
#define NODD (sizeof(odd) / sizeof(odd[0]))

/*
 * Returns the character of a byte in Windows-1252 that is no UTF-8 by itself;
 * UINT32_MAX: it is none of the quotes and spaces here.
 */
static uint32_t
from_windows(unsigned char byte)
{
	return byte >= 0x91 && byte <= 0x94 ?
	    0x2018 + (byte - 0x91u) + (byte > 0x92 ? 2 : 0) :
	    byte == 0xa0 || byte == 0xad || byte == 0xab || byte == 0xbb ?
	    byte :
	    UINT32_MAX;
}

/*
 * Returns the character that begins the text, and its length in bytes;
 * UINT32_MAX: the first byte is not UTF-8.
 */
static uint32_t
character(const char *text, size_t *len)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t c;
	size_t i, n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	*len = 1;
	if (p[0] < 0x80)
		return p[0];
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return from_windows(p[0]);
	c = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return from_windows(p[0]);
		c = c << 6 | (p[i] & 0x3f);
	}
	*len = n;
	return c;
}

/*
 * Returns the character's row in the table; NODD: it is an ordinary character.
 */
static size_t
find(uint32_t c)
{
	size_t i;

	if (c >= ' ' && c <= '~')
		return NODD;
	for (i = 0; i < NODD && (c < odd[i].first || c > odd[i].last); i++)
		;
	return i;
}

char *
lex_visible(char *out, size_t size, const char *text)
{
	char one[16];
	size_t len, o = 0;
	uint32_t c;

	for (out[0] = '\0'; *text != '\0'; text += len) {
		c = character(text, &len);
		if (c == UINT32_MAX)
			snprintf(one, sizeof(one), "<\\x%02x>",
			    (unsigned char)*text);
		else if (c != '\t' && find(c) < NODD &&
		    odd[find(c)].kind != QUOTE)
			snprintf(one, sizeof(one), "<U+%04X>", c);
		else
			snprintf(one, sizeof(one), "%.*s", (int)len, text);
		/* "..." and the NUL need room, too. */
		if (o + strlen(one) + 4 > size) {
			strlcpy(out + o, "...", size - o);
			break;
		}
		o += strlcpy(out + o, one, size - o);
	}
	return out;
}

int
lex_is_utf8(const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len) {
		character(text, &len);
		if (len == 1 && (unsigned char)*text >= 0x80)
			return 0;
	}
	return 1;
}

/* Says what to do about a character of this kind. */
static const char *
remedy(enum kind kind)
{
	return kind == SPACE ? "type an ordinary space instead" :
	    kind == QUOTE    ? "type \" or ' instead" :
			       "delete it";
}

int
lex_check_word(const char *word, int quoted)
{
	const char *p;
	size_t len, i;
	uint32_t c;
	int mark;

	for (p = word; *p != '\0'; p += len) {
		c = character(p, &len);
		if (c == '\t' || (i = find(c)) == NODD || odd[i].kind == JOINER)
			continue;
		mark = odd[i].kind == QUOTE;
		/* A quotation mark inside a word is probably intended. */
		if (mark && (quoted || (p > word && p[len] != '\0')))
			continue;
		lex_error("%s %s (U+%04X) in a word; %s: %s",
		    mark || odd[i].kind == SPACE ? "a" : "an invisible",
		    c == '\r' ? "carriage return" : odd[i].name, c,
		    c == '\r' ? "end the lines as Unix does (dos2unix)" :
				remedy(odd[i].kind),
		    word);
		return -1;
	}
	return 0;
}

const char *
lex_check_start(const char *text, size_t len)
{
	if (len >= 2 &&
	    (memcmp(text, "\xff\xfe", 2) == 0 ||
		memcmp(text, "\xfe\xff", 2) == 0))
		return "this is UTF-16 text; save the file as UTF-8";
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return "an invisible byte order mark (U+FEFF) begins the file; "
		       "save it as UTF-8 without one";
	return NULL;
}
