/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* acme-json.c, acme-renewal.c, acme-problem.c: what a CA sends. */
#include <stdlib.h>
#include <string.h>

#include "begin.h"
#include "acme-client.h"
#include "acme.h"
#include "test.h"

#define URLS \
	"\"newNonce\":\"https://c/n\",\"newAccount\":\"https://c/" \
	"a\",\"newOrder\":\"https://c/o\""
#define ORDER(status, rest) \
	"{\"status\":\"" status \
	"\",\"identifiers\":[{\"type\":\"dns\",\"value\":\"A.example\"}]," \
	"\"authorizations\":[\"https://c/z\"],\"finalize\":\"https://c/" \
	"f\"" rest "}"
#define AUTHZ(rest) \
	"{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":" \
	"\"a.example\"}" rest "}"

static const struct {
	const char *name, *text, *error;
} bad_directories[] = {
	{ "nothing", "", "not JSON" },
	{ "HTML", "<html>", "not JSON" },
	{ "an array", "[]", "not an object" },
	{ "trailing junk", "{" URLS "} x", "not JSON" },
	{ "byte order mark", "\xef\xbb\xbf{" URLS "}", "not JSON" },
	{ "bad UTF-8", "{\"a\":\"\xff\"," URLS "}", "not JSON" },
	{ "NUL", "{\"a\":\"\\u0000\"," URLS "}", "not JSON" },
	{ "a member twice", "{" URLS ",\"newOrder\":\"https://c/o\"}",
	    "not JSON" },
	{ "missing member",
	    "{\"newNonce\":\"https://c/n\",\"newAccount\":\"https://c/a\"}",
	    "newOrder" },
	{ "number", "{\"newNonce\":1}", "newNonce" },
	{ "http URL", "{\"newNonce\":\"http://c/n\"}", "newNonce" },
	{ "no URL", "{" URLS ",\"revokeCert\":\"x\"}", "revokeCert" },
	{ "meta no object", "{" URLS ",\"meta\":[]}", "meta" },
	{ "EAB no boolean",
	    "{" URLS ",\"meta\":{\"externalAccountRequired\":\"yes\"}}",
	    "externalAccountRequired" },
	{ "profiles no object", "{" URLS ",\"meta\":{\"profiles\":[]}}",
	    "meta.profiles" },
	{ "user in URL", "{" URLS ",\"keyChange\":\"https://me@c/k\"}",
	    "keyChange" },
	{ "fragment in URL", "{" URLS ",\"keyChange\":\"https://c/k#x\"}",
	    "keyChange" },
	{ "escape in URL", "{\"newNonce\":\"https://c/\\u001b[2J\"}",
	    "https://c/\\x1b[2J" },
	{ "null", "{\"newNonce\":null}", "newNonce" },
	{ "half of it", "{" URLS, "not JSON" },
	{ "a bare string", "\"x\"", "not JSON" },
	{ "terms no string", "{" URLS ",\"meta\":{\"termsOfService\":1}}",
	    "termsOfService" },
};

