/* One entry on its way out of a damaged bundle. See salvage_parts.h. */
#include "bundle/salvage_parts.h"

#include "bundle/reader_parts.h"

#include "core/array.h"

#include <stdlib.h>

#define HEADER_MAX (TAR_PAX_BYTES + 4 * TAR_BLOCK)

struct copying {
	struct salvage *salvage;
	const struct salvage_origin *origin;
	const struct row *row; /* NULL: none tells of these bytes */
	struct row_run *runs;  /* of a sparse row: where stored bytes go */
	size_t run_count;
	struct salvage_range ranges[SALVAGE_RANGES];
	struct salvage_entry result;
	struct hash *hash;
	bool has_begun;
	bool is_dry; /* nothing is given out */
};

static void copying_free_at(struct copying *copying)
{
	free(copying->runs);
	hash_free(copying->hash);
}

bool salvage_report(struct salvage *salvage, const struct salvage_entry *entry, struct err *err)
{
	struct salvage_totals *totals = salvage->totals;

	totals->whole += entry->state == SALVAGE_WHOLE;
	totals->partial += entry->state == SALVAGE_PARTIAL;
	totals->lost += entry->state == SALVAGE_LOST;
	totals->same += entry->state == SALVAGE_SAME;
	totals->without_row += !entry->has_row && entry->state != SALVAGE_LOST;
	totals->lost_without_row += !entry->has_row && entry->state == SALVAGE_LOST;
	totals->partial_without_row += !entry->has_row && entry->state == SALVAGE_PARTIAL;
	totals->headers_other += entry->is_header_other;
	totals->unproven +=
	    entry->state == SALVAGE_WHOLE && salvage->set != BUNDLE_META && !entry->is_row_sealed;
	return salvage->output->end(salvage->output->context, entry, err);
}

bool salvage_refuse(
    struct salvage *salvage, uint64_t *count, const struct err *why, struct err *err)
{
	++*count;
	return salvage->output->refused(
	    salvage->output->context, bundle_set_name(salvage->set), why, err);
}

uint64_t salvage_good_until(
    struct salvage *salvage, struct source *space, uint64_t at, uint64_t limit)
{
	while (at < limit) {
		size_t want = limit - at < SALVAGE_PIECE ? (size_t)(limit - at) : SALVAGE_PIECE;
		size_t got = 0;
		bool ok = space->read(space, at, salvage->piece, want, &got, NULL);

		at += got;
		if (!ok || got < want)
			break;
	}
	return at;
}

static void add_bad(struct copying *copying, uint64_t at, uint64_t len)
{
	struct salvage_entry *result = &copying->result;

	result->bad_bytes += len;
	if (result->range_count < SALVAGE_RANGES)
		copying->ranges[result->range_count++] = (struct salvage_range){at, len};
}

static bool begin(struct copying *copying, struct err *err)
{
	const struct salvage_output *output = copying->salvage->output;

	if (copying->has_begun || copying->is_dry)
		return true;
	copying->has_begun = output->begin(output->context, copying->result.path,
	    copying->row ? copying->row->size : copying->origin->size, err);
	return copying->has_begun;
}

/* The runs of a sparse row; without a map that fits what is stored, the stored bytes go out as they are. */
static bool load_runs(struct copying *copying, const struct row *row, struct err *err)
{
	struct err why = {0};

	if (row_sparse_map(row, &copying->runs, &copying->run_count, &why))
		return true;
	copying->runs = NULL;
	if (why.kind != ERR_MEMORY)
		return true;
	*err = why;
	return false;
}

/* Stored bytes at their place in the file. */
static bool put(struct copying *copying, uint64_t stored_at, struct bytes piece, struct err *err)
{
	const struct salvage_output *output = copying->salvage->output;

	if (copying->is_dry)
		return true;
	if (!begin(copying, err))
		return false;
	if (!copying->runs)
		return output->write(output->context, stored_at, piece, err);
	return row_runs_place(copying->runs, copying->run_count, stored_at, &piece, output->write,
	    output->context, err);
}

