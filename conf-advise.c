/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * -n warns if directories, files, users or groups that the configuration names
 * are missing on this machine, or cannot be used by the user who runs it.  The
 * configuration may be meant for another machine or user.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netdb.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf-parse.h"
#include "log.h"

/* A directory that a run writes to. */
struct need {
	char *dir;
	const char *what;
	int secret; /* The directory is for keys. */
	int made;   /* A run makes the directory if it is missing. */
};

static struct need *needs;
static size_t nneeds;
static unsigned warnings;
/* The owner of a directory that root is told to make; NULL: root. */
static const char *owner;

__attribute__((format(printf, 1, 2))) static void
advise(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_vwarning(fmt, ap);
	va_end(ap);
	warnings++;
}

/* Adds a directory to the needs, and takes over the string dir. */
static void
need(char *dir, const char *what, int secret, int made)
{
	if ((nneeds & (nneeds - 1)) == 0 &&
	    (needs = reallocarray(
		 needs, nneeds == 0 ? 1 : 2 * nneeds, sizeof(*needs))) == NULL)
		err(1, NULL);
	needs[nneeds++] = (struct need){ dir, what, secret, made };
}

static void
need_dir(const char *dir, const char *what, int made)
{
	char *copy;

	if (dir == NULL)
		return;
	if ((copy = strdup(dir)) == NULL)
		err(1, NULL);
	need(copy, what, 0, made);
}

/* Returns the directory that a file is in. */
static void
need_place(const char *path, const char *what, int secret)
{
	if (path != NULL)
		need(conf_directory(path), what, secret, 0);
}

/*
 * Compares by path.  Of equal directories, one for keys comes first, as only
 * the first is reported: its mode must suit keys.
 */
static int
by_dir(const void *a, const void *b)
{
	const struct need *x = a, *y = b;
	int order = strcmp(x->dir, y->dir);

	return order != 0 ? order : y->secret - x->secret;
}

static const char *
user_name(void)
{
	static char number[16];
	struct passwd *pw = getpwuid(geteuid());

	snprintf(number, sizeof(number), "%u", (unsigned)geteuid());
	return pw != NULL ? pw->pw_name : number;
}

static int
is_read_only(const char *dir)
{
	return faccessat(AT_FDCWD, dir, W_OK, AT_EACCESS) == -1 &&
	    errno == EROFS;
}

/*
 * Can the process that has this directory write there?  As root, the process
 * becomes the owner of the directory.
 */
static int
writable(const char *dir, const struct stat *st)
{
	if (is_read_only(dir))
		return 0;
	if (geteuid() == 0)
		return (st->st_mode & S_IRWXU) == S_IRWXU;
	return faccessat(AT_FDCWD, dir, R_OK | W_OK | X_OK, AT_EACCESS) == 0;
}

static void
advise_absent(const struct need *n)
{
	const char *user = geteuid() != 0 ? user_name() :
	    n->secret                     ? NULL :
					    owner;
	char *parent = conf_directory(n->dir);
	struct stat st;
	int possible;

	possible = stat(parent, &st) == 0 && writable(parent, &st);
	free(parent);
	if (n->made && possible)
		return;
	advise(
	    "%s %s: there is no such directory; make it: mkdir %s-p %s%s%s%s%s",
	    n->what, n->dir, n->secret ? "-m 700 " : "", n->dir,
	    user != NULL ? " && chown " : "", user != NULL ? user : "",
	    user != NULL ? " " : "", user != NULL ? n->dir : "");
}

