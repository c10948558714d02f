/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * The bodies of messages: what was put is what is taken, of the shape that the
 * routing table has for it; and what is outside an enumeration, cut short or
 * too long ends the receiver.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf-parse.h"
#include "msg-bodies.h"
#include "test.h"
#include "valid.h"

#define LONG 2000 /* bytes of a long string */

static struct msg sent, came, again;
static int tried[MSG__MAX];
static char far[LONG + 1]; /* a long string */
static uint8_t blob[SPKI_HASH_LEN], large[65536];

/* As it comes out of the socket. */
static void
arrive(const struct msg *from)
{
	came.head = from->head;
	memcpy(came.body, from->body, from->head.len);
	msg_take(&came);
}

static void
fits(enum msgtype type)
{
	const struct route *r = &routes[type];
	const char *wrong;
	int mode;

	for (mode = 1; (r->modes & (1u << mode)) == 0; mode++)
		;
	arrive(&sent);
	wrong = msg_check(&came, MSG_HEAD_LEN + came.head.len, ANY_ROLE,
	    ANY_ROLE, (enum mode)mode);
	check(wrong == NULL, "bodies: %s: fits its shape \"%s\"%s%s", r->name,
	    r->shape, wrong == NULL ? "" : ": ", wrong == NULL ? "" : wrong);
	tried[type] = 1;
}

/* What a receiver of the bytes in came ends with; 0: it goes on. */
#define END_OF(which, type_of_body) \
	__extension__({ \
		pid_t pid_ = (fflush(stdout), fork()); \
		int status_ = -1; \
		if (pid_ == 0) { \
			type_of_body body_; \
			close(STDERR_FILENO); \
			memset(&body_, 0, sizeof(body_)); \
			body_##which(&came, &body_); \
			_exit(0); \
		} \
		waitpid(pid_, &status_, 0); \
		WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; \
	})

/*
 * Puts in, takes out, puts that again; and what is cut short or too long is not
 * taken.
 */
#define TRIP(type, which, type_of_body, in, out) \
	do { \
		uint32_t len_, short_[3]; \
		size_t i_; \
		msg_new(&sent, type, 7); \
		body_##which(&sent, &(in)); \
		fits(type); \
		memset(&(out), 0, sizeof(out)); \
		body_##which(&came, &(out)); \
		msg_new(&again, type, 7); \
		body_##which(&again, &(out)); \
		check(again.head.len == sent.head.len && \
			memcmp(again.body, sent.body, sent.head.len) == 0, \
		    "bodies: %s: taken and put again: the same", \
		    routes[type].name); \
		len_ = sent.head.len; \
		short_[0] = 0, short_[1] = len_ / 2, short_[2] = len_ - 1; \
		for (i_ = 0; i_ < 3; i_++) { \
			arrive(&sent); \
			came.head.len = short_[i_]; \
			check(END_OF(which, type_of_body) == 1, \
			    "bodies: %s: cut to %u of %u bytes", \
			    routes[type].name, short_[i_], len_); \
		} \
		arrive(&sent); \
		came.body[came.head.len++] = 0; \
		check(END_OF(which, type_of_body) == 1, \
		    "bodies: %s: a byte more", routes[type].name); \
		arrive(&sent); \
		check(END_OF(which, type_of_body) == 0, \
		    "bodies: %s: as it is", routes[type].name); \
	} while (0)

/*
 * The number at this offset of the body that TRIP() sent, outside first to
 * last.
 */
#define OUTSIDE(type, which, type_of_body, offset, first, last) \
	do { \
		uint64_t bad_[] = { (uint64_t)(last) + 1, UINT64_MAX, \
			1ULL << 32 | (last), 1ULL << 63, \
			(uint64_t)(first)-1 }; \
		size_t i_; \
		for (i_ = 0; i_ < 5; i_++) { \
			arrive(&sent); \
			memcpy(came.body + (offset), &bad_[i_], \
			    sizeof(bad_[i_])); \
			check(END_OF(which, type_of_body) == 1, \
			    "bodies: %s: %llu at byte %u", routes[type].name, \
			    (unsigned long long)bad_[i_], (unsigned)(offset)); \
		} \
	} while (0)

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
test_net(void)
{
	struct body_job job = { TASK_ORDER, "a.b", NULL, far, 1, "", far,
		VERIFY_MAX - 1, 1 },
			got_job;
	struct body_presented presented = { 1, far, large,
		PRESENTED_BYTES_MAX },
			      got_presented;
	struct body_window window = { 0, INT64_MAX, UINT64_MAX }, got_window;
	struct body_status status = { 1, large, sizeof(large) }, got_status;
	struct body_learned learned = { far, 0, "", far }, got_learned;
	struct body_chain chain = { 1, large, 0 }, got_chain;
	struct body_failed failed = { FAILURE_AUTHORITY, UINT64_MAX, 1, "" },
			   got_failed;
	enum verdict verdict = VERDICT_ANEW, got_verdict;

	TRIP(NET_JOB, job, struct body_job, job, got_job);
	check(got_job.task == TASK_ORDER && same(got_job.certid, "a.b") &&
		got_job.status_url == NULL && same(got_job.new_nonce, far) &&
		got_job.slow == 1 && same(got_job.order, "") &&
		same(got_job.anchors, far) &&
		got_job.server == VERIFY_MAX - 1 && got_job.again == 1,
	    "bodies: NET_JOB: each member");
	OUTSIDE(NET_JOB, job, struct body_job, 0, TASK_NOTHING, TASK_VERIFY);
	TRIP(CERT_PRESENTED, presented, struct body_presented, presented,
	    got_presented);
	check(got_presented.server == 1 && same(got_presented.reason, far) &&
		got_presented.len == PRESENTED_BYTES_MAX,
	    "bodies: CERT_PRESENTED: each member");
	OUTSIDE(CERT_PRESENTED, presented, struct body_presented, 0, 0,
	    VERIFY_MAX - 1);
	TRIP(CERT_WINDOW, window, struct body_window, window, got_window);
	check(got_window.start == 0 && got_window.end == INT64_MAX &&
		got_window.retry == UINT64_MAX,
	    "bodies: CERT_WINDOW: each member");
	TRIP(CERT_STATUS, status, struct body_status, status, got_status);
	check(got_status.more == 1 && got_status.len == sizeof(large) &&
		memcmp(got_status.piece, large, sizeof(large)) == 0,
	    "bodies: CERT_STATUS: each member");
	TRIP(CERT_LEARNED, learned, struct body_learned, learned, got_learned);
	check(same(got_learned.new_nonce, far) && got_learned.slow == 0 &&
		same(got_learned.anchors, "") && same(got_learned.terms, far),
	    "bodies: CERT_LEARNED: each member");
	TRIP(CERT_CHAIN, chain, struct body_chain, chain, got_chain);
	check(got_chain.unframed == 1 && got_chain.len == 0,
	    "bodies: CERT_CHAIN: each member");
	TRIP(CERT_FAILED, failed, struct body_failed, failed, got_failed);
	check(got_failed.class == FAILURE_AUTHORITY &&
		got_failed.seconds == UINT64_MAX && got_failed.for_all == 1 &&
		same(got_failed.text, ""),
	    "bodies: CERT_FAILED: each member");
	OUTSIDE(CERT_FAILED, failed, struct body_failed, 0, FAILURE_CA,
	    FAILURE_AUTHORITY);
	TRIP(NET_JOB_DONE, verdict, enum verdict, verdict, got_verdict);
	check(got_verdict == VERDICT_ANEW, "bodies: NET_JOB_DONE: the member");
	OUTSIDE(NET_JOB_DONE, verdict, enum verdict, 0, VERDICT_REFUSED,
	    VERDICT_ANEW);

	/* Pieces without end bring no end. */
	status.len = 0;
	status.more = 0;
	msg_new(&sent, CERT_STATUS, 7);
	body_status(&sent, &status);
	arrive(&sent);
	came.body[0] = 1;
	check(END_OF(status, struct body_status) == 1,
	    "bodies: CERT_STATUS: an empty piece, and more");
}

