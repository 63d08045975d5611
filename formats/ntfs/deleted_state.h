/* What the files of the recovery share. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_DELETED_STATE_H
#define KANSHIKI_FORMATS_NTFS_DELETED_STATE_H

#include "formats/ntfs/deleted.h"
#include "formats/ntfs/runs.h"

struct judging { /* a stream under judgement */
	const struct ntfs_deleted_stream *of;
	struct ntfs_bitmap *bitmap;
	struct ntfs_deleted *out;
	uint64_t size;    /* bytes of the content */
	uint64_t cluster; /* bytes */
	uint64_t unit;    /* clusters that are lost together */
	uint64_t end;     /* clusters that hold content */
};

void deleted_judging(struct judging *j, const struct ntfs_deleted_stream *of,
    struct ntfs_bitmap *bitmap, struct ntfs_deleted *out);
/* Judges clusters [first, end) of the stream: adds to the counts and lists of j->out. */
bool deleted_judge_range(
    struct judging *j, uint64_t first, uint64_t end, struct err *err) MUST_CHECK;

#endif
