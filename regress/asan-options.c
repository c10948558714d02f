/* SPDX-License-Identifier: ISC */
/* Roles have no environment: the sanitizers' options are compiled in. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* The leak checker would ptrace its own process, which the sandbox ends. */
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
