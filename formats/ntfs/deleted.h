/* What is left of the content of a deleted file, and that content with zeros in place of what is others' now
 * (docs/formats/ntfs.md, "Deleted files"). */
#ifndef KANSHIKI_FORMATS_NTFS_DELETED_H
#define KANSHIKI_FORMATS_NTFS_DELETED_H

#include "formats/ntfs/claims.h"

enum ntfs_deleted_result {
	NTFS_DELETED_FULL,        /* all of it is its own, as far as anybody can know */
	NTFS_DELETED_PARTIAL,     /* some of it is, or may be */
	NTFS_DELETED_OVERWRITTEN, /* nothing of it */
	NTFS_DELETED_TRIMMED,     /* its clusters are free, and the drive has emptied them */
};

struct ntfs_range_list {
	struct range *at; /* bytes of the content: ascending, apart */
	size_t count, room;
};

/* Zero before use. */
struct ntfs_deleted {
	enum ntfs_deleted_result result;    /* from the clusters alone: never TRIMMED */
	bool is_resident;                   /* in the record itself: no clusters */
	uint64_t clusters;                  /* that hold content: the sum of the next six */
	uint64_t own, used, later, unknown; /* as enum ntfs_fate */
	uint64_t unkept;                    /* the shadow copy did not keep them */
	uint64_t missing;                   /* the record does not tell where they are */
	struct ntfs_range_list lost;        /* not its own any more, not kept, or missing */
	struct ntfs_range_list doubtful;    /* perhaps another's */
};
void ntfs_deleted_free(struct ntfs_deleted *deleted);
static inline void ntfs_deleted_free_at(struct ntfs_deleted *deleted)
{
	ntfs_deleted_free(deleted);
}

/* What is asked about: a stream of a deleted entry. All borrowed. */
struct ntfs_deleted_stream {
	struct ntfs_volume *volume;
	const struct ntfs_claims *claims; /* settled */
	const struct ntfs_entry *entry;
	const struct ntfs_stream *stream;
};

/* Of an extension record that stands for itself: streams that begin in another record end with their last cluster, and what lies
 * before is missing. */
void ntfs_deleted_give_sizes(const struct ntfs_volume *volume, struct ntfs_entry *entry);

/* Judges the clusters by `bitmap` as it is now. What lies behind the initialized part needs no clusters. Of a
 * compressed stream whole units are lost. ERR_MEMORY; *out is freed and filled anew. */
bool ntfs_deleted_judge(const struct ntfs_deleted_stream *of, struct ntfs_bitmap *bitmap,
    struct ntfs_deleted *out, struct err *err) MUST_CHECK;

/* Opens the content, with zeros where `deleted` says lost. With is_live each read asks $Bitmap anew afterwards: what
 * got another owner meanwhile is zeros, too, and is added to deleted->lost (and its counts and result). Borrows `of`,
 * what it points to, and deleted. */
bool ntfs_deleted_open(const struct ntfs_deleted_stream *of, struct ntfs_deleted *deleted,
    bool is_live, struct source **out, struct err *err) MUST_CHECK;

/* How many of the clusters that are its own, or may be, hold one and the same byte, 0x00 or 0xff, throughout: what a drive gives
 * that emptied them on TRIM. Reads no more than until `stop` says true; only_first: the first cluster alone. */
struct ntfs_blank_counts {
	uint64_t clusters, blank; /* looked at; blank */
	uint64_t unread;
};
bool ntfs_deleted_blank(const struct ntfs_deleted_stream *of, struct ntfs_bitmap *bitmap,
    bool only_first, bool (*stop)(void *context), void *context, struct ntfs_blank_counts *out,
    struct err *err) MUST_CHECK;

/* "full", "partial", "overwritten", "trimmed". */
const char *ntfs_deleted_word(enum ntfs_deleted_result result);

#endif
