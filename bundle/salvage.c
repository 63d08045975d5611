/* Takes what a damaged bundle holds. See salvage.h. */
#include "bundle/salvage_parts.h"

#include "core/array.h"

#include <stdio.h>
#include <stdlib.h>

#define CUTS_MAX 64 /* NAME.cutN of one set that are looked into */

static void salvage_free_at(struct salvage *salvage)
{
	for (size_t i = 0; i < salvage->meta_count; i++)
		source_close(salvage->meta[i]);
	free(salvage->meta);
	salvage_cuts_free(&salvage->cuts);
	for (size_t set = 0; set < ARRAY_LEN(salvage->sets); set++) {
		for (size_t i = 0; i < salvage->sets[set].count; i++)
			salvage_volume_free(&salvage->sets[set].at[i]);
		free(salvage->sets[set].at);
	}
	salvage_frames_free(salvage->frames);
	free(salvage->rows);
	free(salvage->ahead.lines);
	free(salvage->ahead.room);
	free(salvage->by_path);
	free(salvage->candidates);
	free(salvage->piece);
}

static void say(struct salvage *salvage, const char *name, const struct err *why)
{
	salvage->output->volume(salvage->output->context, name, why);
}

static int compare_volumes(const void *a, const void *b)
{
	const struct salvage_volume *left = a, *right = b;

	if (left->index != right->index)
		return left->index < right->index ? -1 : 1;
	if (left->cut != right->cut)
		return left->cut < right->cut ? -1 : 1;
	return (int)left->is_part - (int)right->is_part;
}

static bool add_volume(struct salvage *salvage, const char *name, struct err *err)
{
	struct volume_name parsed;
	unsigned cut = 0;

	if (!volume_name_parse(bytes_of(name), &parsed) &&
	    !volume_cut_parse(bytes_of(name), &parsed, &cut) &&
	    !volume_unread_parse(bytes_of(name), &parsed, &cut))
		return true;
	struct salvage_volumes *set =
	    cut ? &salvage->cuts.sets[parsed.set] : &salvage->sets[parsed.set];

	if (cut && set->count == CUTS_MAX) {
		struct err why = {0};

		fail(&why, ERR_LIMIT, "not looked into: there are more than %d of its kind",
		    CUTS_MAX);
		say(salvage, name, &why);
		salvage->totals->volumes_bad++;
		return true;
	}
	if (!array_grow(
		&set->at, &set->room, set->count + 1, sizeof(*set->at), 2 * VOLUME_INDEX_MAX, err))
		return false;
	struct salvage_volume *volume = &set->at[set->count++];

	*volume = (struct salvage_volume){.number = salvage->totals->volumes,
	    .set = parsed.set,
	    .index = parsed.index,
	    .is_part = parsed.is_part,
	    .cut = cut};
	snprintf(volume->name, sizeof(volume->name), "%s", name);
	salvage->totals->volumes++;
	return true;
}

static void put_in_order(const struct salvage *salvage, struct salvage_volumes *volumes)
{
	volumes->frames = salvage->frames;
	if (volumes->count)
		qsort(volumes->at, volumes->count, sizeof(*volumes->at), compare_volumes);
}

