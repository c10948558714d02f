/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * OpenBSD's files have no extended attributes.
 */
#include "disk.h"

void
attrs_read(struct attrs *a, int fd, const char *path)
{
	(void)fd;
	(void)path;
	a->known = 1;
	a->list = NULL;
}

void
attrs_write(const struct attrs *a, int fd, const char *path)
{
	(void)a;
	(void)fd;
	(void)path;
}

void
attrs_free(struct attrs *a)
{
	a->known = 0;
}
