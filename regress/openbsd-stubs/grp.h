/* setgroups() is in <unistd.h>. */
#include <sys/types.h>
struct group {
	char	*gr_name;
	char	*gr_passwd;
	gid_t	 gr_gid;
	char	**gr_mem;
};
struct group	*getgrgid(gid_t);
struct group	*getgrnam(const char *);
