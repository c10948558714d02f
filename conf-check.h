/*
 * What must hold between the parts of a configuration.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf.h"

/* Fills in defaults, completes paths and names; errors are counted in lex_errors. */
void	conf_check(struct conf *, const char *path);

/*
 * The first name goes before the alternative ones, each in the form that
 * certificates have, each once; wrong ones are errors.
 */
void	conf_names(struct domain *);

#endif
