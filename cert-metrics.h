/*
 * The metrics file, by certproc.
 */
#ifndef CERT_METRICS_H
#define CERT_METRICS_H

#include "cert-outlook.h"

/* Replaces the configured file, which others may read.  0 or -1. */
int	cert_metrics(const struct outlook *, size_t n, struct why *);

#endif
