/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* CSRs and the verdict on chains: each way in which one must be refused. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>

#include "acme-client.h"
#include "disk.h"
#include "test.h"
#include "x509.h"
#include "x509-make.h"

#define DAY ((time_t)86400)
#define LEAF(...) \
	{ \
		.subject = "a.example", \
		.san = "DNS:a.example,DNS:www.a.example", \
		.basic = "critical,CA:FALSE", .eku = "serverAuth", \
		.usage = "critical,digitalSignature", .from = -60, \
		.to = 90 * DAY, __VA_ARGS__ \
	}

static char *name_list[] = { (char *)(uintptr_t) "a.example",
	(char *)(uintptr_t) "www.a.example" };
static const struct strings names = { .v = name_list, .n = 2 };
static const struct recipe ca = { .subject = "root",
	.basic = "critical,CA:TRUE",
	.usage = "critical,keyCertSign,cRLSign",
	.from = -DAY,
	.to = 3650 * DAY };
static EVP_PKEY *root_key, *inter_key, *leaf_key, *other_key;
static X509 *root, *inter;
static struct roots *roots;
static uint8_t spki[SPKI_HASH_LEN];

/* The verdict on these certificates: "" or why not. */
static const char *
verdict(X509 **certs, int n, struct roots *store)
{
	static struct error e;
	char *pem = make_pem(certs, n);
	struct chain *c = chain_parse(pem, strlen(pem), &e);

	free(pem);
	if (c != NULL &&
	    chain_verify(c, &names, spki, store, time(NULL), &e) == 0)
		e.text[0] = '\0';
	chain_free(c);
	return e.text;
}

static const char *
leaf_verdict(const struct recipe *r, EVP_PKEY *key)
{
	X509 *certs[2] = { make_cert(key, r, inter, inter_key), inter };
	const char *text = verdict(certs, 2, roots);

	X509_free(certs[0]);
	return text;
}

/* The leaf alone with "root any": libcrypto does not look for a path then. */
static const char *
lone_verdict(const struct recipe *r)
{
	X509 *cert = make_cert(leaf_key, r, inter, inter_key);
	const char *text = verdict(&cert, 1, NULL);

	X509_free(cert);
	return text;
}

static void
setup(void)
{
	struct recipe r = ca;
	struct error e;
	char *pem;

	root_key = make_key(0);
	inter_key = make_key(2048);
	leaf_key = make_key(0);
	other_key = make_key(0);
	/* A root's own signature does not matter. */
	r.md = EVP_sha1();
	root = make_cert(root_key, &r, NULL, NULL);
	r = ca;
	r.subject = "intermediate";
	r.basic = "critical,CA:TRUE,pathlen:0";
	inter = make_cert(inter_key, &r, root, root_key);
	pem = make_pem(&root, 1);
	roots = roots_load(pem, strlen(pem), &e);
	free(pem);
	spki_hash(leaf_key, spki);
}

/* What is kept of the last keys is of no other. */
static void
test_kept(void)
{
	EVP_PKEY *keys[] = { root_key, inter_key, leaf_key, other_key },
		 *parsed;
	uint8_t *der, hash[SPKI_HASH_LEN], expected[SPKI_HASH_LEN];
	int wrong_hash = 0, wrong_key = 0, i, a, b, n, publen;
	char *pem[4];
	long len[4];
	BIO *bio;

	for (i = 0; i < 4; i++) {
		bio = BIO_new(BIO_s_mem());
		PEM_write_bio_PKCS8PrivateKey(
		    bio, keys[i], NULL, NULL, 0, NULL, NULL);
		len[i] = BIO_get_mem_data(bio, &pem[i]);
		pem[i] = strndup(pem[i], (size_t)len[i]);
		BIO_free(bio);
	}
	/* Each after each other one, and after itself. */
	for (a = 0; a < 4; a++)
		for (b = 0; b < 4; b++)
			for (i = 0; i < 4; i++) {
				n = i == 0 ? a :
				    i == 1 ? b :
				    i == 2 ? a :
					     3 - b;
				der = NULL;
				len[n] = (long)strlen(pem[n]);
				parsed = keyfile_parse(pem[n], (size_t)len[n]);
				publen = i2d_PUBKEY(keys[n], &der);
				EVP_Digest(der, (size_t)publen, expected, NULL,
				    EVP_sha256(), NULL);
				wrong_key += parsed == NULL ||
				    spki_hash(parsed, hash) == -1 ||
				    memcmp(hash, expected, sizeof(hash)) != 0;
				wrong_hash += spki_hash(keys[n], hash) == -1 ||
				    memcmp(hash, expected, sizeof(hash)) != 0;
				EVP_PKEY_free(parsed);
				OPENSSL_free(der);
			}
	check(wrong_hash == 0, "x509: hashes of four keys in turn");
	check(wrong_key == 0, "x509: texts of four keys in turn");
	check(keyfile_parse(pem[0], (size_t)len[0] / 2) == NULL,
	    "x509: half a key after a whole one");
	for (i = 0; i < 4; i++)
		free(pem[i]);
}

