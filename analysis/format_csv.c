/* CSV (RFC 4180: CRLF, quotes where needed). Data is never changed to please a spreadsheet: see
 * docs/timeline.md about cells that begin with '='. Columns: docs/timeline.md. */
#include "analysis/timeline_format.h"

static void begin(struct output *out)
{
	output_string(out,
	    "kind,time,path,name_type,short_name,record,sequence,parent,parent_sequence,deleted,"
	    "orphan,directory,size,allocated,links,si_created,si_modified,si_changed,si_accessed,"
	    "fn_created,fn_modified,fn_changed,fn_accessed,attributes,streams,reparse_tag,owner_id,"
	    "security_id,usn,lsn,reasons,source_info,version,damage\r\n");
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

static void add_bool(struct output *out, bool value)
{
	output_string(out, value ? "true," : "false,");
}

static void add_number(struct output *out, uint64_t value)
{
	output_number(out, value);
	output_char(out, ',');
}

static void add_times(struct output *out, const struct ntfs_times *times)
{
	if (!times) {
		output_string(out, ",,,,");
		return;
	}
	output_time(out, times->created);
	output_char(out, ',');
	output_time(out, times->modified);
	output_char(out, ',');
	output_time(out, times->changed);
	output_char(out, ',');
	output_time(out, times->accessed);
	output_char(out, ',');
}

static void add_words(struct output *out, uint32_t bits, const char *(*word)(unsigned bit))
{
	timeline_words(out, bits, word, "", "|", "");
	output_char(out, ',');
}

static void add_streams(struct output *out, const struct ntfs_entry *entry)
{
	bool any = false;

	for (size_t i = 0; i < entry->stream_count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];

		if (!timeline_is_named_stream(stream))
			continue;
		output_char(out, any ? '|' : '"');
		timeline_visible_name(out, stream->utf16, "|\"");
		output_char(out, ':');
		output_number(out, stream->size);
		any = true;
	}
	output_string(out, any ? "\"," : ",");
}

static void add_name(struct output *out, const struct timeline_file *file)
{
	const struct ntfs_entry *entry = file->entry;

	output_string(out, "file,,");
	add_text(out, file->path);
	output_char(out, ',');
	output_string(out, file->name ? timeline_name_space(file->name->name_space) : "");
	output_char(out, ',');
	if (file->short_name.len)
		add_text(out, file->short_name);
	output_char(out, ',');
	add_number(out, entry->record);
	add_number(out, entry->sequence);
	if (!file->name) {
		output_string(out, ",,");
		return;
	}
	add_number(out, file->name->parent.record);
	add_number(out, file->name->parent.sequence);
}

static void write_file(struct output *out, const struct timeline_file *file)
{
	const struct ntfs_entry *entry = file->entry;
	const struct ntfs_stream *data = timeline_data(entry);
	uint32_t tag = timeline_reparse_tag(entry);

	add_name(out, file);
	add_bool(out, !entry->in_use);
	add_bool(out, file->is_orphan);
	add_bool(out, entry->is_directory);
	if (data)
		output_number(out, data->size);
	output_char(out, ',');
	if (data && !data->resident)
		output_number(out, data->allocated);
	output_char(out, ',');
	add_number(out, entry->links);
	add_times(out, entry->has_standard ? &entry->times : NULL);
	add_times(out, file->name ? &file->name->times : NULL);
	add_words(out, entry->attributes, ntfs_attribute_word);
	if (file->tells_streams)
		add_streams(out, entry);
	else
		output_char(out, ',');
	if (tag)
		output_hex(out, tag, 8);
	output_char(out, ',');
	add_number(out, entry->owner_id);
	add_number(out, entry->security_id);
	add_number(out, entry->usn);
	add_number(out, entry->lsn);
	output_string(out, ",,,");
	if (entry->damage.kind != ERR_NONE)
		add_text(out, bytes_of(entry->damage.text));
	output_string(out, "\r\n");
}

static void write_change(struct output *out, const struct timeline_change *change)
{
	const struct usn_record *record = change->record;

	output_string(out, "usn,");
	if (record->has_time)
		output_time(out, record->time);
	output_char(out, ',');
	add_text(out, change->path);
	output_string(out, ",,,");
	add_number(out, record->file.record);
	add_number(out, record->file.sequence);
	add_number(out, record->parent.record);
	add_number(out, record->parent.sequence);
	output_char(out, ',');
	if (change->has_mft)
		add_bool(out, change->is_orphan);
	else
		output_char(out, ',');
	output_string(out, ",,,,,,,,,,,,");
	add_words(out, record->attributes, ntfs_attribute_word);
	output_string(out, ",,,");
	if (record->major == 4)
		output_char(out, ',');
	else
		add_number(out, record->security_id);
	add_number(out, record->usn);
	output_char(out, ',');
	add_words(out, record->reason, usn_reason_word);
	add_words(out, record->source_info, usn_source_word);
	add_number(out, record->major);
	output_string(out, "\r\n");
}

static void write_damage(struct output *out, const struct timeline_damage *damage)
{
	output_string(out, "damage,,\"");
	output_visible(out, bytes_of(damage->prefix), "");
	output_string(out, damage->file);
	output_string(out, "\",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,");
	output_string(out, "\"at ");
	output_number(out, damage->offset);
	output_string(out, ", ");
	output_number(out, damage->len);
	output_string(out, " bytes: ");
	output_visible(out, bytes_of(damage->why->text), "\"");
	output_string(out, "\"\r\n");
}

const struct timeline_format timeline_format_csv = {
    .name = "csv",
    .begin = begin,
    .file = write_file,
    .change = write_change,
    .damage = write_damage,
};
