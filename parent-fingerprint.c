/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* Makes the fingerprint of a domain's files without reading them. */
#include <sys/stat.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include <sha2.h>

#include "parent.h"
#include "trust.h"

/* Adds a file: any change of it changes one of these values. */
static void
put_file(FILE *f, const char *path, const char *suffix)
{
	char name[4096];
	struct stat st;

	if (path == NULL)
		return;
	snprintf(name, sizeof(name), "%s%s", path, suffix);
	if (lstat(name, &st) == -1)
		fprintf(f, "%s -\n", name);
	else
		fprintf(f, "%s %llx %llx %llx %llx.%lx %llx.%lx %x %x %x\n",
		    name, (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino,
		    (unsigned long long)st.st_size,
		    (unsigned long long)st.st_mtim.tv_sec,
		    (unsigned long)st.st_mtim.tv_nsec,
		    (unsigned long long)st.st_ctim.tv_sec,
		    (unsigned long)st.st_ctim.tv_nsec, (unsigned)st.st_mode,
		    (unsigned)st.st_uid, (unsigned)st.st_gid);
}

/*
 * Adds the file of roots behind a symbolic link, as it is opened by that.  The
 * mode decides whether it can be read.
 */
static void
put_roots(FILE *f, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		fprintf(f, "%s -\n", path);
	else
		fprintf(f, "%s %llx %llx %llx %llx.%lx %x\n", path,
		    (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino,
		    (unsigned long long)st.st_size,
		    (unsigned long long)st.st_mtim.tv_sec,
		    (unsigned long)st.st_mtim.tv_nsec, (unsigned)st.st_mode);
}

/*
 * Makes the part of the fingerprint that all domains of an authority have in
 * common, once in a run.
 */
static const char *
authority_text(const struct authority *a)
{
	static const struct authority *of;
	static char *text;
	size_t len, i;
	FILE *f;

	if (of == a)
		return text;
	free(text);
	if ((f = open_memstream(&text, &len)) == NULL)
		err(1, NULL);
	fprintf(f, "%s %d\n", a->api_url, a->root_any);
	if (a->root_file != NULL)
		put_roots(f, a->root_file);
	for (i = 0;
	     i < TRUST_SYSTEM_FILES && a->root_file == NULL && !a->root_any;
	     i++)
		put_roots(f, trust_system_files[i]);
	if (fclose(f) != 0)
		err(1, NULL);
	of = a;
	return text;
}

/* Adds a string; NULL differs from "". */
static void
put_text(FILE *f, const char *text)
{
	if (text == NULL)
		fprintf(f, "-\n");
	else
		fprintf(f, "=%s\n", text);
}

char *
fingerprint(const struct domain *d)
{
	char *text, *hash;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&text, &len)) == NULL)
		err(1, NULL);
	fprintf(f, "%d %d %d\n", d->key_spec.type, d->key_spec.bits,
	    d->accept_more);
	fputs(authority_text(d->authority), f);
	put_text(f, d->profile);
	put_text(f, d->preferred_chain);
	put_text(f, d->group);
	put_file(f, d->key, "");
	put_file(f, d->key, ".new");
	put_file(f, d->csr_file, "");
	put_file(f, d->combined, "");
	put_file(f, d->cert, "");
	put_file(f, d->chain, "");
	put_file(f, d->fullchain, "");
	/*
	 * libc or libmd computes the SHA-256: starting libcrypto would take
	 * longer than the rest of a run with nothing due.
	 */
	if (fclose(f) != 0 ||
	    (hash = SHA256Data((uint8_t *)text, len, NULL)) == NULL)
		errx(1, "cannot take the fingerprint of %s", d->handle);
	free(text);
	return hash;
}
