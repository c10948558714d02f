/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Accepts signature algorithms of SHA-256 or better, with RSA or ECDSA.  If
 * this is wrong, an attacker with a hash collision forges a certificate or a
 * list.
 */
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "x509.h"

static const EVP_MD *
good_digest(int nid)
{
	switch (nid) {
	case NID_sha256:
		return EVP_sha256();
	case NID_sha384:
		return EVP_sha384();
	case NID_sha512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

/*
 * Reads the digest of an RSASSA-PSS signature from its parameter; without one,
 * it is SHA-1 (RFC 4055 3.1).  Only some versions of libcrypto tell it.
 */
static int
pss_digest(const X509_ALGOR *algorithm)
{
	const ASN1_STRING *parameter;
	const ASN1_OBJECT *digest;
	RSA_PSS_PARAMS *pss;
	const uint8_t *p;
	const void *value;
	int type, nid = NID_sha1;

	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE)
		return NID_undef;
	parameter = value;
	p = ASN1_STRING_get0_data(parameter);
	if ((pss = d2i_RSA_PSS_PARAMS(
		 NULL, &p, ASN1_STRING_length(parameter))) == NULL)
		return NID_undef;
	if (pss->hashAlgorithm != NULL) {
		X509_ALGOR_get0(&digest, NULL, NULL, pss->hashAlgorithm);
		nid = OBJ_obj2nid(digest);
	}
	RSA_PSS_PARAMS_free(pss);
	return nid;
}

const EVP_MD *
signature_digest(const X509_ALGOR *algorithm, int *type)
{
	const ASN1_OBJECT *oid;

	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	*type = SIGNATURE_RSA;
	switch (OBJ_obj2nid(oid)) {
	case NID_sha256WithRSAEncryption:
		return EVP_sha256();
	case NID_sha384WithRSAEncryption:
		return EVP_sha384();
	case NID_sha512WithRSAEncryption:
		return EVP_sha512();
	}
	*type = SIGNATURE_ECDSA;
	switch (OBJ_obj2nid(oid)) {
	case NID_ecdsa_with_SHA256:
		return EVP_sha256();
	case NID_ecdsa_with_SHA384:
		return EVP_sha384();
	case NID_ecdsa_with_SHA512:
		return EVP_sha512();
	}
	*type = SIGNATURE_PSS;
	return OBJ_obj2nid(oid) == NID_rsassaPss ?
	    good_digest(pss_digest(algorithm)) :
	    NULL;
}

static int
is_key_for(EVP_PKEY *key, int type)
{
	int id = EVP_PKEY_base_id(key);

	if (type == SIGNATURE_PSS)
		return id == EVP_PKEY_RSA || id == NID_rsassaPss;
	return id == (type == SIGNATURE_RSA ? EVP_PKEY_RSA : EVP_PKEY_EC);
}

int
signature_verify(const X509_ALGOR *algorithm, const uint8_t *data, size_t len,
    const uint8_t *signature, size_t siglen, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	const EVP_MD *md;
	int type, ok;

	md = signature_digest(algorithm, &type);
	ok = ctx != NULL && md != NULL && key != NULL &&
	    is_key_for(key, type) &&
	    EVP_DigestVerifyInit(ctx, &pctx, md, NULL, key) == 1;
	/*
	 * The salt may have any length; the digest of the mask is the same as
	 * that of the signature, as all known CAs have it.
	 */
	if (ok && type == SIGNATURE_PSS)
		ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) >
			0 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, -2) > 0 &&
		    EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, md) > 0;
	ok = ok && EVP_DigestVerifyUpdate(ctx, data, len) == 1 &&
	    EVP_DigestVerifyFinal(ctx, signature, siglen) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}
