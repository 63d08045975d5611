/* The JSON writer. See json.h. */
#include "core/json.h"

#include "core/time.h"

static void before_value(struct json *json)
{
	if (json->comma)
		text_addc(json->to, ',');
	json->comma = true;
}

void json_begin(struct json *json)
{
	before_value(json);
	text_addc(json->to, '{');
	json->comma = false;
}

void json_end(struct json *json)
{
	text_addc(json->to, '}');
	json->comma = true;
}

void json_begin_array(struct json *json)
{
	before_value(json);
	text_addc(json->to, '[');
	json->comma = false;
}

void json_end_array(struct json *json)
{
	text_addc(json->to, ']');
	json->comma = true;
}

static void add_escaped(struct text *to, uint32_t code, struct bytes raw)
{
	if (code == '"' || code == '\\')
		text_addf(to, "\\%c", (char)code);
	else if (code == '\n')
		text_adds(to, "\\n");
	else if (code == '\t')
		text_adds(to, "\\t");
	else if (code == TEXT_INVALID)
		text_adds(to, "\xef\xbf\xbd");
	else if (code >= 0xd800 && code < 0xe000)
		text_addf(to, "<U+%04X>", code);
	else if (text_is_control(code))
		text_addf(to, "\\u%04x", code);
	else
		text_add(to, raw);
}

/* The longest run from pos that needs no escape: printable ASCII. */
static size_t plain_run(struct bytes utf8, size_t pos)
{
	size_t end = pos;

	while (end < utf8.len && utf8.at[end] >= 0x20 && utf8.at[end] < 0x7f &&
	       utf8.at[end] != '"' && utf8.at[end] != '\\')
		end++;
	return end - pos;
}

static void add_string(struct text *to, struct bytes utf8)
{
	size_t pos = 0;

	text_addc(to, '"');
	while (pos < utf8.len) {
		size_t run = plain_run(utf8, pos);
		size_t start = pos;

		if (run) {
			text_add(to, (struct bytes){.at = utf8.at + pos, .len = run});
			pos += run;
			continue;
		}
		uint32_t code = text_decode(utf8, &pos);

		add_escaped(to, code, (struct bytes){.at = utf8.at + start, .len = pos - start});
	}
	text_addc(to, '"');
}

void json_key(struct json *json, const char *key)
{
	before_value(json);
	add_string(json->to, bytes_of(key));
	text_addc(json->to, ':');
	json->comma = false;
}

void json_string(struct json *json, struct bytes utf8)
{
	before_value(json);
	add_string(json->to, utf8);
}

void json_copy(struct json *json, struct bytes value)
{
	struct text *to = json->to;
	size_t pos = 0;

	before_value(json);
	while (pos < value.len) {
		size_t start = pos;
		uint32_t code = text_decode(value, &pos);

		if (code == TEXT_INVALID || (code >= 0xd800 && code < 0xe000))
			text_adds(to, "\\ufffd");
		else if (code == '\n' || code == '\r' || code == '\t')
			text_addc(to, ' '); /* between values: strings have none */
		else if (text_is_control(code))
			text_addf(to, "\\u%04x", code);
		else
			text_add(to, (struct bytes){.at = value.at + start, .len = pos - start});
	}
	json->comma = true;
}

void json_integer(struct json *json, int64_t value)
{
	before_value(json);
	text_addf(json->to, "%lld", (long long)value);
}

void json_unsigned(struct json *json, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	before_value(json);
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	text_add(json->to,
	    (struct bytes){.at = (const uint8_t *)digits + at, .len = sizeof(digits) - at});
}

void json_bool(struct json *json, bool value)
{
	before_value(json);
	text_adds(json->to, value ? "true" : "false");
}

void json_null(struct json *json)
{
	before_value(json);
	text_adds(json->to, "null");
}

void json_time(struct json *json, uint64_t ticks)
{
	char iso[TIME_ISO_ROOM];

	time_iso(ticks, iso);
	before_value(json);
	text_addc(json->to, '"');
	text_adds(json->to, iso);
	text_addc(json->to, '"');
}

void json_hex(struct json *json, struct bytes bytes)
{
	before_value(json);
	text_addc(json->to, '"');
	text_add_hex(json->to, bytes);
	text_addc(json->to, '"');
}

void json_string_field(struct json *json, const char *key, const char *utf8)
{
	json_key(json, key);
	if (utf8)
		json_string(json, bytes_of(utf8));
	else
		json_null(json);
}

void json_bytes_field(struct json *json, const char *key, struct bytes utf8)
{
	json_key(json, key);
	json_string(json, utf8);
}

void json_utf16_field(struct json *json, const char *key, struct bytes utf16)
{
	CLEANUP(text_free) struct text utf8 = {0};

	text_add_utf16(&utf8, utf16);
	json_bytes_field(json, key, text_bytes(&utf8));
}

void json_unsigned_field(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	json_unsigned(json, value);
}

void json_bool_field(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	json_bool(json, value);
}

void json_time_field(struct json *json, const char *key, uint64_t ticks)
{
	json_key(json, key);
	json_time(json, ticks);
}

void json_hex_field(struct json *json, const char *key, struct bytes bytes)
{
	json_key(json, key);
	json_hex(json, bytes);
}
