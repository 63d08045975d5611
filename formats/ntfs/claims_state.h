/* What the files of the claims share. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_CLAIMS_STATE_H
#define KANSHIKI_FORMATS_NTFS_CLAIMS_STATE_H

#include "formats/ntfs/claims.h"
#include "formats/ntfs/runs.h"

#define CLAIM_IN_USE    UINT32_MAX       /* owner: a file in use */
#define CLAIM_UNDECIDED (UINT32_MAX - 1) /* owner of a contested stretch: nobody knows */
#define CLAIM_CONTESTED 0x80000000u      /* bit of length, while settling */
#define CLAIM_LENGTH    0x40000000u      /* longer runs are several claims */

struct claim { /* clusters [lcn, lcn + length) belong to that MFT record */
	uint64_t lcn;
	uint32_t length;
	uint32_t owner;
};

struct claim_list {
	struct claim *at;
	size_t count, room;
};

/* When a deleted file had its clusters, as its record tells. 0: not told. */
struct claim_clock {
	uint32_t owner;
	bool is_forged;   /* its times contradict each other */
	uint64_t lsn;     /* $LogFile: last change of the record */
	uint64_t usn;     /* of the last entry in the change journal */
	uint64_t changed; /* $STANDARD_INFORMATION: last change of the record */
	uint64_t latest;  /* of all its times */
};

struct ntfs_claims {
	struct ntfs_volume *volume;
	struct ntfs_bitmap *bitmap;
	const struct logfile_clusters *log; /* NULL: not asked */
	uint64_t (*ask_keeping)(void *context, uint64_t first, uint64_t count,
	    enum ntfs_fate *fate); /* NULL: no shadow copy */
	void *keeping;
	bool is_live;
	struct claim_list claims; /* of this walk: clusters [from, to) */
	/* of all walks so far: ascending, not overlapping; owner: the last */
	struct claim_list contested;
	uint64_t from, to;
	uint64_t known_to;       /* no claim beyond was looked at */
	unsigned walks;          /* settled */
	struct ntfs_entry owner; /* scratch */
	/* A bit for each record: an extension of a deleted file that tells all of it; NULL: not known. */
	uint8_t *told;
	struct ntfs_run_list list; /* scratch: the runs of an attribute list */
	struct claim_clock *clocks;
	size_t clock_count, clock_room;
};

/* The LSN of the record, if it is one of this log; 0: when its file was there is not known. A record without LSN was not
 * written by Windows. Without a log all count as of one. */
uint64_t claims_log_number(const struct ntfs_claims *claims, const struct ntfs_entry *entry);
/* Ascending by cluster, in place, never quadratic. */
void claims_sort(struct claim *at, size_t count);
/* Turns the sorted claims of a walk into contested stretches. */
void claims_contest(struct ntfs_claims *claims);

#endif
