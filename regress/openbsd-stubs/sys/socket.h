/*
 * AF_ and the sockets are here only.  No SOCK_RDM users, MSG_CMSG_CLOEXEC is
 * not Linux's.
 */
#ifndef STUB_SYS_SOCKET_H
#define STUB_SYS_SOCKET_H
#include <sys/types.h>
#define AF_UNSPEC	0
#define AF_UNIX		1
#define AF_INET		2
#define AF_INET6	24
#define SOCK_STREAM	1
#define SOCK_DGRAM	2
#define SOCK_RAW	3
#define SOCK_SEQPACKET	5
#define SOCK_CLOEXEC	0x8000
#define SOCK_NONBLOCK	0x4000
#define SOL_SOCKET	0xffff
#define SO_REUSEADDR	0x0004
#define SO_SNDBUF	0x1001
#define SO_RCVBUF	0x1002
#define SO_SNDTIMEO	0x1005
#define SO_RCVTIMEO	0x1006
#define SO_ERROR	0x1007
#define SO_TYPE		0x1008
#define MSG_PEEK	0x2
#define MSG_TRUNC	0x10
#define MSG_DONTWAIT	0x80
#define MSG_NOSIGNAL	0x400
#define SHUT_RD		0
#define SHUT_WR		1
#define SHUT_RDWR	2
struct sockaddr {
	uint8_t		sa_len;
	sa_family_t	sa_family;
	char		sa_data[14];
};
struct sockaddr_storage {
	uint8_t		ss_len;
	sa_family_t	ss_family;
	unsigned char	ss_more[254];
};
int	accept(int, struct sockaddr *, socklen_t *);
int	accept4(int, struct sockaddr *, socklen_t *, int);
int	bind(int, const struct sockaddr *, socklen_t);
int	connect(int, const struct sockaddr *, socklen_t);
int	getpeername(int, struct sockaddr *, socklen_t *);
int	getsockname(int, struct sockaddr *, socklen_t *);
int	getsockopt(int, int, int, void *, socklen_t *);
int	listen(int, int);
ssize_t	recv(int, void *, size_t, int);
ssize_t	send(int, const void *, size_t, int);
int	setsockopt(int, int, int, const void *, socklen_t);
int	shutdown(int, int);
int	socket(int, int, int);
int	socketpair(int, int, int, int *);
#endif
