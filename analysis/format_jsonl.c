/* JSON Lines: one object a line, one line per set of times, change or other fact. Keys: docs/timeline.md. */
#include "analysis/timeline_format.h"

#define TEXT(out, literal) output_bytes(out, literal, sizeof(literal) - 1)
#define KEY(out, key)      TEXT(out, ",\"" key "\":")
#define NUMBER(out, key, value)            \
	do {                               \
		KEY(out, key);             \
		output_number(out, value); \
	} while (0)

static void add_text(struct output *out, struct bytes utf8)
{
	output_char(out, '"');
	output_json(out, utf8);
	output_char(out, '"');
}

static void add_bool(struct output *out, bool value)
{
	if (value)
		TEXT(out, "true");
	else
		TEXT(out, "false");
}

static void add_words(struct output *out, uint32_t bits, const char *(*word)(unsigned bit))
{
	output_char(out, '[');
	timeline_words(out, bits, word, "\"", "\",\"", "\"");
	output_char(out, ']');
}

static void add_name(struct output *out, const struct timeline_line *line)
{
	TEXT(out, "{\"kind\":\"");
	output_string(out, line->kind);
	if (line->set) {
		TEXT(out, "\",\"set\":\"");
		output_string(out, line->set);
	}
	output_char(out, '"');
	if (line->has & TIMELINE_MOMENT) {
		KEY(out, "time");
		if (line->has & TIMELINE_TIME) {
			output_char(out, '"');
			output_time(out, line->time);
			output_char(out, '"');
		} else {
			TEXT(out, "null");
		}
	}
	KEY(out, "path");
	add_text(out, line->path);
	if (line->name_type) {
		TEXT(out, ",\"name_type\":\"");
		output_string(out, line->name_type);
		output_char(out, '"');
	}
	if (line->short_name.len) {
		KEY(out, "short_name");
		add_text(out, line->short_name);
	}
}

static void add_references(struct output *out, const struct timeline_line *line)
{
	if (line->has & TIMELINE_FILE) {
		NUMBER(out, "record", line->file.record);
		if (!(line->has & TIMELINE_NO_SEQUENCE))
			NUMBER(out, "sequence", line->file.sequence);
	}
	if (line->has & TIMELINE_PARENT) {
		NUMBER(out, "parent", line->parent.record);
		if (!(line->has & TIMELINE_PLAIN))
			NUMBER(out, "parent_sequence", line->parent.sequence);
	}
	if (line->has & TIMELINE_DELETED) {
		KEY(out, "deleted");
		add_bool(out, line->is_deleted);
	}
	if (line->has & TIMELINE_ORPHAN) {
		KEY(out, "orphan");
		add_bool(out, line->is_orphan);
	}
	if (line->has & TIMELINE_DIRECTORY) {
		KEY(out, "directory");
		add_bool(out, line->is_directory);
	}
}

static void add_stamp(struct output *out, const struct timeline_line *line,
    enum timeline_stamp which, const char *key, uint64_t ticks)
{
	TEXT(out, ",\"");
	output_string(out, key);
	if (timeline_is_absent(line, which)) {
		TEXT(out, "\":null");
		return;
	}
	TEXT(out, "\":\"");
	timeline_stamp(out, line, which, ticks);
	output_char(out, '"');
}

/* Times that are not all UTC. */
static void add_stamps(struct output *out, const struct timeline_line *line)
{
	add_stamp(out, line, STAMP_CREATED, "created", line->times->created);
	add_stamp(out, line, STAMP_MODIFIED, "modified", line->times->modified);
	add_stamp(out, line, STAMP_CHANGED, "changed", line->times->changed);
	add_stamp(out, line, STAMP_ACCESSED, "accessed", line->times->accessed);
	if (line->clock->local)
		TEXT(out, ",\"local\":true");
}

static void add_times(struct output *out, const struct timeline_line *line)
{
	if (!line->set)
		return;
	if (!(line->has & TIMELINE_TIMES)) {
		TEXT(out, ",\"created\":null,\"modified\":null,\"changed\":null,\"accessed\":null");
		return;
	}
	if (line->clock) {
		add_stamps(out, line);
		return;
	}
	TEXT(out, ",\"created\":\"");
	output_time(out, line->times->created);
	TEXT(out, "\",\"modified\":\"");
	output_time(out, line->times->modified);
	TEXT(out, "\",\"changed\":\"");
	output_time(out, line->times->changed);
	TEXT(out, "\",\"accessed\":\"");
	output_time(out, line->times->accessed);
	output_char(out, '"');
}

