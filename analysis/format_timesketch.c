/* One event a line, as Timesketch imports JSON Lines: message, datetime, timestamp_desc. The time stands
 * first, so `sort` puts a whole timeline in order. Each different time of a set is one event. */
#include "analysis/timeline_format.h"

#define EACH 4 /* times of a set, in the order of the letters: modified, accessed, changed, born */

/* Plaso's names for what it knows, too. */
static void add_type(struct output *out, const struct timeline_line *line)
{
	static const struct {
		const char *kind, *type;
	} known[] = {{"file", "fs:ntfs:mft"}, {"usn", "fs:ntfs:usn_change"}};

	const char *kind = line->has & TIMELINE_PLAIN ? line->set : line->kind;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(kind, known[i].kind) == 0) {
			output_string(out, known[i].type);
			return;
		}
	output_string(out, "kanshiki:");
	output_string(out, kind);
}

static void add_head(
    struct output *out, const struct timeline_line *line, enum timeline_stamp which, uint64_t time)
{
	output_string(out, "{\"datetime\":\"");
	timeline_stamp(out, line, which, time);
	output_string(out, "\",\"data_type\":\"");
	add_type(out, line);
	output_string(out, "\",\"timestamp_desc\":\"");
}

static void add_upper(struct output *out, const char *word)
{
	for (; *word; word++)
		output_char(out, (char)(*word >= 'a' && *word <= 'z' ? *word - 'a' + 'A' : *word));
}

/* "$SI M.C.": which times of the set are this moment. */
static void add_letters(
    struct output *out, const char *set, const uint64_t times[EACH], uint64_t time)
{
	char letters[EACH];

	for (size_t i = 0; i < EACH; i++)
		letters[i] = times[i] == time ? "MACB"[i] : '.';
	output_char(out, '$');
	add_upper(out, set);
	output_char(out, ' ');
	output_bytes(out, letters, EACH);
}

static void add_number(struct output *out, const char *key, uint64_t value)
{
	output_string(out, key);
	output_number(out, value);
}

static void add_rest(struct output *out, const struct timeline_line *line)
{
	output_string(out, "\",\"message\":\"");
	output_json(out, line->path);
	if (line->is_deleted)
		output_string(out, " (deleted)");
	if (line->label) {
		output_string(out, " (");
		output_json(out, bytes_of(line->label));
		output_char(out, ')');
	}
	timeline_words(out, line->reasons, usn_reason_word, " ", " ", "");
	output_string(out, "\",\"path\":\"");
	output_json(out, line->path);
	output_char(out, '"');
	if (line->has & TIMELINE_FILE) {
		add_number(out, ",\"record\":", line->file.record);
		if (!(line->has & TIMELINE_NO_SEQUENCE))
			add_number(out, ",\"sequence\":", line->file.sequence);
	}
	if (line->has & TIMELINE_DELETED)
		output_string(out, line->is_deleted ? ",\"deleted\":true" : ",\"deleted\":false");
	if (line->has & TIMELINE_SIZE)
		add_number(out, ",\"size\":", line->size);
	if (line->has & TIMELINE_CHANGE)
		add_number(out, ",\"usn\":", line->usn);
	timeline_words(out, line->hints, hints_word, ",\"hints\":[\"", "\",\"", "\"]");
	output_string(out, "}\n");
}

static void write_set(struct output *out, const struct timeline_line *line)
{
	static const enum timeline_stamp stamps[EACH] = {
	    STAMP_MODIFIED, STAMP_ACCESSED, STAMP_CHANGED, STAMP_CREATED};
	const struct ntfs_times *from = line->times;
	const uint64_t times[EACH] = {from->modified, from->accessed, from->changed, from->created};

	for (size_t i = 0; i < EACH; i++) {
		bool is_told = times[i] == 0 || timeline_is_absent(line, stamps[i]);

		for (size_t k = 0; k < i && !is_told; k++)
			is_told = times[k] == times[i];
		if (is_told)
			continue;
		add_head(out, line, stamps[i], times[i]);
		add_letters(out, line->set ? line->set : "", times, times[i]);
		if (timeline_is_local(line, stamps[i]))
			output_string(out, " local time, zone unknown");
		add_rest(out, line);
	}
}

/* A day alone gets a time of day, which Timesketch wants: timestamp_desc says so. */
static void write_days(struct output *out, const struct timeline_line *line)
{
	struct timeline_clock clock = *line->clock;
	struct timeline_line full = *line;

	clock.date = 0;
	full.clock = &clock;
	write_set(out, &full);
}

static void write_line(struct output *out, const struct timeline_line *line)
{
	if (line->has & TIMELINE_TIMES)
		(line->clock ? write_days : write_set)(out, line);
	if (!(line->has & TIMELINE_TIME))
		return;
	add_head(out, line, 0, line->time);
	add_upper(out, line->kind);
	add_rest(out, line);
}

const struct timeline_format timeline_format_timesketch = {
    .name = "timesketch", .line = write_line};
