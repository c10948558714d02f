#ifndef STUB_TIMESPEC_H
#define STUB_TIMESPEC_H
struct timespec {
	time_t	tv_sec;
	long	tv_nsec;
};
#endif