static void
test_leaves(void)
{
	static const struct {
		const char *name, *error;
		struct recipe r;
	} bad[] = {
		{ "other name", "www.b.example",
		    LEAF(.san = "DNS:a.example,DNS:www.b.example") },
		{ "name missing", "names", LEAF(.san = "DNS:a.example") },
		{ "name too many", "names",
		    LEAF(.san =
			     "DNS:a.example,DNS:www.a.example,DNS:x.example") },
		{ "name twice", "names",
		    LEAF(.san = "DNS:a.example,DNS:a.example") },
		{ "name twice, in capitals", "names",
		    LEAF(.san = "DNS:a.example,DNS:A.EXAMPLE") },
		{ "addresses instead of names", "names",
		    LEAF(.san = "IP:192.0.2.1,IP:192.0.2.2") },
		{ "name as mail address", "names",
		    LEAF(.san = "DNS:a.example,email:www.a.example") },
		{ "no names", "names", LEAF(.san = NULL) },
		{ "address instead of name", "names",
		    LEAF(.san = "DNS:a.example,IP:192.0.2.1") },
		{ "mail address instead of name", "names",
		    LEAF(.san = "DNS:a.example,email:x@a.example") },
		{ "a CA's own", "CA's own", LEAF(.basic = "critical,CA:TRUE") },
		{ "for clients", "serverAuth", LEAF(.eku = "clientAuth") },
		{ "for anything", "serverAuth",
		    LEAF(.eku = "anyExtendedKeyUsage") },
		{ "begins tomorrow", "begins only", LEAF(.from = DAY) },
		{ "begins tomorrow, as a date", " UTC", LEAF(.from = DAY) },
		{ "ended", "ends on", LEAF(.from = -90 * DAY, .to = -60) },
		{ "ends at once", "ends on", LEAF(.to = 60) },
		{ "ends in 1900", "ends on 19",
		    LEAF(.from = -120 * 366 * DAY, .to = -119 * 366 * DAY) },
		{ "ends in a thousand years", "no CA means",
		    LEAF(.to = 1000 * 365 * DAY) },
		{ "ends about 9999", "ends on 99",
		    LEAF(.to = 7977 * 365 * DAY) },
		{ "must-staple", "stapling",
		    LEAF(.other = "1.3.6.1.5.5.7.1.24=DER:30:03:02:01:05") },
		{ "unknown critical extension", "critical",
		    LEAF(.other = "1.2.3.4.5=critical,DER:05:00") },
	};
	struct recipe
	    good = LEAF(.from = -60),
	    skewed = LEAF(.from = 1800), sha1 = LEAF(.from = -60),
	    letters = LEAF(.san = "DNS:WWW.a.example,DNS:A.Example"),
	    repeated =
		LEAF(.san = "DNS:a.example,DNS:www.a.example,DNS:A.EXAMPLE"),
	    both = LEAF(.eku = "serverAuth,clientAuth");
	static const int weak_bits[] = { 512, 1024 };
	char bits[20];
	EVP_PKEY *weak;
	size_t i;

	check(strcmp(leaf_verdict(&good, leaf_key), "") == 0,
	    "x509: good chain %s", leaf_verdict(&good, leaf_key));
	check(strcmp(leaf_verdict(&letters, leaf_key), "") == 0,
	    "x509: names in another order and letter case");
	check(strcmp(leaf_verdict(&repeated, leaf_key), "") == 0,
	    "x509: a name is repeated");
	check(strcmp(leaf_verdict(&both, leaf_key), "") == 0,
	    "x509: for servers and clients");
	check(strcmp(leaf_verdict(&skewed, leaf_key), "") == 0,
	    "x509: the CA's clock is half an hour ahead %s",
	    leaf_verdict(&skewed, leaf_key));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		check(strstr(leaf_verdict(&bad[i].r, leaf_key), bad[i].error) !=
			NULL,
		    "x509: refused: %s: %s", bad[i].name,
		    leaf_verdict(&bad[i].r, leaf_key));
		check(strstr(lone_verdict(&bad[i].r), bad[i].error) != NULL,
		    "x509: refused: alone, root any: %s: %s", bad[i].name,
		    lone_verdict(&bad[i].r));
	}
	check(strstr(leaf_verdict(&good, other_key), "another key") != NULL,
	    "x509: refused: another key");
	sha1.md = EVP_sha1();
	check(strstr(leaf_verdict(&sha1, leaf_key), "too weak") != NULL,
	    "x509: refused: SHA-1");
	for (i = 0; i < 2; i++) {
		weak = make_key(weak_bits[i]);
		spki_hash(weak, spki);
		snprintf(bits, sizeof(bits), "%d bits", weak_bits[i]);
		check(strstr(leaf_verdict(&good, weak), bits) != NULL,
		    "x509: refused: RSA of %s", bits);
		EVP_PKEY_free(weak);
	}
	spki_hash(leaf_key, spki);
}

/* As openssl verify -purpose sslserver has it. */
static int
libcrypto_accepts(X509 **certs)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	int ok;

	sk_X509_push(others, certs[1]);
	X509_STORE_add_cert(store, root);
	X509_STORE_CTX_init(ctx, store, certs[0], others);
	X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
	ok = X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(others);
	return ok;
}

/*
 * What a leaf may be used for: ours is libcrypto's word, with a root and
 * without.
 */
static void
test_purposes(void)
{
	static const char *const ekus[] = { NULL, "serverAuth", "clientAuth",
		"serverAuth,clientAuth", "anyExtendedKeyUsage",
		"anyExtendedKeyUsage,serverAuth", "critical,serverAuth",
		"emailProtection,codeSigning" };
	static const char *const usages[] = { NULL, "digitalSignature",
		"critical,keyEncipherment", "keyAgreement",
		"critical,nonRepudiation", "dataEncipherment",
		"digitalSignature,keyCertSign" };
	static const char *const types[] = { NULL, "nsCertType=server",
		"nsCertType=client", "nsCertType=server,client" };
	struct recipe r = LEAF(.from = -60);
	X509 *certs[2];
	size_t e, u, n;
	int expected;

	certs[1] = inter;
	for (e = 0; e < sizeof(ekus) / sizeof(ekus[0]); e++)
		for (u = 0; u < sizeof(usages) / sizeof(usages[0]); u++)
			for (n = 0; n < sizeof(types) / sizeof(types[0]); n++) {
				r.eku = ekus[e];
				r.usage = usages[u];
				r.other = types[n];
				certs[0] = make_cert(
				    leaf_key, &r, inter, inter_key);
				expected = libcrypto_accepts(certs) &&
				    (r.eku == NULL ||
					strstr(r.eku, "serverAuth") != NULL);
				check((verdict(certs, 2, roots)[0] == '\0') ==
					    expected &&
					(verdict(certs, 2, NULL)[0] == '\0') ==
					    expected &&
					(verdict(certs, 1, NULL)[0] == '\0') ==
					    expected,
				    "x509: for %s, %s, %s: %s: %s",
				    r.eku == NULL ? "any purpose" : r.eku,
				    r.usage == NULL ? "any usage" : r.usage,
				    r.other == NULL ? "any type" : r.other,
				    expected ? "good" : "refused",
				    verdict(certs, 2, NULL));
				X509_free(certs[0]);
			}
}

/* The leaf below an intermediate of this recipe, signed with ca_key. */
static const char *
inter_verdict(const struct recipe *r, EVP_PKEY *ca_key, struct roots *store)
{
	struct recipe good = LEAF(.from = -60);
	X509 *ca_cert = make_cert(inter_key, r, root, ca_key);
	X509 *certs[2] = { make_cert(leaf_key, &good, ca_cert, inter_key),
		ca_cert };
	const char *text = verdict(certs, 2, store);

	X509_free(certs[0]);
	X509_free(ca_cert);
	return text;
}

