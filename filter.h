/*
 * The system call filter of a program, which filter-make.c makes of the table
 * in filter-rules.h when acme-client is built: generated/filter-ROLE.c.
 */
#ifndef FILTER_H
#define FILTER_H

#include <linux/filter.h>

#include "acme-client.h"

struct filter {
	unsigned short n;
	const struct sock_filter *rows;
};

/* A program has its own only; the others are empty. */
extern const struct filter filters[ROLE__MAX];

/* What ends a process, for the message; the last one has no name. */
struct filter_fatal {
	int nr;
	char name[28];
};
extern const struct filter_fatal filter_fatal[];

#endif
