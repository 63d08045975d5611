/* The listing of names in directory slack, read strictly. See slack_records.h. */
#include "analysis/slack_records.h"

#include "bundle/document.h"
#include "core/time.h"

static bool bad(struct err *err, const char *key)
{
	return fail(err, ERR_DAMAGED, "no '%s' that makes sense", key);
}

static bool get_number(
    yyjson_val *line, const char *key, uint64_t most, uint64_t *out, struct err *err)
{
	yyjson_val *value = yyjson_obj_get(line, key);

	if (!yyjson_is_uint(value) || yyjson_get_uint(value) > most)
		return bad(err, key);
	*out = yyjson_get_uint(value);
	return true;
}

static bool get_time(yyjson_val *line, const char *key, uint64_t *out, struct err *err)
{
	const char *iso = yyjson_get_str(yyjson_obj_get(line, key));

	return (iso && time_parse(iso, out, NULL)) || bad(err, key);
}

/* Both numbers, or null for both. */
static bool get_reference(yyjson_val *line, const char *record, const char *sequence,
    struct ntfs_reference *out, struct err *err)
{
	uint64_t numbers[2] = {0};

	if (yyjson_is_null(yyjson_obj_get(line, record)) &&
	    yyjson_is_null(yyjson_obj_get(line, sequence)))
		return true;
	if (!get_number(line, record, (UINT64_C(1) << 48) - 1, &numbers[0], err) ||
	    !get_number(line, sequence, UINT16_MAX, &numbers[1], err))
		return false;
	*out = (struct ntfs_reference){numbers[0], (uint16_t)numbers[1]};
	return true;
}

/* The one of our own words that the key has. */
static const char *get_word(yyjson_val *line, const char *key, const char *(*word)(unsigned),
    unsigned count, struct err *err)
{
	for (unsigned i = 0; i < count; i++)
		if (yyjson_equals_str(yyjson_obj_get(line, key), word(i)))
			return word(i);
	bad(err, key);
	return NULL;
}

static const char *place_word(unsigned i)
{
	return ntfs_slack_word((enum ntfs_slack_place)i);
}

static const char *live_word(unsigned i)
{
	return ntfs_slack_live_word((enum ntfs_slack_live)i);
}

static bool get_place(yyjson_val *line, struct slack_told *out, struct err *err)
{
	out->where = get_word(line, "where", place_word, NTFS_SLACK_DELETED + 1, err);
	out->live = get_word(line, "live", live_word, NTFS_SLACK_UNKNOWN + 1, err);
	out->has_block = yyjson_obj_get(line, "block");
	return out->where && out->live &&
	       get_number(line, "directory_record", UINT64_MAX, &out->directory, err) &&
	       get_number(line, "offset", UINT64_MAX, &out->offset, err) &&
	       (!out->has_block || get_number(line, "block", UINT64_MAX, &out->block, err));
}

static bool get_name(yyjson_val *line, struct slack_told *out, struct err *err)
{
	uint64_t attributes, name_space;

	if (!get_number(line, "attributes", UINT32_MAX, &attributes, err) ||
	    !get_number(line, "name_space", UINT8_MAX, &name_space, err))
		return false;
	out->attributes = (uint32_t)attributes;
	out->name_space = (uint8_t)name_space;
	return get_time(line, "created", &out->times.created, err) &&
	       get_time(line, "modified", &out->times.modified, err) &&
	       get_time(line, "changed", &out->times.changed, err) &&
	       get_time(line, "accessed", &out->times.accessed, err) &&
	       get_number(line, "size", UINT64_MAX, &out->size, err) &&
	       get_number(line, "allocated", UINT64_MAX, &out->allocated, err);
}

bool slack_told_parse(
    struct bytes json, struct text *scratch, struct slack_told *out, struct err *err)
{
	CLEANUP(yyjson_doc_free)
	yyjson_doc *document = yyjson_read((const char *)json.at, json.len, 0);
	yyjson_val *line = yyjson_doc_get_root(document);
	yyjson_val *path = yyjson_obj_get(line, "path");
	struct slack_told told = {.is_orphan = yyjson_is_true(yyjson_obj_get(line, "orphan"))};

	if (!yyjson_is_str(path))
		return bad(err, "path");
	text_clear(scratch);
	text_add(scratch, document_text(path));
	if (!text_ok(scratch, err) || !get_name(line, &told, err) || !get_place(line, &told, err) ||
	    !get_reference(line, "record", "sequence", &told.file, err) ||
	    !get_reference(line, "parent_record", "parent_sequence", &told.parent, err))
		return false;
	told.path = text_bytes(scratch);
	*out = told;
	return true;
}