static void
test_intermediates(void)
{
	static const struct {
		/* with a root; with none */
		const char *name, *error, *why_any;
		const char *basic, *usage, *other;
		long from, to;
	} bad[] = {
		{ "not a CA", "not a CA's", "not a CA's", "critical,CA:FALSE",
		    NULL, NULL, -DAY, DAY },
		{ "says nothing of CA", "not a CA's", "not a CA's", NULL, NULL,
		    NULL, -DAY, DAY },
		{ "may not sign", "not issued by", "not issued by",
		    "critical,CA:TRUE", "critical,cRLSign", NULL, -DAY, DAY },
		{ "ended", "expired", "is good from", "critical,CA:TRUE",
		    "keyCertSign", NULL, -2 * DAY, -DAY },
		{ "begins tomorrow", "not yet valid", "is good from",
		    "critical,CA:TRUE", "keyCertSign", NULL, DAY, 2 * DAY },
		{ "unknown critical extension", "has extensions that",
		    "has extensions that", "critical,CA:TRUE", "keyCertSign",
		    "1.2.3.4.5=critical,DER:05:00", -DAY, DAY },
	};
	struct recipe r = ca;
	const char *text;
	size_t i;

	r.subject = "intermediate";
	check(strcmp(inter_verdict(&r, root_key, roots), "") == 0 &&
		strcmp(inter_verdict(&r, root_key, NULL), "") == 0,
	    "x509: good intermediate");
	r.md = EVP_sha1();
	text = inter_verdict(&r, root_key, roots);
	check(strstr(text, "too weak") != NULL,
	    "x509: refused: SHA-1 in the intermediate: %s", text);
	r.md = NULL;
	text = inter_verdict(&r, other_key, roots);
	check(strstr(text, "trusted root") != NULL,
	    "x509: refused: intermediate not signed by the root: %s", text);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.basic = bad[i].basic;
		r.usage = bad[i].usage;
		r.other = bad[i].other;
		r.from = bad[i].from;
		r.to = bad[i].to;
		text = inter_verdict(&r, root_key, roots);
		check(strstr(text, bad[i].error) != NULL,
		    "x509: refused: intermediate: %s: %s", bad[i].name, text);
		text = inter_verdict(&r, root_key, NULL);
		check(strstr(text, bad[i].why_any) != NULL,
		    "x509: refused: root any: intermediate: %s: %s",
		    bad[i].name, text);
	}
}

/* A store that trusts this one certificate. */
static struct roots *
trust_only(X509 *cert)
{
	char *pem = make_pem(&cert, 1);
	struct error e;
	struct roots *store = roots_load(pem, strlen(pem), &e);

	free(pem);
	return store;
}

/* A root of X.509 version 1 that the CA sends along. */
static void
test_version_1(void)
{
	struct recipe plain = { .subject = "old root",
		.from = -DAY,
		.to = 3650 * DAY },
		      below = ca, good = LEAF(.from = -60);
	X509 *old = make_cert(other_key, &plain, NULL, NULL), *certs[3];
	struct roots *store;

	X509_set_version(old, 0);
	X509_sign(old, other_key, EVP_sha256());
	below.subject = "below it";
	certs[1] = make_cert(inter_key, &below, old, other_key);
	certs[0] = make_cert(leaf_key, &good, certs[1], inter_key);
	certs[2] = old;
	store = trust_only(old);
	check(strcmp(verdict(certs, 3, store), "") == 0 &&
		strcmp(verdict(certs, 2, store), "") == 0,
	    "x509: a root of version 1: %s", verdict(certs, 3, store));
	check(strstr(verdict(certs, 3, roots), "trusted root") != NULL,
	    "x509: refused: a root of version 1 that is not ours");
	X509_free(certs[0]);
	X509_free(certs[1]);
	certs[0] = make_cert(leaf_key, &good, old, other_key);
	certs[1] = old;
	certs[2] = old;
	check(strstr(verdict(certs, 3, store), "not a CA's") != NULL,
	    "x509: refused: version 1 before the end: %s",
	    verdict(certs, 3, store));
	roots_free(store);
	X509_free(old);
	X509_free(certs[0]);
}

static void
test_anchors(void)
{
	struct recipe r = ca, good = LEAF(.from = -60);
	X509 *old, *certs[3];
	struct roots *store;

	/* An anchor need not be a root, nor well signed. */
	r.subject = "intermediate";
	r.md = EVP_sha1();
	old = make_cert(inter_key, &r, root, root_key);
	certs[0] = make_cert(leaf_key, &good, old, inter_key);
	certs[1] = old;
	certs[2] = root;
	store = trust_only(old);
	check(strcmp(verdict(certs, 2, store), "") == 0,
	    "x509: an intermediate as anchor %s", verdict(certs, 2, store));
	check(strcmp(verdict(certs, 1, store), "") == 0,
	    "x509: an anchor that is not sent %s", verdict(certs, 1, store));
	check(strcmp(verdict(certs, 3, store), "") == 0,
	    "x509: more behind the anchor %s", verdict(certs, 3, store));
	check(strstr(verdict(certs, 3, roots), "too weak") != NULL,
	    "x509: refused: the same below the root");
	roots_free(store);
	X509_free(old);
	X509_free(certs[0]);
}

/* Roots of these certificates. */
static struct roots *
trust(X509 *a, X509 *b)
{
	X509 *both[2] = { a, b };
	char *pem = make_pem(both, 2);
	struct error e;
	struct roots *r = roots_load(pem, strlen(pem), &e);

	free(pem);
	return r;
}

/*
 * What is installed is what was verified: a bad certificate in the chain is
 * no better for a good one of that CA in the root file, or for "root any".
 */
