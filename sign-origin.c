/* SPDX-License-Identifier: ISC */
/*
 * The origins of the authority.  If this is wrong, net can have a request for
 * another server signed.
 */
#include <err.h>
#include <stdlib.h>

#include "sign.h"
#include "valid.h"

static struct url *origins;
static size_t norigins;

void
origins_take(const struct strings *urls)
{
	size_t i;

	norigins = urls->n;
	if ((origins = calloc(norigins + 1, sizeof(*origins))) == NULL)
		err(1, NULL);
	for (i = 0; i < norigins; i++)
		if (!url_parse(&origins[i], urls->v[i]))
			errx(1, "%s: not an https URL", urls->v[i]);
}

int
origin_known(const char *text)
{
	struct url url;
	size_t i;

	if (url_parse(&url, text))
		for (i = 0; i < norigins; i++)
			if (url_same_origin(&url, &origins[i]))
				return 1;
	return 0;
}
