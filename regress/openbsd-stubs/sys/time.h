#ifndef STUB_SYS_TIME_H
#define STUB_SYS_TIME_H
#include <sys/types.h>
#ifndef STUB_TIMESPEC
#define STUB_TIMESPEC
struct timespec {
	time_t	tv_sec;
	long	tv_nsec;
};
#endif
struct timeval {
	time_t		tv_sec;
	suseconds_t	tv_usec;
};
int	gettimeofday(struct timeval *, void *);
#endif
