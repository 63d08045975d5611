/* FAT and exFAT volumes: every entry against all patterns, in one walk for each collector that wants any. See state.h. */
#include "bundle/name.h"
#include "collectors/row.h"
#include "collectors/fat_row.h"
#include "core/array.h"
#include "core/tr.h"
#include "platform/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum purpose { SEE, COUNT, TAKE_FILES, LEAVE };

struct fat_taking {
	struct fat_walker walker;
	struct collection *collection;
	struct collection_volume *volume;
	struct fat_hits *hits;
	enum purpose purpose;
	uint64_t until_ms;                   /* LEAVE */
	uint64_t left;                       /* LEAVE: files that were not reached */
	uint64_t seen[MATCH_COLLECTORS_MAX]; /* LEAVE */
	struct fat_gaps gaps;
	/* The file at work */
	const struct fat_entry *entry; /* NULL: a member made of the volume */
	uint32_t collectors;
	enum fat_layout layout;
	struct text path; /* in the bundle */
	uint64_t size;    /* of what is stored and not */
	struct range *sparse;
	size_t sparse_count;
};

/* What tells the entry from all others, in every run. */
static uint32_t owner_of(const struct fat_taking *t)
{
	const uint64_t parts[] = {(uint64_t)(t->volume - t->collection->plan->volumes->at),
	    t->entry ? t->entry->number : UINT64_MAX};

	return claims_owner(parts, ARRAY_LEN(parts));
}

/* A file of the stick that is named like one of our own members must not take its place. */
static bool is_reserved(struct bytes path)
{
	return text_same_name(path, bytes_of(COLLECTION_FAT_IMAGE)) ||
	       text_same_name(path, bytes_of(COLLECTION_FAT_LISTING));
}

static void make_path(struct fat_taking *t, struct bytes path)
{
	text_clear(&t->path);
	text_addf(&t->path, "fs/%s/", text_string(&t->volume->name));
	if (t->entry && is_reserved(path)) {
		text_adds(&t->path, "<U+0024>");
		path.at++, path.len--;
	}
	bundle_name_add_path(&t->path, path);
}

static void write_row(struct fat_taking *t, struct row *row)
{
	row->path = text_bytes(&t->path);
	row->kind = "file";
	row->read = "raw";
	row->size = t->size;
	row->is_sparse = t->sparse != NULL;
	row->sparse = t->sparse;
	row->sparse_count = t->sparse_count;
	row->collection = t->collection;
	row->collectors = t->collectors;
	row->volume = t->volume;
	row->fat = t->entry;
	row->fat_layout = t->layout;
	row_put(row);
}

static void not_taken(struct fat_taking *t, const struct err *why)
{
	struct row row = {.status = ROW_NOT_TAKEN, .why = why, .is_left = t->collection->broken};

	collection_counting(t->collection)->failed++;
	write_row(t, &row);
	collection_note_problem(t->collection, text_bytes(&t->path), why);
}

static void finish(struct fat_taking *t, const struct bundle_place *place, struct copy_result *copy,
    const struct err *damage)
{
	struct err why = *damage;
	struct row row = {.place = place, .copy = copy, .why = &why};

	(void)copy_explain(copy, place, &why);
	row.status = why.kind == ERR_NONE ? ROW_TAKEN : ROW_PARTIAL;
	row.is_gap = row.status == ROW_PARTIAL;
	collection_count_entry(t->collection, row.status == ROW_TAKEN, place);
	write_row(t, &row);
	if (row.status == ROW_PARTIAL)
		collection_note_problem(t->collection, text_bytes(&t->path), &why);
}

static void store(struct fat_taking *t, struct source *source, const struct err *damage)
{
	CLEANUP(copy_result_free) struct copy_result copy = {0};
	struct bundle_member member = {
	    .name = text_string(&t->path), .identity = owner_of(t), .size = source->size};
	struct bundle_place place;
	struct err err = {0};

	if (t->entry)
		fat_row_times(t->entry, &member);
	if (copy_entry(t->collection, BUNDLE_FILES, &member, source, &copy, &place, &err)) {
		finish(t, &place, &copy, damage);
		return;
	}
	not_taken(t, &err);
}

