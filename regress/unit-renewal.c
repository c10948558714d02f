/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * When is a certificate renewed, when is the CA asked, and when is a failure
 * tried again?  Whatever the CA, net or the clock say.
 */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "acme.h"
#include "file.h"
#include "cert.h"
#include "test.h"
#include "x509-make.h"

#define DAY 86400L
#define HOUR 3600L
#define NOW 1800000000L

/* RFC 9773 4.1: the example's key identifier and serial number. */
#define EXAMPLE_AKI \
	"2.5.29.35=DER:30:16:80:14:69:88:5B:6B:87:46:40:41:E1:B3:7B:84:7B:A0:" \
	"AE:2C:DE:01:C8:D4"
#define EXAMPLE_ID "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"

static struct chain chain;
static struct life life;

/*
 * A chain of one leaf with this serial number, ending life seconds after it
 * began at NOW.
 */
static void
make_chain(const char *serial, const char *aki, long seconds)
{
	struct recipe r = {
		.san = "DNS:a.example", .to = 90 * DAY, .other = aki
	};
	EVP_PKEY *key = make_key(0);
	X509 *leaf = make_cert(key, &r, NULL, NULL);
	BIGNUM *bn = NULL;

	BN_hex2bn(&bn, serial);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(leaf));
	BN_free(bn);
	EVP_PKEY_free(key);
	sk_X509_pop_free(chain.certs, X509_free);
	chain.certs = sk_X509_new_null();
	sk_X509_push(chain.certs, leaf);
	chain.not_before = NOW;
	chain.not_after = NOW + seconds;
	renewal_life(&chain, &life);
}

static void
test_certid(void)
{
	make_chain("87654321", EXAMPLE_AKI, 90 * DAY);
	check(strcmp(life.certid, EXAMPLE_ID) == 0,
	    "renewal: certID of RFC 9773 4.1");
	make_chain("01", EXAMPLE_AKI, 90 * DAY);
	check(life.certid[0] != '\0' &&
		strcmp(strchr(life.certid, '.'), ".AQ") == 0,
	    "renewal: certID, serial number of one byte");
	make_chain("01", NULL, 90 * DAY);
	check(life.certid[0] == '\0',
	    "renewal: no certID without a key identifier");
	make_chain("01", "2.5.29.35=DER:30:00", 90 * DAY);
	check(life.certid[0] == '\0', "renewal: no certID with an empty one");
}

static time_t
due(const struct state *s, time_t now)
{
	int suggested;

	return renewal_time(&life, "a.example", s, now, &suggested);
}

/* Without a word of the CA: what is left of the life, in its hundredths. */
static void
test_plan(void)
{
	static const struct {
		const char *name;
		long life;
		long long most, least; /* left, at most and at least */
	} plans[] = {
		{ "six days", 6 * DAY, 54, 50 },
		{ "ten days", 10 * DAY, 37, 33 },
		{ "47 days", 47 * DAY, 37, 33 },
		{ "90 days", 90 * DAY, 37, 33 },
		{ "five years", 5 * 365 * DAY, 37, 33 },
	};
	static const struct state none;
	char handle[32];
	time_t t, first, last;
	int suggested;
	size_t i;

	for (i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		make_chain("87654321", EXAMPLE_AKI, plans[i].life);
		t = chain.not_after - due(&none, NOW);
		check(t * 100 <= plans[i].life * plans[i].most &&
			t * 100 >= plans[i].life * plans[i].least,
		    "renewal: %s: %ld hours left", plans[i].name,
		    (long)t / HOUR);
		check(due(&none, NOW) == due(&none, NOW + DAY),
		    "renewal: %s: the same at each run", plans[i].name);
	}
	make_chain("87654321", EXAMPLE_AKI, 90 * DAY);
	first = last = due(&none, NOW);
	for (i = 0; i < 1000; i++) {
		snprintf(handle, sizeof(handle), "host%zu.example", i);
		t = renewal_time(&life, handle, &none, NOW, &suggested);
		first = t < first ? t : first;
		last = t > last ? t : last;
	}
	check(last - first > 2 * DAY,
	    "renewal: a thousand of one day are spread over %ld hours",
	    (long)(last - first) / HOUR);
}

