/* No secure_getenv(), getauxval(), qsort_r(), canonicalize_file_name(). */
#ifndef STUB_STDLIB_H
#define STUB_STDLIB_H
#include <sys/types.h>
#define EXIT_FAILURE	1
#define EXIT_SUCCESS	0
_Noreturn void	 abort(void);
_Noreturn void	 exit(int);
int		 abs(int);
int		 atexit(void (*)(void));
int		 atoi(const char *);
void		*bsearch(const void *, const void *, size_t, size_t,
		    int (*)(const void *, const void *));
void		*calloc(size_t, size_t);
void		 free(void *);
void		 freezero(void *, size_t);
char		*getenv(const char *);
const char	*getprogname(void);
long		 labs(long);
long long	 llabs(long long);
void		*malloc(size_t);
int		 mkstemp(char *);
int		 putenv(char *);
void		 qsort(void *, size_t, size_t,
		    int (*)(const void *, const void *));
void		*realloc(void *, size_t);
void		*reallocarray(void *, size_t, size_t);
void		*recallocarray(void *, size_t, size_t, size_t);
char		*realpath(const char *, char *);
int		 setenv(const char *, const char *, int);
void		 setprogname(const char *);
void		 setproctitle(const char *, ...);
double		 strtod(const char *, char **);
long		 strtol(const char *, char **, int);
long long	 strtoll(const char *, char **, int);
long long	 strtonum(const char *, long long, long long, const char **);
unsigned long	 strtoul(const char *, char **, int);
unsigned long long strtoull(const char *, char **, int);
int		 unsetenv(const char *);
uint32_t	 arc4random(void);
void		 arc4random_buf(void *, size_t);
uint32_t	 arc4random_uniform(uint32_t);
#endif
