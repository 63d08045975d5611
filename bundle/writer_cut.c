/* An entry that the last sealed volume of its set ends inside, and how a later run goes on with it: what is sealed
 * of it is compared with what its source has now, the rest is written. See writer_state.h. */
#include "bundle/writer_state.h"

#include "core/json.h"

void writer_remember_cut(struct bundle_writer *writer)
{
	struct writer_entry *entry = &writer->entry;
	struct resume_cut *cut = &writer->cut;

	if (!entry->is_open || entry->written < entry->skip)
		return;
	cut->place = entry->place;
	cut->size = entry->size;
	cut->done = entry->written;
	cut->identity = entry->identity;
	text_clear(&cut->name);
	text_add(&cut->name, text_bytes(&entry->name));
	cut->is_set = !cut->name.failed && hash_save(entry->sha256, cut->state);
}

void writer_keep_cut(struct bundle_writer *writer)
{
	struct resume_cut *kept = &writer->rowed.cut;
	struct text name = kept->name;

	*kept = writer->cut;
	kept->name = name;
	text_clear(&kept->name);
	text_add(&kept->name, text_bytes(&writer->cut.name));
	kept->is_set = kept->is_set && !kept->name.failed;
}

/* The entry is open again, with nothing of it compared yet. */
static void reopen(struct bundle_writer *writer)
{
	struct writer_entry *entry = &writer->entry;
	const struct resume_cut *cut = &writer->cut;

	entry->is_open = true;
	entry->is_continued = true;
	entry->set = cut->place.set;
	entry->size = cut->size;
	entry->written = 0;
	entry->skip = cut->done;
	entry->place = cut->place;
	entry->place.is_continued = true;
	entry->identity = cut->identity;
	text_clear(&entry->name);
	text_add(&entry->name, text_bytes(&cut->name));
}

/* All that is sealed of it was compared, or will not be: what follows goes into a new volume. */
static bool go_on(struct bundle_writer *writer, struct err *err)
{
	struct writer_entry *entry = &writer->entry;
	const struct resume_cut *cut = &writer->cut;
	uint8_t state[SHA256_LEN];

	if (entry->written != entry->skip || !hash_save(entry->sha256, state) ||
	    memcmp(state, cut->state, sizeof(state)) != 0)
		entry->place.is_stale = true;
	hash_resume(entry->sha256, cut->state, cut->done);
	entry->written = entry->skip;
	if (!text_ok(&entry->name, err) || !writer_check_room(writer, TAR_BLOCK, err) ||
	    !writer_open_volume(writer, entry->set, writer_entry_end_offset(entry), err))
		return false;
	writer->is_cut_pending = false;
	entry->since_ms = writer->plan.monotonic_ms();
	return true;
}

bool writer_continue_entry(
    struct bundle_writer *writer, const struct bundle_member *member, struct err *err)
{
	reopen(writer);
	writer->entry.offered = member->size;
	return writer->entry.skip > 0 || go_on(writer, err);
}

bool writer_catch_up(struct bundle_writer *writer, struct bytes *data, struct err *err)
{
	struct writer_entry *entry = &writer->entry;
	uint64_t left = entry->skip - entry->written;
	size_t take = data->len < left ? data->len : (size_t)left;

	hash_add(entry->sha256, (struct bytes){data->at, take});
	entry->written += take;
	data->at += take;
	data->len -= take;
	if (entry->written == entry->skip)
		return go_on(writer, err);
	if (take > 0)
		return true;
	/* Its end comes before what is sealed of it: it is shorter now, or the run was stopped. */
	if (entry->written < entry->offered)
		return fail(err, ERR_STOPPED, "stopped while its beginning was compared");
	return go_on(writer, err);
}

static void add_row(const struct writer_entry *entry, struct text *out)
{
	const struct bundle_place *place = &entry->place;
	struct json json = {.to = out};

	json_begin(&json);
	json_bytes_field(&json, "path", text_bytes(&entry->name));
	json_string_field(&json, "kind", "file");
	json_string_field(&json, "status", "partial");
	json_string_field(&json, "reason",
	    "cut off by an interruption and not met again in its turn: the rest is zeros");
	json_string_field(&json, "reason_kind", err_kind_name(ERR_STOPPED));
	json_unsigned_field(&json, "size", entry->size);
	bundle_place_write(&json, place);
	json_end(&json);
}

bool writer_note_second(struct bundle_writer *writer, struct err *err)
{
	const struct writer_entry *entry = &writer->entry;
	/* Told from the first zero on: while none is sealed, the next run can still go on with it. */
	struct resume_item second = {.identity = entry->identity,
	    .kind = RESUME_SECOND,
	    .set = (uint8_t)entry->set,
	    .stored = entry->size,
	    .tar_end = entry->place.data_offset + entry->written + 1};

	if (bundle_is_given_up(writer, text_bytes(&entry->name), entry->identity))
		return true; /* that run before told it */
	resume_path_key(text_bytes(&entry->name), second.key);
	if (!resume_items_add(&writer->fresh, &second, err) ||
	    !resume_items_add(&writer->kept, &second, err))
		return false;
	resume_items_sort(&writer->kept);
	return true;
}

void writer_forget_second(struct bundle_writer *writer)
{
	const struct writer_entry *entry = &writer->entry;
	struct resume_items *kept = &writer->kept;
	uint8_t key[RESUME_KEY_LEN];
	size_t at;

	if (!entry->is_continued)
		return;
	resume_path_key(text_bytes(&entry->name), key);
	struct resume_item *item = resume_items_find(kept, key, &at);

	while (item && (item->kind != RESUME_SECOND || item->identity != entry->identity))
		item = resume_items_next(kept, &at);
	if (!item)
		return;
	at = (size_t)(item - kept->at);
	kept->count--;
	memmove(item, item + 1, (kept->count - at) * sizeof(*item));
}

bool writer_abandon_cut(struct bundle_writer *writer, struct err *err)
{
	CLEANUP(text_free) struct text row = {0};
	struct writer_entry *entry = &writer->entry;

	reopen(writer);
	if (!go_on(writer, err) || !writer_note_second(writer, err) || !writer_fill_up(writer, err))
		return false;
	add_row(entry, &row);
	writer->totals.rows++;
	return text_ok(&row, err) && rows_add(writer->rows, text_bytes(&row), err);
}

bool bundle_settle(struct bundle_writer *writer, struct err *err)
{
	return writer_usable(writer, err) &&
	       (!writer->is_cut_pending || writer_abandon_cut(writer, err));
}
