/*
 * Names of files in the state directory.
 */
#ifndef STATE_PATH_H
#define STATE_PATH_H

#define STATE_RECORDS	"records"	/* suffix: records in the DNS that were begun, by hookproc */
#define STATE_CHANGED	"changed"	/* suffix: see PART_CHANGED */

/*
 * "DIR/PREFIX-NAME.SUFFIX", where bytes of the name that have no business in a
 * file name are written as %xx.  The caller frees.
 */
char	*state_path(const char *dir, const char *prefix, const char *name,
	    const char *suffix);

/* Is there anything of that name? */
int	state_exists(const char *dir, const char *prefix, const char *name,
	    const char *suffix);

#endif
