/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Makes JWKs, thumbprints and JWS.  Public numbers are taken out of DER, which
 * OpenSSL and LibreSSL both write in the same way.
 */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base64url.h"
#include "der.h"
#include "sign.h"
#include "x509.h"

uint8_t *
mac_key_decode(const char *text, size_t *len)
{
	char *clean = strdup(text), *out = clean;
	uint8_t *key;

	if (clean == NULL)
		err(1, NULL);
	for (; *text != '\0'; text++)
		if (*text == '+' || *text == '/')
			*out++ = *text == '+' ? '-' : '_';
		else if (!isspace((unsigned char)*text))
			*out++ = *text;
	while (out > clean && out[-1] == '=')
		out--;
	*out = '\0';
	key = b64url_decode(clean, len);
	freezero(clean, strlen(clean));
	return key;
}

/* A curve with its JWK name and the bytes of a coordinate (RFC 7518 6.2.1). */
struct curve {
	uint8_t oid[8];
	size_t oidlen;
	const char *crv;
	const char *alg;
	size_t width;
};

/*
 * The object identifiers 1.2.840.10045.3.1.7 and 1.3.132.0.34 (RFC 5480
 * 2.1.1.1).
 */
static const struct curve curves[] = {
	{ { 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 }, 8, "P-256", "ES256", 32 },
	{ { 0x2b, 0x81, 4, 0, 0x22 }, 5, "P-384", "ES384", 48 },
};

/*
 * Reads from a SubjectPublicKeyInfo (RFC 5280 4.1) the parameters of the
 * algorithm, and the octets of the key.  0 or -1.
 */
static int
read_public(EVP_PKEY *key, struct der *parameters, struct der *bits)
{
	struct der in, spki;
	size_t len;

	if ((in.p = spki_der(key, &len)) == NULL)
		return -1;
	in.end = in.p + len;
	if (der_get(&in, DER_SEQUENCE, NULL, &spki) != 1 ||
	    der_get(&spki, DER_SEQUENCE, NULL, parameters) != 1 ||
	    der_get(parameters, DER_OID, NULL, NULL) != 1 ||
	    der_get(&spki, DER_BIT_STRING, NULL, bits) != 1 ||
	    der_len(bits) == 0 || *bits->p++ != 0)
		return -1;
	return 0;
}

/* Finds the curve of an EC key; NULL: it is another key or curve. */
static const struct curve *
curve_of(EVP_PKEY *key)
{
	struct der parameters, bits, oid;
	size_t i;

	if (EVP_PKEY_base_id(key) != EVP_PKEY_EC ||
	    read_public(key, &parameters, &bits) == -1 ||
	    der_get(&parameters, DER_OID, NULL, &oid) != 1)
		return NULL;
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (der_len(&oid) == curves[i].oidlen &&
		    memcmp(oid.p, curves[i].oid, curves[i].oidlen) == 0)
			return &curves[i];
	return NULL;
}

static int
set_b64url(json_t *o, const char *member, const uint8_t *p, size_t len)
{
	char *text = b64url_encode(p, len);
	int rc = json_object_set_new(o, member, json_string(text));

	free(text);
	return rc;
}

/*
 * Makes the JWK of an EC key.  The point is 0x04, x, y, both of full width (SEC
 * 1 2.3.3).
 */
static json_t *
jwk_ec(EVP_PKEY *key, const struct curve *c)
{
	struct der parameters, point;
	json_t *o;

	if (read_public(key, &parameters, &point) == -1 ||
	    der_len(&point) != 1 + 2 * c->width || *point.p != 4)
		return NULL;
	o = json_pack("{s:s}", "crv", c->crv);
	json_object_set_new(o, "kty", json_string("EC"));
	set_b64url(o, "x", point.p + 1, c->width);
	set_b64url(o, "y", point.p + 1 + c->width, c->width);
	return o;
}

