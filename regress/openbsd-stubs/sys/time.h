#ifndef STUB_SYS_TIME_H
#define STUB_SYS_TIME_H
#include <sys/types.h>
#include <stub-timespec.h>
struct timeval {
	time_t		tv_sec;
	suseconds_t	tv_usec;
};
int	gettimeofday(struct timeval *, void *);
#endif
