#ifndef STUB_TIME_H
#define STUB_TIME_H
#include <stddef.h>
typedef long long	time_t;
typedef int		clockid_t;
#define CLOCK_REALTIME	0
#define CLOCK_MONOTONIC	3
#define CLOCK_UPTIME	5
#define CLOCK_BOOTTIME	6
#include <stub-timespec.h>
struct tm {
	int	tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday;
	int	tm_yday, tm_isdst;
	long	tm_gmtoff;
	char	*tm_zone;
};
int		 clock_gettime(clockid_t, struct timespec *);
double		 difftime(time_t, time_t);
struct tm	*gmtime(const time_t *);
struct tm	*gmtime_r(const time_t *, struct tm *);
struct tm	*localtime_r(const time_t *, struct tm *);
time_t		 mktime(struct tm *);
int		 nanosleep(const struct timespec *, struct timespec *);
size_t		 strftime(char *, size_t, const char *, const struct tm *)
		    __attribute__((__format__(__strftime__, 3, 0)));
char		*strptime(const char *, const char *, struct tm *);
time_t		 time(time_t *);
time_t		 timegm(struct tm *);
void		 tzset(void);
#endif
