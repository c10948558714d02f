/* The addresses begin with their length; no AF_INET. */
#ifndef STUB_NETINET_IN_H
#define STUB_NETINET_IN_H
#include <sys/types.h>
#define IPPROTO_IP	0
#define IPPROTO_TCP	6
#define IPPROTO_UDP	17
#define IPPROTO_IPV6	41
#define INET_ADDRSTRLEN		16
#define INET6_ADDRSTRLEN	46
#define IPV6_V6ONLY	27
struct in_addr {
	in_addr_t	s_addr;
};
struct sockaddr_in {
	uint8_t		sin_len;
	sa_family_t	sin_family;
	in_port_t	sin_port;
	struct in_addr	sin_addr;
	char		sin_zero[8];
};
struct in6_addr {
	uint8_t		s6_addr[16];
};
struct sockaddr_in6 {
	uint8_t		sin6_len;
	sa_family_t	sin6_family;
	in_port_t	sin6_port;
	uint32_t	sin6_flowinfo;
	struct in6_addr	sin6_addr;
	uint32_t	sin6_scope_id;
};
uint32_t	htonl(uint32_t);
uint16_t	htons(uint16_t);
uint32_t	ntohl(uint32_t);
uint16_t	ntohs(uint16_t);
#endif