static void
test_disk(void)
{
	struct body_record record = { PART_METRICS, 1, large, sizeof(large) },
			   got_record;
	struct body_staged staged = { PART_FULLCHAIN, large, 0 }, got_staged;
	struct body_copy copy = { PART_FULLCHAIN, PART_REVOKED }, got_copy;
	enum part part = PART_SAVED, got_part_name;
	struct body_lock lock = { PART_ACCOUNT, LOCK_ALONE, INT_MAX }, got_lock;
	struct body_part stored_part = { PART_CERT, PRESENCE_BROKEN, far, large,
		9 },
			 got_part;
	struct body_stored stored = { -1, far }, got_stored;
	int wait_ms = INT_MAX, got_wait;
	uint64_t most = UINT64_MAX;

	TRIP(FILE_WRITE, record, struct body_record, record, got_record);
	check(got_record.part == PART_METRICS && got_record.more == 1 &&
		got_record.len == sizeof(large),
	    "bodies: FILE_WRITE: each member");
	OUTSIDE(FILE_WRITE, record, struct body_record, 0, 0, PART__MAX - 1);
	TRIP(FILE_STAGE, staged, struct body_staged, staged, got_staged);
	check(got_staged.part == PART_FULLCHAIN && got_staged.len == 0,
	    "bodies: FILE_STAGE: each member");
	OUTSIDE(FILE_STAGE, staged, struct body_staged, 0, 0, PART__MAX - 1);
	TRIP(FILE_COPY, copy, struct body_copy, copy, got_copy);
	check(got_copy.from == PART_FULLCHAIN && got_copy.to == PART_REVOKED,
	    "bodies: FILE_COPY: each member");
	OUTSIDE(FILE_COPY, copy, struct body_copy, 0, 0, PART__MAX - 1);
	OUTSIDE(FILE_COPY, copy, struct body_copy, 8, 0, PART__MAX - 1);
	TRIP(FILE_REMOVE, part_name, enum part, part, got_part_name);
	TRIP(FILE_READ, part_name, enum part, part, got_part_name);
	check(got_part_name == PART_SAVED, "bodies: FILE_READ: the member");
	OUTSIDE(FILE_READ, part_name, enum part, 0, 0, PART__MAX - 1);
	TRIP(FILE_LOCK, lock, struct body_lock, lock, got_lock);
	check(got_lock.part == PART_ACCOUNT && got_lock.lock == LOCK_ALONE &&
		got_lock.wait_ms == INT_MAX,
	    "bodies: FILE_LOCK: each member");
	OUTSIDE(FILE_LOCK, lock, struct body_lock, 0, 0, PART__MAX - 1);
	OUTSIDE(FILE_LOCK, lock, struct body_lock, 8, LOCK_NONE, LOCK_ALONE);
	TRIP(FILE_OPEN, wait, int, wait_ms, got_wait);
	memcpy(came.body, &most, sizeof(most));
	msg_take(&came);
	body_wait(&came, &got_wait);
	check(got_wait == INT_MAX,
	    "bodies: FILE_OPEN: a wait without end is one of INT_MAX ms");
	TRIP(CERT_PART, part, struct body_part, stored_part, got_part);
	check(got_part.part == PART_CERT &&
		got_part.presence == PRESENCE_BROKEN &&
		same(got_part.path, far) && got_part.len == 9,
	    "bodies: CERT_PART: each member");
	OUTSIDE(CERT_PART, part, struct body_part, 0, 0, PART__MAX - 1);
	OUTSIDE(CERT_PART, part, struct body_part, 8, PRESENCE_ABSENT,
	    PRESENCE_BROKEN);
	TRIP(CERT_STORED, stored, struct body_stored, stored, got_stored);
	check(got_stored.result == -1 && same(got_stored.reason, far),
	    "bodies: CERT_STORED: each member");
	OUTSIDE(CERT_STORED, stored, struct body_stored, 0, 0, 2);
}