static void
test_floor(void)
{
	static const long lives[] = { 1 * DAY, 6 * DAY, 47 * DAY, 90 * DAY,
		5 * 365 * DAY };
	struct state s;
	time_t floor, planned;
	size_t i;

	for (i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		make_chain("87654321", EXAMPLE_AKI, lives[i]);
		memset(&s, 0, sizeof(s));
		planned = due(&s, NOW);
		floor = chain.not_after - lives[i] / 6;
		renewal_window(&s, EXAMPLE_ID, chain.not_after,
		    chain.not_after + DAY, HOUR, NOW);
		check(due(&s, NOW) == floor,
		    "renewal: life of %ld days: a window behind the end: by "
		    "the floor",
		    lives[i] / DAY);
		renewal_window(
		    &s, EXAMPLE_ID, NOW - 2 * HOUR, NOW - HOUR, HOUR, NOW);
		check(due(&s, NOW) <= NOW,
		    "renewal: life of %ld days: a window gone by: now",
		    lives[i] / DAY);
		s.early = NOW - HOUR;
		check(due(&s, NOW) >= (planned < NOW + 21 * HOUR ?
					      planned :
					      NOW + 21 * HOUR) &&
			due(&s, NOW) <= NOW + 22 * HOUR,
		    "renewal: life of %ld days: once in a daily run",
		    lives[i] / DAY);
		renewal_window(&s, EXAMPLE_ID, NOW - HOUR / 2, NOW, HOUR, NOW);
		check(due(&s, NOW) >=
			(planned < NOW + 21 * HOUR ? planned : NOW + 21 * HOUR),
		    "renewal: life of %ld days: once, though the CA says 'now' "
		    "again",
		    lives[i] / DAY);
		check(due(&s, NOW) <= floor,
		    "renewal: life of %ld days: nor too late for it",
		    lives[i] / DAY);
		s.early = NOW + DAY;
		check(due(&s, NOW) <= NOW,
		    "renewal: life of %ld days: a renewal of tomorrow comes "
		    "from a wrong clock",
		    lives[i] / DAY);
		s.early = 0;
		strlcpy(s.window.certid, "x.y", sizeof(s.window.certid));
		check(due(&s, NOW) == planned,
		    "renewal: life of %ld days: the window of another "
		    "certificate",
		    lives[i] / DAY);
	}
}

static void
test_window(void)
{
	struct state s, again;
	time_t lowest = NOW + DAY, highest = 0;
	int i, outside = 0;

	make_chain("87654321", EXAMPLE_AKI, 90 * DAY);
	memset(&s, 0, sizeof(s));
	renewal_window(&s, EXAMPLE_ID, NOW, NOW + DAY, HOUR, NOW);
	again = s;
	for (i = 0; i < 100; i++)
		renewal_window(&again, EXAMPLE_ID, NOW, NOW + DAY, HOUR, NOW);
	check(again.window.time == s.window.time,
	    "renewal: one window, one time");
	for (i = 0; i < 10000; i++) {
		renewal_window(
		    &s, EXAMPLE_ID, NOW + i % 2, NOW + DAY, HOUR, NOW);
		outside += s.window.time < s.window.start ||
		    s.window.time >= s.window.end;
		lowest = s.window.time < lowest ? s.window.time : lowest;
		highest = s.window.time > highest ? s.window.time : highest;
	}
	check(outside == 0, "renewal: 10^4 windows, all times inside");
	check(lowest < NOW + HOUR && highest > NOW + DAY - HOUR,
	    "renewal: and all over them");
	renewal_window(&s, EXAMPLE_ID, NOW, NOW + 1, HOUR, NOW);
	check(s.window.time == NOW, "renewal: a window of one second");
	again = s;
	renewal_window(&s, EXAMPLE_ID, NOW + DAY, NOW, HOUR, NOW);
	renewal_window(&s, EXAMPLE_ID, NOW, NOW, HOUR, NOW);
	renewal_window(&s, EXAMPLE_ID, -5, NOW, HOUR, NOW);
	renewal_window(&s, EXAMPLE_ID, 0, INT64_MAX, HOUR, NOW);
	renewal_window(&s, EXAMPLE_ID, 1, INT64_MAX, HOUR, NOW);
	check(memcmp(&s.window, &again.window, sizeof(s.window)) == 0,
	    "renewal: windows that make no sense change nothing");
	renewal_window(&s, "other.id", NOW + DAY, NOW, HOUR, NOW);
	check(s.window.time == 0,
	    "renewal: those of another certificate are forgotten");
}

