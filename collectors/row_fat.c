/* What is left of a deleted file on FAT or exFAT, as its row says it (docs/bundle-format.md). */
#include "collectors/row.h"

#include "collectors/fat_row.h"

void row_add_fat_left(struct json *json, const struct row_fat_left *left)
{
	const struct fat_recovered *recovered = &left->recovered;

	json_key(json, "deleted");
	json_begin(json);
	json_bytes_field(json, "path", left->path);
	json_string_field(json, "result", fat_row_result(recovered));
	json_unsigned_field(json, "clusters", recovered->clusters);
	json_unsigned_field(json, "free", recovered->good);
	json_unsigned_field(
	    json, "overwritten", recovered->clusters - recovered->good - recovered->unknown);
	if (recovered->unknown)
		json_unsigned_field(json, "unknown", recovered->unknown);
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
	if (left->lost_count)
		row_add_ranges(json, "lost", left->lost, left->lost_count, ROW_RANGES_MAX);
	json_end(json);
}
