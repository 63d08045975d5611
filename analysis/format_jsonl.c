/* JSON Lines: one object a line, one line per name of a file or per change. Keys: docs/timeline.md. */
#include "analysis/timeline_format.h"

#define KEY(out, key) output_bytes(out, ",\"" key "\":", sizeof(",\"" key "\":") - 1)

static void add_bool(struct output *out, bool value)
{
	output_string(out, value ? "true" : "false");
}

static void add_text(struct output *out, struct bytes utf8)
{
	output_char(out, '"');
	output_json(out, utf8);
	output_char(out, '"');
}

static void add_time(struct output *out, uint64_t ticks)
{
	output_char(out, '"');
	output_time(out, ticks);
	output_char(out, '"');
}

static void add_words(struct output *out, uint32_t bits, const char *(*word)(unsigned bit))
{
	output_char(out, '[');
	timeline_words(out, bits, word, "\"", "\",\"", "\"");
	output_char(out, ']');
}

static void add_reference(
    struct output *out, struct ntfs_reference file, const struct ntfs_reference *parent)
{
	KEY(out, "record");
	output_number(out, file.record);
	KEY(out, "sequence");
	output_number(out, file.sequence);
	if (!parent)
		return;
	KEY(out, "parent");
	output_number(out, parent->record);
	KEY(out, "parent_sequence");
	output_number(out, parent->sequence);
}

#define TIMES(out, prefix, times)                 \
	do {                                      \
		KEY(out, prefix "_created");      \
		add_time(out, (times)->created);  \
		KEY(out, prefix "_modified");     \
		add_time(out, (times)->modified); \
		KEY(out, prefix "_changed");      \
		add_time(out, (times)->changed);  \
		KEY(out, prefix "_accessed");     \
		add_time(out, (times)->accessed); \
	} while (0)

#define NO_TIMES(out, prefix)                                                                    \
	output_string(out, ",\"" prefix "_created\":null,\"" prefix "_modified\":null,\"" prefix \
			   "_changed\":null,\"" prefix "_accessed\":null")

static void add_times(struct output *out, const struct timeline_file *file)
{
	if (file->entry->has_standard)
		TIMES(out, "si", &file->entry->times);
	else
		NO_TIMES(out, "si");
	if (file->name)
		TIMES(out, "fn", &file->name->times);
	else
		NO_TIMES(out, "fn");
}

static void add_streams(struct output *out, const struct ntfs_entry *entry)
{
	bool any = false;

	for (size_t i = 0; i < entry->stream_count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];

		if (!timeline_is_named_stream(stream))
			continue;
		if (!any)
			KEY(out, "streams");
		output_string(out, any ? ",{\"name\":\"" : "[{\"name\":\"");
		timeline_json_name(out, stream->utf16);
		output_string(out, "\",\"size\":");
		output_number(out, stream->size);
		output_char(out, '}');
		any = true;
	}
	if (any)
		output_char(out, ']');
}

static void add_size(struct output *out, const struct ntfs_entry *entry)
{
	const struct ntfs_stream *data = timeline_data(entry);

	KEY(out, "size");
	if (data)
		output_number(out, data->size);
	else
		output_string(out, "null");
	if (data && !data->resident) {
		KEY(out, "allocated");
		output_number(out, data->allocated);
	}
}

/* What few files have. */
static void add_rarities(struct output *out, const struct timeline_file *file)
{
	const struct ntfs_entry *entry = file->entry;
	uint32_t tag = timeline_reparse_tag(entry);

	if (file->tells_streams)
		add_streams(out, entry);
	if (tag) {
		KEY(out, "reparse_tag");
		output_char(out, '"');
		output_hex(out, tag, 8);
		output_char(out, '"');
	}
	if (entry->base.record || entry->base.sequence) {
		KEY(out, "base");
		output_number(out, entry->base.record);
		KEY(out, "base_sequence");
		output_number(out, entry->base.sequence);
	}
	if (entry->damage.kind != ERR_NONE) {
		KEY(out, "damage");
		add_text(out, bytes_of(entry->damage.text));
	}
}