static void add_numbers(struct output *out, const struct timeline_line *line)
{
	if (line->has & TIMELINE_SIZE)
		NUMBER(out, "size", line->size);
	if (line->has & TIMELINE_ALLOCATED)
		NUMBER(out, "allocated", line->allocated);
	if (line->has & TIMELINE_LINKS)
		NUMBER(out, "links", line->links);
	if (line->has & TIMELINE_ATTRIBUTES) {
		KEY(out, "attributes");
		add_words(out, line->attributes, ntfs_attribute_word);
	}
	if (line->has & TIMELINE_OWNER)
		NUMBER(out, "owner_id", line->owner_id);
	if (line->has & TIMELINE_SECURITY)
		NUMBER(out, "security_id", line->security_id);
	if (line->has & TIMELINE_USN)
		NUMBER(out, "usn", line->usn);
	if (line->has & TIMELINE_LSN)
		NUMBER(out, "lsn", line->lsn);
}

static void add_change(struct output *out, const struct timeline_line *line)
{
	KEY(out, "reasons");
	add_words(out, line->reasons, usn_reason_word);
	KEY(out, "source_info");
	add_words(out, line->source_info, usn_source_word);
	NUMBER(out, "version", line->version);
}

static void add_stream(struct output *out, const struct ntfs_stream *stream)
{
	TEXT(out, "{\"name\":\"");
	timeline_json_name(out, stream->utf16);
	TEXT(out, "\",\"size\":");
	output_number(out, stream->size);
	output_char(out, '}');
}

static void add_ranges(struct output *out, struct bytes pairs)
{
	output_char(out, '[');
	for (size_t at = 0; at + 16 <= pairs.len; at += 16) {
		output_string(out, at ? ",{\"offset\":" : "{\"offset\":");
		output_number(out, le64(pairs.at + at));
		TEXT(out, ",\"length\":");
		output_number(out, le64(pairs.at + at + 8));
		output_char(out, '}');
	}
	output_char(out, ']');
}

static void add_field(struct output *out, const struct timeline_field *field)
{
	TEXT(out, ",\"");
	output_string(out, field->key);
	TEXT(out, "\":");
	switch (field->type) {
	case FIELD_NUMBER:
		output_number(out, field->number);
		break;
	case FIELD_BOOL:
		add_bool(out, field->number != 0);
		break;
	case FIELD_TIME:
		output_char(out, '"');
		output_time(out, field->number);
		output_char(out, '"');
		break;
	case FIELD_TEXT:
		add_text(out, field->bytes);
		break;
	case FIELD_RANGES:
		add_ranges(out, field->bytes);
		break;
	}
}

/* What few lines have. */
static void add_rarities(struct output *out, const struct timeline_line *line)
{
	static const struct timeline_list streams = {",\"streams\":[", ",", "]", add_stream};

	timeline_streams(out, line, &streams);
	if (line->reparse_tag) {
		TEXT(out, ",\"reparse_tag\":\"");
		output_hex(out, line->reparse_tag, 8);
		output_char(out, '"');
	}
	if (line->has & TIMELINE_BASE) {
		NUMBER(out, "base", line->base.record);
		NUMBER(out, "base_sequence", line->base.sequence);
	}
	if (line->hints) {
		KEY(out, "hints");
		add_words(out, line->hints, hints_word);
	}
	for (size_t i = 0; i < line->field_count; i++)
		add_field(out, &line->fields[i]);
	if (line->damage) {
		KEY(out, "damage");
		add_text(out, bytes_of(line->damage));
	}
}

static void write_line(struct output *out, const struct timeline_line *line)
{
	add_name(out, line);
	add_references(out, line);
	add_times(out, line);
	add_numbers(out, line);
	if (line->has & TIMELINE_CHANGE)
		add_change(out, line);
	add_rarities(out, line);
	TEXT(out, "}\n");
}

const struct timeline_format timeline_format_jsonl = {.name = "jsonl", .line = write_line};
