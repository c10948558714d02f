/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The acme-client authors */
/*
 * Numbers for the files and records that fileproc keeps.  certproc only sends
 * such numbers, never a path or a file name.  A set of parts has a bit,
 * 1 << part, for each.
 */
#ifndef PART_H
#define PART_H

enum part {
	/* The installed files of a job, in the order of replacement. */
	PART_FULLCHAIN,
	PART_CHAIN,
	PART_CERT,
	PART_SET__MAX,

	/* The records of a job, which stay between runs. */
	PART_STATE = PART_SET__MAX,
	/* A verified chain, until its installation is reported. */
	PART_SAVED,
	/* A copy of a chain that -r revokes, until that is reported. */
	PART_REVOKING,
	/* As PART_REVOKING, for a chain whose key is compromised. */
	PART_COMPROMISED,
	/*
	 * A copy of a revoked chain, until another run confirms the revocation.
	 */
	PART_REVOKED,
	/*
	 * Files have changed, and the commands of 'on change' have not run well
	 * since then.  certproc does not use this one.
	 */
	PART_CHANGED,
	PART_JOB__MAX,

	/* The records of the authority, whatever job the message is about. */
	PART_ACCOUNT = PART_JOB__MAX,
	PART_BACKOFF,
	PART_METRICS,
	PART_STATUS,
	PART__MAX
};

/*
 * The parts that may contain the certificate to be revoked, and the records
 * that a revocation makes.
 */
#define PARTS_REVOCABLE \
	(1u << PART_FULLCHAIN | 1u << PART_CERT | 1u << PART_REVOKING | \
	    1u << PART_REVOKED)
#define PARTS_OF_REVOCATION \
	(1u << PART_REVOKING | 1u << PART_COMPROMISED | 1u << PART_REVOKED)

/* The most bytes of an installed file, and of the saved chain. */
#define PART_SET_BYTES_MAX 65536
/* The most bytes of a record of another kind. */
#define PART_RECORD_BYTES_MAX 65536
/*
 * The most bytes of the metrics or of the status file: room for 10,000 handles
 * with 100 names each.
 */
#define PART_MONITOR_BYTES_MAX (256 * 1024 * 1024)
#define PART_PIECE_BYTES 65536 /* The most bytes in one FILE_WRITE. */

/* CERT_PART and CERT_STATES: a part is absent, readable, or an error. */
enum presence { PRESENCE_ABSENT, PRESENCE_BYTES, PRESENCE_BROKEN };

/* FILE_LOCK: how to lock, as by flock(2), or to unlock. */
enum lock { LOCK_NONE, LOCK_SHARED, LOCK_ALONE };

#endif
