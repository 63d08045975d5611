/* What is left of a deleted stream, as rows and listings say it (docs/bundle-format.md). */
#include "collectors/row.h"

#define RANGES_MAX 1024

static void add_ranges(struct json *json, const char *key, const struct ntfs_range_list *list)
{
	CLEANUP(text_free) struct text more = {0};
	size_t count = list->count < RANGES_MAX ? list->count : RANGES_MAX;

	if (list->count == 0)
		return;
	json_key(json, key);
	json_begin_array(json);
	for (size_t i = 0; i < count; i++) {
		json_begin_array(json);
		json_unsigned(json, list->at[i].offset);
		json_unsigned(json, list->at[i].len);
		json_end_array(json);
	}
	json_end_array(json);
	text_addf(&more, "%s_more", key);
	if (list->count > count)
		json_unsigned_field(json, text_string(&more), list->count - count);
}

static void add_clusters(struct json *json, const struct row_deleted *deleted)
{
	const struct ntfs_deleted *state = deleted->state;

	json_unsigned_field(json, "clusters", state->clusters);
	json_unsigned_field(json, "free", state->own);
	json_unsigned_field(json, "overwritten", state->used + state->later);
	json_unsigned_field(json, "unknown", state->unknown + state->missing);
	if (state->later)
		json_unsigned_field(json, "overwritten_by_deleted", state->later);
	if (deleted->is_blank_known)
		json_unsigned_field(json, "zero", deleted->blank);
	/* A file that came and went in between, record and all, leaves no trace that could be looked for. */
	if (state->own > 0)
		json_string_field(json, "earlier_owner", "unknowable");
	if (state->own > 0 && deleted->is_in_log)
		json_bool_field(json, "log_covers", true);
}

void row_add_deleted(struct json *json, const struct row_deleted *deleted)
{
	json_string_field(json, "result", ntfs_deleted_word(deleted->result));
	if (!deleted->state->is_resident)
		add_clusters(json, deleted);
	add_ranges(json, "lost", &deleted->state->lost);
	add_ranges(json, "doubtful", &deleted->state->doubtful);
	if (deleted->is_changed)
		json_bool_field(json, "changed", true);
	if (deleted->deleted_at)
		json_time_field(json, "deleted_at", deleted->deleted_at);
}
