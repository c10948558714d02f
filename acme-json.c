/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * ACME objects read from a server's JSON.
 */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme-client.h"
#include "acme.h"
#include "challenge.h"
#include "valid.h"

#define DEPTH_MAX 32
#define PROFILE_MAX 64  /* The most bytes of a profile's name. */
#define PROFILES_MAX 50 /* The most profiles that are listed. */

/*
 * Counts brackets outside of strings, so that no input makes the parser recurse
 * deeply.
 */
static int
too_deep(const char *buf, size_t len)
{
	int depth = 0, in_string = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (in_string) {
			if (buf[i] == '\\')
				i++;
			else if (buf[i] == '"')
				in_string = 0;
		} else if (buf[i] == '"')
			in_string = 1;
		else if (buf[i] == '{' || buf[i] == '[') {
			if (++depth > DEPTH_MAX)
				return 1;
		} else if (buf[i] == '}' || buf[i] == ']')
			depth--;
	}
	return 0;
}

json_t *
json_read(const char *buf, size_t len, struct error *w)
{
	json_error_t e;
	json_t *o = NULL;
	char safe[200];

	if (too_deep(buf, len))
		error_set(w, "JSON nested too deeply");
	else if ((o = json_loadb(buf, len, JSON_REJECT_DUPLICATES, &e)) ==
	    NULL) {
		say_safe(safe, sizeof(safe), e.text, strlen(e.text));
		error_set(w, "not JSON: %s", safe);
	} else if (!json_is_object(o)) {
		error_set(w, "JSON, but not an object");
		json_decref(o);
		o = NULL;
	}
	return o;
}

json_t *
json_member(json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);

	return json_is_null(v) ? NULL : v;
}

int
json_whole(const char *buf, size_t len)
{
	struct error ignored;
	json_t *o = json_read(buf, len, &ignored);

	json_decref(o);
	return o != NULL;
}

/* Copies a string member, which may be absent unless it is needed. */
static int
get_string(
    json_t *o, const char *member, char **out, int needed, struct error *e)
{
	json_t *v = json_member(o, member);

	*out = NULL;
	if (v == NULL)
		return needed ? error_set(e, "no member '%s'", member) : 0;
	if (!json_is_string(v))
		return error_set(e, "member '%s' is not a string", member);
	if ((*out = strdup(json_string_value(v))) == NULL)
		err(1, NULL);
	return 0;
}

static int
check_url(const char *member, const char *text, struct error *e)
{
	struct url url;
	char safe[200];

	if (url_parse(&url, text))
		return 0;
	say_safe(safe, sizeof(safe), text, strlen(text));
	return error_set(
	    e, "member '%s' is not an https URL: %s", member, safe);
}

/*
 * As get_string(), for a URL.  An empty one counts as absent: some servers send
 * "" where they have no URL.
 */
static int
get_url(json_t *o, const char *member, char **out, int needed, struct error *e)
{
	if (get_string(o, member, out, needed, e) == -1)
		return -1;
	if (*out != NULL && **out == '\0') {
		free(*out);
		*out = NULL;
		return needed ? error_set(e, "member '%s' is empty", member) :
				0;
	}
	return *out == NULL ? 0 : check_url(member, *out, e);
}

