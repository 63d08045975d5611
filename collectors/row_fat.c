/* What is left of a deleted file on FAT or exFAT, as its row says it (docs/bundle-format.md). */
#include "collectors/row.h"

#include "collectors/fat_row.h"

#define RANGES_MAX 1024u

static void add_lost(struct json *json, const struct row_fat_left *left)
{
	size_t count = left->lost_count < RANGES_MAX ? left->lost_count : RANGES_MAX;

	if (count == 0)
		return;
	json_key(json, "lost");
	json_begin_array(json);
	for (size_t i = 0; i < count; i++) {
		json_begin_array(json);
		json_unsigned(json, left->lost[i].offset);
		json_unsigned(json, left->lost[i].len);
		json_end_array(json);
	}
	json_end_array(json);
	if (left->lost_count > count)
		json_unsigned_field(json, "lost_more", left->lost_count - count);
}

void row_add_fat_left(struct json *json, const struct row_fat_left *left)
{
	const struct fat_recovered *recovered = &left->recovered;

	json_key(json, "deleted");
	json_begin(json);
	json_bytes_field(json, "path", left->path);
	json_string_field(json, "result", fat_row_result(recovered));
	json_unsigned_field(json, "clusters", recovered->clusters);
	json_unsigned_field(json, "free", recovered->good);
	json_unsigned_field(json, "overwritten", recovered->clusters - recovered->good);
	if (left->is_blank_known)
		json_unsigned_field(json, "zero", left->blank);
	if (recovered->good > 0)
		json_string_field(json, "earlier_owner", "unknowable");
	if (recovered->layout != FAT_LAYOUT_NONE)
		json_string_field(json, "layout", fat_row_layout(recovered->layout));
	if (recovered->is_doubtful)
		json_bool_field(json, "doubtful_start", true);
	if (left->found)
		json_unsigned_field(json, "found_cluster", left->found);
	add_lost(json, left);
	json_end(json);
}