static void
test_delivered(void)
{
	static const struct {
		const char *name, *error; /* error NULL: good */
		const char *eku, *other;
		long from, to;
	} table[] = {
		{ "good", NULL, NULL, NULL, -DAY, DAY },
		{ "for servers", NULL, "serverAuth", NULL, -DAY, DAY },
		{ "our names allowed", NULL, NULL,
		    "nameConstraints=critical,permitted;DNS:a.example", -DAY,
		    DAY },
		{ "clock half an hour ahead", NULL, NULL, NULL, 1800, DAY },
		{ "expired", "is good from|expired", NULL, NULL, -2 * DAY,
		    -DAY },
		{ "begins tomorrow", "is good from|not yet valid", NULL, NULL,
		    DAY, 2 * DAY },
		{ "for clients", "purpose", "clientAuth", NULL, -DAY, DAY },
		{ "for code signing", "purpose", "critical,codeSigning", NULL,
		    -DAY, DAY },
		{ "one of our names excluded", "excluded subtree", NULL,
		    "nameConstraints=critical,excluded;DNS:www.a.example", -DAY,
		    DAY },
		{ "other names allowed", "permitted subtree", NULL,
		    "nameConstraints=critical,permitted;DNS:b.example", -DAY,
		    DAY },
		{ "one of our names allowed", "permitted subtree", NULL,
		    "nameConstraints=permitted;DNS:www.a.example", -DAY, DAY },
	};
	struct recipe r = ca, good = LEAF(.from = -60);
	struct roots *both = trust(root, inter), *only = trust(root, root),
		     *used;
	X509 *bad, *certs[3], *loop[5], *cross, *other_root;
	const char *text, *how, *bar;
	char first[40];
	size_t i, j;
	int ok;

	certs[0] = make_cert(leaf_key, &good, inter, inter_key);
	r.subject = "other root";
	other_root = make_cert(other_key, &r, NULL, NULL);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (j = 0; j < 5; j++) {
			r = ca;
			r.eku = table[i].eku;
			r.other = table[i].other;
			r.from = table[i].from;
			r.to = table[i].to;
			/*
			 * An intermediate, or the root's cross-certificate by a
			 * root that is not ours.
			 */
			r.subject = j < 3 ? "intermediate" : "root";
			bad = make_cert(j < 3 ? inter_key : root_key, &r,
			    j < 3 ? root : other_root,
			    j < 3 ? root_key : other_key);
			certs[1] = j < 3 ? bad : inter;
			certs[2] = bad;
			used = j == 0 ? both : j == 1 || j == 3 ? only : NULL;
			how = j == 0 ?
			    "beside a good one in the root file" :
			    j == 1 ?
			    "below the root" :
			    j == 2 ?
			    "root any" :
			    j == 3 ?
			    "cross-certificate behind the anchor's own" :
			    "cross-certificate, root any";
			text = verdict(certs, j < 3 ? 2 : 3, used);
			ok = table[i].error == NULL ? text[0] == '\0' :
						      text[0] != '\0';
			if (table[i].error != NULL &&
			    (bar = strchr(table[i].error, '|')) != NULL) {
				snprintf(first, sizeof(first), "%.*s",
				    (int)(bar - table[i].error),
				    table[i].error);
				ok = ok &&
				    (strstr(text, first) != NULL ||
					strstr(text, bar + 1) != NULL);
			} else if (table[i].error != NULL)
				ok = ok && strstr(text, table[i].error) != NULL;
			check(ok, "x509: delivered: %s: %s %s", how,
			    table[i].name, text);
			X509_free(bad);
		}
	/*
	 * Behind the certificate of an anchor's key only that CA's other
	 * certificates may follow.
	 */
	r = ca;
	cross = make_cert(root_key, &r, other_root, other_key);
	certs[1] = inter;
	certs[2] = cross;
	check(strcmp(verdict(certs, 3, only), "") == 0,
	    "x509: delivered: cross-certificate %s", verdict(certs, 3, only));
	/*
	 * libcrypto finds a shorter path, without the two that certify each
	 * other: it has not looked at these.
	 */
	r.subject = "other root";
	bad = make_cert(other_key, &r, root, root_key);
	loop[0] = certs[0];
	loop[1] = inter;
	loop[2] = cross;
	loop[3] = bad;
	loop[4] = root;
	check(strstr(verdict(loop, 5, only), "another path") != NULL,
	    "x509: delivered: a loop before the root: %s",
	    verdict(loop, 5, only));
	X509_free(bad);
	X509_free(cross);
	roots_free(both);
	roots_free(only);
	X509_free(certs[0]);
	X509_free(other_root);
}

/*
 * Which anchor a chain ends at: of several by the same name, by a name that is
 * written in another way.
 */
static void
test_anchor_names(void)
{
	struct recipe r = ca, good = LEAF(.from = -60);
	X509 *certs[2] = { make_cert(leaf_key, &good, inter, inter_key),
		inter };
	X509 *namesake = make_cert(other_key, &r, NULL, NULL), *expired,
	     *capitals;
	struct roots *store = trust(namesake, root);

	check(strcmp(verdict(certs, 2, store), "") == 0,
	    "x509: anchors: the second of that name %s",
	    verdict(certs, 2, store));
	roots_free(store);
	store = trust(namesake, namesake);
	check(strstr(verdict(certs, 2, store), "trusted root") != NULL,
	    "x509: anchors: refused: only its namesake: %s",
	    verdict(certs, 2, store));
	roots_free(store);
	r.subject = "  RooT ";
	capitals = make_cert(root_key, &r, NULL, NULL);
	store = trust(namesake, capitals);
	check(strcmp(verdict(certs, 2, store), "") == 0,
	    "x509: anchors: in other letter case %s", verdict(certs, 2, store));
	roots_free(store);
	r = ca;
	r.from = -2 * DAY;
	r.to = -DAY;
	expired = make_cert(root_key, &r, NULL, NULL);
	store = trust(expired, expired);
	check(strstr(verdict(certs, 2, store), "expired") != NULL,
	    "x509: anchors: refused: expired: %s", verdict(certs, 2, store));
	roots_free(store);
	store = trust(expired, root);
	check(strcmp(verdict(certs, 2, store), "") == 0,
	    "x509: anchors: its successor counts %s", verdict(certs, 2, store));
	roots_free(store);
	X509_free(expired);
	X509_free(capitals);
	X509_free(namesake);
	X509_free(certs[0]);
}

/*
 * The certificate's signature as that of its bytes: inter's, nobody else's, and
 * only of all of them.
 */
static void
check_raw_signature(X509 *cert)
{
	const ASN1_BIT_STRING *signature;
	const X509_ALGOR *algorithm;
	const uint8_t *bytes;
	uint8_t *tbs = NULL;
	size_t len = (size_t)i2d_re_X509_tbs(cert, &tbs), siglen;

	X509_get0_signature(&signature, &algorithm, cert);
	bytes = ASN1_STRING_get0_data(signature);
	siglen = (size_t)ASN1_STRING_length(signature);
	check(signature_verify(algorithm, tbs, len, bytes, siglen, inter_key) ==
		1,
	    "x509: signature: RSASSA-PSS");
	check(signature_verify(
		  algorithm, tbs, len - 1, bytes, siglen, inter_key) == 0 &&
		signature_verify(
		    algorithm, tbs, len, bytes, siglen - 1, inter_key) == 0,
	    "x509: signature: refused: cut");
	check(signature_verify(algorithm, tbs, len, bytes, siglen, other_key) ==
		    0 &&
		signature_verify(algorithm, tbs, len, bytes, siglen, NULL) == 0,
	    "x509: signature: refused: another key");
	OPENSSL_free(tbs);
}

