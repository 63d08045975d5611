/* Rows of meta/entries. See row.h. */
#include "collectors/row.h"

#include "bundle/name.h"
#include "collectors/attribute.h"
#include "collectors/fat_row.h"
#include "collectors/shadows.h"

#define STREAMS_MAX    64
#define SDDL_BYTES_MAX 8192 /* a longer one is in $Secure:$SDS */

static const char *const status_names[] = {"taken", "partial", "not_taken", "same_as"};

void row_add_ranges(
    struct json *json, const char *key, const struct range *ranges, size_t count, size_t most)
{
	CLEANUP(text_free) struct text more = {0};
	size_t shown = count < most ? count : most;

	json_key(json, key);
	json_begin_array(json);
	for (size_t i = 0; i < shown; i++) {
		json_begin_array(json);
		json_unsigned(json, ranges[i].offset);
		json_unsigned(json, ranges[i].len);
		json_end_array(json);
	}
	json_end_array(json);
	text_addf(&more, "%s_more", key);
	if (count > shown)
		json_unsigned_field(json, text_string(&more), count - shown);
}

/* How what is stored was unpacked, and the bytes of the unnamed stream that it stands over: 0 as Windows leaves it. */
static void add_wof(struct json *json, const struct content *content)
{
	json_key(json, "wof");
	json_begin(json);
	json_string_field(json, "algorithm", ntfs_wof_word(content->wof.algorithm));
	json_unsigned_field(json, "packed_size", content->packed_size);
	if (content->beneath)
		json_unsigned_field(json, "beneath", content->beneath);
	json_end(json);
}

static void add_place(struct json *json, const struct row *row)
{
	const struct bundle_place *place = row->place;

	bundle_place_write(json, place);
	if (row->is_sparse) {
		json_string_field(json, "stored", "runs");
		row_add_ranges(json, "sparse_map", row->sparse, row->sparse_count, SIZE_MAX);
	}
	if (row->copy && row->copy->bad_count)
		row_add_ranges(json, "bad_ranges", row->copy->bad, row->copy->bad_count, SIZE_MAX);
	if (row->copy && row->copy->bad_more)
		json_unsigned_field(json, "bad_ranges_more", row->copy->bad_more);
	if (place->padded)
		json_unsigned_field(json, "padded", place->padded);
	if (row->content && row->content->is_wof)
		add_wof(json, row->content);
}

void row_add_times(struct json *json, const char *key, const struct ntfs_times *times)
{
	json_key(json, key);
	json_begin(json);
	json_time_field(json, "created", times->created);
	json_time_field(json, "modified", times->modified);
	json_time_field(json, "changed", times->changed);
	json_time_field(json, "accessed", times->accessed);
	json_end(json);
}

/* The raw name, where the bundle's spelling is not its own. */
static void add_raw_name(struct json *json, const char *key, struct bytes utf16)
{
	CLEANUP(text_free) struct text plain = {0};
	CLEANUP(text_free) struct text escaped = {0};

	text_add_utf16(&plain, utf16);
	bundle_name_add_utf16(&escaped, utf16);
	if (!bytes_equal(text_bytes(&plain), text_bytes(&escaped)))
		json_hex_field(json, key, utf16);
}

/* Whether the path ends as that name and that stream are spelt: another had it, or it is escaped (add_raw_name). */
static bool is_spelt_so(const struct row *row)
{
	CLEANUP(text_free) struct text end = {0};

	bundle_name_add_utf16(&end, row->name->utf16);
	if (row->stream)
		attribute_add_name(&end, row->stream, bundle_name_add_utf16);
	return end.len <= row->path.len &&
	       memcmp(row->path.at + row->path.len - end.len, text_string(&end), end.len) == 0;
}

static void add_name(struct json *json, const struct row *row)
{
	const struct ntfs_name *name = row->name;

	if (is_spelt_so(row))
		add_raw_name(json, "raw_name", name->utf16);
	else
		json_hex_field(json, "raw_name", name->utf16);
	json_unsigned_field(json, "parent_record", name->parent.record);
	json_unsigned_field(json, "parent_sequence", name->parent.sequence);
	row_add_times(json, "fn", &name->times);
	for (size_t i = 0; i < row->entry->name_count; i++)
		if (row->entry->names[i].name_space == NTFS_NAME_DOS &&
		    name->name_space != NTFS_NAME_DOS) {
			json_utf16_field(json, "dos_name", row->entry->names[i].utf16);
			break;
		}
	if (row->is_orphan)
		json_bool_field(json, "orphan", true);
}

