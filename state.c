/* SPDX-License-Identifier: ISC */
/*
 * What is remembered between runs, in the state directory.
 */
#include <sys/file.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <sha2.h>

#include "clock.h"
#include "state.h"

#define STATE_BYTES_MAX	16384
#define MINUTE		60
#define DAY		86400

/* A damaged state file must not stop a renewal: it is said and left out. */
static json_t *
load(const struct place *p, struct why *w)
{
	struct stat st;
	json_t *o;
	char *buf;
	size_t len;
	int n;

	if ((n = place_read(p, &buf, &len, STATE_BYTES_MAX, &st, w)) != 1)
		return n == 0 ? json_object() : NULL;
	o = json_loadb(buf, len, JSON_REJECT_DUPLICATES, NULL);
	free(buf);
	if (!json_is_object(o)) {
		json_decref(o);
		warnx("%s: damaged, started anew", p->path);
		return json_object();
	}
	return o;
}

static int
save(const struct place *p, json_t *o, struct why *w)
{
	char *text = json_dumps(o, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	int rc;

	json_decref(o);
	if (text == NULL)
		return why(w, "%s: cannot encode", p->path);
	rc = place_write(p, text, strlen(text), w);
	free(text);
	return rc;
}

static json_int_t
number(json_t *o, const char *member)
{
	json_int_t n = json_integer_value(json_object_get(o, member));

	return n < 0 ? 0 : n;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same for every order of the same names. */
static void
hash_names(const struct strings *names, char out[65])
{
	char *sorted[CONF_NAMES_MAX + 1];
	SHA2_CTX ctx;
	size_t i, n = names->n < CONF_NAMES_MAX ? names->n : CONF_NAMES_MAX;

	for (i = 0; i < n; i++)
		sorted[i] = names->v[i];
	qsort(sorted, n, sizeof(*sorted), by_text);
	SHA256Init(&ctx);
	for (i = 0; i < n; i++)
		SHA256Update(&ctx, (uint8_t *)sorted[i], strlen(sorted[i]) + 1);
	SHA256End(&ctx, out);
}

static void
copy_text(json_t *o, const char *member, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(o, member));

	if (s != NULL)
		strlcpy(out, s, size);
}

static void
load_window(json_t *o, struct window *window)
{
	copy_text(o, "certificate", window->certid, sizeof(window->certid));
	window->start = (time_t)number(o, "start");
	window->end = (time_t)number(o, "end");
	window->time = (time_t)number(o, "time");
	window->ask = (time_t)number(o, "ask again");
}

static void
load_looks(json_t *o, struct state *s)
{
	copy_text(o, "files", s->looks, sizeof(s->looks));
	copy_text(o, "certificate", s->life.certid, sizeof(s->life.certid));
	s->life.not_before = (time_t)number(o, "begins");
	s->life.not_after = (time_t)number(o, "ends");
}

int
state_load(const struct place *p, const struct strings *names, struct state *s, struct why *w)
{
	char hash[65];
	json_t *o;

	memset(s, 0, sizeof(*s));
	if ((o = load(p, w)) == NULL)
		return -1;
	hash_names(names, hash);
	copy_text(o, "names", s->names, sizeof(s->names));
	/* What has failed with other names says nothing about these. */
	if (strcmp(s->names, hash) != 0) {
		strlcpy(s->names, hash, sizeof(s->names));
		json_decref(o);
		return 0;
	}
	s->attempts = (unsigned)number(o, "attempts");
	s->failures = (unsigned)number(o, "failures");
	s->not_before = (time_t)number(o, "not before");
	s->last_success = (time_t)number(o, "last success");
	copy_text(o, "last error", s->last_error, sizeof(s->last_error));
	s->error_class = (enum failure)number(o, "error class");
	if (s->error_class > FAILURE_AUTHORITY || (s->error_class == 0 && s->last_error[0] != '\0'))
		s->error_class = FAILURE_LOCAL;
	s->took_ms = (long)number(o, "milliseconds");
	load_window(json_object_get(o, "renewal"), &s->window);
	s->status_ask = (time_t)number(o, "ask about revocation");
	load_looks(json_object_get(o, "looked at"), s);
	s->early = (time_t)number(o, "renewed early");
	s->slow = number(o, "slow") != 0;
	copy_text(o, "newNonce", s->new_nonce, sizeof(s->new_nonce));
	json_decref(o);
	return 0;
}

int
state_save(const struct place *p, const struct state *s, struct why *w)
{
	const struct window *window = &s->window;

	return save(p, json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:{s:s, s:I, s:I, s:I, s:I}, "
	    "s:I, s:I, s:s, s:i, s:{s:s, s:s, s:I, s:I}}",
	    "names", s->names,
	    "attempts", (json_int_t)s->attempts,
	    "failures", (json_int_t)s->failures,
	    "not before", (json_int_t)s->not_before,
	    "last success", (json_int_t)s->last_success,
	    "last error", s->last_error,
	    "error class", (json_int_t)s->error_class,
	    "milliseconds", (json_int_t)s->took_ms,
	    "renewal",
	    "certificate", window->certid,
	    "start", (json_int_t)window->start,
	    "end", (json_int_t)window->end,
	    "time", (json_int_t)window->time,
	    "ask again", (json_int_t)window->ask,
	    "ask about revocation", (json_int_t)s->status_ask,
	    "renewed early", (json_int_t)s->early,
	    "newNonce", s->new_nonce,
	    "slow", s->slow,
	    "looked at",
	    "files", s->looks,
	    "certificate", s->life.certid,
	    "begins", (json_int_t)s->life.not_before,
	    "ends", (json_int_t)s->life.not_after), w);
}