/* Signatures that do not say their digest, and such that are wrong. */
static void
test_signatures(void)
{
	struct recipe good = LEAF(.from = -60);
	X509 *certs[2] = { make_cert(leaf_key, &good, inter, inter_key),
		inter };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;

	EVP_DigestSignInit(ctx, &pctx, EVP_sha1(), NULL, inter_key);
	EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
	check(X509_sign_ctx(certs[0], ctx) > 0 &&
		strstr(verdict(certs, 2, roots), "too weak") != NULL,
	    "x509: refused: RSASSA-PSS with SHA-1: %s",
	    verdict(certs, 2, roots));
	EVP_MD_CTX_free(ctx);
	ctx = EVP_MD_CTX_new();
	EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL, inter_key);
	EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
	check(X509_sign_ctx(certs[0], ctx) > 0 &&
		strcmp(verdict(certs, 2, roots), "") == 0 &&
		strcmp(verdict(certs, 2, NULL), "") == 0,
	    "x509: RSASSA-PSS with SHA-256: %s", verdict(certs, 2, roots));
	check_raw_signature(certs[0]);
	EVP_MD_CTX_free(ctx);
	X509_sign(certs[0], other_key, EVP_sha256());
	check(strstr(verdict(certs, 2, NULL), "not issued by") != NULL,
	    "x509: refused: signed by another key");
	X509_free(certs[0]);
}

/* Ed25519 is not weak, but not accepted either: the message says both. */
static void
test_other_signature(void)
{
	struct recipe good = LEAF(.from = -60), r = ca;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, NULL);
	EVP_PKEY *key = NULL;
	X509 *certs[2];

	EVP_PKEY_keygen_init(ctx);
	EVP_PKEY_keygen(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	r.subject = "Ed25519";
	certs[1] = make_cert(key, &r, root, root_key);
	certs[0] = make_cert(leaf_key, &good, certs[1], inter_key);
	X509_sign(certs[0], key, NULL);
	check(strstr(verdict(certs, 2, roots), "not of RSA or ECDSA") != NULL,
	    "x509: refused: signed with Ed25519: %s", verdict(certs, 2, roots));
	X509_free(certs[0]);
	X509_free(certs[1]);
	EVP_PKEY_free(key);
}

/* A NUL in a name must not cut it short. */
static void
test_nul(void)
{
	struct recipe r = LEAF(.san = NULL);
	GENERAL_NAMES *san = sk_GENERAL_NAME_new_null();
	static const char *const texts[] = { "a.example",
		"www.a.example\0.evil.example" };
	static const int lens[] = { 9, 27 };
	X509 *certs[2] = { make_cert(leaf_key, &r, inter, inter_key), inter };
	int i;

	for (i = 0; i < 2; i++) {
		GENERAL_NAME *g = GENERAL_NAME_new();
		ASN1_IA5STRING *s = ASN1_IA5STRING_new();

		ASN1_STRING_set(s, texts[i], lens[i]);
		GENERAL_NAME_set0_value(g, GEN_DNS, s);
		sk_GENERAL_NAME_push(san, g);
	}
	X509_add1_ext_i2d(
	    certs[0], NID_subject_alt_name, san, 0, X509V3_ADD_DEFAULT);
	X509_sign(certs[0], inter_key, EVP_sha256());
	check(strstr(verdict(certs, 2, roots), "\\x00") != NULL,
	    "x509: refused: NUL in a name: %s", verdict(certs, 2, roots));
	sk_GENERAL_NAME_pop_free(san, GENERAL_NAME_free);
	X509_free(certs[0]);
}

/* Do a certificate with these names, and one more, have ours? */
static int
equal_with(
    const struct strings *ours, int type, const char *name, int len, int all)
{
	GENERAL_NAMES *san = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *g;
	ASN1_STRING *s;
	size_t i, n = all ? ours->n : 0;
	int equal;

	for (i = 0; i <= n; i++) {
		g = GENERAL_NAME_new();
		s = ASN1_STRING_type_new(i == n && type == GEN_IPADD ?
			V_ASN1_OCTET_STRING :
			V_ASN1_IA5STRING);
		ASN1_STRING_set(s, i < n ? ours->v[i] : name, i < n ? -1 : len);
		GENERAL_NAME_set0_value(g, i < n ? GEN_DNS : type, s);
		sk_GENERAL_NAME_push(san, g);
	}
	equal = names_equal(san, ours);
	sk_GENERAL_NAME_pop_free(san, GENERAL_NAME_free);
	return equal;
}

/* 'accept additional names': those of the same hosts, and no others. */
static void
test_added_names(void)
{
	static const struct {
		const char *name;
		int len, type, good;
	} added[] = { { "x.www.a.example", 15, GEN_DNS, 1 },
		{ "X.Www.A.Example", 15, GEN_DNS, 1 },
		{ "a.example", 9, GEN_DNS, 1 },
		{ "www.a.example", 13, GEN_DNS, 1 },
		{ "xwww.a.example", 14, GEN_DNS, 0 },
		{ "example", 7, GEN_DNS, 0 }, { "b.a.example", 11, GEN_DNS, 0 },
		{ "*.www.a.example", 15, GEN_DNS, 0 },
		{ ".www.a.example", 14, GEN_DNS, 0 },
		{ "a.example\0.b.example", 20, GEN_DNS, 0 },
		{ "b.example\0.www.a.example", 24, GEN_DNS, 0 },
		{ "x.www.a.example", 15, GEN_EMAIL, 0 } };
	char *www[] = { (char *)(uintptr_t) "www.a.example" };
	struct strings ours = { .v = www, .n = 1, .more = 1 };
	size_t i;

	for (i = 0; i < sizeof(added) / sizeof(added[0]); i++)
		check(equal_with(&ours, added[i].type, added[i].name,
			  added[i].len, 1) == added[i].good,
		    "x509: additional name %zu, %s: %s", i, added[i].name,
		    added[i].good ? "accepted" : "refused");
}

