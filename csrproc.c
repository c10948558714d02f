/* SPDX-License-Identifier: ISC */
/*
 * Holds the domain keys, and the right to read and create files in their
 * directories.  From net it reads which job needs a CSR, nothing more.  Who
 * owns it has the domain keys and can have a foreign key certified for the
 * configured names; nothing here reaches the network or an account key.  It
 * refuses to make a key anew where there is one that it cannot use.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "keyfile.h"
#include "proc.h"
#include "x509.h"

struct csr_job {
	char		*path;
	struct place	 key;
	struct keyspec	 spec;
	struct strings	 names;
	struct why	 broken;	/* why there can be no CSR, or "" */
};

static struct csr_job *jobs;
static uint32_t njobs;
static struct msg out;

static void
add_job(struct msg *m)
{
	struct csr_job *j;

	jobs = reallocarray(jobs, njobs + 1, sizeof(*jobs));
	if (jobs == NULL)
		err(1, NULL);
	j = &jobs[njobs++];
	j->broken.text[0] = '\0';
	if ((j->path = strdup(msg_need_str(m))) == NULL)
		err(1, NULL);
	j->spec.type = (enum keytype)msg_get_num(m);
	j->spec.bits = (int)msg_get_num(m);
	j->names.v = msg_get_strings(m, &j->names.n, CONF_NAMES_MAX);
	msg_end(m);
	place_open(&j->key, j->path, &j->broken);
}

static void
tell_file(uint32_t job, EVP_PKEY *key)
{
	uint8_t hash[SPKI_HASH_LEN];

	msg_new(&out, FILE_KEY, job);
	msg_put_num(&out, jobs[job].broken.text[0] == '\0');
	if (key == NULL)
		msg_put_buf(&out, NULL, 0);
	else if (spki_hash(key, hash) == -1)
		errx(1, "%s: cannot hash the public key", jobs[job].path);
	else
		msg_put_buf(&out, hash, sizeof(hash));
	msg_send(&out);
}

/* file decides what is due; for that it must know which key is in place. */
static void
report_keys(void)
{
	struct csr_job *j;
	EVP_PKEY *key;
	uint32_t i;

	for (i = 0; i < njobs; i++) {
		j = &jobs[i];
		key = NULL;
		if (j->broken.text[0] == '\0' && (place_clean(&j->key, &j->broken) == -1 ||
		    keyfile_load(&j->key, &j->spec, &key, &j->broken) == -1))
			warnx("%s", j->broken.text);
		tell_file(i, key);
		EVP_PKEY_free(key);
	}
}

/* Loads or makes the key and tells key and file of it; net only learns that it is done. */
static int
make(uint32_t job, struct why *w)
{
	struct csr_job *j = &jobs[job];
	EVP_PKEY *key;
	uint8_t *der;
	size_t len;
	int n;

	if (j->broken.text[0] != '\0')
		return why(w, "%s", j->broken.text);
	if ((n = keyfile_load(&j->key, &j->spec, &key, w)) == -1)
		return -1;
	if (n == 0) {
		if (keyfile_create(&j->key, &j->spec, &key, w) == -1)
			return -1;
		say(1, "%s: made a new key", j->path);
	}
	if (csr_make(key, &j->names, &der, &len, w) == -1) {
		EVP_PKEY_free(key);
		return -1;
	}
	tell_file(job, key);
	EVP_PKEY_free(key);
	msg_new(&out, KEY_CSR, job);
	msg_put_buf(&out, der, len);
	msg_send(&out);
	free(der);
	return 0;
}

static void
csr_make_handler(struct msg *m)
{
	uint32_t job = m->head.job;
	struct why w;
	int ok;

	msg_end(m);
	if (!(ok = make(job, &w) == 0))
		warnx("%s", w.text);
	msg_new(&out, NET_CSR_DONE, job);
	msg_put_num(&out, (uint64_t)ok);
	msg_send(&out);
}

static const struct handler table[] = {
	{ CSR_MAKE, csr_make_handler, ANY_STATE, 2 },
};

void
csrproc(void)
{
	static struct msg m;
	struct sandbox s = { .role = ROLE_CSR };
	uint32_t i;

	role_conf(&m);
	msg_end(&m);
	while (role_domain(&m, njobs))
		add_job(&m);
	for (i = 0; i < njobs; i++)
		if (jobs[i].broken.text[0] != '\0')
			warnx("%s", jobs[i].broken.text);
	dir_owner(&s);
	s.dirs = dir_rights(DIR_READ | DIR_WRITE, &s.ndirs);
	sandbox_enter(&s);
	report_keys();
	serve(table, sizeof(table) / sizeof(table[0]), njobs, NULL);
}
