/*
 * "verify": which certificate does this server present?
 */
#ifndef NET_VERIFY_H
#define NET_VERIFY_H

#include <stdint.h>

#include "net-order.h"

/* Connects to the job's server that is its turn; certproc is told what came. */
void	verify_server(uint32_t job, const struct net_job *);

#endif
