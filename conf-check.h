/*
 * What must hold between the parts of a configuration.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf.h"

/* Fills in defaults, completes paths and names; errors are counted in lex_errors. */
void	conf_check(struct conf *, const char *path);

#endif
