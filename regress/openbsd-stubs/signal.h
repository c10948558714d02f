#ifndef STUB_SIGNAL_H
#define STUB_SIGNAL_H
#include <sys/types.h>
typedef unsigned int		sigset_t;
typedef volatile int		sig_atomic_t;
typedef struct { int si_signo, si_code, si_errno; } siginfo_t;
#define SIGHUP	1
#define SIGINT	2
#define SIGQUIT	3
#define SIGABRT	6
#define SIGKILL	9
#define SIGSEGV	11
#define SIGSYS	12
#define SIGPIPE	13
#define SIGALRM	14
#define SIGTERM	15
#define SIGCHLD	20
#define SIGWINCH 28
#define SIGUSR1	30
#define SIGUSR2	31
#define SIG_DFL	((void (*)(int))0)
#define SIG_IGN	((void (*)(int))1)
#define SIG_BLOCK	1
#define SIG_UNBLOCK	2
#define SIG_SETMASK	3
#define SA_RESTART	0x2
#define SA_SIGINFO	0x40
struct sigaction {
	union {
		void	(*sa_plain)(int);
		void	(*sa_info)(int, siginfo_t *, void *);
	} sa_union;
	sigset_t	sa_mask;
	int		sa_flags;
};
#define sa_handler	sa_union.sa_plain
#define sa_sigaction	sa_union.sa_info
int	kill(pid_t, int);
int	raise(int);
int	sigaction(int, const struct sigaction *, struct sigaction *);
int	sigaddset(sigset_t *, int);
int	sigemptyset(sigset_t *);
int	sigfillset(sigset_t *);
void	(*signal(int, void (*)(int)))(int);
int	sigprocmask(int, const sigset_t *, sigset_t *);
#endif