static bool list_volumes(struct salvage *salvage, struct err *err)
{
	CLEANUP(text_list_free) struct text_list names = {0};

	if (!salvage->store->list(salvage->store, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (!add_volume(salvage, names.at[i], err))
			return false;
	for (size_t set = 0; set < ARRAY_LEN(salvage->sets); set++) {
		put_in_order(salvage, &salvage->sets[set]);
		put_in_order(salvage, &salvage->cuts.sets[set]);
	}
	return salvage->totals->volumes > 0 ||
	       fail(err, ERR_MISSING, "there is no volume (*.tar.zst.age) in it");
}

static void leave_out(struct salvage_volume *volume)
{
	volume->run_count = 0;
	volume->count = 0;
}

/* Where the volume behind this one begins, if its own header does not say; UINT64_MAX: not known. */
static uint64_t end_of(const struct salvage_volume *volume)
{
	const struct salvage_run *run = volume->run_count ? &volume->runs[0] : NULL;

	return run && volume->has_table && run->is_placed ? run->base + run->size : UINT64_MAX;
}

/* One with so many frames that those of its set would be too many is left out. */
static void check_count(struct salvage *salvage, struct salvage_volume *volume)
{
	struct salvage_volumes *volumes = &salvage->sets[volume->set];

	if (volume->count <= SALVAGE_FRAMES - volumes->frame_count) {
		volumes->frame_count += volume->count;
		return;
	}
	fail(&volume->why, ERR_LIMIT, "left out: with it there are more than %zu frames in '%s'",
	    SALVAGE_FRAMES, bundle_set_name(volume->set));
	leave_out(volume);
}

/* A volume that is of another bundle, or another of this one under a wrong name, would put bytes where others lie. */
static void check_header(struct salvage_volume *volume, const uint8_t id[16])
{
	const struct frames_header *header = &volume->header;

	if (!volume->has_header)
		return;
	if (memcmp(header->collection_id, id, 16) != 0)
		fail(&volume->why, ERR_DAMAGED, "it comes from another bundle: left out");
	else if (header->set != volume->set || header->index != volume->index)
		fail(&volume->why, ERR_DAMAGED,
		    "it is volume %lu of '%s' under another name: left out",
		    (unsigned long)header->index, bundle_set_name(header->set));
	else
		return;
	leave_out(volume);
}

static void say_missing(struct salvage *salvage, unsigned set, uint32_t from, uint32_t until)
{
	for (uint32_t index = from; index < until; index++) {
		char name[VOLUME_NAME_ROOM];
		struct err why = {0};

		volume_name_format(set, index, name);
		fail(&why, ERR_MISSING, "it is missing");
		say(salvage, name, &why);
		salvage->totals->volumes_missing++;
	}
}

struct scanning {
	struct unpack *unpacker;
	uint8_t id[16];
	size_t opened;
	struct err first; /* why the first that did not open did not */
};

static struct source *open_volume(
    struct salvage *salvage, struct salvage_volume *volume, struct scanning *scanning)
{
	struct source *plain = salvage_volume_open(volume, salvage->store, salvage->identities);

	scanning->opened += plain != NULL;
	if (!plain && scanning->first.kind == ERR_NONE)
		scanning->first = volume->why;
	return plain;
}

static bool scan_set(
    struct salvage *salvage, unsigned set, struct scanning *scanning, struct err *err)
{
	struct salvage_volumes *volumes = &salvage->sets[set];
	uint64_t expected = 0;
	uint32_t next = 1;

	for (size_t i = 0; i < volumes->count; i++) {
		struct salvage_volume *volume = &volumes->at[i];
		CLEANUP(source_close)
		struct source *plain = open_volume(salvage, volume, scanning);

		say_missing(salvage, set, next, volume->index);
		expected = volume->index == next ? expected : UINT64_MAX;
		if (plain && !salvage_volume_scan(volume, plain, scanning->unpacker, expected, err))
			return false;
		check_header(volume, scanning->id);
		check_count(salvage, volume);
		if (volume->why.kind != ERR_NONE) {
			say(salvage, volume->name, &volume->why);
			salvage->totals->volumes_bad++;
		}
		expected = end_of(volume);
		next = volume->index + 1;
	}
	return true;
}

/* That they end early is what they are: only what does not belong here is said. */
static bool scan_cuts(
    struct salvage *salvage, unsigned set, struct scanning *scanning, struct err *err)
{
	struct salvage_volumes *volumes = &salvage->cuts.sets[set];

	for (size_t i = 0; i < volumes->count; i++) {
		struct salvage_volume *volume = &volumes->at[i];
		CLEANUP(source_close)
		struct source *plain = open_volume(salvage, volume, scanning);

		if (!plain)
			continue;
		if (!salvage_volume_scan(volume, plain, scanning->unpacker, UINT64_MAX, err))
			return false;
		if (volume->why.kind != ERR_LIMIT)
			volume->why = (struct err){0};
		check_header(volume, scanning->id);
		if (volume->why.kind == ERR_NONE)
			continue;
		say(salvage, volume->name, &volume->why);
		salvage->totals->volumes_bad++;
	}
	return true;
}

static bool scan_all(struct salvage *salvage, struct err *err)
{
	CLEANUP(unpack_free) struct unpack *unpacker = NULL;
	struct scanning scanning = {0};

	if (!unpack_new(&unpacker, err) || !salvage_identify(salvage, scanning.id, err))
		return false;
	scanning.unpacker = unpacker;
	for (unsigned i = 0; i <= BUNDLE_META; i++)
		if (!scan_set(salvage, BUNDLE_META - i, &scanning, err))
			return false;
	for (unsigned set = 0; set <= BUNDLE_META; set++)
		if (!scan_cuts(salvage, set, &scanning, err))
			return false;
	if (scanning.opened)
		return true;
	/* There is one volume at least, and it says why it did not open. */
	if (err) {
		*err = scanning.first;
	}
	return false;
}

struct visiting {
	struct salvage *salvage;
	struct source *space;
	size_t meta_space;
	uint64_t known; /* of the meta space: the end of the last entry whose header was there */
	uint64_t
	    covered; /* up to here lies an entry that was found, and no row tells of: in it there are no others */
	unsigned set;
};

static bool is_rows(const struct text *path)
{
	static const char prefix[] = "meta/entries.", suffix[] = ".jsonl";
	size_t len = path->len;

	return len > strlen(prefix) + strlen(suffix) &&
	       memcmp(path->at, prefix, strlen(prefix)) == 0 &&
	       memcmp(path->at + len - strlen(suffix), suffix, strlen(suffix)) == 0;
}

/* The rows of a file whose header is gone. */
static bool add_lost(struct visiting *visiting, uint64_t until, struct err *err)
{
	const struct salvage_part part = {
	    .space = visiting->meta_space, .at = visiting->known, .end = until, .is_lost = true};

	return salvage_rows_add(visiting->salvage, &part, err);
}

static bool visit_meta(void *context, const struct tar_entry *entry, bool *is_sure, struct err *err)
{
	struct visiting *visiting = context;
	/* Whoever knows the recipients can add a header that makes rows of something else. */
	const struct salvage_part part = {.space = visiting->meta_space,
	    .at = entry->data_at,
	    .end = entry->data_at + entry->size,
	    .is_sealed =
		salvage_space_is_sealed(visiting->space, entry->header_at, entry->data_at)};

	if (!add_lost(visiting, entry->header_at, err) ||
	    (is_rows(&entry->path) && !salvage_rows_add(visiting->salvage, &part, err)))
		return false;
	visiting->known = tar_entry_end(entry);
	*is_sure = true; /* no evidence is in meta: the names in its rows have no NUL */
	return salvage_copy(visiting->salvage, visiting->space, entry, NULL, err);
}

/* Of the meta set: the frames at their place, or a run of which nobody knows where it lies. Takes the space over. */
static bool read_meta_space(struct salvage *salvage, struct source *space, struct err *err)
{
	struct visiting visiting = {
	    .salvage = salvage, .space = space, .meta_space = salvage->meta_count};

	if (!array_grow(&salvage->meta, &salvage->meta_room, salvage->meta_count + 1,
		sizeof(*salvage->meta), SALVAGE_SPACES, err)) {
		source_close(space);
		return false;
	}
	salvage->meta[salvage->meta_count++] = space;
	return salvage_walk(salvage, space, 0, visit_meta, &visiting, err) &&
	       add_lost(&visiting, space->size, err);
}

/* A volume in more pieces than can be told apart is said, and the rest goes on. */
static bool read_loose_meta(struct salvage *salvage, struct err *err)
{
	const struct salvage_volumes *volumes = &salvage->sets[BUNDLE_META];

	for (size_t v = 0; v < volumes->count; v++)
		for (size_t r = 0; r < volumes->at[v].run_count; r++) {
			struct source *space = NULL;
			struct err why = {0};

			if (!salvage_run_is_loose(&volumes->at[v].runs[r]) ||
			    (salvage_space_run(volumes, v, r, &space, &why) &&
				read_meta_space(salvage, space, &why)))
				continue;
			if (why.kind != ERR_LIMIT) {
				*err = why;
				return false;
			}
			say(salvage, volumes->at[v].name, &why);
			salvage->totals->volumes_bad++;
			break;
		}
	return true;
}

static bool read_meta(struct salvage *salvage, struct err *err)
{
	struct source *space = NULL;

	salvage->set = BUNDLE_META;
	if (!salvage_space_placed(&salvage->sets[BUNDLE_META], &space, err) ||
	    !read_meta_space(salvage, space, err) || !read_loose_meta(salvage, err) ||
	    !salvage_cuts_rest(salvage, err))
		return false;
	salvage_rows_settle(salvage);
	return true;
}

/* What the rows tell of, at its place: those that the seal vouches for, or the others. */
static bool take_rows(
    struct salvage *salvage, struct source *space, unsigned set, bool are_sealed, struct err *err)
{
	for (size_t i = 0; i < salvage->row_count; i++) {
		CLEANUP(row_free) struct row row = {0};
		struct tar_entry entry = {0};
		struct err why = {0};

		if (!salvage->rows[i].is_taken || salvage->rows[i].set != set ||
		    salvage->rows[i].is_found || salvage->rows[i].is_sealed != are_sealed)
			continue;
		if (!salvage_row_read(salvage, i, &row, &why)) {
			if (!salvage_refuse(salvage, &salvage->totals->rows_bad, &why, err))
				return false;
			continue;
		}
		text_add(&entry.path, row.path);
		entry.header_at = row.place.tar_offset;
		entry.data_at = row.place.data_offset;
		entry.size = row.place.stored;
		salvage->is_row_sealed = are_sealed;
		bool ok =
		    text_ok(&entry.path, err) && salvage_copy(salvage, space, &entry, &row, err);

		text_free(&entry.path);
		if (!ok)
			return false;
	}
	return true;
}

static bool has_row_at(const struct salvage *salvage, unsigned set, uint64_t tar_at)
{
	size_t i = salvage_row_from(salvage, set, tar_at);

	return i < salvage->row_count && salvage->rows[i].is_taken && salvage->rows[i].set == set &&
	       salvage->rows[i].tar_at == tar_at;
}

/* What is found behind a hole may be a header in evidence: what lies in it is passed over only where a row says that it is one. */
static bool visit_placed(
    void *context, const struct tar_entry *entry, bool *is_sure, struct err *err)
{
	struct visiting *visiting = context;

	if (has_row_at(visiting->salvage, visiting->set, entry->header_at)) {
		*is_sure = true;
		visiting->covered = 0;
		return true;
	}
	*is_sure = *is_sure || visiting->salvage->row_count == 0;
	if (!*is_sure && entry->header_at < visiting->covered)
		return true;
	visiting->covered = *is_sure ? 0 : tar_entry_end(entry);
	return salvage_copy(visiting->salvage, visiting->space, entry, NULL, err);
}

static bool take_set(struct salvage *salvage, unsigned set, struct err *err)
{
	CLEANUP(source_close) struct source *space = NULL;
	const struct salvage_volumes *volumes = &salvage->sets[set];
	uint32_t last = volumes->count ? volumes->at[volumes->count - 1].index : 0;

	/* Those between others were told of before. */
	say_missing(salvage, set, last + 1, salvage->last[set] + 1);
	salvage->set = set;
	salvage->is_placed = false;
	/* First what can only be told by its name: a row that it belongs to is then not called lost. */
	if (!salvage_loose_take(salvage, set, err) ||
	    !salvage_space_placed(&salvage->sets[set], &space, err) ||
	    !salvage_loose_settle(salvage, set, space, err))
		return false;
	salvage->is_placed = true;
	/* A file's own name goes to what is proven. */
	if (!take_rows(salvage, space, set, true, err) ||
	    !take_rows(salvage, space, set, false, err))
		return false;
	struct visiting visiting = {.salvage = salvage, .space = space, .set = set};

	/* Then what no row tells of: the rows of the last minutes of a run that was cut off were never written. */
	return salvage_walk(salvage, space, 0, visit_placed, &visiting, err) &&
	       salvage_cuts_rest(salvage, err);
}

static bool take_same(struct salvage *salvage, struct err *err)
{
	for (size_t i = 0; i < salvage->row_count; i++) {
		CLEANUP(row_free) struct row row = {0};

		if (salvage->rows[i].is_taken || !salvage_row_read(salvage, i, &row, NULL) ||
		    !row.same_as.len)
			continue;
		struct salvage_entry entry = {.path = row.path,
		    .state = SALVAGE_SAME,
		    .has_row = true,
		    .is_row_sealed = salvage->rows[i].is_sealed,
		    .same_as = row.same_as,
		    .size = row.size};

		if (!salvage_report(salvage, &entry, err))
			return false;
	}
	return true;
}

static void count_left(const struct salvage *salvage)
{
	struct salvage_totals *totals = salvage->totals;
	uint64_t rows = 0;
	uint64_t seen = totals->whole + totals->partial + totals->lost - totals->without_row -
			totals->lost_without_row;

	for (size_t i = 0; i < salvage->row_count; i++)
		rows += salvage->rows[i].is_taken;
	totals->left = rows > seen ? rows - seen : 0;
}

static bool take_all(struct salvage *salvage, struct err *err)
{
	if (!salvage_frames_new(salvage->store, salvage->identities, &salvage->frames, err) ||
	    !list_volumes(salvage, err) || !scan_all(salvage, err) ||
	    !salvage_cuts_index(salvage, err) || !read_meta(salvage, err))
		return false;
	for (unsigned set = 0; set < BUNDLE_META; set++)
		if (!take_set(salvage, set, err))
			return false;
	return take_same(salvage, err);
}

bool salvage_run(struct store *store, const struct age_identities *identities,
    const struct bundle_reader *sealed, const struct salvage_output *output,
    struct salvage_totals *totals, struct err *err)
{
	CLEANUP(salvage_free)
	struct salvage salvage = {.store = store,
	    .identities = identities,
	    .sealed = sealed,
	    .output = output,
	    .totals = totals};

	struct err why = {0};

	*totals = (struct salvage_totals){0};
	salvage.piece = malloc(SALVAGE_PIECE);
	if (!salvage.piece)
		return fail(err, ERR_MEMORY, "no memory for salvage");
	if (take_all(&salvage, &why))
		return true;
	if (why.kind == ERR_STOPPED)
		count_left(&salvage);
	if (err)
		*err = why;
	return false;
}
