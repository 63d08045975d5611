/* What a run writes down for the one that goes on after it: RESUME.NNN, encrypted to the holder of the seal key and
 * listed in the MANIFEST that it belongs to. See resume.h and writer_state.h. */
#include "bundle/writer_state.h"

#include <stdlib.h>

static void items_free_at(struct resume_items *items)
{
	free(items->at);
}

bool writer_resume_keys(const struct seal_key *seal, const uint8_t collection_id[16],
    struct age_identities *out, struct err *err)
{
	return seal_key_derive(seal, (struct bytes){collection_id, 16}, RESUME_SECRET, out, err);
}

bool writer_note_entry(struct bundle_writer *writer, enum resume_kind kind,
    const struct writer_entry *entry, struct err *err)
{
	struct resume_item item = {
	    .identity = entry->identity,
	    .kind = (uint8_t)kind,
	    .set = (uint8_t)entry->place.set,
	    .stored = entry->place.stored,
	    .tar_end = entry->place.data_offset + entry->place.stored,
	};

	resume_path_key(text_bytes(&entry->name), item.key);
	return resume_items_add(&writer->fresh, &item, err);
}

bool writer_note_row(struct bundle_writer *writer, struct bytes json, struct err *err)
{
	struct resume_item item = {.kind = RESUME_ROW, .set = BUNDLE_META};

	resume_row_key(json, item.key);
	return resume_items_add(&writer->fresh, &item, err);
}

/* Its row is, when it is asked. */
static bool is_sealed(const struct bundle_writer *writer, const struct resume_item *item)
{
	return item->set == BUNDLE_META ||
	       item->tar_end <= writer->rowed.sets[item->set].tar_offset;
}

/* Those whose rows are sealed, and whose bytes are. */
static bool choose_items(struct bundle_writer *writer, struct resume_items *out, struct err *err)
{
	for (size_t i = 0; i < writer->rowed.items; i++) {
		const struct resume_item *item = &writer->fresh.at[i];

		if (is_sealed(writer, item) && !resume_items_add(out, item, err))
			return false;
	}
	return true;
}

/* The others wait: what is given up may have its first zero in a later volume. */
static void forget_told(struct bundle_writer *writer)
{
	struct resume_items *fresh = &writer->fresh;
	size_t left = 0;

	for (size_t i = 0; i < fresh->count; i++)
		if (i >= writer->rowed.items || !is_sealed(writer, &fresh->at[i]))
			fresh->at[left++] = fresh->at[i];
	fresh->count = left;
	writer->rowed.items = 0;
}

static bool format(struct bundle_writer *writer, struct text *out, struct err *err)
{
	CLEANUP(items_free) struct resume_items items = {0};
	const struct resume_cut *cut = &writer->rowed.cut;

	if (!choose_items(writer, &items, err))
		return false;
	struct resume_state state = {
	    .number = writer->resume_files,
	    .run = writer->run,
	    .origin = writer->plan.origin,
	    .asked = writer->asked, /* borrowed */
	    .journal_lines = writer->rowed.journal_lines,
	    .volumes = writer->closed + writer->told_volumes,
	    .volume_count = writer->rowed.volumes - writer->told_volumes,
	    .items = items,
	};

	memcpy(state.collection_id, writer->plan.collection_id, sizeof(state.collection_id));
	memcpy(state.journal_head, writer->rowed.journal_head, SHA256_LEN);
	memcpy(state.sets, writer->rowed.sets, sizeof(state.sets));
	if (cut->is_set &&
	    state.sets[cut->place.set].tar_offset == cut->place.data_offset + cut->done)
		state.cut = *cut;
	resume_state_format(&state, out);
	return text_ok(out, err);
}

static bool encrypt(
    struct bundle_writer *writer, struct bytes plain, struct text *out, struct err *err)
{
	CLEANUP(sink_free) struct sink *below = sink_to_text(out);
	CLEANUP(sink_free) struct sink *age = NULL;

	if (!below)
		return fail(err, ERR_MEMORY, "no memory for the state of the run");
	if (!age_encrypt(&writer->resume_recipients, below, &age, err))
		return false;
	below = NULL; /* the age sink has it */
	return age->write(age, plain, err) && age->finish(age, err) && text_ok(out, err);
}

bool writer_put_resume(struct bundle_writer *writer, struct err *err)
{
	CLEANUP(text_free) struct text plain = {.ceiling = RESUME_BYTES};
	CLEANUP(text_free) struct text sealed = {.ceiling = 2 * RESUME_BYTES};
	char name[RESUME_NAME_ROOM];

	resume_file_name(writer->resume_files, name);
	if (!format(writer, &plain, err) || !encrypt(writer, text_bytes(&plain), &sealed, err) ||
	    !writer_put_listed(writer, name, text_bytes(&sealed), err))
		return false;
	writer->resume_files++;
	writer->told_volumes = writer->rowed.volumes;
	forget_told(writer);
	return true;
}

void writer_unlist_resume(struct bundle_writer *writer)
{
	for (uint32_t i = 0; i < writer->resume_files; i++) {
		char name[RESUME_NAME_ROOM];

		resume_file_name(i, name);
		manifest_remove(&writer->manifest, name);
	}
}