/* Reads the next INTEGER, without its sign octet.  0 or -1. */
static int
take_integer(struct der *in, struct der *value)
{
	if (der_get(in, DER_INTEGER, NULL, value) != 1)
		return -1;
	if (der_len(value) > 1 && *value->p == 0)
		value->p++;
	return 0;
}

/*
 * Makes the JWK of an RSA key.  RSAPublicKey is a sequence of n and e (RFC 8017
 * A.1.1).
 */
static json_t *
jwk_rsa(EVP_PKEY *key)
{
	struct der parameters, bits, public, n, e;
	json_t *o;

	if (read_public(key, &parameters, &bits) == -1 ||
	    der_get(&bits, DER_SEQUENCE, NULL, &public) != 1 ||
	    take_integer(&public, &n) == -1 || take_integer(&public, &e) == -1)
		return NULL;
	o = json_object();
	set_b64url(o, "e", e.p, der_len(&e));
	json_object_set_new(o, "kty", json_string("RSA"));
	set_b64url(o, "n", n.p, der_len(&n));
	return o;
}

static int
good_rsa(EVP_PKEY *key)
{
	return EVP_PKEY_base_id(key) == EVP_PKEY_RSA &&
	    EVP_PKEY_bits(key) >= 2048 && EVP_PKEY_bits(key) <= 4096;
}

json_t *
jwk_public(EVP_PKEY *key)
{
	const struct curve *c = curve_of(key);

	if (c != NULL)
		return jwk_ec(key, c);
	return good_rsa(key) ? jwk_rsa(key) : NULL;
}

int
jwk_thumbprint(EVP_PKEY *key, char out[THUMBPRINT_LEN + 1])
{
	uint8_t hash[32];
	json_t *jwk = jwk_public(key);
	char *text, *encoded;
	int ok;

	if (jwk == NULL ||
	    (text = json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS)) == NULL) {
		json_decref(jwk);
		return -1;
	}
	ok = EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL);
	free(text);
	json_decref(jwk);
	if (!ok)
		return -1;
	encoded = b64url_encode(hash, sizeof(hash));
	strlcpy(out, encoded, THUMBPRINT_LEN + 1);
	free(encoded);
	return 0;
}

const char *
jws_alg(EVP_PKEY *key)
{
	const struct curve *c = curve_of(key);

	if (c != NULL)
		return c->alg;
	return good_rsa(key) ? "RS256" : NULL;
}

/*
 * Puts r and s of a DER signature side by side, each of full width (RFC 7518
 * 3.4).
 */
static uint8_t *
raw_ecdsa(const uint8_t *der, size_t derlen, size_t width)
{
	const BIGNUM *r, *s;
	ECDSA_SIG *sig;
	uint8_t *raw;

	if ((sig = d2i_ECDSA_SIG(NULL, &der, (long)derlen)) == NULL)
		return NULL;
	if ((raw = malloc(2 * width)) == NULL)
		err(1, NULL);
	ECDSA_SIG_get0(sig, &r, &s);
	if (BN_bn2binpad(r, raw, (int)width) == -1 ||
	    BN_bn2binpad(s, raw + width, (int)width) == -1) {
		free(raw);
		raw = NULL;
	}
	ECDSA_SIG_free(sig);
	return raw;
}

char *
jws_signature(EVP_PKEY *key, const char *text)
{
	const struct curve *c = curve_of(key);
	const EVP_MD *md = c != NULL && c->width == 48 ? EVP_sha384() :
							 EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *sig = NULL, *raw;
	char *out = NULL;
	size_t len;

	if (ctx == NULL)
		err(1, NULL);
	if (EVP_DigestSignInit(ctx, NULL, md, NULL, key) <= 0 ||
	    EVP_DigestSign(
		ctx, NULL, &len, (const uint8_t *)text, strlen(text)) <= 0 ||
	    (sig = malloc(len)) == NULL ||
	    EVP_DigestSign(
		ctx, sig, &len, (const uint8_t *)text, strlen(text)) <= 0)
		goto out;
	if (c == NULL)
		out = b64url_encode(sig, len);
	else if ((raw = raw_ecdsa(sig, len, c->width)) != NULL) {
		out = b64url_encode(raw, 2 * c->width);
		free(raw);
	}
out:
	free(sig);
	EVP_MD_CTX_free(ctx);
	return out;
}

