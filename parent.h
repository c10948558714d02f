/*
 * What the parent does before its run: who it becomes, and the names in the
 * administrator's CSRs.
 */
#ifndef PARENT_H
#define PARENT_H

#include <sys/types.h>

#include "conf.h"

/* Who net, dns, key and the parent are: as root never root itself.  No such user ends the process. */
void	parent_user(const struct conf *, uid_t *, gid_t *);

/*
 * Ends the process where it is root's, but lacks a capability that the roles
 * need to give up root's rights; before any process is started that needs them.
 */
void	parent_capabilities(int uses_group);

/*
 * The directory with the roles' programs of this acme-client: its own where
 * they are in it (the build directory), else ../libexec/acme-client from
 * there.  Neither the environment nor the working directory has a say.
 */
const char *parent_programs(const char *argv0);

/*
 * While conf_parse() runs: csr_names() (conf-check.h) asks csrproc for the
 * names in a CSR; csrproc is started by the first such question, and ends with
 * parent_names_end().
 */
void	parent_names_begin(const char *argv0);
void	parent_names_end(void);

#endif
