/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Renewal information (RFC 9773 4.2) read from a server's JSON.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "acme.h"

/* Reads exactly n digits; -1 if there is anything else. */
static int
digits(const char **p, int n)
{
	int value = 0;

	for (; n > 0; n--, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return -1;
		value = 10 * value + (**p - '0');
	}
	return value;
}

static int
separator(const char **p, const char *any_of)
{
	if (**p == '\0' || strchr(any_of, **p) == NULL)
		return 0;
	(*p)++;
	return 1;
}

/* Reads "Z" or "+hh:mm": seconds to subtract; 1 if it is neither. */
static int
zone(const char **p)
{
	int sign = **p == '-' ? -1 : 1, hours, minutes;

	if (separator(p, "Zz"))
		return 0;
	if (!separator(p, "+-") || (hours = digits(p, 2)) < 0 || hours > 23 ||
	    !separator(p, ":") || (minutes = digits(p, 2)) < 0 || minutes > 59)
		return 1;
	return sign * (hours * 3600 + minutes * 60);
}

/*
 * Reads a time (RFC 3339 5.6) with fractions of a second and an offset; -1 if
 * it is invalid.
 */
static time_t
timestamp(const char *s)
{
	struct tm tm;
	const char *p = s;
	time_t t;
	int offset;

	memset(&tm, 0, sizeof(tm));
	tm.tm_year = digits(&p, 4) - 1900;
	if (tm.tm_year < 70 || !separator(&p, "-") ||
	    (tm.tm_mon = digits(&p, 2) - 1) < 0 || tm.tm_mon > 11 ||
	    !separator(&p, "-") || (tm.tm_mday = digits(&p, 2)) < 1 ||
	    tm.tm_mday > 31 || !separator(&p, "Tt ") ||
	    (tm.tm_hour = digits(&p, 2)) < 0 || tm.tm_hour > 23 ||
	    !separator(&p, ":") || (tm.tm_min = digits(&p, 2)) < 0 ||
	    tm.tm_min > 59 || !separator(&p, ":") ||
	    (tm.tm_sec = digits(&p, 2)) < 0 || tm.tm_sec > 60)
		return -1;
	if (separator(&p, "."))
		while (isdigit((unsigned char)*p))
			p++;
	if ((offset = zone(&p)) == 1 || *p != '\0' ||
	    (t = timegm(&tm)) == (time_t)-1)
		return -1;
	return t - offset;
}

static time_t
member(json_t *window, const char *name)
{
	const char *s = json_string_value(json_member(window, name));

	return s == NULL ? -1 : timestamp(s);
}

int
renewal_info_parse(
    struct renewal_info *info, const char *buf, size_t len, struct error *e)
{
	json_t *o, *window;
	const char *url;
	int rc = 0;

	memset(info, 0, sizeof(*info));
	if ((o = json_read(buf, len, e)) == NULL)
		return -1;
	window = json_member(o, "suggestedWindow");
	info->start = member(window, "start");
	info->end = member(window, "end");
	if (info->start <= 0 || info->end <= 0)
		rc = error_set(e,
		    "member 'suggestedWindow' without 'start' or 'end' as RFC "
		    "3339 has them");
	else if (info->end <= info->start)
		rc = error_set(
		    e, "member 'suggestedWindow' ends before it begins");
	if ((url = json_string_value(json_member(o, "explanationURL"))) != NULL)
		say_safe(info->explanation, sizeof(info->explanation), url,
		    strlen(url));
	json_decref(o);
	return rc;
}
