/* Both are pointers, and must be made by their functions. */
#include <sys/types.h>
#include <signal.h>
struct sched_param;
typedef struct stub_attr	*posix_spawnattr_t;
typedef struct stub_actions	*posix_spawn_file_actions_t;
#define POSIX_SPAWN_SETPGROUP	0x02
#define POSIX_SPAWN_SETSIGDEF	0x10
#define POSIX_SPAWN_SETSIGMASK	0x20
int	posix_spawn(pid_t *, const char *, const posix_spawn_file_actions_t *,
	    const posix_spawnattr_t *, char *const [], char *const []);
int	posix_spawn_file_actions_init(posix_spawn_file_actions_t *);
int	posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *);
int	posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *, int,
	    const char *, int, mode_t);
int	posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *, int,
	    int);
int	posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *, int);
int	posix_spawnattr_init(posix_spawnattr_t *);
int	posix_spawnattr_destroy(posix_spawnattr_t *);
int	posix_spawnattr_setflags(posix_spawnattr_t *, short);
int	posix_spawnattr_setpgroup(posix_spawnattr_t *, pid_t);
int	posix_spawnattr_setsigdefault(posix_spawnattr_t *, const sigset_t *);
int	posix_spawnattr_setsigmask(posix_spawnattr_t *, const sigset_t *);