static void
test_ask(void)
{
	static const struct {
		const char *name;
		long retry, seconds;
	} retries[] = {
		{ "none", -1, 6 * HOUR },
		{ "0", 0, 60 },
		{ "1", 1, 60 },
		{ "two hours", 2 * HOUR, 2 * HOUR },
		{ "a day", DAY, DAY },
		{ "a year", 365 * DAY, DAY },
		{ "no end", LONG_MAX, DAY },
	};
	struct state s;
	size_t i;

	make_chain("87654321", EXAMPLE_AKI, 90 * DAY);
	for (i = 0; i < sizeof(retries) / sizeof(retries[0]); i++) {
		memset(&s, 0, sizeof(s));
		renewal_window(
		    &s, EXAMPLE_ID, NOW, NOW + DAY, retries[i].retry, NOW);
		check(s.window.ask == NOW + retries[i].seconds,
		    "renewal: Retry-After %s", retries[i].name);
		check(!renewal_ask(&life, &s, s.window.ask - 1),
		    "renewal: Retry-After %s: not earlier", retries[i].name);
		check(renewal_ask(&life, &s, s.window.ask),
		    "renewal: Retry-After %s: then", retries[i].name);
	}
	check(!renewal_ask(&life, &s, chain.not_after),
	    "renewal: not asked about what has ended");
	check(renewal_ask(&life, &s, NOW - 30 * DAY),
	    "renewal: the clock went back a month: asked");
	memset(&s, 0, sizeof(s));
	renewal_installed(&s, &life, NOW);
	check(!renewal_ask(&life, &s, NOW + 6 * HOUR - 1) &&
		renewal_ask(&life, &s, NOW + 7 * HOUR),
	    "renewal: first asked some six hours after issuance");
	make_chain("01", NULL, 90 * DAY);
	check(!renewal_ask(&life, &s, NOW),
	    "renewal: not asked without a certID");
}

static void
test_overdue(void)
{
	struct state s;

	make_chain("87654321", EXAMPLE_AKI, 90 * DAY);
	memset(&s, 0, sizeof(s));
	check(!renewal_overdue(&life, "a.example", &s, NOW + DAY),
	    "renewal: not overdue without a window");
	renewal_window(&s, EXAMPLE_ID, NOW, NOW + HOUR, HOUR, NOW);
	check(renewal_overdue(&life, "a.example", &s, NOW + DAY),
	    "renewal: a window gone by in the first days is a revocation");
	check(!renewal_overdue(&life, "a.example", &s, NOW + 55 * DAY),
	    "renewal: but not one gone by when it was due anyway");
	renewal_window(&s, EXAMPLE_ID, NOW, NOW + 2 * DAY, HOUR, NOW);
	check(!renewal_overdue(&life, "a.example", &s, NOW + DAY),
	    "renewal: nor one that is not over");
}

