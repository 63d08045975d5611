/* Room kept for closing a bundle on a disk that gets full. See docs/bundle-format.md, A full destination. */
#include "bundle/writer_state.h"

#include "core/array.h"

#include <openssl/rand.h>
#include <stdlib.h>

#define RESERVE_MAX   ((uint64_t)32 << 20)
#define RESERVE_MIN   ((uint64_t)256 << 10)
#define RESERVE_SHARE 8 /* of a small disk: one part in eight */
#define BLOCK_LEN     ((size_t)1 << 20)

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

		if (try_reserve(writer, bytes, &why))
			return true;
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
