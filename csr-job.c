/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/* The jobs of csrproc: their files, and the replies about them. */
#include <err.h>
#include <grp.h>
#include <stdlib.h>

#include "csr.h"
#include "disk.h"
#include "role.h"
#include "x509.h"

static struct csr_job *jobs;
static uint32_t njobs;
static struct msg out;

/* A group that does not exist makes this job fail, and no other. */
static gid_t
find_group(struct csr_job *j, const char *name, struct sandbox *box)
{
	const char *problem = NULL;
	struct group *gr;
	gid_t gid;

	if (name == NULL)
		return NO_GROUP;
	if ((gr = getgrnam(name)) != NULL)
		gid = gr->gr_gid;
	else
		gid = (gid_t)strtonum(name, 0, INT32_MAX, &problem);
	if (problem != NULL) {
		error_set(&j->broken, "%s: group %s: there is no such group",
		    j->path, name);
		return NO_GROUP;
	}
	box->keep_chown = 1;
	return gid;
}

/* A CSR that keyproc would refuse is refused here, before there is an order. */
static void
load_own_csr(struct csr_job *j, const char *path)
{
	uint8_t hash[SPKI_HASH_LEN];
	struct error e = { "" };
	size_t len;
	char *text;

	if ((text = csr_file_read(path, &len, &j->broken)) == NULL)
		return;
	if (csr_parse(text, len, &j->own_csr, &j->own_csr_len, &e) == 0 &&
	    csr_check(j->own_csr, j->own_csr_len, &j->names, NULL, 1, hash,
		&e) == 0) {
		free(text);
		return;
	}
	free(text);
	error_set(&j->broken, "%s: %s", path, e.text);
	free(j->own_csr);
	j->own_csr = NULL;
}

void
csr_job_add(const struct slice_domain *d, struct sandbox *box)
{
	struct csr_job *j;

	jobs = role_grow(jobs, njobs, sizeof(*jobs));
	j = &jobs[njobs++];
	j->path = d->key;
	j->spec = d->key_spec;
	j->rotate = d->rotate;
	j->group = find_group(j, d->group, box);
	j->names = d->names;
	if (d->csr_file != NULL)
		load_own_csr(j, d->csr_file);
	else if (j->broken.text[0] == '\0' &&
	    place_open(&j->key, j->path, &j->broken) == 0) {
		place_beside(&j->next, &j->key, ".new");
		place_beside(&j->old, &j->key, ".old");
	}
	if (d->combined != NULL && j->broken.text[0] == '\0')
		place_open(&j->combined, d->combined, &j->broken);
	if (j->broken.text[0] != '\0')
		warnx("%s", j->broken.text);
}

uint32_t
csr_njobs(void)
{
	return njobs;
}

struct csr_job *
csr_job(uint32_t n)
{
	return &jobs[n];
}

int
csr_load(const struct place *p, EVP_PKEY **key, struct error *e)
{
	static const struct keyspec any = { .type = KEYTYPE_ANY };

	return keyfile_load(p, &any, key, e);
}

int
csr_is_for(const struct place *p, const uint8_t *der, size_t len)
{
	EVP_PKEY *key = NULL;
	struct error ignored;
	int is;

	if (p->dir == NULL)
		return 0;
	is = csr_load(p, &key, &ignored) == 1 && keyfile_is_in(key, der, len);
	EVP_PKEY_free(key);
	return is;
}

void
csr_tell_error(uint32_t job, const struct error *e)
{
	if (role_mode != MODE_RENEW)
		return;
	msg_new(&out, CERT_ERROR, job);
	msg_put_str(&out, e->text);
	msg_send(&out);
}

void
csr_reply(uint32_t job, enum csr_done how, const struct error *e)
{
	if (how == CSR_FAILED) {
		warnx("%s", e->text);
		csr_tell_error(job, e);
	}
	msg_new(&out, CERT_CSR_DONE, job);
	body_csr_done(&out, &how);
	msg_send(&out);
}
