/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The one table of messages: which role may send which to which other, in which
 * kinds of runs, and of which shape.  The broker checks each message against
 * it, and the receiver checks it again before any handler runs.  An error here
 * lets a process send a message that it must not send.
 */
#include <limits.h>
#include <string.h>

#include "conf-parse.h"
#include "conf.h"
#include "msg.h"
#include "part.h"

#define FROM(r) (1u << ROLE_##r)
/* The longest string of a message: a URL (valid.h), a nonce, a line of text. */
#define STRING 2400
/* The bytes of the length that comes before each string. */
#define LENGTH 4
#define PATHS(n) ((n) * (LENGTH + PATH_MAX))
#define WORDS(n) ((n) * (LENGTH + WORD_MAX))
#define NUMBERS 256
#define NAMES (CONF_NAMES_MAX * (LENGTH + 254) + NUMBERS)
/*
 * The longest slices (msg-bodies.c) are keyproc's of the authority, and
 * certproc's of a domain: its files, those of csrproc and the root file;
 * profile, preferred chain and group; its URL, handle and authority.
 */
#define CONF (ORIGINS_MAX * STRING + PATHS(2) + WORDS(2) + NUMBERS)
#define VERIFY (VERIFY_MAX * (VERIFY_WORDS * LENGTH + 254 + 6 + 5))
#define DOMAIN (NAMES + PATHS(6) + WORDS(3) + 2 * STRING + VERIFY + NUMBERS)
#define COMMANDS \
	(COMMANDS_MAX * (COMMAND_BYTES_MAX + COMMAND_WORDS_MAX * LENGTH + 8) + \
	    NUMBERS)
#define CERT (64 * 1024) /* The most bytes of one certificate in DER. */

/*
 * Kinds of runs.  ADOPT, the end of a rollover, and SHOW send the CA no
 * request.
 */
#define M(mode) (1u << MODE_##mode)
#define ANY_MODE (~0u)
#define HANDLES (M(RENEW) | M(REVOKE))
#define WITHOUT_CA (M(RESTORE) | M(INSTALL)) /* These send no CA a request. */
#define INSTALLS (M(RENEW) | WITHOUT_CA)
#define ALL_HANDLES (HANDLES | WITHOUT_CA)
#define ACCOUNT (M(ROLLOVER) | M(CONTACT) | M(DEACTIVATE))

const char *const role_names[ROLE__MAX] = {
	[ROLE_PARENT] = "parent",
	[ROLE_NET] = "netproc",
	[ROLE_DNS] = "dnsproc",
	[ROLE_KEY] = "keyproc",
	[ROLE_CSR] = "csrproc",
	[ROLE_CHNG] = "chngproc",
	[ROLE_CERT] = "certproc",
	[ROLE_FILE] = "fileproc",
	[ROLE_ZONE] = "zoneproc",
	[ROLE_RESP] = "respproc",
	[ROLE_HOOK] = "hookproc",
};

_Static_assert(CONF <= MSG_BODY_MAX && SLICES_BYTES + DOMAIN <= MSG_BODY_MAX,
    "a slice must fit into a message, and one more behind SLICES_BYTES");
/*
 * hookproc's slice of a domain has the handle and, with 'on change', five paths
 * and the commands; without, it has a path and the names.
 */
_Static_assert(COMMANDS <= CONF && STRING + PATHS(5) + COMMANDS <= DOMAIN,
    "hookproc's slices must fit, too");