/* Any number of them in one message, no other end than the message's. */
static void
test_states(void)
{
	struct body_state in[3] = { { PRESENCE_BYTES, 1, large, 500 },
		{ PRESENCE_ABSENT, 0, large, 0 },
		{ PRESENCE_BROKEN, 0, large, 60000 } },
			  out;
	int i, more = 1, agree = 1;

	msg_new(&sent, CERT_STATES, 0);
	for (i = 0; i < 3; i++)
		body_state(&sent, &in[i]);
	fits(CERT_STATES);
	for (i = 0; i < 3 && more; i++) {
		more = body_state(&came, &out);
		agree &= out.presence == in[i].presence &&
		    out.has_saved == in[i].has_saved && out.len == in[i].len &&
		    memcmp(out.bytes, large, out.len) == 0;
	}
	check(i == 3 && !more && agree,
	    "bodies: CERT_STATES: three, and no more");
	OUTSIDE(CERT_STATES, state, struct body_state, 0, PRESENCE_ABSENT,
	    PRESENCE_BROKEN);
}

static void
test_keys(void)
{
	struct body_publish publish = { .number = 0, .text = far }, got_publish;
	struct body_published published = { .number = CONF_NAMES_MAX - 1,
		.reason = NULL },
			      got_published;
	struct body_response response = { .number = CONF_NAMES_MAX - 1,
		.token = far },
			     got_response;
	char *v[] = { far, far, far };
	struct body_key key = { 1, 0, blob, NULL, blob, NULL }, got_key;
	struct body_discard discard = { 1, blob }, got_discard;
	enum new_key new_key = NEW_KEY_REFUSED, got_new_key;
	enum csr_done done = CSR_KEY_STAYS, got_done;
	struct body_names names = { NULL, { .v = v, .n = 3 } }, got_names;
	struct body_names none = { "", { .v = NULL, .n = 0 } };
	int yes = 5, got;

	TRIP(CERT_KEY, key, struct body_key, key, got_key);
	check(got_key.usable == 1 && got_key.grouped == 0 &&
		got_key.next == NULL && got_key.leaf == NULL &&
		memcmp(got_key.live, blob, sizeof(blob)) == 0 &&
		memcmp(got_key.chain, blob, sizeof(blob)) == 0,
	    "bodies: CERT_KEY: each member");
	msg_new(&sent, CERT_KEY, 7);
	msg_put_num(&sent, 1);
	msg_put_num(&sent, 1);
	msg_put_buf(&sent, blob, sizeof(blob) - 1);
	arrive(&sent);
	check(END_OF(key, struct body_key) == 1,
	    "bodies: CERT_KEY: a hash of 31 bytes");
	TRIP(CSR_DISCARD, discard, struct body_discard, discard, got_discard);
	check(got_discard.installed == 1 &&
		memcmp(got_discard.hash, blob, sizeof(blob)) == 0,
	    "bodies: CSR_DISCARD: each member");
	msg_new(&sent, CSR_DISCARD, 7);
	msg_put_num(&sent, 1);
	msg_put_buf(&sent, NULL, 0);
	arrive(&sent);
	check(END_OF(discard, struct body_discard) == 1,
	    "bodies: CSR_DISCARD: no hash");
	TRIP(CSR_NEW_KEY, new_key, enum new_key, new_key, got_new_key);
	check(
	    got_new_key == NEW_KEY_REFUSED, "bodies: CSR_NEW_KEY: the member");
	OUTSIDE(CSR_NEW_KEY, new_key, enum new_key, 0, NEW_KEY_BESIDE,
	    NEW_KEY_REFUSED);
	TRIP(CERT_CSR_DONE, csr_done, enum csr_done, done, got_done);
	check(got_done == CSR_KEY_STAYS, "bodies: CERT_CSR_DONE: the member");
	OUTSIDE(CERT_CSR_DONE, csr_done, enum csr_done, 0, CSR_FAILED,
	    CSR_KEY_STAYS);
	TRIP(PARENT_NAMES, names, struct body_names, none, got_names);
	check(same(got_names.error, "") && got_names.names.n == 0,
	    "bodies: PARENT_NAMES: an error");
	free(got_names.names.v);
	TRIP(PARENT_NAMES, names, struct body_names, names, got_names);
	check(got_names.error == NULL && got_names.names.n == 3 &&
		same(got_names.names.v[2], far),
	    "bodies: PARENT_NAMES: each member");
	while (got_names.names.n > 0)
		free(got_names.names.v[--got_names.names.n]);
	free(got_names.names.v);
	TRIP(CSR_LOOK, flag, int, yes, got);
	TRIP(NET_CSR_DONE, flag, int, yes, got);
	TRIP(CHNG_DROP, flag, int, yes, got);
	TRIP(CHNG_PUT, response, struct body_response, response, got_response);
	check(got_response.number == CONF_NAMES_MAX - 1 &&
		same(got_response.token, far),
	    "bodies: CHNG_PUT: each member");
	OUTSIDE(
	    CHNG_PUT, response, struct body_response, 0, 0, CONF_NAMES_MAX - 1);
	TRIP(RESP_PUT, publish, struct body_publish, publish, got_publish);
	check(got_publish.number == 0 && same(got_publish.text, far),
	    "bodies: RESP_PUT: each member");
	OUTSIDE(
	    RESP_PUT, publish, struct body_publish, 0, 0, CONF_NAMES_MAX - 1);
	TRIP(RESP_DROP, flag, int, yes, got);
	TRIP(CHNG_PUBLISHED, published, struct body_published, published,
	    got_published);
	check(got_published.number == CONF_NAMES_MAX - 1 &&
		got_published.reason == NULL,
	    "bodies: CHNG_PUBLISHED: each member");
	OUTSIDE(CHNG_PUBLISHED, published, struct body_published, 0, 0,
	    CONF_NAMES_MAX - 1);
	TRIP(NET_CHNG_DONE, flag, int, yes, got);
	check(got == 1, "bodies: NET_CHNG_DONE: a flag is 1");
	TRIP(HOOK_CHANGED, flag, int, yes, got);
	check(got == 1, "bodies: HOOK_CHANGED: a flag is 1");
	TRIP(HOOK_FORGOTTEN, flag, int, yes, got);
	check(got == 1, "bodies: HOOK_FORGOTTEN: a flag is 1");
}

