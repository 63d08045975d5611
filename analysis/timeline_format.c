/* What the formats say alike. See timeline_format.h. */
#include "analysis/timeline_format.h"

static void add_words(struct output *out, uint32_t bits, const char *(*word)(unsigned bit),
    const char *before, const char *between, const char *after)
{
	bool any = false;

	for (; bits; bits &= bits - 1) {
		unsigned bit = (unsigned)__builtin_ctz(bits);
		const char *name = word(bit);

		output_string(out, any ? between : before);
		if (name)
			output_string(out, name);
		else
			output_hex(out, 1ull << bit, 8);
		any = true;
	}
	output_string(out, after);
}

void timeline_words(struct output *out, uint32_t bits, const char *(*word)(unsigned bit),
    const char *before, const char *between, const char *after)
{
	const void *of;
	struct output_words_text *known;

	if (!bits)
		return;
	memcpy(&of, &word, sizeof(of));
	known = &out->words[(bits ^ bits >> 8 ^ bits >> 16) % OUTPUT_WORDS];
	if (known->len && known->bits == bits && known->of == of && known->style == before) {
		char *at = output_pen(out, OUTPUT_WORDS_ROOM);

		memcpy(at, known->text, OUTPUT_WORDS_ROOM);
		output_pen_end(out, at + known->len);
		return;
	}
	output_pen_end(out, output_pen(out, OUTPUT_PEN_MAX)); /* so that it stays in one piece */
	size_t start = out->len;

	add_words(out, bits, word, before, between, after);
	if (out->len - start > OUTPUT_WORDS_ROOM)
		return;
	*known = (struct output_words_text){
	    .of = of, .style = before, .bits = bits, .len = (uint32_t)(out->len - start)};
	memcpy(known->text, out->at + start, known->len);
}

const char *timeline_name_space(uint8_t name_space)
{
	static const char *const words[] = {"posix", "win32", "dos", "win32+dos"};

	return name_space < ARRAY_LEN(words) ? words[name_space] : "unknown";
}

const struct ntfs_stream *timeline_data(const struct ntfs_entry *entry)
{
	for (size_t i = 0; i < entry->stream_count; i++)
		if (entry->streams[i].type == NTFS_DATA && entry->streams[i].utf16.len == 0)
			return &entry->streams[i];
	return NULL;
}

uint32_t timeline_reparse_tag(const struct ntfs_entry *entry)
{
	for (size_t i = 0; i < entry->stream_count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];

		if (stream->type == NTFS_REPARSE_POINT && stream->resident &&
		    stream->content.len >= 4)
			return le32(stream->content.at);
	}
	return 0;
}

#define DATE_LEN 10u /* "2021-03-04" */

bool timeline_stamp(
    struct output *out, const struct timeline_line *line, enum timeline_stamp which, uint64_t ticks)
{
	char iso[TIME_ISO_ROOM];

	if (timeline_is_absent(line, which))
		return false;
	if (!timeline_is_local(line, which)) {
		output_time(out, ticks);
		return true;
	}
	time_iso(ticks, iso);
	output_bytes(out, iso, line->clock->date & which ? DATE_LEN : strlen(iso) - 1);
	return true;
}

static bool is_named_stream(const struct ntfs_stream *stream)
{
	return stream->type == NTFS_DATA && stream->utf16.len > 0;
}

void timeline_streams(
    struct output *out, const struct timeline_line *line, const struct timeline_list *list)
{
	const struct ntfs_entry *entry = line->entry;
	bool any = false;

	for (size_t i = 0; line->lists_streams && i < entry->stream_count; i++) {
		if (!is_named_stream(&entry->streams[i]))
			continue;
		output_string(out, any ? list->between : list->open);
		list->each(out, &entry->streams[i]);
		any = true;
	}
	if (any)
		output_string(out, list->close);
}

static struct bytes to_utf8(struct output *out, struct bytes utf16)
{
	text_clear(&out->scratch);
	text_add_utf16(&out->scratch, utf16);
	return text_bytes(&out->scratch);
}

void timeline_json_name(struct output *out, struct bytes utf16)
{
	output_json(out, to_utf8(out, utf16));
}

void timeline_visible_name(struct output *out, struct bytes utf16, const char *also)
{
	output_visible(out, to_utf8(out, utf16), also);
}
