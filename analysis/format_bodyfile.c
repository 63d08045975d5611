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

/* fls has its own words for what has no directory. */
static void add_path(struct output *out, struct bytes path, size_t prefix_len)
{
	static const struct {
		const char *ours, *theirs;
	} words[] = {
	    {TIMELINE_ORPHAN, "$OrphanFiles/"}, {TIMELINE_UNNAMED, "$OrphanFiles/OrphanFile-"}};
	struct bytes rest = {.at = path.at + prefix_len, .len = path.len - prefix_len};

	output_string(out, "0|/");
	output_visible(out, (struct bytes){.at = path.at, .len = prefix_len}, "|");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct bytes head = bytes_of(words[i].ours);
		struct bytes start;

		if (!bytes_slice(rest, 0, head.len, &start) || !bytes_equal(start, head))
			continue;
		output_string(out, words[i].theirs);
		rest = (struct bytes){.at = rest.at + head.len, .len = rest.len - head.len};
		break;
	}
	output_visible(out, rest, "|");
}

/* The unnamed stream and a directory's own index have the name of the file alone. */
static bool has_own_name(const struct ntfs_stream *stream)
{
	static const uint8_t i30[] = {'$', 0, 'I', 0, '3', 0, '0', 0};

	if (stream->type == NTFS_DATA)
		return stream->utf16.len > 0;
	return !bytes_equal(stream->utf16, (struct bytes){i30, sizeof(i30)});
}

/* A line of what has the times of $STANDARD_INFORMATION: stream is NULL for a file without any. */
static void write_stream(
    struct output *out, const struct timeline_file *file, const struct ntfs_stream *stream)
{
	const struct ntfs_entry *entry = file->entry;

	add_path(out, file->path, file->prefix_len);
	if (stream && has_own_name(stream)) {
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

static void write_standard(struct output *out, const struct timeline_file *file)
{
	const struct ntfs_entry *entry = file->entry;
	bool any = false;

	for (size_t i = 0; i < entry->stream_count; i++) {
		uint32_t type = entry->streams[i].type;

		if ((type != NTFS_DATA && type != NTFS_INDEX_ROOT) ||
		    (!file->tells_streams && has_own_name(&entry->streams[i])))
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
	add_path(out, file->path, file->prefix_len);
	output_string(out, entry->in_use ? " ($FILE_NAME)|" : " ($FILE_NAME) (deleted)|");
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
	add_path(out, change->path, change->prefix_len);
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
