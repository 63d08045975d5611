/* A journal's records as lines. With an MFT it is read twice, so that paths are those of the time: see
 * formats/ntfs/usn_paths.h. */
#include "analysis/timeline_walk.h"
#include "core/array.h"
#include "formats/ntfs/usn_paths.h"

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
	struct source *journal;
	struct ntfs_volume *volume; /* that it lies on; NULL */
	struct usn_paths *paths;    /* NULL: there is no MFT */
	struct text path;           /* of the record at work */
	/* The last record that had a name: one of version 4 has none, and follows one of its file. */
	struct ntfs_reference file, parent;
	bool has_last;
	struct usn_path how;
};

static void walk_free_at(struct walk *walk)
{
	text_free(&walk->path);
	usn_paths_free(walk->paths);
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

/* The path of a record that has a name. */
static bool make_named(struct walk *walk, const struct usn_record *record, struct err *err)
{
	if (walk->paths)
		return usn_paths_next(walk->paths, record, &walk->path, &walk->how, err);
	text_add_utf16(&walk->path, record->utf16);
	return true;
}

/* Makes walk->path out of the record's parent and name. */
static bool make_path(struct walk *walk, const struct usn_record *record, struct err *err)
{
	struct usn_path none;

	if (!record->utf16.len && walk->paths &&
	    !usn_paths_next(walk->paths, record, &walk->path, &none, err))
		return false;
	if (!record->utf16.len && follows_its_own(walk, record))
		return true;
	walk->how = (struct usn_path){0};
	walk->has_last = record->utf16.len > 0;
	walk->file = record->file;
	walk->parent = record->parent;
	text_clear(&walk->path);
	text_add(&walk->path, text_bytes(&walk->timeline->prefix));
	if (!record->utf16.len)
		text_addf(&walk->path, TIMELINE_UNNAMED_PATH "%llu",
		    (unsigned long long)record->file.record);
	else if (!make_named(walk, record, err))
		return false;
	return text_ok(&walk->path, err);
}

#define FIELDS_MAX 5u /* record_high, parent_high, extents, remaining_extents, path_uncertain */

/* What few records have. Returns how many. */
static size_t tell_rarities(
    const struct usn_record *record, struct timeline_field fields[FIELDS_MAX])
{
	size_t count = 0;

	if (record->file_high || record->parent_high) {
		fields[count++] =
		    (struct timeline_field){.key = "record_high", .number = record->file_high};
		fields[count++] =
		    (struct timeline_field){.key = "parent_high", .number = record->parent_high};
	}
	if (record->major == 4) {
		fields[count++] = (struct timeline_field){
		    .key = "extents", .type = FIELD_RANGES, .bytes = record->extents};
		fields[count++] = (struct timeline_field){
		    .key = "remaining_extents", .number = record->remaining_extents};
	}
	return count;
}

static bool write_change(struct walk *walk, const struct usn_record *record, struct err *err)
{
	struct timeline_field fields[FIELDS_MAX];
	struct timeline_line line = {
	    .kind = "usn",
	    .label = "USN:",
	    .has =
		TIMELINE_MOMENT | TIMELINE_FILE | TIMELINE_PARENT | TIMELINE_USN | TIMELINE_CHANGE,
	    .file = record->file,
	    .parent = record->parent,
	    .usn = record->usn,
	    .reasons = record->reason,
	    .source_info = record->source_info,
	    .version = record->major,
	    .time = record->time,
	    .attributes = record->attributes,
	    .security_id = record->security_id,
	    .prefix_len = walk->timeline->prefix.len,
	    .fields = fields,
	    .field_count = tell_rarities(record, fields),
	};

	if (!make_path(walk, record, err))
		return false;
	line.path = text_bytes(&walk->path);
	line.is_orphan = walk->how.is_orphan;
	line.has |= walk->paths ? TIMELINE_ORPHAN : 0;
	line.has |= record->has_time ? TIMELINE_TIME : 0;
	line.has |= record->major == 4 ? 0 : TIMELINE_ATTRIBUTES | TIMELINE_SECURITY;
	if (walk->how.is_uncertain)
		fields[line.field_count++] = (struct timeline_field){
		    .key = "path_uncertain", .type = FIELD_BOOL, .number = 1};
	timeline_write(walk->timeline, &line);
	walk->timeline->totals.changes++;
	return true;
}

/* The first reading of a record. A journal of too many directories is damage: their paths are those of now. */
static bool learn_change(struct walk *walk, const struct usn_record *record, struct err *err)
{
	struct err why = {0};

	if (usn_paths_learn(walk->paths, record, &why))
		return true;
	if (timeline_is_fatal(&why)) {
		*err = why;
		return false;
	}
	timeline_damaged(walk->timeline, TIMELINE_JOURNAL_NAME, record->usn, 0, &why);
	return true;
}

/* Between the pieces that are read: a journal may begin with terabytes of zeros. */
static bool on_piece(void *context, uint64_t offset)
{
	struct walk *walk = context;

	return timeline_goes_on(walk->timeline, offset, walk->journal->size, NULL);
}

/* Every record of the journal to `each`. */
static bool read_all(struct walk *walk, struct usn_listener *listener,
    bool (*each)(struct walk *walk, const struct usn_record *record, struct err *err),
    struct err *err)
{
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	uint64_t total = walk->journal->size;
	struct usn_record record;
	uint64_t count = 0;

	if (!usn_scan_open(walk->journal, 0, UINT64_MAX, listener, &scan, err))
		return false;
	usn_scan_watch(scan, on_piece, walk);
	if (walk->volume)
		usn_scan_limit(scan, walk->volume);
	while (usn_scan_next(scan, &record)) {
		if (count++ % ASK_EVERY == 0 &&
		    !timeline_goes_on(walk->timeline, usn_scan_offset(scan), total, err))
			return false;
		if (!each(walk, &record, err))
			return false;
	}
	return timeline_goes_on(walk->timeline, usn_scan_offset(scan), total, err);
}

static bool read_journal(struct walk *walk, struct ntfs_paths *now, struct err *err)
{
	struct listener listener = {.base = {.damage = on_damage}, .timeline = walk->timeline};
	struct err why;

	if (now && !usn_paths_new(now, &walk->paths, err))
		return false;
	if (now && !read_all(walk, NULL, learn_change, err))
		return false;
	if (now)
		usn_paths_rewind(walk->paths);
	if (!read_all(walk, &listener.base, write_change, err))
		return false;
	if (now && usn_paths_is_full(walk->paths, &why))
		timeline_damaged(walk->timeline, TIMELINE_JOURNAL_NAME, 0, 0, &why);
	return true;
}

/* Finds $Extend/$UsnJrnl:$J. False when the volume has none, or it cannot be found (err set). */
static bool find_journal(struct ntfs_volume *volume, struct ntfs_entry *entry,
    const struct ntfs_stream **out, struct err *err)
{
	static const uint8_t name[] = {'$', 0, 'J', 0};
	struct bytes path = bytes_of("$Extend/$UsnJrnl");
	struct ntfs_reference reference;

	if (!ntfs_find(volume, path, &reference, err) ||
	    !ntfs_entry_load(ntfs_volume_mft(volume), reference.record, entry, err))
		return false;
	*out = ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){name, sizeof(name)});
	return *out || fail(err, ERR_MISSING, "$UsnJrnl has no stream $J");
}

