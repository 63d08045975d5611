/* Rows out of whatever is left of `meta`. See salvage_parts.h. */
#include "bundle/salvage_parts.h"

#include "core/array.h"
#include "bundle/lines.h"
#include "bundle/reader_parts.h"

#include <stdlib.h>

static bool add_row(struct salvage *salvage, const struct salvage_part *part, struct bytes line,
    uint64_t at, struct err *err)
{
	CLEANUP(row_free) struct row row = {0};
	struct err why = {0};
	bool is_row = row_parse(line, &row, &why);

	if (why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	if (part->is_lost && (!is_row || row.status.len == 0))
		return true;
	if (!is_row)
		return salvage_refuse(salvage, &salvage->totals->rows_bad, &why, err);
	if (!array_grow(&salvage->rows, &salvage->row_room, salvage->row_count + 1,
		sizeof(*salvage->rows), SALVAGE_ROWS, err))
		return false;
	salvage->rows[salvage->row_count++] =
	    (struct salvage_row){.path_hash = reader_path_hash(row.path),
		.tar_at = row.place.tar_offset,
		.at = at,
		.len = (uint32_t)line.len,
		.space = (uint16_t)part->space,
		.set = (uint8_t)row.place.set,
		.is_taken = row.taken,
		.is_sealed = part->is_sealed && salvage_space_is_sealed(
						    salvage->meta[part->space], at, at + line.len)};
	uint32_t *last = &salvage->last[row.place.set];

	if (row.taken && row.place.volume > *last && row.place.volume <= VOLUME_INDEX_MAX)
		*last = row.place.volume;
	salvage->totals->rows++;
	salvage->totals->rows_taken += row.taken;
	return true;
}

/* Up to the end, or to a line that is too long: *at lies in that. Where is_cut the first line is the rest of one. */
static bool add_lines(struct salvage *salvage, const struct salvage_part *part, uint64_t *at,
    uint64_t end, bool *is_cut, struct err *err)
{
	CLEANUP(lines_free)
	struct lines lines = {
	    .source = salvage->meta[part->space], .at = *at, .end = end, .ceiling = ROW_BYTES};

	for (;;) {
		struct bytes line = {0};
		struct err why = {0};

		if (!lines_next(&lines, &line, at, &why)) {
			*at = why.kind == ERR_LIMIT ? lines.at : end;
			if (why.kind == ERR_MEMORY) {
				*err = why;
				return false;
			}
			/* Once for each line; where the header is lost nobody knows whether it is one. */
			return *is_cut || part->is_lost ||
			       salvage_refuse(salvage, &salvage->totals->rows_bad, &why, err);
		}
		if (!line.at) {
			*at = end;
			return true;
		}
		if (!*is_cut && line.len && !add_row(salvage, part, line, *at, err))
			return false;
		*is_cut = false;
	}
}

/* Rows between two holes; the line that the first of them cut is none. */
static bool add_segment(struct salvage *salvage, const struct salvage_part *part, uint64_t at,
    uint64_t end, struct err *err)
{
	bool is_cut = part->is_lost || at != part->at;

	while (at < end) {
		if (!add_lines(salvage, part, &at, end, &is_cut, err))
			return false;
		is_cut = true;
	}
	return true;
}

bool salvage_rows_add(struct salvage *salvage, const struct salvage_part *part, struct err *err)
{
	struct source *source = salvage->meta[part->space];

	for (uint64_t at = part->at; at < part->end;) {
		uint64_t good = salvage_good_until(salvage, source, at, part->end);

		if (!add_segment(salvage, part, at, good, err))
			return false;
		if (good == part->end)
			break;
		uint64_t next = salvage_space_next(source, good);

		at = next > good ? next : part->end;
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

size_t salvage_row_from(const struct salvage *salvage, unsigned set, uint64_t tar_at)
{
	size_t low = 0, high = salvage->row_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct salvage_row *row = &salvage->rows[middle];
		bool is_before =
		    row->is_taken && (row->set < set || (row->set == set && row->tar_at < tar_at));

		if (is_before)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool salvage_row_alone(struct salvage *salvage, size_t index, struct row *out, struct err *err)
{
	const struct salvage_row *at = &salvage->rows[index];
	CLEANUP(free_memory) uint8_t *bytes = malloc((size_t)at->len + 1);

	if (!bytes)
		return fail(err, ERR_MEMORY, "no memory for a row");
	return source_read_exact(salvage->meta[at->space], at->at, bytes, at->len, err) &&
	       row_parse((struct bytes){bytes, at->len}, out, err);
}

struct wanted { /* a row that is read ahead */
	uint64_t at;
	uint32_t row; /* of those that are read together */
	uint16_t space;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *left = a, *right = b;

	if (left->space != right->space)
		return left->space < right->space ? -1 : 1;
	return left->at < right->at ? -1 : left->at > right->at;
}

/* The rows from `first` on that are read together, and the places of their lines in ahead->room. */
static void lay_out(
    const struct salvage *salvage, size_t first, struct salvage_ahead *ahead, struct wanted *wanted)
{
	size_t used = 0, count = 0;

	for (; count < SALVAGE_AHEAD_COUNT && first + count < salvage->row_count; count++) {
		const struct salvage_row *row = &salvage->rows[first + count];

		if (row->len > SALVAGE_AHEAD - used)
			break;
		ahead->lines[count] = (struct bytes){ahead->room + used, row->len};
		wanted[count] = (struct wanted){row->at, (uint32_t)count, row->space};
		used += row->len;
	}
	ahead->first = first;
	ahead->count = count;
}

/* A frame holds thousands of rows: in the order of what they tell of, each might be in another. */
static bool read_ahead(struct salvage *salvage, size_t first, struct err *err)
{
	struct salvage_ahead *ahead = &salvage->ahead;
	CLEANUP(free_memory)
	struct wanted *wanted = malloc(SALVAGE_AHEAD_COUNT * sizeof(*wanted));

	if (!ahead->room)
		ahead->room = malloc(SALVAGE_AHEAD);
	if (!ahead->lines)
		ahead->lines = calloc(SALVAGE_AHEAD_COUNT, sizeof(*ahead->lines));
	if (!wanted || !ahead->room || !ahead->lines)
		return fail(err, ERR_MEMORY, "no memory for rows");
	lay_out(salvage, first, ahead, wanted);
	qsort(wanted, ahead->count, sizeof(*wanted), compare_wanted);
	for (size_t i = 0; i < ahead->count; i++) {
		struct bytes *line = &ahead->lines[wanted[i].row];
		size_t to = (size_t)(line->at - ahead->room);

		if (!source_read_exact(salvage->meta[wanted[i].space], wanted[i].at,
			ahead->room + to, line->len, NULL))
			line->at = NULL;
	}
	return true;
}

bool salvage_row_read(struct salvage *salvage, size_t index, struct row *out, struct err *err)
{
	struct salvage_ahead *ahead = &salvage->ahead;

	if (salvage->rows[index].len > SALVAGE_AHEAD)
		return salvage_row_alone(salvage, index, out, err);
	if ((index < ahead->first || index - ahead->first >= ahead->count) &&
	    !read_ahead(salvage, index, err))
		return false;
	const struct bytes *line = &ahead->lines[index - ahead->first];

	if (!line->at)
		return fail(err, ERR_DAMAGED, "a row that could be read before");
	return row_parse(*line, out, err);
}

static int compare_paths(const void *a, const void *b)
{
	const struct salvage_path *left = a, *right = b;

	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	if (left->is_sealed != right->is_sealed)
		return left->is_sealed ? -1 : 1;
	return left->row < right->row ? -1 : left->row > right->row;
}

bool salvage_rows_by_path(struct salvage *salvage, struct err *err)
{
	if (salvage->by_path)
		return true;
	salvage->by_path = malloc((salvage->row_count + 1) * sizeof(*salvage->by_path));
	if (!salvage->by_path)
		return fail(err, ERR_MEMORY, "no memory for %zu rows", salvage->row_count);
	for (size_t i = 0; i < salvage->row_count; i++)
		if (salvage->rows[i].is_taken)
			salvage->by_path[salvage->path_count++] = (struct salvage_path){
			    salvage->rows[i].path_hash, (uint32_t)i, salvage->rows[i].is_sealed};
	qsort(salvage->by_path, salvage->path_count, sizeof(*salvage->by_path), compare_paths);
	return true;
}

static bool begins_before(const void *element, uint64_t hash)
{
	const struct salvage_path *path = element;

	return path->hash < hash;
}

void salvage_row_range(const struct salvage *salvage, struct bytes path, size_t *first, size_t *end)
{
	uint64_t hash = reader_path_hash(path);

	*first = array_first_from(
	    salvage->by_path, salvage->path_count, sizeof(*salvage->by_path), begins_before, hash);
	/* Where more than a few paths have one hash, somebody made them so. */
	for (*end = *first; *end < salvage->path_count && *end - *first < READER_SAME_HASH &&
			    salvage->by_path[*end].hash == hash;)
		++*end;
}

bool salvage_row_find(
    struct salvage *salvage, struct bytes path, struct row *out, size_t *index, struct err *err)
{
	size_t first, end;

	if (!salvage_rows_by_path(salvage, err))
		return false;
	*index = salvage->row_count;
	salvage_row_range(salvage, path, &first, &end);
	for (size_t i = first; i < end; i++) {
		if (!salvage_row_alone(salvage, salvage->by_path[i].row, out, NULL))
			continue;
		if (bytes_equal(out->path, path)) {
			*index = salvage->by_path[i].row;
			return true;
		}
		row_free(out);
		*out = (struct row){0};
	}
	return true;
}
