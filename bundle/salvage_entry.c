/* One entry on its way out of a damaged bundle. See salvage_parts.h. */
#include "bundle/salvage_parts.h"

#include "core/array.h"

#include <stdlib.h>

struct copying {
	struct salvage *salvage;
	struct source *space;
	const struct tar_entry *entry;
	const struct row *row;
	struct row_run *runs; /* of a sparse row: where stored bytes go */
	size_t run_count;
	struct salvage_range ranges[SALVAGE_RANGES];
	struct salvage_entry result;
	struct hash *hash;
	bool has_begun;
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
	totals->without_row += !entry->has_row;
	return salvage->output->end(salvage->output->context, entry, err);
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

	if (copying->has_begun)
		return true;
	copying->has_begun = output->begin(output->context, copying->result.path,
	    copying->row ? copying->row->size : copying->entry->size, err);
	return copying->has_begun;
}

/* Stored bytes at their place in the file. */
static bool put(struct copying *copying, uint64_t stored_at, struct bytes piece, struct err *err)
{
	const struct salvage_output *output = copying->salvage->output;
	uint64_t before = 0;

	if (!begin(copying, err))
		return false;
	if (!copying->runs)
		return output->write(output->context, stored_at, piece, err);
	for (size_t i = 0; i < copying->run_count && piece.len; i++) {
		const struct row_run *run = &copying->runs[i];

		if (stored_at < before + run->len) {
			uint64_t left = before + run->len - stored_at;
			size_t part = left < piece.len ? (size_t)left : piece.len;

			if (!output->write(output->context, run->at + (stored_at - before),
				(struct bytes){piece.at, part}, err))
				return false;
			stored_at += part;
			piece.at += part;
			piece.len -= part;
		}
		before += run->len;
	}
	return true;
}

static bool copy_bytes(struct copying *copying, struct err *err)
{
	struct source *space = copying->space;
	uint64_t data = copying->entry->data_at, size = copying->entry->size;

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

/* What became of it. */
static void judge(struct copying *copying)
{
	struct salvage_entry *result = &copying->result;
	uint8_t sha256[SHA256_LEN];

	hash_take(copying->hash, sha256);
	if (result->bad_bytes == 0 && copying->row)
		result->is_other = memcmp(sha256, copying->row->place.sha256, SHA256_LEN) != 0;
	if (result->bad_bytes == 0 && !result->is_other)
		result->state = SALVAGE_WHOLE;
	else if (result->bad_bytes == result->size)
		result->state = SALVAGE_LOST;
	else
		result->state = SALVAGE_PARTIAL;
	result->ranges = copying->ranges;
}

bool salvage_copy(struct salvage *salvage, const struct source *space,
    const struct tar_entry *entry, const struct row *row, struct err *err)
{
	CLEANUP(copying_free)
	struct copying copying = {.salvage = salvage,
	    .space = (struct source *)(uintptr_t)space,
	    .entry = entry,
	    .row = row,
	    .hash = hash_new(HASH_SHA256)};

	copying.result = (struct salvage_entry){
	    .path = text_bytes(&entry->path), .has_row = row != NULL, .size = entry->size};
	if (!copying.hash)
		return fail(err, ERR_MEMORY, "no memory for hashing");
	if (row && row->is_sparse && !row_sparse_map(row, &copying.runs, &copying.run_count, NULL))
		copying.runs = NULL; /* the stored bytes as they are */
	if (!copy_bytes(&copying, err))
		return false;
	judge(&copying);
	if (copying.result.state != SALVAGE_LOST && !begin(&copying, err))
		return false;
	return salvage_report(salvage, &copying.result, err);
}