static const struct {
	const char *name, *text, *error;
} bad_orders[] = {
	{ "no identifiers",
	    "{\"status\":\"ready\",\"authorizations\":[\"https://c/z\"]}",
	    "identifiers" },
	{ "identifiers []",
	    "{\"status\":\"ready\",\"identifiers\":[],\"authorizations\":["
	    "\"https://c/z\"]}",
	    "identifiers" },
	{ "identifier null",
	    "{\"identifiers\":[null],\"authorizations\":[\"https://c/z\"]}",
	    "identifier" },
	{ "identifier with escape",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\\u001b\"}]}",
	    "identifier" },
	{ "authorizations []",
	    "{\"status\":\"pending\",\"identifiers\":[{\"type\":\"dns\","
	    "\"value\":\"a\"}],\"authorizations\":[]}",
	    "authorizations" },
	{ "authorizations with null",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],"
	    "\"authorizations\":[\"https://c/z\",null]}",
	    "authorizations" },
	{ "authorizations with http",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],"
	    "\"authorizations\":[\"http://c/z\"]}",
	    "authorizations" },
	{ "identifier of numbers",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":1}]}",
	    "identifier" },
	{ "identifier with blank",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a b\"}]}",
	    "identifier" },
	{ "identifiers no array",
	    "{\"identifiers\":{\"type\":\"dns\",\"value\":\"a\"}}",
	    "identifiers" },
	{ "authorizations a string",
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],"
	    "\"authorizations\":\"https://c/z\"}",
	    "authorizations" },
	{ "status no string", "{\"status\":1}", "status" },
	{ "certificate no string", ORDER("valid", ",\"certificate\":[]"),
	    "certificate" },
	{ "certificate with http",
	    ORDER("valid", ",\"certificate\":\"http://c/c\""), "certificate" },
	{ "pending with authorizations null",
	    "{\"status\":\"pending\",\"identifiers\":[{\"type\":\"dns\","
	    "\"value\":\"a\"}],\"authorizations\":null,\"finalize\":\"https://"
	    "c/f\"}",
	    "authorizations" },
	{ "ready with authorizations of another type",
	    "{\"status\":\"ready\",\"identifiers\":[{\"type\":\"dns\","
	    "\"value\":\"a\"}],\"authorizations\":7,\"finalize\":\"https://c/"
	    "f\"}",
	    "authorizations" },
	{ "ready with finalize null",
	    "{\"status\":\"ready\",\"identifiers\":[{\"type\":\"dns\","
	    "\"value\":\"a\"}],\"authorizations\":[\"https://c/"
	    "z\"],\"finalize\":null}",
	    "no member 'finalize'" },
	{ "valid with certificate null",
	    ORDER("valid", ",\"certificate\":null"),
	    "no member 'certificate'" },
	{ "finalize no string",
	    "{\"status\":\"valid\",\"identifiers\":[{\"type\":\"dns\","
	    "\"value\":\"a\"}],\"authorizations\":[\"https://c/"
	    "z\"],\"finalize\":2}",
	    "finalize" },
	{ "ready without finalize",
	    "{\"status\":\"ready\",\"identifiers\":[{\"type\":\"dns\","
	    "\"value\":\"a\"}],\"authorizations\":[\"https://c/z\"]}",
	    "finalize" },
	{ "valid without certificate", ORDER("valid", ""), "certificate" },
};

static const struct {
	const char *name, *text, *error;
} bad_authorizations[] = {
	{ "no identifier", "{\"status\":\"valid\",\"challenges\":[]}",
	    "identifier" },
	{ "no challenges", AUTHZ(""), "challenges" },
	{ "challenge without type", AUTHZ(",\"challenges\":[{}]"), "type" },
	{ "http-01 without token",
	    AUTHZ(",\"challenges\":[{\"type\":\"http-01\",\"url\":\"https://c/"
		  "x\"}]"),
	    "token" },
	{ "http-01 without url",
	    AUTHZ(",\"challenges\":[{\"type\":\"http-01\",\"token\":\"x\"}]"),
	    "url" },
	{ "challenges no array",
	    "{\"status\":\"valid\",\"identifier\":{\"type\":\"dns\",\"value\":"
	    "\"a\"},\"challenges\":{}}",
	    "challenges" },
	{ "http-01 with http URL",
	    AUTHZ(",\"challenges\":[{\"type\":\"http-01\",\"token\":\"x\","
		  "\"url\":\"http://c/x\"}]"),
	    "url" },
	{ "http-01 with a number as token",
	    AUTHZ(",\"challenges\":[{\"type\":\"http-01\",\"token\":1,\"url\":"
		  "\"https://c/x\"}]"),
	    "token" },
	{ "http-01 with a number as status",
	    AUTHZ(",\"challenges\":[{\"type\":\"http-01\",\"token\":\"x\","
		  "\"url\":\"https://c/x\",\"status\":1}]"),
	    "status" },
	{ "status no string",
	    "{\"status\":[],\"identifier\":{\"type\":\"dns\",\"value\":\"a\"},"
	    "\"challenges\":[]}",
	    "status" },
	{ "wildcard no boolean", AUTHZ(",\"wildcard\":1,\"challenges\":[]"),
	    "wildcard" },
};

