/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The verdict on a chain.  If this is wrong, a CA or an attacker on the way to
 * it installs a certificate that nobody ordered.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <err.h>
#include <string.h>

#include <openssl/err.h>

#include "clock.h"
#include "x509.h"

/* The longest plausible validity in seconds. */
#define LIFE_MAX (20 * 366 * 86400L)

/* Writes the leaf's names as text, for an error. */
static void
list_names(X509 *leaf, char *out, size_t outsz)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(
	    leaf, NID_subject_alt_name, NULL, NULL);
	char name[80];
	ASN1_STRING *s;
	int i;

	out[0] = '\0';
	for (i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);

		if (g->type == GEN_DNS) {
			s = g->d.dNSName;
			say_safe(name, sizeof(name),
			    (const char *)ASN1_STRING_get0_data(s),
			    (size_t)ASN1_STRING_length(s));
		} else if (g->type == GEN_IPADD &&
		    (ASN1_STRING_length(g->d.iPAddress) == 4 ||
			ASN1_STRING_length(g->d.iPAddress) == 16))
			inet_ntop(ASN1_STRING_length(g->d.iPAddress) == 4 ?
				AF_INET :
				AF_INET6,
			    ASN1_STRING_get0_data(g->d.iPAddress), name,
			    sizeof(name));
		else
			strlcpy(name, "(neither host name nor address)",
			    sizeof(name));
		say_add(out, outsz, "%s%s", i > 0 ? " " : "", name);
	}
	if (i == 0)
		strlcpy(out, "none", outsz);
	GENERAL_NAMES_free(san);
}

static int
check_times(const struct chain *c, time_t now, struct error *e)
{
	if (c->not_before == (time_t)-1 || c->not_after == (time_t)-1)
		return error_set(e, "the certificate's dates make no sense");
	if (c->not_before > now + CLOCK_SKEW)
		return error_set(e, "the certificate begins only on %s",
		    clock_text(c->not_before));
	if (c->not_after < now + CHAIN_LEFT_MIN)
		return error_set(e,
		    "the certificate ends on %s, too soon to be of use",
		    clock_text(c->not_after));
	if (c->not_after - now > LIFE_MAX)
		return error_set(e,
		    "the certificate ends on %s, which no CA means",
		    clock_text(c->not_after));
	return 0;
}

static int
check_signature_type(X509 *cert, struct error *e)
{
	const X509_ALGOR *algorithm;
	int type;

	X509_get0_signature(NULL, &algorithm, cert);
	return signature_digest(algorithm, &type) != NULL ?
	    0 :
	    error_set(e,
		"a certificate of the chain is signed with %s, which is too "
		"weak or not of RSA or ECDSA",
		OBJ_nid2ln(X509_get_signature_nid(cert)));
}

static int
check_key_strength(X509 *cert, struct error *e)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int bits = key == NULL ? 0 : EVP_PKEY_bits(key);

	if (key != NULL && key_is_strong(key))
		return 0;
	return error_set(e,
	    "a certificate of the chain has a key of %d bits, which is too "
	    "weak or not of RSA or ECDSA",
	    bits);
}

/*
 * id-pe-tlsfeature is looked up by its number: some versions of libcrypto lack
 * its name.
 */
static int
must_staple(X509 *leaf)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.5.5.7.1.24", 1);
	int found;

	if (oid == NULL)
		err(1, NULL);
	found = X509_get_ext_by_OBJ(leaf, oid, -1) >= 0;
	ASN1_OBJECT_free(oid);
	return found;
}

/*
 * Returns how many CA certificates may be between this one and the leaf; -1:
 * any number.
 */
static long
pathlen(X509 *ca)
{
	BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(
	    ca, NID_basic_constraints, NULL, NULL);
	long n = bc == NULL || bc->pathlen == NULL ?
	    -1 :
	    ASN1_INTEGER_get(bc->pathlen);

	BASIC_CONSTRAINTS_free(bc);
	return n;
}

/* Checks the leaf, except for its key and names. */
static int
check_leaf(X509 *leaf, struct error *e)
{
	uint32_t flags = X509_get_extension_flags(leaf);

	if (flags & (EXFLAG_INVALID | EXFLAG_CRITICAL))
		return error_set(e,
		    "the certificate has extensions that are broken, or "
		    "critical and unknown");
	if (flags & EXFLAG_CA)
		return error_set(e, "the certificate is a CA's own");
	/*
	 * A leaf without the extension may have any purpose (RFC 5280
	 * 4.2.1.12).
	 */
	if ((flags & EXFLAG_XKUSAGE) &&
	    !(X509_get_extended_key_usage(leaf) & XKU_SSL_SERVER))
		return error_set(e,
		    "the certificate is not for servers (its extendedKeyUsage "
		    "has no serverAuth)");
	if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1)
		return error_set(e,
		    "the certificate is not for servers (its keyUsage has "
		    "neither digitalSignature nor keyEncipherment nor "
		    "keyAgreement, or its nsCertType no server)");
	/*
	 * EXFLAG_SS is not used: LibreSSL sets it only if keyUsage allows to
	 * sign certificates.
	 */
	if (X509_NAME_cmp(
		X509_get_subject_name(leaf), X509_get_issuer_name(leaf)) == 0)
		return error_set(
		    e, "the certificate is self-signed: no path to a root");
	if (must_staple(leaf))
		return error_set(e,
		    "the certificate demands OCSP stapling (RFC 7633), which "
		    "nobody asked for");
	return 0;
}

