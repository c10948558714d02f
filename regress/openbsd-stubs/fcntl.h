/* flock() is here; no posix_fallocate(), O_PATH, O_TMPFILE, F_OFD_SETLK. */
#ifndef STUB_FCNTL_H
#define STUB_FCNTL_H
#include <sys/types.h>
#define O_RDONLY	0
#define O_WRONLY	1
#define O_RDWR		2
#define O_ACCMODE	3
#define O_NONBLOCK	0x4
#define O_APPEND	0x8
#define O_SHLOCK	0x10
#define O_EXLOCK	0x20
#define O_SYNC		0x80
#define O_NOFOLLOW	0x100
#define O_CREAT		0x200
#define O_TRUNC		0x400
#define O_EXCL		0x800
#define O_NOCTTY	0x8000
#define O_CLOEXEC	0x10000
#define O_DIRECTORY	0x20000
#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_SETFL		4
#define F_DUPFD_CLOEXEC	10
#define FD_CLOEXEC	1
#define LOCK_SH		1
#define LOCK_EX		2
#define LOCK_NB		4
#define LOCK_UN		8
#define AT_FDCWD		(-100)
#define AT_EACCESS		0x1
#define AT_SYMLINK_NOFOLLOW	0x2
#define AT_SYMLINK_FOLLOW	0x4
#define AT_REMOVEDIR		0x8
int	fcntl(int, int, ...);
int	flock(int, int);
int	open(const char *, int, ...);
int	openat(int, const char *, int, ...);
#endif