static void
test_backoff(void)
{
	static const long steps[] = { 60, 600, 6000, 18 * HOUR };
	long wait, step, last = 0, shortest = DAY * 2, longest = 0;
	static const uint64_t asked[] = { 0, 1, 3600, 6 * HOUR, 12 * HOUR,
		23 * HOUR, DAY - 1, DAY, DAY + 1, 7 * DAY, UINT64_MAX };
	int wrong = 0, falling = 0;
	unsigned n, i;

	for (n = 1; n <= 10000; n++) {
		wait = (long)(backoff(n, NOW) - NOW);
		step = steps[n - 1 < 3 ? n - 1 : 3];
		wrong += wait < step || wait >= step + step / 4;
		falling += step < last;
		last = step;
		if (n > 4) {
			shortest = wait < shortest ? wait : shortest;
			longest = wait > longest ? wait : longest;
		}
	}
	check(wrong == 0,
	    "backoff: 10^4 failures: each at least its step, at most a quarter "
	    "more");
	check(falling == 0 && last == 18 * HOUR && longest < 23 * HOUR,
	    "backoff: 10^4 failures: the steps never fall, and end within a "
	    "day of 23 hours");
	check(longest - shortest > 4 * HOUR,
	    "backoff: 10^4 failures: jittered by up to %ld minutes",
	    (longest - shortest) / 60);
	check(backoff(4294967295u, NOW) > NOW + 18 * HOUR - 1,
	    "backoff: 2^32 failures");
	check(backoff(0, NOW) == NOW, "backoff: no failure");
	for (n = 0, wrong = 0; n < sizeof(asked) / sizeof(asked[0]); n++)
		for (i = 1; i <= 10; i++) {
			/*
			 * A run that takes hours until it fails; the next one
			 * begins a day after it did.
			 */
			time_t until = backoff_or(
			    i, NOW + i * HOUR, 0, asked[n], NOW);

			wrong += backoff_holds(until, NOW + 23 * HOUR) ||
			    until > NOW + 23 * HOUR;
			wrong += until < NOW + i * HOUR + 60;
			wrong += asked[n] <= 6 * HOUR &&
			    until < NOW + i * HOUR + (time_t)asked[n];
		}
	check(wrong == 0,
	    "backoff: whatever the CA asks for, however long the run: met by "
	    "the next daily run");
	for (wrong = 0, step = 60; step <= 90 * DAY; step += 7 * HOUR)
		for (n = 1; n <= 10; n++) {
			wait = (long)(backoff_or(n, NOW, NOW + step, 0, NOW) -
			    NOW);
			wrong += wait > step / 8 && wait > HOUR;
			wrong += wait < steps[n - 1 < 3 ? n - 1 : 3] &&
			    wait < step / 8 && wait != HOUR;
			wrong += backoff_or(n, NOW, NOW + step, 6 * HOUR, NOW) <
			    NOW + 6 * HOUR;
		}
	check(wrong == 0,
	    "backoff: the certificate expires soon: several attempts before "
	    "that, none before the time that the CA asks for");
	check(backoff_or(9, NOW, NOW, 0, NOW) >= NOW + 18 * HOUR,
	    "backoff: the certificate has expired: as without one");
	for (step = -2 * DAY, wrong = 0; step <= 2 * DAY; step += 600)
		wrong += backoff_holds(NOW + step, NOW) &&
		    backoff_holds(NOW + step, NOW + 23 * HOUR);
	check(wrong == 0,
	    "backoff: whatever the state says: a daily run is not held back "
	    "twice");
	check(backoff_holds(NOW + 60, NOW), "backoff: holds until its time");
	check(!backoff_holds(NOW, NOW) && !backoff_holds(NOW - 1, NOW),
	    "backoff: and not after it");
	check(!backoff_holds(NOW + DAY, NOW + 365 * DAY),
	    "backoff: the clock steps a year ahead: it is over");
	check(backoff_holds(NOW + 600, NOW - HOUR),
	    "backoff: the clock steps back an hour: it still holds");
	check(!backoff_holds(NOW + DAY, NOW - 365 * DAY),
	    "backoff: the clock steps back a year: it does not hold for a "
	    "year");
}

