/* What a format of the timeline is, and what several of them say alike. */
#ifndef KANSHIKI_ANALYSIS_TIMELINE_FORMAT_H
#define KANSHIKI_ANALYSIS_TIMELINE_FORMAT_H

#include "analysis/hints.h"
#include "analysis/output.h"
#include "analysis/timeline_line.h"
#include "formats/ntfs/usn.h"

#define TIMELINE_ORPHAN_PATH  "$Orphan/"  /* ntfs_path: its directory is gone */
#define TIMELINE_UNNAMED_PATH "$Unnamed/" /* then the number of the record */

struct timeline_format {
	const char *name;
	void (*begin)(struct output *out); /* NULL: nothing */
	void (*line)(struct output *out, const struct timeline_line *line);
	bool by_names; /* prints nothing of a whole record that has a name, and no fields */
};

extern const struct timeline_format timeline_format_jsonl;
extern const struct timeline_format timeline_format_csv;
extern const struct timeline_format timeline_format_bodyfile;
extern const struct timeline_format timeline_format_timesketch;

/* The word of every bit set ("0x…" for one without a name): before A between B after; nothing for none. */
void timeline_words(struct output *out, uint32_t bits, const char *(*word)(unsigned bit),
    const char *before, const char *between, const char *after);
/* "win32", "dos", "posix", "win32+dos"; "unknown" for a number that means none. */
const char *timeline_name_space(uint8_t name_space);
/* The unnamed $DATA; NULL when there is none (a directory). */
const struct ntfs_stream *timeline_data(const struct ntfs_entry *entry);
/* One time of a line's set: UTC with a Z, without it what is local; nothing for one that is absent (false). */
bool timeline_stamp(struct output *out, const struct timeline_line *line, enum timeline_stamp which,
    uint64_t ticks);
static inline bool timeline_is_local(const struct timeline_line *line, unsigned which)
{
	return line->clock && (line->clock->local & which);
}
static inline bool timeline_is_absent(const struct timeline_line *line, unsigned which)
{
	return line->clock && (line->clock->absent & which);
}
/* The tag of the reparse point, 0 when there is none or it is not resident. */
uint32_t timeline_reparse_tag(const struct ntfs_entry *entry);

/* The named $DATA of a line, as both tables print them: before and between them `open` and `between`, then
 * name and size by `each`, after the last `close`; nothing for none. */
struct timeline_list {
	const char *open, *between, *close;
	void (*each)(struct output *out, const struct ntfs_stream *stream);
};
void timeline_streams(
    struct output *out, const struct timeline_line *line, const struct timeline_list *list);

/* Adds a UTF-16 name as the inside of a JSON string, or visibly. */
void timeline_json_name(struct output *out, struct bytes utf16);
void timeline_visible_name(struct output *out, struct bytes utf16, const char *also);

#endif
