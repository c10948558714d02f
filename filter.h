/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The system call filter of a program.  When acme-client is built,
 * filter-make.c makes generated/filter-ROLE.c from the table in filter-rules.h.
 */
#ifndef FILTER_H
#define FILTER_H

#include <linux/filter.h>

#include "acme-client.h"

struct filter {
	unsigned short n;
	const struct sock_filter *rows;
};

/*
 * The filters by role.  A program has only its own filter; the others are
 * empty.
 */
extern const struct filter filters[ROLE__MAX];

/* System calls that end the process, for a message; the last has no name. */
struct filter_fatal {
	int nr;
	char name[28];
};
extern const struct filter_fatal filter_fatal[];

#endif