bool writer_list_resume(struct bundle_writer *writer, struct err *err)
{
	for (uint32_t i = 0; i < writer->resume_files; i++) {
		CLEANUP(source_close) struct source *file = NULL;
		uint8_t sha256[SHA256_LEN];
		char name[RESUME_NAME_ROOM];

		resume_file_name(i, name);
		if (!writer->store->open(writer->store, name, &file, err) ||
		    !hash_source(file, sha256, err) ||
		    !manifest_set(&writer->manifest, name, sha256, err))
			return false;
	}
	return true;
}

void writer_remove_resume(struct bundle_writer *writer)
{
	for (uint32_t i = 0; i < writer->resume_files; i++) {
		char name[RESUME_NAME_ROOM];

		resume_file_name(i, name);
		(void)!writer->store->remove(writer->store, name, NULL);
	}
}

const struct resume_item *writer_find_kept(struct bundle_writer *writer,
    const uint8_t key[RESUME_KEY_LEN], uint64_t identity, enum resume_kind first,
    enum resume_kind last)
{
	size_t at;
	struct resume_item *item = resume_items_find(&writer->kept, key, &at);

	for (; item; item = resume_items_next(&writer->kept, &at))
		if (!item->is_used && item->identity == identity && item->kind >= first &&
		    item->kind <= last) {
			item->is_used = true;
			return item;
		}
	return NULL;
}

bool bundle_goes_on(const struct bundle_writer *writer)
{
	return writer->run > 1;
}

bool bundle_is_given_up(const struct bundle_writer *writer, struct bytes path, uint64_t identity)
{
	uint8_t key[RESUME_KEY_LEN];
	size_t at;

	if (writer->kept.count == 0)
		return false;
	resume_path_key(path, key);
	bool is_second = false;

	for (const struct resume_item *item = resume_items_find(&writer->kept, key, &at); item;
	     item = resume_items_next(&writer->kept, &at)) {
		if (item->identity != identity)
			continue;
		/* It was met, and ended with a row of its own. */
		if (item->kind < RESUME_SAME)
			return false;
		is_second |= item->kind == RESUME_SECOND;
	}
	return is_second;
}

unsigned writer_name_again(const struct bundle_writer *writer, struct text *name, uint64_t identity)
{
	unsigned agains = 0;

	for (; !name->failed && bundle_is_given_up(writer, text_bytes(name), identity); agains++)
		text_adds(name, BUNDLE_AGAIN);
	return agains;
}

bool bundle_kept(
    struct bundle_writer *writer, const char *path, uint64_t identity, struct bundle_kept *out)
{
	CLEANUP(text_free) struct text name = {0};
	uint8_t key[RESUME_KEY_LEN];

	if (writer->kept.count == 0)
		return false;
	text_adds(&name, path);
	(void)writer_name_again(writer, &name, identity);
	if (name.failed)
		return false;
	resume_path_key(text_bytes(&name), key);
	const struct resume_item *item =
	    writer_find_kept(writer, key, identity, RESUME_TAKEN, RESUME_SAME);

	if (!item)
		return false;
	*out = (struct bundle_kept){
	    .outcome = item->kind == RESUME_PARTIAL ? BUNDLE_PARTIAL
		       : item->kind == RESUME_GAP   ? BUNDLE_GAP
						    : BUNDLE_WHOLE,
	    .stored = item->stored,
	    .is_same = item->kind == RESUME_SAME,
	};
	return true;
}

/* The entry that an interruption cut has a path, too, and will have its row. */
static bool is_of_cut(const struct bundle_writer *writer, struct bytes path)
{
	return writer->is_cut_pending && bytes_equal(path, text_bytes(&writer->cut.name));
}

bool bundle_is_begun(const struct bundle_writer *writer, struct bytes path, uint64_t identity)
{
	return is_of_cut(writer, path) && writer->cut.identity == identity &&
	       !bundle_is_given_up(writer, path, identity);
}

bool bundle_is_anothers(const struct bundle_writer *writer, struct bytes path, uint64_t identity)
{
	uint8_t key[RESUME_KEY_LEN];
	size_t at;

	if (is_of_cut(writer, path))
		return writer->cut.identity != identity;
	if (writer->kept.count == 0)
		return false;
	resume_path_key(path, key);
	for (const struct resume_item *item = resume_items_find(&writer->kept, key, &at); item;
	     item = resume_items_next(&writer->kept, &at))
		if (item->identity != identity)
			return true;
	return false;
}

/* Whether a row that gives the path content is sealed, in whatever way the object had it then, or will be written. */
static bool has_content(const struct bundle_writer *writer, const uint8_t key[RESUME_KEY_LEN],
    struct bytes path, uint64_t identity)
{
	size_t at;

	for (const struct resume_item *item = resume_items_find(&writer->kept, key, &at); item;
	     item = resume_items_next(&writer->kept, &at))
		if (item->identity == identity && item->kind != RESUME_ROW)
			return true;
	return is_of_cut(writer, path);
}

bool bundle_same_row(struct bundle_writer *writer, struct bytes path, uint64_t identity,
    struct bytes json, struct err *err)
{
	struct resume_item item = {.identity = identity, .kind = RESUME_SAME, .set = BUNDLE_META};

	resume_path_key(path, item.key);
	return has_content(writer, item.key, path, identity) ||
	       (resume_items_add(&writer->fresh, &item, err) && bundle_row(writer, json, err));
}

bool bundle_set_is_open(const struct bundle_writer *writer, enum bundle_set set)
{
	return !writer->sets[set].is_closed;
}
