/* SPDX-License-Identifier: ISC */
/*
 * What the files of a domain look like from outside, without reading them.
 */
#include <sys/stat.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include <sha2.h>

#include "fingerprint.h"

/* Whoever changes a file changes one of these. */
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
		fprintf(f, "%s %llx %llx %llx %llx.%lx %llx.%lx %x %x %x\n", name,
		    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		    (unsigned long long)st.st_size,
		    (unsigned long long)st.st_mtim.tv_sec, (unsigned long)st.st_mtim.tv_nsec,
		    (unsigned long long)st.st_ctim.tv_sec, (unsigned long)st.st_ctim.tv_nsec,
		    (unsigned)st.st_mode, (unsigned)st.st_uid, (unsigned)st.st_gid);
}

char *
fingerprint(const struct domain *d)
{
	char *text, *hash;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&text, &len)) == NULL)
		err(1, NULL);
	fprintf(f, "%d %d\n", d->key_spec.type, d->key_spec.bits);
	put_file(f, d->key, "");
	put_file(f, d->key, ".new");
	put_file(f, d->csr_file, "");
	put_file(f, d->combined, "");
	put_file(f, d->cert, "");
	put_file(f, d->chain, "");
	put_file(f, d->fullchain, "");
	/* Not libcrypto's: to start that costs more than all the rest of a run with nothing to do. */
	if (fclose(f) != 0 || (hash = SHA256Data((uint8_t *)text, len, NULL)) == NULL)
		errx(1, "cannot take the fingerprint of %s", d->handle);
	free(text);
	return hash;
}
