/* No POLLRDHUP. */
#ifndef STUB_POLL_H
#define STUB_POLL_H
#define POLLIN		1
#define POLLPRI		2
#define POLLOUT		4
#define POLLERR		8
#define POLLHUP		16
#define POLLNVAL	32
#define INFTIM		(-1)
typedef unsigned int	nfds_t;
typedef unsigned int	sigset_t;
struct timespec;
struct pollfd {
	int	fd;
	short	events;
	short	revents;
};
int	poll(struct pollfd[], nfds_t, int);
int	ppoll(struct pollfd[], nfds_t, const struct timespec *,
	    const sigset_t *);
#endif
