/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * A module for the hosts line of nsswitch.conf that knows no host.  It makes
 * the system calls that real modules make, and that later ones may make: dns
 * must survive each of them, whatever the answer is.
 */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <nss.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *
thread(void *arg)
{
	return arg;
}

/*
 * As systemd's assert_se() around each look-up: refused, it would be the end.
 */
static void
block_and_restore(void)
{
	sigset_t all, before;

	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, &before) < 0 ||
	    sigprocmask(SIG_SETMASK, &before, NULL) < 0)
		abort();
}

static void
ask_daemons(void)
{
	static const char *const paths[] = {
		"/run/systemd/resolve/io.systemd.Resolve",
		"/run/systemd/machine/io.systemd.Machine",
		"/run/avahi-daemon/socket", "/var/lib/sss/pipes/nss",
		"/run/dbus/system_bus_socket", "/run/nscd/socket"
	};
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t i;
	int fd;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if ((fd = socket(AF_UNIX,
			 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
			continue;
		strcpy(sun.sun_path, paths[i]);
		connect(fd, (struct sockaddr *)&sun, sizeof(sun));
		close(fd);
	}
}

static void
try_all(void)
{
	struct {
		unsigned bytes;
		int type;
		unsigned char handle[128];
	} handle = { 128, 0, { 0 } };
	struct sigaction sa = { .sa_handler = SIG_IGN };
	struct rlimit limit;
	struct stat st;
	pthread_t t;
	char buf[256];
	int sv[2], mount;
	pid_t pid;

	block_and_restore();
	ask_daemons();
	read(open("/etc/machine-id", O_RDONLY), buf, sizeof(buf));
	read(open("/run/systemd/machines/ca.test", O_RDONLY), buf, sizeof(buf));
	readlink("/proc/self/exe", buf, sizeof(buf));
	stat("/run/systemd/resolve", &st);
	access("/etc/mdns.allow", F_OK);
	syscall(SYS_name_to_handle_at, AT_FDCWD, "/sys/fs/cgroup", &handle,
	    &mount, 0);
	syscall(434 /* pidfd_open */, getpid(), 0);
	gethostname(buf, sizeof(buf));
	getrlimit(RLIMIT_NOFILE, &limit);
	prctl(PR_CAPBSET_READ, 48);
	prctl(PR_SET_NAME, "tries");
	sigaction(SIGPIPE, &sa, NULL);
	epoll_create1(EPOLL_CLOEXEC);
	timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	inotify_init1(IN_CLOEXEC);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	secure_getenv("SYSTEMD_NSS_RESOLVE_VALIDATE");
	dlopen("libdl.so.9", RTLD_NOW);
	if (pthread_create(&t, NULL, thread, NULL) == 0)
		pthread_join(t, NULL);
	if ((pid = fork()) == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

enum nss_status
_nss_tries_gethostbyname4_r(const char *name, void **pat, char *buf,
    size_t size, int *errnop, int *h_errnop, int *ttl)
{
	(void)name, (void)pat, (void)buf, (void)size, (void)ttl;
	try_all();
	*errnop = ENOENT;
	*h_errnop = HOST_NOT_FOUND;
	return NSS_STATUS_NOTFOUND;
}
