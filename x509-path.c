/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Validates paths (RFC 5280 6) by libcrypto.  libcrypto may build any path from
 * the given certificates, but clients get the installed chain.  So it is given
 * only an anchor and the chain, and the path that it finds must be that chain.
 */
#include <err.h>
#include <string.h>

#include "x509.h"

/*
 * Returns the time to validate at: a certificate may begin up to CLOCK_SKEW
 * later than now.
 */
static time_t
time_for(const struct chain *c, time_t now)
{
	time_t t = now, from;
	int i;

	for (i = 0; i < sk_X509_num(c->certs); i++) {
		from = asn1_time(
		    X509_get0_notBefore(sk_X509_value(c->certs, i)));
		if (from > t && from <= now + CLOCK_SKEW)
			t = from;
	}
	return t;
}

/*
 * Is libcrypto's path the chain's certificates up to number last, and the
 * anchor?
 */
static int
is_delivered(
    STACK_OF(X509) * path, const struct chain *c, int last, X509 *anchor)
{
	int i, own = X509_cmp(sk_X509_value(c->certs, last), anchor) == 0;

	if (sk_X509_num(path) != last + (own ? 1 : 2))
		return 0;
	for (i = 0; i <= last; i++)
		if (X509_cmp(sk_X509_value(path, i),
			sk_X509_value(c->certs, i)) != 0)
			return 0;
	return X509_cmp(sk_X509_value(path, sk_X509_num(path) - 1), anchor) ==
	    0;
}

/*
 * Is the chain up to number last valid below this anchor, which may be that
 * certificate?
 */
static int
verify_below(
    const struct chain *c, int last, X509 *anchor, time_t now, struct error *e)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *delivered = sk_X509_new_null();
	int i, rc = 0;

	if (store == NULL || ctx == NULL || delivered == NULL ||
	    !X509_STORE_add_cert(store, anchor))
		err(1, NULL);
	for (i = 1; i <= last; i++)
		if (!sk_X509_push(delivered, sk_X509_value(c->certs, i)))
			err(1, NULL);
	if (!X509_STORE_CTX_init(
		ctx, store, sk_X509_value(c->certs, 0), delivered))
		err(1, NULL);
	X509_STORE_CTX_set_time(ctx, 0, time_for(c, now));
	X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
	if (X509_verify_cert(ctx) != 1)
		rc = error_set(e, "%s (certificate %d)",
		    X509_verify_cert_error_string(
			X509_STORE_CTX_get_error(ctx)),
		    X509_STORE_CTX_get_error_depth(ctx) + 1);
	else if (!is_delivered(X509_STORE_CTX_get0_chain(ctx), c, last, anchor))
		rc = error_set(
		    e, "only by another path than the one that the CA sent");
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(delivered);
	return rc;
}

/* Do both certify one key of one CA, as a root and its cross-certificate do? */
static int
same_ca(X509 *a, X509 *b)
{
	uint8_t digest[2][EVP_MAX_MD_SIZE];
	unsigned len[2];

	return X509_NAME_cmp(
		   X509_get_subject_name(a), X509_get_subject_name(b)) == 0 &&
	    X509_pubkey_digest(a, EVP_sha256(), digest[0], &len[0]) &&
	    X509_pubkey_digest(b, EVP_sha256(), digest[1], &len[1]) &&
	    memcmp(digest[0], digest[1], len[0]) == 0;
}

/*
 * Has an anchor issued certificate last?  The next one must be that CA's, too.
 */
static int
reaches_root(const struct chain *c, int last, const struct roots *roots,
    time_t now, struct error *e)
{
	STACK_OF(X509) *anchors = roots_issuers(
	    roots, sk_X509_value(c->certs, last));
	int i, more = last + 1 < sk_X509_num(c->certs), ok = 0;
	X509 *anchor;

	for (i = 0; i < sk_X509_num(anchors) && !ok; i++) {
		anchor = sk_X509_value(anchors, i);
		if (more && !same_ca(anchor, sk_X509_value(c->certs, last + 1)))
			continue;
		ok = verify_below(c, last, anchor, now, e) == 0;
	}
	sk_X509_pop_free(anchors, X509_free);
	return ok;
}

/*
 * Returns the number of the first certificate that is an anchor itself, or -1.
 */
static int
find_anchor(const struct chain *c, const struct roots *roots)
{
	int i;

	for (i = 0; i < sk_X509_num(c->certs); i++)
		if (roots_have(roots, sk_X509_value(c->certs, i)))
			return i;
	return -1;
}

int
path_verify(const struct chain *c, const struct roots *roots, time_t now,
    int *anchor, struct error *e)
{
	int n = sk_X509_num(c->certs), i;
	struct error reason;

	*anchor = roots == NULL ? -1 : find_anchor(c, roots);
	i = *anchor == -1 ? n - 1 : *anchor;
	/*
	 * The installed certificates must be valid by themselves; but a leaf
	 * alone has no issuer to verify it with.
	 */
	if ((i > 0 || *anchor == 0) &&
	    verify_below(c, i, sk_X509_value(c->certs, i), now, &reason) == -1)
		return error_set(e, "the chain is not valid: %s", reason.text);
	if (roots == NULL || *anchor != -1)
		return 0;
	error_set(&reason, "%s (certificate %d)",
	    X509_verify_cert_error_string(
		X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY),
	    n);
	for (i = n - 1; i >= 0; i--)
		if (reaches_root(c, i, roots, now, &reason))
			return 0;
	return error_set(e,
	    NO_TRUSTED_ROOT
	    ": %s; if that is as it should be, name this authority's root with "
	    "'root file', or say 'root any'",
	    reason.text);
}
