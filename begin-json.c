/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Prepares jansson before the process enters the sandbox.
 */
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "begin.h"

void
begin_json(void)
{
	uint32_t seed = arc4random();

	json_object_seed(seed == 0 ? 1 : seed);
}
