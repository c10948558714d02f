/* Every header's types, as OpenBSD's: long long where glibc has long. */
#ifndef STUB_SYS_TYPES_H
#define STUB_SYS_TYPES_H
#include <stddef.h>
typedef unsigned char		u_char;
typedef unsigned short		u_short;
typedef unsigned int		u_int;
typedef unsigned long		u_long;
typedef signed char		int8_t;
typedef short			int16_t;
typedef int			int32_t;
typedef long long		int64_t;
typedef unsigned char		uint8_t, u_int8_t;
typedef unsigned short		uint16_t, u_int16_t;
typedef unsigned int		uint32_t, u_int32_t;
typedef unsigned long long	uint64_t, u_int64_t;
typedef unsigned int		in_addr_t;
typedef unsigned short		in_port_t;
typedef unsigned char		sa_family_t;
typedef unsigned int		socklen_t;
typedef long			ssize_t;
typedef long long		off_t, time_t, blkcnt_t;
typedef int			pid_t, dev_t, blksize_t, clockid_t;
typedef unsigned int		uid_t, gid_t, mode_t, nlink_t, id_t;
typedef unsigned long long	ino_t, rlim_t;
typedef long			suseconds_t;
#endif
