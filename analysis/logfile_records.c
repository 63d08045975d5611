/* What the records of $LogFile did, as lines. */
#include "analysis/timeline_walk.h"
#include "formats/ntfs/logfile_operation.h"

#include <stdlib.h>

#define LOGFILE_RECORD 2u
#define ASK_EVERY      4096u /* records between two questions whether to go on */
#define FIELDS_MAX     24u
#define KNOWN          4096u /* MFT records whose present path is remembered */
#define RUNS_TOLD      256u  /* of one line */
#define CLUSTER_MIN    512u
#define CLUSTER_MAX    (2u << 20)

struct listener {
	struct logfile_listener base;
	struct timeline *timeline;
};

static void on_damage(
    struct logfile_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	struct listener *listener = (struct listener *)self;

	timeline_damaged(listener->timeline, TIMELINE_LOGFILE_NAME, offset, len, why);
}

/* The path that an MFT record has now. */
struct known {
	uint64_t record;
	uint16_t sequence;
	bool is_loaded, is_there, is_orphan, in_use;
	struct text path;
};

struct walk {
	struct timeline *timeline;
	struct timeline_evidence *evidence;
	struct known *known; /* KNOWN of them; NULL without an MFT */
	struct ntfs_entry entry;
	struct text path, old_path, label;
	struct text attribute;
	uint8_t ranges[RUNS_TOLD * 16];
	struct timeline_field fields[FIELDS_MAX];
	size_t field_count;
};

static void walk_free_at(struct walk *walk)
{
	for (size_t i = 0; walk->known && i < KNOWN; i++)
		text_free(&walk->known[i].path);
	free(walk->known);
	ntfs_entry_free(&walk->entry);
	text_free(&walk->path);
	text_free(&walk->old_path);
	text_free(&walk->label);
	text_free(&walk->attribute);
}

/* Paths ------------------------------------------------------------------------------------------- */

static bool add_name(struct walk *walk, const struct ntfs_name *name, struct text *path,
    bool *is_orphan, struct err *err)
{
	text_add(path, text_bytes(&walk->timeline->prefix));
	size_t start = path->len;

	if (!walk->evidence->paths)
		text_add_utf16(path, name->utf16);
	else if (!ntfs_path(walk->evidence->paths, name, path, is_orphan, err))
		return false;
	else if (path->len == start) /* the root, which every line of a timeline calls so */
		text_addc(path, '.');
	return text_ok(path, err);
}

/* Reads what the MFT says of a record now; what it cannot say is no failure. */
static bool load(struct walk *walk, uint64_t record, struct known *known, struct err *err)
{
	const struct ntfs_name *name = NULL;
	struct err why = {0};

	known->record = record;
	known->is_loaded = true;
	known->is_there = false;
	known->is_orphan = false;
	text_clear(&known->path);
	if (!ntfs_entry_load(walk->evidence->mft, record, &walk->entry, &why)) {
		if (!timeline_is_fatal(&why))
			return true;
		*err = why;
		return false;
	}
	known->sequence = walk->entry.sequence;
	known->in_use = walk->entry.in_use;
	name = ntfs_entry_name(&walk->entry);
	if (!name)
		return true;
	known->is_there = true;
	if (record == 5 && name->parent.record == 5) {
		text_add(&known->path, text_bytes(&walk->timeline->prefix));
		text_addc(&known->path, '.');
		return text_ok(&known->path, err);
	}
	return add_name(walk, name, &known->path, &known->is_orphan, err);
}

/* Whether the record holds that file, or did last: it is free and its number is one ahead (0 is skipped). */
static bool is_same(const struct known *known, uint16_t sequence)
{
	uint16_t freed = sequence == UINT16_MAX ? 1 : (uint16_t)(sequence + 1);

	return known->sequence == sequence || (!known->in_use && known->sequence == freed);
}

