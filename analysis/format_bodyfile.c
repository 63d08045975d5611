/* The body file of The Sleuth Kit 3 and later, for mactime and plaso:
 * MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime, times in whole seconds since 1970, as
 * `fls -m /` writes it (docs/timeline.md). */
#include "analysis/timeline_format.h"

#define FILE_NAME_FIXED 66u /* bytes of a $FILE_NAME before its name */

#define TAIL_ROOM ((size_t)512) /* of numbers and words behind a name */

static void add_times(struct output *out, char *at, const struct ntfs_times *times)
{
	const uint64_t in_order[] = {
	    times->accessed, times->modified, times->changed, times->created};
	const struct output_time_text *text = NULL;

	for (size_t i = 0; i < ARRAY_LEN(in_order); i++) {
		if (!text || in_order[i] != in_order[i - 1])
			text = output_seconds_text(out, in_order[i]);
		*at++ = '|';
		memcpy(at, text->text, OUTPUT_SECONDS_ROOM);
		at += text->len;
	}
	*at++ = '\n';
	output_pen_end(out, at);
}

static char *pen_mode(char *at, const struct timeline_line *line)
{
	uint32_t attributes = line->entry ? line->entry->attributes : line->attributes;
	char type = line->is_directory ? 'd' : 'r';
	bool is_fixed = (attributes & 0x7) != 0;

	*at++ = '|';
	*at++ = line->is_deleted && !(line->has & TIMELINE_PLAIN) ? '-' : type;
	*at++ = '/';
	*at++ = type;
	return is_fixed ? PEN_TEXT(at, "r-xr-xr-x|0|0|") : PEN_TEXT(at, "rwxrwxrwx|0|0|");
}

/* fls has its own words for what has no directory. */
static void add_path(struct output *out, const struct timeline_line *line)
{
	static const struct {
		const char *ours, *theirs;
	} words[] = {{TIMELINE_ORPHAN_PATH, "$OrphanFiles/"},
	    {TIMELINE_UNNAMED_PATH, "$OrphanFiles/OrphanFile-"}};
	struct bytes path = line->path;
	struct bytes rest = {path.at + line->prefix_len, path.len - line->prefix_len};

	output_string(out, "0|/");
	output_visible(out, (struct bytes){path.at, line->prefix_len}, "|");
	for (size_t i = 0; rest.len && *rest.at == '$' && i < ARRAY_LEN(words); i++) {
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

/* The path of the name at work, escaped once for all its lines. */
static void add_path_again(struct output *out, const struct timeline_line *line)
{
	if (output_again(out))
		return;
	output_mark(out);
	add_path(out, line);
	output_mark_end(out);
}

/* A line of what has the times of $STANDARD_INFORMATION: stream is NULL for a file without any. */
static void write_stream(
    struct output *out, const struct timeline_line *line, const struct ntfs_stream *stream)
{
	const struct ntfs_entry *entry = line->entry;
	char *at;

	add_path_again(out, line);
	if (stream && has_own_name(stream)) {
		output_char(out, ':');
		timeline_visible_name(out, stream->utf16, "|");
	}
	at = output_pen(out, TAIL_ROOM);
	at = entry->in_use ? PEN_TEXT(at, "|") : PEN_TEXT(at, " (deleted)|");
	at = pen_number(at, entry->record);
	if (stream) {
		*at++ = '-';
		at = pen_number(at, stream->type);
		*at++ = '-';
		at = pen_number(at, stream->id);
	}
	at = pen_number(pen_mode(at, line), stream ? stream->size : 0);
	add_times(out, at, &entry->times);
}

static void write_standard(struct output *out, const struct timeline_line *line)
{
	const struct ntfs_entry *entry = line->entry;
	bool any = false;

	for (size_t i = 0; i < entry->stream_count; i++) {
		uint32_t type = entry->streams[i].type;

		if ((type != NTFS_DATA && type != NTFS_INDEX_ROOT) ||
		    (!line->repeats_streams && has_own_name(&entry->streams[i])))
			continue;
		write_stream(out, line, &entry->streams[i]);
		any = true;
	}
	if (!any)
		write_stream(out, line, NULL);
}

/* A name of a record: the rows that fls has, then those of $FILE_NAME. */
static void write_file(struct output *out, const struct timeline_line *line)
{
	const struct ntfs_entry *entry = line->entry;

	out->again.len = 0;
	if (entry->has_standard)
		write_standard(out, line);
	if (!line->name)
		return;
	add_path_again(out, line);
	char *at = output_pen(out, TAIL_ROOM);

	at = PEN_TEXT(at, " ($FILE_NAME)");
	at = entry->in_use ? PEN_TEXT(at, "|") : PEN_TEXT(at, " (deleted)|");
	at = pen_number(at, entry->record);
	at = pen_number(PEN_TEXT(at, "-48-"), line->name->id);
	at = pen_mode(at, line);
	at = pen_number(at, FILE_NAME_FIXED + line->name->utf16.len);
	add_times(out, at, &line->name->times);
}

static void add_label(struct output *out, const struct timeline_line *line)
{
	if (!line->label && !(line->has & TIMELINE_CHANGE))
		return;
	output_string(out, " (");
	if (line->label)
		output_visible(out, bytes_of(line->label), "|");
	timeline_words(out, line->reasons, usn_reason_word, " ", " ", "");
	output_char(out, ')');
}

/* What fls does not know. */
static void write_other(struct output *out, const struct timeline_line *line)
{
	struct ntfs_times same = {line->time, line->time, line->time, line->time};

	add_path(out, line);
	add_label(out, line);
	char *at = output_pen(out, TAIL_ROOM);

	at = line->is_deleted ? PEN_TEXT(at, " (deleted)|") : PEN_TEXT(at, "|");
	if (line->has & TIMELINE_FILE) {
		at = pen_number(at, line->file.record);
		if (!(line->has & TIMELINE_NO_SEQUENCE)) {
			*at++ = '-';
			at = pen_number(at, line->file.sequence);
		}
	} else {
		*at++ = '0';
	}
	if (line->has & (TIMELINE_DIRECTORY | TIMELINE_DELETED))
		at = pen_mode(at, line);
	else
		at = PEN_TEXT(at, "|0|0|0|");
	at = pen_number(at, line->has & TIMELINE_SIZE ? line->size : 0);
	add_times(out, at, line->has & TIMELINE_TIMES ? line->times : &same);
}

static void write_line(struct output *out, const struct timeline_line *line)
{
	/* The record's own line says nothing that those of its names do not repeat. */
	if (line->entry) {
		if (line->name || line->entry->name_count == 0)
			write_file(out, line);
		return;
	}
	if (line->has & (TIMELINE_TIMES | TIMELINE_TIME))
		write_other(out, line);
}

const struct timeline_format timeline_format_bodyfile = {
    .name = "bodyfile", .line = write_line, .by_names = true};
