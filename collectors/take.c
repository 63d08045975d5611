/* Taking the chosen streams of a volume: open, copy, hash, row. See state.h. */
#include "bundle/name.h"
#include "collectors/attribute.h"
#include "collectors/content.h"
#include "collectors/row.h"
#include "collectors/shadows.h"
#include "collectors/taking.h"
#include "core/array.h"

#include "platform/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define DISCOUNT_MAX \
	200000u /* hits on a shadow copy that are compared for the estimate: a few seconds */
#define COMPARED_MAX \
	1024u /* streams of a file: for each the file is read anew from the newer states */
#define RECORD_MASK (((uint64_t)1 << 48) - 1)

static void not_taken(struct taking *t, const struct err *why)
{
	struct row row = {.status = ROW_NOT_TAKEN, .why = why, .is_left = t->collection->broken};

	collection_counting(t->collection)->failed++;
	taking_row(t, &row);
	collection_note_problem(t->collection, text_bytes(&t->path), why);
}

/* $Extend/$UsnJrnl:$J, whose old part is one large hole; also where $Extend is damaged. */
static bool has_path_of_journal(const struct taking *t)
{
	static const uint8_t j[] = {'$', 0, 'J', 0};
	static const char name[] = "/$UsnJrnl:$J";
	size_t len = strlen(name);

	return t->stream->type == NTFS_DATA &&
	       stream_hash(t->stream->utf16) == stream_hash((struct bytes){j, sizeof(j)}) &&
	       t->path.len > len &&
	       text_same_name(bytes_of(t->path.at + t->path.len - len), bytes_of(name));
}

/* Of a live shadow copy: *why is set when what was read may be of two states. */
static void check_places(const struct taking *t, struct err *why)
{
	uint64_t places;

	if (!t->volume->is_shadow)
		return;
	if (shadow_places(t->collection->plan->volumes, t->volume, t->stream, &places, why) &&
	    places != t->places)
		fail(why, ERR_DAMAGED, "a part of it was overwritten while it was read");
}

/* Whether the record that tells of what was read is of two times there. */
static bool is_torn(const struct taking *t)
{
	return t->stream->torn || (t->content.is_wof && t->content.wof.packed->torn);
}

static void finish(struct taking *t, const struct bundle_place *place, struct copy_result *copy)
{
	CLEANUP(text_free) struct text first = {0};
	struct row row = {.status = ROW_TAKEN, .place = place, .copy = copy};
	struct err why = {0};

	row.content = &t->content;
	row.is_sparse = t->content.is_sparse;
	row.sparse = t->content.sparse;
	row.sparse_count = t->content.sparse_count;
	if (t->content.wof_why.kind != ERR_NONE)
		why = t->content.wof_why;
	else if (!t->content.is_wof)
		content_elsewhere(t->volume, t->entry, t->stream, &why);
	if (t->stream->incomplete && !t->content.is_wof)
		fail(&why, ERR_DAMAGED, "parts of it are missing: %.200s", t->entry->damage.text);
	else if (t->stream->is_written_unknown && !t->content.is_wof)
		fail(&why, ERR_DAMAGED, "how much of it was written is not known: %.180s",
		    t->entry->damage.text);
	if (is_torn(t))
		fail(&why, ERR_DAMAGED, "its MFT record is torn: a part may be of another time");
	check_places(t, &why);
	(void)copy_explain(copy, place, &why);
	if (t->content.cut && !copy->bad_bytes)
		fail(&why, ERR_DAMAGED, "the last %llu bytes lie outside the volume or image",
		    (unsigned long long)t->content.cut);
	row.why = &why;
	row.status = why.kind == ERR_NONE ? ROW_TAKEN : ROW_PARTIAL;
	/* What a shadow copy did not keep was never to be had: no gap. */
	row.is_gap =
	    row.status == ROW_PARTIAL && !(t->volume->is_shadow && why.kind == ERR_MISSING);
	collection_count_entry(t->collection, row.status == ROW_TAKEN, place);
	/* Others look for it under the file's first name: after an interruption that may be another's row. */
	t->is_stored = row.status == ROW_TAKEN && t->name == ntfs_entry_name(t->entry);
	taking_row(t, &row);
	if (row.is_gap)
		collection_note_problem(t->collection, text_bytes(&t->path), &why);
	text_add(&first, text_bytes(&t->path));
	taking_other_names(t, t->name, &first);
}

static void take_stream(struct taking *t);

