/* Volume header and seek table read back. See frames.h. */
#include "bundle/frames.h"

#include "bundle/document.h"
#include "bundle/manifest.h"
#include "bundle/writer.h"
#include "core/json.h"

#include <stdlib.h>

#define SEEK_ENTRY_LEN  8
#define SEEK_FOOTER_LEN 9
#define SKIPPABLE_LEN   8

void frames_header_format(const struct frames_header *header, struct text *out)
{
	struct json json = {.to = out};
	char id[37];

	bundle_id_text(header->collection_id, id);
	json_begin(&json);
	json_unsigned_field(&json, "format", 1);
	json_string_field(&json, "collection_id", id);
	json_string_field(&json, "set", bundle_set_name(header->set));
	json_unsigned_field(&json, "index", header->index);
	json_hex_field(&json, "previous_sha256",
	    (struct bytes){header->previous_sha256, sizeof(header->previous_sha256)});
	json_unsigned_field(&json, "tar_offset", header->tar_offset);
	json_unsigned_field(&json, "next_header", header->next_header);
	json_end(&json);
}

static bool parse_hex(const char *hex, uint8_t *out, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 2 * len; i++) {
		const char *found = hex[i] ? strchr(digits, hex[i]) : NULL;

		if (!found)
			return false;
		uint8_t value = (uint8_t)(found - digits);

		out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | value : value << 4);
	}
	return hex[2 * len] == 0;
}

static bool parse_id(const char *string, uint8_t id[16])
{
	char hex[33];
	size_t at = 0;

	for (size_t i = 0; string[i] && at < sizeof(hex) - 1; i++)
		if (string[i] != '-')
			hex[at++] = string[i];
	hex[at] = 0;
	return strlen(string) == 36 && parse_hex(hex, id, 16);
}

static const char *string_of(yyjson_val *object, const char *key)
{
	const char *string = yyjson_get_str(yyjson_obj_get(object, key));

	return string ? string : "";
}

static bool take_fields(yyjson_val *root, struct frames_header *out)
{
	const char *set = string_of(root, "set");
	uint64_t index = yyjson_get_uint(yyjson_obj_get(root, "index"));

	while (out->set <= BUNDLE_META && strcmp(set, bundle_set_name(out->set)) != 0)
		out->set++;
	out->tar_offset = yyjson_get_uint(yyjson_obj_get(root, "tar_offset"));
	out->next_header = yyjson_get_uint(yyjson_obj_get(root, "next_header"));
	if (out->set > BUNDLE_META || index == 0 || index > VOLUME_INDEX_MAX)
		return false;
	out->index = (uint32_t)index;
	return parse_id(string_of(root, "collection_id"), out->collection_id) &&
	       parse_hex(string_of(root, "previous_sha256"), out->previous_sha256, SHA256_LEN);
}

bool frames_header_parse(struct bytes json, struct frames_header *out, struct err *err)
{
	struct frames_header header = {0};
	CLEANUP(text_free) struct text again = {0};

	if (json.len > FRAMES_HEADER_MAX)
		return fail(err, ERR_LIMIT, "volume header of %zu bytes", json.len);
	CLEANUP(yyjson_doc_free)
	yyjson_doc *doc = json.len ? yyjson_read((const char *)json.at, json.len, 0) : NULL;
	yyjson_val *root = yyjson_doc_get_root(doc);

	if (!yyjson_is_obj(root) || !yyjson_is_uint(yyjson_obj_get(root, "format")))
		return fail(err, ERR_DAMAGED, "volume header is not ours");
	if (yyjson_get_uint(yyjson_obj_get(root, "format")) != 1)
		return fail(err, ERR_UNSUPPORTED, "volume of another format than 1");
	if (!take_fields(root, &header))
		return fail(err, ERR_DAMAGED, "volume header is malformed");
	frames_header_format(&header, &again);
	if (!text_ok(&again, err))
		return false;
	if (!bytes_equal(json, text_bytes(&again)))
		return fail(err, ERR_DAMAGED, "volume header is not as format 1 writes it");
	*out = header;
	return true;
}

void seek_table_free(struct seek_table *table)
{
	free(table->at);
	*table = (struct seek_table){0};
}

/* The shell of the table: both magics, and a length that fits its count. */
static bool check_shell(struct bytes frame, size_t *count, struct err *err)
{
	if (frame.len < SKIPPABLE_LEN + SEEK_FOOTER_LEN || le32(frame.at) != FRAMES_SEEK_MAGIC ||
	    le32(frame.at + 4) != frame.len - SKIPPABLE_LEN ||
	    le32(frame.at + frame.len - 4) != FRAMES_SEEK_FOOTER)
		return fail(err, ERR_DAMAGED, "no seek table");
	*count = le32(frame.at + frame.len - SEEK_FOOTER_LEN);
	if (*count > FRAMES_COUNT_MAX)
		return fail(err, ERR_LIMIT, "seek table of %zu frames", *count);
	if (frame.at[frame.len - 5] != 0 ||
	    frame.len != SKIPPABLE_LEN + SEEK_FOOTER_LEN + *count * SEEK_ENTRY_LEN)
		return fail(err, ERR_DAMAGED, "seek table contradicts its length");
	return true;
}

static bool fill(
    struct seek_table *table, const uint8_t *from, uint64_t first, uint64_t end, struct err *err)
{
	uint64_t at = first;

	for (size_t i = 0; i < table->count; i++) {
		struct seek_entry *entry = &table->at[i];

		*entry = (struct seek_entry){
		    .at = at,
		    .packed = le32(from + i * SEEK_ENTRY_LEN),
		    .plain_at = table->plain_size,
		    .plain = le32(from + i * SEEK_ENTRY_LEN + 4),
		};
		if (entry->plain > FRAMES_INPUT_MAX)
			return fail(err, ERR_LIMIT, "frame %zu unpacks to %u bytes", i,
			    (unsigned)entry->plain);
		if (entry->plain == 0 || entry->packed > end - at)
			return fail(err, ERR_DAMAGED, "seek table: frame %zu lies outside", i);
		at += entry->packed;
		table->plain_size += entry->plain;
	}
	if (at != end)
		return fail(err, ERR_DAMAGED, "seek table leaves %llu bytes out",
		    (unsigned long long)(end - at));
	return true;
}

bool seek_table_parse(
    struct bytes frame, uint64_t first, uint64_t end, struct seek_table *out, struct err *err)
{
	struct seek_table table = {0};

	if (!check_shell(frame, &table.count, err))
		return false;
	if (end < first)
		return fail(err, ERR_DAMAGED, "seek table lies before the frames");
	table.at = calloc(table.count ? table.count : 1, sizeof(*table.at));
	if (!table.at)
		return fail(err, ERR_MEMORY, "no memory for the seek table");
	if (!fill(&table, frame.at + SKIPPABLE_LEN, first, end, err)) {
		seek_table_free(&table);
		return false;
	}
	*out = table;
	return true;
}