/* The path of a file that the log tells only the number of: that of now, if it is still the same file. */
static bool add_known(struct walk *walk, struct ntfs_reference file, bool has_sequence,
    bool *is_orphan, struct err *err)
{
	struct known *known = walk->known ? &walk->known[file.record % KNOWN] : NULL;

	if (known && (known->record != file.record || !known->is_loaded) &&
	    !load(walk, file.record, known, err))
		return false;
	if (known && known->is_there && (!has_sequence || is_same(known, file.sequence))) {
		text_add(&walk->path, text_bytes(&known->path));
		*is_orphan = known->is_orphan;
	} else {
		text_add(&walk->path, text_bytes(&walk->timeline->prefix));
		text_addf(
		    &walk->path, TIMELINE_UNNAMED_PATH "%llu", (unsigned long long)file.record);
	}
	return text_ok(&walk->path, err);
}

/* A name that the log does not tell, in a directory. */
static bool add_unnamed(
    struct walk *walk, struct ntfs_reference directory, bool *is_orphan, struct err *err)
{
	static const uint8_t unnamed[] = {
	    '$', 0, 'U', 0, 'n', 0, 'n', 0, 'a', 0, 'm', 0, 'e', 0, 'd', 0};
	struct ntfs_name name = {
	    .parent = directory, .utf16 = {.at = unnamed, .len = sizeof(unnamed)}};

	if (directory.sequence)
		return add_name(walk, &name, &walk->path, is_orphan, err);
	if (!add_known(walk, directory, false, is_orphan, err))
		return false;
	text_adds(&walk->path, "/$Unnamed");
	return text_ok(&walk->path, err);
}

static bool add_metafile(struct walk *walk, const char *name, struct err *err)
{
	text_add(&walk->path, text_bytes(&walk->timeline->prefix));
	text_adds(&walk->path, name);
	return text_ok(&walk->path, err);
}

static bool make_path(struct walk *walk, const struct logfile_operation *op,
    struct timeline_line *line, struct err *err)
{
	text_clear(&walk->path);
	line->has |= walk->evidence->paths ? TIMELINE_ORPHAN : 0;
	if (op->has & LOGFILE_HAS_NAME)
		return add_name(walk, &op->name, &walk->path, &line->is_orphan, err);
	if (op->has & LOGFILE_HAS_FILE)
		return add_known(
		    walk, op->file, op->has & LOGFILE_HAS_SEQUENCE, &line->is_orphan, err);
	if (op->has & LOGFILE_HAS_PARENT)
		return add_unnamed(walk, op->name.parent, &line->is_orphan, err);
	line->has &= ~(uint32_t)TIMELINE_ORPHAN;
	if (op->what == LOGFILE_RECORDS_ALLOCATED || op->what == LOGFILE_RECORDS_FREED)
		return add_metafile(walk, TIMELINE_MFT_NAME, err);
	if (op->what == LOGFILE_CLUSTERS_ALLOCATED || op->what == LOGFILE_CLUSTERS_FREED)
		return add_metafile(walk, "$Bitmap", err);
	return add_metafile(walk, TIMELINE_UNNAMED_PATH, err);
}

/* Keys of these lines ------------------------------------------------------------------------------ */

static struct timeline_field *add_field(
    struct walk *walk, const char *key, enum timeline_field_type type)
{
	struct timeline_field *field = &walk->fields[walk->field_count++];

	*field = (struct timeline_field){.key = key, .type = type};
	return field;
}

static void add_word(struct walk *walk, const char *key, const char *word)
{
	add_field(walk, key, FIELD_TEXT)->bytes = bytes_of(word);
}

static void add_number(struct walk *walk, const char *key, uint64_t number)
{
	add_field(walk, key, FIELD_NUMBER)->number = number;
}

static void add_flag(struct walk *walk, const char *key, bool value)
{
	if (value)
		add_field(walk, key, FIELD_BOOL)->number = 1;
}

