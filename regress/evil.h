/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The stand-ins' parts: evil.c has the plan and the messages, evil-calls.c
 * what a role tries without its socket.
 */
#ifndef EVIL_H
#define EVIL_H

#include "role.h"
#include "sandbox.h"

/*
 * What follows the nth line of the plan that begins with this word; NULL: there
 * is none.
 */
char *evil_line(const char *word, size_t nth);
/* Bytes of hexadecimal digits, which end at a blank; how many. */
size_t evil_unhex(const char *, uint8_t *, size_t max);
/* Says what it has got hold of, in hexadecimal, on stderr. */
void evil_tell(const char *what, const void *, size_t);

/* Every way to read, change, replace and remove the plan's targets. */
void evil_files(void);
/* One system call by its name and arguments. */
void evil_call(const char *);

#endif
