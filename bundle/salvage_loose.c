/* Entries in runs of frames of which nobody knows where they lie in the tar: found by their headers alone. Evidence may hold headers,
 * too, and somebody may have planted them there: what a row tells of is taken from where its hash agrees, and only over that is
 * nothing looked for. See salvage_parts.h. */
#include "bundle/salvage_parts.h"

#include "core/array.h"

#include <stdlib.h>

#define TRIES  16          /* headers that claim one row and are measured in vain */
#define OTHERS (TRIES / 2) /* those among them whose times are not the row's */
#define LOOK_AT \
	((uint64_t)1 << 30) /* bytes of one row that are read for the headers that claim it */

enum rank {            /* of what lacks bytes */
	RANK_PLACED,   /* it lies where its row says, by what is whole in its run */
	RANK_CLOSE,    /* the header says what the row says */
	RANK_POSSIBLE, /* it does not, or the row does not tell */
};

struct salvage_candidate {
	uint64_t header_at, data_at, bad_bytes;
	uint32_t row, volume, run;
	enum rank rank;
};

struct loose {
	struct salvage *salvage;
	struct source *space;
	uint32_t volume, run;
	uint64_t
	    covered; /* up to here lies what was found: in it there is nothing but what rows tell of */
	bool is_limited;
	uint64_t base;  /* of the run in the tar, as most of what is whole in it says, */
	uint64_t votes; /* where there are some */
};

/* Whether a header of that path is worth a look: false where all its rows had their turn. */
static bool is_wanted(struct loose *loose, struct bytes path)
{
	struct salvage *salvage = loose->salvage;
	size_t first, end;

	salvage_row_range(salvage, path, &first, &end);
	for (size_t i = first; i < end; i++) {
		struct salvage_row *row = &salvage->rows[salvage->by_path[i].row];
		bool is_spent = row->tries >= TRIES || (uint64_t)row->looks * row->len >= LOOK_AT;

		loose->is_limited = loose->is_limited || (is_spent && !row->is_found);
		if (!row->is_found && !is_spent) {
			row->looks++;
			return true;
		}
	}
	return first == end;
}

/* What has all bytes, and others than the row tells, is not it: the frames have checksums. */
static bool remember(struct loose *loose, const struct salvage_origin *origin, size_t row,
    enum rank rank, const struct salvage_entry *measured, struct err *err)
{
	struct salvage *salvage = loose->salvage;

	if (measured->state != SALVAGE_PARTIAL || measured->is_other)
		return true;
	if (!array_grow(&salvage->candidates, &salvage->candidate_room,
		salvage->candidate_count + 1, sizeof(*salvage->candidates), SALVAGE_ROWS, err))
		return false;
	salvage->candidates[salvage->candidate_count++] =
	    (struct salvage_candidate){.header_at = origin->header_at,
		.data_at = origin->data_at,
		.bad_bytes = measured->bad_bytes,
		.row = (uint32_t)row,
		.volume = loose->volume,
		.run = loose->run,
		.rank = rank};
	return true;
}

/* Boyer and Moore's majority: planted copies of an entry say another base, each another. */
static void vote(struct loose *loose, uint64_t base)
{
	if (loose->votes == 0)
		loose->base = base;
	if (loose->base == base)
		loose->votes++;
	else
		loose->votes--;
}

/* A header of the size that the row tells: the entry, where its hash agrees. */
static bool try_row(struct loose *loose, const struct tar_entry *entry, const struct row *row,
    size_t index, bool *is_sure, struct err *err)
{
	struct salvage *salvage = loose->salvage;
	struct salvage_row *known = &salvage->rows[index];
	const struct salvage_origin origin = {.space = loose->space,
	    .header_at = entry->header_at,
	    .data_at = entry->data_at,
	    .size = entry->size};
	bool is_header_other = salvage_is_header_other(salvage, loose->space, entry, row);
	struct salvage_entry measured;

	if (known->tries >= (is_header_other ? OTHERS : TRIES)) {
		loose->is_limited = true;
		return true;
	}
	if (!salvage_measure(salvage, &origin, row, &measured, err))
		return false;
	if (measured.state != SALVAGE_WHOLE) {
		enum rank rank = row->has_times && !is_header_other ? RANK_CLOSE : RANK_POSSIBLE;

		known->tries++;
		if (rank == RANK_CLOSE && loose->covered < tar_entry_end(entry))
			loose->covered = tar_entry_end(entry);
		return remember(loose, &origin, index, rank, &measured, err);
	}
	*is_sure = true;
	loose->covered = 0;
	if (entry->size && row->place.data_offset >= entry->data_at)
		vote(loose, row->place.data_offset - entry->data_at);
	known->is_found = true;
	salvage->is_row_sealed = known->is_sealed;
	return salvage_copy(salvage, loose->space, entry, row, err);
}