static void add_code(struct walk *walk, const char *key, uint16_t code)
{
	const char *name = logfile_code_name(code);

	if (name)
		add_word(walk, key, name);
	else
		add_number(walk, key, code);
}

static void add_range(struct walk *walk, size_t at, uint64_t first, uint64_t count)
{
	put_le64(walk->ranges + 16 * at, first);
	put_le64(walk->ranges + 16 * at + 8, count);
}

static void add_ranges(struct walk *walk, const struct logfile_operation *op)
{
	bool is_records =
	    op->what == LOGFILE_RECORDS_ALLOCATED || op->what == LOGFILE_RECORDS_FREED;
	size_t count = 0;

	if (op->has & LOGFILE_HAS_RANGE)
		add_range(walk, count++, op->first, op->count);
	for (size_t i = 0; i < op->run_count && count < RUNS_TOLD; i++)
		if (op->runs[i].lcn != NTFS_HOLE)
			add_range(walk, count++, op->runs[i].lcn, op->runs[i].length);
	if (count)
		add_field(walk, is_records ? "records" : "clusters", FIELD_RANGES)->bytes =
		    (struct bytes){walk->ranges, 16 * count};
}

static void add_attribute(struct walk *walk, const struct logfile_operation *op)
{
	if (!(op->has & LOGFILE_HAS_ATTRIBUTE))
		return;
	add_number(walk, "attribute_type", op->attribute_type);
	if (!op->attribute_name.len)
		return;
	text_clear(&walk->attribute);
	text_add_utf16(&walk->attribute, op->attribute_name);
	add_field(walk, "attribute_name", FIELD_TEXT)->bytes = text_bytes(&walk->attribute);
}

static bool add_old(struct walk *walk, const struct logfile_operation *op, struct err *err)
{
	bool is_orphan = false;

	if (!op->old.utf16.len)
		return true;
	text_clear(&walk->old_path);
	if (!add_name(walk, &op->old, &walk->old_path, &is_orphan, err))
		return false;
	add_field(walk, "old_path", FIELD_TEXT)->bytes = text_bytes(&walk->old_path);
	add_number(walk, "old_parent", op->old.parent.record);
	add_number(walk, "old_parent_sequence", op->old.parent.sequence);
	return true;
}

/* Times of a set of which others are not known. */
static void add_some_times(struct walk *walk, const struct logfile_operation *op)
{
	const struct {
		const char *key;
		uint64_t time;
	} times[] = {
	    {"created", op->times.created},
	    {"modified", op->times.modified},
	    {"changed", op->times.changed},
	    {"accessed", op->times.accessed},
	};

	if (!(op->has & LOGFILE_HAS_SOME_TIMES))
		return;
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (op->times_told >> i & 1)
			add_field(walk, times[i].key, FIELD_TIME)->number = times[i].time;
}

static bool make_fields(struct walk *walk, const struct logfile_operation *op, struct err *err)
{
	walk->field_count = 0;
	add_word(walk, "operation", logfile_what_name(op->what));
	if (!add_old(walk, op, err))
		return false;
	add_attribute(walk, op);
	add_some_times(walk, op);
	if (op->has & LOGFILE_HAS_SIZES)
		add_number(walk, "initialized", op->initialized);
	add_ranges(walk, op);
	if (op->transaction)
		add_number(walk, "transaction", op->transaction);
	add_flag(walk, "name_learned", op->has & LOGFILE_NAME_LEARNED);
	add_flag(walk, "rollback", op->is_rollback);
	add_flag(walk, "stale", op->record->stale);
	add_code(walk, "redo", op->action->redo);
	add_code(walk, "undo", op->action->undo);
	return true;
}

/* Lines ------------------------------------------------------------------------------------------- */