/*
 * An X.509 version 1 root has no basicConstraints, and may only be an anchor,
 * the last of the chain.
 */
static int
may_issue(X509 *issuer, int last)
{
	return X509_check_ca(issuer) == 1 ||
	    (last && X509_get_version(issuer) == 0 &&
		X509_NAME_cmp(X509_get_subject_name(issuer),
		    X509_get_issuer_name(issuer)) == 0);
}

/* Has each certificate issued the one before it, and may it do so? */
static int
check_links(const struct chain *c, struct error *e)
{
	X509 *cert, *issuer;
	int i;

	for (i = 0; i + 1 < sk_X509_num(c->certs); i++) {
		cert = sk_X509_value(c->certs, i);
		issuer = sk_X509_value(c->certs, i + 1);
		if (X509_get_extension_flags(issuer) &
		    (EXFLAG_INVALID | EXFLAG_CRITICAL))
			return error_set(e,
			    "certificate %d of the chain has extensions that "
			    "are broken, or critical and unknown",
			    i + 2);
		if (X509_check_issued(issuer, cert) != X509_V_OK ||
		    X509_verify(cert, X509_get0_pubkey(issuer)) != 1)
			return error_set(e,
			    "certificate %d of the chain was not issued by the "
			    "one after it",
			    i + 1);
		if (!may_issue(issuer, i + 2 == sk_X509_num(c->certs)))
			return error_set(e,
			    "certificate %d of the chain is not a CA's", i + 2);
		if (pathlen(issuer) >= 0 && pathlen(issuer) < i)
			return error_set(e,
			    "certificate %d of the chain may not have %d below "
			    "it (pathlen)",
			    i + 2, i);
	}
	return 0;
}

/* Checks the dates, which libcrypto's error does not tell. */
static int
check_issuer_times(const struct chain *c, time_t now, struct error *e)
{
	time_t from, to;
	X509 *cert;
	int i;

	for (i = 1; i < sk_X509_num(c->certs); i++) {
		cert = sk_X509_value(c->certs, i);
		from = asn1_time(X509_get0_notBefore(cert));
		to = asn1_time(X509_get0_notAfter(cert));
		if (from == (time_t)-1 || to == (time_t)-1 ||
		    from > now + CLOCK_SKEW || to < now)
			return error_set(e,
			    "certificate %d of the chain is good from %s to %s "
			    "only",
			    i + 1, clock_text(from), clock_text(to));
	}
	return 0;
}

/*
 * Checks the certificates below the anchor: an anchor's own signature, and what
 * comes after it, proves nothing.
 */
static int
check_strength(const struct chain *c, int anchor, struct error *e)
{
	X509 *cert;
	int i;

	for (i = 0; i < sk_X509_num(c->certs); i++) {
		cert = sk_X509_value(c->certs, i);
		if (check_key_strength(cert, e) == -1)
			return -1;
		if (i == anchor ||
		    (X509_get_extension_flags(cert) & EXFLAG_SS) != 0)
			break;
		if (check_signature_type(cert, e) == -1)
			return -1;
	}
	return 0;
}

int
chain_verify(const struct chain *c, const struct strings *names,
    const uint8_t spki[SPKI_HASH_LEN], const struct roots *roots, time_t now,
    struct error *e)
{
	X509 *leaf = sk_X509_value(c->certs, 0);
	char found[300];
	int anchor, rc;

	if (memcmp(c->spki, spki, SPKI_HASH_LEN) != 0)
		return error_set(
		    e, "the certificate is for another key than ours");
	if (!chain_names_equal(c, names)) {
		list_names(leaf, found, sizeof(found));
		return error_set(e,
		    "the certificate is for other names than ours: %s%s", found,
		    chain_names_added(c, names) ?
			"; 'accept additional names' would take those that the "
			"CA adds" :
			"");
	}
	if (check_times(c, now, e) == -1 || check_leaf(leaf, e) == -1)
		return -1;
	rc = check_links(c, e);
	if (rc == 0 && roots == NULL)
		rc = check_issuer_times(c, now, e);
	if (rc == 0)
		rc = path_verify(c, roots, now, &anchor, e);
	if (rc == 0)
		rc = check_strength(c, anchor, e);
	ERR_clear_error();
	return rc;
}