static void
free_strings(char **v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

static const struct {
	const char *name;
	enum status status;
} statuses[] = {
	{ "pending", STATUS_PENDING },
	{ "ready", STATUS_READY },
	{ "processing", STATUS_PROCESSING },
	{ "valid", STATUS_VALID },
	{ "invalid", STATUS_INVALID },
	{ "deactivated", STATUS_DEACTIVATED },
	{ "expired", STATUS_EXPIRED },
	{ "revoked", STATUS_REVOKED },
};

/*
 * Reads a status, which becomes 'absent' if it is missing or empty.  An unknown
 * status is no error.
 */
static int
get_status(json_t *o, enum status absent, enum status *status, char *text,
    size_t textsz, struct error *e)
{
	json_t *v = json_member(o, "status");
	const char *s = json_string_value(v);
	size_t i;

	if (v != NULL && s == NULL)
		return error_set(e, "member 'status' is not a string");
	if (s != NULL && *s == '\0')
		v = NULL;
	*status = v == NULL ? absent : STATUS_UNKNOWN;
	if (v == NULL)
		s = "of no status";
	say_safe(text, textsz, s, strlen(s));
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (strcmp(s, statuses[i].name) == 0)
			*status = statuses[i].status;
	return 0;
}

/* Makes "type:value" of an identifier, in lower case. */
static int
get_identifier(json_t *id, char **out, struct error *e)
{
	const char *type = json_string_value(json_member(id, "type"));
	const char *value = json_string_value(json_member(id, "value"));
	char *p;

	*out = NULL;
	if (type == NULL || value == NULL || *value == '\0')
		return error_set(e, "identifier without 'type' or 'value'");
	if (asprintf(out, "%s:%s", type, value) == -1)
		err(1, NULL);
	for (p = *out; *p != '\0'; p++) {
		if (!isgraph((unsigned char)*p))
			return error_set(
			    e, "identifier with a character that no name has");
		*p = (char)tolower((unsigned char)*p);
	}
	return 0;
}

/* Is it one word of visible characters, which a configuration could name? */
static int
is_word(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (!isgraph((unsigned char)s[i]) || i == PROFILE_MAX)
			return 0;
	return i > 0;
}

/*
 * Lists the names of an object's members, with blanks between; names that are
 * not one word are left out.
 */
static char *
list_members(json_t *o)
{
	char list[PROFILES_MAX * (PROFILE_MAX + 1) + 1] = "", *out;
	const char *key;
	int n = 0;
	json_t *v;

	json_object_foreach(o, key, v) if (is_word(key) && n++ < PROFILES_MAX)
	    say_add(list, sizeof(list), "%s%s", *list == '\0' ? "" : " ", key);
	if ((out = strdup(list)) == NULL)
		err(1, NULL);
	return out;
}

/* Takes the host names among the first members of the list. */
static void
read_caa(struct directory *d, json_t *list)
{
	const char *name;
	json_t *v;
	size_t i;

	if ((d->caa.v = calloc(ISSUERS_MAX, sizeof(*d->caa.v))) == NULL)
		err(1, NULL);
	json_array_foreach(list, i, v)
	{
		if (d->caa.n == ISSUERS_MAX)
			break;
		name = json_string_value(v);
		if (name == NULL || strlen(name) != json_string_length(v) ||
		    !valid_dns_name(name))
			continue;
		if ((d->caa.v[d->caa.n++] = strdup(name)) == NULL)
			err(1, NULL);
	}
}

static int
read_meta(struct directory *d, json_t *meta, struct error *e)
{
	json_t *profiles = json_member(meta, "profiles");
	json_t *eab = json_member(meta, "externalAccountRequired");

	if (meta == NULL)
		return 0;
	if (!json_is_object(meta))
		return error_set(e, "member 'meta' is not an object");
	if (profiles != NULL && !json_is_object(profiles))
		return error_set(e, "member 'meta.profiles' is not an object");
	if (profiles != NULL)
		d->profiles = list_members(profiles);
	read_caa(d, json_member(meta, "caaIdentities"));
	if (eab != NULL && !json_is_boolean(eab))
		return error_set(e,
		    "member 'meta.externalAccountRequired' is not a boolean");
	d->eab_required = json_is_true(eab);
	return get_string(meta, "termsOfService", &d->terms, 0, e);
}

int
directory_parse(
    struct directory *d, const char *buf, size_t len, struct error *e)
{
	json_t *o;
	int rc = -1;

	memset(d, 0, sizeof(*d));
	if ((o = json_read(buf, len, e)) == NULL)
		return -1;
	if (get_url(o, "newNonce", &d->new_nonce, 1, e) == 0 &&
	    get_url(o, "newAccount", &d->new_account, 1, e) == 0 &&
	    get_url(o, "newOrder", &d->new_order, 1, e) == 0 &&
	    get_url(o, "revokeCert", &d->revoke_cert, 0, e) == 0 &&
	    get_url(o, "keyChange", &d->key_change, 0, e) == 0 &&
	    get_url(o, "renewalInfo", &d->renewal_info, 0, e) == 0)
		rc = read_meta(d, json_member(o, "meta"), e);
	json_decref(o);
	return rc;
}

void
directory_free(struct directory *d)
{
	size_t i;

	for (i = 0; i < d->caa.n; i++)
		free(d->caa.v[i]);
	free(d->caa.v);
	free(d->new_nonce);
	free(d->new_account);
	free(d->new_order);
	free(d->revoke_cert);
	free(d->key_change);
	free(d->renewal_info);
	free(d->terms);
	free(d->profiles);
	memset(d, 0, sizeof(*d));
}

/*
 * Reads an order's identifiers, of which RFC 8555 7.1.3 requires at least one.
 */
static int
read_identifiers(struct order *order, json_t *list, struct error *e)
{
	json_t *v;
	size_t i;

	if (json_array_size(list) == 0 || json_array_size(list) > AUTHZ_MAX)
		return error_set(e,
		    "member 'identifiers' is not an array of 1 to %d",
		    AUTHZ_MAX);
	if ((order->identifiers = calloc(
		 json_array_size(list), sizeof(char *))) == NULL)
		err(1, NULL);
	json_array_foreach(list, i, v)
	{
		if (get_identifier(v, &order->identifiers[i], e) == -1) {
			free(order->identifiers[i]);
			return -1;
		}
		order->nidentifiers++;
	}
	return 0;
}

/*
 * Reads an order's authorizations, which matter only while the order is
 * pending; some CAs leave them out afterwards.
 */
static int
read_authorizations(struct order *order, json_t *list, struct error *e)
{
	json_t *v;
	size_t i;

	if (order->status != STATUS_PENDING &&
	    (list == NULL ||
		(json_is_array(list) && json_array_size(list) == 0)))
		return 0;
	if (json_array_size(list) == 0 || json_array_size(list) > AUTHZ_MAX)
		return error_set(e,
		    "member 'authorizations' is not an array of 1 to %d",
		    AUTHZ_MAX);
	if ((order->authorizations = calloc(
		 json_array_size(list), sizeof(char *))) == NULL)
		err(1, NULL);
	json_array_foreach(list, i, v)
	{
		if (!json_is_string(v))
			return error_set(e,
			    "member 'authorizations' has one that is not a "
			    "string");
		if (check_url("authorizations", json_string_value(v), e) == -1)
			return -1;
		if ((order->authorizations[i] = strdup(json_string_value(v))) ==
		    NULL)
			err(1, NULL);
		order->nauthorizations++;
	}
	return 0;
}

int
order_parse(struct order *order, const char *buf, size_t len, struct error *e)
{
	json_t *o;
	int rc = -1;

	memset(order, 0, sizeof(*order));
	if ((o = json_read(buf, len, e)) == NULL)
		return -1;
	problem_read(&order->error, json_member(o, "error"));
	if (get_status(o, STATUS_UNKNOWN, &order->status, order->status_text,
		sizeof(order->status_text), e) == -1) {
		json_decref(o);
		return -1;
	}
	/* Some CAs send 'finalize' only once the order can be finalized. */
	if (read_identifiers(order, json_member(o, "identifiers"), e) == 0 &&
	    read_authorizations(order, json_member(o, "authorizations"), e) ==
		0 &&
	    get_url(o, "finalize", &order->finalize,
		order->status == STATUS_READY, e) == 0)
		rc = get_url(o, "certificate", &order->certificate,
		    order->status == STATUS_VALID, e);
	json_decref(o);
	return rc;
}

void
order_free(struct order *order)
{
	free_strings(order->identifiers, order->nidentifiers);
	free_strings(order->authorizations, order->nauthorizations);
	free(order->finalize);
	free(order->certificate);
	memset(order, 0, sizeof(*order));
}

static void
free_challenge(struct challenge *c)
{
	free(c->url);
	free(c->token);
	free_strings(c->issuers, c->nissuers);
	memset(c, 0, sizeof(*c));
}

/*
 * Reads the issuer names of a persist challenge (draft-ietf-acme-dns-persist
 * 3.1): 1 to ISSUERS_MAX host names; anything else is refused.
 */
static int
read_issuers(struct challenge *c, json_t *o, struct error *e)
{
	json_t *list = json_member(o, "issuer-domain-names");
	const char *name;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > ISSUERS_MAX)
		return error_set(e,
		    "member 'issuer-domain-names' is not an array of 1 to %d "
		    "names",
		    ISSUERS_MAX);
	if ((c->issuers = calloc(json_array_size(list), sizeof(*c->issuers))) ==
	    NULL)
		err(1, NULL);
	for (i = 0; i < json_array_size(list); i++) {
		name = json_string_value(json_array_get(list, i));
		if (name == NULL || !valid_dns_name(name))
			return error_set(e,
			    "member 'issuer-domain-names' has something else "
			    "than a host name in lower case");
		if ((c->issuers[c->nissuers++] = strdup(name)) == NULL)
			err(1, NULL);
	}
	return 0;
}

