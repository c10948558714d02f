/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "test.h"

#define URLS	"\"newNonce\":\"https://c/n\",\"newAccount\":\"https://c/a\",\"newOrder\":\"https://c/o\""
#define ORDER(status, rest) "{\"status\":\"" status "\",\"identifiers\":[{\"type\":\"dns\",\"value\":\"A.example\"}]," \
	"\"authorizations\":[\"https://c/z\"],\"finalize\":\"https://c/f\"" rest "}"
#define AUTHZ(rest) "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}" rest "}"

static const struct { const char *name, *text, *why; } bad_directories[] = {
	{ "nothing", "", "not JSON" }, { "HTML", "<html>", "not JSON" }, { "an array", "[]", "not an object" },
	{ "trailing junk", "{" URLS "} x", "not JSON" }, { "byte order mark", "\xef\xbb\xbf{" URLS "}", "not JSON" },
	{ "bad UTF-8", "{\"a\":\"\xff\"," URLS "}", "not JSON" }, { "NUL", "{\"a\":\"\\u0000\"," URLS "}", "not JSON" },
	{ "a member twice", "{" URLS ",\"newOrder\":\"https://c/o\"}", "not JSON" },
	{ "missing member", "{\"newNonce\":\"https://c/n\",\"newAccount\":\"https://c/a\"}", "newOrder" },
	{ "number", "{\"newNonce\":1}", "newNonce" },
	{ "http URL", "{\"newNonce\":\"http://c/n\"}", "newNonce" },
	{ "no URL", "{" URLS ",\"revokeCert\":\"x\"}", "revokeCert" },
	{ "meta no object", "{" URLS ",\"meta\":[]}", "meta" },
	{ "terms no string", "{" URLS ",\"meta\":{\"termsOfService\":1}}", "termsOfService" },
};

static const struct { const char *name, *text, *why; } bad_orders[] = {
	{ "no identifiers", "{\"status\":\"ready\",\"authorizations\":[\"https://c/z\"]}", "identifiers" },
	{ "identifiers []", "{\"status\":\"ready\",\"identifiers\":[],\"authorizations\":[\"https://c/z\"]}", "identifiers" },
	{ "identifier null", "{\"identifiers\":[null],\"authorizations\":[\"https://c/z\"]}", "identifier" },
	{ "identifier with escape", "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\\u001b\"}]}", "identifier" },
	{ "authorizations []", "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],\"authorizations\":[]}", "authorizations" },
	{ "authorizations with null", "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],\"authorizations\":[\"https://c/z\",null]}", "authorizations" },
	{ "authorizations with http", "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],\"authorizations\":[\"http://c/z\"]}", "authorizations" },
	{ "ready without finalize", "{\"status\":\"ready\",\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],\"authorizations\":[\"https://c/z\"]}", "finalize" },
	{ "valid without certificate", ORDER("valid", ""), "certificate" },
};

static const struct { const char *name, *text, *why; } bad_authorizations[] = {
	{ "no identifier", "{\"status\":\"valid\",\"challenges\":[]}", "identifier" },
	{ "no challenges", AUTHZ(""), "challenges" },
	{ "challenge without type", AUTHZ(",\"challenges\":[{}]"), "type" },
	{ "http-01 without token", AUTHZ(",\"challenges\":[{\"type\":\"http-01\",\"url\":\"https://c/x\"}]"), "token" },
	{ "http-01 without url", AUTHZ(",\"challenges\":[{\"type\":\"http-01\",\"token\":\"x\"}]"), "url" },
	{ "wildcard no boolean", AUTHZ(",\"wildcard\":1,\"challenges\":[]"), "wildcard" },
};

static void
test_bad(void)
{
	struct authorization az;
	struct directory d;
	struct order o;
	struct why w;
	size_t i;

	for (i = 0; i < sizeof(bad_directories) / sizeof(bad_directories[0]); i++) {
		check(directory_parse(&d, bad_directories[i].text, strlen(bad_directories[i].text), &w) == -1 &&
		    strstr(w.text, bad_directories[i].why) != NULL, "json: directory: %s", bad_directories[i].name);
		directory_free(&d);
	}
	for (i = 0; i < sizeof(bad_orders) / sizeof(bad_orders[0]); i++) {
		check(order_parse(&o, bad_orders[i].text, strlen(bad_orders[i].text), &w) == -1 &&
		    strstr(w.text, bad_orders[i].why) != NULL, "json: order: %s", bad_orders[i].name);
		order_free(&o);
	}
	for (i = 0; i < sizeof(bad_authorizations) / sizeof(bad_authorizations[0]); i++) {
		check(authorization_parse(&az, bad_authorizations[i].text, strlen(bad_authorizations[i].text), &w) == -1 &&
		    strstr(w.text, bad_authorizations[i].why) != NULL, "json: authorization: %s",
		    bad_authorizations[i].name);
		authorization_free(&az);
	}
}