static void
advise_dir(const struct need *n)
{
	char real[PATH_MAX];
	struct stat st;

	if (stat(n->dir, &st) == -1) {
		if (errno == ENOENT)
			advise_absent(n);
		else
			advise("%s %s: %s", n->what, n->dir, strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode))
		advise("%s %s: this is not a directory", n->what, n->dir);
	else if (realpath(n->dir, real) != NULL && strcmp(real, n->dir) != 0)
		advise("%s %s: a symbolic link is on the way; name the "
		       "directory itself: %s",
		    n->what, n->dir, real);
	else if (is_read_only(n->dir))
		advise("%s %s: is on a read-only file system; mount that for "
		       "writing, or name another directory",
		    n->what, n->dir);
	else if (!writable(n->dir, &st) && geteuid() == 0)
		advise("%s %s: its owner cannot write there: chmod u+rwx %s",
		    n->what, n->dir, n->dir);
	else if (!writable(n->dir, &st))
		advise("%s %s: %s cannot write there; run as another user, or: "
		       "chown %s %s",
		    n->what, n->dir, user_name(), user_name(), n->dir);
	else if (n->secret && (st.st_mode & (S_IWOTH | S_IROTH)) != 0)
		advise("%s %s: everyone can %s there: chmod o-rwx %s", n->what,
		    n->dir, st.st_mode & S_IWOTH ? "write" : "read", n->dir);
	else if ((st.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH)
		advise("%s %s: everyone can replace files there: chmod o-w %s",
		    n->what, n->dir, n->dir);
}

/* Warns of a directory in place of a file that a run writes. */
static void
advise_written(const char *path, const char *what)
{
	struct stat st;

	if (path != NULL && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		advise("%s %s: is a directory; remove it, or name a file in it",
		    what, path);
}

static void
advise_file(const char *path, const char *what)
{
	if (path != NULL && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == -1)
		advise("%s %s: %s%s", what, path, strerror(errno),
		    errno == EACCES ? "; let the user who runs this read it" :
				      "");
}

static void
advise_group(const char *name)
{
	const char *error;

	if (name == NULL || getgrnam(name) != NULL)
		return;
	strtonum(name, 0, UINT_MAX - 1, &error);
	if (error != NULL)
		advise("group %s: there is no such group; make it (groupadd), "
		       "or name another",
		    name);
}

/*
 * Where other ACME clients have their files, and the scripts that take these
 * over.
 */
static const struct {
	const char *part; /* the paths have it in them */
	const char *client;
} others[] = {
	{ "/etc/letsencrypt/", "certbot" },
	{ "/.acme.sh/", "acme.sh" },
	{ "/etc/dehydrated/", "dehydrated" },
	{ "/var/lib/dehydrated/", "dehydrated" },
	{ "/.getssl/", "getssl" },
	{ "/.lego/", "lego" },
	{ "/var/lib/lego/", "lego" },
	{ "/etc/ssl/uacme/", "uacme" },
};
#define NOTHERS (sizeof(others) / sizeof(others[0]))

/* The other client in whose directory this file is, or NULL. */
static const char *
other_client(const char *path)
{
	char real[PATH_MAX];
	size_t i;

	if (realpath(path, real) == NULL)
		strlcpy(real, path, sizeof(real));
	for (i = 0; i < NOTHERS; i++)
		if (strstr(path, others[i].part) != NULL ||
		    strstr(real, others[i].part) != NULL)
			return others[i].client;
	return NULL;
}

/* Warns of a file that another client replaces; once for several in a row. */
static void
advise_other(const char *what, const char *path)
{
	static const char *said = "";
	const char *client = path != NULL ? other_client(path) : NULL;

	if (client == NULL || strcmp(client, said) == 0)
		return;
	said = client;
	advise("%s %s: is in a directory of %s, and both clients would replace "
	       "it; to take over what that client has: %s/%s",
	    what, path, client, IMPORT_DIR, client);
}

static void
advise_authority(const struct authority *a)
{
	struct stat st;

	advise_other("account key", a->account_key);
	if (conf_lacks_root(a))
		advise("authority %s: its certificates probably lead to none "
		       "of this system's roots, and would not be installed: "
		       "name its root with 'root file', or say 'root any'",
		    a->name);
	advise_file(a->ca_file, "ca file");
	advise_file(a->root_file, "root file");
	advise_file(a->proxy_auth, "proxy auth file");
	/* The file is read only as long as there is no account key. */
	if (stat(a->account_key, &st) == -1)
		advise_file(a->eab_file, "eab hmac file");
	need_place(a->account_key, "account key: directory", 1);
}

/* The members of "group" must be able to reach the key. */
static void
advise_way(const struct domain *d)
{
	struct stat st;
	char *dir;
	int rc;

	if (d->group == NULL || d->key == NULL)
		return;
	dir = conf_directory(d->key);
	rc = stat(dir, &st);
	if (rc == 0 && (st.st_mode & (S_IXGRP | S_IXOTH)) == 0)
		advise("domain key %s: group %s cannot reach it: chgrp %s %s "
		       "&& chmod g+x %s",
		    d->key, d->group, d->group, dir, dir);
	free(dir);
}

static void
advise_domain(const struct domain *d)
{
	if (d->handle[0] == '-')
		advise("domain %s: the handle begins with '-', so that on the "
		       "command line it needs '--' before it; choose another, "
		       "and give the name as 'domain name'",
		    d->handle);
	advise_group(d->group);
	advise_way(d);
	advise_other("domain key", d->key);
	advise_other("domain combined", d->combined);
	advise_other("domain certificate", d->cert);
	advise_other("domain chain certificate", d->chain);
	advise_other("domain full chain certificate", d->fullchain);
	need_place(d->key, "domain key: directory", 1);
	need_place(d->combined, "domain combined: directory", 1);
	need_place(d->cert, "domain certificate: directory", 0);
	need_place(d->chain, "domain chain certificate: directory", 0);
	need_place(d->fullchain, "domain full chain certificate: directory", 0);
	need_dir(d->challengedir, "challengedir", 0);
}

/* A user who can change the program can act as the one who runs acme-client. */
static void
advise_program(const char *what, const char *program)
{
	struct stat st;

	if (stat(program, &st) == -1)
		advise("%s %s: %s", what, program, strerror(errno));
	else if (!S_ISREG(st.st_mode) ||
	    faccessat(AT_FDCWD, program, X_OK, AT_EACCESS) == -1)
		advise("%s %s: this is not a program that %s can run", what,
		    program, user_name());
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		advise("%s %s: others can change what is run: chmod go-w %s",
		    what, program, program);
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		advise("%s %s: belongs to user %u, who can change what is run; "
		       "chown it",
		    what, program, (unsigned)st.st_uid);
}

/*
 * Warns of shell syntax in a command: it is passed to the program as arguments.
 */
static void
advise_arguments(const struct strings *argv)
{
	static const char *const shell[] = { "|", "||", "&", "&&", ";", "<",
		">", ">>", "2>&1" };
	size_t i, k;

	for (i = 1; i < argv->n; i++)
		for (k = 0; k < sizeof(shell) / sizeof(shell[0]); k++)
			if (strcmp(argv->v[i], shell[k]) == 0) {
				advise("on change %s: gets '%s' as an "
				       "argument, as no shell reads it; put "
				       "the command into a script",
				    argv->v[0], shell[k]);
				return;
			}
}

/*
 * Warns of a blank in a path: it is not a command, so that what follows the
 * blank is no argument.
 */
static void
advise_challenge_hook(const char *program)
{
	struct stat st;

	if (strpbrk(program, " \t") != NULL && stat(program, &st) == -1)
		advise(
		    "challenge hook %s: %s; all of it is taken for the path of "
		    "the program, which gets no arguments from here: put them "
		    "into a script",
		    program, strerror(errno));
	else
		advise_program("challenge hook", program);
}

static void
advise_commands(const struct commands *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		advise_program("on change", c->v[i].v[0]);
		advise_arguments(&c->v[i]);
	}
}

/*
 * Can a socket be bound to this address and port now?  The socket does not
 * listen.
 */
static void
advise_port(const char *address, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV },
			*ai;
	const char *text = strcmp(address, "*") == 0 ? "0.0.0.0" : address;
	int fd, yes = 1;

	if (getaddrinfo(text, port, &hints, &ai) != 0)
		return;
	fd = socket(ai->ai_family, ai->ai_socktype, 0);
	if (fd != -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == -1)
		advise("listen on %s port %s: %s", address, port,
		    errno == EADDRINUSE ?
			"another process has this port" :
			errno == EADDRNOTAVAIL ?
			"this machine has no such address" :
			errno == EACCES ?
			"ports below 1024 need root, or the ambient capability "
			"CAP_NET_BIND_SERVICE" :
			strerror(errno));
	if (fd != -1)
		close(fd);
	freeaddrinfo(ai);
}