/* What WOF packed could not be unpacked, or not all of it: then it is taken as it lies as well. */
static void take_packed(const struct taking *t)
{
	const struct ntfs_stream *packed = ntfs_wof_stream(t->entry);

	if (!packed)
		return;
	struct hit hit = {.file = t->hit->file,
	    .stream = stream_key(t->keys, t->entry, packed),
	    .collectors = t->hit->collectors};
	struct taking also = {.collection = t->collection,
	    .volume = t->volume,
	    .entry = t->entry,
	    .name = t->name,
	    .stream = packed,
	    .keys = t->keys,
	    .hit = &hit};

	for (size_t i = 0; i < t->hit_count; i++)
		if (t->hits[i].stream == hit.stream)
			return; /* asked for: its turn comes */
	take_stream(&also);
	taking_free(&also);
}

static void store(struct taking *t)
{
	struct source *source = t->content.source;
	CLEANUP(copy_result_free) struct copy_result copy = {0};
	struct bundle_member member = {.name = text_string(&t->path),
	    .identity = taking_owner(t, t->name),
	    .size = source->size};
	struct bundle_place place;
	struct err err = {0};

	if (t->entry->has_standard) {
		member.modified = t->entry->times.modified;
		member.accessed = t->entry->times.accessed;
		member.changed = t->entry->times.changed;
		member.created = t->entry->times.created;
	}
	if (copy_entry(t->collection, BUNDLE_FILES, &member, source, &copy, &place, &err)) {
		finish(t, &place, &copy);
		if (t->content.wof_why.kind != ERR_NONE || (t->content.is_wof && copy.bad_bytes))
			take_packed(t);
		return;
	}
	not_taken(t, &err);
}

/* Why a stream was left behind: the run was stopped, or the destination took no more. */
static void left_behind(struct taking *t)
{
	struct err why = {0};
	struct row row = {.status = ROW_NOT_TAKEN, .why = &why, .is_left = true};

	collection_left_behind(t->collection, &why);
	taking_path(t, t->name, &t->path);
	if (!t->path.failed)
		taking_row(t, &row);
}

/* The stream of a hit; NULL: it is not there, or not one that we take. */
static const struct ntfs_stream *find_stream(
    const struct stream_keys *keys, const struct ntfs_entry *entry, uint32_t key)
{
	const struct ntfs_stream *stream = stream_of_key(keys, entry, key);

	return stream && (hit_is_wanted(entry, stream) || attribute_type(stream)) ? stream : NULL;
}

/* A stream of a shadow copy on its volume, or on a newer shadow copy. */
struct other {
	struct collection_volume *volume;
	struct ntfs_entry entry;
	const struct ntfs_stream *stream; /* NULL: not there */
};

static void find_other(const struct taking *t, struct collection_volume *volume, struct other *out)
{
	CLEANUP(stream_keys_free) struct stream_keys keys = {0};

	*out = (struct other){.volume = volume};
	if (hit_load(volume, t->entry->record, &out->entry, NULL) && out->entry.in_use &&
	    out->entry.sequence == t->entry->sequence && stream_keys_make(&keys, &out->entry, NULL))
		out->stream = find_stream(&keys, &out->entry, t->hit->stream);
}

/* The row of a stream whose bytes are in the bundle already. False: not under the name that the other has now. */
static bool write_same(struct taking *t, const struct other *other)
{
	struct taking first = {.collection = t->collection,
	    .volume = other->volume,
	    .entry = &other->entry,
	    .name = ntfs_entry_name(&other->entry),
	    .stream = other->stream,
	    .hit = t->hit};
	struct row row = {.status = ROW_SAME_AS, .owner = taking_owner(t, t->name)};
	bool is_new = true;

	taking_path(&first, first.name, &first.path);
	bool ok = taking_claim(&first, first.name, &first.path, &is_new, NULL) && !is_new;

	row.same_as = text_bytes(&first.path);
	if (ok) {
		collection_counting(t->collection)
		    ->expected--; /* as another name of what was taken */
		taking_row(t, &row);
		taking_other_names(t, t->name, &first.path);
	}
	text_free(&first.path);
	return ok;
}

/* Whether both have that attribute the same, or neither has it. */
static bool is_same_part(const struct taking *t, const struct ntfs_stream *part,
    const struct other *other, const struct ntfs_stream *others)
{
	return !part || !others ? part == others
				: shadow_is_same(t->collection->plan->volumes, t->volume, part,
				      other->volume, others);
}

/* The stream itself; and what makes a file's content that WOF packed. */
static bool is_same_file(const struct taking *t, const struct other *other)
{
	const struct bytes unnamed = {0};

	return is_same_part(t, t->stream, other, other->stream) &&
	       (t->stream->type != NTFS_DATA || t->stream->utf16.len > 0 ||
		   (is_same_part(
			t, ntfs_wof_packed(t->entry), other, ntfs_wof_packed(&other->entry)) &&
		       is_same_part(t, ntfs_entry_stream(t->entry, NTFS_REPARSE_POINT, unnamed),
			   other, ntfs_entry_stream(&other->entry, NTFS_REPARSE_POINT, unnamed))));
}

