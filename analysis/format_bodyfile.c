/* The body file of The Sleuth Kit 3 and later, for mactime and plaso:
 * MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime, times in whole seconds since 1970, as
 * `fls -m /` writes it (docs/timeline.md). */
#include "analysis/timeline_format.h"

#define FILE_NAME_FIXED 66u /* bytes of a $FILE_NAME before its name */

static void add_seconds(struct output *out, uint64_t ticks)
{
	output_char(out, '|');
	output_number(
	    out, ticks > TIME_UNIX_EPOCH ? (ticks - TIME_UNIX_EPOCH) / TIME_TICKS_PER_SECOND : 0);
}

static void add_times(struct output *out, const struct ntfs_times *times)
{
	add_seconds(out, times->accessed);
	add_seconds(out, times->modified);
	add_seconds(out, times->changed);
	add_seconds(out, times->created);
	output_char(out, '\n');
}

static void add_mode(struct output *out, const struct ntfs_entry *entry)
{
	const char *type = entry->is_directory ? "d" : "r";
	bool is_fixed = (entry->attributes & 0x7) != 0;

	output_char(out, '|');
	output_string(out, entry->in_use ? type : "-");
	output_char(out, '/');
	output_string(out, type);
	output_string(out, is_fixed ? "r-xr-xr-x" : "rwxrwxrwx");
	output_string(out, "|0|0|");
}

static void add_path(struct output *out, struct bytes path)
{
	output_string(out, "0|/");
	output_visible(out, path, "|");
}

/* A line of what has the times of $STANDARD_INFORMATION: stream is NULL for a file without any. */
static void write_stream(
    struct output *out, const struct timeline_file *file, const struct ntfs_stream *stream)
{
	const struct ntfs_entry *entry = file->entry;

	add_path(out, file->path);
	if (stream && timeline_is_named_stream(stream)) {
		output_char(out, ':');
		timeline_visible_name(out, stream->utf16, "|");
	}
	output_string(out, entry->in_use ? "|" : " (deleted)|");
	output_number(out, entry->record);
	if (stream) {
		output_char(out, '-');
		output_number(out, stream->type);
		output_char(out, '-');
		output_number(out, stream->id);
	}
	add_mode(out, entry);
	output_number(out, stream ? stream->size : 0);
	add_times(out, &entry->times);
}

/* Directories are listed by their index, as fls does. */
static bool is_listed(const struct ntfs_entry *entry, const struct ntfs_stream *stream)
{
	if (stream->type == NTFS_DATA)
		return true;
	return entry->is_directory && stream->type == NTFS_INDEX_ROOT;
}

static void write_standard(struct output *out, const struct timeline_file *file)
{
	const struct ntfs_entry *entry = file->entry;
	bool any = false;

	for (size_t i = 0; i < entry->stream_count; i++) {
		if (!is_listed(entry, &entry->streams[i]))
			continue;
		write_stream(out, file, &entry->streams[i]);
		any = true;
	}
	if (!any)
		write_stream(out, file, NULL);
}

static void write_file(struct output *out, const struct timeline_file *file)
{
	const struct ntfs_entry *entry = file->entry;

	if (entry->has_standard)
		write_standard(out, file);
	if (!file->name)
		return;
	add_path(out, file->path);
	output_string(out, entry->in_use ? " ($FILE_NAME)|" : " (deleted) ($FILE_NAME)|");
	output_number(out, entry->record);
	output_string(out, "-48");
	add_mode(out, entry);
	output_number(out, FILE_NAME_FIXED + file->name->utf16.len);
	add_times(out, &file->name->times);
}

static void write_change(struct output *out, const struct timeline_change *change)
{
	const struct usn_record *record = change->record;
	struct ntfs_times times = {record->time, record->time, record->time, record->time};

	if (!record->has_time)
		return;
	add_path(out, change->path);
	output_string(out, " (USN:");
	timeline_words(out, record->reason, usn_reason_word, " ", " ", "");
	output_string(out, ")|");
	output_number(out, record->file.record);
	output_char(out, '-');
	output_number(out, record->file.sequence);
	output_string(out, "|0|0|0|0");
	add_times(out, &times);
}

const struct timeline_format timeline_format_bodyfile = {
    .name = "bodyfile",
    .file = write_file,
    .change = write_change,
};
