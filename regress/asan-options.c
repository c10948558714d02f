/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * What the sanitizers' run time needs inside a sandbox that knows nothing of
 * it.
 */
#include <signal.h>
#include <stddef.h>

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/*
 * Roles have no environment: the options are compiled in.  The leak checker
 * would ptrace its own process, which the sandbox ends.
 */
const char *
__asan_default_options(void)
{
	return "detect_leaks=0:use_sigaltstack=0:abort_on_error=0:exitcode=99";
}

const char *
__ubsan_default_options(void)
{
	return "halt_on_error=1:exitcode=99";
}

/*
 * AddressSanitizer asks for it before exit(); no filter allows the call, none
 * of us uses one.
 */
int
sigaltstack(const stack_t *restrict new, stack_t *restrict old)
{
	(void)new;
	if (old != NULL)
		*old = (stack_t){ .ss_flags = SS_DISABLE };
	return 0;
}
