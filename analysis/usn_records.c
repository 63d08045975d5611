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

struct walk {
	struct timeline *timeline;
	struct ntfs_paths *paths; /* may be NULL */
	struct text path;         /* of the record at work */
	/* The last record that had a name: one of version 4 has none, and follows one of its file. */
	struct ntfs_reference file, parent;
	bool has_last, is_orphan;
};

static void walk_free_at(struct walk *walk)
{
	text_free(&walk->path);
}

static bool same_reference(struct ntfs_reference a, struct ntfs_reference b)
{
	return a.record == b.record && a.sequence == b.sequence;
}

static bool follows_its_own(const struct walk *walk, const struct usn_record *record)
{
	return walk->has_last && same_reference(walk->file, record->file) &&
	       same_reference(walk->parent, record->parent);
}

/* Makes walk->path out of the record's parent and name. */
static bool make_path(struct walk *walk, const struct usn_record *record, struct err *err)
{
	struct ntfs_name name = {.parent = record->parent, .utf16 = record->utf16};

	if (!record->utf16.len && follows_its_own(walk, record))
		return true;
	walk->is_orphan = false;
	walk->has_last = record->utf16.len > 0;
	walk->file = record->file;
	walk->parent = record->parent;
	text_clear(&walk->path);
	text_add(&walk->path, text_bytes(&walk->timeline->prefix));
	if (!record->utf16.len)
		text_addf(
		    &walk->path, TIMELINE_UNNAMED "%llu", (unsigned long long)record->file.record);
	else if (!walk->paths)
		text_add_utf16(&walk->path, record->utf16);
	else if (!ntfs_path(walk->paths, &name, &walk->path, &walk->is_orphan, err))
		return false;
	return text_ok(&walk->path, err);
}

static bool write_change(struct walk *walk, const struct usn_record *record, struct err *err)
{
	struct timeline_change change = {.record = record, .has_mft = walk->paths != NULL};

	if (!make_path(walk, record, err))
		return false;
	change.path = text_bytes(&walk->path);
	change.prefix_len = walk->timeline->prefix.len;
	change.is_orphan = walk->is_orphan;
	walk->timeline->format->change(&walk->timeline->out, &change);
	walk->timeline->totals.changes++;
	return true;
}

bool usn_records_write(struct timeline *timeline, struct source *journal, uint64_t offset,
    uint64_t len, struct ntfs_paths *paths, struct err *err)
{
	struct listener listener = {.base = {.damage = on_damage}, .timeline = timeline};
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	CLEANUP(walk_free) struct walk walk = {.timeline = timeline, .paths = paths};
	struct usn_record record;
	uint64_t count = 0;

	if (!usn_scan_open(journal, offset, len, &listener.base, &scan, err))
		return false;
	while (usn_scan_next(scan, &record)) {
		if (count++ % ASK_EVERY == 0 &&
		    !timeline_goes_on(timeline, usn_scan_offset(scan), journal->size, err))
			return false;
		if (!write_change(&walk, &record, err))
			return false;
	}
	return timeline_goes_on(timeline, usn_scan_offset(scan), journal->size, err);
}
