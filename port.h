/*
 * Who has a TCP port.  port-linux.c or port-openbsd.c; the build picks one.
 */
#ifndef PORT_H
#define PORT_H

#include <sys/socket.h>

/*
 * Names the process that listens on this address and port, so that nobody else
 * can: "nginx (process 123)".  1; or 0: that cannot be found out, or not by
 * this user.
 */
int port_holder(const struct sockaddr *, char *out, size_t outsz);

#endif
