/* What is left of a deleted stream, as rows and listings say it (docs/bundle-format.md). */
#include "collectors/row.h"

static void add_ranges(struct json *json, const char *key, const struct ntfs_range_list *list)
{
	if (list->count)
		row_add_ranges(json, key, list->at, list->count, ROW_RANGES_MAX);
}

static void add_clusters(struct json *json, const struct row_deleted *deleted)
{
	const struct ntfs_deleted *state = deleted->state;

	json_unsigned_field(json, "clusters", state->clusters);
	json_unsigned_field(json, "free", state->own);
	json_unsigned_field(json, "overwritten", state->used + state->later);
	json_unsigned_field(json, "unknown", state->unknown + state->unkept + state->missing);
	if (state->unkept)
		json_unsigned_field(json, "unkept", state->unkept);
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
