/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * On OpenBSD only readers of kernel memory can find the process that listens on
 * a port.
 */
#include "port.h"

int
port_holder(const struct sockaddr *sa, char *out, size_t outsz)
{
	(void)sa;
	(void)out;
	(void)outsz;
	return 0;
}

int
port_listens(uint16_t port)
{
	(void)port;
	return -1;
}
