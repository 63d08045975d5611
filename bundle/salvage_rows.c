/* Rows out of whatever is left of `meta`. See salvage_parts.h. */
#include "bundle/salvage_parts.h"

#include "core/array.h"
#include "bundle/lines.h"
#include "bundle/reader_parts.h"

#include <stdlib.h>

static void close_oldest(struct salvage *salvage)
{
	struct salvage_meta *oldest = NULL;

	for (size_t i = 0; i < salvage->meta_count; i++) {
		struct salvage_meta *meta = &salvage->meta[i];

		if (meta->space && (!oldest || meta->used < oldest->used))
			oldest = meta;
	}
	if (!oldest)
		return;
	source_close(TAKE(oldest->space));
	salvage->meta_open--;
}

bool salvage_meta_space(struct salvage *salvage, size_t index, struct source **out, struct err *err)
{
	const struct salvage_volumes *volumes = &salvage->sets[BUNDLE_META];
	struct salvage_meta *meta = &salvage->meta[index];

	if (!meta->space) {
		if (salvage->meta_open >= SALVAGE_OPEN)
			close_oldest(salvage);
		if (!(meta->volume == SALVAGE_PLACED
			    ? salvage_space_placed(volumes, &meta->space, err)
			    : salvage_space_run(
				  volumes, meta->volume, meta->run, &meta->space, err)))
			return false;
		salvage->meta_open++;
	}
	meta->used = ++salvage->meta_clock;
	*out = meta->space;
	return true;
}

static bool add_row(
    struct salvage *salvage, size_t space, struct bytes line, uint64_t at, struct err *err)
{
	CLEANUP(row_free) struct row row = {0};
	struct err why = {0};

	if (!row_parse(line, &row, &why)) {
		if (why.kind == ERR_MEMORY) {
			*err = why;
			return false;
		}
		salvage->totals->rows_bad++;
		return true;
	}
	if (!array_grow(&salvage->rows, &salvage->row_room, salvage->row_count + 1,
		sizeof(*salvage->rows), SALVAGE_ROWS, err))
		return false;
	salvage->rows[salvage->row_count++] =
	    (struct salvage_row){.path_hash = reader_path_hash(row.path),
		.tar_at = row.place.tar_offset,
		.at = at,
		.len = (uint32_t)line.len,
		.space = (uint16_t)space,
		.set = (uint8_t)row.place.set,
		.is_taken = row.taken};
	uint32_t *last = &salvage->last[row.place.set];

	if (row.taken && row.place.volume > *last && row.place.volume <= VOLUME_INDEX_MAX)
		*last = row.place.volume;
	salvage->totals->rows++;
	return true;
}

/* Rows between two holes; the line that the first of them cut is none. */
static bool add_segment(
    struct salvage *salvage, size_t space, uint64_t at, uint64_t end, bool is_cut, struct err *err)
{
	CLEANUP(lines_free) struct lines lines = {.at = at, .end = end, .ceiling = ROW_BYTES};
	struct bytes line = {0};

	if (!salvage_meta_space(salvage, space, &lines.source, err))
		return false;

	while (lines_next(&lines, &line, &at, NULL)) {
		if (!line.at)
			return true;
		if (!is_cut && line.len && !add_row(salvage, space, line, at, err))
			return false;
		is_cut = false;
	}
	return true; /* a line that is too long */
}

bool salvage_rows_add(
    struct salvage *salvage, size_t space, const struct tar_entry *entry, struct err *err)
{
	uint64_t at = entry->data_at, end = entry->data_at + entry->size;
	struct source *source;

	if (!salvage_meta_space(salvage, space, &source, err))
		return false;
	while (at < end) {
		uint64_t good = salvage_good_until(salvage, source, at, end);

		if (!add_segment(salvage, space, at, good, at != entry->data_at, err))
			return false;
		if (good == end)
			break;
		uint64_t next = salvage_space_next(source, good);

		at = next > good ? next : end;
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct salvage_row *left = a, *right = b;

	if (left->is_taken != right->is_taken)
		return left->is_taken ? -1 : 1;
	if (left->set != right->set)
		return left->set < right->set ? -1 : 1;
	if (left->tar_at != right->tar_at)
		return left->tar_at < right->tar_at ? -1 : 1;
	if (left->space != right->space)
		return left->space < right->space ? -1 : 1;
	return left->at < right->at ? -1 : left->at > right->at;
}

void salvage_rows_settle(struct salvage *salvage)
{
	if (salvage->row_count)
		qsort(salvage->rows, salvage->row_count, sizeof(*salvage->rows), compare);
}

bool salvage_row_read(struct salvage *salvage, size_t index, struct row *out, struct err *err)
{
	const struct salvage_row *at = &salvage->rows[index];
	CLEANUP(free_memory) uint8_t *bytes = malloc((size_t)at->len + 1);
	struct source *meta;

	if (!bytes)
		return fail(err, ERR_MEMORY, "no memory for a row");
	return salvage_meta_space(salvage, at->space, &meta, err) &&
	       source_read_exact(meta, at->at, bytes, at->len, err) &&
	       row_parse((struct bytes){bytes, at->len}, out, err);
}

static int compare_paths(const void *a, const void *b)
{
	const struct salvage_path *left = a, *right = b;

	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	return left->row < right->row ? -1 : left->row > right->row;
}

static bool index_paths(struct salvage *salvage, struct err *err)
{
	salvage->by_path = malloc((salvage->row_count + 1) * sizeof(*salvage->by_path));
	if (!salvage->by_path)
		return fail(err, ERR_MEMORY, "no memory for %zu rows", salvage->row_count);
	for (size_t i = 0; i < salvage->row_count; i++)
		if (salvage->rows[i].is_taken)
			salvage->by_path[salvage->path_count++] =
			    (struct salvage_path){salvage->rows[i].path_hash, (uint32_t)i};
	qsort(salvage->by_path, salvage->path_count, sizeof(*salvage->by_path), compare_paths);
	return true;
}

bool salvage_row_find(
    struct salvage *salvage, struct bytes path, struct row *out, size_t *index, struct err *err)
{
	uint64_t hash = reader_path_hash(path);
	size_t low = 0;

	if (!salvage->by_path && !index_paths(salvage, err))
		return false;
	for (size_t high = salvage->path_count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (salvage->by_path[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	*index = salvage->row_count;
	/* Where more than a few paths have one hash, somebody made them so. */
	for (size_t end = low + READER_SAME_HASH;
	     low < end && low < salvage->path_count && salvage->by_path[low].hash == hash; low++) {
		if (!salvage_row_read(salvage, salvage->by_path[low].row, out, NULL))
			continue;
		if (bytes_equal(out->path, path)) {
			*index = salvage->by_path[low].row;
			return true;
		}
		row_free(out);
		*out = (struct row){0};
	}
	return true;
}
