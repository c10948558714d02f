/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Describes a certificate in words, so that a person can compare it with
 * another.  Control characters in it are made visible, and long texts are cut.
 */
#include <sys/socket.h>
#include <arpa/inet.h>

#include "clock.h"
#include "x509.h"

#define NAMES_SAID 3
/* The most bytes of a serial number (RFC 5280 4.1.2.2); more are left out. */
#define SERIAL_BYTES 20

/* Copies the text of an address or a DNS name; "" for other kinds of names. */
static void
name_text(const GENERAL_NAME *g, char *out, size_t size)
{
	const ASN1_STRING *s;
	const uint8_t *p;
	size_t len;

	out[0] = '\0';
	if (g->type != GEN_DNS && g->type != GEN_IPADD)
		return;
	s = g->type == GEN_DNS ? g->d.dNSName : g->d.iPAddress;
	p = ASN1_STRING_get0_data(s);
	len = (size_t)ASN1_STRING_length(s);
	if (g->type == GEN_DNS)
		say_safe(out, size, (const char *)p, len);
	else if (len == 4 || len == 16)
		inet_ntop(
		    len == 4 ? AF_INET : AF_INET6, p, out, (socklen_t)size);
}

static void
add_names(X509 *cert, char *out, size_t size)
{
	GENERAL_NAMES *san;
	char name[80];
	int i, n, said = 0;

	san = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	n = san == NULL ? 0 : sk_GENERAL_NAME_num(san);
	for (i = 0; i < n && said < NAMES_SAID; i++) {
		name_text(sk_GENERAL_NAME_value(san, i), name, sizeof(name));
		if (name[0] != '\0')
			say_add(
			    out, size, "%s%s", said++ > 0 ? ", " : "", name);
	}
	if (said == 0)
		say_add(out, size, "no name");
	if (i < n)
		say_add(out, size, " and %d more", n - i);
	GENERAL_NAMES_free(san);
}

void
chain_add_serial(const struct chain *c, char *out, size_t size)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(
	    sk_X509_value(c->certs, 0));
	const uint8_t *p = ASN1_STRING_get0_data(serial);
	int i, n = ASN1_STRING_length(serial);

	for (i = 0; i < n && i < SERIAL_BYTES; i++)
		say_add(out, size, "%02x", p[i]);
}

void
chain_describe(const struct chain *c, char *out, size_t size)
{
	X509 *cert = sk_X509_value(c->certs, 0);
	char issuer[80];

	out[0] = '\0';
	add_names(cert, out, size);
	chain_issuer(c, 0, issuer, sizeof(issuer));
	say_add(out, size, "; issuer %s, valid until %s, serial number ",
	    issuer[0] != '\0' ? issuer : "without a CN",
	    clock_text(c->not_after));
	chain_add_serial(c, out, size);
}
