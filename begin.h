/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Prepares libraries before their process enters the sandbox.  Each library has
 * its file, so that no program is linked with a library that it does not need.
 */
#ifndef BEGIN_H
#define BEGIN_H

#ifndef BEGIN_SECONDS
/* The time that libcrypto has to begin; it takes 1 ms. */
#define BEGIN_SECONDS 30
#endif

/*
 * The first call of a program that uses libcrypto.  With random, libcrypto also
 * opens its source of random numbers.  An error ends the process, and so does
 * a start that takes longer than BEGIN_SECONDS.
 */
void begin_crypto(int random);

/*
 * Seeds jansson's hash from the kernel; otherwise jansson would open a device
 * later, which the sandbox refuses.
 */
void begin_json(void);

#endif