static void write_file(struct output *out, const struct timeline_file *file)
{
	const struct ntfs_entry *entry = file->entry;

	output_string(out, "{\"kind\":\"file\"");
	KEY(out, "path");
	add_text(out, file->path);
	KEY(out, "name_type");
	if (file->name) {
		output_char(out, '"');
		output_string(out, timeline_name_space(file->name->name_space));
		output_char(out, '"');
	} else {
		output_string(out, "null");
	}
	if (file->short_name.len) {
		KEY(out, "short_name");
		add_text(out, file->short_name);
	}
	add_reference(out, (struct ntfs_reference){entry->record, entry->sequence},
	    file->name ? &file->name->parent : NULL);
	KEY(out, "deleted");
	add_bool(out, !entry->in_use);
	KEY(out, "orphan");
	add_bool(out, file->is_orphan);
	KEY(out, "directory");
	add_bool(out, entry->is_directory);
	add_size(out, entry);
	KEY(out, "links");
	output_number(out, entry->links);
	add_times(out, file);
	KEY(out, "attributes");
	add_words(out, entry->attributes, ntfs_attribute_word);
	KEY(out, "owner_id");
	output_number(out, entry->owner_id);
	KEY(out, "security_id");
	output_number(out, entry->security_id);
	KEY(out, "usn");
	output_number(out, entry->usn);
	KEY(out, "lsn");
	output_number(out, entry->lsn);
	add_rarities(out, file);
	output_string(out, "}\n");
}

static void add_extents(struct output *out, const struct usn_record *record)
{
	KEY(out, "extents");
	output_char(out, '[');
	for (size_t at = 0; at + 16 <= record->extents.len; at += 16) {
		output_string(out, at ? ",{\"offset\":" : "{\"offset\":");
		output_number(out, le64(record->extents.at + at));
		KEY(out, "length");
		output_number(out, le64(record->extents.at + at + 8));
		output_char(out, '}');
	}
	output_char(out, ']');
	KEY(out, "remaining_extents");
	output_number(out, record->remaining_extents);
}

static void add_high(struct output *out, const struct usn_record *record)
{
	if (!record->file_high && !record->parent_high)
		return;
	KEY(out, "record_high");
	output_number(out, record->file_high);
	KEY(out, "parent_high");
	output_number(out, record->parent_high);
}

static void write_change(struct output *out, const struct timeline_change *change)
{
	const struct usn_record *record = change->record;

	output_string(out, "{\"kind\":\"usn\"");
	KEY(out, "time");
	if (record->has_time)
		add_time(out, record->time);
	else
		output_string(out, "null");
	KEY(out, "path");
	add_text(out, change->path);
	add_reference(out, record->file, &record->parent);
	add_high(out, record);
	KEY(out, "orphan");
	if (change->has_mft)
		add_bool(out, change->is_orphan);
	else
		output_string(out, "null");
	KEY(out, "usn");
	output_number(out, record->usn);
	KEY(out, "reasons");
	add_words(out, record->reason, usn_reason_word);
	KEY(out, "source_info");
	add_words(out, record->source_info, usn_source_word);
	if (record->major == 4) {
		add_extents(out, record);
	} else {
		KEY(out, "attributes");
		add_words(out, record->attributes, ntfs_attribute_word);
		KEY(out, "security_id");
		output_number(out, record->security_id);
	}
	KEY(out, "version");
	output_number(out, record->major);
	output_string(out, "}\n");
}

static void write_damage(struct output *out, const struct timeline_damage *damage)
{
	output_string(out, "{\"kind\":\"damage\"");
	KEY(out, "path");
	output_char(out, '"');
	output_json(out, bytes_of(damage->prefix));
	output_json(out, bytes_of(damage->file));
	output_char(out, '"');
	KEY(out, "offset");
	output_number(out, damage->offset);
	KEY(out, "length");
	output_number(out, damage->len);
	KEY(out, "damage");
	add_text(out, bytes_of(damage->why->text));
	output_string(out, "}\n");
}

const struct timeline_format timeline_format_jsonl = {
    .name = "jsonl",
    .file = write_file,
    .change = write_change,
    .damage = write_damage,
};