/* A name and an address may have the same bytes. */
static void
test_same_bytes(void)
{
	char *v[] = { (char *)(uintptr_t) "a.de" };
	struct strings ours = { .v = v, .n = 1 };

	check(equal_with(&ours, GEN_DNS, "a.de", 4, 0), "x509: a.de is a.de");
	check(!equal_with(&ours, GEN_IPADD, "a.de", 4, 0),
	    "x509: refused: address 97.46.100.101 for the name a.de");
	v[0] = (char *)(uintptr_t) "97.46.100.101";
	check(equal_with(&ours, GEN_IPADD, "a.de", 4, 0),
	    "x509: 97.46.100.101 is 97.46.100.101");
	check(!equal_with(&ours, GEN_DNS, "a.de", 4, 0),
	    "x509: refused: name a.de for the address 97.46.100.101");
}

static void
test_chains(void)
{
	struct recipe good = LEAF(.from = -60), weird = ca,
		      noca = LEAF(.subject = "noca", .usage = NULL);
	X509 *leaf = make_cert(leaf_key, &good, inter, inter_key), *self,
	     *stranger, *below, *forged;
	EVP_PKEY *rsa = make_key(2048);
	X509 *chain[12];
	int i;

	chain[0] = leaf;
	chain[1] = root;
	check(strstr(verdict(chain, 1, roots), "trusted root") != NULL,
	    "x509: refused: intermediate missing");
	check(strstr(verdict(chain, 2, roots), "not issued by") != NULL,
	    "x509: refused: a hole in the chain");
	chain[1] = inter;
	chain[2] = root;
	check(strcmp(verdict(chain, 3, roots), "") == 0,
	    "x509: with the root %s", verdict(chain, 3, roots));
	check(strcmp(verdict(chain, 2, NULL), "") == 0,
	    "x509: root any: links are enough");
	chain[1] = root;
	chain[2] = inter;
	check(strstr(verdict(chain, 3, roots), "not issued by") != NULL,
	    "x509: refused: unordered");
	chain[0] = inter;
	chain[1] = leaf;
	check(strstr(verdict(chain, 2, roots), "another key") != NULL,
	    "x509: refused: leaf not first");
	chain[0] = leaf;
	chain[1] = inter;
	chain[2] = leaf;
	check(strstr(verdict(chain, 3, roots), "not issued by") != NULL,
	    "x509: refused: something behind the chain");
	self = make_cert(leaf_key, &good, NULL, NULL);
	chain[0] = self;
	check(strstr(verdict(chain, 1, roots), "self-signed") != NULL &&
		strstr(verdict(chain, 1, NULL), "self-signed") != NULL,
	    "x509: refused: self-signed over our key and names");
	weird.subject = "root";
	stranger = make_cert(other_key, &weird, NULL, NULL);
	forged = make_cert(leaf_key, &good, stranger, other_key);
	chain[0] = forged;
	chain[1] = stranger;
	check(strstr(verdict(chain, 2, roots), "trusted root") != NULL,
	    "x509: refused: another root of the same name");
	X509_free(forged);
	forged = make_cert(leaf_key, &good, inter, rsa);
	chain[0] = forged;
	chain[1] = inter;
	check(strstr(verdict(chain, 2, roots), "not issued by") != NULL &&
		strstr(verdict(chain, 2, NULL), "not issued by") != NULL,
	    "x509: refused: in the issuer's name, signed by another key");
	weird.subject = "second";
	below = make_cert(other_key, &weird, inter, inter_key);
	X509_free(forged);
	forged = make_cert(leaf_key, &good, below, other_key);
	chain[0] = forged;
	chain[1] = below;
	chain[2] = inter;
	check(strstr(verdict(chain, 3, NULL), "pathlen") != NULL,
	    "x509: refused: pathlen");
	X509_free(below);
	X509_free(forged);
	below = make_cert(other_key, &noca, inter, inter_key);
	forged = make_cert(leaf_key, &good, below, other_key);
	chain[0] = forged;
	chain[1] = below;
	chain[2] = inter;
	check(strstr(verdict(chain, 3, NULL), "not a CA's") != NULL,
	    "x509: refused: issued by a leaf");
	for (i = 0; i < 11; i++)
		chain[i] = inter;
	check(strstr(verdict(chain, 11, roots), "more than 10") != NULL,
	    "x509: refused: 11 certificates");
	X509_free(below);
	X509_free(forged);
	X509_free(self);
	X509_free(stranger);
	X509_free(leaf);
	EVP_PKEY_free(rsa);
}

/* What csrproc writes behind a key: nothing but blocks of certificates. */
static void
test_only_certificates(void)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
	static const char end[] = "-----END CERTIFICATE-----\n";
	static const struct {
		const char *line;
		size_t len;
		int good;
	} lines[] = { { "AA+/\n", 5, 1 }, { "AA=\n", 4, 1 }, { "A\0A\n", 4, 0 },
		{ "\n", 1, 0 }, { "A A\n", 4, 0 }, { "A-A\n", 4, 0 },
		{ "A:A\n", 4, 0 }, { "A\r\n", 3, 0 } };
	char text[200];
	size_t i, n;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		n = strlcpy(text, begin, sizeof(text));
		memcpy(text + n, lines[i].line, lines[i].len);
		n += lines[i].len;
		strlcpy(text + n, end, sizeof(text) - n);
		n += strlen(end);
		check(keyfile_only_certificates(text, n) == lines[i].good,
		    "x509: behind a key: line %zu is %s", i + 1,
		    lines[i].good ? "base64" : "refused");
	}
}

