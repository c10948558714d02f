/* SPDX-License-Identifier: ISC */
/*
 * What file remembers of the authority: the account, under a lock; and how
 * long to leave it alone after it could not be reached.
 */
#include <sys/file.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "file-authority.h"
#include "proc.h"
#include "state.h"

static const char *name;
static char *api_url;
static struct place account_file, account_lock, backoff_file;
static int account_lock_fd = -1;
static char *thumbprint, *account_url, *unknown;	/* as they are stored, or NULL */
static char ended[ERROR_MAX];	/* what it has refused for every order, or "" */
static struct state remembered;		/* of its failures */
static time_t run_began;
static struct msg out;

void
authority_open(struct dir *state_dir, const char *authority, char *directory_url)
{
	struct strings url = { .v = &api_url, .n = 1 };
	struct why w;

	name = authority;
	api_url = directory_url;
	run_began = time(NULL);
	state_place(&account_file, state_dir, "authority", name, "json");
	state_place(&account_lock, state_dir, "authority", name, "lock");
	state_place(&backoff_file, state_dir, "authority", name, "backoff.json");
	if (state_load(&backoff_file, &url, &remembered, &w) == -1)
		errx(1, "%s", w.text);
}

static void
load_stored(void)
{
	struct why w;

	free(thumbprint);
	free(account_url);
	free(unknown);
	if (account_load(&account_file, api_url, &thumbprint, &account_url, &unknown, &w) == -1)
		errx(1, "%s", w.text);
}

/* With an account, the lock is shared; 0: there is none. */
static int
load_shared(int64_t lock_deadline)
{
	struct why w;

	if (lock_take(&account_lock, LOCK_SH, lock_deadline, &account_lock_fd, &w) == -1)
		errx(1, "%s", w.text);
	load_stored();
	if (account_url != NULL || role_mode == MODE_REVOKE)
		return 1;
	close(account_lock_fd);
	return 0;
}

/*
 * Key rollover and the like have it alone, so has a run without an account
 * until there is one, before which key makes no account key: two first runs make one account.
 */
void
authority_load_account(int64_t lock_deadline)
{
	int alone = role_mode >= MODE_ROLLOVER;
	struct why w;

	while (alone || !load_shared(lock_deadline)) {
		if (lock_take(&account_lock, LOCK_EX, alone ? lock_deadline : clock_ms(),
		    &account_lock_fd, &w) == 0) {
			load_stored();
			/* It was made meanwhile. */
			if (account_url != NULL && !alone && flock(account_lock_fd, LOCK_SH) == -1)
				err(1, "%s", account_lock.path);
			return;
		}
		if (clock_left_ms(lock_deadline) == 0)
			errx(1, "%s", w.text);
		clock_sleep_ms(50);
	}
}

void
authority_tell_key(void)
{
	msg_new(&out, KEY_ACCOUNT, 0);
	msg_put_str(&out, thumbprint);
	msg_put_str(&out, account_url);
	msg_put_str(&out, unknown);
	msg_send(&out);
}

void
file_account(struct msg *m)
{
	const char *of_key = msg_need_str(m), *url = msg_need_str(m), *no_key = msg_get_str(m);
	struct why w;

	msg_end(m);
	/* The next run finds the account by its key; but the end of a rollover is this file's word. */
	if (account_save(&account_file, api_url, of_key, url, no_key, &w) == -1) {
		if (role_mode >= MODE_ROLLOVER)
			errx(1, "%s", w.text);
		warnx("%s", w.text);
	}
	/* Others may use it, too, now that it is there. */
	if (role_mode == MODE_RENEW && flock(account_lock_fd, LOCK_SH) == -1)
		err(1, "%s", account_lock.path);
}

void
authority_ends(const char *text)
{
	say_shorten(ended, sizeof(ended), text[0] != '\0' ? text : "no reason given");
}

int
authority_ended(struct why *w)
{
	char cause[CAUSE_MAX];

	if (ended[0] == '\0')
		return 0;
	why(w, "not ordered in this run: what authority %s has refused before would be "
	    "refused for it, too (%s)", name, say_shorten(cause, sizeof(cause), ended));
	return 1;
}

int
authority_holds(struct why *w)
{
	static char cause[CAUSE_MAX];

	if (!backoff_holds(remembered.not_before, time(NULL)))
		return 0;
	/* Many handles may be held back by it. */
	if (cause[0] == '\0')
		state_cause(&remembered, name, cause, sizeof(cause));
	why(w, "authority %s is not tried again before %s, after %u failure%s (%s); -F tries now", name,
	    clock_text(remembered.not_before), remembered.failures,
	    remembered.failures == 1 ? "" : "s", cause);
	return 1;
}

time_t
authority_not_before(void)
{
	return backoff_holds(remembered.not_before, time(NULL)) ? remembered.not_before : 0;
}

const char *
authority_cause(void)
{
	return ended[0] != '\0' ? ended : remembered.last_error;
}

static void
remember(void)
{
	struct why w;

	if (state_save(&backoff_file, &remembered, &w) == -1)
		warnx("%s", w.text);
}

void
authority_failed(const char *text, uint64_t seconds)
{
	/* All workers notice the same outage. */
	if (backoff_holds(remembered.not_before, time(NULL)))
		return;
	remembered.failures++;
	remembered.not_before = backoff_or(remembered.failures, time(NULL), seconds,
	    run_began);
	say_shorten(remembered.last_error, sizeof(remembered.last_error), text);
	remember();
}

void
authority_works(void)
{
	if (remembered.failures == 0)
		return;
	remembered.failures = 0;
	remembered.not_before = 0;
	remembered.last_error[0] = '\0';
	remember();
}
