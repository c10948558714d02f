/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Golden vectors of RFC 7515, 7517, 7638, and keys with leading zeros. */
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base64url.h"
#include "sign.h"
#include "test.h"

/* RFC 7638 3.1, as SubjectPublicKeyInfo. */
static const char rsa_pub[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0vx7agoebGcQSuuPiLJX\n"
    "ZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\n"
    "oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt\n"
    "7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0\n"
    "zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0f\n"
    "M4lFd2NcRwr3XPksINHaQ+G/xBniIqbw0Ls1jF44+csFCur+kEgU8awapJzKnqDK\n"
    "gwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

/* RFC 7517 A.1, the EC key. */
static const char ec_pub[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMKBCTNIcKUSDii11ySs3526iDZ8A\n"
    "iTo7Tu6KPAqv7D7gS2XpJFbZiItSs3m9+9Ue6GnvHw/GW2ZZaVtszggXIw==\n"
    "-----END PUBLIC KEY-----\n";

/* The RFC's own example keys, for nothing else: RFC 7515 A.2.1 and A.3.1. */
static const char a2_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO\n"
    "jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL\n"
    "aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn\n"
    "juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5\n"
    "ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf\n"
    "toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg\n"
    "VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW\n"
    "PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G\n"
    "O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj\n"
    "kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6\n"
    "XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB\n"
    "4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K\n"
    "pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr\n"
    "0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE\n"
    "lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6\n"
    "kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP\n"
    "rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw\n"
    "kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp\n"
    "5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2\n"
    "9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/\n"
    "evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG\n"
    "yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj\n"
    "OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2\n"
    "tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3\n"
    "ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56\n"
    "03k2+ZQwVK0JKSHuLFkuQ3U=\n"
    "-----END PRIVATE KEY-----\n";

static const char a3_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
    "-----END PRIVATE KEY-----\n";

static const char a2_signature[] =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
    "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
    "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
    "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
    "p0igcN_IoypGlUPQGe77Rw";

static const char a3_signature[] =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
    "pmWQxfKTUJqPP3-Kg6NU1Q";

/* The payload of both. */
#define JOE \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt" \
	"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

static EVP_PKEY *
read_private(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

static EVP_PKEY *
read_public(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

static EVP_PKEY *
generate(int type, int param)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(type, NULL);
	EVP_PKEY *key = NULL;

	EVP_PKEY_keygen_init(ctx);
	if (type == EVP_PKEY_RSA)
		EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, param);
	else {
		EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, param);
		EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE);
	}
	EVP_PKEY_keygen(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void
test_base64url(void)
{
	static const char *const bad[] = { "A", "QQ==", "Q Q", "Q+Q", "Q/Q",
		"QR", "QUI\n", "AAA_=" };
	uint8_t buf[64], *back;
	char *text;
	size_t len, i, wrong = 0;

	for (i = 0; i < sizeof(buf); i++) {
		memset(buf, (int)(255 - i * 3), sizeof(buf));
		text = b64url_encode(buf, i);
		back = b64url_decode(text, &len);
		wrong += back == NULL || len != i ||
		    memcmp(back, buf, i) != 0 || strpbrk(text, "+/=") != NULL;
		free(text);
		free(back);
	}
	check(wrong == 0, "jose: base64url there and back at each length");
	text = b64url_encode("{}", 2);
	check(strcmp(text, "e30") == 0, "jose: {} is e30");
	free(text);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(b64url_decode(bad[i], &len) == NULL,
		    "jose: no base64url number %zu", i);
}

static void
test_thumbprints(void)
{
	char got[THUMBPRINT_LEN + 1];
	EVP_PKEY *rsa = read_public(rsa_pub), *ec = read_public(ec_pub);
	json_t *jwk;

	check(jwk_thumbprint(rsa, got) == 0 &&
		strcmp(got, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs") == 0,
	    "jose: RFC 7638 3.1 %s", got);
	check(jwk_thumbprint(ec, got) == 0 &&
		strcmp(got, "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s") == 0,
	    "jose: RFC 7517 A.1 %s", got);
	jwk = jwk_public(rsa);
	check(
	    strcmp(json_string_value(json_object_get(jwk, "e")), "AQAB") == 0 &&
		json_object_size(jwk) == 3,
	    "jose: RSA JWK has e, kty, n");
	json_decref(jwk);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
}

static void
test_other_keys(void)
{
	EVP_PKEY *k256 = generate(EVP_PKEY_EC, NID_secp256k1),
		 *small = generate(EVP_PKEY_RSA, 1024);

	check(jwk_public(k256) == NULL && jws_alg(k256) == NULL,
	    "jose: no JWK for secp256k1");
	check(jwk_public(small) == NULL && jws_alg(small) == NULL,
	    "jose: no JWK for RSA of 1024 bits");
	EVP_PKEY_free(k256);
	EVP_PKEY_free(small);
}

/*
 * Does this signature hold?  width is that of r and s, 0 for RSA; its raw bytes
 * to raw.
 */
static int
verify_input(EVP_PKEY *key, const char *input, const char *sig64, size_t width,
    uint8_t *raw)
{
	uint8_t *sig, *der = NULL;
	ECDSA_SIG *ecsig = NULL;
	EVP_MD_CTX *ctx;
	size_t len;
	int derlen, ok;

	if ((sig = b64url_decode(sig64, &len)) == NULL ||
	    (width != 0 && len != 2 * width)) {
		free(sig);
		return 0;
	}
	if (width != 0) {
		memcpy(raw, sig, len);
		ecsig = ECDSA_SIG_new();
		ECDSA_SIG_set0(ecsig, BN_bin2bn(sig, (int)width, NULL),
		    BN_bin2bn(sig + width, (int)width, NULL));
		derlen = i2d_ECDSA_SIG(ecsig, &der);
		len = (size_t)derlen;
	} else
		der = sig;
	ctx = EVP_MD_CTX_new();
	EVP_DigestVerifyInit(
	    ctx, NULL, width == 48 ? EVP_sha384() : EVP_sha256(), NULL, key);
	ok = EVP_DigestVerify(
		 ctx, der, len, (const uint8_t *)input, strlen(input)) == 1;
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(ecsig);
	if (width != 0)
		OPENSSL_free(der);
	free(sig);
	return ok;
}

/* Verifies a JWS the way a server does. */
static int
verify(EVP_PKEY *key, const char *jws, size_t width, uint8_t *raw)
{
	json_t *o = json_loads(jws, 0, NULL);
	char input[4000];
	int ok;

	snprintf(input, sizeof(input), "%s.%s",
	    json_string_value(json_object_get(o, "protected")),
	    json_string_value(json_object_get(o, "payload")));
	ok = json_object_size(o) == 3 &&
	    verify_input(key, input,
		json_string_value(json_object_get(o, "signature")), width, raw);
	json_decref(o);
	return ok;
}

static void
test_golden(void)
{
	static const char rs256[] = "eyJhbGciOiJSUzI1NiJ9." JOE,
			  es256[] = "eyJhbGciOiJFUzI1NiJ9." JOE;
	EVP_PKEY *a2 = read_private(a2_key), *a3 = read_private(a3_key);
	char *rs = jws_signature(a2, rs256), *es = jws_signature(a3, es256);
	uint8_t raw[200];

	check(rs != NULL && strcmp(rs, a2_signature) == 0,
	    "jose: RFC 7515 A.2, RS256, to the byte");
	check(verify_input(a3, es256, a3_signature, 32, raw),
	    "jose: RFC 7515 A.3, ES256, verifies");
	check(es != NULL && verify_input(a3, es256, es, 32, raw),
	    "jose: our ES256 over the same verifies");
	check(es != NULL && !verify_input(a3, rs256, es, 32, raw),
	    "jose: and not over another text");
	free(rs);
	free(es);
	EVP_PKEY_free(a2);
	EVP_PKEY_free(a3);
}

/* RFC 8555 7.3.4: the key of RFC 7517 A.1, bound by a known MAC key. */
static void
test_binding(void)
{
	static const char *const spellings[] = {
		"zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ1"
		"2W",
		"  "
		"zWNDZM6eQGHWpSRTPal5eIUYFTu7EajV\nIoguysqZ9wG44nMEtx3MUAsUDkMT"
		"Q12W\r\n",
	};
	static const char *const bad[] = { "", "\n", "a", "zWND?M6e",
		"zWNDZM6e====x", "\xff\xfe" };
	struct mac_key mac = { .alg = "HS256", .kid = "kid-1" };
	json_t *jwk = json_pack("{s:s, s:s, s:s, s:s}", "crv", "P-256", "kty",
		   "EC", "x", "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
		   "y", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"),
	       *binding;
	uint8_t *p, *q;
	size_t i, len;

	for (i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		mac.key = mac_key_decode(spellings[i], &mac.len);
		binding = mac.key == NULL ?
		    NULL :
		    jws_mac(&mac, "https://localhost:14000/sign-me-up", jwk);
		check(mac.len == 48 && binding != NULL &&
			json_object_size(binding) == 3 &&
			strcmp(json_string_value(
				   json_object_get(binding, "signature")),
			    "pDwNkoJczfVcrt8jP48lQNbapUoZbsYCfxX_Zy5cWmA") == 0,
		    "jose: external account binding, spelling %zu", i);
		json_decref(binding);
		free(mac.key);
	}
	p = mac_key_decode("-_-_", &len);
	q = mac_key_decode("+/+/", &i);
	check(p != NULL && q != NULL && len == 3 && i == 3 &&
		memcmp(p, q, 3) == 0,
	    "jose: MAC key in either alphabet");
	free(p);
	free(q);
	p = mac_key_decode("AAE=", &len);
	check(p != NULL && len == 2 && p[1] == 1, "jose: MAC key with padding");
	free(p);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = mac_key_decode(bad[i], &len);
		check(p == NULL || len == 0, "jose: no MAC key number %zu", i);
		free(p);
	}
	json_decref(jwk);
}

/*
 * Signatures and coordinates whose first byte is zero come once in 256: look
 * for them.
 */
static void
test_leading_zeros(int nid, const char *name, size_t width)
{
	uint8_t raw[200], *x, *y;
	int short_r = 0, short_s = 0, short_x = 0, short_y = 0, wrong = 0, i;
	EVP_PKEY *key = generate(EVP_PKEY_EC, nid), *other;
	json_t *jwk;
	char *jws;
	size_t len;

	for (i = 0; i < 20000 && !(short_r && short_s); i++) {
		jws = jws_sign(
		    key, "https://ca/acct/1", "nonce", "https://ca/x", NULL);
		wrong += !verify(key, jws, width, raw);
		short_r |= raw[0] == 0;
		short_s |= raw[width] == 0;
		free(jws);
	}
	check(short_r && short_s && wrong == 0,
	    "jose: %s: r and s with leading zeros, %d signatures", name, i);
	for (i = 0; i < 20000 && !(short_x && short_y); i++) {
		other = generate(EVP_PKEY_EC, nid);
		jwk = jwk_public(other);
		x = b64url_decode(
		    json_string_value(json_object_get(jwk, "x")), &len);
		wrong += len != width;
		y = b64url_decode(
		    json_string_value(json_object_get(jwk, "y")), &len);
		wrong += len != width || json_object_size(jwk) != 4;
		short_x |= x[0] == 0;
		short_y |= y[0] == 0;
		free(x);
		free(y);
		json_decref(jwk);
		EVP_PKEY_free(other);
	}
	check(short_x && short_y && wrong == 0,
	    "jose: %s: x and y with leading zeros, %d keys", name, i);
	EVP_PKEY_free(key);
}

static void
test_headers(void)
{
	EVP_PKEY *key = generate(EVP_PKEY_RSA, 2048);
	json_t *payload = json_pack("{s:b}", "x", 1), *o, *header;
	char *jws = jws_sign(key, NULL, "abc", "https://ca/new", payload),
	     *text;
	uint8_t *p, raw[8];
	size_t len;

	json_decref(payload);
	o = json_loads(jws, 0, NULL);

	check(verify(key, jws, 0, raw), "jose: RS256 signature verifies");
	p = b64url_decode(
	    json_string_value(json_object_get(o, "protected")), &len);
	header = json_loadb((char *)p, len, 0, NULL);
	check(json_object_size(header) == 4 &&
		json_object_get(header, "jwk") != NULL &&
		json_object_get(header, "kid") == NULL &&
		strcmp(json_string_value(json_object_get(header, "alg")),
		    "RS256") == 0 &&
		strcmp(json_string_value(json_object_get(header, "nonce")),
		    "abc") == 0 &&
		strcmp(json_string_value(json_object_get(header, "url")),
		    "https://ca/new") == 0,
	    "jose: header with jwk");
	text = json_dumps(json_object_get(header, "jwk"), 0);
	check(json_object_size(json_object_get(header, "jwk")) == 3 &&
		strstr(text, "\"d\"") == NULL,
	    "jose: no private member");
	check(strcmp(json_string_value(json_object_get(o, "payload")),
		  "eyJ4Ijp0cnVlfQ") == 0,
	    "jose: the payload is compact");
	free(text);
	free(p);
	free(jws);
	json_decref(header);
	json_decref(o);
	jws = jws_sign(key, "https://ca/acct/1", "abc", "https://ca/x", NULL);
	o = json_loads(jws, 0, NULL);
	p = b64url_decode(
	    json_string_value(json_object_get(o, "protected")), &len);
	header = json_loadb((char *)p, len, 0, NULL);
	check(json_object_get(header, "jwk") == NULL &&
		strcmp(json_string_value(json_object_get(header, "kid")),
		    "https://ca/acct/1") == 0,
	    "jose: header with kid");
	check(strcmp(json_string_value(json_object_get(o, "payload")), "") == 0,
	    "jose: POST-as-GET has the empty payload");
	check(jws_sign(key, NULL, "abc", "https://ca/\xff", NULL) == NULL,
	    "jose: no JWS of bad UTF-8");
	free(p);
	free(jws);
	json_decref(header);
	json_decref(o);
	EVP_PKEY_free(key);
}

/* Which certificates -r may name: whether the first of a file is this one. */
static void
test_revocable(void)
{
	static const uint8_t der[] = { 0x30, 0x82, 1, 2, 3, 4, 5, 6, 7 };
	static const struct {
		const char *text;
		size_t len;
		int found;
	} files[] = {
#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "\n-----END CERTIFICATE-----\n"
#define FILE_OF(text, found) { text, sizeof(text) - 1, found }
		FILE_OF(BEGIN "MIIBAgMEBQYH" END, 1),
		FILE_OF(BEGIN " MIIB\r\n\tAgME\nBQYH" END, 1),
		FILE_OF("text\n" BEGIN "MIIBAgMEBQYH" END, 1),
		FILE_OF(BEGIN "MIIBAgMEBQYH" END BEGIN "AAAA" END, 1),
		/* Only the first counts. */
		FILE_OF(BEGIN "AAAA" END BEGIN "MIIBAgMEBQYH" END, 0),
		FILE_OF(BEGIN "MIIBAgMEBQY" END, 0),
		FILE_OF(BEGIN "MIIBAgMEBQYHAAAA" END, 0),
		FILE_OF(BEGIN END, 0),
		FILE_OF(BEGIN "MIIBAgMEBQYH\0" END, 0),
		FILE_OF(BEGIN "MIIB\0AgMEBQYH" END, 0),
		FILE_OF(BEGIN "MIIBAgMEBQYH\0\0\0\0\0\0\0\0" END, 0),
		FILE_OF(BEGIN "MIIBAgMEBQYH", 0),
		FILE_OF("", 0),
	};
	struct revocable r;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		memset(&r, 0, sizeof(r));
		r.text[0] = (char *)(uintptr_t)files[i].text;
		r.len[0] = files[i].len;
		r.n = 1;
		check(revocable_has(&r, der, sizeof(der)) == files[i].found,
		    "jose: may be revoked: file %zu", i);
	}
	memset(&r, 0, sizeof(r));
	check(!revocable_has(&r, der, sizeof(der)),
	    "jose: may be revoked: no file");
}

int
main(void)
{
	test_revocable();
	test_base64url();
	test_thumbprints();
	test_golden();
	test_binding();
	test_other_keys();
	test_headers();
	test_leading_zeros(NID_X9_62_prime256v1, "P-256", 32);
	test_leading_zeros(NID_secp384r1, "P-384", 48);
	return test_end();
}