/* The state: by the set of names, not by their order. */
static void
test_state(void)
{
	char directory[] = "/tmp/unit-renewal.XXXXXX",
	     *ab[] = { "a.example", "b.example" },
	     *ba[] = { "b.example", "a.example" },
	     *abc[] = { "a.example", "b.example", "c.example" };
	struct strings one = { .v = ab, .n = 2 }, turned = { .v = ba, .n = 2 },
		       more = { .v = abc, .n = 3 }, fewer = { .v = ab, .n = 1 };
	char *record, *at, *large;
	struct state s;
	struct place p;
	struct error e;
	struct dir *d;
	size_t len;

	if (!check(mkdtemp(directory) != NULL &&
		    (d = dir_open(directory, &e)) != NULL,
		"state: a directory"))
		return;
	state_place(&p, d, "domain", "a.example/../x", "json");
	check(strcmp(p.name, "domain-a.example%2f..%2fx.json") == 0,
	    "state: a handle cannot leave the directory");
	check(rmdir(directory) == 0, "state: the directory is empty");
	free((char *)(uintptr_t)p.path);
	state_parse(NULL, 0, "a", &one, &s);
	check(s.failures == 0 && s.names[0] != '\0', "state: none yet");
	s.failures = 7;
	s.attempts = 9;
	s.not_before = NOW;
	s.early = NOW + 1;
	s.status_ask = NOW + 2;
	strlcpy(s.last_error, "a \"quoted\" error", sizeof(s.last_error));
	s.error_class = FAILURE_AUTHORITY;
	s.took_ms = 1234;
	renewal_window(&s, EXAMPLE_ID, NOW, NOW + DAY, HOUR, NOW);
	record = state_encode(&s);
	len = strlen(record);
	check(
	    len < PART_RECORD_BYTES_MAX, "state: not larger than what is read");
	for (int i = 0; i < 2; i++) {
		struct state t;

		state_parse(record, len, "a", i == 0 ? &one : &turned, &t);
		check(memcmp(&s, &t, sizeof(t)) == 0,
		    "state: all of it is back, names %s",
		    i == 0 ? "as they were" : "in another order");
	}
	state_parse(record, len, "a", &more, &s);
	check(s.failures == 0 && s.not_before == 0,
	    "state: a name more: begins anew");
	state_parse(record, len, "a", &fewer, &s);
	check(s.failures == 0 && s.window.time == 0,
	    "state: a name less: begins anew");
	state_parse(record, len, "a", &one, &s);
	s.failures = 0;
	free(record);
	record = state_encode(&s);
	/* 2^32 + 7 would be 7 failures. */
	at = strstr(record, "\"failures\": 0");
	if (!check(at != NULL, "state: failures are written") ||
	    asprintf(&large, "%.*s\"failures\": 4294967303%s",
		(int)(at - record), record,
		at + strlen("\"failures\": 0")) == -1)
		return;
	state_parse(large, strlen(large), "a", &one, &s);
	free(large);
	check(
	    s.failures == UINT_MAX, "state: more failures than fit: the most");
	len = strlen(record);
	state_parse(record, len - 1, "(meant)", &one, &s);
	check(s.failures == 0 && s.names[0] != '\0',
	    "state: a damaged record begins anew");
	free(record);
}

/*
 * Bytes of a path that are not UTF-8, and text of a record that was cut within
 * a character: they must not end certproc.
 */
static void
test_odd_text(void)
{
	char *names[] = { (char *)(uintptr_t) "a.example" };
	struct strings one = { .v = names, .n = 1 };
	struct state s, again;
	char text[2 * LAST_ERROR_MAX], *record;

	state_parse(NULL, 0, "a", &one, &s);
	strlcpy(s.last_error, "/srv/b\xfc/x: denied", sizeof(s.last_error));
	record = state_encode(&s);
	state_parse(record, strlen(record), "a", &one, &again);
	check(strcmp(again.last_error, "/srv/b\\xfc/x: denied") == 0,
	    "state: an error that is not UTF-8: %s", again.last_error);
	free(record);
	/* Its last byte that fits begins a character. */
	snprintf(text, sizeof(text),
	    "{\"names\": \"%s\", \"last error\": \"%0*d\xc3\xa4\"}", s.names,
	    LAST_ERROR_MAX - 2, 7);
	state_parse(text, strlen(text), "a", &one, &s);
	check(strlen(s.last_error) == LAST_ERROR_MAX - 1,
	    "state: an error that is too long is cut");
	record = state_encode(&s);
	check(strstr(record, "007...\"") == NULL &&
		strstr(record, "000...\"") != NULL,
	    "state: what was cut within a character is written");
	free(record);
}

/*
 * A file as version 0.1 of November 2026 has written it: each of its members
 * has its place.
 */
