/* The list of deleted files, one JSON object a line: docs/collectors/deleted-files.md. */
#include "collectors/deleted.h"

void deleted_head(struct json *json, const struct collection *collection,
    const struct collection_volume *volume, uint64_t cap, uint64_t file_cap)
{
	json_string_field(json, "list", "deleted files");
	json_bytes_field(json, "volume", text_bytes(&volume->name));
	json_string_field(json, "policy", collection_deleted_word(collection->deleted));
	json_unsigned_field(json, "cap", cap);
	json_unsigned_field(json, "cap_of_one_file", file_cap);
}

/* The first line tells of the list itself. */
static void add_head(struct deleted_files *d, struct text *out)
{
	struct json json = {.to = out};

	json_begin(&json);
	deleted_head(&json, d->collection, d->volume, d->cap, d->file_cap);
	json_unsigned_field(&json, "records_not_in_use", d->unused);
	json_unsigned_field(&json, "records_empty", d->empty);
	json_unsigned_field(&json, "files", d->files);
	if (d->volume->is_shadow) {
		json_unsigned_field(&json, "files_in_newer_lists", d->newer);
		json_bool_field(&json, "kept_is_known", d->knows_unkept);
		json_bool_field(&json, "all_compared", d->comparable && d->lookable);
	}
	json_bool_field(&json, "bitmap", d->bitmap != NULL);
	if (d->journal_damage.kind != ERR_NONE)
		json_string_field(&json, "journal_damage", d->journal_damage.text);
	trim_write(&json, &d->trim, "MFT records, shadow copies and other copies");
	json_string_field(&json, "earlier_owner",
	    "unknowable: an overwrite by a file whose own record is gone leaves no trace");
	json_end(&json);
	text_addc(out, '\n');
}

void deleted_list_begin(struct deleted_list *list, struct deleted_files *d)
{
	*list = (struct deleted_list){.d = d, .part = 1};
	add_head(d, &list->text);
}

static void flush(struct deleted_list *list)
{
	struct deleted_files *d = list->d;
	CLEANUP(text_free) struct text name = {0};
	struct source *source = source_of_bytes(text_bytes(&list->text));
	struct err err = {0};

	text_addf(&name, "deleted/%s/files", text_string(&d->volume->name));
	if (list->part > 1)
		text_addf(&name, ".%03u", list->part);
	text_adds(&name, ".jsonl");
	if (source && !list->text.failed) {
		collect_source(d->collection, text_string(&name), source);
	} else {
		source_close(source);
		fail(&err, ERR_MEMORY, "no memory for the list of deleted files");
		collect_problem(d->collection, text_string(&name), &err);
	}
	list->part++;
	text_clear(&list->text);
}

static void add_member(struct deleted_files *d, struct json *json, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream)
{
	enum deleted_decision decision = DELETED_TAKE;
	CLEANUP(text_free) struct text member = {0};

	if (!stream->resident)
		decision = deleted_plan_of(d, entry, stream);
	else if (d->collection->deleted == DELETED_LIST)
		decision = DELETED_LIST_ONLY;
	else if (d->resident_listed++ >= DELETED_RESIDENT_MAX)
		decision = DELETED_TOO_MANY;
	if (decision != DELETED_TAKE) {
		json_string_field(json, "why", deleted_why(decision));
		return;
	}
	deleted_member(d, entry, stream, &member);
	json_bytes_field(json, "member", text_bytes(&member));
}

static void add_stream(struct deleted_files *d, struct json *json, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream)
{
	CLEANUP(ntfs_deleted_free) struct ntfs_deleted state = {0};
	struct ntfs_deleted_stream of = {d->volume->ntfs, d->claims, entry, NULL};
	struct row_deleted deleted = {
	    .state = &state, .is_in_log = ntfs_claims_log_covers(d->claims, entry)};
	struct err err = {0};
	struct ntfs_wof wof;
	bool is_wof;

	of.stream = deleted_holder(d, entry, stream, &is_wof, &wof);
	json_begin(json);
	json_utf16_field(json, "name", stream->utf16);
	json_unsigned_field(json, "size", stream->size);
	row_add_storage(json, stream);
	if (is_wof)
		json_string_field(json, "wof", ntfs_wof_word(wof.algorithm));
	if (ntfs_deleted_judge(&of, d->bitmap, &state, &err)) {
		/* Where they lie in the content is for the row of what is taken. */
		state.lost.count = 0;
		state.doubtful.count = 0;
		deleted.result = state.result;
		row_add_deleted(json, &deleted);
	} else {
		json_string_field(json, "problem", err.text);
	}
	add_member(d, json, entry, stream);
	json_end(json);
}

static void add_names(struct deleted_files *d, struct json *json, const struct ntfs_entry *entry)
{
	const struct ntfs_name *best = ntfs_entry_name(entry);
	CLEANUP(text_free) struct text path = {0};
	bool is_orphan = false;

	deleted_path(d, entry, &path, &is_orphan);
	json_bytes_field(json, "path", text_bytes(&path));
	if (is_orphan)
		json_bool_field(json, "orphan", true);
	if (!best)
		return;
	json_utf16_field(json, "name", best->utf16);
	json_unsigned_field(json, "parent_record", best->parent.record);
	json_unsigned_field(json, "parent_sequence", best->parent.sequence);
	json_key(json, "other_names");
	json_begin_array(json);
	for (size_t i = 0; i < entry->name_count; i++) {
		CLEANUP(text_free) struct text name = {0};

		if (&entry->names[i] == best)
			continue;
		text_add_utf16(&name, entry->names[i].utf16);
		json_string(json, text_bytes(&name));
	}
	json_end_array(json);
	row_add_times(json, "fn", &best->times);
}

static void add_line(struct deleted_files *d, struct text *out, const struct ntfs_entry *entry)
{
	struct json json = {.to = out};

	json_begin(&json);
	json_unsigned_field(&json, "record", entry->record);
	json_unsigned_field(&json, "sequence", entry->sequence);
	if (ntfs_entry_is_extension(entry)) {
		json_unsigned_field(&json, "base_record", entry->base.record);
		json_unsigned_field(&json, "base_sequence", entry->base.sequence);
	}
	add_names(d, &json, entry);
	if (entry->is_directory)
		json_bool_field(&json, "directory", true);
	if (entry->has_standard) {
		row_add_times(&json, "si", &entry->times);
		json_unsigned_field(&json, "attributes", entry->attributes);
		json_unsigned_field(&json, "usn", entry->usn);
	}
	json_unsigned_field(&json, "lsn", entry->lsn);
	if (deleted_journal_time(d, entry))
		json_time_field(&json, "deleted_at", deleted_journal_time(d, entry));
	json_key(&json, "streams");
	json_begin_array(&json);
	for (size_t i = 0; i < entry->stream_count; i++)
		if (hit_is_wanted(entry, &entry->streams[i]))
			add_stream(d, &json, entry, &entry->streams[i]);
	json_end_array(&json);
	if (entry->damage.kind != ERR_NONE)
		json_string_field(&json, "damage", entry->damage.text);
	json_end(&json);
	text_addc(out, '\n');
}

void deleted_list_add(struct deleted_list *list, const struct ntfs_entry *entry)
{
	add_line(list->d, &list->text, entry);
	if (list->text.len >= DELETED_LINES_BYTES || list->text.failed)
		flush(list);
}

void deleted_list_end(struct deleted_list *list)
{
	if (list->text.len || list->part == 1)
		flush(list);
	text_free(&list->text);
}
