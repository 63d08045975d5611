/* What interruptions left of volumes: NAME.cutN. What was in them was taken again, so they are asked only for what is not
 * whole where it was taken. See salvage_parts.h. */
#include "bundle/salvage_parts.h"

#include "core/array.h"
#include "bundle/reader_parts.h"

#include <stdlib.h>

#define ENTRIES_MAX ((size_t)1 << 24)
#define PLACED \
	UINT32_MAX /* in the place of a run: the frames at their place in the tar, behind the volumes before */

void salvage_cuts_free(struct salvage_cuts *cuts)
{
	source_close(cuts->open.space);
	free(cuts->open.around.at);
	for (size_t set = 0; set < ARRAY_LEN(cuts->sets); set++) {
		for (size_t i = 0; i < cuts->sets[set].count; i++)
			salvage_volume_free(&cuts->sets[set].at[i]);
		free(cuts->sets[set].at);
	}
	free(cuts->entries);
	*cuts = (struct salvage_cuts){0};
}

/* The tar as it was when the volume was written: what lies before it is that of the volumes that stayed. */
static bool gather(
    const struct salvage *salvage, unsigned set, uint32_t volume, struct salvage_volumes *out)
{
	const struct salvage_volumes *stayed = &salvage->sets[set];
	const struct salvage_volume *cut = &salvage->cuts.sets[set].at[volume];

	*out = (struct salvage_volumes){.frames = stayed->frames};
	out->at = calloc(stayed->count + 1, sizeof(*out->at));
	for (size_t i = 0; out->at && i < stayed->count; i++)
		if (stayed->at[i].index < cut->index)
			out->at[out->count++] = stayed->at[i];
	if (out->at)
		out->at[out->count++] = *cut;
	return out->at != NULL;
}

/* One is open at a time. */
static bool enter(struct salvage *salvage, unsigned set, uint32_t volume, uint32_t run,
    struct source **out, struct err *err)
{
	struct salvage_cut_space *open = &salvage->cuts.open;

	if (!open->space || open->set != set || open->volume != volume || open->run != run) {
		source_close(TAKE(open->space));
		free(TAKE(open->around.at));
		*open = (struct salvage_cut_space){.set = set, .volume = volume, .run = run};
		if (run == PLACED && !gather(salvage, set, volume, &open->around))
			return fail(err, ERR_MEMORY, "no memory for salvage");
		if (!(run == PLACED ? salvage_space_placed(&open->around, &open->space, err)
				    : salvage_space_run(&salvage->cuts.sets[set], volume, run,
					  &open->space, err)))
			return false;
	}
	*out = open->space;
	return true;
}

static void tar_entry_free_at(struct tar_entry *entry)
{
	text_free(&entry->path);
}

struct indexing {
	struct salvage *salvage;
	unsigned set;
	uint32_t volume, run;
};

static bool add_entry(void *context, const struct tar_entry *entry, bool *is_sure, struct err *err)
{
	const struct indexing *indexing = context;
	struct salvage_cuts *cuts = &indexing->salvage->cuts;

	*is_sure = true;
	if (!array_grow(&cuts->entries, &cuts->room, cuts->count + 1, sizeof(*cuts->entries),
		ENTRIES_MAX, err))
		return false;
	cuts->entries[cuts->count++] =
	    (struct salvage_cut_entry){.hash = reader_path_hash(text_bytes(&entry->path)),
		.header_at = entry->header_at,
		.data_at = entry->data_at,
		.size = entry->size,
		.volume = indexing->volume,
		.run = indexing->run,
		.set = (uint8_t)indexing->set};
	return true;
}

static bool index_runs(struct salvage *salvage, unsigned set, uint32_t volume, struct err *err)
{
	const struct salvage_volume *cut = &salvage->cuts.sets[set].at[volume];
	struct indexing indexing = {salvage, set, volume, PLACED};
	struct source *space = NULL;

	salvage->set = set;
	if (cut->run_count && cut->runs[0].is_placed &&
	    (!enter(salvage, set, volume, PLACED, &space, err) ||
		!salvage_walk(salvage, space, cut->has_header ? cut->header.next_header : 0,
		    add_entry, &indexing, err)))
		return false;
	for (size_t run = 0; run < cut->run_count; run++) {
		if (!salvage_run_is_loose(&cut->runs[run]))
			continue;
		indexing.run = (uint32_t)run;
		if (!enter(salvage, set, volume, indexing.run, &space, err) ||
		    !salvage_walk(salvage, space, 0, add_entry, &indexing, err))
			return false;
	}
	return true;
}

