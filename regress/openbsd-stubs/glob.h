#include <sys/types.h>
struct stat;
typedef struct {
	size_t	gl_pathc, gl_matchc, gl_offs;
	int	gl_flags;
	char	**gl_pathv;
} glob_t;
#define GLOB_APPEND	0x1
#define GLOB_ERR	0x4
#define GLOB_MARK	0x8
#define GLOB_NOCHECK	0x10
#define GLOB_NOSORT	0x20
#define GLOB_NOESCAPE	0x1000
#define GLOB_NOSPACE	(-1)
#define GLOB_ABORTED	(-2)
#define GLOB_NOMATCH	(-3)
#define GLOB_NOSYS	(-4)
#define GLOB_BRACE	0x80
#define GLOB_NOMAGIC	0x200
#define GLOB_TILDE	0x800
int	glob(const char *, int, int (*)(const char *, int), glob_t *);
void	globfree(glob_t *);
