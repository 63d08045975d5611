/* The timeline of a volume: every set of timestamps of every MFT record, every record of the change journal, as text, streaming, in the order of the evidence. Columns: docs/timeline.md. */
#ifndef KANSHIKI_ANALYSIS_TIMELINE_H
#define KANSHIKI_ANALYSIS_TIMELINE_H

#include "core/sink.h"
#include "core/source.h"
#include "formats/vss/vss.h"

enum timeline_kind {
	TIMELINE_UNKNOWN,
	TIMELINE_VOLUME,  /* a boot sector of NTFS */
	TIMELINE_FAT,     /* one of FAT or exFAT */
	TIMELINE_MFT,     /* records of a $MFT, from the first one or a single one */
	TIMELINE_JOURNAL, /* USN records, maybe after a long run of zeros */
	TIMELINE_LOGFILE, /* restart or record pages of a $LogFile */
};

/* Tells what a source is from its content alone. Reads a journal's leading zeros to their end. An I/O
 * failure is TIMELINE_UNKNOWN with err set; else err is untouched. */
enum timeline_kind timeline_probe(struct source *source, struct err *err);

/* "jsonl", "csv", "bodyfile", "timesketch"; false for another. */
bool timeline_format_known(const char *name);

struct timeline_totals {
	uint64_t records;    /* MFT records that hold something, used or deleted */
	uint64_t names;      /* of them, names */
	uint64_t changes;    /* journal records */
	uint64_t operations; /* of $LogFile */
	uint64_t shadows;    /* shadow copies that can be read and were not asked for */
	uint64_t damaged;    /* places that could not be read or understood */
	struct err first;    /* the first of them */
};

struct timeline; /* opaque; one thread */

/* A timeline in that format to the sink (borrowed). ERR_USAGE for an unknown format. */
bool timeline_new(
    struct sink *to, const char *format, struct timeline **out, struct err *err) MUST_CHECK;
void timeline_free(struct timeline *timeline);
CLEANUP_POINTER(struct timeline, timeline_free);

/* Asked now and then; true ends the work with ERR_STOPPED. done and total are bytes of the evidence file
 * at work. */
void timeline_watch(struct timeline *timeline,
    bool (*watch)(void *context, uint64_t done, uint64_t total), void *context);

/* What stands in front of every path ("C/"); "" at first. Copied. */
bool timeline_prefix(struct timeline *timeline, const char *prefix, struct err *err) MUST_CHECK;

/* Adds the shadow copies of every NTFS volume added after this as well, with "$vss$/" before the prefix and their number
 * behind it ("$vss$/C/2/"), the newest first. Of each only those lines are written that no newer state of
 * the volume had: what was otherwise then, or is gone. ERR_MEMORY. */
bool timeline_shadows(
    struct timeline *timeline, const struct vss_choice *choice, struct err *err) MUST_CHECK;

/* Counts a shadow copy that is there and is not added, as nobody asked for it. */
void timeline_skip_shadow(struct timeline *timeline);

/* Volumes (borrowed) that may hold the shadow copies of those that are added. */
void timeline_stores(struct timeline *timeline, struct source *const *volumes, size_t count);

/* Adds an NTFS volume: its $MFT, then its journal if there is one, then its $LogFile. Damage is counted and becomes a line; a
 * failure is that of the output, of memory, or that nothing can be read at all, neither of it nor of a shadow copy. */
bool timeline_add_volume(struct timeline *timeline, struct source *raw, struct err *err) MUST_CHECK;
/* Adds a FAT or exFAT volume: its directory entries. */
bool timeline_add_fat(struct timeline *timeline, struct source *raw, struct err *err) MUST_CHECK;
/* The files of one volume out of a bundle, or one of them alone; NULL: not there. A journal or log without an
 * $MFT has names for paths. */
struct timeline_files {
	struct source *mft;
	struct source *journal;
	struct source *log;    /* $LogFile */
	struct source *secure; /* $Secure:$SDS */
	/* NULL, or opens a part, from 1 on, of the listing of names in directory slack; *out is NULL behind the last
	 * and lives until the next call. With it the $MFT is not looked through for slack. */
	bool (*slack)(void *slack_context, unsigned part, struct source **out, struct err *err);
	void *slack_context;
	/* NULL, or called once the whole of mft was read from its start to its end and before a line of it
	 * is written: false ends with that failure. The reading also learns the directories, which is worth
	 * it where reading backwards is dear. */
	bool (*check)(void *context, struct err *err);
	void *context;
};

bool timeline_add_files(
    struct timeline *timeline, const struct timeline_files *files, struct err *err) MUST_CHECK;
/* Writes what is buffered. The sink is not finished. */
bool timeline_finish(
    struct timeline *timeline, struct timeline_totals *totals, struct err *err) MUST_CHECK;

#endif
