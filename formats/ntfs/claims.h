/* Who has a right to a cluster that $Bitmap calls free: the runs of all deleted records that can still be read
 * compete for it, and so do those of files in use that $Bitmap does not know of (docs/formats/ntfs.md, "Deleted
 * files").
 *
 * Two deleted files that have the same cluster had it one after the other. The later is told by $LogFile sequence
 * number, update sequence number (USN) and times, where these do not contradict each other; else nobody knows.
 * What cannot be told at all: that the cluster belonged to a file whose record is gone.
 *
 * Memory: NTFS_LIMIT_CLAIMS claims at once (16 MiB), a bit for each record; a volume with more is walked several times, each for the next
 * stretch of clusters. */
#ifndef KANSHIKI_FORMATS_NTFS_CLAIMS_H
#define KANSHIKI_FORMATS_NTFS_CLAIMS_H

#include "formats/ntfs/bitmap.h"
#include "formats/ntfs/logfile_clusters.h"

struct ntfs_claims; /* opaque; one thread at a time */

/* Borrows volume and bitmap (NULL: nothing is known to be free). ERR_MEMORY. */
bool ntfs_claims_new(struct ntfs_volume *volume, struct ntfs_bitmap *bitmap,
    struct ntfs_claims **out, struct err *err) MUST_CHECK;
void ntfs_claims_free(struct ntfs_claims *claims);
CLEANUP_POINTER(struct ntfs_claims, ntfs_claims_free);

/* For a volume of a running system, before the first walk: what is in use then stays another's, also when its owner is
 * deleted before the question comes. */
void ntfs_claims_set_live(struct ntfs_claims *claims);

/* What $LogFile tells of clusters given to files, borrowed; before ntfs_claims_settle, so that LSNs of two logs are in no
 * order: one given after the last change of a deleted record (its LSN)
 * has another owner since, also where that one's record is gone. */
void ntfs_claims_set_log(struct ntfs_claims *claims, const struct logfile_clusters *log);
/* Whether the log tells of everything since the last change of the entry's record. */
bool ntfs_claims_log_covers(const struct ntfs_claims *claims, const struct ntfs_entry *entry);

/* Looks at an entry as ntfs_entry_load gave it: each of the volume, in use or not, base or extension. */
void ntfs_claims_see(struct ntfs_claims *claims, const struct ntfs_entry *entry);
/* Whether a record that is not in use is an extension of a deleted file whose own entry has all that is in it. Others stand for
 * themselves: their file has its base record no more, or gave them back before it was deleted. After a walk. */
bool ntfs_claims_tells(const struct ntfs_claims *claims, uint64_t record);
/* After the walk. True: memory did not suffice for all, so walk once more and settle again. */
bool ntfs_claims_settle(struct ntfs_claims *claims) MUST_CHECK;

enum ntfs_fate {
	NTFS_FATE_OWN,   /* free, and nobody else we can see ever had it later */
	NTFS_FATE_USED,  /* in use by another file now */
	NTFS_FATE_LATER, /* free, but another file had it later, which is deleted by now */
	NTFS_FATE_UNKNOWN, /* $Bitmap cannot be read there, or two had it and nothing tells who was the last */
	NTFS_FATE_UNKEPT, /* it would be its own, but the shadow copy did not keep what stood there */
};

/* Of a shadow copy, which need not keep what was free in it: asked of clusters that would be the entry's own. Puts into *fate what
 * they are then, and returns for how many of count, at least 1. Borrows context. */
void ntfs_claims_set_keeping(struct ntfs_claims *claims,
    uint64_t (*ask)(void *context, uint64_t first, uint64_t count, enum ntfs_fate *fate),
    void *context);

/* Puts the fate of cluster `first`, which lies in a run of the deleted entry, into *fate; returns how many clusters
 * of [first, first + count) share it (at least 1 when count is not 0). bitmap is the one to ask now. */
uint64_t ntfs_claims_run(const struct ntfs_claims *claims, struct ntfs_bitmap *bitmap,
    const struct ntfs_entry *entry, uint64_t first, uint64_t count, enum ntfs_fate *fate);

#endif
