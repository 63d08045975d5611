/* $Bitmap, MFT record 6: a bit for every cluster of the volume, 1 when it is in use (docs/formats/ntfs.md,
 * "$Bitmap"). What cannot be read of it is unknown: neither free nor in use. */
#ifndef KANSHIKI_FORMATS_NTFS_BITMAP_H
#define KANSHIKI_FORMATS_NTFS_BITMAP_H

#include "formats/ntfs/ntfs.h"

struct ntfs_bitmap; /* opaque; one thread at a time */

/* Opens the $Bitmap of a volume, which must stay open. 2 MiB of it are kept in memory, and 8 MiB of sums at
 * most; nothing is read but the MFT record. ERR_DAMAGED when record 6 has no content that can be read. */
bool ntfs_bitmap_open(
    struct ntfs_volume *volume, struct ntfs_bitmap **out, struct err *err) MUST_CHECK;
/* Of a volume in use: the map that its file system has in memory, in the layout of $Bitmap, which Windows writes seconds
 * late. Every ntfs_bitmap of the volume that is opened from now on tells what it says, wherever it can be read, and $Bitmap
 * elsewhere. Borrowed; NULL: none. Left out when it has another number of clusters than the volume. */
void ntfs_volume_set_live_bitmap(struct ntfs_volume *volume, struct source *live);
void ntfs_bitmap_close(struct ntfs_bitmap *bitmap);
CLEANUP_POINTER(struct ntfs_bitmap, ntfs_bitmap_close);

struct ntfs_cluster_counts {
	uint64_t free, used, unknown;
};

/* How many clusters of [first, first + count) are free, in use, unknown: sums to count. Unknown is what lies
 * in a damaged part, past the end of $Bitmap or of the volume, or all of it when bitmap is NULL. Millions
 * of questions in rising order read each part once; in any order they cost a read of 16 KiB at most. */
struct ntfs_cluster_counts ntfs_bitmap_count(
    struct ntfs_bitmap *bitmap, uint64_t first, uint64_t count);

enum ntfs_cluster_state { NTFS_CLUSTER_FREE, NTFS_CLUSTER_USED, NTFS_CLUSTER_UNKNOWN };

/* Puts the state of cluster `first` into *state; returns how many clusters of [first, first + count) have
 * it, one after the other (at least 1 when count is not 0). */
uint64_t ntfs_bitmap_run(
    struct ntfs_bitmap *bitmap, uint64_t first, uint64_t count, enum ntfs_cluster_state *state);

/* The first thing met that makes clusters unknown, ERR_NONE when nothing did so far. */
const struct err *ntfs_bitmap_damage(const struct ntfs_bitmap *bitmap);

#endif
