/*
 * The roots that chains must lead to, as each authority has them; in certproc.
 */
#ifndef CERT_ROOTS_H
#define CERT_ROOTS_H

#include "x509.h"

struct anchors;

/*
 * Reads them, before the sandbox, of this file (NULL: the system's).  The same for the same file; what is wrong with it,
 * anchors_load() says.
 */
struct anchors *anchors_open(enum rooting how, const char *path);
/* Will any root do? */
int	anchors_any(const struct anchors *);
/* Does the configuration name none, though the system has none for this authority? */
int	anchors_lacking(const struct anchors *);
/* Parses all that were read, while there is time for it. */
void	anchors_load_early(void);
/*
 * Parses them when they are needed first, as a system's whole bundle takes a
 * while.  *roots NULL: any root will do.  0 or -1.
 */
int	anchors_load(struct anchors *, const struct roots **roots, struct why *);
/* The same where no chain is to be installed: what is wrong is said, once in a run.  1: they are known. */
int	anchors_known(struct anchors *, const struct roots **roots);

#endif
