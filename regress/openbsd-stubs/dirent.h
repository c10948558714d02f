#include <sys/types.h>
struct dirent {
	ino_t		d_fileno;
	off_t		d_off;
	u_int16_t	d_reclen;
	u_int8_t	d_type;
	u_int8_t	d_namlen;
	u_int8_t	__d_padding[4];
	char		d_name[256];
};
typedef struct _dirdesc DIR;
DIR	*opendir(const char *);
struct dirent	*readdir(DIR *);
int	closedir(DIR *);