void row_add_storage(struct json *json, const struct ntfs_stream *stream)
{
	if (stream->resident)
		json_bool_field(json, "resident", true);
	if (stream->flags & NTFS_STREAM_COMPRESSED)
		json_bool_field(json, "compressed", true);
	if (stream->flags & NTFS_STREAM_ENCRYPTED)
		json_bool_field(json, "encrypted", true);
}

static void add_stream(struct json *json, const struct row *row)
{
	const struct ntfs_stream *stream = row->stream;

	json_utf16_field(json, "stream", stream->utf16);
	if (attribute_type(stream))
		json_string_field(json, "attribute", attribute_type(stream));
	if (stream->utf16.len)
		add_raw_name(json, "raw_stream", stream->utf16);
	if (row->size > stream->size)
		json_unsigned_field(json, "logical_size", stream->size);
	if (row->size < stream->size)
		json_unsigned_field(json, "claimed_size", stream->size);
	json_unsigned_field(json, "allocated", stream->allocated);
	json_unsigned_field(json, "initialized", stream->initialized);
	row_add_storage(json, stream);
	if (stream->flags & NTFS_STREAM_SPARSE)
		json_bool_field(json, "sparse", true);
}

static void add_streams(struct json *json, const struct ntfs_entry *entry)
{
	size_t count = entry->stream_count < STREAMS_MAX ? entry->stream_count : STREAMS_MAX;

	json_key(json, "streams");
	json_begin_array(json);
	for (size_t i = 0; i < count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];

		json_begin(json);
		json_unsigned_field(json, "type", stream->type);
		json_utf16_field(json, "name", stream->utf16);
		json_unsigned_field(json, "size", stream->size);
		json_unsigned_field(json, "allocated", stream->allocated);
		json_bool_field(json, "resident", stream->resident);
		json_end(json);
	}
	json_end_array(json);
	if (entry->stream_count > count)
		json_unsigned_field(json, "streams_more", entry->stream_count - count);
}

/* Who owns the file and who may do what with it, or why that is not known. */
static void add_security(struct json *json, const struct row *row)
{
	struct ntfs_security security;
	struct err why = {0};

	if (!row->volume->secure)
		fail(&why, ERR_MISSING, "$Secure was not read");
	if (!row->volume->secure ||
	    !ntfs_secure_of(row->volume->secure, row->entry, &security, &why)) {
		json_string_field(json, "owner_sid", NULL);
		json_string_field(json, "owner_why", why.text);
		return;
	}
	if (security.damage.kind != ERR_NONE)
		json_string_field(json, "security_damage", security.damage.text);
	if (security.owner.len) {
		json_bytes_field(json, "owner_sid", security.owner);
	} else {
		json_string_field(json, "owner_sid", NULL);
		json_string_field(json, "owner_why", "its security descriptor names no owner");
	}
	if (security.sddl.len <= SDDL_BYTES_MAX)
		json_bytes_field(json, "sddl", security.sddl);
	else
		json_unsigned_field(json, "sddl_bytes", security.sddl.len);
}

static void add_entry(struct json *json, const struct row *row)
{
	const struct ntfs_entry *entry = row->entry;

	json_unsigned_field(json, "record", entry->record);
	json_unsigned_field(json, "sequence", entry->sequence);
	if (entry->has_standard) {
		row_add_times(json, "si", &entry->times);
		json_unsigned_field(json, "attributes", entry->attributes);
		json_unsigned_field(json, "security_id", entry->security_id);
		json_unsigned_field(json, "usn", entry->usn);
	}
	add_security(json, row);
	json_unsigned_field(json, "links", entry->links);
	if (row->name)
		add_name(json, row);
	if (row->stream)
		add_stream(json, row);
	row_add_attributes(json, row);
	add_streams(json, entry);
	if (entry->damage.kind != ERR_NONE)
		json_string_field(json, "damage", entry->damage.text);
}

static void add_collectors(struct json *json, const struct row *row)
{
	const struct collection *collection = row->collection;
	uint32_t mask = row->collectors ? row->collectors : 1u << collection->current;

	json_string_field(
	    json, "collector", collection->items[collection->current].collector->name);
	if ((mask & (mask - 1)) == 0)
		return;
	json_key(json, "collectors");
	json_begin_array(json);
	for (unsigned i = 0; i < collection->item_count; i++)
		if (mask & 1u << i)
			json_string(json, bytes_of(collection->items[i].collector->name));
	json_end_array(json);
}

