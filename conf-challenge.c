/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * How a domain responds to challenges: exactly one way, which suits the type of
 * its challenges and its names; and the ports that "listen on" and "verify"
 * name.
 */
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "acme-client.h"
#include "conf-parse.h"
#include "valid.h"

/* Checks a port.  what: the statement; server: its host and port. */
static void
check_port(const struct domain *d, const char *what, char *const server[2])
{
	const char *wrong, *port = server[1];

	strtonum(port, 1, 65535, &wrong);
	if (wrong != NULL || !isdigit((unsigned char)port[0]) || port[0] == '0')
		domain_error(d,
		    "%s %s port %s: expected a number from 1 to 65535", what,
		    server[0], port);
}

/* Gives the address the form in which addresses are compared. */
static void
check_listen_address(struct domain *d, char **address)
{
	/*
	 * Reject ::ffff:0:0/96: an IPV6_V6ONLY socket cannot be bound to an
	 * IPv4-mapped address.
	 */
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char addr[16];
	size_t len = address_bytes(*address, addr);

	if (len == 0 && strcmp(*address, "*") != 0)
		domain_error(d,
		    "listen on %s: expected an address of this machine, or * "
		    "for all",
		    *address);
	if (len == 16 && memcmp(addr, mapped, sizeof(mapped)) == 0)
		domain_error(d,
		    "listen on %s: this is an IPv4 address, which is written "
		    "as %u.%u.%u.%u",
		    *address, addr[12], addr[13], addr[14], addr[15]);
	if (address_is_group(addr, len))
		domain_error(d,
		    "listen on %s: expected an address of this machine alone, "
		    "not a multicast or broadcast address",
		    *address);
	if (len > 0)
		conf_normalise(address);
}

static void
check_listen(struct domain *d)
{
	const char *other;
	size_t i;

	for (i = 0; i + 1 < d->listen.n; i += 2) {
		check_listen_address(d, &d->listen.v[i]);
		check_port(d, "listen on", &d->listen.v[i]);
	}
	if (d->listen.n > 2 * LISTEN_MAX)
		domain_error(d, "more than %d times 'listen on'", LISTEN_MAX);
	if (d->challenge != CHALLENGE_HTTP01 &&
	    d->challenge != CHALLENGE_TLSALPN01)
		domain_error(d,
		    "'listen on' is for the challenges http-01 and "
		    "tls-alpn-01, not for %s",
		    challenge_names[d->challenge]);
	other = d->stateless          ? "stateless" :
	    d->challengedir != NULL   ? "challengedir" :
	    d->challenge_hook != NULL ? "challenge hook" :
					NULL;
	if (other != NULL)
		domain_error(d, "either 'listen on' or '%s'", other);
}

void
check_verify(struct domain *d)
{
	const char *wrong;
	char **v;
	size_t i;

	for (i = 0; i + VERIFY_WORDS <= d->verify.n; i += VERIFY_WORDS) {
		v = &d->verify.v[i];
		if ((wrong = conf_normalise(&v[0])) != NULL || v[0][0] == '*')
			domain_error(d, "verify %s: %s", v[0],
			    wrong != NULL ? wrong :
					    "expected the name of one host");
		check_port(d, "verify", v);
	}
	if (d->verify.n > VERIFY_WORDS * VERIFY_MAX)
		domain_error(d, "more than %d times 'verify'", VERIFY_MAX);
}

void
check_challenge(const struct domain *d)
{
	int by_dns = challenge_by_dns(d->challenge);
	unsigned char addr[16];
	size_t i;

	for (i = 0; i < d->names.n; i++)
		if (!by_dns && valid_wildcard(d->names.v[i]))
			domain_error(d,
			    "name %s: a wildcard needs the challenge dns-01, "
			    "dns-account-01 or dns-persist-01",
			    d->names.v[i]);
		else if (by_dns && address_bytes(d->names.v[i], addr) > 0)
			domain_error(d,
			    "name %s: an address needs the challenge http-01 "
			    "or tls-alpn-01",
			    d->names.v[i]);
	if (d->challenge == CHALLENGE_TLSALPN01 && d->listen.n == 0)
		domain_error(d,
		    "challenge %s needs 'listen on', with the address and port "
		    "to which the CA connects",
		    challenge_names[d->challenge]);
}

/*
 * Checks a domain whose responses are records in the DNS, which a program or
 * the administrator publishes.
 */
static void
check_records(struct domain *d)
{
	int persists = d->challenge == CHALLENGE_DNSPERSIST01;

	d->way = persists ? WAY_PERSIST : WAY_HOOK;
	if (d->challengedir != NULL)
		domain_error(d,
		    "'challengedir' is for http-01; with 'challenge %s', take "
		    "it out",
		    challenge_names[d->challenge]);
	if (d->challenge_hook != NULL)
		path_clean(
		    d->challenge_hook, "challenge hook", d->file, d->line);
	if (persists && d->challenge_hook != NULL)
		domain_error(d,
		    "dns-persist-01 needs no 'challenge hook': its record is "
		    "published once, by hand; take it out");
	else if (!persists && d->challenge_hook == NULL)
		domain_error(d,
		    "%s needs 'challenge hook' with a program that publishes "
		    "records; acme-client.conf(5) lists those that are "
		    "installed",
		    challenge_names[d->challenge]);
}

static void
check_stateless(const struct domain *d)
{
	if (d->challenge != CHALLENGE_HTTP01)
		domain_error(d,
		    "'stateless' is a way to respond to http-01; take it or "
		    "'challenge %s' out",
		    challenge_names[d->challenge]);
	if (d->challengedir != NULL)
		domain_error(d,
		    "either 'challengedir' or 'stateless', with which no file "
		    "is written");
	if (d->challenge_hook != NULL)
		domain_error(d,
		    "either 'stateless' or 'challenge hook', which is for "
		    "records in the DNS");
}

void
check_way(struct domain *d)
{
	if (d->listen.n > 0) {
		d->way = WAY_LISTEN;
		check_listen(d);
		return;
	}
	if (d->stateless) {
		d->way = WAY_STATELESS;
		check_stateless(d);
		return;
	}
	if (challenge_by_dns(d->challenge)) {
		check_records(d);
		return;
	}
	if (d->challenge_hook != NULL) {
		path_clean(
		    d->challenge_hook, "challenge hook", d->file, d->line);
		domain_error(d,
		    "'challenge hook' is for dns-01 and dns-account-01; name "
		    "one of them with 'challenge'");
	}
	d->way = WAY_WEBROOT;
	if (d->challengedir == NULL &&
	    (d->challengedir = strdup(CHALLENGE_DIR)) == NULL)
		err(1, NULL);
	path_clean(d->challengedir, "challengedir", d->file, d->line);
}