/* Entries over the limit are not looked for in it; that is said. */
static bool index_volume(struct salvage *salvage, unsigned set, uint32_t volume, struct err *err)
{
	struct err why = {0};

	if (index_runs(salvage, set, volume, &why))
		return true;
	if (why.kind == ERR_LIMIT) {
		salvage->output->volume(
		    salvage->output->context, salvage->cuts.sets[set].at[volume].name, &why);
		salvage->totals->volumes_bad++;
		return true;
	}
	if (err)
		*err = why;
	return false;
}

/* By path, the newest first. */
static int compare(const void *a, const void *b)
{
	const struct salvage_cut_entry *left = a, *right = b;

	if (left->set != right->set)
		return left->set < right->set ? -1 : 1;
	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	if (left->volume != right->volume)
		return left->volume > right->volume ? -1 : 1;
	return left->header_at > right->header_at ? -1 : left->header_at < right->header_at;
}

bool salvage_cuts_index(struct salvage *salvage, struct err *err)
{
	struct salvage_cuts *cuts = &salvage->cuts;

	for (unsigned set = 0; set < ARRAY_LEN(cuts->sets); set++)
		for (size_t i = 0; i < cuts->sets[set].count; i++)
			if (!index_volume(salvage, set, (uint32_t)i, err))
				return false;
	if (cuts->count)
		qsort(cuts->entries, cuts->count, sizeof(*cuts->entries), compare);
	for (size_t set = 0, at = 0; set < ARRAY_LEN(cuts->first); set++) {
		while (at < cuts->count && cuts->entries[at].set < set)
			at++;
		cuts->first[set] = at;
	}
	return true;
}

/* The header once more, for its path. */
static bool read_entry(struct salvage *salvage, const struct salvage_cut_entry *cut,
    struct tar_entry *entry, struct err *err)
{
	struct source *space = NULL;
	uint64_t at = cut->header_at;
	bool end = false;

	if (!enter(salvage, cut->set, cut->volume, cut->run, &space, err))
		return false;
	/* It was read before; false when what follows its header is cut off. */
	(void)!tar_next(space, &at, entry, &end, NULL);
	return true;
}

static bool begins_before(const void *element, uint64_t hash)
{
	const struct salvage_cut_entry *entry = element;

	return entry->hash < hash;
}

/* The entries of a path lie at [*first, *end), among at most READER_SAME_HASH of its hash. */
static void find(const struct salvage *salvage, struct bytes path, size_t *first, size_t *end)
{
	const struct salvage_cuts *cuts = &salvage->cuts;
	size_t from = cuts->first[salvage->set], until = cuts->first[salvage->set + 1];
	uint64_t hash = reader_path_hash(path);

	*first = from;
	if (until > from)
		*first += array_first_from(cuts->entries + from, until - from,
		    sizeof(*cuts->entries), begins_before, hash);
	*end = *first;
	while (*end < until && cuts->entries[*end].hash == hash && *end - *first < READER_SAME_HASH)
		++*end;
}

bool salvage_cut_open(struct salvage *salvage, struct salvage_origin *origin, struct err *err)
{
	return !origin->from ||
	       enter(salvage, salvage->set, origin->volume, origin->run, &origin->space, err);
}

struct choosing {
	struct salvage *salvage;
	struct bytes path;
	const struct row *row;
	struct salvage_origin best;
	enum salvage_state state; /* of the best */
};

/* Takes it where it is whole and the best is not, or where there is nothing else. */
static bool consider(struct choosing *choosing, struct salvage_origin *origin, struct err *err)
{
	struct salvage_entry measured;

	if (choosing->state == SALVAGE_WHOLE)
		return true;
	origin->from = choosing->salvage->cuts.sets[choosing->salvage->set].at[origin->volume].name;
	if (!salvage_cut_open(choosing->salvage, origin, err) ||
	    !salvage_measure(choosing->salvage, origin, choosing->row, &measured, err))
		return false;
	if (measured.state == SALVAGE_WHOLE ||
	    (choosing->state == SALVAGE_LOST && measured.state != SALVAGE_LOST)) {
		choosing->best = *origin;
		choosing->state = measured.state;
	}
	return true;
}

/* Those of the path, the newest first. */
static bool consider_path(struct choosing *choosing, size_t first, size_t end, struct err *err)
{
	struct salvage *salvage = choosing->salvage;

	for (size_t i = first; i < end; i++) {
		struct salvage_cut_entry *cut = &salvage->cuts.entries[i];
		CLEANUP(tar_entry_free) struct tar_entry entry = {0};
		struct salvage_origin origin = {.header_at = cut->header_at,
		    .data_at = cut->data_at,
		    .size = cut->size,
		    .volume = cut->volume,
		    .run = cut->run,
		    .is_older = choosing->row && cut->size != choosing->row->place.stored};

		if (!read_entry(salvage, cut, &entry, err))
			return false;
		if (!bytes_equal(text_bytes(&entry.path), choosing->path))
			continue;
		cut->is_met = true;
		/* Of another size it is what the file was when the run before read it: better than nothing. */
		if ((cut->size == choosing->best.size || choosing->state == SALVAGE_LOST) &&
		    !consider(choosing, &origin, err))
			return false;
	}
	return true;
}

