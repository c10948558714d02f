#include <sys/types.h>
#define WNOHANG		1
#define WIFEXITED(s)	(((s) & 0177) == 0)
#define WEXITSTATUS(s)	((s) >> 8 & 0377)
#define WTERMSIG(s)	((s) & 0177)
#define WIFSIGNALED(s)	(((s) & 0177) != 0177 && ((s) & 0177) != 0)
pid_t	wait(int *);
pid_t	waitpid(pid_t, int *, int);
