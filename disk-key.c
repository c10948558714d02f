/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Reads and writes private keys on disk. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "disk.h"
#include "sign.h"
#include "x509.h"

#define KEY_BYTES_MAX 16384

/* Refuses an encrypted key: libcrypto calls this to ask for its password. */
static int
no_passphrase(char *buf, int size, int writing, void *unused)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)unused;
	return -1;
}

static const char *
type_text(EVP_PKEY *key)
{
	switch (EVP_PKEY_base_id(key)) {
	case EVP_PKEY_RSA:
		return "rsa";
	case EVP_PKEY_EC:
		return "ecdsa";
	default:
		return "another";
	}
}

int
keyfile_fits(const struct keyspec *spec, EVP_PKEY *key)
{
	int rsa = EVP_PKEY_base_id(key) == EVP_PKEY_RSA;

	return spec->type == KEYTYPE_ANY ||
	    (rsa == (spec->type == KEYTYPE_RSA) &&
		(spec->bits == 0 || spec->bits == EVP_PKEY_bits(key)));
}

/* Do ACME servers accept this key, and is it of the configured type? */
static int
check_type(const struct place *p, const struct keyspec *spec, EVP_PKEY *key,
    struct error *e)
{
	int bits = EVP_PKEY_bits(key);

	if (jws_alg(key) == NULL)
		return error_set(e,
		    "%s: %s key of %d bits; it must be P-256, P-384 or RSA of "
		    "2048 to 4096 bits",
		    p->path, type_text(key), bits);
	if (!keyfile_fits(spec, key))
		return error_set(e,
		    "%s: holds an %s key of %d bits, the configuration says "
		    "%s%s; change it there, or move the file away for a new "
		    "key",
		    p->path, type_text(key), bits,
		    spec->type == KEYTYPE_RSA ? "rsa" : "ecdsa",
		    spec->bits == 0 ? "" : " of another size");
	return 0;
}

static int
check_owner(const struct place *p, const struct stat *st, struct error *e)
{
	if (st->st_uid != geteuid() && st->st_uid != p->dir->st.st_uid &&
	    st->st_uid != 0)
		return error_set(e,
		    "%s: belongs to user %u, not to the owner of its directory",
		    p->path, (unsigned)st->st_uid);
	if (st->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
		return error_set(e,
		    "%s: mode %04o lets others at it; make it 0600", p->path,
		    (unsigned)st->st_mode & 07777);
	return 0;
}

int
keyfile_read(const struct place *p, char **text, size_t *len, struct error *e)
{
	struct stat st;
	int n;

	if ((n = place_read(p, text, len, KEY_BYTES_MAX, &st, e)) != 1)
		return n;
	if (check_owner(p, &st, e) == 0)
		return 1;
	freezero(*text, *len);
	*text = NULL;
	return -1;
}

/*
 * The last key is kept, as csr reads the same file at each step of a job, and
 * OpenSSL 3 takes longer to parse it than to sign.
 */
EVP_PKEY *
keyfile_parse(const char *pem, size_t len)
{
	/* The SHA-256 of the last key's text. */
	static uint8_t of_last[SPKI_HASH_LEN];
	static EVP_PKEY *last;
	uint8_t hash[SPKI_HASH_LEN];
	BIO *bio;

	if (!EVP_Digest(pem, len, hash, NULL, EVP_sha256(), NULL))
		errx(1, "SHA-256 failed");
	if (last == NULL || memcmp(hash, of_last, sizeof(hash)) != 0) {
		if ((bio = BIO_new_mem_buf(pem, (int)len)) == NULL)
			err(1, NULL);
		EVP_PKEY_free(last);
		last = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
		memcpy(of_last, hash, sizeof(hash));
		BIO_free(bio);
		ERR_clear_error();
	}
	if (last != NULL)
		EVP_PKEY_up_ref(last);
	return last;
}

int
keyfile_load(const struct place *p, const struct keyspec *spec, EVP_PKEY **key,
    struct error *e)
{
	char *pem;
	size_t len;
	int n, encrypted;

	*key = NULL;
	if ((n = keyfile_read(p, &pem, &len, e)) != 1)
		return n;
	*key = keyfile_parse(pem, len);
	encrypted = strstr(pem, "ENCRYPTED") != NULL;
	freezero(pem, len);
	if (*key == NULL)
		return error_set(e,
		    "%s: %s; move it away for a new key, or put back the right "
		    "one",
		    p->path,
		    encrypted    ? "is encrypted" :
			len == 0 ? "is empty" :
				   "is not a whole private key in PEM");
	if (check_type(p, spec, *key, e) == -1) {
		EVP_PKEY_free(*key);
		*key = NULL;
		return -1;
	}
	return 1;
}

static EVP_PKEY *
generate(const struct keyspec *spec)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;
	int ok, rsa = spec->type == KEYTYPE_RSA;

	ctx = EVP_PKEY_CTX_new_id(rsa ? EVP_PKEY_RSA : EVP_PKEY_EC, NULL);
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0)
		errx(1, "cannot make a key");
	if (rsa)
		ok = EVP_PKEY_CTX_set_rsa_keygen_bits(
		    ctx, spec->bits == 0 ? 3072 : spec->bits);
	else
		ok = EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
			 spec->bits == 384 ? NID_secp384r1 :
					     NID_X9_62_prime256v1) > 0 &&
		    EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_NAMED_CURVE) >
			0;
	if (ok <= 0 || EVP_PKEY_keygen(ctx, &key) <= 0)
		errx(1, "cannot make a key");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Encodes the key in memory, which wipe() wipes and frees. */