static char *
encode_json(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT), *out;

	if (text == NULL)
		err(1, NULL);
	out = b64url_encode(text, strlen(text));
	free(text);
	return out;
}

/* Makes an HMAC (RFC 7518 3.2) in base64url; the caller frees it. */
static char *
mac_signature(const struct mac_key *mac, const char *text)
{
	uint8_t out[EVP_MAX_MD_SIZE];
	unsigned len;
	const EVP_MD *md = strcmp(mac->alg, "HS512") == 0 ? EVP_sha512() :
	    strcmp(mac->alg, "HS384") == 0                ? EVP_sha384() :
							    EVP_sha256();

	if (HMAC(md, mac->key, (int)mac->len, (const uint8_t *)text,
		strlen(text), out, &len) == NULL)
		return NULL;
	return b64url_encode(out, len);
}

/*
 * Makes the flattened JWS (RFC 7515 7.2.2), signed by mac, or by key if mac is
 * NULL.  NULL on failure.
 */
static json_t *
flatten(
    json_t *header, json_t *payload, EVP_PKEY *key, const struct mac_key *mac)
{
	char *header64 = encode_json(header), *payload64, *input, *sig;
	json_t *o = NULL;

	payload64 = payload == NULL ? strdup("") : encode_json(payload);
	if (payload64 == NULL ||
	    asprintf(&input, "%s.%s", header64, payload64) == -1)
		err(1, NULL);
	sig = mac != NULL ? mac_signature(mac, input) :
			    jws_signature(key, input);
	if (sig != NULL)
		o = json_pack("{s:s, s:s, s:s}", "protected", header64,
		    "payload", payload64, "signature", sig);
	free(input);
	free(sig);
	free(header64);
	free(payload64);
	return o;
}

char *
jws_sign(EVP_PKEY *key, const char *kid, const char *nonce, const char *url,
    json_t *payload)
{
	const char *alg = jws_alg(key);
	json_t *header, *o;
	char *jws = NULL;

	if (alg == NULL)
		return NULL;
	/*
	 * This is NULL if a text is not UTF-8, which every validator refuses.
	 */
	header = json_pack(
	    "{s:s, s:s, s:s}", "alg", alg, "nonce", nonce, "url", url);
	if (header == NULL)
		return NULL;
	if (kid != NULL)
		json_object_set_new(header, "kid", json_string(kid));
	else
		json_object_set_new(header, "jwk", jwk_public(key));
	if ((o = flatten(header, payload, key, NULL)) != NULL)
		jws = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	json_decref(header);
	return jws;
}

json_t *
jws_inner(EVP_PKEY *key, const char *url, json_t *payload)
{
	json_t *o = NULL,
	       *header = json_pack("{s:s, s:o, s:s}", "alg", jws_alg(key),
		   "jwk", jwk_public(key), "url", url);

	if (header != NULL)
		o = flatten(header, payload, key, NULL);
	json_decref(header);
	return o;
}

json_t *
jws_mac(const struct mac_key *mac, const char *url, json_t *payload)
{
	json_t *o = NULL,
	       *header = json_pack("{s:s, s:s, s:s}", "alg", mac->alg, "kid",
		   mac->kid, "url", url);

	if (header != NULL)
		o = flatten(header, payload, NULL, mac);
	json_decref(header);
	return o;
}

json_t *
revocation(const char *certificate64, int reason)
{
	json_t *payload = json_pack("{s:s}", "certificate", certificate64);

	if (reason >= 0)
		json_object_set_new(payload, "reason", json_integer(reason));
	return payload;
}