/* Compares a stream of a shadow copy with what the volume has now and with newer shadow copies. True: one of them certainly
 * has the same, and it is in the bundle whole (or, when only planning, to be taken). */
static bool find_same(struct taking *t, bool planning, struct other *out)
{
	struct volume_set *set = t->collection->plan->volumes;

	if (t->hit_count > COMPARED_MAX)
		return false;
	t->now = set->at[t->volume->shadow_of].ntfs ? "gone" : NULL;
	for (size_t i = 0; i < set->count; i++) {
		struct collection_volume *volume = &set->at[i];
		bool is_newer = volume->is_shadow && volume->shadow_of == t->volume->shadow_of &&
				volume->shadow_index > t->volume->shadow_index;
		bool is_base = i == t->volume->shadow_of;

		if (!volume->ntfs || (!is_newer && !is_base))
			continue;
		find_other(t, volume, out);
		bool same = out->stream && is_same_file(t, out);
		const struct hit *hit = same ? hit_find(&t->collection->hits[i], t->hit) : NULL;

		if (is_base && out->stream)
			t->now = same ? "same" : "changed";
		if (hit && (planning || hit->collectors & HIT_STORED))
			return true;
		ntfs_entry_free(&out->entry);
	}
	return false;
}

static bool take_same(struct taking *t)
{
	struct other other;

	if (!find_same(t, false, &other))
		return false;
	bool ok = write_same(t, &other);

	ntfs_entry_free(&other.entry);
	return ok;
}

/* Of a file that the shadow copy left out there is nothing to take: on purpose, by Windows. */
static bool skip_unkept(struct taking *t)
{
	uint64_t unkept = shadow_unkept(t->collection->plan->volumes, t->volume, t->stream);
	struct row row = {.status = ROW_NOT_TAKEN};
	struct err why = {0};

	if (unkept == 0 || unkept < t->stream->initialized)
		return false;
	fail(&why, ERR_MISSING, "the shadow copy did not keep it (a scoped restore point)");
	row.why = &why;
	collection_counting(t->collection)->skipped++;
	taking_row(t, &row);
	progress_add(&t->collection->progress, hit_stored_bytes(t->entry, t->stream));
	return true;
}

/* What of the file lies in records that could not be read: a row of its own beside one of its content. */
static void tell_lost(struct taking *t)
{
	const struct err *lost = &t->entry->lost;
	struct err why = {0};

	if (ntfs_entry_stream(t->entry, NTFS_DATA, (struct bytes){0}))
		text_adds(&t->path, "::lost");
	if (!taking_claim(t, t->name, &t->path, NULL, &why)) {
		not_taken(t, &why);
		return;
	}
	if (lost->kind == ERR_NONE)
		fail(&why, ERR_DAMAGED, "its records changed while they were read");
	else
		fail(&why, lost->kind, "streams or parts of it may be missing: %.190s", lost->text);
	not_taken(t, &why);
}

static void take_stream(struct taking *t)
{
	const struct collection_plan *plan = t->collection->plan;
	struct err err = {0};

	collection_counting(t->collection)->expected++;
	if (collect_stopped(t->collection)) {
		collection_counting(t->collection)->failed++;
		left_behind(t);
		return;
	}
	taking_path(t, t->name, &t->path);
	for (unsigned i = t->collection->current + 1; i < t->collection->item_count; i++)
		t->collection->items[i].shared += t->hit->collectors >> i & 1;
	if (!text_ok(&t->path, &err)) {
		not_taken(t, &err);
		return;
	}
	if (t->hit->stream == STREAM_KEY_LOST && t->is_there) {
		tell_lost(t);
		return;
	}
	if (!t->stream) {
		not_taken(t, t->gone);
		return;
	}
	t->is_journal = has_path_of_journal(t); /* also of a second one, whose path is set apart */
	if (!taking_claim(t, t->name, &t->path, NULL, &err)) {
		not_taken(t, &err);
		return;
	}
	if (taking_keep(t)) {
		if (t->has_kept_gap && t->stream->type == NTFS_DATA && t->stream->utf16.len == 0)
			take_packed(t);
		return;
	}
	if (t->volume->is_shadow) {
		if (!shadow_places(plan->volumes, t->volume, t->stream, &t->places, &err)) {
			not_taken(t, &err);
			return;
		}
		if (take_same(t) || skip_unkept(t))
			return;
	}
	if (!plan->writer) {
		plan->would_take(
		    plan->context, text_bytes(&t->path), hit_stored_bytes(t->entry, t->stream));
		collection_counting(t->collection)->taken++;
		t->is_stored = true;
		return;
	}
	t->collection->progress.what = text_bytes(&t->path);
	if (content_open(t->volume, t->entry, t->stream, t->is_journal, &t->content, &err)) {
		store(t);
	} else {
		not_taken(t, &err);
		progress_add(&t->collection->progress, hit_stored_bytes(t->entry, t->stream));
	}
	t->collection->progress.what = (struct bytes){0};
}

