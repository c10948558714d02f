/* SPDX-License-Identifier: ISC */
/*
 * libcrypto, before the sandbox.
 */
#include <err.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "begin.h"

/*
 * LibreSSL tidies up nothing at exit, and its random numbers are the kernel's.
 */
#ifdef LIBRESSL_VERSION_NUMBER
#define AT_EXIT 0
#define choose_generator() 1
#else
#define AT_EXIT OPENSSL_INIT_NO_ATEXIT
/*
 * By default the generator is made of AES, for which OpenSSL 3 sets up all its
 * ciphers: 0.4 ms.  key and csr need no cipher, but SHA-256.  Both generators
 * are SP 800-90A's, and the kernel seeds them.
 */
#define choose_generator() \
	RAND_set_DRBG_type(NULL, "HASH-DRBG", NULL, NULL, "SHA256")
#endif

void
begin_crypto(int random)
{
	unsigned char byte;

	/*
	 * Nor the tables of error texts and ciphers, which take 0.4 ms; nor
	 * is freed at exit what goes with the process: 0.1 ms.
	 */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
		OPENSSL_INIT_NO_ADD_ALL_CIPHERS | AT_EXIT,
	    NULL);
	/*
	 * Where the kernel has no getrandom(), libcrypto opens a device at its
	 * first use.
	 */
	if (random && (choose_generator() != 1 || RAND_bytes(&byte, 1) != 1))
		errx(1, "no random numbers");
}