/*
 * Reads a challenge.  url and token, or the issuers, are needed only if it must
 * be responded to.
 */
static int
read_challenge(struct challenge *c, const char *type, json_t *o, int needed,
    struct error *e)
{
	int stands = strcmp(type, challenge_names[CHALLENGE_DNSPERSIST01]) == 0;
	char text[32];

	free_challenge(c);
	problem_read(&c->error, json_member(o, "error"));
	if (get_status(o, STATUS_PENDING, &c->status, text, sizeof(text), e) ==
		-1 ||
	    get_url(o, "url", &c->url, needed, e) == -1)
		return -1;
	if (stands)
		return needed ? read_issuers(c, o, e) : 0;
	return get_string(o, "token", &c->token, needed, e);
}

/*
 * Reads the first good challenge of the wanted type, and lists the types of all
 * challenges for messages.
 */
static int
read_challenges(
    struct authorization *az, const char *wanted, json_t *list, struct error *e)
{
	int needed = az->status == STATUS_PENDING, found = 0, rc = 0;
	char offered[512] = "", safe[100];
	const char *type;
	json_t *c;
	size_t i;

	if (list == NULL ? needed : !json_is_array(list))
		return error_set(e, "member 'challenges' is not an array");
	json_array_foreach(list, i, c)
	{
		if ((type = json_string_value(json_member(c, "type"))) == NULL)
			return error_set(e, "challenge without 'type'");
		say_safe(safe, sizeof(safe), type, strlen(type));
		say_add(offered, sizeof(offered), "%s%s",
		    *offered == '\0' ? "" : " ", safe);
		if (strcmp(type, wanted) == 0 && !found) {
			rc = read_challenge(&az->challenge, type, c, needed, e);
			found = rc == 0;
		}
	}
	if ((az->offered = strdup(offered)) == NULL)
		err(1, NULL);
	return rc;
}

