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

/* A line is written in pieces: pen_ functions write what is short and known to be, with room made before. */
#define PIECE_ROOM ((size_t)2 << 10)
#define TRUTH(at, key, value) \
	((value) ? PEN_TEXT(at, ",\"" key "\":true") : PEN_TEXT(at, ",\"" key "\":false"))

static char *pen_number_of(char *at, const char *key, size_t key_len, uint64_t value)
{
	memcpy(at, key, key_len);
	return pen_number(at + key_len, value);
}
#define PEN_NUMBER_OF(at, key, value) \
	pen_number_of(at, ",\"" key "\":", sizeof(",\"" key "\":") - 1, value)

/* The lines of a file mostly have one path: it is escaped once. */
static void add_path(struct output *out, const struct timeline_line *line)
{
	if (line->is_same_path && output_again(out))
		return;
	output_mark(out);
	output_json(out, line->path);
	output_mark_end(out);
}

static void add_name(struct output *out, const struct timeline_line *line)
{
	char *at = output_pen(out, PIECE_ROOM);

	at = PEN_TEXT(at, "{\"kind\":\"");
	at = pen_string(at, line->kind);
	if (line->set) {
		at = PEN_TEXT(at, "\",\"set\":\"");
		at = pen_string(at, line->set);
	}
	if (line->has & TIMELINE_TIME) {
		at = PEN_TEXT(at, "\",\"time\":\"");
		at = output_pen_time(out, at, line->time);
	} else if (line->has & TIMELINE_MOMENT) {
		at = PEN_TEXT(at, "\",\"time\":null,\"path\":\"");
	}
	if (!(line->has & TIMELINE_MOMENT) || line->has & TIMELINE_TIME)
		at = PEN_TEXT(at, "\",\"path\":\"");
	output_pen_end(out, at);
	add_path(out, line);
	if (line->name_type) {
		at = PEN_TEXT(output_pen(out, PIECE_ROOM), "\",\"name_type\":\"");
		output_pen_end(out, pen_string(at, line->name_type));
	}
	if (line->short_name.len) {
		TEXT(out, "\",\"short_name\":\"");
		output_json(out, line->short_name);
	}
}

static char *pen_references(char *at, const struct timeline_line *line)
{
	*at++ = '"';
	if (line->has & TIMELINE_FILE) {
		at = PEN_NUMBER_OF(at, "record", line->file.record);
		if (!(line->has & TIMELINE_NO_SEQUENCE))
			at = PEN_NUMBER_OF(at, "sequence", line->file.sequence);
	}
	if (line->has & TIMELINE_PARENT) {
		at = PEN_NUMBER_OF(at, "parent", line->parent.record);
		if (!(line->has & TIMELINE_PLAIN))
			at = PEN_NUMBER_OF(at, "parent_sequence", line->parent.sequence);
	}
	if (line->has & TIMELINE_DELETED)
		at = TRUTH(at, "deleted", line->is_deleted);
	if (line->has & TIMELINE_ORPHAN)
		at = TRUTH(at, "orphan", line->is_orphan);
	if (line->has & TIMELINE_DIRECTORY)
		at = TRUTH(at, "directory", line->is_directory);
	return at;
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

static char *pen_time_of(char *at, const struct output_time_text *time)
{
	memcpy(at, time->text, OUTPUT_TIME_ROOM);
	return at + time->len;
}

static char *pen_times(struct output *out, char *at, const struct timeline_line *line)
{
	if (!(line->has & TIMELINE_TIMES))
		return PEN_TEXT(at, ",\"created\":null,\"modified\":null,\"changed\":null,"
				    "\"accessed\":null");
	const struct ntfs_times *times = line->times;
	const struct output_time_text *text = output_time_text(out, times->created);

	at = pen_time_of(PEN_TEXT(at, ",\"created\":\""), text);
	/* Mostly they are the same, in a $FILE_NAME. */
	if (times->modified != times->created)
		text = output_time_text(out, times->modified);
	at = pen_time_of(PEN_TEXT(at, "\",\"modified\":\""), text);
	if (times->changed != times->modified)
		text = output_time_text(out, times->changed);
	at = pen_time_of(PEN_TEXT(at, "\",\"changed\":\""), text);
	if (times->accessed != times->changed)
		text = output_time_text(out, times->accessed);
	at = pen_time_of(PEN_TEXT(at, "\",\"accessed\":\""), text);
	*at++ = '"';
	return at;
}

static char *pen_sizes(char *at, const struct timeline_line *line)
{
	if (line->has & TIMELINE_SIZE)
		at = PEN_NUMBER_OF(at, "size", line->size);
	if (line->has & TIMELINE_ALLOCATED)
		at = PEN_NUMBER_OF(at, "allocated", line->allocated);
	if (line->has & TIMELINE_LINKS)
		at = PEN_NUMBER_OF(at, "links", line->links);
	return at;
}

static char *pen_ids(char *at, const struct timeline_line *line)
{
	if (line->has & TIMELINE_OWNER)
		at = PEN_NUMBER_OF(at, "owner_id", line->owner_id);
	if (line->has & TIMELINE_SECURITY)
		at = PEN_NUMBER_OF(at, "security_id", line->security_id);
	if (line->has & TIMELINE_USN)
		at = PEN_NUMBER_OF(at, "usn", line->usn);
	if (line->has & TIMELINE_LSN)
		at = PEN_NUMBER_OF(at, "lsn", line->lsn);
	return at;
}

static void add_facts(struct output *out, const struct timeline_line *line)
{
	char *at = output_pen(out, PIECE_ROOM);

	at = pen_references(at, line);
	if (line->clock && line->has & TIMELINE_TIMES) {
		output_pen_end(out, at);
		add_stamps(out, line);
		at = output_pen(out, PIECE_ROOM);
	} else if (line->set) {
		at = pen_times(out, at, line);
	}
	output_pen_end(out, pen_sizes(at, line));
	if (line->has & TIMELINE_ATTRIBUTES) {
		KEY(out, "attributes");
		add_words(out, line->attributes, ntfs_attribute_word);
	}
	output_pen_end(out, pen_ids(output_pen(out, PIECE_ROOM), line));
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
	add_facts(out, line);
	if (line->has & TIMELINE_CHANGE)
		add_change(out, line);
	add_rarities(out, line);
	TEXT(out, "}\n");
}

const struct timeline_format timeline_format_jsonl = {.name = "jsonl", .line = write_line};
