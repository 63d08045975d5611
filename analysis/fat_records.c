/* Every directory entry of a FAT or exFAT volume as a line, in use and deleted. See timeline.h. */
#include "analysis/timeline.h"

#include "analysis/timeline_walk.h"
#include "formats/fat/fat.h"

#define ASK_EVERY  1024u /* entries between two questions whether to go on */
#define FIELDS_MAX 12u
#define FAT_NAME   "$FAT" /* where its damage is */

struct fat_records {
	struct fat_walker walker;
	struct timeline *timeline;
	struct fat_volume *volume;
	struct source *raw;
	struct text path;
	uint64_t entries;
};

struct fields {
	struct timeline_field at[FIELDS_MAX];
	size_t count;
};

static void add_number(struct fields *fields, const char *key, uint64_t number)
{
	fields->at[fields->count++] =
	    (struct timeline_field){.key = key, .type = FIELD_NUMBER, .number = number};
}

static void add_true(struct fields *fields, const char *key)
{
	fields->at[fields->count++] =
	    (struct timeline_field){.key = key, .type = FIELD_BOOL, .number = 1};
}

static void add_word(struct fields *fields, const char *key, const char *word)
{
	fields->at[fields->count++] =
	    (struct timeline_field){.key = key, .type = FIELD_TEXT, .bytes = bytes_of(word)};
}

static uint64_t use_time(
    const struct fat_time *time, enum timeline_stamp which, struct timeline_clock *clock)
{
	if (time->zone == FAT_TIME_NONE)
		clock->absent |= (uint8_t)which;
	if (time->zone == FAT_TIME_LOCAL)
		clock->local |= (uint8_t)which;
	if (time->is_date)
		clock->date |= (uint8_t)which;
	return time->ticks;
}

/* How far the wall clock was from UTC when the file was changed last: the other times seldom differ in it. */
static void add_offset(struct fields *fields, const struct fat_entry *entry)
{
	const struct fat_time *time = &entry->modified;

	if (time->zone != FAT_TIME_UTC)
		return;
	add_number(fields, time->offset < 0 ? "utc_minus_minutes" : "utc_plus_minutes",
	    (uint64_t)(time->offset < 0 ? -time->offset : time->offset));
}

static void add_left(struct fields *fields, const struct fat_recovered *left)
{
	static const char *const results[] = {"full", "partial", "overwritten"};
	static const char *const layouts[] = {NULL, "chain", "contiguous", "assumed contiguous"};

	if (left->clusters == 0)
		return;
	add_word(fields, "left", results[left->result]);
	add_number(fields, "left_clusters", left->good);
	if (layouts[left->layout])
		add_word(fields, "layout", layouts[left->layout]);
}

static void tell(const struct fat_entry *entry, struct fields *fields, struct timeline_line *line)
{
	line->is_orphan = entry->is_lost;
	line->has |= TIMELINE_ORPHAN | TIMELINE_DELETED | TIMELINE_FILE | TIMELINE_PARENT |
		     TIMELINE_PLAIN | TIMELINE_NO_SEQUENCE;
	line->file.record = entry->number;
	line->parent.record = entry->parent;
	line->is_deleted = entry->is_deleted;
	line->is_directory = entry->kind == FAT_ENTRY_DIRECTORY;
	if (entry->long_utf16.len)
		line->short_name = entry->short_name;
	if (entry->damage.kind != ERR_NONE)
		line->damage = entry->damage.text;
	if (entry->is_beyond_end)
		add_true(fields, "beyond_end");
	if (entry->is_below_deleted)
		add_true(fields, "below_deleted");
	if (entry->kind == FAT_ENTRY_NAME)
		return;
	line->has |= TIMELINE_DIRECTORY | TIMELINE_SIZE | TIMELINE_ATTRIBUTES;
	line->size = entry->size;
	line->attributes = entry->attributes;
	if (entry->cluster)
		add_number(fields, "cluster", entry->cluster);
	if (entry->is_high_lost || entry->is_start_found)
		add_word(fields, "high_half", entry->is_start_found ? "found" : "lost");
	if (entry->valid_size != entry->size)
		add_number(fields, "valid_size", entry->valid_size);
	add_offset(fields, entry);
	if (entry->kind == FAT_ENTRY_LABEL)
		line->label = "Volume Label Entry"; /* as fls has it */
}

static bool write_entry(struct fat_records *records, const struct fat_entry *entry,
    const struct fat_recovered *left, struct err *err)
{
	bool is_exfat = fat_volume_geometry(records->volume)->kind == FAT_EX;
	struct timeline_clock clock = {.absent = STAMP_CHANGED};
	struct timeline_line line = {.kind = "file", .set = is_exfat ? "exfat" : "fat"};
	const struct ntfs_times times = {
	    .created = use_time(&entry->created, STAMP_CREATED, &clock),
	    .modified = use_time(&entry->modified, STAMP_MODIFIED, &clock),
	    .accessed = use_time(&entry->accessed, STAMP_ACCESSED, &clock),
	};
	struct fields fields = {0};

	if (entry->kind == FAT_ENTRY_NAME || entry->is_slack)
		line.kind = "slack";
	if (entry->kind != FAT_ENTRY_NAME)
		line.has = TIMELINE_TIMES;
	line.times = &times;
	line.clock = &clock;
	tell(entry, &fields, &line);
	if (left)
		add_left(&fields, left);
	line.fields = fields.at;
	line.field_count = fields.count;
	text_clear(&records->path);
	text_add(&records->path, text_bytes(&records->timeline->prefix));
	text_add(&records->path, entry->path);
	line.path = text_bytes(&records->path);
	line.prefix_len = records->timeline->prefix.len;
	if (!text_ok(&records->path, err))
		return false;
	timeline_write(records->timeline, &line);
	return true;
}

static bool look(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	struct fat_records *records = (struct fat_records *)self;
	struct fat_recovered left = {0};
	bool has_left = entry->is_deleted && entry->kind == FAT_ENTRY_FILE;

	if (records->entries++ % ASK_EVERY == 0 &&
	    !timeline_goes_on(records->timeline, entry->place, records->raw->size, err))
		return false;
	if (has_left && !fat_recovery_of(records->volume, entry, &left, err))
		return false;
	records->timeline->totals.records++;
	records->timeline->totals.names++;
	return write_entry(records, entry, has_left ? &left : NULL, err);
}

static void note(struct fat_walker *self, uint64_t place, const struct err *why)
{
	struct fat_records *records = (struct fat_records *)self;

	timeline_damaged(records->timeline, FAT_NAME, place, 0, why);
}

static bool goes_on(void *timeline, uint64_t done, uint64_t total)
{
	struct err err = {0};

	return timeline_goes_on(timeline, done, total, &err);
}

bool timeline_add_fat(struct timeline *timeline, struct source *raw, struct err *err)
{
	CLEANUP(fat_volume_close) struct fat_volume *volume = NULL;
	struct fat_records records = {
	    .walker = {.each = look, .damage = note}, .timeline = timeline, .raw = raw};

	if (!fat_volume_open(raw, &volume, err))
		return false;
	records.volume = volume;
	if (!fat_volume_find_lost(volume, goes_on, timeline, err))
		return false;
	bool ok = fat_walk(volume, &records.walker, err) &&
		  timeline_goes_on(timeline, raw->size, raw->size, err);

	text_free(&records.path);
	return ok;
}
