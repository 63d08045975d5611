/* Keys of a row for the attributes beside the data: reparse point, extended attributes, object id. See row.h. */
#include "collectors/row.h"

#include "collectors/attribute.h"
#include "core/array.h"
#include "formats/ntfs/ea.h"
#include "formats/ntfs/object_id.h"
#include "formats/ntfs/reparse.h"

#define REPARSE_BYTES_MAX 16384
#define OBJECT_ID_MAX     256

/* The content of an attribute, with the key that tells how large it is where it is. False: it has none, or *why. */
static bool load(const struct row *row, uint32_t type, size_t most, uint8_t **owned,
    struct bytes *out, struct err *why)
{
	const struct ntfs_stream *stream = ntfs_entry_stream(row->entry, type, (struct bytes){0});

	return stream && ntfs_stream_load(row->volume ? row->volume->ntfs : NULL, row->entry,
			     stream, most, owned, out, why);
}

static void add_guid(struct json *json, const char *key, const uint8_t *guid)
{
	CLEANUP(text_free) struct text text = {0};

	if (!guid)
		return;
	text_add_guid(&text, guid);
	json_bytes_field(json, key, text_bytes(&text));
}

static void add_shape(struct json *json, const struct ntfs_reparse *r)
{
	switch (r->shape) {
	case NTFS_REPARSE_OPAQUE:
		break;
	case NTFS_REPARSE_LINK:
		json_utf16_field(json, "target", r->target);
		json_utf16_field(json, "print_name", r->shown);
		if (r->is_relative)
			json_bool_field(json, "relative", true);
		break;
	case NTFS_REPARSE_LX_LINK:
		json_bytes_field(json, "target", r->target_utf8);
		break;
	case NTFS_REPARSE_NFS:
		json_string_field(json, "nfs", r->nfs_kind);
		if (r->target.len)
			json_utf16_field(json, "target", r->target);
		break;
	case NTFS_REPARSE_APP:
		json_utf16_field(json, "target", r->target);
		json_utf16_field(json, "app", r->app);
		json_utf16_field(json, "package", r->package);
		break;
	case NTFS_REPARSE_WOF_FILE:
		if (r->algorithm <= NTFS_WOF_XPRESS16K)
			json_string_field(json, "algorithm",
			    ntfs_wof_word((enum ntfs_wof_algorithm)r->algorithm));
		break;
	case NTFS_REPARSE_WOF_WIM:
		json_unsigned_field(json, "data_source", r->data_source);
		json_hex_field(json, "sha1", (struct bytes){r->sha1, 20});
		break;
	}
}

static void add_parsed(struct json *json, struct bytes data)
{
	struct ntfs_reparse reparse;
	struct err why = {0};
	bool ok = ntfs_reparse_parse(data, &reparse, &why);

	if (reparse.name)
		json_string_field(json, "name", reparse.name);
	add_guid(json, "guid", reparse.guid);
	add_shape(json, &reparse);
	if (reparse.place != NTFS_PLACE_HERE)
		json_string_field(json, "content", ntfs_place_word(reparse.place));
	if (!ok)
		json_string_field(json, "damage", why.text);
}

static void add_reparse(struct json *json, const struct row *row)
{
	CLEANUP(free_memory) uint8_t *owned = NULL;
	const struct ntfs_stream *stream =
	    ntfs_entry_stream(row->entry, NTFS_REPARSE_POINT, (struct bytes){0});
	struct bytes data = {0};
	struct err why = {0};

	if (!stream)
		return;
	json_key(json, "reparse");
	json_begin(json);
	if (!load(row, NTFS_REPARSE_POINT, NTFS_REPARSE_MAX, &owned, &data, &why)) {
		json_string_field(json, "damage", why.text);
	} else if (data.len >= 4) {
		uint8_t tag[4];

		for (size_t i = 0; i < sizeof(tag); i++)
			tag[i] = data.at[3 - i];
		json_hex_field(json, "tag", (struct bytes){tag, sizeof(tag)});
		add_parsed(json, data);
		if (data.len > REPARSE_BYTES_MAX)
			data.len = REPARSE_BYTES_MAX;
		json_hex_field(json, "data", data);
	}
	json_unsigned_field(json, "size", stream->size);
	json_end(json);
}

static void add_ea(struct json *json, const struct ntfs_ea *ea)
{
	struct bytes value = ea->value;

	if (value.len > ATTRIBUTE_EA_VALUE_MAX)
		value.len = ATTRIBUTE_EA_VALUE_MAX;
	json_begin(json);
	json_bytes_field(json, "name", ea->name);
	json_unsigned_field(json, "size", ea->value.len);
	if (ea->flags & NTFS_EA_NEEDED)
		json_bool_field(json, "needed", true);
	json_hex_field(json, "value", value);
	json_end(json);
}

static void add_eas(struct json *json, const struct row *row)
{
	CLEANUP(free_memory) uint8_t *owned = NULL;
	struct bytes content = {0};
	struct err why = {0};
	size_t count = 0;
	size_t pos = 0;
	struct ntfs_ea ea;
	bool found = true;

	if (!ntfs_entry_stream(row->entry, NTFS_EA, (struct bytes){0}))
		return;
	json_key(json, "ea");
	json_begin_array(json);
	bool ok = load(row, NTFS_EA, NTFS_EA_MAX, &owned, &content, &why);

	while (ok && found && (ok = ntfs_ea_next(content, &pos, &ea, &found, &why)))
		if (found && count++ < ATTRIBUTE_EA_SHOWN_MAX)
			add_ea(json, &ea);
	json_end_array(json);
	if (count > ATTRIBUTE_EA_SHOWN_MAX)
		json_unsigned_field(json, "ea_more", count - ATTRIBUTE_EA_SHOWN_MAX);
	if (!ok)
		json_string_field(json, "ea_damage", why.text);
}

static void add_object_id(struct json *json, const struct row *row)
{
	CLEANUP(free_memory) uint8_t *owned = NULL;
	struct ntfs_object_id id;
	struct bytes content;

	if (!load(row, NTFS_OBJECT_ID, OBJECT_ID_MAX, &owned, &content, NULL) ||
	    !ntfs_object_id_parse(content, &id, NULL))
		return;
	const struct ntfs_object *object =
	    row->volume && row->volume->objects
		? ntfs_object_index_find(row->volume->objects, id.object)
		: NULL;

	/* The attribute itself has only the id; the volume's index the rest, if it means this file. */
	if (object && !id.birth_volume && object->file.record == row->entry->record) {
		id.birth_volume = object->birth_volume;
		id.birth_object = object->birth_id;
		id.domain = object->domain;
	}
	json_key(json, "object_id");
	json_begin(json);
	add_guid(json, "id", id.object);
	add_guid(json, "birth_volume", id.birth_volume);
	add_guid(json, "birth_id", id.birth_object);
	add_guid(json, "domain", id.domain);
	json_end(json);
}

void row_add_attributes(struct json *json, const struct row *row)
{
	add_reparse(json, row);
	add_eas(json, row);
	add_object_id(json, row);
}