/* No hash tells whether it is one: it is taken for what it says, and what rows tell of is looked for in it all the same. */
static bool take_unknown(
    struct loose *loose, const struct tar_entry *entry, bool *is_sure, struct err *err)
{
	*is_sure = loose->salvage->path_count == 0;
	loose->covered = tar_entry_end(entry);
	return salvage_copy(loose->salvage, loose->space, entry, NULL, err);
}

static bool visit(void *context, const struct tar_entry *entry, bool *is_sure, struct err *err)
{
	struct loose *loose = context;
	struct salvage *salvage = loose->salvage;
	CLEANUP(row_free) struct row row = {0};
	struct bytes path = text_bytes(&entry->path);
	bool is_covered = entry->header_at < loose->covered;
	size_t index;

	*is_sure = false;
	/* The last of its blocks may look like a header of its own. */
	if (loose->covered < entry->data_at)
		loose->covered = entry->data_at;
	if (!salvage_rows_by_path(salvage, err))
		return false;
	if (!is_wanted(loose, path))
		return true;
	if (!salvage_row_find(salvage, path, &row, &index, err))
		return false;
	if (index == salvage->row_count)
		return is_covered || take_unknown(loose, entry, is_sure, err);
	if (salvage->rows[index].is_found || row.place.stored != entry->size)
		return true;
	return try_row(loose, entry, &row, index, is_sure, err);
}

static bool copy(struct salvage *salvage, const struct salvage_origin *from, size_t index,
    const struct row *row, struct err *err)
{
	struct tar_entry entry = {
	    .header_at = from->header_at, .data_at = from->data_at, .size = from->size};

	salvage->rows[index].is_found = true;
	salvage->is_row_sealed = salvage->rows[index].is_sealed;
	text_add(&entry.path, row->path);
	bool ok = text_ok(&entry.path, err) && salvage_copy(salvage, from->space, &entry, row, err);

	text_free(&entry.path);
	return ok;
}

/* A row whose place is known now; what headers claim does not count any more. */
static bool take_placed(struct loose *loose, size_t index, struct err *err)
{
	struct salvage *salvage = loose->salvage;
	CLEANUP(row_free) struct row row = {0};
	struct salvage_entry measured;

	if (salvage->rows[index].is_found || !salvage_row_alone(salvage, index, &row, NULL))
		return true;
	const struct salvage_origin origin = {.space = loose->space,
	    .header_at = row.place.tar_offset - loose->base,
	    .data_at = row.place.data_offset - loose->base,
	    .size = row.place.stored};

	if (row.place.data_offset < row.place.tar_offset)
		return true;
	if (!salvage_measure(salvage, &origin, &row, &measured, err))
		return false;
	if (measured.state != SALVAGE_WHOLE)
		return remember(loose, &origin, index, RANK_PLACED, &measured, err);
	return copy(salvage, &origin, index, &row, err);
}

/* All that rows tell of between the ends of the run. */
static bool take_by_base(struct loose *loose, unsigned set, struct err *err)
{
	struct salvage *salvage = loose->salvage;
	size_t i = salvage_row_from(salvage, set, loose->base);

	for (; loose->votes && i < salvage->row_count; i++) {
		const struct salvage_row *row = &salvage->rows[i];

		if (!row->is_taken || row->set != set ||
		    row->tar_at - loose->base >= loose->space->size)
			break;
		if (!take_placed(loose, i, err))
			return false;
	}
	return true;
}

static void say_limit(struct salvage *salvage, const struct salvage_volume *volume)
{
	struct err why = {0};

	fail(&why, ERR_LIMIT,
	    "more than %d headers in it claim to be one entry: not all were tried", OTHERS);
	salvage->output->volume(salvage->output->context, volume->name, &why);
	salvage->totals->volumes_bad++;
}

