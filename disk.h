/*
 * Extended attributes of a file that is replaced: POSIX ACLs, labels, and what
 * else an administrator or the system has attached to it.  disk-attrs-linux.c
 * or disk-attrs-openbsd.c, which has none; the build picks one.
 */
#ifndef DISK_H
#define DISK_H

#include <sys/stat.h>
#include <sys/types.h>
#include <openssl/evp.h>
#include <stddef.h>

#include "conf.h"
#include "log.h"
#include "sandbox.h"

struct attr {
	char *name;
	void *value;
	size_t len;
	struct attr *next;
};

/* Of one file. */
struct attrs {
	/* there is such a file, and it was looked at */
	int known;
	struct attr *list;
};

/*
 * Reads those of an open file; path is for messages.  attrs_free() frees them.
 */
void attrs_read(struct attrs *, int fd, const char *path);
/*
 * Gives them to the file that is to take its place, of which the mode is set,
 * and the owner is still us.  What cannot be kept is said.  NULL: there are
 * none.
 */
void attrs_write(const struct attrs *, int fd, const char *path);
/* Frees what attrs_read() has found. */
void attrs_free(struct attrs *);


/*
 * Files by directory descriptor and one component, and their replacement so
 * that a file is always the old one or the new one, whole.
 */

/* An open directory; each is opened once and stays open. */
struct dir {
	char *path;
	int fd;
	struct stat st;
	struct dir *next;
};

/* A file's place: it may exist or not. */
struct place {
	const char *path; /* for messages */
	struct dir *dir;
	const char *name; /* one component */
};

/* All directories opened so far. */
extern struct dir *dirs;

/*
 * Opens an absolute path's directory.  No component of it may be a symbolic
 * link: whoever owns a directory on the way could turn us elsewhere.
 * 0 or -1.  place keeps pointers into path.
 */
int place_open(struct place *, const char *path, struct error *);
/* The same for a directory itself. */
struct dir *dir_open(const char *path, struct error *);
/*
 * Opens a file for reading that decides what is certified: neither the file
 * nor a directory on the way may be a symbolic link, or be changed by anybody
 * but root and this user.  The caller closes.  -1: see why.
 */
int dir_open_trusted(const char *path, struct error *);
/* Closes them all: for a role that needs no files any longer. */
void dir_close_all(void);
/*
 * All dirs as sandbox_enter() takes them, each with these rights; the caller
 * frees.
 */
struct sandbox_dir *dir_rights(int rights, size_t *n);
/*
 * The user to run as: the directories' owner; or where they have several,
 * root with the capabilities that this takes.
 */
void dir_owner(struct sandbox *);

/*
 * Reads a regular file whole: NUL-terminated, st filled in; the caller frees.
 * 1: read; 0: there is none; -1: see why.
 */
int place_read(const struct place *, char **, size_t *len, size_t max,
    struct stat *, struct error *);

/*
 * Writes a new version beside the old one, on the disk for good (fsync).
 * The name is ".NAME.acme-new", so that place_clean() finds what a crash left.
 * With the attributes of the file that it is to replace (NULL: not looked at).
 * 0 or -1 with nothing left behind.
 */
int place_stage(const struct place *, const void *, size_t, mode_t, uid_t,
    gid_t, const struct attrs *, struct error *);
/* Reads a file's attributes; not known where there is none. */
void place_attrs(const struct place *, struct attrs *);
/* Makes the staged version the file.  dir_sync() makes that last. */
int place_rename(const struct place *, struct error *);
/* What was renamed, linked or removed there lasts (fsync).  0 or -1. */
int dir_sync(const struct dir *, struct error *);
/* The three in one, mode 0600, our own. */
int place_write(const struct place *, const void *, size_t, struct error *);
/*
 * As place_write(), but never replaces: -1 with *exists 1 where there is one.
 */
int place_create(const struct place *, const void *, size_t, mode_t, gid_t,
    int *exists, struct error *);
/*
 * The place of the same name with a suffix, in the same directory; its path is
 * never freed.
 */
void place_beside(struct place *, const struct place *, const char *suffix);
/* The same with a dot before the name; its path must be freed. */
void place_hidden(struct place *, const struct place *, const char *suffix);
void place_hidden_free(struct place *);
/* Renames within one directory, for good; to's attributes stay. */
int place_move(
    const struct place *from, const struct place *to, struct error *);