/*
 * Warns if the port is that of the other type of challenge (RFC 8555 8.3, RFC
 * 8737 3).
 */
static void
advise_challenge(const struct domain *d, const char *address, const char *port)
{
	int by_tls = d->challenge == CHALLENGE_TLSALPN01;

	if (strcmp(port, by_tls ? "80" : "443") == 0)
		advise(
		    "listen on %s port %s: for %s the CA connects to port %s: "
		    "listen there, or at another port to which those "
		    "connections are passed on",
		    address, port, challenge_names[d->challenge],
		    by_tls ? "443" : "80");
}

static void
advise_listen(const struct domain *d)
{
	size_t i;

	for (i = 0; i + 1 < d->listen.n; i += 2) {
		advise_challenge(d, d->listen.v[i], d->listen.v[i + 1]);
		advise_port(d->listen.v[i], d->listen.v[i + 1]);
	}
}

unsigned
conf_advise(const struct conf *c, struct domain *const *domains, size_t n)
{
	size_t i, j;

	if (c->user != NULL && getpwnam(c->user) == NULL)
		advise("user %s: there is no such user; make it (useradd), or "
		       "name another",
		    c->user);
	owner = c->user != NULL ? c->user : DEFAULT_USER;
	if (getpwnam(owner) == NULL)
		owner = NULL;
	for (i = 0; i < c->nauthorities; i++) {
		for (j = 0;
		     j < n && domains[j]->authority != &c->authorities[i]; j++)
			;
		if (j < n)
			advise_authority(&c->authorities[i]);
	}
	for (i = 0; i < n; i++)
		advise_domain(domains[i]);
	advise_commands(&c->on_change);
	for (i = 0; i < n; i++) {
		advise_commands(&domains[i]->on_change);
		advise_listen(domains[i]);
		if (domains[i]->challenge_hook != NULL)
			advise_challenge_hook(domains[i]->challenge_hook);
	}
	need_dir(c->state_dir, "state directory", 1);
	need_place(c->metrics, "metrics file: directory", 0);
	need_place(c->status, "status file: directory", 0);
	advise_written(c->metrics, "metrics file");
	advise_written(c->status, "status file");
	qsort(needs, nneeds, sizeof(*needs), by_dir);
	for (i = 0; i < nneeds; i++)
		if (i == 0 || strcmp(needs[i - 1].dir, needs[i].dir) != 0)
			advise_dir(&needs[i]);
	return warnings + lex_warnings + conf_layout(c, domains, n);
}
