/*
 * What fileproc keeps, by numbers that certproc and fileproc share: no path
 * and no name ever comes from certproc.  A set of parts has bit 1 << part.
 */
#ifndef PART_H
#define PART_H

enum part {
	/* The installed set of a job, in the order of replacement. */
	PART_FULLCHAIN,
	PART_CHAIN,
	PART_CERT,
	PART_SET__MAX,

	/* What is remembered of a job between runs. */
	PART_STATE = PART_SET__MAX,
	/* a verified chain, until its installation is reported */
	PART_SAVED,
	/* copy of a chain that is being revoked, until that is reported */
	PART_REVOKING,
	/* the same, while its key is not to be used any more */
	PART_COMPROMISED,
	/*
	 * copy of a chain that was revoked, until another run has confirmed
	 * that
	 */
	PART_REVOKED,
	/*
	 * fileproc's own: files have changed, and the commands of 'on change'
	 * have not run well since
	 */
	PART_CHANGED,
	PART_JOB__MAX,

	/* Of the authority, whatever job the message names. */
	PART_ACCOUNT = PART_JOB__MAX,
	PART_BACKOFF,
	PART_METRICS,
	PART__MAX
};

/*
 * The parts that a certificate to be revoked may come from, and those that
 * copies of it become.
 */
#define PARTS_REVOCABLE \
	(1u << PART_FULLCHAIN | 1u << PART_CERT | 1u << PART_REVOKING | \
	    1u << PART_REVOKED)
#define PARTS_OF_REVOCATION \
	(1u << PART_REVOKING | 1u << PART_COMPROMISED | 1u << PART_REVOKED)

/* of each file of the set, and the saved chain */
#define PART_SET_BYTES_MAX 65536
#define PART_RECORD_BYTES_MAX 65536 /* of what is remembered */
#define PART_METRICS_BYTES_MAX (32 * 1024 * 1024)
#define PART_PIECE_BYTES 65536 /* of one FILE_WRITE */

/* CERT_PART and CERT_STATES: what there is of a part. */
enum presence { PRESENCE_ABSENT, PRESENCE_BYTES, PRESENCE_BROKEN };

/* FILE_LOCK: as flock(2) has it. */
enum lock { LOCK_NONE, LOCK_SHARED, LOCK_ALONE };

#endif
