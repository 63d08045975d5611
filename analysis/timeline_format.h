/* Between those that read evidence and those that write lines: the rows, and what a format is. */
#ifndef KANSHIKI_ANALYSIS_TIMELINE_FORMAT_H
#define KANSHIKI_ANALYSIS_TIMELINE_FORMAT_H

#include "analysis/output.h"
#include "analysis/timeline.h"
#include "formats/ntfs/ntfs.h"
#include "formats/ntfs/usn.h"

#define TIMELINE_MFT_NAME     "$MFT"
#define TIMELINE_JOURNAL_NAME "$Extend/$UsnJrnl:$J"
#define TIMELINE_ORPHAN       "$Orphan/"  /* ntfs_path: its directory is gone */
#define TIMELINE_UNNAMED      "$Unnamed/" /* then the number of the record */

struct timeline_file {     /* one name of one MFT record; everything borrows */
	struct bytes path; /* UTF-8, with the volume's prefix */
	size_t prefix_len;
	const struct ntfs_entry *entry;
	const struct ntfs_name *name; /* NULL: the record has none */
	struct bytes short_name;      /* UTF-8: the 8.3 name beside it; empty: none */
	bool is_orphan;               /* its directory is gone */
	bool tells_streams; /* false: a line before this one did, there are too many to repeat */
};

struct timeline_change { /* one journal record */
	struct bytes path;
	size_t prefix_len;
	const struct usn_record *record;
	bool has_mft; /* the path was looked up in an MFT; else it is the name alone */
	bool is_orphan;
};

struct timeline_damage {
	const char *file; /* "$MFT" or "$Extend/$UsnJrnl:$J" */
	uint64_t offset;  /* bytes into that file */
	uint64_t len;
	const struct err *why;
	const char *prefix;
};

struct timeline_format {
	const char *name;
	void (*begin)(struct output *out); /* NULL: nothing */
	void (*file)(struct output *out, const struct timeline_file *file);
	void (*change)(struct output *out, const struct timeline_change *change);
	void (*damage)(
	    struct output *out, const struct timeline_damage *damage); /* NULL: no line */
};

extern const struct timeline_format timeline_format_jsonl;
extern const struct timeline_format timeline_format_csv;
extern const struct timeline_format timeline_format_bodyfile;
extern const struct timeline_format timeline_format_timesketch;

/* What several formats say alike ----------------------------------------------------------------- */

/* The word of every bit set ("0x…" for one without a name): before A between B after; nothing for none. */
void timeline_words(struct output *out, uint32_t bits, const char *(*word)(unsigned bit),
    const char *before, const char *between, const char *after);
/* "win32", "dos", "posix", "win32+dos"; "unknown" for a number that means none. */
const char *timeline_name_space(uint8_t name_space);
/* The unnamed $DATA; NULL when there is none (a directory). */
const struct ntfs_stream *timeline_data(const struct ntfs_entry *entry);
/* Whether it is a $DATA with a name. */
static inline bool timeline_is_named_stream(const struct ntfs_stream *stream)
{
	return stream->type == NTFS_DATA && stream->utf16.len > 0;
}
/* The tag of the reparse point, 0 when there is none or it is not resident. */
uint32_t timeline_reparse_tag(const struct ntfs_entry *entry);
/* Adds a UTF-16 name as the inside of a JSON string, or visibly. */
void timeline_json_name(struct output *out, struct bytes utf16);
void timeline_visible_name(struct output *out, struct bytes utf16, const char *also);

/* The timeline itself, for those that fill it ------------------------------------------------------ */

struct timeline {
	const struct timeline_format *format;
	struct output out;
	struct text prefix;
	struct timeline_totals totals;
	bool (*watch)(void *context, uint64_t done, uint64_t total);
	void *watch_context;
};

/* Asks the watcher and the sink. */
bool timeline_goes_on(
    struct timeline *timeline, uint64_t done, uint64_t total, struct err *err) MUST_CHECK;
/* Counts damage and writes its line. */
void timeline_damaged(struct timeline *timeline, const char *file, uint64_t offset, uint64_t len,
    const struct err *why);

/* Reads an MFT once, so that paths know its directories. */
bool mft_records_learn(struct timeline *timeline, struct ntfs_mft *mft, struct ntfs_paths *paths,
    struct err *err) MUST_CHECK;
/* All records of an MFT. */
bool mft_records_write(struct timeline *timeline, struct ntfs_mft *mft, struct ntfs_paths *paths,
    struct err *err) MUST_CHECK;
/* All records of len bytes of a journal at offset; paths may be NULL. */
bool usn_records_write(struct timeline *timeline, struct source *journal, uint64_t offset,
    uint64_t len, struct ntfs_paths *paths, struct err *err) MUST_CHECK;

#endif
