/*
 * Statements of the configuration: a table for each place where they can stand.
 */
#ifndef PARSE_H
#define PARSE_H

#include <stddef.h>

#include "conf.h"

#define WORDS_MAX	4	/* of a statement */

/* What a statement does with what follows its words. */
struct statement {
	const char	*words;
	void		(*parse)(void *block, const struct statement *);
	size_t		 offset;	/* of the char * that a simple one sets */
};

/* { statement ... }, each on a line of its own as a rule. */
void	parse_block(void *block, const struct statement *, size_t n);
/* What the statements of a table do, as a rule. */
void	parse_string(void *block, const struct statement *);
void	parse_on_change(void *block, const struct statement *);

/* The next token: is it this word without quotes?  In words, for messages. */
int	is_word(const char *);
const char *token_text(void);
/* The next word, which the caller frees; NULL after an error. */
char	*take_string(const char *what);
/* The list keeps the text. */
void	 add_string(struct strings *, char *text);
/* The same into *out, unless it is set already. */
void	set_string(char **out, const struct statement *);
/* To the end of the line or block, after an error. */
void	skip_line(void);

/*
 * The statement that the words typed in this line are nearest to, if no more
 * than a third of its letters, and two of them, are wrong; or NULL.  The
 * first words of the line are in text; up to WORDS_MAX others are read, and
 * added to it.
 */
const char *parse_nearest(char *text, size_t size, const struct statement *,
	    size_t n);

/* After the word "authority" or "domain". */
void	parse_authority(struct conf *);
void	parse_domain(struct conf *);

#endif