static void
test_bad(void)
{
	struct authorization az;
	struct directory d;
	struct order o;
	struct error e;
	size_t i;

	for (i = 0; i < sizeof(bad_directories) / sizeof(bad_directories[0]);
	     i++) {
		check(directory_parse(&d, bad_directories[i].text,
			  strlen(bad_directories[i].text), &e) == -1 &&
			strstr(e.text, bad_directories[i].error) != NULL,
		    "json: directory: %s", bad_directories[i].name);
		directory_free(&d);
	}
	for (i = 0; i < sizeof(bad_orders) / sizeof(bad_orders[0]); i++) {
		check(order_parse(&o, bad_orders[i].text,
			  strlen(bad_orders[i].text), &e) == -1 &&
			strstr(e.text, bad_orders[i].error) != NULL,
		    "json: order: %s", bad_orders[i].name);
		order_free(&o);
	}
	for (i = 0;
	     i < sizeof(bad_authorizations) / sizeof(bad_authorizations[0]);
	     i++) {
		check(authorization_parse(&az, "http-01",
			  bad_authorizations[i].text,
			  strlen(bad_authorizations[i].text), &e) == -1 &&
			strstr(e.text, bad_authorizations[i].error) != NULL,
		    "json: authorization: %s", bad_authorizations[i].name);
		authorization_free(&az);
	}
}

static void
test_good(void)
{
	static const char dir[] =
	    "{" URLS ",\"x9\":\"https://community.example/t/"
	    "1\",\"meta\":{\"termsOfService\":"
	    "\"https://c/"
	    "t\",\"profiles\":{\"classic\":\"\",\"short\":\"\"},"
	    "\"externalAccountRequired\":true}}";
	static const char az_text[] = AUTHZ(
	    ",\"wildcard\":true,\"challenges\":[{\"type\":\"new-01\"},{"
	    "\"type\":\"http-01\","
	    "\"url\":\"https://c/"
	    "x\",\"token\":\"t\",\"error\":{\"type\":\"urn:ietf:params:acme:"
	    "error:dns\",\"detail\":\"no\\u001b[2J\"}}]");
	static const char order_text[] = ORDER(
	    "never-heard", ",\"certificate\":\"https://c/c\"");
	struct authorization az;
	struct directory d;
	struct order o;
	struct error e;

	check(directory_parse(&d, dir, strlen(dir), &e) == 0 &&
		d.eab_required && strcmp(d.terms, "https://c/t") == 0 &&
		strcmp(d.profiles, "classic short") == 0 &&
		d.renewal_info == NULL,
	    "json: directory, unknown members tolerated");
	directory_free(&d);
	check(order_parse(&o, order_text, strlen(order_text), &e) == 0 &&
		o.status == STATUS_UNKNOWN &&
		strcmp(o.status_text, "never-heard") == 0 &&
		strcmp(o.identifiers[0], "dns:a.example") == 0 &&
		strcmp(o.certificate, "https://c/c") == 0,
	    "json: order of unknown status");
	order_free(&o);
	check(authorization_parse(
		  &az, "http-01", az_text, strlen(az_text), &e) == 0 &&
		az.wildcard && az.status == STATUS_PENDING &&
		az.challenge.status == STATUS_PENDING &&
		strcmp(az.challenge.token, "t") == 0 &&
		strcmp(az.offered, "new-01 http-01") == 0,
	    "json: authorization, unknown challenges tolerated");
	check(strcmp(az.challenge.error.type, "dns") == 0 &&
		strcmp(az.challenge.error.text, "dns no\\x1b[2J") == 0,
	    "json: a challenge's error is made visible");
	authorization_free(&az);
}