/* Text around and between certificates. */
static void
test_pem(void)
{
	struct recipe good = LEAF(.from = -60);
	X509 *certs[2] = { make_cert(leaf_key, &good, inter, inter_key),
		inter };
	char *pem = make_pem(certs, 2), *text, *copy;
	static const char *const around[][2] = {
		{ "text before\n", "" },
		{ "-----BEGIN CERTIFICATE----- x\n", "" },
		{ "", "text behind\n" },
		{ "",
		    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE "
		    "KEY-----\n" },
		{ "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END "
		  "EC PARAMETERS-----\n",
		    "" },
		{ "", "-----BEGIN CERTIFICATE-----\n" },
		{ "",
		    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END "
		    "CERTIFICATE-----\n" },
		{ "",
		    "-----BEGIN CERTIFICATE-----\nProc-Type: "
		    "4,ENCRYPTED\n\nAAAA\n-----END CERTIFICATE-----\n" },
		{ "",
		    "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END "
		    "TRUSTED CERTIFICATE-----\n" },
	};
	struct chain *c;
	struct error e;
	size_t i, len, cut, wrong = 0;

	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		if (asprintf(
			&text, "%s%s%s", around[i][0], pem, around[i][1]) == -1)
			return;
		check(chain_parse(text, strlen(text), &e) == NULL,
		    "x509: refused: PEM number %zu: %s", i, e.text);
		free(text);
	}
	text = calloc(1, strlen(pem) * 2 + 1);
	for (i = 0, len = 0; pem[i] != '\0'; i++) {
		if (pem[i] == '\n')
			text[len++] = '\r';
		text[len++] = pem[i];
	}
	c = chain_parse(text, len, &e);
	check(c != NULL, "x509: CRLF line ends %s", c == NULL ? e.text : "");
	copy = chain_pem(c, 0, SIZE_MAX, &len);
	check(strcmp(copy, pem) == 0, "x509: written again in the usual form");
	free(copy);
	copy = chain_pem(c, 1, SIZE_MAX, &len);
	check(strstr(pem, copy) != NULL && strlen(copy) == len &&
		len < strlen(pem),
	    "x509: the chain alone");
	free(copy);
	chain_free(c);
	/* Cut anywhere it is refused, or is the leaf alone. */
	for (cut = 1; cut + 1 < strlen(pem); cut++) {
		if ((c = chain_parse(pem, cut, &e)) != NULL &&
		    sk_X509_num(c->certs) != 1)
			wrong++;
		chain_free(c);
	}
	check(wrong == 0, "x509: cut at each byte");
	memcpy(text, pem, 30);
	check(chain_parse(text, CHAIN_BYTES_MAX + 1, &e) == NULL,
	    "x509: refused: too many bytes");
	check(chain_parse(pem, strlen(pem) + 1, &e) == NULL,
	    "x509: refused: NUL behind a chain");
	free(text);
	free(pem);
	X509_free(certs[0]);
}

/*
 * A certificate's block with this put behind its first line, and bytes behind
 * its DER.
 */
static void
test_blocks(void)
{
	struct recipe good = LEAF(.from = -60);
	X509 *cert = make_cert(leaf_key, &good, inter, inter_key);
	char *pem = make_pem(&cert, 1), *text = NULL;
	const char *rest = strchr(pem, '\n') + 1;
	unsigned char *der = NULL, more[4000];
	BIO *bio = BIO_new(BIO_s_mem());
	int len = i2d_X509(cert, &der);
	struct error e;
	long n;

	if (asprintf(&text, "-----BEGIN CERTIFICATE-----\nX: y\n\n%s", rest) >
	    0)
		check(chain_parse(text, strlen(text), &e) == NULL,
		    "x509: refused: header in a block: %s", e.text);
	free(text);
	memcpy(more, der, (size_t)len);
	memset(more + len, 0, 3);
	PEM_write_bio(bio, PEM_STRING_X509, "", more, len + 3);
	n = BIO_get_mem_data(bio, &text);
	check(chain_parse(text, (size_t)n, &e) == NULL,
	    "x509: refused: bytes behind a certificate: %s", e.text);
	BIO_free(bio);
	OPENSSL_free(der);
	free(pem);
	X509_free(cert);
}

static void
test_roots(void)
{
	X509 *certs[2] = { root, inter };
	char *pem = make_pem(certs, 2), *text;
	struct roots *store;
	struct error e;

	check(roots_load("", 0, &e) == NULL &&
		strstr(e.text, "no trust anchor") != NULL,
	    "x509: no roots in an empty file");
	if (asprintf(&text,
		"# a comment\n%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END "
		"CERTIFICATE-----\n%s",
		pem, pem) == -1)
		return;
	store = roots_load(text, strlen(text), &e);
	check(store == NULL && strstr(e.text, "anchor 3") != NULL,
	    "x509: a broken root is named: %s", e.text);
	roots_free(store);
	/*
	 * Cut behind the second, it is fine: twice the same, with text around.
	 */
	*strstr(strstr(text, "BEGIN") + 1000,
	    "-----BEGIN CERTIFICATE-----\nAAAA") = '\0';
	store = roots_load(text, strlen(text), &e);
	check(store != NULL, "x509: text between roots is skipped");
	roots_free(store);
	free(text);
	free(pem);
}

enum {
	CSR_GOOD,
	CSR_SUBJECT,
	CSR_VERSION,
	CSR_CRITICAL_EXTRA,
	CSR_ATTRIBUTE,
	CSR_SECOND_VALUE,
	CSR_ADDRESS,
	CSR_BARE
};

/* A CSR of leaf_key with something wrong; DER to buf. */
static size_t
odd_csr(int what, unsigned char *buf)
{
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	X509_REQ *req = X509_REQ_new();
	X509_ATTRIBUTE *attr;
	const char *san = what == CSR_ADDRESS ?
	    "DNS:a.example,IP:192.0.2.1" :
	    "DNS:a.example,DNS:www.a.example";
	int len;

	if (!X509_REQ_set_version(req, what == CSR_VERSION ? 1 : 0)) {
		X509_REQ_free(req);
		sk_X509_EXTENSION_free(exts);
		return 0;
	}
	X509_REQ_set_pubkey(req, leaf_key);
	if (what == CSR_SUBJECT)
		X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN",
		    MBSTRING_ASC, (const unsigned char *)"a.example", -1, -1,
		    0);
	sk_X509_EXTENSION_push(exts,
	    X509V3_EXT_conf_nid(
		NULL, NULL, NID_subject_alt_name, (char *)(uintptr_t)san));
	if (what == CSR_CRITICAL_EXTRA)
		sk_X509_EXTENSION_push(exts,
		    X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
			(char *)(uintptr_t) "critical,CA:TRUE"));
	if (what != CSR_BARE)
		X509_REQ_add_extensions(req, exts);
	if (what == CSR_ATTRIBUTE)
		X509_REQ_add1_attr_by_NID(req, NID_pkcs9_challengePassword,
		    MBSTRING_ASC, (const unsigned char *)"x", -1);
	if (what == CSR_SECOND_VALUE) {
		attr = X509_REQ_get_attr(req, 0);
		X509_ATTRIBUTE_set1_data(
		    attr, V_ASN1_SEQUENCE, (const unsigned char *)"0\0", 2);
	}
	X509_REQ_sign(req, leaf_key, EVP_sha256());
	len = i2d_X509_REQ(req, &buf);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
	return (size_t)len;
}

