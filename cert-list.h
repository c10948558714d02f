/*
 * The list of -l, by certproc on its stdout.
 */
#ifndef CERT_LIST_H
#define CERT_LIST_H

#include "cert-outlook.h"

/* flags: LIST_*. */
void	cert_list(const struct outlook *, size_t n, int flags);

#endif