/* What a server may leave out, or offer besides. */
static void
test_tolerated(void)
{
	static const char bare[] = "{\"status\":\"valid\",\"identifier\":{"
				   "\"type\":\"dns\",\"value\":\"a\"}}";
	static const char spent[] =
	    "{\"status\":\"invalid\",\"identifier\":{\"type\":\"dns\","
	    "\"value\":\"a\"},"
	    "\"challenges\":[{\"type\":\"http-01\",\"status\":\"invalid\"}]}";
	static const char two[] = AUTHZ(
	    ",\"challenges\":[{\"type\":\"http-01\",\"url\":\"http://c/"
	    "1\",\"token\":\"one\"},"
	    "{\"type\":\"http-01\",\"url\":\"https://c/2\",\"token\":\"two\"},"
	    "{\"type\":\"http-01\",\"url\":\"https://c/"
	    "3\",\"token\":\"three\"}]");
	static const char final[] = "{\"status\":\"valid\",\"identifiers\":[{"
				    "\"type\":\"ip\",\"value\":\"192.0.2.1\"}],"
				    "\"authorizations\":[\"https://c/"
				    "z\"],\"certificate\":\"https://c/c\"}";
	static const char none[] =
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],"
	    "\"authorizations\":[\"https://c/z\"]}";
	static const char failed[] = ORDER(
	    "invalid", ",\"error\":{\"detail\":\"because\"}");
	static const char odd[] =
	    "{" URLS ",\"meta\":{\"profiles\":{\"a "
	    "b\":\"\",\"\":\"\",\"c\\u001b\":\"\",\"good\":\"\"}}}";
	struct authorization az;
	struct directory d;
	struct order o;
	struct error e;

	check(
	    authorization_parse(&az, "http-01", bare, strlen(bare), &e) == 0 &&
		az.status == STATUS_VALID && az.challenge.url == NULL,
	    "json: valid authorization without challenges");
	authorization_free(&az);
	check(authorization_parse(&az, "http-01", spent, strlen(spent), &e) ==
		    0 &&
		az.status == STATUS_INVALID &&
		az.challenge.status == STATUS_INVALID &&
		az.challenge.error.text[0] == '\0',
	    "json: invalid challenge without url, token and error");
	authorization_free(&az);
	check(authorization_parse(&az, "http-01", two, strlen(two), &e) == 0 &&
		strcmp(az.challenge.token, "two") == 0 &&
		strcmp(az.challenge.url, "https://c/2") == 0,
	    "json: the first good one of several challenges");
	authorization_free(&az);
	check(order_parse(&o, final, strlen(final), &e) == 0 &&
		o.finalize == NULL &&
		strcmp(o.identifiers[0], "ip:192.0.2.1") == 0,
	    "json: valid order without finalize, of an address");
	order_free(&o);
	check(order_parse(&o, none, strlen(none), &e) == 0 &&
		o.status == STATUS_UNKNOWN &&
		strcmp(o.status_text, "of no status") == 0,
	    "json: order without status");
	order_free(&o);
	check(order_parse(&o, failed, strlen(failed), &e) == 0 &&
		o.status == STATUS_INVALID &&
		strstr(o.error.text, "because") != NULL,
	    "json: the order's error is kept");
	order_free(&o);
	check(directory_parse(&d, odd, strlen(odd), &e) == 0 &&
		strcmp(d.profiles, "good") == 0,
	    "json: profiles that nobody could name are left out");
	directory_free(&d);
	check(directory_parse(&d, "{\"a\":\0}", 8, &e) == -1 &&
		strstr(e.text, "not JSON") != NULL,
	    "json: a raw NUL");
	directory_free(&d);
}

/*
 * Each member that may be absent: null says the same, and so does leaving it
 * out.
 */
