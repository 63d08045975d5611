/* The buffer and the hand-written conversions. See output.h. */
#include "analysis/output.h"

#include <stdlib.h>

#define BUFFER_LEN ((size_t)256 << 10)

bool output_start(struct output *out, struct sink *to, struct err *err)
{
	char *buffer = malloc(BUFFER_LEN);

	if (!buffer)
		return fail(err, ERR_MEMORY, "no memory for output");
	*out = (struct output){.to = to, .at = buffer, .room = BUFFER_LEN};
	return true;
}

void output_free(struct output *out)
{
	free(out->at);
	text_free(&out->scratch);
	*out = (struct output){0};
}

bool output_flush(struct output *out, struct err *err)
{
	struct bytes data = {.at = (const uint8_t *)out->at, .len = out->len};

	out->len = 0;
	out->again = (struct bytes){0};
	if (out->why.kind == ERR_NONE && data.len && !out->to->write(out->to, data, &out->why) &&
	    out->why.kind == ERR_NONE)
		fail(&out->why, ERR_IO, "output failed");
	if (out->why.kind == ERR_NONE)
		return true;
	if (err)
		*err = out->why;
	return false;
}

bool output_make_room(struct output *out, size_t len)
{
	return output_flush(out, NULL) && len <= out->room;
}

void output_number(struct output *out, uint64_t value)
{
	output_pen_end(out, pen_number(output_pen(out, PEN_NUMBER), value));
}

void output_hex(struct output *out, uint64_t value, unsigned digits)
{
	static const char hex[] = "0123456789abcdef";
	char text[16];
	size_t at = sizeof(text);

	do
		text[--at] = hex[value & 15];
	while ((value >>= 4) != 0);
	while (sizeof(text) - at < digits && at > 0)
		text[--at] = '0';
	output_bytes(out, "0x", 2);
	output_bytes(out, text + at, sizeof(text) - at);
}

void output_new_time(struct output *out, struct output_time_text *known, uint64_t ticks)
{
	known->len = (uint32_t)time_iso_with(&out->days, ticks, known->text);
	known->ticks = ticks;
}

void output_new_seconds(struct output_time_text *known, uint64_t seconds)
{
	known->len = (uint32_t)(pen_number(known->text, seconds) - known->text);
	known->ticks = seconds;
}

void output_time(struct output *out, uint64_t ticks)
{
	output_pen_end(out, output_pen_time(out, output_pen(out, OUTPUT_TIME_ROOM), ticks));
}

#define PLAIN_AT_ONCE 4096u

/* The plain bytes from pos on; returns how many. */
static size_t add_plain(struct output *out, struct bytes utf8, size_t pos)
{
	size_t left = utf8.len - pos;
	struct bytes rest = {utf8.at + pos, left < PLAIN_AT_ONCE ? left : PLAIN_AT_ONCE};
	size_t len;

	output_pen_end(out, pen_plain(output_pen(out, rest.len + 16), rest, &len));
	return len;
}

static void add_escape(struct output *out, uint32_t code, const char *before, const char *after)
{
	static const char hex[] = "0123456789ABCDEF";
	char digits[4] = {
	    hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15], hex[code & 15]};

	output_string(out, before);
	output_bytes(out, digits, sizeof(digits));
	output_string(out, after);
}

static bool is_surrogate(uint32_t code)
{
	return code >= 0xd800 && code < 0xe000;
}

static bool is_hidden(uint32_t code)
{
	return text_is_control(code) || is_surrogate(code);
}

/* Whether the '<' of a literal "<U+" stands here, which would read as an escape. */
static bool starts_escape(struct bytes utf8, size_t pos)
{
	return utf8.len - pos >= 3 && memcmp(utf8.at + pos, "<U+", 3) == 0;
}

static void add_json_code(struct output *out, uint32_t code, struct bytes raw)
{
	if (code == '"' || code == '\\')
		output_char(out, '\\');
	if (code == '\n')
		output_bytes(out, "\\n", 2);
	else if (code == '\t')
		output_bytes(out, "\\t", 2);
	else if (code == TEXT_INVALID)
		output_bytes(out, "\xef\xbf\xbd", 3);
	else if (is_surrogate(code))
		add_escape(out, code, "<U+", ">");
	else if (is_hidden(code))
		add_escape(out, code, "\\u", "");
	else
		output_bytes(out, raw.at, raw.len);
}

void output_json(struct output *out, struct bytes utf8)
{
	size_t pos = 0;

	while (pos < utf8.len) {
		size_t start = pos += add_plain(out, utf8, pos);

		if (pos == utf8.len)
			break;
		if (starts_escape(utf8, pos)) {
			add_escape(out, '<', "<U+", ">");
			pos++;
			continue;
		}
		uint32_t code = text_decode(utf8, &pos);

		add_json_code(out, code, (struct bytes){.at = utf8.at + start, .len = pos - start});
	}
}

void output_visible(struct output *out, struct bytes utf8, const char *also)
{
	size_t pos = 0;

	while (pos < utf8.len) {
		size_t start = pos += add_plain(out, utf8, pos);

		if (pos == utf8.len)
			break;
		bool is_escape = starts_escape(utf8, pos);
		uint32_t code = text_decode(utf8, &pos);

		if (code == TEXT_INVALID)
			output_bytes(out, "\xef\xbf\xbd", 3);
		else if (is_escape || is_hidden(code) || code == '\\' ||
			 (code < 0x80 && strchr(also, (int)code)))
			add_escape(out, code, "<U+", ">");
		else
			output_bytes(out, utf8.at + start, pos - start);
	}
}