/* A damaged directory may hold a name twice. */
static bool claim(struct fat_taking *t, struct err *err)
{
	char apart[24];

	snprintf(
	    apart, sizeof(apart), "%llu", (unsigned long long)(t->entry ? t->entry->number : 0));
	return text_ok(&t->path, err) &&
	       collection_claim(t->collection, &t->path, apart, owner_of(t), NULL, err);
}

/* What is common to all that is taken; false: there is nothing more to do. */
static bool begin_taking(struct fat_taking *t)
{
	struct collection *collection = t->collection;
	struct bundle_kept kept;
	struct err err = {0};

	collection_counting(t->collection)->expected++;
	t->hits->taken[collection->current]++;
	for (unsigned i = collection->current + 1; i < collection->item_count; i++)
		collection->items[i].shared += t->collectors >> i & 1;
	if (!claim(t, &err)) {
		not_taken(t, &err);
		return false;
	}
	if (collection->plan->writer)
		return !collection_kept(collection, text_string(&t->path), owner_of(t), &kept);
	collection->plan->would_take(collection->plan->context, text_bytes(&t->path), t->size);
	collection_counting(t->collection)->taken++;
	return false;
}

/* exFAT: behind what was written there are zeros. Of a sound volume all files have no more than it is large; once there
 * are more, only what was written is stored. */
static bool leave_zeros(
    struct fat_taking *t, struct source **source, struct range *written, struct err *err)
{
	uint64_t size = (*source)->size;
	uint64_t zeros = size > t->entry->valid_size ? size - t->entry->valid_size : 0;

	if (zeros <= t->volume->raw->size - t->volume->zeros) {
		t->volume->zeros += zeros;
		return true;
	}
	struct source *start = source_window(*source, 0, t->entry->valid_size, true);

	if (!start)
		return fail(err, ERR_MEMORY, "no memory to read a file");
	*source = start;
	*written = (struct range){.len = t->entry->valid_size};
	t->sparse = written;
	t->sparse_count = written->len != 0;
	return true;
}

static void take_file(struct fat_taking *t)
{
	CLEANUP(source_close) struct source *source = NULL;
	struct range written;
	struct err err = {0}, damage = {0};

	t->size = t->entry->size;
	if (!begin_taking(t))
		return;
	t->collection->progress.what = text_bytes(&t->path);
	bool ok = fat_content_open(t->volume->fat, t->entry, &source, &t->layout, &damage, &err);

	if (ok)
		t->size = source->size;
	if (ok && leave_zeros(t, &source, &written, &err)) {
		store(t, source, &damage);
	} else {
		not_taken(t, &err);
		progress_add(&t->collection->progress, t->entry->size);
	}
	t->sparse = NULL;
	t->sparse_count = 0;
	t->collection->progress.what = (struct bytes){0};
}

static void leave(struct fat_taking *t)
{
	struct err why = {0};
	struct row row = {.status = ROW_NOT_TAKEN, .why = &why, .is_left = true};

	collection_left_behind(t->collection, &why);
	t->size = t->entry ? t->entry->size : 0;
	collection_counting(t->collection)->expected++;
	collection_counting(t->collection)->failed++;
	t->left++;
	if (!t->path.failed && clock_monotonic_ms() < t->until_ms)
		write_row(t, &row);
}

static unsigned first_of(uint32_t mask)
{
	unsigned first = 0;

	while (!(mask >> first & 1))
		first++;
	return first;
}

static void count(struct fat_taking *t, unsigned first, uint64_t size)
{
	t->hits->count++;
	t->hits->by_item[first]++;
	t->hits->bytes = size > UINT64_MAX - t->hits->bytes ? UINT64_MAX : t->hits->bytes + size;
}

/* Whether a file that these want is now to be taken, or told of as left behind. */
static bool is_its_turn(struct fat_taking *t, unsigned first)
{
	if (t->purpose == TAKE_FILES)
		return first == t->collection->current;
	/* Those that were taken before the stop come first in every walk. */
	return t->seen[first]++ >= t->hits->taken[first];
}

