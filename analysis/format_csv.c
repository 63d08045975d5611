/* CSV (RFC 4180: CRLF, quotes where needed). Data is never changed to please a spreadsheet: see
 * docs/timeline.md about cells that begin with '='. Columns: docs/timeline.md. */
#include "analysis/timeline_format.h"

static void begin(struct output *out)
{
	output_string(out,
	    "kind,set,time,path,name_type,short_name,record,sequence,parent,parent_sequence,"
	    "deleted,orphan,directory,created,modified,changed,accessed,size,allocated,links,"
	    "attributes,owner_id,security_id,usn,lsn,reasons,source_info,version,streams,"
	    "reparse_tag,base,base_sequence,hints,details,damage\r\n");
}

/* A quoted field, its own quotes doubled. */
static void add_text(struct output *out, struct bytes utf8)
{
	size_t from = 0;

	output_char(out, '"');
	for (size_t at = 0; at < utf8.len; at++) {
		if (utf8.at[at] != '"')
			continue;
		output_visible(out, (struct bytes){utf8.at + from, at - from}, "");
		output_bytes(out, "\"\"", 2);
		from = at + 1;
	}
	output_visible(out, (struct bytes){utf8.at + from, utf8.len - from}, "");
	output_char(out, '"');
}

static void add_bool(struct output *out, bool has, bool value)
{
	if (has)
		output_string(out, value ? "true" : "false");
	output_char(out, ',');
}

static void add_number(struct output *out, bool has, uint64_t value)
{
	if (has)
		output_number(out, value);
	output_char(out, ',');
}

static void add_time(struct output *out, bool has, uint64_t ticks)
{
	if (has)
		output_time(out, ticks);
	output_char(out, ',');
}

static void add_stamp(
    struct output *out, const struct timeline_line *line, enum timeline_stamp which, uint64_t ticks)
{
	timeline_stamp(out, line, which, ticks);
	output_char(out, ',');
}

static void add_words(
    struct output *out, bool has, uint32_t bits, const char *(*word)(unsigned bit))
{
	if (has)
		timeline_words(out, bits, word, "", "|", "");
	output_char(out, ',');
}

static void add_reference(
    struct output *out, bool has, bool is_plain, struct ntfs_reference reference)
{
	add_number(out, has, reference.record);
	add_number(out, has && !is_plain, reference.sequence);
}

static void add_name(struct output *out, const struct timeline_line *line)
{
	output_string(out, line->kind);
	output_char(out, ',');
	if (line->set)
		output_string(out, line->set);
	output_char(out, ',');
	add_time(out, line->has & TIMELINE_TIME, line->time);
	add_text(out, line->path);
	output_char(out, ',');
	if (line->name_type)
		output_string(out, line->name_type);
	output_char(out, ',');
	if (line->short_name.len)
		add_text(out, line->short_name);
	output_char(out, ',');
}

static void add_times(struct output *out, const struct timeline_line *line)
{
	if (!(line->has & TIMELINE_TIMES)) {
		output_string(out, ",,,,");
		return;
	}
	add_stamp(out, line, STAMP_CREATED, line->times->created);
	add_stamp(out, line, STAMP_MODIFIED, line->times->modified);
	add_stamp(out, line, STAMP_CHANGED, line->times->changed);
	add_stamp(out, line, STAMP_ACCESSED, line->times->accessed);
}

static void add_stream(struct output *out, const struct ntfs_stream *stream)
{
	timeline_visible_name(out, stream->utf16, "|\"");
	output_char(out, ':');
	output_number(out, stream->size);
}

static void add_ranges(struct output *out, struct bytes pairs)
{
	for (size_t at = 0; at + 16 <= pairs.len; at += 16) {
		if (at)
			output_char(out, ' ');
		output_number(out, le64(pairs.at + at));
		output_char(out, '+');
		output_number(out, le64(pairs.at + at + 8));
	}
}

static void add_field(struct output *out, const struct timeline_field *field)
{
	output_string(out, field->key);
	output_char(out, '=');
	switch (field->type) {
	case FIELD_NUMBER:
		output_number(out, field->number);
		break;
	case FIELD_BOOL:
		output_string(out, field->number ? "true" : "false");
		break;
	case FIELD_TIME:
		output_time(out, field->number);
		break;
	case FIELD_TEXT:
		output_visible(out, field->bytes, "|\"");
		break;
	case FIELD_RANGES:
		add_ranges(out, field->bytes);
		break;
	}
}

static void add_fields(struct output *out, const struct timeline_line *line)
{
	if (line->field_count) {
		output_char(out, '"');
		for (size_t i = 0; i < line->field_count; i++) {
			if (i)
				output_char(out, '|');
			add_field(out, &line->fields[i]);
		}
		output_char(out, '"');
	}
	output_char(out, ',');
}

static void add_rarities(struct output *out, const struct timeline_line *line)
{
	static const struct timeline_list streams = {"\"", "|", "\"", add_stream};

	timeline_streams(out, line, &streams);
	output_char(out, ',');
	if (line->reparse_tag)
		output_hex(out, line->reparse_tag, 8);
	output_char(out, ',');
	add_reference(out, line->has & TIMELINE_BASE, false, line->base);
	add_words(out, true, line->hints, hints_word);
	add_fields(out, line);
	if (line->damage)
		add_text(out, bytes_of(line->damage));
	output_string(out, "\r\n");
}

static void write_line(struct output *out, const struct timeline_line *line)
{
	uint32_t has = line->has;

	add_name(out, line);
	add_reference(out, has & TIMELINE_FILE, has & TIMELINE_NO_SEQUENCE, line->file);
	add_reference(out, has & TIMELINE_PARENT, has & TIMELINE_PLAIN, line->parent);
	add_bool(out, has & TIMELINE_DELETED, line->is_deleted);
	add_bool(out, has & TIMELINE_ORPHAN, line->is_orphan);
	add_bool(out, has & TIMELINE_DIRECTORY, line->is_directory);
	add_times(out, line);
	add_number(out, has & TIMELINE_SIZE, line->size);
	add_number(out, has & TIMELINE_ALLOCATED, line->allocated);
	add_number(out, has & TIMELINE_LINKS, line->links);
	add_words(out, has & TIMELINE_ATTRIBUTES, line->attributes, ntfs_attribute_word);
	add_number(out, has & TIMELINE_OWNER, line->owner_id);
	add_number(out, has & TIMELINE_SECURITY, line->security_id);
	add_number(out, has & TIMELINE_USN, line->usn);
	add_number(out, has & TIMELINE_LSN, line->lsn);
	add_words(out, has & TIMELINE_CHANGE, line->reasons, usn_reason_word);
	add_words(out, has & TIMELINE_CHANGE, line->source_info, usn_source_word);
	add_number(out, has & TIMELINE_CHANGE, line->version);
	add_rarities(out, line);
}

const struct timeline_format timeline_format_csv = {
    .name = "csv",
    .begin = begin,
    .line = write_line,
};
