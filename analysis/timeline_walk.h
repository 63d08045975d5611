/* The timeline as those see it that fill it: each reads one kind of evidence (mft_records.c, usn_records.c ...) and
 * writes lines. To add one: a file analysis/<what>_records.c with a function of the type timeline_walk and its row
 * in the table of timeline.c, in the order in which lines should come. What needs a look at each MFT record on the way (slack of a directory) is called
 * by mft_records.c behind the record's lines, so that the $MFT is read once. What is no NTFS volume (FAT) has its own
 * timeline_add_X. Its kind and keys go into docs/timeline.md. */
#ifndef KANSHIKI_ANALYSIS_TIMELINE_WALK_H
#define KANSHIKI_ANALYSIS_TIMELINE_WALK_H

#include "analysis/timeline.h"
#include "analysis/timeline_format.h"
#include "formats/ntfs/ntfs.h"
#include "formats/ntfs/secure.h"

#define TIMELINE_MFT_NAME     "$MFT"
#define TIMELINE_JOURNAL_NAME "$Extend/$UsnJrnl:$J"
#define TIMELINE_LOGFILE_NAME "$LogFile"

struct timeline {
	const struct timeline_format *format;
	struct output out;
	struct text prefix;
	struct timeline_totals totals;
	bool (*watch)(void *context, uint64_t done, uint64_t total);
	void *watch_context;
	struct vss_choice shadows;
	struct source *const *stores; /* volumes that may hold shadow copies of others */
	size_t store_count;
	struct seen *seen; /* lines of newer states; NULL: all lines are written */
};

/* What there is of one volume. */
struct timeline_evidence {
	struct ntfs_volume *volume;         /* NULL: files of a volume that is not here */
	const struct timeline_files *files; /* them; NULL with a volume */
	struct ntfs_mft *mft;               /* NULL: a journal alone */
	struct ntfs_paths *paths; /* NULL as mft; knows the directories once $MFT was walked */
};

/* Asks the watcher and the sink. err may be NULL. */
bool timeline_goes_on(
    struct timeline *timeline, uint64_t done, uint64_t total, struct err *err) MUST_CHECK;
/* Writes a line. */
void timeline_write(struct timeline *timeline, const struct timeline_line *line);
/* Counts damage and writes its line: len bytes at offset of `file` ("$MFT"). */
void timeline_damaged(struct timeline *timeline, const char *file, uint64_t offset, uint64_t len,
    const struct err *why);
/* Whether a failure ends the work; any other is damage of one place. */
bool timeline_is_fatal(const struct err *err);

/* The walks. Each reads its evidence, if it is there, to lines; damage becomes a line; false only for what ends
 * the work: memory, a stop, the output. */
bool mft_records_write(
    struct timeline *timeline, struct timeline_evidence *evidence, struct err *err) MUST_CHECK;
bool usn_records_write(
    struct timeline *timeline, struct timeline_evidence *evidence, struct err *err) MUST_CHECK;
bool logfile_records_write(
    struct timeline *timeline, struct timeline_evidence *evidence, struct err *err) MUST_CHECK;

/* Reads an MFT once, so that paths know its directories. */
bool mft_records_learn(
    struct timeline *timeline, struct timeline_evidence *evidence, struct err *err) MUST_CHECK;

#endif