static void
test_account(void)
{
	static const enum msgtype requests[] = { KEY_SIGN_FIND_ACCOUNT,
		KEY_SIGN_NEW_ACCOUNT, KEY_SIGN_ROLLOVER, KEY_SIGN_CONTACT,
		KEY_SIGN_DEACTIVATE, KEY_SIGN_NEW_ORDER, KEY_SIGN_REPLACEMENT,
		KEY_SIGN_FETCH, KEY_SIGN_CHALLENGE, KEY_SIGN_GIVE_UP,
		KEY_SIGN_FINALIZE, KEY_SIGN_REVOKE, CSR_SIGN_REVOKE };
	struct body_request request = { "", far }, got_request;
	struct body_revoke revoke = { 1, large, 60000 }, got_revoke;
	struct body_begin begin = { NULL, far }, got_begin;
	struct body_account account = { far, "", NULL }, got_account;
	struct body_account unknown = { NULL, NULL, far };
	struct body_shown shown = { NULL, "x" }, got_shown;
	struct body_account_status status = { ACCOUNT_REFUSED, NULL },
				   got_status;
	enum leave how = LEAVE_DEACTIVATED, got_how;
	uint64_t known = ACCOUNT_KNOWN;
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		TRIP(requests[i], request, struct body_request, request,
		    got_request);
		check(same(got_request.nonce, "") && same(got_request.url, far),
		    "bodies: %s: each member", routes[requests[i]].name);
	}
	TRIP(KEY_REVOKE, revoke, struct body_revoke, revoke, got_revoke);
	check(got_revoke.ours == 1 && got_revoke.len == 60000,
	    "bodies: KEY_REVOKE: each member");
	TRIP(KEY_BEGIN, begin, struct body_begin, begin, got_begin);
	check(got_begin.replaces == NULL && same(got_begin.order, far),
	    "bodies: KEY_BEGIN: each member");
	TRIP(CERT_ACCOUNT, account, struct body_account, account, got_account);
	check(same(got_account.thumbprint, far) && same(got_account.url, "") &&
		got_account.unknown == NULL,
	    "bodies: CERT_ACCOUNT: each member");
	TRIP(KEY_ACCOUNT, stored_account, struct body_account, unknown,
	    got_account);
	check(got_account.thumbprint == NULL && got_account.url == NULL &&
		same(got_account.unknown, far),
	    "bodies: KEY_ACCOUNT: each member");
	arrive(&again);
	check(END_OF(account, struct body_account) == 1,
	    "bodies: CERT_ACCOUNT: without a thumbprint");
	TRIP(CERT_SHOW_ACCOUNT, shown, struct body_shown, shown, got_shown);
	check(got_shown.thumbprint == NULL && same(got_shown.next, "x"),
	    "bodies: CERT_SHOW_ACCOUNT: each member");
	TRIP(NET_ACCOUNT, account_status, struct body_account_status, status,
	    got_status);
	check(got_status.status == ACCOUNT_REFUSED && got_status.url == NULL,
	    "bodies: NET_ACCOUNT: each member");
	OUTSIDE(NET_ACCOUNT, account_status, struct body_account_status, 0,
	    ACCOUNT_KNOWN, ACCOUNT_REFUSED);
	arrive(&sent);
	memcpy(came.body, &known, sizeof(known));
	check(END_OF(account_status, struct body_account_status) == 1,
	    "bodies: NET_ACCOUNT: known, without a URL");
	TRIP(KEY_LEAVE_ACCOUNT, leave, enum leave, how, got_how);
	check(got_how == LEAVE_DEACTIVATED,
	    "bodies: KEY_LEAVE_ACCOUNT: the member");
	OUTSIDE(KEY_LEAVE_ACCOUNT, leave, enum leave, 0, LEAVE_OPEN,
	    LEAVE_DEACTIVATED);
}

/* What chng and zone say to each other. */
static void
test_records(void)
{
	char *issuers[ISSUERS_MAX + 1];
	struct body_digest digest = { .number = CONF_NAMES_MAX - 1,
		.label = NULL,
		.digest = far },
			   got_digest;
	struct body_published seen = { .number = CONF_NAMES_MAX - 1,
		.reason = NULL },
			      got_seen;
	struct body_persist persist = { .number = 1,
		.account = "a",
		.issuers = { .v = issuers, .n = ISSUERS_MAX } };
	struct body_issuers named = { .number = 2,
		.names = { .v = issuers, .n = ISSUERS_MAX } };
	struct body_ca ca = { .issuers = { .v = issuers, .n = ISSUERS_MAX } };
	static struct body_issuers got_named;
	static struct body_persist got;
	static struct body_ca got_ca;
	int i;

	for (i = 0; i <= ISSUERS_MAX; i++)
		issuers[i] = "x";
	TRIP(ZONE_AWAIT, digest, struct body_digest, digest, got_digest);
	check(got_digest.number == CONF_NAMES_MAX - 1 &&
		got_digest.label == NULL && same(got_digest.digest, far),
	    "bodies: ZONE_AWAIT: each member");
	TRIP(HOOK_PUT, digest, struct body_digest, digest, got_digest);
	check(same(got_digest.label, digest.label) &&
		same(got_digest.digest, digest.digest),
	    "bodies: HOOK_PUT: each member");
	OUTSIDE(HOOK_PUT, digest, struct body_digest, 0, 0, CONF_NAMES_MAX - 1);
	msg_new(&sent, ZONE_AWAIT, 7);
	body_digest(&sent, &digest);
	OUTSIDE(
	    ZONE_AWAIT, digest, struct body_digest, 0, 0, CONF_NAMES_MAX - 1);
	TRIP(CHNG_SEEN, published, struct body_published, seen, got_seen);
	check(got_seen.number == CONF_NAMES_MAX - 1 && got_seen.reason == NULL,
	    "bodies: CHNG_SEEN: each member");
	TRIP(CHNG_PUBLISHED, published, struct body_published, seen, got_seen);
	check(got_seen.number == CONF_NAMES_MAX - 1,
	    "bodies: CHNG_PUBLISHED: each member");
	OUTSIDE(CHNG_SEEN, published, struct body_published, 0, 0,
	    CONF_NAMES_MAX - 1);
	TRIP(CHNG_PERSIST, issuers, struct body_issuers, named, got_named);
	check(got_named.number == 2 && got_named.names.n == ISSUERS_MAX,
	    "bodies: CHNG_PERSIST: each member");
	OUTSIDE(CHNG_PERSIST, issuers, struct body_issuers, 0, 0,
	    CONF_NAMES_MAX - 1);
	TRIP(ZONE_CA, ca, struct body_ca, ca, got_ca);
	check(got_ca.issuers.n == ISSUERS_MAX &&
		same(got_ca.issuers.v[ISSUERS_MAX - 1], "x"),
	    "bodies: ZONE_CA: each member");
	TRIP(ZONE_PERSIST, persist, struct body_persist, persist, got);
	check(got.number == 1 && same(got.account, "a") &&
		got.issuers.n == ISSUERS_MAX,
	    "bodies: ZONE_PERSIST: each member");
	persist.issuers.n++;
	msg_new(&sent, ZONE_PERSIST, 7);
	body_persist(&sent, &persist);
	arrive(&sent);
	check(END_OF(persist, struct body_persist) == 1,
	    "bodies: ZONE_PERSIST: one name of the CA too many");
}