static char *
text(json_t *o, const char *member)
{
	const char *s = json_string_value(json_object_get(o, member));
	char *copy = NULL;

	if (s != NULL && (copy = strdup(s)) == NULL)
		err(1, NULL);
	return copy;
}

int
account_load(const struct place *p, const char *directory, char **thumbprint,
    char **url, struct why *w)
{
	const char *of;
	json_t *o;

	*thumbprint = *url = NULL;
	if ((o = load(p, w)) == NULL)
		return -1;
	of = json_string_value(json_object_get(o, "directory"));
	if (of != NULL && strcmp(of, directory) == 0) {
		*thumbprint = text(o, "thumbprint");
		*url = text(o, "account");
	}
	json_decref(o);
	return 0;
}

int
account_save(const struct place *p, const char *directory, const char *thumbprint,
    const char *url, struct why *w)
{
	return save(p, json_pack("{s:s, s:s, s:s}", "directory", directory,
	    "account", url, "thumbprint", thumbprint), w);
}

time_t
backoff(unsigned failures, time_t now)
{
	static const time_t steps[] = { MINUTE, 10 * MINUTE, 100 * MINUTE, DAY };
	size_t last = sizeof(steps) / sizeof(steps[0]) - 1;
	time_t step;

	if (failures == 0)
		return now;
	step = steps[failures - 1 < last ? failures - 1 : last];
	return now + step + (time_t)arc4random_uniform((uint32_t)(step / 4));
}

time_t
backoff_or(unsigned failures, time_t now, uint64_t seconds)
{
	time_t usual = backoff(failures, now);
	time_t asked = now + (time_t)(seconds > DAY ? DAY : seconds);

	return asked > usual ? asked : usual;
}

int
backoff_holds(time_t not_before, time_t now)
{
	return not_before > now && not_before - now <= DAY + DAY / 4;
}

void
state_place(struct place *p, struct dir *d, const char *prefix, const char *name,
    const char *suffix)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	char *encoded, *path, *e;

	if ((encoded = malloc(3 * strlen(name) + 1)) == NULL)
		err(1, NULL);
	for (e = encoded; *name != '\0'; name++)
		if (strchr(plain, *name) != NULL)
			*e++ = *name;
		else
			e += sprintf(e, "%%%02x", (unsigned char)*name);
	*e = '\0';
	if (asprintf(&path, "%s/%s-%s.%s", d->path, prefix, encoded, suffix) == -1)
		err(1, NULL);
	free(encoded);
	p->path = path;
	p->dir = d;
	p->name = strrchr(path, '/') + 1;
}

static int
locked_by_other(const struct place *p, int fd, struct why *w)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	if (n > 0)
		pid[strcspn(pid, " \n")] = '\0';
	close(fd);
	return why(w, "another acme-client%s%s is at work on it (lock %s); "
	    "try again when it is done", n > 0 ? ", process " : "", pid, p->path);
}

int
lock_take(const struct place *p, int how, int64_t deadline, int *fd, struct why *w)
{
	char pid[16];

	*fd = openat(p->dir->fd, p->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd == -1)
		return why(w, "%s: %s", p->path, strerror(errno));
	while (flock(*fd, how | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			close(*fd);
			return why(w, "%s: %s", p->path, strerror(errno));
		}
		if (clock_left_ms(deadline) == 0)
			return locked_by_other(p, *fd, w);
		clock_sleep_ms(50);
	}
	if (how == LOCK_SH)
		return 0;
	/* Only for the message above; a full disk is no reason to stop. */
	snprintf(pid, sizeof(pid), "%-10d\n", (int)getppid());
	if (pwrite(*fd, pid, strlen(pid), 0) == -1)
		say(2, "%s: %s", p->path, strerror(errno));
	return 0;
}