static const char *const nulls[] = {
	"d{" URLS ",%s}",
	"d{" URLS ",\"meta\":{%s}}",
	"o{\"status\":\"pending\",\"identifiers\":[{\"type\":\"dns\",\"value\":"
	"\"a\"}],\"authorizations\":[\"https://c/z\"],%s}",
	"o{\"status\":\"ready\",\"identifiers\":[{\"type\":\"dns\",\"value\":"
	"\"a\"}],\"finalize\":\"https://c/f\",%s}",
	"o{\"status\":\"processing\",\"identifiers\":[{\"type\":\"dns\","
	"\"value\":\"a\"}],%s}",
	"o{\"status\":\"valid\",\"identifiers\":[{\"type\":\"dns\",\"value\":"
	"\"a\"}],\"certificate\":\"https://c/c\",%s}",
	"o{\"status\":\"invalid\",\"identifiers\":[{\"type\":\"dns\",\"value\":"
	"\"a\"}],%s}",
	"a{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":"
	"\"a\"},\"challenges\":[{\"type\":\"http-01\",\"token\":\"x\",\"url\":"
	"\"https://c/x\",%s}]}",
	"a{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":"
	"\"a\"},\"challenges\":[{\"type\":\"dns-01\",%s}]}",
	"a{\"status\":\"valid\",\"identifier\":{\"type\":\"dns\",\"value\":"
	"\"a\"},\"challenges\":[{\"type\":\"http-01\",%s}]}",
	"a{\"status\":\"valid\",\"identifier\":{\"type\":\"dns\",\"value\":"
	"\"a\"},%s}",
	"i{\"suggestedWindow\":{\"start\":\"2026-11-24T03:04:05Z\",\"end\":"
	"\"2026-11-25T03:04:05Z\"},%s}",
};

/*
 * Every optional member of every object above that the text does not have
 * already.
 */
static const char *const optional[] = { "revokeCert", "keyChange",
	"renewalInfo", "newAuthz", "meta", "termsOfService", "website",
	"caaIdentities", "externalAccountRequired", "profiles", "expires",
	"notBefore", "notAfter", "error", "authorizations", "finalize",
	"certificate", "replaces", "profile", "challenges", "wildcard",
	"status", "url", "token", "validated", "explanationURL" };

/* What servers write for it that have no null. */
static const char *const empties[] = {
	"d{" URLS ",\"revokeCert\":\"\",\"keyChange\":\"\","
	"\"renewalInfo\":\"\"}",
	"o{\"status\":\"pending\",\"identifiers\":[{\"type\":\"dns\","
	"\"value\":\"a\"}],\"authorizations\":[\"https://c/z\"],"
	"\"finalize\":\"\",\"certificate\":\"\"}",
	"a{\"status\":\"valid\",\"identifier\":{\"type\":\"dns\","
	"\"value\":\"a\"},\"challenges\":[{\"type\":\"http-01\","
	"\"url\":\"\",\"token\":\"\",\"status\":\"\"}]}",
};

static int
reads(const char *kind_and_text)
{
	const char *text = kind_and_text + 1;
	struct renewal_info info;
	struct authorization az;
	struct directory d;
	struct order o;
	struct error e;
	int rc;

	switch (*kind_and_text) {
	case 'd':
		rc = directory_parse(&d, text, strlen(text), &e) == 0 &&
		    d.revoke_cert == NULL && d.key_change == NULL &&
		    d.renewal_info == NULL && d.terms == NULL &&
		    d.profiles == NULL && !d.eab_required;
		directory_free(&d);
		return rc;
	case 'o':
		rc = order_parse(&o, text, strlen(text), &e) == 0 &&
		    o.error.text[0] == '\0';
		order_free(&o);
		return rc;
	case 'a':
		rc = authorization_parse(
			 &az, "http-01", text, strlen(text), &e) == 0 &&
		    !az.wildcard && az.challenge.error.text[0] == '\0';
		authorization_free(&az);
		return rc;
	default:
		return renewal_info_parse(&info, text, strlen(text), &e) == 0 &&
		    info.explanation[0] == '\0';
	}
}