/* A string that is needed is there, and ends with its only NUL. */
static void
test_strings(void)
{
	static const struct {
		const char *bytes; /* NULL: no string. */
		size_t len;
		int end;
	} strings[] = { { "ab", 3, 0 }, { "ab", 2, 1 }, { "a\0b", 4, 1 },
		{ "a\0", 3, 1 }, { "", 1, 0 }, { "", 0, 1 }, { NULL, 0, 1 } };
	size_t i;

	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		msg_new(&sent, ZONE_AWAIT, 7);
		msg_put_num(&sent, 0);
		msg_put_str(&sent, NULL);
		if (strings[i].bytes == NULL)
			msg_put_str(&sent, NULL);
		else
			msg_put_buf(&sent, strings[i].bytes, strings[i].len);
		arrive(&sent);
		check(END_OF(digest, struct body_digest) == strings[i].end,
		    "bodies: a string of %zu bytes, number %zu", strings[i].len,
		    i);
	}
}

static void
test_dns(void)
{
	struct body_probe probe = { "token", NULL, "/dir" }, got_probe;
	struct body_host host = { "h.example", "65535", FOR_WEBROOT }, got_host;
	struct body_addresses addresses = { .error = "x", .n = ADDRESSES_MAX },
			      got;
	uint64_t more = ADDRESSES_MAX + 1;
	size_t i;

	TRIP(DNS_RESOLVE, host, struct body_host, host, got_host);
	check(same(got_host.name, "h.example") &&
		same(got_host.port, "65535") && got_host.what == FOR_WEBROOT,
	    "bodies: DNS_RESOLVE: each member");
	OUTSIDE(DNS_RESOLVE, host, struct body_host, (size_t)came.head.len - 8,
	    FOR_AUTHORITY, FOR_VERIFY);
	TRIP(NET_PROBE, probe, struct body_probe, probe, got_probe);
	check(same(got_probe.token, "token") && got_probe.text == NULL &&
		same(got_probe.dir, "/dir"),
	    "bodies: NET_PROBE: each member");
	for (i = 0; i < ADDRESSES_MAX; i++) {
		addresses.a[i].bytes = large;
		addresses.a[i].len = sizeof(struct sockaddr_storage);
	}
	TRIP(NET_ADDRESSES, addresses, struct body_addresses, addresses, got);
	check(same(got.error, "x") && got.n == ADDRESSES_MAX &&
		got.a[ADDRESSES_MAX - 1].len == sizeof(struct sockaddr_storage),
	    "bodies: NET_ADDRESSES: each member");
	arrive(&sent);
	memcpy(came.body + 6, &more, sizeof(more));
	check(END_OF(addresses, struct body_addresses) == 1,
	    "bodies: NET_ADDRESSES: one too many");
	msg_new(&sent, NET_ADDRESSES, 7);
	msg_put_str(&sent, NULL);
	msg_put_num(&sent, 1);
	msg_put_buf(&sent, large, sizeof(struct sockaddr_storage) + 1);
	arrive(&sent);
	check(END_OF(addresses, struct body_addresses) == 1,
	    "bodies: NET_ADDRESSES: too long a one");
}

/* What each role gets to know, as a string of the members that came. */
static void
members_of_conf(const struct slice_conf *c, char *out, size_t size)
{
	snprintf(out, size,
	    "%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%"
	    "s%s%s%s",
	    c->issuer != NULL && c->persist.n == CONF_NAMES_MAX &&
		    c->persist_more == UINT64_MAX ?
		"persist " :
		"",
	    c->until == UINT64_MAX ? "until " : "",
	    c->dns_wait == DNS_WAIT_MAX ? "dns_wait " : "",
	    c->dns_servers.n == 2 * DNS_SERVERS_MAX ? "dns_servers " : "",
	    c->workers == WORKERS_MAX ? "workers " : "",
	    c->njobs == UINT32_MAX ? "njobs " : "", c->force ? "force " : "",
	    c->reason == REASON_MAX ? "reason " : "",
	    c->key_compromised ? "key_compromised " : "",
	    c->asks_for_status ? "asks_for_status " : "",
	    c->publishes ? "publishes " : "",
	    c->names_account ? "names_account " : "",
	    c->waits_for_dns ? "waits_for_dns " : "",
	    c->checks ? "checks " : "",
	    same(c->account, far) && c->issuer != NULL ? "account " : "",
	    c->list == INT_MAX ? "list " : "",
	    c->most_orders == UINT64_MAX ? "most_orders " : "",
	    c->state_dir != NULL ? "state_dir " : "",
	    c->metrics != NULL ? "metrics " : "",
	    c->status != NULL && c->status_mode == 0777 ? "status " : "",
	    c->name != NULL ? "name " : "",
	    c->api_url != NULL ? "api_url " : "",
	    c->origins.n == ORIGINS_MAX ? "origins " : "",
	    c->servers.n == 2 * ORIGINS_MAX ? "servers " : "",
	    c->ca_file != NULL ? "ca_file " : "",
	    c->proxy != NULL && c->proxy_auth != NULL ? "proxy " : "",
	    c->proxied ? "proxied " : "",
	    c->prefer == PREFER_IPV6 ? "prefer " : "",
	    c->insecure ? "insecure " : "",
	    same(c->account_key, far) ? "account_key " : "",
	    c->account_spec.type == KEYTYPE_RSA &&
		    c->account_spec.bits == 4096 ?
		"account_spec " :
		"",
	    c->shared ? "shared " : "", c->contact != NULL ? "contact " : "",
	    c->has_eab ? "has_eab " : "",
	    c->eab_kid != NULL && c->eab_file != NULL && c->eab_alg != NULL ?
		"eab " :
		"",
	    c->on_change.n == COMMANDS_MAX ? "on_change " : "");
}

