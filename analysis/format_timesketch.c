/* One event a line, as Timesketch imports JSON Lines: message, datetime, timestamp_desc. The time stands
 * first, so `sort` puts a whole timeline in order. Each different time of a name is one event. */
#include "analysis/timeline_format.h"

#define KINDS 2 /* of timestamps: $STANDARD_INFORMATION, $FILE_NAME */
#define EACH  4 /* in the order of the letters: modified, accessed, changed, born */

struct stamps {
	uint64_t at[KINDS][EACH]; /* 0: none */
};

static void collect(uint64_t to[EACH], const struct ntfs_times *times)
{
	to[0] = times->modified;
	to[1] = times->accessed;
	to[2] = times->changed;
	to[3] = times->created;
}

static void add_head(struct output *out, uint64_t time, const char *type)
{
	output_string(out, "{\"datetime\":\"");
	output_time(out, time);
	output_string(out, "\",\"data_type\":\"");
	output_string(out, type);
	output_string(out, "\",\"timestamp_desc\":\"");
}

/* "$SI M.C. $FN MACB": which stamps have this time. */
static void add_letters(struct output *out, const struct stamps *stamps, uint64_t time)
{
	static const char *const names[KINDS] = {"$SI ", "$FN "};
	bool any = false;

	for (size_t kind = 0; kind < KINDS; kind++) {
		char letters[EACH + 1] = "....";
		bool has = false;

		for (size_t i = 0; i < EACH; i++) {
			if (stamps->at[kind][i] != time)
				continue;
			letters[i] = "MACB"[i];
			has = true;
		}
		if (!has)
			continue;
		if (any)
			output_char(out, ' ');
		output_string(out, names[kind]);
		output_bytes(out, letters, EACH);
		any = true;
	}
}

static void add_reference(struct output *out, struct ntfs_reference file)
{
	output_string(out, ",\"record\":");
	output_number(out, file.record);
	output_string(out, ",\"sequence\":");
	output_number(out, file.sequence);
}

static void add_path(struct output *out, struct bytes path)
{
	output_string(out, "\",\"path\":\"");
	output_json(out, path);
	output_char(out, '"');
}

static void write_event(struct output *out, const struct timeline_file *file,
    const struct stamps *stamps, uint64_t time)
{
	const struct ntfs_entry *entry = file->entry;
	const struct ntfs_stream *data = timeline_data(entry);

	add_head(out, time, "fs:ntfs:mft");
	add_letters(out, stamps, time);
	output_string(out, "\",\"message\":\"");
	output_json(out, file->path);
	if (!entry->in_use)
		output_string(out, " (deleted)");
	add_path(out, file->path);
	add_reference(out, (struct ntfs_reference){entry->record, entry->sequence});
	output_string(out, entry->in_use ? ",\"deleted\":false" : ",\"deleted\":true");
	if (data) {
		output_string(out, ",\"size\":");
		output_number(out, data->size);
	}
	output_string(out, "}\n");
}

static bool is_told(const uint64_t *times, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (times[i] == times[at])
			return true;
	return false;
}

static void write_file(struct output *out, const struct timeline_file *file)
{
	struct stamps stamps = {0};
	const uint64_t *times = &stamps.at[0][0];

	if (file->entry->has_standard)
		collect(stamps.at[0], &file->entry->times);
	if (file->name)
		collect(stamps.at[1], &file->name->times);
	for (size_t i = 0; i < KINDS * EACH; i++)
		if (times[i] && !is_told(times, i))
			write_event(out, file, &stamps, times[i]);
}

static void write_change(struct output *out, const struct timeline_change *change)
{
	const struct usn_record *record = change->record;

	if (!record->has_time)
		return;
	add_head(out, record->time, "fs:ntfs:usn_change");
	output_string(out, "USN");
	output_string(out, "\",\"message\":\"");
	output_json(out, change->path);
	timeline_words(out, record->reason, usn_reason_word, " ", " ", "");
	add_path(out, change->path);
	add_reference(out, record->file);
	output_string(out, ",\"usn\":");
	output_number(out, record->usn);
	output_string(out, "}\n");
}

const struct timeline_format timeline_format_timesketch = {
    .name = "timesketch",
    .file = write_file,
    .change = write_change,
};