static void
test_nulls(void)
{
	static const char nothing[] =
	    "{\"type\":null,\"detail\":\"d\",\"title\":null,\"instance\":null,"
	    "\"status\":null,\"subproblems\":null}";
	char members[1024], text[2048], member[64];
	struct problem null, absent;
	size_t i, n;

	for (i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
		members[0] = '\0';
		for (n = 0; n < sizeof(optional) / sizeof(optional[0]); n++) {
			snprintf(
			    member, sizeof(member), "\"%s\":", optional[n]);
			if (strstr(nulls[i], member) == NULL) {
				strlcat(members, member, sizeof(members));
				strlcat(members, "null,", sizeof(members));
			}
		}
		members[strlen(members) - 1] = '\0';
		snprintf(text, sizeof(text), nulls[i], members);
		check(reads(text), "json: null is absent: %s", nulls[i]);
		snprintf(text, sizeof(text), nulls[i], "\"x\":null");
		check(reads(text), "json: absent: %s", nulls[i]);
	}
	for (i = 0; i < sizeof(empties) / sizeof(empties[0]); i++)
		check(
		    reads(empties[i]), "json: empty is absent: %s", empties[i]);
	problem_parse(&null, 400, nothing, strlen(nothing));
	problem_parse(&absent, 400, "{\"detail\":\"d\"}", 14);
	check(strcmp(null.type, absent.type) == 0 &&
		strcmp(null.text, absent.text) == 0,
	    "json: problem with null: %s", null.text);
}

#define SUB(type, detail, name) \
	"{\"type\":\"urn:ietf:params:acme:error:" type \
	"\",\"detail\":\"" detail \
	"\",\"identifier\":{\"type\":\"dns\",\"value\":\"" name "\"}}"