static void
members_of_domain(const struct slice_domain *d, char *out, size_t size)
{
	snprintf(out, size,
	    "%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s",
	    same(d->handle, "h") ? "handle " : "",
	    d->names.n == CONF_NAMES_MAX ? "names " : "",
	    d->nnames == CONF_NAMES_MAX ? "nnames " : "",
	    d->key != NULL ? "key " : "",
	    d->key_spec.type == KEYTYPE_ECDSA && d->key_spec.bits == 384 ?
		"key_spec " :
		"",
	    d->rotate ? "rotate " : "", d->group != NULL ? "group " : "",
	    d->csr_file != NULL ? "csr_file " : "",
	    d->has_csr_file ? "has_csr_file " : "",
	    d->cert != NULL ? "cert " : "", d->chain != NULL ? "chain " : "",
	    d->fullchain != NULL ? "fullchain " : "",
	    d->combined != NULL ? "combined " : "",
	    d->has_combined ? "has_combined " : "",
	    d->challenge == CHALLENGE_DNSPERSIST01 && d->way == WAY__MAX - 1 ?
		"way " :
		"",
	    d->challengedir != NULL ? "challengedir " : "",
	    d->listen.n > 0 ? "listen " : "",
	    d->profile != NULL ? "profile " : "",
	    d->preferred_chain != NULL ? "preferred_chain " : "",
	    d->check_revocation ? "check_revocation " : "",
	    d->check_webroot ? "check_webroot " : "",
	    d->accept_more ? "accept_more " : "",
	    d->fingerprint != NULL ? "fingerprint " : "",
	    d->authority != NULL ? "authority " : "",
	    d->api_url != NULL ? "api_url " : "",
	    d->root_file != NULL ? "root_file " : "",
	    d->rooting == ROOTS_LACKING ? "rooting " : "",
	    d->on_change.n == COMMANDS_MAX ? "on_change " : "",
	    d->has_on_change ? "has_on_change " : "",
	    d->challenge_hook != NULL ? "challenge_hook " : "",
	    d->verify.n == VERIFY_WORDS * VERIFY_MAX ? "verify " : "");
}

/*
 * A receiver of a slice; END_OF() wants a function of two arguments for a body.
 */
static enum role slice_of;

static void
body_slice_conf(struct msg *m, struct slice_conf *c)
{
	body_conf(m, slice_of, c);
}

static void
body_slice_domain(struct msg *m, struct slice_domain *d)
{
	body_domain(m, slice_of, d);
	msg_end(m);
}

/* One behind the other, as role_domain() takes them. */
static void
test_many_slices(void)
{
	char *listen[] = { "127.0.0.1", "80" };
	struct slice_domain d = { .handle = "h",
		.way = WAY_LISTEN,
		.listen = { .v = listen, .n = 2 } };
	/* What is taken lives as long as the role. */
	static struct slice_domain first, second;

	msg_new(&sent, ROLE_DOMAIN, 7);
	body_domain(&sent, ROLE_CHNG, &d);
	d.handle = far;
	body_domain(&sent, ROLE_CHNG, &d);
	fits(ROLE_DOMAIN);
	body_domain(&came, ROLE_CHNG, &first);
	check(same(first.handle, "h") && came.pos < came.head.len,
	    "bodies: ROLE_DOMAIN: the first slice of two");
	body_domain(&came, ROLE_CHNG, &second);
	check(same(second.handle, far) && came.pos == came.head.len,
	    "bodies: ROLE_DOMAIN: the second slice of two");
}

/* An outcome, and the jobs that have it besides the head's. */
static void
test_outcomes(void)
{
	uint32_t i;

	msg_new(&sent, PARENT_OUTCOME, 7);
	msg_put_num(&sent, OUTCOME_UNCHANGED);
	fits(PARENT_OUTCOME);
	for (i = 1; i < OUTCOMES_MAX; i++)
		msg_put_num(&sent, 7 + i);
	fits(PARENT_OUTCOME);
	sent.head.len += 8;
	check(msg_check(&sent, MSG_HEAD_LEN + sent.head.len, ANY_ROLE, ANY_ROLE,
		  MODE_RENEW) != NULL,
	    "bodies: PARENT_OUTCOME: one job more");
	sent.head.len = 12;
	check(msg_check(&sent, MSG_HEAD_LEN + sent.head.len, ANY_ROLE, ANY_ROLE,
		  MODE_RENEW) != NULL,
	    "bodies: PARENT_OUTCOME: half a number");
}

/*
 * All that any role gets goes in; what comes out is the role's own, and whole.
 */