static bool goes_into(const struct tar_entry *entry, const struct salvage_volume *cut)
{
	return cut->has_header && cut->run_count && entry->data_at <= cut->header.tar_offset &&
	       tar_entry_end(entry) > cut->header.tar_offset;
}

/* One that began before a volume and goes on in it lies at the same place in what was left of that volume. */
static bool consider_place(
    struct choosing *choosing, const struct tar_entry *entry, struct err *err)
{
	const struct salvage_volumes *cuts = &choosing->salvage->cuts.sets[choosing->salvage->set];

	for (size_t i = cuts->count; i > 0; i--) {
		struct salvage_origin origin = {.header_at = entry->header_at,
		    .data_at = entry->data_at,
		    .size = entry->size,
		    .volume = (uint32_t)(i - 1),
		    .run = PLACED};

		if (goes_into(entry, &cuts->at[i - 1]) && !consider(choosing, &origin, err))
			return false;
	}
	return true;
}

static bool has_place(const struct salvage *salvage, const struct tar_entry *entry)
{
	const struct salvage_volumes *cuts = &salvage->cuts.sets[salvage->set];

	for (size_t i = 0; i < cuts->count && salvage->is_placed; i++)
		if (goes_into(entry, &cuts->at[i]))
			return true;
	return false;
}

bool salvage_cut_choose(struct salvage *salvage, const struct tar_entry *entry,
    const struct row *row, struct salvage_origin *origin, struct err *err)
{
	struct choosing choosing = {
	    .salvage = salvage, .path = text_bytes(&entry->path), .row = row, .best = *origin};
	bool by_place = salvage->set != BUNDLE_META && has_place(salvage, entry);
	struct salvage_entry measured;
	size_t first, end;

	find(salvage, choosing.path, &first, &end);
	if (first == end && !by_place)
		return true;
	if (!salvage_measure(salvage, origin, row, &measured, err))
		return false;
	choosing.state = measured.state;
	if (!consider_path(&choosing, first, end, err) ||
	    (by_place && !consider_place(&choosing, entry, err)))
		return false;
	*origin = choosing.best;
	return salvage_cut_open(salvage, origin, err);
}

/* What is nowhere else, from the best that is left of it. */
static bool copy_rest(struct salvage *salvage, struct salvage_cut_entry *cut, struct err *err)
{
	CLEANUP(tar_entry_free) struct tar_entry entry = {0};
	struct choosing choosing = {
	    .salvage = salvage, .best = {.size = cut->size}, .state = SALVAGE_LOST};
	size_t first, end;

	if (!read_entry(salvage, cut, &entry, err))
		return false;
	choosing.path = text_bytes(&entry.path);
	find(salvage, choosing.path, &first, &end);
	if (!consider_path(&choosing, first, end, err))
		return false;
	cut->is_met = true; /* also where more have its hash than are looked at */
	return !choosing.best.from ||
	       (salvage_cut_open(salvage, &choosing.best, err) &&
		   salvage_copy_from(salvage, &choosing.best, choosing.path, NULL, err));
}

static int compare_places(const void *a, const void *b)
{
	const struct salvage_cut_entry *left = *(struct salvage_cut_entry *const *)a;
	const struct salvage_cut_entry *right = *(struct salvage_cut_entry *const *)b;

	if (left->volume != right->volume)
		return left->volume > right->volume ? -1 : 1;
	if (left->run != right->run)
		return left->run < right->run ? -1 : 1;
	return left->header_at < right->header_at ? -1 : left->header_at > right->header_at;
}

/* The newest volume first, each in the order in which it lies: else every entry would be in another frame than the last. */
bool salvage_cuts_rest(struct salvage *salvage, struct err *err)
{
	struct salvage_cuts *cuts = &salvage->cuts;
	size_t first = cuts->first[salvage->set], count = cuts->first[salvage->set + 1] - first;
	CLEANUP(free_memory)
	struct salvage_cut_entry **rest = malloc((count + 1) * sizeof(struct salvage_cut_entry *));

	if (!rest)
		return fail(err, ERR_MEMORY, "no memory for %zu entries", count);
	for (size_t i = 0; i < count; i++)
		rest[i] = &cuts->entries[first + i];
	qsort(rest, count, sizeof(struct salvage_cut_entry *), compare_places);
	for (size_t i = 0; i < count; i++)
		if (!rest[i]->is_met && !copy_rest(salvage, rest[i], err))
			return false;
	return true;
}
