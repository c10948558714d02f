/*
 * What must hold between the parts of a configuration.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf.h"
#include "say.h"

/* Where things are best, and the defaults of two statements; configure may name others. */
#ifndef CONF_DIR
#define CONF_DIR	"/etc/acme-client"
#endif
#ifndef STATE_DIR
#define STATE_DIR	"/var/lib/acme-client"
#endif
#ifndef CHALLENGE_DIR
#define CHALLENGE_DIR	"/var/www/acme"
#endif

/* The user that is meant where none is named. */
#define DEFAULT_USER	"_acme-client"

/* The directory that an absolute path is in; the caller frees. */
char	*conf_directory(const char *path);

/* Fills in defaults, completes paths and names; errors are counted in lex_errors. */
void	conf_check(struct conf *, const char *path);

/*
 * The first name goes before the alternative ones, each in the form that
 * certificates have, each once; wrong ones are errors.
 */
void	conf_names(const struct conf *, struct domain *);
/*
 * One name or address in that form: it is freed or changed in place.  NULL, or
 * why it is none.
 */
const char *conf_normalise(char **name);

/*
 * The names in the CSR of this file, which the caller owns; 0, or -1 with the
 * reason.  In acme-client csrproc finds them (parent-names.c): the parent has
 * no parser of CSRs.
 */
int	csr_names(const struct conf *, const char *path, struct strings *names, struct why *);

/*
 * Warns of what the configuration names and this machine does not have, or the user who runs this
 * cannot use, with what to do.  For these n domains and their authorities; how many warnings.
 */
unsigned conf_advise(const struct conf *, struct domain *const *domains, size_t n);

/*
 * Warns of directories that lie below one another, or, as root, do not belong
 * to one ordinary user, with what a process could reach by that.  Also part of
 * conf_advise(); how many warnings.
 */
unsigned conf_layout(const struct conf *, struct domain *const *domains, size_t n);

#endif