static void
test_slices(void)
{
	static const char *const conf_members[ROLE__MAX] = {
		[ROLE_NET] = "workers key_compromised asks_for_status checks "
			     "name origins ca_file proxy insecure has_eab ",
		[ROLE_DNS] = "njobs servers proxied prefer ",
		[ROLE_KEY] =
		    "workers force reason publishes names_account origins "
		    "account_key account_spec shared contact eab ",
		[ROLE_CSR] = "reason origins ",
		[ROLE_CHNG] = "waits_for_dns ",
		[ROLE_CERT] = "persist until force key_compromised list "
			      "most_orders name api_url ",
		[ROLE_FILE] = "state_dir metrics status name ",
		[ROLE_ZONE] = "until dns_wait dns_servers checks account ",
		[ROLE_RESP] = "",
		[ROLE_HOOK] = "state_dir on_change ",
	};
	static const char *const domain_members[ROLE__MAX] = {
		[ROLE_NET] = "handle names way profile check_webroot verify ",
		[ROLE_DNS] = "names verify ",
		[ROLE_KEY] = "names has_csr_file profile ",
		[ROLE_CSR] =
		    "names key key_spec rotate group csr_file combined ",
		[ROLE_CHNG] = "handle nnames way challengedir ",
		[ROLE_CERT] =
		    "handle names key key_spec group cert chain "
		    "fullchain combined has_combined profile "
		    "preferred_chain check_revocation accept_more "
		    "fingerprint authority api_url root_file rooting verify ",
		[ROLE_FILE] = "handle cert chain fullchain has_on_change ",
		[ROLE_ZONE] = "handle names way ",
		[ROLE_RESP] = "handle names way listen ",
		[ROLE_HOOK] = "handle names key cert chain fullchain combined "
			      "way on_change challenge_hook ",
	};
	/* Of conf: verbose, uid, gid, mode, then the role's own. */
	static const struct {
		enum role role;
		int offset;
		uint64_t last;
	} enums[] = {
		{ ROLE_NET, 24, MODE_NAMES },
		{ ROLE_NET, 32, WORKERS_MAX },
		{ ROLE_KEY, 32, REASON_MAX + 1 },
		{ ROLE_KEY, 40, WORKERS_MAX },
		{ ROLE_CSR, 32, REASON_MAX + 1 },
		{ ROLE_CERT, 56, INT_MAX },
		{ ROLE_DNS, 32, UINT32_MAX },
		{ ROLE_DNS, 48, PREFER_IPV6 },
		{ ROLE_ZONE, 32, DNS_WAIT_MAX },
		{ ROLE_NET, 8, UINT32_MAX },
	};
	char *texts[CONF_NAMES_MAX], got[600];
	struct strings commands[COMMANDS_MAX];
	struct slice_conf c = { .verbose = 2,
		.uid = UINT32_MAX,
		.gid = 0,
		.mode = MODE_NAMES,
		.workers = WORKERS_MAX,
		.njobs = UINT32_MAX,
		.force = 1,
		.reason = REASON_MAX,
		.key_compromised = 1,
		.asks_for_status = 1,
		.publishes = 1,
		.names_account = 1,
		.waits_for_dns = 1,
		.checks = 1,
		.account = far,
		.list = INT_MAX,
		.most_orders = UINT64_MAX,
		.state_dir = far,
		.metrics = far,
		.status = far,
		.status_mode = 0777,
		.name = far,
		.api_url = far,
		.origins = { .v = texts, .n = ORIGINS_MAX },
		.servers = { .v = texts, .n = 2 * ORIGINS_MAX },
		.ca_file = far,
		.proxy = far,
		.proxy_auth = far,
		.proxied = 1,
		.prefer = PREFER_IPV6,
		.insecure = 1,
		.account_key = far,
		.account_spec = { KEYTYPE_RSA, 4096 },
		.issuer = far,
		.until = UINT64_MAX,
		.persist = { .v = texts, .n = CONF_NAMES_MAX },
		.persist_more = UINT64_MAX,
		.dns_wait = DNS_WAIT_MAX,
		.dns_servers = { .v = texts, .n = 2 * DNS_SERVERS_MAX },
		.shared = 1,
		.contact = far,
		.has_eab = 1,
		.eab_kid = far,
		.eab_file = far,
		.eab_alg = far,
		.on_change = { commands, COMMANDS_MAX } };
	struct slice_domain d = { .handle = "h",
		.names = { .v = texts, .n = CONF_NAMES_MAX },
		.nnames = CONF_NAMES_MAX,
		.key = far,
		.key_spec = { KEYTYPE_ECDSA, 384 },
		.rotate = 1,
		.group = far,
		.csr_file = far,
		.has_csr_file = 1,
		.cert = far,
		.chain = far,
		.fullchain = far,
		.combined = far,
		.has_combined = 1,
		.challenge = CHALLENGE_DNSPERSIST01,
		.way = WAY__MAX - 1,
		.challengedir = far,
		.listen = { .v = texts, .n = 2 * LISTEN_MAX },
		.profile = far,
		.preferred_chain = far,
		.check_revocation = 1,
		.check_webroot = 1,
		.accept_more = 1,
		.fingerprint = far,
		.authority = far,
		.api_url = far,
		.root_file = far,
		.rooting = ROOTS_LACKING,
		.on_change = { commands, COMMANDS_MAX },
		.has_on_change = 1,
		.challenge_hook = far,
		.verify = { .v = texts, .n = VERIFY_WORDS * VERIFY_MAX } };
	/* What is taken lives as long as the role. */
	static struct slice_conf got_conf[ROLE__MAX];
	static struct slice_domain got_domain[ROLE__MAX];
	size_t i;

	for (i = 0; i < CONF_NAMES_MAX; i++)
		texts[i] = "x";
	for (i = 0; i < COMMANDS_MAX; i++)
		commands[i] = (struct strings){ .v = texts,
			.n = COMMAND_WORDS_MAX };
	for (i = ROLE_NET; i < ROLE__MAX; i++) {
		slice_of = (enum role)i;
		TRIP(ROLE_CONF, slice_conf, struct slice_conf, c, got_conf[i]);
		members_of_conf(&got_conf[i], got, sizeof(got));
		check(strcmp(got, conf_members[i]) == 0 &&
			got_conf[i].verbose == 2 &&
			got_conf[i].uid == UINT32_MAX &&
			got_conf[i].mode == MODE_NAMES,
		    "bodies: ROLE_CONF: %s gets: %s", role_names[i], got);
		if (domain_members[i][0] == '\0')
			continue;
		TRIP(ROLE_DOMAIN, slice_domain, struct slice_domain, d,
		    got_domain[i]);
		members_of_domain(&got_domain[i], got, sizeof(got));
		check(strcmp(got, domain_members[i]) == 0,
		    "bodies: ROLE_DOMAIN: %s gets: %s", role_names[i], got);
	}
	for (i = 0; i < sizeof(enums) / sizeof(enums[0]); i++) {
		slice_of = enums[i].role;
		msg_new(&sent, ROLE_CONF, 0);
		body_conf(&sent, slice_of, &c);
		OUTSIDE(ROLE_CONF, slice_conf, struct slice_conf,
		    enums[i].offset, 0, enums[i].last);
	}
	slice_of = ROLE_CHNG;
	msg_new(&sent, ROLE_DOMAIN, 0);
	body_domain(&sent, slice_of, &d);
	OUTSIDE(ROLE_DOMAIN, slice_domain, struct slice_domain, 6, 0,
	    CHALLENGE__MAX - 1);
	OUTSIDE(ROLE_DOMAIN, slice_domain, struct slice_domain, 14, 0,
	    WAY__MAX - 1);
	slice_of = ROLE_CSR;
	d.key = NULL;
	msg_new(&sent, ROLE_DOMAIN, 0);
	body_domain(&sent, slice_of, &d);
	OUTSIDE(
	    ROLE_DOMAIN, slice_domain, struct slice_domain, 4, 0, KEYTYPE_RSA);
}

