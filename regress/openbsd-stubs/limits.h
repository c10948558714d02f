/* What is not the compiler's own. */
#define PATH_MAX		1024
#define NAME_MAX		255
#define IOV_MAX			1024
#define NGROUPS_MAX		16
#define LOGIN_NAME_MAX		32
#define HOST_NAME_MAX		255
#define SSIZE_MAX		LONG_MAX
