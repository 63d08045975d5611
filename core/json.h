/* Writes JSON (RFC 8259) into a text: one value, commas and escapes done. UTF-8; lone surrogates (as
 * WTF-8) become the text <U+XXXX>, because no strict reader (jq, yyjson) takes an escape of one; invalid bytes
 * U+FFFD. Reading JSON is yyjson's business. */
#ifndef KANSHIKI_CORE_JSON_H
#define KANSHIKI_CORE_JSON_H

#include "core/text.h"

/* Zero, then set `to`. Failures stay in to->failed. */
struct json {
	struct text *to;
	bool comma; /* the next value needs one in front */
};

void json_begin(struct json *json); /* { */
void json_end(struct json *json);
void json_begin_array(struct json *json);
void json_end_array(struct json *json);
void json_key(struct json *json, const char *key);

/* Values; inside an object call json_key first, or use the _field forms. */
void json_string(struct json *json, struct bytes utf8);
void json_integer(struct json *json, int64_t value);
void json_unsigned(struct json *json, uint64_t value);
void json_bool(struct json *json, bool value);
void json_null(struct json *json);
void json_time(struct json *json, uint64_t ticks); /* "2018-…Z" */
void json_hex(struct json *json, struct bytes bytes);
/* A value that is JSON already, on one line; what it holds raw of control and bidi characters (only strings may) is escaped. */
void json_copy(struct json *json, struct bytes value);

void json_string_field(struct json *json, const char *key, const char *utf8); /* NULL: null */
void json_bytes_field(struct json *json, const char *key, struct bytes utf8);
void json_utf16_field(struct json *json, const char *key, struct bytes utf16); /* as WTF-8 */
void json_unsigned_field(struct json *json, const char *key, uint64_t value);
void json_bool_field(struct json *json, const char *key, bool value);
void json_time_field(struct json *json, const char *key, uint64_t ticks);
void json_hex_field(struct json *json, const char *key, struct bytes bytes);

#endif