static void
test_problems(void)
{
	static const char instance[] =
	    "{\"type\":\"urn:ietf:params:acme:error:userActionRequired\","
	    "\"instance\":\"https://c/"
	    "agree\",\"detail\":[1],\"subproblems\":[7,null,{\"identifier\":5}]"
	    "}";
	static const char sub[] =
	    "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\","
	    "\"detail\":\"two\","
	    "\"subproblems\":[{\"type\":\"urn:ietf:params:acme:error:caa\","
	    "\"detail\":\"forbidden\","
	    "\"identifier\":{\"type\":\"dns\",\"value\":\"b.example\"}}]}";
	static const char many[] =
	    "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\","
	    "\"detail\":\"two\","
	    "\"subproblems\":[" SUB(
		"rejectedIdentifier", "by policy", "a.example") "," SUB("caa",
		"by policy", "b.example") "," SUB("rejectedIdentifier",
		"by policy", "c.example") "," SUB("caa", "",
		"d.example") "," SUB("caa", "", "e.example") "]}";
	static char big[1200000];
	struct problem p;
	size_t i, len;

	problem_parse(&p, 400, sub, strlen(sub));
	check(strcmp(p.type, "rejectedIdentifier") == 0 &&
		strstr(p.text, "b.example") != NULL &&
		strstr(p.text, "| caa forbidden: b.example") != NULL,
	    "json: problem with subproblems: %s", p.text);
	problem_parse(&p, 403, instance, strlen(instance));
	check(strcmp(p.type, "userActionRequired") == 0 &&
		strstr(p.text, "https://c/agree") != NULL,
	    "json: problem with a page to visit: %s", p.text);
	problem_parse(&p, 400, "{\"type\":\"\"}", 11);
	check(p.type[0] == '\0' && p.text[0] != '\0',
	    "json: problem with an empty type: %s", p.text);
	problem_parse(&p, 400, "{\"detail\":\"only this\"}", 22);
	check(p.type[0] == '\0' && strstr(p.text, "only this") != NULL,
	    "json: problem without type: %s", p.text);
	problem_parse(&p, 400, "{\"type\":7}", 10);
	check(p.type[0] == '\0', "json: problem with a number as type: %s",
	    p.text);
	problem_parse(&p, 500, "<html>\033]0;x", 12);
	check(p.type[0] == '\0' && strstr(p.text, "<html>\\x1b]0;x") != NULL,
	    "json: an HTML error: %s", p.text);
	problem_parse(&p, 502, "", 0);
	check(
	    strstr(p.text, "502") != NULL, "json: an empty error: %s", p.text);
	problem_parse(&p, 500, "\"just a string\"", 15);
	check(strstr(p.text, "just a string") != NULL,
	    "json: a string as error: %s", p.text);
	problem_parse(&p, 400, many, strlen(many));
	check(strcmp(p.text,
		  "rejectedIdentifier two | rejectedIdentifier by policy: "
		  "a.example, c.example | "
		  "caa by policy: b.example | caa: d.example, e.example") == 0,
	    "json: equal subproblems are grouped: %s", p.text);
	problem_parse(&p, 400,
	    "{\"type\":\"about:blank\",\"title\":\"Bad Request\"}", 44);
	check(strcmp(p.text, "about:blank Bad Request") == 0,
	    "json: title where there is no detail: %s", p.text);
	problem_parse(
	    &p, 400, "{\"type\":\"x\",\"title\":\"T\",\"detail\":\"D\"}", 37);
	check(strcmp(p.text, "x D") == 0,
	    "json: no title where there is a detail: %s", p.text);
	problem_parse(
	    &p, 400, "{\"type\":\"x\",\"title\":\"T\",\"detail\":\"\"}", 36);
	check(strcmp(p.text, "x T") == 0,
	    "json: title where the detail is empty: %s", p.text);
	strcpy(big,
	    "{\"type\":\"rateLimited\",\"detail\":\"Your account is paused: ");
	memset(big + strlen(big), 'a', 3900);
	strcat(big, " https://unpause.example/\"}");
	problem_parse(&p, 429, big, strlen(big));
	check(strstr(p.text, "a https://unpause.example/") != NULL,
	    "json: 4 KiB are shown whole");
	strcpy(big, "{\"type\":\"x\",\"subproblems\":[{}");
	for (i = 0, len = strlen(big); i < 100000; i++)
		len += (size_t)snprintf(
		    big + len, sizeof(big) - len, ",{\"a\":1}");
	strcpy(big + len, "]}");
	problem_parse(&p, 400, big, strlen(big));
	check(strcmp(p.text + strlen(p.text) - 3, "...") == 0,
	    "json: of 100,000 subproblems the first are shown");
	memset(big, 0, sizeof(big));
	strcpy(big, "{\"type\":\"x\",\"detail\":\"");
	memset(big + strlen(big), 'a', 1100000);
	strcat(big, "\"}");
	problem_parse(&p, 400, big, strlen(big));
	check(strlen(p.text) < sizeof(p.text) &&
		strcmp(p.text + strlen(p.text) - 3, "...") == 0,
	    "json: an error of 1 MB is cut");
}

static void
test_limits(void)
{
	static const char ok[] =
	    "{" URLS
	    ",\"x\":[[[[[[[[[[[[[[[\"[[[[[[[[[[[[[[[[[[[[[[[\"]]]]]]]]]]]]]]]}";
	static char deep[200000];
	struct directory d;
	struct order o;
	struct error e;
	size_t i, len;

	check(directory_parse(&d, ok, strlen(ok), &e) == 0,
	    "json: brackets in a string are no depth");
	directory_free(&d);
	memset(deep, '[', sizeof(deep));
	check(directory_parse(&d, deep, sizeof(deep), &e) == -1 &&
		strstr(e.text, "deep") != NULL,
	    "json: 200000 brackets");
	directory_free(&d);
	len = (size_t)snprintf(deep, sizeof(deep),
	    "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],"
	    "\"authorizations\":[\"https://c/z\"");
	for (i = 0; i < 10000; i++) {
		memcpy(deep + len, ",\"https://c/z\"", 14);
		len += 14;
	}
	memcpy(deep + len, "]}", 2);
	check(order_parse(&o, deep, len + 2, &e) == -1 &&
		strstr(e.text, "authorizations") != NULL,
	    "json: 10001 authorizations");
	order_free(&o);
}

