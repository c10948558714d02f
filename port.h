/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Finds the process that listens on a TCP port.  The build picks port-linux.c
 * or port-openbsd.c.
 */
#ifndef PORT_H
#define PORT_H

#include <sys/socket.h>
#include <stdint.h>

/*
 * Names the process that listens on this address and port: "nginx (process
 * 123)".  Returns 1; or 0 where that cannot be found out, or not by this user.
 */
int port_holder(const struct sockaddr *, char *out, size_t outsz);

/*
 * Does a process of this machine listen on this port, at any address?  1, 0, or
 * -1: that cannot be found out.
 */
int port_listens(uint16_t port);

#endif
