/* SPDX-License-Identifier: ISC */
/*
 * The files of one certificate: reading, and replacing all of them.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "install.h"

int
certset_open(struct certset *set, struct why *w)
{
	int i;

	for (i = 0; i < SET__MAX; i++)
		if (set->path[i] != NULL &&
		    place_open(&set->place[i], set->path[i], w) == -1)
			return -1;
	return 0;
}

void
certset_foreign(const struct certset *set, uid_t uid, gid_t gid, int *chown, int *dac)
{
	struct stat st;
	int i;

	for (i = 0; i < SET__MAX; i++) {
		if (set->path[i] == NULL || set->place[i].dir == NULL ||
		    fstatat(set->place[i].dir->fd, set->place[i].name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1 || (st.st_uid == uid && st.st_gid == gid))
			continue;
		*chown = 1;
		if (st.st_uid != uid && !(st.st_mode & S_IROTH))
			*dac = 1;
	}
}

int
certset_clean(const struct certset *set, struct why *w)
{
	int i;

	for (i = 0; i < SET__MAX; i++)
		if (set->path[i] != NULL && place_clean(&set->place[i], w) == -1)
			return -1;
	return 0;
}

int
certset_probe(const struct certset *set, struct why *w)
{
	int i;

	for (i = 0; i < SET__MAX; i++)
		if (set->path[i] != NULL &&
		    place_probe(&set->place[i], CHAIN_BYTES_MAX, w) == -1)
			return -1;
	return 0;
}

/* Do these certificates stand at a's index from in the same order? */
static int
same_certs(const struct chain *a, int from, const struct chain *b)
{
	int i, n = b == NULL ? 0 : sk_X509_num(b->certs);

	if (sk_X509_num(a->certs) - from != n)
		return 0;
	for (i = 0; i < n; i++)
		if (X509_cmp(sk_X509_value(a->certs, from + i), sk_X509_value(b->certs, i)) != 0)
			return 0;
	return 1;
}

static int
same_leaf(const struct chain *a, const struct chain *b)
{
	return b != NULL &&
	    X509_cmp(sk_X509_value(a->certs, 0), sk_X509_value(b->certs, 0)) == 0;
}

/* Are these the certificate and the certificates that lead on from it, each in a file? */
static int
belong_together(const struct chain *cert, const struct chain *rest)
{
	return cert != NULL && rest != NULL && X509_check_issued(sk_X509_value(rest->certs, 0),
	    sk_X509_value(cert->certs, 0)) == X509_V_OK;
}

/* Without a full chain: the certificate, and the chain behind it if that is its issuer's. */
static void
join(const struct certset *set, struct chain *part[SET__MAX], struct installed *in)
{
	struct chain *cert = part[SET_CERT], *rest = part[SET_CHAIN];
	int together = belong_together(cert, rest);
	X509 *next;

	in->mixed = set->path[SET_FULLCHAIN] != NULL ||
	    (set->path[SET_CHAIN] != NULL && cert != NULL && !together);
	if (!together || sk_X509_num(cert->certs) != 1 || sk_X509_num(rest->certs) >= CHAIN_CERTS_MAX)
		return;
	while ((next = sk_X509_shift(rest->certs)) != NULL)
		if (!sk_X509_push(cert->certs, next))
			err(1, NULL);
	in->complete = 1;
	in->repairable = in->mixed;
}

/* The full chain tells what the others should be, unless the certificate is the newer one. */
static void
compare(const struct certset *set, struct chain *part[SET__MAX], struct installed *in)
{
	struct chain *full = part[SET_FULLCHAIN], *cert = part[SET_CERT];

	if (full == NULL) {
		join(set, part, in);
		return;
	}
	in->complete = 1;
	in->mixed = (set->path[SET_CERT] != NULL &&
	    (!same_leaf(full, cert) || sk_X509_num(cert->certs) != 1)) ||
	    (set->path[SET_CHAIN] != NULL && !same_certs(full, 1, part[SET_CHAIN]));
	in->repairable = in->mixed &&
	    (cert == NULL || cert->not_after <= full->not_after);
}

/* One file as a chain; *chain stays NULL where it is absent or no chain. */
static int
read_part(const struct certset *set, int which, struct chain **chain, struct stat *st,
    struct why *w)
{
	struct why reason;
	size_t len;
	char *pem;
	int n;

	if (set->path[which] == NULL)
		return 0;
	n = place_read(&set->place[which], &pem, &len, CHAIN_BYTES_MAX, st, w);
	if (n == -1 && S_ISREG(st->st_mode) && st->st_size > CHAIN_BYTES_MAX) {
		say(1, "%s; counts as absent", w->text);
		return 0;
	}
	if (n != 1)
		return n;
	/* A chain of one certificate leaves the chain file empty. */
	if ((*chain = chain_parse(pem, len, &reason)) == NULL && len > 0)
		say(1, "%s: %s", set->path[which], reason.text);
	free(pem);
	return 0;
}

