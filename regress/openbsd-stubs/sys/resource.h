/* No RLIMIT_AS; the resource is an int. */
#ifndef STUB_SYS_RESOURCE_H
#define STUB_SYS_RESOURCE_H
#include <sys/time.h>
#define RLIMIT_CPU	0
#define RLIMIT_FSIZE	1
#define RLIMIT_DATA	2
#define RLIMIT_STACK	3
#define RLIMIT_CORE	4
#define RLIMIT_RSS	5
#define RLIMIT_MEMLOCK	6
#define RLIMIT_NPROC	7
#define RLIMIT_NOFILE	8
#define RLIM_INFINITY	(((rlim_t)1 << 63) - 1)
struct rlimit {
	rlim_t	rlim_cur;
	rlim_t	rlim_max;
};
int	getrlimit(int, struct rlimit *);
int	setrlimit(int, const struct rlimit *);
#endif