static void tell_file(const struct logfile_operation *op, struct timeline_line *line)
{
	if (op->has & LOGFILE_HAS_FILE) {
		line->has |= TIMELINE_FILE;
		line->has |= op->has & LOGFILE_HAS_SEQUENCE ? 0 : TIMELINE_NO_SEQUENCE;
		line->file = op->file;
	}
	if (op->has & (LOGFILE_HAS_NAME | LOGFILE_HAS_PARENT)) {
		line->has |= TIMELINE_PARENT;
		line->parent = op->name.parent;
	}
	if (op->has & LOGFILE_HAS_DIRECTORY) {
		line->has |= TIMELINE_DIRECTORY;
		line->is_directory = op->is_directory;
	}
	if (op->has & LOGFILE_HAS_SIZES) {
		line->has |= TIMELINE_SIZE | TIMELINE_ALLOCATED;
		line->size = op->size;
		line->allocated = op->allocated;
	}
	if (op->has & LOGFILE_HAS_ATTRIBUTES) {
		line->has |= TIMELINE_ATTRIBUTES;
		line->attributes = op->attributes;
	}
}

static void tell_change(const struct usn_record *change, struct timeline_line *line)
{
	line->has |= TIMELINE_USN | TIMELINE_CHANGE;
	line->has |= change->has_time ? TIMELINE_TIME : 0;
	line->has |= change->major == 4 ? 0 : TIMELINE_ATTRIBUTES | TIMELINE_SECURITY;
	line->time = change->time;
	line->usn = change->usn;
	line->reasons = change->reason;
	line->source_info = change->source_info;
	line->version = change->major;
	line->attributes = change->attributes;
	line->security_id = change->security_id;
}

/* One line for each set of times that the record has, or one without. */
static void write_lines(
    struct walk *walk, const struct logfile_operation *op, struct timeline_line *line)
{
	bool has_standard = op->has & LOGFILE_HAS_TIMES;
	bool has_name = op->has & LOGFILE_HAS_NAME_TIMES;

	if (!has_standard && !has_name) {
		line->has |= TIMELINE_MOMENT;
		timeline_write(walk->timeline, line);
		return;
	}
	line->has |= TIMELINE_TIMES;
	if (has_standard) {
		line->set = "si";
		line->times = &op->times;
		timeline_write(walk->timeline, line);
	}
	if (!has_name)
		return;
	line->set = "fn";
	line->times = &op->name.times;
	line->has |= TIMELINE_SIZE | TIMELINE_ALLOCATED | TIMELINE_ATTRIBUTES;
	line->size = op->name.size;
	line->allocated = op->name.allocated;
	line->attributes = op->name.attributes;
	line->name_type =
	    op->has & LOGFILE_HAS_NAME ? timeline_name_space(op->name.name_space) : NULL;
	timeline_write(walk->timeline, line);
}

static bool write_operation(struct walk *walk, const struct logfile_operation *op, struct err *err)
{
	struct timeline_line line = {
	    .kind = "logfile",
	    .has = TIMELINE_LSN,
	    .lsn = op->record->lsn,
	    .prefix_len = walk->timeline->prefix.len,
	};

	if (!make_path(walk, op, &line, err) || !make_fields(walk, op, err))
		return false;
	text_clear(&walk->label);
	text_addf(&walk->label, "$LogFile: %s", logfile_what_name(op->what));
	if (!text_ok(&walk->label, err))
		return false;
	line.label = text_string(&walk->label);
	line.path = text_bytes(&walk->path);
	line.fields = walk->fields;
	line.field_count = walk->field_count;
	tell_file(op, &line);
	if (op->change)
		tell_change(op->change, &line);
	write_lines(walk, op, &line);
	walk->timeline->totals.operations++;
	return true;
}

