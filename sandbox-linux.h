/*
 * The parts of the Linux sandbox, used by sandbox-linux.c only.
 */
#ifndef SANDBOX_LINUX_H
#define SANDBOX_LINUX_H

#include "sandbox.h"

extern pid_t sandbox_parent; /* when this process began */

/* A resource limit (RLIMIT_*), soft and hard, of so much at most. */
void sandbox_limit(int resource, uint64_t most);

/*
 * Version of Landlock's interface; or why there is none, as a negative errno.
 */
int landlock_abi(void);
/* One more layer of Landlock rules; only where landlock_abi() > 0. */
void landlock_enter(const struct sandbox *, int abi);
/* The filter; nothing after it may need what the role may not do. */
void seccomp_enter(const struct sandbox *);

#endif