int
certset_read(const struct certset *set, struct installed *in, struct why *w)
{
	struct chain *part[SET__MAX] = { NULL };
	int i, main_part, rc = 0;

	memset(in, 0, sizeof(*in));
	for (i = 0; i < SET__MAX && rc == 0; i++)
		rc = read_part(set, i, &part[i], &in->st[i], w);
	if (rc == 0) {
		compare(set, part, in);
		main_part = part[SET_FULLCHAIN] != NULL ? SET_FULLCHAIN : SET_CERT;
		in->chain = part[main_part];
		part[main_part] = NULL;
	}
	for (i = 0; i < SET__MAX; i++)
		chain_free(part[i]);
	return rc;
}

void
certset_attrs(const struct certset *set, struct installed *in)
{
	int i;

	for (i = 0; i < SET__MAX; i++)
		if (set->path[i] != NULL)
			place_attrs(&set->place[i], &in->attrs[i]);
}

void
installed_free(struct installed *in)
{
	int i;

	for (i = 0; i < SET__MAX; i++)
		attrs_free(&in->attrs[i]);
	chain_free(in->chain);
	in->chain = NULL;
}

int
certset_untouched(const struct certset *set, const struct installed *in)
{
	struct stat st;
	int i;

	for (i = 0; i < SET__MAX; i++) {
		if (set->path[i] == NULL)
			continue;
		if (fstatat(set->place[i].dir->fd, set->place[i].name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1)
			memset(&st, 0, sizeof(st));
		if (st.st_ino != in->st[i].st_ino || st.st_dev != in->st[i].st_dev ||
		    st.st_size != in->st[i].st_size ||
		    st.st_mtim.tv_sec != in->st[i].st_mtim.tv_sec ||
		    st.st_mtim.tv_nsec != in->st[i].st_mtim.tv_nsec)
			return 0;
	}
	return 1;
}

/* What is to be in this file of the set; the caller frees. */
static char *
part_pem(const struct chain *chain, int which, size_t *len)
{
	return chain_pem(chain, which == SET_CHAIN ? 1 : 0, which == SET_CERT ? 1 : SIZE_MAX, len);
}

int
certset_holds(const struct certset *set, const struct chain *chain)
{
	struct why ignored;
	struct stat st;
	char *is, *should;
	size_t is_len, should_len;
	int i, same = 1;

	for (i = 0; i < SET__MAX && same; i++) {
		if (set->path[i] == NULL)
			continue;
		if (place_read(&set->place[i], &is, &is_len, CHAIN_BYTES_MAX, &st, &ignored) != 1)
			return 0;
		should = part_pem(chain, i, &should_len);
		same = is_len == should_len && memcmp(is, should, is_len) == 0;
		free(is);
		free(should);
	}
	return same;
}

static int
stage(const struct place *p, int which, const struct attrs *attrs, const struct chain *chain, struct why *w)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	mode_t mode = 0644;
	struct stat st;
	char *pem;
	size_t len;
	int rc;

	if (fstatat(p->dir->fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!S_ISREG(st.st_mode))
			return why(w, "%s: not a regular file", p->path);
		uid = st.st_uid;
		gid = st.st_gid;
		mode = st.st_mode & 0777;
	}
	pem = part_pem(chain, which, &len);
	rc = place_stage(p, pem, len, mode, uid, gid, attrs, w);
	free(pem);
	return rc;
}

/* What was renamed or removed stays so after a power cut. */
static int
sync_dirs(const struct certset *set, struct why *w)
{
	int i;

	for (i = 0; i < SET__MAX; i++)
		if (set->path[i] != NULL && dir_sync(set->place[i].dir, w) == -1)
			return -1;
	return 0;
}

int
certset_install(const struct certset *set, const struct installed *in, const struct chain *chain,
    struct why *w)
{
	struct why ignored;
	int i;

	for (i = 0; i < SET__MAX; i++)
		if (set->path[i] != NULL && stage(&set->place[i], i, &in->attrs[i], chain, w) == -1) {
			certset_clean(set, &ignored);
			return -1;
		}
	for (i = 0; i < SET__MAX; i++)
		if (set->path[i] != NULL && place_rename(&set->place[i], w) == -1)
			return -1;
	return sync_dirs(set, w);
}

int
certset_remove(const struct certset *set, struct why *w)
{
	int i;

	for (i = 0; i < SET__MAX; i++)
		if (set->path[i] != NULL && place_remove(&set->place[i], w) == -1)
			return -1;
	return sync_dirs(set, w);
}