static void
test_good(void)
{
	static const char dir[] = "{" URLS ",\"x9\":\"https://community.example/t/1\",\"meta\":{\"termsOfService\":"
	    "\"https://c/t\",\"profiles\":{\"classic\":\"\",\"short\":\"\"},\"externalAccountRequired\":true}}";
	static const char az_text[] = AUTHZ(",\"wildcard\":true,\"challenges\":[{\"type\":\"new-01\"},{\"type\":\"http-01\","
	    "\"url\":\"https://c/x\",\"token\":\"t\",\"error\":{\"type\":\"urn:ietf:params:acme:error:dns\",\"detail\":\"no\\u001b[2J\"}}]");
	static const char order_text[] = ORDER("never-heard", ",\"certificate\":\"https://c/c\"");
	struct authorization az;
	struct directory d;
	struct order o;
	struct why w;

	check(directory_parse(&d, dir, strlen(dir), &w) == 0 && d.eab_required &&
	    strcmp(d.terms, "https://c/t") == 0 && strcmp(d.profiles, "classic short") == 0 &&
	    d.renewal_info == NULL, "json: directory, unknown members tolerated");
	directory_free(&d);
	check(order_parse(&o, order_text, strlen(order_text), &w) == 0 && o.status == STATUS_UNKNOWN &&
	    strcmp(o.status_text, "never-heard") == 0 && strcmp(o.identifiers[0], "dns:a.example") == 0 &&
	    strcmp(o.certificate, "https://c/c") == 0, "json: order of unknown status");
	order_free(&o);
	check(authorization_parse(&az, az_text, strlen(az_text), &w) == 0 && az.wildcard &&
	    az.status == STATUS_PENDING && az.http01.status == STATUS_PENDING &&
	    strcmp(az.http01.token, "t") == 0 && strcmp(az.offered, "new-01 http-01") == 0,
	    "json: authorization, unknown challenges tolerated");
	check(strcmp(az.http01.error.type, "dns") == 0 && strcmp(az.http01.error.text, "dns no\\x1b[2J") == 0,
	    "json: a challenge's error is made visible");
	authorization_free(&az);
}

static void
test_problems(void)
{
	static const char sub[] = "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\",\"detail\":\"two\","
	    "\"subproblems\":[{\"type\":\"urn:ietf:params:acme:error:caa\",\"detail\":\"forbidden\","
	    "\"identifier\":{\"type\":\"dns\",\"value\":\"b.example\"}}]}";
	static char big[1200000];
	struct problem p;

	problem_parse(&p, 400, sub, strlen(sub));
	check(strcmp(p.type, "rejectedIdentifier") == 0 && strstr(p.text, "b.example") != NULL &&
	    strstr(p.text, "forbidden") != NULL, "json: problem with subproblems: %s", p.text);
	problem_parse(&p, 500, "<html>\033]0;x", 12);
	check(p.type[0] == '\0' && strstr(p.text, "<html>\\x1b]0;x") != NULL, "json: an HTML error: %s", p.text);
	problem_parse(&p, 502, "", 0);
	check(strstr(p.text, "502") != NULL, "json: an empty error: %s", p.text);
	problem_parse(&p, 500, "\"just a string\"", 15);
	check(strstr(p.text, "just a string") != NULL, "json: a string as error: %s", p.text);
	strcpy(big, "{\"type\":\"x\",\"detail\":\"");
	memset(big + strlen(big), 'a', 1100000);
	strcat(big, "\"}");
	problem_parse(&p, 400, big, strlen(big));
	check(strlen(p.text) < sizeof(p.text) && strcmp(p.text + strlen(p.text) - 3, "...") == 0,
	    "json: an error of 1 MB is cut");
}

static void
test_limits(void)
{
	static char deep[200000];
	struct directory d;
	struct order o;
	struct why w;
	size_t i, len;

	memset(deep, '[', sizeof(deep));
	check(directory_parse(&d, deep, sizeof(deep), &w) == -1 && strstr(w.text, "deep") != NULL,
	    "json: 200000 brackets");
	directory_free(&d);
	len = (size_t)snprintf(deep, sizeof(deep), "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],\"authorizations\":[\"https://c/z\"");
	for (i = 0; i < 10000; i++) {
		memcpy(deep + len, ",\"https://c/z\"", 14);
		len += 14;
	}
	memcpy(deep + len, "]}", 2);
	check(order_parse(&o, deep, len + 2, &w) == -1 && strstr(w.text, "authorizations") != NULL,
	    "json: 10001 authorizations");
	order_free(&o);
}

int
main(void)
{
	json_init();
	test_bad();
	test_good();
	test_problems();
	test_limits();
	return test_end();
}
