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

/*
 * Warns of what the configuration names and this machine does not have, or the user who runs this
 * cannot use, with what to do.  For these n domains and their authorities; how many warnings.
 */
unsigned conf_advise(const struct conf *, struct domain *const *domains, size_t n);

#endif
