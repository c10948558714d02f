/*
 * What a library must be told, or do, before its process enters the sandbox:
 * a file for each library, so that no program is linked with one it does
 * not need.
 */
#ifndef BEGIN_H
#define BEGIN_H

/*
 * First of all in a program with libcrypto: no configuration file, which can
 * load code.  With random, libcrypto also opens its source of random numbers.
 * Failure ends the process.
 */
void begin_crypto(int random);

/* Seeds jansson's hash from the kernel, where it would open a device later. */
void begin_json(void);

#endif
