/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Prepares libcrypto before the process enters the sandbox.
 */
#include <err.h>
#include <signal.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "begin.h"

/*
 * LibreSSL frees nothing at exit, and takes its random numbers from the kernel.
 */
#ifdef LIBRESSL_VERSION_NUMBER
#define AT_EXIT 0
#define choose_generator() 1
#else
#define AT_EXIT OPENSSL_INIT_NO_ATEXIT
/*
 * OpenSSL 3's default generator of random numbers uses AES, for which it sets
 * up all ciphers: 0.4 ms.  keyproc and csrproc need SHA-256 anyway, and no
 * cipher. SP 800-90A describes both generators, and the kernel seeds both.
 * A process that had no memory for libcrypto's default context, which
 * OPENSSL_init_crypto() does not look at, would crash in there.
 */
#define choose_generator() \
	(OSSL_LIB_CTX_get0_global_default() != NULL && \
	    RAND_set_DRBG_type(NULL, "HASH-DRBG", NULL, NULL, "SHA256"))
#endif

static void
too_long(int sig)
{
	static const char why[] = "libcrypto does not get through its start; "
				  "perhaps there is too little memory\n";

	(void)sig;
	if (write(STDERR_FILENO, why, sizeof(why) - 1) == -1)
		_exit(2);
	_exit(1);
}

void
begin_crypto(int random)
{
	unsigned char byte;

	/*
	 * Without memory for its first lock, OpenSSL 3.5 waits for ever: to
	 * report that, it waits for its own start.
	 */
	signal(SIGALRM, too_long);
	alarm(BEGIN_SECONDS);
	/*
	 * libcrypto reads no configuration file, which can load code; it loads
	 * no tables of error texts and ciphers, which would take 0.4 ms; and it
	 * frees nothing at exit, which would take 0.1 ms.
	 */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
		    OPENSSL_INIT_NO_ADD_ALL_CIPHERS | AT_EXIT,
		NULL) != 1)
		errx(1, "libcrypto cannot begin: no memory");
	/*
	 * Where the kernel has no getrandom(), libcrypto opens a device for the
	 * first random number: the sandbox would refuse that.
	 */
	if (random && (choose_generator() != 1 || RAND_bytes(&byte, 1) != 1))
		errx(1, "no random numbers");
	alarm(0);
	signal(SIGALRM, SIG_DFL);
}
