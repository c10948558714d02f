/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Keeps files on the disk: how they are replaced, their attributes, keys, CSRs,
 * names in the state directory.
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

/*
 * The extended attributes of a file that is replaced, such as POSIX ACLs and
 * labels (disk-attrs-linux.c).  disk-attrs-openbsd.c has none.  The build picks
 * one of the two.
 */

struct attr {
	char *name;
	void *value;
	size_t len;
	struct attr *next;
};

/* The attributes of one file. */
struct attrs {
	int known; /* The file exists, and its attributes were read. */
	struct attr *list;
};

/*
 * Reads the attributes of an open file; path is for messages.  attrs_free()
 * frees them.
 */
void attrs_read(struct attrs *, int fd, const char *path);
/*
 * Gives the attributes to the new file, after its mode and before its owner is
 * set.  Prints which of them cannot be kept.  NULL: there are none.
 */
void attrs_write(const struct attrs *, int fd, const char *path);
/* Frees the attributes of attrs_read(). */
void attrs_free(struct attrs *);


/*
 * Accesses files by the descriptor of their directory and one name, and
 * replaces them so that a file is always the old one or the new one, whole.
 */

/* An open directory; each is opened once and stays open. */
struct dir {
	char *path;
	int fd;
	struct stat st;
	struct dir *next;
};

/* A file's place; the file may be missing. */
struct place {
	const char *path; /* The path is only for messages. */
	struct dir *dir;
	const char *name; /* The file's name in the directory. */
};

/* All directories opened so far. */
extern struct dir *dirs;

/*
 * Opens an absolute path's directory.  No component of it may be a symbolic
 * link, by which the owner of a directory on the way could have another file
 * written.  0 or -1.  place keeps pointers into path.
 */
int place_open(struct place *, const char *path, struct error *);
/* As place_open(), for a directory itself. */
struct dir *dir_open(const char *path, struct error *);
/*
 * Opens a file for reading that decides what is certified: neither the file nor
 * a directory on the way may be a symbolic link, or be writable for others than
 * root and this user.  The caller closes.  -1: the error says why.
 */
int dir_open_trusted(const char *path, struct error *);
/* Closes all directories, for a role that needs no more files. */
void dir_close_all(void);
/*
 * Returns all dirs as sandbox_enter() takes them, each with these rights; the
 * caller frees the array.
 */
struct sandbox_dir *dir_rights(int rights, size_t *n);
/*
 * Sets the user to run as: the directories' owner, or, if they have several
 * owners, root with the capabilities that are needed.
 */
void dir_owner(struct sandbox *);

/*
 * Reads a regular file whole: NUL-terminated, st filled in; the caller frees.
 * 1: read; 0: there is no such file; -1: the error says why.  Unless it is 1,
 * the buffer is NULL and its length 0.
 */
int place_read(const struct place *, char **, size_t *len, size_t max,
    struct stat *, struct error *);

/*
 * Writes a new version beside the old one and syncs it.  It has the name
 * ".NAME.acme-new", and place_clean() removes it after a crash.  It gets the
 * given attributes of the file that it will replace (NULL: none).  0, or -1
 * without a file.
 */
int place_stage(const struct place *, const void *, size_t, mode_t, uid_t,
    gid_t, const struct attrs *, struct error *);
/*
 * Reads a file's attributes; they count as not known if there is no such file.
 */
void place_attrs(const struct place *, struct attrs *);
/* Renames the staged version to the file; dir_sync() must follow. */
int place_rename(const struct place *, struct error *);
/* Syncs what was renamed, linked or removed in the directory.  0 or -1. */
int dir_sync(const struct dir *, struct error *);
/*
 * Stages, renames and syncs a file that belongs to this user, with mode 0600.
 */
int place_write(const struct place *, const void *, size_t, struct error *);
/*
 * As place_write(), but with this mode, for this user and group; it never
 * replaces a file: -1, and *exists is 1, if the file exists.
 */
int place_create(const struct place *, const void *, size_t, mode_t, uid_t,
    gid_t, int *exists, struct error *);
/*
 * Fills in the place of the same name with a suffix, in the same directory; its
 * path is never freed.
 */
void place_beside(struct place *, const struct place *, const char *suffix);
/* As place_beside(), with a dot before the name; its path must be freed. */
void place_hidden(struct place *, const struct place *, const char *suffix);
void place_hidden_free(struct place *);
/* Renames within one directory and syncs; to keeps its attributes. */
int place_move(
    const struct place *from, const struct place *to, struct error *);
/*
 * Gives the same file another name, and replaces a file of that name;
 * dir_sync() must follow.
 */