static bool look(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	struct fat_taking *t = (struct fat_taking *)self;
	bool is_file = entry->kind == FAT_ENTRY_FILE || entry->kind == FAT_ENTRY_BITMAP ||
		       entry->kind == FAT_ENTRY_UPCASE ||
		       (entry->kind == FAT_ENTRY_LABEL && entry->size); /* hidden as a label */

	if (t->purpose != LEAVE && collect_stopped(t->collection))
		return fail(err, ERR_STOPPED, "stopped");
	if (!is_file || entry->is_deleted)
		return true;
	if (t->purpose == SEE) {
		fat_structures_see(t->hits->structures, entry);
		return true;
	}
	uint32_t mask = matcher_mask(&t->collection->matcher, t->volume->letter, entry->path);

	if (t->hits->structures)
		mask |= fat_structures_mask(t->hits->structures, entry->path);
	if (mask == 0)
		return true;
	if (t->purpose == COUNT) {
		count(t, first_of(mask), entry->size);
		return true;
	}
	if (!is_its_turn(t, first_of(mask)))
		return true;
	t->entry = entry;
	t->collectors = mask;
	t->layout = FAT_LAYOUT_NONE;
	make_path(t, entry->path);
	if (t->purpose == LEAVE) {
		t->collection->current = first_of(mask);
		leave(t);
	} else {
		take_file(t);
	}
	t->entry = NULL;
	return true;
}

static void note_damage(struct fat_walker *self, uint64_t place, const struct err *why)
{
	struct fat_taking *t = (struct fat_taking *)self;

	if (t->purpose == COUNT || t->purpose == TAKE_FILES)
		fat_gaps_note(&t->gaps, place, why);
}

static struct fat_taking begin(struct collection *collection, size_t index, enum purpose purpose)
{
	return (struct fat_taking){
	    .walker = {.each = look, .damage = note_damage},
	    .collection = collection,
	    .volume = &collection->plan->volumes->at[index],
	    .hits = &collection->fat[index],
	    .purpose = purpose,
	};
}

static void problem(struct fat_taking *t, const struct err *why)
{
	CLEANUP(text_free) struct text where = {0};

	text_addf(&where, "fs/%s/" COLLECTION_FAT_IMAGE, text_string(&t->volume->name));
	collect_problem(t->collection, text_string(&where), why);
}

static void take_listing(struct fat_taking *t)
{
	CLEANUP(text_free) struct text lines = {0};
	CLEANUP(source_close) struct source *source = NULL;
	struct fat_listing_gaps gaps = {0};
	struct err err = {0}, damage = {0};

	make_path(t, bytes_of(COLLECTION_FAT_LISTING));
	t->size = 0;
	if (!begin_taking(t))
		return;
	if (!collection_fat_listing(t->volume, &lines, &gaps, &err) ||
	    !(source = source_of_bytes(text_bytes(&lines)))) {
		if (err.kind == ERR_NONE)
			fail(&err, ERR_MEMORY, "no memory for a listing");
		not_taken(t, &err);
		return;
	}
	t->size = source->size;
	if (!fat_gaps_tell(&gaps.unread, &damage) && gaps.dropped)
		fail(&damage, ERR_LIMIT,
		    "%llu entries over the limit are not listed: they are in " COLLECTION_FAT_IMAGE,
		    (unsigned long long)gaps.dropped);
	store(t, source, &damage);
}

static void take_image(struct fat_taking *t)
{
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(free_memory) struct range *sparse = NULL;
	const struct fat_geometry *geometry = fat_volume_geometry(t->volume->fat);
	struct err err = {0}, none = {0};

	make_path(t, bytes_of(COLLECTION_FAT_IMAGE));
	t->size = geometry->sectors * geometry->sector_size;
	if (!begin_taking(t))
		return;
	source = collection_fat_image(t->volume, &sparse, &t->sparse_count, &err);
	if (!source) {
		not_taken(t, &err);
		return;
	}
	t->sparse = sparse;
	store(t, source, &none);
	t->sparse = NULL;
	t->sparse_count = 0;
}

