/* Goes on with a bundle that was interrupted: what its seal and RESUME.NNN vouch for stays, the rest is set aside. See
 * bundle_resume in writer.h. */
#include "bundle/resume_parts.h"

#include "bundle/reader_parts.h"
#include "core/json.h"
#include "core/array.h"

#include <stdlib.h>

static const char manifest_new[] = MANIFEST_NAME BUNDLE_NEW_SUFFIX;
static const char seal_new[] = MANIFEST_SEAL_NAME BUNDLE_NEW_SUFFIX;

static void resuming_free_at(struct resuming *r)
{
	manifest_free(&r->manifest);
	resume_state_free(&r->state);
	text_list_free(&r->names);
	text_list_free(&r->to_remove);
	text_list_free(&r->unread);
	free(r->left);
}

/* The seal and what it seals ----------------------------------------------------------------------- */

/* Whether the office gave that seal to a kit of our name: the one that this kit had before it was renewed, with another key. */
static bool is_earlier_seal(
    struct resuming *r, struct bytes manifest, struct bytes p7s, const struct seal_facts *facts)
{
	CLEANUP(text_free) struct text chain = {0};
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(seal_facts_free) struct seal_facts same = {0};

	seal_key_add_name(r->plan->seal, &name);
	if (!seal_key_chain(r->plan->seal, &chain, NULL) ||
	    !bytes_equal(text_bytes(&name), text_bytes(&facts->signer)))
		return false;
	const struct seal_trust office = {.ca_pem = text_bytes(&chain), .at = facts->signed_at};

	return seal_verify(manifest, p7s, &office, &same, NULL);
}

/* Only the key in our hands counts: no CA is asked. */
static bool check_seal(struct resuming *r, const char *name, struct bytes manifest, struct err *err)
{
	CLEANUP(text_free) struct text p7s = {0};
	CLEANUP(seal_facts_free) struct seal_facts facts = {0};
	uint8_t ours[SHA256_LEN];

	if (!reader_small(r->store, name, SEAL_BYTES, &p7s, err) ||
	    !seal_verify_signature(manifest, text_bytes(&p7s), &facts, err))
		return fail_in(err, "'%s'", name);
	seal_key_certificate_sha256(r->plan->seal, ours);
	if (memcmp(ours, facts.certificate_sha256, SHA256_LEN) == 0)
		return true;
	return fail(err, ERR_UNTRUSTED,
	    is_earlier_seal(r, manifest, text_bytes(&p7s), &facts)
		? "it was begun before this kit was renewed: only the kit as it was then goes on "
		  "with it"
		: "it was begun with another kit than this one");
}

static bool find_seal(struct resuming *r, struct bytes manifest, struct err *err)
{
	struct err second = {0};

	if (check_seal(r, MANIFEST_SEAL_NAME, manifest, err))
		return true;
	r->seal_is_new = check_seal(r, seal_new, manifest, &second);
	return r->seal_is_new;
}