/* draft-ietf-acme-dns-persist: names of the CA in place of a token. */
static void
test_issuers(void)
{
	static const struct {
		const char *list, *wrong;
		size_t n;
	} cases[] = {
		{ ",\"issuer-domain-names\":[\"ca.example\"]", NULL, 1 },
		{ ",\"issuer-domain-names\":[\"a.b\",\"b.b\",\"c.b\",\"d.b\","
		  "\"e.b\",\"f.b\",\"g.b\",\"h.b\",\"i.b\",\"xn--j.b\"],"
		  "\"token\":7",
		    NULL, 10 },
		{ ",\"issuer-domain-names\":[\"a.b\",\"b.b\",\"c.b\",\"d.b\","
		  "\"e.b\",\"f.b\",\"g.b\",\"h.b\",\"i.b\",\"j.b\",\"k.b\"]",
		    "1 to 10", 0 },
		{ "", "1 to 10", 0 },
		{ ",\"issuer-domain-names\":[]", "1 to 10", 0 },
		{ ",\"issuer-domain-names\":\"ca.example\"", "1 to 10", 0 },
		{ ",\"issuer-domain-names\":[\"CA.example\"]",
		    "host name in lower case", 0 },
		{ ",\"issuer-domain-names\":[\"ca.example.\"]",
		    "host name in lower case", 0 },
		{ ",\"issuer-domain-names\":[\"ca.example\",null]",
		    "host name in lower case", 0 },
		{ ",\"issuer-domain-names\":[\"a\\\"; b\"]",
		    "host name in lower case", 0 },
	};
	struct authorization az;
	char text[1024];
	struct error e;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
		    "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\","
		    "\"value\":\"a\"},"
		    "\"challenges\":[{\"type\":\"dns-persist-01\",\"url\":"
		    "\"https://c/x\"%s}]}",
		    cases[i].list);
		rc = authorization_parse(
		    &az, "dns-persist-01", text, strlen(text), &e);
		check(cases[i].wrong == NULL ?
			rc == 0 && az.challenge.nissuers == cases[i].n &&
			    az.challenge.token == NULL :
			rc == -1 && strstr(e.text, cases[i].wrong) != NULL,
		    "json: names of the CA%s", cases[i].list);
		authorization_free(&az);
	}
}

/* The CA's names in CAA records: those that are host names, the first ten. */
static void
test_caa(void)
{
	static const char text[] = "{" URLS
				   ",\"meta\":{\"caaIdentities\":[\"a\\\"b\","
				   "7,\"\",\"a.b\",\"B.b\",\"c.b\",\"c.b;\","
				   "\"d.b\",\"e.b\",\"f.b\",\"g.b\",\"h.b\","
				   "\"i.b\",\"j.b\",\"k.b\",\"l.b\"]}}";
	struct directory d;
	struct error e;

	check(directory_parse(&d, text, strlen(text), &e) == 0 &&
		d.caa.n == ISSUERS_MAX && strcmp(d.caa.v[0], "a.b") == 0 &&
		strcmp(d.caa.v[1], "c.b") == 0 &&
		strcmp(d.caa.v[2], "d.b") == 0,
	    "json: the CA's names in CAA records: ten that are names");
	directory_free(&d);
}

int
main(void)
{
	begin_json();
	test_bad();
	test_good();
	test_tolerated();
	test_nulls();
	test_problems();
	test_limits();
	test_issuers();
	test_caa();
	return test_end();
}