/* The members made of the volume are matched as if they were files of its root. */
static void each_member(struct fat_taking *t)
{
	static const char *const names[] = {COLLECTION_FAT_IMAGE, COLLECTION_FAT_LISTING};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint32_t mask =
		    matcher_mask(&t->collection->matcher, t->volume->letter, bytes_of(names[i]));

		if (mask == 0)
			continue;
		t->collectors = mask;
		if (t->purpose == COUNT) {
			count(t, first_of(mask),
			    i == 0 ? fat_volume_geometry(t->volume->fat)->data : 0);
		} else if (is_its_turn(t, first_of(mask)) && t->purpose == LEAVE) {
			make_path(t, bytes_of(names[i]));
			t->collection->current = first_of(mask);
			leave(t);
		} else if (t->purpose == TAKE_FILES && first_of(mask) == t->collection->current) {
			(i == 0 ? take_image : take_listing)(t);
		}
	}
}

static bool goes_on(void *context, uint64_t done, uint64_t total)
{
	struct fat_taking *t = context;

	progress_part(&t->collection->progress, text_string(&t->volume->name), done, total);
	return !collect_stopped(t->collection);
}

/* Directories that no entry leads to: every free cluster must be looked at, which takes minutes on a stick. */
static bool find_lost(struct fat_taking *t, struct err *err)
{
	enum deleted_policy policy = t->collection->deleted;

	if (policy == DELETED_NONE || (t->volume->is_live && policy != DELETED_ALL))
		return true;
	return fat_volume_find_lost(t->volume->fat, goes_on, t, err);
}

/* Browser profiles and the like: what is below them depends on what stands in them, so they are looked for first. */
static void see_structures(struct fat_taking *t)
{
	struct err err = {0};

	t->purpose = SEE;
	t->hits->structures = fat_structures_new(t->collection);
	if (!t->hits->structures) {
		fail(&err, ERR_MEMORY, "no memory to look for structures");
		problem(t, &err);
		return;
	}
	if (!fat_walk(t->volume->fat, &t->walker, &err) && err.kind != ERR_STOPPED)
		problem(t, &err);
	size_t found = fat_structures_settle(t->hits->structures);
	uint64_t dropped = fat_structures_dropped(t->hits->structures);

	if (dropped) {
		fail(&err, ERR_LIMIT, "%llu browser files over the limit were not looked at",
		    (unsigned long long)dropped);
		problem(t, &err);
	}
	if (found)
		return;
	fat_structures_free(t->hits->structures);
	t->hits->structures = NULL;
}

void collection_fat_walk(struct collection *collection, size_t index)
{
	struct fat_taking t = begin(collection, index, COUNT);
	CLEANUP(text_free) struct text title = {0};
	struct err err = {0};

	text_addf(&title, tr("Reading the file table of %s"), text_string(&t.volume->name));
	progress_step(&collection->progress, text_string(&title));
	each_member(&t);
	if (!find_lost(&t, &err) && err.kind != ERR_STOPPED)
		problem(&t, &err);
	see_structures(&t);
	t.purpose = COUNT;
	if (!fat_walk(t.volume->fat, &t.walker, &err) && err.kind != ERR_STOPPED)
		problem(&t, &err);
	if (fat_gaps_tell(&t.gaps, &err))
		problem(&t, &err);
	text_free(&t.path);
}

/* What the first walk found and this one did not: a directory that cannot be read any more, or files deleted since. */
static void report_lost(struct fat_taking *t)
{
	unsigned current = t->collection->current;
	uint64_t wanted = t->hits->by_item[current], found = t->hits->taken[current];
	struct err err = {0};

	if (found >= wanted)
		return;
	fat_gaps_not_found(&t->gaps, wanted - found, wanted, &err);
	problem(t, &err);
}

void collection_fat_take(struct collection *collection, size_t index)
{
	struct fat_taking t = begin(collection, index, TAKE_FILES);
	struct err err = {0};

	if (t.hits->by_item[collection->current] == 0)
		return;
	each_member(&t);
	if (!collect_stopped(collection) && !fat_walk(t.volume->fat, &t.walker, &err) &&
	    err.kind != ERR_STOPPED)
		problem(&t, &err);
	if (!collect_stopped(collection))
		report_lost(&t);
	text_free(&t.path);
}

uint64_t collection_fat_rest(struct collection *collection, size_t index, uint64_t until_ms)
{
	struct fat_taking t = begin(collection, index, LEAVE);

	struct err err = {0};

	t.until_ms = until_ms;
	each_member(&t);
	DISCARD(
	    fat_walk(t.volume->fat, &t.walker, &err)); /* what it says was said in the first walk */
	text_free(&t.path);
	return t.left;
}