static bool copy_bytes(struct copying *copying, struct err *err)
{
	struct source *space = copying->origin->space;
	uint64_t data = copying->origin->data_at, size = copying->origin->size;

	for (uint64_t at = 0; at < size;) {
		size_t want = size - at < SALVAGE_PIECE ? (size_t)(size - at) : SALVAGE_PIECE;
		size_t got = 0;
		bool ok = space->read(space, data + at, copying->salvage->piece, want, &got, NULL);
		struct bytes piece = {copying->salvage->piece, got};

		hash_add(copying->hash, piece);
		if (got && !put(copying, at, piece, err))
			return false;
		at += got;
		if (ok && got == want)
			continue;
		uint64_t next = salvage_space_next(space, data + at);

		next = next > data + at && next < data + size ? next - data : size;
		add_bad(copying, at, next - at);
		at = next;
	}
	return true;
}

/* Neither the checksum of a frame nor, without a row, a hash says that it is what was written. */
static bool is_unchecked(const struct salvage_origin *origin)
{
	return salvage_space_is_cut(
	    origin->space, origin->header_at, origin->data_at + origin->size);
}

/* What became of it. */
static void judge(struct copying *copying)
{
	struct salvage_entry *result = &copying->result;
	uint8_t sha256[SHA256_LEN];

	hash_take(copying->hash, sha256);
	if (result->bad_bytes == 0 && copying->row)
		result->is_other = memcmp(sha256, copying->row->place.sha256, SHA256_LEN) != 0;
	if (result->bad_bytes == 0 && copying->origin->is_older)
		result->is_other = true;
	if (result->bad_bytes == 0 && !copying->row)
		result->is_unchecked = is_unchecked(copying->origin);
	if (result->bad_bytes == 0 && !result->is_other && !result->is_unchecked)
		result->state = SALVAGE_WHOLE;
	else if (result->bad_bytes && result->bad_bytes == result->size)
		result->state = SALVAGE_LOST;
	else
		result->state = SALVAGE_PARTIAL;
	result->ranges = copying->ranges;
}

/* Reads all of it. */
static bool look(struct copying *copying, struct bytes path, const struct row *row, struct err *err)
{
	const struct salvage_origin *origin = copying->origin;

	copying->row = origin->is_older ? NULL : row;
	copying->hash = hash_new(HASH_SHA256);
	copying->result = (struct salvage_entry){.path = path,
	    .has_row = row != NULL,
	    .is_row_sealed = row != NULL && copying->salvage->is_row_sealed,
	    .size = origin->size,
	    .from = origin->from,
	    .is_header_other = origin->is_header_other};
	if (!copying->hash)
		return fail(err, ERR_MEMORY, "no memory for hashing");
	row = copying->row;
	if ((row && row->is_sparse && !load_runs(copying, row, err)) || !copy_bytes(copying, err))
		return false;
	judge(copying);
	return true;
}

bool salvage_measure(struct salvage *salvage, const struct salvage_origin *origin,
    const struct row *row, struct salvage_entry *out, struct err *err)
{
	CLEANUP(copying_free)
	struct copying copying = {.salvage = salvage, .origin = origin, .is_dry = true};

	if (!look(&copying, (struct bytes){0}, row, err))
		return false;
	*out = copying.result;
	out->ranges = NULL; /* they end here */
	out->range_count = 0;
	return true;
}

bool salvage_copy_from(struct salvage *salvage, const struct salvage_origin *origin,
    struct bytes path, const struct row *row, struct err *err)
{
	CLEANUP(copying_free) struct copying copying = {.salvage = salvage, .origin = origin};

	if (!look(&copying, path, row, err) ||
	    (copying.result.state != SALVAGE_LOST && !begin(&copying, err)))
		return false;
	return salvage_report(salvage, &copying.result, err);
}

/* A header that is lost or damaged says nothing: the row is what counts. */
bool salvage_is_header_other(struct salvage *salvage, struct source *space,
    const struct tar_entry *entry, const struct row *row)
{
	struct err why = {0};

	return row && row->has_times && entry->data_at - entry->header_at <= HEADER_MAX &&
	       salvage_good_until(salvage, space, entry->header_at, entry->data_at) ==
		   entry->data_at &&
	       !reader_check_header(space, entry, row, &why) && why.kind == ERR_DAMAGED;
}

bool salvage_copy(struct salvage *salvage, struct source *space, const struct tar_entry *entry,
    const struct row *row, struct err *err)
{
	struct salvage_origin origin = {.space = space,
	    .header_at = entry->header_at,
	    .data_at = entry->data_at,
	    .size = entry->size};

	origin.is_header_other = salvage_is_header_other(salvage, space, entry, row);
	return salvage_cut_choose(salvage, entry, row, &origin, err) &&
	       salvage_copy_from(salvage, &origin, text_bytes(&entry->path), row, err);
}
