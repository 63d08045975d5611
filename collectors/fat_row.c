/* Entries of FAT and exFAT as JSON. See fat_row.h. */
#include "collectors/fat_row.h"

#include "core/time.h"

#define DATE_LEN 10u /* "2021-03-04" */

static const char *const layouts[] = {
    [FAT_LAYOUT_CHAIN] = "chain",
    [FAT_LAYOUT_CONTIGUOUS] = "contiguous",
    [FAT_LAYOUT_ASSUMED] = "assumed contiguous",
};

/* UTC ends in Z; what the clock on the wall showed does not, and has no more digits than were kept. */
static void add_time(struct json *json, const char *key, const struct fat_time *time)
{
	char iso[TIME_ISO_ROOM];
	struct bytes text = {(const uint8_t *)iso, 0};

	json_key(json, key);
	if (time->zone == FAT_TIME_NONE) {
		json_null(json);
		return;
	}
	time_iso(time->ticks, iso);
	text.len = strlen(iso);
	if (time->zone == FAT_TIME_LOCAL)
		text.len--;
	if (time->is_date)
		text.len = DATE_LEN;
	json_string(json, text);
}

static void add_offset(struct json *json, const char *key, const struct fat_time *time)
{
	if (time->zone != FAT_TIME_UTC)
		return;
	json_key(json, key);
	json_integer(json, time->offset);
}

static bool any_local(const struct fat_entry *entry)
{
	return entry->created.zone == FAT_TIME_LOCAL || entry->modified.zone == FAT_TIME_LOCAL ||
	       entry->accessed.zone == FAT_TIME_LOCAL;
}

/* A date that cannot be (month 13) is evidence of a kind: its bits are kept. */
static void add_raw(struct json *json, const char *key, const struct fat_time *time)
{
	uint8_t raw[4];

	if (time->zone != FAT_TIME_NONE || (time->raw_date == 0 && time->raw_time == 0))
		return;
	put_le16(raw, time->raw_time);
	put_le16(raw + 2, time->raw_date);
	json_hex_field(json, key, (struct bytes){raw, sizeof(raw)});
}

static void add_times(struct json *json, const struct fat_entry *entry)
{
	add_time(json, "created", &entry->created);
	add_time(json, "modified", &entry->modified);
	add_time(json, "accessed", &entry->accessed);
	if (any_local(entry))
		json_bool_field(json, "local", true);
	add_offset(json, "created_offset", &entry->created);
	add_offset(json, "modified_offset", &entry->modified);
	add_offset(json, "accessed_offset", &entry->accessed);
	add_raw(json, "created_raw", &entry->created);
	add_raw(json, "modified_raw", &entry->modified);
	add_raw(json, "accessed_raw", &entry->accessed);
}

static void add_inside(struct json *json, const struct fat_geometry *geometry,
    const struct fat_entry *entry, enum fat_layout layout)
{
	json_string_field(json, "type", fat_kind_name(geometry->kind));
	json_unsigned_field(json, "number", entry->number);
	json_unsigned_field(json, "parent", entry->parent);
	json_unsigned_field(json, "place", entry->place);
	json_unsigned_field(json, "cluster", entry->cluster);
	if (entry->is_high_lost || entry->is_start_found)
		json_string_field(json, "high_half", entry->is_start_found ? "found" : "lost");
	if (layout != FAT_LAYOUT_NONE)
		json_string_field(json, "layout", layouts[layout]);
	json_unsigned_field(json, "attributes", entry->attributes);
	if (entry->valid_size != entry->size)
		json_unsigned_field(json, "valid_size", entry->valid_size);
	if (entry->short_name.len) {
		json_bytes_field(json, "short_name", entry->short_name);
		json_hex_field(
		    json, "short_raw", (struct bytes){entry->short_raw, sizeof(entry->short_raw)});
	}
	add_times(json, entry);
}

void fat_row_write(struct json *json, const struct fat_geometry *geometry,
    const struct fat_entry *entry, enum fat_layout layout)
{
	json_begin(json);
	add_inside(json, geometry, entry, layout);
	json_end(json);
}

static uint64_t utc(const struct fat_time *time)
{
	return time->zone == FAT_TIME_UTC && !time->is_date ? time->ticks : 0;
}

void fat_row_times(const struct fat_entry *entry, struct bundle_member *member)
{
	member->modified = utc(&entry->modified);
	member->accessed = utc(&entry->accessed);
	member->created = utc(&entry->created);
}

const char *fat_row_result(const struct fat_recovered *recovered)
{
	static const char *const results[] = {"full", "partial", "overwritten", "trimmed"};

	return results[recovered->result];
}

const char *fat_row_layout(enum fat_layout layout)
{
	return layouts[layout];
}

static void add_recovered(struct json *json, const struct fat_recovered *recovered)
{
	json_key(json, "left");
	json_begin(json);
	json_string_field(json, "result", fat_row_result(recovered));
	json_unsigned_field(json, "clusters", recovered->clusters);
	json_unsigned_field(json, "good", recovered->good);
	if (recovered->unknown)
		json_unsigned_field(json, "unknown", recovered->unknown);
	json_end(json);
}

void fat_row_list(struct json *json, const struct fat_geometry *geometry,
    const struct fat_entry *entry, const struct fat_recovered *recovered)
{
	static const char *const kinds[] = {
	    "file", "directory", "label", "bitmap", "upcase", "name"};

	json_begin(json);
	json_bytes_field(json, "path", entry->path);
	json_string_field(json, "kind", kinds[entry->kind]);
	json_bool_field(json, "deleted", entry->is_deleted);
	if (entry->is_beyond_end)
		json_bool_field(json, "beyond_end", true);
	if (entry->is_below_deleted)
		json_bool_field(json, "below_deleted", true);
	if (entry->is_lost)
		json_bool_field(json, "orphan", true);
	if (entry->is_slack)
		json_bool_field(json, "slack", true);
	json_unsigned_field(json, "size", entry->size);
	add_inside(json, geometry, entry, recovered ? recovered->layout : FAT_LAYOUT_NONE);
	if (recovered && recovered->clusters)
		add_recovered(json, recovered);
	if (entry->damage.kind != ERR_NONE)
		json_string_field(json, "damage", entry->damage.text);
	json_end(json);
}