/* What the log's numbers count, as far as the MFT tells it: without a volume its own record does. */
static bool find_layout(struct walk *walk, struct logfile_layout *out, struct err *err)
{
	struct timeline_evidence *evidence = walk->evidence;
	const struct ntfs_stream *data;
	struct err why = {0};
	uint64_t clusters = 0;

	if (evidence->volume) {
		const struct ntfs_geometry *g = ntfs_volume_geometry(evidence->volume);

		*out = (struct logfile_layout){g->cluster_size, g->record_size};
		return true;
	}
	*out = (struct logfile_layout){0};
	if (!evidence->mft)
		return true;
	out->record_size = ntfs_mft_record_size(evidence->mft);
	if (!ntfs_entry_load(evidence->mft, 0, &walk->entry, &why)) {
		if (timeline_is_fatal(&why))
			*err = why;
		return !timeline_is_fatal(&why);
	}
	data = ntfs_entry_stream(&walk->entry, NTFS_DATA, (struct bytes){0});
	for (size_t i = 0; data && i < data->run_count; i++)
		clusters += data->runs[i].length;
	if (!clusters || data->allocated % clusters != 0 ||
	    data->allocated / clusters > CLUSTER_MAX || data->allocated / clusters < CLUSTER_MIN)
		return true;
	out->cluster_size = (uint32_t)(data->allocated / clusters);
	return true;
}

static bool is_alone(const struct walk *walk)
{
	const struct timeline_evidence *evidence = walk->evidence;

	return !evidence->volume && !evidence->mft && !evidence->files->journal;
}

static bool write_log(struct walk *walk, struct source *source, struct err *err)
{
	struct timeline *timeline = walk->timeline;
	struct listener listener = {.base = {.damage = on_damage}, .timeline = timeline};
	CLEANUP(logfile_operations_close) struct logfile_operations *operations = NULL;
	struct logfile_operation op;
	struct logfile_layout layout;
	struct err why = {0};
	uint64_t done = 0;

	if (!find_layout(walk, &layout, err))
		return false;
	if (!logfile_operations_open(source, &layout, &listener.base, &operations, &why)) {
		/* A log that was never written to is no damage; alone it is nothing to make a timeline of. */
		if (timeline_is_fatal(&why) || is_alone(walk)) {
			*err = why;
			return false;
		}
		if (why.kind != ERR_MISSING)
			timeline_damaged(timeline, TIMELINE_LOGFILE_NAME, 0, source->size, &why);
		return true;
	}
	while (logfile_operations_next(operations, &op, &why)) {
		if (done++ % ASK_EVERY == 0 &&
		    !timeline_goes_on(timeline, op.record->offset, source->size, err))
			return false;
		if (op.what != LOGFILE_OTHER && !write_operation(walk, &op, err))
			return false;
	}
	if (why.kind == ERR_NONE)
		return timeline_goes_on(timeline, source->size, source->size, err);
	*err = why;
	return false;
}

static bool write_of_volume(struct walk *walk, struct err *err)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(source_close) struct source *source = NULL;
	struct ntfs_volume *volume = walk->evidence->volume;
	const struct ntfs_stream *stream;
	struct err why = {0};

	if (ntfs_entry_load(walk->evidence->mft, LOGFILE_RECORD, &entry, &why)) {
		stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});
		if (!stream || !ntfs_stream_open(volume, &entry, stream, &source, &why))
			fail(&why, ERR_DAMAGED, "no content");
	}
	if (source)
		return write_log(walk, source, err);
	if (timeline_is_fatal(&why)) {
		*err = why;
		return false;
	}
	timeline_damaged(walk->timeline, TIMELINE_LOGFILE_NAME, 0, 0, &why);
	return true;
}

bool logfile_records_write(
    struct timeline *timeline, struct timeline_evidence *evidence, struct err *err)
{
	CLEANUP(walk_free) struct walk walk = {.timeline = timeline, .evidence = evidence};

	if (!evidence->volume && !evidence->files->log)
		return true;
	if (evidence->mft) {
		walk.known = calloc(KNOWN, sizeof(*walk.known));
		if (!walk.known)
			return fail(err, ERR_MEMORY, "no memory for the timeline of a log");
	}
	return evidence->volume ? write_of_volume(&walk, err)
				: write_log(&walk, evidence->files->log, err);
}