/*
 * Another name for the same file; replaces what has that name.  dir_sync()
 * makes that last.
 */
int place_link(
    const struct place *from, const struct place *as, struct error *);
/* The two in one. */
int place_keep(
    const struct place *from, const struct place *as, struct error *);
/*
 * A file for others to read (0644) that must not exist yet; need not outlive a
 * crash.
 */
int place_publish(
    const struct place *, const void *, size_t, int *exists, struct error *);
/* Is there anything of this name? */
int place_exists(const struct place *);
/* Could a file of this many bytes be staged here now?  Leaves nothing. */
int place_probe(const struct place *, size_t, struct error *);
/* Removes what a crash left; refuses another user's file. */
int place_clean(const struct place *, struct error *);
/* Gone, or was not there; dir_sync() makes that last. */
int place_remove(const struct place *, struct error *);

/*
 * Adds to w, after EACCES or EPERM in a process that is not root's, whose the
 * file name in dirfd is (its directory, if there is no such file) if it belongs
 * to somebody else, as after an earlier run as root.  Returns -1.
 */
int error_owner(int dirfd, const char *name, int error, struct error *);


/*
 * Names of files in the state directory.
 */

/* suffix: records in the DNS that were begun, by hookproc */
#define STATE_RECORDS "records"
#define STATE_CHANGED "changed" /* suffix: see PART_CHANGED */

/*
 * "DIR/PREFIX-NAME.SUFFIX", where bytes of the name that have no business in a
 * file name are written as %xx.  The caller frees.
 */
char *state_path(
    const char *dir, const char *prefix, const char *name, const char *suffix);

/* Is there anything of that name? */
int state_exists(
    const char *dir, const char *prefix, const char *name, const char *suffix);


/*
 * A certificate signing request that the administrator brings along, PEM or
 * DER.
 */

#define CSR_TEXT_MAX 65536 /* CSR_BYTES_MAX in PEM */

/*
 * The file's bytes, at most CSR_TEXT_MAX, not looked at; NULL: see why.  The
 * caller frees.
 */
char *csr_file_read(const char *path, size_t *len, struct error *);


/*
 * Private keys on disk: PEM, unencrypted, readable by their owner only.
 */

/*
 * Reads a key.  1: *key is it, the caller frees; 0: there is no such file;
 * -1: it cannot be used, see why.  A key is never made anew because the old
 * one is bad.
 */
int keyfile_load(
    const struct place *, const struct keyspec *, EVP_PKEY **, struct error *);

/* Is it of the configured type and size? */
int keyfile_fits(const struct keyspec *, EVP_PKEY *);

#define NO_GROUP ((gid_t)-1)

/*
 * Makes a key; it is on the disk for good when this returns 0: 0600, or 0640
 * for group.  Where another process was faster, *key is the one that it made.
 */
int keyfile_create(const struct place *, const struct keyspec *, gid_t group,
    EVP_PKEY **, struct error *);

/*
 * A key and what follows it, as one file, replaced for good; 0600, or 0640 for
 * group.
 */
int keyfile_combine(const struct place *, gid_t group, EVP_PKEY *,
    const void *rest, size_t len, struct error *);

/*
 * A file with a key that is there already: 0640 for this group, also if it was
 * made without one; 0600 again where there is none and take_back says that
 * there was one.  1: changed; 0: there was nothing to change; -1: see why.
 */
int keyfile_regroup(
    const struct place *, gid_t group, int take_back, struct error *);

/*
 * Does this certificate (DER) have the key's public half in it?  It is searched
 * for the bytes, and not parsed: who says what it is may be hostile.
 */
int keyfile_is_in(EVP_PKEY *, const void *der, size_t len);
/*
 * Is this text PEM blocks of certificates and nothing else, as far as its lines
 * tell?
 */
int keyfile_only_certificates(const void *text, size_t len);

/* The first key in a PEM text; NULL: there is none that can be used. */
EVP_PKEY *keyfile_parse(const char *pem, size_t len);

/*
 * Any secret text; refused where others may read it.  1: NUL-terminated, the
 * caller wipes and frees; 0: there is no such file; -1: see why.
 */
int keyfile_read(const struct place *, char **, size_t *len, struct error *);

#endif