int place_link(
    const struct place *from, const struct place *as, struct error *);
/* As place_link(), and syncs the directory. */
int place_keep(
    const struct place *from, const struct place *as, struct error *);
/*
 * Writes a file that others may read (0644), which must not exist yet, without
 * syncing it.
 */
int place_publish(
    const struct place *, const void *, size_t, int *exists, struct error *);
/* Is there anything of this name? */
int place_exists(const struct place *);
/* Could a file of this many bytes be staged here now?  No file is left. */
int place_probe(const struct place *, size_t, struct error *);
/*
 * Removes a staged version that a crash has left; refuses another user's file.
 */
int place_clean(const struct place *, struct error *);
/* Removes the file, if it exists; dir_sync() must follow. */
int place_remove(const struct place *, struct error *);
/* The same, durable at once. */
int place_remove_now(const struct place *, struct error *);

/*
 * Adds to an error, after EACCES, or EPERM in a process that is not root's, who
 * owns the file, or its directory if there is no such file, if that is another
 * user, as after an earlier run as root.  Returns -1.
 */
int error_owner(int dirfd, const char *name, int error, struct error *);


/* Names the files in the state directory. */

/* The suffixes of the files. */
/* The journals of hookproc's records in the DNS. */
#define STATE_RECORDS "records"
#define STATE_CHANGED "changed" /* The file of PART_CHANGED. */

/*
 * Makes "DIR/PREFIX-NAME.SUFFIX", where unusual bytes of the name are written
 * as %xx.  The caller frees it.
 */
char *state_path(
    const char *dir, const char *prefix, const char *name, const char *suffix);

/*
 * Has the directory any file of this suffix?  With thousands of handles, this
 * is faster than to look for the file of each.
 */
int state_any(const char *dir, const char *suffix);
/* Does this file exist? */
int state_exists(
    const char *dir, const char *prefix, const char *name, const char *suffix);


/* Reads the administrator's certificate signing request, PEM or DER. */

/* The most bytes of the file: CSR_BYTES_MAX in PEM. */
#define CSR_TEXT_MAX 65536

/*
 * Reads the file, at most CSR_TEXT_MAX bytes, without parsing it; NULL: the
 * error says why.  The caller frees.
 */
char *csr_file_read(const char *path, size_t *len, struct error *);


/*
 * Reads and writes private keys on disk: PEM, unencrypted, readable by their
 * owner only.
 */

/*
 * Loads a key.  1: into *key, which the caller frees; 0: there is no such file;
 * -1: it cannot be used, and the error says why: then no new key may replace
 * it.
 */
int keyfile_load(
    const struct place *, const struct keyspec *, EVP_PKEY **, struct error *);

/* Is the key of the configured type and size? */
int keyfile_fits(const struct keyspec *, EVP_PKEY *);

#define NO_GROUP ((gid_t)-1)

/*
 * Makes a key, and syncs its file, which belongs to this user, 0600, or 0640
 * for a group.  Root's process may give it to another user, with the group of
 * the directory.  If another process was faster, *key is the key that it has
 * made.
 */
int keyfile_create(const struct place *, const struct keyspec *, uid_t owner,
    gid_t group, EVP_PKEY **, struct error *);

/*
 * Replaces a file by a key and the bytes that follow it, and syncs it: 0600, or
 * 0640 for a group.
 */
int keyfile_combine(const struct place *, gid_t group, EVP_PKEY *,
    const void *rest, size_t len, struct error *);

/*
 * Changes an existing file with a key to 0640 for this group; or to 0600,
 * without a group and with take_back, which says that there was one.  1:
 * changed; 0: there was nothing to change; -1: the error says why.
 */
int keyfile_regroup(
    const struct place *, gid_t group, int take_back, struct error *);

/*
 * Does this certificate (DER) contain the public key?  It is searched for
 * bytes, and not parsed, as it comes from an untrusted process.
 */
int keyfile_is_in(EVP_PKEY *, const void *der, size_t len);
/*
 * Do the lines of this text look like PEM blocks of certificates and nothing
 * else?
 */
int keyfile_only_certificates(const void *text, size_t len);

/* Parses the first key in a PEM text; NULL: there is no usable key. */
EVP_PKEY *keyfile_parse(const char *pem, size_t len);

/*
 * Reads a secret text, which others must not be able to read.  1:
 * NUL-terminated, the caller wipes and frees it; 0: there is no such file; -1:
 * the error says why.
 */
int keyfile_read(const struct place *, char **, size_t *len, struct error *);

#endif
