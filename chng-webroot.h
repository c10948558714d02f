/*
 * Challenge responses as files, which a web server serves (RFC 8555 8.3).
 */
#ifndef CHNG_WEBROOT_H
#define CHNG_WEBROOT_H

#include <stdint.h>

#include "say.h"

struct webroot;		/* one job's challenge directory */

/* Before the sandbox.  Where it cannot be used, those below say why.  Keeps path; lives until exit. */
struct webroot *webroot_open(const char *path);
/* Removes what runs have left that were killed, from all directories. */
void	webroot_tidy_up(void);
/* Could a response be put there?  0, or -1 and why; leaves nothing. */
int	webroot_probe(const struct webroot *, struct why *);
/* Puts a response of this job: text, under the token's name.  0, or -1 and why. */
int	webroot_put(const struct webroot *, uint32_t job, const char *token, const char *text,
	    struct why *);
/* Removes a job's responses; or all, and the lists of them, at exit. */
void	webroot_drop(uint32_t job);
void	webroot_drop_all(void);

#endif