/*
 * The longest that -n accepts fits into each slice: words of the configuration,
 * paths, URLs and host names as long as they may be.
 */
static void
test_limits(void)
{
	static char word[WORD_MAX - 1], path[PATH_MAX], url[2316], host[254];
	static char *urls[ORIGINS_MAX], *servers[2 * ORIGINS_MAX],
	    *names[CONF_NAMES_MAX];
	static char handle[201], looks[65]; /* SHA-256 in hexadecimal */
	static char *argument[COMMAND_WORDS_MAX],
	    argument_text[COMMAND_BYTES_MAX / COMMAND_WORDS_MAX];
	static struct strings commands[COMMANDS_MAX];
	static char *verify[VERIFY_WORDS * VERIFY_MAX];
	struct slice_conf c = { .mode = MODE_RENEW,
		.reason = -1,
		.state_dir = path,
		.metrics = path,
		.status = path,
		.name = handle,
		.api_url = url,
		.origins = { .v = urls, .n = ORIGINS_MAX },
		.servers = { .v = servers, .n = 2 * ORIGINS_MAX },
		.ca_file = path,
		.proxy = url,
		.proxy_auth = path,
		.account_key = path,
		.contact = word,
		.eab_kid = word,
		.eab_file = path,
		.eab_alg = "HS256",
		.issuer = host,
		.account = url,
		.persist = { .v = names, .n = CONF_NAMES_MAX },
		.on_change = { commands, COMMANDS_MAX } };
	struct slice_domain d = { .handle = handle,
		.names = { .v = names, .n = CONF_NAMES_MAX },
		.key = path,
		.group = word,
		.csr_file = path,
		.cert = path,
		.chain = path,
		.fullchain = path,
		.combined = path,
		.challengedir = path,
		.profile = word,
		.preferred_chain = word,
		.fingerprint = looks,
		.authority = handle,
		.api_url = url,
		.root_file = path,
		.on_change = { commands, COMMANDS_MAX },
		.has_on_change = 1,
		.challenge_hook = path,
		.verify = { .v = verify, .n = VERIFY_WORDS * VERIFY_MAX } };
	static char anchors[ANCHOR_NAMES_MAX];
	struct body_learned learned = { url, 1, anchors, url };
	struct body_job job = { TASK_ORDER, url, url, url, 1, url, anchors, 0,
		0 };
	int i, status = -1;
	pid_t pid;

	memset(argument_text, 'c', sizeof(argument_text) - 1);
	for (i = 0; i < COMMAND_WORDS_MAX; i++)
		argument[i] = argument_text;
	for (i = 0; i < COMMANDS_MAX; i++)
		commands[i] = (struct strings){ .v = argument,
			.n = COMMAND_WORDS_MAX };
	memset(word, 'w', sizeof(word) - 1);
	memset(path, 'p', sizeof(path) - 1);
	memset(url, 'u', sizeof(url) - 1);
	memset(host, 'h', sizeof(host) - 1);
	memset(handle, 'a', sizeof(handle) - 1);
	memset(looks, '0', sizeof(looks) - 1);
	for (i = 0; i < ORIGINS_MAX; i++) {
		urls[i] = url;
		servers[2 * i] = host;
		servers[2 * i + 1] = "65535";
	}
	for (i = 0; i < CONF_NAMES_MAX; i++)
		names[i] = host;
	for (i = 0; i < VERIFY_WORDS * VERIFY_MAX; i++)
		verify[i] = i % VERIFY_WORDS == 0 ? host :
		    i % VERIFY_WORDS == 1         ? "65535" :
						    "smtp";
	memset(anchors, 'f', sizeof(anchors) - 1);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		msg_new(&sent, CERT_LEARNED, 0);
		body_learned(&sent, &learned);
		msg_new(&sent, NET_JOB, 0);
		body_job(&sent, &job);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	check(status == 0, "bodies: the longest URLs and names of anchors fit");
	for (i = ROLE_NET; i < ROLE__MAX; i++) {
		fflush(stdout);
		if ((pid = fork()) == 0) {
			msg_new(&sent, ROLE_CONF, 0);
			body_conf(&sent, (enum role)i, &c);
			msg_new(&sent, ROLE_DOMAIN, 0);
			body_domain(&sent, (enum role)i, &d);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		check(status == 0,
		    "bodies: the longest configuration fits into %s's slices",
		    role_names[i]);
	}
}

/*
 * Whoever adds a message of several members, or an enumeration, adds its test.
 */
static void
test_all_tried(void)
{
	const struct route *r;
	int type;

	for (type = 1; type < MSG__MAX; type++) {
		r = &routes[type];
		if (strcmp(r->shape, "*") != 0 &&
		    (strlen(r->shape) > 1 ||
			(strcmp(r->shape, "n") == 0 && r->to != ROLE_PARENT &&
			    type != FILE_CLOSE)))
			check(tried[type], "bodies: %s is tried here", r->name);
	}
}

int
main(void)
{
	memset(far, 'x', LONG);
	memset(blob, 0xa5, sizeof(blob));
	memset(large, 0x5a, sizeof(large));
	test_net();
	test_disk();
	test_states();
	test_keys();
	test_account();
	test_dns();
	test_records();
	test_strings();
	test_slices();
	test_many_slices();
	test_outcomes();
	test_limits();
	test_all_tried();
	return test_end();
}