static void
test_old_state(void)
{
	static const char text[] =
	    "{\n \"names\": "
	    "\"d964e02ec88c5c83dd948c166b8f03d9c38068d459e40ab3fe7529086a9192b2"
	    "\",\n"
	    " \"attempts\": 1,\n \"failures\": 2,\n \"not before\": 3,\n "
	    "\"last success\": 4,\n"
	    " \"last error\": \"e\",\n \"error class\": 3,\n \"milliseconds\": "
	    "6,\n \"renewal\": {\n"
	    "  \"certificate\": \"x.y\",\n  \"start\": 7,\n  \"end\": 8,\n  "
	    "\"time\": 9,\n  \"ask again\": 10\n },\n"
	    " \"ask about revocation\": 11,\n \"renewed early\": 12,\n "
	    "\"newNonce\": \"https://n\",\n \"slow\": 1,\n"
	    " \"looked at\": {\n  \"files\": \"f\",\n  \"certificate\": "
	    "\"c.d\",\n  \"begins\": 13,\n  \"ends\": 14\n }\n}";
	struct state expected = { .attempts = 1,
		.failures = 2,
		.not_before = 3,
		.last_success = 4,
		.last_error = "e",
		.error_class = FAILURE_AUTHORITY,
		.took_ms = 6,
		.window = { "x.y", 7, 8, 9, 10 },
		.status_ask = 11,
		.early = 12,
		.new_nonce = "https://n",
		.slow = 1,
		.fingerprint = "f",
		.life = { 13, 14, "c.d" } },
		     s;
	char *ab[] = { "a.example", "b.example" };
	struct strings names = { .v = ab, .n = 2 };

	strlcpy(expected.names,
	    "d964e02ec88c5c83dd948c166b8f03d9c38068d459e40ab3fe7529086a9192b2",
	    sizeof(expected.names));
	state_parse(text, strlen(text), "old", &names, &s);
	check(memcmp(&s, &expected, sizeof(s)) == 0,
	    "state: a file of version 0.1 is read as before");
}

/* RFC 9773 4.2, RFC 3339 5.6. */
static void
test_info(void)
{
	static const struct {
		const char *text;
		long time; /* 0: refused */
	} times[] = {
		{ "2026-11-24T03:04:05Z", 1795489445 },
		{ "2026-11-24t03:04:05z", 1795489445 },
		{ "2026-11-24T03:04:05.123456789Z", 1795489445 },
		{ "2026-11-24T05:04:05+02:00", 1795489445 },
		{ "2026-11-23T21:34:05-05:30", 1795489445 },
		{ "2026-11-24 03:04:05Z", 1795489445 },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "2026-12-31T23:59:60Z", 1798761600 },
		{ "", 0 },
		{ "2026-11-24", 0 },
		{ "2026-11-24T03:04:05", 0 },
		{ "2026-13-24T03:04:05Z", 0 },
		{ "2026-11-24T03:04Z", 0 },
		{ "26-11-24T03:04:05Z", 0 },
		{ "2026-11-24T25:04:05Z", 0 },
		{ "2026-11-24T03:04:05Zx", 0 },
		{ "2026-11-24T03:04:05+0200", 0 },
		{ "0000-11-24T03:04:05Z", 0 },
		{ "1950-11-24T03:04:05Z", 0 },
		{ "2026-11-32T03:04:05Z", 0 },
		{ "2026-1-24T03:04:05Z", 0 },
		{ "2026-11-24T03:04:05+24:00", 0 },
		{ "-026-11-24T03:04:05Z", 0 },
		{ "Tue, 24 Nov 2026 03:04:05 GMT", 0 },
	};
	struct renewal_info info;
	char text[256];
	struct error e;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(text, sizeof(text),
		    "{\"suggestedWindow\":{\"start\":\"%s\",\"end\":\"2036-01-"
		    "01T00:00:00Z\"}}",
		    times[i].text);
		rc = renewal_info_parse(&info, text, strlen(text), &e);
		check(times[i].time == 0 ?
			rc == -1 :
			rc == 0 && info.start == times[i].time,
		    "renewal: time '%s'", times[i].text);
	}
}

int
main(void)
{
	test_certid();
	test_plan();
	test_floor();
	test_window();
	test_ask();
	test_overdue();
	test_backoff();
	test_state();
	test_old_state();
	test_odd_text();
	test_info();
	sk_X509_pop_free(chain.certs, X509_free);
	return test_end();
}