/* Why a stream that the walk chose is not there now; *err says why its record could not be loaded. */
static void explain_gone(const struct ntfs_entry *entry, bool is_there, struct err *err)
{
	if (is_there && entry->lost.kind != ERR_NONE)
		fail(err, entry->lost.kind, "streams or parts of it may be missing: %.190s",
		    entry->lost.text);
	else if (is_there || err->kind == ERR_NONE || err->kind == ERR_MISSING)
		fail(err, ERR_MISSING, "changed or deleted while it was to be taken");
}

/* Does something with the hits of one file. */
static void each_hit(struct collection *collection, size_t volume, struct hit *hits, size_t count,
    void (*act)(struct taking *))
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(stream_keys_free) struct stream_keys keys = {0};
	struct collection_volume *from = &collection->plan->volumes->at[volume];
	uint64_t record = hits->file & RECORD_MASK;
	struct err err = {0};
	bool is_there = hit_load(from, record, &entry, &err) && entry.in_use &&
			entry.sequence == (uint16_t)(hits->file >> 48) &&
			stream_keys_make(&keys, &entry, &err);

	explain_gone(&entry, is_there, &err);
	if (!is_there) {
		entry.record = record;
		entry.stream_count = 0;
		entry.name_count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		struct taking t = {
		    .collection = collection,
		    .volume = from,
		    .entry = &entry,
		    .name = is_there ? ntfs_entry_name(&entry) : NULL,
		    .stream = is_there ? find_stream(&keys, &entry, hits[i].stream) : NULL,
		    .is_there = is_there,
		    .gone = &err,
		    .keys = &keys,
		    .hit = &hits[i],
		    .hits = hits,
		    .hit_count = count,
		};

		act(&t);
		hits[i].collectors |= t.is_stored ? HIT_STORED : 0;
		taking_free(&t);
	}
}

/* The hits of the file at index i: returns where they end, *wanted: who asked for any of them. */
static size_t group_at(const struct hit_list *list, size_t i, uint32_t *wanted)
{
	size_t end = i;

	*wanted = 0;
	for (; end < list->count && list->at[end].file == list->at[i].file; end++)
		*wanted |= list->at[end].collectors & ~HIT_STORED;
	return end;
}

void collection_take(struct collection *collection, size_t volume)
{
	struct hit_list *list = &collection->hits[volume];

	for (size_t i = 0; i < list->count && !collect_stopped(collection);) {
		uint32_t wanted;
		size_t end = group_at(list, i, &wanted);

		/* Whoever comes first among those that want any of its streams takes them all. */
		if ((wanted & (0u - wanted)) == 1u << collection->current)
			each_hit(collection, volume, &list->at[i], end - i, take_stream);
		for (; i < end; i++)
			if (wanted && (wanted & (0u - wanted)) == 1u << collection->current)
				list->at[i].collectors &= HIT_STORED; /* done */
	}
}

/* Takes off the estimate what is the same elsewhere. */
static void discount(struct taking *t)
{
	struct hit_list *list = &t->collection->hits[t->volume - t->collection->plan->volumes->at];
	struct other other;

	if (!t->stream || !find_same(t, true, &other))
		return;
	uint64_t bytes = hit_stored_bytes(t->entry, t->stream);

	list->bytes -= bytes < list->bytes ? bytes : list->bytes;
	list->same++;
	ntfs_entry_free(&other.entry);
}

void collection_discount(struct collection *collection, size_t volume)
{
	struct hit_list *list = &collection->hits[volume];

	if (!collection->plan->volumes->at[volume].is_shadow || list->count > DISCOUNT_MAX)
		return;
	for (size_t i = 0; i < list->count && !collect_stopped(collection);) {
		uint32_t wanted;
		size_t end = group_at(list, i, &wanted);

		each_hit(collection, volume, &list->at[i], end - i, discount);
		i = end;
	}
}

uint64_t collection_take_rest(struct collection *collection, size_t volume, uint64_t until_ms)
{
	struct hit_list *list = &collection->hits[volume];
	uint64_t left = 0;

	for (size_t i = 0; i < list->count;) {
		uint32_t wanted;
		size_t end = group_at(list, i, &wanted);

		for (unsigned item = 0; wanted && item < collection->item_count; item++)
			if (wanted >> item & 1) {
				collection->current = item;
				break;
			}
		if (wanted) {
			collection_counting(collection)->expected += end - i;
			collection_counting(collection)->failed += end - i;
			left += end - i;
		}
		if (wanted && clock_monotonic_ms() < until_ms)
			each_hit(collection, volume, &list->at[i], end - i, left_behind);
		i = end;
	}
	return left;
}