static void
test_odd_csrs(void)
{
	static const char *const wrong[] = {
		[CSR_SUBJECT] = "subject",
		[CSR_VERSION] = "version",
		[CSR_CRITICAL_EXTRA] = "other extensions",
		[CSR_ATTRIBUTE] = "other attributes",
		[CSR_SECOND_VALUE] = "other attributes",
		[CSR_ADDRESS] = "other names",
		[CSR_BARE] = "other attributes",
	};
	uint8_t buf[4000], hash[SPKI_HASH_LEN];
	struct error e;
	size_t len;
	int i;

	len = odd_csr(CSR_GOOD, buf);
	check(csr_check(buf, len, &names, other_key, 0, hash, &e) == 0,
	    "x509: a CSR as others make it");
	for (i = CSR_SUBJECT; i <= CSR_BARE; i++) {
		if ((len = odd_csr(i, buf)) == 0) {
			printf("skip x509: CSR refused: number %d: this "
			       "libcrypto cannot make it\n",
			    i);
			continue;
		}
		check(
		    csr_check(buf, len, &names, other_key, 0, hash, &e) == -1 &&
			strstr(e.text, wrong[i]) != NULL,
		    "x509: CSR refused: number %d: %s", i, e.text);
	}
}

/* The digest that a CSR of this key is signed with. */
static int
csr_digest(EVP_PKEY *key)
{
	const unsigned char *p;
	X509_REQ *req;
	uint8_t *der;
	struct error e;
	size_t len;
	int nid;

	if (csr_make(key, &names, &der, &len, &e) == -1)
		return NID_undef;
	p = der;
	req = d2i_X509_REQ(NULL, &p, (long)len);
	nid = X509_REQ_get_signature_nid(req);
	X509_REQ_free(req);
	free(der);
	return nid;
}

static void
test_csr(void)
{
	EVP_PKEY *p384;
	char *fewer_list[] = { (char *)(uintptr_t) "a.example" };
	const struct strings fewer = { .v = fewer_list, .n = 1 };
	uint8_t *der, hash[SPKI_HASH_LEN], *longer;
	EVP_PKEY *rsa = make_key(2048);
	struct error e;
	size_t len;

	check(csr_make(leaf_key, &names, &der, &len, &e) == 0 &&
		csr_check(der, len, &names, other_key, 0, hash, &e) == 0 &&
		memcmp(hash, spki, sizeof(hash)) == 0,
	    "x509: CSR of a P-256 key");
	check(csr_check(der, len, &fewer, other_key, 0, hash, &e) == -1,
	    "x509: CSR refused: other names");
	check(csr_check(der, len, &names, leaf_key, 0, hash, &e) == -1 &&
		strstr(e.text, "account") != NULL,
	    "x509: CSR refused: the account's key");
	check(csr_check(der, len - 1, &names, other_key, 0, hash, &e) == -1,
	    "x509: CSR refused: cut");
	longer = calloc(1, len + 1);
	memcpy(longer, der, len);
	check(csr_check(longer, len + 1, &names, other_key, 0, hash, &e) == -1,
	    "x509: CSR refused: one byte more");
	longer[len - 3] ^= 1;
	check(csr_check(longer, len, &names, other_key, 0, hash, &e) == -1,
	    "x509: CSR refused: bad signature");
	check(csr_check(der, 0, &names, other_key, 0, hash, &e) == -1,
	    "x509: CSR refused: nothing");
	free(longer);
	free(der);
	check(csr_make(rsa, &names, &der, &len, &e) == 0 &&
		csr_check(der, len, &names, other_key, 0, hash, &e) == 0,
	    "x509: CSR of an RSA key");
	free(der);
	p384 = make_curve_key(NID_secp384r1);
	check(csr_digest(leaf_key) == NID_ecdsa_with_SHA256 &&
		csr_digest(p384) == NID_ecdsa_with_SHA384 &&
		csr_digest(rsa) == NID_sha256WithRSAEncryption,
	    "x509: CSRs are signed as strongly as their keys");
	EVP_PKEY_free(p384);
	EVP_PKEY_free(rsa);
}

/* In DER, with a comment of so many bytes. */
static size_t
large_csr(size_t comment, unsigned char *buf)
{
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	X509_REQ *req = X509_REQ_new();
	unsigned char *p = buf;
	char *text = calloc(comment + 1, 1);
	size_t len;

	memset(text, 'x', comment);
	sk_X509_EXTENSION_push(exts,
	    X509V3_EXT_conf_nid(
		NULL, NULL, NID_subject_alt_name, "DNS:a.example"));
	sk_X509_EXTENSION_push(
	    exts, X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, text));
	X509_REQ_set_pubkey(req, leaf_key);
	X509_REQ_add_extensions(req, exts);
	X509_REQ_sign(req, leaf_key, EVP_sha256());
	len = (size_t)i2d_X509_REQ(req, &p);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
	free(text);
	return len;
}

/* Whether -n has it read, or csrproc for a run: the same ones will do. */
static void
test_large_csrs(void)
{
	static unsigned char buf[2 * CSR_BYTES_MAX];
	static const size_t comments[] = { 31000, CSR_BYTES_MAX - 1000,
		CSR_BYTES_MAX };
	size_t i, j, len, out;
	struct strings found;
	uint8_t *der;
	struct error e;
	int good;

	for (i = 0; i < sizeof(comments) / sizeof(comments[0]); i++) {
		len = large_csr(comments[i], buf);
		good = len <= CSR_BYTES_MAX;
		check(good == (i < 2), "x509: CSRs below and above the limit");
		check(csr_parse_names((char *)buf, len, &found, &e) ==
			(good ? 0 : -1),
		    "x509: the names of a CSR of %zu bytes", len);
		for (j = 0; j < found.n; j++)
			free(found.v[j]);
		free(found.v);
		der = NULL;
		check(csr_parse((char *)buf, len, &der, &out, &e) ==
			    (good ? 0 : -1) &&
			(!good || (out == len && memcmp(der, buf, len) == 0)),
		    "x509: a CSR of %zu bytes", len);
		free(der);
	}
}

int
main(void)
{
	setup();
	test_kept();
	test_leaves();
	test_purposes();
	test_nul();
	test_added_names();
	test_same_bytes();
	test_intermediates();
	test_anchors();
	test_version_1();
	test_delivered();
	test_anchor_names();
	test_signatures();
	test_other_signature();
	test_chains();
	test_only_certificates();
	test_pem();
	test_blocks();
	test_roots();
	test_csr();
	test_odd_csrs();
	test_large_csrs();
	return test_end();
}
