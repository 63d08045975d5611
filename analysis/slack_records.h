/* Names in directory slack as lines: looked for in the directories of a volume or a bare $MFT on the way through it, or
 * read out of the listing that a collection made. */
#ifndef KANSHIKI_ANALYSIS_SLACK_RECORDS_H
#define KANSHIKI_ANALYSIS_SLACK_RECORDS_H

#include "analysis/timeline_walk.h"
#include "formats/ntfs/index_slack.h"

/* What is told of one name; text is UTF-8 and borrowed. */
struct slack_told {
	struct bytes path; /* on the volume */
	bool is_orphan;
	uint8_t name_space;
	struct ntfs_reference file, parent; /* 0, 0: overwritten */
	struct ntfs_times times;
	uint64_t size, allocated;
	uint32_t attributes;
	uint64_t directory; /* record of the directory that it lies in */
	const char *where, *live;
	bool has_block;
	uint64_t block, offset;
};

/* One line of deleted/C/index-slack.jsonl (docs/collectors/directory-slack.md). path is made in *scratch. */
bool slack_told_parse(
    struct bytes json, struct text *scratch, struct slack_told *out, struct err *err) MUST_CHECK;

struct slack_records; /* opaque */

/* evidence is borrowed. */
bool slack_records_new(struct timeline *timeline, struct timeline_evidence *evidence,
    struct slack_records **out, struct err *err) MUST_CHECK;
void slack_records_free(struct slack_records *records);
CLEANUP_POINTER(struct slack_records, slack_records_free);

/* Writes the lines of a directory; call it for each record, in rising order, behind its own lines. */
bool slack_records_see(
    struct slack_records *records, const struct ntfs_entry *entry, struct err *err) MUST_CHECK;
/* Writes what a listing has beyond the last record, and what could not be looked through. */
bool slack_records_end(struct slack_records *records, struct err *err) MUST_CHECK;

#endif