int
authorization_parse(struct authorization *az, const char *type, const char *buf,
    size_t len, struct error *e)
{
	json_t *o, *wildcard;
	int rc = -1;

	memset(az, 0, sizeof(*az));
	if ((o = json_read(buf, len, e)) == NULL)
		return -1;
	wildcard = json_member(o, "wildcard");
	az->wildcard = json_is_true(wildcard);
	if (wildcard != NULL && !json_is_boolean(wildcard))
		error_set(e, "member 'wildcard' is not a boolean");
	else if (get_status(o, STATUS_UNKNOWN, &az->status, az->status_text,
		     sizeof(az->status_text), e) == 0 &&
	    get_identifier(json_member(o, "identifier"), &az->identifier, e) ==
		0)
		rc = read_challenges(az, type, json_member(o, "challenges"), e);
	json_decref(o);
	return rc;
}

void
authorization_free(struct authorization *az)
{
	free(az->identifier);
	free_challenge(&az->challenge);
	free(az->offered);
	memset(az, 0, sizeof(*az));
}

enum status
account_status(const char *buf, size_t len)
{
	enum status status = STATUS_VALID;
	char text[32];
	struct error ignored;
	json_t *o = json_read(buf, len, &ignored);

	if (json_is_object(o))
		get_status(
		    o, STATUS_VALID, &status, text, sizeof(text), &ignored);
	json_decref(o);
	return status;
}