/* Of a FAT or exFAT volume. */
static void add_fat(struct json *json, const struct row *row)
{
	const struct fat_entry *entry = row->fat;

	if (entry->size != row->size)
		json_unsigned_field(json, "claimed_size", entry->size);
	json_key(json, "fat");
	fat_row_write(json, fat_volume_geometry(row->volume->fat), entry, row->fat_layout);
	if (entry->damage.kind != ERR_NONE)
		json_string_field(json, "damage", entry->damage.text);
}

/* Which shadow copy it comes from. */
static void add_shadow(struct json *json, const struct row *row)
{
	const struct vss_info *info = row->shadow;
	char id[VSS_GUID_ROOM];

	vss_guid_text(info->has_details ? info->copy_id : info->id, id);
	json_key(json, "snapshot");
	json_begin(json);
	json_unsigned_field(json, "n", shadow_number(row->volume));
	json_string_field(json, "id", id);
	json_time_field(json, "created", info->created);
	if (row->now)
		json_string_field(json, "now", row->now);
	if (info->damage.kind != ERR_NONE)
		json_string_field(json, "damage", info->damage.text);
	json_end(json);
}

/* The volume it lies on, and what that says of it. */
static void add_volume(struct json *json, const struct row *row)
{
	json_bytes_field(json, "volume", text_bytes(&row->volume->name));
	if (row->shadow)
		add_shadow(json, row);
	if (row->entry)
		add_entry(json, row);
	if (row->fat)
		add_fat(json, row);
}

/* As the entry is called in the bundle. */
static void add_path(struct json *json, const struct row *row)
{
	CLEANUP(text_free) struct text path = {0};

	text_add(&path, row->path);
	for (unsigned i = 0; row->place && i < row->place->agains; i++)
		text_adds(&path, BUNDLE_AGAIN);
	json_bytes_field(json, "path", text_bytes(&path));
	json->to->failed = json->to->failed || path.failed;
}

static void write_row(const struct row *row, struct text *out)
{
	struct json json = {.to = out};

	json_begin(&json);
	add_path(&json, row);
	json_string_field(&json, "status", status_names[row->status]);
	if (row->is_left)
		json_bool_field(&json, "left", true);
	json_string_field(&json, "kind", row->kind);
	json_string_field(&json, "read", row->read);
	if (row->why && row->why->kind != ERR_NONE) {
		json_string_field(&json, "reason", row->why->text);
		json_string_field(&json, "reason_kind", err_kind_name(row->why->kind));
	}
	if (row->status == ROW_SAME_AS)
		json_bytes_field(&json, "same_as", row->same_as);
	json_unsigned_field(&json, "size", row->size);
	if (row->stored_at)
		json_time_field(&json, "stored_at", row->stored_at);
	if (row->place)
		add_place(&json, row);
	add_collectors(&json, row);
	if (row->volume)
		add_volume(&json, row);
	if (row->deleted) {
		json_key(&json, "deleted");
		json_begin(&json);
		json_bytes_field(&json, "path", row->deleted->path);
		row_add_deleted(&json, row->deleted);
		json_end(&json);
	}
	if (row->fat_left)
		row_add_fat_left(&json, row->fat_left);
	json_end(&json);
}

static enum bundle_outcome outcome_of(const struct row *row)
{
	if (row->status == ROW_TAKEN)
		return BUNDLE_WHOLE;
	return row->is_gap ? BUNDLE_GAP : BUNDLE_PARTIAL;
}

void row_put(const struct row *row)
{
	CLEANUP(text_free) struct text json = {0};
	struct collection *collection = row->collection;
	struct bundle_writer *writer = collection->plan->writer;
	struct err err = {0};

	write_row(row, &json);
	if (!writer || !bundle_row_fits(writer, json.len))
		return;
	if (!text_ok(&json, &err)) {
		collection->problem_count++;
		return;
	}
	bool ok = row->status == ROW_SAME_AS
		      ? bundle_same_row(writer, row->path, row->owner, text_bytes(&json), &err)
		  : row->place ? bundle_entry_row(writer, outcome_of(row), text_bytes(&json), &err)
			       : bundle_row(writer, text_bytes(&json), &err);

	if (!ok)
		collection_break(collection, &err);
}
