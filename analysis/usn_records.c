/* A journal's records as lines. */
#include "analysis/timeline_format.h"

#define ASK_EVERY 4096u /* records between two questions whether to go on */

struct listener {
	struct usn_listener base;
	struct timeline *timeline;
};

static void on_damage(
    struct usn_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	struct listener *listener = (struct listener *)self;

	timeline_damaged(listener->timeline, TIMELINE_JOURNAL_NAME, offset, len, why);
}

/* Sets change->path out of the record's parent and name. */
static bool make_path(struct timeline *timeline, struct ntfs_paths *paths,
    struct timeline_change *change, struct text *path, struct err *err)
{
	const struct usn_record *record = change->record;
	struct ntfs_name name = {.parent = record->parent, .utf16 = record->utf16};

	text_clear(path);
	text_add(path, text_bytes(&timeline->prefix));
	if (!record->utf16.len)
		text_addf(path, TIMELINE_UNNAMED "%llu", (unsigned long long)record->file.record);
	else if (!paths)
		text_add_utf16(path, record->utf16);
	else if (!ntfs_path(paths, &name, path, &change->is_orphan, err))
		return false;
	change->path = text_bytes(path);
	change->prefix_len = timeline->prefix.len;
	return text_ok(path, err);
}

bool usn_records_write(struct timeline *timeline, struct source *journal, uint64_t offset,
    uint64_t len, struct ntfs_paths *paths, struct err *err)
{
	struct listener listener = {.base = {.damage = on_damage}, .timeline = timeline};
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	CLEANUP(text_free) struct text path = {0};
	struct usn_record record;
	uint64_t count = 0;

	if (!usn_scan_open(journal, offset, len, &listener.base, &scan, err))
		return false;
	while (usn_scan_next(scan, &record)) {
		struct timeline_change change = {.record = &record, .has_mft = paths != NULL};

		if (count++ % ASK_EVERY == 0 &&
		    !timeline_goes_on(timeline, usn_scan_offset(scan), journal->size, err))
			return false;
		if (!make_path(timeline, paths, &change, &path, err))
			return false;
		timeline->format->change(&timeline->out, &change);
		timeline->totals.changes++;
	}
	return timeline_goes_on(timeline, usn_scan_offset(scan), journal->size, err);
}
