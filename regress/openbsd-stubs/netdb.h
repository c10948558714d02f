#include <sys/types.h>
struct sockaddr;
struct addrinfo {
	int		 ai_flags, ai_family, ai_socktype, ai_protocol;
	socklen_t	 ai_addrlen;
	struct sockaddr	*ai_addr;
	char		*ai_canonname;
	struct addrinfo	*ai_next;
};
#define AI_PASSIVE	1
#define AI_CANONNAME	2
#define AI_NUMERICHOST	4
#define AI_NUMERICSERV	16
#define AI_ADDRCONFIG	64
#define EAI_NONAME	(-2)
#define EAI_AGAIN	(-3)
#define EAI_FAIL	(-4)
#define EAI_NODATA	(-5)
#define EAI_FAMILY	(-6)
#define EAI_MEMORY	(-10)
#define EAI_SYSTEM	(-11)
void		 freeaddrinfo(struct addrinfo *);
const char	*gai_strerror(int);
int		 getaddrinfo(const char *, const char *,
		    const struct addrinfo *, struct addrinfo **);