static BIO *
encode(const struct place *p, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio == NULL ||
	    !PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
		errx(1, "%s: cannot encode the key", p->path);
	return bio;
}

static void
wipe(BIO *bio)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	explicit_bzero(text, (size_t)len);
	BIO_free(bio);
}

static mode_t
key_mode(gid_t group)
{
	return group == NO_GROUP ? 0600 : 0640;
}

int
keyfile_combine(const struct place *p, gid_t group, EVP_PKEY *key,
    const void *rest, size_t len, struct error *e)
{
	BIO *bio = encode(p, key);
	struct attrs attrs;
	char *text;
	long n;
	int rc;

	if (len > INT_MAX || BIO_write(bio, rest, (int)len) != (int)len)
		err(1, NULL);
	n = BIO_get_mem_data(bio, &text);
	place_attrs(p, &attrs);
	rc = place_stage(p, text, (size_t)n, key_mode(group), geteuid(),
	    group == NO_GROUP ? getegid() : group, &attrs, e);
	attrs_free(&attrs);
	wipe(bio);
	if (rc == -1 || place_rename(p, e) == -1)
		return -1;
	return dir_sync(p->dir, e);
}

static int
regroup(int fd, gid_t group)
{
	/*
	 * The group gets the file before the mode lets it read; the mode
	 * forbids reading before the group loses the file.
	 */
	if (group != NO_GROUP)
		return fchown(fd, (uid_t)-1, group) == -1 ||
			fchmod(fd, key_mode(group)) == -1 || fsync(fd) == -1 ?
		    -1 :
		    0;
	return fchmod(fd, key_mode(group)) == -1 ||
		fchown(fd, (uid_t)-1, getegid()) == -1 || fsync(fd) == -1 ?
	    -1 :
	    0;
}

int
keyfile_regroup(
    const struct place *p, gid_t group, int take_back, struct error *e)
{
	struct stat st;
	int fd, rc = 0;

	fd = openat(p->dir->fd, p->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ?
		    0 :
		    error_set(e, "%s: %s", p->path, strerror(errno));
	if (fstat(fd, &st) == -1)
		err(1, "%s", p->path);
	if (S_ISREG(st.st_mode) &&
	    (group != NO_GROUP ? st.st_gid != group || !(st.st_mode & S_IRGRP) :
				 take_back && (st.st_mode & S_IRWXG))) {
		rc = 1;
		if (regroup(fd, group) == -1)
			rc = error_set(e,
			    "%s: mode and group cannot be changed to what "
			    "'group' says: %s; as root that takes CAP_CHOWN, "
			    "otherwise membership in the group",
			    p->path, strerror(errno));
	}
	close(fd);
	return rc;
}

int
keyfile_create(const struct place *p, const struct keyspec *spec, uid_t owner,
    gid_t group, EVP_PKEY **key, struct error *e)
{
	char *pem;
	long len;
	BIO *bio;
	int exists, rc;
	gid_t own = owner == geteuid() ? getegid() : p->dir->st.st_gid;

	*key = generate(spec);
	bio = encode(p, *key);
	len = BIO_get_mem_data(bio, &pem);
	rc = place_create(p, pem, (size_t)len, key_mode(group), owner,
	    group == NO_GROUP ? own : group, &exists, e);
	wipe(bio);
	if (rc == 0)
		return 0;
	EVP_PKEY_free(*key);
	*key = NULL;
	return exists && keyfile_load(p, spec, key, e) == 1 ? 0 : -1;
}

int
keyfile_is_in(EVP_PKEY *key, const void *der, size_t len)
{
	size_t n;
	const uint8_t *spki = spki_der(key, &n);

	return spki != NULL && memmem(der, len, spki, n) != NULL;
}

/* Is this line, which is not empty, base64 of a PEM block (RFC 7468 3)? */
static int
is_base64_line(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)line[i]) && line[i] != '+' &&
		    line[i] != '/' && line[i] != '=')
			return 0;
	return len > 0 && len <= 64;
}

int
keyfile_only_certificates(const void *text, size_t len)
{
	static const char *const marks[] = { "-----BEGIN CERTIFICATE-----",
		"-----END CERTIFICATE-----" };
	const char *line = text, *end = line + len, *next;
	int inside = 0;
	size_t n;

	for (; line < end; line = next + 1) {
		if ((next = memchr(line, '\n', (size_t)(end - line))) == NULL)
			return 0;
		n = (size_t)(next - line);
		if (n == strlen(marks[inside]) &&
		    memcmp(line, marks[inside], n) == 0)
			inside = !inside;
		else if (!inside || !is_base64_line(line, n))
			return 0;
	}
	return len > 0 && !inside;
}
