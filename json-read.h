/* SPDX-License-Identifier: ISC */
/*
 * What json.c and problem.c share; nobody else sees a json_t of the CA's.
 */
#ifndef JSON_READ_H
#define JSON_READ_H

#include <jansson.h>

#include "json.h"

/* The top-level object; NULL: see why. */
json_t	*json_read(const char *, size_t, struct why *);
/* A member of an object; NULL: it is absent, which null says, too. */
json_t	*json_member(json_t *, const char *);
/* A problem document, which may be NULL or anything. */
void	 problem_read(struct problem *, json_t *);

#endif