#define ROUTE(type, from, to, modes, shape, max) \
	[type] = { #type, from, to, modes, shape, max, 0 }
#define BY_JOB(type, from, to, modes, shape, max) \
	[type] = { #type, from, to, modes, shape, max, 1 }

const struct route routes[MSG__MAX] = {
	/* The start and the end of a run: between the parent and each role. */
	ROUTE(ROLE_CONF, FROM(PARENT), ANY_ROLE, ANY_MODE, "*", CONF),
	ROUTE(ROLE_DOMAIN, FROM(PARENT), ANY_ROLE, ANY_MODE, "*",
	    SLICES_BYTES + DOMAIN),
	ROUTE(ROLE_START, FROM(PARENT), ANY_ROLE, ANY_MODE, "", 0),
	ROUTE(ROLE_STOP, FROM(PARENT), ANY_ROLE, ANY_MODE, "", 0),
	ROUTE(PARENT_START_CSR, FROM(CERT), ROLE_PARENT, ALL_HANDLES, "", 0),
	ROUTE(PARENT_DUE, FROM(CERT), ROLE_PARENT,
	    HANDLES | ACCOUNT | M(ADOPT) | M(SHOW) | M(VERIFY), "n", 8),
	/* An outcome, and the numbers of further jobs that have it. */
	ROUTE(PARENT_OUTCOME, FROM(CERT) | FROM(HOOK), ROLE_PARENT, ANY_MODE,
	    "n(n)", OUTCOMES_MAX * 8),
	ROUTE(FILE_REPORTED, FROM(PARENT), ROLE_FILE, ALL_HANDLES, "", 0),
	ROUTE(PARENT_FORGOTTEN, FROM(FILE), ROLE_PARENT, ALL_HANDLES, "n", 8),

	/* The commands of 'on change', after renewals. */
	ROUTE(HOOK_CHANGED, FROM(FILE), ROLE_HOOK, M(HOOK), "n", 8),
	ROUTE(FILE_FORGET_CHANGE, FROM(HOOK), ROLE_FILE, M(HOOK), "", 0),
	ROUTE(HOOK_FORGOTTEN, FROM(FILE), ROLE_HOOK, M(HOOK), "n", 8),

	/* The roles that publish responses for chngproc, in renewals only. */
	ROUTE(HOOK_PUT, FROM(CHNG), ROLE_HOOK, M(RENEW), "nzs", STRING),
	ROUTE(HOOK_DROP, FROM(CHNG), ROLE_HOOK, M(RENEW), "", 0),
	ROUTE(CHNG_PUBLISHED, FROM(HOOK) | FROM(RESP), ROLE_CHNG, M(RENEW),
	    "nz", STRING),

	/*
	 * The parent asks for names while it reads the configuration; csrproc
	 * has no jobs then.
	 */
	ROUTE(CSR_NAMES, FROM(PARENT), ROLE_CSR, M(NAMES), "b", CERT + LENGTH),
	ROUTE(PARENT_NAMES, FROM(CSR), ROLE_PARENT, M(NAMES), "zv", NAMES),

	ROUTE(CERT_WORKER_GONE, FROM(PARENT), ROLE_CERT, M(RENEW), "", 0),
	ROUTE(KEY_WORKER_GONE, FROM(PARENT), ROLE_KEY, M(RENEW), "", 0),
	ROUTE(CERT_OFFER, FROM(PARENT), ROLE_CERT, M(INSTALL), "b",
	    PART_SET_BYTES_MAX + LENGTH),

	/* certproc's requests to the disk, and fileproc's replies. */
	ROUTE(FILE_NARROW, FROM(PARENT), ROLE_FILE,
	    HANDLES | ACCOUNT | M(ADOPT) | M(SHOW) | M(VERIFY), "", 0),
	ROUTE(FILE_OPEN, FROM(CERT), ROLE_FILE, ALL_HANDLES, "n", 8),
	ROUTE(FILE_LOOK, FROM(CERT), ROLE_FILE,
	    M(LIST) | M(MONITOR) | M(VERIFY), "", 0),
	ROUTE(FILE_CLOSE, FROM(CERT), ROLE_FILE, ALL_HANDLES, "n", 8),
	ROUTE(FILE_PROBE, FROM(CERT), ROLE_FILE, INSTALLS, "", 0),
	ROUTE(FILE_WRITE, FROM(CERT), ROLE_FILE,
	    ALL_HANDLES | ACCOUNT | M(MONITOR) | M(ADOPT), "nnb",
	    PART_PIECE_BYTES + NUMBERS),
	ROUTE(FILE_REMOVE, FROM(CERT), ROLE_FILE, HANDLES, "n", 8),
	ROUTE(FILE_REMOVE_SET, FROM(CERT), ROLE_FILE, M(REVOKE), "", 0),
	ROUTE(FILE_COPY, FROM(CERT), ROLE_FILE, M(REVOKE), "nn", 16),
	ROUTE(FILE_TELL_REVOCABLE, FROM(CERT), ROLE_FILE, M(REVOKE), "", 0),
	ROUTE(FILE_READ_KEPT, FROM(CERT), ROLE_FILE, M(RESTORE), "", 0),
	ROUTE(FILE_STAGE, FROM(CERT), ROLE_FILE, INSTALLS, "nb",
	    PART_SET_BYTES_MAX + NUMBERS),
	ROUTE(FILE_COMMIT, FROM(CERT), ROLE_FILE, INSTALLS, "", 0),
	ROUTE(FILE_LOCK, FROM(CERT), ROLE_FILE,
	    HANDLES | ACCOUNT | M(MONITOR) | M(ADOPT) | M(SHOW), "nnn", 24),
	ROUTE(FILE_READ, FROM(CERT), ROLE_FILE,
	    HANDLES | ACCOUNT | M(ADOPT) | M(SHOW), "n", 8),
	ROUTE(CERT_STATES, FROM(FILE), ROLE_CERT, M(RENEW), "(nnb)",
	    MSG_BODY_MAX),
	ROUTE(CERT_PART, FROM(FILE), ROLE_CERT, ANY_MODE, "nnsb",
	    PART_SET_BYTES_MAX + PATHS(1) + NUMBERS),
	ROUTE(CERT_STORED, FROM(FILE), ROLE_CERT, ANY_MODE, "nz", PATHS(2)),

	/*
	 * Data that must not pass through netproc: the keys' hashes, CSRs, the
	 * thumbprint, the account.
	 */
	ROUTE(CSR_LOOK, FROM(CERT), ROLE_CSR, ALL_HANDLES, "n", 8),
	ROUTE(CERT_KEY, FROM(CSR), ROLE_CERT, ALL_HANDLES, "nnbbbb", 208),
	ROUTE(KEY_CSR, FROM(CSR), ROLE_KEY, M(RENEW), "b",
	    LENGTH + CSR_BYTES_MAX),
	ROUTE(CHNG_THUMBPRINT, FROM(KEY), ROLE_CHNG, M(RENEW), "s", 64),
	ROUTE(CHNG_ACCOUNT, FROM(KEY), ROLE_CHNG, M(RENEW), "s", STRING),
	ROUTE(CERT_ACCOUNT, FROM(KEY), ROLE_CERT, HANDLES | ACCOUNT | M(ADOPT),
	    "ssz", 2 * STRING),
	ROUTE(CERT_SHOW_ACCOUNT, FROM(KEY), ROLE_CERT, M(SHOW), "zz", 128),
	ROUTE(KEY_ACCOUNT, FROM(CERT), ROLE_KEY,
	    HANDLES | ACCOUNT | M(ADOPT) | M(SHOW), "zzz", 2 * STRING),
	ROUTE(KEY_BEGIN, FROM(CERT), ROLE_KEY, M(RENEW), "zz", 2 * STRING),
	ROUTE(KEY_REVOCABLE, FROM(FILE), ROLE_KEY, M(REVOKE), "b",
	    PART_SET_BYTES_MAX + LENGTH),
	ROUTE(CSR_REVOCABLE, FROM(FILE), ROLE_CSR, M(REVOKE), "b",
	    PART_SET_BYTES_MAX + LENGTH),
	ROUTE(CSR_REVOKE, FROM(CERT), ROLE_CSR, M(REVOKE), "b", CERT),
	ROUTE(KEY_REVOKE, FROM(CSR), ROLE_KEY, M(REVOKE), "nb", CERT + NUMBERS),
	ROUTE(CSR_NEW_KEY, FROM(CERT), ROLE_CSR, M(RENEW), "n", 8),
	ROUTE(CSR_ADOPT, FROM(CERT), ROLE_CSR, INSTALLS, "b", CERT),
	ROUTE(CSR_COMBINE, FROM(CERT), ROLE_CSR, INSTALLS, "b", MSG_BODY_MAX),
	ROUTE(CSR_DISCARD, FROM(CERT), ROLE_CSR, M(REVOKE), "nb", 64),
	ROUTE(CERT_CSR_DONE, FROM(CSR), ROLE_CERT, ALL_HANDLES, "n", 8),
	ROUTE(CERT_ERROR, FROM(CSR) | FROM(CHNG), ROLE_CERT, M(RENEW), "s",
	    STRING),

	/* netproc's requests, and the replies of the others. */
	ROUTE(KEY_ASK_ACCOUNT, FROM(NET), ROLE_KEY, HANDLES | ACCOUNT, "", 0),
	ROUTE(
	    KEY_LEAVE_ACCOUNT, FROM(NET), ROLE_KEY, HANDLES | ACCOUNT, "n", 8),
	ROUTE(KEY_RECHECK_ACCOUNT, FROM(NET), ROLE_KEY, HANDLES | ACCOUNT, "z",
	    STRING),
	ROUTE(
	    NET_ACCOUNT, FROM(KEY), ROLE_NET, HANDLES | ACCOUNT, "nz", STRING),
	BY_JOB(DNS_RESOLVE, FROM(NET), ROLE_DNS, HANDLES | ACCOUNT | M(VERIFY),
	    "ssn", STRING),
	ROUTE(NET_ADDRESSES, FROM(DNS), ROLE_NET, HANDLES | ACCOUNT | M(VERIFY),
	    "zn(b)", STRING),
	ROUTE(KEY_SIGN_FIND_ACCOUNT, FROM(NET), ROLE_KEY, HANDLES | ACCOUNT,
	    "ss", 2 * STRING),
	ROUTE(KEY_SIGN_NEW_ACCOUNT, FROM(NET), ROLE_KEY, M(RENEW), "ss",
	    2 * STRING),
	ROUTE(KEY_SET_ACCOUNT, FROM(NET), ROLE_KEY, HANDLES | ACCOUNT, "s",
	    STRING),
	ROUTE(KEY_NO_ACCOUNT, FROM(NET), ROLE_KEY, HANDLES | ACCOUNT, "", 0),
	ROUTE(KEY_SIGN_ROLLOVER, FROM(NET), ROLE_KEY, M(ROLLOVER), "ss",
	    2 * STRING),
	ROUTE(KEY_SIGN_CONTACT, FROM(NET), ROLE_KEY, M(CONTACT), "ss",
	    2 * STRING),
	ROUTE(KEY_SIGN_DEACTIVATE, FROM(NET), ROLE_KEY, M(DEACTIVATE), "ss",
	    2 * STRING),
	BY_JOB(KEY_SIGN_NEW_ORDER, FROM(NET), ROLE_KEY, M(RENEW), "ss",
	    2 * STRING),
	BY_JOB(KEY_SIGN_REPLACEMENT, FROM(NET), ROLE_KEY, M(RENEW), "ss",
	    2 * STRING),
	BY_JOB(KEY_SIGN_FETCH, FROM(NET), ROLE_KEY, M(RENEW), "ss", 2 * STRING),
	BY_JOB(KEY_SIGN_CHALLENGE, FROM(NET), ROLE_KEY, M(RENEW), "ss",
	    2 * STRING),
	BY_JOB(
	    KEY_SIGN_GIVE_UP, FROM(NET), ROLE_KEY, M(RENEW), "ss", 2 * STRING),
	BY_JOB(
	    KEY_SIGN_FINALIZE, FROM(NET), ROLE_KEY, M(RENEW), "ss", 2 * STRING),
	BY_JOB(
	    KEY_SIGN_REVOKE, FROM(NET), ROLE_KEY, M(REVOKE), "ss", 2 * STRING),
	BY_JOB(
	    CSR_SIGN_REVOKE, FROM(NET), ROLE_CSR, M(REVOKE), "ss", 2 * STRING),
	ROUTE(NET_SIGNED, FROM(KEY) | FROM(CSR), ROLE_NET, HANDLES | ACCOUNT,
	    "z", MSG_BODY_MAX),
	BY_JOB(CSR_MAKE, FROM(NET), ROLE_CSR, M(RENEW), "", 0),
	ROUTE(NET_CSR_DONE, FROM(CSR), ROLE_NET, M(RENEW), "n", 8),
	BY_JOB(CHNG_CHECK, FROM(NET), ROLE_CHNG, M(RENEW), "", 0),
	BY_JOB(CHNG_PROBE, FROM(NET), ROLE_CHNG, M(RENEW), "", 0),
	ROUTE(NET_PROBE, FROM(CHNG), ROLE_NET, M(RENEW), "zzz",
	    PATHS(1) + NUMBERS),
	BY_JOB(
	    CHNG_PUT, FROM(NET), ROLE_CHNG, M(RENEW), "ns", STRING + NUMBERS),
	BY_JOB(CHNG_PERSIST, FROM(NET), ROLE_CHNG, M(RENEW), "nv",
	    NUMBERS + ISSUERS_MAX * (LENGTH + 254)),
	BY_JOB(CHNG_AWAIT, FROM(NET), ROLE_CHNG, M(RENEW), "", 0),
	BY_JOB(CHNG_DROP, FROM(NET), ROLE_CHNG, M(RENEW), "n", 8),
	ROUTE(NET_CHNG_DONE, FROM(CHNG), ROLE_NET, M(RENEW), "n", 8),
	ROUTE(ZONE_AWAIT, FROM(CHNG), ROLE_ZONE, M(RENEW), "nzs", STRING),
	ROUTE(ZONE_PERSIST, FROM(CHNG), ROLE_ZONE, M(RENEW), "nsv",
	    STRING + NUMBERS + ISSUERS_MAX * (LENGTH + 254)),
	ROUTE(ZONE_CA, FROM(NET), ROLE_ZONE, M(RENEW), "v",
	    NUMBERS + ISSUERS_MAX * (LENGTH + 254)),
	ROUTE(ZONE_END, FROM(CHNG), ROLE_ZONE, M(RENEW), "", 0),
	ROUTE(CHNG_SEEN, FROM(ZONE), ROLE_CHNG, M(RENEW), "nz", STRING),
	ROUTE(RESP_CHECK, FROM(CHNG), ROLE_RESP, M(RENEW), "", 0),
	ROUTE(RESP_PUT, FROM(CHNG), ROLE_RESP, M(RENEW), "ns", STRING),
	ROUTE(RESP_DROP, FROM(CHNG), ROLE_RESP, M(RENEW), "n", 8),
	ROUTE(CERT_NEXT, FROM(NET), ROLE_CERT, HANDLES | ACCOUNT | M(VERIFY),
	    "", 0),
	ROUTE(NET_JOB, FROM(CERT), ROLE_NET, HANDLES | ACCOUNT | M(VERIFY),
	    "nzzznzznn", 5 * STRING + NUMBERS),
	ROUTE(
	    DNS_STATUS_URLS, FROM(CERT), ROLE_DNS, M(RENEW), "v", MSG_BODY_MAX),
	ROUTE(
	    NET_STATUS_URLS, FROM(CERT), ROLE_NET, M(RENEW), "v", MSG_BODY_MAX),
	BY_JOB(CERT_STATUS, FROM(NET), ROLE_CERT, M(RENEW), "nb", MSG_BODY_MAX),
	BY_JOB(CERT_WINDOW, FROM(NET), ROLE_CERT, M(RENEW), "nnn", STRING),
	BY_JOB(
	    CERT_LEARNED, FROM(NET), ROLE_CERT, M(RENEW), "snss", 3 * STRING),
	BY_JOB(CERT_ORDER, FROM(NET), ROLE_CERT, M(RENEW), "z", STRING),
	BY_JOB(CERT_KEY_REFUSED, FROM(NET), ROLE_CERT, M(RENEW), "", 0),
	BY_JOB(CERT_CHAIN, FROM(NET), ROLE_CERT, M(RENEW), "nb", MSG_BODY_MAX),
	BY_JOB(CERT_LAST_CHAIN, FROM(NET), ROLE_CERT, M(RENEW), "", 0),
	BY_JOB(CERT_PRESENTED, FROM(NET), ROLE_CERT, M(VERIFY), "nzb",
	    PRESENTED_BYTES_MAX + STRING + NUMBERS),
	BY_JOB(CERT_DONE, FROM(NET) | FROM(KEY), ROLE_CERT,
	    M(REVOKE) | ACCOUNT | M(ADOPT), "", 0),
	BY_JOB(CERT_FAILED, FROM(NET), ROLE_CERT, HANDLES | ACCOUNT, "nnns",
	    ERROR_MAX + 64),
	ROUTE(NET_JOB_DONE, FROM(CERT), ROLE_NET, HANDLES | ACCOUNT, "n", 8),
};

/* Skips n bytes; 0: the body does not have so many left. */
static int
skip(const struct msg *m, size_t *pos, size_t n)
{
	if (n > m->head.len - *pos)
		return 0;
	*pos += n;
	return 1;
}

/*
 * Skips a length and so many bytes.  A string ends with its only NUL; an
 * optional one may be NULL.
 */
static int
skip_counted(const struct msg *m, size_t *pos, int is_string, int optional)
{
	const uint8_t *p;
	uint32_t n;

	if (m->head.len - *pos < sizeof(n))
		return 0;
	memcpy(&n, m->body + *pos, sizeof(n));
	*pos += sizeof(n);
	if (is_string && n == MSG_NULL_STRING)
		return optional;
	p = m->body + *pos;
	return skip(m, pos, n) &&
	    (!is_string || (n > 0 && memchr(p, '\0', n) == p + n - 1));
}

/* Skips a number of strings, and the strings. */
static int
skip_strings(const struct msg *m, size_t *pos)
{
	uint64_t n;

	if (m->head.len - *pos < sizeof(n))
		return 0;
	memcpy(&n, m->body + *pos, sizeof(n));
	*pos += sizeof(n);
	while (n-- > 0)
		if (!skip_counted(m, pos, 1, 0))
			return 0;
	return 1;
}

static int
skip_one(const struct msg *m, size_t *pos, char what)
{
	switch (what) {
	case 'n':
		return skip(m, pos, sizeof(uint64_t));
	case 's':
	case 'z':
		return skip_counted(m, pos, 1, what == 'z');
	case 'b':
		return skip_counted(m, pos, 0, 0);
	case 'v':
		return skip_strings(m, pos);
	default:
		return 0;
	}
}

/* Has the body its type's shape, with nothing behind it? */
static int
has_shape(const struct msg *m)
{
	const char *shape = routes[m->head.type].shape, *again = shape;
	size_t pos = 0;

	if (strcmp(shape, "*") == 0)
		return 1;
	for (; *shape != '\0'; shape++) {
		if (*shape == '(') {
			again = shape;
			if (pos == m->head.len)
				return 1;
		} else if (*shape == ')') {
			if (pos < m->head.len)
				shape = again;
		} else if (!skip_one(m, &pos, *shape))
			return 0;
	}
	return pos == m->head.len;
}

const char *
msg_check(const struct msg *m, size_t got, int from, int to, enum mode mode)
{
	const struct route *r;

	if (got < MSG_HEAD_LEN)
		return "shorter than a header";
	if (m->head.type >= MSG__MAX || routes[m->head.type].name == NULL)
		return "of no known type";
	r = &routes[m->head.type];
	if (m->head.len > r->max)
		return "longer than its type allows";
	if (got != MSG_HEAD_LEN + m->head.len)
		return "not as long as its header says";
	if (from != ANY_ROLE && (r->from & (1u << from)) == 0)
		return "not for this process to send";
	if (to != ANY_ROLE && r->to != ANY_ROLE && r->to != to)
		return "not for this process to receive";
	if ((r->modes & (1u << mode)) == 0)
		return "not in this kind of run";
	return has_shape(m) ? NULL : "of another shape than its type has";
}
