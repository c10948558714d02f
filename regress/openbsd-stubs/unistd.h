/*
 * With pledge(), unveil() and issetugid(); chroot(), setgroups() and
 * setresuid() need no macro.  No getrandom(), syscall(), execvpe(),
 * get_current_dir_name().
 */
#ifndef STUB_UNISTD_H
#define STUB_UNISTD_H
#include <sys/types.h>
#define STDIN_FILENO	0
#define STDOUT_FILENO	1
#define STDERR_FILENO	2
#define F_OK	0
#define X_OK	1
#define W_OK	2
#define R_OK	4
#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define _SC_OPEN_MAX	5
extern char	*optarg;
extern int	 opterr, optind, optopt, optreset;
_Noreturn void	 _exit(int);
int	 access(const char *, int);
unsigned alarm(unsigned);
int	 chdir(const char *);
int	 chown(const char *, uid_t, gid_t);
int	 chroot(const char *);
int	 close(int);
int	 closefrom(int);
int	 dup(int);
int	 dup2(int, int);
int	 dup3(int, int, int);
int	 execv(const char *, char *const *);
int	 execve(const char *, char *const *, char *const *);
int	 faccessat(int, const char *, int, int);
int	 fchdir(int);
int	 fchown(int, uid_t, gid_t);
int	 fchownat(int, const char *, uid_t, gid_t, int);
int	 fdatasync(int);
pid_t	 fork(void);
int	 fsync(int);
int	 ftruncate(int, off_t);
char	*getcwd(char *, size_t);
gid_t	 getegid(void);
int	 getentropy(void *, size_t);
uid_t	 geteuid(void);
gid_t	 getgid(void);
int	 getgroups(int, gid_t *);
int	 getopt(int, char *const *, const char *);
pid_t	 getpgid(pid_t);
pid_t	 getpid(void);
pid_t	 getppid(void);
uid_t	 getuid(void);
int	 isatty(int);
int	 issetugid(void);
int	 link(const char *, const char *);
int	 linkat(int, const char *, int, const char *, int);
off_t	 lseek(int, off_t, int);
int	 pipe(int *);
int	 pipe2(int *, int);
int	 pledge(const char *, const char *);
ssize_t	 pread(int, void *, size_t, off_t);
ssize_t	 pwrite(int, const void *, size_t, off_t);
ssize_t	 read(int, void *, size_t);
ssize_t	 readlink(const char *, char *, size_t);
ssize_t	 readlinkat(int, const char *, char *, size_t);
int	 rmdir(const char *);
int	 setgid(gid_t);
int	 setgroups(int, const gid_t *);
int	 setresgid(gid_t, gid_t, gid_t);
int	 setresuid(uid_t, uid_t, uid_t);
pid_t	 setsid(void);
int	 setuid(uid_t);
unsigned sleep(unsigned);
long	 sysconf(int);
int	 unlink(const char *);
int	 unlinkat(int, const char *, int);
int	 unveil(const char *, const char *);
ssize_t	 write(int, const void *, size_t);
#endif
