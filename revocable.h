/*
 * What may be revoked in a run: the certificates in the files that fileproc
 * read when it began.  Used by key and csr, which learn from certproc which of
 * these is meant, and need not believe it.
 */
#ifndef REVOCABLE_H
#define REVOCABLE_H

#include <stdint.h>

#include "conf.h"
#include "msg.h"

#define REVOCABLE_MAX	4	/* files of one job (file-part.h) */

/* The text of these files; all zero in the beginning. */
struct revocable {
	char	*text[REVOCABLE_MAX];
	size_t	 len[REVOCABLE_MAX];
	size_t	 n;
};

/* One more file, from a message that has nothing else; a fifth ends the process. */
void	revocable_add(struct revocable *, struct msg *);
/*
 * Is this certificate (DER) the first one in one of the files?  Compared as
 * base64: neither is parsed.
 */
int	revocable_has(const struct revocable *, const uint8_t *der, size_t len);
/*
 * Is at least one of the names in this certificate (DER), as dNSName or
 * iPAddress?  It is searched for bytes.
 */
int	revocable_names(const struct strings *, const uint8_t *der, size_t len);

#endif
