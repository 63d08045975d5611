/* Room kept for closing a bundle on a disk that gets full. See docs/bundle-format.md, A full destination. */
#include "bundle/writer_state.h"

#include "core/array.h"

#include <openssl/rand.h>
#include <stdlib.h>

#define RESERVE_MAX   ((uint64_t)32 << 20)
#define RESERVE_MIN   ((uint64_t)256 << 10)
#define RESERVE_SHARE 8 /* of a small disk: one part in eight */
#define BLOCK_LEN     ((size_t)1 << 20)
#define FRESH_MAX     ((size_t)1 << 18) /* entries and rows between two seals */
#define RESUME_LINE   84                /* bytes: of an item, which do not compress */
#define HELD_SHARE    3                 /* one part of what is kept back may wait in memory */

/* Random, so that no file system folds it away. */
static bool write_reserve(struct sink *file, uint64_t bytes, struct err *err)
{
	CLEANUP(free_memory) uint8_t *block = malloc(BLOCK_LEN);

	if (!block)
		return fail(err, ERR_MEMORY, "no memory for the reserve");
	while (bytes) {
		size_t len = bytes < BLOCK_LEN ? (size_t)bytes : BLOCK_LEN;

		if (RAND_bytes(block, (int)len) != 1)
			return fail(err, ERR_IO, "the system gives no random numbers");
		if (!file->write(file, (struct bytes){block, len}, err))
			return false;
		bytes -= len;
	}
	return file->finish(file, err);
}

static bool try_reserve(struct bundle_writer *writer, uint64_t bytes, struct err *err)
{
	CLEANUP(sink_free) struct sink *file = NULL;

	if (!writer->store->create(writer->store, BUNDLE_RESERVE_NAME, &file, err))
		return false;
	bool ok = write_reserve(file, bytes, err);

	sink_free(TAKE(file));
	writer->has_reserve = true;
	if (!ok)
		writer_release_reserve(writer);
	return ok;
}

bool writer_reserve(struct bundle_writer *writer, struct err *err)
{
	uint64_t room = 0;

	writer->keep_bytes = 0;
	if (writer->plan.free_space && writer->plan.free_space(writer->plan.context, &room)) {
		writer->keep_bytes =
		    room / RESERVE_SHARE < RESERVE_MAX ? room / RESERVE_SHARE : RESERVE_MAX;
		return true;
	}
	writer->plan.free_space = NULL;
	for (uint64_t bytes = RESERVE_MAX; bytes >= RESERVE_MIN; bytes /= 2) {
		struct err why = {0};

		if (try_reserve(writer, bytes, &why)) {
			writer->keep_bytes = bytes;
			return true;
		}
		if (why.kind != ERR_FULL) {
			if (err)
				*err = why;
			return false;
		}
	}
	return true; /* too small a disk to keep anything back */
}

void writer_release_reserve(struct bundle_writer *writer)
{
	if (!writer->has_reserve)
		return;
	/* When it cannot be removed, the writes that follow tell. */
	writer->has_reserve = !writer->store->remove(writer->store, BUNDLE_RESERVE_NAME, NULL);
}

/* Lines are packed again, in a hurry: a quarter more. */
static uint64_t packed_again(size_t len)
{
	return len + len / 4;
}

uint64_t writer_held(const struct bundle_writer *writer)
{
	return packed_again(rows_packed(writer->rows)) +
	       packed_again(rows_packed(writer->journal)) +
	       (uint64_t)writer->fresh.count * RESUME_LINE;
}

/* Of the items only those that a rotation would take away. */
bool writer_holds_much(const struct bundle_writer *writer)
{
	size_t rows = rows_packed(writer->rows), items = writer->fresh.count - writer->rowed.items;
	uint64_t held = packed_again(rows) + (uint64_t)items * RESUME_LINE;

	return rows >= writer->plan.limits.rows_bytes || items >= FRESH_MAX ||
	       (writer->keep_bytes && held > writer->keep_bytes / HELD_SHARE);
}