static bool read_stream(struct walk *walk, const struct timeline_evidence *evidence,
    const struct ntfs_entry *entry, const struct ntfs_stream *stream, struct err *err)
{
	CLEANUP(source_close) struct source *journal = NULL;
	struct err why = {0};

	if (!ntfs_stream_open(evidence->volume, entry, stream, &journal, &why)) {
		if (timeline_is_fatal(&why)) {
			*err = why;
			return false;
		}
		timeline_damaged(walk->timeline, TIMELINE_JOURNAL_NAME, 0, stream->size, &why);
		return true;
	}
	walk->journal = journal;
	walk->volume = evidence->volume;
	return read_journal(walk, evidence->paths, err);
}

static bool read_of_volume(
    struct walk *walk, const struct timeline_evidence *evidence, struct err *err)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	const struct ntfs_stream *stream = NULL;
	struct err why = {0};

	if (find_journal(evidence->volume, &entry, &stream, &why))
		return read_stream(walk, evidence, &entry, stream, err);
	if (timeline_is_fatal(&why)) {
		*err = why;
		return false;
	}
	if (why.kind != ERR_MISSING)
		timeline_damaged(walk->timeline, TIMELINE_JOURNAL_NAME, 0, 0, &why);
	return true;
}

bool usn_records_write(
    struct timeline *timeline, struct timeline_evidence *evidence, struct err *err)
{
	CLEANUP(walk_free) struct walk walk = {.timeline = timeline};

	if (evidence->volume)
		return read_of_volume(&walk, evidence, err);
	if (!evidence->files->journal)
		return true;
	walk.journal = evidence->files->journal;
	return read_journal(&walk, evidence->paths, err);
}
