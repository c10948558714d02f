/* What OpenBSD's unistd.h declares and others do not: to compile, not to run. */
int	pledge(const char *, const char *);
int	issetugid(void);
int	unveil(const char *, const char *);
int	issetugid(void);