static bool same_recipients(const struct text_list *a, const struct text_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

static bool read_text(struct resuming *r, struct text *out, struct err *err)
{
	struct err why = {0};

	if (reader_small(r->store, MANIFEST_NAME, MANIFEST_BYTES, out, &why))
		return true;
	if (why.kind == ERR_MISSING)
		r->manifest_is_new =
		    reader_small(r->store, manifest_new, MANIFEST_BYTES, out, &why);
	if (r->manifest_is_new)
		return true;
	if (why.kind == ERR_MISSING)
		fail(&why, ERR_MISSING, "there is no bundle: no '%s'", MANIFEST_NAME);
	if (err)
		*err = why;
	return false;
}

static bool read_manifest(struct resuming *r, struct err *err)
{
	CLEANUP(text_free) struct text text = {0};

	if (!read_text(r, &text, err))
		return false;
	if (!find_seal(r, text_bytes(&text), err))
		return false;
	if (!manifest_parse(text_bytes(&text), &r->manifest, err))
		return fail_in(err, "'%s'", MANIFEST_NAME);
	if (r->manifest.complete)
		return fail(err, ERR_EXISTS,
		    "this bundle is complete and sealed: there is nothing to go on with");
	if (!same_recipients(&r->manifest.recipients, r->plan->recipients))
		return fail(
		    err, ERR_UNTRUSTED, "it was begun for other recipients than this kit's");
	return true;
}

/* RESUME.NNN --------------------------------------------------------------------------------------- */

static bool decrypt(const struct age_identities *keys, const struct text *sealed,
    struct text *plain, struct err *err)
{
	CLEANUP(source_close) struct source *file = source_of_bytes(text_bytes(sealed));
	CLEANUP(sink_free) struct sink *to = sink_to_text(plain);

	if (!file || !to)
		return fail(err, ERR_MEMORY, "no memory for the state of the run");
	return age_decrypt(file, keys, to, err) && text_ok(plain, err);
}

static bool read_state_file(
    struct resuming *r, const struct age_identities *keys, const char *name, struct err *err)
{
	CLEANUP(text_free) struct text sealed = {.ceiling = 2 * RESUME_BYTES};
	CLEANUP(text_free) struct text plain = {.ceiling = RESUME_BYTES};

	return reader_small(r->store, name, 2 * RESUME_BYTES, &sealed, err) &&
	       resume_check_listed(r, name, text_bytes(&sealed), err) &&
	       ((decrypt(keys, &sealed, &plain, err) &&
		    resume_state_add(&r->state, text_bytes(&plain), err)) ||
		   fail_in(err, "'%s'", name));
}

/* The first `limit` of them at most. */
static bool read_state(struct resuming *r, uint32_t limit, struct err *err)
{
	CLEANUP(age_identities_free) struct age_identities keys = {0};
	char name[RESUME_NAME_ROOM];

	if (!writer_resume_keys(r->plan->seal, r->manifest.collection_id, &keys, err))
		return false;
	for (; r->files < limit; r->files++) {
		resume_file_name(r->files, name);
		if (!manifest_find(&r->manifest, bytes_of(name)))
			break;
		if (!read_state_file(r, &keys, name, err))
			return false;
	}
	if (r->files == 0)
		return fail(err, ERR_MISSING, "the run left no state to go on from");
	if (memcmp(r->state.collection_id, r->manifest.collection_id, 16) != 0)
		return fail(err, ERR_DAMAGED, "'%s' is of another collection", name);
	return true;
}

/* Without one more volume of meta nothing can be told of what a run takes: it would be lost at the first rotation. */
static bool check_meta(const struct resuming *r, struct err *err)
{
	return !r->state.sets[BUNDLE_META].is_closed ||
	       fail(err, ERR_UNSUPPORTED,
		   "its 'meta' was closed for good by an earlier version: what is sealed is "
		   "good, but nobody goes on with it");
}

static bool check_origin(const struct resuming *r, struct err *err)
{
	const struct bundle_origin *then = &r->state.origin, *now = &r->plan->origin;
	const char *case_id = text_string(&r->manifest.case_id);

	if (r->plan->case_id && strcmp(r->plan->case_id, case_id) != 0)
		return fail(err, ERR_USAGE, "its case is '%s': leave out --case", case_id);
	if (memcmp(then->host, now->host, SHA256_LEN) != 0)
		return fail(err, ERR_USAGE, "it was begun on another PC, or of another image");
	if (memcmp(then->sources, now->sources, SHA256_LEN) != 0)
		return fail(err, ERR_USAGE,
		    "it was begun with other volumes: give the same --volume as then");
	if (memcmp(then->request, now->request, SHA256_LEN) != 0)
		return fail(err, ERR_USAGE,
		    "something else was asked for when it was begun: give the same --profile, "
		    "--take, --deleted, --shadow, --no-live");
	return true;
}

/* What does not stay ------------------------------------------------------------------------------- */

static bool set_aside(struct resuming *r, const struct resume_left *left, struct err *err)
{
	if (left->is_sealed && !left->is_unread)
		return true;
	manifest_remove(&r->manifest, left->name);
	/* What may be sealed as NAME.cutN keeps that name until a MANIFEST without it is there: rename_unread. */
	if (!left->is_cut && !r->store->rename(r->store, left->name, left->to, err))
		return false;
	return left->is_unread || manifest_set(&r->manifest, left->to, left->sha256, err);
}

static bool sort_out_all(struct resuming *r, struct err *err)
{
	if (r->manifest_is_new && !r->store->rename(r->store, manifest_new, MANIFEST_NAME, err))
		return false;
	for (size_t i = 0; i < r->to_remove.count; i++)
		manifest_remove(&r->manifest, r->to_remove.at[i]);
	for (size_t i = 0; i < r->left_count; i++)
		if (!set_aside(r, &r->left[i], err))
			return fail_in(err, "'%s'", r->left[i].name);
	/* A volume that was listed, that nothing tells of, and that is gone. */
	for (size_t i = r->manifest.file_count; i > 0; i--) {
		struct volume_name volume;
		char name[MANIFEST_FILE_NAME + 1];

		memcpy(name, r->manifest.files[i - 1].name, sizeof(name));
		if (volume_name_parse(bytes_of(name), &volume) && !resume_told(r, name))
			manifest_remove(&r->manifest, name);
	}
	return true;
}

/* A NAME.cutN that cannot be read and is not listed any more: readers of a complete bundle take none of that name. */
static bool rename_unread(struct resuming *r, struct err *err)
{
	for (size_t i = 0; i < r->left_count; i++) {
		const struct resume_left *left = &r->left[i];

		if (left->is_unread && left->is_cut &&
		    !r->store->rename(r->store, left->name, left->to, err))
			return false;
	}
	return true;
}

/* The writer as the interrupted one was after its last seal ----------------------------------------- */

static bool take_volumes(struct bundle_writer *writer, struct resuming *r, struct err *err)
{
	struct resume_state *state = &r->state;

	if (!array_grow(&writer->closed, &writer->closed_room, state->volume_count + 1,
		sizeof(*writer->closed), BUNDLE_SETS * VOLUME_INDEX_MAX + 1, err))
		return false;
	for (size_t i = 0; i < state->volume_count; i++) {
		const struct closed_volume *volume = &state->volumes[i];
		struct writer_set *set = &writer->sets[volume->set];

		writer->closed[writer->closed_count++] = *volume;
		memcpy(set->previous_sha256, volume->hashes.sha256, SHA256_LEN);
		set->volumes = volume->index;
		writer->totals.volumes++;
		writer->totals.bytes_out += volume->hashes.bytes;
	}
	for (unsigned i = 0; i < BUNDLE_SETS; i++) {
		writer->sets[i].is_closed = state->sets[i].is_closed;
		writer->sets[i].tar_offset = state->sets[i].tar_offset;
	}
	return true;
}

/* Given up, but not yet filled up; or met all the same, and counted by the row that it ended with. */
static bool is_counted_else(const struct bundle_writer *writer, const struct resume_item *item)
{
	uint8_t key[RESUME_KEY_LEN];
	size_t at;

	if (item->kind != RESUME_SECOND)
		return false;
	for (const struct resume_item *other = resume_items_find(&writer->kept, item->key, &at);
	     other; other = resume_items_next(&writer->kept, &at))
		if (other->identity == item->identity && other->kind < RESUME_SAME)
			return true;
	resume_path_key(text_bytes(&writer->cut.name), key);
	return writer->is_cut_pending && item->identity == writer->cut.identity &&
	       memcmp(key, item->key, sizeof(key)) == 0;
}

static void count_kept(struct bundle_writer *writer, struct bundle_resumed *resumed)
{
	for (size_t i = 0; i < writer->kept.count; i++) {
		const struct resume_item *item = &writer->kept.at[i];

		if (is_counted_else(writer, item))
			continue;
		resumed->rows += item->kind == RESUME_ROW;
		resumed->entries += item->kind != RESUME_ROW;
		resumed->bytes += item->stored;
	}
	writer->totals.entries = resumed->entries;
	writer->totals.rows = resumed->entries + resumed->rows;
	writer->totals.bytes_in = resumed->bytes;
}

static bool take_state(struct bundle_writer *writer, struct resuming *r, struct err *err)
{
	struct resume_state *state = &r->state;

	if (!take_volumes(writer, r, err))
		return false;
	manifest_free(&writer->manifest);
	writer->manifest = r->manifest;
	r->manifest = (struct manifest){0};
	writer->manifest.volumes = (uint32_t)state->volume_count;
	memcpy(writer->journal_head, state->journal_head, SHA256_LEN);
	memcpy(writer->rowed.journal_head, state->journal_head, SHA256_LEN);
	memcpy(writer->manifest.journal_head, state->journal_head, SHA256_LEN);
	writer->run = state->run + 1;
	writer->resume_files = r->files;
	writer->told_volumes = state->volume_count;
	writer->journal_before = state->journal_lines;
	writer->rowed.volumes = state->volume_count;
	writer->rowed.journal_lines = state->journal_lines;
	memcpy(writer->rowed.sets, state->sets, sizeof(writer->rowed.sets));
	writer->kept = state->items;
	state->items = (struct resume_items){0};
	resume_items_sort(&writer->kept);
	writer->cut = state->cut;
	state->cut = (struct resume_cut){0};
	writer->is_cut_pending = writer->cut.is_set;
	writer_keep_cut(writer);
	writer->seal_is_pending = r->seal_is_new;
	return true;
}

static bool tell_journal(
    struct bundle_writer *writer, const struct bundle_resumed *resumed, struct err *err)
{
	CLEANUP(text_free) struct text fields = {0};
	struct json json = {.to = &fields};

	json_begin(&json);
	json_string_field(&json, "event", "resumed");
	json_unsigned_field(&json, "run", resumed->run);
	json_unsigned_field(&json, "volumes_kept", resumed->volumes);
	json_unsigned_field(&json, "entries_kept", resumed->entries);
	json_unsigned_field(&json, "files_set_aside", resumed->set_aside);
	json_bool_field(&json, "goes_on_inside", resumed->goes_on_inside);
	json_end(&json);
	return text_ok(&fields, err) && bundle_journal(writer, text_bytes(&fields), err);
}

/* left: NULL of one that a run before renamed, whose own line may have gone with the power. */
static bool tell_unread(
    struct bundle_writer *writer, const char *name, const struct resume_left *left, struct err *err)
{
	CLEANUP(text_free) struct text fields = {0};
	struct json json = {.to = &fields};

	json_begin(&json);
	json_string_field(&json, "event", "unread");
	json_string_field(&json, "name", name);
	if (left) {
		json_string_field(&json, "was", left->name);
		json_bool_field(&json, "was_sealed", left->is_sealed);
	}
	json_string_field(&json, "reason", left ? left->why.text : "set aside by an earlier run");
	json_end(&json);
	return text_ok(&fields, err) && bundle_journal(writer, text_bytes(&fields), err);
}

/* Each file that is not listed because it cannot be read is in the journal of every run that finds it: no line of a run that no
 * meta volume was written of is kept. */
static bool tell_all_unread(struct bundle_writer *writer, const struct resuming *r, struct err *err)
{
	for (size_t i = 0; i < r->unread.count; i++)
		if (!tell_unread(writer, r->unread.at[i], NULL, err))
			return false;
	for (size_t i = 0; i < r->left_count; i++)
		if (r->left[i].is_unread && !tell_unread(writer, r->left[i].to, &r->left[i], err))
			return false;
	return true;
}

static uint32_t count_unread(const struct resuming *r)
{
	uint32_t count = 0;

	for (size_t i = 0; i < r->left_count; i++)
		count += r->left[i].is_unread;
	return count;
}

static bool make_writer(
    struct resuming *r, struct bundle_resumed *resumed, struct bundle_writer **out, struct err *err)
{
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_plan plan = *r->plan;

	memcpy(plan.collection_id, r->manifest.collection_id, sizeof(plan.collection_id));
	plan.started = r->manifest.started;
	plan.case_id = NULL;
	plan.host = NULL;
	if (!writer_make(r->store, &plan, &writer, err) || !sort_out_all(r, err) ||
	    !take_state(writer, r, err))
		return false;
	*resumed = (struct bundle_resumed){.run = writer->run,
	    .volumes = (uint32_t)writer->closed_count,
	    .set_aside = (uint32_t)r->left_count,
	    .unread = count_unread(r),
	    .goes_on_inside = writer->is_cut_pending,
	    .started = plan.started,
	    .case_id = text_string(&writer->manifest.case_id),
	    .host = text_string(&writer->manifest.host)};
	memcpy(resumed->collection_id, plan.collection_id, sizeof(plan.collection_id));
	count_kept(writer, resumed);
	if (!tell_journal(writer, resumed, err) || !tell_all_unread(writer, r, err) ||
	    !writer_seal(writer, false, err) || !rename_unread(r, err))
		return false;
	for (size_t i = 0; i < r->to_remove.count; i++)
		if (!r->store->remove(r->store, r->to_remove.at[i], err))
			return false;
	if (!writer_reserve(writer, err))
		return false;
	*out = TAKE(writer);
	return true;
}

bool bundle_resume(struct store *store, const struct bundle_plan *plan,
    const struct bundle_checking *checking, struct bundle_resumed *resumed,
    struct bundle_writer **out, struct err *err)
{
	CLEANUP(resuming_free)
	struct resuming r = {.store = store, .plan = plan, .checking = checking};
	struct bundle_resumed found = {0};

	if (!read_manifest(&r, err) || !read_state(&r, UINT32_MAX, err) || !check_meta(&r, err) ||
	    !check_origin(&r, err) || !resume_check_files(&r, err) ||
	    !make_writer(&r, &found, out, err))
		return false;
	*resumed = found;
	return true;
}

bool bundle_asked(
    struct store *store, const struct bundle_plan *plan, struct text *asked, struct err *err)
{
	CLEANUP(resuming_free) struct resuming r = {.store = store, .plan = plan};
	struct text nothing = {0};

	if (!read_manifest(&r, err) || !read_state(&r, 1, err))
		return false;
	*asked = r.state.asked;
	r.state.asked = nothing;
	return true;
}