static bool take_volume(struct salvage *salvage, unsigned set, uint32_t volume, struct err *err)
{
	const struct salvage_volumes *volumes = &salvage->sets[set];
	struct loose loose = {.salvage = salvage, .volume = volume};

	for (; loose.run < volumes->at[volume].run_count; loose.run++) {
		if (!salvage_run_is_loose(&volumes->at[volume].runs[loose.run]))
			continue;
		if (!salvage_space_run(volumes, volume, loose.run, &loose.space, err))
			return false;
		loose.covered = 0;
		loose.votes = 0;
		bool ok = salvage_walk(salvage, loose.space, 0, visit, &loose, err) &&
			  take_by_base(&loose, set, err);

		source_close(loose.space);
		if (!ok)
			return false;
	}
	if (loose.is_limited)
		say_limit(salvage, &volumes->at[volume]);
	return true;
}

bool salvage_loose_take(struct salvage *salvage, unsigned set, struct err *err)
{
	salvage->candidate_count = 0;
	for (size_t v = 0; v < salvage->sets[set].count; v++)
		if (!take_volume(salvage, set, (uint32_t)v, err))
			return false;
	return true;
}

static int compare_rows(const void *a, const void *b)
{
	const struct salvage_candidate *left = a, *right = b;

	if (left->row != right->row)
		return left->row < right->row ? -1 : 1;
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	if (left->bad_bytes != right->bad_bytes)
		return left->bad_bytes < right->bad_bytes ? -1 : 1;
	return 0;
}

static int compare_places(const void *a, const void *b)
{
	const struct salvage_candidate *left = a, *right = b;

	if (left->volume != right->volume)
		return left->volume < right->volume ? -1 : 1;
	if (left->run != right->run)
		return left->run < right->run ? -1 : 1;
	return left->header_at < right->header_at ? -1 : left->header_at > right->header_at;
}

/* Leaves the best of each row that was not found whole, in the order in which they lie. */
static void choose(struct salvage *salvage)
{
	struct salvage_candidate *all = salvage->candidates;
	size_t kept = 0;

	if (salvage->candidate_count == 0)
		return;
	qsort(all, salvage->candidate_count, sizeof(*all), compare_rows);
	for (size_t i = 0; i < salvage->candidate_count; i++)
		if (!salvage->rows[all[i].row].is_found && (i == 0 || all[i].row != all[i - 1].row))
			all[kept++] = all[i];
	salvage->candidate_count = kept;
	qsort(all, kept, sizeof(*all), compare_places);
}

/* Whether it is more than what lies where the row says. */
static bool is_better(const struct salvage_candidate *candidate, const struct salvage_entry *placed)
{
	if (placed->state == SALVAGE_LOST)
		return true;
	return placed->state == SALVAGE_PARTIAL && candidate->rank != RANK_POSSIBLE &&
	       candidate->bad_bytes < placed->bad_bytes;
}

static bool settle(struct salvage *salvage, const struct salvage_candidate *candidate,
    struct source *placed, struct source *loose, struct err *err)
{
	CLEANUP(row_free) struct row row = {0};
	struct salvage_entry measured;

	if (!salvage_row_alone(salvage, candidate->row, &row, NULL))
		return true; /* told of where the rows have their turn */
	const struct salvage_origin there = {.space = placed,
	    .header_at = row.place.tar_offset,
	    .data_at = row.place.data_offset,
	    .size = row.place.stored};
	const struct salvage_origin here = {.space = loose,
	    .header_at = candidate->header_at,
	    .data_at = candidate->data_at,
	    .size = row.place.stored};

	if (!salvage_measure(salvage, &there, &row, &measured, err))
		return false;
	return !is_better(candidate, &measured) || copy(salvage, &here, candidate->row, &row, err);
}

bool salvage_loose_settle(
    struct salvage *salvage, unsigned set, struct source *placed, struct err *err)
{
	CLEANUP(source_close) struct source *loose = NULL;
	const struct salvage_candidate *last = NULL;

	choose(salvage);
	for (size_t i = 0; i < salvage->candidate_count; i++) {
		const struct salvage_candidate *next = &salvage->candidates[i];

		if (!last || last->volume != next->volume || last->run != next->run) {
			source_close(TAKE(loose));
			if (!salvage_space_run(
				&salvage->sets[set], next->volume, next->run, &loose, err))
				return false;
		}
		last = next;
		if (!settle(salvage, next, placed, loose, err))
			return false;
	}
	return true;
}
