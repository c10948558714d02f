/* SPDX-License-Identifier: ISC */
/*
 * libcrypto, before the sandbox.
 */
#include <err.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "begin.h"

void
begin_crypto(int random)
{
	unsigned char byte;

	/* Nor the tables of error texts and ciphers, which take 0.4 ms. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
	    OPENSSL_INIT_NO_ADD_ALL_CIPHERS, NULL);
	/* Where the kernel has no getrandom(), libcrypto opens a device at its first use. */
	if (random && RAND_bytes(&byte, 1) != 1)
		errx(1, "no random numbers");
}
